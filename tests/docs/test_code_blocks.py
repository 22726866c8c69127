"""Every code block of README and docs runs, page by page."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.blocks import RUN, SHOWN, Command, Reader, blocks, commands
from tests.docs.started import started

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
# What a newcomer types first is started as a newcomer starts it, as all pages are in
# `make soak`. The others share one server, which saves minutes.
AS_INSTALLED = frozenset({"README.md", "docs/index.md", "docs/tutorial.md"})
SOAK = bool(os.environ.get("MEDID_SOAK"))


@pytest.fixture(scope="module")
def quick() -> Iterator[Path]:
    with started() as folder:
        yield folder


def test_there_are_pages() -> None:
    assert "README.md" in PAGES
    assert any(page.startswith("docs") for page in PAGES)


@pytest.mark.campaign
@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run(
    page: str, tmp_path: Path, quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    installed = Path(sys.executable).parent
    own = SOAK or page in AS_INSTALLED
    reader = Reader(folder=tmp_path, commands=installed if own else quick)
    for block in blocks((ROOT / page).read_text("utf-8")):
        where = f"{page}:{block.line}"
        assert block.language in RUN | SHOWN, f"{where}: name the block's language"
        if block.language in RUN and block.not_run is None:
            reader.follow(page, block)


class TestTheReader:
    def test_python_blocks_share_a_namespace_and_a_folder(self, tmp_path: Path) -> None:
        page = "```python\nx = 1\n```\ntext\n```python\nassert x == 1\ny = x + 1\n```\n"
        reader = Reader(folder=tmp_path)
        for block in blocks(page):
            reader.follow("page", block)
        assert reader.namespace["y"] == 2

    def test_a_failing_python_block_is_reported_at_its_line(
        self, tmp_path: Path
    ) -> None:
        (block,) = blocks("\n\n```python\n1 / 0\n```\n")
        with pytest.raises(ZeroDivisionError) as caught:
            Reader(folder=tmp_path).follow("page", block)
        assert caught.traceback[-1].lineno + 1 == 4

    def test_a_command_must_succeed(self, tmp_path: Path) -> None:
        (block,) = blocks("```console\n$ exit 3\n```\n")
        with pytest.raises(AssertionError, match="exit 3"):
            Reader(folder=tmp_path).follow("page", block)

    def test_a_command_may_be_shown_to_fail(self, tmp_path: Path) -> None:
        (block,) = blocks("```console\n$ exit 3\n$ echo $?\n3\n```\n")
        Reader(folder=tmp_path).follow("page", block)

    def test_a_command_prints_what_the_page_shows(self, tmp_path: Path) -> None:
        (block,) = blocks("```console\n$ echo one two\none ...\n```\n")
        Reader(folder=tmp_path).follow("page", block)

    def test_a_command_that_prints_something_else_is_reported(
        self, tmp_path: Path
    ) -> None:
        (block,) = blocks("```console\n$ echo one\ntwo\n```\n")
        with pytest.raises(AssertionError, match="one"):
            Reader(folder=tmp_path).follow("page", block)

    def test_commands_run_in_the_page_s_folder(self, tmp_path: Path) -> None:
        (block,) = blocks("```console\n$ echo x > made.txt\n```\n")
        Reader(folder=tmp_path).follow("page", block)
        assert (tmp_path / "made.txt").exists()

    def test_a_long_command_goes_on_after_a_backslash(self) -> None:
        assert commands("$ one \\\n    two\nout\n$ three\n") == [
            Command(text="one \\\n    two", output="out\n", status=0),
            Command(text="three", output="", status=0),
        ]

    def test_a_block_with_a_title_is_a_file_for_the_commands(
        self, tmp_path: Path
    ) -> None:
        page = (
            '```python title="made.py"\nprint(6 * 7)\n```\n'
            "```console\n$ python made.py\n42\n```\n"
        )
        reader = Reader(folder=tmp_path)
        for block in blocks(page):
            reader.follow("page", block)
        assert (tmp_path / "made.py").read_text("utf-8") == "print(6 * 7)\n"

    def test_a_reason_belongs_to_the_next_block_only(self) -> None:
        page = "<!-- not run: slow -->\n```console\n$ a\n```\n```console\n$ b\n```\n"
        assert [block.not_run for block in blocks(page)] == ["slow", None]

    def test_text_between_parts_a_reason_from_a_block(self) -> None:
        page = "<!-- not run: slow -->\ntext\n```console\n$ a\n```\n"
        assert [block.not_run for block in blocks(page)] == [None]

    def test_an_empty_reason_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="says why"):
            blocks("<!-- not run: -->\n```console\n$ a\n```\n")

    def test_an_open_fence_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="never closed"):
            blocks("```python\nx = 1\n")

    def test_an_indented_block_is_read_without_its_indent(self) -> None:
        (block,) = blocks("- item\n\n    ```python\n    x = 1\n    ```\n")
        assert block.text == "x = 1\n"


QUICK = """```console
$ medid --version
medid ...
$ mkdir inner && cd inner && medid audit verify 'no such' --key-file no 2> told
$ echo $?
2
$ cat inner/told
error: CONFIGURATION_ERROR at $: cannot read no such: ...
$ printf did:example:1 | MEDID_DEBUG=1 medid did resolve - --json | head -c 12
{"@context":
$ medid did resolve "$(printf 'did:example:with a space')" > told
$ echo $?
1
$ echo 'a password' > password; medid key generate --out a.key --password-file password
...
```
"""


def test_what_starts_quickly_is_the_command(quick: Path, tmp_path: Path) -> None:
    """In its caller's folder, with its streams and arguments, and its exit code."""
    reader = Reader(folder=tmp_path, commands=quick)
    (block,) = blocks(QUICK)
    reader.follow("page", block)
    assert (tmp_path / "a.key").exists()
