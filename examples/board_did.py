"""A board's DID from its first day to the theft of a key, and to its end."""

import medid
from medid.dids import drafting
from medid.dids.webvh import approving, hashing, writing

(licenses, licenses_2, update, update_2, update_3, witness_a, witness_b) = (
    medid.PrivateKey.generate(medid.KeyKind.ED25519) for _ in range(7)
)


def day(text: str) -> medid.Instant:
    return medid.Instant.parse(f"{text}T09:00:00Z")


def commit(key: medid.PrivateKey) -> writing.Changes:
    """Pre-rotation: the log names the next key by its hash; it lies in a safe."""
    return writing.Changes(
        next_key_hashes=(hashing.key_hash(key.public_key.to_multikey()),)
    )


def publish(
    draft: writing.Draft, before: writing.Published | None, at: medid.Instant
) -> writing.Published:
    """Both witnesses approve the version, each beside the log that it saw last."""
    seen = before.log if before else b""
    kept = before.witnesses if before else None
    made = writing.Published(did=draft.did, log=draft.log, witnesses=kept)
    approvals = [
        approving.approve(made, witness, seen=seen, at=at)
        for witness in (witness_a, witness_b)
    ]
    made = approving.with_approvals(made, approvals, seen=seen)
    writing.verified(made)
    return made


# First day: pre-rotation, and two witnesses.
today = day("2026-01-05")
place = "board.example"
witnesses = (witness_a.public_key, witness_b.public_key)
draft = writing.create(
    place,
    drafting.document(
        writing.template(place), drafting.numbered([licenses.public_key])
    ),
    writing.Changes(
        next_key_hashes=commit(update_2).next_key_hashes,
        witness=writing.WitnessList(threshold=2, keys=witnesses),
    ),
    signer=update,
    at=today,
)
site = publish(draft, None, today)
print("published", draft.version_id)
