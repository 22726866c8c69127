"""Issuers of visas, a broker, and JWTs of theirs that a test can bend as it likes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from medid.access.passport import Passport
from medid.access.visas import PassportVerdict, judge_passport
from medid.core import base64url
from medid.core.evidence import Evidence
from medid.health import contexts
from medid.keys import KeyKind, PrivateKey
from medid.trust import TrustRegistry
from medid.verifying.judging import Judgement
from tests.access.world import AT

if TYPE_CHECKING:
    from medid.core.instant import Instant

Doc = dict[str, Any]

NOW: Final = int(AT.seconds)
DAC: Final = "https://ega-archive.org/dacs/EGAC00001000205"
DATASET: Final = "https://ega-archive.org/datasets/EGAD00000000432"
UNIVERSITY: Final = "https://grid.ac/institutes/grid.240952.8"
REGISTERED: Final = "https://doi.org/10.1038/s41431-018-0219-y"
PRESENTER: Final = "did:example:dr-b"
SUB: Final = "canary-sub-10001"


@dataclass(frozen=True)
class Signer:
    """Whoever signs: a name, a key and what the key is called."""

    iss: str
    key: PrivateKey
    kid: str = "key-1"

    @property
    def jwk(self) -> Doc:
        return {**self.key.public_key.to_jwk(), "kid": self.kid}

    @property
    def jwks(self) -> Doc:
        return {"keys": [self.jwk]}

    def jwt(self, payload: Doc | bytes, **header: Any) -> str:
        """Whatever it says, signed; ``None`` removes a member of the header."""
        draft = {"alg": "ES256", "kid": self.kid, "jku": f"{self.iss}/jwks", **header}
        kept = {name: value for name, value in draft.items() if value is not None}
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        covered = f"{_encode(kept)}.{base64url.encode(body)}"
        return f"{covered}.{base64url.encode(self.key.sign(covered.encode()))}"


def _encode(value: object) -> str:
    return base64url.encode(json.dumps(value).encode())


EGA: Final = Signer("https://ega.example", PrivateKey.generate(KeyKind.P256))
HOME: Final = Signer("https://home.example", PrivateKey.generate(KeyKind.P256))
BROKER: Final = Signer("https://broker.example", PrivateKey.generate(KeyKind.P256))
STRANGER: Final = Signer("https://stranger.example", PrivateKey.generate(KeyKind.P256))

TYPES: Final = {
    "AffiliationAndRole": [UNIVERSITY],
    "AcceptedTermsAndPolicies": [UNIVERSITY],
    "ResearcherStatus": [UNIVERSITY],
}


def visa_issuers(**ega: Any) -> list[Doc]:
    """EGA grants, the university asserts the rest, the broker links."""
    return [
        {
            "issuer": EGA.iss,
            "jwks": EGA.jwks,
            "asserts": {"ControlledAccessGrants": [DAC]},
            **ega,
        },
        {"issuer": HOME.iss, "jwks": HOME.jwks, "asserts": TYPES},
        {
            "issuer": BROKER.iss,
            "jwks": BROKER.jwks,
            "asserts": {"LinkedIdentities": [BROKER.iss]},
        },
    ]


def trust(**members: Any) -> TrustRegistry:
    """A registry that relies on them; members replace its own."""
    board = {"did": "did:example:b", "jurisdictions": ["US"], "professions": ["MD"]}
    broker = {"issuer": BROKER.iss, "jwks": BROKER.jwks, "audience": ["medid-site"]}
    source: Doc = {
        "acceptedBoards": [board],
        "visaIssuers": visa_issuers(),
        "brokers": [broker],
        **members,
    }
    return TrustRegistry.from_json(source)


def claims(signer: Signer = EGA, *, sub: str | None = SUB, **members: Any) -> Doc:
    """The claims around a visa object; ``None`` removes one."""
    draft = {
        "iss": signer.iss,
        "sub": sub,
        "jti": "1",
        "iat": NOW - 100,
        "exp": NOW + 3600,
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def grant(**members: Any) -> Doc:
    """The visa object of a grant; ``None`` removes a member."""
    draft = {
        "type": "ControlledAccessGrants",
        "asserted": NOW - 1000,
        "value": DATASET,
        "source": DAC,
        "by": "dac",
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def home(kind: str, value: str, by: str | None = "so", **members: Any) -> Doc:
    """A visa object of the university."""
    return grant(type=kind, value=value, source=UNIVERSITY, by=by, **members)


FACULTY: Final = home("AffiliationAndRole", "faculty@med.stanford.edu")


def visa(
    stated: Doc | None = None,
    signer: Signer = EGA,
    *,
    header: Doc | None = None,
    **members: Any,
) -> str:
    """A visa; of a grant by EGA where nothing else is said."""
    held = {"ga4gh_visa_v1": grant() if stated is None else stated}
    return signer.jwt({**claims(signer, **members), **held}, **(header or {}))


def linked(*pairs: tuple[str, str], **members: Any) -> str:
    """A visa of the broker that joins the broker's account to these (iss, sub)."""
    value = ";".join(f"{quote(sub, '')},{quote(iss, '')}" for iss, sub in pairs)
    stated = grant(type="LinkedIdentities", value=value, source=BROKER.iss, by="system")
    return visa({**stated, **members.pop("stated", {})}, BROKER, **members)


EVERYBODY: Final = tuple((one.iss, SUB) for one in (EGA, HOME, BROKER))


def userinfo(*visas: str, identities: Any = EVERYBODY) -> Passport:
    """Visas as a UserInfo endpoint returns them, of somebody who is known."""
    return Passport.from_userinfo(
        {"ga4gh_passport_v1": [*visas]},
        presenter=PRESENTER if identities else None,
        identities=identities,
    )


def passport(*visas: str, typ: str = "vnd.ga4gh.passport+jwt", **members: Any) -> str:
    """A passport of the broker; ``None`` removes a claim."""
    draft = claims(BROKER, **{"ga4gh_passport_v1": [*visas], **members})
    return BROKER.jwt(draft, typ=typ)


def judged(
    handed: Passport,
    *,
    presenter: str = PRESENTER,
    at: Instant = AT,
    registry: TrustRegistry | None = None,
    evidence: Evidence | None = None,
) -> PassportVerdict:
    """What becomes of a passport."""
    judgement = Judgement(at=at, contexts=contexts(), evidence=evidence or Evidence())
    return judge_passport(handed, presenter, judgement, registry or trust())


def codes(verdict: PassportVerdict) -> list[str | None]:
    """The code of each visa; ``None`` for one that counts, or is ignored."""
    return [check.code for check in verdict.visas]
