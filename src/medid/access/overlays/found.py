"""Which overlay a name stands for: medid's own, and those that are installed.

A package adds one by an entry point of the group ``medid.overlays``, whose name is the
overlay's and whose value is an object of the overlay port, or a class of one. Only what
settings name is loaded. A name of medid's own stands for nothing else.

Spec: https://packaging.python.org/en/latest/specifications/entry-points/
"""

from __future__ import annotations

from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.overlays.ga4gh_duo import DataUseOntology
from medid.access.overlays.port import ATTRIBUTES, Overlay
from medid.access.overlays.us_42cfr2 import Part2
from medid.access.overlays.us_hipaa import Hipaa
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GROUP: Final = "medid.overlays"
OWN: Final[Mapping[str, Overlay]] = MappingProxyType(
    {one.name: one for one in (Part2(), Hipaa(), DataUseOntology())}
)


def overlays(names: Sequence[str], path: str) -> tuple[Overlay, ...]:
    """The overlays of these names, in their order.

    Args:
        names: As settings state them.
        path: Where they stand.

    Raises:
        ConfigurationError: One is not known, is there twice, or cannot be loaded.
    """
    if len(set(names)) != len(names):
        raise ConfigurationError("an overlay is named twice", path=path)
    return tuple(OWN.get(name) or _installed(name, path) for name in names)


def _installed(name: str, path: str) -> Overlay:
    found = [one for one in entry_points(group=GROUP) if one.name == name]
    if len(found) != 1:
        message = "no overlay of this name, or more than one, is installed"
        fix = f"medid has {', '.join(OWN)}; others come as packages"
        raise ConfigurationError(message, path=path, fix=fix)
    try:
        loaded: object = found[0].load()
        made: object = loaded() if isinstance(loaded, type) else loaded
    except Exception:  # noqa: BLE001 - whatever a package raises, it is not there
        message = "the overlay's package cannot be loaded"
        raise ConfigurationError(message, path=path) from None
    return checked(made, name, path)


def checked(overlay: object, name: str, path: str) -> Overlay:
    """``overlay``, if it is one of this name.

    Raises:
        ConfigurationError: It is none, is of another name or without a version, or
            looks at what no resource has.
    """
    if not (isinstance(overlay, Overlay) and _fits(overlay, name)):
        message = "what is installed under this name is not an overlay of it"
        raise ConfigurationError(message, path=path)
    return overlay


def _fits(overlay: Overlay, name: str) -> bool:
    version: object = overlay.version
    looks_at: object = overlay.looks_at
    return (
        overlay.name == name
        and isinstance(version, str)
        and version != ""
        and isinstance(looks_at, frozenset)
        and looks_at <= ATTRIBUTES
    )
