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
    "without", ["of", "short", "folded", "undefined", "any", "graph"]
)
def test_any_member_may_be_left_out(without: str) -> None:
    # A link, a term with a rival, one of a nested block, none, and two that are cut.
    plain = document(
        any="x", of="urn:x", short="y", set=[], fold={"folded": "x"}, graph={"any": "z"}
    )
    statements = Statements(store())
    statements.read(plain)
    assert statements.may_have_empty_arrays(plain)
    found = statements.canonical(plain, context=TERMS, without=without)
    rest = {name: value for name, value in plain.items() if name != without}
    assert found.nquads == canonicalize(rest, store())


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
