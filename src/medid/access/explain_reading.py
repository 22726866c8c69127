"""The full JSON of a decision, read back; anything else is refused.

The JSON may come from anywhere, so its texts are somebody's. A decision that
contradicts itself (a permit whose own checks say no, a refusal with duties) is not
explained.

Spec: https://w3id.org/medid/schemas/decision.json
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from medid.access.check_tree import Branch
from medid.access.consent_types import Obligation
from medid.access.decision import CUSTOM, Basis, Finding, Outcome
from medid.access.explanation import Explanation
from medid.core import json as strict_json
from medid.core.fields import (
    as_object,
    as_str,
    no_others,
    optional,
    optional_str,
    required,
    required_str,
)
from medid.core.instant import Instant
from medid.errors import MalformedValue, ParsingError, child
from medid.trust.told import read_chain
from medid.verifying.checks import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from medid.core.json import JsonObject, JsonValue

    T = TypeVar("T")

# A decision over 32 credentials takes 90 kB; a patient may have hundreds of consents.
MAX_DECISION_BYTES: Final = 4_194_304
MAX_DECISION_DEPTH: Final = 16  # arrays and objects; medid's own nest 12 deep
MAX_DECISION_MEMBERS: Final = 50_000  # of 32 credentials about 2,500
LIMITS: Final = strict_json.JsonLimits(
    max_bytes=MAX_DECISION_BYTES,
    max_depth=MAX_DECISION_DEPTH,
    max_members=MAX_DECISION_MEMBERS,
)

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,127}")
_CHECK: Final = re.compile(r"[a-z][a-z-]{0,63}")
_SYSTEM: Final = re.compile(r"[!-~]{1,500}")  # a URI
# Of an obligation, also in a site's own system.
_DUTY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,127}")
# A clause of the profile or of a law, or the name of a rule of the site's own.
_RULE: Final = re.compile(
    r"(?:[A-Z0-9][A-Z0-9\-]{0,63} )?[A-Za-z0-9][A-Za-z0-9._:()\u00a7\-]{0,63}"
)
_ABOUT: Final = frozenset(
    {"presentation", "request", "license", "consent", "policy", "audit"}
)
# What has to be good for a permit. A credential that does not hold is only not used.
_DECIDING: Final = frozenset({"presentation", "license", "consent"})
_AGAINST: Final = frozenset({Result.FAIL, Result.UNKNOWN})

_CONTEXT: Final = frozenset(
    {"outcome", "time", "reasons", "checks", "basis", "id", "expires", "obligations"}
)
_FINDING: Final = frozenset({"code", "about", "message", "credential", "path", "rule"})
_BRANCH: Final = frozenset({"check", "result", "about", "codes", "chains", "checks"})
_BASIS: Final = ("presentation", "evidence", "trust", "profile", "library")
_HERE: Final = "$.context"
_FULL: Final = "hand in the full response, as medid decide prints it without --public"


def read_decision(document: bytes | str | Mapping[str, JsonValue]) -> Explanation:
    """The explanation of a decision from its full JSON (``Decision.as_json()``).

    Args:
        document: JSON text, or the object it spells. Never modified.

    Raises:
        TooLarge: More bytes, depth or members than the limits allow.
        ParsingError: Not strict JSON, or no object.
        MalformedValue: Not the full JSON of a decision, or one that contradicts itself.
    """
    response = _opened(document)
    no_others(response, ("decision", "context"), "$")
    permitted = required(response, "decision", bool, "$")
    context = required(response, "context", dict, "$")
    if "outcome" not in context:
        message = "the outcome is missing: this is not the full response"
        raise MalformedValue(message, path=child(_HERE, "outcome"), fix=_FULL)
    no_others(context, _CONTEXT, _HERE)
    found = Explanation(
        outcome=_outcome(context),
        at=Instant.parse(
            required_str(context, "time", _HERE), path=child(_HERE, "time")
        ),
        findings=_each(required(context, "reasons", list, _HERE), "reasons", _finding),
        obligations=_duties(context),
        expires=_expires(context),
        tree=_each(required(context, "checks", list, _HERE), "checks", _branch),
        basis=_basis(context),
        id=optional_str(context, "id", _HERE),
    )
    _check_agreement(found, permitted=permitted)
    return found


def _opened(value: object) -> JsonObject:
    if isinstance(value, bytes | str):
        return strict_json.load_object(value, limits=LIMITS)
    if not isinstance(value, Mapping):
        raise ParsingError("a decision is neither JSON text nor a JSON object")
    return as_object(strict_json.check(dict(value), limits=LIMITS), "$")


def _each(
    items: list[JsonValue], name: str, read: Callable[[JsonObject, str], T]
) -> tuple[T, ...]:
    place = child(_HERE, name)
    return tuple(_objects(items, place, read))


def _objects(
    items: list[JsonValue], place: str, read: Callable[[JsonObject, str], T]
) -> Iterator[T]:
    for index, item in enumerate(items):
        path = child(place, index)
        yield read(as_object(item, path), path)


def _outcome(context: JsonObject) -> Outcome:
    stated = required_str(context, "outcome", _HERE)
    if stated not in {one.value for one in Outcome}:
        message = "not one of the four outcomes"
        raise MalformedValue(message, path=child(_HERE, "outcome"))
    return Outcome(stated)


def _expires(context: JsonObject) -> Instant | None:
    stated = optional_str(context, "expires", _HERE)
    if stated is None:
        return None
    return Instant.parse(stated, path=child(_HERE, "expires"))


def _finding(obj: JsonObject, path: str) -> Finding:
    no_others(obj, _FINDING, path)
    about = required_str(obj, "about", path)
    if about not in _ABOUT:
        message = f"a reason is about one of {', '.join(sorted(_ABOUT))}"
        raise MalformedValue(message, path=child(path, "about"))
    rule = optional_str(obj, "rule", path)
    if rule is not None:
        _formed(rule, _RULE, child(path, "rule"))
    return Finding(
        code=_word(obj, "code", _CODE, path),
        about=about,
        message=optional_str(obj, "message", path) or "",
        credential=optional_str(obj, "credential", path),
        path=optional_str(obj, "path", path),
        rule=rule,
    )


def _branch(obj: JsonObject, path: str) -> Branch:
    no_others(obj, _BRANCH, path)
    result = required_str(obj, "result", path)
    if result not in {one.value for one in Result}:
        message = "not one of the four results"
        raise MalformedValue(message, path=child(path, "result"))
    codes, inner = child(path, "codes"), child(path, "checks")
    chains = child(path, "chains")
    return Branch(
        check=_word(obj, "check", _CHECK, path),
        result=Result(result),
        about=optional_str(obj, "about", path),
        codes=tuple(
            _formed(as_str(code, child(codes, index)), _CODE, child(codes, index))
            for index, code in enumerate(_filled(obj, "codes", path))
        ),
        chains=tuple(
            read_chain(one, child(chains, index))
            for index, one in enumerate(_filled(obj, "chains", path))
        ),
        children=tuple(_objects(_filled(obj, "checks", path), inner, _branch)),
    )


def _duties(context: JsonObject) -> tuple[Obligation, ...]:
    items = _filled(context, "obligations", _HERE)
    place = child(_HERE, "obligations")
    found = tuple(_objects(items, place, _duty))
    for number, item in enumerate(items, start=1):
        if as_object(item, place)["id"] != f"o{number}":
            message = "the obligations are not numbered o1, o2 and so on"
            raise MalformedValue(message, path=child(child(place, number - 1), "id"))
    return found


def _duty(obj: JsonObject, path: str) -> Obligation:
    no_others(obj, ("id", "type", "properties"), path)
    required_str(obj, "id", path)
    if required_str(obj, "type", path) != CUSTOM:
        message = "an obligation of a type that medid does not have"
        raise MalformedValue(message, path=child(path, "type"))
    place = child(path, "properties")
    properties = required(obj, "properties", dict, path)
    no_others(properties, ("system", "code"), place)
    return Obligation(
        code=_word(properties, "code", _DUTY, place),
        system=_word(properties, "system", _SYSTEM, place),
    )


def _basis(context: JsonObject) -> Basis | None:
    stated = optional(context, "basis", dict, _HERE)
    if stated is None:
        return None
    place = child(_HERE, "basis")
    no_others(stated, (*_BASIS, "policy", "overlays", "visas"), place)
    return Basis(
        **{name: required_str(stated, name, place) for name in _BASIS},
        policy=optional_str(stated, "policy", place),
        overlays=_texts(stated, "overlays", place),
        visas=_texts(stated, "visas", place),
    )


def _texts(obj: JsonObject, name: str, path: str) -> tuple[str, ...]:
    place = child(path, name)
    return tuple(
        as_str(one, child(place, index))
        for index, one in enumerate(_filled(obj, name, path))
    )


def _filled(obj: JsonObject, name: str, path: str) -> list[JsonValue]:
    """The array ``name`` where it is there; it is then not empty."""
    if name not in obj:
        return []
    found = required(obj, name, list, path)
    if not found:
        raise MalformedValue("the array is empty", path=child(path, name))
    return found


def _word(obj: JsonObject, name: str, form: re.Pattern[str], path: str) -> str:
    return _formed(required_str(obj, name, path), form, child(path, name))


def _formed(text: str, form: re.Pattern[str], path: str) -> str:
    if form.fullmatch(text) is None:
        raise MalformedValue("not a word of the form that stands here", path=path)
    return text


def _check_agreement(found: Explanation, *, permitted: bool) -> None:
    """Return if the decision says the same everywhere."""
    if permitted is not found.permitted:
        raise MalformedValue("contradicts the outcome", path="$.decision")
    if not permitted:
        for name, there in (
            ("expires", found.expires is not None),
            ("obligations", bool(found.obligations)),
        ):
            if there:
                message = "only a permit has an end and obligations"
                raise MalformedValue(message, path=child(_HERE, name))
        return
    if not found.findings:
        message = "a permit without a reason"
        raise MalformedValue(message, path=child(_HERE, "reasons"))
    for index, branch in enumerate(found.tree):
        if branch.check in _DECIDING and branch.result in _AGAINST:
            place = child(child(child(_HERE, "checks"), index), "result")
            raise MalformedValue("contradicts the permit", path=place)
