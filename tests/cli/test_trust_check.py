"""``medid trust check``: a trust file read as a verifier reads it, and told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.trust import TrustRegistry
from tests.trust.files import AT, whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

NOW = ("--at", str(AT))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "trust.json"
    place.write_text(json.dumps(whole()))
    return place


def test_what_a_good_file_says_is_told(medid: Command, file: Path) -> None:
    told = medid("trust", "check", file, *NOW)
    assert (told.code, told.err) == (0, "")
    first, *lines = told.out.splitlines()
    assert first == f"{file}: a verifier can use it"
    assert lines[0].startswith("  $.acceptedBoards[0]: did:web:board.example (Board)")
    assert not [line for line in lines if "warning: " in line]
    assert "canary" not in told.out


def test_the_same_as_json(medid: Command, file: Path) -> None:
    told = medid("trust", "check", file, *NOW, "--json")
    found: Any = told.json()
    assert told.code == 0
    assert [*found] == [
        "file",
        "usable",
        "errors",
        "sha256",
        "time",
        "warnings",
        "says",
    ]
    assert found["sha256"] == TrustRegistry.from_json(whole()).digest()
    assert found["time"] == str(AT)
    assert (found["usable"], found["errors"], found["warnings"]) == (True, [], [])
    assert found["says"][0]["path"] == "$.acceptedBoards[0]"
    assert "canary" not in told.out


def test_what_looks_odd_is_told_and_stops_nobody(medid: Command, file: Path) -> None:
    document = whole()
    document["acceptedBoards"][0]["validUntil"] = str(AT)
    file.write_text(json.dumps(document))
    told = medid("trust", "check", file, *NOW)
    assert told.code == 0
    assert told.out.splitlines()[-1] == (
        "  warning: ended at $.acceptedBoards[0]: the entry ended at "
        "2026-06-15T12:00:00Z (fix: renew it, or take it out)"
    )
    (one,) = medid("trust", "check", file, *NOW, "--json").json()["warnings"]
    assert (one["warning"], one["path"]) == ("ended", "$.acceptedBoards[0]")
    before = ("--at", str(AT.plus(-1)))
    assert "ends-soon at" in medid("trust", "check", file, *before).out


def test_every_mistake_is_told(medid: Command, file: Path) -> None:
    document = whole()
    document["acceptedBoards"][0]["did"] = "canary"
    document["unions"]["EU"] = ["canary"]
    file.write_text(json.dumps(document))
    told = medid("trust", "check", file, *NOW)
    assert told.code == 2
    first, *lines = told.out.splitlines()
    assert first == f"{file}: 2 mistakes; no verifier starts with it"
    assert [line.split(":")[1].split(" at ")[1] for line in lines] == [
        "$.acceptedBoards[0].did",
        "$.unions.EU[0]",
    ]
    found = medid("trust", "check", file, *NOW, "--json")
    assert found.code == 2
    assert found.json()["usable"] is False
    assert [(one["code"], one["path"]) for one in found.json()["errors"]] == [
        ("CONFIGURATION_ERROR", "$.acceptedBoards[0].did"),
        ("CONFIGURATION_ERROR", "$.unions.EU[0]"),
    ]
    assert all(one["fix"] for one in found.json()["errors"])
    # What is wrong is told by its place, and never by what stands there.
    assert "canary" not in told.out + found.out


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"a":1,"a":2}', "\x00"])
def test_what_is_no_trust_file_at_all(medid: Command, file: Path, content: str) -> None:
    file.write_text(content)
    told = medid("trust", "check", file, *NOW)
    assert told.code == 2
    assert "CONFIGURATION_ERROR" in told.out + told.err
    assert "Traceback" not in told.err


def test_a_file_that_is_not_there_and_a_wrong_call(
    medid: Command, tmp_path: Path, file: Path
) -> None:
    assert medid("trust", "check", tmp_path / "none.json").code == 2
    assert medid("trust", "check", file, "--at", "yesterday").code == 2
    assert medid("trust", "check").code == 2


def test_an_overlay_that_is_not_there_is_a_mistake(medid: Command, file: Path) -> None:
    document = whole()
    document["consent"]["overlays"] = ["NO-SUCH-LAW"]
    file.write_text(json.dumps(document))
    told = medid("trust", "check", file, *NOW)
    assert told.code == 2
    assert "$.consent" in told.err


def test_yaml_is_read_as_well(medid: Command, tmp_path: Path) -> None:
    place = tmp_path / "trust.yaml"
    place.write_text(
        "acceptedBoards:\n"
        "  - did: did:web:board.example\n"
        "    jurisdictions: [US-OH]\n"
        "    professions: [MD]\n"
    )
    assert medid("trust", "check", place, *NOW).code == 0
    place.write_text("acceptedBoards: [{did: x}]\n")
    assert "$.acceptedBoards[0].did" in medid("trust", "check", place, *NOW).out
