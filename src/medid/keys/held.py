"""Keys that are held elsewhere: what a key store takes, and what it gives back.

A store signs digests where medid signs messages, writes signatures in DER where medid
has two numbers side by side, and spells public keys in ways of its own. The translation
stands here, and so does the one check that no store is spared: a signature counts when
the public key verifies it.

Knows no store.

Spec: https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3,
https://www.rfc-editor.org/rfc/rfc5480#section-2
"""

from __future__ import annotations

import textwrap
from typing import Final

from medid.core import base64
from medid.errors import MedidError, SignerError
from medid.keys import ecdsa
from medid.keys.kinds import SHAPES, KeyKind
from medid.keys.public import PublicKey

MAX_MESSAGE: Final = 1_572_864  # bytes that are signed: a JWT of the largest document
_LINE: Final = 64  # characters, RFC 7468 section 2


def digest(kind: KeyKind, message: bytes) -> bytes:
    """What ECDSA with a key of ``kind`` signs of ``message``.

    Raises:
        SignerError: A key of this kind signs messages, and no digests.
    """
    if kind not in ecdsa.CURVES:
        raise SignerError(f"a key of kind {kind} signs no digests")
    return ecdsa.digest(kind, message)


def from_der(kind: KeyKind, signature: bytes) -> bytes:
    """The ECDSA ``signature`` in DER as medid writes it: r and s side by side.

    Raises:
        SignerError: It is none.
    """
    try:
        return ecdsa.from_der(kind, signature)
    except ValueError:
        raise SignerError("the key store answered with no ECDSA signature") from None


def key_of_spki(der: bytes) -> PublicKey:
    """The key of a SubjectPublicKeyInfo in DER.

    Raises:
        SignerError: It is none that medid supports.
    """
    lines = "\n".join(textwrap.wrap(base64.encode(der), _LINE))
    text = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
    try:
        return PublicKey.from_pem(text)
    except MedidError as error:
        raise _unusable(error) from None


def key_of_point(kind: KeyKind, point: bytes) -> PublicKey:
    """The key of a point: 32 bytes of Ed25519, or that of a curve of ECDSA.

    Raises:
        SignerError: It is no point of the curve, or others can sign for it.
    """
    try:
        if kind in ecdsa.CURVES:
            point = ecdsa.compress(ecdsa.load_public(kind, point))
        return PublicKey(kind, point)
    except MedidError as error:
        raise _unusable(error) from None


def check_signs(public_key: PublicKey) -> None:
    """Return if whoever holds the private half signs messages.

    Raises:
        SignerError: It is a key for something else, or one that medid verifies only.
    """
    shape = SHAPES[public_key.kind]
    if not shape.signs or shape.secret_size is None:
        message = f"medid does not sign with a key of kind {public_key.kind}"
        raise SignerError(message, fix="name a key of Ed25519, P-256 or P-384")


def check_message(message: bytes) -> None:
    """Return if ``message`` is not longer than what is sent to a store.

    Raises:
        SignerError: It has more than ``MAX_MESSAGE`` bytes.
    """
    if len(message) > MAX_MESSAGE:
        text = f"a key store is given at most {MAX_MESSAGE} bytes to sign"
        raise SignerError(text, fix="sign a smaller document")


def checked(public_key: PublicKey, signature: bytes, message: bytes) -> bytes:
    """``signature``, once ``public_key`` has verified it.

    A store that is broken, that holds another key by now, or that somebody else answers
    for would otherwise be noticed by those who receive what was signed.

    Raises:
        SignerError: It is not the signature of this key over this message.
    """
    try:
        public_key.verify(
            signature, message, algorithm=SHAPES[public_key.kind].algorithms[0]
        )
    except MedidError:
        text = "the key store answered with a signature that does not verify"
        fix = "do not use this store until it is known why"
        raise SignerError(text, fix=fix) from None
    return signature


def _unusable(error: MedidError) -> SignerError:
    return SignerError(f"the key in the store cannot be used: {error.message}")
