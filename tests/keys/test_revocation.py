"""Lists of revoked certificates: which of them count, and what they take away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core import der
from medid.core.instant import Instant
from medid.errors import InvalidVerificationMethod, MedidError
from medid.keys.certificates import validity
from medid.keys.revocation import check_revocation
from tests.keys.authorities import (
    MONTH,
    NOW,
    Holder,
    authority,
    certified,
    new_key,
    revocations,
    signer,
    usage,
)
from tests.support import examples

AT: Final = Instant.parse("2026-06-15T12:00:00Z")
DUE: Final = AT.plus(12 * 3_600)
ROOT: Final = authority("root")
MIDDLE: Final = authority("middle", ROOT)
LEAF: Final = signer("leaf", MIDDLE)
OTHER: Final = signer("other leaf", MIDDLE)
CHAIN: Final = (LEAF, MIDDLE, ROOT)
HOUR: Final = timedelta(hours=1)


def known(
    *lists: bytes, chain: tuple[Holder, ...] = CHAIN, at: Instant = AT
) -> tuple[Instant | None, ...]:
    return check_revocation([one.der for one in chain], lists, at=at)


def revoked(*lists: bytes, chain: tuple[Holder, ...] = CHAIN) -> None:
    with pytest.raises(InvalidVerificationMethod) as caught:
        known(*lists, chain=chain)
    assert "revoked" in caught.value.message


def test_each_certificate_is_asked_about_at_its_own_authority() -> None:
    by_middle, by_root = revocations(MIDDLE), revocations(ROOT)
    assert known() == (None, None)
    assert known(by_middle) == (DUE, None)
    assert known(by_root) == (None, DUE)
    assert known(by_middle, by_root) == (DUE, DUE)
    assert known(chain=(ROOT,)) == ()


def test_what_is_on_a_list_is_revoked() -> None:
    revoked(revocations(MIDDLE, LEAF))
    revoked(revocations(ROOT, MIDDLE))
    revoked(revocations(MIDDLE, OTHER, LEAF))
    assert known(revocations(MIDDLE, OTHER)) == (DUE, None)
    # The number alone says nothing: each authority counts its own.
    assert known(revocations(ROOT, LEAF)) == (None, DUE)


def test_one_list_of_several_is_enough_to_revoke() -> None:
    clear = revocations(MIDDLE)
    revoked(clear, revocations(MIDDLE, LEAF))
    revoked(revocations(MIDDLE, LEAF), clear)


def test_a_list_counts_from_its_time_until_the_next_is_due() -> None:
    one = revocations(MIDDLE)
    begin = AT.plus(-3_600)
    assert known(one, at=begin) == (DUE, None)
    assert known(one, at=DUE.plus(-1)) == (DUE, None)
    assert known(one, at=DUE) == (None, None)
    assert known(one, at=begin.plus(-1)) == (None, None)
    longer = revocations(MIDDLE, end=NOW + 20 * HOUR)
    assert known(one, longer) == known(longer, one) == (AT.plus(20 * 3_600), None)
    # What was revoked by a list of another time is not revoked by that.
    over = revocations(MIDDLE, LEAF, start=NOW - 2 * HOUR, end=NOW - HOUR)
    assert known(over) == (None, None)


def unsigned_end() -> bytes:
    """A list that does not say when the next is due."""
    whole = der.read(revocations(MIDDLE)).members()
    body = whole[0].members()
    # version, algorithm, issuer, thisUpdate, nextUpdate
    kept = b"".join(part.encoded for n, part in enumerate(body) if n != 4)
    signed = der.write(der.SEQUENCE, kept)
    from cryptography.hazmat.primitives.asymmetric import ec

    signature = MIDDLE.native.sign(signed, ec.ECDSA(hashes.SHA256()))
    bits = der.write(0x03, b"\x00" + signature)
    return der.write(der.SEQUENCE, signed, whole[1].encoded, bits)


def test_a_list_without_an_end_counts_never() -> None:
    assert known(unsigned_end()) == (None, None)


def test_a_list_is_by_the_authority_itself() -> None:
    impostor = authority("middle", ROOT, native=new_key("impostor"))
    for one in (
        revocations(impostor),
        revocations(impostor, LEAF),
        revocations(ROOT, LEAF, issuer="middle"),
        revocations(MIDDLE, LEAF, issuer="root"),
        revocations(LEAF, LEAF, issuer="middle"),
    ):
        assert known(one) == (None, None)


def test_the_key_of_the_authority_is_for_lists() -> None:
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    silent = certified("silent", ROOT, extensions=[(constraints, True)])
    leaf = signer("leaf", silent)
    chain = (leaf, silent, ROOT)
    assert known(revocations(silent), chain=chain) == (DUE, None)
    only = [(constraints, True), (usage(key_cert_sign=True), True)]
    bound = certified("bound", ROOT, extensions=only)
    chain = (signer("leaf", bound), bound, ROOT)
    assert known(revocations(bound, chain[0]), chain=chain) == (None, None)


@pytest.mark.parametrize("algorithm", [hashes.SHA224, hashes.SHA3_256])
def test_signatures_that_certificates_may_not_have(algorithm: Any) -> None:
    assert known(revocations(MIDDLE, algorithm=algorithm)) == (None, None)


@pytest.mark.parametrize("algorithm", [hashes.SHA384, hashes.SHA512])
def test_longer_digests(algorithm: Any) -> None:
    assert known(revocations(MIDDLE, algorithm=algorithm)) == (DUE, None)


def test_an_authority_with_an_edwards_key_is_not_supported() -> None:
    native = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    edwards = authority("edwards", native=native)
    chain = (signer("leaf", edwards), edwards)
    assert known(revocations(edwards), chain=chain) == (None,)


# What a list covers.


def point(**members: Any) -> x509.IssuingDistributionPoint:
    none: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**none, **members})


def uri(text: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(text)]


RELATIVE: Final = x509.RelativeDistinguishedName(
    [x509.NameAttribute(x509.NameOID.COMMON_NAME, "part")]
)
SOME: Final = frozenset({x509.ReasonFlags.key_compromise})


@pytest.mark.parametrize(
    ("extension", "critical", "answer"),
    [
        (x509.CRLNumber(7), False, DUE),
        (x509.CRLNumber(7), True, None),
        (x509.DeltaCRLIndicator(6), True, None),
        (x509.DeltaCRLIndicator(6), False, None),
        (
            x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
            True,
            None,
        ),
        (
            x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
            False,
            DUE,
        ),
        (point(only_contains_user_certs=True), True, DUE),
        (point(only_contains_ca_certs=True), True, None),
        (point(only_contains_attribute_certs=True), True, None),
        (point(indirect_crl=True), True, None),
        (point(only_some_reasons=SOME), True, None),
        (point(relative_name=RELATIVE), True, None),
        (point(full_name=uri("http://ca.example/1.crl")), True, None),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_list_covers_what_it_says(extension: Any, critical: Any, answer: Any) -> None:
    made = revocations(MIDDLE, extensions=[(extension, critical)])
    assert known(made) == (answer, None)


def test_a_list_of_authorities_covers_them() -> None:
    made = revocations(ROOT, extensions=[(point(only_contains_ca_certs=True), True)])
    assert known(made) == (None, DUE)
    made = revocations(ROOT, extensions=[(point(only_contains_user_certs=True), True)])
    assert known(made) == (None, None)


def test_a_part_covers_the_certificates_that_name_it() -> None:
    where = "http://ca.example/1.crl"
    parts = x509.CRLDistributionPoints(
        [
            x509.DistributionPoint(None, RELATIVE, None, None),
            x509.DistributionPoint(uri(where), None, None, None),
        ]
    )
    leaf = signer("leaf", MIDDLE, more=[(parts, False)])
    chain = (leaf, MIDDLE, ROOT)
    own = revocations(MIDDLE, leaf, extensions=[(point(full_name=uri(where)), True)])
    revoked(own, chain=chain)
    assert known(own) == (None, None)  # the same number, and another part
    other = point(full_name=uri("http://ca.example/2.crl"))
    made = revocations(MIDDLE, leaf, extensions=[(other, True)])
    assert known(made, chain=chain) == (None, None)


@pytest.mark.parametrize(
    "content", [b"", b"\x30\x00", LEAF.der, b"-----BEGIN X509 CRL"]
)
def test_what_is_no_list_is_not_there(content: bytes) -> None:
    assert known(content, revocations(MIDDLE)) == (DUE, None)


@given(place=st.integers(0), change=st.integers(1, 255))
@settings(max_examples=examples(100), deadline=None)
def test_a_changed_byte_makes_no_list(place: int, change: int) -> None:
    changed = bytearray(revocations(MIDDLE))
    changed[place % len(changed)] ^= change
    try:
        assert known(bytes(changed)) in {(None, None), (DUE, None)}
    except MedidError:
        pytest.fail("somebody was revoked by nobody")


def test_the_signature_of_a_list_has_one_spelling() -> None:
    content = revocations(MIDDLE, LEAF)
    while content[-1] % 2:  # a bit string may leave out a last bit that is 0
        content = revocations(MIDDLE, LEAF)
    revoked(content)
    signature = x509.load_der_x509_crl(content).signature
    spelled = bytearray(content)
    spelled[-len(signature) - 1] = 1
    assert x509.load_der_x509_crl(bytes(spelled)).signature == signature
    assert known(bytes(spelled)) == (None, None)


def test_a_certificate_is_in_force_through_its_last_second() -> None:
    window = validity(LEAF.der)
    assert str(window.start) == f"{NOW - MONTH}Z".replace(" ", "T")
    assert window.end == AT.plus(30 * 86_400 + 1)
    with pytest.raises(InvalidVerificationMethod):
        validity(b"")
