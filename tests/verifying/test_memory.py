"""A document that was verified before is asked anew whatever may have changed."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from medid import Evidence, Verifier, verify
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.core.memory import Memory
from medid.keys import PublicKey
from medid.verifying.judging import Expectations
from tests.attacks.case import NOW
from tests.attacks.documents import (
    BOARD,
    STRANGER,
    did_document,
    plain,
    presented,
)
from tests.attacks.honest import signed as signed_by
from tests.attacks.lists import entry, status_list, with_status

AT: Final = Instant.parse(NOW)
WEB: Final = "did:web:board.example"
WEB_URL: Final = "https://board.example/.well-known/did.json"


def signed(draft: Any, **proof: Any) -> Any:
    """The draft with a proof of the board."""
    return signed_by(draft, BOARD, **proof)


def as_text(document: Any) -> bytes:
    return json.dumps(document).encode()


def evidence(url: str, document: Any) -> Evidence:
    fetched = Fetched.of(
        url=url, content=as_text(document), media_type="application/json", fetched_at=AT
    )
    return Evidence().with_answers([(url, fetched)])


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each signature that is checked."""
    counted: list[int] = []
    verify_one = PublicKey.verify

    def counting(*args: Any, **named: Any) -> None:
        counted.append(1)
        verify_one(*args, **named)

    monkeypatch.setattr(PublicKey, "verify", counting)
    return counted


def test_a_signature_is_checked_once(signatures: list[int]) -> None:
    verifier, document = Verifier(), as_text(signed(plain()))
    answers = [verifier.verify(document, at=AT) for _ in range(3)]
    assert all(answers)
    assert len({json.dumps(answer.as_json()) for answer in answers}) == 1
    assert len(signatures) == 1


def test_nothing_is_shared_between_verifiers(signatures: list[int]) -> None:
    document = as_text(signed(plain()))
    assert Verifier().verify(document, at=AT)
    assert Verifier().verify(document, at=AT)
    assert verify(document, at=AT)
    assert len(signatures) == 3


@pytest.mark.parametrize("memory", [Memory(max_bytes=0), Memory(keep_proofs=False)])
def test_signatures_are_checked_each_time_where_that_is_wanted(
    signatures: list[int], memory: Memory
) -> None:
    verifier, document = Verifier(memory=memory), as_text(signed(plain()))
    assert all(verifier.verify(document, at=AT) for _ in range(2))
    assert len(signatures) == 2


def test_a_wrong_signature_is_checked_each_time(signatures: list[int]) -> None:
    verifier, document = Verifier(), signed(plain())
    assert verifier.verify(as_text(document), at=AT)
    document["credentialSubject"] = {
        **document["credentialSubject"],
        "id": STRANGER.did,
    }
    for _ in range(2):
        answer = verifier.verify(as_text(document), at=AT)
        assert [error.code for error in answer.errors] == ["PROOF_VERIFICATION_ERROR"]
    assert len(signatures) == 3


def test_time_is_asked_each_time() -> None:
    document = as_text(signed(plain(validUntil="2026-07-01T00:00:00Z")))
    verifier = Verifier()
    assert verifier.verify(document, at=AT)
    late = verifier.verify(document, at=Instant.parse("2026-07-01T00:00:00Z"))
    assert [error.code for error in late.errors] == ["EXPIRED"]


def test_whose_key_it_is_is_asked_each_time(signatures: list[int]) -> None:
    document = as_text(signed(plain(WEB), verificationMethod=f"{WEB}#key-1"))
    verifier = Verifier()
    own = evidence(WEB_URL, did_document(WEB, BOARD))
    other = evidence(WEB_URL, did_document(WEB, STRANGER))
    assert verifier.verify(document, at=AT, evidence=own)
    assert not verifier.verify(document, at=AT, evidence=other)
    gone = evidence(WEB_URL, did_document(WEB, BOARD, assertionMethod=[]))
    assert not verifier.verify(document, at=AT, evidence=gone)
    assert not verifier.verify(document, at=AT)
    assert verifier.verify(document, at=AT, evidence=own)
    assert len(signatures) == 2


def test_status_is_asked_each_time() -> None:
    stated = entry()
    document = as_text(with_status(stated))
    url, index = stated["statusListCredential"], int(stated["statusListIndex"])
    verifier = Verifier()
    assert verifier.verify(document, at=AT, evidence=evidence(url, status_list()))
    revoked = verifier.verify(
        document, at=AT, evidence=evidence(url, status_list(index))
    )
    assert [error.code for error in revoked.errors] == ["REVOKED"]
    assert verifier.verify(document, at=AT, evidence=evidence(url, status_list()))


def test_a_challenge_is_compared_each_time() -> None:
    document = as_text(presented(signed(plain())))
    memory = Memory()
    for challenge in ("another", "a third"):
        asked = Verifier(memory=memory, expect=Expectations(challenge=challenge))
        codes = [error.code for error in asked.verify(document, at=AT).errors]
        assert codes == ["INVALID_CHALLENGE_ERROR"]


def test_a_credential_is_known_again_inside_another_presentation(
    signatures: list[int],
) -> None:
    verifier, credential = Verifier(), signed(plain())
    assert verifier.verify(as_text(presented(credential)), at=AT)
    assert len(signatures) == 2
    assert verifier.verify(as_text(presented(credential, id="urn:example:2")), at=AT)
    assert len(signatures) == 3


def test_what_is_remembered_does_not_change_with_the_caller_s_object() -> None:
    verifier, document = Verifier(), signed(plain())
    assert verifier.verify(document, at=AT)
    document["credentialSubject"]["id"] = STRANGER.did
    assert not verifier.verify(document, at=AT)
