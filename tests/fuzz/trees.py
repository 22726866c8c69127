"""Changes to decoded JSON and CBOR: the shape stays one that a reader could expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cbor2 import CBORTag

from tests.attacks.documents import BOARD, DOCTOR, NAME, PATIENT
from tests.fuzz.target import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

# A value's place: the container, and the key or index in it.
Slot: TypeAlias = "tuple[Any, Any]"

MAX_SLOTS: Final = 4_096  # places that are looked at for one change
MAX_BYTES: Final = 65_536  # an input is not made larger than this

TEXTS: Final = (
    *(
        "",
        " ",
        "x",
        "0",
        "-1",
        "1e400",
        "\x00",
        "\ud800",
        "\u0669",
        "\u202e",
        "A" * 300,
    ),
    *("$", "#", "#0", "did:", "did:key:z", "did:web:a", "did:jwk:e30", "https://["),
    *("https://a.example/%", "urn:x:1", "data:,", "data:application/vc+jwt,a.b.c"),
    *("2026-06-15T12:00:00Z", "2026-02-30T24:00:60Z", "9999-12-31T23:59:59.9-24:00"),
    *("sha256-AAAA", "sha384-", "u", "z", "z6Mk", "zQm", "eyJ", "..", "a.b.c~", "=="),
    *("@context", "@id", "@type", "@json", "@graph", "@list", "@none", "_:b0", "%00"),
    *("EdDSA", "ES256", "none", "HS256", "vc+jwt", "dc+sd-jwt", "kb+jwt", "sha-256"),
    *("VerifiableCredential", "VerifiablePresentation", "DataIntegrityProof"),
    *("EnvelopedVerifiableCredential", "BitstringStatusListEntry", "JsonSchema"),
    *("^(a|b)*$", "(?=a)", "[", "\\", "{{", "/a/~1/~0", "~", "/-", "/0"),
    *(BOARD.did, BOARD.method, DOCTOR.did, PATIENT.did, NAME, CANARY),
)
NAMES: Final = (
    *("@context", "@id", "@type", "@value", "@graph", "@nest", "@reverse", "@list"),
    *("@set", "@language", "@direction", "@index", "@json", "@vocab", "@base"),
    *("@import", "@protected", "@propagate", "@container", "@version", "@included"),
    *("id", "type", "issuer", "holder", "credentialSubject", "verifiableCredential"),
    *("proof", "proofValue", "cryptosuite", "previousProof", "credentialStatus"),
    *("credentialSchema", "relatedResource", "evidence", "validUntil", "statusSize"),
    *("iss", "sub", "exp", "nbf", "iat", "aud", "cnf", "vct", "vc", "vp", "nonce"),
    *("_sd", "_sd_alg", "...", "status", "status_list", "jwk", "kid", "crit", "x5c"),
    *(
        "kty",
        "crv",
        "x",
        "y",
        "d",
        "$ref",
        "$id",
        "$defs",
        "allOf",
        "pattern",
        "$schema",
    ),
    *("provision", "period", "code", "reference", "x", "", "__class__", CANARY),
)
NUMBERS: Final = (
    *(0, 1, -1, 2, 7, 18, 255, 256, 65_535, 2**31, 2**53, 2**63, 2**64, -(2**63)),
    *(10**30, 0.0, -0.0, 0.5, 1.1, 1e21, 1e308, 5e-324, float("inf"), float("nan")),
)
_SINGLE: Final = (None, True, False)


@dataclass(frozen=True, slots=True)
class Chance:
    """Where the choices of one change come from.

    Attributes:
        random: Decides what is changed, and into what.
        octets: Changes bytes of no structure.
    """

    random: Random
    octets: Callable[[bytes], bytes]

    def once_in(self, count: int) -> bool:
        """True once in ``count`` times."""
        return self.random.randrange(count) == 0


def plain_octets(random: Random) -> Callable[[bytes], bytes]:
    """Changes bytes without knowing which change reaches something new."""

    def change(data: bytes) -> bytes:
        content = bytearray(data)
        for _ in range(random.randint(1, 3)):
            place = random.randint(0, len(content))
            until = min(len(content), place + random.choice((1, 1, 2, 8, 64)))
            kind = random.randrange(4)
            if kind == 0:
                content[place:until] = b""
            elif kind == 1:
                content[place:place] = random.randbytes(random.choice((1, 2, 8)))
            elif kind == 2:
                content[place:place] = content[place:until]
            elif place < until:
                content[place] ^= 1 << random.randrange(8)
        return bytes(content[:MAX_BYTES])

    return change


def changed(value: Any, chance: Chance, *, binary: bool = False) -> Any:
    """A copy of ``value`` after a few changes; ``binary`` also puts bytes into it."""
    root = [copied(value)]
    for _ in range(chance.random.choice((1, 1, 1, 2, 3, 5))):
        slots = _slots(root)
        _change(chance.random.choice(slots), slots, chance, binary=binary)
        if not root:
            return {}
    return root[0]


def copied(value: Any) -> Any:
    """A copy that shares nothing that can be changed; tags of CBOR have no other."""
    if isinstance(value, dict):
        return {name: copied(one) for name, one in value.items()}
    if isinstance(value, list):
        return [copied(one) for one in value]
    if isinstance(value, CBORTag):
        return CBORTag(value.tag, copied(value.value))
    return value


def _slots(root: list[Any]) -> list[Slot]:
    found: list[Slot] = []
    waiting: list[Any] = [root]
    while waiting and len(found) < MAX_SLOTS:
        node = waiting.pop()
        keys: Any = node if isinstance(node, dict) else range(len(node))
        for key in keys:
            found.append((node, key))
            inner = node[key]
            if isinstance(inner, CBORTag):
                inner = inner.value
            if isinstance(inner, dict | list):
                waiting.append(inner)
    return found


def _change(slot: Slot, slots: list[Slot], chance: Chance, *, binary: bool) -> None:
    node, key = slot
    kind = chance.random.choice(
        (
            "value",
            "value",
            "edit",
            "edit",
            "edit",
            "remove",
            "add",
            "rename",
            "copy",
            "wrap",
        )
    )
    if kind == "remove":
        del node[key]
    elif kind == "rename" and isinstance(node, dict):
        node[_name(chance, binary=binary)] = node.pop(key)
    elif kind == "add":
        _add(node[key], _new(chance, binary=binary), _name(chance, binary=binary))
    elif kind == "copy":
        other, place = chance.random.choice(slots)
        if place in other if isinstance(other, dict) else place < len(other):
            node[key] = copied(other[place])
    elif kind == "wrap":
        node[key] = _wrapped(node[key], chance)
    elif kind == "edit":
        node[key] = _edited(node[key], chance)
    else:
        node[key] = _new(chance, binary=binary)


def _add(place: Any, value: Any, name: Any) -> None:
    if isinstance(place, dict):
        place[name] = value
    elif isinstance(place, list):
        place.append(value)


def _name(chance: Chance, *, binary: bool) -> Any:
    if binary and chance.once_in(2):
        return chance.random.choice((-1, 0, 1, 2, 3, 4, 6, 15, 16, 33, 65533))
    return chance.random.choice(NAMES)


def _new(chance: Chance, *, binary: bool) -> Any:
    pools: list[Any] = [TEXTS, NUMBERS, _SINGLE, ([], {}, [[]], {"id": "urn:x:1"})]
    if binary:
        pools.append((b"", b"\x00", b"\xff" * 32, bytes(48), CBORTag(2, b"\x01")))
    return copied(chance.random.choice(chance.random.choice(pools)))


def _wrapped(value: Any, chance: Chance) -> Any:
    shapes: tuple[Any, ...] = (
        [value],
        [value, copied(value)],
        {chance.random.choice(NAMES): value},
        {"@value": value},
        [[value]],
    )
    if not chance.once_in(40):
        return chance.random.choice(shapes)
    for _ in range(chance.random.choice((8, 70))):
        value = [value] if chance.once_in(2) else {"x": value}
    return value


def _edited(value: Any, chance: Chance) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return value + chance.random.choice((1, -1, 0.5, 2**16))
    if isinstance(value, str):
        return edited_text(value, chance)
    if isinstance(value, bytes):
        return chance.octets(value)
    if isinstance(value, list):
        chance.random.shuffle(value)
    return value


def edited_text(text: str, chance: Chance) -> str:
    """``text`` with a piece of it taken out, put in, doubled or replaced."""
    random = chance.random
    place = random.randint(0, len(text))
    until = min(len(text), place + random.choice((0, 1, 1, 4, 16)))
    piece = random.choice(
        (
            "",
            text[place:until] * 2,
            text[place:until].swapcase(),
            chr(random.randrange(0x80)),
            chr(random.randrange(0x11_0000)),
            random.choice(TEXTS),
            chance.octets(text[place:until].encode("utf-8", "replace")).decode(
                "latin-1"
            ),
        )
    )
    return text[:place] + piece + text[until:]
