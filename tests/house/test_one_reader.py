"""There is one JSON reader: two would give two answers to one document."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src" / "medid"
THE_READER = {SOURCES / "core" / "json.py", SOURCES / "core" / "_strict_json.py"}
READING = {"JSONDecoder", "load", "loads"}


def readings(source: str) -> list[int]:
    """The lines on which the standard library's JSON reader is named."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "json"
    }
    found = [
        node.lineno
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and node.attr in READING
    ]
    found += [
        node.lineno
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        and node.module is not None
        and node.module.partition(".")[0] == "json"
        and READING & {alias.name for alias in node.names}
    ]
    return found


def test_only_the_reader_reads() -> None:
    others = set(SOURCES.rglob("*.py")) - THE_READER
    assert len(others) > 50
    found = [
        f"{path.relative_to(SOURCES)}:{line}"
        for path in sorted(others)
        for line in readings(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "import json\njson.loads('1')",
        "import json as j\nj.load(f)",
        "def f():\n    import json\n    return json.JSONDecoder()",
        "from json import loads",
        "from json.decoder import JSONDecoder",
    ],
)
def test_a_second_reader_would_be_seen(planted: str) -> None:
    assert readings(planted)


def test_writing_is_not_reading() -> None:
    assert readings("import json\njson.dumps(1)") == []
