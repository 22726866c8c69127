"""Many documents of four families, and what medid makes of each.

``bundled`` has the contexts that travel with medid, ``credentials`` whole credentials
and presentations under them, ``mutated`` the same contexts with a few definitions
changed, ``random`` contexts that are small and made up.

A campaign is a range of seeds: the same documents again, in any process.
"""

from __future__ import annotations

import os
import random
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.errors import MedidError
from medid.jsonld import ContextStore, canonicalize, dataset, rdfc
from medid.jsonld.bundle import BUNDLED
from medid.jsonld.loose import LooseWalk
from tests.jsonld.making import contexts
from tests.jsonld.making.credentials import CredentialMaker
from tests.jsonld.making.documents import Maker
from tests.jsonld.support import V2, store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.active import ActiveContext

BASE: Final = "https://base.example/dir/doc"
# The share of each family in a campaign, in percent.
FAMILIES: Final = {"bundled": 30, "credentials": 15, "mutated": 25, "random": 30}


SOAK: Final = 100_000  # documents
PART: Final = 500  # documents of a soak in one test


class Made(NamedTuple):
    """One document of a campaign.

    Attributes:
        family: One of ``FAMILIES``.
        seed: Makes the document again.
    """

    family: str
    seed: int
    document: JsonObject


class Answer(NamedTuple):
    """Canonical N-Quads, or why there are none.

    Attributes:
        stated: The same under the names that blank nodes had before.
    """

    nquads: str | None
    reason: str = ""
    stated: str = ""


@lru_cache(maxsize=1)
def contexts_store() -> ContextStore:
    """Every context that documents of a campaign may name; inline ones are allowed."""
    found = store()
    for url, document in contexts.SHARED.items():
        found = found.register_context(url, document)
    return found.with_inline_contexts()


def parts(ordinary: int) -> list[tuple[str, range]]:
    """A whole campaign, in parts for one test each.

    Args:
        ordinary: How many documents it has beside a soak, which has ``SOAK``.
    """
    soak = bool(os.environ.get("MEDID_SOAK"))
    found = []
    for family, percent in FAMILIES.items():
        size = (SOAK if soak else ordinary) * percent // 100
        step = PART if soak else size
        found += [(family, range(at, at + step)) for at in range(0, size, step)]
    return found


def documents(family: str, seeds: range) -> Iterator[Made]:
    """The documents of ``family`` for ``seeds``."""
    for seed in seeds:
        yield Made(family, seed, _document(family, random.Random(f"{family} {seed}")))


def _document(family: str, rng: random.Random) -> JsonObject:
    if family == "credentials":
        return CredentialMaker(rng).document()
    made: JsonObject = {}
    while not made.keys() - _EMPTY:  # some contexts have types only, or nothing
        made = _under(_context(family, rng), rng)
    return made


_EMPTY: Final = frozenset({"@context", "id", "@id"})


def _under(context: JsonValue, rng: random.Random) -> JsonObject:
    try:
        active = _active(context)
    except MedidError:
        # Contexts that cannot be used; whether peers say so too is worth asking.
        return {"@context": context, "name": "x"}
    return Maker(rng).document(context, active)


def _context(family: str, rng: random.Random) -> JsonValue:
    if family == "random":
        return contexts.context(rng)
    url = rng.choice(list(BUNDLED))
    if family == "mutated":
        return contexts.mutated(rng, contexts_store().get(url)["@context"])
    return [V2, url] if url in _WITH_V2 and rng.random() < 0.5 else url


def _active(context: JsonValue) -> ActiveContext:
    return contexts_store().initial.local(context)


def _goes_with_v2(url: str) -> bool:
    try:
        _active([V2, url])
    except MedidError:
        return False
    return True


_WITH_V2: Final = frozenset(url for url in BUNDLED if url != V2 and _goes_with_v2(url))


def checked(made: Made) -> Answer:
    """What the checked pass makes of it."""
    try:
        return Answer(canonicalize(made.document, contexts_store()).decode())
    except MedidError as error:
        return Answer(None, error.message)


@lru_cache(maxsize=1)
def _based() -> ActiveContext:
    return contexts_store().initial.based(BASE)


def loose(made: Made) -> Answer:
    """What the pass for any JSON-LD makes of it, with ``BASE``."""
    # Contexts in documents with a base are not kept. Those of the bundle name nothing
    # that is relative, so there the base of the document alone is enough.
    named = made.family in {"bundled", "credentials"}
    walk = LooseWalk(contexts_store(), base=None if named else BASE)
    if named:
        walk._initial = _based()
    try:
        walk.document(made.document)
        found = dataset.from_quads(dataset.to_quads(walk.graphs))
        return Answer(rdfc.canonicalize(found).nquads.decode())
    except MedidError as error:
        return Answer(None, error.message)
