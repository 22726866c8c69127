"""Drafts of licenses that differ in a few plain texts are checked as one form.

A board issues a hundred thousand licenses that say the same in the same places, but for
a number, some days, a holder. Of each *form*, which is everything else, the first draft
is checked in full. In the next ones only the blanks are looked at, and only where all
of them are plainly written: letters and digits, days of the calendar, in their order.
Whatever is not plain is checked in full, so a form refuses nothing and allows nothing
that the whole check would not.

Spec: https://w3id.org/medid/health/v1#PractitionerLicenseCredential
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.board import licensing
from medid.core.fields import as_list, as_object
from medid.core.instant import Instant
from medid.errors import MedidError
from medid.health.identifiers import check_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from medid.board.licensing import Statement
    from medid.board.records import BoardRecord
    from medid.core.json import JsonObject, JsonValue

MAX_FORMS: Final = 1_024  # forms that are kept, of some 10 kB each

_ID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z./-]{0,62}[0-9A-Za-z])?")
_HOLDER: Final = re.compile(r"did:(?:example|jwk|key|web):[0-9A-Za-z._-]{1,1000}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
)
_DATE: Final = 10  # characters of an instant that are its day
_SECOND: Final = 19  # and those before a fraction
# Before and after every day, where a credential or a license states none.
_FIRST: Final = ""
_LAST: Final = "~"

_Check: TypeAlias = "Callable[[JsonObject], object]"


class Form(NamedTuple):
    """A draft that was checked, in parts: the blanks are written over."""

    whole: JsonObject
    entries: Sequence[JsonObject]
    subject: JsonObject
    license: JsonObject
    identifiers: Sequence[JsonObject]


class Forms:
    """The forms that were met. Safe to share between threads."""

    def __init__(self, check: _Check) -> None:
        """Know none yet.

        Args:
            check: Takes a draft, and raises what is wrong with it.
        """
        self._check = check
        self._known: dict[object, Form] = {}

    def draft(self, board: BoardRecord, statement: Statement) -> JsonObject:
        """The unsigned credential that says what is stated, checked.

        Args:
            board: Whose license it is.
            statement: What the credential is to say.

        Returns:
            A draft, parts of which others share: it must not be modified.

        Raises:
            MedidError: As the check of the whole does.
        """
        plain = _is_plain(statement, board)
        key = (board, *_fixed(statement))
        form = self._known.get(key) if plain else None
        if form is not None:
            return _filled(form, statement)
        made = licensing.unchecked(board, statement)
        self._check(made)
        if plain and len(self._known) < MAX_FORMS:
            self._known[key] = _form(made)
        return made


def _is_plain(one: Statement, board: BoardRecord) -> bool:
    """Whether nothing in the blanks can make a difference to a check."""
    return (
        _NUMBER.fullmatch(one.number) is not None
        and _ID.fullmatch(one.id) is not None
        and _HOLDER.fullmatch(one.holder) is not None
        # What is named twice is one resource to RDF.
        and one.holder != board.did
        and one.holder not in one.claims
        and one.id not in one.claims
        and board.site not in one.claims
        and _are_plain_numbers(one.identifiers)
        and _are_plain_times(one)
    )


def _fixed(one: Statement) -> tuple[object, ...]:
    """All that is not a blank."""
    return (
        one.claims,
        one.status,
        one.jurisdiction,
        one.list_number,
        one.issued_on is None,
        one.expires_on is None,
        one.valid_from is None,
        one.valid_until is None,
        tuple(system for system, _ in one.identifiers),
    )


def _are_plain_numbers(identifiers: tuple[tuple[str, str], ...]) -> bool:
    with suppress(MedidError):
        for system, value in identifiers:
            if _NUMBER.fullmatch(value) is None:
                return False
            check_identifier(system, value)
        return True
    return False


def _are_plain_times(one: Statement) -> bool:
    """Whether all days are of the calendar, and each window has a day or more."""
    start, end = one.valid_from, one.valid_until
    instants = [each for each in (start, end, one.since) if each is not None]
    days = [each for each in (one.issued_on, one.expires_on) if each is not None]
    if not all(map(_INSTANT.fullmatch, instants)):
        return False
    if not all(map(_is_day, [*days, *(each[:_DATE] for each in instants)])):
        return False
    begins = max(one.issued_on or _FIRST, (start or _FIRST)[:_DATE])
    ends = min(one.expires_on or _LAST, (end or _LAST)[:_DATE])
    return begins < ends


def _is_day(text: str) -> bool:
    with suppress(MedidError):
        Instant.from_date(text)
        return True
    return False


def _form(made: JsonObject) -> Form:
    subject = as_object(made["credentialSubject"], "$")
    return Form(
        whole=made,
        entries=_objects(made["credentialStatus"]),
        subject=subject,
        license=as_object(subject["license"], "$"),
        identifiers=_objects(subject.get("practitionerIdentifier", [])),
    )


def _objects(value: JsonValue) -> list[JsonObject]:
    return [as_object(one, "$") for one in as_list(value)]


def _filled(form: Form, one: Statement) -> JsonObject:
    license_ = {**form.license, **licensing.blanks(one)}
    subject: JsonObject = {**form.subject, "id": one.holder, "license": license_}
    if one.identifiers:
        subject["practitionerIdentifier"] = [
            {**each, "value": value}
            for each, (_, value) in zip(form.identifiers, one.identifiers, strict=True)
        ]
    made: JsonObject = {**form.whole, "id": one.id}
    if one.valid_from is not None:
        made["validFrom"] = one.valid_from
    if one.valid_until is not None:
        made["validUntil"] = one.valid_until
    made["credentialStatus"] = [
        {**each, **licensing.place_of(str(each["statusListCredential"]), one.position)}
        for each in form.entries
    ]
    made["credentialSubject"] = subject
    return made
