"""What the consents on file say to one request: medid consent evaluation profile 1.

Steps: (1) the standing of each consent, (2) its rules against each purpose and against
the data, deepest match first and deny before permit (E7), (3) all consents together,
deny-overrides (E14), (4) the default policy where none applies (E9), (5) all purposes
together: each must be permitted (A12), (6) obligations and expiry. Pure: it reads no
clock and checks no signature; that the facts were verified is the caller's part.

    >>> from medid.access.consent_rules import PROFILE
    >>> PROFILE["version"]
    '1'

Spec: https://w3id.org/medid/consent-evaluation/1
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from medid.access.consent_defaults import default_policy, may_be_permitted
from medid.access.consent_match import (
    Asked,
    about_data,
    request_matches,
    resource_matches,
    type_matches,
)
from medid.access.consent_overlays import Permit, overlaid
from medid.access.consent_standing import Standing, stand
from medid.access.consent_types import (
    POLICIES,
    PROFILE_NAME,
    PROFILE_URI,
    ConsentFinding,
    Obligation,
    Reason,
    Resource,
)
from medid.core.records import replace
from medid.errors import ConfigurationError
from medid.health.codes import (
    ACT_REASON,
    CONFIDENTIALITY_ORDER,
    RESOURCE_TYPES,
    Coding,
    is_a,
)
from medid.health.consent_tree import Criteria, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from medid.access.consent_types import (
        ConsentFacts,
        ConsentRequest,
        ConsentSettings,
    )
    from medid.core.instant import Instant

PROFILE: Final[Mapping[str, str]] = MappingProxyType(
    {"uri": PROFILE_URI, "name": PROFILE_NAME, "version": "1"}
)

_ATTRIBUTES: Final = tuple(Criteria.__dataclass_fields__)
_MINIMUM_NECESSARY: Final = ("HPAYMT", "HOPERAT")
_AUDIT: Final = Obligation("AUDIT")
_NOTIFY: Final = Obligation("NOTIFY", PROFILE_URI)
_MINIMUM: Final = Obligation("MINEC")

Verdict = Literal["deny", "indeterminate", "permit", "base-deny", "base-permit"]
# What outweighs what among several consents: E14, and A13 for a mere base.
_ORDER: Final[tuple[Verdict, ...]] = (
    "deny",
    "indeterminate",
    "permit",
    "base-deny",
    "base-permit",
)


def evaluate(
    consents: Sequence[ConsentFacts],
    request: ConsentRequest,
    settings: ConsentSettings,
) -> ConsentFinding:
    """What the consents on file say to ``request``.

    Raises:
        ConfigurationError: A setting that the profile does not know.
    """
    prepared = prepare(consents, request, settings)
    return prepared.check(request.resource)


def prepare(
    consents: Sequence[ConsentFacts],
    request: ConsentRequest,
    settings: ConsentSettings,
) -> Prepared:
    """Everything that does not depend on the data: once, for many resources.

    Args:
        consents: What is on file, in any order. Never modified.
        request: Its ``resource`` is not looked at.
        settings: What the verifier configured.

    Raises:
        ConfigurationError: A setting that the profile does not know.
    """
    _check_settings(settings)
    standings = sorted(
        (stand(facts, request, settings) for facts in consents),
        key=lambda it: it.facts.id,
    )
    # A request without a purpose is judged as well; nothing permits it.
    purposes: list[Coding | None] = [*sorted(request.purposes)] or [None]
    cases = tuple(
        _case(standings, Asked(request=request, purpose=it, settings=settings))
        for it in purposes
    )
    return Prepared(
        cases=cases,
        trace=tuple(it.reason for it in standings),
        expires=_expires(standings, request, settings),
        about_data=tuple(node for case in cases for node in _about_data(case)),
        looks_at=_looks_at(settings),
    )


def _about_data(case: _Case) -> Iterator[Node]:
    for _, root in case.standings:
        if root is not None:
            yield from root.about_data()


def _looks_at(settings: ConsentSettings) -> tuple[str, ...]:
    names: set[str] = set()
    for overlay in settings.overlays:
        names |= {"type", *overlay.looks_at}
    return tuple(sorted(names))


def _check_settings(settings: ConsentSettings) -> None:
    if settings.default_policy not in POLICIES:
        raise ConfigurationError(
            "not one of the four IHE PCF policies", path="$.context.defaultPolicy"
        )
    assumed = settings.unlabelled_confidentiality
    if assumed is not None and assumed not in CONFIDENTIALITY_ORDER:
        raise ConfigurationError(
            "not a confidentiality code", path="$.context.unlabelledConfidentiality"
        )


# Compiling: the request's part of every rule, once.


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A rule with what it inherited, and whether the request's part of it matches.

    Attributes:
        denied: Of a permit that inherited its labels from a denial: those labels.
    """

    rule: Rule
    criteria: Criteria
    live: bool
    asked: Asked
    exceptions: tuple[Node, ...]
    denied: Criteria | None = None

    def matches(self, resource: Resource | None) -> bool:
        """Whether the rule matches this resource."""
        asked, permit = self.asked, self.rule.permit
        return (
            self.live
            and resource_matches(self.criteria, resource, asked, permit=permit)
            # A denial from "R" on leaves nothing of what is below it to permit (E8).
            and (
                self.denied is None
                or resource_matches(self.denied, resource, asked, permit=False)
            )
        )

    def may_match(self, resource: Resource) -> bool:
        """Whether it matches some resource of this type, or denies all of them."""
        return self.live and type_matches(
            self.criteria, resource, permit=self.rule.permit
        )

    def about_data(self) -> Iterator[Node]:
        """This rule and its exceptions, where data may match or not."""
        if self.live and about_data(self.criteria):
            yield self
        for exception in self.exceptions:
            yield from exception.about_data()

    def named_types(self) -> Iterator[str]:
        """The resource types that this rule and its exceptions name."""
        for named in self.criteria.classes or ():
            if named.system in RESOURCE_TYPES:
                yield named.code
        for exception in self.exceptions:
            yield from exception.named_types()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One purpose of the request against every consent."""

    asked: Asked
    standings: tuple[tuple[Standing, Node | None], ...]


_NOTHING: Final = Criteria()  # inherited by the root of a consent


def _case(standings: Sequence[Standing], asked: Asked) -> _Case:
    found = []
    for standing in standings:
        bindings = standing.facts.actor_bindings
        bound = replace(asked, bindings=bindings) if bindings else asked
        tree = standing.rule
        node = None if tree is None else _compile(tree, _NOTHING, bound)
        found.append((standing, node))
    return _Case(asked=asked, standings=tuple(found))


def _compile(
    rule: Rule, inherited: Criteria, asked: Asked, denied: Criteria | None = None
) -> Node:
    merged = rule.criteria if inherited is _NOTHING else _inherit(inherited, rule)
    # A permit is held to all it inherited; a deny stands alone (E8).
    criteria = merged if rule.permit else rule.criteria
    live = request_matches(criteria, asked, permit=rule.permit)
    if rule.criteria.labels is not None:
        denied = None if rule.permit else Criteria(labels=rule.criteria.labels)
    return Node(
        rule=rule,
        criteria=criteria,
        live=live and (not rule.permit or may_be_permitted(asked)),
        asked=asked,
        exceptions=tuple(_compile(it, merged, asked, denied) for it in rule.exceptions),
        denied=denied if rule.permit else None,
    )


def _inherit(parent: Criteria, rule: Rule) -> Criteria:
    stated = {name: getattr(rule.criteria, name) for name in _ATTRIBUTES}
    return replace(
        parent, **{name: value for name, value in stated.items() if value is not None}
    )


# Checking: the data's part.


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A decision that only waits for the data: pure, and reusable until ``expires``.

    Attributes:
        about_data: The rules that match some data and not other.
        looks_at: What overlays look at in a resource.
    """

    cases: tuple[_Case, ...]
    trace: tuple[Reason, ...]
    expires: Instant | None
    about_data: tuple[Node, ...]
    looks_at: tuple[str, ...]

    def view(self, resource: Resource | None) -> Hashable:
        """Which rules match, and what overlays look at: it alone makes the decision."""
        if resource is None:
            return None
        matched = [it.matches(resource) for it in self.about_data]
        seen = [getattr(resource, name) for name in self.looks_at]
        return (*matched, *seen)

    def check(self, resource: Resource | None) -> ConsentFinding:
        """The decision about one resource."""
        return self._conclude(
            [
                _judge(
                    case,
                    lambda node: node.matches(resource),
                    partial(overlaid, case.asked, resource),
                )
                for case in self.cases
            ]
        )

    def check_type(self, kind: str) -> ConsentFinding:
        """The decision about some resource of type ``kind``, if there is a good one.

        A permit that also depends on the data may still permit; a deny that does may
        still not, and no overlay is asked. Each resource has to be checked by itself
        all the same.
        """
        resource = Resource(type=kind)
        return self._conclude(
            [
                _judge(case, lambda node: node.may_match(resource), _not_asked)
                for case in self.cases
            ]
        )

    def named_types(self) -> frozenset[str]:
        """Every resource type that any of the consents in force names."""
        return frozenset(
            kind
            for case in self.cases
            for _, node in case.standings
            if node is not None
            for kind in node.named_types()
        )

    def _conclude(self, found: Sequence[ConsentFinding]) -> ConsentFinding:
        # One purpose that is not permitted refuses the request (A12).
        finding = next((it for it in found if not it), found[0])
        if not finding:
            return replace(finding, trace=self.trace)
        obligations = {duty for it in found for duty in it.obligations}
        return replace(
            finding,
            obligations=tuple(sorted(obligations)),
            expires=self.expires,
            trace=self.trace,
        )


