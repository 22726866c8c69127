"""Which form of an answer is chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.server.negotiation import choose

OFFERED = ("application/vc", "application/ld+json", "application/json")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/vc"),
        ("", "application/vc"),
        ("  ", "application/vc"),
        ("*/*", "application/vc"),
        ("application/*", "application/vc"),
        ("application/json", "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("application/ld+json, application/json", "application/ld+json"),
        ("application/json, application/ld+json;q=0.9", "application/json"),
        ("text/html, */*;q=0.1", "application/vc"),
        ("text/html, application/json;q=0.001", "application/json"),
        ("application/vc;q=0, */*", "application/ld+json"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/json;q=nonsense", "application/json"),
        ("application/json;q=0", None),
        ("text/html", None),
        ("text/*", None),
        ("application", None),
        (";;;,,,", None),
        ("," * 10_000, None),
        ("x/y," * 100 + "application/json", None),
    ],
)
def test_the_best_form_that_is_accepted(accept: str | None, chosen: str | None) -> None:
    assert choose(accept, OFFERED) == chosen


@given(st.text(max_size=200))
def test_any_header_gets_an_answer(accept: str) -> None:
    assert choose(accept, OFFERED) in {*OFFERED, None}
