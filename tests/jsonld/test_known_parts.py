"""What is known of a part from another document is what it states in this one, too."""

from __future__ import annotations

import copy
import random
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.memory import Known
from medid.errors import MedidError
from medid.jsonld import Statements, canonicalize, rdfc
from medid.jsonld.islands import STATEMENT_WEIGHT
from tests.jsonld import campaign, support
from tests.jsonld.campaign import contexts_store
from tests.jsonld.support import CONTEXT, NS

if TYPE_CHECKING:
    from medid.core.json import JsonObject
    from medid.jsonld import ContextStore


SHOWS = "https://terms.example/shows"
# A graph of nodes that bring a context of their own, as credentials do, and one of
# nodes that do not.
SHOWN: JsonObject = {
    **CONTEXT,
    "shown": {
        "@id": NS + "shown",
        "@type": "@id",
        "@container": "@graph",
        "@context": None,
    },
}


@lru_cache(maxsize=1)
def store() -> ContextStore:
    """The small context under ``SHOWS``."""
    found = support.store().register_context(SHOWS, {"@context": SHOWN})
    return found.with_inline_contexts()  # which may stand anywhere


def document(**members: Any) -> JsonObject:
    """A document, or a part that is shown."""
    return {"@context": SHOWS, **members}


ROOM = 1 << 20  # bytes that a part may take here


def met(room: int = ROOM) -> Known:
    """What is known of a part that was met before."""
    known = Known(room=room)
    assert not known.met_again()
    return known


def read(whole: JsonObject, part: JsonObject, known: Known) -> Statements:
    """What ``whole`` states, of whose ``part`` something is known."""
    statements = Statements(store())
    statements.know(part, known)
    statements.read(whole)
    return statements


# A member of no document here, so that the whole of each is cut from its walk.
LEFT_OUT = "german"


class Remembered:
    """Parts, and what is known of each for as long as the test lasts."""

    def __init__(self, contexts: ContextStore, parts: list[JsonObject]) -> None:
        self.contexts = contexts
        self.parts = parts
        self.known = [met() for _ in parts]

    def states(
        self, whole: JsonObject, without: str = LEFT_OUT, algorithm: Any = "sha256"
    ) -> bytes:
        """The canonical form of ``whole``, of whose parts this and that is known."""
        statements = Statements(self.contexts)
        for part, known in zip(self.parts, self.known, strict=True):
            statements.know(part, known)
        statements.read(whole)
        context = whole["@context"]
        found = statements.canonical(
            whole, context=context, without=without, algorithm=algorithm
        )
        return found.nquads


def _alone(whole: JsonObject, contexts: ContextStore, algorithm: Any) -> Any:
    """Canonical N-Quads of a copy, or the code and path of what is wrong with it."""
    bare = copy.deepcopy({k: v for k, v in whole.items() if k != "proof"})
    return _answer(lambda: canonicalize(bare, contexts, algorithm=algorithm))


def _answer(make: Any) -> Any:
    try:
        return make()
    except MedidError as error:
        return f"{error.code} {error.path} {error.message}"


def _credentials(count: int) -> list[Any]:
    """Credentials that are presented somewhere in a campaign."""
    found: list[Any] = []
    for made in campaign.documents("credentials", range(count)):
        presented = made.document.get("verifiableCredential", [])
        found += presented if isinstance(presented, list) else [presented]
    return [one for one in found if isinstance(one, dict)]


def test_presentations_of_known_credentials() -> None:
    parts = _credentials(120)
    contexts, choose = contexts_store(), random.Random(7)
    remembered = Remembered(contexts, parts)
    compared = 0
    for number in range(120):
        # The same one twice as well, and one alone, which is no array.
        chosen = [choose.choice(parts) for _ in range(choose.randint(1, 3))]
        whole: JsonObject = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": f"urn:number:{number}",
            "type": "VerifiablePresentation",
            "verifiableCredential": chosen if number % 3 else chosen[0],
        }
        for algorithm in ("sha256", "sha384"):
            expected = _alone(whole, contexts, algorithm)
            states = partial(remembered.states, whole, "proof", algorithm)
            assert _answer(states) == _answer(states) == expected
            compared += type(expected) is bytes
    assert compared > 80


