"""Credentials and presentations of both versions, with proof sets and chains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.jsonld.making.documents import Maker
from tests.jsonld.making.scalars import Scalars
from tests.jsonld.support import TERMS, V1, V2, store

if TYPE_CHECKING:
    import random

    from medid.core.json import JsonObject

INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
ED25519: Final = "https://w3id.org/security/suites/ed25519-2020/v1"
STATUS: Final = "https://w3id.org/vc/status-list/2021/v1"
EXAMPLES: Final = "https://www.w3.org/ns/credentials/examples/v2"
CHOICES: Final[dict[int, list[list[str]]]] = {
    1: [[V1, TERMS, INTEGRITY], [V1, TERMS, ED25519], [V1, TERMS, INTEGRITY, STATUS]],
    2: [[V2, TERMS], [V2, TERMS], [V2, TERMS, ED25519], [V2, EXAMPLES]],
}


class CredentialMaker:
    """Makes credentials and presentations that medid would verify, but for the keys."""

    def __init__(self, rng: random.Random) -> None:
        """Draw from ``rng``."""
        self._rng = rng
        self._scalars = Scalars(rng)

    def document(self) -> JsonObject:
        """A credential, or a presentation of one to three."""
        version = self._rng.choice([1, 2, 2])
        if self._rng.random() < 0.5:
            return self.credential(version)
        return self.presentation(version)

    def credential(self, version: int) -> JsonObject:
        """A credential with one to three proofs."""
        contexts = self._rng.choice(CHOICES[version])
        made: JsonObject = {"@context": [*contexts], **self._claims(version, contexts)}
        return {**made, "proof": self._proofs(contexts, "assertionMethod")}

    def presentation(self, version: int) -> JsonObject:
        """A presentation with its proofs."""
        rng = self._rng
        contexts = rng.choice(CHOICES[version])
        shown = [self.credential(version) for _ in range(rng.choice([1, 1, 2, 3]))]
        if len(shown) > 1 and rng.random() < 0.3:
            shown[1] = {**shown[0], "id": self._scalars.iri() + "/2"}
        made: JsonObject = {
            "@context": [*contexts],
            "type": "VerifiablePresentation",
            "holder": "did:example:holder",
            "verifiableCredential": self._one_or_all(shown),
            "proof": self._proofs(contexts, "authentication"),
        }
        return {"id": self._scalars.iri(), **made} if rng.random() < 0.5 else made

    def _one_or_all(self, items: list[Any]) -> Any:
        return items[0] if len(items) == 1 and self._rng.random() < 0.7 else items

    def _claims(self, version: int, contexts: list[str]) -> JsonObject:
        rng = self._rng
        names = ("issuanceDate", "expirationDate")
        start, end = names if version == 1 else ("validFrom", "validUntil")
        made: JsonObject = {"type": ["VerifiableCredential"]}
        if rng.random() < 0.5:
            made["id"] = self._scalars.iri()
        issuer = f"did:example:board-{rng.randrange(99)}"
        made["issuer"] = issuer if rng.random() < 0.6 else {"id": issuer}
        made[start] = f"20{rng.randrange(10, 30)}-01-01T00:00:00Z"
        if rng.random() < 0.5:
            made[end] = "2040-01-01T00:00:00Z"
        subjects = [self._subject(contexts) for _ in range(rng.choice([1, 1, 1, 2]))]
        made["credentialSubject"] = self._one_or_all(subjects)
        if version == 2 and rng.random() < 0.4:
            made["credentialStatus"] = self._status()
        if version == 2 and rng.random() < 0.3:
            made["name"] = {"@value": self._scalars.text(), "@language": "en"}
        if rng.random() < 0.2:
            made["evidence"] = [{"id": f"urn:evidence:{rng.randrange(99)}"}]
        return made

    def _subject(self, contexts: list[str]) -> JsonObject:
        active = store().initial.local([*contexts])
        made = Maker(self._rng, size=6).node(active, self._rng.randrange(3))
        made.pop("id", None)
        return {"id": f"did:example:subject-{self._rng.randrange(10**9)}", **made}

    def _status(self) -> JsonObject:
        index = str(self._rng.randrange(131_072))
        return {
            "id": f"https://status.example/3#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": self._rng.choice(["revocation", "suspension"]),
            "statusListIndex": index,
            "statusListCredential": "https://status.example/3",
        }

    def _proofs(self, contexts: list[str], purpose: str) -> Any:
        """One proof, a set, or a chain."""
        rng = self._rng
        made = [self._proof(contexts, purpose) for _ in range(rng.choice([1, 1, 2, 3]))]
        if ED25519 not in contexts and len(made) > 1 and rng.random() < 0.7:
            for number, proof in enumerate(made):
                proof["id"] = f"urn:proof:{number}"
            made[1]["previousProof"] = "urn:proof:0"
            if len(made) == 3:
                made[2]["previousProof"] = ["urn:proof:0", "urn:proof:1"]
        return self._one_or_all(made)

    def _proof(self, contexts: list[str], purpose: str) -> JsonObject:
        rng = self._rng
        made: JsonObject = {
            "type": "DataIntegrityProof",
            "cryptosuite": rng.choice(["eddsa-rdfc-2022", "ecdsa-rdfc-2019"]),
            "created": "2026-01-01T00:00:00Z",
            "verificationMethod": f"did:example:board#{rng.randrange(9)}",
            "proofPurpose": purpose,
            "proofValue": f"z{rng.randrange(10**12)}",
        }
        if ED25519 in contexts:
            made["type"] = "Ed25519Signature2020"
            del made["cryptosuite"]
        if purpose == "authentication":
            made |= {"challenge": self._scalars.text(), "domain": "gateway.example"}
        return made
