"""One name for every signer: what a command line and a server take.

========================================= ==========================================
``board.key``, ``./board.key``            a file that only a password opens
``pkcs11:token=...;object=...?...``       a key in a token, by RFC 7512
``aws-kms:ARN``                           a key in AWS KMS
``https://signer.example/keys/NAME``      a key behind a signing server
========================================= ==========================================

What begins with a scheme is no file; ``./`` in front makes it one. A scheme that is not
on the list is refused, so that a misspelt one is not looked for on the disk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.adapters.signers import aws_kms, pkcs11_uri
from medid.errors import ConfigurationError, MissingExtra, SignerError
from medid.keys.keyfile import FileSigner

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.adapters.https import ClientCertificate
    from medid.keys import KeyKind, PublicKey, Signer

MAX_PIN_FILE: Final = 4_096  # bytes; a PIN has up to some 250

# RFC 3986 section 3.1; one letter before a colon is a drive.
_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):")
_SERVER: Final = "https:"  # of a signing server
_KNOWN: Final = (pkcs11_uri.SCHEME, aws_kms.SCHEME, _SERVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """With what the signer of a name is opened.

    Attributes:
        password: Gives the password of a file, or the PIN of a token whose name tells
            no ``pin-source``; asked when it is needed.
        client: As whom a signing server is asked.
        ca_file: Whose word on the signing server counts.
    """

    password: Callable[[], bytes] = field(repr=False)
    client: ClientCertificate | None = None
    ca_file: str | None = None


def is_file(name: str) -> bool:
    """Whether ``name`` names a file, and not a store.

    Raises:
        ConfigurationError: It begins with a scheme that names no store.
    """
    match = _SCHEME.match(name)
    if match is None:
        return True
    if f"{match['scheme']}:" not in _KNOWN:
        message = f"signers are files, or of {', '.join(_KNOWN)}"
        fix = "put ./ in front where it is a file"
        raise ConfigurationError(message, path="--key", fix=fix)
    return False


def named_signer(name: str, opening: Opening) -> Signer:
    """The signer that ``name`` names; it is opened when it is first used.

    Raises:
        ConfigurationError: The name is of no form that is known, or what it takes to
            open it is missing.
        MissingExtra: What reaches that store is not installed.
        SignerError: The store cannot be set up.
    """
    if is_file(name):
        return FileSigner(name, password=opening.password)
    if name.startswith(pkcs11_uri.SCHEME):
        key = pkcs11_uri.parse(name)
        _check_pkcs11()
        from medid.adapters.signers.pkcs11 import Pkcs11Signer

        return Pkcs11Signer(key, pin=_pin(key, opening))
    if name.startswith(aws_kms.SCHEME):
        return aws_kms.AwsKmsSigner(aws_kms.parse(name))
    if opening.client is None or opening.ca_file is None:
        message = "a signing server is asked as somebody, and believed by an authority"
        fix = "give --signer-cert, --signer-key and --signer-ca"
        raise ConfigurationError(message, path="--signer-cert", fix=fix)
    # Asked for here, because files and tokens need no network.
    from medid.adapters.signers import remote

    return remote.RemoteSigner(name, client=opening.client, ca_file=opening.ca_file)


def generate(name: str, kind: KeyKind, opening: Opening) -> PublicKey:
    """Make a key in the store that ``name`` names; files are made by ``keyfile``.

    Raises:
        ConfigurationError: The name is of no form that is known, or not of a token.
        MissingExtra: ``medid[pkcs11]`` is not installed.
        SignerError: The name is taken, or the token refused.
    """
    if not name.startswith(pkcs11_uri.SCHEME):
        message = "medid makes keys in files and in tokens"
        fix = "make it by the means of its store"
        raise ConfigurationError(message, path="--out", fix=fix)
    key = pkcs11_uri.parse(name)
    _check_pkcs11()
    from medid.adapters.signers import pkcs11

    return pkcs11.generate(key, kind, pin=_pin(key, opening))


def _check_pkcs11() -> None:
    try:
        import pkcs11  # noqa: F401 - asked for here so that the answer can be friendly
    except ModuleNotFoundError as error:
        message = "keys in tokens need: pip install 'medid[pkcs11]'"
        raise MissingExtra(message) from error


def _pin(key: pkcs11_uri.TokenKey, opening: Opening) -> Callable[[], bytes]:
    name = key.pin_file
    return opening.password if name is None else lambda: _first_line(name)


def _first_line(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            found = file.read(MAX_PIN_FILE).split(b"\n", 1)[0].rstrip(b"\r")
    except OSError as error:
        raise SignerError(
            f"cannot read the file of the PIN: {error.strerror}"
        ) from None
    if not found:
        raise SignerError("the file of the PIN has an empty first line")
    return found
