"""Plants one violation for each rule of the house, and sees it reported.

A contract that nothing can break protects nothing: a misspelt room or an option lost
in an edit would leave it silently green.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

FLOORS = "A room imports lower floors only, never sideways"
SUITES = "Cryptosuites do not know each other"
METHODS = "DID methods do not know each other"
IO_FENCE = "Floors 0 to 7 have no door to the street"
CRYPTO_FENCE = "Only keys imports signature libraries"
FRONT_DOOR = "Rooms below the command line never come back through the front door"


def copy_of_the_house(folder: Path) -> Path:
    """A copy of the sources and their rules, to be spoiled."""
    shutil.copytree(
        ROOT / "src",
        folder / "src",
        ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return copy_of_the_house(tmp_path)


def plant(house: Path, module: str, line: str) -> None:
    """Add ``line`` to the end of ``module``; a module that is absent is an error."""
    file = house / "src" / "medid" / module
    file.write_text(file.read_text("utf-8") + f"\n{line}\n", "utf-8")


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lint-imports", "--no-cache", "--no-logo"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def ruff(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "ruff", "check", "--no-cache", "--select", "TID251", "src"],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_holds_for_the_sources_as_they_are(house: Path) -> None:
    result = lint_imports(house)
    assert result.returncode == 0, result.stdout
    assert "6 kept, 0 broken" in result.stdout


PLANTS = [
    ("errors.py", "import medid.core.json", FLOORS),
    ("core/json.py", "import medid.keys", FLOORS),
    ("keys/__init__.py", "import medid.jsonld", FLOORS),
    ("securing/__init__.py", "import medid.dids", FLOORS),
    ("dids/__init__.py", "import medid.credentials", FLOORS),
    ("credentials/__init__.py", "import medid.status", FLOORS),
    ("status/__init__.py", "import medid.trust", FLOORS),
    ("health/__init__.py", "import medid.verifying", FLOORS),
    ("verifying/__init__.py", "import medid.issuing", FLOORS),
    ("access/__init__.py", "import medid.adapters", FLOORS),
    ("access/__init__.py", "import medid.board", FLOORS),
    ("board/__init__.py", "import medid.access", FLOORS),
    ("board/office.py", "import medid.adapters.register", FLOORS),
    ("adapters/__init__.py", "import medid.server", FLOORS),
    ("server/__init__.py", "import medid.cli", FLOORS),
    (
        "securing/data_integrity/eddsa_jcs_2022.py",
        "import medid.securing.data_integrity.eddsa_rdfc_2022",
        SUITES,
    ),
    ("dids/methods/key.py", "import medid.dids.methods.web", METHODS),
    ("securing/__init__.py", "import httpx", IO_FENCE),
    ("core/fetch.py", "import socket", IO_FENCE),
    ("dids/__init__.py", "def f():\n    import ssl", IO_FENCE),
    ("status/__init__.py", "from http.client import HTTPSConnection", IO_FENCE),
    ("trust/__init__.py", "import sqlite3", IO_FENCE),
    ("verifying/__init__.py", "import asyncio", IO_FENCE),
    ("access/__init__.py", "import subprocess", IO_FENCE),
    ("board/office.py", "import sqlalchemy", IO_FENCE),
    ("board/register.py", "import alembic", IO_FENCE),
    ("board/positions.py", "def f():\n    import psycopg", IO_FENCE),
    (
        "securing/__init__.py",
        "from cryptography.hazmat.primitives.asymmetric import ed25519",
        CRYPTO_FENCE,
    ),
    ("issuing/__init__.py", "def f():\n    import nacl.signing", CRYPTO_FENCE),
    ("cli/__init__.py", "import jwcrypto.jwk", CRYPTO_FENCE),
    ("board/acts.py", "import nacl.signing", CRYPTO_FENCE),
    ("securing/__init__.py", "import py_arkworks_bls12381", CRYPTO_FENCE),
    ("server/__init__.py", "import cryptography.x509", CRYPTO_FENCE),
    ("verifying/__init__.py", "import medid", FRONT_DOOR),
    ("board/__init__.py", "import medid", FRONT_DOOR),
    ("server/__init__.py", "import medid", FRONT_DOOR),
]


def chains(report: str) -> dict[str, set[str]]:
    """The forbidden imports of each broken contract that need no module between."""
    found: dict[str, set[str]] = {}
    contract = ""
    for paragraph in re.split(r"\n\s*\n", report.partition("Broken contracts")[2]):
        title, _, line = paragraph.strip().partition("\n")
        if line and set(line) == {"-"}:
            contract = title
        direct = re.fullmatch(r"-\s+(\S+\s+->\s+\S+)\s+\(l\.\d+\)", paragraph.strip())
        if direct:
            found.setdefault(contract, set()).add(" ".join(direct[1].split()))
    return found


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What is reported of a house with all plants."""
    spoiled = copy_of_the_house(tmp_path_factory.mktemp("spoiled"))
    for module, line, _ in PLANTS:
        plant(spoiled, module, line)
    result = lint_imports(spoiled)
    assert result.returncode == 1, result.stdout + result.stderr
    return chains(result.stdout)


