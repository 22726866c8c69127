"""The AuthZEN searches that medid answers: what may be seen, and what may be done.

A search answers as many evaluations would, and tells less: only what is permitted, and
nothing of what is not. Whoever may see nothing gets the same answer whatever the
reason: no such patient, no consent, no license, nothing there.

::

    resource search
    1  the form of the request, and where its page begins
    2  ask the catalogue, for everybody: an outage is told apart from a denial
    3  verify once: who, what for, which patient
    4  look at one candidate after another, until the page is full and one more is known
    5  record what leaves
    6  write type, id and obligations; never a count, never a total

    action search
       each action that there is, decided as one evaluation of a batch

A subject search would say who may see a patient's data. There is none.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-search-apis, and
https://openid.github.io/authzen/authzen-obligations-profile-1_0.html#search-requests
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.authzen_batch import Batch
from medid.access.authzen_pages import token_refused
from medid.access.authzen_request import (
    MAX_REQUEST,
    about_patient,
    check_form,
    parts,
    patient_of,
    read_evaluation,
)
from medid.access.catalogue import MAX_ID
from medid.access.request import read_document
from medid.core.entropy import uuid_urn
from medid.core.fields import no_others, required
from medid.core.records import replace
from medid.errors import EvidenceUnavailable, MalformedValue, MedidError, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from medid.access.authzen_pages import Pages, Place
    from medid.access.authzen_request import Evaluation
    from medid.access.catalogue import Actions, Catalogue
    from medid.access.compiled import CompiledDecision
    from medid.access.decision import Decision
    from medid.access.verifier import AccessVerifier
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

# Of one page. A page that ends here is not full, and tells that this much is withheld.
MAX_EXAMINED: Final = 10_000


def resource_search(
    document: Mapping[str, JsonValue],
    verifier: AccessVerifier,
    *,
    catalogue: Catalogue,
    pages: Pages,
    at: Instant | None = None,
) -> JsonObject:
    """The response of the Resource Search API.

    Args:
        document: The decoded request. ``resource.properties.patient`` says whose
            resources are asked for; the presentation stands in the subject.
        verifier: Who decides.
        catalogue: Which resources there are.
        pages: Gives out the tokens of pages.
        at: The instant as of which to answer; the verifier's clock by default.

    Raises:
        ParsingError: What no JSON can spell.
        TooLarge: It is beyond ``MAX_REQUEST``.
        MalformedValue: No search request, or a token that does not go with it, or
            with which nothing may be seen any more.
        EvidenceUnavailable: The catalogue cannot be read, or holds what is none.
    """
    asked = read_document(document, limits=MAX_REQUEST)
    check_form(asked, whole=True, sought="resource")
    at = at if at is not None else verifier.clock()
    place = pages.place(asked, at=at)
    try:
        sought = _Sought.read(asked)
    except MalformedValue:
        return _nothing(verifier, place)
    candidates = _candidates(catalogue, sought, place.after)
    try:
        opened = read_evaluation(about_patient(asked, sought.patient))
        compiled = _compiled(opened, verifier, at=at, place=place)
    except MedidError:
        return _nothing(verifier, place)
    if compiled.permits_nothing:
        return _nothing(verifier, place)
    found = _page(candidates, opened, compiled, place)
    if place.promised and place.limit and not found.shown:
        return _nothing(verifier, place)
    try:
        answer = _released(found.shown, compiled, verifier, at=at)
    except MedidError:
        return _nothing(verifier, place)
    following = replace(place, after=found.after, promised=found.promised)
    return _paged(answer, pages.token(asked, following) if found.more else "")


def action_search(
    document: Mapping[str, JsonValue],
    verifier: AccessVerifier,
    *,
    actions: Actions,
    at: Instant | None = None,
) -> JsonObject:
    """The response of the Action Search API, always in one page.

    Args:
        document: The decoded request, without an action.
        verifier: Who decides.
        actions: Among which it searches.
        at: The instant as of which to answer; the verifier's clock by default.

    Raises:
        ParsingError: What no JSON can spell.
        TooLarge: It is beyond ``MAX_REQUEST``.
        MalformedValue: No search request.
    """
    asked = read_document(document, limits=MAX_REQUEST)
    check_form(asked, whole=True, sought="action")
    batch = Batch(
        verifier, at=at if at is not None else verifier.clock(), presentation=None
    )
    decisions = [
        batch.decide({**parts(asked), "action": action}) for action in actions.entries
    ]
    recorded = batch.recorded(decisions, denials=False)
    found = zip(actions.entries, recorded, strict=True)
    return _answer([(one, made) for one, made in found if made], verifier)


def _nothing(verifier: AccessVerifier, place: Place) -> JsonObject:
    """The answer for who may see nothing.

    Where there was a page before, it would pass for the end, and what was shown for
    all there is, be it that something was withdrawn or is out of reach: there, the
    token is not good any more.

    Raises:
        MalformedValue: There was a page before.
    """
    if place.resumed:
        raise token_refused()
    return _paged(_answer((), verifier))


# What is sought.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sought:
    """Resources of one type, of one patient."""

    patient: str = field(repr=False)
    kind: str

    @classmethod
    def read(cls, asked: JsonObject) -> _Sought:
        """What ``asked`` seeks. Its id is ignored, as AuthZEN asks.

        Raises:
            MalformedValue: Something else is said of it, which would not be heeded.
        """
        resource = required(asked, "resource", dict, "$")
        no_others(resource, {"type", "id", "properties"}, "$.resource")
        patient = patient_of(resource)
        properties = required(resource, "properties", dict, "$.resource")
        no_others(properties, {"patient"}, "$.resource.properties")
        return cls(patient=patient, kind=required(resource, "type", str, "$.resource"))


def _candidates(
    catalogue: Catalogue, sought: _Sought, after: str | None
) -> Iterator[JsonObject]:
    """The candidates of ``catalogue``, of which the first is taken now.

    Raises:
        EvidenceUnavailable: The catalogue cannot be read, or holds what is none.
    """
    found = _checked(catalogue, sought, after)
    first = next(found, None)
    return _chained(first, found) if first is not None else iter(())


def _chained(first: JsonObject, others: Iterator[JsonObject]) -> Iterator[JsonObject]:
    yield first
    yield from others


def _checked(
    catalogue: Catalogue, sought: _Sought, after: str | None
) -> Iterator[JsonObject]:
    try:
        for resource in catalogue.resources(sought.patient, sought.kind, after=after):
            yield _candidate(resource, sought)
    except Refused as error:
        message = f"the catalogue holds what is no resource ({error.code})"
        raise EvidenceUnavailable(message, path="$.catalogue") from error


def _candidate(value: object, sought: _Sought) -> JsonObject:
    """``value``, which must be a resource that was asked for.

    What is not would be withheld without a word, and a whole catalogue with it.

    Raises:
        MalformedValue: It is another's, of another type, or has no id.
    """
    if not isinstance(value, dict):
        raise MalformedValue("not a JSON object")
    name = required(value, "id", str, "$")
    if required(value, "type", str, "$") != sought.kind:
        raise MalformedValue("a resource of another type", path="$.type")
    if patient_of(value) != sought.patient:
        raise MalformedValue("another patient's", path="$.properties.patient")
    if not 0 < len(name.encode("utf-8", "surrogatepass")) <= MAX_ID:
        raise MalformedValue(f"an id has 1 to {MAX_ID} bytes", path="$.id")
    return value


# What is permitted.


def _compiled(
    opened: Evaluation,
    verifier: AccessVerifier,
    *,
    at: Instant,
    place: Place,
) -> CompiledDecision:
    if place.resumed:
        # The token stands for the challenge: none is made before it was consumed.
        verifier = replace(verifier, challenges=None)
    return verifier.compile(opened.presentation, opened.request, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What one page shows, and whether there is another after ``after``.

    ``promised``, where a result was seen that the other will show.
    """

    shown: Sequence[tuple[JsonObject, Decision]]
    after: str | None
    more: bool = True
    promised: bool = False


