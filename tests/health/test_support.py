"""Credentials that support a license, read from verified claims, and their drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid import health
from medid.core.instant import Instant, Window
from medid.credentials import parse_credential
from medid.errors import MalformedValue, MedidError, MissingFact
from medid.health.drafts import Frame, check_draft, support_credential
from medid.health.nodes import Node
from medid.health.support import Authorisation, Declaration, Support
from medid.health.support_vocabulary import (
    AUTHORISATION_CREDENTIAL,
    DECLARATION_CREDENTIAL,
    SUPPORT_CREDENTIALS,
)
from medid.jsonld import check_compact
from tests.health.documents import (
    HOLDER,
    authorisation_document,
    declaration_document,
    status_entry,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.health.words import CredentialType

COMMISSION = "did:web:commission.example.org"
YEAR = Window(
    Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2026-12-31T23:59:59Z")
)


def read(document: dict[str, Any], kind: CredentialType) -> Support:
    return Support.from_credential(parse_credential(document), kind)


def claims(document: dict[str, Any], kind: CredentialType) -> dict[str, Any]:
    """The same as an SD-JWT VC states it."""
    subject = document["credentialSubject"]
    members = {n: v for n, v in subject.items() if n not in {"id", "type"}}
    (held,) = members.values()
    del held["type"]
    for node in held.get("daysUsedThisYear", []):
        del node["type"]
    return {
        "vct": kind.iri,
        "iss": document["issuer"],
        "sub": subject["id"],
        "jti": document["id"],
        "nbf": 1_767_225_600,
        "exp": 1_798_761_599,
        "id": {"not": "that of the subject"},
        **members,
    }


AUTHORISED = Authorisation(
    compact="PSYPACT",
    kind="TAP",
    home_state="US-OH",
    days_used={"US-IN": 29, "US-KY": 0},
)
BOTH: list[tuple[CredentialType, Callable[[], dict[str, Any]], Any]] = [
    (AUTHORISATION_CREDENTIAL, authorisation_document, AUTHORISED),
    (
        DECLARATION_CREDENTIAL,
        declaration_document,
        Declaration(home_state="DE", host_state="FR"),
    ),
]


@pytest.mark.parametrize(("kind", "make", "states"), BOTH)
def test_both_forms_of_claims_say_the_same(
    kind: CredentialType, make: Callable[[], dict[str, Any]], states: Any
) -> None:
    found = read(make(), kind)
    assert found == Support(
        type=kind.name,
        holder=HOLDER,
        issuer=COMMISSION,
        window=YEAR,
        states=states,
        credential_id=make()["id"],
    )
    assert Support.from_claims(claims(make(), kind), kind) == found
    alone = make()
    alone["credentialSubject"] = [alone["credentialSubject"]]
    assert read(alone, kind) == found


def test_days_that_nobody_states_are_none() -> None:
    document = authorisation_document()
    del document["credentialSubject"]["authorisation"]["daysUsedThisYear"]
    states = read(document, AUTHORISATION_CREDENTIAL).states
    assert isinstance(states, Authorisation)
    assert states.days_used == {}


def test_an_identifier_of_its_own_is_not_needed() -> None:
    for name, reads in (("id", read), ("jti", Support.from_claims)):
        document = authorisation_document()
        if name == "jti":
            document = claims(document, AUTHORISATION_CREDENTIAL)
        del document[name]
        assert reads(document, AUTHORISATION_CREDENTIAL).credential_id is None
    document["jti"] = 7
    found = Support.from_claims(document, AUTHORISATION_CREDENTIAL)
    assert found.credential_id is None


def _subject(document: Any) -> Any:
    return document["credentialSubject"]


def _node(document: Any) -> Any:
    return _subject(document)["authorisation"]


@pytest.mark.parametrize(
    ("change", "error", "path"),
    [
        (lambda d: d["type"].pop(), MalformedValue, "$.type"),
        (lambda d: _subject(d).pop("id"), MissingFact, "$.credentialSubject.id"),
        (lambda d: _subject(d).pop("authorisation"), MissingFact, ".authorisation"),
        (
            lambda d: _subject(d).update(authorisation=[_node(d)] * 2),
            MalformedValue,
            ".authorisation",
        ),
        (lambda d: _subject(d).update(homeState="US-OH"), MalformedValue, ".homeState"),
        (lambda d: _subject(d).update(compact="X"), MalformedValue, ".compact"),
        (lambda d: _node(d).update(state="US-IN"), MalformedValue, ".state"),
        (lambda d: _node(d).pop("compact"), MissingFact, ".compact"),
        (lambda d: _node(d).update(compact=""), MalformedValue, ".compact"),
        (lambda d: _node(d).update(homeState="us-oh"), MalformedValue, ".homeState"),
        (
            lambda d: _node(d)["daysUsedThisYear"][1].update(state="US-IN"),
            MalformedValue,
            ".daysUsedThisYear.state",
        ),
        (
            lambda d: _node(d)["daysUsedThisYear"][0].pop("days"),
            MissingFact,
            ".days",
        ),
    ],
)
def test_what_is_not_of_the_vocabulary_is_refused_with_its_path(
    change: Callable[[Any], object], error: type[MedidError], path: str
) -> None:
    document = authorisation_document()
    change(document)
    with pytest.raises(error) as caught:
        read(document, AUTHORISATION_CREDENTIAL)
    assert str(caught.value.path).endswith(path)


@pytest.mark.parametrize("days", [-1, True, "3", 3.5, None, [1]])
def test_days_are_a_whole_number_from_0(days: Any) -> None:
    document = authorisation_document()
    _node(document)["daysUsedThisYear"][0]["days"] = days
    with pytest.raises(MalformedValue) as caught:
        read(document, AUTHORISATION_CREDENTIAL)
    assert str(caught.value.path).endswith("daysUsedThisYear[0].days")


def test_a_number_that_is_not_there_is_missing() -> None:
    with pytest.raises(MissingFact):
        Node(members={}, path="$", id=None).number("days")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"vct": DECLARATION_CREDENTIAL.iri}, "$.vct"),
        ({"vct": None}, "$.vct"),
        ({"sub": None}, "$.sub"),
        ({"sub": ""}, "$.sub"),
        ({"iss": 7}, "$.iss"),
        ({"kind": "APIT"}, "$.kind"),
        ({"authorisation": {"compact": "X"}}, "$.authorisation.kind"),
    ],
)
def test_claims_that_do_not_say_enough_are_refused(
    change: dict[str, Any], path: str
) -> None:
    document = claims(authorisation_document(), AUTHORISATION_CREDENTIAL)
    with pytest.raises((MissingFact, MalformedValue)) as caught:
        Support.from_claims({**document, **change}, AUTHORISATION_CREDENTIAL)
    assert caught.value.path == path


@given(st.data())
def test_no_change_of_one_member_is_read_as_another_right(data: st.DataObject) -> None:
    """Whatever becomes of one member, what is read says what the member says."""
    document = authorisation_document()
    node = _node(document)
    name = data.draw(st.sampled_from(sorted(node)))
    node[name] = data.draw(
        st.none() | st.text(max_size=5) | st.integers() | st.lists(st.text(max_size=3))
    )
    try:
        states = read(document, AUTHORISATION_CREDENTIAL).states
    except MedidError:
        return
    assert isinstance(states, Authorisation)
    said = (states.compact, states.kind, states.home_state)
    assert said == (node["compact"], node["kind"], node["homeState"])


# Drafts.

FRAME = Frame(id="urn:uuid:1", issuer=COMMISSION, window=YEAR, status=[status_entry()])


def test_a_draft_is_typed_compact_and_read_back() -> None:
    states: dict[str, Any] = {
        "compact": "PSYPACT",
        "kind": "TAP",
        "homeState": "US-OH",
        "daysUsedThisYear": [
            {"state": "US-IN", "days": 29},
            {"state": "US-KY", "days": 0},
        ],
    }
    draft: Any = support_credential(
        FRAME, AUTHORISATION_CREDENTIAL, holder=HOLDER, states=states
    )
    check_compact(draft, health.contexts())
    assert read(draft, AUTHORISATION_CREDENTIAL).states == AUTHORISED
    assert "type" not in states["daysUsedThisYear"][0]


@pytest.mark.parametrize(("kind", "make"), [(k, m) for k, m, _ in BOTH])
def test_a_draft_that_would_be_refused_is_not_signed(
    kind: CredentialType, make: Callable[[], dict[str, Any]]
) -> None:
    check_draft(make())
    changes: list[Callable[[Any], object]] = [
        lambda d: d.pop("credentialStatus"),
        lambda d: d.update({"@context": d["@context"][:1]}),
        lambda d: d["credentialSubject"].pop("id"),
        lambda d: d["credentialSubject"].pop("type"),
        lambda d: next(
            one for one in d["credentialSubject"].values() if isinstance(one, dict)
        ).update(homeState="Ohio"),
    ]
    for change in changes:
        document = make()
        change(document)
        with pytest.raises((MalformedValue, MissingFact)):
            check_draft(document)
    assert kind in SUPPORT_CREDENTIALS


def test_an_empty_list_of_days_is_not_signed() -> None:
    document = authorisation_document()
    _node(document)["daysUsedThisYear"] = []
    with pytest.raises(MalformedValue):
        check_draft(document)
    assert read(document, AUTHORISATION_CREDENTIAL).holder == HOLDER
