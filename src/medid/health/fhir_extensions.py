"""The facts of a license that FHIR has no element for, as extensions and back.

FHIR's qualification has no status, no jurisdiction and no conditions. They are written
as extensions whose URLs are the terms of the vocabulary, made and read by its table.
What limits a license goes into modifier extensions, because a reader who does not know
them would take a suspended license for a good one.

Spec: https://hl7.org/fhir/R4/extensibility.html, https://w3id.org/medid/health/v1
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import MalformedValue, child
from medid.health.fhir_ndh import write_scope
from medid.health.vocabulary import node_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.health.fhir_losses import Source
    from medid.health.words import Term

# Terms of a license that have an element of their own in FHIR.
_ELEMENTS: Final = frozenset(
    {"licenseNumber", "profession", "specialty", "issuedOn", "expiresOn"}
)
_LICENSE_TERMS: Final = tuple(
    term
    for term in node_type("PractitionerLicense").terms
    if term.name not in _ELEMENTS
)
_VALUE: Final = MappingProxyType(
    {
        "string": "valueString",
        "code": "valueCode",
        "date": "valueDate",
        "dateTime": "valueDateTime",
        "boolean": "valueBoolean",
        "iri": "valueUri",
        "anyURI": "valueUri",
    }
)
# What each of these may say without limiting the license; ``None`` is nothing at all.
_HARMLESS: Final = MappingProxyType(
    {
        "licenseStatus": "active",
        "registrationType": "full",
        "encumbered": False,
        "condition": None,
        "privilegeAction": None,
        "adverseAction": None,
    }
)


def write_license(license: Source) -> JsonObject:  # noqa: A002  (the vocabulary's word)
    """The members ``extension`` and ``modifierExtension`` of a qualification.

    Args:
        license: A ``PractitionerLicense`` that the vocabulary allows; what is written
            is marked as carried over.
    """
    plain: list[JsonValue] = []
    limiting: list[JsonValue] = []
    for term in _LICENSE_TERMS:
        for item in license.values(term.name):
            limits = term.name in _HARMLESS and item.value != _HARMLESS[term.name]
            (limiting if limits else plain).append(_written(item, term))
    # Every license has a jurisdiction, so that there is always a plain one.
    found: JsonObject = {"extension": plain}
    if limiting:
        found["modifierExtension"] = limiting
        return found
    stated = [license.value_of(name) for name in ("licenseStatus", "jurisdiction")]
    # Only where nothing limits the license: it cannot say more than ``active``.
    scope = write_scope(stated[0], stated[1])
    if scope is not None:
        plain.append(scope)
    return found


def _written(item: Source, term: Term) -> JsonObject:
    if not term.node:
        return {"url": term.iri, _VALUE[term.datatype]: item.take()}
    keep_type(item, term.node)
    inner: list[JsonValue] = [
        _written(value, below)
        for below in node_type(term.node).terms
        for value in item.values(below.name)
    ]
    return {"url": term.iri, "extension": inner}


def keep_type(node: Source, name: str) -> None:
    """Mark the type ``name`` of ``node`` as carried over: where it stands says it."""
    node.keep_if("type", name)


def read_license(qualification: Source) -> JsonObject:
    """The terms of a license that the extensions of ``qualification`` state.

    An extension that is not of the vocabulary is passed over, and so is lost.

    Raises:
        MalformedValue: An extension of the vocabulary without its value, or twice.
    """
    extensions = [
        *qualification.elements("extension"),
        *qualification.elements("modifierExtension"),
    ]
    return _facts(extensions, _LICENSE_TERMS)


def _facts(extensions: list[Source], terms: tuple[Term, ...]) -> JsonObject:
    known: Mapping[str | None, Term] = {term.iri: term for term in terms}
    found: dict[str, list[JsonValue]] = {}
    for item in extensions:
        term = known.get(item.text("url"))
        if term is None:
            continue
        if term.name in found and not term.many:
            raise MalformedValue("this fact is stated twice", path=item.path)
        found.setdefault(term.name, []).append(_read(item, term))
        item.keep("url")
    many = {term.name for term in terms if term.many}
    return {name: items if name in many else items[0] for name, items in found.items()}


def _read(item: Source, term: Term) -> JsonValue:
    if term.node:
        return _facts(item.elements("extension"), node_type(term.node).terms)
    name = _VALUE[term.datatype]
    if not item.has(name):
        message = "the extension does not have the value that its URL asks for"
        raise MalformedValue(message, path=child(item.path, name))
    if term.datatype == "boolean":
        return item.take_flag(name)
    return item.take_text(name)
