"""A catalogue in a file: read whole, or refused with the line that is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.catalogues import MAX_LINE, read_catalogue
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def resource(name: str, **properties: Any) -> str:
    found = {"patient": "Patient/1", **properties}
    return json.dumps({"type": "Observation", "id": name, "properties": found})


def written(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    file = folder / "catalogue.ndjson"
    file.touch(mode=0o600)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)
    return file


def test_each_line_is_a_resource(tmp_path: Path) -> None:
    lines = "".join(resource(name) + "\n" for name in "ba") + resource("c")
    found = read_catalogue(written(tmp_path, lines))
    names = [one["id"] for one in found.resources("Patient/1", "Observation", after="")]
    assert names == ["a", "b", "c"]


def test_an_empty_file_is_an_empty_catalogue(tmp_path: Path) -> None:
    found = read_catalogue(str(written(tmp_path, "")))
    assert list(found.resources("Patient/1", "Observation", after=None)) == []


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("{", "$[1]"),
        ("", "$[1]"),
        ("[]", "$[1]"),
        (b"\xff", "$[1]"),
        (resource("a"), "$[1].resource.id"),
        (resource("b", secret="x"), "$[1].resource.properties.secret"),
        (resource("b", patient=""), "$[1].resource.properties.patient"),
        (resource("b", securityLabel="N"), "$[1].resource.properties.securityLabel"),
        (" " * (MAX_LINE + 1), "$[1]"),
        (resource("b") + " " * MAX_LINE, "$[1]"),
    ],
)
def test_the_line_that_is_wrong_is_named_and_not_shown(
    tmp_path: Path, line: str | bytes, path: str
) -> None:
    raw = line if isinstance(line, bytes) else line.encode()
    file = written(tmp_path, resource("a").encode() + b"\n" + raw + b"\n")
    with pytest.raises(ConfigurationError) as refused:
        read_catalogue(file)
    assert refused.value.path.startswith(path)
    assert "Patient/1" not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_of_others_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_catalogue(written(tmp_path, resource("a"), mode))
    assert refused.value.fix == "chmod 600 it"


@pytest.mark.parametrize("name", ["absent", "", "\0"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_catalogue(f"{tmp_path}/{name}")
    assert refused.value.path == "--catalogue"
