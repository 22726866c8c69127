"""Time-stamps: the one token that counts, and everything that is almost one."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core import der
from medid.core.instant import Instant
from medid.errors import (
    ConfigurationError,
    FetchFailed,
    InvalidChallenge,
    InvalidKey,
    InvalidSignature,
    InvalidVerificationMethod,
    MalformedProof,
    MedidError,
    NotYetValid,
    ParsingError,
    TooLarge,
    WeakCryptography,
)
from medid.keys.timestamps import (
    MAX_TOKEN_BYTES,
    existed_by,
    new_nonce,
    read_timestamp_response,
    timestamp_request,
    verify_timestamp,
)
from tests.keys.authorities import NOW, SIGNER, Holder, authority, signer, usage
from tests.keys.strategies import rsa_private
from tests.keys.tsa import (
    DIGEST,
    MIDDLE,
    ROOT,
    SHA384,
    SHA512,
    STAMPING,
    TSA,
    algorithm,
    attribute,
    drafted,
    hashed,
    octets,
    sequence,
    tsa,
)
from tests.support import examples

AT: Final = Instant.parse("2026-06-15T12:00:00Z")
TODAY: Final = Instant.parse("2036-01-01T00:00:00Z")  # when all of it has expired
SHA1: Final = "1.3.14.3.2.26"


def verified(
    token: bytes,
    *,
    digest: bytes = DIGEST,
    anchors: tuple[Holder, ...] = (ROOT,),
    at: Instant = TODAY,
    nonce: int | None = None,
) -> Instant:
    given_anchors = [one.der for one in anchors]
    return verify_timestamp(token, digest, anchors=given_anchors, at=at, nonce=nonce)


def refused(kind: type[MedidError], token: bytes, **options: Any) -> None:
    with pytest.raises(kind) as caught:
        verified(token, **options)
    assert type(caught.value) is kind


def test_a_token_says_when_its_authority_saw_the_digest() -> None:
    assert verified(drafted().token()) == AT
    assert verified(drafted(time=b"20260615115959.25Z").token()) == AT.plus(-0.75)
    assert verified(drafted(nonce=5).token(), nonce=5) == AT
    assert verified(drafted(nonce=5).token()) == AT


def called(name: bytes, tag: int = 0xA4) -> bytes:
    """The name that an authority gives itself."""
    return der.write(0xA0, der.write(tag, name))


def test_what_may_stand_in_a_token_beside_that() -> None:
    extension = sequence(der.oid("1.2.3"), octets(b"x"))
    optional = {
        "accuracy": sequence(der.integer(1), der.write(0x80, b"\x05")),
        "ordering": der.write(der.BOOLEAN, b"\xff"),
        "tsa": called(TSA.certificate.subject.public_bytes()),
        "extensions": der.write(0xA1, extension),
        "crls": der.write(0xA1),
        "unsigned": der.write(0xA1),
    }
    assert verified(drafted(nonce=7, **optional).token(), nonce=7) == AT
    for name, value in optional.items():
        assert verified(drafted(**{name: value}).token()) == AT
    assert verified(drafted(accuracy=sequence(der.write(0x80, b"\x05"))).token()) == AT


@pytest.mark.parametrize(
    ("digest", "kind"),
    [(SHA384, "1.2.840.10045.4.3.3"), (SHA512, "1.2.840.10045.4.3.4")],
)
def test_other_digests_under_the_signature(digest: str, kind: str) -> None:
    named = sequence(algorithm(digest), octets(hashed(digest, TSA.der)))
    assert verified(drafted(digest=digest, algorithm=kind, ess=named).token()) == AT
    wrong = drafted(digest=digest).token()  # made over another than it says
    refused(WeakCryptography, wrong)


@pytest.mark.parametrize("kind", ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"])
def test_an_authority_with_an_rsa_key(kind: str) -> None:
    by = tsa(native=rsa_private())
    assert verified(drafted(by=by, algorithm=kind).token()) == AT
    refused(WeakCryptography, drafted(by=by, algorithm="1.2.840.113549.1.1.12").token())
    refused(WeakCryptography, drafted(by=by).token())
    refused(WeakCryptography, drafted(algorithm=kind).token())


def test_keys_that_prove_nothing() -> None:
    for native in (rsa_private(1_024), ec.derive_private_key(7, ec.SECP224R1())):
        by = tsa(native=native)
        kind = "1.2.840.113549.1.1.11" if hasattr(native, "key_size") else ""
        refused(InvalidKey, drafted(by=by, algorithm=kind or "1.2.3").token())
    edwards = tsa(native=ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)))
    refused(WeakCryptography, drafted(by=edwards, algorithm="1.3.101.112").token())
    refused(WeakCryptography, drafted(by=edwards).token())


def test_sha1_proves_nothing() -> None:
    refused(WeakCryptography, drafted(digest=SHA1).token())
    named = sequence(algorithm(SHA1), octets(hashed(SHA1, TSA.der)))
    refused(WeakCryptography, drafted(ess=named).token())
    refused(InvalidSignature, drafted(imprint_algorithm=algorithm(SHA1)).token())


# What it is about.


def test_a_token_for_something_else() -> None:
    other = sha256(b"another decision").digest()
    refused(InvalidSignature, drafted().token(), digest=other)
    refused(InvalidSignature, drafted(imprint=other).token())
    refused(InvalidSignature, drafted(imprint=DIGEST[:16]).token())
    refused(InvalidSignature, drafted(imprint_algorithm=algorithm(SHA512)).token())


def test_a_token_that_answers_another_request() -> None:
    refused(InvalidChallenge, drafted(nonce=5).token(), nonce=6)
    refused(InvalidChallenge, drafted().token(), nonce=6)


def test_a_token_from_a_time_that_has_not_come() -> None:
    assert verified(drafted().token(), at=AT) == AT
    refused(NotYetValid, drafted().token(), at=AT.plus(-0.001))


@pytest.mark.parametrize(
    "time",
    [
        b"",
        b"20260615120000",
        b"20260615120000+0000",
        b"202606151200Z",
        b"20260615120000.Z",
        b"20260615120000.50Z",
        b"20260615120000,5Z",
        b"20260631120000Z",
        b"20260615250000Z",
        b"00000101000000Z",
        b"2026-06-15T12:00:00Z",
    ],
)
def test_a_time_in_another_spelling(time: bytes) -> None:
    refused(ParsingError, drafted(time=time).token())


def existed(accuracy: bytes = b"") -> Instant:
    token = drafted(accuracy=accuracy).token()
    return existed_by(token, DIGEST, anchors=[ROOT.der], at=TODAY)


def test_what_an_authority_saw_existed_at_the_latest_as_exactly_as_it_tells() -> None:
    assert existed() == AT
    assert existed(sequence()) == AT
    assert existed(sequence(der.integer(59))) == AT.plus(59)
    assert existed(sequence(der.write(0x80, b"\x05"))) == AT.plus(0.005)
    micros = der.write(0x81, b"\x64")
    assert existed(sequence(micros)) == AT.plus(0.0001)
    most = der.write(0x80, b"\x03\xe7"), der.write(0x81, b"\x03\xe7")
    assert existed(sequence(der.integer(59), *most)) == AT.plus(59.999999)
    # What the authority's own clock said is told as before.
    token = drafted(accuracy=sequence(der.integer(59))).token()
    assert verified(token, at=AT) == AT
    assert existed_by(token, DIGEST, anchors=[ROOT.der], at=AT) == AT.plus(59)


@pytest.mark.parametrize("tag", [0x80, 0x81])
@pytest.mark.parametrize("number", [b"\x00", b"\xff", b"\x03\xe8"])
def test_parts_of_a_second_that_are_none(tag: int, number: bytes) -> None:
    refused(MalformedProof, drafted(accuracy=sequence(der.write(tag, number))).token())
    for spelling in (b"", b"\x00\x05"):
        odd = sequence(der.write(tag, spelling))
        refused(ParsingError, drafted(accuracy=odd).token())


@pytest.mark.parametrize("seconds", [60, 86_400, -1])
def test_a_time_that_is_not_exact(seconds: int) -> None:
    token = drafted(accuracy=sequence(der.integer(seconds))).token()
    refused(MalformedProof, token)


def test_a_critical_extension_is_not_passed_over() -> None:
    for critical, accepted in ((b"\xff", False), (b"\x00", True)):
        stated = der.write(der.BOOLEAN, critical)
        extension = sequence(der.oid("1.2.3"), stated, octets(b"x"))
        token = drafted(extensions=der.write(0xA1, extension)).token()
        if accepted:
            assert verified(token) == AT
        else:
            refused(MalformedProof, token)


# Who signed it.


def test_a_signature_that_is_wrong() -> None:
    sound = drafted()
    refused(InvalidSignature, drafted(signature=sound.signature(b"else")).token())
    refused(InvalidSignature, drafted(signature=b"").token())
    refused(InvalidSignature, drafted(message_digest=bytes(32)).token())


def test_a_signature_of_another_authority_under_this_certificate() -> None:
    other = tsa(native=authority("x").native)
    forged = drafted(by=other, certificates=der.write(0xA0, TSA.der, MIDDLE.der))
    refused(InvalidVerificationMethod, forged.token())
    named = sequence(octets(hashed("2.16.840.1.101.3.4.2.1", TSA.der)))
    forged.parts["ess"] = named
    refused(InvalidSignature, forged.token())


def test_the_signer_is_the_one_whose_certificate_is_named() -> None:
    refused(InvalidVerificationMethod, drafted(serial=1).token())
    refused(InvalidVerificationMethod, drafted(certificates=b"").token())
    alone = der.write(0xA0, MIDDLE.der)
    refused(InvalidVerificationMethod, drafted(certificates=alone).token())
    twice = der.write(0xA0, TSA.der, TSA.der, MIDDLE.der)
    refused(InvalidVerificationMethod, drafted(certificates=twice).token())
    garbled = der.write(0xA0, TSA.der, MIDDLE.der, sequence())
    refused(InvalidVerificationMethod, drafted(certificates=garbled).token())
    refused(MalformedProof, drafted(named=sequence(sequence())).token())


def directory_name(text: bytes, kind: str = "2.5.4.3", *more: bytes) -> bytes:
    """A directory name of one part."""
    part = der.write(der.SET, sequence(der.oid(kind), text, *more))
    return sequence(part)


COMMON_NAME = TSA.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0]
CALLED = str(COMMON_NAME.value).encode()


def test_an_authority_is_called_as_its_certificate_calls_it() -> None:
    """RFC 3161 section 2.4.2, however its name is written."""
    accepted = (
        directory_name(der.write(der.UTF8_STRING, CALLED)),
        directory_name(der.write(der.PRINTABLE_STRING, CALLED)),
        directory_name(der.write(der.UTF8_STRING, b" " + CALLED.upper() + b"  ")),
    )
    for name in accepted:
        assert verified(drafted(tsa=called(name)).token()) == AT
    for name in (
        directory_name(der.write(der.UTF8_STRING, b"x" + CALLED)),
        directory_name(der.write(der.UTF8_STRING, CALLED), "2.5.4.10"),
        directory_name(der.write(0x1E, CALLED)),
        sequence(),
        MIDDLE.certificate.subject.public_bytes(),
    ):
        refused(InvalidVerificationMethod, drafted(tsa=called(name)).token())
    mail = called(b"tsa@x.example", 0x81)
    refused(InvalidVerificationMethod, drafted(tsa=mail).token())
    for odd in (
        der.write(0xA0),
        called(b""),
        called(directory_name(b"")),
        called(
            directory_name(
                der.write(der.UTF8_STRING, CALLED), "2.5.4.3", der.integer(1)
            )
        ),
    ):
        refused(ParsingError, drafted(tsa=odd).token())


def test_an_authority_may_be_called_by_another_name_of_its_certificate() -> None:
    other = x509.SubjectAlternativeName(
        [
            x509.UniformResourceIdentifier("https://tsa.example"),
            x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.TITLE, "T S A")])),
        ]
    )
    by = tsa(extensions=[(SIGNER, True), (other, False)])
    title = directory_name(der.write(der.UTF8_STRING, b"t s a"), "2.5.4.12")
    for name in (
        called(b"https://tsa.example", 0x86),
        called(title),
        called(by.certificate.subject.public_bytes()),
    ):
        assert verified(drafted(by=by, tsa=name).token()) == AT
    other_name = called(b"https://tsa.example/", 0x86)
    refused(InvalidVerificationMethod, drafted(by=by, tsa=other_name).token())


def test_a_certificate_with_a_key_that_nobody_knows() -> None:
    known, unknown = der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.2.9")
    changed = TSA.der.replace(known, unknown)
    certificates = der.write(0xA0, changed, MIDDLE.der)
    named = sequence(octets(sha256(changed).digest()))
    token = drafted(certificates=certificates, ess=named).token()
    refused(InvalidVerificationMethod, token)


def test_attributes_that_are_missing_or_say_something_else() -> None:
    attributes = drafted().attributes()
    for n in range(len(attributes)):
        rest = [one for m, one in enumerate(attributes) if m != n]
        refused(MalformedProof, drafted(attributes=rest).token())
        refused(ParsingError, drafted(attributes=[*attributes, attributes[n]]).token())
    refused(MalformedProof, drafted(attribute_type="1.2.3").token())
    twice = attribute("1.2.3", octets(b"a"), octets(b"b"))
    assert verified(drafted(attributes=[*attributes, twice]).token()) == AT
    kind, _, named = attributes
    doubled = attribute("1.2.840.113549.1.9.4", octets(b"a"), octets(b"b"))
    refused(ParsingError, drafted(attributes=[kind, doubled, named]).token())


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "1.2.840.113549.1.7.1"},
        {"cms_version": 1},
        {"signer_version": 3},
        {"signers": []},
        {"signers": [drafted().signer()] * 2},
        {"sid": der.write(0x80, bytes(20))},
        {"ordering": der.write(der.BOOLEAN, b"\x01") * 2},
        {"imprint_algorithm": algorithm(SHA384, sequence())},
        {"imprint_algorithm": algorithm(SHA384, der.write(der.NULL, b"\x00"))},
        {"content": b""},
        {"crls": der.write(0xA2)},
    ],
)
def test_signed_data_of_another_form(change: Any) -> None:
    refused(ParsingError, drafted(**change).token())


def test_signed_data_about_no_time() -> None:
    kind = "1.2.840.113549.1.7.1"
    refused(MalformedProof, drafted(content_type=kind, attribute_type=kind).token())
    refused(MalformedProof, drafted(version=2).token())


# Whose word it is.


def test_without_an_anchor_nobody_is_believed() -> None:
    kind = InvalidVerificationMethod
    token = drafted().token()
    refused(kind, token, anchors=())
    refused(kind, token, anchors=(authority("other"),))
    refused(kind, token, anchors=(TSA,))
    assert verified(token, anchors=(MIDDLE,)) == AT
    assert verified(token, anchors=(authority("other"), ROOT)) == AT
    refused(kind, drafted(others=()).token())
    assert verified(drafted(others=()).token(), anchors=(MIDDLE,)) == AT
    with pytest.raises(InvalidVerificationMethod):
        verify_timestamp(token, DIGEST, anchors=[b"x"], at=TODAY)


def test_certificates_in_any_order_with_others_among_them() -> None:
    others = (ROOT, authority("unrelated"), MIDDLE)
    assert verified(drafted(others=others).token()) == AT
    assert verified(drafted(others=(MIDDLE,) * 7).token()) == AT
    refused(TooLarge, drafted(others=(MIDDLE,) * 8).token())


@pytest.mark.parametrize(
    "purposes",
    [
        [],
        [(STAMPING, False)],
        [
            (
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CLIENT_AUTH]
                ),
                True,
            )
        ],
        [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True)],
        [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), True)],
    ],
)
def test_a_certificate_that_is_not_for_time_stamps_alone(purposes: Any) -> None:
    refused(InvalidVerificationMethod, drafted(by=tsa(purposes=purposes)).token())


def test_the_use_of_the_authoritys_key() -> None:
    for extensions, accepted in (
        ([], True),
        ([(usage(content_commitment=True), True)], True),
        ([(usage(key_agreement=True), True)], False),
        ([(x509.BasicConstraints(ca=True, path_length=None), True)], False),
    ):
        token = drafted(by=tsa(extensions=extensions)).token()
        if accepted:
            assert verified(token) == AT
        else:
            refused(InvalidVerificationMethod, token)


def test_the_certificates_held_when_the_token_was_made() -> None:
    ended = tsa(end=NOW - timedelta(seconds=1))
    refused(InvalidVerificationMethod, drafted(by=ended).token())
    assert verified(drafted(by=ended, time=b"20260615115958Z").token()) == AT.plus(-2)
    begins = tsa(start=NOW + timedelta(seconds=1))
    refused(InvalidVerificationMethod, drafted(by=begins).token())


def test_a_signer_of_something_else_under_the_same_authority() -> None:
    refused(InvalidVerificationMethod, drafted(by=signer("x", MIDDLE)).token())


# Bytes.


def test_a_token_that_is_too_large_or_none() -> None:
    refused(TooLarge, bytes(MAX_TOKEN_BYTES + 1))
    for data in (b"", b"\x30", b"{}", drafted().token() + b"\x00"):
        refused(ParsingError, data)


def test_what_is_no_digest() -> None:
    for digest in (b"", DIGEST[:-1], DIGEST * 2):
        with pytest.raises(ConfigurationError):
            timestamp_request(digest)
        refused(ConfigurationError, drafted().token(), digest=digest)


TOKEN: Final = drafted().token()


@given(place=st.integers(0, len(TOKEN) - 1), change=st.integers(1, 255))
@settings(max_examples=examples(150), deadline=None)
def test_a_changed_byte_never_changes_the_answer(place: int, change: int) -> None:
    changed = bytearray(TOKEN)
    changed[place] ^= change
    try:
        found = verified(bytes(changed))
    except MedidError:
        return
    # Some octets, such as the algorithms listed for one-pass readers, say nothing.
    assert found == AT


@given(size=st.integers(0, len(TOKEN) - 1))
@settings(max_examples=examples(50), deadline=None)
def test_a_token_that_is_cut_short(size: int) -> None:
    refused(ParsingError, TOKEN[:size])


# Asking.


def test_a_request_says_what_is_to_be_stamped() -> None:
    nonce = new_nonce(lambda size: b"\xff" * size)
    assert nonce == 2**64 - 1
    request = der.read(timestamp_request(DIGEST, nonce=nonce))
    version, imprint, asked, certificates = request.fields(
        der.INTEGER, der.SEQUENCE, der.INTEGER, der.BOOLEAN
    )
    assert (version.integer(), asked.integer()) == (1, nonce)
    assert certificates.boolean()
    assert imprint.members()[1].octets() == DIGEST
    without = der.read(timestamp_request(DIGEST))
    assert len(without.fields(der.INTEGER, der.SEQUENCE, der.BOOLEAN)) == 3


def response(status: int, token: bytes = b"", *more: bytes) -> bytes:
    return sequence(sequence(der.integer(status), *more), token)


def test_a_response_holds_the_token() -> None:
    for status in (0, 1):
        assert read_timestamp_response(response(status, TOKEN)) == TOKEN
    said = sequence(der.write(der.UTF8_STRING, b"fine"))
    assert read_timestamp_response(response(0, TOKEN, said)) == TOKEN


@pytest.mark.parametrize("status", [2, 3, 4, 5, 6, -1])
def test_an_authority_that_does_not_grant_it(status: int) -> None:
    said = sequence(der.write(der.UTF8_STRING, b"secret"))
    failure = der.write(0x03, b"\x05\xa0")
    for data in (response(status, TOKEN), response(status, b"", said, failure)):
        with pytest.raises(FetchFailed) as caught:
            read_timestamp_response(data)
        assert "secret" not in str(caught.value)


def test_a_response_without_a_token_or_of_another_form() -> None:
    with pytest.raises(FetchFailed):
        read_timestamp_response(response(0))
    for data in (b"", b"<html>", sequence(), response(0, TOKEN) + b"\x00"):
        with pytest.raises(ParsingError):
            read_timestamp_response(data)
    with pytest.raises(TooLarge):
        read_timestamp_response(bytes(MAX_TOKEN_BYTES + 1))
