"""What a FHIR reference names, as far as its text tells.

A reference may name a version of a resource, and it may be of a kind that cannot be
compared with another at all: the ids of one server mean nothing on the next, and a
``urn:uuid`` means nothing outside the Bundle that it came in. Resolves nothing.

Spec: https://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import re
from typing import Final

_VERSION: Final = "/_history/"
_HERE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.\-_]{1,64}")
_ON_SERVER: Final = re.compile(
    r"(?P<base>[a-z][a-z0-9+.\-]*://.+)/[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.\-]{1,64}"
)
_DID: Final = re.compile(r"did:[^/?#]+")
_ANY: Final = re.compile(r"[a-z][a-z0-9+.\-]*:\S+|[A-Z][A-Za-z]{1,63}/[^/?#]*[^\s/?#]")
# Of a role, as of an organisation, somebody may have several or none.
_PERSONS: Final = frozenset({"Practitioner", "Patient", "RelatedPerson", "Device"})


def is_reference(text: str) -> bool:
    """Whether ``text`` is ``Type/id`` or an absolute URI, whatever that may name.

    >>> is_reference("Patient/7"), is_reference("7"), is_reference("Patient/7/")
    (True, False, False)
    """
    return _ANY.fullmatch(text) is not None


def split_version(reference: str) -> tuple[str, str]:
    """The resource that a reference names, and its version; empty where it has none."""
    resource, _, version = reference.rpartition(_VERSION)
    if not resource or not version or "/" in version:
        return reference, ""
    return resource, version


def unversioned(reference: str) -> str:
    """The reference to whatever version of the same resource."""
    return split_version(reference)[0] if _VERSION in reference else reference


def namespace(reference: str) -> str:
    """Where a reference has its meaning; two of one namespace can be compared.

    Empty for this server's own ``Type/id``, the base of an absolute URL, and ``did``.
    Anything else, such as a ``urn:uuid``, a DID URL, a search for somebody or what is
    contained in the same resource, can only be compared with itself and is its own
    namespace.
    """
    if _DID.fullmatch(reference):
        return "did"
    if found := _ON_SERVER.fullmatch(reference):
        return found["base"]
    return "" if _HERE.fullmatch(reference) else reference


def may_be_same(one: str, other: str) -> bool:
    """Whether two references differ only in that one of them names no server.

    Then nobody can tell whether they name the same.

    >>> may_be_same("Patient/7", "https://server.example/fhir/Patient/7")
    True
    """
    here, there = (one, other) if len(one) < len(other) else (other, one)
    return (
        there.endswith(f"/{here}")
        and _HERE.fullmatch(here) is not None
        and _ON_SERVER.fullmatch(there) is not None
    )


def on_this_server(reference: str) -> str:
    """What a reference would be here that names a server; any other is as it was."""
    found = _ON_SERVER.fullmatch(reference)
    return reference if found is None else reference.removeprefix(f"{found['base']}/")


def named_type(reference: str) -> str:
    """The resource type of what ``Type/id``, here or on some server, names; else empty.

    >>> named_type("https://server.example/fhir/Observation/7")
    'Observation'
    >>> named_type("urn:uuid:0b8f4f7e-93b0-4d0f-8a0c-2f6f3f9b8f21")
    ''
    """
    known = _HERE.fullmatch(reference) or _ON_SERVER.fullmatch(reference)
    return "" if known is None else reference.split("/")[-2]


def names_person(reference: str) -> bool:
    """Whether it names somebody, and not what they belong to or work as.

    A DID does: whose it is, whoever presents it has shown.
    """
    return _DID.fullmatch(reference) is not None or _kind(reference) in _PERSONS


def names_role(reference: str) -> bool:
    """Whether it names what somebody works as."""
    return _kind(reference) == "PractitionerRole"


def _kind(reference: str) -> str:
    """The resource type of ``Type/id`` or of the same on some server; else empty."""
    return "".join(unversioned(reference).split("/")[-2:-1])
