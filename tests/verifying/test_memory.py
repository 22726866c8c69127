"""A document that was verified before is asked anew whatever may have changed."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from medid import (
    ContextStore,
    Controller,
    Evidence,
    KeyKind,
    PrivateKey,
    Verifier,
    issue,
    verify,
)
from medid.core import json as strict_json
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.core.memory import STATED_WEIGHT, Memory
from medid.keys import PublicKey
from medid.verifying.judging import Expectations
from medid.verifying.needs import needs_of
from medid.verifying.opening import open_document
from tests.attacks.case import NOW
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    DOCTOR,
    STRANGER,
    did_document,
    plain,
    presented,
)
from tests.attacks.honest import proof_set
from tests.attacks.honest import signed as signed_by
from tests.attacks.lists import entry, status_list, with_status
from tests.attacks.tokens import vc_jwt
from tests.verifying import world
from tests.verifying.test_token_algorithms import rsa_board, rsa_credential

AT: Final = Instant.parse(NOW)
RDFC: Final[dict[str, Any]] = {"cryptosuite": "eddsa-rdfc-2022"}
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


def test_a_key_of_another_kind_asks_for_another_signature() -> None:
    named = {"cryptosuite": "ecdsa-jcs-2019", "verificationMethod": f"{WEB}#key-1"}
    document, verifier = signed_by(plain(WEB), BOARD_256, **named), Verifier()
    for party in (BOARD_256, BOARD_384, BOARD_256):
        known = evidence(WEB_URL, did_document(WEB, party))
        fresh = Verifier().verify(document, at=AT, evidence=known)
        answer = verifier.verify(document, at=AT, evidence=known)
        assert answer.as_json() == fresh.as_json()
        assert bool(answer) is (party is BOARD_256)


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


def test_other_contexts_are_other_questions_of_one_memory() -> None:
    memory, url = Memory(), "https://terms.example/colours"

    def store(iri: str) -> ContextStore:
        return ContextStore.bundled().register_context(url, {"@context": {"hue": iri}})

    red, other = store("urn:x:red#hue"), store("urn:x:other#hue")
    draft = plain(BOARD.did, hue="warm")
    draft["@context"] = [*draft["@context"], url]
    controller = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    draft["issuer"] = controller.did
    document = issue(draft, controller, at=AT, contexts=red)
    assert Verifier(memory=memory, contexts=red).verify(document, at=AT)
    for contexts, code in (
        (other, "PROOF_VERIFICATION_ERROR"),
        (ContextStore.bundled(), "CONTEXT_NOT_TRUSTED"),
    ):
        answer = Verifier(memory=memory, contexts=contexts).verify(document, at=AT)
        assert [error.code for error in answer.errors] == [code]


def test_contexts_are_asked_for_proofs_over_json_as_well() -> None:
    memory, url = Memory(), "https://terms.example/colours"
    terms: Any = {"@context": {"hue": "urn:x:red#hue"}}
    draft = plain(hue="warm")
    draft["@context"] = [*draft["@context"], url]
    document, known = signed(draft), ContextStore.bundled().register_context(url, terms)
    assert Verifier(memory=memory, contexts=known).verify(document, at=AT)
    answer = Verifier(memory=memory, contexts=ContextStore.bundled()).verify(
        document, at=AT
    )
    assert [error.code for error in answer.errors] == ["CONTEXT_NOT_TRUSTED"]


def test_what_one_verifier_allows_of_tokens_another_may_not() -> None:
    memory = Memory()
    controller = Controller.did_key(PrivateKey.generate(KeyKind.ML_DSA_44))
    draft = plain(controller.did)
    token = issue(draft, controller, securing="vc+jwt", at=AT, allow_ml_dsa=True)
    allowing = Expectations(ml_dsa_tokens=True)
    assert Verifier(memory=memory, expect=allowing).verify(token, at=AT)
    answer = Verifier(memory=memory).verify(token, at=AT)
    assert [error.code for error in answer.errors] == ["CRYPTOGRAPHIC_SECURITY_ERROR"]


def test_each_proof_of_a_set_is_checked_for_itself(signatures: list[int]) -> None:
    verifier, document = Verifier(), proof_set(plain(), BOARD, BOARD)
    assert verifier.verify(document, at=AT)
    assert len(signatures) == 2
    forged = proof_set(plain(name="another"), BOARD, BOARD)["proof"][1]
    document["proof"] = [document["proof"][0], forged]
    for _ in range(2):
        answer = verifier.verify(document, at=AT)
        assert [error.code for error in answer.errors] == ["PROOF_VERIFICATION_ERROR"]
        assert answer.errors[0].path.startswith("$.proof[1]")


def test_a_token_is_asked_for_again_under_another_key() -> None:
    verifier, token = Verifier(), vc_jwt(plain(WEB), kid=f"{WEB}#key-1")
    own = evidence(WEB_URL, did_document(WEB, BOARD))
    other = evidence(WEB_URL, did_document(WEB, STRANGER))
    assert verifier.verify(token, at=AT, evidence=own)
    for _ in range(2):
        answer = verifier.verify(token, at=AT, evidence=other)
        assert [error.code for error in answer.errors] == ["PROOF_VERIFICATION_ERROR"]
    assert verifier.verify(token, at=AT, evidence=own)


def test_a_key_for_another_algorithm_is_another_key() -> None:
    token, memory = rsa_credential("RS256"), Memory()
    verifier = Verifier(memory=memory)
    for alg, codes in (
        ("RS256", []),
        ("PS256", ["CRYPTOGRAPHIC_SECURITY_ERROR"]),
        ("RS256", []),
    ):
        known = world.evidence({world.WEB_URL: rsa_board(alg=alg)})
        answer = verifier.verify(token, at=world.NOW, evidence=known)
        assert [error.code for error in answer.errors] == codes


def test_what_a_document_needs_depends_on_what_is_asked_and_known() -> None:
    url = "https://terms.example/colours"
    draft = with_status(
        entry(), relatedResource={"id": url, "digestSRI": "sha384-" + "A" * 64}
    )
    opened, terms = open_document(draft), {"@context": {"hue": "urn:x:hue"}}
    bare = ContextStore.bundled()
    known: Any = bare.register_context(url, json.dumps(terms).encode())

    def kinds(contexts: ContextStore, *, status: bool) -> set[str]:
        asked = needs_of(opened, contexts=contexts, status=status)
        return {need.kind for need in asked}

    for _ in range(2):
        assert kinds(bare, status=True) == {"status-list", "related-resource"}
        assert kinds(bare, status=False) == {"related-resource"}
        assert kinds(known, status=True) == {"status-list"}


def test_what_is_told_of_empty_arrays_goes_with_the_contexts() -> None:
    memory, url = Memory(), "https://terms.example/colours"
    draft = plain(hue={"a": []})
    draft["@context"] = [*draft["@context"], url]
    document = signed(draft)
    told = []
    for kind in ("@json", "@id"):
        terms: Any = {"@context": {"hue": {"@id": "urn:x:hue", "@type": kind}}}
        contexts = ContextStore.bundled().register_context(url, terms)
        verifier = Verifier(memory=memory, contexts=contexts)
        warnings = verifier.verify(document, at=AT).warnings
        told.append(any("empty array" in one for one in warnings))
    assert told == [False, True]


@pytest.mark.parametrize("alone", [False, True])
def test_a_credential_that_is_known_is_the_same_in_every_presentation(
    alone: bool,
) -> None:
    memory, credential = Memory(), signed(plain(), **RDFC)
    verifier = Verifier(memory=memory)
    found = []
    for challenge in ("one", "two", "three"):
        shown = presented(credential, challenge=challenge, **RDFC)
        if alone:
            options = {k: v for k, v in shown["proof"].items() if k != "proofValue"}
            bare = {**shown, "verifiableCredential": credential}
            del bare["proof"]
            shown = signed_by(bare, DOCTOR, **options)
        text = as_text(shown)
        opened = open_document(text, memory=memory)
        (child,) = opened.children
        within = opened.document["verifiableCredential"]
        assert (within if alone else within[0]) is child.document  # type: ignore[index]
        assert opened.document == shown
        assert verifier.verify(text, at=AT).verified
        assert verify(text, at=AT).verified
        found.append(child.document)
    assert found[0] is found[1] is found[2]


def test_one_value_changed_makes_it_another_credential() -> None:
    verifier, credential = Verifier(), signed(plain(), **RDFC)
    for _ in range(3):
        shown = presented(credential, **RDFC)
        assert verifier.verify(as_text(shown), at=AT).verified
    changed = json.loads(json.dumps(credential))
    changed["credentialSubject"]["id"] = STRANGER.did
    of_changed = presented(changed, **RDFC)
    assert not verifier.verify(as_text(of_changed), at=AT).verified
    shown["verifiableCredential"] = [changed]
    failed = verifier.verify(as_text(shown), at=AT)
    assert {
        one.path for one in failed.checks if one.check == "proof" and one.error
    } == {
        "$.proof",
        "$.verifiableCredential[0].proof",
    }


@pytest.mark.parametrize("name", ["@id", "https://example.com/a"])
def test_a_name_that_hides_in_a_credential_is_found_for_the_whole_as_well(
    name: str,
) -> None:
    hidden = plain()
    hidden["credentialSubject"][name] = "x"
    shown = {**presented(), "verifiableCredential": [signed(plain()), hidden]}
    memory = Memory()
    for text in (as_text(shown), as_text({**shown, "id": "urn:x"})):
        verifier = Verifier(memory=memory)
        proof = verifier.verify(text, at=AT).checks[1]
        assert (proof.check, proof.result) == ("proof", "fail")
        assert proof.error is not None
        assert proof.error.code == "NOT_COMPACT"
        assert proof.error.path.startswith("$.verifiableCredential[1].credentialSubj")


@pytest.mark.parametrize(("number", "kept"), [(0, True), (200, False)])
def test_what_is_kept_of_a_credential_is_bounded_by_its_text(
    number: int, kept: bool
) -> None:
    """Text that says much in few letters, such as empty nodes, is walked each time."""
    url, memory = "https://board.example/contexts/knows", Memory()
    knows: Any = {"@context": {"knows": "https://board.example/knows"}}
    contexts = ContextStore.bundled().register_context(url, knows)
    draft = plain()
    draft["@context"] = [*draft["@context"], url]
    if number:
        draft["credentialSubject"]["knows"] = [{} for _ in range(number)]
    shown = presented(signed(draft, **RDFC), **RDFC)
    for text in (as_text(shown), as_text({**shown, "id": "urn:x"})):
        (child,) = open_document(text, memory=memory).children
        Verifier(contexts=contexts, memory=memory).verify(text, at=AT)
    found: dict[Any, Any] = child.known._found
    (stated,) = (part for name, part in found.items() if name[0] == "graph")
    assert (stated is not None) is kept
    text = strict_json.dumps(child.document).encode()
    assert child.known.room == STATED_WEIGHT * len(text)
