"""Judging is pure, verifying never raises, and threads share nothing."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.evidence import Evidence
from medid.core.instant import Instant
from medid.errors import EvidenceUnavailable, FetchFailed
from medid.issuing import issue_sd_jwt, present_sd_jwt
from medid.verifying.checks import Verification
from medid.verifying.judging import Expectations, Judgement, StatusPolicy
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier, judge
from tests.attacks.mutate import at as found_at
from tests.attacks.mutate import members, removed, renamed, replaced
from tests.support import examples
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    NOW,
    VCT,
    WEB,
    WEB_URL,
    entry,
    evidence,
    lists,
    plain,
    presented,
    refuse_clock,
    registry,
    signed,
    token,
)

pytestmark = pytest.mark.campaign

SD_JWT = issue_sd_jwt(
    {"vct": VCT, "sub": DOCTOR.did, "given_name": "A", "list": [1, 2]},
    BOARD,
    disclosable=["/given_name", "/list/0"],
    holder_key=DOCTOR.signer.public_key,
    at=MADE,
)
BOUND = present_sd_jwt(
    SD_JWT,
    DOCTOR.signer,
    disclose=["/given_name"],
    nonce=CHALLENGE,
    audience=DOMAIN,
    at=MADE,
)
OBJECTS: Final[dict[str, dict[str, Any]]] = {
    "license": signed(world.license_draft()),
    "web": signed(
        plain(
            WEB,
            credentialStatus=entry(),
            credentialSchema={"id": "https://example.org/s", "type": "JsonSchema"},
        ),
        WEB,
    ),
    "presentation": presented(signed(plain()), token(plain()), BOUND),
    "did document": world.web_document(WEB),
}
TEXTS: Final[dict[str, str]] = {
    "vc+jwt": token(plain(credentialStatus=entry())),
    "vp+jwt": token(
        {k: v for k, v in OBJECTS["presentation"].items() if k != "proof"},
        DOCTOR,
        typ="vp+jwt",
    ),
    "sd-jwt": SD_JWT,
    "key binding": BOUND,
    **{name: json.dumps(document) for name, document in OBJECTS.items()},
}
KNOWN = {
    **lists(),
    WEB_URL: world.web_document(WEB),
    "https://example.org/s": FetchFailed("x"),
}
REGISTERED: Final = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce")
EXPECT: Final = [
    Expectations(),
    Expectations(challenge=CHALLENGE, domain=DOMAIN, holder_binding=True),
    Expectations(key_binding=True, vct=VCT, status=StatusPolicy.REQUIRED, skew=60),
    Expectations(status=StatusPolicy.OFF),
]
ALL: Final[dict[str, Any]] = {**OBJECTS, **TEXTS}


def judgement(**changes: Any) -> Judgement:
    base: dict[str, Any] = {
        "at": NOW,
        "contexts": world.contexts(),
        "evidence": evidence(KNOWN),
        "trust": registry(BOARD),
    }
    return Judgement(**{**base, **changes})


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("expect", EXPECT)
def test_the_same_judgement_has_the_same_answer(
    name: str, expect: Expectations
) -> None:
    opened = open_document(ALL[name])
    first = judge(opened, judgement(expect=expect))
    again = judge(open_document(ALL[name]), judgement(expect=expect))
    assert first.as_json() == again.as_json()
    kept = json.loads(json.dumps(evidence(KNOWN).as_json()))
    replay = judgement(expect=expect, evidence=Evidence.from_json(kept))
    assert judge(opened, replay).as_json() == first.as_json()


@pytest.mark.parametrize("name", ALL)
def test_what_a_verifier_answered_can_be_judged_again(name: str) -> None:
    web = world.Web({url: page for url, page in KNOWN.items() if page is not None})
    kept: list[Evidence] = []
    verifier = Verifier(fetch=web, clock=refuse_clock, trust=registry(BOARD))
    answer = verifier.verify(ALL[name], at=NOW)
    # What the world has no page for, its web has no answer for.
    lost = EvidenceUnavailable("no such page")
    pages = {url: KNOWN.get(url, lost) for url in web.asked}
    kept.append(evidence(pages))
    opened = open_document(ALL[name])
    later = judge(opened, judgement(evidence=kept[0]))
    assert later.as_json()["checks"] == answer.as_json()["checks"]


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_arbitrary_bytes_and_text_are_answered(data: bytes | str) -> None:
    answer = world.verified(data)
    assert isinstance(answer, Verification)
    assert not answer


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        (
            "did:web:board.example.gov",
            "did:web:board.example.gov#key-1",
            "did:key:z",
            "did:jwk:e30",
            "#",
            "",
            "2026-01-01T00:00:00Z",
            "https://example.org/",
            "VerifiableCredential",
            "VerifiablePresentation",
            "EnvelopedVerifiableCredential",
            "DataIntegrityProof",
        )
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
    ),
    max_leaves=6,
)


@given(json_values)
def test_arbitrary_json_is_answered(value: Any) -> None:
    answer = world.verified(value if isinstance(value, dict) else json.dumps(value))
    assert isinstance(answer, Verification)
    assert not answer


@st.composite
def bent(draw: st.DrawFn) -> dict[str, Any]:
    """A valid document with up to three places changed into anything."""
    document = copy.deepcopy(draw(st.sampled_from(sorted(OBJECTS)).map(OBJECTS.get)))
    assert document is not None
    for _ in range(draw(st.integers(1, 3))):
        ways = [way for way in members(document) if way]
        way = draw(st.sampled_from(ways))
        kind = draw(st.sampled_from(("replace", "remove", "rename", "copy")))
        if kind == "remove":
            document = removed(document, way)
        elif kind == "rename":
            document = renamed(document, way, draw(st.text(max_size=6)))
        elif kind == "copy":
            source = draw(st.sampled_from(ways))
            document = replaced(
                document, way, copy.deepcopy(found_at(document, source))
            )
        else:
            document = replaced(document, way, draw(json_values))
        if not any(True for _ in members(document)):
            break
    return document


@given(bent(), st.sampled_from(EXPECT), st.booleans())
@settings(max_examples=examples(200))
def test_a_document_bent_past_any_gate_is_answered(
    document: dict[str, Any], expect: Expectations, trusting: bool
) -> None:
    verifier = Verifier(
        expect=expect, trust=registry(BOARD) if trusting else None, clock=refuse_clock
    )
    answer = verifier.verify(document, at=NOW, evidence=evidence(KNOWN))
    assert answer.checks
    json.dumps(answer.as_json())


@given(
    st.sampled_from(sorted(TEXTS)),
    st.integers(0, 10_000),
    st.sampled_from(["", "~", ".", "A", "=", " ", "\x00", "e30", "\ud800"]),
    st.integers(0, 4),
)
@settings(max_examples=examples(150))
def test_a_text_bent_anywhere_is_answered(
    name: str, place: int, letters: str, cut: int
) -> None:
    text = TEXTS[name]
    place %= len(text)
    answer = world.verified(text[:place] + letters + text[place + cut :])
    assert answer.checks


@given(
    st.sampled_from(["vc+jwt", "vp+jwt", "sd-jwt"]),
    st.dictionaries(
        st.sampled_from(
            (*REGISTERED, "cnf", "vct", "status", "_sd", "_sd_alg", "issuer", "id")
        ),
        json_values,
        max_size=3,
    ),
)
@settings(max_examples=examples(150))
def test_a_token_with_any_claims_signed_by_its_issuer_is_answered(
    name: str, claims: dict[str, Any]
) -> None:
    payload = world.payload_of(TEXTS[name].split("~")[0]) | claims
    payload = {k: v for k, v in payload.items() if not isinstance(v, float)}
    controller = DOCTOR if name == "vp+jwt" else BOARD
    try:
        text = token(payload, controller, typ=name if "+" in name else "dc+sd-jwt")
    except UnicodeEncodeError:
        return
    answer = world.verified(text + ("~" if name == "sd-jwt" else ""), vct=VCT)
    assert answer.checks


@given(st.integers(-(10**20), 10**22))
def test_any_instant_may_be_asked_about(nanoseconds: int) -> None:
    for name in ("license", "key binding", "presentation"):
        answer = world.verified(ALL[name], at=Instant(nanoseconds), known=KNOWN)
        assert answer.checks


def test_threads_share_a_verifier_and_no_state() -> None:
    strict = Verifier(trust=registry(BOARD), clock=refuse_clock)
    lax = Verifier(expect=Expectations(status=StatusPolicy.OFF), clock=refuse_clock)
    known = evidence(KNOWN)
    revoked = evidence({**KNOWN, **lists(revoked=[world.INDEX])})
    jobs = [
        (verifier, name, facts)
        for verifier in (strict, lax)
        for name in ALL
        for facts in (known, revoked)
    ] * 4

    def answer(job: tuple[Verifier, str, Evidence]) -> Any:
        verifier, name, facts = job
        return verifier.verify(ALL[name], at=NOW, evidence=facts).as_json()

    expected = [answer(job) for job in jobs]
    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(answer, jobs)) == expected
    assert {found["verified"] for found in expected} == {True, False}


def test_the_evidence_is_only_read() -> None:
    before = json.dumps(evidence(KNOWN).as_json())
    known = evidence(KNOWN)
    Verifier().verify(OBJECTS["license"], at=NOW, evidence=known)
    assert json.dumps(known.as_json()) == before
