"""The W3C's suites for JSON-LD 1.1: every test of toRdf and expand that concerns 1.1.

Left out are the tests of JSON-LD 1.0 only. The pass writes no expanded form, so a test
of expansion asks that a document and its expected expansion state the same.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import CanonicalizationError, ContextNotTrusted, MedidError
from medid.jsonld import ContextStore, canonicalize, dataset, nquads, rdfc
from medid.jsonld.loose import LooseWalk
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://w3c.github.io/json-ld-api/tests/"


@lru_cache(maxsize=1)
def _store() -> ContextStore:
    """The bundled contexts, and every document of the suites that has a context."""
    store = ContextStore.bundled().with_inline_contexts()
    root = _root()
    for file in sorted(root.rglob("*.jsonld")):
        document = json.loads(file.read_text(encoding="utf-8"))
        if type(document) is dict and "@context" in document:
            store = store.register_context(BASE + str(file.relative_to(root)), document)
    return store


def _root() -> Path:
    return vectors("json-ld-api") / "tests"


def _entries(name: str) -> list[dict[str, Any]]:
    manifest = json.loads((_root() / f"{name}-manifest.jsonld").read_text("utf-8"))
    old = "json-ld-1.0"
    return [
        entry
        for entry in manifest["sequence"]
        if old not in json.dumps(entry.get("option", {}))
    ]


def _kind(entry: dict[str, Any]) -> str:
    name: str = entry["@type"][0]
    return name.removeprefix("jld:").removesuffix("Test")


def _stated(document: Any, base: str | None, option: dict[str, Any]) -> bytes:
    direction = option.get("rdfDirection")
    walk = LooseWalk(_store(), base=base, direction=direction)
    if "expandContext" in option:
        given = json.loads((_root() / option["expandContext"]).read_text("utf-8"))
        walk._initial = walk._initial.local(given.get("@context", given))
    walk.document(document)
    found = dataset.from_quads(dataset.to_quads(walk.graphs))
    return rdfc.canonicalize(found).nquads


def _run(entry: dict[str, Any]) -> bytes:
    option = entry.get("option", {})
    document = json.loads((_root() / entry["input"]).read_text("utf-8"))
    return _stated(document, option.get("base", BASE + entry["input"]), option)


def test_to_rdf_448_of_448() -> None:
    counts: Counter[str] = Counter()
    for entry in _entries("toRdf"):
        agreed("json-ld-api/toRdf", entry["@id"])
        counts[_kind(entry)] += 1
        if _kind(entry) == "NegativeEvaluation":
            with pytest.raises((CanonicalizationError, ContextNotTrusted)):
                _run(entry)
            continue
        found = _run(entry)
        if _kind(entry) == "PositiveEvaluation":
            expected = nquads.parse((_root() / entry["expect"]).read_text("utf-8"))
            assert found == rdfc.canonicalize(dataset.from_quads(expected)).nquads, (
                entry["@id"]
            )
    assert counts == {
        "PositiveEvaluation": 339,
        "NegativeEvaluation": 93,
        "PositiveSyntax": 16,
    }


def test_expand_367_of_367() -> None:
    counts: Counter[str] = Counter()
    silent = 0
    for entry in _entries("expand"):
        agreed("json-ld-api/expand", entry["@id"])
        counts[_kind(entry)] += 1
        if _kind(entry) == "NegativeEvaluation":
            with pytest.raises((CanonicalizationError, ContextNotTrusted)):
                _run(entry)
            continue
        # What has no id that is an IRI says nothing in RDF, null or not.
        text = (_root() / entry["expect"]).read_text("utf-8")
        expected = json.loads(text.replace('"@id": null', '"@id": "http://<>"'))
        found = _run(entry)
        assert found == _stated(expected, None, entry.get("option", {})), entry["@id"]
        silent += not found
    assert counts == {"PositiveEvaluation": 272, "NegativeEvaluation": 95}
    assert silent <= 5, "a comparison of nothing with nothing shows nothing"


def test_what_a_checked_document_may_say_it_says_as_the_suite_does() -> None:
    equal, different = 0, set()
    for entry in _entries("toRdf"):
        document = json.loads((_root() / entry["input"]).read_text("utf-8"))
        if _kind(entry) != "PositiveEvaluation" or type(document) is not dict:
            continue
        try:
            found = canonicalize(document, _store())
        except MedidError:
            continue
        expected = nquads.parse((_root() / entry["expect"]).read_text("utf-8"))
        if found == rdfc.canonicalize(dataset.from_quads(expected)).nquads:
            equal += 1
        else:
            different.add(entry["@id"])
    # That test drops directions; medid keeps them.
    assert different == {"#tdi03"}
    assert equal >= 60


def test_no_checked_document_breaks_a_rule_of_the_suite() -> None:
    accepted = set()
    for entry in [*_entries("toRdf"), *_entries("expand")]:
        document = json.loads((_root() / entry["input"]).read_text("utf-8"))
        if _kind(entry) != "NegativeEvaluation" or type(document) is not dict:
            continue
        try:
            canonicalize(document, _store())
        except MedidError:
            continue
        accepted.add(entry["@id"])
    assert accepted == set()
