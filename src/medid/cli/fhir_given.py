"""What a call of ``medid fhir import`` states beside the FHIR resources.

For one resource there are options. Of a Bundle with several, a file says what is so of
which: a holder, a number or a status entry that several shared would be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.cli import files
from medid.cli.output import printable
from medid.core.entropy import uuid_urn
from medid.core.fields import as_object, no_others, optional, optional_str
from medid.core.instant import Instant, Window
from medid.errors import ConfigurationError, child
from medid.health.drafts import Frame
from medid.health.fhir_practitioner import Given

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

_FRAME: Final = frozenset({"issuer", "validFrom", "validUntil", "credentialStatus"})
_PERSON: Final = _FRAME | {"holder", "qualification", "license"}
_CONSENT: Final = _FRAME | {"patient", "terms"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What is stated about one credential.

    Attributes:
        issuer: The DID of who will sign.
        window: When the credential holds.
        status: The entries of its status lists.
        subject: The DID of the holder, or of the patient.
        qualification: Which one, from 0.
        claims: Members of the license, or the terms of the consent.
    """

    issuer: str | None = None
    window: Window = field(default=Window(None, None))
    status: list[JsonObject] = field(default_factory=list)
    subject: str | None = None
    qualification: int | None = None
    claims: JsonObject = field(default_factory=dict, repr=False)

    def given(self) -> Given:
        """For the draft of a license."""
        return Given(
            id=uuid_urn(),
            holder=self.subject,
            issuer=self.issuer,
            window=self.window,
            status=self.status,
            license=self.claims,
        )

    def frame(self) -> Frame:
        """For the draft of a consent.

        Raises:
            ConfigurationError: Nobody is named who will sign.
        """
        return Frame(
            id=uuid_urn(),
            issuer=needed(self.issuer, "--issuer"),
            window=self.window,
            status=self.status,
        )


def window(start: str | None, end: str | None) -> Window:
    """When a credential holds.

    Raises:
        ConfigurationError: One is not an instant.
    """
    with files.argument("--valid-from"):
        first = None if start is None else Instant.parse(start)
    with files.argument("--valid-until"):
        last = None if end is None else Instant.parse(end)
    return Window(first, last)


def entries(name: str | None) -> list[JsonObject]:
    """The status entries in a file.

    Raises:
        ConfigurationError: It holds something else.
    """
    if name is None:
        return []
    return _objects(files.read_json(name), f"{printable(name)} does not hold")


def needed(value: str | None, option: str) -> str:
    """``value``, which the call has to state.

    Raises:
        ConfigurationError: It does not.
    """
    if value is None:
        message = "FHIR does not state this, and nothing is made up"
        raise ConfigurationError(message, path=option, fix=f"give {option}")
    return value


def code(text: str) -> JsonObject:
    """The code that ``SYSTEM|CODE`` spells.

    Raises:
        ConfigurationError: It spells none.
    """
    system, bar, found = text.rpartition("|")
    if not (system and bar and found):
        raise ConfigurationError("expected SYSTEM|CODE", path="--profession")
    return {"system": system, "code": found}


def bindings(texts: list[str]) -> list[JsonValue]:
    """The bindings that ``REFERENCE=DID`` spell.

    Raises:
        ConfigurationError: One spells none.
    """
    pairs: list[JsonValue] = []
    for text in texts:
        reference, equals, did = text.rpartition("=")
        if not (reference and equals and did):
            raise ConfigurationError("expected REFERENCE=DID", path="--bind")
        pairs.append({"reference": reference, "did": did})
    return pairs


def read_facts(name: str | None) -> dict[str, JsonObject]:
    """What a file states, by the ``fullUrl`` or by the type and id of a resource.

    Raises:
        ConfigurationError: It cannot be read, or is not of that form.
    """
    if name is None:
        return {}
    found = files.read_object(name)
    with files.argument(name):
        return {one: as_object(value, child("$", one)) for one, value in found.items()}


def of_practitioner(facts: Mapping[str, JsonValue], common: Stated) -> Stated:
    """What ``facts`` state of a Practitioner, or else ``common``.

    Raises:
        MalformedValue: A member is unknown, or of another type.
        ConfigurationError: A time or a status entry is none.
    """
    no_others(facts, _PERSON, "$")
    return _stated(
        facts,
        common,
        subject=optional_str(facts, "holder", "$"),
        claims=optional(facts, "license", dict, "$"),
    )


def of_consent(facts: Mapping[str, JsonValue], common: Stated) -> Stated:
    """What ``facts`` state of a Consent, or else ``common``.

    Raises:
        MalformedValue: A member is unknown, or of another type.
        ConfigurationError: A time or a status entry is none.
    """
    no_others(facts, _CONSENT, "$")
    return _stated(
        facts,
        common,
        subject=optional_str(facts, "patient", "$"),
        claims=optional(facts, "terms", dict, "$"),
    )


def _stated(
    facts: Mapping[str, JsonValue],
    common: Stated,
    *,
    subject: str | None,
    claims: JsonObject | None,
) -> Stated:
    number = optional(facts, "qualification", int, "$")
    own = window(
        optional_str(facts, "validFrom", "$"), optional_str(facts, "validUntil", "$")
    )
    status = common.status
    if "credentialStatus" in facts:
        status = _objects(facts["credentialStatus"], "the facts do not hold")
    return Stated(
        issuer=optional_str(facts, "issuer", "$") or common.issuer,
        window=Window(own.start or common.window.start, own.end or common.window.end),
        status=status,
        subject=subject or common.subject,
        qualification=common.qualification if number is None else number,
        claims=common.claims if claims is None else claims,
    )


def _objects(value: JsonValue, who: str) -> list[JsonObject]:
    items = value if isinstance(value, list) else [value]
    objects = [item for item in items if isinstance(item, dict)]
    if len(objects) < len(items):
        message = f"{who} status entries"
        raise ConfigurationError(message, path="--credential-status")
    return objects
