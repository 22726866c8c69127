"""Was this valid on that day? Every question is answered as of an instant."""

import medid

board = medid.Controller.did_key(medid.PrivateKey.generate(medid.KeyKind.ED25519))
credential = medid.issue(
    {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": board.did,
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:physician"},
    },
    board,
    at=medid.Instant.parse("2026-01-01T09:00:00Z"),
)

# The end of a validity period does not belong to it; neither does the time before a
# proof was made.
for day in (
    "2025-12-31T23:59:59Z",
    "2026-01-01T08:59:59Z",
    "2026-06-15T12:00:00Z",
    "2026-12-31T23:59:59Z",
    "2027-01-01T00:00:00Z",
):
    answer = medid.verify(credential, at=medid.Instant.parse(day))
    print(day, answer.outcome.value, [error.code for error in answer.errors])
