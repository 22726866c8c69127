"""An explanation as text for a terminal: why, what to do, and the tree of checks.

Whatever is not fixed text is made printable first: an id with a line break in it would
otherwise draw a branch of its own.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from medid.access.explain_checks import ANSWERS, CHAINS
from medid.access.explain_sentences import duty, told
from medid.access.explanation import Explanation, PublicAnswer
from medid.core.fields import as_list
from medid.core.shown import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.access.check_tree import Branch
    from medid.access.consent_types import Obligation
    from medid.access.explain_words import Duty, Sentence

_WIDTH: Final = 80  # characters of a line of sentences


def as_text(shown: Explanation | PublicAnswer) -> str:
    """``shown`` as lines of text, without a line break at its end."""
    if isinstance(shown, PublicAnswer):
        return "\n".join(_public(shown))
    return "\n".join(_full(shown))


def tree_lines(tree: Sequence[Branch]) -> Iterator[str]:
    """The tree, one line a check: its name, what it is about, its answer, its codes."""
    for branch in tree:
        yield _line(branch)
        yield from _below(branch.children, "")


def _public(shown: PublicAnswer) -> Iterator[str]:
    yield shown.summary
    if shown.expires is not None:
        yield f"Ask again from {shown.expires}."
    for number, one in enumerate(shown.obligations, start=1):
        yield from _numbered(number, f"{_name(one)}: {duty(one).duty}")


def _full(shown: Explanation) -> Iterator[str]:
    yield f"{shown.outcome.value}: {shown.summary}"
    yield f"As of {shown.at}."
    if shown.id is not None:
        yield f"Decision {printable(shown.id)}."
    if shown.expires is not None:
        yield f"Ask again from {shown.expires}."
    yield from _headed("Why", _findings(shown))
    yield from _headed("What has to be done", _duties(shown.obligations))
    yield from _headed("Checks", list(tree_lines(shown.tree)))
    yield from _headed(CHAINS, _chains(shown))
    yield from _headed("Other codes in the checks", _further(shown))
    yield from _headed("Stands on", _basis(shown))


def _headed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", title)
        yield from lines


def _findings(shown: Explanation) -> list[str]:
    lines: list[str] = []
    for number, one in enumerate(shown.findings, start=1):
        about = " ".join(printable(it) for it in (one.about, one.credential) if it)
        lines += _numbered(number, f"{printable(one.code)} ({about})")
        if one.path is not None:
            lines += _indented(f"At: {printable(one.path)}")
        lines += _told(told(one.code, permitted=shown.permitted, rule=one.rule))
        if one.message:
            lines += _indented(f"In detail: {printable(one.message)}")
    return lines


def _further(shown: Explanation) -> list[str]:
    lines: list[str] = []
    for number, code in enumerate(shown.further_codes, start=1):
        lines += _numbered(number, printable(code))
        lines += _told(told(code, permitted=shown.permitted))
    return lines


def _chains(shown: Explanation) -> list[str]:
    lines: list[str] = []
    for number, one in enumerate(shown.chains, start=1):
        first, *others = map(printable, one.sentences())
        lines += _numbered(number, first)
        for sentence in others:
            lines += _indented(sentence)
    return lines


def _duties(obligations: Sequence[Obligation]) -> list[str]:
    lines: list[str] = []
    for number, one in enumerate(obligations, start=1):
        demanded = duty(one)
        lines += _numbered(number, f"{_name(one)}: {demanded.duty}")
        lines += _told(demanded)
    return lines


def _told(said: Sentence | Duty) -> list[str]:
    lines = _indented(f"Found: {said.found}")
    lines += _indented(f"Rule: {printable(said.where)}")
    if said.change is not None:
        lines += _indented(f"To change it: {said.change}")
    return lines


def _name(obligation: Obligation) -> str:
    return f"{printable(obligation.code)} ({printable(obligation.system)})"


def _basis(shown: Explanation) -> list[str]:
    if shown.basis is None:
        return []
    return [
        f"  {name}: {', '.join(printable(str(one)) for one in as_list(value))}"
        for name, value in shown.basis.as_json().items()
    ]


def _numbered(number: int, text: str) -> list[str]:
    return _wrapped(text, f"{number:3}. ", "     ")


def _indented(text: str) -> list[str]:
    return _wrapped(text, "     ", "       ")


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        width=_WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _below(children: Sequence[Branch], drawn: str) -> Iterator[str]:
    for number, branch in enumerate(children, start=1):
        last = number == len(children)
        yield f"{drawn}{'`-- ' if last else '|-- '}{_line(branch)}"
        yield from _below(branch.children, drawn + ("    " if last else "|   "))


def _line(branch: Branch) -> str:
    about = "" if branch.about is None else f" {printable(branch.about)}"
    codes = f" ({', '.join(map(printable, branch.codes))})" if branch.codes else ""
    return f"{printable(branch.check)}{about}: {ANSWERS[branch.result]}{codes}"
