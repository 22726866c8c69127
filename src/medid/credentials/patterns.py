"""Regular expressions of other people's schemas: how much work can they make?

Python's matcher backtracks, so that a short pattern can run for years. This reads a
pattern without running it, and bounds the paths that the matcher could try on a text
of a given length. It errs on the safe side: a repetition inside a repetition, and
everything it does not know, is refused.

Spec: https://json-schema.org/draft/2020-12/json-schema-core#section-6.4
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_PATTERN: Final = 512  # characters
MAX_WORK: Final = 100_000_000  # paths counted; some seconds at most, mostly far less
_SPAN: Final = 8  # characters that may be compared on a path for the price of one

# One piece of a pattern; the order matters, the first that fits is taken.
_TOKEN: Final = re.compile(
    r"""(?P<class>\[\^?(?:\\.|[^\]\\\[])*\])
      | (?P<escape>\\[dDsSwWtnrfv] | \\[^\w\s] | \\x[0-9A-Fa-f]{2}
          | \\u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}
          | \\u[0-9A-Fa-f]{4})
      | (?P<edge>\\[bB])
      | (?P<open>\((?:\?:|\?=|\?!)?(?!\?))
      | (?P<close>\))
      | (?P<repeat>[*+?]\?? | \{[0-9]{1,4}(?:,[0-9]{0,4})?\}\??)
      | (?P<or>\|)
      | (?P<start>\^)
      | (?P<end>\$)
      | (?P<literal>[^\\\[\](){}*+?|^$])
    """,
    re.VERBOSE | re.DOTALL,
)
# A character of a class, or a range of them, as Python reads the class: from the left.
_MEMBER: Final = re.compile(r"(\\.|.)(?:-(\\.|.))?", re.DOTALL)
# The two halves of a character beyond U+FFFF, which ECMAScript takes for one.
_HALVES: Final = re.compile(
    r"\\u([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})|\\.", re.DOTALL
)
# No character, and any character.
_EMPTY: Final = {"[]": r"[^\s\S]", "[^]": r"[\s\S]"}
# What ECMAScript takes for white space, and all the rest, as members of a class. Python
# takes only ASCII for it, or, asked for Unicode, other characters as well.
_SPACES: Final = r"\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_OTHERS: Final = (
    r"\x00-\x08\x0e-\x1f!-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027"
    r"\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_MEMBERS: Final = {r"\s": _SPACES, r"\S": _OTHERS}
_SINGLE: Final = {
    r"\s": f"[{_SPACES}]",
    r"\S": f"[^{_SPACES}]",
    # In ECMAScript the dot stops at four ends of a line, in Python at one.
    ".": r"[^\n\r\u2028\u2029]",
    # There "$" is the very end; in Python a line feed may follow it.
    "$": r"\Z",
    # There it holds in a text of no characters, too.
    r"\B": r"(?!\b)",
}
_SETS: Final = re.compile(r"^[-&|~]$")
_DOUBLED: Final = re.compile(r"--|&&|\|\||~~")
_COMPARING: Final = ("class", "escape", "literal")  # tokens that take a character
_COUNT: Final = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")


class UnsafePattern(Exception):
    """The pattern is not of the kind whose work can be bounded."""


@dataclass(slots=True)
class _Piece:
    """What was read so far of one group: its ways to match, and whether it repeats.

    Attributes:
        ways: To match it, over all of its branches.
        branches: How many there are.
        varies: Whether there is more than one way.
        span: The characters that a way through the last branch compares whatever else
            varies: those of a repetition as often as it has to be there.
        widest: The same of the branches before.
    """

    ways: int = 1
    branches: int = 1
    varies: bool = False
    span: int = 0
    widest: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that can be bounded: its text for Python, and its tokens."""

    regex: re.Pattern[str]
    tokens: tuple[tuple[str, str], ...]

    def may_have_sets(self) -> bool:
        """Whether Python warns of the text that one day it may read sets in a class."""
        return any(
            kind == "class" and _DOUBLED.search(part) for kind, part in self.tokens
        )

    def work(self, length: int) -> int:
        """How many paths may be tried on a text of ``length`` characters.

        A path on which many characters are compared counts as several.

        Raises:
            UnsafePattern: A repetition inside a repetition.
        """
        whole = _read(self.tokens, length)
        anchored = self.tokens[:1] == (("start", "^"),) and whole.branches == 1
        paths = (1 if anchored else length + 1) * whole.ways * whole.branches
        return paths * (1 + min(max(whole.span, whole.widest), length) // _SPAN)


def read_pattern(text: str) -> Pattern:
    """The pattern that ``text`` is, not run yet.

    Raises:
        UnsafePattern: Too long, not a regular expression, or with back references,
            conditions, lookbehind or other constructs that cannot be bounded.
    """
    tokens = tuple(_tokens(text))
    source = "".join(_for_python(kind, part) for kind, part in tokens)
    try:
        return Pattern(regex=re.compile(source, re.ASCII), tokens=tokens)
    except (re.error, OverflowError, RecursionError):
        raise UnsafePattern("not a regular expression") from None


def _for_python(kind: str, part: str) -> str:
    """One token as Python means the same by it."""
    if kind in {"class", "escape"}:
        part = _HALVES.sub(_whole, part)
    if kind == "class":
        # In ECMAScript a class ends with the first bracket; Python takes that one in.
        if part in _EMPTY:
            return _EMPTY[part]
        start = 2 if part.startswith("[^") else 1
        return part[:start] + _MEMBER.sub(_escaped, part[start:-1]) + "]"
    return _SINGLE.get(part, part)


def _whole(halves: re.Match[str]) -> str:
    if halves[1] is None:
        return halves[0]
    high, low = (int(half, 16) for half in halves.groups())
    return f"\\U{0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF):08x}"


def _escaped(member: re.Match[str]) -> str:
    if member[2] is None and member[1] in _MEMBERS:
        return _MEMBERS[member[1]]
    # Python warns of "--", "&&", "||" and "~~" in a class, which it keeps for sets.
    ends = (_SETS.sub(r"\\\g<0>", end) for end in member.groups() if end is not None)
    return "-".join(ends)


def _tokens(text: str) -> list[tuple[str, str]]:
    if len(text) > MAX_PATTERN:
        raise UnsafePattern("the pattern is too long")
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise UnsafePattern("a construct that cannot be bounded")
        last = found[-1][0] if found else ""
        if match.lastgroup == "repeat" and last in {"repeat", "edge"}:
            raise UnsafePattern("a repetition of a repetition, or of no character")
        found.append((match.lastgroup, match.group()))
        position = match.end()
    return found


def _read(tokens: tuple[tuple[str, str], ...], length: int) -> _Piece:
    stack = [_Piece()]
    last = _Piece()
    for kind, text in tokens:
        if kind == "open":
            stack.append(_Piece())
        elif kind == "close" and len(stack) > 1:
            last = stack.pop()
            _join(stack[-1], last)
        elif kind == "repeat":
            _repeat(stack[-1], last, text, length)
        elif kind == "or":
            _branch(stack[-1])
        else:
            last = _Piece(span=int(kind in _COMPARING))
            stack[-1].span += last.span
    return stack[0]


def _branch(piece: _Piece) -> None:
    piece.branches += 1
    piece.varies = True
    piece.widest, piece.span = max(piece.span, piece.widest), 0


def _join(outer: _Piece, inner: _Piece) -> None:
    inner.span = max(inner.span, inner.widest)
    outer.span += inner.span
    outer.ways *= inner.ways * inner.branches
    outer.varies = outer.varies or inner.varies


def _repeat(piece: _Piece, repeated: _Piece, text: str, length: int) -> None:
    least, most = _bounds(text, length)
    if most > 1 and repeated.varies:
        raise UnsafePattern("a repetition of what itself varies")
    piece.span += max(least - 1, 0) * repeated.span
    if most > least:
        piece.ways *= most - least + 1
        piece.varies = True


def _bounds(text: str, length: int) -> tuple[int, int]:
    match = _COUNT.match(text)
    if match is None:
        return {"*": (0, length), "+": (1, length), "?": (0, 1)}[text[0]]
    least = int(match[1])
    if not match[2]:
        return least, least
    return least, min(int(match[3]), length) if match[3] else length
