"""What a trust file says, in plain sentences, each with the place that it is about.

Of patients, and of those who act for them, only the number is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from medid.errors import child
from medid.trust.roots import REQUIRED
from medid.trust.told import in_words, scope_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from medid.core.instant import Window
    from medid.trust.asked import AskedRegistry, Asking
    from medid.trust.authorities import Authority
    from medid.trust.boards import AcceptedBoard
    from medid.trust.crossing import Compact, Recognition
    from medid.trust.federation.settings import Federation
    from medid.trust.roots import Requirement, X509Root
    from medid.trust.settings import Settings


_Part = TypeVar("_Part")


class Said(NamedTuple):
    """One sentence, and what of the file it is about."""

    path: str
    text: str


def said(settings: Settings) -> tuple[Said, ...]:
    """Everything that ``settings`` say, in the order of the file's parts."""
    return (
        *_each("$.acceptedBoards", settings.boards, board_sentence),
        *_each("$.authorities", settings.authorities, authority_sentence),
        *_each(
            "$.recognizedEntities",
            settings.lists,
            lambda url: f"Authorities publish whom they recognize at {url}.",
        ),
        *_each("$.federations", settings.federations, federation_sentence),
        *_each("$.x509Roots", settings.roots, root_sentence),
        *_each("$.trustRegistries", settings.registries, registry_sentence),
        *_rules(settings),
        *_each("$.compacts", settings.compacts, _compact),
        *_each("$.recognition", settings.recognition, _recognition),
        *_visas(settings),
        *_people(settings),
    )


def _each(
    place: str, several: Sequence[_Part], sentence: Callable[[_Part], str]
) -> Iterator[Said]:
    for index, one in enumerate(several):
        yield Said(child(place, index), sentence(one))


def board_sentence(board: AcceptedBoard) -> str:
    """What an entry lets its board issue."""
    more = []
    if board.require_registration is not None:
        kinds = ", ".join(board.require_registration)
        more.append(f"Only these registrations count: {kinds}.")
    if board.require_hybrid_proofs:
        more.append("Everything needs a classical and an ML-DSA proof.")
    if board.x509_anchors:
        number = len(board.x509_anchors)
        more.append(f"It signs under {number} given certificate authorities.")
    if board.status_list_issuers:
        others = ", ".join(board.status_list_issuers)
        more.append(f"Its status lists may be signed by {others}.")
    if board.recognized_by is not None:
        more.append(f"Accepted on the word of {board.recognized_by}.")
    scope = scope_in_words(
        board.credential_types, board.jurisdictions, board.professions
    )
    begun = f"{_called(board.did, board.name)} is accepted{_when(board.window)}."
    return " ".join((begun, scope, *more))


def authority_sentence(authority: Authority) -> str:
    """Whom an authority may recognize, and how far that carries."""
    passed = "Who is recognized may not recognize others."
    if authority.delegable:
        passed = f"A recognition may be passed on {authority.delegable} times."
    schema = "A recognition must name a schema of what is issued."
    if not authority.require_output_validation:
        schema = "A recognition need not say what is issued."
    scope = scope_in_words(
        authority.credential_types, authority.jurisdictions, authority.professions
    )
    name = _called(authority.did, authority.name)
    begun = f"{name} may recognize others{_when(authority.window)}."
    return f"{begun} {scope} {passed} {schema}"


def federation_sentence(federation: Federation) -> str:
    """Whom a federation may accredit, and for what."""
    marks = " ".join(
        f"Its trust mark {one.type} means: "
        + scope_in_words(one.credential_types, one.jurisdictions, one.professions)
        for one in federation.meanings
    )
    anchor = federation.anchor
    begun = (
        f"The federation of {anchor.entity} may accredit issuers"
        f"{_when(federation.window)}, by {len(anchor.keys)} given keys."
    )
    asked = ""
    if federation.intermediates:
        asked = f" Asked as well: {', '.join(federation.intermediates)}."
    return f"{begun}{asked} {marks}"


