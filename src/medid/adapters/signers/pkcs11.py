"""A signer over a PKCS #11 token: a security module, a smart card, SoftHSM.

The private key is made in the token and stays there: a key that the token would give
out (not ``CKA_SENSITIVE``, or ``CKA_EXTRACTABLE``) is refused. Ed25519 signs by
``CKM_EDDSA``; P-256 and P-384 sign the digest by ``CKM_ECDSA``, which answers with r
and s side by side.

The PIN is asked for whenever the token is opened and never kept. A wrong one is never
tried again, because tokens count. PKCS #11 logs in a process and not a signer: once it
has given the PIN, other signers of the process reach the same token without.

Needs the extra ``pkcs11``.

Spec: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/os/pkcs11-spec-v3.1-os.html
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as tokens
from pkcs11 import lib as library

from medid.adapters.signers.store import StoreSigner
from medid.core import der
from medid.errors import MedidError, SignerError
from medid.keys import KeyKind, held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from medid.adapters.signers.pkcs11_uri import TokenKey
    from medid.keys import PublicKey

# CKA_EC_PARAMS in DER: object identifiers, and the name that PKCS #11 has for Ed25519.
_CURVES: Final[Mapping[bytes, KeyKind]] = MappingProxyType(
    {
        bytes.fromhex("06082a8648ce3d030107"): KeyKind.P256,
        bytes.fromhex("06052b81040022"): KeyKind.P384,
        bytes.fromhex("130c656477617264733235353139"): KeyKind.ED25519,
        bytes.fromhex("06032b6570"): KeyKind.ED25519,
    }
)
_MADE_WITH: Final = MappingProxyType(
    {
        KeyKind.P256: (KeyType.EC, bytes.fromhex("06082a8648ce3d030107")),
        KeyKind.P384: (KeyType.EC, bytes.fromhex("06052b81040022")),
        KeyKind.ED25519: (
            KeyType.EC_EDWARDS,
            bytes.fromhex("130c656477617264733235353139"),
        ),
    }
)
# After these a session is of no use any more; a new one may be.
_LOST: Final = (
    tokens.DeviceError,
    tokens.DeviceRemoved,
    tokens.KeyHandleInvalid,
    tokens.ObjectHandleInvalid,
    tokens.SessionClosed,
    tokens.SessionHandleInvalid,
    tokens.TokenNotPresent,
    tokens.UserNotLoggedIn,
)
# What a reader can do something about. Nothing of the module's own text is repeated.
_TOLD: Final[Mapping[type[Exception], str]] = MappingProxyType(
    {
        tokens.PKCS11Error: "the PKCS #11 library cannot be loaded",
        tokens.AttributeTypeInvalid: "this is no key pair of an elliptic curve",
        tokens.PinIncorrect: "the PIN is wrong; it was not tried again",
        tokens.PinInvalid: "the PIN has letters that the token does not take",
        tokens.PinLenRange: "the PIN is too short or too long for the token",
        tokens.PinLocked: "the PIN is locked after too many wrong ones",
        tokens.PinExpired: "the PIN has expired",
        tokens.NoSuchToken: "there is no such token",
        tokens.MultipleTokensReturned: "more than one token has this label",
        tokens.MechanismInvalid: "the token does not sign in this way",
        tokens.SessionCount: "the token has too many sessions open",
    }
)


class Pkcs11Signer(StoreSigner):
    """A ``Signer`` for one key of one token. Safe to share between threads.

    The token is opened at the first use; where its session was lost since, it is opened
    once more. It is not for a process that was forked after that.

    Args:
        key: Which key of which token.
        pin: Asked whenever the token is opened; never kept.
    """

    __slots__ = ("_key", "_lock", "_pid", "_pin", "_private", "_session")

    def __init__(self, key: TokenKey, *, pin: Callable[[], bytes]) -> None:
        super().__init__()
        self._key = key
        self._pin = pin
        self._lock = threading.Lock()
        self._session: Any = None
        self._private: Any = None
        self._pid: int | None = None

    def close(self) -> None:
        """End the session with the token; the next use opens it again."""
        with self._lock:
            self._close()

    def _find(self) -> PublicKey:
        with self._lock, _told():
            self._open()
            public = _object(self._session, ObjectClass.PUBLIC_KEY, self._key)
            return _public_key(public)

    def _ask(self, message: bytes) -> bytes:
        with self._lock, _told():
            self._open()
            try:
                return self._signed(message)
            except _LOST:
                self._close()
                self._open()
                return self._signed(message)

    def _signed(self, message: bytes) -> bytes:
        kind = self.public_key.kind
        if kind is KeyKind.ED25519:
            return bytes(self._private.sign(message, mechanism=Mechanism.EDDSA))
        digest = held.digest(kind, message)
        return bytes(self._private.sign(digest, mechanism=Mechanism.ECDSA))

    def _open(self) -> None:
        """Have a session and the private key, unless they are there."""
        if self._session is not None:
            if self._pid != os.getpid():
                message = "the process was forked after the token was opened"
                fix = "make a signer in each process"
                raise SignerError(message, fix=fix)
            return
        session = _session(self._key, self._pin())
        try:
            private = _object(session, ObjectClass.PRIVATE_KEY, self._key)
            _check_kept(private)
        except Exception:
            session.close()
            raise
        self._session, self._private, self._pid = session, private, os.getpid()

    def _close(self) -> None:
        session, self._session, self._private = self._session, None, None
        if session is not None:
            with suppress(tokens.PKCS11Error):
                session.close()


def generate(key: TokenKey, kind: KeyKind, *, pin: Callable[[], bytes]) -> PublicKey:
    """Make a key pair in a token: it is sensitive, and the token never gives it out.

    Args:
        key: What it will be called, and in which token; it must not be there yet.
        kind: Ed25519, P-256 or P-384.
        pin: Asked once; never kept.

    Raises:
        SignerError: Another kind, the name is taken, or the token refused.
    """
    if kind not in _MADE_WITH:
        fix = f"choose one of {', '.join(_MADE_WITH)}"
        raise SignerError(f"no key of kind {kind} is made in a token", fix=fix)
    key_type, curve = _MADE_WITH[kind]
    with _told():
        session = _session(key, pin(), rw=True)
        try:
            _check_free(session, key)
            domain = session.create_domain_parameters(
                key_type, {Attribute.EC_PARAMS: curve}, local=True
            )
            public, _private = domain.generate_keypair(
                store=True,
                label=key.label,
                id=key.id,
                private_template={
                    Attribute.SENSITIVE: True,
                    Attribute.EXTRACTABLE: False,
                },
            )
            return _public_key(public)
        finally:
            session.close()


def _session(key: TokenKey, pin: bytes, *, rw: bool = False) -> Any:
    names: dict[str, object] = {"token_label": key.token}
    if key.serial is not None:
        names["token_serial"] = key.serial.encode()
    token = library(key.module).get_token(**names)
    try:
        return token.open(rw=rw, user_pin=pin.decode("utf-8"))
    except UnicodeDecodeError:
        raise SignerError("the PIN is not text in UTF-8") from None
    except tokens.UserAlreadyLoggedIn:
        return token.open(rw=rw)


def _objects(session: Any, kind: ObjectClass, key: TokenKey) -> list[Any]:
    names: dict[Attribute, object] = {Attribute.CLASS: kind}
    if key.label is not None:
        names[Attribute.LABEL] = key.label
    if key.id is not None:
        names[Attribute.ID] = key.id
    # All of them, because a search that is left half way outlives its session.
    return list(session.get_objects(names))


def _object(session: Any, kind: ObjectClass, key: TokenKey) -> Any:
    found = _objects(session, kind, key)
    if not found:
        half = "private" if kind is ObjectClass.PRIVATE_KEY else "public"
        fix = "the two halves of a pair have the same label and id"
        raise SignerError(f"the token has no such {half} key", fix=fix)
    if len(found) > 1:
        message = "more than one key of the token has this name"
        raise SignerError(message, fix="name it by its id as well")
    return found[0]


def _check_kept(private: Any) -> None:
    """Return if the token says that it never gives ``private`` out.

    Raises:
        SignerError: It would, or does not say.
    """
    if not private[Attribute.SENSITIVE] or private[Attribute.EXTRACTABLE]:
        message = "the token would give this private key out"
        fix = "make the key in the token: medid key generate --out pkcs11:..."
        raise SignerError(message, fix=fix)


def _check_free(session: Any, key: TokenKey) -> None:
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        if _objects(session, kind, key):
            message = "the token has a key of this name already"
            raise SignerError(message, fix="choose another label or id")


def _public_key(public: Any) -> PublicKey:
    kind = _CURVES.get(bytes(public[Attribute.EC_PARAMS]))
    if kind is None:
        fix = f"name a key of {', '.join(_MADE_WITH)}"
        raise SignerError("the key is on a curve that is not signed with", fix=fix)
    return held.key_of_point(kind, _point(bytes(public[Attribute.EC_POINT])))


def _point(stated: bytes) -> bytes:
    """The point itself: tokens wrap it into an octet string, and some do not."""
    try:
        value = der.read(stated)
    except MedidError:
        return stated
    return value.content if value.tag == der.OCTET_STRING else stated


@contextmanager
def _told() -> Iterator[None]:
    """Whatever the token refuses is one error, without a word of the token's own.

    Raises:
        SignerError: The token refused something.
    """
    try:
        yield
    except tokens.PKCS11Error as error:
        message = _TOLD.get(type(error))
        if message is None:
            message = f"the token refused ({type(error).__name__})"
        raise SignerError(message, fix="see docs/how-to/keys.md") from None
