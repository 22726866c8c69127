"""The sets of official vectors, how many cases each has, and why some do not count.

Totals are counted in the files of a set, never written down here. What agreed, the
tests note with ``tests.support.agreed`` under a set's name. Knows nothing of pages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Total: TypeAlias = Callable[[Path], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSet:
    """One set, as the page lists it.

    Attributes:
        name: Under which tests note its cases; it starts with the set's folder.
        title: What the page calls it.
        counted: What is counted.
        total: How many there are, of the folder of all sets.
        remark: Why some do not agree, or what a reader should know.
    """

    name: str
    title: str
    counted: str
    total: Total
    remark: str = ""

    @property
    def folder(self) -> str:
        """The folder that holds it."""
        return self.name.partition("/")[0]


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def files(folder: str, pattern: str = "**/*.*") -> Total:
    """How many files there are below ``folder`` that match."""

    def total(root: Path) -> int:
        return sum(path.is_file() for path in (root / folder).glob(pattern))

    return total


def _entries(file: str, member: str | None = None) -> Total:
    """How many entries an array in ``file`` has: the whole, or one member."""

    def total(root: Path) -> int:
        content = _read(root / file)
        return len(content if member is None else content[member])

    return total


def _dids(pattern: str) -> Total:
    def total(root: Path) -> int:
        folder = root / "did-core-implementations/suites/implementations"
        return sum(len(_read(file)["dids"]) for file in folder.glob(pattern))

    return total


def _ecdsa(root: Path) -> int:
    folder = "w3c-vc-di-ecdsa/TestVectors"
    return files(folder)(root) - files(f"{folder}/ecdsa-sd-2023")(root)


def _signed_once(root: Path) -> int:
    examples = (root / "cose-wg-examples").rglob("*.json")
    return sum("sign0" in _read(file)["input"] for file in examples)


def _jose_cose(root: Path) -> int:
    folder = "jose-cose-inputs/tests/input"
    return files(folder)(root) - files(folder, "vm-*")(root)


def _folders(folder: str) -> Total:
    def total(root: Path) -> int:
        return sum(path.is_dir() for path in (root / folder).iterdir())

    return total


def _consents(root: Path) -> int:
    text = (root / "ihe-pcf/input/fsh/consent.fsh").read_text("utf-8")
    return sum(
        line.startswith("InstanceOf: ") and line.endswith("Consent")
        for line in text.splitlines()
    )


def _examples(folder: str) -> Total:
    """The examples of HL7's of what medid makes something of, and writes again."""
    kinds = ("Consent", "Practitioner", "PractitionerRole", "VerificationResult")
    counts = [files(folder, f"{kind}-*.json") for kind in kinds]
    return lambda root: sum(count(root) for count in counts)


def _examples_of_did_jwk(root: Path) -> int:
    return (root / "did-jwk/spec.md").read_text("utf-8").count("\n#### DID\n")


def _wycheproof(stem: str, title: str, remark: str = "") -> VectorSet:
    def total(root: Path) -> int:
        count: int = _read(root / f"wycheproof/{stem}_test.json")["numberOfTests"]
        return count

    return VectorSet(
        name=f"wycheproof/{stem}_test.json",
        title=f"Wycheproof, {title}",
        counted="cases",
        total=total,
        remark=remark,
    )


_ML_DSA_SIGN: Final = (
    "the others have a context string, or give mu in place of a message: medid has "
    "neither"
)
_CONTEXT: Final = "the others have a context string, which medid has not"
_DRAFT_KB: Final = (
    "the key bindings of two in JSON form hash another text than RFC 9901 section 8.1 "
    "requires, and are refused"
)
_DESCRIPTION: Final = (
    "the other is an unsigned document with another description than was signed"
)

