"""Every mistake in a trust file, and not the first one alone.

A verifier stops at the first mistake, because it must not start. Who mends a file wants
to see all of them, so the file is read again and again, each time with what was wrong
before taken out. What is left is for looking on, and never a registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medid.core import json as strict_json
from medid.core.json import JsonLimits
from medid.errors import MedidError, child
from medid.trust.settings import read_settings

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

# Whoever has more than these begins with these.
MAX_MISTAKES: Final = 64
_LIMITS: Final = JsonLimits(max_bytes=67_108_864, max_members=1_000_000)

# What stands in for a member that an element cannot do without, and for an element that
# is none. Only the reader of mistakes ever sees it.
_SCOPE: Final[JsonObject] = {"jurisdictions": ["ZZ"], "professions": ["x"]}
_MEMBERS: Final[JsonObject] = {
    **_SCOPE,
    "did": "did:example:x",
    "issuer": "https://x.example",
    "holder": "did:example:x",
    "mayRecognize": _SCOPE,
    "id": "x",
    "model": "mutual-recognition",
    "from": "ZZ",
    "to": "ZZ",
    "sha256": "0" * 64,
    "subjects": [{"san": {"dns": "x.example"}}],
    "url": "https://x.example",
    "mayAuthorize": [_SCOPE],
}
_NEEDED: Final = {
    "acceptedBoards": ("did", *_SCOPE),
    "authorities": ("did", "mayRecognize"),
    "x509Roots": ("sha256", "subjects", *_SCOPE),
    "compacts": ("id", "model", "professions"),
    "recognition": ("from", "to", "professions"),
    "alerts": ("holder",),
}
_STAND_INS: Final[dict[str, JsonValue]] = {
    **{
        place: {name: _MEMBERS[name] for name in names}
        for place, names in _NEEDED.items()
    },
    "recognizedEntities": "https://x.example",
}
# Members that others stand or fall with: without them the rest would look wrong, too.
_TIED: Final = {
    "x509Roots": ("certificate", "sha256", "crls"),
    "trustRegistries": ("authorityId", "recognizedBy"),
}
# Tables whose keys other members refer to: a key stays, with nothing in it.
_TABLES: Final = ("unions", "containment")


def mistakes(document: JsonValue) -> tuple[MedidError, ...]:
    """What is wrong in the trust file ``document``, which is not modified.

    Of one member the first mistake is told, and at most ``MAX_MISTAKES`` of all.
    """
    copy: Any = strict_json.loads(strict_json.dumps(document), limits=_LIMITS)
    mending = _Mending(copy)
    found: list[MedidError] = []
    while len(found) < MAX_MISTAKES:
        try:
            read_settings(copy)
        except MedidError as error:
            if not mending.is_known(error.path):
                found.append(error)
            if not mending.mend(error.path):
                break
            continue
        break
    return tuple(found)


class _Mending:
    """Takes out of a copy what was found wrong, so that reading can go on."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._mended: set[str] = set()

    def is_known(self, path: str) -> bool:
        """Whether what stands at ``path`` is missed because it was taken out."""
        return any(_within(path, one) for one in self._mended)

    def mend(self, path: str) -> bool:
        """Take out what is wrong at ``path``; false where that leads no further."""
        if not isinstance(self._document, dict):
            return False
        name = _step(self._document, "$", path)
        if name is None:
            # A member that is missing altogether: of the whole file, only the boards.
            return self._put("acceptedBoards", "$.acceptedBoards")
        place, value = child("$", name), self._document[name]
        key = _step(value, place, path)
        if key is None:
            return self._put(name, place)
        inner = child(place, key)
        if isinstance(value, list):
            member = _step(value[key], inner, path) or _missing(inner, path)
            done = member not in _TIED.get(name, ()) and self._leave_out(
                value[key], member, child(inner, member or 0)
            )
            return done or self._stand_in(name, key, inner) or self._put(name, place)
        if name in _TABLES and self._note(inner):
            value[key] = []
            return True
        return self._leave_out(value, key, inner) or self._put(name, place)

    def _leave_out(self, value: Any, member: Any, place: str) -> bool:
        """Leave ``member`` out, or put in its place what has to be there, once."""
        if not (isinstance(value, dict) and member is not None and self._note(place)):
            return False
        value.pop(member, None)
        if member in _MEMBERS:
            value[member] = _MEMBERS[member]
        return True

    def _stand_in(self, name: str, index: int, place: str) -> bool:
        """Put a stand-in in the place of an element, once."""
        if name not in _STAND_INS or not self._note(place):
            return False
        self._document[name][index] = _STAND_INS[name]
        return True

    def _put(self, name: str, place: str) -> bool:
        """Put a stand-in in the place of the whole member, or leave it out."""
        if not self._note(place):
            return False
        if name == "acceptedBoards":
            self._document[name] = [_STAND_INS[name]]
        else:
            self._document.pop(name, None)
            # It may have been all that there was.
            self._document.setdefault("acceptedBoards", [_STAND_INS["acceptedBoards"]])
        return True

    def _note(self, place: str) -> bool:
        """Remember ``place``; false where it was mended before."""
        known = place in self._mended
        self._mended.add(place)
        return not known


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def _missing(place: str, path: str) -> str | None:
    """The name of the member right below ``place`` that is missed at ``path``."""
    above, _, name = path.rpartition(".")
    return name if above == place else None


def _step(value: Any, place: str, path: str) -> Any:
    """The key or index below ``value`` on the way to ``path``; ``None`` for none."""
    if isinstance(value, dict):
        keys: Any = list(value)
    else:
        keys = range(len(value)) if isinstance(value, list) else ()
    return next((key for key in keys if _within(path, child(place, key))), None)