def _judge(
    case: _Case,
    matches: Callable[[Node], bool],
    overlaid: Callable[[ConsentFinding, Permit], ConsentFinding],
) -> ConsentFinding:
    verdicts = [
        (verdict, standing, node)
        for standing, root in case.standings
        for verdict, node in _verdicts(standing, root, matches)
    ]
    for wanted in _ORDER:
        found = [
            _narrowed(_decided(verdict, standing, node, case.asked), standing, node)
            for verdict, standing, node in verdicts
            if verdict == wanted
        ]
        if found:
            asked = (overlaid(*one) if one[0] else one[0] for one in found)
            # Of several permits, one that every overlay leaves is enough.
            first = next(asked)
            return next((one for one in (first, *asked) if one), first)
    finding = default_policy(case.asked, _obligations(case.asked))
    return overlaid(finding, Permit()) if finding else finding


def _narrowed(
    finding: ConsentFinding, standing: Standing, node: Node | None
) -> tuple[ConsentFinding, Permit]:
    """A finding with what it stands on."""
    if node is None:
        return finding, Permit(standing=standing)
    return finding, Permit(standing=standing, rule=node.rule, criteria=node.criteria)


def _not_asked(finding: ConsentFinding, _: Permit) -> ConsentFinding:
    return finding


def _verdicts(
    standing: Standing, root: Node | None, matches: Callable[[Node], bool]
) -> Iterator[tuple[Verdict, Node | None]]:
    if standing.state == "indeterminate":
        yield "indeterminate", None
        return
    for node in [] if root is None else _deepest(root, matches):
        rule = node.rule
        if rule.permit and not standing.permits_count:
            continue
        if rule.base and rule.exceptions:
            yield ("base-permit" if rule.permit else "base-deny"), node
        else:
            yield ("permit" if rule.permit else "deny"), node