# Every one alike: only their n-degree hashes tell them apart, or nothing does.
ALIKE: list[Any] = [
    document(any="x", link={"any": "y"}),
    document(any="x", link={"any": "y"}),
    document(any="x", link={"any": "z"}),
    document(id="urn:x", set=[{"any": "y"}, {"any": "z"}, {"link": {"any": "y"}}]),
    document(any="x", graph=[{"any": "y"}, {"any": "z", "graph": {"any": "y"}}]),
    document(id="urn:x", any="x"),
    document(any="x", list=["x", "y", {"any": "y"}]),
]


def test_blank_nodes_that_are_alike() -> None:
    remembered = Remembered(store(), ALIKE)
    choose = random.Random(11)
    for number in range(150):
        chosen = choose.choices(ALIKE, k=choose.randint(1, 4))
        whole = document(any=str(number), link={"any": "y"}, shown=[*chosen])
        assert remembered.states(whole) == _alone(whole, store(), "sha256")


@pytest.mark.parametrize(
    "wrong",
    [
        {"any": "x", "undefined": "y"},
        {"any": "x", "list": "y"},
        {"any": ["x", "x"]},
        {"id": "urn:x", "any": "x", "link": {"id": "urn:y", "of": {"id": "urn:x"}}},
        {
            "any": "x",
            "of": {"id": "urn:a", "link": {"id": "urn:b", "any": "z"}},
            "link": "urn:b",
        },
        {"id": "urn:x"},
        {"any": "x", "graph": {"id": "urn:x"}},
    ],
)
def test_what_is_wrong_with_a_part_is_told_as_ever(wrong: JsonObject) -> None:
    part = document(**wrong)
    remembered = Remembered(store(), [part])
    whole = document(any="x", shown=[document(any="y"), part])
    expected = _alone(whole, store(), "sha256")
    for _ in range(2):
        assert _answer(lambda: remembered.states(whole)) == expected


def test_a_statement_made_twice_beside_a_known_part_is_found() -> None:
    part = document(any="x")
    remembered = Remembered(store(), [part])
    assert remembered.states(document(any="x", shown=part))
    whole = document(any=["x", "x"], shown=part)
    assert str(_alone(whole, store(), "sha256")).startswith("NOT_COMPACT")
    assert _answer(lambda: remembered.states(whole)) == _alone(whole, store(), "sha256")


def test_where_a_part_means_what_its_place_says_it_is_read_there() -> None:
    part: JsonObject = {"any": "x", "link": {"any": "y"}}
    url = "https://terms.example/other"
    other: JsonObject = {
        "any": "https://other.example/any",
        "link": "https://other.example/link",
        "graph": {"@id": "https://other.example/g", "@container": "@graph"},
        "german": "https://other.example/german",
    }
    contexts = store().register_context(url, {"@context": other})
    remembered = Remembered(contexts, [part])
    for context in (SHOWS, url, SHOWS):
        whole: JsonObject = {"@context": context, "any": "x", "graph": part}
        assert remembered.states(whole) == _alone(whole, contexts, "sha256")


def test_a_part_is_as_deep_as_it_stands() -> None:
    part: JsonObject = {"any": "x"}
    for _ in range(57):
        part = {"any": "x", "link": part}
    part = document(any="x", link=part)
    inner: JsonObject = {"any": "x", "shown": part}
    shallow = document(any="x", link=inner)
    for _ in range(8):
        inner = {"any": "x", "link": inner}
    deep = document(any="x", link=inner)
    for order in ([shallow, deep, shallow], [deep, shallow]):
        remembered = Remembered(store(), [part])
        for whole in order:
            states = partial(remembered.states, whole)
            assert _answer(states) == _alone(whole, store(), "sha256")
    assert str(_alone(deep, store(), "sha256")).startswith("TOO_LARGE")


