"""RSA: which numbers are keys, and which signatures are signatures.

The signatures are made outside of medid, by cryptography or by plain arithmetic, also
those that a careless verifier takes: the other padding, another salt, room for garbage.
"""

from __future__ import annotations

import base64
import hashlib
import math
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url, multibase, multicodec
from medid.errors import InvalidKey, InvalidSignature, MedidError, WeakCryptography
from medid.keys import KeyKind, PrivateKey, PublicKey, rsa
from tests.keys.strategies import (
    key,
    modulus,
    public,
    rsa_private,
    rsa_public,
    rsa_public_keys,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from medid.core.json import JsonObject

LICENSE = b"a license"
N = modulus(2_048, b"a board")
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
ALGORITHMS = {"RS256": padding.PKCS1v15(), "PS256": PSS}


def signed(
    algorithm: str, private: RSAPrivateKey | None = None, message: bytes = LICENSE
) -> bytes:
    made = private or rsa_private()
    return made.sign(message, ALGORITHMS[algorithm], hashes.SHA256())


# Keys.


@pytest.mark.parametrize("bits", [2_048, 2_049, 3_072, 4_096, 8_191, 8_192])
def test_moduli_within_the_bounds(bits: int) -> None:
    number = modulus(bits, b"a board")
    assert number.bit_length() == bits
    read = PublicKey(KeyKind.RSA, rsa.from_numbers(number, 65_537))
    assert PublicKey.from_jwk(read.to_jwk()) == read


@pytest.mark.parametrize("exponent", [3, 17, 65_537, 2**32 - 1])
def test_exponents_within_the_bounds(exponent: int) -> None:
    read = PublicKey(KeyKind.RSA, rsa.from_numbers(N, exponent))
    assert PublicKey.from_jwk(read.to_jwk()) == read


def by_every_door(number: int, exponent: int) -> list[Callable[[], PublicKey]]:
    """The ways in which a key of these numbers could be read."""
    jwk: JsonObject = {"kty": "RSA", "n": uint(number), "e": uint(exponent)}
    der = der_of(der_integer(number), der_integer(exponent))
    multikey = multibase.to_base58btc(multicodec.add_prefix(0x1205, der))
    return [
        lambda: PublicKey.from_jwk(jwk),
        lambda: PublicKey(KeyKind.RSA, der),
        lambda: PublicKey.from_multikey(multikey),
        lambda: PublicKey.from_pem(pem_of(der)),
    ]


def uint(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


@pytest.mark.parametrize("number", [3, modulus(1_024, b""), modulus(2_047, b"x")])
def test_a_modulus_that_can_be_factored_for_its_size(number: int) -> None:
    for door in by_every_door(number, 65_537):
        with pytest.raises(InvalidKey):
            door()


@pytest.mark.parametrize("bits", [8_193, 16_384, 60_000])
def test_a_modulus_that_takes_long_to_check(bits: int) -> None:
    for door in by_every_door(modulus(bits, b"x"), 65_537):
        with pytest.raises(InvalidKey):
            door()


@pytest.mark.parametrize("exponent", [1, 2, 4, 65_536, 2**32 + 1, N - 1, N + 2, 2**99])
def test_an_absurd_exponent(exponent: int) -> None:
    for door in by_every_door(N, exponent):
        with pytest.raises(InvalidKey):
            door()


def test_an_even_modulus() -> None:
    for door in by_every_door(N + 1, 65_537):
        with pytest.raises(InvalidKey):
            door()


@pytest.mark.parametrize("factor", [3, 5, 251, 751])
def test_a_modulus_with_a_small_factor(factor: int) -> None:
    for door in by_every_door(modulus(2_048, b"x") * factor, 65_537):
        with pytest.raises(WeakCryptography, match="small factor"):
            door()


def test_a_modulus_of_the_broken_generator() -> None:
    # As ROCA's moduli: a power of 65537 modulo the product of the primes below 702.
    primes = [n for n in range(2, 702) if all(n % d for d in range(2, n))]
    product = math.prod(primes)
    number = pow(65_537, 12_345, product) + product * modulus(1_090, b"k")
    while math.gcd(number, math.prod(range(703, 752, 2))) != 1:
        number += product * 2
    assert number.bit_length() > 2_048
    for door in by_every_door(number, 65_537):
        with pytest.raises(WeakCryptography, match="ROCA"):
            door()
    # 65537 has the powers 1 and 10 modulo 11; one residue beside them is enough.
    while number % 11 in {0, 1, 10}:
        number += 2 * product // 11
    rsa.check_numbers(number, 65_537)


def test_errors_of_numbers_say_where() -> None:
    with pytest.raises(InvalidKey) as caught:
        PublicKey.from_jwk({"kty": "RSA", "n": "AQAB", "e": "AQAB"}, path="$.jwk")
    assert caught.value.path == "$.jwk"


# Spellings.


@pytest.mark.parametrize("name", ["n", "e"])
@pytest.mark.parametrize("text", ["", "AA", "AAEAAQ"])
def test_a_number_with_a_leading_zero_or_none_at_all(name: str, text: str) -> None:
    if name == "n" and text:
        text = base64url.encode(b"\0" + N.to_bytes(256, "big"))
    jwk = {**public(KeyKind.RSA).to_jwk(), name: text}
    with pytest.raises(InvalidKey, match="octet of zeros") as caught:
        PublicKey.from_jwk(jwk, path="$.jwk")
    assert caught.value.path == f"$.jwk.{name}"


def test_a_huge_number_is_not_decoded() -> None:
    jwk = {**public(KeyKind.RSA).to_jwk(), "n": "!" * 1_000_000}
    with pytest.raises(InvalidKey, match="more than 1024 bytes"):
        PublicKey.from_jwk(jwk)


def der_integer(number: int, *, spare: bytes = b"") -> bytes:
    data = spare + number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + der_length(len(data)) + data


def der_length(size: int, *, spare: int = 0) -> bytes:
    if size < 128 and not spare:
        return bytes([size])
    data = size.to_bytes((size.bit_length() + 7) // 8 + spare, "big")
    return bytes([0x80 | len(data)]) + data


def der_of(*parts: bytes, spare: int = 0, tag: int = 0x30) -> bytes:
    body = b"".join(parts)
    return bytes([tag]) + der_length(len(body), spare=spare) + body


E_DER = der_integer(65_537)
N_DER = der_integer(N)


@pytest.mark.parametrize(
    "der",
    [
        der_of(N_DER, E_DER) + b"\0",
        der_of(N_DER, E_DER)[:-1],
        der_of(N_DER, E_DER, spare=1),
        der_of(N_DER, E_DER, b"\x02\x01\x05"),
        der_of(N_DER),
        der_of(E_DER, N_DER),
        der_of(N_DER, E_DER, tag=0x31),
        der_of(der_integer(N, spare=b"\0"), E_DER),
        der_of(N_DER, der_integer(65_537, spare=b"\0")),
        der_of(b"\x02\x82\x01\x00" + N.to_bytes(256, "big"), E_DER),  # negative
        der_of(N_DER, b"\x02\x81\x03\x01\x00\x01"),
        b"\x30\x80" + N_DER + E_DER + b"\0\0",
        b"",
        b"\x30",
        b"\x30\x82\x01\x0a\x02",
        b"0" * 2_000,
    ],
)
def test_anything_but_the_one_der_of_the_key(der: bytes) -> None:
    assert PublicKey(KeyKind.RSA, der_of(N_DER, E_DER)) == public(KeyKind.RSA)
    with pytest.raises((InvalidKey, WeakCryptography)):
        PublicKey(KeyKind.RSA, der)


@pytest.mark.parametrize("kind", [KeyKind.RSA, KeyKind.P384, KeyKind.ED25519])
def test_the_der_of_another_structure(kind: KeyKind) -> None:
    spki = base64.b64decode("".join(public(kind).to_pem().splitlines()[1:-1]))
    with pytest.raises(InvalidKey):
        PublicKey(KeyKind.RSA, spki)


@given(rsa_public_keys(), st.data())
def test_whatever_is_accepted_reads_back_alike(
    read: PublicKey, data: st.DataObject
) -> None:
    raw = bytearray(read.raw)
    for _ in range(data.draw(st.integers(1, 3))):
        # Headers and the exponent are where encodings differ, not the modulus.
        place = data.draw(st.sampled_from([*range(12), *range(-9, 0)]))
        raw[place] = data.draw(st.integers(0, 255))
    try:
        other = PublicKey(KeyKind.RSA, bytes(raw))
    except MedidError:
        return
    assert PublicKey.from_jwk(other.to_jwk()).raw == bytes(raw)


RSA_ENCRYPTION = bytes.fromhex("2a864886f70d010101")
RSASSA_PSS = bytes.fromhex("2a864886f70d01010a")


def pem_of(pkcs1: bytes, *, algorithm: bytes = RSA_ENCRYPTION) -> str:
    null = b"\x05\x00" if algorithm == RSA_ENCRYPTION else b""
    identifier = der_of(der_of(algorithm, tag=0x06) + null)
    der = der_of(identifier, der_of(b"\0" + pkcs1, tag=0x03))
    text = base64.b64encode(der).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"


def test_a_pem_that_is_for_pss_alone_is_no_key_for_anything() -> None:
    pkcs1 = public(KeyKind.RSA).raw
    assert PublicKey.from_pem(pem_of(pkcs1)) == public(KeyKind.RSA)
    with pytest.raises(InvalidKey, match="rsaEncryption"):
        PublicKey.from_pem(pem_of(pkcs1, algorithm=RSASSA_PSS))


def test_a_pem_of_pkcs_1_is_not_the_spelling_that_is_read() -> None:
    text = (
        rsa_private()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
    )
    with pytest.raises(InvalidKey, match="rsaEncryption"):
        PublicKey.from_pem(text)


# Private keys.


def pem_private(
    format: serialization.PrivateFormat, password: bytes | None = None
) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    return rsa_private().private_bytes(serialization.Encoding.PEM, format, encryption)


def test_private_keys_are_refused_with_one_message() -> None:
    numbers = rsa_private().private_numbers()
    jwk: JsonObject = {
        **rsa_public(rsa_private()).to_jwk(),
        "d": uint(numbers.d),
        "p": uint(numbers.p),
        "q": uint(numbers.q),
    }
    der = rsa_private().private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    multikey = multibase.to_base58btc(multicodec.add_prefix(0x1305, der))
    pkcs8 = serialization.PrivateFormat.PKCS8
    doors: list[Callable[[], PrivateKey]] = [
        lambda: PrivateKey(KeyKind.RSA, b""),
        lambda: PrivateKey.generate(KeyKind.RSA),
        lambda: PrivateKey.from_jwk(jwk),
        lambda: PrivateKey.from_jwk(rsa_public(rsa_private()).to_jwk()),
        lambda: PrivateKey.from_multikey(multikey),
        lambda: PrivateKey.from_pem(pem_private(pkcs8)),
        lambda: PrivateKey.from_pem(pem_private(pkcs8, b"x"), password=b"x"),
        lambda: PrivateKey.from_pem(
            pem_private(serialization.PrivateFormat.TraditionalOpenSSL)
        ),
    ]
    for door in doors:
        with pytest.raises(InvalidKey, match="holds none that sign") as caught:
            door()
        assert str(numbers.d) not in str(caught.value)
    with pytest.raises(InvalidKey) as caught:
        PrivateKey.from_jwk(jwk, path="$.key")
    assert caught.value.path == "$.key"


def test_a_published_private_key_is_reported_as_leaked() -> None:
    der = multicodec.add_prefix(0x1305, bytes(300))
    with pytest.raises(InvalidKey, match="private key stands") as caught:
        PublicKey.from_multikey(multibase.to_base58btc(der))
    assert "leaked" in caught.value.fix
    pkcs8 = serialization.PrivateFormat.PKCS8
    with pytest.raises(InvalidKey, match="private key stands"):
        PublicKey.from_pem(pem_private(pkcs8))


# Signatures.


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("bits", [2_048, 2_049, 3_072])
def test_signatures_of_each_algorithm(algorithm: str, bits: int) -> None:
    private = rsa_private(bits)
    read, signature = rsa_public(private), signed(algorithm, private)
    read.verify(signature, LICENSE, algorithm=algorithm)
    with pytest.raises(InvalidSignature):
        read.verify(signature, LICENSE + b"!", algorithm=algorithm)
    (other,) = ALGORITHMS.keys() - {algorithm}
    with pytest.raises(InvalidSignature):
        read.verify(signature, LICENSE, algorithm=other)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_without_a_named_algorithm_nothing_is_verified(algorithm: str) -> None:
    read, signature = rsa_public(rsa_private()), signed(algorithm)
    with pytest.raises(WeakCryptography, match="named algorithm"):
        read.verify(signature, LICENSE)
    restricted = PublicKey.from_jwk({**read.to_jwk(), "alg": algorithm})
    with pytest.raises(WeakCryptography, match="named algorithm"):
        restricted.verify(signature, LICENSE)


@pytest.mark.parametrize("algorithm", ["", "RS384", "PS512", "ES256", "none", "rs256"])
def test_another_algorithm_does_not_fit(algorithm: str) -> None:
    with pytest.raises(WeakCryptography, match="does not fit"):
        rsa_public(rsa_private()).verify(signed("RS256"), LICENSE, algorithm=algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_alg_of_a_jwk_restricts_the_key(algorithm: str) -> None:
    jwk = rsa_public(rsa_private()).to_jwk()
    restricted = PublicKey.from_jwk({**jwk, "alg": algorithm})
    assert restricted.algorithm == algorithm
    restricted.verify(signed(algorithm), LICENSE, algorithm=algorithm)
    (other,) = ALGORITHMS.keys() - {algorithm}
    with pytest.raises(WeakCryptography, match="another algorithm"):
        restricted.verify(signed(other), LICENSE, algorithm=other)
    # Whose key it is, is another question than what it may be used for.
    assert restricted == PublicKey.from_jwk(jwk)
    assert hash(restricted) == hash(PublicKey.from_jwk(jwk))
    assert restricted.thumbprint() == PublicKey.from_jwk(jwk).thumbprint()
    assert PublicKey.from_jwk(restricted.to_jwk()).algorithm == algorithm


def test_a_key_is_restricted_to_an_algorithm_of_its_own_only() -> None:
    with pytest.raises(WeakCryptography, match="does not fit"):
        PublicKey(KeyKind.RSA, public(KeyKind.RSA).raw, algorithm="ES256")


def test_both_names_of_eddsa_are_one_algorithm() -> None:
    private = key(KeyKind.ED25519)
    for stated in ("EdDSA", "Ed25519"):
        read = PublicKey.from_jwk({**private.public_key.to_jwk(), "alg": stated})
        for named in ("EdDSA", "Ed25519"):
            read.verify(private.sign(LICENSE), LICENSE, algorithm=named)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_signatures_of_another_length(algorithm: str) -> None:
    read, signature = rsa_public(rsa_private()), signed(algorithm)
    for other in (b"", signature[1:], signature[:-1], b"\0" + signature, signature * 4):
        with pytest.raises(InvalidSignature, match="256 bytes"):
            read.verify(other, LICENSE, algorithm=algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_number_beyond_the_modulus_is_no_second_signature(algorithm: str) -> None:
    # Of a modulus of 2,049 bits the signature has seven bits to spare.
    private = rsa_private(2_049)
    number = int.from_bytes(signed(algorithm, private), "big")
    twin = number + private.public_key().public_numbers().n
    with pytest.raises(InvalidSignature):
        rsa_public(private).verify(
            twin.to_bytes(257, "big"), LICENSE, algorithm=algorithm
        )


@pytest.mark.parametrize("number", [0, 1, -1])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_numbers_that_are_their_own_power(algorithm: str, number: int) -> None:
    read = rsa_public(rsa_private())
    modulus_ = rsa_private().public_key().public_numbers().n
    with pytest.raises(InvalidSignature):
        read.verify(
            (number % modulus_).to_bytes(256, "big"), LICENSE, algorithm=algorithm
        )


@given(st.sampled_from(sorted(ALGORITHMS)), st.integers(0, 2_047))
def test_any_changed_bit(algorithm: str, bit: int) -> None:
    signature = bytearray(signed(algorithm))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidSignature):
        rsa_public(rsa_private()).verify(bytes(signature), LICENSE, algorithm=algorithm)


@pytest.mark.parametrize(
    ("scheme", "hashed"),
    [
        (padding.PKCS1v15(), hashes.SHA1()),
        (padding.PKCS1v15(), hashes.SHA224()),
        (padding.PKCS1v15(), hashes.SHA384()),
        (padding.PKCS1v15(), hashes.SHA3_256()),
        (padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 0), hashes.SHA256()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 20), hashes.SHA256()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 31), hashes.SHA256()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 33), hashes.SHA256()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 222), hashes.SHA256()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA384()),
    ],
)
def test_another_hash_or_salt(
    scheme: padding.AsymmetricPadding, hashed: hashes.HashAlgorithm
) -> None:
    signature = rsa_private().sign(LICENSE, scheme, hashed)
    for algorithm in ALGORITHMS:
        with pytest.raises(InvalidSignature):
            rsa_public(rsa_private()).verify(signature, LICENSE, algorithm=algorithm)


DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def padded(size: int, info: bytes = DIGEST_INFO, message: bytes = LICENSE) -> bytes:
    """EMSA-PKCS1-v1_5, RFC 8017 section 9.2."""
    tail = b"\0" + info + hashlib.sha256(message).digest()
    return b"\0\1" + b"\xff" * (size - len(tail) - 2) + tail


def raw_signature(private: RSAPrivateKey, encoded: bytes) -> bytes:
    numbers = private.private_numbers()
    power = pow(int.from_bytes(encoded, "big"), numbers.d, numbers.public_numbers.n)
    return power.to_bytes(len(encoded), "big")


def test_the_padding_is_compared_and_not_parsed() -> None:
    private = rsa_private()
    read, good = rsa_public(private), padded(256)
    read.verify(raw_signature(private, good), LICENSE, algorithm="RS256")
    without_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20"
    careless = [
        padded(256, without_null),
        padded(256, b""),  # no DigestInfo at all
        b"\0\2" + good[2:],
        b"\0\0" + good[2:],
        good[:10] + b"\0" + good[11:],
        # Short padding, and garbage behind the digest or inside the parameters.
        b"\0\1" + b"\xff" * 8 + padded(80)[padded(80).index(b"\0", 2) :] + bytes(194),
    ]
    for encoded in careless:
        with pytest.raises(InvalidSignature):
            read.verify(
                raw_signature(private, encoded[:256].ljust(256, b"\0")),
                LICENSE,
                algorithm="RS256",
            )


