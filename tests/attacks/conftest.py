"""What the attack tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer

from medid.cli import commands

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def _one_command_tree() -> Iterator[None]:
    """Build the tree of commands once: typer builds it anew for each call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "app", typer.main.get_command(commands.app))
        yield
