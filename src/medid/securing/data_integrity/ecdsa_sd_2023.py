"""The ``ecdsa-sd-2023`` cryptosuite: each statement signed, any of them shown.

The issuer's base proof goes to the holder, who derives proofs that show a part of the
document. The statements that the issuer made mandatory are in every one of them, under
the issuer's signature; each other statement has a signature of its own, by a key that
is made for this proof and forgotten.

A derived proof is bound to no verifier. Whoever sees it can show it again; it is the
holder's presentation around it that answers a challenge.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-sd-2023
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from medid.core import base64url, multicodec
from medid.errors import (
    InvalidKey,
    MalformedProof,
    ProofGenerationError,
    located,
)
from medid.jsonld import Statements
from medid.keys import KeyKind, PrivateKey, PublicKey
from medid.keys.signing import signature_of
from medid.securing.data_integrity.cryptosuite import Covered, Shown
from medid.securing.data_integrity.proof import read_proofs
from medid.securing.data_integrity.selective import labels, values
from medid.securing.data_integrity.selective.covering import (
    DERIVE,
    lines_of,
    proof_hash,
    split,
    statements_hash,
    statements_of,
)
from medid.securing.data_integrity.transformation import RDF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.cbor import CborValue
    from medid.core.json import JsonObject, JsonValue
    from medid.keys import Signer
    from medid.securing.data_integrity.cryptosuite import (
        Binding,
        Creation,
        Disclosure,
    )
    from medid.securing.data_integrity.proof import Proof
    from medid.securing.data_integrity.selective.features import HolderSecrets

NAME: Final = "ecdsa-sd-2023"
BASE: Final = b"\xd9\x5d\x00"
DERIVED: Final = b"\xd9\x5d\x01"

_SIGNATURE_SIZE: Final = 64  # bytes: r and s, IEEE P1363
_DIGEST_SIZE: Final = 32  # bytes
# Two of multicodec and a compressed point; the specification's text counts one more
# than its examples, and than everybody.
_KEY_SIZE: Final = 35  # bytes
_KEY_PREFIX: Final = multicodec.add_prefix(multicodec.P256_PUB, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """The components of a base proof."""

    signature: bytes
    public_key: bytes
    hmac_key: bytes
    signatures: list[bytes]
    pointers: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Derived:
    """The components of a derived proof."""

    signature: bytes
    public_key: bytes
    signatures: list[bytes]
    digests: list[bytes]
    mandatory: list[int]

    def shown(self) -> Shown:
        """How the proof names what it shows."""
        names = (f"_:u{base64url.encode(digest)}" for digest in self.digests)
        return Shown(tuple(names), tuple(self.mandatory))


@dataclass(frozen=True, slots=True, kw_only=True)
class EcdsaSd2023:
    """The suite."""

    name: str = NAME
    kinds: frozenset[KeyKind] = frozenset({KeyKind.P256})
    can_sign: bool = True
    carries_context: bool = False
    is_selective: bool = True

    @staticmethod
    def signed_document(
        document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """All of ``document``: these proofs have no context of their own."""
        return RDF.signed_document(document, options)

    @staticmethod
    def create(covered: Covered, signer: Signer, creation: Creation) -> JsonObject:
        """The ``proofValue`` of a base proof.

        Raises:
            MalformedProof: The proof continues another one.
            MalformedValue: A mandatory pointer is no JSON pointer.
            ProofGenerationError: One leads to nothing that can be shown on its own.
            MedidError: The document has no canonical form.
            SignerError: The entropy source failed, or the key store refused.
        """
        _check_unbound(creation.commitment)
        hmac_key = labels.new_hmac_key(creation.entropy)
        scoped = PrivateKey.generate(KeyKind.P256, entropy=creation.entropy)
        statements = statements_of(covered, labels.by_hmac(hmac_key))
        pointers = creation.mandatory_pointers
        mandatory, rest = split(statements.lines, statements.group(pointers).indexes)
        public_key = _KEY_PREFIX + scoped.public_key.raw
        signed = proof_hash(covered) + public_key + statements_hash(mandatory)
        components: list[CborValue] = [
            signature_of(signer, signed),
            public_key,
            hmac_key,
            [scoped.sign(line.encode()) for line in rest],
            [*pointers],
        ]
        return {"proofValue": values.write(BASE, components)}

    @staticmethod
    def check_created(covered: Covered, key: PublicKey) -> None:
        """Return if ``key`` made the base proof, all of it; otherwise raise.

        Raises:
            MalformedProof: No base proof, or not of its form.
            InvalidSignature: It is, and it is wrong.
            MedidError: The document has no canonical form.
        """
        base = _read_base(covered.proof)
        statements = statements_of(covered, labels.by_hmac(base.hmac_key))
        group = statements.group(base.pointers)
        mandatory, rest = split(statements.lines, group.indexes)
        with located(covered.proof.path):
            scoped = _scoped_key(base.public_key)
        signed = proof_hash(covered) + base.public_key + statements_hash(mandatory)
        with located(covered.proof.path):
            key.verify(base.signature, signed)
            _check_each(scoped, base.signatures, rest)

    @staticmethod
    def check_base(
        covered: Covered, key: PublicKey, secrets: HolderSecrets | None
    ) -> None:
        """As ``check_created``: no secrets are needed."""
        del secrets
        EcdsaSd2023.check_created(covered, key)

    @staticmethod
    def verify(covered: Covered, key: PublicKey) -> None:
        """Return if ``key`` made what a derived proof shows; otherwise raise.

        Raises:
            MalformedProof: A base proof, a value that is not of the suite's form, or
                one that does not fit the document.
            InvalidSignature: It does, and a signature is wrong.
            MedidError: The document has no canonical form.
        """
        _verify(covered, key)

    @staticmethod
    def derive(
        covered: Covered, disclosure: Disclosure, key: PublicKey | None
    ) -> JsonObject:
        """A part of the document with a derived proof, verified.

        Without ``key``, everything but the issuer's own signature is verified.

        Raises:
            ProofGenerationError: A nonce or secrets were given, nothing would be shown,
                or a pointer leads to nothing that can be shown on its own.
            MalformedProof: No base proof, or not one over this document.
            MalformedValue: A pointer is no JSON pointer.
            InvalidSignature: The base proof is well formed and wrong.
            MedidError: The document has no canonical form.
        """
        if disclosure.presentation_header:
            message = f"{NAME} binds a proof to no nonce"
            fix = "present the derived credential: medid.present(challenge=...)"
            raise ProofGenerationError(message, fix=fix)
        _check_unbound(disclosure.secrets)
        base = _read_base(covered.proof)
        statements = statements_of(covered, labels.by_hmac(base.hmac_key))
        mandatory = set(statements.group(base.pointers).indexes)
        if len(base.signatures) != len(statements.lines) - len(mandatory):
            message = "the base proof has not one signature for each other statement"
            raise MalformedProof(message, path=covered.proof.path)
        shown = statements.shown([*base.pointers, *disclosure.pointers])
        signatures = iter(base.signatures)
        by_index = {
            index: next(signatures)
            for index in range(len(statements.lines))
            if index not in mandatory
        }
        made = _Derived(
            signature=base.signature,
            public_key=base.public_key,
            signatures=[by_index[i] for i in shown.indexes if i in by_index],
            digests=[_digest(label) for label in statements.labels(shown)],
            mandatory=[n for n, i in enumerate(shown.indexes) if i in mandatory],
        )
        proof = {**covered.proof.options, "proofValue": _write(made)}
        document: JsonObject = {**shown.document, "proof": proof}
        _verify(
            Covered(
                document=document,
                proof=read_proofs(document)[0],
                previous=(),
                statements=Statements(covered.statements.contexts),
            ),
            key,
        )
        return document

    @staticmethod
    def binding(proof: Proof) -> Binding | None:
        """Nothing: these proofs are bound to no verifier."""
        del proof
        return None

    @staticmethod
    def is_base(proof: Proof) -> bool:
        """Whether the proof is one for the holder alone."""
        return values.begins_with(proof.options.get("proofValue"), (BASE,))

    @staticmethod
    def shown(proof: Proof) -> Shown:
        """How a derived proof names what it shows.

        Raises:
            MalformedProof: The proof's value is not that of a derived proof.
        """
        with located(proof.path):
            return _read_derived(proof).shown()


SUITE: Final = EcdsaSd2023()


def _check_unbound(binding: object) -> None:
    """Return unless a proof is to be bound to secrets, which these proofs are not."""
    if binding is not None:
        message = f"{NAME} binds no proof to secrets of its holder"
        raise ProofGenerationError(message, fix="use bbs-2023")


def _verify(covered: Covered, key: PublicKey | None) -> None:
    path = covered.proof.path
    with located(path):
        derived = _read_derived(covered.proof)
        scoped = _scoped_key(derived.public_key)
    lines = lines_of(covered, derived.shown().labels)
    with located(path):
        mandatory, rest = split(lines, derived.mandatory)
    signed = proof_hash(covered) + derived.public_key + statements_hash(mandatory)
    with located(path):
        if key is not None:
            key.verify(derived.signature, signed)
        _check_each(scoped, derived.signatures, rest)


def _check_each(key: PublicKey, signatures: list[bytes], lines: list[str]) -> None:
    if len(signatures) != len(lines):
        raise MalformedProof("there is not one signature for each other statement")
    for signature, line in zip(signatures, lines, strict=True):
        key.verify(signature, line.encode())


def _scoped_key(octets: bytes) -> PublicKey:
    if octets.startswith(_KEY_PREFIX):
        try:
            return PublicKey(KeyKind.P256, octets[len(_KEY_PREFIX) :])
        except InvalidKey:
            pass
    raise MalformedProof("the proof's own key is no P-256 key", path="$.proofValue")


def _digest(label: str) -> bytes:
    return base64url.decode(label.removeprefix("_:u"))


def _write(proof: _Derived) -> str:
    components: list[CborValue] = [
        proof.signature,
        proof.public_key,
        [*proof.signatures],
        dict(enumerate(proof.digests)),
        [*proof.mandatory],
    ]
    return values.write(DERIVED, components)


def _read_base(proof: Proof) -> _Base:
    with located(proof.path):
        found = values.read(proof.options.get("proofValue"))
        if found.header != BASE:
            message = "this is no base proof: nothing can be derived from it"
            raise MalformedProof(message, fix="derive from what the issuer sent")
        found.expect(5)
        return _Base(
            signature=found.octets(_SIGNATURE_SIZE),
            public_key=found.octets(_KEY_SIZE),
            hmac_key=found.octets(labels.HMAC_KEY_SIZE),
            signatures=found.octet_strings(_SIGNATURE_SIZE),
            pointers=found.texts(),
        )


def _read_derived(proof: Proof) -> _Derived:
    if SUITE.is_base(proof):
        message = "a base proof is for its holder alone: it shows everything"
        raise MalformedProof(message, fix=DERIVE)
    found = values.read(proof.options.get("proofValue"))
    if found.header != DERIVED:
        raise MalformedProof(f"proofValue is not that of an {NAME} proof")
    found.expect(5)
    return _Derived(
        signature=found.octets(_SIGNATURE_SIZE),
        public_key=found.octets(_KEY_SIZE),
        signatures=found.octet_strings(_SIGNATURE_SIZE),
        digests=found.label_map(partial(found.sized, size=_DIGEST_SIZE)),
        mandatory=found.indexes(),
    )
