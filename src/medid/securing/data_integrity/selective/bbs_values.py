"""The proof values of ``bbs-2023``: three bytes for each feature, and its components.

Spec: https://www.w3.org/TR/vc-di-bbs/#serializebaseproofvalue,
https://www.w3.org/TR/vc-di-bbs/#serializederivedproofvalue
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.cbor import Tag
from medid.errors import MalformedProof
from medid.securing.data_integrity.cryptosuite import Shown
from medid.securing.data_integrity.selective import values
from medid.securing.data_integrity.selective.covering import DERIVE
from medid.securing.data_integrity.selective.features import Feature
from medid.securing.data_integrity.selective.labels import HMAC_KEY_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.cbor import CborValue
    from medid.core.json import JsonValue
    from medid.securing.data_integrity.selective.values import Components

# d95d02 and d95d03 for the first feature, d95d04 and d95d05 for the next, and so on.
_BASE: Final[Mapping[bytes, Feature]] = MappingProxyType(
    {bytes([0xD9, 0x5D, 2 * n]): feature for n, feature in enumerate(Feature, 1)}
)
_DERIVED: Final[Mapping[bytes, Feature]] = MappingProxyType(
    {bytes([0xD9, 0x5D, 2 * n + 1]): feature for n, feature in enumerate(Feature, 1)}
)

_SIGNATURE_SIZE: Final = 80  # bytes
_HEADER_SIZE: Final = 64  # bytes: two hashes
_KEY_SIZE: Final = 96  # bytes
_SCALAR_SIZE: Final = 32  # bytes
_PSEUDONYM_SIZE: Final = 48  # bytes
_BIGNUM: Final = 2  # the tag of RFC 8949 section 3.4.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The components of a base proof."""

    feature: Feature
    signature: bytes
    header: bytes
    public_key: bytes
    hmac_key: bytes
    pointers: tuple[str, ...]
    signer_nym_entropy: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """The components of a derived proof.

    Attributes:
        labels: The number that is signed for each blank node of the part.
        mandatory: Where mandatory statements stand among those of the part.
        selective: Where the others stand among those of the whole that may be shown.
        length: How many of the latter there are; not stated by the baseline.
    """

    feature: Feature
    proof: bytes
    labels: tuple[int, ...]
    mandatory: tuple[int, ...]
    selective: tuple[int, ...]
    presentation_header: bytes
    nym_domain: str | None = None
    pseudonym: bytes | None = None
    length: int = 0

    def shown(self) -> Shown:
        """How the proof names what it shows."""
        return Shown(tuple(f"_:b{one}" for one in self.labels), self.mandatory)


def write_base(base: Base) -> str:
    """The ``proofValue`` of a base proof."""
    components: list[CborValue] = [
        base.signature,
        base.header,
        base.public_key,
        base.hmac_key,
        [*base.pointers],
    ]
    if base.signer_nym_entropy is not None:
        components.append(base.signer_nym_entropy)
    return values.write(_header(_BASE, base.feature), components)


def is_base(value: JsonValue) -> bool:
    """Whether ``value`` begins as the proof value of a base proof."""
    return values.begins_with(value, _BASE)


def read_base(value: JsonValue) -> Base:
    """The components of a base proof.

    Raises:
        MalformedProof: Another kind of proof, or not of its form.
    """
    # The published vectors have the entropy as a number, against the specification's
    # own rule; nobody but its holder ever reads a base proof.
    found = values.read(value, tags=frozenset({_BIGNUM}))
    feature = _BASE.get(found.header)
    if feature is None:
        message = "this is no base proof: nothing can be derived from it"
        raise MalformedProof(message, fix="derive from what the issuer sent")
    found.expect(6 if feature.has_pseudonym else 5)
    return Base(
        feature=feature,
        signature=found.octets(_SIGNATURE_SIZE),
        header=found.octets(_HEADER_SIZE),
        public_key=found.octets(_KEY_SIZE),
        hmac_key=found.octets(HMAC_KEY_SIZE),
        pointers=tuple(found.texts()),
        signer_nym_entropy=_entropy(found) if feature.has_pseudonym else None,
    )


def write_derived(derived: Derived) -> str:
    """The ``proofValue`` of a derived proof."""
    components: list[CborValue] = [
        derived.proof,
        dict(enumerate(derived.labels)),
        [*derived.mandatory],
        [*derived.selective],
        derived.presentation_header,
    ]
    if derived.feature.has_pseudonym:
        components += [derived.nym_domain, derived.pseudonym]
    if derived.feature is not Feature.BASELINE:
        components.append(derived.length)
    return values.write(_header(_DERIVED, derived.feature), components)


def read_derived(value: JsonValue) -> Derived:
    """The components of a derived proof.

    Raises:
        MalformedProof: Another kind of proof, or not of its form.
    """
    if is_base(value):
        message = "a base proof is for its holder alone: it shows everything"
        raise MalformedProof(message, fix=DERIVE)
    found = values.read(value)
    feature = _DERIVED.get(found.header)
    if feature is None:
        raise MalformedProof("proofValue is not that of a bbs-2023 proof")
    # Published proofs with a pseudonym leave out its domain, which the verifier knows.
    count = found.expect(*_COUNTS[feature])
    named = feature.has_pseudonym
    return Derived(
        feature=feature,
        proof=found.octets(),
        labels=tuple(found.label_map(found.number)),
        mandatory=tuple(found.indexes()),
        selective=tuple(found.indexes()),
        presentation_header=found.octets(),
        nym_domain=found.text() if count == max(_COUNTS[feature]) and named else None,
        pseudonym=found.octets(_PSEUDONYM_SIZE) if named else None,
        length=0 if feature is Feature.BASELINE else found.count(),
    )


_COUNTS: Final[Mapping[Feature, tuple[int, ...]]] = MappingProxyType(
    {
        Feature.BASELINE: (5,),
        Feature.ANONYMOUS_HOLDER_BINDING: (6,),
        Feature.PSEUDONYM: (7, 8),
        Feature.HOLDER_BINDING_PSEUDONYM: (7, 8),
    }
)


def _header(headers: Mapping[bytes, Feature], feature: Feature) -> bytes:
    return next(header for header, one in headers.items() if one is feature)


def _entropy(found: Components) -> bytes:
    item = found.next()
    if type(item) is Tag:
        number = found.sized(item.content, None)
        item = number.rjust(_SCALAR_SIZE, b"\0")
    return found.sized(item, _SCALAR_SIZE)