VECTOR_SETS: Final = (
    _wycheproof("ed25519", "Ed25519", "by each of the two libraries"),
    _wycheproof("ecdsa_secp256r1_sha256_p1363", "ECDSA P-256, r and s side by side"),
    _wycheproof("ecdsa_secp384r1_sha384_p1363", "ECDSA P-384, r and s side by side"),
    _wycheproof(
        "ecdsa_secp256r1_sha256",
        "ECDSA P-256 in DER",
        "refused in DER, as JOSE, COSE and Data Integrity have it, and judged with r "
        "and s side by side",
    ),
    _wycheproof("ecdsa_secp384r1_sha384", "ECDSA P-384 in DER", "as those of P-256"),
    _wycheproof("mldsa_44_verify", "ML-DSA-44, verifying", _CONTEXT),
    _wycheproof("mldsa_65_verify", "ML-DSA-65, verifying", _CONTEXT),
    _wycheproof("mldsa_44_sign_seed", "ML-DSA-44, signing", _ML_DSA_SIGN),
    _wycheproof("mldsa_65_sign_seed", "ML-DSA-65, signing", _ML_DSA_SIGN),
    _wycheproof(
        "mldsa_44_sign_noseed",
        "ML-DSA-44, expanded private keys",
        "a private key is its seed: expanded ones are not read",
    ),
    _wycheproof("x25519", "X25519"),
    _wycheproof(
        "json_web_signature",
        "JSON Web Signature",
        "the others are valid under algorithms that medid does not have (HMAC, RSA "
        "with SHA-384 or SHA-512, or with names that JOSE has not), and refused",
    ),
    _wycheproof(
        "json_web_key",
        "JSON Web Key",
        "the others are valid under HMAC, whose keys medid does not take",
    ),
    _wycheproof(
        "json_web_crypto",
        "JSON Web Crypto",
        "the others are encrypted, or come with a set of keys of HMAC, or are valid "
        "under HMAC; all are refused",
    ),
    VectorSet(
        name="w3c-rdf-canon",
        title="W3C RDF canonicalization",
        counted="tests",
        total=_entries("w3c-rdf-canon/tests/manifest.jsonld", "entries"),
    ),
    VectorSet(
        name="json-ld-api/toRdf",
        title="W3C JSON-LD 1.1, toRdf",
        counted="tests",
        total=_entries("json-ld-api/tests/toRdf-manifest.jsonld", "sequence"),
        remark="the others are for JSON-LD 1.0 only",
    ),
    VectorSet(
        name="json-ld-api/expand",
        title="W3C JSON-LD 1.1, expand",
        counted="tests",
        total=_entries("json-ld-api/tests/expand-manifest.jsonld", "sequence"),
        remark="the others are for JSON-LD 1.0 only",
    ),
    VectorSet(
        name="jcs",
        title="RFC 8785",
        counted="documents",
        total=files("jcs/testdata/input"),
    ),
    VectorSet(
        name="w3c-vc-di-eddsa",
        title="W3C vc-di-eddsa",
        counted="files",
        total=files("w3c-vc-di-eddsa/TestVectors"),
        remark="every intermediate value; proofs, sets and chains byte by byte",
    ),
    VectorSet(
        name="w3c-vc-di-ecdsa",
        title="W3C vc-di-ecdsa, ecdsa-rdfc-2019 and ecdsa-jcs-2019",
        counted="files",
        total=_ecdsa,
        remark=f"every intermediate value; proofs byte by byte; {_DESCRIPTION}",
    ),
    VectorSet(
        name="w3c-vc-di-ecdsa/ecdsa-sd-2023",
        title="W3C vc-di-ecdsa, ecdsa-sd-2023",
        counted="files",
        total=files("w3c-vc-di-ecdsa/TestVectors/ecdsa-sd-2023"),
        remark="every intermediate value: base, reveal, disclosed",
    ),
    VectorSet(
        name="w3c-vc-di-bbs",
        title="W3C vc-di-bbs",
        counted="files",
        total=files("w3c-vc-di-bbs/TestVectors"),
        remark="every intermediate value; base and derived proofs byte by byte; those "
        f"with a pseudonym contradict the text, see below; {_DESCRIPTION}",
    ),
    VectorSet(
        name="ietf-bbs-fixtures",
        title="IETF BBS signatures",
        counted="fixtures",
        total=files("ietf-bbs-fixtures/tooling/fixtures/fixture_data", "*/**/*.json"),
    ),
    VectorSet(
        name="di-quantum-safe",
        title="Quantum-safe Data Integrity",
        counted="documents",
        total=files("di-quantum-safe/testVectors", "*/signed-*.json"),
        remark="both of ML-DSA-44, every intermediate value; medid has neither SLH-DSA "
        "nor Falcon nor SQIsign",
    ),
    VectorSet(
        name="vcdm2-inputs",
        title="W3C VCDM 2.0 inputs",
        counted="documents",
        total=files("vcdm2-inputs", "**/*.json"),
        remark="what is wrong is refused where it is wrong",
    ),
    VectorSet(
        name="jose-cose-inputs",
        title="W3C vc-jose-cose inputs",
        counted="documents",
        total=_jose_cose,
        remark="the others are what two of these were made of",
    ),
    VectorSet(
        name="vc-json-schema-inputs",
        title="W3C vc-json-schema inputs",
        counted="documents",
        total=files("vc-json-schema-inputs", "**/*.json"),
        remark="drafts 7, 2019-09 and 2020-12",
    ),
    VectorSet(
        name="bitstring-status-list",
        title="W3C Bitstring Status List",
        counted="lists",
        total=_entries("bitstring-status-list/vectors.json"),
    ),
    VectorSet(
        name="ietf-token-status-list",
        title="IETF Token Status List",
        counted="lists",
        total=_entries("ietf-token-status-list/vectors.json"),
        remark="in JSON and in CBOR",
    ),
    VectorSet(
        name="cose-wg-examples",
        title="COSE working group, COSE_Sign1",
        counted="messages",
        total=_signed_once,
        remark="the others have Ed448, SHA-512 with P-256, an unprotected "
        "algorithm, external data or no tag; all are refused",
    ),
    VectorSet(
        name="sd-jwt-python-testcases-generated",
        title="SD-JWT, Python test cases",
        counted="sets",
        total=_folders("sd-jwt-python-testcases-generated"),
        remark=f"one has a number for its `kid`; {_DRAFT_KB}",
    ),
    VectorSet(
        name="sd-jwt-draft-generated",
        title="SD-JWT, examples of RFC 9901",
        counted="sets",
        total=_folders("sd-jwt-draft-generated"),
        remark=_DRAFT_KB,
    ),
    VectorSet(
        name="did-jwk",
        title="did:jwk, the specification's documents",
        counted="documents",
        total=_examples_of_did_jwk,
    ),
    VectorSet(
        name="did-pkh",
        title="did:pkh, the published documents",
        counted="documents",
        total=files("did-pkh/test-vectors", "*.jsonld"),
    ),
    VectorSet(
        name="did-core-implementations/did-key",
        title="did:key documents of others",
        counted="documents",
        total=_dids("did-key-*.json"),
        remark="the others are of kinds of key that medid does not have "
        "(BLS12-381 G1 with G2), and refused",
    ),
    VectorSet(
        name="did-core-implementations/did-web",
        title="did:web documents of others",
        counted="documents",
        total=_dids("did-web-*.json"),
    ),
    VectorSet(
        name="didwebvh-test-suite/results",
        title="did:webvh, logs of five implementations and sixteen attacks",
        counted="results",
        total=files("didwebvh-test-suite", "vectors/*/*/resolutionResult*.json"),
        remark="two results show another version than the one asked for, and two logs "
        "that the witnesses in force did not approve are refused",
    ),
    VectorSet(
        name="didwebvh-test-suite/resolver-suite",
        title="did:webvh, resolver suite of the Python implementation",
        counted="cases",
        total=_entries(
            "didwebvh-test-suite/implementations/python/test-suite/resolver-suite.json"
        ),
    ),
    VectorSet(
        name="ihe-pcf",
        title="IHE PCF consents",
        counted="consents",
        total=_consents,
    ),
    VectorSet(
        name="hl7-r4-examples",
        title="HL7 FHIR R4: Consent, Practitioner(Role), VerificationResult",
        counted="examples",
        total=_examples("hl7-r4-examples"),
        remark="read and written again; consents are not decided on",
    ),
    VectorSet(
        name="hl7-r5-examples",
        title="HL7 FHIR R5: Consent, Practitioner(Role), VerificationResult",
        counted="examples",
        total=_examples("hl7-r5-examples"),
        remark="read and written again; consents are not decided on",
    ),
    VectorSet(
        name="hl7-terminology",
        title="HL7 code systems",
        counted="code systems",
        total=files("hl7-terminology", "*.json"),
    ),
)

# Sets that no test reads, and why.
NOT_READ: Final = {
    "wycheproof/json_web_encryption_test.json": "medid decrypts nothing",
    "wycheproof/aes_gcm_test.json": "medid encrypts nothing",
    "wycheproof/bls_sig_g2_basic_verify_test.json": (
        "signatures of BLS itself; medid has those of BBS"
    ),
    "merkle-tlog": "medid has no such log",
    "smart-health-cards-testdata": "medid does not read SMART Health Cards",
    "smart-health-cards-fixtures": "medid does not read SMART Health Cards",
    "dgc-testdata": "medid does not read EU Digital COVID Certificates",
    "ihe-balp": (
        "a profile without results; the tests hold what medid exports and reads to it"
    ),
    "sd-jwt-draft-specs": "what `sd-jwt-draft-generated` was made from",
    "sd-jwt-vc": "inputs of a generator, without results",
}
