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
    "tab\tand\x08\x0c",
    "\x00\x1f\x7f\x80\x85",
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


def text(rng: random.Random) -> str:
    """A string, short and often awkward."""
    if rng.random() < 0.5:
        return f"text {rng.randrange(10_000)}"
    return rng.choice(TEXTS)


def iri(rng: random.Random) -> str:
    """An absolute IRI; some come again."""
    if rng.random() < 0.7:
        return f"urn:n:{rng.randrange(1_000_000)}"
    return rng.choice(IRIS)


def number(rng: random.Random) -> int | float:
    """A number that RDF keeps."""
    return rng.choice(INTEGERS) if rng.random() < 0.6 else rng.choice(FLOATS)


def json_value(rng: random.Random, depth: int = 2) -> JsonValue:
    """Any JSON value."""
    kind = rng.randrange(8 if depth else 5)
    if kind == 5:
        return [json_value(rng, depth - 1) for _ in range(rng.randrange(3))]
    if kind > 5:
        names = [text(rng), "@id", "a:b", "é", "\U0001f600", "\ufb33"]
        chosen = rng.sample(names, rng.randrange(4))
        return {name: json_value(rng, depth - 1) for name in chosen}
    options: tuple[JsonValue, ...] = (None, True, False, number(rng), text(rng))
    return options[kind]
