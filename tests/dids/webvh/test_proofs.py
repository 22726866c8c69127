"""The one kind of proof that a log takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.core import jcs
from medid.core.instant import Instant
from medid.dids.methods import webvh
from medid.dids.resolution import ResolutionOptions
from medid.dids.webvh import history, proofs
from medid.errors import InvalidDidLog, InvalidSignature, MalformedProof
from medid.securing.data_integrity.proof import read_proofs
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.securing.data_integrity.proof import Proof

DOCUMENT: JsonObject = {"versionId": "1-x"}
CANONICAL = jcs.canonicalize(DOCUMENT)


def made(**options: JsonValue) -> tuple[JsonObject, Proof]:
    document: JsonObject = {**DOCUMENT, "proof": logs.proof(DOCUMENT, "a")}
    stated = document["proof"]
    assert isinstance(stated, dict)
    document["proof"] = {**stated, **options}
    (proof,) = read_proofs(document)
    return document, proof


def test_a_proof_names_its_key_and_is_verified_with_it() -> None:
    document, proof = made()
    assert proofs.signer(proof) == logs.multikey("a")
    proofs.verify(document, CANONICAL, proof, logs.multikey("a"))
    with pytest.raises(InvalidSignature):
        proofs.verify(document, CANONICAL, proof, logs.multikey("b"))
    with pytest.raises(InvalidSignature):
        proofs.verify(document, CANONICAL + b" ", proof, logs.multikey("a"))


A, B = logs.multikey("a"), logs.multikey("b")


@pytest.mark.parametrize(
    ("options", "member"),
    [
        ({"cryptosuite": "eddsa-rdfc-2022"}, "cryptosuite"),
        ({"cryptosuite": "ecdsa-jcs-2019"}, "cryptosuite"),
        ({"type": "Ed25519Signature2020"}, "cryptosuite"),
        ({"proofPurpose": "authentication"}, "proofPurpose"),
        ({"verificationMethod": f"did:key:{A}#{B}"}, "verificationMethod"),
        ({"verificationMethod": f"did:key:{A}"}, "verificationMethod"),
        ({"verificationMethod": f"did:key:{A}#"}, "verificationMethod"),
        ({"verificationMethod": f"{A}#{A}"}, "verificationMethod"),
        ({"verificationMethod": f"did:web:{A}#{A}"}, "verificationMethod"),
        ({"verificationMethod": f"did:key:{A}#{A}#{A}"}, "verificationMethod"),
    ],
)
def test_another_kind_of_proof_is_refused(options: JsonObject, member: str) -> None:
    _, proof = made(**options)
    with pytest.raises(MalformedProof) as caught:
        proofs.signer(proof)
    assert caught.value.path == f"$.proof.{member}"


def test_a_proof_that_continues_another_is_refused() -> None:
    stated = logs.proof(DOCUMENT, "a")
    both: JsonObject = {
        **DOCUMENT,
        "proof": [{**stated, "id": "urn:x:1"}, {**stated, "previousProof": "urn:x:1"}],
    }
    _, second = read_proofs(both)
    with pytest.raises(MalformedProof, match="continues"):
        proofs.signer(second)


@pytest.mark.parametrize("context", ["https://www.w3.org/ns/did/v1", [], None])
def test_a_proof_with_contexts_of_its_own_covers_something_else(
    context: JsonValue,
) -> None:
    document, proof = made(**{"@context": context})
    with pytest.raises((MalformedProof, InvalidSignature)):
        proofs.verify(document, CANONICAL, proof, A)


def test_the_suite_reads_a_prepared_document_as_any_other() -> None:
    prepared = proofs._Canonical(CANONICAL)
    assert prepared.signed_document(DOCUMENT, {}) == DOCUMENT


# Until when a proof holds.


def expiring(seconds: float, **options: Any) -> list[JsonObject]:
    """A log whose second entry has a proof that expires so long after its time."""
    one = logs.first("a")
    two = logs.after(one, "a")
    at = Instant.parse(str(two["versionTime"])).plus(seconds)
    return [one, logs.signed(two, "a", expires=str(at), **options)]


def test_a_proof_that_had_expired_before_its_version_makes_none() -> None:
    for seconds, count in ((-1, 1), (0, 1), (1, 2), (1e6, 2)):
        found = history.read(logs.lines(expiring(seconds)))
        assert len(found.versions) == count
        if count == 1:
            assert isinstance(found.failure, InvalidDidLog)
            assert found.failure.path == "$[1].proof[0].expires"


def test_a_proof_that_expired_before_it_was_made_holds_never() -> None:
    two = expiring(3_600)[1]
    made = str(Instant.parse(str(two["versionTime"])).plus(3_600))
    found = history.read(logs.lines(expiring(3_600, created=made)))
    assert len(found.versions) == 1
    assert "before it was made" in str(found.failure)
    assert len(history.read(logs.lines(expiring(3_601, created=made))).versions) == 2


def test_a_proof_need_not_say_when_it_was_made() -> None:
    document, _ = made(expires=str(logs.NOON))
    stated = document["proof"]
    assert isinstance(stated, dict)
    del stated["created"]
    (proof,) = read_proofs(document)
    proofs.check_period(proof, logs.NOON.plus(-1))
    with pytest.raises(MalformedProof, match="expired"):
        proofs.check_period(proof, logs.NOON)


def test_the_end_of_a_proof_is_signed_and_has_to_be_a_time() -> None:
    one, two = expiring(60)
    proofs = two["proof"]
    assert isinstance(proofs, list)
    assert isinstance(proofs[0], dict)
    for value in ("2990-01-01T00:00:00Z", "never", 1, ""):
        changed: JsonObject = {**two, "proof": [{**proofs[0], "expires": value}]}
        found = history.read(logs.lines([one, changed]))
        assert len(found.versions) == 1
        assert isinstance(found.failure, InvalidDidLog)


def test_a_version_holds_until_the_first_of_its_proofs_expires() -> None:
    one = logs.first("a", updateKeys=logs.multikeys("a", "b"))
    two = logs.after(one, "a")
    began = Instant.parse(str(two["versionTime"]))
    ends = [str(began.plus(seconds)) for seconds in (100, 50)]
    bare = {name: value for name, value in two.items() if name != "proof"}
    both = [
        logs.proof(bare, key, expires=end) for key, end in zip("ab", ends, strict=True)
    ]
    found = history.read(logs.lines([one, {**bare, "proof": [*both]}]))
    assert found.whole()[1].expires == began.plus(50)
    assert found.whole()[0].expires is None


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_what_is_in_force_is_so_while_its_proof_holds(seconds: int) -> None:
    entries = expiring(1_000)
    did = logs.did_of(entries)
    end = Instant.parse(str(entries[1]["versionTime"])).plus(1_000)
    at = end.plus(seconds)
    questions = (
        (logs.published(entries), ResolutionOptions(version_time=at)),
        (logs.published(entries, at=at), ResolutionOptions()),
    )
    for evidence, options in questions:
        if seconds < 0:
            assert webvh.resolve(did, evidence, options).document.id == did
            continue
        with pytest.raises(InvalidDidLog, match="expired") as caught:
            webvh.resolve(did, evidence, options)
        assert caught.value.path == "$[1].proof"


def test_a_version_that_is_named_or_was_followed_is_told_for_ever() -> None:
    entries = expiring(1_000)
    did = logs.did_of(entries)
    named = ResolutionOptions(version_number=2)
    assert webvh.resolve(did, logs.published(entries), named).document.id == did
    # Another version, with a proof that holds, came when that one had expired.
    later = Instant.parse(str(entries[1]["versionTime"])).plus(2_000)
    log = [*entries, logs.after(entries[1], "a", at=str(later))]
    evidence = logs.published(log)
    assert webvh.resolve(did, evidence, ResolutionOptions()).document.id == did
    for seconds, holds in ((-1_001, True), (-1_000, False), (-1, False), (0, True)):
        options = ResolutionOptions(version_time=later.plus(seconds))
        if holds:
            assert webvh.resolve(did, evidence, options).document.id == did
        else:
            with pytest.raises(InvalidDidLog, match="expired"):
                webvh.resolve(did, evidence, options)


def test_an_approval_that_had_expired_before_the_version_counts_for_none() -> None:
    entries = logs.several(1, witness=logs.witnesses(1, "u"))
    began = Instant.parse(str(entries[0]["versionTime"]))
    for seconds, count in ((-1, 0), (0, 0), (1, 1)):
        options: Any = {
            "expires": str(began.plus(seconds)),
            "created": str(began.plus(-10)),
        }
        one = logs.approval(entries[0], "u", **options)
        found = webvh.history(logs.did_of(entries), logs.published(entries, one))
        assert len(found.versions) == count
