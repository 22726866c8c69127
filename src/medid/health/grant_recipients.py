"""Who is allowed: a name of the address book, a DID, a FHIR reference or a number.

Spec: https://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, no_others, required_str
from medid.dids.syntax import Did
from medid.errors import MalformedValue, child
from medid.health.codes import Coding
from medid.health.grants import Recipient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-{}~]{1,256}")
PRINTABLE: Final = re.compile(r"[!-~]{1,128}")
# Whom a request can be shown to come from; nobody else is ever recognized.
_RECIPIENTS: Final = (
    "CareTeam|Group|Organization|Practitioner|PractitionerRole|RelatedPerson"
)
_REFERENCE: Final = re.compile(
    rf"(https://[!-~]{{1,512}}/)?({_RECIPIENTS})/[A-Za-z0-9.\-]{{1,64}}"
)


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
        system = matching(obj, "system", path, URI)
        number = matching(obj, "value", path, PRINTABLE)
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


def matching(obj: JsonObject, name: str, path: str, form: re.Pattern[str]) -> str:
    """The member ``name``, a string of ``form``.

    Raises:
        MalformedValue: It is missing, or another string.
    """
    text = required_str(obj, name, path)
    if not form.fullmatch(text):
        message = "not of the form that is needed here"
        raise MalformedValue(message, path=child(path, name))
    return text
