"""Reads the code blocks of a Markdown page, and runs them as a reader would.

The blocks of one page run in their order, in one empty folder: ``python`` blocks share
one namespace, and each ``$`` line of a ``console`` block is a command of its own. What
a command is shown to print, it must print (``...`` stands for anything), and it must
succeed, unless the block goes on with ``$ echo $?`` and another number.

A ``python`` block with a title, as in ``python title="app.py"``, is the file of that
name: it is written into the folder, for the commands that follow.

A block that cannot run says why, in a comment right above it::

    <!-- not run: needs the board's own key store -->
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

RUN: Final = frozenset({"python", "console"})
SHOWN: Final = frozenset({"json", "text", "yaml", "toml", "mermaid"})
SECONDS: Final = 60  # for one command
_FENCE: Final = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`]*)$")
_SKIP: Final = re.compile(r"^\s*<!-- not run:(?P<reason>.*)-->\s*$")
_TITLE: Final = re.compile(r' title="(?P<file>[a-z_]+\.py)"')
_OUTPUT: Final = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block: where it starts, in which language, and why it is not run.

    ``file`` is the name of the file that it is, if it is one.
    """

    line: int
    language: str
    text: str
    not_run: str | None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One ``$`` line of a block, with what the page shows that it prints."""

    text: str
    output: str
    status: int


@dataclass(slots=True, kw_only=True)
class Reader:
    """Somebody who tries a page from its top, in a folder of their own.

    ``commands`` is the folder that comes first on the path of their shell.
    """

    folder: Path
    commands: Path = Path(sys.executable).parent
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})

    def follow(self, page: str, block: Block) -> None:
        """Do what ``block`` says; raises where it does not hold."""
        if block.file is not None:
            (self.folder / block.file).write_text(block.text, "utf-8")
        elif block.language == "python":
            code = compile("\n" * block.line + block.text, page, "exec")
            exec(code, self.namespace)
        else:
            for command in commands(block.text):
                self.type(f"{page}:{block.line}", command)

    def type(self, where: str, command: Command) -> None:
        """Run ``command``; after ``commands`` come this interpreter's scripts."""
        scripts = [str(self.commands), str(Path(sys.executable).parent)]
        done = subprocess.run(
            ["/bin/sh", "-c", command.text],
            cwd=self.folder,
            env={
                **os.environ,
                "COLUMNS": "88",
                "NO_COLOR": "1",
                "PATH": os.pathsep.join([*scripts, os.environ["PATH"]]),
                "TERM": "dumb",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = f"{where}: $ {command.text}\n{done.stdout}"
        assert done.returncode == command.status, f"exit {done.returncode}: {said}"
        if command.output:
            checker = doctest.OutputChecker()
            assert checker.check_output(command.output, done.stdout, _OUTPUT), said


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of ``markdown``, in order.

    Raises:
        ValueError: A fence that is never closed, or a reason that is empty.
    """
    found: list[Block] = []
    reason: str | None = None
    lines = iter(enumerate(markdown.splitlines(), start=1))
    for number, line in lines:
        if (skip := _SKIP.match(line)) is not None:
            reason = skip["reason"].strip()
            if not reason:
                raise ValueError(f"line {number}: a block that is not run says why")
        elif (fence := _FENCE.match(line)) is not None:
            body = _body(lines, fence, number)
            language = fence["info"].strip().split(" ")[0]
            titled = _TITLE.search(fence["info"])
            found.append(
                Block(
                    line=number,
                    language=language,
                    text=body,
                    not_run=reason,
                    file=titled["file"] if titled else None,
                )
            )
            reason = None
        elif line.strip():
            reason = None
    return found


def _body(lines: Any, fence: re.Match[str], opened: int) -> str:
    inside: list[str] = []
    for _, line in lines:
        if line.strip() == fence["ticks"]:
            return "".join(f"{text}\n" for text in inside)
        inside.append(line.removeprefix(fence["indent"]))
    raise ValueError(f"line {opened}: this fence is never closed")


def commands(text: str) -> list[Command]:
    """The commands of a ``console`` block, each with its output and exit status."""
    found: list[Command] = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, output = _command_and_output(part)
        if command == "echo $?":
            last = found.pop()
            found.append(
                Command(text=last.text, output=last.output, status=int(output))
            )
        else:
            found.append(Command(text=command, output=output, status=0))
    return found


def _command_and_output(part: str) -> tuple[str, str]:
    lines = part.splitlines(keepends=True)
    end = 1
    while end < len(lines) and lines[end - 1].endswith("\\\n"):
        end += 1
    return "".join(lines[:end]).strip(), "".join(lines[end:])
