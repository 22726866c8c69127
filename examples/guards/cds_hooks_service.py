"""The CDS Hooks service patient-consent-consult.

``python examples/guards/cds_hooks_service.py`` serves on the loopback interface, and
with ``--once`` asks itself and stops.
"""

import json

from hospital import PATIENT, asked_for, guard
from serving import ask, serve_asgi

from medid.adapters.guards.cds_hooks import ConsentConsult, Consult
from medid.core.json import JsonObject

MRN = "https://hospital.example/mrn"


def mapper(consult: Consult) -> JsonObject | None:
    """The hospital knows its patients by the number of their record."""
    if consult.patients != ((MRN, "9"),) or consult.purposes != ("TREAT",):
        return None
    return asked_for(PATIENT, "Observation/blood-pressure")


def consult_once(port: int) -> None:
    """An enforcement point asks before it sends a record out."""
    context = {
        "actor": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1679576722"}],
        "patientId": [{"system": MRN, "value": "9"}],
        "purposeOfUse": "TREAT",
    }
    hook = {"hook": "patient-consent-consult", "hookInstance": "1", "context": context}
    target = "/cds-services/patient-consent-consult"
    status, _, body = ask(port, target, method="POST", body=json.dumps(hook))
    (card,) = json.loads(body)["cards"]
    print(status, json.dumps(card, indent=1))
    assert card["summary"] == "CONSENT_PERMIT"


if __name__ == "__main__":
    serve_asgi(ConsentConsult(guard, mapper), consult_once)
