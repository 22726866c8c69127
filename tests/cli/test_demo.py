from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from medid.cli import demo_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

NOW = "2026-06-15T12:00:00Z"
DECISIONS = [
    ("treatment", "permit"),
    ("treatment-psychotherapy", "deny"),
    ("treatment-restricted", "deny"),
    ("break-glass", "permit"),
    ("payment", "permit"),
    ("research", "deny"),
    ("treatment-after-withdrawal", "deny"),
    ("treatment-after-suspension", "deny"),
]


def test_the_story_decides_as_it_is_told(medid: Command, tmp_path: Path) -> None:
    told = medid("demo", "--out", tmp_path / "demo", "--now", NOW, "--json")
    found = told.json()

    assert told.code == 0
    assert found["folder"] == str(tmp_path / "demo")
    rows = [(one["name"], one["decision"] == "permit") for one in found["decisions"]]
    assert rows == [(name, decision == "permit") for name, decision in DECISIONS]
    assert set(found["decisions"][0]) == {
        "name",
        "resource",
        "purpose",
        "decision",
        "reasons",
        "obligations",
    }
    assert "CONSENT_REVOKED" in found["decisions"][6]["reasons"]
    assert "CREDENTIAL_SUSPENDED" in found["decisions"][7]["reasons"]
    assert "AUDIT" in found["decisions"][3]["obligations"]


def test_its_files_decide_the_same_by_hand(medid: Command, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    assert medid("demo", "--out", folder, "--now", NOW).code == 0
    for name, decision in DECISIONS:
        place = folder / name
        told = medid(
            "decide",
            *("--presentation", place / "presentation.json"),
            *("--request", place / "request.json"),
            *("--trust", folder / "trust.json"),
            *("--evidence", place / "evidence.json"),
            *("--domain", demo_world.AUDIENCE),
            "--offline",
        )
        kept = json.loads((place / "decision.json").read_text())

        assert (told.code == 0) is (decision == "permit")
        assert told.json()["context"]["reasons"] == kept["context"]["reasons"]
        assert told.json()["decision"] == kept["decision"]


def test_the_commands_that_it_prints_work(medid: Command, tmp_path: Path) -> None:
    told = medid("demo", "--out", tmp_path / "demo")
    printed = told.out.replace("\\\n", " ").splitlines()
    commands = [line.split()[1:] for line in printed if line.startswith("  medid ")]

    assert told.code == 0
    assert [command[0] for command in commands] == ["verify", "decide"]
    for command in commands:
        assert medid(*shlex.split(" ".join(command))).code == 0


def test_the_table_says_who_what_why_and_how(medid: Command, tmp_path: Path) -> None:
    out = medid("demo", "--out", tmp_path / "demo", "--now", NOW).out

    for word in ("Dr. Chen", "permit", "deny", "LICENSE_OK", "must: ", "withdrew"):
        assert word in out


def test_a_folder_that_cannot_be_written_is_a_wrong_call(
    medid: Command, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    told = medid("demo", "--out", blocked, "--now", NOW)

    assert (told.code, told.out) == (2, "")
    assert "cannot write" in told.err
    assert medid("demo", "--now", "today").code == 2


def test_a_demo_document_is_an_object() -> None:
    value: Any = "a token"
    with pytest.raises(TypeError):
        demo_world._object(value)


def test_the_demos_web_serves_only_what_was_published() -> None:
    from medid.core.fetch import FetchRequest
    from medid.core.instant import Instant
    from medid.errors import FetchFailed

    web = demo_world.Web(Instant(0))
    request = FetchRequest(url="https://x.example", accept="*/*", max_bytes=10)
    found = web.fetch_all([request], seconds=1)

    assert isinstance(found[0], FetchFailed)