def test_what_is_known_of_one_store_is_not_known_of_another() -> None:
    part = document(any="x")
    remembered = Remembered(store(), [part])
    whole = document(any="x", shown=part)
    other: JsonObject = {**SHOWN, "any": "https://other.example/any"}
    elsewhere = support.store().register_context(SHOWS, {"@context": other})
    for contexts in (store(), elsewhere.with_inline_contexts(), store()):
        remembered.contexts = contexts
        assert remembered.states(whole) == _alone(whole, contexts, "sha256")


@pytest.mark.parametrize("empty", [True, False])
def test_empty_arrays_of_a_known_part_are_told(empty: bool) -> None:
    part = document(any="x", set=[]) if empty else document(any="x")
    known = met()
    for number in range(2):
        whole = document(any=str(number), shown=part)
        statements = read(whole, part, known)
        assert statements.may_have_empty_arrays(whole) is empty
        # One that the whole has itself is not forgotten over the part.
        around = document(set=[], shown=part)
        assert read(around, part, known).may_have_empty_arrays(around)


def test_a_known_part_is_cut_from_the_whole_as_well() -> None:
    part = document(any="x", graph={"any": "y"})
    known = met()
    for number in range(2):
        whole = document(any=str(number), shown=part)
        statements = read(whole, part, known)
        found = statements.canonical(part, context=SHOWS, without="graph")
        assert found.nquads == canonicalize(document(any="x"), store())


def test_nothing_is_known_of_a_part_under_more_than_one_name() -> None:
    """However many presentations show it: what is known of it stays small."""
    part, known = document(any="x"), met()
    for number in range(80):
        context: Any = [SHOWS, {f"name{number}": NS + "name"}]
        whole: JsonObject = {"@context": context, "any": "x", "shown": part}
        read(whole, part, known)
        assert known.once("first", lambda: number) == 0  # noqa: B023
    assert len(known._found) == 2


def test_nothing_is_kept_of_what_is_met_once() -> None:
    part, known = document(any="x"), Known(room=ROOM)
    for number, kept in enumerate((0, 1, 1)):
        read(document(any=str(number), shown=part), part, known)
        assert len(known._found) == kept


def test_what_takes_more_room_than_there_is_is_read_each_time() -> None:
    part = document(any="x", set=[{"any": str(number)} for number in range(9)])
    whole = document(any="x", shown=part)
    for room, kept in (
        (19 * STATEMENT_WEIGHT, True),
        (19 * STATEMENT_WEIGHT - 1, False),
    ):
        known = met(room)
        for _ in range(2):
            found = read(whole, part, known).canonical(
                whole, context=SHOWS, without=LEFT_OUT
            )
            assert found.nquads == canonicalize(whole, store())
        assert [one is not None for one in known._found.values()] == [kept]


def test_graphs_of_every_kind_may_be_known() -> None:
    graphs = {
        "_:g": [("<urn:x>", "<urn:p>", "_:h"), ("_:a", "<urn:p>", "<urn:y>")],
        "_:h": [("_:b", "<urn:p>", "<urn:y>"), ("_:b", "<urn:p>", "<urn:n>")],
        "<urn:n>": [("<urn:x>", "<urn:p>", '"z"'), ("_:c", "<urn:p>", '"z"')],
    }
    whole = {"": [("<urn:x>", "<urn:p>", "_:g")], **graphs}
    known = {"_:g": rdfc.read("_:g", graphs, algorithm="sha256")}
    found = rdfc.canonicalize(whole, known=known)
    assert found.nquads == rdfc.canonicalize(whole).nquads
    assert len(found.lines) == 7


def test_work_is_bounded_with_known_parts_as_without() -> None:
    nodes = [f"_:b{number}" for number in range(10)]
    quads = [(a, "<urn:p>", b) for a in nodes for b in nodes if a != b]
    graphs = {"_:g": quads}
    reading = rdfc.read("_:g", graphs, algorithm="sha256")
    whole = {"": [("<urn:x>", "<urn:p>", "_:g")], **graphs}
    for known in ({}, {"_:g": reading}):
        with pytest.raises(MedidError, match="too alike"):
            rdfc.canonicalize(whole, known=known)
