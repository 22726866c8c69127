"""A board's DID from its first day to the theft of a key, and to its end."""

from typing import Any

import medid
from medid.dids import drafting
from medid.dids.webvh import approving, hashing, writing

signing, signing_2, update, update_2, update_3, witness_a, witness_b = (
    medid.PrivateKey.generate(medid.KeyKind.ED25519) for _ in range(7)
)
PLACE = "board.example"  # publishes https://board.example/.well-known/did.jsonl


def day(text: str) -> medid.Instant:
    return medid.Instant.parse(f"{text}T09:00:00Z")


def commit(key: medid.PrivateKey) -> tuple[str]:
    """Pre-rotation names the next key by its hash; the key itself lies in a safe."""
    return (hashing.key_hash(key.public_key.to_multikey()),)


def publish(draft: writing.Draft, seen: writing.Published | None) -> writing.Published:
    """Both witnesses approve a version, each beside the log that it saw last."""
    log, kept = (seen.log, seen.witnesses) if seen else (b"", None)
    site = writing.Published(did=draft.did, log=draft.log, witnesses=kept)
    at = medid.Instant.parse("2027-12-31T00:00:00Z")
    signed = [
        approving.approve(site, key, seen=log, at=at) for key in (witness_a, witness_b)
    ]
    site = approving.with_approvals(site, signed, seen=log)
    writing.verified(site)  # what every reader of the two files will check
    print("published", draft.version_id)
    return site


# The first day: pre-rotation, and two witnesses who both have to approve.
both = (witness_a.public_key, witness_b.public_key)
document = drafting.document(
    writing.template(PLACE), drafting.numbered([signing.public_key])
)
parameters = writing.Changes(
    next_key_hashes=commit(update_2),
    witness=writing.WitnessList(threshold=2, keys=both),
)
start = day("2026-01-05")
first = writing.create(PLACE, document, parameters, signer=update, at=start)
site = publish(first, None)

# The board issues a license.
board = medid.Controller(verification_method=f"{site.did}#key-1", signer=signing)
draft: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": board.did,
    "validFrom": "2026-02-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:physician"},
}
license_credential = medid.issue(draft, board, at=day("2026-02-01"))

# The key is stolen. A key from the safe takes it out of the document.
document = drafting.with_keys_only(
    writing.latest(site), str(site.did), [signing_2.public_key], used=1
)
parameters = writing.Changes(next_key_hashes=commit(update_3))
rotated = writing.update(
    site, parameters, document=document, signer=update_2, at=day("2026-07-01")
)
site = publish(rotated, site)

# In the end the DID is given up. The log still tells what held when.
site = publish(writing.deactivate(site, signer=update_3, at=day("2027-01-01")), site)
evidence = writing.as_evidence(site, at=day("2027-06-01"))
for when in ("2026-06-30", "2026-07-02", "2027-02-01"):
    answer = medid.verify(license_credential, at=day(when), evidence=evidence)
    print("as of", when, answer.outcome.value, [one.code for one in answer.errors])
