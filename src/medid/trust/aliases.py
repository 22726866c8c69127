"""Names that look like one another: told to people, and never taken for each other.

Issuers are compared as exact text. Whoever reads why an issuer is not believed may want
to know that an entry names somebody who is spelt nearly so, by mistake or by design.
"""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import unquote

_WEB: Final = "did:web:"
_HISTORY: Final = "did:webvh:"
_URLS: Final = ("https://", "http://")
_ENDS: Final = "/:.#?"


def difference(one: str, other: str) -> str | None:
    """In what alone two names differ, in words; ``None`` if they differ in more.

    Equal names differ in nothing, and have no such words either.
    """
    if one == other:
        return None
    if one.casefold() == other.casefold():
        return "in letter case"
    if one.rstrip(_ENDS) == other.rstrip(_ENDS):
        return "in what it ends with"
    if _plain(one) == _plain(other):
        return "in how letters are written"
    if spoken(one) == spoken(other):
        return "in the way in which it names the same host"
    return None


def spoken(name: str) -> str:
    """What all names have in common that differ in spelling alone."""
    return _place(_plain(name))


def _plain(name: str) -> str:
    """The name as somebody would hear it: no case, no escapes, no decoration."""
    written = unicodedata.normalize("NFKC", unquote(name)).casefold()
    return written.strip().partition("#")[0].partition("?")[0].rstrip(_ENDS)


def _place(name: str) -> str:
    """Where the name is published, however that is said."""
    if name.startswith(_HISTORY):
        return name.removeprefix(_HISTORY).partition(":")[2].replace(":", "/")
    for start in (_WEB, *_URLS):
        if name.startswith(start):
            return name.removeprefix(start).replace(":", "/")
    return name
