"""Text of others cannot do anything to whoever reads it."""

from __future__ import annotations

import pytest

from medid.core.shown import is_printable, printable


@pytest.mark.parametrize(
    "letter", ["\x00", "\x1b", "\n", "\r", "\t", "\x9b", "\u202e", "\u2028", "\ud800"]
)
def test_what_a_terminal_would_obey_becomes_a_question_mark(letter: str) -> None:
    assert printable(f"a{letter}b") == "a?b"
    assert not is_printable(f"a{letter}b")


@pytest.mark.parametrize("text", ["", "a b", "Zo\xeb \u2603", "\U0001f469", "<&>'\""])
def test_what_is_only_read_stays(text: str) -> None:
    assert printable(text) == text
    assert is_printable(text)


# Names as their bearers write them: in Persian, Sinhala, Malayalam and Marathi.
@pytest.mark.parametrize(
    "name",
    [
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
        "\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d",
        "\u0928\u094d\u200c\u0939\u093e",
    ],
)
def test_a_joiner_belongs_to_the_spelling_of_a_name(name: str) -> None:
    assert printable(name) == name
    assert is_printable(name)


@pytest.mark.parametrize(
    "text",
    [
        "Ad\u200ca",
        "Ad\u200da",
        "\u200cAda",
        "Ada\u200c",
        # Between Arabic letters they join by themselves.
        "\u0639\u0644\u200d\u06cc",
        "\u0639\u0644\u06cc\u200c",
        "\u0639\u0644\u06cc\u200c\u200c\u0631",
        "\u0928\u094d\u200c",
        "\u0928\u094d\u200c\u200c\u0939",
        "\U0001f469\u200d\U0001f469",
    ],
)
def test_a_joiner_that_spells_nothing_is_seen(text: str) -> None:
    assert "?" in printable(text)
    assert not is_printable(text)