def _page(
    candidates: Iterable[JsonObject],
    opened: Evaluation,
    compiled: CompiledDecision,
    place: Place,
) -> _Page:
    """Look at candidates until the page is full and another one would be permitted.

    That there are more candidates alone makes no other page: an empty one at the end
    would tell that something is withheld.
    """
    shown: list[tuple[JsonObject, Decision]] = []
    after = place.after
    for number, resource in enumerate(candidates):
        if number >= MAX_EXAMINED:
            return _Page(shown=shown, after=after)
        decision = opened.concluded(compiled.check(resource))
        if decision and len(shown) >= place.limit:
            return _Page(shown=shown, after=after, promised=True)
        if decision:
            shown.append((resource, decision))
        after = str(resource["id"])
    return _Page(shown=shown, after=after, more=False)


def _released(
    shown: Sequence[tuple[JsonObject, Decision]],
    compiled: CompiledDecision,
    verifier: AccessVerifier,
    *,
    at: Instant,
) -> JsonObject:
    """The answer that shows ``shown``, once that is on record.

    Raises:
        AuditUnavailable: It is not: nothing may leave.
    """
    name = None
    if shown and verifier.audit is not None:
        name = compiled.record([resource for resource, _ in shown], at=at)
    found = [
        ({"type": resource["type"], "id": resource["id"]}, decision)
        for resource, decision in shown
    ]
    return _answer(found, verifier, name=name)


def _answer(
    found: Sequence[tuple[JsonObject, Decision]],
    verifier: AccessVerifier,
    *,
    name: str | None = None,
) -> JsonObject:
    """The response: each entity with its obligations, and until when it may be shown.

    Without results it has ``id`` and nothing else, as a denial has.
    """
    context: JsonObject = {"id": name or uuid_urn(verifier.entropy)}
    ends = [made.expires for _, made in found if made.expires is not None]
    if ends:
        context["expires"] = str(min(ends))
    results: list[JsonValue] = [{**one, **_duties(made)} for one, made in found]
    return {"context": context, "results": results}


def _paged(answer: JsonObject, next_token: str = "") -> JsonObject:
    return {"page": {"next_token": next_token}, **answer}


def _duties(decision: Decision) -> JsonObject:
    return {"obligations": decision.duties()} if decision.obligations else {}
