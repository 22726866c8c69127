"""Chains of certificates: what leads to an anchor, and everything that does not."""

from __future__ import annotations

import base64
import warnings
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.errors import InvalidVerificationMethod, MalformedValue, MedidError, TooLarge
from medid.keys.certificates import (
    MAX_CERTIFICATES,
    is_named_by,
    read_anchor,
    read_certificate,
    read_x5c,
    verify_chain,
    verify_path,
)
from medid.keys.certified import read_certified
from tests.keys.authorities import (
    AUTHORITY,
    MONTH,
    NOW,
    SIGNER,
    Holder,
    authority,
    certified,
    new_key,
    signer,
    x5c,
)
from tests.support import examples

if TYPE_CHECKING:
    from medid.keys.certificates import Certificate

AT: Final = Instant.parse("2026-06-15T12:00:00Z")
BOARD: Final = "https://board.example"
BEGIN: Final = "-----BEGIN CERTIFICATE-----"
END: Final = "-----END CERTIFICATE-----"
ROOT: Final = authority("root")
MIDDLE: Final = authority("middle", ROOT, length=0)
NO_AUTHORITY: Final = (x509.BasicConstraints(ca=False, path_length=None), True)
LEAF: Final = signer("leaf", MIDDLE, uris=[BOARD], dns=["board.example"])


def verified(
    *chain: Holder, anchors: tuple[Holder, ...] = (ROOT,), at: Instant = AT
) -> Certificate:
    given_chain = [one.der for one in chain]
    return verify_chain(given_chain, [one.der for one in anchors], at=at, path="$.x5c")


def accepted(*chain: Holder, at: Instant = AT) -> None:
    assert verified(*chain, at=at).key == chain[0].key.public_key


def refused(
    *chain: Holder, anchors: tuple[Holder, ...] = (ROOT,), at: Instant = AT
) -> None:
    with pytest.raises(InvalidVerificationMethod) as caught:
        verified(*chain, anchors=anchors, at=at)
    assert caught.value.path == "$.x5c"
    assert "leaf" not in str(caught.value)


def test_a_chain_that_leads_to_an_anchor() -> None:
    found = verified(LEAF, MIDDLE)
    assert found.key == LEAF.key.public_key
    assert found.uris == (BOARD,)
    assert found.dns_names == ("board.example",)


def test_the_anchor_may_stand_at_the_end_of_the_chain() -> None:
    assert verified(LEAF, MIDDLE, ROOT) == verified(LEAF, MIDDLE)
    assert verified(LEAF, anchors=(MIDDLE,)) == verified(LEAF, MIDDLE)
    assert verified(LEAF, MIDDLE, anchors=(MIDDLE,)) == verified(LEAF, MIDDLE)
    # What stands behind an anchor proves nothing more.
    assert verified(LEAF, MIDDLE, ROOT, anchors=(MIDDLE,)) == verified(LEAF, MIDDLE)


def test_one_of_several_anchors_is_enough() -> None:
    other = authority("other")
    assert verified(LEAF, MIDDLE, anchors=(other, ROOT)).uris == (BOARD,)
    refused(LEAF, MIDDLE, anchors=(other,))


def test_without_a_chain_or_an_anchor_nothing_is_believed() -> None:
    refused()
    refused(LEAF, MIDDLE, anchors=())
    refused(anchors=())


def test_an_anchor_of_the_same_name_with_another_key() -> None:
    refused(LEAF, MIDDLE, anchors=(authority("root", native=new_key("x")),))


def test_the_chain_is_in_order_and_whole() -> None:
    refused(LEAF)
    refused(MIDDLE, LEAF)
    refused(LEAF, ROOT, MIDDLE)
    refused(LEAF, LEAF, MIDDLE)
    refused(LEAF, authority("unrelated"), MIDDLE)
    refused(LEAF, MIDDLE, authority("unrelated"))
    for again in (LEAF, MIDDLE, ROOT):
        refused(LEAF, MIDDLE, ROOT, again)


