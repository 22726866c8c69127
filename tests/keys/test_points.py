"""Whether bytes are a point of the Ed25519 curve: two ways, one answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import InvalidKey
from medid.keys import KeyKind, PublicKey, points
from tests.keys.strategies import public

if TYPE_CHECKING:
    from collections.abc import Iterator

bindings = pytest.importorskip("nacl.bindings")
by_libsodium = points.by_libsodium()


def spelled(y: int, sign: int) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


# The points of order 2, 4 and 8. Of the first there is one, whose x is zero.
SMALL = [spelled(points._P - 1, 0)] + [
    spelled(y, sign) for y in (0, *points._ORDER_8) for sign in (0, 1)
]
# Each is a good key and a point of order 2, 4 or 8 in one.
MIXED = [
    bindings.crypto_core_ed25519_add(public(KeyKind.ED25519).raw, one) for one in SMALL
]


@given(
    st.integers(0, points._P - 1).filter(lambda y: y not in points._SMALL_Y),
    st.sampled_from([0, 1]),
)
def test_both_ways_find_the_same_points(y: int, sign: int) -> None:
    raw = spelled(y, sign)
    assert by_libsodium(raw) == points.by_numbers(raw)


@pytest.mark.parametrize("raw", MIXED)
def test_both_ways_accept_a_key_beside_the_large_subgroup(raw: bytes) -> None:
    assert not bindings.crypto_core_ed25519_is_valid_point(raw)
    assert by_libsodium(raw)
    assert points.by_numbers(raw)
    assert PublicKey(KeyKind.ED25519, raw).raw == raw


def test_there_are_as_many_points_of_small_order_as_the_cofactor_says() -> None:
    neutral = spelled(1, 0)
    assert len({neutral, *SMALL}) == 8
    assert all(map(points.has_small_order, SMALL))


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Whether libsodium is there is found out anew, and points are too."""
    points._on_curve.cache_clear()
    points.check_public.cache_clear()
    yield
    points._on_curve.cache_clear()
    points.check_public.cache_clear()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("installed", [False, True])
def test_without_points_of_libsodium_numbers_tell(
    monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    if installed:
        monkeypatch.setattr(bindings, "has_crypto_core_ed25519", False)
    else:
        monkeypatch.setitem(sys.modules, "nacl", None)
    assert points._on_curve() is points.by_numbers
    PublicKey(KeyKind.ED25519, public(KeyKind.ED25519).raw)
    with pytest.raises(InvalidKey, match="not a point"):
        PublicKey(KeyKind.ED25519, spelled(2, 0))


@pytest.mark.usefixtures("forgotten")
def test_with_points_of_libsodium_it_tells() -> None:
    assert points._on_curve() is not points.by_numbers
    with pytest.raises(InvalidKey, match="not a point"):
        PublicKey(KeyKind.ED25519, spelled(2, 0))