def root_sentence(root: X509Root) -> str:
    """For whom a root speaks, and what that is worth."""
    authority = root.authority
    name = _called(authority.did, authority.name)
    whom = "; or ".join(" and ".join(map(_required, who)) for who in root.subjects)
    scope = scope_in_words(
        authority.credential_types, authority.jurisdictions, authority.professions
    )
    more = []
    if root.require_registration is not None:
        kinds = ", ".join(root.require_registration)
        more.append(f"Only these registrations count: {kinds}.")
    if root.crls:
        each = "Each certificate has to be on"
        if root.revocation != REQUIRED:
            each = "Where there is one, a certificate has to be on"
        more.append(f"{each} none of the lists of {', '.join(root.crls)}.")
    begun = f"The root {name} speaks{_when(authority.window)} for {whom}."
    return " ".join((begun, scope, *more))


def _required(one: Requirement) -> str:
    kind = f" {one.kind}" if one.kind else ""
    return f"{one.predicate}{kind} {one.value}"


def registry_sentence(registry: AskedRegistry) -> str:
    """What a trust registry is asked, and what its yes allows."""
    name = _called(registry.authority, registry.name)
    begun = f"{name} is asked at {registry.url}{_when(registry.window)}."
    asked = "It may authorize nobody, and only recognizes other registries."
    if registry.askings:
        asked = " ".join(map(_asking, registry.askings))
    upper = ""
    if registry.recognized_by is not None:
        upper = f" {registry.recognized_by} has to recognize it."
    return f"{begun} {asked}{upper} An answer counts for {registry.max_age} seconds."


def _asking(asking: Asking) -> str:
    scope = scope_in_words(
        asking.credential_types, asking.jurisdictions, asking.professions
    )
    return f"Its yes to {asking.action} {asking.resource} counts. {scope}"


def _compact(compact: Compact) -> str:
    members = "; ".join(
        f"{one.jurisdiction}{in_words(one.window)}" for one in compact.members
    )
    return (
        f"The compact {compact.id} ({compact.model}){in_words(compact.window)} is for "
        f"the professions {', '.join(compact.professions)}, among "
        f"{members or 'no members'}."
    )


def _recognition(rule: Recognition) -> str:
    modes = ", ".join(rule.modes) or "no mode of care"
    needed = ""
    if rule.requires_credential is not None:
        needed = f" It needs a {rule.requires_credential}."
    return (
        f"Licenses of {rule.origin} count in {rule.host}{_when(rule.window)}, of the "
        f"professions {', '.join(rule.professions)}, for {modes}.{needed}"
    )


def _rules(settings: Settings) -> Iterator[Said]:
    statuses = ", ".join(settings.accept_statuses) or "none"
    yield Said("$.acceptStatuses", f"A license counts in the status {statuses}.")
    yield Said(
        "$.statusMaxAgeSeconds",
        f"A status counts for {settings.status_max_age} seconds after it was checked.",
    )
    for place, contained in settings.containment.items():
        yield Said(
            child("$.containment", place),
            f"{place} contains {', '.join(contained) or 'nothing'}.",
        )
    for union, places in settings.unions.items():
        yield Said(
            child("$.unions", union),
            f"The union {union} has {', '.join(places) or 'no members'}.",
        )
    for region, whose in settings.place_of_service.items():
        yield Said(
            child("$.placeOfService", region),
            f"In {region} care takes place where the {whose} is.",
        )


def _visas(settings: Settings) -> Iterator[Said]:
    for index, one in enumerate(settings.visa_issuers.values()):
        kinds = ", ".join(one.asserts)
        yield Said(
            child("$.visaIssuers", index),
            f"Visas of {one.signer.issuer} count{_when(one.signer.window)}: {kinds}.",
        )
    for index, broker in enumerate(settings.brokers.values()):
        yield Said(
            child("$.brokers", index),
            f"Passports of {broker.signer.issuer} count{_when(broker.signer.window)}.",
        )


def _people(settings: Settings) -> Iterator[Said]:
    consent = settings.consent
    for name, number, what in (
        ("patientDids", len(consent.patient_dids), "Patients whose DIDs are known"),
        (
            "representatives",
            len(consent.representatives),
            "Entries of those who may sign consents for another",
        ),
    ):
        if number:
            yield Said(child("$.consent", name), f"{what}: {number}.")
    for index, recorder in enumerate(consent.accepted_recorders):
        yield Said(
            child("$.consent.acceptedConsentRecorders", index),
            f"{recorder} may record consents.",
        )
    if settings.alerts:
        yield Said("$.alerts", f"Warnings about practitioners: {len(settings.alerts)}.")


def _called(name: str, label: str | None) -> str:
    return name if label is None else f"{name} ({label})"


def _when(window: Window) -> str:
    return in_words(window) or ", without an end"
