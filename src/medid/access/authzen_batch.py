"""The evaluations of one batch: verified once for each question, then asked for data.

::

    evaluation -> who, what for, which patient -> compiled once -> checked for each
                                                                   resource

A batch shows a presentation once, however many evaluations refer to it: its challenge
is consumed by the first, and the others share what became of that. A document of the
network is fetched once. What is wrong with one evaluation answers that one.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-access-evaluations-api
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.access.audit_record import MAX_RELEASED
from medid.access.authzen_request import (
    about_patient,
    parts,
    patient_of,
    read_evaluation,
)
from medid.access.compiled import unjudged
from medid.core import json as strict_json
from medid.core.fields import required
from medid.core.records import replace
from medid.errors import FetchFailed, MedidError, TooLarge, located

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from medid.access.authzen_request import Evaluation
    from medid.access.compiled import CompiledDecision
    from medid.access.decision import Decision
    from medid.access.verifier import AccessVerifier, Document
    from medid.core.fetch import Fetch, Fetched, FetchRequest
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.verifying.checks import Check

    _Check: TypeAlias = Callable[[JsonObject], Decision]

MAX_COMPILATIONS: Final = 100  # of one batch; each is a verification of milliseconds
MAX_PRESENTATIONS: Final = 4  # of one batch; each may wait 5 seconds for the network


class Batch:
    """The evaluations of one call, decided in their order. Not for several threads.

    Args:
        verifier: Who decides.
        at: As of when, for all of them.
        presentation: What is presented, where it does not stand in the request.
    """

    def __init__(
        self, verifier: AccessVerifier, *, at: Instant, presentation: Document | None
    ) -> None:
        if hasattr(verifier.fetch, "fetch_all"):
            once = _Once(verifier.fetch)  # type: ignore[arg-type]
            verifier = replace(verifier, fetch=once)
        self._verifier = verifier
        self._at = at
        self._beside = presentation
        self._compiled: dict[object, _Opened] = {}
        self._answered: list[tuple[int, CompiledDecision, JsonObject]] = []
        self._decided = 0
        self._presented: dict[bytes | None, Check | None] = {}
        self._prints: dict[int, tuple[object, bytes | None]] = {}

    def decide(self, document: JsonObject) -> Decision:
        """The decision about one evaluation, which has the defaults of its batch."""
        try:
            with located("$.request"):
                resource = required(document, "resource", dict, "$")
                patient = patient_of(resource)
            opened = self._check(document, patient)
            decision = opened.check(resource)
        except MedidError as error:
            decision = unjudged(error, self._at)
        else:
            if opened.compiled is not None:
                answered = (self._decided, opened.compiled, resource)
                self._answered.append(answered)
        self._decided += 1
        return decision

    def recorded(
        self, decisions: Sequence[Decision], *, denials: bool = True
    ) -> list[Decision]:
        """``decisions``, each on record; a permit is denied where it is not.

        Args:
            decisions: What ``decide`` answered, all of it and in its order. None of it
                may leave before.
            denials: Whether denials are answers, too; those of a search are not.
        """
        found = list(decisions)
        if self._verifier.audit is None:
            return found
        for compiled, decision, places in self._alike(decisions):
            if not (decision or denials):
                continue
            for first in range(0, len(places), MAX_RELEASED):
                part = places[first : first + MAX_RELEASED]
                resources = [resource for _, resource in part]
                try:
                    if decision:
                        name = compiled.record(resources, at=self._at)
                    else:
                        name = compiled.record_denial(resources, decision) or ""
                except MedidError as error:
                    refused = unjudged(error, self._at)
                    found = _put(found, {place: refused for place, _ in part})
                else:
                    named = {n: replace(found[n], id=name) for n, _ in part}
                    found = _put(found, named)
        return found

    def _alike(
        self, decisions: Sequence[Decision]
    ) -> list[tuple[CompiledDecision, Decision, list[tuple[int, JsonObject]]]]:
        """What one record can hold: the permits of a compilation, or denials alike."""
        found: dict[
            object, tuple[CompiledDecision, Decision, list[tuple[int, JsonObject]]]
        ] = {}
        for place, compiled, resource in self._answered:
            one = decisions[place]
            why = None if one else (one.outcome, one.findings)
            _, _, places = found.setdefault((id(compiled), why), (compiled, one, []))
            places.append((place, resource))
        return list(found.values())

    def _check(self, document: JsonObject, patient: str) -> _Opened:
        """What answers for each resource of ``patient`` that is asked for alike."""
        asked = [(n, self._print(v)) for n, v in document.items() if n != "resource"]
        key = (patient, *asked)
        if key not in self._compiled:
            if len(self._compiled) >= MAX_COMPILATIONS:
                message = f"more than {MAX_COMPILATIONS} subjects, purposes or patients"
                raise TooLarge(message, path="$.request")
            self._compiled[key] = self._open(document, patient)
        return self._compiled[key]

    def _open(self, document: JsonObject, patient: str) -> _Opened:
        try:
            with located("$.request"):
                asked = read_evaluation(document, self._beside)
        except MedidError as error:
            request = parts(document)
            unread = self._verifier.unread(error, self._beside, request, at=self._at)
            return _refusing(unread)
        try:
            compiled = self._compile(asked, patient)
        except MedidError as error:
            presented, request = asked.presentation, asked.request
            unread = self._verifier.unread(error, presented, request, at=self._at)
            return _refusing(unread)
        return _Opened(
            compiled=compiled,
            check=lambda resource: asked.concluded(compiled.check(resource)),
        )

    def _compile(self, asked: Evaluation, patient: str) -> CompiledDecision:
        # The resource only names the patient here: if something is wrong with that of
        # one evaluation, the others are answered all the same.
        request = about_patient(asked.request, patient)
        shown = strict_json.fingerprint(asked.presentation)
        verifier, before = self._verifier, shown in self._presented
        if before:
            verifier = replace(verifier, challenges=None)
        elif len(self._presented) >= MAX_PRESENTATIONS:
            message = f"more than {MAX_PRESENTATIONS} presentations"
            raise TooLarge(message, path="$.request")
        case = verifier.prepare(asked.presentation, request, at=self._at)
        if before:
            case = replace(case, challenge=self._presented[shown])
        self._presented[shown] = case.challenge
        return verifier.compiled(case)

    def _print(self, value: object) -> bytes | None:
        """The fingerprint of ``value``; of a default of the batch, taken once."""
        found = self._prints.get(id(value))
        if found is None:
            # The value is kept as well, so that no other can have its id.
            found = self._prints[id(value)] = (value, strict_json.fingerprint(value))
        return found[1]


def _put(decisions: list[Decision], changed: Mapping[int, Decision]) -> list[Decision]:
    return [changed.get(place, one) for place, one in enumerate(decisions)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What answers for resources, and the compiled decision behind it, if any."""

    compiled: CompiledDecision | None
    check: _Check


def _refusing(decision: Decision) -> _Opened:
    return _Opened(compiled=None, check=lambda _resource: decision)


class _Once:
    """A ``Fetch`` that asks another for each document once, and gives it again."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._answers: dict[FetchRequest, Fetched | MedidError] = {}

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """One answer for each request, in their order, within ``seconds`` in all."""
        new = [one for one in dict.fromkeys(requests) if one not in self._answers]
        answers = self._fetch.fetch_all(new, seconds=seconds) if new else ()
        if len(answers) != len(new):
            # Whose answer is missing is not known, so none of them counts.
            answers = [FetchFailed("the fetch adapter lost an answer") for _ in new]
        self._answers.update(zip(new, answers, strict=True))
        return [self._answers[one] for one in requests]
