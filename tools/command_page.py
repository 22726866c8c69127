"""Write the page of the command line from the commands' own help.

``python -m tools.command_page`` rewrites ``docs/reference/command-line.md``; tests
see that it says of each command what that says of itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from medid.cli.commands import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = Path(__file__).resolve().parents[1] / "docs/reference/command-line.md"

HEAD: Final = """\
# Command line

Every command explains itself with `--help`. Most print JSON with `--json`, and none
ever prints a traceback: what is wrong is one line with a code, a path and a fix.

| exit code | |
|---|---|
| 0 | verified, permitted, done |
| 1 | refused, denied |
| 2 | a wrong call, input that cannot be read, or an answer that cannot be written |
| 3 | could not be checked; never a permit either |
| 130 | stopped with Ctrl-C |
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its full name."""
    yield from _below("medid", typer.main.get_command(tree()))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, one in inner.items():
        yield from _below(f"{name} {word}", one)


def options(command: Any) -> list[str]:
    """The option names of ``command``, as they are typed."""
    return [
        name
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--")
    ]


def section(name: str, command: Any) -> str:
    """What the page says about one command."""
    text = (command.help or "").replace("\b\n", "").strip()
    about, _, example = text.partition("Example:")
    lines = [f"## {name}", "", about.strip(), ""]
    if example.strip():
        lines += ["```text", " ".join(example.split()), "```", ""]
    lines += ["| option | |", "|---|---|"]
    for parameter in command.params:
        names = [*parameter.opts, *parameter.secondary_opts]
        shown = ", ".join(f"`{one}`" for one in names if one.startswith("--"))
        if not shown:
            shown = f"`{parameter.metavar or parameter.name.upper()}`"
        told = (getattr(parameter, "help", None) or "").replace("|", "\\|")
        lines.append(f"| {shown} | {told} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(*one) for one in commands())])


def main() -> int:
    """Rewrite the page."""
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
