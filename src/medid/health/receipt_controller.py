"""The custodian of a receipt: what only it can say of itself and of its records.

Spec: https://www.iso.org/standard/80392.html, https://schema.org/PostalAddress
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.fields import (
    as_object,
    no_others,
    optional_str,
    required,
    required_str,
    strings,
)
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

_FACTS: Final = (
    "id",
    "name",
    "address",
    "contact",
    "email",
    "phone",
    "url",
    "privacyNotice",
    "language",
    "jurisdiction",
    "storageLocations",
    "retentionPeriod",
    "withdrawalMethod",
    "collectionMethod",
    "service",
)
_ADDRESS: Final = (
    "streetAddress",
    "postOfficeBoxNumber",
    "postalCode",
    "addressLocality",
    "addressRegion",
    "addressCountry",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PiiController:
    """What only the custodian, the controller of the data, can say.

    Attributes:
        id: By which the receipt names it, such as a DID.
        address: Members of a postal address, in the words of schema.org.
        contact: Whom to ask there.
        privacy_notice: Where the notice is that the consent was given after.
        language: Of the notice, as BCP 47 writes it.
        jurisdiction: Whose law applies, such as ``US-OH`` or ``DE``.
        storage_locations: Where the records are kept.
        retention_period: How long, such as ``P10Y``.
        withdrawal_method: How a consent is taken back.
        collection_method: How the consent was collected.
        service: What the data are used in.
    """

    id: str
    name: str
    address: JsonObject = field(hash=False)
    contact: str
    privacy_notice: str
    language: str
    jurisdiction: str
    storage_locations: tuple[str, ...]
    retention_period: str
    withdrawal_method: str
    collection_method: str
    service: str
    email: str | None = None
    phone: str | None = None
    url: str | None = None


def read_controller(value: JsonValue, *, path: str = "$") -> PiiController:
    """The custodian that ``value`` describes.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
    """
    obj = as_object(value, path)
    no_others(obj, _FACTS, path)
    place = child(path, "address")
    address = required(obj, "address", dict, path)
    no_others(address, _ADDRESS, place)
    if not address:
        raise MalformedValue("the address is empty", path=place)
    for name in address:
        required_str(address, name, place)
    locations = child(path, "storageLocations")
    return PiiController(
        id=required_str(obj, "id", path),
        name=required_str(obj, "name", path),
        address=dict(address),
        contact=required_str(obj, "contact", path),
        email=optional_str(obj, "email", path),
        phone=optional_str(obj, "phone", path),
        url=optional_str(obj, "url", path),
        privacy_notice=required_str(obj, "privacyNotice", path),
        language=required_str(obj, "language", path),
        jurisdiction=required_str(obj, "jurisdiction", path),
        storage_locations=tuple(
            strings(required(obj, "storageLocations", list, path), locations)
        ),
        retention_period=required_str(obj, "retentionPeriod", path),
        withdrawal_method=required_str(obj, "withdrawalMethod", path),
        collection_method=required_str(obj, "collectionMethod", path),
        service=required_str(obj, "service", path),
    )
