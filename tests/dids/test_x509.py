"""did:x509: the one spelling of each DID, and the chains that it is resolved with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256, sha384, sha512
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core import base64url, der
from medid.core.evidence import Evidence
from medid.core.instant import Instant
from medid.dids import resolver
from medid.dids.methods.x509 import create, parse
from medid.dids.resolution import Resolution, ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import (
    DidNotFound,
    EvidenceUnavailable,
    InvalidDid,
    InvalidKey,
    InvalidVerificationMethod,
    MedidError,
    TooLarge,
)
from medid.keys.certificates import MAX_CERTIFICATES
from tests.keys.authorities import (
    AUTHORITY,
    MONTH,
    NOW,
    Holder,
    authority,
    certified,
    new_key,
    signer,
    usage,
)
from tests.keys.strategies import rsa_private
from tests.support import examples

AT: Final = Instant.parse("2026-06-15T12:00:00Z")
UZI: Final = "2.16.528.1.1007.99.2110-1-1111111-S-2222222-00.000-333333"
ROOT: Final = authority("root")
MIDDLE: Final = authority("middle", ROOT, length=0)
SUBJECT: Final = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Care & Co ~ Één"),
        x509.NameAttribute(NameOID.LOCALITY_NAME, "'s-Gravenhage"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, "90000382"),
        x509.NameAttribute(NameOID.TITLE, "arts"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "one"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "two"),
    ]
)
PURPOSES: Final = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])


def other_name(value: bytes, oid: str = "2.5.5.5") -> x509.OtherName:
    return x509.OtherName(x509.ObjectIdentifier(oid), value)


def named(text: str) -> x509.OtherName:
    return other_name(b"\x16" + bytes([len(text)]) + text.encode())


NAMES: Final = (
    named(UZI),
    other_name(b"\x30\x00", "1.3.6.1.5.5.7.8.3"),
    x509.DNSName("care.example"),
    x509.RFC822Name("care@care.example"),
    x509.UniformResourceIdentifier("https://care.example/~a"),
    x509.DirectoryName(SUBJECT),
)


def uzi(by: Holder = MIDDLE, *, names: Any = NAMES, **options: Any) -> Holder:
    """Somebody as the Dutch register certifies him."""
    more: Any = [(PURPOSES, False)]
    if names:
        more.append((x509.SubjectAlternativeName(names), False))
    return signer("leaf", by, more=more, **{"subject": SUBJECT, **options})


LEAF: Final = uzi()
SAN: Final = ("san", "otherName", UZI)
DID: Final = create(ROOT.der, SAN)


def resolved(
    *chain: Holder, did: Did | str = DID, at: Instant | None = AT
) -> Resolution:
    options = ResolutionOptions(
        version_time=at, x509_chain=tuple(one.der for one in chain)
    )
    asked = Did.parse(did) if isinstance(did, str) else did
    return resolver.resolution(asked, Evidence(), options)


def accepted(*chain: Holder, did: Did | str = DID, at: Instant | None = AT) -> None:
    assert str(resolved(*chain, did=did, at=at).document.id) == str(did)


def refused(*chain: Holder, did: Did | str = DID, at: Instant | None = AT) -> str:
    with pytest.raises(InvalidVerificationMethod) as caught:
        resolved(*chain, did=did, at=at)
    assert UZI not in str(caught.value)
    assert "leaf" not in str(caught.value)
    return caught.value.message


def test_the_document_has_the_key_of_the_signer() -> None:
    found = resolved(LEAF, MIDDLE, ROOT)
    method = f"{DID}#0"
    assert found.document.raw == {
        "@context": "https://www.w3.org/ns/cid/v1",
        "id": str(DID),
        "verificationMethod": [
            {
                "id": method,
                "type": "JsonWebKey",
                "controller": str(DID),
                "publicKeyJwk": LEAF.key.public_key.to_jwk(),
            }
        ],
        "authentication": [method],
        "assertionMethod": [method],
    }
    assert not found.deactivated
    assert resolver.needs(DID, Evidence()) == ()


@pytest.mark.parametrize("made", [sha256, sha384, sha512])
@pytest.mark.parametrize("pinned", [ROOT, MIDDLE])
def test_any_authority_of_the_chain_may_be_pinned(made: Any, pinned: Holder) -> None:
    name = made().name
    did = create(pinned.der, SAN, algorithm=name)
    digest = base64url.encode(made(pinned.der).digest())
    assert str(did) == f"did:x509:0:{name}:{digest}::san:otherName:{UZI}"
    assert str(resolved(LEAF, MIDDLE, ROOT, did=did).document.id) == str(did)


def test_a_chain_may_end_below_the_root() -> None:
    did = create(MIDDLE.der, SAN)
    accepted(LEAF, MIDDLE, did=did)
    assert "no authority of the chain" in refused(LEAF, MIDDLE)


@pytest.mark.parametrize(
    "predicates",
    [
        [("san", "dns", "care.example")],
        [("san", "email", "care@care.example")],
        [("san", "uri", "https://care.example/~a")],
        [("subject", "C", "NL")],
        [("subject", "O", "Care & Co ~ Één", "L", "'s-Gravenhage")],
        [("subject", "L", "'s-Gravenhage", "O", "Care & Co ~ Één")],
        [("subject", "serialNumber", "90000382")],
        [("subject", "2.5.4.12", "arts")],
        [("eku", "1.3.6.1.5.5.7.3.2")],
        [SAN, ("subject", "C", "NL"), ("eku", "1.3.6.1.5.5.7.3.2")],
        [("san", "dns", "care.example"), SAN],
    ],
)
def test_every_predicate_that_the_certificate_states(predicates: Any) -> None:
    did = create(ROOT.der, *predicates)
    assert resolved(LEAF, MIDDLE, ROOT, did=did).document.id == did


@pytest.mark.parametrize(
    "predicates",
    [
        [("san", "otherName", UZI[:-1])],
        [("san", "otherName", f"{UZI} ")],
        [("san", "dns", UZI)],
        [("san", "uri", "care.example")],
        [("san", "dns", "CARE.example")],
        [("san", "dns", "example")],
        [("san", "email", "CARE@care.example")],
        [("subject", "C", "nl")],
        [("subject", "CN", "leaf")],
        [("subject", "O", "Care & Co ~ Één", "L", "Den Haag")],
        [("subject", "O", "Care & Co ~ E\u0301e\u0301n")],  # two characters for one
        [("subject", "OU", "one")],  # there are two
        [("subject", "OU", "two")],
        [("subject", "1.2.3", "x")],
        [("eku", "1.3.6.1.5.5.7.3.1")],
        [("fulcio-issuer", "accounts.example")],
        [SAN, ("subject", "C", "BE")],
        [("subject", "C", "BE"), SAN],
        [SAN, ("san", "dns", "other.example")],
    ],
)
def test_a_predicate_that_the_certificate_does_not_state(predicates: Any) -> None:
    did = create(ROOT.der, *predicates)
    assert "does not state" in refused(LEAF, MIDDLE, ROOT, did=did)


def test_whom_fulcio_names() -> None:
    extension = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1"), b"https://accounts.example"
    )
    leaf = signer("leaf", ROOT, more=[(extension, False)])
    did = create(ROOT.der, ("fulcio-issuer", "accounts.example"))
    accepted(leaf, ROOT, did=did)
    assert "does not state" in refused(
        leaf, ROOT, did=create(ROOT.der, ("fulcio-issuer", "accounts.example/"))
    )
    # Critical, it is an extension that nobody understands.
    critical = signer("leaf", ROOT, more=[(extension, True)])
    assert "no chain" in refused(critical, ROOT, did=did)
    broken = x509.UnrecognizedExtension(extension.oid, b"\xff")
    garbled = signer("leaf", ROOT, more=[(broken, False)])
    assert "cannot be read" in refused(garbled, ROOT, did=did)


@pytest.mark.parametrize(
    "value",
    [b"\x04\x03abc", b"\x0c\x01\xff", b"\x16\x02\xc3\xa9", b"\x30\x05\x16\x03abc"],
)
def test_an_other_name_that_is_no_text_names_nobody(value: bytes) -> None:
    leaf = uzi(names=[other_name(value), x509.DNSName("care.example")])
    for text in ("abc", "abcd"):
        did = create(ROOT.der, ("san", "otherName", text))
        assert "does not state" in refused(leaf, MIDDLE, ROOT, did=did)
    # It takes nothing from the other names.
    did = create(ROOT.der, ("san", "dns", "care.example"))
    accepted(leaf, MIDDLE, ROOT, did=did)


def test_another_type_of_other_name_does_not_count() -> None:
    text = b"\x0c\x03abc"
    did = create(ROOT.der, ("san", "otherName", "abc"))
    accepted(uzi(names=[other_name(text)]), MIDDLE, ROOT, did=did)
    elsewhere = uzi(names=[other_name(text, "1.3.6.1.4.1.311.20.2.3")])
    assert "does not state" in refused(elsewhere, MIDDLE, ROOT, did=did)


# Relationships.


def test_what_the_key_is_for() -> None:
    both = uzi(usage=None)
    raw = resolved(both, MIDDLE, ROOT).document.raw
    for name in ("authentication", "assertionMethod", "keyAgreement"):
        assert raw[name] == [f"{DID}#0"]
    agrees = uzi(usage=usage(key_agreement=True))
    raw = resolved(agrees, MIDDLE, ROOT).document.raw
    assert raw["keyAgreement"] == [f"{DID}#0"]
    assert not {"authentication", "assertionMethod"} & raw.keys()
    neither = uzi(usage=usage(key_encipherment=True))
    assert "neither for signatures" in refused(neither, MIDDLE, ROOT)


# The chain.


def test_without_certificates_nothing_is_known() -> None:
    with pytest.raises(EvidenceUnavailable) as caught:
        resolved()
    assert "x5c" in caught.value.fix


def test_without_a_time_nothing_is_answered() -> None:
    assert "none was asked about" in refused(LEAF, MIDDLE, ROOT, at=None)


def test_there_are_no_versions_to_name() -> None:
    options = ResolutionOptions(version_id="1", version_time=AT)
    with pytest.raises(DidNotFound):
        resolver.resolution(DID, Evidence(), options)


def test_the_fingerprint_of_the_signer_pins_nobody() -> None:
    did = create(LEAF.der, SAN)
    assert "no authority of the chain" in refused(LEAF, MIDDLE, ROOT, did=did)


def test_an_authority_that_did_not_sign_is_not_in_the_chain() -> None:
    other = authority("other")
    did = create(other.der, SAN)
    assert "no chain" in refused(LEAF, MIDDLE, ROOT, other, did=did)
    assert "no chain" in refused(LEAF, other, did=did)
    impostor = authority("root", native=new_key("impostor"))
    assert "no chain" in refused(LEAF, MIDDLE, impostor, did=create(impostor.der, SAN))


def test_the_chain_is_whole_and_in_order() -> None:
    for chain in (
        (LEAF, ROOT),
        (LEAF, ROOT, MIDDLE),
        (MIDDLE, LEAF, ROOT),
        (ROOT, MIDDLE, LEAF),
        (LEAF, LEAF, MIDDLE, ROOT),
        (LEAF, MIDDLE, ROOT, ROOT),
        (LEAF, MIDDLE, MIDDLE, ROOT),
        (LEAF,),
        (ROOT,),
        (ROOT, ROOT),
    ):
        assert "no chain" in refused(*chain)


def test_nobody_certifies_himself() -> None:
    alone = signer("alone", None, more=[(x509.SubjectAlternativeName(NAMES), False)])
    did = create(alone.der, SAN)
    for chain in ((alone,), (alone, alone), (alone, ROOT)):
        assert "no chain" in refused(*chain, did=did)


def test_a_signer_is_no_authority() -> None:
    below = uzi(LEAF)
    assert "no chain" in refused(below, LEAF, MIDDLE, ROOT)
    no_authority = x509.BasicConstraints(ca=False, path_length=None)
    for extensions in (
        [(no_authority, True), (AUTHORITY, True)],
        [(AUTHORITY, True)],
        [(x509.BasicConstraints(ca=True, path_length=None), True), (usage(), True)],
    ):
        weak = certified("weak", ROOT, extensions=extensions)
        assert "no chain" in refused(uzi(weak), weak, ROOT)


def test_an_authority_is_no_signer() -> None:
    both = uzi(constraints=x509.BasicConstraints(ca=True, path_length=None))
    assert "no chain" in refused(both, MIDDLE, ROOT)
    accepted(
        uzi(constraints=x509.BasicConstraints(ca=False, path_length=None)), MIDDLE, ROOT
    )


def test_the_length_of_the_path() -> None:
    below = authority("below", MIDDLE)
    assert "no chain" in refused(uzi(below), below, MIDDLE, ROOT)
    free = authority("free", ROOT)
    under = authority("under", free)
    accepted(uzi(under), under, free, ROOT)


def test_names_that_an_authority_may_not_certify() -> None:
    limits = x509.NameConstraints([x509.DNSName("other.example")], None)
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    extensions: Any = [(constraints, True), (AUTHORITY, True), (limits, True)]
    limited = certified("limited", ROOT, extensions=extensions)
    assert "no chain" in refused(uzi(limited), limited, ROOT)
    allowed = uzi(limited, names=[x509.DNSName("a.other.example")])
    did = create(ROOT.der, ("san", "dns", "a.other.example"))
    accepted(allowed, limited, ROOT, did=did)


def test_the_purposes_of_an_authority_do_not_bind_its_signers() -> None:
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    extensions: Any = [(constraints, True), (AUTHORITY, True), (purpose, False)]
    mail = certified("mail", ROOT, extensions=extensions)
    accepted(uzi(mail), mail, ROOT)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_certificate_is_in_force_at_the_time_asked_about(place: int) -> None:
    second = timedelta(seconds=1)
    for late in (True, False):
        span: Any = {"start": NOW + second} if late else {"end": NOW - second}
        spans: list[Any] = [{}, {}, {}]
        spans[place] = span
        root = authority("root", **spans[2])
        middle = authority("middle", root, **spans[1])
        leaf = uzi(middle, **spans[0])
        did = create(root.der, SAN)
        assert "no chain" in refused(leaf, middle, root, did=did)
        then = AT.plus(2 if late else -2)
        accepted(leaf, middle, root, did=did, at=then)


@pytest.mark.parametrize("moment", [NOW - 2 * MONTH, NOW + 2 * MONTH])
def test_a_time_before_or_after_all_of_it(moment: Any) -> None:
    at = Instant.parse(f"{moment}Z".replace(" ", "T"))
    assert "no chain" in refused(LEAF, MIDDLE, ROOT, at=at)


def test_a_time_that_no_certificate_knows() -> None:
    for seconds in (-(10**13), 10**13):
        refused(LEAF, MIDDLE, ROOT, at=Instant.from_seconds(seconds))


def signed_again(holder: Holder, by: Holder, *, algorithm: str, hashed: Any) -> Holder:
    """The certificate of ``holder``, signed with an algorithm that may be old."""
    body = der.read(holder.certificate.tbs_certificate_bytes).members()
    stated = der.write(der.SEQUENCE, der.oid(algorithm))
    parts = [stated if n == 2 else one.encoded for n, one in enumerate(body)]
    signed = der.write(der.SEQUENCE, *parts)
    signature = by.native.sign(signed, ec.ECDSA(hashed))
    bits = der.write(0x03, b"\x00" + signature)
    whole = der.write(der.SEQUENCE, signed, stated, bits)
    return replace(holder, certificate=x509.load_der_x509_certificate(whole))


def test_signatures_that_prove_nothing() -> None:
    sha2, sha1 = "1.2.840.10045.4.3.2", "1.2.840.10045.4.1"
    new = signed_again(LEAF, MIDDLE, algorithm=sha2, hashed=hashes.SHA256())
    accepted(new, MIDDLE, ROOT)
    old = signed_again(LEAF, MIDDLE, algorithm=sha1, hashed=hashes.SHA1())
    assert "no chain" in refused(old, MIDDLE, ROOT)
    short = authority("short", native=rsa_private(1_024))
    assert "no chain" in refused(uzi(short), short, did=create(short.der, SAN))


def test_keys_that_medid_does_not_accept() -> None:
    for native in (rsa_private(1_024), ec.derive_private_key(7, ec.SECP224R1())):
        with pytest.raises(InvalidKey):
            resolved(uzi(native=native), MIDDLE, ROOT)


def test_an_authority_with_an_edwards_key_is_not_supported() -> None:
    native = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    accepted(uzi(native=native), MIDDLE, ROOT)
    edwards = authority("edwards", native=native)
    did = create(edwards.der, SAN)
    assert "no chain" in refused(uzi(edwards), edwards, did=did)


def test_an_rsa_key_may_be_used_for_both_paddings() -> None:
    private = rsa_private()
    raw: Any = resolved(uzi(native=private), MIDDLE, ROOT).document.raw
    assert raw["verificationMethod"][0]["publicKeyJwk"].keys() == {"kty", "n", "e"}


def test_a_hundred_certificates_are_not_looked_at() -> None:
    with pytest.raises(TooLarge):
        resolved(LEAF, *[MIDDLE] * 98, ROOT)
    assert "no chain" in refused(LEAF, *[MIDDLE] * (MAX_CERTIFICATES - 1))


def test_what_is_no_certificate() -> None:
    for stated in (b"", b"\x30\x00", LEAF.der[:-1], LEAF.der + b"\x00"):
        options = ResolutionOptions(version_time=AT, x509_chain=(stated, ROOT.der))
        with pytest.raises(InvalidVerificationMethod):
            resolver.resolution(DID, Evidence(), options)


# The DID.

FINGERPRINT: Final = DID.id.split(":")[2]
PINNED: Final = f"did:x509:0:sha256:{FINGERPRINT}"


@pytest.mark.parametrize(
    "text",
    [
        PINNED,
        f"{PINNED}::san",
        f"{PINNED}::san:dns",
        f"{PINNED}::san:dns:a:b",
        f"{PINNED}::san:ip:10.0.0.1",
        f"{PINNED}::san:dn:x",
        f"{PINNED}::SAN:dns:a",
        f"{PINNED}::san:DNS:a",
        f"{PINNED}::subject",
        f"{PINNED}::subject:CN",
        f"{PINNED}::subject:CN:a:O",
        f"{PINNED}::subject:CN:a:CN:a",
        f"{PINNED}::subject:CN:a:CN:b",
        f"{PINNED}::subject:cn:a",
        f"{PINNED}::subject:DC:a",
        f"{PINNED}::subject:2.5.4.3:a",  # it has a label
        f"{PINNED}::subject:2.5.04.12:a",
        f"{PINNED}::subject:2:a",
        f"{PINNED}::eku:clientAuth",
        f"{PINNED}::eku:1.2.03",
        f"{PINNED}::eku:1.2.3.",
        f"{PINNED}::eku:.1",
        f"{PINNED}::eku:1.2:3",
        f"{PINNED}::fulcio-issuer:a:b",
        f"{PINNED}::email:a",
        f"{PINNED}:::san:dns:a",
        f"{PINNED}::san:dns:a::::eku:1.2",
        f"{PINNED}::san:dns:a::san:dns:a",
        f"{PINNED}:san:dns:a",
        f"{PINNED}::san:dns:%61",
        f"{PINNED}::san:dns:a%2fb",
        f"{PINNED}::san:dns:a%2Db",
        f"{PINNED}::san:dns:%ff",
        f"{PINNED}::san:dns:%C3",
        f"{PINNED}::s%61n:dns:a",
        f"did:x509:1:sha256:{FINGERPRINT}::san:dns:a",
        f"did:x509:00:sha256:{FINGERPRINT}::san:dns:a",
        f"did:x509:0:sha1:{FINGERPRINT}::san:dns:a",
        f"did:x509:0:SHA256:{FINGERPRINT}::san:dns:a",
        f"did:x509:0:sha384:{FINGERPRINT}::san:dns:a",
        f"did:x509:0:sha256:{FINGERPRINT[:-1]}::san:dns:a",
        f"did:x509:0:sha256:{FINGERPRINT[:-1]}%41::san:dns:a",
        f"did:x509:0:sha256:{FINGERPRINT}A::san:dns:a",
        f"did:x509:0:sha256:{'_' * 43}::san:dns:a",  # bits behind the digest
        "did:x509:0:sha256:::san:dns:a",
        "did:x509:0:sha256::san:dns:a",
        f"did:x509:sha256:{FINGERPRINT}::san:dns:a",
        f"did:x509:0:0:sha256:{FINGERPRINT}::san:dns:a",
    ],
    # Keys differ from run to run, and the names of tests may not.
    ids=lambda text: text.partition("::")[2] or "nothing",
)
def test_a_did_of_another_spelling_is_refused_before_its_chain(text: str) -> None:
    did = Did.parse(text)
    with pytest.raises(InvalidDid) as caught:
        resolver.needs(did, Evidence())
    assert FINGERPRINT not in str(caught.value)
    with pytest.raises(InvalidDid):
        resolved(did=did, at=None)


def test_what_no_did_can_state_is_not_made() -> None:
    for predicates in ((), [("san", "dns", "")], [("age", "18")], [SAN, SAN]):
        with pytest.raises(InvalidDid):
            create(ROOT.der, *predicates)
    with pytest.raises(InvalidDid):
        create(ROOT.der, SAN, algorithm="sha1")


def test_the_error_of_a_did_resolution() -> None:
    result: Any = resolver.resolution_result(f"{PINNED}::age:18", Evidence())
    error = result["didResolutionMetadata"]["error"]
    assert error["type"].endswith("#INVALID_DID")


VALUES: Final = st.text(min_size=1, max_size=20)


@given(value=VALUES)
def test_any_text_can_be_stated_and_has_one_spelling(value: str) -> None:
    try:
        did = create(ROOT.der, ("san", "otherName", value))
    except UnicodeEncodeError:
        assert any("\ud800" <= one <= "\udfff" for one in value)
        return
    assert parse(did).predicates == (("san", ("otherName", value)),)
    assert create(ROOT.der, *[(n, *v) for n, v in parse(did).predicates]) == did


@given(place=st.integers(0), change=st.integers(1, 255))
@settings(max_examples=examples(60), deadline=None)
def test_a_changed_byte_is_another_chain(place: int, change: int) -> None:
    changed = bytearray(LEAF.der)
    changed[place % len(changed)] ^= change
    options = ResolutionOptions(
        version_time=AT, x509_chain=(bytes(changed), MIDDLE.der, ROOT.der)
    )
    with pytest.raises(MedidError):
        resolver.resolution(DID, Evidence(), options)
