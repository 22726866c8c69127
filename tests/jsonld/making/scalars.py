"""Strings, IRIs, numbers and JSON values on which implementations have differed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

    from medid.core.json import JsonValue

TEXTS: Final = (
    "",
    "x",
    "plain text",
    'a "quoted" word',
    "back\\slash",
    "two\nlines\r\n",
    "tab\tand\x80\x85",
    "\u00a0\u2028\u2029\ufeff",
    "Zoë, 北京, \U0001f600",
    "e\u0301 and \u00e9",
    "urn:looks:like:an:iri",
    "true",
    "5",
    "1.0E0",
    "_:b0",
    "@id",
    "ns:name",
)
# Seldom: pyld writes none of these as RDFC-1.0 does.
CONTROLS: Final = ("\x08\x0c", "\x00\x1f\x7f")
IRIS: Final = (
    "urn:a",
    "urn:b",
    "did:example:subject",
    "https://board.example/licenses/5#key-1",
    "https://board.example/?a=b&c=%20",
    "https://bücher.example/straße",
    "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
)
LANGUAGES: Final = ("en", "de-AT", "zh-Hant-CN", "ar")
DIRECTIONS: Final = ("ltr", "rtl")
INTEGERS: Final = (0, 1, -1, 5, 2020, 2**31, 2**53 - 1, -(2**53) + 1)
FLOATS: Final = (0.5, -0.25, 1.5e-7, 3.14, 100.0, 1e21, 1.5e300, 0.1)


class Scalars:
    """Strings, IRIs and numbers out of many."""

    def __init__(self, rng: random.Random) -> None:
        """Draw from ``rng``."""
        self._rng = rng

    def text(self) -> str:
        """A string, short and often awkward."""
        if self._rng.random() < 0.5:
            return f"text {self._rng.randrange(10_000)}"
        return self._rng.choice(TEXTS if self._rng.random() < 0.99 else CONTROLS)

    def fresh(self) -> str:
        """A string that hardly ever comes again."""
        return f"text {self._rng.randrange(10**9)}"

    def iri(self) -> str:
        """An absolute IRI; some come again."""
        if self._rng.random() < 0.7:
            return f"urn:n:{self._rng.randrange(1_000_000)}"
        return self._rng.choice(IRIS)

    def number(self) -> int | float:
        """A number that RDF keeps."""
        return self._rng.choice(INTEGERS if self._rng.random() < 0.6 else FLOATS)

    def language(self) -> str:
        """A language tag."""
        return self._rng.choice(LANGUAGES)

    def json_value(self, depth: int = 2) -> JsonValue:
        """Any JSON value."""
        kind = self._rng.randrange(8 if depth else 5)
        if kind == 5:
            items = range(self._rng.randrange(3))
            return [self.json_value(depth - 1) for _ in items]
        if kind > 5:
            names = [self.text(), "@id", "a:b", "é", "\U0001f600", "\ufb33"]
            chosen = self._rng.sample(names, self._rng.randrange(4))
            return {name: self.json_value(depth - 1) for name in chosen}
        options: tuple[JsonValue, ...] = (
            None,
            True,
            False,
            self.number(),
            self.text(),
        )
        return options[kind]


class FewScalars(Scalars):
    """The same out of so few that two documents often say the same."""

    def text(self) -> str:
        """One of two strings."""
        return self._rng.choice(["x", "T"])

    def fresh(self) -> str:
        """As any other."""
        return self.text()

    def iri(self) -> str:
        """One of three."""
        return self._rng.choice(["urn:a", "urn:b", "https://ns.example/#T"])

    def number(self) -> int | float:
        """One of three."""
        return self._rng.choice([1, 1.0, 0.5])

    def language(self) -> str:
        """One of three, of which two are the same."""
        return self._rng.choice(["en", "EN", "de"])
