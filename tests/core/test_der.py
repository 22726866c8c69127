"""DER: one reading of each value, and one way to write it."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from medid.core import der
from medid.core.instant import Instant
from medid.errors import MedidError, ParsingError, TooLarge


@given(number=st.integers(-(2**400), 2**400))
def test_a_number_has_one_spelling(number: int) -> None:
    written = der.integer(number)
    assert der.read(written).integer() == number
    for padded in (b"\x00", b"\xff"):
        other = der.write(der.INTEGER, padded + written[2:])
        try:
            read = der.read(other).integer()
        except ParsingError:
            continue
        assert read != number


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01", b"\xff\x80", bytes(65), b"\x01" * 65]
)
def test_a_number_in_another_spelling(content: bytes) -> None:
    with pytest.raises(ParsingError):
        der.read(der.write(der.INTEGER, content)).integer()


@given(
    first=st.integers(0, 2),
    second=st.integers(0, 39),
    more=st.lists(st.integers(0, 2**40), max_size=4),
)
def test_an_identifier_has_one_spelling(
    first: int, second: int, more: list[int]
) -> None:
    dotted = ".".join(map(str, (first, second, *more)))
    assert der.read(der.oid(dotted)).oid() == dotted


@pytest.mark.parametrize("dotted", ["2.5.4.3", "1.2.840.113549.1.9.16.2.47", "2.999.1"])
def test_identifiers_as_others_write_them(dotted: str) -> None:
    theirs = x509.ObjectIdentifier(dotted)
    name = x509.OtherName(theirs, b"\x05\x00")
    san = x509.SubjectAlternativeName([name]).public_bytes()
    assert der.oid(dotted) in san
    assert der.read(der.oid(dotted)).oid() == dotted


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x01", b"\x2a\x80\x01", b"\x2a\x86", b"\x2a" * 33]
)
def test_an_identifier_in_another_spelling(content: bytes) -> None:
    with pytest.raises(ParsingError):
        der.read(der.write(der.OBJECT_IDENTIFIER, content)).oid()


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536])
def test_lengths_of_every_form(size: int) -> None:
    content = bytes(size)
    read = der.read(der.write(der.OCTET_STRING, content))
    assert (read.octets(), read.tag) == (content, der.OCTET_STRING)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x04",
        b"\x04\x01",
        b"\x04\x01ab",
        b"\x04\x80ab\x00\x00",  # indefinite
        b"\x04\x81\x01a",  # longer than it has to be
        b"\x04\x82\x00\x80" + bytes(128),
        b"\x04\x81",
        b"\x04\x82\x01",
        b"\x04\x85\x00\x00\x00\x00\x01a",
        b"\x04\x85\x01\x00\x00\x00\x00a",
        b"\x04\x84\xff\xff\xff\xffa",
        b"\x04\xffa",
        b"\x1f\x81\x01\x00",  # a tag of several octets
        b"\xbf\x01\x00",
        b"\x00\x00",
    ],
)
def test_what_is_not_one_value(data: bytes) -> None:
    with pytest.raises(ParsingError):
        der.read(data)


def test_a_value_of_another_kind() -> None:
    value = der.read(der.write(der.NULL))
    for read in (
        value.members,
        value.octets,
        value.integer,
        value.boolean,
        value.oid,
        value.text,
        value.instant,
    ):
        with pytest.raises(ParsingError):
            read()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("members", der.integer(1)),
        ("octets", b"a"),
        ("integer", b"\x01"),
        ("boolean", b"\xff"),
        ("oid", der.oid("2.5.4.3")[2:]),
        ("text", b"a"),
        ("instant", b"20260615120000Z"),
    ],
)
def test_what_would_fit_under_another_tag(name: str, content: bytes) -> None:
    with pytest.raises(ParsingError):
        getattr(der.read(der.write(0x99, content)), name)()


def test_truth_is_written_in_one_way() -> None:
    assert der.read(der.write(der.BOOLEAN, b"\xff")).boolean() is True
    assert der.read(der.write(der.BOOLEAN, b"\x00")).boolean() is False
    for content in (b"", b"\x01", b"\xff\xff"):
        with pytest.raises(ParsingError):
            der.read(der.write(der.BOOLEAN, content)).boolean()


def test_texts() -> None:
    for tag in (der.UTF8_STRING, der.PRINTABLE_STRING, der.IA5_STRING):
        assert der.read(der.write(tag, b"a b")).text() == "a b"
    accented = "é".encode()
    assert der.read(der.write(der.UTF8_STRING, accented)).text() == "é"
    for tag, content in (
        (der.UTF8_STRING, b"\xff"),
        (der.IA5_STRING, accented),
        (der.OCTET_STRING, b"a"),
    ):
        with pytest.raises(ParsingError):
            der.read(der.write(tag, content)).text()


def test_times() -> None:
    value = der.read(der.write(der.GENERALIZED_TIME, b"20260615120000.123456789Z"))
    assert value.instant() == Instant.parse("2026-06-15T12:00:00.123456789Z")


def test_the_fields_of_a_sequence() -> None:
    one, two = der.integer(1), der.write(der.BOOLEAN, b"\xff")
    whole = der.read(der.write(der.SEQUENCE, one, two))
    first, absent, second = whole.fields(der.INTEGER, -der.NULL, der.BOOLEAN)
    assert (first.integer(), second.boolean()) == (1, True)
    assert (first.present, absent.present) == (True, False)
    with pytest.raises(ParsingError):
        absent.octets()
    for tags in (
        (der.INTEGER,),
        (der.INTEGER, der.NULL, der.BOOLEAN),
        (der.BOOLEAN, der.INTEGER),
        (der.INTEGER, der.BOOLEAN, der.NULL),
    ):
        with pytest.raises(ParsingError):
            whole.fields(*tags)
    with pytest.raises(ParsingError):
        whole.only(der.SEQUENCE)
    assert der.read(der.write(der.SET, one)).only(der.SET).integer() == 1


def test_what_is_too_large() -> None:
    with pytest.raises(TooLarge):
        der.read(bytes(der.MAX_BYTES + 1))
    largest = der.write(der.OCTET_STRING, bytes(der.MAX_BYTES - 5))
    assert len(largest) == der.MAX_BYTES
    assert der.read(largest).octets() == bytes(der.MAX_BYTES - 5)
    number = 2 ** (8 * der.MAX_INTEGER_BYTES - 1) - 1
    assert der.read(der.integer(number)).integer() == number
    with pytest.raises(ParsingError):
        der.read(der.integer(number + 1)).integer()
    full = der.write(der.NULL) * der.MAX_MEMBERS
    assert len(der.read(der.write(der.SEQUENCE, full)).members()) == der.MAX_MEMBERS
    with pytest.raises(TooLarge):
        der.read(der.write(der.SEQUENCE, full, der.write(der.NULL))).members()


@given(data=st.binary(max_size=40))
def test_what_is_read_is_what_would_be_written(data: bytes) -> None:
    try:
        value = der.read(data)
    except MedidError:
        return
    assert der.write(value.tag, value.content) == value.encoded == data