def test_behind_an_anchor_the_chain_goes_on_or_ends() -> None:
    """RFC 7515 section 4.1.6: each certificate is the one that certifies the last."""
    unrelated = authority("unrelated")
    namesake = authority("root", native=new_key("x"))
    refused(LEAF, MIDDLE, ROOT, unrelated)
    for behind in (unrelated, namesake):
        refused(LEAF, MIDDLE, behind, anchors=(MIDDLE,))
        refused(LEAF, MIDDLE, ROOT, behind, anchors=(MIDDLE,))
    assert verified(LEAF, MIDDLE, ROOT, anchors=(MIDDLE,)) == verified(LEAF, MIDDLE)


def test_nobody_vouches_for_himself() -> None:
    alone = signer("leaf", None, uris=[BOARD])
    refused(alone)
    refused(alone, anchors=(alone,))
    refused(ROOT)
    refused(ROOT, anchors=(ROOT,))
    named = authority(
        "leaf root",
        extensions=[
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (AUTHORITY, True),
            (
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(BOARD)]),
                False,
            ),
        ],
    )
    refused(named, anchors=(named,))


@pytest.mark.parametrize("moment", [NOW - 2 * MONTH, NOW + 2 * MONTH])
def test_every_certificate_is_in_force_at_the_time_asked_about(
    moment: object,
) -> None:
    refused(LEAF, MIDDLE, at=Instant.parse(f"{moment}Z".replace(" ", "T")))


def test_the_ends_of_validity() -> None:
    second = timedelta(seconds=1)
    ends_now = signer("leaf", MIDDLE, uris=[BOARD], end=NOW)
    ended = signer("leaf", MIDDLE, uris=[BOARD], end=NOW - second)
    accepted(ends_now, MIDDLE)
    refused(ended, MIDDLE)
    begins = signer("leaf", MIDDLE, uris=[BOARD], start=NOW)
    early = signer("leaf", MIDDLE, uris=[BOARD], start=NOW + second)
    accepted(begins, MIDDLE)
    refused(early, MIDDLE)
    accepted(ended, MIDDLE, at=AT.plus(-1))


def test_an_authority_that_has_expired() -> None:
    old_root = authority("root", end=NOW - timedelta(seconds=1))
    refused(LEAF, MIDDLE, anchors=(old_root,))
    old = authority("middle", ROOT, end=NOW - timedelta(seconds=1))
    refused(LEAF, old)


@pytest.mark.parametrize("seconds", [-(10**13), 10**13])
def test_a_time_that_no_certificate_knows(seconds: int) -> None:
    refused(LEAF, MIDDLE, at=Instant.from_seconds(seconds))


def test_an_authority_is_no_signer() -> None:
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    both = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    under = authority("under", ROOT)
    for usage in (SIGNER, both, None):
        refused(
            signer("leaf", under, uris=[BOARD], constraints=constraints, usage=usage),
            under,
        )
    end_entity = x509.BasicConstraints(ca=False, path_length=None)
    accepted(signer("leaf", ROOT, uris=[BOARD], constraints=end_entity))


def test_a_signer_is_no_authority() -> None:
    victim = signer("victim", LEAF, uris=[BOARD])
    refused(victim, LEAF, MIDDLE)
    weak = certified("weak", ROOT, extensions=[(AUTHORITY, True)])
    refused(signer("leaf", weak, uris=[BOARD]), weak)
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    unsigned = certified(
        "unsigned", ROOT, extensions=[(constraints, True), (SIGNER, True)]
    )
    refused(signer("leaf", unsigned, uris=[BOARD]), unsigned)


def test_the_use_of_the_signers_key() -> None:
    other = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    refused(signer("leaf", MIDDLE, uris=[BOARD], usage=other), MIDDLE)
    accepted(signer("leaf", MIDDLE, uris=[BOARD], usage=None), MIDDLE)


def test_an_authority_may_leave_out_what_its_key_is_for() -> None:
    """RFC 5280 section 6.1.4: the key usage is asked where it is stated."""
    constraints = (x509.BasicConstraints(ca=True, path_length=None), True)
    bare = authority("bare", extensions=[constraints])
    leaf = signer("leaf", bare, uris=[BOARD])
    found = verify_path([leaf.der, bare.der], at=AT)
    assert found.serial_number == x509.load_der_x509_certificate(leaf.der).serial_number


def test_the_length_of_the_path() -> None:
    below = authority("below", MIDDLE)
    refused(signer("leaf", below, uris=[BOARD]), below, MIDDLE)
    free = authority("free", ROOT)
    under = authority("under", free)
    accepted(signer("leaf", under, uris=[BOARD]), under, free)


