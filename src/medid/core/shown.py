"""Text of others, made fit to be shown: on a terminal, on a page, in a report."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` without control characters, which could rewrite a terminal's lines.

    What turns the direction of writing, breaks a line or is seen nowhere goes as well.
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)
