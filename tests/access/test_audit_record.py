"""A record is read back as it was written, and nothing else is read as one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.audit_reading import read_record
from medid.access.audit_record import MAX_RELEASED
from medid.access.decision import Outcome
from medid.core.instant import Instant
from medid.core.json import dumps, loads
from medid.errors import MalformedValue, MedidError, TooLarge
from tests.access.audit_world import BARE, FULL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.audit_record import DecisionRecord


def written(record: DecisionRecord = FULL) -> Any:
    return loads(dumps(record.as_json()))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every member and element of ``value`` stands."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, name))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def jsonpath(path: tuple[Any, ...]) -> str:
    return "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)


OBJECTS = [(), *(p for p in places(written()) if isinstance(at(written(), p), dict))]
MEMBERS = [p for p in places(written()) if isinstance(p[-1], str)]


@pytest.mark.parametrize("record", [FULL, BARE])
def test_a_record_is_read_back_as_it_was_written(record: DecisionRecord) -> None:
    assert read_record(written(record)) == record
    assert read_record(written(record)).as_json() == record.as_json()


def test_an_unknown_member_is_refused_wherever_it_stands() -> None:
    for path in OBJECTS:
        document = written()
        at(document, path)["unknown"] = 1
        with pytest.raises(MalformedValue) as caught:
            read_record(document)
        assert caught.value.path == f"{jsonpath(path)}.unknown"


def test_no_member_may_be_of_another_kind() -> None:
    for path in MEMBERS:
        for wrong in (None, 5, [["x"]], {"x": 1}):
            document = written()
            at(document, path[:-1])[path[-1]] = wrong
            with pytest.raises(MedidError) as caught:
                read_record(document)
            assert caught.value.path.startswith(jsonpath(path))


OPTIONAL = {
    ("expires",),
    ("decidedBy",),
    ("license",),
    ("license", "issuer"),
    ("license", "key"),
    ("supports",),
    ("supports", 0, "issuer"),
    ("supports", 0, "key"),
    ("request", "breakGlass"),
    ("reasons", 0, "credential"),
    ("reasons", 1, "credential"),
    ("reasons", 1, "message"),
    ("reasons", 1, "path"),
    ("reasons", 1, "rule"),
    ("sources", "presentation"),
    ("sources", "evidence"),
    ("sources", "trust"),  # of what was not judged, because trust was unknown
    ("sources", "policy"),
    ("sources", "overlays"),
    ("license", "chains", 0, "trustMark"),
    *(
        (where, *index, "chains", *inner)
        for where, *index in (("license",), ("consents", 0))
        for inner in (
            (),
            (0, "validFrom"),
            (0, "validUntil"),
            (0, "links", 0, "url"),
            (0, "links", 0, "validFrom"),
            (0, "links", 0, "validUntil"),
        )
    ),
    ("license", "chains", 0, "trustMark", "validFrom"),
    ("license", "chains", 0, "trustMark", "validUntil"),
}


def test_a_missing_member_is_missed_unless_it_may_be_absent() -> None:
    for path in MEMBERS:
        document = written()
        del at(document, path[:-1])[path[-1]]
        if path in OPTIONAL:
            assert "missing" not in dumps(read_record(document).as_json())
            continue
        with pytest.raises(MalformedValue):
            read_record(document)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("format",), "medid decision record 2", "$.format"),
        (("kind",), "guess", "$.kind"),
        (("outcome",), "perhaps", "$.outcome"),
        (("time",), "soon", "$.time"),
        (("expires",), "soon", "$.expires"),
        (("request", "digest"), "AB" * 32, "$.request.digest"),
        (("sources", "evidence"), "ab" * 31, "$.sources.evidence"),
        (("request", "purposeOfUse"), [], "$.request.purposeOfUse"),
        (("request", "resources"), ["x"], "$.request.resources[0]"),
        (("proven",), False, "$.proven"),
        (("kind",), "decision", "$.compilation"),
    ],
)
def test_what_makes_no_sense_is_refused(
    path: tuple[str, ...], value: Any, where: str
) -> None:
    document = written()
    at(document, path[:-1])[path[-1]] = value
    with pytest.raises(MalformedValue) as caught:
        read_record(document)
    assert caught.value.path == where


def test_a_denial_may_belong_to_a_compilation_and_a_release_has_to() -> None:
    document = written()
    document |= {"kind": "decision", "outcome": "deny"}
    assert read_record(document).compilation is not None
    document["kind"] = "compilation"
    with pytest.raises(MalformedValue) as caught:
        read_record(document)
    assert caught.value.path == "$.compilation"
    document["kind"] = "release"
    del document["compilation"]
    with pytest.raises(MalformedValue) as caught:
        read_record(document)
    assert caught.value.path == "$.compilation"


def test_only_a_compilation_may_lack_an_outcome() -> None:
    document = written()
    del document["outcome"]
    with pytest.raises(MalformedValue) as caught:
        read_record(document)
    assert caught.value.path == "$.outcome"
    document["kind"] = "compilation"
    del document["compilation"]
    assert read_record(document).outcome is None


@pytest.mark.parametrize("member", ["requester", "request"])
def test_nothing_is_permitted_to_nobody(member: str) -> None:
    document = written()
    del document[member]
    with pytest.raises(MalformedValue) as caught:
        read_record(document)
    assert caught.value.path == "$.proven"


def test_a_record_of_too_many_resources_is_too_large() -> None:
    document = written()
    one = document["request"]["resources"][0]
    document["request"]["resources"] = [one] * MAX_RELEASED
    assert read_record(document).asked is not None
    document["request"]["resources"] = [one] * (MAX_RELEASED + 1)
    with pytest.raises(TooLarge):
        read_record(document)


def test_a_path_can_be_put_before() -> None:
    with pytest.raises(MalformedValue) as caught:
        read_record([], path="$[7]")
    assert caught.value.path == "$[7]"


def test_a_record_shows_nobody_in_its_repr() -> None:
    shown = repr(FULL)
    for secret in ("did:example:dr", "Patient/p-9", "Observation/1", "unconscious"):
        assert secret not in shown
    assert "C#provision" not in shown


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@st.composite
def records(draw: st.DrawFn) -> DecisionRecord:
    """Records with whatever text stands in them."""
    document = copy.deepcopy(written())
    for path in MEMBERS:
        name = path[-1]
        if name in {"patient", "id", "requester", "decidedBy", "breakGlass", "path"}:
            at(document, path[:-1])[name] = draw(TEXTS)
    moment = st.integers(0, 4 * 10**18).map(Instant)
    document["time"] = str(draw(moment))
    document["outcome"] = draw(st.sampled_from([*Outcome]))
    return read_record(document)


@given(records())
def test_any_record_survives_its_json(record: DecisionRecord) -> None:
    assert read_record(loads(dumps(record.as_json()))) == record
