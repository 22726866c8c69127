"""A pharmacy learns profession, jurisdiction and status from a license: no more."""

import medid
from medid.core import json as strict_json
from medid.core.entropy import uuid_urn
from medid.core.fetch import Fetched
from medid.core.instant import Window
from medid.health.drafts import Frame, license_credential

now = medid.system_clock()
LIST = "https://board.example/status/1"

board = medid.Controller.did_key(medid.PrivateKey.generate(medid.KeyKind.P256))
physician = medid.Controller.did_key(medid.PrivateKey.generate(medid.KeyKind.ED25519))

# 1. The board issues a license of which the physician may later show parts. What a
#    verifier decides by is in every part: issuer, validity, status, restrictions.
status_list = medid.new_list(
    LIST, "suspension", board, at=now, securing="ecdsa-rdfc-2019"
)
assert isinstance(status_list, dict)
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
license_ = medid.issue(draft, board, at=now, securing="ecdsa-sd-2023")
assert isinstance(license_, dict)

# 2. The physician's wallet derives the part that the pharmacy asked for, and presents
#    it, bound to the pharmacy's challenge.
LICENSE = "/credentialSubject/license"
part = medid.derive(license_, [f"{LICENSE}/profession", f"{LICENSE}/jurisdiction"])
presented = medid.present(
    [part], physician, challenge="q83vEjRWeJCrze8S", domain="pharmacy.example", at=now
)

# 3. The pharmacy verifies it, against the status list as it is published now.
published = strict_json.dumps(status_list).encode()
at_hand = medid.Evidence().with_answers(
    [(LIST, Fetched.of(LIST, published, fetched_at=now))]
)
answer = medid.verify(
    presented,
    at=now,
    evidence=at_hand,
    expect=medid.Expectations(challenge="q83vEjRWeJCrze8S", domain="pharmacy.example"),
)
assert isinstance(part, dict)
subject = part["credentialSubject"]
print(answer.outcome.value, subject)
assert answer
assert "35.148213" not in str(part)
assert "1679576722" not in str(part)
