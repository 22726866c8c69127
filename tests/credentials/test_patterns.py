"""Patterns of other people: what they mean here, and how much work they may make."""

from __future__ import annotations

import re
import warnings
from itertools import chain

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medid.credentials.patterns import MAX_WORK, UnsafePattern, read_pattern


@pytest.mark.parametrize(
    ("text", "matching", "other"),
    [
        (r"^[a-z]+$", "abc", "abc\n"),
        (r"^\d{4}-\d{2}$", "2026-01", "\u0662026-01"),
        (r"^(?:US|CA)-[A-Z]{2}$", "US-NY", "MX-NY"),
        (r"^(?!did:web:).*$", "did:key:x", "did:web:x"),
        (r"[$^]", "a$", "a"),
        (r"^a\.b\u0041\x42\/$", "a.bAB/", "axbAB/"),
        (r"^x?$|^y{2,}$", "yyy", "xy"),
        (r"\bab\B", "abc", "ab"),
        (r"^[^\]]$", "a", "]"),
        # Classes without members: of no character, and of all.
        (r"^(?:[]|a)$", "a", "]"),
        (r"^(?:a[]?b|[^][])$", "ab", "a]b"),
        (r"^[^]$", "\n", ""),
        (r"^(ab){2}$", "abab", "ababab"),
        # White space is more than that of ASCII, and ends of a line are four.
        (r"^\S+$", "ab", "a\u00a0b"),
        (r"^a\sb$", "a\u3000b", "a\x1cb"),
        (r"^[^\s]+$", "a\x1cb", "a\ufeffb"),
        (r"^[\S]+$", "a\u200bb", "a\u2003b"),
        (r"^[\s-]+$", "\u2029- \t", "-a"),
        (r"^[\S ]+$", "a b", "a\tb"),
        (r"^.+$", "a\x0bb", "a\rb"),
        (r"^.$", "\x85", "\u2028"),
        # Two halves of a character are one.
        (r"^\uD83D\ude00$", "\U0001f600", "x"),
        (r"^[^\uD83D\uDE00]$", "x", "\U0001f600"),
        (r"^[\ud83d\ude00-\ud83d\ude02]{2}$", "\U0001f601" * 2, "\U0001f603" * 2),
        (r"^\uD83D\uDE00*a$", "a", "\ud83da"),
        (r"^\\uD83D$", r"\uD83D", "\ud83d"),
        (r"^[\\uD]+$", "\\uD", "\ud83d"),
        (r"^a?\B$", "", "a"),
        # Python warns of what it may read as sets of characters one day.
        (r"^[a&&b]+$", "a&b", "a|b"),
        (r"^[a||b~~]+$", "a|~", "&"),
        (r"^[+--]$", ",", "."),
        (r"^[--a]$", "A", "b"),
        (r"^[^--a]$", "b", "A"),
        (r"^[!-a--]$", "A", "b"),
    ],
)
def test_what_a_pattern_matches(text: str, matching: str, other: str) -> None:
    pattern = read_pattern(text)
    assert pattern.regex.search(matching)
    assert not pattern.regex.search(other)
    assert pattern.work(len(matching)) <= MAX_WORK


def test_white_space_is_that_of_ecmascript() -> None:
    others = (range(0x09, 0x0E), range(0x2000, 0x200B), (0x2028, 0x2029, 0xFEFF))
    spaces = {*(0x20, 0xA0, 0x1680, 0x202F, 0x205F, 0x3000), *chain(*others)}
    for text in (r"^\s$", r"^[\s]$", r"^[^\S]$"):
        found = read_pattern(text).regex
        assert {n for n in range(0x110000) if found.search(chr(n))} == spaces
    for text in (r"^\S$", r"^[\S]$", r"^[^\s]$"):
        found = read_pattern(text).regex
        assert {n for n in range(0x110000) if not found.search(chr(n))} == spaces


@given(st.text("abz-&|~^+.]\\wx41", max_size=8))
def test_a_class_means_what_python_means_by_it_today(body: str) -> None:
    # Python takes a bracket that comes first for a member.
    assume(body.removeprefix("^")[:1] not in {"", "]"})
    try:
        found = read_pattern(f"[{body}]").regex
    except UnsafePattern:
        return
    with warnings.catch_warnings(action="ignore"):
        plain = re.compile(f"[{body}]", re.ASCII)
    for letter in map(chr, range(0x20, 0x7F)):
        assert bool(found.fullmatch(letter)) is bool(plain.fullmatch(letter))


@pytest.mark.parametrize(
    "text",
    [
        *(r"(a*)*", r"(a+)+b", r"(a|aa)+", r"(a?){30}a{30}", r"((a{1,9})*)*"),
        *(r"(?:a|b)*", r"((a|b)c)*"),
    ],
)
def test_a_repetition_of_what_varies_is_refused(text: str) -> None:
    pattern = read_pattern(text)
    with pytest.raises(UnsafePattern):
        pattern.work(10)


@pytest.mark.parametrize(
    "text",
    [
        *(r"(a)\1", r"(?P<x>a)", r"(?<=a)b", r"(?(1)a)", r"(?i)a", r"\k<x>", r"\p{L}"),
        *(
            "[",
            "[]a]",
            "(",
            ")",
            "a**",
            "{2}",
            "]",
            "[[:alpha:]]",
            "\\",
            "a{99999}",
            "a++",
        ),
        *("a{3,2}", "a{,3}", "[z-a]", r"[\s-z]", r"[!-\S]", r"\b*", r"\B+", "a" * 513),
    ],
)
def test_what_cannot_be_bounded_is_refused(text: str) -> None:
    with pytest.raises(UnsafePattern):
        read_pattern(text).work(10)


@pytest.mark.parametrize(
    ("text", "length", "work"),
    [
        ("^abc$", 1_000, 1),
        ("abc", 9, 10),
        ("^a*$", 9, 10),
        ("^a+$", 9, 9),
        ("^a?b?$", 9, 4),
        ("^a*b*$", 9, 100),
        ("^a{2,5}$", 9, 4),
        ("^a{2,}$", 9, 8),
        ("^a{2,50}$", 9, 8),
        ("^a{5}$", 9, 1),
        ("^(a|b|c)$", 9, 3),
        ("^a|b$", 9, 20),
        ("^(a*)(b*)$", 9, 100),
        # A path on which much is compared counts as several.
        ("^a{80}$", 99, 11),
        ("a{9999}b", 99, 1_300),
        ("^(?:a{8}){4}$", 99, 5),
        ("^(?:[ab]{8}){0,4}$", 99, 10),
        ("^(?:a{16}|b{8})$", 99, 6),
        ("^(?:a{8}|b{16})$", 99, 6),
        ("^" + "ab" * 8, 99, 3),
    ],
)
def test_the_bound(text: str, length: int, work: int) -> None:
    assert read_pattern(text).work(length) == work


@given(st.text(alphabet=r"ab()[]{}*+?|^$\.,:=!<1dw-", max_size=12), st.integers(0, 20))
def test_any_text_is_a_bounded_pattern_or_refused(text: str, length: int) -> None:
    try:
        pattern = read_pattern(text)
        work = pattern.work(length)
    except UnsafePattern:
        return
    assert work >= 1
    pattern.regex.search("a" * length)
