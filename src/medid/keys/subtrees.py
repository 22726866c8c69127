"""Which subjects the authorities of a path may certify, by their name constraints.

Constraints on alternative names are for cryptography's verifier. One on directory names
it refuses where the extension is critical, and does not apply to subjects where it is
not. RFC 5280 applies it either way, so it is judged here: the subject of every
certificate below such an authority lies in its permitted subtrees, and in no excluded
one. Values are compared without regard to case, width and the number of spaces.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10,
https://www.rfc-editor.org/rfc/rfc5280#section-7.1
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, TypeAlias

from cryptography import x509
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each part of a name, from its root on: the attributes in it, by OID.
_Parts: TypeAlias = "list[frozenset[tuple[str, str | bytes]]]"


def are_allowed(path: Sequence[x509.Certificate]) -> bool:
    """Whether no authority of ``path`` excludes the subject of one below it.

    Args:
        path: The signer's certificate first, each signed by the next.
    """
    return all(
        _allows(constraints, one)
        for place, authority in enumerate(path[1:], start=1)
        if (constraints := _constraints_of(authority)) is not None
        for below, one in enumerate(path[:place])
        # An authority may certify itself anew in between: RFC 5280 section 6.1.3.
        if below == 0 or one.subject != one.issuer
    )


def _constraints_of(authority: x509.Certificate) -> x509.NameConstraints | None:
    try:
        return authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None


def _allows(constraints: x509.NameConstraints, one: x509.Certificate) -> bool:
    permitted = [*(constraints.permitted_subtrees or ())]
    excluded = [*(constraints.excluded_subtrees or ())]
    return not _has_mail(one, (*permitted, *excluded)) and _is_within(
        one.subject, _names(permitted), _names(excluded)
    )


def _is_within(
    subject: x509.Name, permitted: list[_Parts], excluded: list[_Parts]
) -> bool:
    parts = _parts(subject)
    if not parts:
        return True
    if any(parts[: len(base)] == base for base in excluded):
        return False
    return not permitted or any(parts[: len(base)] == base for base in permitted)


def _has_mail(one: x509.Certificate, bases: Sequence[x509.GeneralName]) -> bool:
    """Whether a constraint on mail addresses binds the subject.

    It does where no alternative names are stated. Such constraints are not judged
    anywhere here, so whoever is bound by one is refused.
    """
    if not any(isinstance(base, x509.RFC822Name) for base in bases):
        return False
    try:
        one.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return bool(one.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS))
    return False


def _names(bases: Sequence[x509.GeneralName]) -> list[_Parts]:
    named = (base.value for base in bases if isinstance(base, x509.DirectoryName))
    return [_parts(name) for name in named]


def _parts(name: x509.Name) -> _Parts:
    return [
        frozenset((one.oid.dotted_string, folded(one.value)) for one in part)
        for part in name.rdns
    ]


def folded(value: str | bytes) -> str | bytes:
    """A part of a name as parts are compared: whatever its case and its spaces."""
    if isinstance(value, bytes):
        return value
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())
