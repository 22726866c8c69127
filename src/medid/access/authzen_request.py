"""The AuthZEN request at the edge: its form, its defaults, its options.

What makes a JSON object an AuthZEN request is its form: which entities there are, and
of which JSON types. Without it a request is refused as a whole. Everything else is the
affair of one evaluation and answers it with a denial: a member that nobody knows, a
patient who is not named, a presentation that cannot be read.

Beside what ``AccessRequest`` reads, a request has::

    subject.properties.presentation    what the subject presents: text, or JSON
    context.supported_obligations      types of obligations that the caller carries out
    evaluations                        of a batch: each with its own of the four parts
    options                            evaluations_semantic, reasons

Spec: https://openid.net/specs/authorization-api-1_0.html#name-access-evaluations-api
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.decision import CUSTOM, Finding, Outcome
from medid.access.request import stated_patient
from medid.core.fields import (
    as_object,
    as_str,
    no_others,
    optional,
    required,
)
from medid.core.json import DOCUMENT, JsonLimits, mismatch
from medid.core.records import replace
from medid.errors import MalformedValue, TooLarge, child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.access.decision import Decision
    from medid.access.verifier import Document
    from medid.core.json import JsonObject, JsonValue

OBLIGATION_NOT_SUPPORTED: Final = "OBLIGATION_NOT_SUPPORTED"

MAX_EVALUATIONS: Final = 1_000  # of one request; a page of a search has 20 to 100
# A presentation stands five levels inside a batch, beside members of each resource.
MAX_REQUEST: Final = JsonLimits(max_depth=DOCUMENT.max_depth + 5, max_members=50_000)

_ENTITIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"subject": ("type", "id"), "action": ("name",), "resource": ("type", "id")}
)
_PARTS: Final = frozenset({*_ENTITIES, "context"})
_OPTIONS: Final = frozenset({"evaluations_semantic", "reasons"})
_PRESENTATION: Final = "presentation"
_PRESENTATION_PATH: Final = "$.subject.properties.presentation"
_SUPPORTED: Final = "supported_obligations"
_SUPPORTED_PATH: Final = "$.context.supported_obligations"


class Semantic(StrEnum):
    """How far the evaluations of a batch are executed."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"

    def ends_with(self, *, permitted: bool) -> bool:
        """Whether nothing is executed after an evaluation that was ``permitted``."""
        if self is Semantic.EXECUTE_ALL:
            return False
        return permitted is (self is Semantic.PERMIT_ON_FIRST_PERMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller wishes; none of it weakens a decision.

    Attributes:
        semantic: How far a batch is executed.
        reasons: The caller asks for the reasons too.
    """

    semantic: Semantic = Semantic.EXECUTE_ALL
    reasons: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One access evaluation, taken apart.

    Attributes:
        presentation: What the subject presents.
        request: The rest, as ``AccessRequest`` reads it.
        supported: Types of obligations that the caller can carry out; ``None`` where
            the request does not say.
    """

    presentation: Document = field(repr=False)
    request: JsonObject = field(repr=False, hash=False)
    supported: frozenset[str] | None = None

    def concluded(self, decision: Decision) -> Decision:
        """``decision``, denied where the caller cannot carry out its obligations.

        A caller that does not say what it supports is told the obligations, and is
        bound to deny by itself where it does not understand one.

        Spec: https://openid.github.io/authzen/authzen-obligations-profile-1_0.html#negotiation
        """
        if self.supported is None or not decision.obligations:
            return decision
        if CUSTOM in self.supported:
            return decision
        message = "the permit has obligations of a type that the caller cannot perform"
        finding = Finding(
            code=OBLIGATION_NOT_SUPPORTED,
            about="request",
            message=message,
            path="$.request.context.supported_obligations",
        )
        return replace(
            decision,
            outcome=Outcome.DENY,
            findings=(finding, *decision.findings),
            obligations=(),
            expires=None,
        )


def check_form(document: JsonObject, *, whole: bool, sought: str | None = None) -> None:
    """Return if ``document`` has the form of an AuthZEN request.

    Args:
        document: The request, or one evaluation with the defaults of its batch.
        whole: Whether it must have a subject, an action and a resource; otherwise it
            may have them, as the defaults of a batch.
        sought: Of a search, what it seeks: a ``resource``, which has no id then, or an
            ``action``, which is not there.

    Raises:
        MalformedValue: An entity is missing or of another form.
    """
    for name, members in _ENTITIES.items():
        if (not whole and name not in document) or name == sought == "action":
            continue
        entity, path = required(document, name, dict, "$"), child("$", name)
        for member in members:
            if name == sought and member == "id":
                continue  # AuthZEN has it ignored, whatever it is
            required(entity, member, str, path)
        optional(entity, "properties", dict, path)
    optional(document, "context", dict, "$")


def read_options(document: JsonObject) -> Options:
    """The options of a call.

    An option that is not known refuses the call: a misspelt semantic must not be taken
    for agreed.

    Raises:
        MalformedValue: An option is unknown or of another form.
    """
    options, path = optional(document, "options", dict, "$") or {}, "$.options"
    no_others(options, _OPTIONS, path)
    named = optional(options, "evaluations_semantic", str, path)
    if named is not None and named not in {*Semantic}:
        message = f"a semantic is one of {', '.join(Semantic)}"
        raise MalformedValue(message, path=child(path, "evaluations_semantic"))
    return Options(
        semantic=Semantic(named) if named is not None else Semantic.EXECUTE_ALL,
        reasons=optional(options, "reasons", bool, path) is True,
    )


def read_evaluations(document: JsonObject) -> list[JsonObject]:
    """Each evaluation of a batch, with the defaults of the batch; empty without any.

    A member of an evaluation stands in place of the whole default. Nothing inside of
    the two is put together.

    Raises:
        TooLarge: There are more than ``MAX_EVALUATIONS``.
        MalformedValue: What stands there is no array of objects.
    """
    items, path = optional(document, "evaluations", list, "$") or [], "$.evaluations"
    if len(items) > MAX_EVALUATIONS:
        raise TooLarge(f"more than {MAX_EVALUATIONS} evaluations", path=path)
    defaults = parts(document)
    return [
        {**defaults, **parts(as_object(item, child(path, number)))}
        for number, item in enumerate(items)
    ]


def parts(document: JsonObject) -> JsonObject:
    """The four parts of an evaluation out of ``document``, and nothing else.

    What stands beside them is of the call, or of a later version of AuthZEN, which has
    it ignored. Nothing is permitted for want of a part. What is not known within one
    is another matter: there a misspelt label would become a missing one.

    Spec: https://openid.net/specs/authorization-api-1_0.html#name-json-serialization
    """
    return {name: value for name, value in document.items() if name in _PARTS}


def about_patient(request: JsonObject, patient: str) -> JsonObject:
    """``request`` with a resource that only names the patient."""
    named: JsonObject = {"patient": patient}
    resource: JsonObject = {"type": "Patient", "id": patient, "properties": named}
    return {**request, "resource": resource}


def patient_of(resource: JsonObject) -> str:
    """Whose data ``resource`` is, by the ``resource`` of a request.

    Raises:
        MalformedValue: It does not say.
    """
    return stated_patient(required(resource, "properties", dict, "$.resource"))


def read_evaluation(document: JsonObject, beside: Document | None = None) -> Evaluation:
    """One evaluation, taken apart.

    Args:
        document: Subject, action, resource and context; the rest is ignored.
        beside: The presentation, where it does not stand in the request.

    Raises:
        MalformedValue: An entity is missing or of another form; there is no
            presentation, or more than one.
    """
    check_form(document, whole=True)
    request = parts(document)
    subject = required(document, "subject", dict, "$")
    properties = {**(optional(subject, "properties", dict, "$.subject") or {})}
    given: list[Document] = [] if beside is None else [beside]
    if _PRESENTATION in properties:
        given.append(_stated(properties.pop(_PRESENTATION)))
        request["subject"] = {**subject, "properties": properties}
    if len(given) != 1:
        message = "the presentation has to be given, and in one place"
        fix = "give it as subject.properties.presentation, or beside the request"
        raise MalformedValue(message, path=_PRESENTATION_PATH, fix=fix)
    return Evaluation(
        presentation=given[0], request=request, supported=_supported(request)
    )


def _stated(value: JsonValue) -> Document:
    if not isinstance(value, str | dict):
        raise mismatch("a string or an object", value, _PRESENTATION_PATH)
    return value


def _supported(request: JsonObject) -> frozenset[str] | None:
    """The types that the caller supports, out of ``request``; empty supports none."""
    context = {**(optional(request, "context", dict, "$") or {})}
    if _SUPPORTED not in context:
        return None
    types, path = required(context, _SUPPORTED, list, "$.context"), _SUPPORTED_PATH
    del context[_SUPPORTED]
    request["context"] = context
    return frozenset(as_str(one, child(path, n)) for n, one in enumerate(types))
