"""Text of others cannot do anything to whoever reads it."""

from __future__ import annotations

import pytest

from medid.core.shown import printable


@pytest.mark.parametrize(
    "letter", ["\x00", "\x1b", "\n", "\r", "\t", "\x9b", "\u202e", "\u2028", "\ud800"]
)
def test_what_a_terminal_would_obey_becomes_a_question_mark(letter: str) -> None:
    assert printable(f"a{letter}b") == "a?b"


@pytest.mark.parametrize("text", ["", "a b", "Zo\xeb \u2603", "\U0001f469", "<&>'\""])
def test_what_is_only_read_stays(text: str) -> None:
    assert printable(text) == text
