"""The pages that state facts about the code state what the code says."""

from __future__ import annotations

import importlib.util
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import medid
from medid import errors
from tests.support import each
from tools import command_page, reference_pages

DOCS = Path(__file__).resolve().parents[2] / "docs"
LIMIT = re.compile(
    r"^\| [^|]+ \| ([0-9,.]+) ([^|]+) \| `(medid\.[\w.]+)` \| ([^|]+) \|$"
)


def test_the_page_of_errors_is_what_the_tree_says() -> None:
    written = (DOCS / "errors.md").read_text("utf-8")
    assert written == reference_pages.page(), "run python -m tools.reference_pages"


def test_every_code_is_on_the_page_of_errors() -> None:
    written = (DOCS / "errors.md").read_text("utf-8")
    roots = {"MEDID_ERROR", "REFUSED", "UNCHECKED", "MISUSE"}
    assert roots < set(errors.codes())
    for code in errors.codes().keys() - roots:
        assert f"`{code}`" in written


def limits() -> dict[str, tuple[float, str]]:
    """The rows of the page: the constant, its number and its unit."""
    lines = (DOCS / "limits.md").read_text("utf-8").splitlines()
    rows = [LIMIT.match(line) for line in lines if "`medid." in line]
    assert rows
    assert all(rows), "a row is: | what | number unit | `medid.constant` | reason |"
    return {row[3]: (float(row[1].replace(",", "")), row[2]) for row in rows if row}


def constant(name: str) -> Any:
    """What the dotted ``name`` stands for in the code."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[end:]:
            found = getattr(found, attribute)
        return found
    raise AssertionError(name)


def test_a_limit_is_the_number_that_the_page_says() -> None:
    def check(row: tuple[str, float]) -> None:
        name, stated = row
        assert float(constant(name)) == stated

    each({name: (name, row[0]) for name, row in limits().items()}, check)


def test_every_public_bound_of_the_code_is_on_the_page() -> None:
    listed = set(limits()) | {name.rpartition(".")[0] for name in limits()}
    found = set()
    for module in pkgutil.walk_packages(medid.__path__, "medid."):
        spec = importlib.util.find_spec(module.name)
        assert spec is not None
        assert spec.origin is not None
        text = Path(spec.origin).read_text("utf-8")
        for bound in re.findall(r"^(MAX_[A-Z_]+): Final", text, re.MULTILINE):
            found.add(f"{module.name}.{bound}")
    assert found
    assert found - listed == set()


COMMANDS = dict(command_page.commands())


def test_there_are_commands() -> None:
    assert {"medid verify", "medid decide", "medid demo"} <= set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_and_its_options_are_on_the_page(name: str) -> None:
    written = command_page.PAGE.read_text("utf-8")
    _, found, after = written.partition(f"\n## {name}\n")
    assert found, "run python -m tools.command_page"
    section = after.partition("\n## ")[0]
    for option in command_page.options(COMMANDS[name]):
        assert f"`{option}`" in section, "run python -m tools.command_page"


def test_the_page_says_what_every_command_says_of_itself() -> None:
    written = command_page.PAGE.read_text("utf-8")
    stale = [
        name
        for name, command in COMMANDS.items()
        if f"\n{command_page.section(name, command)}" not in written
    ]
    assert stale == [], "run python -m tools.command_page"


def test_every_command_that_uses_a_key_takes_every_signer() -> None:
    taking = {
        name
        for name, command in COMMANDS.items()
        if "--signer-cert" in command_page.options(command)
    }
    assert taking == {
        "medid add-proof",
        "medid board amend",
        "medid board compromise",
        "medid board head",
        "medid board issue",
        "medid board publish",
        "medid board renew",
        "medid board rotate-key",
        "medid consent receipt",
        "medid decide",
        "medid derive",
        "medid did create",
        "medid did deactivate",
        "medid did rotate",
        "medid did update",
        "medid did witness",
        "medid evidence pack",
        "medid issue",
        "medid present",
        "medid serve",
        "medid status create",
        "medid status renew",
        "medid status set",
    }
