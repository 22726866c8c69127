"""docs/conformance.md against the files of the vectors, and how it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import vectors
from tools import conformance
from tools.suite_list import SUITES
from tools.vector_sets import NOT_READ, VECTOR_SETS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/conformance.md").read_text("utf-8")


def test_the_page_has_every_set_with_the_total_of_its_files() -> None:
    root = vectors("")
    written = conformance.rows(PAGE)
    assert {title: row.total for title, row in written.items()} == {
        one.title: f"{one.total(root)} {one.counted}" for one in VECTOR_SETS
    }
    assert all(0 <= row.agreed <= int(row.total.split()[0]) for row in written.values())


def test_every_folder_of_the_vectors_is_on_the_page() -> None:
    folders = {path.name for path in vectors("").iterdir() if path.is_dir()}
    listed = {name.partition("/")[0] for name in NOT_READ}
    listed |= {one.folder for one in VECTOR_SETS}
    assert folders == listed
    files = {f"wycheproof/{path.name}" for path in vectors("wycheproof").glob("*.json")}
    assert files <= {*NOT_READ, *(one.name for one in VECTOR_SETS)}
    text = conformance.between(PAGE, "vectors")
    assert all(f"* {name}: " in text for name in NOT_READ)


def test_every_test_that_notes_cases_is_run_and_notes_them_of_a_listed_set() -> None:
    named = {path.name for path in conformance.modules(ROOT / "tests")}
    assert {"test_wycheproof.py", "test_w3c_vectors.py", "test_jcs.py"} <= named
    for path in conformance.modules(ROOT / "tests"):
        for name in re.findall(r'agreed\("([^"{]+)"', path.read_text("utf-8")):
            assert name in {one.name for one in VECTOR_SETS}, path
    # This module judges the page, and so it must not have to pass before it is written.
    assert Path(__file__).name not in named


def test_the_page_has_every_suite() -> None:
    text = conformance.between(PAGE, "suites")
    found = re.findall(r"^\| ([^|]+) \| \d+ of (\d+)", text, re.MULTILINE)
    assert found == [(suite.name, str(suite.tests)) for suite in SUITES]
    assert {suite.folder for suite in SUITES} <= set(
        re.findall(r"^\* (\S+) `[0-9a-f]{12}`$", text, re.MULTILINE)
    )


REPORT = """\
<testsuites><testsuite>
<testcase name="a"><properties>
<property name="jcs" value="arrays" /><property name="jcs" value="french" />
</properties></testcase>
<testcase name="b"><properties>
<property name="jcs" value="french" />
</properties></testcase>
</testsuite></testsuites>"""


def test_a_case_counts_once() -> None:
    agreed = conformance.noted(REPORT)
    assert agreed == {"jcs": {"arrays", "french"}}
    table = conformance.vector_table(agreed, vectors(""))
    page = conformance.replaced(PAGE, "vectors", table)
    assert conformance.rows(page)["RFC 8785"].agreed == 2
    assert sum(row.agreed for row in conformance.rows(page).values()) == 2
    assert conformance.between(page, "suites") == conformance.between(PAGE, "suites")


def test_more_cases_than_a_set_has_are_a_mistake() -> None:
    agreed = {"jcs": {str(number) for number in range(7)}}
    with pytest.raises(SystemExit, match="7 of 6"):
        conformance.vector_table(agreed, vectors(""))


def test_a_page_without_markers_is_not_written() -> None:
    with pytest.raises(SystemExit, match="no part"):
        conformance.replaced("# Conformance\n", "vectors", "")


NOTING = """\
from tests.support import agreed

def test_that_passes():
    agreed("a set", 1, 2)

def test_that_fails():
    agreed("a set", 3)
    assert False

def test_that_notes_nothing():
    pass
"""


def test_only_a_passing_test_hands_its_notes_on(tmp_path: Path) -> None:
    module, report = tmp_path / "test_notes.py", tmp_path / "report.xml"
    module.write_text(NOTING, "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.conftest"),
            *(
                f"--junitxml={report}",
                f"--rootdir={tmp_path}",
                "-c",
                os.devnull,
                module,
            ),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert "1 failed, 2 passed" in done.stdout
    assert conformance.noted(report.read_text("utf-8")) == {"a set": {"1", "2"}}
