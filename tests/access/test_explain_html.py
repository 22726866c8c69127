"""An explanation as HTML: every text is shown, and none does anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from medid.access.check_tree import Branch
from medid.access.consent_types import Obligation
from medid.access.decision import Basis
from medid.access.explain_html import _COLUMNS
from medid.access.explaining import (
    Explanation,
    as_html_card,
    as_html_page,
    as_text,
    explain,
)
from medid.core.fields import as_list
from medid.core.shown import printable
from medid.verifying.checks import Result
from tests.access.decisions import (
    ATTACKS,
    explanations,
    of_the_world,
)
from tests.access.explained import FORMS, Shown, few, finding, permit

if TYPE_CHECKING:
    from collections.abc import Iterator


CARD = {
    *("article", "h2", "h3", "p", "ol", "li", "dl", "dt", "dd", "code"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
PAGE = CARD | {"html", "head", "meta", "title", "style", "body", "main", "h1"}
VOID = {"meta"}


class Seen(HTMLParser):
    """What a browser would see: elements that are closed in order, and their text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.other: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    handle_pi = unknown_decl = handle_comment

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def card_of(shown: Shown) -> Seen:
    seen = Seen(as_html_card(shown))
    assert seen.tags() <= CARD
    assert seen.other == []
    for tag, attributes in seen.elements:
        allowed = {"article": {"lang", "style"}, "th": {"scope"}}.get(tag, set())
        assert set(attributes) == allowed
    assert all(one.replace("\n", "").isprintable() for one in seen.words)
    return seen


def check_html(shown: Explanation) -> None:
    seen = card_of(shown)
    said = "\n".join(seen.words)
    for text in texts_of(shown):
        assert printable(text) in said
    rows = [tag for tag, _ in seen.elements].count("tr")
    assert rows == (1 + len(list(every(shown.tree))) if shown.tree else 0)


def texts_of(shown: Explanation) -> Iterator[str]:
    """Every text of the decision's own."""
    yield from (it for it in (shown.id,) if it)
    for one in shown.findings:
        yield from (
            it for it in (one.code, one.message, one.path, one.credential) if it
        )
    for duty in shown.obligations:
        yield from (duty.code, duty.system)
    for branch in every(shown.tree):
        yield from (branch.check, *([branch.about] if branch.about else ()))
        yield from branch.codes
    if shown.basis is not None:
        stated = shown.basis.as_json()
        yield from (str(it) for one in stated.values() for it in as_list(one))


def every(branches: tuple[Branch, ...]) -> Iterator[Branch]:
    for one in branches:
        yield one
        yield from every(one.children)


@few
@given(shown=explanations)
def test_no_text_of_any_decision_becomes_html(shown: Explanation) -> None:
    check_html(shown)
    card_of(shown.public())


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_shown_and_does_nothing(attack: str) -> None:
    shown = permit(
        id=attack,
        findings=(
            finding(attack, attack, message=attack, credential=attack, path=attack),
        ),
        obligations=(Obligation(attack, attack),),
        tree=(Branch(check=attack, result=Result.PASS, about=attack, codes=(attack,)),),
        basis=Basis(
            presentation=attack,
            evidence=attack,
            trust=attack,
            profile=attack,
            library=attack,
        ),
    )
    harmless = permit(
        id="x",
        findings=(finding("x", "x", message="x", credential="x", path="x"),),
        obligations=(Obligation("x", "x"),),
        tree=(Branch(check="x", result=Result.PASS, about="x", codes=("x",)),),
        basis=Basis(
            presentation="x", evidence="x", trust="x", profile="x", library="x"
        ),
    )
    check_html(shown)
    assert Seen(as_html_page(shown)).elements == Seen(as_html_page(harmless)).elements
    assert as_text(shown).count("\n\n") == as_text(harmless).count("\n\n")
    for form in ("text", "card", "page"):
        written = FORMS[form](shown)
        assert all(line.isprintable() for line in written.split("\n"))


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    for decision in of_the_world():
        html = as_html_page(explain(decision))
        seen = Seen(html)
        assert seen.tags() <= PAGE
        assert html.startswith("<!DOCTYPE html>\n")
        assert seen.other == ["DOCTYPE html"]
        policies = [
            str(attributes["content"])
            for tag, attributes in seen.elements
            if tag == "meta" and attributes.get("http-equiv")
        ]
        assert policies == [
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
        ]
        for word in ("url(", "@import", "src=", "href=", "<script", "expression("):
            assert word not in html
        assert as_html_card(explain(decision)) in html


def test_a_page_can_be_read_without_colours_and_by_ear() -> None:
    seen = Seen(as_html_page(explain(of_the_world()[0])))
    tags = [tag for tag, _ in seen.elements]
    stated = dict(seen.elements)
    assert stated["html"]["lang"] == stated["article"]["lang"] == "en"
    assert tags.count("h1") == tags.count("h2") == tags.count("main") == 1
    assert tags.index("h1") < tags.index("h2") < tags.index("h3")
    assert tags.count("caption") == tags.count("table") == 1
    scopes = [one["scope"] for tag, one in seen.elements if tag == "th"]
    assert scopes.count("col") == len(_COLUMNS) == 6
    assert scopes.count("row") == len(scopes) - 6 > 20
    style = str(stated["article"]["style"])
    assert "color-scheme: light dark" in style
    # Only the system's own colours: no word for a colour, no number of one.
    assert re.findall(r"(?:background|color): ([^;]+)", style) == [
        "Canvas",
        "CanvasText",
    ]
    assert "#" not in style
    assert {"yes", "not asked"} <= set(seen.words)
