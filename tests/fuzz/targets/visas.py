"""GA4GH visas and passports, and the patterns of their conditions."""

from __future__ import annotations

from typing import Any, Final

from medid.access.passport import Passport
from medid.access.visa_conditions import MAX_CLAUSES, Work, glob, met, read_conditions
from medid.access.visa_reading import MAX_LINKED, read_visa
from medid.access.visas import judge_passport
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.instant import Instant
from medid.health import contexts
from medid.trust import TrustRegistry
from medid.trust.visas import VISA_TYPES
from medid.verifying.judging import Judgement
from tests.attacks.case import NOW
from tests.attacks.documents import BOARD_256, NAME
from tests.attacks.tokens import NOW_SECONDS, compact, jws
from tests.fuzz.forms import json_text, token
from tests.fuzz.target import Target, check_error

_ISS: Final = "https://visas.example"
_SOURCE: Final = "https://committee.example/dac/1"
_PRESENTER: Final = "did:example:presenter"
_KEY: Final = {**BOARD_256.jwk, "kid": BOARD_256.method}
_TRUST: Final = TrustRegistry.from_json(
    {
        "acceptedBoards": [
            {"did": "did:example:b", "jurisdictions": ["US"], "professions": ["MD"]}
        ],
        "visaIssuers": [
            {
                "issuer": _ISS,
                "jwks": {"keys": [_KEY]},
                "asserts": {kind: [_SOURCE] for kind in VISA_TYPES},
            }
        ],
        "brokers": [{"issuer": _ISS, "jwks": {"keys": [_KEY]}}],
    }
)
_JUDGEMENT: Final = Judgement(
    at=Instant.parse(NOW), contexts=contexts(), evidence=Evidence()
)
_CONDITIONS: Final[list[Any]] = [
    [
        {
            "type": "AffiliationAndRole",
            "value": "pattern:faculty@*",
            "source": f"const:{_SOURCE}",
            "by": "const:so",
        },
        {"type": "LinkedIdentities", "value": "split_pattern:*,https%3A%2F%2F?*"},
    ],
    [{"type": "ResearcherStatus", "by": "const:peer"}],
]


def _stated(kind: str, value: str, by: str, **members: Any) -> str:
    held = {"type": kind, "asserted": NOW_SECONDS - 60, "value": value, "by": by}
    claims = {
        "iss": _ISS,
        "sub": NAME,
        "iat": NOW_SECONDS - 10,
        "exp": NOW_SECONDS + 3_600,
        "ga4gh_visa_v1": {**held, "source": _SOURCE, **members},
    }
    return jws(_header("vnd.ga4gh.visa+jwt"), claims, BOARD_256)


def _header(typ: str) -> dict[str, str]:
    jku = f"{_ISS}/jwks"
    return {"alg": "ES256", "kid": BOARD_256.method, "typ": typ, "jku": jku}


def _visas() -> list[str]:
    return [
        _stated("ControlledAccessGrants", "https://a.example/1", "dac"),
        _stated(
            "ControlledAccessGrants",
            "https://a.example/2",
            "so",
            conditions=_CONDITIONS,
        ),
        _stated("AffiliationAndRole", "faculty@a.example", "so"),
        _stated(
            "LinkedIdentities",
            f"{_PRESENTER},{_PRESENTER};7,https%3A%2F%2Fb.example",
            "system",
        ),
    ]


def _visa(data: bytes) -> None:
    text = data.decode("latin-1")
    opened = read_visa(text)
    if opened is None:
        return
    assert opened.visa.type in VISA_TYPES
    assert len(opened.linked) <= MAX_LINKED + 1
    assert opened.token.identity in opened.linked
    handed = Passport.from_userinfo(
        {"ga4gh_passport_v1": [text, *_visas()]},
        presenter=_PRESENTER,
        identities=[(_ISS, NAME)],
    )
    _judge(handed)


def _judge(handed: Passport) -> None:
    verdict = judge_passport(handed, _PRESENTER, _JUDGEMENT, _TRUST)
    for check in (*verdict.checks, *verdict.visas):
        if check.error is not None:
            check_error(check.error)
    assert len(verdict.digests) == len(verdict.facts.counted)
    for one in verdict.facts.counted:
        assert one.source == _SOURCE
        assert verdict.expires is not None
        assert verdict.expires > _JUDGEMENT.at
    for check in verdict.checks:
        if check.error is not None:
            raise check.error


def _passport(data: bytes) -> None:
    text = data.decode("latin-1")
    _judge(Passport.from_token(text, presenter=_PRESENTER, identities=[(_ISS, NAME)]))


def _passport_seeds() -> list[bytes]:
    claims = {
        "iss": _ISS,
        "sub": NAME,
        "iat": NOW_SECONDS - 10,
        "exp": NOW_SECONDS + 3_600,
        "ga4gh_passport_v1": _visas(),
    }
    header = _header("vnd.ga4gh.passport+jwt")
    return [jws(header, claims, BOARD_256).encode()]


def _condition(data: bytes) -> None:
    conditions = read_conditions(strict_json.loads(data), "$")
    assert 0 < sum(map(len, conditions)) <= MAX_CLAUSES
    assert not met(conditions, [], Work())
    for clause in conditions[0]:
        for one in clause.matches:
            assert glob("*", one.text)
            plain = one.text.replace("*", "").replace("?", "")
            assert glob(plain, plain)


TARGETS: Final = (
    Target(
        name="visa",
        read=_visa,
        seeds=lambda: [one.encode() for one in _visas()],
        change=token,
    ),
    Target(name="passport", read=_passport, seeds=_passport_seeds, change=token),
    Target(
        name="visa-conditions",
        read=_condition,
        seeds=lambda: [compact(_CONDITIONS)],
        change=json_text,
    ),
)
