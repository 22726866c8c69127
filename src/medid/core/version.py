"""The version of medid, for decision records and the command line."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
