"""A private key never shows: not in text, copies, pickles, members or tracebacks."""

from __future__ import annotations

import copy
import pickle
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from medid.core import base64url
from medid.errors import MedidError
from medid.keys import KeyKind, PrivateKey
from tests.keys.strategies import PRIVATE, key, secret_member

if TYPE_CHECKING:
    from collections.abc import Callable


def spellings(private: PrivateKey) -> list[str]:
    text = str(private.to_jwk()[secret_member(private.kind)])
    data = base64url.decode(text)
    number = str(int.from_bytes(data, "big"))
    return [text, data.hex(), number, repr(data)[2:-1], private.to_multikey()]


@pytest.mark.parametrize("kind", PRIVATE)
def test_text_forms_name_the_public_key_only(kind: KeyKind) -> None:
    private = key(kind)
    shown = [repr(private), str(private), f"{private}", f"{[private]}"]
    for text in shown:
        assert private.public_key.to_multikey() in text
        assert not any(secret in text for secret in spellings(private))


@pytest.mark.parametrize("kind", PRIVATE)
def test_no_attribute_prints_the_secret(kind: KeyKind) -> None:
    private = key(kind)
    assert not hasattr(private, "__dict__")
    for name in PrivateKey.__slots__:
        text = repr(getattr(private, name))
        assert not any(secret in text for secret in spellings(private))


COPIERS: list[Callable[[object], object]] = [
    pickle.dumps,
    copy.copy,
    copy.deepcopy,
    vars,
    lambda private: private.__getstate__(),
    lambda private: private.__reduce__(),
    lambda private: pickle.dumps([private]),
]


@pytest.mark.parametrize("copier", COPIERS)
def test_it_is_neither_pickled_nor_copied(copier: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        copier(key(KeyKind.ED25519))
    assert not any(s in str(caught.value) for s in spellings(key(KeyKind.ED25519)))


def test_a_dataclass_that_holds_one_does_not_show_it() -> None:
    @dataclass
    class Holder:
        private: PrivateKey

    text = repr(Holder(key(KeyKind.P256)))
    assert not any(secret in text for secret in spellings(key(KeyKind.P256)))


@pytest.mark.parametrize("kind", PRIVATE)
def test_no_traceback_shows_a_refused_private_key(kind: KeyKind) -> None:
    private = key(kind)
    jwk, pem = private.to_jwk(), private.to_pem(None)
    other = key(kind, b"another").public_key.to_jwk()
    name = secret_member(kind)
    refused: list[Callable[[], object]] = [
        lambda: PrivateKey.from_jwk({**jwk, name: str(jwk[name]) + "="}),
        lambda: PrivateKey.from_jwk({**jwk, name: str(jwk[name]) + "AAAA"}),
        lambda: PrivateKey.from_jwk({**jwk, "use": "nothing"}),
        lambda: PrivateKey.from_jwk({**jwk, **other}),
        lambda: PrivateKey.from_multikey(private.to_multikey() + "0"),
        lambda: PrivateKey.from_pem(pem.replace("PRIVATE", "EC PRIVATE")),
        lambda: PrivateKey.from_pem(pem.replace("\nM", "\nX")),
        lambda: private.to_pem(b""),
    ]
    for refuse in refused:
        with pytest.raises(MedidError) as caught:
            refuse()
        error = caught.value
        assert error.__cause__ is None
        assert error.__context__ is None or error.__suppress_context__
        text = "".join(traceback.format_exception(error)) + repr(error.as_json())
        body = pem.splitlines()[1]
        assert not any(secret in text for secret in (*spellings(private), body))
