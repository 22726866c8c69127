"""What is particular to ``ecdsa-sd-2023``: a signature for each statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.core import multicodec
from medid.errors import (
    InvalidSignature,
    MalformedProof,
    ProofGenerationError,
    SignerError,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey
from medid.keys.ecdsa import ORDERS
from medid.securing.data_integrity import (
    Feature,
    HolderCommitment,
    HolderSecrets,
    binding,
    read_proofs,
)
from tests.securing.data_integrity.selective.support import (
    BBS,
    ECDSA,
    KEYS,
    SHOWN,
    base,
    derived,
    issued,
    opened,
    rebuilt,
    show,
    verify,
)
from tests.securing.data_integrity.support import license_credential

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNATURES = 2  # where they stand among the components of a derived proof


def changed(change: Callable[[list[bytes]], object]) -> Any:
    return rebuilt(derived(ECDSA), lambda items: change(items[SIGNATURES]))


def test_a_signature_for_each_statement_and_no_more() -> None:
    assert len(opened(derived(ECDSA))[1][SIGNATURES]) == 11
    for change in (
        lambda found: found.pop(),
        lambda found: found.pop(0),
        lambda found: found.append(found[-1]),
        lambda found: found.insert(0, found[0]),
        lambda found: found.append(bytes(64)),
        lambda found: found.clear(),
    ):
        with pytest.raises(MalformedProof, match="one signature for each") as caught:
            verify(changed(change))
        assert not isinstance(caught.value, InvalidSignature)


def test_signatures_that_changed_places() -> None:
    for first in range(10):

        def swap(found: list[bytes], first: int = first) -> None:
            found[first], found[first + 1] = found[first + 1], found[first]

        with pytest.raises(InvalidSignature):
            verify(changed(swap))
    with pytest.raises(InvalidSignature):
        verify(changed(lambda found: found.reverse()))


def test_signatures_of_another_size() -> None:
    for change in (
        lambda found: found.__setitem__(0, found[0][:-1]),
        lambda found: found.__setitem__(0, found[0] + b"\0"),
        lambda found: found.__setitem__(0, b""),
        lambda found: found.__setitem__(0, bytes(96)),
    ):
        with pytest.raises(MalformedProof, match="component 3"):
            verify(changed(change))
    with pytest.raises(MalformedProof, match="component 1"):
        verify(rebuilt(derived(ECDSA), lambda items: items.__setitem__(0, bytes(96))))


def test_signatures_with_numbers_out_of_range() -> None:
    order = ORDERS[KeyKind.P256].to_bytes(32, "big")
    for r, s in ((bytes(32), b"\1" * 32), (b"\1" * 32, bytes(32)), (order, order)):
        with pytest.raises(InvalidSignature, match="out of range"):
            verify(changed(lambda found, r=r, s=s: found.__setitem__(0, r + s)))  # type: ignore[misc]


def test_a_high_s_is_an_honest_signature() -> None:
    # No proof value is ever used as an identifier, so both spellings are accepted.
    def mirror(found: list[bytes]) -> None:
        r, s = found[0][:32], int.from_bytes(found[0][32:], "big")
        found[0] = r + (ORDERS[KeyKind.P256] - s).to_bytes(32, "big")

    verify(changed(mirror))


def test_signatures_of_another_credential() -> None:
    other: Any = license_credential()
    other["credentialSubject"]["license"]["active"] = False
    foreign = opened(show(issued(ECDSA, other), SHOWN))[1]

    def mix(items: list[Any]) -> None:
        items[SIGNATURES] = foreign[SIGNATURES]

    def borrow(items: list[Any]) -> None:
        items[1:3] = foreign[1:3]

    for change in (mix, borrow):
        with pytest.raises(InvalidSignature):
            verify(rebuilt(derived(ECDSA), change))


def test_the_proof_s_own_key_is_signed_by_the_board() -> None:
    mine = PrivateKey.generate(KeyKind.P256)
    prefix = multicodec.add_prefix(multicodec.P256_PUB, b"")

    def replace(items: list[Any]) -> None:
        items[1] = prefix + mine.public_key.raw

    with pytest.raises(InvalidSignature):
        verify(rebuilt(derived(ECDSA), replace))


@pytest.mark.parametrize(
    "octets",
    [
        bytes(35),
        b"\x80\x24" + bytes(33),
        b"\x80\x24\x04" + bytes(32),
        b"\x80\x24\x02" + b"\xff" * 32,
        b"\x81\x24" + KEYS[ECDSA].public_key.raw,
        b"\xed\x01" + KEYS[ECDSA].public_key.raw,
        KEYS[ECDSA].public_key.raw + b"\x80\x24",
    ],
)
def test_what_is_no_key(octets: bytes) -> None:
    for document in (derived(ECDSA), base(ECDSA)):
        broken = rebuilt(document, lambda items: items.__setitem__(1, octets))
        read = verify if document == derived(ECDSA) else _show
        with pytest.raises(MalformedProof, match="no P-256 key"):
            read(broken)


def _show(document: Any) -> None:
    show(document, SHOWN)


@pytest.mark.parametrize("size", [0, 33, 34, 36])
def test_a_key_of_another_size(size: int) -> None:
    with pytest.raises(MalformedProof, match="component 2"):
        verify(rebuilt(derived(ECDSA), lambda items: items.__setitem__(1, bytes(size))))


def test_a_base_proof_with_more_or_fewer_signatures() -> None:
    for change in (
        lambda items: items[3].pop(),
        lambda items: items[3].append(items[3][0]),
    ):
        with pytest.raises(MalformedProof, match="each other statement"):
            show(rebuilt(base(ECDSA), change), SHOWN)


def test_it_answers_no_nonce() -> None:
    with pytest.raises(ProofGenerationError, match="binds a proof to no nonce") as told:
        show(base(ECDSA), SHOWN, presentation_header=b"a nonce")
    assert "medid.present(challenge=...)" in told.value.fix
    assert binding(read_proofs(derived(ECDSA))[0]) is None


def test_it_is_bound_to_no_secrets() -> None:
    commitment = HolderCommitment(
        feature=Feature.ANONYMOUS_HOLDER_BINDING, commitment_with_proof=b""
    )
    with pytest.raises(ProofGenerationError, match="to secrets of its holder"):
        issued(ECDSA, commitment=commitment)
    secrets = HolderSecrets(secret_prover_blind=b"")
    with pytest.raises(ProofGenerationError, match="to secrets of its holder"):
        show(base(ECDSA), SHOWN, secrets=secrets)


def test_only_p_256() -> None:
    with pytest.raises(WeakCryptography):
        verify(derived(ECDSA), PrivateKey.generate(KeyKind.P384))


def test_new_keys_for_each_proof() -> None:
    from medid.securing.data_integrity import sign
    from tests.securing.data_integrity.selective.support import options
    from tests.securing.data_integrity.support import STORE

    found = [
        opened(
            sign(
                license_credential(),
                KEYS[suite],
                suite=suite,
                options=options(KEYS[suite]),
                contexts=STORE,
            )
        )[1]
        for suite in (ECDSA, ECDSA, BBS, BBS)
    ]
    assert found[0][1] != found[1][1]  # the proof's own key
    assert found[0][2] != found[1][2]  # the HMAC key
    assert found[2][3] != found[3][3]


@pytest.mark.parametrize("suite", [ECDSA, BBS])
def test_an_entropy_source_that_runs_dry(suite: str) -> None:
    from medid.securing.data_integrity import sign
    from tests.securing.data_integrity.selective.support import options
    from tests.securing.data_integrity.support import STORE

    with pytest.raises(SignerError):
        sign(
            license_credential(),
            KEYS[suite],
            suite=suite,
            options=options(KEYS[suite]),
            contexts=STORE,
            entropy=lambda size: bytes(size - 1),
        )
