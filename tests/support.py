"""What several test rooms share: where the official vectors are."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

# How many times as many examples a soak tries as an ordinary run.
SOAK = 10

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "vectors"


def vectors(name: str) -> Path:
    """The folder or file ``name`` of the official vectors; skips where there is none.

    The vectors are data of others and no part of this project. ``MEDID_VECTORS``
    names the folder that holds them. Continuous integration has them all, so a
    missing set fails there instead of skipping.
    """
    root = Path(os.environ.get("MEDID_VECTORS", _BESIDE))
    found = root / name
    if found.exists():
        return found
    reason = f"official vectors {name!r} are absent (set MEDID_VECTORS)"
    if os.environ.get("CI") and root.exists():
        pytest.fail(reason)
    pytest.skip(reason)


def examples(ordinary: int) -> int:
    """How many examples a property test tries: ``ordinary``, and more in a soak."""
    return ordinary * SOAK if os.environ.get("MEDID_SOAK") else ordinary


def sha256(data: bytes) -> bytes:
    """The digest, in short."""
    return hashlib.sha256(data).digest()
