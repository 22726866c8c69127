"""A grant as JSON or YAML spells it, in words and in codes.

Read strictly, so that a misspelt restriction is refused and never dropped. Says which
member is wrong, and never what stands in it.

Spec: https://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core.fields import (
    as_object,
    no_others,
    optional_str,
    required,
    required_str,
    strings,
)
from medid.core.instant import Instant
from medid.core.records import replace
from medid.dids.syntax import Did
from medid.errors import MalformedValue, TooLarge, child
from medid.health.codes import (
    ACT_CODE,
    ACT_REASON,
    CONFIDENTIALITY_ORDER,
    CONSENT_ACTIONS,
    Coding,
    is_a,
    is_sensitivity,
)
from medid.health.fhir_types import RESOURCES
from medid.health.grant_recipients import (
    PRINTABLE,
    URI,
    matching,
    named,
    read_recipient,
)
from medid.health.grant_words import ACTIONS, LEVELS, PURPOSES, TOPICS, TYPES
from medid.health.grants import (
    ALL_PURPOSES,
    DEFAULT_ACTIONS,
    DEFAULT_PURPOSES,
    EVERYTHING,
    Data,
    Days,
    Grant,
    Recipient,
    Representation,
    check_grant,
    merged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonObject, JsonValue

MAX_RECIPIENTS: Final = 50  # of one grant; a care team has some ten
MAX_VALUES: Final = (
    100  # types, labels, codes or exceptions; real grants have some five
)

_MEMBERS: Final = (
    "who",
    "actions",
    "what",
    "butNot",
    "purposes",
    "from",
    "until",
    "representation",
)
_DATA: Final = ("types", "labels", "confidentiality", "codes", "dated")
_MANDATE_MEMBERS: Final = ("of", "kind", "credential", "from", "until", "majority")
_CODE: Final = re.compile(r"[!-{}~]{1,128}")  # without the bar that sentences use


def read_grant(
    value: JsonValue,
    *,
    names: Mapping[str, tuple[Recipient, ...]] | None = None,
    path: str = "$",
) -> Grant:
    """The grant that ``value`` spells.

    Args:
        value: ``who``, ``actions``, ``what``, ``butNot``, ``purposes``, ``from``,
            ``until`` and ``representation``. Words and codes are both read.
        names: Who is meant by a name, as ``read_address_book`` gives it.
        path: Where it stands.

    Raises:
        MalformedValue: A member is unknown, missing, empty or not of its form.
        InvalidDid: A DID is not one.
        TooLarge: More values than any real grant has.
    """
    obj = as_object(value, path)
    no_others(obj, _MEMBERS, path)
    grant = Grant(
        who=_who(obj, names or {}, path),
        actions=_optional(obj, "actions", path, _action) or DEFAULT_ACTIONS,
        what=_what(obj, path),
        but_not=_exceptions(obj, path),
        purposes=_optional(obj, "purposes", path, _purpose) or DEFAULT_PURPOSES,
        days=_days(obj, path),
        representation=_representation(obj, path),
    )
    check_size(grant, path=path)
    check_grant(grant, path=path)
    return grant


def check_size(grant: Grant, *, path: str = "$") -> None:
    """Return if ``grant`` has no more values than any real one.

    Raises:
        TooLarge: It has.
    """
    if len(grant.who) > MAX_RECIPIENTS:
        message = f"a grant names at most {MAX_RECIPIENTS} recipients"
        raise TooLarge(message, path=child(path, "who"))
    for data in (grant.what, *grant.but_not):
        for values in (data.types, data.labels, data.codes, grant.but_not):
            if values is not None and len(values) > MAX_VALUES:
                raise TooLarge(f"more than {MAX_VALUES} values", path=path)


def with_representation(grant: Grant, value: JsonValue, *, path: str = "$") -> Grant:
    """``grant``, made by who represents the patient by the mandate ``value``.

    Args:
        grant: What is allowed.
        value: ``of``, ``kind``, ``credential``, ``from``, ``until`` and ``majority``.
        path: Where it stands.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form, or the mandate
            ends before the grant begins.
        InvalidDid: The patient is not named by a DID.
    """
    mandate = _mandate(value, path)
    check_grant(found := replace(grant, representation=mandate), path=path)
    return found


# Who.


def _who(
    obj: JsonObject, names: Mapping[str, tuple[Recipient, ...]], path: str
) -> tuple[Recipient, ...]:
    place = child(path, "who")
    if "who" not in obj:
        raise MalformedValue("a grant names who is allowed", path=place)
    found: set[Recipient] = set()
    for item, at in _items(obj["who"], place):
        if isinstance(item, str):
            found.update(named(item, names, path=at))
        else:
            found.add(read_recipient(item, path=at))
    return tuple(sorted(found))


# What, what for, and when.


def _what(obj: JsonObject, path: str) -> Data:
    place = child(path, "what")
    if "what" not in obj:
        fix = "write what: everything, if that is meant"
        raise MalformedValue("a grant says which records", path=place, fix=fix)
    if obj["what"] == EVERYTHING:
        return Data()
    return _data(obj["what"], place)


def _exceptions(obj: JsonObject, path: str) -> tuple[Data, ...]:
    if "butNot" not in obj:
        return ()
    place = child(path, "butNot")
    return merged([_data(item, at) for item, at in _items(obj["butNot"], place)])


def _data(value: JsonValue, path: str) -> Data:
    obj = as_object(value, path)
    no_others(obj, _DATA, path)
    if not obj:
        fix = "write everything, or name types, labels, codes or dates"
        raise MalformedValue("no records are named", path=path, fix=fix)
    labels = _optional(obj, "labels", path, _label)
    level = optional_str(obj, "confidentiality", path)
    if labels is not None and level is not None:
        # A FHIR rule holds both in one list, of which one match is enough.
        message = "labels and a confidentiality cannot both be asked for"
        raise MalformedValue(message, path=child(path, "confidentiality"))
    if level is not None:
        (level,) = _level(level, child(path, "confidentiality"))
    return Data(
        types=_optional(obj, "types", path, _type),
        labels=labels,
        confidentiality=level,
        codes=_codes(obj, path),
        dated=_dated(obj, path),
    )


def _codes(obj: JsonObject, path: str) -> tuple[Coding, ...] | None:
    if "codes" not in obj:
        return None
    place = child(path, "codes")
    found: set[Coding] = set()
    for item, at in _items(obj["codes"], place):
        found.add(coded(item, at))
    return tuple(sorted(found))


def coded(value: JsonValue, path: str) -> Coding:
    """The coding that an object with ``system`` and ``code`` spells.

    Raises:
        MalformedValue: Not of that form.
    """
    stated = as_object(value, path)
    no_others(stated, ("system", "code"), path)
    system = matching(stated, "system", path, URI)
    return Coding(system, matching(stated, "code", path, _CODE))


def _dated(obj: JsonObject, path: str) -> Days | None:
    if "dated" not in obj:
        return None
    place = child(path, "dated")
    stated = required(obj, "dated", dict, path)
    no_others(stated, ("from", "until"), place)
    found = _days(stated, place)
    if found == Days():
        raise MalformedValue("neither from nor until is given", path=place)
    return found


def _days(obj: JsonObject, path: str) -> Days:
    start, end = _day(obj, "from", path), _day(obj, "until", path)
    if start and end and end < start:
        message = "the last day is before the first"
        raise MalformedValue(message, path=child(path, "until"))
    return Days(start=start, end=end)


def _day(obj: JsonObject, name: str, path: str) -> str:
    text = optional_str(obj, name, path)
    if text is None:
        return ""
    Instant.from_date(text, path=child(path, name))
    return text


def _representation(obj: JsonObject, path: str) -> Representation | None:
    if "representation" not in obj:
        return None
    return _mandate(obj["representation"], child(path, "representation"))


def _mandate(value: JsonValue, place: str) -> Representation:
    stated = as_object(value, place)
    no_others(stated, _MANDATE_MEMBERS, place)
    of = required_str(stated, "of", place)
    Did.parse(of, path=child(place, "of"))
    credential = optional_str(stated, "credential", place)
    if credential is not None:
        matching(stated, "credential", place, URI)
    majority = _day(stated, "majority", place)
    return Representation(
        of=of,
        kind=matching(stated, "kind", place, PRINTABLE),
        credential=credential,
        days=_days(stated, place),
        majority=majority or None,
    )


# Words and codes.


def _action(text: str, path: str) -> tuple[str, ...]:
    return _known(text, ACTIONS, path, is_code=text in CONSENT_ACTIONS)


def _purpose(text: str, path: str) -> tuple[str, ...]:
    return _known(text, PURPOSES, path, is_code=is_a(ACT_REASON, text, ALL_PURPOSES))


def _type(text: str, path: str) -> tuple[str, ...]:
    return _known(text, TYPES, path, is_code=text in RESOURCES)


def _label(text: str, path: str) -> tuple[str, ...]:
    # The names of groups begin with an underscore; nothing is labelled with them.
    code = is_sensitivity(Coding(ACT_CODE, text)) and not text.startswith("_")
    return _known(text, TOPICS, path, is_code=code)


def _level(text: str, path: str) -> tuple[str, ...]:
    return _known(text, LEVELS, path, is_code=text in CONFIDENTIALITY_ORDER)


def code_of(kind: str, text: str, *, path: str) -> str:
    """``text``, which must be a code of ``kind``: a type, label or purpose.

    Raises:
        MalformedValue: There is no such code.
    """
    found = {"type": _type, "label": _label, "purpose": _purpose}[kind](text, path)
    if found != (text,):
        raise _unknown(path)
    return text


def _known(
    text: str, words: Mapping[str, tuple[str, ...]], path: str, *, is_code: bool
) -> tuple[str, ...]:
    if is_code:
        return (text,)
    found = words.get(" ".join(text.casefold().split()))
    if found is None:
        raise _unknown(path)
    return found


def _unknown(path: str) -> MalformedValue:
    fix = "use a word of docs/how-to/consent.md, or a code of HL7"
    return MalformedValue("neither a word nor a code of this kind", path=path, fix=fix)


def _optional(
    obj: JsonObject,
    name: str,
    path: str,
    read: Callable[[str, str], tuple[str, ...]],
) -> tuple[str, ...] | None:
    """The codes of the member ``name``, sorted; ``None`` where it is absent."""
    if name not in obj:
        return None
    place = child(path, name)
    texts = strings(obj[name], place)
    if len(texts) > MAX_VALUES:
        raise TooLarge(f"more than {MAX_VALUES} values", path=place)
    found = {
        code
        for index, text in enumerate(texts)
        for code in read(text, child(place, index))
    }
    return tuple(sorted(found))


def _items(value: JsonValue, path: str) -> list[tuple[JsonValue, str]]:
    """The elements of an array, or the one value itself; never none."""
    if not isinstance(value, list):
        return [(value, path)]
    if not value:
        raise MalformedValue("the array is empty", path=path)
    if len(value) > MAX_VALUES:
        raise TooLarge(f"more than {MAX_VALUES} elements", path=path)
    return [(item, child(path, index)) for index, item in enumerate(value)]
