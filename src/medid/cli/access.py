"""The options of every command that uses a private key, in one place.

A command says that it does by ``@uses_keys`` and a parameter ``access``; the options
are added to its own, and what was given for them arrives as one ``Access``.
"""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import typer

from medid.cli import files
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.adapters.signers.naming import Opening
    from medid.adapters.workshops.wire import Order
    from medid.board import BoardRecord, Issuing
    from medid.keys import KeyKind, PublicKey, Signer

PASSWORD_VARIABLE = "MEDID_KEY_PASSWORD"  # noqa: S105 - the variable's name
PURPOSE: Final = "command"  # in a signing log: signed by a command of this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the keys that a command names are opened, and where their uses are logged.

    Attributes:
        password_file: Holds the password of a file, or the PIN of a token.
        signer_cert: PEM file: the certificate shown to a signing server.
        signer_key: PEM file: its private key.
        signer_ca: PEM file: whose word on the signing server counts.
        signing_log: Where each use is written down before.
        signing_log_key_file: Holds the key that the log is chained with.
        known: The password itself, where it was asked for already.
    """

    password_file: str | None = None
    signer_cert: str | None = None
    signer_key: str | None = None
    signer_ca: str | None = None
    signing_log: str | None = None
    signing_log_key_file: str | None = None
    known: bytes | None = field(default=None, repr=False)

    def signer(self, name: str) -> Signer:
        """The signer that ``name`` names, opened at its first use.

        Raises:
            MedidError: As ``naming.named_signer`` says, or the log cannot be used.
        """
        from medid.adapters.signers.naming import named_signer

        found = named_signer(name, self._opening())
        if self.signing_log is None and self.signing_log_key_file is None:
            return found
        from medid.adapters.signers.logged import LoggedSigner

        log = files.signing_log(self.signing_log, self.signing_log_key_file)
        return LoggedSigner(found, log, purpose=PURPOSE)

    def once(self) -> Access:
        """As this, with a password that is asked for now, and not again."""
        return replace(self, known=password(self.password_file))

    def order(self, name: str, board: BoardRecord, issuing: Issuing) -> Order:
        """What processes are told that sign with the key in the file ``name``.

        Raises:
            SignerError: The file cannot be opened.
        """
        from medid.adapters.workshops.wire import Order

        who = issuing.controller
        return Order(
            board=board,
            key=name,
            password=self._password(),
            public_key=who.signer.public_key.to_multikey(),
            verification_method=who.verification_method,
            securing=issuing.securing,
        )

    def _password(self) -> bytes:
        return password(self.password_file) if self.known is None else self.known

    def generate(self, name: str, kind: KeyKind) -> PublicKey:
        """A new key in the store that ``name`` names.

        Raises:
            MedidError: As ``naming.generate`` says.
        """
        from medid.adapters.signers.naming import generate

        return generate(name, kind, self._opening())

    def _opening(self) -> Opening:
        from medid.adapters.https import ClientCertificate
        from medid.adapters.signers.naming import Opening

        client = None
        if self.signer_cert is not None and self.signer_key is not None:
            client = ClientCertificate(
                certificate=self.signer_cert, key=self.signer_key
            )
        return Opening(
            password=self._password,
            client=client,
            ca_file=self.signer_ca,
        )


NO_ACCESS: Final = Access()

_HELP: Final = {
    "password_file": "Holds the password of the key, or its PIN, in its first line.",
    "signer_cert": "Key behind https: the certificate shown there, PEM.",
    "signer_key": "Key behind https: the certificate's private key, PEM.",
    "signer_ca": "Key behind https: whose word on the server counts, PEM.",
    "signing_log": "Write each use of the key to this log before.",
    "signing_log_key_file": "Holds the key that the log is chained with.",
}


def uses_keys(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` with the options of ``Access``, those of its own excepted."""
    hints = get_type_hints(command, include_extras=True)
    own = [
        one.replace(annotation=hints[one.name])
        for one in inspect.signature(command).parameters.values()
        if one.name != "access"
    ]
    taken = {one.name for one in own}
    added = [name for name in _HELP if name not in taken]

    def called(**given: Any) -> None:
        opened = Access(**{name: given.pop(name) for name in added})
        command(**given, access=opened)

    parameters = [
        *own,
        *(
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=None,
                annotation=Annotated[str | None, typer.Option(help=_HELP[name])],
            )
            for name in added
        ),
    ]
    called.__name__ = command.__name__
    called.__doc__ = command.__doc__
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    return called


def one_each(
    given: list[str], keys: list[str], option: str, *, for_all: bool
) -> list[str | None]:
    """What was given for each of ``keys``; ``None`` for each where nothing was.

    Raises:
        ConfigurationError: Another number of them, unless one is ``for_all``.
    """
    if not given:
        return [None] * len(keys)
    if for_all and len(given) == 1:
        return [*given] * len(keys)
    if len(given) != len(keys):
        message = f"{option} is given once for each --key"
        raise ConfigurationError(message, path=option)
    return [*given]


def password(name: str | None, *, confirm: bool = False) -> bytes:
    """The password of a key: from a file, the environment or the terminal.

    Raises:
        ConfigurationError: It is empty, or there is nobody to ask.
    """
    if name is not None:
        found = files.read(name).split(b"\n", 1)[0].rstrip(b"\r")
    elif PASSWORD_VARIABLE in os.environ:
        found = os.environ[PASSWORD_VARIABLE].encode("utf-8")
    else:
        found = _ask(confirm=confirm)
    if not found:
        raise ConfigurationError("the password is empty", path="--password-file")
    return found


def _ask(*, confirm: bool) -> bytes:
    if not sys.stdin.isatty():
        message = f"no password: --password-file, {PASSWORD_VARIABLE} or a terminal"
        raise ConfigurationError(message, path="--password-file")
    answer: str = typer.prompt(
        "Password of the key",
        hide_input=True,
        confirmation_prompt=confirm,
        err=True,
    )
    return answer.encode("utf-8")
