"""FHIR's data types: strict where a consent could hide a refusal."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from medid.core.instant import Instant
from medid.errors import MalformedValue
from medid.health.codes import Coding
from medid.health.consent_tree import Span
from medid.health.fhir_values import (
    coding,
    concept,
    date_time,
    elements,
    identifier,
    moment,
    period,
    reference,
)

SYSTEM = "http://example.org/codes"


def at(text: str) -> Instant:
    return Instant.parse(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2026-02", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2026-02-28", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2024-02-28", "2024-02-28T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("2026-12-31", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2026-06-15T12:00:00Z", "2026-06-15T12:00:00Z", "2026-06-15T12:00:01Z"),
        ("2026-06-15T12:00:00.5Z", "2026-06-15T12:00:00.5Z", "2026-06-15T12:00:00.6Z"),
        (
            "2026-06-15T12:00:00.1234567891Z",
            "2026-06-15T12:00:00.123456789Z",
            "2026-06-15T12:00:00.12345679Z",
        ),
        ("2026-06-15T12:00:00+02:00", "2026-06-15T10:00:00Z", "2026-06-15T10:00:01Z"),
        ("9999-12-31", "9999-12-31T00:00:00Z", "10000-01-01T00:00:00Z"),
        ("9999", "9999-01-01T00:00:00Z", "10000-01-01T00:00:00Z"),
        ("0001", "0001-01-01T00:00:00Z", "0002-01-01T00:00:00Z"),
    ],
)
def test_a_time_covers_what_its_last_digit_says(
    text: str, start: str, end: str
) -> None:
    assert date_time(text, "$", UTC) == (at(start), at(end))


@pytest.mark.parametrize(
    ("text", "zone", "start", "hours"),
    [
        ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00Z", 23),
        ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00Z", 25),
        ("2026-06-15", "America/New_York", "2026-06-15T04:00:00Z", 24),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z", 23),
    ],
)
def test_a_day_lasts_from_local_midnight_to_local_midnight(
    text: str, zone: str, start: str, hours: int
) -> None:
    first, last = date_time(text, "$", ZoneInfo(zone))
    assert (first, last.since(first)) == (at(start), hours * 3600)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26",
        "0000",
        "2026-13",
        "2026-02-29",
        "2026-00",
        "2026-06-15T12:00:00",
        "2026-06-15T12:00Z",
        "2026-06-15 12:00:00Z",
        "2026-06-15\n",
        "\u0662\u0660\u0662\u0666",
        "*",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        date_time(text, "$.x", UTC)
    assert caught.value.path == "$.x"


def test_a_moment_is_a_span() -> None:
    assert moment("2026", "$", UTC) == Span(
        start=at("2026-01-01T00:00:00Z"), end=at("2027-01-01T00:00:00Z")
    )
    with pytest.raises(MalformedValue):
        moment(2026, "$", UTC)


def test_periods_hold_both_of_their_ends() -> None:
    start, end = at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z")
    assert period({"start": "2026-01", "end": "2026-01"}, "$", UTC) == Span(
        start=start, end=end
    )
    assert period({"start": "2026-01"}, "$", UTC) == Span(start=start)
    assert period({"end": "2026-01"}, "$", UTC) == Span(end=end)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"start": ""},
        {"start": None},
        {"begin": "2026"},
        {"start": "2026", "stop": "2027"},
        {"start": "2027", "end": "2026"},
        {"start": "2026-01-02", "end": "2026-01-01"},
    ],
)
def test_a_malformed_period_is_refused(value: Any) -> None:
    with pytest.raises(MalformedValue):
        period(value, "$", UTC)


def test_a_coding_needs_system_and_code() -> None:
    assert coding({"system": SYSTEM, "code": "a", "display": "A"}, "$") == Coding(
        SYSTEM, "a"
    )
    wrong: list[Any] = [
        {"system": SYSTEM},
        {"code": "a"},
        {"system": SYSTEM, "kode": "a"},
        {"system": SYSTEM, "code": "a", "not": True},
    ]
    for value in wrong:
        with pytest.raises(MalformedValue):
            coding(value, "$")


def test_a_concept_needs_a_coding() -> None:
    both: list[Any] = [{"system": SYSTEM, "code": "a"}, {"system": SYSTEM, "code": "b"}]
    assert concept({"coding": [*both], "text": "A"}, "$") == (
        Coding(SYSTEM, "a"),
        Coding(SYSTEM, "b"),
    )
    wrong: list[Any] = [{"text": "A"}, {"coding": []}, {"coding": {}}, {"coding": [1]}]
    wrong.append({"coding": both, "not": True})
    for value in wrong:
        with pytest.raises(MalformedValue):
            concept(value, "$")


def test_elements_tell_their_paths() -> None:
    assert [path for _, path in elements({"a": [{}, {}]}, "a", "$")] == [
        "$.a[0]",
        "$.a[1]",
    ]
    with pytest.raises(MalformedValue, match=r"\$\.a\[1\]"):
        list(elements({"a": [{}, None]}, "a", "$"))


def test_references_are_literal_logical_or_neither() -> None:
    npi: Any = {"system": "urn:oid:2.16.840.1.113883.4.6", "value": "1"}
    assert reference({"reference": "Patient/1", "display": "P"}, "$") == (
        "Patient/1",
        None,
    )
    assert reference({"identifier": npi}, "$") == (
        None,
        ("http://hl7.org/fhir/sid/us-npi", "1"),
    )
    assert reference({"display": "P"}, "$") == (None, None)
    with pytest.raises(MalformedValue):
        reference({"ref": "Patient/1"}, "$")
    assert identifier({"value": "1"}, "$") is None
    assert identifier({"system": SYSTEM}, "$") is None


def test_spans_contain_cover_and_overlap_half_open() -> None:
    early, late, last = (at(f"2026-01-0{day}T00:00:00Z") for day in (1, 2, 3))
    span = Span(start=early, end=late)
    assert span.contains(early)
    assert not span.contains(late)
    assert Span(start=late).contains(last)
    assert not Span(start=late).contains(early)
    assert Span().covers(span)
    assert not span.covers(Span())
    assert not span.covers(Span(start=early))
    assert not span.covers(Span(end=late))
    assert span.covers(span)
    assert not span.overlaps(Span(start=late, end=last))
    assert not Span(start=late, end=last).overlaps(span)
    assert Span(start=early).overlaps(Span(start=late))
    assert Span().overlaps(span)
    assert span.overlaps(Span())
