"""A host can shorten how long its answer is used, and never lengthen it."""

from __future__ import annotations

from email import message_from_string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters import freshness
from medid.adapters.cache_policy import CachePolicy
from medid.core.fetch import NO_VALIDATORS, Freshness, Validators
from medid.errors import ConfigurationError, FetchBlocked

DATE = "Date: Mon, 01 Jun 2026 12:00:00 GMT"


def stated(*fields: str) -> Freshness:
    return freshness.stated(message_from_string("\n".join(fields) + "\n\n"))


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ((), None),
        (("Cache-Control: public",), None),
        (("Cache-Control: max-age=60",), 60),
        (('Cache-Control: public, MAX-AGE="60"',), 60),
        (("Cache-Control: max-age=60, s-maxage=5",), 5),
        (("Cache-Control: max-age=5", "Cache-Control: max-age=60"), 5),
        (("Cache-Control: max-age=99999999999999999999",), 0),
        (("Cache-Control: max-age=9999999999",), freshness.MAX_SECONDS),
        (("Cache-Control: max-age=-1",), 0),
        (("Cache-Control: max-age=1_0",), 0),
        (("Cache-Control: max-age=",), 0),
        (("Cache-Control: max-age",), 0),
        (("Cache-Control: max-age=\u0663",), 0),
        (("Cache-Control: no-cache, max-age=60",), 0),
        (("Cache-Control: max-age=60", "Age: 20"), 40),
        (("Cache-Control: max-age=60", "Age: 100"), 0),
        (("Cache-Control: max-age=60", "Age: 1", "Age: 30"), 30),
        (("Cache-Control: max-age=60", "Age: old"), 0),
        ((DATE, "Expires: Mon, 01 Jun 2026 12:01:00 GMT"), 60),
        ((DATE, "Expires: Mon, 01 Jun 2026 11:00:00 GMT"), 0),
        ((DATE, "Expires: Mon, 01 Jun 2026 12:01:00 GMT", "Age: 59"), 1),
        ((DATE, "Expires: 0"), 0),
        (("Expires: Mon, 01 Jun 2026 12:01:00 GMT",), 0),
        ((DATE, DATE, "Expires: Mon, 01 Jun 2026 12:01:00 GMT"), 0),
        ((DATE, "Expires: Mon, 01 Jun 2026 12:01:00 -0000"), 0),
        ((DATE, "Expires: Mon, 99 Jun 2026 12:01:00 GMT"), 0),
        (
            (
                DATE,
                "Expires: Mon, 01 Jun 2026 13:00:00 GMT",
                "Cache-Control: max-age=7",
            ),
            7,
        ),
        (("Age: 10",), None),
    ],
)
def test_the_shortest_time_that_is_stated_counts(
    fields: tuple[str, ...], seconds: float | None
) -> None:
    found = stated(*fields)
    assert found.seconds == seconds
    assert found.store


@pytest.mark.parametrize(
    "field",
    [
        "Cache-Control: no-store",
        "Cache-Control: max-age=60, No-Store",
        'Cache-Control: private="set-cookie"',
        "Cache-Control: private",
        "Vary: *",
        "Vary: Accept, Cookie",
        "Vary: Authorization",
    ],
)
def test_what_is_not_for_everybody_is_not_kept(field: str) -> None:
    assert stated(field, 'ETag: "1"') == Freshness(seconds=0, store=False)


@pytest.mark.parametrize("field", ["Vary: Accept", "Vary: accept-encoding, Origin,"])
def test_what_varies_by_what_is_alike_is_kept(field: str) -> None:
    assert stated(field).store


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (('ETag: "a-1"',), Validators(etag='"a-1"')),
        (('ETag: W/"1"',), Validators(etag='W/"1"')),
        ((DATE.replace("Date", "Last-Modified"),), Validators(last_modified=DATE[6:])),
        (('ETag: "1"', 'ETag: "2"'), NO_VALIDATORS),
        (("ETag: 1",), NO_VALIDATORS),
        (('ETag: "a b"',), NO_VALIDATORS),
        (('ETag: "\xfc"',), NO_VALIDATORS),
        (('ETag: "' + "x" * 257 + '"',), NO_VALIDATORS),
        (('ETag: "1"', "Last-Modified: yesterday; DROP"), NO_VALIDATORS),
        (("Last-Modified: 1",), NO_VALIDATORS),
    ],
)
def test_only_what_can_be_sent_back_safely_is_kept_to_ask_with(
    fields: tuple[str, ...], found: Validators
) -> None:
    assert stated(*fields).validators == found


def test_no_cache_keeps_a_document_to_ask_about_only() -> None:
    found = stated("Cache-Control: no-cache", 'ETag: "1"')
    assert found == Freshness(seconds=0, validators=Validators(etag='"1"'))


def test_what_is_known_is_asked_about_with_both() -> None:
    known = Validators(etag='"1"', last_modified="Mon, 01 Jun 2026 12:00:00 GMT")
    assert list(freshness.conditions(known)) == [
        'If-None-Match: "1"',
        "If-Modified-Since: Mon, 01 Jun 2026 12:00:00 GMT",
    ]
    assert list(freshness.conditions(NO_VALIDATORS)) == []


@pytest.mark.parametrize(
    "known",
    [
        Validators(etag='"1"\r\nX-Evil: 1'),
        Validators(etag='"1"\n'),
        Validators(last_modified="Mon, 01 Jun 2026\r\nX-Evil: 1"),
    ],
)
def test_what_is_known_cannot_smuggle_a_field(known: Validators) -> None:
    with pytest.raises(FetchBlocked):
        freshness.checked(known)


@given(
    control=st.text('max-age=0129,;" \xfc', max_size=40),
    age=st.text("0123456789.-x ", max_size=8),
    seconds=st.integers(0, 600),
)
def test_whatever_else_is_said_a_host_never_gets_more_than_it_stated(
    control: str, age: str, seconds: int
) -> None:
    found = stated(f"Cache-Control: {control}, max-age={seconds}", f"Age: {age}")
    assert found.seconds is not None
    assert 0 <= found.seconds <= seconds
    assert CachePolicy().lifetime("did-document", found) <= min(seconds, 300)


@pytest.mark.parametrize("bad", [-1, float("inf"), float("nan")])
def test_a_lifetime_without_end_is_refused(bad: float) -> None:
    for settings in ({"otherwise": bad}, {"negative": bad}, {"lifetimes": {"x": bad}}):
        with pytest.raises(ConfigurationError):
            CachePolicy(**settings)


def test_what_can_be_asked_about_is_worth_keeping_for_longer() -> None:
    known = Freshness(seconds=1, validators=Validators(etag='"1"'))
    policy = CachePolicy()
    assert policy.keeping("schema", known) == 86_400
    assert policy.keeping("schema", Freshness(seconds=1)) == 1
    assert CachePolicy(otherwise=100_000).keeping("", known) == 86_400
