"""What is particular to ``bbs-2023``: its features, its nonce and its pseudonyms."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import cbor
from medid.errors import (
    InvalidSignature,
    MalformedProof,
    ProofGenerationError,
    SignerError,
)
from medid.keys import bbs
from medid.securing.data_integrity import (
    Feature,
    HolderCommitment,
    HolderSecrets,
    binding,
    check_base,
    commit,
    read_proofs,
    verify_proof,
)
from medid.securing.data_integrity.selective import bbs_values
from tests.keys.bbs.material import seeded
from tests.securing.data_integrity.selective.support import (
    BBS,
    KEYS,
    MANDATORY,
    SHOWN,
    base,
    derived,
    issued,
    opened,
    put,
    raw_value,
    rebuilt,
    show,
    verify,
    with_raw,
)
from tests.securing.data_integrity.support import STORE, license_credential

if TYPE_CHECKING:
    from collections.abc import Callable

DOMAIN = "gateway.hospital.example"
NONCE = b"q83vEjRWeJCrze8SNFZ4kA"
MESSAGES = 21  # statements of the license that are not mandatory
BOUND = [feature for feature in Feature if feature is not Feature.BASELINE]
bound = pytest.mark.parametrize("feature", BOUND)
NYM = [feature for feature in Feature if feature.has_pseudonym]
nym = pytest.mark.parametrize("feature", NYM)
HEADERS = {feature: (2 * n, 2 * n + 1) for n, feature in enumerate(Feature, 1)}


def made(feature: Feature, seed: bytes = b"h") -> tuple[Any, HolderSecrets]:
    """A license that is bound to secrets, and these."""
    commitment, secrets = commit(feature, entropy=seeded(seed))
    if feature.has_pseudonym:
        secrets = dataclasses.replace(secrets, nym_domain=DOMAIN)
    return issued(BBS, commitment=commitment), secrets


def shown(feature: Feature, seed: bytes = b"h", **more: Any) -> Any:
    document, secrets = made(feature, seed)
    more.setdefault("presentation_header", NONCE)
    return show(document, SHOWN, secrets=more.pop("secrets", secrets), **more)


@bound
def test_every_feature_from_commitment_to_verification(feature: Feature) -> None:
    document, secrets = made(feature)
    assert raw_value(document)[:3] == bytes([0xD9, 0x5D, HEADERS[feature][0]])
    proof, key = read_proofs(document)[0], KEYS[BBS].public_key
    check_base(document, proof, key, contexts=STORE, secrets=secrets)
    part = show(document, SHOWN, secrets=secrets, presentation_header=NONCE)
    assert raw_value(part)[:3] == bytes([0xD9, 0x5D, HEADERS[feature][1]])
    verify(part)
    found = binding(read_proofs(part)[0])
    assert found is not None
    assert found.presentation_header == NONCE
    assert (found.pseudonym is not None) == feature.has_pseudonym
    assert found.domain == (DOMAIN if feature.has_pseudonym else None)
    for secret in (
        secrets.holder_secret,
        secrets.prover_nym,
        secrets.secret_prover_blind,
    ):
        if secret is not None:
            assert secret not in raw_value(part)
            assert secret.hex() not in repr(secrets)
            assert repr(secret) not in repr(secrets)


def test_the_components_of_the_specification() -> None:
    counts = {feature: len(opened(shown(feature))[1]) for feature in BOUND}
    assert counts == {
        Feature.ANONYMOUS_HOLDER_BINDING: 6,
        Feature.PSEUDONYM: 8,
        Feature.HOLDER_BINDING_PSEUDONYM: 8,
    }
    bases = {feature: len(opened(made(feature)[0])[1]) for feature in BOUND}
    assert bases == {
        Feature.ANONYMOUS_HOLDER_BINDING: 5,
        Feature.PSEUDONYM: 6,
        Feature.HOLDER_BINDING_PSEUDONYM: 6,
    }
    *_, domain, name, length = opened(shown(Feature.PSEUDONYM))[1]
    assert (domain, len(name), length) == (DOMAIN, 48, MESSAGES)


@bound
def test_without_the_holder_s_secrets(feature: Feature) -> None:
    document, _ = made(feature)
    proof, key = read_proofs(document)[0], KEYS[BBS].public_key
    with pytest.raises(ProofGenerationError, match="secrets"):
        check_base(document, proof, key, contexts=STORE)
    with pytest.raises(ProofGenerationError, match="secrets"):
        show(document, SHOWN)


@bound
def test_with_another_holder_s_secrets(feature: Feature) -> None:
    document, secrets = made(feature)
    _, others = made(feature, b"somebody else")
    proof, key = read_proofs(document)[0], KEYS[BBS].public_key
    with pytest.raises(InvalidSignature):
        check_base(document, proof, key, contexts=STORE, secrets=others)
    stolen = [
        others,
        dataclasses.replace(secrets, secret_prover_blind=others.secret_prover_blind),
    ]
    if secrets.holder_secret:
        stolen.append(dataclasses.replace(secrets, holder_secret=others.holder_secret))
        stolen.append(dataclasses.replace(secrets, holder_secret=None))
    else:
        stolen.append(dataclasses.replace(secrets, holder_secret=bytes(32)))
    if secrets.prover_nym:
        stolen.append(dataclasses.replace(secrets, prover_nym=others.prover_nym))
    for one in stolen:
        with pytest.raises(InvalidSignature):
            show(document, SHOWN, secrets=one)


def test_secrets_that_would_bind_nothing() -> None:
    _, secrets = made(Feature.ANONYMOUS_HOLDER_BINDING)
    with pytest.raises(ProofGenerationError, match="bound to no secrets"):
        show(base(BBS), SHOWN, secrets=secrets)


def test_a_domain_without_a_pseudonym() -> None:
    document, secrets = made(Feature.ANONYMOUS_HOLDER_BINDING)
    somewhere = dataclasses.replace(secrets, nym_domain=DOMAIN)
    with pytest.raises(ProofGenerationError, match="no pseudonyms"):
        show(document, SHOWN, secrets=somewhere)


@nym
def test_a_pseudonym_needs_its_secret_and_a_domain(feature: Feature) -> None:
    document, secrets = made(feature)
    with pytest.raises(ProofGenerationError, match="secret of them"):
        show(document, SHOWN, secrets=dataclasses.replace(secrets, prover_nym=None))
    for domain in (None, ""):
        nowhere = dataclasses.replace(secrets, nym_domain=domain)
        with pytest.raises(ProofGenerationError, match="in some domain"):
            show(document, SHOWN, secrets=nowhere)


@nym
def test_pseudonyms_are_one_s_own_and_one_for_each_domain(feature: Feature) -> None:
    document, secrets = made(feature)

    def name(domain: str) -> bytes:
        there = dataclasses.replace(secrets, nym_domain=domain)
        part = show(document, SHOWN[:1], secrets=there)
        found = binding(read_proofs(part)[0])
        assert found is not None
        assert found.pseudonym is not None
        return found.pseudonym

    assert name("a.example") == name("a.example") != name("b.example")
    other = binding(read_proofs(shown(feature, b"somebody else"))[0])
    assert other is not None
    assert other.pseudonym != name(DOMAIN)


@nym
def test_the_same_entropy_gives_the_same_pseudonyms_again(feature: Feature) -> None:
    commitment, secrets = commit(feature, entropy=seeded(b"h"))
    secrets = dataclasses.replace(secrets, nym_domain=DOMAIN)
    added = bbs.pseudonym.new_nym(seeded(b"kept by the board"))
    again = dataclasses.replace(commitment, signer_nym_entropy=added)
    names = set()
    for document in (license_credential(), {**license_credential(), "name": "renewed"}):
        whole = issued(BBS, document, commitment=again)
        assert opened(whole)[1][-1] == added
        part = show(whole, SHOWN, secrets=secrets)
        found = binding(read_proofs(part)[0])
        assert found is not None
        names.add(found.pseudonym)
    assert len(names) == 1


@nym
@pytest.mark.parametrize("size", [0, 31, 33])
def test_an_entropy_of_another_size_is_not_taken(feature: Feature, size: int) -> None:
    commitment, _ = commit(feature, entropy=seeded(b"h"))
    again = dataclasses.replace(commitment, signer_nym_entropy=b"\1" * size)
    with pytest.raises(MalformedProof):
        issued(BBS, commitment=again)


@pytest.mark.parametrize("feature", Feature)
def test_a_proof_is_for_one_nonce(feature: Feature) -> None:
    document = derived(BBS) if feature is Feature.BASELINE else shown(feature)
    for header in (b"", b"another nonce", NONCE[:-1], NONCE + b"\0"):
        replayed = put(document, 4, header)
        if header == opened(document)[1][4]:
            verify(replayed)
            continue
        with pytest.raises(InvalidSignature):
            verify(replayed)
    for wrong in ("text", 1, [b"x"]):
        with pytest.raises(MalformedProof, match="component 5"):
            verify(put(document, 4, wrong))


@nym
def test_a_proof_is_for_one_domain(feature: Feature) -> None:
    document, key = shown(feature), KEYS[BBS].public_key
    proof = read_proofs(document)[0]
    # What a proof says itself is what it is about, whatever is asked for.
    verify_proof(document, proof, key, contexts=STORE, domain="other.example")
    for domain in ("", "other.example", DOMAIN + "."):
        moved = put(document, 5, domain)
        with pytest.raises((InvalidSignature, MalformedProof)):
            verify(moved)
    other = binding(read_proofs(shown(feature, b"somebody else"))[0])
    assert other is not None
    stolen = rebuilt(document, lambda items: items.__setitem__(6, other.pseudonym))
    with pytest.raises(InvalidSignature):
        verify(stolen)
    for change in (
        lambda items: items.__setitem__(5, DOMAIN.encode()),
        lambda items: items.__setitem__(6, bytes(47)),
        lambda items: items.__setitem__(6, bytes(48)),
        lambda items: items.__setitem__(6, "x" * 48),
    ):
        with pytest.raises(MalformedProof):
            verify(rebuilt(document, change))


@nym
def test_a_domain_that_is_left_out_is_the_verifier_s(feature: Feature) -> None:
    document, key = shown(feature), KEYS[BBS].public_key
    short = rebuilt(document, lambda items: items.pop(5))
    proof = read_proofs(short)[0]
    with pytest.raises(MalformedProof, match="does not name the domain"):
        verify(short)
    verify_proof(short, proof, key, contexts=STORE, domain=DOMAIN)
    with pytest.raises(InvalidSignature):
        verify_proof(short, proof, key, contexts=STORE, domain="other.example")
    found = binding(proof)
    assert found is not None
    assert found.domain is None


@bound
def test_how_many_messages_there_are_is_proven(feature: Feature) -> None:
    for length in (0, 3, MESSAGES - 1, MESSAGES + 1, 2**63):
        changed = put(shown(feature), -1, length)
        with pytest.raises((InvalidSignature, MalformedProof)):
            verify(changed)


@pytest.mark.parametrize("feature", Feature)
def test_no_feature_passes_for_another(feature: Feature) -> None:
    document = derived(BBS) if feature is Feature.BASELINE else shown(feature)
    _, items = opened(document)
    proof, labels, mandatory, selective, header, *_ = items
    common = [proof, labels, mandatory, selective, header]
    layouts = {
        Feature.BASELINE: common,
        Feature.ANONYMOUS_HOLDER_BINDING: [*common, MESSAGES],
        Feature.PSEUDONYM: [*common, DOMAIN, items[-2], MESSAGES],
        Feature.HOLDER_BINDING_PSEUDONYM: [*common, DOMAIN, items[-2], MESSAGES],
    }
    for other, layout in layouts.items():
        raw = bytes([0xD9, 0x5D, HEADERS[other][1]])
        if feature is Feature.BASELINE and other.has_pseudonym:
            continue  # it has no pseudonym that could be shown
        if feature is other:
            verify(with_raw(document, raw + cbor.dumps(layout)))
            continue
        with pytest.raises((InvalidSignature, MalformedProof)):
            verify(with_raw(document, raw + cbor.dumps(layout)))


def test_hiding_every_message_says_what_is_mandatory() -> None:
    document = show(base(BBS), [])
    verify(document)
    _, items = opened(document)
    assert items[3] == []
    none = rebuilt(document, lambda items: items.__setitem__(2, []))
    with pytest.raises(MalformedProof):
        verify(none)


def test_a_document_of_which_everything_is_mandatory() -> None:
    document = issued(BBS, mandatory=[""])
    verify(show(document, []))
    verify(show(document, SHOWN, presentation_header=NONCE))


def test_points_and_scalars_that_prove_nothing() -> None:
    size = len(opened(derived(BBS))[1][0])
    identity = b"\xc0" + bytes(47)

    def with_points(items: list[Any]) -> None:
        items[0] = 3 * identity + items[0][3 * 48 :]

    changes: list[Callable[[list[Any]], object]] = [
        with_points,
        lambda items: items.__setitem__(0, bytes(size)),
        lambda items: items.__setitem__(0, b""),
        lambda items: items.__setitem__(0, items[0][:-32]),
        lambda items: items.__setitem__(0, items[0] + bytes(31) + b"\1"),
        lambda items: items.__setitem__(0, b"\xff" * size),
        lambda items: items.__setitem__(0, items[0][: 3 * 48] + bytes(size - 3 * 48)),
    ]
    for change in changes:
        with pytest.raises((InvalidSignature, MalformedProof)):
            verify(rebuilt(derived(BBS), change))


def test_two_proofs_share_nothing_that_is_not_shown() -> None:
    first = opened(show(base(BBS), SHOWN, entropy=seeded(b"1")))[1]
    second = opened(show(base(BBS), SHOWN, entropy=seeded(b"2")))[1]
    assert first[1:] == second[1:]
    chunks = {first[0][n : n + 16] for n in range(0, len(first[0]), 16)}
    assert not any(second[0][n : n + 16] in chunks for n in range(len(second[0])))


# Issuing.


class OnlySigner:
    """A key store that signs single messages."""

    public_key = KEYS[BBS].public_key

    def sign(self, message: bytes) -> bytes:
        return message


def test_a_key_store_that_signs_no_lists() -> None:
    with pytest.raises(SignerError, match="lists of messages"):
        issued(BBS, key=OnlySigner())  # type: ignore[arg-type]


class Store:
    """A key store that signs lists: the port, as an HSM would serve it."""

    public_key = KEYS[BBS].public_key

    def sign(self, message: bytes) -> bytes:
        raise AssertionError(message)

    def sign_messages(self, **signed: Any) -> bytes:
        return KEYS[BBS].sign_messages(**signed)

    def sign_committed(self, **signed: Any) -> bytes:
        return KEYS[BBS].sign_committed(**signed)


def test_a_key_store_that_signs_lists() -> None:
    assert issued(BBS, key=Store()) == base(BBS)  # type: ignore[arg-type]
    commitment, _ = commit(Feature.PSEUDONYM, entropy=seeded())
    assert issued(BBS, key=Store(), commitment=commitment)  # type: ignore[arg-type]


def test_a_key_store_that_signs_wrongly() -> None:
    class Broken(Store):
        def sign_messages(self, **signed: Any) -> bytes:
            return KEYS[BBS].sign_messages(**{**signed, "messages": [b"else"]})

    with pytest.raises(ProofGenerationError, match="own public key"):
        issued(BBS, key=Broken())  # type: ignore[arg-type]


@bound
def test_a_commitment_that_nobody_can_open(feature: Feature) -> None:
    commitment, _ = commit(feature, entropy=seeded())
    octets = commitment.commitment_with_proof
    for broken in (b"", octets[:-1], octets[:-1] + bytes([octets[-1] ^ 1])):
        wrong = dataclasses.replace(commitment, commitment_with_proof=broken)
        with pytest.raises((InvalidSignature, MalformedProof)):
            issued(BBS, commitment=wrong)


def test_a_commitment_for_another_feature() -> None:
    commitment, secrets = commit(Feature.PSEUDONYM, entropy=seeded())
    wrong = dataclasses.replace(commitment, feature=Feature.ANONYMOUS_HOLDER_BINDING)
    with pytest.raises(InvalidSignature):
        issued(BBS, commitment=wrong)
    assert secrets.holder_secret is None


def test_who_committed_to_nothing_is_bound_to_nothing() -> None:
    feature = Feature.ANONYMOUS_HOLDER_BINDING
    empty = bbs.blind.commit(committed_messages=[], entropy=seeded())
    commitment = HolderCommitment(
        feature=feature, commitment_with_proof=empty.commitment_with_proof
    )
    secrets = HolderSecrets(
        secret_prover_blind=empty.secret_prover_blind,
        holder_secret=None,
        prover_nym=None,
    )
    document = issued(BBS, commitment=commitment)
    with pytest.raises(MalformedProof, match="other secrets"):
        show(document, SHOWN, secrets=secrets, presentation_header=NONCE)


def test_an_entropy_source_that_runs_dry() -> None:
    for feature in Feature:
        with pytest.raises(SignerError):
            commit(feature, entropy=lambda size: bytes(size - 1))


@pytest.mark.parametrize("more", [-1, 1])
def test_an_entropy_source_that_gives_a_secret_of_another_size(more: int) -> None:
    sizes, source = [32 + more], seeded()

    def entropy(size: int) -> bytes:
        return source(sizes.pop() if sizes else size)

    with pytest.raises(SignerError):
        commit(Feature.ANONYMOUS_HOLDER_BINDING, entropy=entropy)


# Base proofs.


def test_the_key_that_a_base_proof_names() -> None:
    def rename(items: list[Any]) -> None:
        items[2] = bbs.public_of(bbs.new_secret(seeded(b"another")))

    with pytest.raises(MalformedProof, match="names another key"):
        show(rebuilt(base(BBS), rename), SHOWN)


def test_the_header_of_a_base_proof() -> None:
    with pytest.raises(MalformedProof, match="other mandatory statements"):
        show(rebuilt(base(BBS), lambda items: items.__setitem__(1, bytes(64))), SHOWN)


def test_base_proofs_of_another_form() -> None:
    document, _ = made(Feature.PSEUDONYM)
    tagged: list[Callable[[list[Any]], object]] = [
        lambda items: items.__setitem__(5, cbor.Tag(2, bytes(33))),
        lambda items: items.__setitem__(5, cbor.Tag(2, "x")),
        lambda items: items.__setitem__(5, bytes(31)),
        lambda items: items.__setitem__(4, cbor.Tag(2, b"x")),
        lambda items: items.__setitem__(4, [b"/issuer"]),
        lambda items: items.__setitem__(0, bytes(79)),
        lambda items: items.__setitem__(2, bytes(95)),
        lambda items: items.__setitem__(3, bytes(31)),
        lambda items: items.append(b"x"),
        lambda items: items.pop(),
    ]
    for change in tagged:
        with pytest.raises(MalformedProof):
            bbs_values.read_base(rebuilt(document, change)["proof"]["proofValue"])


def test_an_entropy_that_was_written_as_a_number() -> None:
    document, _ = made(Feature.PSEUDONYM)
    expected = bbs_values.read_base(document["proof"]["proofValue"])
    number = opened(document)[1][5].lstrip(b"\0")
    tagged = rebuilt(document, lambda items: items.__setitem__(5, cbor.Tag(2, number)))
    assert bbs_values.read_base(tagged["proof"]["proofValue"]) == expected


def test_what_is_mandatory_for_the_baseline() -> None:
    assert opened(base(BBS))[1][4] == list(MANDATORY)
