"""Where credentials are signed, many at a time: the port, and the plain way.

What is to be said is decided in the act, and what was signed is recorded by it. Between
the two it may be handed to other threads or processes, as plain texts. A statement that
medid would refuse is given back with the reason, and the others are signed. Where the
key store fails, all of them fail, and the act records nothing.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#securing-mechanisms
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from medid.board import licensing
from medid.board.acts import as_bytes
from medid.board.forms import Forms
from medid.core.instant import Instant
from medid.errors import ConfigurationError, ProofGenerationError
from medid.health import contexts as health_contexts
from medid.issuing.credential import (
    JWT,
    check_key,
    checked,
    issue,
    refused_as_unsigned,
    secure,
)
from medid.securing.catalogue import SELECTIVE

if TYPE_CHECKING:
    from medid.board.acts import Issuing
    from medid.board.licensing import Statement
    from medid.board.records import BoardRecord
    from medid.core.json import JsonObject
    from medid.issuing.credential import Issued

#: Waits for what was begun: each credential, or why there is none, in their order.
Signing: TypeAlias = Callable[[], Sequence[bytes | ProofGenerationError]]

# What these sign is not the draft as it stands.
_OF_ITS_OWN: Final = frozenset({*SELECTIVE, JWT})


class Workshop(Protocol):
    """Signs what statements say, for one board."""

    @property
    def securing(self) -> str:
        """How the credentials are protected."""

    @property
    def verification_method(self) -> str:
        """Of the key."""

    @property
    def width(self) -> int:
        """How many parts may be begun before one is waited for."""

    def begin(self, statements: Sequence[Statement]) -> Signing:
        """Begin to sign.

        Raises:
            SignerError: The key store refused; here, or where it is waited for.
        """


class Bench:
    """A workshop that signs one statement after the other, when it is waited for."""

    width: Final = 0

    def __init__(self, board: BoardRecord, issuing: Issuing) -> None:
        """Sit down with the key.

        Raises:
            ConfigurationError: The key is another DID's than the board's, or does not
                fit the mechanism.
        """
        controller = issuing.controller
        if controller.did != board.did:
            message = "the key signs under another DID than the board's"
            raise ConfigurationError(message, path="$.verificationMethod")
        check_key(issuing.securing, controller)
        self.securing: Final = issuing.securing
        self.verification_method: Final = controller.verification_method
        self._board = board
        self._controller = controller
        self._contexts = health_contexts()
        self._forms = Forms(partial(checked, issuer=board.did, contexts=self._contexts))

    def begin(self, statements: Sequence[Statement]) -> Signing:
        """Sign ``statements`` when the answer is called for."""
        return lambda: [self.sign(one) for one in statements]

    def sign(self, one: Statement) -> bytes | ProofGenerationError:
        """The credential that says ``one``, or why medid would refuse it.

        Raises:
            SignerError: The key store refused.
        """
        try:
            return as_bytes(self._signed(one))
        except ProofGenerationError as error:
            return error

    def _signed(self, one: Statement) -> Issued:
        at = Instant.parse(one.signed_at or one.valid_from or "", path="$.validFrom")
        if self.securing in _OF_ITS_OWN:
            draft = licensing.unchecked(self._board, one)
            return issue(draft, self._controller, securing=self.securing, at=at)
        document: JsonObject = self._forms.draft(self._board, one)
        with refused_as_unsigned():
            return secure(
                document,
                self._controller,
                securing=self.securing,
                at=at,
                contexts=self._contexts,
                options={},
            )
