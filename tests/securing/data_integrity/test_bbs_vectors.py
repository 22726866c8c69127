"""The W3C's vectors for ``bbs-2023``: every intermediate, and every document.

The published proofs with a pseudonym have the three bytes of "holder binding and
pseudonym" in both groups, leave out the domain, and have the issuer's entropy as a
number: all of it against the text of the specification, which medid writes by. They are
read all the same; where the domain is known, they verify.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from medid.errors import InvalidSignature, MalformedProof
from medid.jsonld import ContextStore, canonicalize
from medid.keys import KeyKind, PrivateKey, bbs
from medid.securing.data_integrity import (
    Disclosure,
    HolderCommitment,
    HolderSecrets,
    binding,
    check_base,
    derive,
    read_proofs,
    sign,
    verify_proof,
)
from medid.securing.data_integrity.secure import covered_by
from medid.securing.data_integrity.selective import bbs_values, covering, labels
from medid.securing.data_integrity.selective.features import Feature
from medid.securing.data_integrity.selective.groups import Statements
from tests.keys.bbs.material import mocked, octets, w3c, w3c_text
from tests.support import vectors

# The first group has a document that defines its own terms.
STORE = ContextStore.bundled().with_inline_contexts()
DOMAIN = "https://car.rental.verifier.example/"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """One folder of vectors."""

    folder: str
    name: str
    feature: Feature = Feature.BASELINE
    api_id: bytes = b"H2G_HM2S_"
    # Scalars that a proof hides beside messages of the signer.
    hidden: int = 0

    def of(self, name: str) -> Any:
        return w3c(self.folder + name)

    def pointers(self, kind: str) -> Any:
        return w3c(f"{self.name}{kind}")

    @property
    def secrets(self) -> HolderSecrets | None:
        if self.feature is Feature.BASELINE:
            return None
        info = self.of("commitmentInfo")
        bound = self.folder != "Pseudonym/"
        return HolderSecrets(
            secret_prover_blind=octets(info["secretProverBlind"]),
            holder_secret=_input("holderSecret") if bound else None,
            prover_nym=_input("proverNym") if self.feature.has_pseudonym else None,
            nym_domain=DOMAIN if self.feature.has_pseudonym else None,
        )

    @property
    def commitment(self) -> HolderCommitment | None:
        if self.feature is Feature.BASELINE:
            return None
        return HolderCommitment(
            feature=self.feature,
            commitment_with_proof=octets(
                self.of("commitmentInfo")["commitmentWithProof"]
            ),
            signer_nym_entropy=(
                _input("signerNymEntropy") if self.feature.has_pseudonym else None
            ),
        )


def _input(name: str) -> bytes:
    return octets(w3c(f"FeatureInputs/{name}")[f"{name}Hex"])


LICENSE = "FeatureInputs/license"
PSEUDONYM = b"H2G_HM2S_PSEUDONYM_"
GROUPS = [
    Group(folder="", name="wind"),
    Group(folder="prc/", name="prCred"),
    Group(
        folder="HolderBinding/",
        name=LICENSE,
        feature=Feature.ANONYMOUS_HOLDER_BINDING,
        api_id=b"BLIND_H2G_HM2S_",
        hidden=2,
    ),
    Group(
        folder="Pseudonym/",
        name=LICENSE,
        feature=Feature.PSEUDONYM,
        api_id=PSEUDONYM,
        hidden=2,
    ),
    Group(
        folder="PseudonymHB/",
        name=LICENSE,
        feature=Feature.HOLDER_BINDING_PSEUDONYM,
        api_id=PSEUDONYM,
        hidden=3,
    ),
]
every = pytest.mark.parametrize("group", GROUPS, ids=lambda one: one.folder or "wind")
PLAIN = [one for one in GROUPS if not one.feature.has_pseudonym]
plain = pytest.mark.parametrize("group", PLAIN, ids=lambda one: one.folder or "wind")
NYM = [one for one in GROUPS if one.feature.has_pseudonym]
nym = pytest.mark.parametrize("group", NYM, ids=lambda one: one.folder)


def board() -> PrivateKey:
    return PrivateKey(
        KeyKind.BLS12381_G2, octets(w3c("BBSKeyMaterial")["privateKeyHex"])
    )


def hmac_key() -> bytes:
    return bytes.fromhex(w3c("BBSKeyMaterial")["hmacKeyString"])


def presentation_header() -> bytes:
    return octets(w3c("BBSDeriveMaterial")["presentationHeaderHex"])


def unsecured(document: Any) -> Any:
    return {name: value for name, value in document.items() if name != "proof"}


def indexed(entries: Any) -> dict[int, str]:
    return dict(entries["value"])


def disclosure(group: Group) -> Disclosure:
    """What the published derived proof shows, with its mocked random scalars."""
    messages = len(indexed(group.of("addBaseTransform")["nonMandatory"]))
    shown = len(group.of("derivedAdjIndexes")["adjSelectiveIndexes"])
    seed = octets(w3c("BBSDeriveMaterial")["pseudoRandSeedHex"])
    dst = bbs.SHA_256.ciphersuite_id + group.api_id
    count = 5 + messages - shown + group.hidden
    return Disclosure(
        pointers=tuple(group.pointers("Selective")),
        presentation_header=presentation_header(),
        entropy=mocked(bbs.SHA_256, seed, dst, count),
        secrets=group.secrets,
    )


def entropy(size: int) -> bytes:
    assert size == len(hmac_key())
    return hmac_key()


@every
def test_every_intermediate_of_the_base_proof(group: Group) -> None:
    base = group.of("addSignedSDBase")
    statements = Statements(unsecured(base), STORE, labels.shuffled(hmac_key()))
    lines = canonicalize(unsecured(base), STORE).decode().splitlines(keepends=True)
    assert lines == group.of("addBaseDocCanon")
    assert statements.lines == group.of("addBaseDocHMACCanon")
    transform = group.of("addBaseTransform")
    assert transform["mandatoryPointers"] == group.pointers("Mandatory")
    found = statements.group(group.pointers("Mandatory"))
    mandatory, rest = covering.split(statements.lines, found.indexes)
    assert dict(zip(found.indexes, mandatory, strict=True)) == indexed(
        transform["mandatory"]
    )
    assert rest == list(indexed(transform["nonMandatory"]).values())
    hashes = group.of("addHashData")
    assert covering.statements_hash(mandatory).hex() == hashes["mandatoryHash"]
    covered = covered_by(base, read_proofs(base)[0], STORE)
    assert covering.proof_hash(covered).hex() == hashes["proofHash"]
    config = group.of("addProofConfig")
    published = w3c_text(f"{group.folder}addProofConfigCanon.txt")
    assert canonicalize(config, STORE).decode() == published


@pytest.mark.parametrize("group", [GROUPS[0], *GROUPS[2:]])
def test_a_base_proof_changes_nothing_else(group: Group) -> None:
    # The other group signs another description than prCredUnsigned.json has.
    given = LICENSE if group.folder else "windDoc"
    assert unsecured(group.of("addSignedSDBase")) == w3c(given)


@pytest.mark.parametrize("folder", ["", "prc/"])
def test_the_values_of_the_mandatory_pointers(folder: str) -> None:
    group = next(one for one in GROUPS if one.folder == folder)
    base, stated = group.of("addSignedSDBase"), group.of("addPointerValues")
    # Those of the first group start below the subject, and leave out the issuer.
    start = "" if folder else "/credentialSubject"
    pointers = [start + entry["pointer"] for entry in stated]
    assert pointers == group.pointers("Mandatory")[0 if folder else 1 :]
    for entry in stated:
        found = base
        for step in (start + entry["pointer"]).removeprefix("/").split("/"):
            found = found[int(step) if isinstance(found, list) else step]
        assert found == entry["value"]


@every
def test_the_base_proof(group: Group) -> None:
    document = group.of("addSignedSDBase")
    proof, key = read_proofs(document)[0], board()
    check_base(document, proof, key.public_key, contexts=STORE, secrets=group.secrets)
    base = bbs_values.read_base(proof.options["proofValue"])
    raw = group.of("addRawBaseSignatureInfo")
    recovered = group.of("derivedRecoveredBaseData")
    read = {
        "bbsSignature": base.signature.hex(),
        "bbsHeader": base.header.hex(),
        "publicKey": base.public_key.hex(),
        "hmacKey": base.hmac_key.hex(),
        "mandatoryPointers": list(base.pointers),
    }
    for info in (raw, recovered):
        # The groups without a feature state fewer of them.
        assert {"bbsSignature", "mandatoryPointers"} <= info.keys()
        assert {n: info[n] for n in read if n in info} == {
            n: value for n, value in read.items() if n in info
        }
    if group.feature.has_pseudonym:
        assert base.signer_nym_entropy == _input("signerNymEntropy")
        assert raw["featureOption"] == group.feature
    set_by_suite = {"type", "cryptosuite", "proofValue"}
    made = sign(
        unsecured(document),
        key,
        suite="bbs-2023",
        options={k: v for k, v in proof.options.items() if k not in set_by_suite},
        contexts=STORE,
        mandatory_pointers=group.pointers("Mandatory"),
        commitment=group.commitment,
        entropy=entropy,
    )
    if not group.feature.has_pseudonym:
        assert made == document
    again = bbs_values.read_base(read_proofs(made)[0].options["proofValue"])
    assert again == dataclasses.replace(base, feature=group.feature)


@every
def test_every_intermediate_of_the_derived_proof(group: Group) -> None:
    base = group.of("addSignedSDBase")
    statements = Statements(unsecured(base), STORE, labels.shuffled(hmac_key()))
    mandatory, selective = group.pointers("Mandatory"), group.pointers("Selective")
    found = {
        "mandatory": statements.group(mandatory),
        "selective": statements.group(selective),
        "combined": statements.group([*mandatory, *selective]),
    }
    published = group.of("derivedGroupIndexes")
    for name, value in found.items():
        assert value.indexes == published[f"{name}Indexes"]
    rest = [
        index
        for index in range(len(statements.lines))
        if index not in found["mandatory"].indexes
    ]
    assert rest == published["nonMandatoryIndexes"]
    shown = found["combined"]
    assert shown.document == group.of("derivedUnsignedReveal")
    relative = [
        place
        for place, index in enumerate(shown.indexes)
        if index in found["mandatory"].indexes
    ]
    chosen = [n for n, index in enumerate(rest) if index in shown.indexes]
    adjusted = group.of("derivedAdjIndexes")
    assert relative == adjusted["adjMandatoryIndexes"]
    assert chosen == adjusted["adjSelectiveIndexes"]
    data = group.of("derivedDisclosureData")
    named = [name.removeprefix("_:") for name in statements.labels(shown)]
    assert named == [label for _, label in data["labelMap"]["value"]]
    assert relative == data["mandatoryIndexes"]
    assert chosen == data["adjSelectiveIndexes"]
    assert presentation_header() == bytes(data["presentationHeader"].values())


@pytest.mark.parametrize(
    "folder", ["prc/", "HolderBinding/", "Pseudonym/", "PseudonymHB/"]
)
def test_all_group_data(folder: str) -> None:
    group = next(one for one in GROUPS if one.folder == folder)
    base = group.of("addSignedSDBase")
    statements = Statements(unsecured(base), STORE, labels.shuffled(hmac_key()))
    mandatory, selective = group.pointers("Mandatory"), group.pointers("Selective")
    data = group.of("derivedAllGroupData")["groups"]
    for name, pointers in (
        ("mandatory", mandatory),
        ("selective", selective),
        ("combined", [*mandatory, *selective]),
    ):
        indexes = statements.group(pointers).indexes
        matching = {index: statements.lines[index] for index in indexes}
        assert matching == indexed(data[name]["matching"])


@every
def test_the_derived_proof(group: Group) -> None:
    published = group.of("derivedRevealDocument")
    proof, key = read_proofs(published)[0], board().public_key
    derived = bbs_values.read_derived(proof.options["proofValue"])
    data = group.of("derivedDisclosureData")
    assert derived.proof.hex() == data["bbsProof"]
    assert list(derived.mandatory) == data["mandatoryIndexes"]
    assert list(derived.selective) == data["adjSelectiveIndexes"]
    assert derived.presentation_header == presentation_header()
    if group.feature is not Feature.BASELINE:
        assert derived.length == data["lengthBBSMessages"]
    named = [name.removeprefix("_:") for name in derived.shown().labels]
    assert named == [label for _, label in data["labelMap"]["value"]]
    domain = DOMAIN if group.feature.has_pseudonym else None
    verify_proof(published, proof, key, contexts=STORE, domain=domain)
    found = binding(proof)
    assert found is not None
    assert found.presentation_header == presentation_header()
    assert found.domain is None
    if group.folder:
        covered = covered_by(published, proof, STORE)
        lines = covering.lines_of(covered, derived.shown().labels)
        assert lines == group.of("verifyNQuads")
        read = group.of("verifyDerivedProofValue")
        assert derived.proof.hex() == read["bbsProof"]
        assert list(derived.mandatory) == read["mandatoryIndexes"]
        assert list(derived.selective) == read["adjSelectedIndexes"]
        assert named == [label for _, label in read["labelMap"]]


@plain
def test_deriving_gives_the_published_document(group: Group) -> None:
    base = group.of("addSignedSDBase")
    made = derive(
        base,
        read_proofs(base)[0],
        disclosure(group),
        contexts=STORE,
        key=board().public_key,
    )
    assert made == group.of("derivedRevealDocument")


@nym
def test_deriving_gives_the_published_proof_in_the_layout_of_the_text(
    group: Group,
) -> None:
    base = group.of("addSignedSDBase")
    raw = bbs_values.read_base(base["proof"]["proofValue"])
    right = dataclasses.replace(raw, feature=group.feature)
    base["proof"]["proofValue"] = bbs_values.write_base(right)
    made = derive(
        base,
        read_proofs(base)[0],
        disclosure(group),
        contexts=STORE,
        key=board().public_key,
    )
    published = group.of("derivedRevealDocument")
    assert unsecured(made) == unsecured(published)
    proof = read_proofs(made)[0]
    read = bbs_values.read_derived(proof.options["proofValue"])
    expected = bbs_values.read_derived(published["proof"]["proofValue"])
    assert read == dataclasses.replace(
        expected, nym_domain=DOMAIN, feature=group.feature
    )
    assert read.pseudonym == octets(group.of("derivedDisclosureData")["pseudonym"])
    verify_proof(made, proof, board().public_key, contexts=STORE)


@nym
def test_a_pseudonym_without_its_domain(group: Group) -> None:
    published = group.of("derivedRevealDocument")
    proof, key = read_proofs(published)[0], board().public_key
    with pytest.raises(MalformedProof, match="does not name the domain"):
        verify_proof(published, proof, key, contexts=STORE)
    with pytest.raises(InvalidSignature):
        verify_proof(published, proof, key, contexts=STORE, domain=DOMAIN[:-1])


@every
def test_a_base_proof_is_not_for_a_verifier(group: Group) -> None:
    base = group.of("addSignedSDBase")
    with pytest.raises(MalformedProof, match="for its holder alone") as caught:
        verify_proof(base, read_proofs(base)[0], board().public_key, contexts=STORE)
    assert "derive" in caught.value.fix


def test_all_groups_are_here() -> None:
    root = vectors("w3c-vc-di-bbs") / "TestVectors"
    found = {path.parent for path in root.glob("**/derivedRevealDocument.json")}
    assert found == {root / one.folder for one in GROUPS}
    assert len(list(root.glob("**/*.*"))) == 104
