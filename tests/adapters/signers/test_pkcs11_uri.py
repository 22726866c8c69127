"""Names of keys in tokens are read strictly: RFC 7512."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.signers.pkcs11_uri import MAX_URI, TokenKey, parse
from medid.errors import ConfigurationError, MedidError

GOOD = "pkcs11:token=board;object=license?module-path=/lib/x.so&pin-source=file:/pin"


def test_a_name_says_which_key_of_which_token() -> None:
    assert parse(GOOD) == TokenKey(
        module="/lib/x.so", token="board", label="license", pin_file="/pin"
    )


def test_every_part_is_percent_decoded() -> None:
    found = parse(
        "pkcs11:token=B%C3%BCro%201;id=%00%ff;serial=12;type=private"
        "?module-path=/lib%2Fx.so"
    )
    assert found == TokenKey(
        module="/lib/x.so", token="Büro 1", id=b"\0\xff", serial="12"
    )


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/pin", "/pin"),
        ("pin.txt", "pin.txt"),
        ("file:/pin", "/pin"),
        ("file:///pin", "/pin"),
        ("file://localhost/pin", "/pin"),
        ("file:pin", "pin"),
    ],
)
def test_a_pin_comes_from_a_file(source: str, name: str) -> None:
    uri = f"pkcs11:token=a;object=b?module-path=c&pin-source={source}"
    assert parse(uri).pin_file == name


REFUSED = {
    "another scheme": "pkcs12:token=a;object=b?module-path=c",
    "nothing": "pkcs11:",
    "no library": "pkcs11:token=a;object=b",
    "an empty library": "pkcs11:token=a;object=b?module-path=",
    "no token": "pkcs11:object=b?module-path=c",
    "no key": "pkcs11:token=a?module-path=c",
    "an empty label": "pkcs11:token=a;object=?module-path=c",
    "an empty id": "pkcs11:token=a;id=?module-path=c",
    "a long id": f"pkcs11:token=a;id={'%01' * 256}?module-path=c",
    "a PIN": "pkcs11:token=a;object=b?module-path=c&pin-value=1234",
    "a PIN in the path": "pkcs11:token=a;object=b;pin-value=1234?module-path=c",
    "twice": "pkcs11:token=a;token=b;object=b?module-path=c",
    "unknown": "pkcs11:token=a;object=b;slot-id=1?module-path=c",
    "unknown in the query": "pkcs11:token=a;object=b?module-path=c&x=1",
    "the query in the path": "pkcs11:token=a;object=b;module-path=c",
    "a public key": "pkcs11:token=a;object=b;type=public?module-path=c",
    "no value": "pkcs11:token;object=b?module-path=c",
    "a stray percent": "pkcs11:token=%4;object=b?module-path=c",
    "a space": "pkcs11:token=a b;object=b?module-path=c",
    "not UTF-8": "pkcs11:token=%ff;object=b?module-path=c",
    "a NUL": "pkcs11:token=a%00;object=b?module-path=c",
    "a program": "pkcs11:token=a;object=b?module-path=c&pin-source=%7Crm",
    "a program by a URI": "pkcs11:token=a;object=b?module-path=c&pin-source=file:%7Crm",
    "another host": "pkcs11:token=a;object=b?module-path=c&pin-source=",
    "too long": "pkcs11:token=a;object=b?module-path=" + "c" * MAX_URI,
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_is_refused(case: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(REFUSED[case])
    assert caught.value.path == "--key"
    assert "1234" not in str(caught.value)


def test_a_pin_in_a_name_is_answered_with_where_it_belongs() -> None:
    with pytest.raises(ConfigurationError, match="a PIN does not belong") as caught:
        parse("pkcs11:token=a;object=b?module-path=c&pin-value=1234")
    assert "pin-source" in caught.value.fix


@given(st.text(alphabet=string.printable, max_size=60))
def test_only_medid_errors_come_out(tail: str) -> None:
    for uri in (f"pkcs11:{tail}", GOOD + tail, GOOD.replace("board", tail)):
        try:
            parse(uri)
        except MedidError as error:
            assert error.code == "CONFIGURATION_ERROR"  # noqa: PT017 - or it is good
