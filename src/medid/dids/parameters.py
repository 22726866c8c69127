"""The parameters of a DID URL's query, and the options of a resolution.

Both are names with text, and those that DID Resolution defines may come in either. A
name that stands twice is refused: two readers could take different ones of them.

Spec: https://www.w3.org/TR/did-resolution/#did-parameters,
https://www.w3.org/TR/did-resolution/#did-resolution-options
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from medid.core.instant import Instant
from medid.dids.document import RELATIONSHIPS
from medid.dids.resolution import ResolutionOptions
from medid.errors import MalformedValue, MethodNotSupported, child

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.dids.syntax import DidUrl

_VERSION: Final = re.compile(r"[A-Za-z0-9._:\-]{1,256}")
# https://identity.foundation/didwebvh/v1.0/#reading-didwebvh-did-urls
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
# The values of flags, as they are spelled in a query.
_FLAGS: Final = {"true": True, "false": False}
_KNOWN: Final = (
    "versionId",
    "versionNumber",
    "versionTime",
    "service",
    "serviceType",
    "relativeRef",
    "resource",
    "verificationRelationship",
    "expandRelativeUrls",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a DID URL, or whoever asks about it, says beside the DID.

    Attributes:
        version_id: The version by its method's own name.
        version_number: The version by its number, for methods that count from 1.
        version_time: The instant as of which the document is wanted.
        service: Selects services by their id, or its fragment.
        service_type: Selects services by their type.
        relative_ref: Leads from the endpoint of a selected service to a resource.
        resource: The resource itself is wanted, and not where it is.
        relationship: What a verification method has to be allowed for.
        expand_relative_urls: Ids in the document are wanted as absolute DID URLs.
    """

    version_id: str | None = None
    version_number: int | None = None
    version_time: Instant | None = None
    service: str | None = None
    service_type: str | None = None
    relative_ref: str | None = None
    resource: bool = False
    relationship: str | None = None
    expand_relative_urls: bool = False

    @property
    def selects(self) -> bool:
        """Whether services are selected."""
        return self.service is not None or self.service_type is not None

    def resolution_options(self) -> ResolutionOptions:
        """What of it concerns the resolution of the DID."""
        return ResolutionOptions(
            version_id=self.version_id,
            version_number=self.version_number,
            version_time=self.version_time,
        )


def of_url(url: DidUrl) -> list[tuple[str, str]]:
    """The names and values in the query of ``url``, percent-encoding taken off.

    Raises:
        MalformedValue: A value that is not UTF-8.
    """
    return [(name, _decoded(name, value)) for name, value in url.parameters]


def _decoded(name: str, value: str) -> str:
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        message = "the value of a parameter is not UTF-8"
        raise MalformedValue(message, path=child("$", name)) from None


def read_parameters(pairs: Iterable[tuple[str, str]]) -> Parameters:
    """The parameters that ``pairs`` of decoded names and values stand for.

    Raises:
        MethodNotSupported: A name that medid does not know: what it asks for could
            not be done, and is not passed over.
        MalformedValue: A name twice, or a value that is not of its form.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in _KNOWN:
            message = "a parameter that this resolver does not support"
            fix = f"leave it out, or use one of {', '.join(_KNOWN)}"
            raise MethodNotSupported(message, fix=fix)
        if name in found:
            message = "the parameter is given twice"
            raise MalformedValue(message, path=child("$", name))
        found[name] = value
    return Parameters(
        version_id=_version_id(found.get("versionId")),
        version_number=_version_number(found.get("versionNumber")),
        version_time=_version_time(found.get("versionTime")),
        service=_text(found, "service"),
        service_type=_text(found, "serviceType"),
        relative_ref=_relative(found.get("relativeRef")),
        resource=_flag(found, "resource"),
        relationship=_relationship(found.get("verificationRelationship")),
        expand_relative_urls=_flag(found, "expandRelativeUrls"),
    )


def _version_id(value: str | None) -> str | None:
    if value is not None and _VERSION.fullmatch(value) is None:
        message = "not the name of a version"
        raise MalformedValue(message, path="$.versionId")
    return value


def _version_number(value: str | None) -> int | None:
    if value is None:
        return None
    if _NUMBER.fullmatch(value) is None:
        message = "versions are counted from 1"
        raise MalformedValue(message, path="$.versionNumber")
    return int(value)


def _version_time(value: str | None) -> Instant | None:
    return None if value is None else Instant.parse(value, path="$.versionTime")


def _text(found: dict[str, str], name: str) -> str | None:
    value = found.get(name)
    if value == "":
        raise MalformedValue("an empty text selects nothing", path=child("$", name))
    return value


# https://www.rfc-editor.org/rfc/rfc3986#section-4.2, without a network-path: it leads
# to another place of the service, and never to another host.
_RELATIVE: Final = re.compile(r"(?!//)[!-~]*")
_SCHEME: Final = re.compile(r"[^/?#:]*:")
_MISLEADING: Final = re.compile(r'["<>\\^`{|}]')


def _relative(value: str | None) -> str | None:
    if value is not None and (
        _RELATIVE.fullmatch(value) is None
        or _SCHEME.match(value)
        or _MISLEADING.search(value)
    ):
        message = "not a relative reference to a place of the same host"
        raise MalformedValue(message, path="$.relativeRef")
    return value


def _flag(found: dict[str, str], name: str) -> bool:
    value = found.get(name, "false")
    if value not in _FLAGS:
        raise MalformedValue("neither true nor false", path=child("$", name))
    return _FLAGS[value]


def _relationship(value: str | None) -> str | None:
    if value is not None and value not in RELATIONSHIPS:
        message = "no such verification relationship"
        fix = f"use one of {', '.join(RELATIONSHIPS)}"
        raise MalformedValue(message, path="$.verificationRelationship", fix=fix)
    return value
