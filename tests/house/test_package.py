"""What the package promises before any of its code is called."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import medid

ROOT = Path(__file__).resolve().parents[2]

HEAVY = {
    "alembic",
    "asyncio",
    "cryptography",
    "didkit",
    "django",
    "fastapi",
    "flask",
    "httpx",
    "jsonschema",
    "jwcrypto",
    "multiformats",
    "nacl",
    "py_arkworks_bls12381",
    "psycopg",
    "pyld",
    "rich",
    "sqlalchemy",
    "sqlite3",
    "ssl",
    "starlette",
    "typer",
    "uvicorn",
    "yaml",
}
#: Rooms whose parts outside the core come in by an extra, and by which.
EXTRAS = {
    "typer": "cli",
    "rich": "cli",
    "jsonschema": "schema",
    "pyyaml": "yaml",
    "py-arkworks-bls12381": "bbs",
    "starlette": "server",
    "uvicorn": "server",
    "fastapi": "fastapi",
    "django": "django",
    "flask": "flask",
    "sqlalchemy": "board",
    "alembic": "board",
    "psycopg": "postgresql",
    "pynacl": "fast",
    "didkit": "didkit",
    "fpdf2": "cards",
    "segno": "cards",
}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found.group().lower()


def python(code: str) -> str:
    """What a fresh interpreter prints, without the coverage measurement's imports."""
    environment = {k: v for k, v in os.environ.items() if "COVERAGE" not in k}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_import_medid_imports_no_heavy_package() -> None:
    loaded = set(python("import sys, medid; print(*sys.modules)").split())
    assert "medid" in loaded
    assert loaded & HEAVY == set()


def test_dir_of_the_front_door_imports_no_heavy_package() -> None:
    loaded = set(python("import sys, medid; dir(medid); print(*sys.modules)").split())
    assert loaded & HEAVY == set()


def test_every_name_of_the_front_door_is_there() -> None:
    assert len(medid.__all__) == len(set(medid.__all__))
    for name in medid.__all__:
        assert getattr(medid, name) is not None


def test_an_unknown_name_of_the_front_door_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        medid.no_such_name  # noqa: B018


def test_the_version_is_the_same_everywhere(metadata: dict[str, Any]) -> None:
    declared = metadata["project"]["version"]
    assert medid.__version__ == declared == version("medid")
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"^## \[([^\]]+)\]", changes, re.MULTILINE)
    assert declared in released


def test_the_package_is_marked_as_typed() -> None:
    assert (ROOT / "src" / "medid" / "py.typed").exists()


def test_everything_outside_the_core_is_an_extra(metadata: dict[str, Any]) -> None:
    project = metadata["project"]
    core = {name_of(r) for r in project["dependencies"]}
    assert core == {"base58", "cryptography", "jwcrypto", "multiformats", "pyld"}
    extras = project["optional-dependencies"]
    for package, extra in EXTRAS.items():
        assert package in {name_of(r) for r in extras[extra]}


def test_the_extra_all_names_every_pure_extra(metadata: dict[str, Any]) -> None:
    extras = metadata["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    named = set(everything.removeprefix("medid[").removesuffix("]").split(","))
    assert named == {"bbs", "cedar", "cli", "fast", "schema", "server", "yaml"}


def test_the_command_is_declared(metadata: dict[str, Any]) -> None:
    assert metadata["project"]["scripts"] == {"medid": "medid.cli.main:main"}


def tracked_text() -> list[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git work tree: nothing says which files are tracked")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            found.append((name, path.read_text("utf-8", errors="replace")))
    return found


@pytest.mark.parametrize(
    "pattern",
    [
        # Written so that the patterns do not match themselves.
        r"/(?:home|root|Users|[w]ork)/[A-Za-z.]",
        r"/[t]mp/[A-Za-z]",
        r"[a-z]:\\\\[U]sers",
        r"[p]ypi\.(?:org|io)|[p]ythonhosted",
        r"[r]egistry\.(?:npmjs|yarnpkg)",
        r"--(?:extra-)?[i]ndex-url|--[r]egistry",
    ],
)
def test_no_tracked_file_names_a_machine_path_or_a_registry(pattern: str) -> None:
    files = tracked_text()
    assert files
    assert [name for name, text in files if re.search(pattern, text)] == []
