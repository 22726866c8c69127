"""The tokens of pages: of one length, for one request, one caller and five minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access.authzen_pages import MAX_RESULTS, SEARCH_LIFETIME, Pages, Place
from medid.access.catalogue import MAX_ID
from medid.core import base64url
from medid.errors import ConfigurationError, MalformedValue
from tests.access.world import AT
from tests.support import examples

PAGES = Pages(key=b"k" * 32, caller="gateway")
REQUEST: dict[str, Any] = {
    "subject": {"type": "practitioner", "id": "did:example:1"},
    "action": {"name": "access"},
    "resource": {"type": "Observation", "properties": {"patient": "Patient/1"}},
    "context": {"mode": "in-person"},
}
PLACE = Place(started=AT, limit=10, after="Observation/secret")


def going_on(request: Any, token: str, **page: Any) -> Any:
    return {**request, "page": {**request.get("page", {}), **page, "token": token}}


def refused(document: Any, pages: Pages = PAGES, at: Any = AT) -> str:
    with pytest.raises(MalformedValue) as found:
        pages.place(document, at=at)
    assert found.value.path == "$.page.token"
    return str(found.value)


def test_a_search_begins_at_the_beginning() -> None:
    for page, limit in (
        (None, MAX_RESULTS),
        ({}, MAX_RESULTS),
        ({"properties": {"sort": "x"}}, MAX_RESULTS),
        ({"limit": 0}, 0),
        ({"limit": 20}, 20),
        ({"limit": MAX_RESULTS + 1}, MAX_RESULTS),
        ({"limit": 2**53}, MAX_RESULTS),
    ):
        asked = REQUEST if page is None else {**REQUEST, "page": page}
        assert PAGES.place(asked, at=AT) == Place(started=AT, limit=limit)


@pytest.mark.parametrize(
    ("page", "path"),
    [
        (None, "$.page"),
        ([], "$.page"),
        ("x", "$.page"),
        ({"limit": -1}, "$.page.limit"),
        ({"limit": True}, "$.page.limit"),
        ({"limit": 2.0}, "$.page.limit"),
        ({"limit": "2"}, "$.page.limit"),
        ({"limit": None}, "$.page.limit"),
        ({"token": 1}, "$.page.token"),
        ({"token": None}, "$.page.token"),
    ],
)
def test_a_page_of_another_form_is_refused(page: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as found:
        PAGES.place({**REQUEST, "page": page}, at=AT)
    assert found.value.path == path


@given(
    after=st.none() | st.text("a/é\ud800", max_size=MAX_ID // 4),
    limit=st.integers(0, MAX_RESULTS),
    age=st.integers(0, SEARCH_LIFETIME - 1),
    promised=st.booleans(),
)
@settings(max_examples=examples(30), deadline=None)
def test_a_token_leads_back_to_its_place(
    after: str | None, limit: int, age: int, *, promised: bool
) -> None:
    place = Place(started=AT, limit=limit, after=after, promised=promised)
    token = PAGES.token(REQUEST, place)
    found = PAGES.place(going_on(REQUEST, token), at=AT.plus(age))
    assert found == replace(place, resumed=True)


def test_every_token_has_one_length_and_shows_nothing() -> None:
    tokens = [
        PAGES.token(REQUEST, Place(started=AT, limit=limit, after=after))
        for limit, after in ((0, None), (1000, ""), (5, "x" * MAX_ID), (1, "secret"))
        for _ in range(5)
    ]
    assert len({len(token) for token in tokens}) == 1
    assert len(set(tokens)) == len(tokens)
    assert all(b"secret" not in base64url.decode(token) for token in tokens)
    assert "secret" not in repr(PLACE)
    assert "kkkk" not in repr(PAGES)


def test_a_token_takes_the_longest_id() -> None:
    place = Place(started=AT, limit=1, after="é" * (MAX_ID // 2))
    token = PAGES.token(REQUEST, place)
    assert PAGES.place(going_on(REQUEST, token), at=AT).after == place.after


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": {"type": "practitioner", "id": "did:example:2"}},
        {"action": {"name": "use"}},
        {"resource": {**REQUEST["resource"], "type": "Condition"}},
        {"resource": {**REQUEST["resource"], "properties": {"patient": "Patient/2"}}},
        {"context": {}},
        {"page": {"limit": 11}},
        {"page": {"properties": {"sort": "x"}}},
    ],
)
def test_a_token_goes_with_its_request_alone(changes: Any) -> None:
    token = PAGES.token(REQUEST, PLACE)
    refused(going_on({**REQUEST, **changes}, token))


def test_a_token_goes_with_its_limit_or_none() -> None:
    asked = {**REQUEST, "page": {"limit": 10}}
    token = PAGES.token(asked, PLACE)
    for page in ({}, {"limit": 10}):
        found = PAGES.place(going_on(REQUEST, token, **page), at=AT)
        assert (found.limit, found.resumed) == (10, True)
    large = PAGES.token(REQUEST, Place(started=AT, limit=MAX_RESULTS))
    assert PAGES.place(going_on(REQUEST, large, limit=5_000), at=AT).resumed


def test_what_nobody_knows_and_the_order_of_members_do_not_matter() -> None:
    token = PAGES.token(REQUEST, PLACE)
    turned = dict(reversed(REQUEST.items()))
    assert PAGES.place(going_on({**turned, "foo": 1}, token), at=AT).resumed


def test_a_token_ends_with_its_search() -> None:
    token = PAGES.token(REQUEST, PLACE)
    for age in (SEARCH_LIFETIME, SEARCH_LIFETIME + 1, -1):
        refused(going_on(REQUEST, token), at=AT.plus(age))
    last = AT.plus(SEARCH_LIFETIME - 1)
    assert PAGES.place(going_on(REQUEST, token), at=last).resumed


def test_whatever_is_wrong_with_a_token_is_told_alike() -> None:
    token = PAGES.token(REQUEST, PLACE)
    asked = going_on(REQUEST, token)
    told = {
        refused(going_on(REQUEST, "")),
        refused(going_on(REQUEST, "x")),
        refused(going_on(REQUEST, "=" * len(token))),
        refused(going_on(REQUEST, "A" * len(token))),
        refused(going_on(REQUEST, token + "A")),
        refused(going_on(REQUEST, token[:-4] + "AAAA")),
        refused(asked, Pages(key=b"l" * 32, caller="gateway")),
        refused(asked, Pages(key=b"k" * 32, caller="another")),
        refused(asked, at=AT.plus(SEARCH_LIFETIME)),
        refused(going_on(REQUEST, token, limit=11)),
    }
    assert len(told) == 1


def test_a_key_of_another_length_seals_nothing() -> None:
    with pytest.raises(ConfigurationError):
        Pages(key=b"short")