def test_a_cube_root_is_no_signature() -> None:
    # Without the private key: for e = 3, a number whose cube begins like a signature.
    private = rsa_private(2_048, 3)
    wanted = padded(64)
    start = int.from_bytes(wanted.ljust(256, b"\0"), "big")
    root = cube_root(start) + 1
    cube = (root**3).to_bytes(256, "big")
    assert cube[: len(wanted)] == wanted
    read = rsa_public(private)
    with pytest.raises(InvalidSignature):
        read.verify(root.to_bytes(256, "big"), LICENSE, algorithm="RS256")
    read.verify(signed("RS256", private), LICENSE, algorithm="RS256")


def cube_root(number: int) -> int:
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


def test_signatures_of_the_largest_keys() -> None:
    # Eight primes of 1,024 bits are found quickly, two of 4,096 are not; a verifier
    # sees no difference.
    made = [generate_private_key(65_537, 2_048).private_numbers() for _ in range(4)]
    primes = [prime for numbers in made for prime in (numbers.p, numbers.q)]
    n, e = math.prod(primes), 65_537
    d = pow(e, -1, math.lcm(*(prime - 1 for prime in primes)))
    size = (n.bit_length() + 7) // 8
    assert size == 1_024
    read = PublicKey(KeyKind.RSA, rsa.from_numbers(n, e))
    signature = pow(int.from_bytes(padded(size), "big"), d, n).to_bytes(size, "big")
    read.verify(signature, LICENSE, algorithm="RS256")
    with pytest.raises(InvalidSignature):
        read.verify(signature, LICENSE + b"!", algorithm="RS256")