def test_names_that_an_authority_may_not_certify() -> None:
    limits = x509.NameConstraints([x509.DNSName("other.example")], None)
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    limited = certified(
        "limited",
        ROOT,
        extensions=[(constraints, True), (AUTHORITY, True), (limits, True)],
    )
    refused(signer("leaf", limited, dns=["board.example"]), limited)
    accepted(signer("leaf", limited, dns=["a.other.example"]), limited)


def test_critical_extensions_that_nobody_knows() -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    refused(signer("leaf", MIDDLE, uris=[BOARD], more=[(unknown, True)]), MIDDLE)
    accepted(signer("leaf", MIDDLE, uris=[BOARD], more=[(unknown, False)]), MIDDLE)
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    web = signer("leaf", MIDDLE, dns=["board.example"], more=[(purpose, False)])
    accepted(web, MIDDLE)


def test_a_signer_without_a_name() -> None:
    refused(signer("leaf", MIDDLE), MIDDLE)
    with pytest.raises(InvalidVerificationMethod) as caught:
        read_certificate(signer("leaf", MIDDLE).der, path="$.x5c[0]")
    assert caught.value.path == "$.x5c[0]"


def test_other_keys() -> None:
    edwards = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    leaf = signer("leaf", MIDDLE, uris=[BOARD], native=edwards)
    assert verified(leaf, MIDDLE).key == leaf.key.public_key
    # An authority of that kind is one that cryptography does not judge.
    root = authority("root", native=edwards)
    refused(signer("leaf", root, uris=[BOARD]), anchors=(root,))
    curve = ec.derive_private_key(7, ec.SECP224R1())
    with pytest.raises(InvalidVerificationMethod):
        verified(signer("leaf", MIDDLE, uris=[BOARD], native=curve), MIDDLE)


def test_a_weak_key_is_none() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(MedidError):
        verified(signer("leaf", MIDDLE, uris=[BOARD], native=weak), MIDDLE)


def test_what_is_no_certificate() -> None:
    for der in (b"", b"MIIB", LEAF.der[:-1], LEAF.der + b"\x00", ROOT.pem.encode()):
        with pytest.raises(InvalidVerificationMethod):
            verify_chain([der], [ROOT.der], at=AT)
        with pytest.raises(InvalidVerificationMethod):
            read_certificate(der)


@settings(max_examples=examples(150))
@given(st.integers(0, len(LEAF.der) - 1), st.integers(1, 255))
def test_no_changed_byte_is_believed(place: int, change: int) -> None:
    der = bytearray(LEAF.der)
    der[place] ^= change
    with pytest.raises(MedidError):
        verify_chain([bytes(der), MIDDLE.der], [ROOT.der], at=AT)
    try:
        read_certificate(bytes(der))
    except MedidError:
        return


def test_a_signature_has_one_spelling() -> None:
    # A bit string may leave out bits at its end that are 0, as every other last one is.
    spelled = 0
    while not spelled:
        leaf = signer("leaf", MIDDLE, uris=[BOARD])
        place = len(leaf.der) - len(leaf.certificate.signature) - 1
        for left_out in range(1, 8):
            der = bytearray(leaf.der)
            der[place] = left_out
            with pytest.raises(InvalidVerificationMethod):
                verify_chain([bytes(der), MIDDLE.der], [ROOT.der], at=AT)
            with pytest.raises(InvalidVerificationMethod):
                read_certificate(bytes(der))
            spelled += leaf.der[-1] % (1 << left_out) == 0


def renumbered(der: bytes, first: int) -> bytes:
    """``der`` with a serial number that is zero, or negative and as long as its own."""
    place = der.index(bytes.fromhex("a003020102 02")) + 6  # the version, an integer
    size, rest = der[place], der[place + 2 :]
    if first:
        return der[: place + 1] + bytes([first]) + rest
    short = bytearray(der[:place] + b"\1\0" + rest[size - 1 :])
    for start in (2, 6):  # of the lengths of the certificate and of what is signed
        length = int.from_bytes(short[start : start + 2], "big") - size + 1
        short[start : start + 2] = length.to_bytes(2, "big")
    return bytes(short)


