"""One line of a log, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medid.core import jcs
from medid.core.json import dumps
from medid.dids.webvh import entries
from medid.errors import InvalidDidLog, MalformedProof, MedidError, TooLarge
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

ENTRY = logs.first("a")


def test_an_entry_is_what_its_line_says() -> None:
    found = entries.read(dumps(ENTRY))
    assert found.raw == ENTRY
    assert (
        f"{found.number}-{found.entry_hash}" == found.version_id == ENTRY["versionId"]
    )
    assert found.version_time == logs.NOON
    assert found.time_text == str(logs.NOON)
    assert len(found.proofs) == 1


@pytest.mark.parametrize(
    "time", ["2026-06-01T12:00:00+00:00", "2026-06-01T12:00:00.5Z"]
)
def test_the_canonical_text_is_that_of_the_whole_entry(time: str) -> None:
    state = ENTRY["state"]
    assert isinstance(state, dict)
    odd: JsonObject = {
        **state,
        "\u00e9": [1.5, "\u20ac"],
        "\U0001f600": None,
        "\ufb33": True,
    }
    entry: JsonObject = {**ENTRY, "versionTime": time, "state": odd}
    found = entries.read(dumps(entry))
    bare = {name: value for name, value in entry.items() if name != "proof"}
    assert found.canonical(found.version_id) == jcs.canonicalize(bare)
    assert found.canonical("x") == jcs.canonicalize({**bare, "versionId": "x"})


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("versionId", None, "$.versionId"),
        ("versionId", "1", "$.versionId"),
        ("versionId", "1-", "$.versionId"),
        ("versionId", "1-Qm", "$.versionId"),
        ("versionId", f"0{ENTRY['versionId']}", "$.versionId"),
        ("versionId", f"-{ENTRY['versionId']}", "$.versionId"),
        ("versionId", f"0-{str(ENTRY['versionId'])[2:]}", "$.versionId"),
        ("versionId", f"1--{str(ENTRY['versionId'])[2:]}", "$.versionId"),
        ("versionId", f"{'9' * 10}-{str(ENTRY['versionId'])[2:]}", "$.versionId"),
        ("versionId", f"{ENTRY['versionId']}\n", "$.versionId"),
        ("versionId", f"\u0661-{str(ENTRY['versionId'])[2:]}", "$.versionId"),
        ("versionTime", "2026-06-01T12:00:00", "$.versionTime"),
        ("versionTime", "2026-06-01T12:00:00+01:00", "$.versionTime"),
        ("versionTime", "2026-06-01T12:00:00-00:00", "$.versionTime"),
        ("versionTime", "2026-06-31T12:00:00Z", "$.versionTime"),
        ("versionTime", "Z", "$.versionTime"),
        ("versionTime", 7, "$.versionTime"),
        ("parameters", [], "$.parameters"),
        ("state", None, "$.state"),
        ("proof", {}, "$.proof"),
        ("proof", None, "$.proof"),
        ("proof", [], "$.proof"),
        ("proof", [7], "$.proof[0]"),
        ("more", 1, "$.more"),
    ],
)
def test_another_form_is_refused(name: str, value: JsonValue, path: str) -> None:
    with pytest.raises(MedidError) as caught:
        entries.read(dumps({**ENTRY, name: value}))
    assert caught.value.path == path


@pytest.mark.parametrize("name", list(ENTRY))
def test_no_member_may_be_missing(name: str) -> None:
    with pytest.raises(MedidError) as caught:
        entries.read(dumps({key: value for key, value in ENTRY.items() if key != name}))
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize("line", ["", "[]", "{", '{"a":1,"a":1}', "\ufeff{}", "{} {}"])
def test_a_line_is_one_object_of_strict_json(line: str) -> None:
    with pytest.raises(MedidError):
        entries.read(line)


def test_a_line_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        entries.read(dumps(ENTRY) + " " * entries.MAX_ENTRY_BYTES)


def test_what_went_wrong_says_what_it_means_of_the_log() -> None:
    found = entries.refused(MalformedProof("wrong", path="$.proof"), "$[3]")
    assert type(found) is InvalidDidLog
    assert (found.message, found.path) == ("wrong", "$[3].proof")
    assert type(entries.refused(TooLarge("long"), "$")) is TooLarge
