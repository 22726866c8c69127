"""Chains of recognition: bounded, without loops, and only ever narrower."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant, Window
from medid.core.records import replace
from medid.credentials import SchemaReference
from medid.trust import LICENSE_TYPE, Chain, Paths, RecognitionLink, TrustRegistry, Why
from medid.trust.authorities import MAX_DEPTH
from medid.trust.chains import MAX_OBSTACLES, MAX_STEPS
from medid.trust.narrowing import Narrowing

AT = Instant.parse("2026-06-15T12:00:00Z")
ROOT = "did:web:root.example"
DOCTOR, NURSE = "208D00000X", "163W00000X"
LICENSE: Any = {"type": ["VerifiableCredential", LICENSE_TYPE]}
RECOGNITION: Any = {"type": ["VerifiableCredential", "RecognizedEntityCredential"]}


def did(name: object) -> str:
    return f"did:web:{name}.example"


def link(entity: object, by: object, **members: Any) -> RecognitionLink:
    given_: dict[str, Any] = {"digest": "00", "issued": RECOGNITION, **members}
    return RecognitionLink(entity=did(entity), recognized_by=did(by), **given_)


def schema_for(*types: str) -> dict[str, Any]:
    reference = SchemaReference(
        id="https://root.example/s", types=("JsonSchema",), digests=(), path="$", raw={}
    )
    listed: list[Any] = [{"contains": {"const": name}} for name in types]
    schema: Any = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"type": {"anyOf": listed}},
    }
    return {"validation": (reference,), "schemas": (schema,)}


def registry(**members: Any) -> TrustRegistry:
    scope: dict[str, Any] = {
        "jurisdictions": ["US-OH", "AU"],
        "professions": [DOCTOR, NURSE],
    }
    authority: dict[str, Any] = {
        "did": ROOT,
        "mayRecognize": scope,
        "requireOutputValidation": False,
    }
    return TrustRegistry.from_json(
        {
            "authorities": [{**authority, **members}],
            "containment": {"AU": ["AU-NSW", "AU-VIC"]},
        }
    )


def search(*links: RecognitionLink, **members: Any) -> Paths:
    trust = registry(**members)
    return Paths(links, trust.settings.authorities, covers=trust.covers, at=AT)


def chains(*links: RecognitionLink, **members: Any) -> tuple[Chain, ...]:
    return search(*links, **members).to(did("board"), LICENSE)


def why(*links: RecognitionLink, **members: Any) -> list[Why]:
    paths = search(*links, **members)
    assert paths.to(did("board"), LICENSE) == ()
    return [one.why for one in paths.obstacles]


def test_whom_an_authority_recognizes_has_its_scope() -> None:
    (found,) = chains(link("board", "root"))
    assert found.issuer == did("board")
    assert found.jurisdictions == ("US-OH", "AU")
    assert found.professions == (DOCTOR, NURSE)
    assert found.credential_types == (LICENSE_TYPE,)


def test_nobody_is_recognized_by_nobody_or_by_a_stranger() -> None:
    assert why() == [Why.NOT_RECOGNIZED]
    assert why(link("board", "stranger")) == [Why.NOT_RECOGNIZED]


def test_recognition_is_not_passed_on_unless_the_authority_says_so() -> None:
    links = (link("state", "root"), link("board", "state"))
    assert why(*links) == [Why.TOO_DEEP]
    assert len(chains(*links, delegable=1)) == 1


@pytest.mark.parametrize("length", [2, 3, 50])
def test_a_loop_and_any_length_end(length: int) -> None:
    ring = [link(f"b{n}", f"b{(n + 1) % length}") for n in range(length)]
    found = why(link("board", "b0"), *ring, delegable=MAX_DEPTH - 1)
    assert found[-1] in {Why.LOOP, Why.TOO_DEEP}
    line = [link(f"b{n}", f"b{n + 1}") for n in range(length)]
    end = link(f"b{length}", "root")
    many = chains(link("board", "b0"), *line, end, delegable=MAX_DEPTH - 1)
    assert len(many) == (1 if length + 2 <= MAX_DEPTH else 0)


def test_a_line_to_nobody_is_not_followed_to_its_end() -> None:
    line = [link(f"b{n}", f"b{n + 1}") for n in range(50)]
    assert why(link("board", "b0"), *line) == [Why.TOO_DEEP]


def test_who_recognizes_itself_is_no_better_off() -> None:
    assert why(link("board", "board")) == [Why.LOOP]
    assert why(link("a", "board"), link("board", "a"), delegable=4) == [Why.LOOP]


def test_a_diamond_gives_both_chains_and_adds_nothing_up() -> None:
    found = chains(
        link("a", "root", jurisdictions=("US-OH",)),
        link("b", "root", jurisdictions=("AU",)),
        link("board", "a"),
        link("board", "b"),
        delegable=1,
    )
    assert [one.jurisdictions for one in found] == [("US-OH",), ("AU",)]


def test_a_thicket_is_given_up_on() -> None:
    names = ["board", *range(12)]
    links = [link(a, b) for a in names for b in names if a != b]
    paths = search(*links, delegable=MAX_DEPTH - 1)
    assert paths.to(did("board"), LICENSE) == ()
    assert len(paths.obstacles) == MAX_OBSTACLES
    wide = [link("board", f"s{n}") for n in range(MAX_STEPS)]
    assert chains(*wide, link("board", "root")) == ()
    assert len(chains(*wide[1:], link("board", "root"))) == 1


def test_words_are_not_compared_each_with_each() -> None:
    # Of another system each, so that none of them is another one's.
    words = tuple(f"http://s{number}.example|{DOCTOR}" for number in range(2_000))
    path = (
        link("state", "root"),
        link("region", "state", professions=words),
        link("board", "region", professions=words),
    )
    trust = registry()
    (authority,) = trust.settings.authorities
    left = Narrowing(trust.covers, words=5 * len(words)).of(authority, path)
    assert left.professions == words


def test_beyond_the_words_that_are_left_there_is_no_chain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = tuple(f"US-{number:03}" for number in range(1_000))
    links = [link("board", "root", jurisdictions=("US-OH", *places))] * 3
    assert len(chains(*links)) == 3
    # Two places of the authority, of which each could cover each of those.
    monkeypatch.setattr(Narrowing.__init__, "__kwdefaults__", {"words": 4_000})
    assert why(*links) == [Why.TOO_MANY] * 3
    monkeypatch.setattr(Narrowing.__init__, "__kwdefaults__", {"words": 8_000})
    paths = search(links[0])
    assert len(paths.to(did("board"), LICENSE)) == 1
    assert paths.to(did("board"), LICENSE) == ()  # of all searches together


def test_what_leaves_it_open_is_told_however_much_was_told_before() -> None:
    reference = SchemaReference(id="x", types=(), digests=(), path="$", raw={})
    ended = [
        link("board", f"s{n}", window=Window(None, AT)) for n in range(MAX_OBSTACLES)
    ]
    unknown = link("board", "root", validation=(reference,))
    paths = search(*ended, unknown, unknown)
    assert paths.to(did("board"), LICENSE) == ()
    assert paths.is_open
    assert len(paths.obstacles) == MAX_OBSTACLES + 1
    assert paths.obstacles[-1].link is unknown


def test_what_is_said_of_another_type_is_looked_at_no_further() -> None:
    other = link("board", "root", credential_types=("Other",))
    paths = search(other)
    assert len([*paths.to_any(did("board"))]) == 0
    paths = search(link("board", "root", credential_types=(LICENSE_TYPE, "Other")))
    for kind, found in ((None, 1), (LICENSE_TYPE, 1), ("Third", 0)):
        assert len([*paths.to_any(did("board"), credential_type=kind)]) == found


def test_every_link_and_the_authority_are_in_force() -> None:
    ended, begins = Window(None, AT), Window(AT.plus(1), None)
    for span in (ended, begins):
        assert why(link("board", "root", window=span)) == [Why.NOT_IN_FORCE]
    assert why(link("board", "root"), validUntil=str(AT)) == [Why.NOT_IN_FORCE]
    (found,) = chains(
        link("board", "root", window=Window(AT, AT.plus(9))),
        validUntil=str(AT.plus(5)),
    )
    assert found.window == Window(AT, AT.plus(5))


def test_the_narrower_of_two_words_is_left() -> None:
    (found,) = chains(
        link("board", "root", jurisdictions=("AU-NSW", "DE"), professions=(NURSE,))
    )
    assert found.jurisdictions == ("AU-NSW",)
    assert found.professions == (NURSE,)
    assert why(link("board", "root", jurisdictions=("DE",))) == [Why.SCOPE]
    (other,) = chains(
        link("state", "root", jurisdictions=("AU-VIC",)),
        link("board", "state", jurisdictions=("AU",)),
        delegable=1,
    )
    assert other.jurisdictions == ("AU-VIC",)


def test_registrations_are_carried_and_narrowed() -> None:
    first = link("state", "root", require_registration=("full", "limited"))
    second = link("board", "state", require_registration=("full",))
    (found,) = chains(first, second, delegable=1)
    assert found.as_board(["d"]).require_registration == ("full",)
    # A link that says nothing of it leaves it as it is.
    silent = link("board", "state")
    (found,) = chains(first, silent, delegable=1)
    assert found.as_board(["d"]).require_registration == ("full", "limited")
    third = replace(second, require_registration=("training",))
    assert why(first, third, delegable=1) == [Why.SCOPE]


def test_what_is_issued_meets_the_schema_of_every_link() -> None:
    of_licenses = schema_for(LICENSE_TYPE)
    assert len(chains(link("board", "root", **of_licenses))) == 1
    assert why(link("board", "root", **schema_for("Other"))) == [Why.OUTPUT_VALIDATION]
    # Who may issue licenses alone recognizes nobody.
    above = link("state", "root", **of_licenses)
    assert why(above, link("board", "state"), delegable=1) == [Why.OUTPUT_VALIDATION]
    passing = link("state", "root", **schema_for("RecognizedEntityCredential"))
    assert len(chains(passing, link("board", "state"), delegable=1)) == 1
    # And what has no document cannot meet one.
    bare = link("board", "state", issued=None)
    assert why(passing, bare, delegable=1) == [Why.OUTPUT_VALIDATION]
    assert len(chains(link("state", "root"), bare, delegable=1)) == 1


def test_a_link_whose_schema_is_missing_leads_nowhere() -> None:
    one = replace(link("board", "root", **schema_for(LICENSE_TYPE)), schemas=())
    assert why(one) == [Why.OUTPUT_VALIDATION]


def test_whatever_is_issued_schemas_are_at_hand_and_met_above() -> None:
    members = schema_for(LICENSE_TYPE)
    whole = link("board", "root", **members)
    assert len([*search(whole).to_any(did("board"))]) == 1
    assert [*search(replace(whole, schemas=())).to_any(did("board"))] == []
    # Who may issue licenses alone does not recognize others.
    above = (link("state", "root", **members), link("board", "state"))
    assert [*search(*above, delegable=1).to_any(did("board"))] == []


def test_types_that_a_link_lists_are_all_that_may_be_issued() -> None:
    assert why(link("board", "root", credential_types=("Other",))) == [
        Why.OUTPUT_VALIDATION
    ]
    assert len(chains(link("board", "root", credential_types=(LICENSE_TYPE,)))) == 1


def test_a_recognition_of_anything_counts_only_where_that_is_allowed() -> None:
    bare = link("board", "root")
    assert why(bare, requireOutputValidation=True) == [Why.OUTPUT_VALIDATION]
    told = replace(
        bare,
        credential_types=(LICENSE_TYPE,),
        jurisdictions=("AU",),
        professions=(NURSE,),
    )
    assert len(chains(told, requireOutputValidation=True)) == 1


def test_a_recognition_of_anything_passes_nothing_on_either() -> None:
    bare = link("state", "root")
    below = link(
        "board",
        "state",
        credential_types=(LICENSE_TYPE,),
        jurisdictions=("AU",),
        professions=(NURSE,),
    )
    settings: Any = {"delegable": 1, "requireOutputValidation": True}
    assert why(bare, below, **settings) == [Why.OUTPUT_VALIDATION]
    told = replace(bare, **schema_for("RecognizedEntityCredential"))
    assert len(chains(told, below, **settings)) == 1
    assert len(chains(bare, below, delegable=1)) == 1


def test_a_chain_is_told_with_its_provenance() -> None:
    span = Window(None, AT.plus(60))
    one = link("board", "root", window=span, url="https://root.example/list")
    (found,) = chains(one)
    assert found.as_json() == {
        "authority": ROOT,
        "links": [
            {
                "entity": did("board"),
                "recognizedBy": ROOT,
                "url": "https://root.example/list",
                "sha256": "00",
                "validUntil": str(AT.plus(60)),
            }
        ],
        "credentialTypes": [LICENSE_TYPE],
        "jurisdictions": ["US-OH", "AU"],
        "professions": [DOCTOR, NURSE],
        "validUntil": str(AT.plus(60)),
    }
    told = replace(one, window=Window(AT, None))
    (again,) = chains(told)
    assert again.as_json()["validFrom"] == str(AT)


_NAMES = st.sampled_from(["root", "a", "b", "c", "board"])
_PLACES = st.none() | st.lists(
    st.sampled_from(["US-OH", "AU", "AU-NSW", "DE"]), min_size=1, unique=True
).map(tuple)
_WORDS = st.none() | st.lists(
    st.sampled_from([DOCTOR, NURSE, "other"]), min_size=1, unique=True
).map(tuple)
_LINKS = st.lists(
    st.builds(
        lambda entity, by, places, words: link(
            entity, by, jurisdictions=places, professions=words
        ),
        _NAMES,
        _NAMES,
        _PLACES,
        _WORDS,
    ),
    max_size=10,
)


@given(_LINKS, st.integers(0, MAX_DEPTH - 1))
def test_no_link_widens_what_the_authority_may_recognize(
    links: list[RecognitionLink], depth: int
) -> None:
    trust = registry()
    allowed = trust.settings.authorities[0]
    base = (link("a", "root"), link("board", "a"))
    for found in chains(*base, *links, delegable=depth):
        assert len(found.links) <= depth + 1
        assert len({one.entity for one in found.links}) == len(found.links)
        for place in found.jurisdictions:
            assert any(trust.covers(one, place) for one in allowed.jurisdictions)
            for one in found.links:
                own = one.jurisdictions
                assert own is None or any(trust.covers(word, place) for word in own)
        assert set(found.professions) <= set(allowed.professions)
        for one in found.links:
            assert one.professions is None or set(found.professions) <= set(
                one.professions
            )


@given(st.integers(0, MAX_DEPTH - 2), st.data())
def test_without_any_link_of_the_only_chain_there_is_none(
    length: int, data: st.DataObject
) -> None:
    names = ["root", *range(length), "board"]
    links = [link(low, high) for high, low in pairwise(names)]
    assert len(chains(*links, delegable=length)) == 1
    gone = data.draw(st.integers(0, length))
    rest = [one for number, one in enumerate(links) if number != gone]
    assert chains(*rest, delegable=MAX_DEPTH - 1) == ()
