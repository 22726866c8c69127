"""Reads a ``DecisionRecord`` back: every member known, none missing, each of its form.

Spec: https://profiles.ihe.net/ITI/BALP/content.html
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from medid.access.audit_record import (
    FORMAT,
    MAX_RELEASED,
    Asked,
    ConsentBasis,
    DecisionRecord,
    Kind,
    LicenseBasis,
    Named,
    StatusList,
)
from medid.access.consent_types import Obligation
from medid.access.decision import Basis, Finding, Outcome
from medid.core.fields import (
    as_object,
    no_others,
    optional,
    optional_str,
    required,
    required_str,
    strings,
)
from medid.core.instant import Instant
from medid.errors import MalformedValue, TooLarge, child
from medid.health.codes import Coding
from medid.trust.told import read_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonObject, JsonValue

_Word = TypeVar("_Word", bound=StrEnum)
_Made = TypeVar("_Made")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MEMBERS: Final = frozenset(
    {
        "format",
        "id",
        "kind",
        "compilation",
        "time",
        "recorded",
        "outcome",
        "requester",
        "proven",
        "request",
        "license",
        "supports",
        "consents",
        "reasons",
        "decidedBy",
        "obligations",
        "expires",
        "sources",
    }
)


def read_record(value: JsonValue, *, path: str = "$") -> DecisionRecord:
    """The record that ``DecisionRecord.as_json`` wrote.

    Raises:
        MalformedValue: Another format, or a member that is unknown, missing or of
            another form.
        TooLarge: More resources than one record has.
    """
    obj = as_object(value, path)
    no_others(obj, _MEMBERS, path)
    if required_str(obj, "format", path) != FORMAT:
        message = f"the format is not {FORMAT!r}"
        raise MalformedValue(message, path=child(path, "format"))
    outcome = optional_str(obj, "outcome", path)
    expires = optional_str(obj, "expires", path)
    record = DecisionRecord(
        id=required_str(obj, "id", path),
        kind=_word(Kind, required_str(obj, "kind", path), child(path, "kind")),
        compilation=optional_str(obj, "compilation", path),
        time=_instant(obj, "time", path),
        recorded=_instant(obj, "recorded", path),
        outcome=None if outcome is None else _word(Outcome, outcome, path + ".outcome"),
        requester=optional_str(obj, "requester", path),
        proven=required(obj, "proven", bool, path),
        asked=_part(obj, "request", path, _asked),
        license=_part(obj, "license", path, _license),
        supports=(_each(obj, "supports", path, _license) if "supports" in obj else ()),
        consents=_each(obj, "consents", path, _consent),
        findings=_each(obj, "reasons", path, _finding),
        decided_by=optional_str(obj, "decidedBy", path),
        obligations=_each(obj, "obligations", path, _obligation),
        expires=None if expires is None else _instant(obj, "expires", path),
        sources=_sources(required(obj, "sources", dict, path), child(path, "sources")),
    )
    _check_whole(record, path)
    return record


def _check_whole(record: DecisionRecord, path: str) -> None:
    """Return if the parts of the record fit each other."""
    if record.outcome is None and record.kind is not Kind.COMPILATION:
        message = "only a compilation has no outcome"
        raise MalformedValue(message, path=child(path, "outcome"))
    denial = record.kind is Kind.DECISION and record.outcome is not Outcome.PERMIT
    if record.kind is not Kind.RELEASE and not (denial or record.compilation is None):
        message = "a release or a denial, and nothing else, belongs to a compilation"
        raise MalformedValue(message, path=child(path, "compilation"))
    if record.kind is Kind.RELEASE and record.compilation is None:
        message = "a release belongs to a compilation"
        raise MalformedValue(message, path=child(path, "compilation"))
    whole = record.proven and record.requester is not None and record.asked is not None
    if record.outcome is Outcome.PERMIT and not whole:
        message = "nothing is permitted to nobody"
        raise MalformedValue(message, path=child(path, "proven"))


def _instant(obj: JsonObject, name: str, path: str) -> Instant:
    return Instant.parse(required_str(obj, name, path), path=child(path, name))


def _word(kind: type[_Word], text: str, path: str) -> _Word:
    try:
        return kind(text)
    except ValueError:
        raise MalformedValue("not one of the words it may be", path=path) from None


def _digest(obj: JsonObject, name: str, path: str) -> str:
    text = required_str(obj, name, path)
    if _DIGEST.fullmatch(text) is None:
        message = "not a SHA-256 in lower-case hexadecimal"
        raise MalformedValue(message, path=child(path, name))
    return text


def _digest_if_any(obj: JsonObject, name: str, path: str) -> str | None:
    return _digest(obj, name, path) if name in obj else None


def _part(
    obj: JsonObject, name: str, path: str, read: Callable[[JsonObject, str], _Made]
) -> _Made | None:
    found = optional(obj, name, dict, path)
    return None if found is None else read(found, child(path, name))


def _each(
    obj: JsonObject, name: str, path: str, read: Callable[[JsonObject, str], _Made]
) -> tuple[_Made, ...]:
    place = child(path, name)
    return tuple(
        read(as_object(item, child(place, index)), child(place, index))
        for index, item in enumerate(required(obj, name, list, path))
    )


def _asked(obj: JsonObject, path: str) -> Asked:
    known = {"digest", "action", "purposeOfUse", "patient", "resources", "breakGlass"}
    no_others(obj, known, path)
    if len(required(obj, "resources", list, path)) > MAX_RELEASED:
        message = f"more than {MAX_RELEASED} resources in one record"
        raise TooLarge(message, path=child(path, "resources"))
    if not required(obj, "purposeOfUse", list, path):
        message = "the request states no purpose of use"
        raise MalformedValue(message, path=child(path, "purposeOfUse"))
    return Asked(
        digest=_digest(obj, "digest", path),
        action=required_str(obj, "action", path),
        purposes=_each(obj, "purposeOfUse", path, _coding),
        patient=required_str(obj, "patient", path),
        resources=_each(obj, "resources", path, _named),
        break_glass=optional(obj, "breakGlass", str, path),
    )


def _coding(obj: JsonObject, path: str) -> Coding:
    no_others(obj, {"system", "code"}, path)
    return Coding(
        required_str(obj, "system", path), code=required_str(obj, "code", path)
    )


def _named(obj: JsonObject, path: str) -> Named:
    no_others(obj, {"type", "id"}, path)
    return Named(type=required_str(obj, "type", path), id=required_str(obj, "id", path))


def _license(obj: JsonObject, path: str) -> LicenseBasis:
    no_others(obj, {"id", "issuer", "digest", "key", "statusLists", "chains"}, path)
    return LicenseBasis(
        id=required_str(obj, "id", path),
        issuer=optional_str(obj, "issuer", path),
        digest=_digest(obj, "digest", path),
        key=optional_str(obj, "key", path),
        status_lists=_each(obj, "statusLists", path, _status_list),
        chains=_each(obj, "chains", path, read_chain) if "chains" in obj else (),
    )


def _status_list(obj: JsonObject, path: str) -> StatusList:
    no_others(obj, {"url", "digest"}, path)
    return StatusList(
        url=required_str(obj, "url", path), digest=_digest(obj, "digest", path)
    )


def _consent(obj: JsonObject, path: str) -> ConsentBasis:
    flags = {"isCredential", "ofPatient", "byPatient"}
    names = {"id", "digest", "standing", "statusLists", "chains"}
    no_others(obj, names | flags, path)
    return ConsentBasis(
        id=required_str(obj, "id", path),
        digest=_digest(obj, "digest", path),
        standing=required_str(obj, "standing", path),
        is_credential=required(obj, "isCredential", bool, path),
        of_patient=required(obj, "ofPatient", bool, path),
        by_patient=required(obj, "byPatient", bool, path),
        status_lists=_each(obj, "statusLists", path, _status_list),
        chains=_each(obj, "chains", path, read_chain) if "chains" in obj else (),
    )


def _finding(obj: JsonObject, path: str) -> Finding:
    no_others(obj, {"code", "about", "message", "credential", "path", "rule"}, path)
    return Finding(
        code=required_str(obj, "code", path),
        about=required_str(obj, "about", path),
        message=optional_str(obj, "message", path) or "",
        credential=optional(obj, "credential", str, path),
        path=optional(obj, "path", str, path),
        rule=optional(obj, "rule", str, path),
    )


def _obligation(obj: JsonObject, path: str) -> Obligation:
    no_others(obj, {"system", "code"}, path)
    return Obligation(
        required_str(obj, "code", path), required_str(obj, "system", path)
    )


def _sources(obj: JsonObject, path: str) -> Basis:
    digests = {"presentation", "evidence", "trust", "policy"}
    no_others(obj, digests | {"overlays", "visas", "profile", "library"}, path)
    return Basis(
        presentation=_digest_if_any(obj, "presentation", path),
        evidence=_digest_if_any(obj, "evidence", path),
        trust=_digest_if_any(obj, "trust", path),
        policy=_digest_if_any(obj, "policy", path),
        overlays=_listed(obj, "overlays", path),
        visas=_listed(obj, "visas", path),
        profile=required_str(obj, "profile", path),
        library=required_str(obj, "library", path),
    )


def _listed(obj: JsonObject, name: str, path: str) -> tuple[str, ...]:
    if name not in obj:
        return ()
    stated = required(obj, name, list, path)
    return tuple(strings(stated, child(path, name)))
