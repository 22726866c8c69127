"""What a part of a document states, cut from the walk over the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import MedidError
from medid.jsonld import Statements, canonicalize
from tests.jsonld import campaign
from tests.jsonld.campaign import contexts_store
from tests.jsonld.support import TERMS, document, store

if TYPE_CHECKING:
    from medid.core.json import JsonObject


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _parts(whole: JsonObject) -> list[JsonObject]:
    """The document itself, and the credentials that it presents."""
    found: list[Any] = [whole, *_listed(whole.get("verifiableCredential", []))]
    return found


def test_a_part_says_what_it_says_alone() -> None:
    compared = 0
    for made in campaign.documents("credentials", range(60)):
        whole = made.document
        statements = Statements(contexts_store())
        statements.read(whole)
        for part in _parts(whole):
            context = part["@context"]
            proofs: list[Any] = _listed(part["proof"])
            bare = {name: value for name, value in part.items() if name != "proof"}
            for but in ((), tuple(proofs[:1]), tuple(proofs)):
                alone = {**bare, "proof": [*but]} if but else bare
                try:
                    expected = canonicalize(alone, contexts_store())
                except MedidError as error:
                    with pytest.raises(type(error)):
                        statements.canonical(
                            part, context=context, without="proof", but=but
                        )
                    continue
                found = statements.canonical(
                    part, context=context, without="proof", but=but
                )
                assert found.nquads == expected
                compared += 1
    assert compared > 200


def test_what_was_not_read_is_walked_when_it_is_asked_for() -> None:
    proof: JsonObject = {"any": "y"}
    plain = document(any="x", graph=[proof])
    statements = Statements(store())
    found = statements.canonical(
        plain, context=TERMS, without="graph", but=[proof]
    ).nquads
    assert found == canonicalize(plain, store())
    assert statements.may_have_empty_arrays(plain)
    # Its own context counts where no other is given.
    found = statements.canonical(plain, context=None, without="graph").nquads
    assert found == canonicalize(document(any="x"), store())


@pytest.mark.parametrize(
    "without", ["of", "short", "folded", "undefined", "nothing", "any", "graph"]
)
def test_any_member_may_be_left_out(without: str) -> None:
    # A link, a term with a rival, one of a nested block, none, one that is defined to
    # mean nothing, and two that are cut.
    plain = document(
        any="x", of="urn:x", short="y", set=[], fold={"folded": "x"}, graph={"any": "z"}
    )
    statements = Statements(store())
    statements.read(plain)
    assert statements.may_have_empty_arrays(plain)
    found = statements.canonical(plain, context=TERMS, without=without)
    rest = {name: value for name, value in plain.items() if name != without}
    assert found.nquads == canonicalize(rest, store())


@pytest.mark.parametrize(
    ("without", "members"),
    [
        # Two terms for one IRI, and nodes that stand in the same graph.
        ("said", {"said": "x", "saidAs": "y", "count": 1}),
        ("saidAs", {"said": "x", "saidAs": "y", "count": 1}),
        ("link", {"link": "urn:x", "linked": "y"}),
        ("any", {"any": {"flag": True}, "count": 1}),
        ("of", {"of": {"id": "urn:x", "flag": True}, "count": 1}),
    ],
)
def test_nothing_else_is_left_out(without: str, members: JsonObject) -> None:
    whole = document(**members)
    statements = Statements(store())
    statements.read(whole)
    found = statements.canonical(whole, context=TERMS, without=without)
    rest = {name: value for name, value in whole.items() if name != without}
    assert found.nquads == canonicalize(rest, store())


def test_what_stays_need_not_be_the_document_s_own() -> None:
    proof: JsonObject = {"any": "y"}
    other: JsonObject = {"any": "no part of it"}
    whole = document(any="x", graph=[proof, {"any": "z"}])
    statements = Statements(store())
    statements.read(whole)
    for but in ([other], [proof, other]):
        found = statements.canonical(whole, context=TERMS, without="graph", but=but)
        alone = document(any="x", graph=[*but])
        assert found.nquads == canonicalize(alone, store())


def test_a_part_in_another_context_than_its_own_is_read_alone() -> None:
    # The context of the type counts in the graph, and not for its node alone.
    terms: JsonObject = {
        "@version": 1.1,
        "type": "@type",
        "a": "urn:a",
        "value": "urn:value",
        "graph": {"@id": "urn:graph", "@container": "@graph"},
        "Odd": {"@id": "urn:Odd", "@context": {"@propagate": True, "a": "urn:b"}},
    }
    contexts = store().register_context("urn:c", {"@context": terms})
    part: JsonObject = {"a": "x", "value": "y"}
    whole: JsonObject = {"@context": "urn:c", "type": "Odd", "graph": part}
    assert b"<urn:b>" in canonicalize(whole, contexts)
    statements = Statements(contexts)
    statements.read(whole)
    found = statements.canonical(part, context="urn:c", without="value")
    assert found.nquads == b'_:c14n0 <urn:a> "x" .\n'
    # A part that states no context is one without any.
    with pytest.raises(MedidError, match="without @context"):
        statements.canonical(part, context=None, without="value")


def test_a_part_of_nothing_else_is_refused_as_it_is_alone() -> None:
    plain = document(id="urn:x", any="x")
    statements = Statements(store())
    statements.read(plain)
    assert not statements.may_have_empty_arrays(plain)
    with pytest.raises(MedidError, match="nothing beyond its id"):
        statements.canonical(plain, context=TERMS, without="any")


def test_what_is_refused_whole_is_asked_again_in_parts() -> None:
    plain = document(any="x", undefined="y")
    statements = Statements(store())
    statements.read(plain)
    statements.read(plain)
    found = statements.canonical(plain, context=TERMS, without="undefined")
    assert found.nquads == canonicalize(document(any="x"), store())
    assert statements.may_have_empty_arrays(plain)
