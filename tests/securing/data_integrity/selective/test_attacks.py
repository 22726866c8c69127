"""What a holder, or whoever saw a derived proof, could try with either suite."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core import cbor
from medid.errors import (
    DataLoss,
    InvalidSignature,
    MalformedProof,
    MedidError,
    ProofGenerationError,
    TooLarge,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey
from medid.securing.data_integrity import (
    Disclosure,
    binding,
    check_base,
    derive,
    is_base,
    is_derived,
    mandatory_among,
    read_proofs,
    sign,
    verify_proof,
)
from medid.securing.data_integrity.selective import values
from tests.securing.data_integrity.selective.support import (
    BBS,
    ECDSA,
    KEYS,
    LICENSE,
    MANDATORY,
    OTHERS,
    SHOWN,
    SUITES,
    base,
    derived,
    forged,
    issued,
    opened,
    options,
    pointers_of,
    raw_value,
    rebuilt,
    show,
    unsecured,
    verify,
    with_raw,
)
from tests.securing.data_integrity.support import STORE, license_credential
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Callable

both = pytest.mark.parametrize("suite", SUITES)
# Where the components of a derived proof stand.
LABELS = {ECDSA: 3, BBS: 1}
INDEXES = {ECDSA: 4, BBS: 2}


@both
def test_a_part_is_shown_and_verified(suite: str) -> None:
    document = derived(suite)
    verify(document)
    subject = document["credentialSubject"]
    assert subject["id"] == "did:example:practitioner"
    assert subject["license"] == {
        "type": "License",
        "active": True,
        "profession": [
            {"type": "Code", "code": "2211"},
            {"type": "Code", "system": "http://b.example", "code": "208D"},
        ],
    }
    for name in ("id", "type", "issuer", "validUntil", "credentialStatus"):
        assert document[name] == license_credential()[name]
    assert "validFrom" not in document


@both
def test_nothing_is_changed(suite: str) -> None:
    document, before = base(suite), base(suite)
    made = show(document, SHOWN)
    made["credentialSubject"]["license"]["profession"].clear()
    assert document == before


@both
def test_another_key_is_refused(suite: str) -> None:
    with pytest.raises(InvalidSignature) as caught:
        verify(derived(suite), OTHERS[suite])
    assert caught.value.path == "$.proof"
    for kind in (
        KeyKind.ED25519,
        KeyKind.P384,
        KEYS[BBS if suite == ECDSA else ECDSA].kind,
    ):
        with pytest.raises(WeakCryptography):
            verify(derived(suite), PrivateKey.generate(kind))


# Base proofs.


@both
def test_a_base_proof_shown_as_a_derived_one(suite: str) -> None:
    with pytest.raises(MalformedProof, match="for its holder alone") as caught:
        verify(base(suite))
    assert caught.value.path == "$.proof"
    assert "medid derive" in caught.value.fix
    header, items = opened(base(suite))
    renamed = with_raw(
        base(suite), header[:2] + bytes([header[2] + 1]) + cbor.dumps(items)
    )
    with pytest.raises(MalformedProof):
        verify(renamed)


@both
def test_a_derived_proof_is_no_base_proof(suite: str) -> None:
    document = derived(suite)
    proof = read_proofs(document)[0]
    assert not is_base(proof)
    assert is_base(read_proofs(base(suite))[0])
    assert is_derived(proof)
    with pytest.raises(MalformedProof, match="no base proof"):
        show(document, SHOWN)
    with pytest.raises(MalformedProof, match="no base proof"):
        check_base(document, proof, KEYS[suite].public_key, contexts=STORE)


def test_other_proofs_are_neither() -> None:
    key = PrivateKey.generate(KeyKind.P256)
    document = sign(
        license_credential(),
        key,
        suite="ecdsa-rdfc-2019",
        options=options(key),
        contexts=STORE,
    )
    proof = read_proofs(document)[0]
    assert not is_base(proof)
    assert not is_derived(proof)
    assert binding(proof) is None
    with pytest.raises(MalformedProof, match="nothing can be derived"):
        check_base(document, proof, key.public_key, contexts=STORE)


@both
def test_a_base_proof_checked_by_its_holder(suite: str) -> None:
    def check(document: Any, key: PrivateKey = KEYS[suite]) -> None:
        proof = read_proofs(document)[0]
        check_base(document, proof, key.public_key, contexts=STORE)

    check(base(suite))
    with pytest.raises((InvalidSignature, MalformedProof)):
        check(base(suite), OTHERS[suite])
    with pytest.raises(WeakCryptography):
        check(base(suite), PrivateKey.generate(KeyKind.ED25519))
    for change in (
        lambda items: items[-1].pop(),
        lambda items: items[-1].append(f"{LICENSE}/number"),
        lambda items: items.__setitem__(0, bytes(len(items[0]))),
        lambda items: items.__setitem__(3 if suite == BBS else 2, bytes(32)),
    ):
        with pytest.raises(MedidError):
            check(rebuilt(base(suite), change))
    changed = base(suite)
    changed["credentialSubject"]["license"]["number"] = "35.123457"
    with pytest.raises(MedidError):
        check(changed)


@both
def test_a_damaged_base_proof_gives_no_derived_one(suite: str) -> None:
    for change in (
        lambda items: items[-1].pop(),
        lambda items: items[-1].append(f"{LICENSE}/number"),
        lambda items: items[-1].append("/nothing"),
        lambda items: items[-1].append("no pointer"),
        lambda items: items.__setitem__(0, bytes(len(items[0]))),
        lambda items: items.__setitem__(3 if suite == BBS else 2, bytes(32)),
        lambda items: items.pop(),
        lambda items: items.append(b""),
    ):
        with pytest.raises(MedidError):
            show(rebuilt(base(suite), change), SHOWN)


@both
def test_another_board_s_base_proof_gives_no_derived_one(suite: str) -> None:
    document = issued(suite, key=OTHERS[suite])
    with pytest.raises((InvalidSignature, MalformedProof)):
        show(document, SHOWN)
    with pytest.raises(WeakCryptography):
        derive(
            document,
            read_proofs(document)[0],
            Disclosure(pointers=SHOWN),
            contexts=STORE,
            key=PrivateKey.generate(KeyKind.ED25519).public_key,
        )


@both
def test_without_the_issuer_s_key_the_rest_is_verified(suite: str) -> None:
    document = base(suite)
    proof = read_proofs(document)[0]
    shown = Disclosure(pointers=SHOWN)
    made = derive(document, proof, shown, contexts=STORE, key=None)
    verify(made)
    document["credentialSubject"]["license"]["profession"][1]["code"] = "2212"
    with pytest.raises(MedidError):
        derive(document, read_proofs(document)[0], shown, contexts=STORE, key=None)


# What is derived from what.


@both
@pytest.mark.parametrize("dropped", ["validUntil", "credentialStatus", "issuer"])
def test_mandatory_statements_cannot_be_dropped(suite: str, dropped: str) -> None:
    document = derived(suite)
    count = len(unsecured(document)["issuer"]) if dropped == "issuer" else 1
    del document[dropped]
    with pytest.raises(MedidError):
        verify(document)
    for last in range(1, 6 + count):

        def shorten(items: list[Any], last: int = last) -> None:
            del items[INDEXES[suite]][-last:]

        with pytest.raises(MedidError):
            verify(rebuilt(document, shorten))


@both
def test_a_mandatory_pointer_cannot_be_withheld(suite: str) -> None:
    fewer = rebuilt(base(suite), lambda items: items[-1].remove("/validUntil"))
    with pytest.raises(MedidError):
        show(fewer, SHOWN)
    with pytest.raises(MedidError):
        derive(
            fewer,
            read_proofs(fewer)[0],
            Disclosure(pointers=SHOWN),
            contexts=STORE,
            key=KEYS[suite].public_key if suite == ECDSA else None,
        )


@both
def test_statements_cannot_be_moved_between_mandatory_and_not(suite: str) -> None:
    def promote(items: list[Any]) -> None:
        indexes = items[INDEXES[suite]]
        free = next(n for n in range(100) if n not in indexes)
        items[INDEXES[suite]] = sorted([*indexes, free])

    def demote(items: list[Any]) -> None:
        del items[INDEXES[suite]][0]

    for change in (promote, demote):
        with pytest.raises(MedidError):
            verify(rebuilt(derived(suite), change))


@both
def test_the_proof_of_another_document_of_as_many_statements(suite: str) -> None:
    other = license_credential()
    other["id"] = "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c12"
    foreign = show(issued(suite, other), SHOWN)
    verify(foreign)
    with pytest.raises(InvalidSignature):
        verify({**derived(suite), "proof": foreign["proof"]})


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("created", "2026-01-01T00:00:01Z"),
        ("proofPurpose", "authentication"),
        ("verificationMethod", "did:example:other#key"),
        ("expires", "2030-01-01T00:00:00Z"),
        ("nonce", "n"),
        ("challenge", "c"),
        ("domain", "d"),
        ("id", "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c13"),
    ],
)
def test_the_options_of_the_proof_are_signed(suite: str, name: str, value: str) -> None:
    document = derived(suite)
    document["proof"][name] = value
    with pytest.raises(InvalidSignature):
        verify(document)


@both
def test_the_suites_do_not_read_each_other(suite: str) -> None:
    document = derived(suite)
    document["proof"]["cryptosuite"] = BBS if suite == ECDSA else ECDSA
    with pytest.raises(MalformedProof):
        verify(document)


@both
def test_a_term_that_no_context_defines(suite: str) -> None:
    document = derived(suite)
    document["credentialSubject"]["license"]["undefined"] = "x"
    with pytest.raises(DataLoss):
        verify(document)
    document = license_credential()
    document["undefined"] = "x"
    with pytest.raises(DataLoss):
        issued(suite, document)


@both
def test_more_statements_than_are_read(suite: str) -> None:
    document: Any = license_credential()
    document["credentialSubject"]["license"]["profession"] = [
        {"type": "Code", "code": str(number)} for number in range(400)
    ]
    with pytest.raises(TooLarge, match="statements"):
        issued(suite, document)


@both
def test_a_proof_that_continues_another(suite: str) -> None:
    key = KEYS[suite]
    first = issued(suite)
    first["proof"]["id"] = "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c14"  # type: ignore[index, call-overload]
    with pytest.raises(MalformedProof, match="continues none"):
        sign(
            first,
            key,
            suite=suite,
            options=options(key),
            contexts=STORE,
            chain=True,
        )
    document = derived(suite)
    document["proof"] = [
        first["proof"],
        {**document["proof"], "previousProof": first["proof"]["id"]},  # type: ignore[index, call-overload]
    ]
    with pytest.raises(MalformedProof, match="continues none"):
        verify_proof(document, read_proofs(document)[1], key.public_key, contexts=STORE)


# Nothing is leaked, and something is said.


@both
def test_what_is_kept_back_is_nowhere(suite: str) -> None:
    document = derived(suite)
    _, items = opened(base(suite))
    hmac_key = items[3 if suite == BBS else 2]
    assert len(hmac_key) == 32
    assert hmac_key not in raw_value(document)
    assert "'3N'" not in str(unsecured(document))
    told = str(unsecured(document)) + raw_value(document).decode("latin-1")
    for secret in ("35.123456", "http://a.example", "scope"):
        assert secret not in told
    if suite == BBS:
        assert items[0] not in raw_value(document)


@both
@pytest.mark.parametrize("mandatory", [(), MANDATORY, ("",)])
def test_nothing_more_than_is_mandatory(suite: str, mandatory: tuple[str, ...]) -> None:
    document = issued(suite, mandatory=mandatory)
    if not mandatory:
        with pytest.raises(ProofGenerationError, match="nothing is disclosed"):
            show(document, [])
        verify(show(document, ["/validUntil"]))
        return
    made = show(document, [])
    verify(made)
    assert ("credentialSubject" in made) == (mandatory == ("",))


@both
def test_a_part_without_any_statement(suite: str) -> None:
    document = show(issued(suite, mandatory=()), ["/validUntil"])
    hollow = rebuilt(document, lambda items: None)
    for name in ("validUntil", "type"):
        del hollow[name]
    with pytest.raises(DataLoss):
        verify(hollow)


@both
@pytest.mark.parametrize(
    "pointers",
    [
        ["/nothing"],
        [f"{LICENSE}/schedule/0"],
        [f"{LICENSE}/fhir/limit"],
        ["/proof"],
        ["/proof/proofValue"],
        [f"{LICENSE}/profession/2"],
        ["/issuer/name/0"],
    ],
)
def test_what_cannot_be_shown(suite: str, pointers: list[str]) -> None:
    with pytest.raises(ProofGenerationError):
        show(base(suite), pointers)
    with pytest.raises(ProofGenerationError):
        issued(suite, mandatory=pointers)


@both
def test_what_the_issuer_made_mandatory(suite: str) -> None:
    document = derived(suite)
    proof = read_proofs(document)[0]
    asked = ["/issuer", "/validUntil", f"{LICENSE}/active", "/issuer/name", "/type", ""]
    found = mandatory_among(document, proof, asked, contexts=STORE)
    assert found == ["/issuer", "/validUntil", "/issuer/name", "/type"]
    with pytest.raises(ProofGenerationError):
        mandatory_among(document, proof, ["/validFrom"], contexts=STORE)
    whole = base(suite)
    with pytest.raises(MalformedProof, match="holder alone"):
        mandatory_among(whole, read_proofs(whole)[0], asked, contexts=STORE)
    del document["credentialSubject"]["license"]["profession"][0]
    with pytest.raises(MalformedProof, match="does not name each blank node"):
        mandatory_among(document, read_proofs(document)[0], asked, contexts=STORE)


# Labels.


@both
def test_labels_that_were_changed(suite: str) -> None:
    place = LABELS[suite]

    def swap(items: list[Any]) -> None:
        labels = items[place]
        labels[0], labels[1] = labels[1], labels[0]

    def collide(items: list[Any]) -> None:
        items[place][1] = items[place][0]

    def lack(items: list[Any]) -> None:
        del items[place][max(items[place])]

    def shift(items: list[Any]) -> None:
        items[place] = {n + 1: label for n, label in items[place].items()}

    def add(items: list[Any]) -> None:
        new = bytes(32) if suite == ECDSA else 77
        items[place][len(items[place])] = new

    def rename(items: list[Any]) -> None:
        items[place][0] = bytes(32) if suite == ECDSA else 77

    def spell(items: list[Any]) -> None:
        items[place] = {f"c14n{n}": label for n, label in items[place].items()}

    def empty(items: list[Any]) -> None:
        items[place] = {}

    changes = (swap, collide, lack, shift, add, rename, spell, empty)
    assert len(opened(derived(suite))[1][place]) == 3
    for change in changes:
        with pytest.raises((InvalidSignature, MalformedProof)):
            verify(rebuilt(derived(suite), change))


def test_one_node_cannot_be_shown_as_two() -> None:
    # The holder has two codes, in two systems, and would like to have a third one.
    whole: Any = license_credential()
    del whole["credentialStatus"]
    license_ = whole["credentialSubject"]["license"]
    for name in ("schedule", "fhir", "years"):
        del license_[name]
    secured: Any = issued(ECDSA, whole, mandatory=["/issuer"])
    honest = list(forged(unsecured(secured), secured))
    assert len(honest) == 1
    verify(honest[0])
    split = copy.deepcopy(unsecured(secured))
    first, second = split["credentialSubject"]["license"]["profession"]
    split["credentialSubject"]["license"]["profession"] = [
        {"type": "Code", "system": first["system"]},
        {"type": "Code", "code": first["code"]},
        second,
    ]
    found = list(forged(split, secured))
    # Each of its statements was signed, and each with a signature that holds.
    assert found
    for one in found:
        with pytest.raises(MalformedProof, match="component 4"):
            verify(one)


def test_two_nodes_cannot_be_shown_as_one() -> None:
    whole: Any = license_credential()
    del whole["credentialStatus"]
    secured: Any = issued(ECDSA, whole, mandatory=["/issuer"])
    joined = copy.deepcopy(unsecured(secured))
    license_ = joined["credentialSubject"]["license"]
    for name in ("schedule", "fhir", "years"):
        del license_[name]
    first, second = license_["profession"]
    license_["profession"] = [{**first, "code": second["code"]}]
    assert list(forged(joined, secured)) == []


# Indexes. The other statements of ecdsa-sd-2023 have none.


@pytest.mark.parametrize(("suite", "which"), [(ECDSA, 0), (BBS, 0), (BBS, 1)])
@pytest.mark.parametrize(
    "change",
    [
        lambda indexes: [*reversed(indexes)],
        lambda indexes: [indexes[0], *indexes],
        lambda indexes: [*indexes, indexes[-1]],
        lambda indexes: [-1, *indexes],
        lambda indexes: [*indexes, 10_000],
        lambda indexes: [*indexes, 2**64 - 1],
        lambda indexes: [*indexes[:-1], indexes[-1] + 1],
        lambda indexes: [],
        lambda indexes: indexes[:-1],
        lambda indexes: indexes[0],
        lambda indexes: {n: n for n in indexes},
        lambda indexes: [str(n) for n in indexes],
        lambda indexes: list(range(values.MAX_STATEMENTS * 5)),
    ],
)
def test_indexes_that_were_changed(
    suite: str, which: int, change: Callable[[Any], Any]
) -> None:
    place = INDEXES[suite] + which

    def apply(items: list[Any]) -> None:
        items[place] = change(items[place])

    with pytest.raises((InvalidSignature, MalformedProof, TooLarge)):
        verify(rebuilt(derived(suite), apply))


# The bytes of the value.


@both
def test_other_headers(suite: str) -> None:
    raw = raw_value(derived(suite))
    for last in set(range(16)) - {raw[2]}:
        with pytest.raises(MalformedProof):
            verify(with_raw(derived(suite), raw[:2] + bytes([last]) + raw[3:]))
        with pytest.raises(MalformedProof):
            verify(with_raw(derived(suite), bytes([last]) + raw[1:]))


@both
def test_games_with_cbor(suite: str) -> None:
    header, items = opened(derived(suite))
    body = cbor.dumps(items)
    count = len(items)
    assert body[0] == 0x80 | count
    first = cbor.dumps(items[0])
    games = [
        body + b"\0",
        body[:-1],
        b"\xd9\x5d\x01" + body,
        b"\x9f" + body[1:] + b"\xff",
        bytes([0x98, count]) + body[1:],
        bytes([0x80 | count, 0xD8, 0x40]) + body[1:],
        bytes([0x80 | count]) + b"\x5f" + first + b"\xff" + body[1 + len(first) :],
        bytes([0x80 | count - 1]) + body[1:],
        bytes([0x80 | count + 1]) + body[1:] + b"\x00",
        bytes([0xA0]) + body[1:],
        cbor.dumps(body),
        cbor.dumps([items]),
        b"",
    ]
    for game in games:
        with pytest.raises(MalformedProof):
            verify(with_raw(derived(suite), header + game))


@both
def test_a_key_twice_in_the_label_map(suite: str) -> None:
    header, items = opened(derived(suite))
    labels = items[LABELS[suite]]
    encoded = cbor.dumps(labels)
    twice = (
        bytes([encoded[0] + 1]) + encoded[1:] + cbor.dumps(0) + cbor.dumps(labels[0])
    )
    body = cbor.dumps(items).replace(encoded, twice)
    with pytest.raises(MalformedProof, match="twice"):
        verify(with_raw(derived(suite), header + body))


@both
def test_the_order_of_the_label_map_is_left_open(suite: str) -> None:
    header, items = opened(derived(suite))
    labels = items[LABELS[suite]]
    encoded = cbor.dumps(labels)
    turned = encoded[:1] + b"".join(
        cbor.dumps(number) + cbor.dumps(labels[number])
        for number in sorted(labels)[::-1]
    )
    body = cbor.dumps(items).replace(encoded, turned)
    verify(with_raw(derived(suite), header + body))


# Any disclosure, any mutation.

PLACES = sorted(pointers_of(license_credential()))


@both
@settings(max_examples=examples(40))
@given(st.lists(st.sampled_from(PLACES), max_size=6))
def test_any_disclosure_verifies(suite: str, pointers: list[str]) -> None:
    made = show(base(suite), pointers)
    verify(made)
    everything = set(pointers_of(license_credential()))
    shown = set(pointers_of(made))
    assert len(shown) <= len(everything)
    proof = read_proofs(made)[0]
    assert mandatory_among(made, proof, MANDATORY, contexts=STORE) == list(MANDATORY)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps: Any = ()
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
    found = [leaf for step, item in steps for leaf in _leaves(item, (*path, step))]
    return found or [path]


@both
def test_no_value_of_a_derived_document_can_be_changed(suite: str) -> None:
    document = derived(suite)
    for path in _leaves(document):
        if path[0] == "@context":
            continue
        changed = copy.deepcopy(document)
        place = changed
        for step in path[:-1]:
            place = place[step]
        value = place[path[-1]]
        place[path[-1]] = (not value) if isinstance(value, bool) else f"{value}x"
        with pytest.raises(MedidError):
            verify(changed)
        if isinstance(place, dict):
            del place[path[-1]]
            with pytest.raises(MedidError):
                verify(changed)


@pytest.mark.campaign
@both
def test_no_bit_of_a_derived_proof_can_be_flipped(suite: str) -> None:
    raw = raw_value(derived(suite))
    step = 1 if examples(1) > 1 else 7
    for place in range(0, len(raw), step):
        changed = bytearray(raw)
        changed[place] ^= 1 << (place % 8)
        with pytest.raises(MedidError):
            verify(with_raw(derived(suite), bytes(changed)))