@pytest.mark.parametrize(("module", "line", "contract"), PLANTS)
def test_a_planted_import_breaks_its_contract(
    broken: dict[str, set[str]], module: str, line: str, contract: str
) -> None:
    importer = "medid." + module.removesuffix(".py").replace("/", ".")
    named = re.search(r"(?:from|import) (\S+)", line)
    assert named
    imported = named[1]
    if not imported.startswith("medid"):
        imported = imported.partition(".")[0]
    edge = f"{importer.removesuffix('.__init__')} -> {imported}"
    assert edge in broken[contract]


def test_a_room_without_a_floor_is_reported(house: Path) -> None:
    (house / "src" / "medid" / "attic").mkdir()
    (house / "src" / "medid" / "attic" / "__init__.py").write_text('"""New."""\n')
    result = lint_imports(house)
    assert result.returncode == 1
    assert "attic" in result.stdout


@pytest.mark.parametrize(
    ("line", "door"),
    [
        ("from datetime import datetime; datetime.now()", "core/instant.py"),
        ("from datetime import datetime; datetime.utcnow()", "core/instant.py"),
        ("from datetime import date; date.today()", "core/instant.py"),
        ("import time; time.time()", "core/instant.py"),
        ("import time; time.time_ns()", "core/instant.py"),
        ("import time; time.monotonic()", "core/instant.py"),
        ("import random", "core/entropy.py"),
        ("import secrets", "core/entropy.py"),
        ("import os; os.urandom(16)", "core/entropy.py"),
        ("import uuid; uuid.uuid4()", "core/entropy.py"),
        ("import uuid; uuid.uuid1()", "core/entropy.py"),
        ("import urllib.request", "medid.adapters"),
    ],
)
@pytest.mark.parametrize("module", ["core/json.py", "cli/__init__.py"])
def test_the_clock_randomness_and_the_network_are_banned_calls(
    house: Path, module: str, line: str, door: str
) -> None:
    plant(house, module, line)
    result = ruff(house)
    assert result.returncode == 1
    assert "TID251" in result.stdout
    assert door in result.stdout


@pytest.mark.parametrize("module", ["core/instant.py", "core/entropy.py"])
def test_the_two_doors_may_read_the_clock_and_randomness(
    house: Path, module: str
) -> None:
    plant(house, module, "import time; time.time()")
    assert ruff(house).returncode == 0


def test_the_sources_as_they_are_call_nothing_banned(house: Path) -> None:
    result = ruff(house)
    assert result.returncode == 0, result.stdout


def test_only_two_modules_are_excepted_from_the_ban(
    metadata: dict[str, Any],
) -> None:
    """A third door would need a decision, not a line in a list."""
    lint = metadata["tool"]["ruff"]["lint"]
    excepted = {
        pattern
        for pattern, rules in lint["per-file-ignores"].items()
        if pattern.startswith("src/") and any("TID251".startswith(r) for r in rules)
    }
    assert excepted == {"src/medid/core/instant.py", "src/medid/core/entropy.py"}
