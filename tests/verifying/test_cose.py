"""Credentials and presentations in COSE: opened, attributed and bound as JWTs are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core import base64
from medid.errors import ParsingError
from medid.issuing import issue
from medid.verifying.checks import Outcome
from medid.verifying.judging import StatusPolicy
from medid.verifying.opening import Kind, Securing, open_document
from medid.verifying.verifier import Verifier
from tests.attacks.mutate import mutations
from tests.securing.cose.naive import message
from tests.support import examples
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    NOW,
    P256,
    P384,
    STRANGER,
    V2,
    WEB,
    WEB_URL,
    codes,
    entry,
    plain,
    presented,
    results,
    token,
    verified,
)

if TYPE_CHECKING:
    from medid.issuing import Controller

ALGORITHMS: Final = {BOARD.did: -8, P256.did: -7, P384.did: -35}
SECONDS: Final = NOW.nanoseconds // 1_000_000_000


def cose(
    payload: Any, controller: Controller = BOARD, *, typ: str = "vc+cose", **labels: Any
) -> bytes:
    """``payload`` in a message of another writer; ``None`` removes a label."""
    header: dict[int, Any] = {
        1: ALGORITHMS.get(controller.did, -8),
        4: controller.verification_method.encode(),
        16: f"application/{typ}",
    }
    header |= {int(name.removeprefix("l")): value for name, value in labels.items()}
    kept = {label: value for label, value in header.items() if value is not None}
    signer: Any = controller.signer
    return message(kept, json.dumps(payload).encode(), by=signer)


def vp_cose(*credentials: Any, controller: Controller = DOCTOR, **labels: Any) -> bytes:
    """A presentation in COSE for this hospital."""
    draft = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": controller.did,
        "verifiableCredential": [enveloped(one) for one in credentials],
    }
    answers = {"l15": {3: DOMAIN, 10: CHALLENGE.encode()}}
    return cose(draft, controller, typ="vp+cose", **{**answers, **labels})


def enveloped(content: bytes, kind: str = "Credential") -> dict[str, Any]:
    """A message in the envelope in which it is presented."""
    media_type = "vc+cose" if kind == "Credential" else "vp+cose"
    return {
        "@context": V2,
        "id": f"data:application/{media_type};base64,{base64.encode(content)}",
        "type": f"EnvelopedVerifiable{kind}",
    }


CREDENTIAL: Final = cose(plain())
PRESENTATION: Final = vp_cose(CREDENTIAL)


# Opening.


@pytest.mark.parametrize(
    ("content", "kind"),
    [(CREDENTIAL, Kind.CREDENTIAL), (PRESENTATION, Kind.PRESENTATION)],
)
def test_a_message_is_known_however_it_travels(content: bytes, kind: Kind) -> None:
    text = base64.encode(content)
    bare = text.rstrip("=")
    envelope = enveloped(content, kind.value.title())
    forms: list[Any] = [content, text, text.encode(), bare, f" {text}\r\n", envelope]
    for form in [*forms, json.dumps(envelope)]:
        opened = open_document(form)
        assert (opened.kind, opened.securing) == (kind, Securing.COSE)
        assert opened.digest == open_document(content).digest
        assert verified(form)


@pytest.mark.parametrize("controller", [BOARD, P256, P384])
def test_each_kind_of_key_signs_messages(controller: Controller) -> None:
    assert verified(cose(plain(controller), controller))
    assert verified(issue(plain(controller), controller, securing="vc+cose", at=MADE))


def test_a_signature_may_end_with_what_is_white_space_in_text() -> None:
    """Bytes are taken as they are: none of them is trimmed away."""
    endings = set()
    for number in range(3000):
        content = cose(plain(id=f"urn:x:{number}"))
        if content[-1:] in b" \t\r\n":
            endings.add(content[-1:])
            assert verified(content)
        if len(endings) == 2:
            break
    assert len(endings) == 2


BAD: Final[dict[str, Any]] = {
    "white space before": b" " + CREDENTIAL,
    "white space behind": CREDENTIAL + b"\n",
    "without the tag": CREDENTIAL[1:],
    "of several signers": b"\xd8\x62" + CREDENTIAL[1:],
    "a CWT": b"\xd8\x3d" + CREDENTIAL,
    "self-described": b"\xd9\xd9\xf7" + CREDENTIAL,
    "an open array": b"\x9f\xff",
    "a longer array": b"\x98\x04",
    "cut": CREDENTIAL[:-1],
    "base64 of half": base64.encode(CREDENTIAL[:-1]),
    "base64url": base64.encode(CREDENTIAL).replace("+", "-").replace("/", "_"),
    "base64 in lines": base64.encode(CREDENTIAL)[:76] + "\n" + "A" * 40,
    "base64 and a letter of another alphabet": "0oR\u00e4",
    "hexadecimal": CREDENTIAL.hex(),
    "text": CREDENTIAL.decode("latin-1"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_message_is_refused(name: str) -> None:
    answer = verified(BAD[name])
    [(check, code, _)] = codes(answer)
    assert check == "parse"
    assert code in {"PARSING_ERROR", "MALFORMED_VALUE_ERROR", "TOO_LARGE"}


def test_the_length_of_a_message_is_judged_first() -> None:
    huge = b"\xd2\x84\x40\xa0\x5b" + b"\x10" + bytes(7)
    assert codes(verified(huge))[0][:2] == ("parse", "TOO_LARGE")
    assert codes(verified(CREDENTIAL + bytes(2**20)))[0][:2] == ("parse", "TOO_LARGE")


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (cose(plain(), typ="vp+cose"), "$.type"),
        (cose(presented(), DOCTOR), "$.type"),
        (cose({"id": BOARD.did}), "$.type"),
        (cose(enveloped(CREDENTIAL)), "$.type"),
        (enveloped(PRESENTATION), "$.id"),
        (enveloped(CREDENTIAL, "Presentation"), "$.id"),
        ({**enveloped(CREDENTIAL), "id": "data:application/vc+cose;base64,0oRA"}, None),
    ],
)
def test_what_is_said_outside_must_be_what_is_inside(
    content: Any, path: str | None
) -> None:
    [(check, _, found)] = codes(verified(content))
    assert check == "parse"
    assert path is None or found == path


def test_what_is_wrong_inside_an_envelope_has_its_place() -> None:
    document = {**presented(), "verifiableCredential": [enveloped(CREDENTIAL[:-1])]}
    [(_, code, path)] = codes(verified(document))
    assert code == "PARSING_ERROR"
    assert path.startswith("$.verifiableCredential[0].id")


# Whose key.


def test_a_kid_may_be_relative_or_absent_where_there_is_one_key() -> None:
    fragment = BOARD.verification_method.partition("#")[2]
    assert verified(cose(plain(), l4=f"#{fragment}".encode()))
    assert verified(cose(plain(), l4=None))
    assert not verified(cose(plain(), l4=b"#other"))


def test_a_message_of_somebody_else_is_refused() -> None:
    answer = verified(cose(plain(), STRANGER))
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]
    named = cose(plain(), STRANGER, l4=BOARD.verification_method.encode())
    assert codes(verified(named))[0][1] == "PROOF_VERIFICATION_ERROR"
    holder = vp_cose(CREDENTIAL, l4=BOARD.verification_method.encode())
    assert codes(verified(holder))[0][1] == "PROOF_VERIFICATION_ERROR"


def test_an_algorithm_must_fit_the_key_of_the_issuer() -> None:
    answer = verified(cose(plain(), l1=-7))
    [(check, code, path)] = codes(answer)
    assert (check, code) == ("proof", "CRYPTOGRAPHIC_SECURITY_ERROR")
    assert path == "$.protected[1]"


def test_a_key_for_another_purpose_signs_no_credential() -> None:
    document = world.web_document(WEB, relationships=("authentication",))
    answer = verified(cose(plain(WEB), WEB), known={WEB_URL: document})
    assert codes(answer)[0][1] == "INVALID_RELATIONSHIP"
    assert verified(cose(plain(WEB), WEB), known={WEB_URL: world.web_document(WEB)})


def test_the_key_of_a_did_web_is_fetched() -> None:
    web = world.Web({WEB_URL: world.web_document(WEB)})
    assert Verifier(fetch=web).verify(cose(plain(WEB), WEB), at=NOW)
    assert web.batches == [[WEB_URL]]
    unsaid = world.Web({WEB_URL: world.web_document(WEB)})
    assert Verifier(fetch=unsaid).verify(cose(plain(WEB), WEB, l4=None), at=NOW)
    assert unsaid.batches == [[WEB_URL]]


def test_an_issuer_that_is_no_did_is_not_trusted_for_its_word() -> None:
    draft = plain() | {"issuer": "https://board.example"}
    answer = verified(cose(draft, l4=None))
    assert codes(answer) == [("proof", "EVIDENCE_UNAVAILABLE", "$.issuer")]
    published = {
        "issuer": "https://board.example",
        "jwks": {"keys": [{**BOARD.signer.public_key.to_jwk(), "kid": "key-1"}]},
    }
    known = {"https://board.example/.well-known/jwt-vc-issuer": published}
    assert verified(cose(draft, l4=b"key-1"), known=known)
    other = verified(cose(draft, l4=b"key-2"), known=known)
    assert codes(other) == [("proof", "INVALID_VERIFICATION_METHOD", "$.kid")]
    urn = verified(cose(plain() | {"issuer": "urn:board"}, l4=None))
    assert codes(urn) == [("proof", "ISSUER_NOT_TRUSTED", "$.issuer")]


# When, for whom, and what else.


def test_the_claims_of_the_header_are_a_window_like_any_other() -> None:
    assert verified(cose(plain(), l15={4: SECONDS + 1, 5: SECONDS, 6: SECONDS}))
    for claims, code in (
        ({4: SECONDS}, "EXPIRED"),
        ({5: SECONDS + 1}, "NOT_YET_VALID"),
        ({6: SECONDS + 1}, "NOT_YET_VALID"),
    ):
        answer = verified(cose(plain(), l15=claims))
        assert [one[:2] for one in codes(answer)] == [("time", code)]


def test_a_presentation_answers_its_challenge_and_domain() -> None:
    expected: dict[str, Any] = {
        "challenge": CHALLENGE,
        "domain": DOMAIN,
        "holder_binding": True,
    }
    assert verified(PRESENTATION, **expected)
    answers: list[Any] = [None, {3: DOMAIN}, {3: DOMAIN, 10: b"another one"}]
    for claims in answers:
        answer = verified(vp_cose(CREDENTIAL, l15=claims), **expected)
        assert "fail" in results(answer, "challenge")
    answers = [{10: CHALLENGE.encode()}, {10: CHALLENGE.encode(), 3: "https://x"}]
    for claims in answers:
        answer = verified(vp_cose(CREDENTIAL, l15=claims), **expected)
        assert results(answer, "domain") == ["fail"]
    several = {3: [DOMAIN, "https://x"], 10: CHALLENGE.encode()}
    answer = verified(vp_cose(CREDENTIAL, l15=several), **expected)
    assert results(answer, "domain") == ["fail"]
    other = cose(plain(credentialSubject={"id": STRANGER.did, "alumniOf": "x"}))
    answer = verified(vp_cose(other), **expected)
    assert results(answer, "holder") == ["fail"]


@pytest.mark.parametrize("status", [[{"status_list": {}}], b"x", "x", 5, True, None])
def test_a_status_claim_that_is_no_map_is_not_passed_over(status: Any) -> None:
    assert verified(cose(plain(), l15={1: BOARD.did}))
    answer = verified(cose(plain(), l15={1: BOARD.did, 65535: status}))
    assert codes(answer) == [
        ("parse", "MALFORMED_VALUE_ERROR", "$.protected[15][65535]")
    ]


def test_a_status_is_asked_for_and_a_list_may_be_a_message() -> None:
    document = cose(plain(credentialStatus=entry()))
    for ones, passes in (((), True), ((world.INDEX,), False)):
        status_list = world.status_list(*ones)
        unsigned = {k: v for k, v in status_list.items() if k != "proof"}
        for listed in (status_list, cose(unsigned)):
            answer = verified(document, known={world.REVOCATIONS: listed})
            assert answer.verified is passes
            assert passes or codes(answer)[0][1] == "REVOKED"
    assert verified(document).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(
    "change",
    [
        {"@context": [V2, "https://evil.example/v1"]},
        {"https://www.w3.org/2018/credentials#validUntil": "2020-01-01T00:00:00Z"},
        {"@nest": {}},
    ],
)
def test_terms_mean_what_their_contexts_say(change: dict[str, Any]) -> None:
    assert not verified(cose(plain() | change))


def test_no_change_of_a_payload_is_verified() -> None:
    draft = world.license_draft()
    content = issue(draft, BOARD, securing="vc+cose", at=MADE)
    assert isinstance(content, bytes)
    assert verified(content, status=StatusPolicy.OFF)
    payload = json.dumps(draft, separators=(",", ":"), ensure_ascii=False).encode()
    assert content.count(payload) == 1
    tried = 0
    for label, mutant in mutations(draft):
        body = json.dumps(mutant, separators=(",", ":"), ensure_ascii=False).encode()
        if body == payload:
            continue
        size = len(payload).to_bytes(2, "big"), len(body).to_bytes(2, "big")
        changed = content.replace(b"\x59" + size[0] + payload, b"\x59" + size[1] + body)
        assert changed != content
        assert not verified(changed, status=StatusPolicy.OFF), label
        tried += 1
    assert tried > 100


@given(st.integers(0, len(CREDENTIAL) * 8 - 1))
@settings(max_examples=examples(60), deadline=None)
def test_no_bit_of_a_credential_can_be_changed(bit: int) -> None:
    changed = bytearray(CREDENTIAL)
    changed[bit // 8] ^= 1 << bit % 8
    assert not verified(bytes(changed))


def test_the_same_payload_in_another_envelope_is_another_document() -> None:
    assert open_document(CREDENTIAL).document == plain()
    with pytest.raises(ParsingError):
        open_document(CREDENTIAL[:20])


def test_a_token_for_other_verifiers_is_refused_where_one_is_named() -> None:
    elsewhere = "https://other.example"
    for audience, verifies in (
        (DOMAIN, True),
        ([elsewhere, DOMAIN], True),
        (elsewhere, False),
    ):
        tokens = (
            cose(plain(), l15={3: audience}),
            token({**plain(), "aud": audience}),
        )
        for one in tokens:
            answer = verified(presented(one), domain=DOMAIN)
            assert bool(answer) is verifies
            place = "$.verifiableCredential[0].aud"
            refusal = [("domain", "INVALID_DOMAIN_ERROR", place)]
            assert codes(answer) == ([] if verifies else refusal)
            unasked = verified(one)
            assert unasked
            assert any("no domain was given" in text for text in unasked.warnings)
