"""Subjects that an authority may not certify, by the names that bind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from medid.core.instant import Instant
from medid.errors import InvalidVerificationMethod
from medid.keys.certificates import verify_chain, verify_path
from tests.keys.authorities import AUTHORITY, Holder, authority, certified, signer

if TYPE_CHECKING:
    from collections.abc import Sequence

AT: Final = Instant.parse("2026-06-15T12:00:00Z")
ROOT: Final = authority("root")
IS_AUTHORITY: Final = (x509.BasicConstraints(ca=True, path_length=None), True)
_KEYS: Final = {
    "C": NameOID.COUNTRY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "CN": NameOID.COMMON_NAME,
    "mail": NameOID.EMAIL_ADDRESS,
}


def name(*parts: tuple[str, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(_KEYS[key], value) for key, value in parts])


CLINIC: Final = name(("C", "NL"), ("O", "Clinic"))
OTHER: Final = name(("C", "NL"), ("O", "Other Clinic"))


def limited(
    permitted: Sequence[x509.GeneralName] = (),
    excluded: Sequence[x509.GeneralName] = (),
    by: Holder = ROOT,
    **options: Any,
) -> Holder:
    """An authority that may certify some names."""
    bases = x509.NameConstraints([*permitted] or None, [*excluded] or None)
    own = [IS_AUTHORITY, (AUTHORITY, True), (bases, False)]
    return certified("limited", by, extensions=own, **options)


def directory(*names: x509.Name) -> list[x509.GeneralName]:
    return [x509.DirectoryName(one) for one in names]


def is_accepted(*chain: Holder) -> bool:
    given = [one.der for one in chain]
    found = []
    for verify in (
        lambda: verify_path(given, at=AT),
        lambda: verify_chain(given, given[-1:], at=AT),
    ):
        try:
            verify()
        except InvalidVerificationMethod:
            found.append(False)
        else:
            found.append(True)
    assert len({*found}) == 1
    return found[0]


def is_within(limit: Holder, subject: x509.Name) -> bool:
    leaf = signer("leaf", limit, dns=["care.example"], subject=subject)
    return is_accepted(leaf, limit, ROOT)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (CLINIC, True),
        (name(("C", "NL"), ("O", "Clinic"), ("CN", "A. Physician")), True),
        (name(("C", "NL"), ("O", " CLINIC ")), True),
        (OTHER, False),
        (name(("C", "NL")), False),
        (name(("O", "Clinic")), False),
        (name(("O", "Clinic"), ("C", "NL")), False),
        (name(("C", "NL"), ("CN", "x"), ("O", "Clinic")), False),
        (name(("C", "NL"), ("O", "Clinics")), False),
        (x509.Name([]), True),
    ],
)
def test_a_subject_lies_in_what_its_authority_may_certify(
    subject: x509.Name, *, expected: bool
) -> None:
    assert is_within(limited(directory(CLINIC)), subject) is expected
    assert is_within(limited(directory(OTHER, CLINIC)), subject) is (
        expected or subject == OTHER
    )


def test_what_is_no_text_in_a_name_is_compared_as_it_is() -> None:
    def numbered(number: bytes) -> x509.Name:
        kind = NameOID.X500_UNIQUE_IDENTIFIER
        return x509.Name([x509.NameAttribute(kind, number, _ASN1Type.BitString)])

    limit = limited(directory(numbered(b"\0A")))
    assert is_within(limit, numbered(b"\0A"))
    assert not is_within(limit, numbered(b"\0a"))


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (OTHER, True),
        (CLINIC, False),
        (name(("C", "NL"), ("O", "Clinic"), ("CN", "A. Physician")), False),
        (name(("C", "NL"), ("O", "clinic")), False),
        (name(("C", "NL"), ("O", "Cl\uff49nic")), False),
    ],
)
def test_a_subject_lies_in_nothing_that_is_excluded(
    subject: x509.Name, *, expected: bool
) -> None:
    assert is_within(limited(excluded=directory(CLINIC)), subject) is expected
    both = limited(directory(name(("C", "NL"))), directory(CLINIC))
    assert is_within(both, subject) is expected


def test_constraints_bind_every_certificate_below() -> None:
    limit = limited(directory(CLINIC))
    for subject, expected in ((CLINIC, True), (OTHER, False)):
        below = certified(
            "below",
            limit,
            extensions=[IS_AUTHORITY, (AUTHORITY, True)],
            subject=subject,
        )
        # Its own name stands in what it signs.
        leaf = _under(below, subject)
        assert is_accepted(leaf, below, limit, ROOT) is expected


def _under(by: Holder, issuer: x509.Name) -> Holder:
    leaf = signer("leaf", by, dns=["care.example"], subject=CLINIC)
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=leaf.certificate.subject,
        public_key=leaf.certificate.public_key(),
        serial_number=leaf.certificate.serial_number,
        not_valid_before=leaf.certificate.not_valid_before_utc,
        not_valid_after=leaf.certificate.not_valid_after_utc,
        extensions=[*leaf.certificate.extensions],
    )
    signed = builder.sign(by.native, hashes.SHA256())
    return Holder(name="leaf", native=leaf.native, certificate=signed)


def test_other_constraints_leave_subjects_alone() -> None:
    assert is_within(limited([x509.DNSName("care.example")]), OTHER)
    assert not is_within(limited([x509.DNSName("other.example")]), OTHER)


def test_a_mail_address_in_a_subject_is_bound_where_no_names_are_stated() -> None:
    subject = name(("O", "Clinic"), ("mail", "care@other.example"))
    for limit in (
        limited([x509.RFC822Name("care.example")]),
        limited(excluded=[x509.RFC822Name("other.example")]),
    ):
        bare = signer("leaf", limit, subject=subject)
        given = [one.der for one in (bare, limit, ROOT)]
        with pytest.raises(InvalidVerificationMethod):
            verify_path(given, at=AT)
        assert is_within(limit, subject)
        without = signer("leaf", limit, subject=CLINIC)
        assert verify_path([without.der, *given[1:]], at=AT).subject == CLINIC
