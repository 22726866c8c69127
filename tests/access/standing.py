"""One world and one verifier for all tests of a module that change neither."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tests.access.world import World

if TYPE_CHECKING:
    from medid.access.verifier import AccessVerifier


@cache
def world() -> World:
    return World()


@cache
def standing() -> AccessVerifier:
    """One verifier for the whole world; it remembers what it saw."""
    return world().verifier()


@cache
def shown() -> Any:
    return world().shown()
