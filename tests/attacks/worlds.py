"""The context documents that the naive signer of this corpus loads.

The W3C contexts come out of pyld. The Data Integrity context is rebuilt from the
terms that the VCDM 2.0 context has for it, so both give the same RDF. The health
context is read from the package as data.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.attacks.case import Doc

V1: Final = "https://www.w3.org/2018/credentials/v1"
V2: Final = "https://www.w3.org/ns/credentials/v2"
EXAMPLES_V2: Final = "https://www.w3.org/ns/credentials/examples/v2"
UNDEFINED_V2: Final = "https://www.w3.org/ns/credentials/undefined-terms/v2"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
SECURITY_V1: Final = "https://w3id.org/security/v1"
SECURITY_V2: Final = "https://w3id.org/security/v2"
ED25519_2020: Final = "https://w3id.org/security/suites/ed25519-2020/v1"
HEALTH: Final = "https://w3id.org/medid/health/v1"
EVIL: Final = "https://evil.example/context.jsonld"


def _walk(folder: Any) -> Any:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def _pyld(name: str) -> Doc:
    bundled = resources.files("pyld.documentloader.frozen") / "bundled"
    document: Doc = json.loads((bundled / name).read_text(encoding="utf-8"))
    return document


def _health() -> Doc:
    for entry in _walk(resources.files("medid")):
        if entry.name.endswith(".jsonld"):
            text = entry.read_text(encoding="utf-8")
            document: Doc = json.loads(text)
            if "LicensedPractitioner" in document.get("@context", ()):
                return document
    message = "the package holds no health context"
    raise LookupError(message)


@functools.cache
def _contexts() -> dict[str, Doc]:
    v2 = _pyld("credentials-v2.jsonld")
    integrity = v2["@context"]["DataIntegrityProof"]
    terms = {"id": "@id", "type": "@type", "@protected": True}
    return {
        V1: _pyld("credentials-v1.jsonld"),
        V2: v2,
        DATA_INTEGRITY: {"@context": {**terms, "DataIntegrityProof": integrity}},
        EXAMPLES_V2: _vocabulary("https://www.w3.org/ns/credentials/examples#"),
        UNDEFINED_V2: _vocabulary("https://www.w3.org/ns/credentials/undefined-term#"),
        SECURITY_V1: _pyld("security-v1.jsonld"),
        SECURITY_V2: _pyld("security-v2.jsonld"),
        ED25519_2020: _pyld("security-ed25519-2020-v1.jsonld"),
        HEALTH: _health(),
        EVIL: {"@context": {"claim": "https://evil.example/#claim"}},
    }


def _vocabulary(address: str) -> Doc:
    return {"@context": {"@vocab": address}}


def document_loader(url: str, _options: object = None) -> Doc:
    """Answer pyld from memory; an attacker's own context exists as well."""
    document = _contexts().get(url, {"@context": {}})
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": document,
    }
