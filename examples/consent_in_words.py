"""A patient consents in words, a hospital asks, and the patient takes it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import medid
from medid.adapters.challenges import MemoryChallenges
from medid.adapters.consents import KeptLists
from medid.adapters.wallet import Granting, Wallet
from medid.cli.demo_world import AUDIENCE, PATIENT, World
from medid.core.entropy import uuid_urn
from medid.credentials import parse_credential
from medid.health.address_book import read_address_book
from medid.health.consent import ConsentRecord
from medid.health.grant_preview import preview
from medid.health.grant_sentences import read_sentence
from medid.health.receipt_controller import read_controller
from medid.health.receipts import Outline, iso_27560

if TYPE_CHECKING:
    from medid.core.json import JsonObject

now = medid.system_clock()
world = World(now)  # a board, and Dr. Chen with a license
wallet = Wallet(Path("wallet"), password=lambda: b"a password for trying out")

# In words, read by a closed grammar, and told back before it is signed.
names = read_address_book({"my cardiologist": {"did": world.practitioner.did}})
words = "My cardiologist may see everything but mental health"
grant = read_sentence(words, today=now, names=names)
print("\n".join(preview(grant, names=names)))

to = Granting(custodian="Example Hospital", reference=PATIENT)
consent = wallet.grant(grant, to, at=now, lists="https://wallet.example/status")
(patient,) = wallet.identities.all()


def ask(resource: str) -> medid.Decision:
    """What the hospital decides now, by the consents in its store."""
    at = now.plus(5)
    trust: Any = {**world.trust(), "consent": {"patientDids": {PATIENT: patient.did}}}
    gateway = medid.AccessVerifier(
        trust=medid.TrustRegistry.from_json(trust),
        audience=AUDIENCE,
        challenges=MemoryChallenges(),
        consents=wallet.store,
        fetch=KeptLists(world.web, wallet.store),
        clock=lambda: at,
    )
    shown = medid.present(
        [world.license],
        world.practitioner,
        challenge=gateway.challenge(),
        domain=AUDIENCE,
        at=at,
    )
    request = world.request({"purpose": "TREAT", "resource": resource}, at)
    return gateway.decide(shown, request)


assert ask("Observation/blood-pressure")
assert not ask("Observation/psychotherapy-note")

ended = wallet.withdraw(str(consent.number), at=now.plus(2))
denied = ask("Observation/blood-pressure")
assert "CONSENT_REVOKED" in denied.codes, denied.codes

told = ("id", "name", "contact", "privacyNotice", "retentionPeriod", "withdrawalMethod")
facts: JsonObject = dict.fromkeys(told, "as the hospital says")
facts |= {"language": "en", "jurisdiction": "US-OH", "collectionMethod": "wallet"}
facts |= {"storageLocations": ["US"], "address": {"addressCountry": "US"}}
facts["service"] = "records"
assert isinstance(consent.document, dict)
record = ConsentRecord.from_credential(parse_credential(consent.document))
outline = Outline(given=consent.given, withdrawn=ended.withdrawn)
receipt = iso_27560(record, read_controller(facts), outline, receipt_id=uuid_urn())
print("receipt:", *sorted(receipt))
