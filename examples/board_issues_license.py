"""A medical board issues a license, publishes its status, and suspends it."""

import medid
from medid.core.entropy import uuid_urn
from medid.core.fetch import Fetched
from medid.core.instant import Window
from medid.health.drafts import Frame, license_credential

now = medid.system_clock()
LIST = "https://board.example/status/1"

board = medid.Controller.did_key(medid.PrivateKey.generate(medid.KeyKind.ED25519))
physician = medid.Controller.did_key(medid.PrivateKey.generate(medid.KeyKind.ED25519))

# 1. A status list in which nothing is set yet.
status_list = medid.new_list(LIST, "suspension", board, at=now)

# 2. The license. medid checks the draft before it touches the key.
draft = license_credential(
    Frame(
        id=uuid_urn(),
        issuer={"id": board.did, "name": "State Medical Board of Example"},
        window=Window(now.plus(-60), now.plus(365 * 86_400)),
        status=[
            {
                "id": f"{LIST}#94567",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "suspension",
                "statusListIndex": "94567",
                "statusListCredential": LIST,
            }
        ],
    ),
    holder=physician.did,
    license={
        "licenseNumber": "35.148213",
        "jurisdiction": "US-OH",
        "profession": [
            {"system": "http://nucc.org/provider-taxonomy", "code": "208D00000X"}
        ],
        "licenseStatus": "active",
    },
    identifiers=[{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1679576722"}],
)
license_ = medid.issue(draft, board, at=now)


def check(published: object) -> None:
    """Verify the license against the status list as it is published now."""
    content = medid.Evidence().with_answers(
        [(LIST, Fetched.of(LIST, _bytes(published), fetched_at=now))]
    )
    answer = medid.verify(license_, at=now, evidence=content)
    print(answer.outcome.value, [error.code for error in answer.errors])


def _bytes(document: object) -> bytes:
    from medid.core import json as strict_json

    return strict_json.dumps(document).encode()  # type: ignore[arg-type]


check(status_list)

# 3. An order of the board: the same list, signed anew, with one bit set.
assert isinstance(status_list, dict)
check(medid.set_status(status_list, 94567, board, at=now))
