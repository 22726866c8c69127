"""Signatures and proofs of BBS: what is refused, one change at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import (
    InvalidKey,
    InvalidSignature,
    MalformedProof,
    ProofGenerationError,
    SignerError,
    TooLarge,
    WeakCryptography,
)
from medid.keys import bbs
from medid.keys.bbs import core, curve, interface
from medid.keys.bbs.interface import MAX_MESSAGES, MAX_OCTETS
from medid.keys.bbs.octets import (
    MAX_PROOF_BYTES,
    PROOF_FLOOR,
    Proof,
    Signature,
    write_proof,
)
from tests.keys.bbs.material import (
    HEADER,
    IDENTITY_G1,
    IDENTITY_G2,
    MESSAGES,
    OTHER_PUBLIC,
    OUTSIDE_G1,
    PH,
    PUBLIC,
    SECRET,
    P,
    R,
    changed,
    proof,
    seeded,
    signature,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIGNATURE = signature()
INDEXES = [1, 2, 5]
PROOF = proof(INDEXES)
SHOWN = [MESSAGES[index] for index in INDEXES]


def verify(data: bytes = SIGNATURE, **changes: Any) -> None:
    given = {"public": PUBLIC, "header": HEADER, "messages": MESSAGES, **changes}
    bbs.verify(signature=data, **given)


def proof_verify(data: bytes = PROOF, **changes: Any) -> None:
    given = {
        "public": PUBLIC,
        "header": HEADER,
        "presentation_header": PH,
        "disclosed_messages": SHOWN,
        "disclosed_indexes": INDEXES,
        **changes,
    }
    bbs.proof_verify(proof=data, **given)


def proof_gen(**changes: Any) -> bytes:
    given = {
        "public": PUBLIC,
        "signature": SIGNATURE,
        "header": HEADER,
        "presentation_header": PH,
        "messages": MESSAGES,
        "disclosed_indexes": INDEXES,
        "entropy": seeded(),
        **changes,
    }
    return bbs.proof_gen(**given)


def test_the_originals_are_accepted() -> None:
    verify()
    proof_verify()
    assert len(PROOF) == PROOF_FLOOR + 32 * 3


# Signatures


def test_any_changed_byte_of_a_signature() -> None:
    refused = 0
    for position in range(len(SIGNATURE)):
        with pytest.raises(MalformedProof):
            verify(changed(SIGNATURE, position))
        refused += 1
    assert refused == 80


@pytest.mark.parametrize(
    "changes",
    [
        {"header": b""},
        {"header": HEADER + b"\0"},
        {"messages": MESSAGES[:-1]},
        {"messages": [*MESSAGES, b""]},
        {"messages": MESSAGES[::-1]},
        {"messages": [*MESSAGES[:-1], b"another"]},
        {"messages": [MESSAGES[0] + MESSAGES[1], *MESSAGES[2:]]},
        {"messages": []},
        {"public": OTHER_PUBLIC},
        {"suite": bbs.SHAKE_256},
    ],
)
def test_a_signature_over_something_else(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature):
        verify(**changes)


@pytest.mark.parametrize(
    "data", [b"", SIGNATURE[:-1], SIGNATURE + b"\0", SIGNATURE[:48], SIGNATURE * 2]
)
def test_a_signature_of_another_length(data: bytes) -> None:
    with pytest.raises(MalformedProof, match="80 bytes"):
        verify(data)


NO_POINTS = [
    pytest.param(IDENTITY_G1, id="identity"),
    pytest.param(b"\xc0" + bytes(46) + b"\1", id="identity with a rest"),
    pytest.param(b"\xe0" + bytes(47), id="identity with a sign"),
    pytest.param(b"\x40" + bytes(47), id="identity uncompressed"),
    pytest.param(OUTSIDE_G1, id="outside the subgroup"),
    pytest.param(b"\x80" + bytes(46) + b"\1", id="off the curve"),
    pytest.param(b"\x80" + bytes(47), id="order three"),
    pytest.param(changed((P + 4).to_bytes(48, "big"), 0, 0x80), id="beyond the field"),
    pytest.param(changed(SIGNATURE[:48], 0, 0x80), id="uncompressed"),
    pytest.param(changed(SIGNATURE[:48], 0, 0x40), id="marked as the identity"),
    pytest.param(bytes(48), id="zeros"),
    pytest.param(b"\xff" * 48, id="ones"),
]
NO_SCALARS = [
    pytest.param(bytes(32), id="zero"),
    pytest.param(R.to_bytes(32, "big"), id="r"),
    pytest.param((R + 1).to_bytes(32, "big"), id="r + 1"),
    pytest.param(b"\xff" * 32, id="ones"),
]


@pytest.mark.parametrize("point", NO_POINTS)
def test_a_signature_whose_point_is_none(point: bytes) -> None:
    with pytest.raises(MalformedProof, match="G1") as caught:
        verify(point + SIGNATURE[48:])
    assert not isinstance(caught.value, InvalidSignature)


@pytest.mark.parametrize("scalar", NO_SCALARS)
def test_a_signature_whose_scalar_is_none(scalar: bytes) -> None:
    with pytest.raises(MalformedProof, match="scalar") as caught:
        verify(SIGNATURE[:48] + scalar)
    assert not isinstance(caught.value, InvalidSignature)


def test_a_scalar_in_a_second_spelling() -> None:
    e = int.from_bytes(SIGNATURE[48:], "big")
    assert e + R < 2**256
    with pytest.raises(MalformedProof, match="scalar"):
        verify(SIGNATURE[:48] + (e + R).to_bytes(32, "big"))


def test_the_negative_of_a_signature() -> None:
    with pytest.raises(InvalidSignature):
        verify(changed(SIGNATURE, 0, 0x20))


def test_a_key_for_which_anybody_can_sign() -> None:
    """With the identity as key, A = B / e is a signature; here is one."""
    api = interface.core_interface(bbs.SHA_256)
    about = interface.statement(api, IDENTITY_G2, HEADER, messages=len(MESSAGES))
    b = curve.combined(*about.terms(api.scalars(MESSAGES), curve.number(1)))
    e = curve.number(7)
    forged = core.finish_signature(curve.number(0), e, b)
    with pytest.raises(WeakCryptography):
        verify(forged, public=IDENTITY_G2)
    with pytest.raises(WeakCryptography):
        proof_verify(public=IDENTITY_G2)
    with pytest.raises(WeakCryptography):
        proof_gen(public=IDENTITY_G2)


def test_sums_that_cancel_out() -> None:
    e = curve.number(5)
    with pytest.raises(SignerError):
        core.finish_signature(-e, e, curve.base_point())
    nothing = curve.base_point() - curve.base_point()
    with pytest.raises(ProofGenerationError, match="cancel out"):
        core.finish_signature(e, e, nothing)


@pytest.mark.parametrize("secret", [b"", bytes(32), b"\xff" * 32, SECRET[:-1]])
def test_no_secret_key_signs_nothing(secret: bytes) -> None:
    with pytest.raises(InvalidKey):
        bbs.sign(secret=secret, header=HEADER, messages=MESSAGES)


# Proofs


def test_any_changed_byte_of_a_proof() -> None:
    refused = 0
    for position in range(len(PROOF)):
        with pytest.raises(MalformedProof):
            proof_verify(changed(PROOF, position))
        refused += 1
    assert refused == len(PROOF)


@pytest.mark.parametrize(
    "changes",
    [
        {"header": b""},
        {"header": HEADER + PH},
        {"header": HEADER[:-1]},
        {"presentation_header": b""},
        {"presentation_header": PH + b"\0"},
        {"presentation_header": HEADER},
        {"header": PH, "presentation_header": HEADER},
        {"public": OTHER_PUBLIC},
        {"suite": bbs.SHAKE_256},
        {"disclosed_messages": [b"another", *SHOWN[1:]]},
        {"disclosed_messages": [SHOWN[1], SHOWN[0], SHOWN[2]]},
        {"disclosed_messages": [b"", b"", b""]},
        {"disclosed_indexes": [0, 2, 5]},
        {"disclosed_indexes": [1, 2, 4]},
        {"disclosed_indexes": [0, 1, 2]},
        {"disclosed_messages": SHOWN[:2], "disclosed_indexes": INDEXES[:2]},
        {"disclosed_messages": [], "disclosed_indexes": []},
        {
            "disclosed_messages": [MESSAGES[0], *SHOWN],
            "disclosed_indexes": [0, *INDEXES],
        },
    ],
)
def test_a_proof_of_something_else(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature):
        proof_verify(**changes)


@pytest.mark.parametrize(
    "indexes",
    [
        [2, 1, 5],
        [1, 1, 5],
        [1, 5, 5],
        [5, 2, 1],
        [-1, 2, 5],
        [-5, -4, -1],
        [1, 2, 6],
        [1, 2, 2**64],
        [1, 2, 10**100],
        [True, 2, 5],
        [1, 2, 5.0],
        [1, 2, "5"],
        [None, 2, 5],
    ],
)
def test_indexes_that_are_no_places(indexes: list[Any]) -> None:
    shown = [MESSAGES[1], MESSAGES[2], MESSAGES[5]]
    with pytest.raises(MalformedProof, match="index") as caught:
        proof_verify(disclosed_messages=shown, disclosed_indexes=indexes)
    assert not isinstance(caught.value, InvalidSignature)
    with pytest.raises(ProofGenerationError, match="index"):
        proof_gen(disclosed_indexes=indexes)


@pytest.mark.parametrize("indexes", [[], [1], [1, 2], [1, 2, 4, 5]])
def test_not_one_index_for_each_message(indexes: list[int]) -> None:
    with pytest.raises(MalformedProof, match="as many"):
        proof_verify(disclosed_indexes=indexes)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PROOF[:-1],
        PROOF + b"\0",
        PROOF[: PROOF_FLOOR - 1],
        PROOF[: PROOF_FLOOR - 32],
        PROOF[:144],
        PROOF + PROOF[-16:],
    ],
)
def test_a_proof_of_no_possible_length(data: bytes) -> None:
    with pytest.raises(MalformedProof, match="bytes"):
        proof_verify(data)


def test_a_proof_with_more_or_fewer_responses() -> None:
    extra = PROOF[-64:-32]
    for data in (PROOF[:-64] + PROOF[-32:], PROOF[:-32] + extra + PROOF[-32:]):
        with pytest.raises((InvalidSignature, MalformedProof)):
            proof_verify(data)


@pytest.mark.parametrize("slot", [0, 1, 2])
@pytest.mark.parametrize("point", NO_POINTS)
def test_a_proof_one_of_whose_points_is_none(slot: int, point: bytes) -> None:
    data = PROOF[: 48 * slot] + point + PROOF[48 * (slot + 1) :]
    with pytest.raises(MalformedProof, match="G1") as caught:
        proof_verify(data)
    assert not isinstance(caught.value, InvalidSignature)


@pytest.mark.parametrize("slot", range(7))
@pytest.mark.parametrize("scalar", NO_SCALARS)
def test_a_proof_one_of_whose_scalars_is_none(slot: int, scalar: bytes) -> None:
    start = 144 + 32 * slot
    data = PROOF[:start] + scalar + PROOF[start + 32 :]
    with pytest.raises(MalformedProof, match="scalar") as caught:
        proof_verify(data)
    assert not isinstance(caught.value, InvalidSignature)


def forged(messages: Sequence[bytes], a_bar: Any, b_bar: Any) -> bytes:
    """A proof of messages that nobody signed, whose challenge is right.

    All messages are disclosed. D is P1 + Q_1 * domain + ..., so that T2 is D times
    something known, and T1 is D times something known if both given points are the
    identity.
    """
    api = interface.core_interface(bbs.SHA_256)
    about = interface.statement(api, PUBLIC, HEADER, messages=len(messages))
    scalars = api.scalars(messages)
    d = curve.combined(*about.terms(scalars, curve.number(1)))
    r1, r3_tilde = curve.number(11), curve.number(13)
    initial = core.Initial(a_bar, b_bar, d, d * r1, d * r3_tilde)
    c = core.challenge(about, initial, core.Shown(range(len(messages)), scalars, PH))
    e = curve.number(17)
    found = Proof(a_bar, b_bar, d, e, r1, r3_tilde - c, (), c)
    return write_proof(found)


def test_a_forgery_that_only_the_check_for_the_identity_refuses() -> None:
    """Without the check anybody could prove anything under any key."""
    nothing = curve.base_point() - curve.base_point()
    messages = [b"license: valid"]
    data = forged(messages, nothing, nothing)
    given: dict[str, Any] = {"disclosed_messages": messages, "disclosed_indexes": [0]}
    with pytest.raises(MalformedProof, match="identity"):
        proof_verify(data, **given)
    api = interface.core_interface(bbs.SHA_256)
    about = interface.statement(api, PUBLIC, HEADER, messages=1)
    scalars = [curve.scalar(data[144 + 32 * i :][:32]) for i in range(4)]
    e, r1, r3, c = scalars
    unchecked = Proof(nothing, nothing, curve.point(data[96:144]), e, r1, r3, (), c)
    shown = core.Shown([0], api.scalars(messages), PH)
    key = curve.public_point(PUBLIC)
    core.verify_proof(about, key, unchecked, shown)


def test_a_right_challenge_without_a_right_signature() -> None:
    """The challenge of Abar, Bbar = anything and their forged T1 does not hold."""
    one = curve.base_point()
    messages = [b"license: valid"]
    given: dict[str, Any] = {"disclosed_messages": messages, "disclosed_indexes": [0]}
    with pytest.raises(InvalidSignature):
        proof_verify(forged(messages, one, one), **given)


def test_a_signature_of_another_key_behind_a_right_challenge() -> None:
    """Only the pairing tells: the whole transcript is honest, under another secret."""
    api = interface.core_interface(bbs.SHA_256)
    about = interface.statement(api, PUBLIC, HEADER, messages=len(MESSAGES))
    scalars = api.scalars(MESSAGES)
    b = curve.combined(*about.terms(scalars, curve.number(1)))
    secret, e = curve.number(99), curve.number(7)
    stranger = core.finish_signature(secret, e, b)
    signed = core.Signed(
        statement=about,
        key=curve.public_point(curve.public_octets(secret)),
        signature=Signature(curve.point(stranger[:48]), e),
        scalars=scalars,
    )
    data = core.prove(signed, INDEXES, PH, seeded())
    with pytest.raises(InvalidSignature):
        proof_verify(data)


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": signature(MESSAGES[::-1])},
        {"header": b""},
        {"public": OTHER_PUBLIC},
        {"messages": [*MESSAGES[:-1], b"another"]},
        {"suite": bbs.SHAKE_256},
    ],
)
def test_no_proof_is_made_of_a_wrong_signature(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature):
        proof_gen(**changes)


def test_a_proof_for_one_suite_is_none_for_the_other() -> None:
    given: dict[str, Any] = {"header": HEADER, "messages": MESSAGES}
    suite = bbs.SHAKE_256
    made = bbs.sign(secret=SECRET, **given, suite=suite)
    data = proof_gen(signature=made, suite=suite)
    proof_verify(data, suite=suite)
    with pytest.raises(InvalidSignature):
        proof_verify(data)


@pytest.mark.parametrize("count", [0, 1, 6])
def test_nothing_disclosed_and_everything_disclosed(count: int) -> None:
    messages = MESSAGES[:count]
    for indexes in ([], list(range(count))):
        data = proof(indexes, messages)
        shown = messages if indexes else []
        proof_verify(data, disclosed_indexes=indexes, disclosed_messages=shown)
        assert len(data) == PROOF_FLOOR + 32 * (count - len(indexes))


def test_without_any_octets_in_headers_and_messages() -> None:
    made = bbs.sign(secret=SECRET, header=b"", messages=[b"", b""])
    verify(made, header=b"", messages=[b"", b""])
    data = proof_gen(
        signature=made,
        header=b"",
        presentation_header=b"",
        messages=[b"", b""],
        disclosed_indexes=[0],
    )
    proof_verify(
        data,
        header=b"",
        presentation_header=b"",
        disclosed_messages=[b""],
        disclosed_indexes=[0],
    )


def test_two_proofs_have_nothing_in_common() -> None:
    first, second = proof_gen(entropy=seeded(b"1")), proof_gen(entropy=seeded(b"2"))
    for start, size in [
        (0, 48),
        (48, 48),
        (96, 48),
        *((144 + 32 * i, 32) for i in range(7)),
    ]:
        assert first[start : start + size] != second[start : start + size]


def test_entropy_of_the_system_by_default() -> None:
    given: dict[str, Any] = {
        "public": PUBLIC,
        "signature": SIGNATURE,
        "header": HEADER,
        "presentation_header": PH,
        "messages": MESSAGES,
        "disclosed_indexes": INDEXES,
    }
    first, second = bbs.proof_gen(**given), bbs.proof_gen(**given)
    assert first != second
    proof_verify(first)
    proof_verify(second)


# Entropy that would give the secrets away


@pytest.mark.parametrize(
    "entropy",
    [
        lambda size: b"\1" * size,
        bytes,
        lambda size: b"",
        lambda size: b"\1" * (size - 1),
        lambda size: b"\1" * (size + 1),
    ],
)
def test_entropy_that_hides_nothing(entropy: Callable[[int], bytes]) -> None:
    with pytest.raises(SignerError, match="entropy"):
        proof_gen(entropy=entropy)


@pytest.mark.parametrize("size", [16, 47, 49])
def test_entropy_of_another_length(size: int) -> None:
    draw = seeded()
    with pytest.raises(SignerError, match="too few or too many"):
        proof_gen(entropy=lambda _: draw(size))


# Bounds


def test_the_longest_proof_is_that_of_the_most_messages() -> None:
    assert MAX_PROOF_BYTES == PROOF_FLOOR + 32 * MAX_MESSAGES


@pytest.mark.parametrize(
    "attempt",
    [
        partial(
            bbs.sign, secret=SECRET, header=HEADER, messages=[b""] * (MAX_MESSAGES + 1)
        ),
        partial(verify, messages=[b""] * (MAX_MESSAGES + 1)),
        partial(proof_gen, messages=[b""] * (MAX_MESSAGES + 1)),
        partial(bbs.sign, secret=SECRET, header=b"x" * (MAX_OCTETS + 1), messages=[]),
        partial(
            bbs.sign, secret=SECRET, header=b"", messages=[b"x" * (MAX_OCTETS + 1)]
        ),
        partial(verify, header=b"x" * (MAX_OCTETS + 1)),
        partial(proof_verify, header=b"x" * (MAX_OCTETS + 1)),
        partial(proof_verify, presentation_header=b"x" * (MAX_OCTETS + 1)),
        partial(proof_verify, disclosed_messages=[*SHOWN[:2], b"x" * (MAX_OCTETS + 1)]),
        partial(proof_gen, presentation_header=b"x" * (MAX_OCTETS + 1)),
        partial(proof_verify, PROOF + bytes(MAX_PROOF_BYTES)),
        partial(proof_verify, PROOF[:-32] + PROOF[-32:] * (MAX_MESSAGES - 2)),
    ],
)
def test_what_is_beyond_a_limit(attempt: Callable[[], object]) -> None:
    with pytest.raises(TooLarge):
        attempt()


def test_the_most_messages() -> None:
    messages = [b"%d" % number for number in range(MAX_MESSAGES)]
    made = bbs.sign(secret=SECRET, header=HEADER, messages=messages)
    data = proof_gen(signature=made, messages=messages, disclosed_indexes=[])
    assert len(data) == MAX_PROOF_BYTES
    proof_verify(data, disclosed_messages=[], disclosed_indexes=[])
