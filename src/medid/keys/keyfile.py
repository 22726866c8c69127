"""Keys in files: private ones behind a password, public ones in the open.

A private key is stored as a compact JWE (``dir`` with ``A256GCM``) around its JWK, or,
where none is registered for it, around its Multikey. The content key comes from the
password by scrypt, whose salt and cost stand in the protected header. Encrypted PKCS#8
PEM is read as well.

Files are written whole or not at all, with mode 0600 from their first byte.

Spec: https://www.rfc-editor.org/rfc/rfc7516#section-3.1, https://www.rfc-editor.org/rfc/rfc7914
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from medid.core import base64url
from medid.core import json as strict_json
from medid.core.entropy import drawn, system_entropy
from medid.errors import MedidError, SignerError
from medid.keys import pem
from medid.keys.kinds import SHAPES
from medid.keys.private import PrivateKey
from medid.keys.public import PublicKey
from medid.keys.secrecy import NeverCopied
from medid.keys.signer import SoundSigner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.core.entropy import Entropy
    from medid.core.json import JsonObject

MAX_FILE_BYTES: Final = 65_536  # a JWE key file has 400 to 3,800, PEM may have comments
DEFAULT_COST: Final = 2**17  # scrypt N: 128 MiB and about half a second a guess
MIN_COST: Final = 2**14  # 16 MiB: below it, guessing is cheap
MAX_COST: Final = 2**18  # 256 MiB: above it, reading a file could exhaust a server
BLOCK_SIZE: Final = 8  # scrypt r, as RFC 7914 section 2 recommends
SALT_SIZE: Final = 16  # bytes
_KEY_SIZE: Final = 32  # bytes of A256GCM
_MULTIKEY: Final = "secretKeyMultibase"
_ALLOWED: Final = ("dir", "A256GCM")
_CANNOT_OPEN: Final = "the key file cannot be opened with this password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How a new key file is protected.

    Attributes:
        cost: scrypt's N, a power of two from ``MIN_COST`` to ``MAX_COST``.
        entropy: Gives the salt.
    """

    cost: int = DEFAULT_COST
    entropy: Entropy = system_entropy


def save(
    path: str | os.PathLike[str],
    key: PrivateKey,
    *,
    password: bytes,
    overwrite: bool = False,
    protection: Protection | None = None,
) -> None:
    """Write ``key`` to a new file that only ``password`` opens.

    Raises:
        SignerError: The password is empty, the file exists and ``overwrite`` is not
            set, or the file cannot be written.
    """
    if not password:
        message = "a key file needs a password"
        raise SignerError(message, fix="choose a password that is not empty")
    text = _encrypt(key, password, protection or Protection())
    _write(Path(path), text.encode("ascii"), overwrite=overwrite)


def load(path: str | os.PathLike[str], *, password: bytes) -> PrivateKey:
    """The private key of a file.

    A wrong password and a damaged file give the same error, without detail.

    Raises:
        SignerError: The file cannot be read or opened.
        InvalidKey: It was opened, and holds no key that medid supports.
    """
    data = _read(Path(path))
    if data.lstrip().startswith(b"-----BEGIN"):
        return _load_pem(data, password)
    content = _decrypt(data, password)
    if _MULTIKEY in content:
        return PrivateKey.from_multikey(content[_MULTIKEY])
    return PrivateKey.from_jwk(content)


def save_public(
    path: str | os.PathLike[str], key: PublicKey, *, overwrite: bool = False
) -> None:
    """Write ``key`` to a new file as a JWK, or as Multikey where it has none.

    Raises:
        SignerError: The file exists and ``overwrite`` is not set, or cannot be written.
    """
    text = key.to_multikey()
    if SHAPES[key.kind].kty is not None:
        text = strict_json.dumps(key.to_jwk(), indent=2)
    _write(Path(path), f"{text}\n".encode("ascii"), overwrite=overwrite)


def load_public(path: str | os.PathLike[str]) -> PublicKey:
    """The public key of a file: JWK, PEM or Multikey, told apart by their beginning.

    Raises:
        SignerError: The file cannot be read.
        ParsingError: It begins as a JWK and is not strict JSON.
        InvalidKey: Not a public key that medid supports.
        WeakCryptography: A symmetric key, or one that others can sign for.
    """
    data = _read(Path(path)).strip()
    if data.startswith(b"{"):
        return PublicKey.from_jwk(strict_json.load_object(data))
    if data.startswith(b"-----BEGIN"):
        return PublicKey.from_pem(data)
    return PublicKey.from_multikey(data.decode("ascii", "replace"))