@pytest.mark.parametrize("warned", ["ignore", "error"])
@pytest.mark.parametrize("first", [0x00, 0x80, 0xFF])
def test_a_serial_number_is_positive(first: int, warned: Any) -> None:
    """Whether or not the warnings of cryptography are errors (RFC 5280 4.1.2.2)."""
    leaf, root = renumbered(LEAF.der, first), renumbered(ROOT.der, first)
    pem = f"{BEGIN}\n{base64.b64encode(root).decode()}\n{END}\n"
    with warnings.catch_warnings():
        warnings.simplefilter(warned)
        with pytest.raises(InvalidVerificationMethod, match="not a certificate"):
            read_certificate(leaf)
        with pytest.raises(MalformedValue, match="trust anchor"):
            read_anchor(pem)


def resigned(leaf: Holder, by: Holder, old: bytes, new: bytes) -> bytes:
    """``leaf`` with other bytes in what is signed, which are as many, signed anew."""
    stated = leaf.certificate.tbs_certificate_bytes
    assert stated.count(old) == 1
    signed = stated.replace(old, new)
    signature: bytes = by.native.sign(signed, ec.ECDSA(hashes.SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    bits = b"\x03" + bytes([len(signature) + 1]) + b"\0" + signature
    content = signed + algorithm + bits
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


def test_a_name_whose_text_is_a_bit_string() -> None:
    # What cryptography does not show by another error than those of a name.
    text = b"\x0c\x04leaf"
    der = resigned(LEAF, MIDDLE, text, b"\x03\x04leaf")
    assert verify_chain([der, MIDDLE.der], [ROOT.der], at=AT).uris == (BOARD,)
    for chain in ([der, MIDDLE.der, ROOT.der], [der]):
        with pytest.raises(InvalidVerificationMethod):
            read_certified(chain, at=AT)
    assert is_named_by(MIDDLE.der, LEAF.der)
    assert not is_named_by(LEAF.der, MIDDLE.der)
    assert not is_named_by(der, LEAF.der)


def test_a_country_that_is_no_code_of_two_letters() -> None:
    # cryptography warns of it where it shows the name, and warnings may be errors.
    name = b"\x06\x03\x55\x04%c\x0c\x04leaf"
    der = resigned(LEAF, MIDDLE, name % 3, name % 6)
    for chain in ([der, MIDDLE.der, ROOT.der], [der, ROOT.der], [der]):
        with pytest.raises(InvalidVerificationMethod):
            read_certified(chain, at=AT)
    with pytest.raises(InvalidVerificationMethod):
        verify_chain([der, der], [der], at=AT)


# x5c


def test_a_chain_in_a_header() -> None:
    assert read_x5c(x5c(LEAF, MIDDLE)) == (LEAF.der, MIDDLE.der)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "MIIB",
        7,
        [],
        {},
        {"0": "MIIB"},
        [7],
        [""],
        ["MIIB="],
        ["MII-"],
        ["TU\nlJ"],
        [" TUlJ"],
        ["TUk"],
        ["TUl="],
        ["ä"],
        [[x5c(LEAF)[0]]],
    ],
)
def test_what_is_no_chain(value: object) -> None:
    with pytest.raises(MalformedValue) as caught:
        read_x5c(value, path="$.x5c")  # type: ignore[arg-type]
    assert caught.value.path.startswith("$.x5c")


def test_a_very_long_chain_is_not_looked_at() -> None:
    assert len(read_x5c(x5c(LEAF) * MAX_CERTIFICATES)) == MAX_CERTIFICATES
    with pytest.raises(TooLarge):
        read_x5c(x5c(LEAF) * (MAX_CERTIFICATES + 1))


# Anchors


def test_an_anchor_is_one_authority() -> None:
    assert read_anchor(ROOT.pem) == ROOT.der
    assert read_anchor(f"a comment\n{MIDDLE.pem}") == MIDDLE.der


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ROOT",
        LEAF.pem,
        ROOT.pem + MIDDLE.pem,
        ROOT.pem.replace("M", "!", 1),
        ROOT.certificate.public_bytes(Encoding.DER).hex(),
        certified("plain").pem,
        certified("no authority", extensions=[NO_AUTHORITY]).pem,
        "\ud800",
    ],
)
def test_what_is_no_anchor(text: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        read_anchor(text, path="$.x509Anchors[0]")
    assert caught.value.path == "$.x509Anchors[0]"
