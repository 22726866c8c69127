"""A signer that writes down each use before it lets the key be used.

The order is what it is for: a use that cannot be put on record is refused, and a
process that is killed between the two leaves a line too many, never one too few.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from medid.adapters.signing_log import Use
from medid.core.entropy import Entropy, system_entropy, uuid_urn
from medid.core.instant import Clock, system_clock
from medid.errors import MedidError, SignerError, WeakCryptography
from medid.keys import ListSigner
from medid.keys.secrecy import NeverCopied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.keys import PublicKey, Signer


class UseLog(Protocol):
    """Where uses are written down; ``adapters.signing_log.SigningLog`` is one."""

    def record(self, use: Use) -> None:
        """Return when ``use`` is kept.

        Raises:
            MedidError: It is not.
        """
        ...


class LoggedSigner(NeverCopied):
    """Signs through another signer, and writes down each use.

    As safe to share between threads as that signer and the log are.

    Args:
        signer: Signs.
        log: Where each use is written down before.
        purpose: What the signatures are for, in a word that is written to the log.
        client: For whom it signs; ``None`` for oneself.
        clock: Says when.
        entropy: Names the uses.
    """

    __slots__ = ("_clock", "_entropy", "_log", "_signer", "_template")

    def __init__(
        self,
        signer: Signer,
        log: UseLog,
        *,
        purpose: str,
        client: str | None = None,
        clock: Clock = system_clock,
        entropy: Entropy = system_entropy,
    ) -> None:
        self._signer = signer
        self._log = log
        self._template = (purpose, client)
        self._clock = clock
        self._entropy = entropy

    @property
    def public_key(self) -> PublicKey:
        """The key that its signatures verify with."""
        return self._signer.public_key

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, once its use is on record.

        Raises:
            SignerError: The use could not be put on record, and nothing was signed; or
                as the signer itself says.
        """
        with self._recorded(message):
            return self._signer.sign(message)

    def sign_messages(self, *, header: bytes, messages: Sequence[bytes]) -> bytes:
        """As ``sign``, of a list of messages.

        Raises:
            WeakCryptography: The signer signs no lists of messages.
            SignerError: As ``sign`` says.
        """
        signer = self._list_signer()
        with self._recorded(header, *messages):
            return signer.sign_messages(header=header, messages=messages)

    def sign_committed(
        self,
        *,
        header: bytes,
        messages: Sequence[bytes],
        commitment_with_proof: bytes,
        signer_nym_entropy: bytes | None,
    ) -> bytes:
        """As ``sign``, of a list of messages and what a holder committed to.

        Raises:
            WeakCryptography: The signer signs no lists of messages.
            SignerError: As ``sign`` says.
            MedidError: As the signer itself says.
        """
        signer = self._list_signer()
        with self._recorded(header, *messages, commitment_with_proof):
            return signer.sign_committed(
                header=header,
                messages=messages,
                commitment_with_proof=commitment_with_proof,
                signer_nym_entropy=signer_nym_entropy,
            )

    def __repr__(self) -> str:
        return f"<LoggedSigner over {self._signer!r}>"

    @contextmanager
    def _recorded(self, *parts: bytes) -> Iterator[None]:
        purpose, client = self._template
        use = Use(
            id=uuid_urn(self._entropy),
            time=self._clock(),
            key=self.public_key.to_multikey(),
            sha256=_digest(parts),
            purpose=purpose,
            client=client,
        )
        self._write(use)
        try:
            yield
        except BaseException:
            # Where this cannot be written either, the log says one use too many.
            self._write(replace(use, time=self._clock(), failed=True))
            raise

    def _write(self, use: Use) -> None:
        try:
            self._log.record(use)
        except MedidError as error:
            message = f"the use of the key cannot be put on record ({error.code})"
            fix = "mend the log; no key is used without it"
            raise SignerError(message, fix=fix) from None

    def _list_signer(self) -> ListSigner:
        if not isinstance(self._signer, ListSigner):
            raise WeakCryptography("this signer signs no lists of messages")
        return self._signer


def _digest(parts: tuple[bytes, ...]) -> str:
    """SHA-256 of the message; of a list, over the SHA-256 of each part."""
    if len(parts) == 1:
        return hashlib.sha256(parts[0]).hexdigest()
    each = b"".join(hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(each).hexdigest()
