from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.explain_reading import MAX_DECISION_BYTES
from medid.access.explaining import (
    as_html_page,
    as_json,
    as_operation_outcome,
    as_text,
    explain,
    read_decision,
)
from medid.core.json import dumps
from tests.access.world import NOTE, START, World

if TYPE_CHECKING:
    from pathlib import Path

    from medid.access.decision import Decision
    from tests.cli.conftest import Command

CANARY = "Amelia Canaryfeather"


@pytest.fixture(scope="module")
def denied(world: World) -> Decision:
    return world.verifier().decide(world.shown(), world.asks("TREAT", NOTE))


@pytest.fixture
def file(denied: Decision, tmp_path: Path) -> Path:
    place = tmp_path / "decision.json"
    place.write_text(dumps(denied.as_json(), indent=2))
    return place


def test_a_decision_is_told_in_words(
    medid: Command, file: Path, denied: Decision
) -> None:
    told = medid("explain", file)
    assert (told.code, told.err) == (0, "")
    assert told.out == as_text(explain(denied)) + "\n"
    assert "CONSENT_DENY" in told.out


@pytest.mark.parametrize("public", [[], ["--public"]])
def test_each_format_is_that_of_the_library(
    medid: Command, file: Path, denied: Decision, public: list[str]
) -> None:
    whole = explain(denied)
    shown = whole.public() if public else whole
    told = {
        name: medid("explain", file, "--format", name, *public)
        for name in ("text", "json", "html", "fhir")
    }
    assert {one.code for one in told.values()} == {0}
    assert told["text"].out == as_text(shown) + "\n"
    assert told["json"].json() == as_json(shown)
    assert told["html"].out == as_html_page(shown)
    assert told["fhir"].json() == as_operation_outcome(shown)
    for one in told.values():
        assert ("CONSENT_DENY" in one.out) is not bool(public)


def test_json_is_one_line(medid: Command, file: Path, denied: Decision) -> None:
    for flags in (["--json"], ["--json", "--format", "json"]):
        told = medid("explain", file, *flags)
        assert told.lines() == [as_json(explain(denied))]
    told = medid("explain", file, "--json", "--format", "fhir")
    assert told.lines() == [as_operation_outcome(explain(denied))]
    assert medid("explain", file, "--format", "json").out.count("\n") > 10


@pytest.mark.parametrize("form", ["text", "html"])
def test_text_and_html_are_no_json(medid: Command, file: Path, form: str) -> None:
    told = medid("explain", file, "--json", "--format", form)
    assert told.code == 2
    assert told.json()["error"]["code"] == "CONFIGURATION_ERROR"


def test_what_decide_prints_is_read(
    medid: Command, folder: Path, tmp_path: Path, stdin: Any
) -> None:
    call = [
        "decide",
        *("--presentation", str(folder / "presentation.json")),
        *("--request", str(folder / "request.json")),
        *("--trust", str(folder / "trust.json")),
        *("--evidence", str(folder / "evidence.json")),
        "--offline",
    ]
    for flags in ([], ["--json"]):
        stdin(medid(*call, *flags).out.encode())
        told = medid("explain", "-")
        assert (told.code, told.err) == (0, "")
        assert told.out.startswith("permit: Access is permitted.\n")
    stdin(medid(*call, "--public").out.encode())
    told = medid("explain", "-")
    assert (told.code, told.out) == (2, "")
    assert "without --public" in told.err


def test_any_two_refusals_are_alike_in_public(
    medid: Command, file: Path, tmp_path: Path
) -> None:
    other = World()
    other.suspend(START.plus(30))
    suspended = other.verifier().decide(other.shown(), other.asks())
    second = tmp_path / "second.json"
    second.write_text(dumps(suspended.as_json()))
    for form in ("text", "json", "html", "fhir"):
        flags = ("--format", form, "--public")
        assert medid("explain", file, *flags) == medid("explain", second, *flags)
        assert medid("explain", file, "--format", form) != medid(
            "explain", second, "--format", form
        )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"decision": true, "context": {}}',
        b'{"error": {"code": "CONFIGURATION_ERROR"}}',
        b'{"decision": false, "decision": true}',
        json.dumps({"decision": CANARY, "context": {CANARY: CANARY}}).encode(),
        b" " * (MAX_DECISION_BYTES + 1),
    ],
)
def test_what_cannot_be_read_exits_with_2(
    medid: Command, tmp_path: Path, content: bytes
) -> None:
    place = tmp_path / "bad.json"
    place.write_bytes(content)
    for flags in ([], ["--json"], ["--format", "html"], ["--public"]):
        told = medid("explain", place, *flags)
        assert told.code == 2
        assert told.out.count("\n") + told.err.count("\n") == 1
        assert CANARY not in told.out + told.err
        assert "Traceback" not in told.err


def test_what_lies_beyond_the_limit_is_not_left_out(
    medid: Command, tmp_path: Path, denied: Decision
) -> None:
    place = tmp_path / "long.json"
    place.write_text(dumps(denied.as_json()).ljust(MAX_DECISION_BYTES))
    assert medid("explain", place).code == 0
    place.write_text(dumps(denied.as_json()).ljust(MAX_DECISION_BYTES + 1))
    told = medid("explain", place)
    assert (told.code, told.out) == (2, "")
    assert "TOO_LARGE" in told.err


def test_a_file_that_is_not_there_exits_with_2(medid: Command, tmp_path: Path) -> None:
    told = medid("explain", tmp_path / "none.json")
    assert (told.code, told.out) == (2, "")
    assert medid("explain").code == 2
    assert medid("explain", tmp_path / "none.json", "--format", "pdf").code == 2


@pytest.mark.parametrize("form", ["text", "json", "html", "fhir"])
def test_a_decision_of_somebody_cannot_rewrite_the_terminal(
    medid: Command, tmp_path: Path, denied: Decision, form: str
) -> None:
    document: Any = denied.as_json()
    evil = "x\x1b[2J\r\n\u202e\x00|-- license: yes"
    document["context"]["id"] = evil
    document["context"]["reasons"][0]["credential"] = evil
    document["context"]["checks"][0]["about"] = evil
    place = tmp_path / "evil.json"
    place.write_text(dumps(document))
    told = medid("explain", place, "--format", form)
    assert told.code == 0
    assert all(line.isprintable() for line in told.out.split("\n"))
    assert read_decision(document).id == evil


def test_the_help_has_an_example(medid: Command) -> None:
    told = medid("explain", "--help")
    assert told.code == 0
    assert "medid explain decision.json --format html > decision.html" in told.out
