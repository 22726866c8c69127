"""An address book: the names that a patient calls people by, and who they are.

::

    my cardiologist: {did: did:key:z6Mk...}
    Example Hospital: {reference: Organization/example}
    my doctors: [{did: did:key:z6Mk...}, {system: .../us-npi, value: "1679576722"}]

Names are compared without regard to capitals, and "my" and "the" at their beginning
count for nothing. A name stays in the patient's own file: no consent repeats it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object
from medid.core.shown import is_printable
from medid.errors import MalformedValue, TooLarge, child
from medid.health.grant_reading import MAX_RECIPIENTS
from medid.health.grant_recipients import plain_name, read_recipient
from medid.health.grant_sentences import RESERVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonValue
    from medid.health.grants import Recipient

MAX_NAMES: Final = 1_000  # of one address book
MAX_NAME: Final = 128  # characters

_OWN: Final = ("number", "did:", "https:")  # what begins other ways to name somebody


def read_address_book(
    value: JsonValue, *, path: str = "$"
) -> Mapping[str, tuple[Recipient, ...]]:
    """Whom each name means, by the name as it is compared.

    Raises:
        MalformedValue: A name that no sentence could hold, that two entries have, or
            that means nobody.
        InvalidDid: A DID is not one.
        TooLarge: More names, or longer ones, than any real address book.
    """
    found: dict[str, tuple[Recipient, ...]] = {}
    obj = as_object(value, path)
    if len(obj) > MAX_NAMES:
        raise TooLarge(f"more than {MAX_NAMES} names", path=path)
    for name, entry in obj.items():
        place = child(path, name)
        plain = _name(name, place)
        if plain in found:
            message = "two entries have this name, which differ in capitals or in my"
            raise MalformedValue(message, path=place)
        found[plain] = _entry(entry, place)
    return MappingProxyType(found)


def _name(name: str, path: str) -> str:
    if len(name) > MAX_NAME:
        raise TooLarge(f"a name has at most {MAX_NAME} characters", path=path)
    plain = plain_name(name)
    words = plain.split()
    if not words or "," in name or "/" in name or not is_printable(name):
        raise MalformedValue("not a name that a sentence can hold", path=path)
    if RESERVED.intersection(words) or plain.startswith(_OWN):
        fix = f"choose a name without the words {', '.join(sorted(RESERVED))}"
        raise MalformedValue("a name has a word of the grammar", path=path, fix=fix)
    return plain


def _entry(value: JsonValue, path: str) -> tuple[Recipient, ...]:
    if not isinstance(value, list):
        return (read_recipient(value, path=path),)
    if not 0 < len(value) <= MAX_RECIPIENTS:
        message = f"a name means 1 to {MAX_RECIPIENTS} recipients"
        raise MalformedValue(message, path=path)
    return tuple(
        sorted(
            {
                read_recipient(item, path=child(path, index))
                for index, item in enumerate(value)
            }
        )
    )
