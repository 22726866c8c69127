"""Scenario files: three spellings, one reader, and its limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from medid.access.scenario_files import LIMITS, MAX_SCENARIOS, read, without_remarks
from medid.errors import MalformedValue, MedidError, ParsingError, TooLarge

if TYPE_CHECKING:
    from medid.core.json import JsonObject

ONE = {"id": "a", "request": {"time": "now"}}


def test_one_object_an_array_or_json_lines() -> None:
    line = json.dumps(ONE)
    assert read(line) == read(line.encode()) == read(json.dumps(ONE, indent=1)) == [ONE]
    assert read(f"[{line}, {line}]") == [ONE, ONE]
    assert read(f"{line}\n{line}\n") == read(f"\n{line}\r\n\n{line}") == [ONE, ONE]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ("", "$"),
        ("[]", "$"),
        ("{", "$"),
        ("1", "$"),
        ("null", "$"),
        ("[1]", "$[0]"),
        ("{}{}", "$"),
        ('{"a": 1}\n{"a": 1, "a": 2}', "$[1].a"),
        (b"\xff", "$"),
        ('{"id": "a"}\n{"id"', "$[1].id"),
        (b'{"id": "a"}\n{"id": "\xff"}', "$[1]"),
    ],
)
def test_what_is_no_scenario_file_is_refused(data: bytes | str, path: str) -> None:
    with pytest.raises(MedidError) as caught:
        read(data)
    assert caught.value.path == path


def test_a_file_may_be_larger_than_a_document_and_has_a_limit() -> None:
    assert len(read("[" + ",".join(["{}"] * MAX_SCENARIOS) + "]")) == MAX_SCENARIOS
    with pytest.raises(ParsingError):
        read("[" + ",".join(["{}"] * (MAX_SCENARIOS + 1)) + "]")
    lines = "{}\n{}\n" + (" " * 65_535 + "\n") * (LIMITS.max_bytes // 65_536)
    assert read(lines[: LIMITS.max_bytes]) == [{}, {}]
    for data in (" " * (LIMITS.max_bytes + 1), lines[: LIMITS.max_bytes + 1]):
        with pytest.raises(TooLarge):
            read(data)


def test_remarks_are_left_out_and_slips_are_refused() -> None:
    known = {"consents", "request"}
    stated: JsonObject = {"consents": [], "clause": "E10", "author": {"any": "form"}}
    assert without_remarks(stated, known, "$") == {"consents": []}
    for slip in ("consent", "requests", "Consents"):
        with pytest.raises(MalformedValue) as caught:
            without_remarks({slip: []}, known, "$.x")
        assert caught.value.path == f"$.x.{slip}"
        assert "did you mean" in caught.value.fix