class FileSigner(NeverCopied, SoundSigner):
    """A ``Signer`` that opens its key file at the first signature.

    Args:
        path: A file that ``save`` wrote, or encrypted PKCS#8 PEM.
        password: Asked once, when the file is opened; never kept.
        public_key: Where given, the file is opened for the first signature only, and
            must hold this key.
    """

    __slots__ = ("_key", "_password", "_path", "_public_key")

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        password: Callable[[], bytes],
        public_key: PublicKey | None = None,
    ) -> None:
        self._path = Path(path)
        self._password = password
        self._public_key = public_key
        self._key: PrivateKey | None = None

    @property
    def public_key(self) -> PublicKey:
        """The key that its signatures verify with.

        Raises:
            SignerError: The file had to be opened, and cannot be.
        """
        return self._public_key or self._opened().public_key

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``.

        Raises:
            SignerError: The file cannot be opened, or holds another key.
            WeakCryptography: The file holds a key of X25519 or BLS12-381.
        """
        return self._opened().sign(message)

    def sign_messages(self, *, header: bytes, messages: Sequence[bytes]) -> bytes:
        """The BBS signature over ``header`` and ``messages``.

        Raises:
            SignerError: The file cannot be opened, or holds another key.
            WeakCryptography: The file holds no BLS12-381 key.
            TooLarge: Too many messages, or one is too long.
        """
        return self._opened().sign_messages(header=header, messages=messages)

    def sign_committed(
        self,
        *,
        header: bytes,
        messages: Sequence[bytes],
        commitment_with_proof: bytes,
        signer_nym_entropy: bytes | None,
    ) -> bytes:
        """The signature over ``messages`` and what a holder committed to.

        Raises:
            SignerError: The file cannot be opened, or holds another key.
            MedidError: As ``PrivateKey.sign_committed`` does.
        """
        return self._opened().sign_committed(
            header=header,
            messages=messages,
            commitment_with_proof=commitment_with_proof,
            signer_nym_entropy=signer_nym_entropy,
        )

    def _opened(self) -> PrivateKey:
        if self._key is None:
            key = load(self._path, password=self._password())
            if self._public_key not in {None, key.public_key}:
                raise SignerError("the key file holds another key than expected")
            self._key = key
        return self._key


def _load_pem(data: bytes, password: bytes) -> PrivateKey:
    if not pem.is_encrypted(data):
        message = "the key file is not protected by a password"
        raise SignerError(message, fix="encrypt it with: openssl pkcs8 -topk8 -in KEY")
    return PrivateKey.from_pem(data, password=password)


# The envelope.


def _encrypt(key: PrivateKey, password: bytes, protection: Protection) -> str:
    from jwcrypto.jwe import JWE

    has_jwk = SHAPES[key.kind].kty is not None
    content = key.to_jwk() if has_jwk else {_MULTIKEY: key.to_multikey()}
    salt = drawn(SALT_SIZE, protection.entropy)
    header: JsonObject = {
        "alg": "dir",
        "enc": "A256GCM",
        "cty": "jwk+json" if has_jwk else "json",
        "kdf": "scrypt",
        "salt": base64url.encode(salt),
        "cost": protection.cost,
    }
    envelope = JWE(
        strict_json.dumps(content).encode("ascii"),
        protected=strict_json.dumps(header),
        algs=list(_ALLOWED),
    )
    envelope.add_recipient(_content_key(header, password))
    return str(envelope.serialize(compact=True))


def _decrypt(data: bytes, password: bytes) -> JsonObject:
    from jwcrypto.common import JWException
    from jwcrypto.jwe import JWE

    try:
        text = data.strip().decode("ascii")
        header = strict_json.load_object(base64url.decode(text.split(".", 1)[0]))
        envelope = JWE(algs=list(_ALLOWED))
        envelope.deserialize(text, _content_key(header, password))
        return strict_json.load_object(envelope.payload)
    except (JWException, MedidError, ValueError):
        # One answer to every failure: it tells nothing about password or key.
        raise SignerError(_CANNOT_OPEN) from None


def _content_key(header: JsonObject, password: bytes) -> object:
    from jwcrypto.jwk import JWK

    if set(header) != {"alg", "enc", "cty", "kdf", "salt", "cost"}:
        raise SignerError(_CANNOT_OPEN)
    cost, salt = header["cost"], header["salt"]
    if type(cost) is not int or not MIN_COST <= cost <= MAX_COST or cost & (cost - 1):
        message = f"scrypt's cost is a power of two from {MIN_COST} to {MAX_COST}"
        raise SignerError(message)
    if not isinstance(salt, str) or header["kdf"] != "scrypt":
        raise SignerError(_CANNOT_OPEN)
    kdf = Scrypt(
        salt=base64url.decode(salt), length=_KEY_SIZE, n=cost, r=BLOCK_SIZE, p=1
    )
    return JWK(kty="oct", k=base64url.encode(kdf.derive(password)))


# The disk.


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SignerError(f"cannot read the key file: {_reason(error)}") from None
    if len(data) > MAX_FILE_BYTES:
        raise SignerError(f"a key file has at most {MAX_FILE_BYTES} bytes")
    return data


def _write(path: Path, data: bytes, *, overwrite: bool) -> None:
    # The new file is complete before it gets its name; a link, unlike a rename, fails
    # where the name is taken, so nothing can slip in between check and write.
    draft = path.with_name(f".{path.name}.{system_entropy(8).hex()}.tmp")
    try:
        with _created(draft) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    except FileExistsError:
        fix = "choose another name, or allow to overwrite it"
        raise SignerError("the key file exists already", fix=fix) from None
    except (OSError, ValueError) as error:
        raise SignerError(f"cannot write the key file: {_reason(error)}") from None
    finally:
        with suppress(OSError, ValueError):
            draft.unlink()


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or "not a file name"


def _created(path: Path) -> BinaryIO:
    # Private from its first byte on: the mode is set as the file is made, and O_EXCL
    # never follows a link that somebody put in the way.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.fdopen(os.open(path, flags, 0o600), "wb")