def _deepest(node: Node, matches: Callable[[Node], bool]) -> list[Node]:
    """The deepest rules that match: a deny alone, or permits that say the same."""
    found = [below for it in node.exceptions for below in _deepest(it, matches)]
    if found:
        return [below for below in found if not below.rule.permit][:1] or found
    return [node] if matches(node) else []


# Concluding.


def _decided(
    verdict: Verdict, standing: Standing, node: Node | None, asked: Asked
) -> ConsentFinding:
    if node is None:
        return ConsentFinding(
            decision="deny",
            outcome="indeterminate",
            decided_by=f"{standing.facts.id}#{standing.reason.path or '$'}",
            reasons=(standing.reason,),
        )
    path, permits = node.rule.path, verdict in {"permit", "base-permit"}
    return ConsentFinding(
        decision="permit" if permits else "deny",
        outcome="permit" if permits else "deny",
        decided_by=f"{standing.facts.id}#{path}",
        reasons=(
            Reason(
                code="CONSENT_PERMIT" if permits else "CONSENT_DENY",
                rule="E7",
                message="a rule of the consent " + ("permits" if permits else "denies"),
                consent=standing.facts.id,
                path=path,
            ),
        ),
        obligations=_obligations(asked) if permits else (),
    )


def _obligations(asked: Asked) -> tuple[Obligation, ...]:
    """What a permit for this purpose obliges to."""
    purpose = asked.purpose
    if purpose is None or purpose.system != ACT_REASON:
        return ()
    if purpose.code == "BTG":
        return (_AUDIT, _NOTIFY)
    limited = any(is_a(ACT_REASON, purpose.code, it) for it in _MINIMUM_NECESSARY)
    return (_MINIMUM,) if limited else ()


def _expires(
    standings: Sequence[Standing], request: ConsentRequest, settings: ConsentSettings
) -> Instant | None:
    """The first instant at which any consent on file could change the answer."""
    ahead = [edge for it in standings for edge in it.bounds if edge > request.time]
    if Coding(ACT_REASON, "BTG") in request.purposes:
        ahead.append(request.time.plus(settings.break_glass_seconds))
    return min(ahead, default=None)
