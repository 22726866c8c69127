"""Names for blank nodes: keyed digests, shuffled numbers, and those that are stated."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url
from medid.errors import MalformedProof, SignerError
from medid.securing.data_integrity.selective import labels

KEY = bytes(range(32))
NAMES = [f"_:c14n{number}" for number in range(12)]


def digest(name: str, key: bytes = KEY) -> str:
    raw = hmac.new(key, name.removeprefix("_:").encode(), hashlib.sha256).digest()
    return "u" + base64url.encode(raw)


def test_digests_are_of_the_name_without_its_prefix() -> None:
    assert labels.by_hmac(KEY)(NAMES) == {name: f"_:{digest(name)}" for name in NAMES}


@given(st.binary(min_size=32, max_size=32), st.integers(0, 40))
def test_numbers_follow_the_order_of_the_digests(key: bytes, count: int) -> None:
    names = [f"_:c14n{number}" for number in range(count)]
    found = labels.shuffled(key)(names)
    assert sorted(found) == sorted(names)
    assert sorted(found.values()) == sorted(f"_:b{number}" for number in range(count))
    by_number = sorted(names, key=lambda name: int(found[name].removeprefix("_:b")))
    assert by_number == sorted(names, key=lambda name: digest(name, key))


def test_nothing_to_name() -> None:
    assert labels.by_hmac(KEY)([]) == labels.shuffled(KEY)([]) == {}
    assert labels.fixed([])([]) == {}


def test_stated_names_go_by_canonical_number() -> None:
    found = labels.fixed(["_:x", "_:y"])(["_:c14n0", "_:c14n1"])
    assert found == {"_:c14n0": "_:x", "_:c14n1": "_:y"}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_or_too_many_stated_names(count: int) -> None:
    with pytest.raises(MalformedProof, match="does not name each blank node"):
        labels.fixed(NAMES[:count])(NAMES[:2])


def test_a_new_key() -> None:
    assert labels.new_hmac_key(bytes) == bytes(32)
    with pytest.raises(SignerError):
        labels.new_hmac_key(lambda size: bytes(size - 1))
