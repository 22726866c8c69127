"""What is sealed comes back as it was, to whoever sealed it, and to nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.entropy import system_entropy
from medid.errors import ConfigurationError, MalformedValue
from medid.keys import sealing
from medid.keys.sealing import KEY_SIZE, NONCE_SIZE, OVERHEAD, seal, unseal
from tests.support import examples

KEY = bytes(range(KEY_SIZE))


def sealed(plain: bytes, key: bytes = KEY, bound: bytes = b"") -> bytes:
    return seal(plain, key, bound=bound, entropy=system_entropy)


@given(plain=st.binary(max_size=64), bound=st.binary(max_size=64))
@settings(max_examples=examples(30), deadline=None)
def test_what_was_sealed_comes_back(plain: bytes, bound: bytes) -> None:
    found = sealed(plain, bound=bound)
    assert len(found) == len(plain) + OVERHEAD
    assert unseal(found, KEY, bound=bound) == plain


@given(data=st.data(), plain=st.binary(min_size=8, max_size=64))
@settings(max_examples=examples(30), deadline=None)
def test_any_change_is_noticed(data: st.DataObject, plain: bytes) -> None:
    found = bytearray(sealed(plain, bound=b"request"))
    place = data.draw(st.integers(0, len(found) - 1))
    found[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(MalformedValue):
        unseal(bytes(found), KEY, bound=b"request")


def test_it_goes_with_its_key_and_with_what_it_is_bound_to() -> None:
    found = sealed(b"secret", bound=b"a")
    for key, bound in ((KEY[::-1], b"a"), (KEY, b"b"), (KEY, b"")):
        with pytest.raises(MalformedValue):
            unseal(found, key, bound=bound)


def test_the_same_is_never_sealed_alike_and_shows_nothing() -> None:
    found = {sealed(b"the same") for _ in range(50)}
    assert len({one[:NONCE_SIZE] for one in found}) == 50
    assert not any(b"same" in one for one in found)


@pytest.mark.parametrize("size", [0, 1, OVERHEAD - 1, OVERHEAD])
def test_what_is_too_short_was_not_sealed(size: int) -> None:
    with pytest.raises(MalformedValue):
        unseal(bytes(size), KEY, bound=b"")


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_a_key_has_one_length(size: int) -> None:
    for call in (
        lambda: sealing.check_key(bytes(size)),
        lambda: sealed(b"x", bytes(size)),
        lambda: unseal(bytes(OVERHEAD), bytes(size), bound=b""),
    ):
        with pytest.raises(ConfigurationError) as refused:
            call()
        assert refused.value.fix
