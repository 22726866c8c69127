"""What a permit withholds, as the ``residual`` of an IHE PCF access token.

The rules are meant to be applied in their order, and the last that matches decides, as
the examples of the guide do; where none matches, the data may be shown. Labels are
compared by system and code as they stand, so everything that lies above or below a
label is listed; a permit's period has to cover the data's time, and a forbid's only to
touch it. The data's confidentiality is presumed to be one of HL7's six codes.

A residual is never wider than the decision it is made of; what it cannot say is
refused.

Spec: https://profiles.ihe.net/ITI/PCF/other.html#updates-to-iti-71
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from medid.access.consent_match import ABOUT_DATA, about_data
from medid.errors import ConfigurationError, child
from medid.health.codes import (
    ACT_CODE,
    CONFIDENTIALITY,
    CONFIDENTIALITY_ORDER,
    SENSITIVITY,
    SPECIALLY_PROTECTED,
    Coding,
    below,
    confidentiality_rank,
    falls_under,
    is_sensitivity,
)
from medid.health.references import split_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from medid.access.consent_rules import Node, Prepared
    from medid.access.consent_standing import Standing
    from medid.access.consent_types import ConsentFacts, ConsentSettings
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.health.consent_tree import DataReference, Span

_FIX: Final = "ask the compiled decision about each resource instead"
# What a rule about data may name, and how FHIR calls it; nothing else can be said.
_SAID: Final = frozenset({"labels", "data_period", "data"})
_NAMES: Final = {
    "custodians": "actor",
    "classes": "class",
    "document_types": "documentType",
    "codes": "code",
}
_LOCAL: Final = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.\-]{1,64}")
_VERY: Final = confidentiality_rank("V")
_SECOND: Final = 1_000_000_000  # nanoseconds


@dataclass(frozen=True, slots=True)
class _Writing:
    """How rules are read, and how references are written."""

    settings: ConsentSettings
    base: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """The rules that are left for whoever shows the data, and whose they are.

    Attributes:
        consent: The one consent that permits.
        rules: ``{type, securityLabel, dataPeriod, data}`` each, in their order.
    """

    consent: ConsentFacts = field(repr=False)
    rules: tuple[JsonObject, ...] = field(repr=False, hash=False)


def full_url(reference: str, base: str | None) -> str:
    """``reference`` on the FHIR server at ``base``, where it is a local one."""
    local = base is not None and _LOCAL.fullmatch(reference) is not None
    return f"{base}/{reference}" if local else reference


def residual(prepared: Prepared, *, base: str | None = None) -> Residual:
    """What the consents that ``prepared`` holds leave to be enforced on the data.

    Args:
        prepared: The consents against a request, waiting for data.
        base: The URL of the FHIR server on which local references are; without it,
            they stay as the consent has them.

    Raises:
        ConfigurationError: A residual cannot say it: another consent or none has a say,
            its rules name what PCF has no word for, an overlay is in force, or the
            request's purposes are permitted by different rules.
    """
    found = [
        _of_case(case.standings, _Writing(case.asked.settings, base))
        for case in prepared.cases
    ]
    first = found[0]
    if any(one.rules != first.rules for one in found):
        raise _refused("the purposes of the request are permitted by different rules")
    return first


def _of_case(
    standings: Sequence[tuple[Standing, Node | None]], writing: _Writing
) -> Residual:
    if writing.settings.overlays:
        raise _refused("an overlay is asked about each resource")
    speaking = [
        (standing, node)
        for standing, node in standings
        if standing.state == "indeterminate" or (node is not None and _speaks(node))
    ]
    if len(speaking) != 1:
        raise _refused("not exactly one consent has a say in the request")
    standing, root = speaking[0]
    if root is None or not standing.permits_count:
        raise _refused("the permits of the consent do not count")
    return Residual(consent=standing.facts, rules=tuple(_rules(root, writing)))


def _speaks(node: Node) -> bool:
    return node.live or any(_speaks(one) for one in node.exceptions)


def _rules(root: Node, writing: _Writing) -> list[JsonObject]:
    exceptions = [node for node in root.exceptions if _speaks(node)]
    for node in exceptions:
        if any(_speaks(one) for one in node.exceptions):
            raise _refused("exceptions have exceptions of their own", _path(node))
    rules: list[JsonObject] = [{"type": "forbid"}]
    # A root that denies is said by that: what it leaves open, no rule permits.
    permits = [node for node in (root, *exceptions) if node.live and node.rule.permit]
    for node in permits:
        if about_data(node.criteria):
            rules += _permit(node, writing)
        else:
            rules.clear()  # it permits everything, whatever was said before
    # Deny wins among siblings, and the last rule that matches decides (E7).
    rules += [_forbid(node, writing) for node in exceptions if not node.rule.permit]
    return rules


def _permit(node: Node, writing: _Writing) -> Iterator[JsonObject]:
    labels = node.criteria.labels
    yield _rule("permit", node, labels, writing)
    if labels is None:
        return
    odd = [it for it in labels if it.system != CONFIDENTIALITY]
    if writing.settings.unlabelled_confidentiality is not None and not all(
        is_sensitivity(it) for it in odd
    ):
        message = "what unlabelled data is taken for decides about a label"
        raise _refused(message, child(_path(node), "securityLabel"))
    # A label that the permit needs to name and does not is forbidden after it (A11).
    if guarded := _uncovered(labels, writing.settings):
        yield {"type": "forbid", "securityLabel": _codings(guarded)}


def _uncovered(
    labels: tuple[Coding, ...], settings: ConsentSettings
) -> tuple[Coding, ...]:
    """What must not be on data beside a label that the permit names."""
    ranks = [
        confidentiality_rank(it.code) for it in labels if it.system == CONFIDENTIALITY
    ]
    # Without a level the permit looks at none but V; with one, at the highest (E11).
    highest = max(ranks, default=_VERY - 1)
    every = settings.all_labels_covered
    if every is False:
        levels = _levels_from(highest + 1) if ranks else ()
        return tuple(levels)
    root = SENSITIVITY if every or highest >= _VERY else SPECIALLY_PROTECTED
    sensitive = (Coding(ACT_CODE, code) for code in sorted(below(ACT_CODE, root)))
    return (
        *_levels_from(highest + 1),
        *(it for it in sensitive if not any(falls_under(it, one) for one in labels)),
    )


def _levels_from(rank: int) -> tuple[Coding, ...]:
    return tuple(Coding(CONFIDENTIALITY, code) for code in CONFIDENTIALITY_ORDER[rank:])


def _forbid(node: Node, writing: _Writing) -> JsonObject:
    labels = node.criteria.labels
    if labels is None:
        return _rule("forbid", node, None, writing)
    denied = dict.fromkeys(labels)
    for label in labels:
        if label.system == CONFIDENTIALITY:
            denied |= dict.fromkeys(_levels_from(confidentiality_rank(label.code)))
        else:
            lower = sorted(below(label.system, label.code))
            denied |= dict.fromkeys(Coding(label.system, code) for code in lower)
    assumed = writing.settings.unlabelled_confidentiality
    if assumed is not None and Coding(CONFIDENTIALITY, assumed) in denied:
        message = "what unlabelled data is taken for is denied, and has no label"
        raise _refused(message, child(_path(node), "securityLabel"))
    return _rule("forbid", node, tuple(denied), writing)


def _rule(
    kind: str, node: Node, labels: tuple[Coding, ...] | None, writing: _Writing
) -> JsonObject:
    criteria = node.criteria
    for part in ABOUT_DATA:
        if part not in _SAID and getattr(criteria, part) is not None:
            message = "a residual has no word for what this rule is about"
            raise _refused(message, child(_path(node), _NAMES[part]))
    rule: JsonObject = {"type": kind}
    if labels is not None:
        rule["securityLabel"] = _codings(labels)
    if criteria.data_period is not None:
        path = child(_path(node), "dataPeriod")
        rule["dataPeriod"] = _period(criteria.data_period, writing.settings.zone, path)
    if criteria.data is not None:
        path = child(_path(node), "data")
        if not node.rule.permit and any(it.space for it in criteria.data):
            message = "a residual has no word for data that cannot be told apart"
            raise _refused(message, path)
        rule["data"] = [_datum(it, writing.base, path) for it in criteria.data]
    return rule


def _codings(labels: Iterable[Coding]) -> list[JsonValue]:
    return [{"system": it.system, "code": it.code} for it in labels]


def _datum(wanted: DataReference, base: str | None, path: str) -> JsonObject:
    if split_version(wanted.reference)[1]:
        raise _refused("a residual has no word for one version of data", path)
    reference = full_url(wanted.reference, base)
    return {"meaning": wanted.meaning, "reference": {"reference": reference}}


def _period(span: Span, zone: tzinfo, path: str) -> JsonObject:
    period: JsonObject = {}
    if span.start is not None:
        period["start"] = _written(span.start, zone, path, last=False)
    if span.end is not None:
        period["end"] = _written(span.end, zone, path, last=True)
    return period


def _written(edge: Instant, zone: tzinfo, path: str, *, last: bool) -> str:
    """An edge as a day where it is one, else to the second; an end is the last such."""
    seconds, fraction = divmod(edge.nanoseconds, _SECOND)
    if fraction:
        raise _refused("the period ends within a second", path)
    try:
        local = datetime.fromtimestamp(seconds, tz=zone)
        if local.time() == time(0):
            return (local.date() - timedelta(days=last)).isoformat()
    except (OverflowError, ValueError):
        raise _refused("the period ends beyond what a date can say", path) from None
    return str(edge.plus(-1) if last else edge)


def _path(node: Node) -> str:
    return f"$.{node.rule.path}"


def _refused(message: str, path: str = "$.consents") -> ConfigurationError:
    return ConfigurationError(message, path=path, fix=_FIX)
