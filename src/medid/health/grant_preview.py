"""A grant told back before it is signed: as a sentence, and as what it does not allow.

The sentence is of the grammar of ``medid.health.grant_sentences`` and reads back as the
same grant. The other lines are fixed text around the words of the grant; they add
nothing that the consent does not say.

Spec: https://w3id.org/medid/consent-evaluation/1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.health.codes import CONSENT_ACTIONS
from medid.health.grant_words import (
    ACTIONS,
    LEVELS,
    MONTHS,
    PURPOSES,
    TOPICS,
    TYPES,
    spelled,
)
from medid.health.grants import DEFAULT_PURPOSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medid.health.grants import Data, Days, Grant, Recipient

_ALL_PURPOSES: Final = ("PurposeOfUse",)


def sentence(
    grant: Grant, *, names: Mapping[str, tuple[Recipient, ...]] | None = None
) -> str:
    """``grant`` as one sentence, which reads back as the same grant.

    A mandate is not told here; ``preview`` tells it.

    Args:
        grant: What is allowed.
        names: Names to use instead of identifiers, where one stands for just them.
    """
    parts = [_who(grant, names or {}), "may", _listed(grant.actions, ACTIONS, "")]
    parts.append(_data(grant.what, bound="most", all_of_it="everything"))
    if grant.but_not:
        kept = (_data(it, bound="least", all_of_it="anything") for it in grant.but_not)
        parts += ["but not", " nor ".join(kept)]
    parts += ["for", _listed(grant.purposes, PURPOSES, "purpose")]
    if grant.days.start:
        parts += ["from", _day(grant.days.start)]
    if grant.days.end:
        parts += ["until", _day(grant.days.end)]
    return " ".join(parts)


def preview(
    grant: Grant, *, names: Mapping[str, tuple[Recipient, ...]] | None = None
) -> tuple[str, ...]:
    """``grant`` in sentences: what it allows, and what it does not."""
    told = sentence(grant, names=names)
    if not told.startswith(("did:", "https:")):
        told = told[:1].upper() + told[1:]
    lines = [f"{told}.", *_limits(grant)]
    lines += _mandate(grant)
    return tuple(lines)


def _limits(grant: Grant) -> Iterable[str]:
    yield "Nobody else is allowed anything by this."
    others = CONSENT_ACTIONS.difference(grant.actions)
    if others:
        yield f"Not allowed: to {_listed(sorted(others), ACTIONS, '', last='or')}."
    if grant.purposes == _ALL_PURPOSES:
        yield "Any purpose is allowed, marketing and research too."
    else:
        yield "No other purpose is allowed."
    if grant.but_not and grant.purposes != DEFAULT_PURPOSES:
        # "but not Y for Z" may be meant of Y alone.
        named = _listed(grant.purposes, PURPOSES, "purpose")
        yield f"What is not kept back is allowed for {named}."
    yield from _records(grant)
    if grant.days.start:
        yield f"Nothing is allowed before {_day(grant.days.start)}."
    if grant.last_day:
        yield f"Nothing is allowed after {_day(grant.last_day)}."
    else:
        yield "It has no last day: it holds until you withdraw it."
    yield "You can withdraw it at any time; it then ends at the next check."


def _records(grant: Grant) -> Iterable[str]:
    what = grant.what
    if what.is_everything and not grant.but_not:
        yield "No record is kept back, however sensitive it is."
    if what.labels is not None:
        yield "Records that nobody has labelled are not allowed."
    if what.confidentiality is not None:
        # A custodian's settings may take such records for records of some level (A10).
        yield (
            "How confidential records are that nobody has labelled, whoever keeps them"
            " says."
        )
    if what.dated is not None:
        yield "Records without a date are not allowed."
    elif grant.days.start:
        # "from" may be meant of the records, and is of the grant.
        yield "Records of any date are allowed then, older ones too."
    if any(it.labels or it.confidentiality for it in grant.but_not):
        yield "What is kept back is told by labels: without its label a record is seen."
    if any(it.dated for it in grant.but_not):
        yield "What is kept back is told by dates: without a date a record is seen."
    if any(it.codes for it in grant.but_not):
        yield "What is kept back is told by codes: without its code a record is seen."
    if grant.but_not and not all(it.is_did for it in grant.who):
        yield (
            "What is kept back is kept from everybody who cannot be told apart from"
            " them, too."
        )


def _mandate(grant: Grant) -> Iterable[str]:
    mandate = grant.representation
    if mandate is None:
        return
    yield f"You grant this for somebody else, as their {mandate.kind}."
    if mandate.days.start:
        yield f"You may do so from {_day(mandate.days.start)}."
    if mandate.last_day:
        yield f"You may do so until {_day(mandate.last_day)}; the grant ends then, too."


# Parts of the sentence.


def _who(grant: Grant, names: Mapping[str, tuple[Recipient, ...]]) -> str:
    left = set(grant.who)
    found = []
    for name, meant in names.items():
        if left.issuperset(meant):
            found.append(name)
            left -= set(meant)
    found += [_recipient(it) for it in sorted(left)]
    return _joined(found)


def _recipient(one: Recipient) -> str:
    return one.reference or f"number {one.system}|{one.value}"


def _data(data: Data, *, bound: str, all_of_it: str) -> str:
    kept = bound == "least"
    bare = data.labels is not None and data.types is None and data.codes is None
    several = False
    if bare:
        parts, several = _counted(data.labels or (), TOPICS, "label")
    elif data.types is None:
        parts = [all_of_it]
    else:
        parts, several = _counted(data.types, TYPES, "type")
    narrower = _narrower(data, bound=bound, about=not bare)
    if kept and several and narrower:
        # Else it could be said of the last of them alone.
        parts.append("all")
    return " ".join([*parts, *narrower])


def _narrower(data: Data, *, bound: str, about: bool) -> list[str]:
    """What narrows the kinds, or the topics, of ``data``."""
    parts: list[str] = []
    if about and data.labels is not None:
        last = "or" if bound == "least" else "and"
        parts += ["about", _listed(data.labels, TOPICS, "label", last=last)]
    if data.confidentiality is not None:
        level = _listed((data.confidentiality,), LEVELS, "")
        parts.append(f"of at {bound} {level} confidentiality")
    if data.codes is not None:
        codes = [f"{it.system}|{it.code}" for it in data.codes]
        parts += ["coded", _joined(codes)]
    if data.dated is not None:
        parts += ["dated", _dated(data.dated)]
    return parts


def _counted(
    codes: Iterable[str], table: Mapping[str, tuple[str, ...]], mark: str
) -> tuple[list[str], bool]:
    """A list, and whether it has several elements."""
    words, rest = spelled(codes, table)
    return [_listed(codes, table, mark)], len(words) + len(rest) > 1


def _dated(days: Days) -> str:
    if not days.start:
        return f"up to {_day(days.end)}"
    if not days.end:
        return f"since {_day(days.start)}"
    return f"{_day(days.start)} to {_day(days.end)}"


def _day(text: str) -> str:
    year, month, day = text.split("-")
    return f"{int(day)} {MONTHS[int(month) - 1].capitalize()} {year}"


def _listed(
    codes: Iterable[str],
    table: Mapping[str, tuple[str, ...]],
    mark: str,
    *,
    last: str = "and",
) -> str:
    words, rest = spelled(codes, table)
    return _joined([*words, *(f"{mark} {code}" for code in rest)], last=last)


def _joined(words: Sequence[str], *, last: str = "and") -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
