"""Groups of commands that are in several files, of which one is loaded at a time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of commands.

    Attributes:
        text: What its help says.
        files: Each module that adds commands, by its ``add_to``, and the names of these
            commands; in the order of the help.
    """

    text: str
    files: Mapping[str, tuple[str, ...]]

    def app(self, name: str | None = None) -> typer.Typer:
        """The group with what the file of the command ``name`` adds, or with all."""
        app = typer.Typer(help=self.text)
        app.callback(help=self.text)(_group)
        having = [file for file, names in self.files.items() if name in names]
        for file in having or self.files:
            import_module(file).add_to(app)
        return app


def _group() -> None:
    """Nothing is done before a command of the group."""
