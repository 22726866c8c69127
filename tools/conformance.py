"""Measure medid by the vectors and suites of others, and write docs/conformance.md.

``python -m tools.conformance`` runs every test that notes cases of official vectors and
writes, between two markers of the page, how many agreed of how many the files hold.
Where a test fails nothing is written. ``--suites FOLDER`` also runs the W3C's suites
(see ``tools.suites``) and writes their table; without it that table is left alone.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from tools.suite_list import SUITES
from tools.suites import measure
from tools.vector_sets import NOT_READ, VECTOR_SETS, VectorSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tools.suites import Measured

PAGE: Final = Path("docs/conformance.md")
TESTS: Final = Path("tests")
# Only the modules that note cases are run.
NOTES: Final = re.compile(r"\bagreed\(|\bw3c\(")
ROW: Final = re.compile(
    r"\| (?P<title>[^|]+) \| (?P<agreed>\d+) of (?P<total>\d+ [^|]+) \|"
)


def modules(tests: Path) -> list[Path]:
    """The test modules that note cases of official vectors."""
    return [
        path
        for path in sorted(tests.rglob("test_*.py"))
        # Those of the documentation judge what this command has yet to write.
        if path.parent.name != "docs" and NOTES.search(path.read_text("utf-8"))
    ]


def run(tests: Path) -> dict[str, set[str]]:
    """Run those modules; which cases of each set agreed, in tests that passed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"]
        # A set that is absent then fails instead of being left out.
        environment = {**os.environ, "CI": "true"}
        done = subprocess.run(
            [*command, *map(str, modules(tests))], env=environment, check=False
        )
        if done.returncode:
            raise SystemExit("a test failed: nothing was written")
        return noted(report.read_text("utf-8"))


def noted(report: str) -> dict[str, set[str]]:
    """The cases in a report of JUnit's form, by set."""
    found = defaultdict(set)
    for item in ET.fromstring(report).iter("property"):  # noqa: S314 - our own
        found[item.attrib["name"]].add(item.attrib["value"])
    return dict(found)


def vector_table(agreed: Mapping[str, set[str]], root: Path) -> str:
    """The table of vectors, as the page has it."""
    lines = ["| set | agree | |", "|---|---|---|"]
    lines += [
        _vector_row(one, agreed.get(one.name, set()), root) for one in VECTOR_SETS
    ]
    unread = [f"* {name}: {why}" for name, why in NOT_READ.items()]
    return "\n".join([*lines, "", "No test reads these:", "", *unread])


def _vector_row(one: VectorSet, agreed: set[str], root: Path) -> str:
    total = one.total(root)
    if len(agreed) > total:
        raise SystemExit(f"{one.name}: {len(agreed)} of {total} cases agree")
    return f"| {one.title} | {len(agreed)} of {total} {one.counted} | {one.remark} |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table of vectors: how many agreed, of how many of what."""

    agreed: int
    total: str


def rows(page: str) -> dict[str, Row]:
    """What the page's table of vectors says, by title."""
    found = map(ROW.match, between(page, "vectors").splitlines())
    return {
        row["title"]: Row(agreed=int(row["agreed"]), total=row["total"])
        for row in found
        if row is not None
    }


def suite_table(measured: Iterable[Measured]) -> str:
    """The table of suites, and at which commits they and what they need were."""
    lines = ["| suite | passes | |", "|---|---|---|"]
    commits: dict[str, str] = {}
    for one in measured:
        pending = f", {one.pending} pending" if one.pending else ""
        remark = one.suite.remark if one.passes < one.total else ""
        lines.append(
            f"| {one.suite.name} | {one.passes} of {one.total}{pending} | {remark} |"
        )
        commits |= one.commits
    lines += ["", "They were at these commits:", ""]
    lines += [f"* {name} `{commit[:12]}`" for name, commit in sorted(commits.items())]
    return "\n".join(lines)


def between(page: str, name: str) -> str:
    """The text between the two markers ``name``."""
    _, begun, rest = page.partition(f"<!-- {name}: begin -->\n")
    found, ended, _ = rest.partition(f"\n<!-- {name}: end -->")
    if not begun or not ended:
        raise SystemExit(f"the page has no part {name!r}")
    return found


def replaced(page: str, name: str, text: str) -> str:
    """The page with another text between those markers."""
    old = between(page, name)
    start, end = f"<!-- {name}: begin -->\n", f"\n<!-- {name}: end -->"
    return page.replace(start + old + end, start + text + end)


def main() -> int:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--suites", type=Path, help="where the suites are checked out")
    asked = parser.parse_args()
    root = Path(os.environ.get("MEDID_VECTORS", "../shared/vectors"))
    if not root.is_dir():
        raise SystemExit("set MEDID_VECTORS to the folder of the official vectors")
    page = PAGE.read_text("utf-8")
    page = replaced(page, "vectors", vector_table(run(TESTS), root))
    if asked.suites is not None:
        measured = list(measure(SUITES, asked.suites))
        if len(measured) < len(SUITES):
            raise SystemExit("a suite is not checked out: nothing was written")
        page = replaced(page, "suites", suite_table(measured))
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
