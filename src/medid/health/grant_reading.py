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
_MANDATE: Final = ("of", "kind", "credential", "from", "until", "majority")
# Whom a request can be shown to come from; nobody else is ever recognized.
_RECIPIENTS: Final = (
    "CareTeam|Group|Organization|Practitioner|PractitionerRole|RelatedPerson"
)
_REFERENCE: Final = re.compile(
    rf"(https://[!-~]{{1,512}}/)?({_RECIPIENTS})/[A-Za-z0-9.\-]{{1,64}}"
)
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
_CODE: Final = re.compile(r"[!-{}~]{1,128}")  # without the bar that sentences use
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-{}~]{1,256}")
_PRINTABLE: Final = re.compile(r"[!-~]{1,128}")


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
    check_grant(grant, path=path)
    return grant


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
    if len(found) > MAX_RECIPIENTS:
        message = f"a grant names at most {MAX_RECIPIENTS} recipients"
        raise TooLarge(message, path=place)
    return tuple(sorted(found))


def named(
    text: str, names: Mapping[str, tuple[Recipient, ...]], *, path: str
) -> tuple[Recipient, ...]:
    """Whom ``text`` means: a name of the address book, a DID or a reference.

    Raises:
        MalformedValue: Nobody that is known.
        InvalidDid: It begins as a DID and is none.
    """
    known = names.get(plain_name(text))
    if known is not None:
        return known
    if text.startswith("did:") or _REFERENCE.fullmatch(text):
        return (_referred(text, path),)
    fix = "add the name to the address book, or write a DID or a FHIR reference"
    raise MalformedValue("nobody of this name is known", path=path, fix=fix)


def plain_name(text: str) -> str:
    """``text`` as names are compared: in small letters, without "my" and "the"."""
    words = text.casefold().split()
    return " ".join(words[1:] if words[:1] in (["my"], ["the"]) else words)


def read_recipient(value: JsonValue, *, path: str) -> Recipient:
    """The recipient that an object with a DID, a reference or a number spells.

    Raises:
        MalformedValue: Not exactly one of the three.
        InvalidDid: The DID is not one.
    """
    obj = as_object(value, path)
    no_others(obj, ("did", "reference", "system", "value"), path)
    if "did" in obj and len(obj) == 1:
        text = required_str(obj, "did", path)
        Did.parse(text, path=child(path, "did"))
        return Recipient(reference=text)
    if "reference" in obj and len(obj) == 1:
        return _referred(required_str(obj, "reference", path), child(path, "reference"))
    if set(obj) == {"system", "value"}:
        system = _matching(obj, "system", path, _URI)
        number = _matching(obj, "value", path, _PRINTABLE)
        return Recipient(system=Coding(system, number).system, value=number)
    fix = "give did, or reference, or system and value"
    raise MalformedValue("not one way to name a recipient", path=path, fix=fix)


def _referred(text: str, path: str) -> Recipient:
    if text.startswith("did:"):
        Did.parse(text, path=path)
    elif not _REFERENCE.fullmatch(text):
        fix = "write Type/id of a practitioner, role, organization, group or team"
        raise MalformedValue("not a reference to a recipient", path=path, fix=fix)
    return Recipient(reference=text)


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
    system = _matching(stated, "system", path, _URI)
    return Coding(system, _matching(stated, "code", path, _CODE))


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
    place = child(path, "representation")
    stated = required(obj, "representation", dict, path)
    no_others(stated, _MANDATE, place)
    of = required_str(stated, "of", place)
    Did.parse(of, path=child(place, "of"))
    credential = optional_str(stated, "credential", place)
    if credential is not None:
        _matching(stated, "credential", place, _URI)
    majority = _day(stated, "majority", place)
    return Representation(
        of=of,
        kind=_matching(stated, "kind", place, _PRINTABLE),
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
    return _known(text, TYPES, path, is_code=_TYPE.fullmatch(text) is not None)


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


def _matching(obj: JsonObject, name: str, path: str, form: re.Pattern[str]) -> str:
    text = required_str(obj, name, path)
    if not form.fullmatch(text):
        message = "not of the form that is needed here"
        raise MalformedValue(message, path=child(path, name))
    return text
