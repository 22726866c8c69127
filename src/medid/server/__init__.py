"""The HTTP face of medid: VC-API, DID resolution, hosted status lists.

A thin shell: it reads requests, asks the rooms below and writes their answers down. No
question about a credential is decided here, so the answers and codes are those of the
library and of the command line.

Spec: https://w3c-ccg.github.io/vc-api/, https://www.w3.org/TR/did-resolution/#bindings-https
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import MissingExtra
from medid.server.settings import Limits, Profile, Reasons, Settings, conformance
from medid.server.tokens import Token, Tokens

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette

    from medid.server.signer_settings import SignerSettings

__all__ = [
    "Limits",
    "Profile",
    "Reasons",
    "Settings",
    "Token",
    "Tokens",
    "app",
    "conformance",
    "signer_app",
    "site_app",
]


def app(settings: Settings) -> Starlette:
    """The ASGI application that serves under ``settings``.

    Raises:
        MissingExtra: Starlette is not installed.
        ConfigurationError: A hosted status list is not one that a key here may sign.
    """
    try:
        from medid.server.application import application
    except ModuleNotFoundError as error:
        raise _missing() from error
    return application(settings)


def signer_app(settings: SignerSettings) -> Starlette:
    """The ASGI application of a signing server; see ``medid.server.signer``.

    Raises:
        MissingExtra: Starlette is not installed.
        SignerError: A key cannot be opened, or is not one that signs.
    """
    try:
        from medid.server.signer import application
    except ModuleNotFoundError as error:
        raise _missing() from error
    return application(settings)


def site_app(folder: Path, *, base_url: str, limits: Limits | None = None) -> Starlette:
    """The ASGI application that serves a board's published folder.

    Args:
        folder: What ``medid board publish`` writes.
        base_url: Where it is reached.
        limits: How much work is taken on.

    Raises:
        MissingExtra: Starlette is not installed.
        ConfigurationError: There is no such folder.
    """
    try:
        from medid.server.site import SiteSettings, application
    except ModuleNotFoundError as error:
        raise _missing() from error
    taken = limits if limits is not None else Limits()
    return application(SiteSettings(folder=folder, base_url=base_url, limits=taken))


def _missing() -> MissingExtra:
    return MissingExtra("the server needs: pip install 'medid[server]'")
