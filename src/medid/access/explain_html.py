"""An explanation as HTML: a card for another page, or a page of its own.

No script, nothing from elsewhere, no id that could meet another one's. Colour says
nothing that a word does not say. Every text passes ``_element``, which escapes it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from medid.access.explain_checks import ANSWERS, CHAINS, question
from medid.access.explain_sentences import duty, told
from medid.access.explanation import Explanation, PublicAnswer
from medid.core.fields import as_list
from medid.core.shown import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.access.check_tree import Branch
    from medid.access.consent_types import Obligation
    from medid.access.decision import Finding
    from medid.access.explain_words import Duty, Sentence

# The colours are the system's, which come in light and dark and with high contrast.
_STYLE: Final = (
    "color-scheme: light dark; background: Canvas; color: CanvasText; "
    "border: 1px solid; padding: 1em; overflow-wrap: anywhere"
)
_PAGE_STYLE: Final = """\
:root { color-scheme: light dark; }
body { margin: 1em auto; max-width: 60em; padding: 0 1em; font-family: sans-serif; }
table { border-collapse: collapse; }
caption { text-align: start; font-weight: bold; }
th, td { border: 1px solid; padding: 0.2em 0.5em; text-align: start; }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
_TITLE: Final = "Access decision"
_COLUMNS: Final = ("number", "check", "question", "about", "answer", "codes")


class _Html(str):
    """Text that is HTML already; only this module makes any."""

    __slots__ = ()


def as_html_card(shown: Explanation | PublicAnswer) -> str:
    """``shown`` as one ``article``, to stand in a page of the caller's."""
    return _card(shown)


def as_html_page(shown: Explanation | PublicAnswer) -> str:
    """``shown`` as a whole page that loads nothing."""
    head = _element(
        "head",
        _Html('<meta charset="utf-8">'),
        _Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        _Html('<meta name="viewport" content="width=device-width">'),
        _element("title", _TITLE),
        _Html(f"<style>\n{_PAGE_STYLE}</style>"),
    )
    body = _element("body", _element("main", _element("h1", _TITLE), _card(shown)))
    return "<!DOCTYPE html>\n" + _element("html", head, body, lang="en") + "\n"


def _card(shown: Explanation | PublicAnswer) -> _Html:
    parts = _public(shown) if isinstance(shown, PublicAnswer) else _full(shown)
    return _element(
        "article", _element("h2", shown.summary), *parts, lang="en", style=_STYLE
    )


def _public(shown: PublicAnswer) -> Iterator[_Html]:
    if shown.expires is not None:
        yield _element("p", f"Ask again from {shown.expires}.")
    yield from _list(
        "What has to be done",
        [[_named(one), _element("p", duty(one).duty)] for one in shown.obligations],
    )


def _full(shown: Explanation) -> Iterator[_Html]:
    facts = [("Outcome", shown.outcome.value), ("As of", str(shown.at))]
    if shown.id is not None:
        facts.append(("Decision", shown.id))
    if shown.expires is not None:
        facts.append(("Ask again from", str(shown.expires)))
    yield _facts(facts)
    yield from _list("Why", [_finding(one, shown) for one in shown.findings])
    yield from _list("What has to be done", [_duty(one) for one in shown.obligations])
    if shown.tree:
        yield _element("h3", "Checks")
        yield _table(shown.tree)
    chains = [
        [_element("p", sentence) for sentence in one.sentences()]
        for one in shown.chains
    ]
    yield from _list(CHAINS, chains)
    further = [
        [_coded(code), *_told(told(code, permitted=shown.permitted))]
        for code in shown.further_codes
    ]
    yield from _list("Other codes in the checks", further)
    if shown.basis is not None:
        yield _element("h3", "Stands on")
        stated = shown.basis.as_json()
        yield _facts(
            [(name, ", ".join(map(str, as_list(it)))) for name, it in stated.items()]
        )


def _list(title: str, items: Sequence[Sequence[_Html]]) -> Iterator[_Html]:
    if items:
        yield _element("h3", title)
        yield _element("ol", *(_element("li", *parts) for parts in items))


def _facts(facts: Sequence[tuple[str, str]]) -> _Html:
    pairs = (
        part
        for name, value in facts
        for part in (_element("dt", name), _element("dd", value))
    )
    return _element("dl", *pairs)


def _finding(finding: Finding, shown: Explanation) -> list[_Html]:
    about = " ".join(it for it in (finding.about, finding.credential) if it)
    parts = [_element("p", _element("code", finding.code), f" ({about})")]
    if finding.path is not None:
        parts.append(_element("p", "At: ", _element("code", finding.path)))
    parts += _told(told(finding.code, permitted=shown.permitted, rule=finding.rule))
    if finding.message:
        parts.append(_element("p", f"In detail: {finding.message}"))
    return parts


def _told(said: Sentence | Duty) -> list[_Html]:
    parts = [
        _element("p", f"Found: {said.found}"),
        _element("p", f"Rule: {said.where}"),
    ]
    if said.change is not None:
        parts.append(_element("p", f"To change it: {said.change}"))
    return parts


def _duty(obligation: Obligation) -> list[_Html]:
    demanded = duty(obligation)
    return [_named(obligation), _element("p", demanded.duty), *_told(demanded)]


def _named(obligation: Obligation) -> _Html:
    code = _element("code", obligation.code)
    return _element("p", code, f" ({obligation.system})")


def _coded(code: str) -> _Html:
    return _element("p", _element("code", code))


def _table(tree: Sequence[Branch]) -> _Html:
    headings = (_element("th", name, scope="col") for name in _COLUMNS)
    return _element(
        "table",
        _element("caption", "Every check and its answer"),
        _element("thead", _element("tr", *headings)),
        _element("tbody", *_rows(tree, "", None)),
    )


def _rows(branches: Sequence[Branch], above: str, below: str | None) -> Iterator[_Html]:
    """A row for each check, numbered so that the tree is told without indents."""
    for index, branch in enumerate(branches, start=1):
        number = f"{above}{index}"
        yield _element(
            "tr",
            _element("th", number, scope="row"),
            _element("td", branch.check),
            _element("td", question(branch.check, below=below) or ""),
            _element("td", branch.about or ""),
            _element("td", ANSWERS[branch.result]),
            _element("td", ", ".join(branch.codes)),
        )
        yield from _rows(branch.children, f"{number}.", branch.check)


def _element(name: str, *children: str, **attributes: str) -> _Html:
    """One element; of its children, only what is HTML already is not escaped."""
    inner = "".join(
        one if isinstance(one, _Html) else escape(printable(one)) for one in children
    )
    stated = "".join(f' {key}="{escape(it)}"' for key, it in attributes.items())
    return _Html(f"<{name}{stated}>{inner}</{name}>")
