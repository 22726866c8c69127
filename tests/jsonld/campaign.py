"""Many documents of four families, and what medid makes of each.

A campaign is a range of seeds: the same documents again, in any process.
"""

from __future__ import annotations

import json
import random
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.errors import MedidError
from medid.jsonld import ContextStore, canonicalize, dataset, nquads, rdfc
from medid.jsonld.bundle import BUNDLED
from medid.jsonld.loose import LooseWalk
from medid.jsonld.terms import XSD
from tests.jsonld.making import contexts
from tests.jsonld.making.anything import AnyMaker
from tests.jsonld.making.credentials import CredentialMaker
from tests.jsonld.making.documents import Maker
from tests.jsonld.support import V2, store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.active import ActiveContext

BASE: Final = "https://base.example/dir/doc"
FAMILIES: Final = ("bundled", "credentials", "random", "anything")


class Made(NamedTuple):
    """One document of a campaign.

    Attributes:
        family: One of ``FAMILIES``.
        seed: Makes the document again.
    """

    family: str
    seed: int
    document: JsonValue


class Answer(NamedTuple):
    """Canonical N-Quads, or why there are none."""

    nquads: str | None
    reason: str = ""


@lru_cache(maxsize=1)
def contexts_store() -> ContextStore:
    """Every context that documents of a campaign may name; inline ones are allowed."""
    found = store()
    for url, document in contexts.SHARED.items():
        found = found.register_context(url, document)
    return found.with_inline_contexts()


def documents(family: str, seeds: range) -> Iterator[Made]:
    """The documents of ``family`` for ``seeds``."""
    for seed in seeds:
        yield Made(family, seed, _document(family, random.Random(f"{family} {seed}")))


def _document(family: str, rng: random.Random) -> JsonValue:
    if family == "credentials":
        return CredentialMaker(rng).document()
    if family == "bundled":
        url: JsonValue = rng.choice(list(BUNDLED))
        context: JsonValue = (
            [V2, url] if url in _WITH_V2 and rng.random() < 0.5 else url
        )
        return Maker(rng).document(context, _active(context))
    inline: JsonObject = contexts.context(rng)
    if family == "random":
        try:
            return Maker(rng).document(inline, _active(inline))
        except MedidError:
            pass  # a context that cannot be used at all
    # jsonld.js makes a number of every string of type double, NaN for want of another.
    text = json.dumps(inline).replace(XSD + "double", XSD + "float")
    return AnyMaker(rng).document(json.loads(text))


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
    if not isinstance(made.document, dict):
        return Answer(None, "no object")
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
    own = made.family in {"random", "anything"}
    walk = LooseWalk(contexts_store(), base=BASE if own else None)
    if not own:
        walk._initial = _based()
    try:
        walk.document(made.document)
        return canonical(dataset.to_quads(walk.graphs))
    except MedidError as error:
        return Answer(None, error.message)


def canonical(quads: list[nquads.Quad]) -> Answer:
    """The canonical form of ``quads``."""
    try:
        found = rdfc.canonicalize(dataset.from_quads(quads)).nquads
    except MedidError as error:
        return Answer(None, error.message)
    return Answer(found.decode())
