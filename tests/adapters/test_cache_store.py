"""An entry is what was written under its name with the same key, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters import cache_store
from medid.core.fetch import Fetched, Freshness, Validators
from medid.errors import ConfigurationError, MalformedValue
from tests.adapters.fetchers import NOON, URL

KEY = b"k" * 32
DOCUMENT = Fetched.of(
    URL,
    b'{"line":\n"break"}\n',
    fetched_at=NOON,
    media_type="application/did",
    freshness=Freshness(seconds=60, validators=Validators(etag='"1"')),
)


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("seconds", [None, 0, 60])
def test_what_is_written_is_read(key: bytes | None, seconds: float | None) -> None:
    fresh = Freshness(seconds=seconds, validators=Validators(last_modified="x"))
    document = Fetched.of(URL, b"", fetched_at=NOON, freshness=fresh)
    found = cache_store.read("n", cache_store.write("n", document, key), key)
    assert found == document
    assert found.freshness == fresh


@given(
    place=st.integers(0, len(cache_store.write("n", DOCUMENT, KEY)) - 1),
    bit=st.integers(0, 7),
)
def test_a_signed_entry_with_one_bit_changed_is_none(place: int, bit: int) -> None:
    entry = bytearray(cache_store.write("n", DOCUMENT, KEY))
    entry[place] ^= 1 << bit
    with pytest.raises(MalformedValue):
        cache_store.read("n", bytes(entry), KEY)


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [("other", KEY, KEY), ("n", KEY, b"x" * 32), ("n", None, KEY), ("n", KEY, None)],
)
def test_an_entry_of_another_name_or_key_is_none(
    name: str, written: bytes | None, read: bytes | None
) -> None:
    entry = cache_store.write("n", DOCUMENT, written)
    with pytest.raises(MalformedValue) as caught:
        cache_store.read(name, entry, read)
    assert "board" not in str(caught.value)


PLAIN = cache_store.write("n", DOCUMENT)


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"medid cache 1",
        PLAIN.replace(b"cache 1", b"cache 2"),
        PLAIN.replace(b"break", b"tear"),
        PLAIN.replace(b'"seconds":60', b'"seconds":6.5'),
        PLAIN.replace(b'"seconds":60', b'"seconds":true'),
        PLAIN.replace(b'"seconds":60', b'"seconds":60,"seconds":61'),
        PLAIN.replace(b'"type"', b'"kind"'),
        PLAIN.replace(b'"seconds":60', b'"seconds":60,"more":1'),
        PLAIN.replace(b"2026-06-01", b"yesterday"),
        PLAIN.partition(b"{")[0] + b"[]\n",
    ],
)
def test_what_is_not_of_the_form_is_none(entry: bytes) -> None:
    assert entry != PLAIN
    with pytest.raises(MalformedValue):
        cache_store.read("n", entry)


def test_a_short_key_is_refused() -> None:
    assert cache_store.check_key(KEY) == KEY
    with pytest.raises(ConfigurationError, match="32"):
        cache_store.check_key(KEY[:31])
