"""Reads Wycheproof files, and notices when they hold more than a test handles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator


def groups(name: str, *, kind: str, count: int) -> Iterator[dict[str, Any]]:
    """The groups of file ``name``, all of which must be of ``kind``."""
    data = json.loads((vectors("wycheproof") / name).read_text())
    found = sum(len(group["tests"]) for group in data["testGroups"])
    assert found == data["numberOfTests"] == count
    for group in data["testGroups"]:
        assert group["type"] == kind, f"unhandled group {group['type']}"
        yield group
