"""A board, a practitioner, a patient and a gateway, whose parts a test can replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medid.access.sources import MemoryConsents
from medid.access.verifier import AccessVerifier
from medid.adapters.challenges import MemoryChallenges
from medid.cli import demo_world
from medid.cli.demo_world import AUDIENCE, PATIENT, PRACTITIONER, WITHDRAWALS, data
from medid.core.entropy import uuid_urn
from medid.core.instant import Instant, Window
from medid.errors import FetchFailed, MedidError
from medid.health.drafts import Frame, consent_credential, license_credential
from medid.issuing import Controller, issue, new_list, present
from medid.keys import KeyKind, PrivateKey
from medid.trust import TrustRegistry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.access.sources import ConsentSource
    from medid.core.fetch import Fetched, FetchRequest
    from medid.core.json import JsonValue

START: Final = Instant.parse("2026-06-15T12:00:00Z")
AT: Final = START.plus(60)
TREAT: Final = "TREAT"
BLOOD: Final = "Observation/blood-pressure"
NOTE: Final = "Observation/psychotherapy-note"
Doc = dict[str, Any]


def controller(kind: KeyKind = KeyKind.ED25519) -> Controller:
    """Somebody new, known by the did:key of a key of their own."""
    return Controller.did_key(PrivateKey.generate(kind))


class Net:
    """Serves what the world publishes; remembers every URL that was asked for."""

    def __init__(self, web: demo_world.Web) -> None:
        self.web = web
        self.asked: list[str] = []
        self.down: set[str] = set()

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        self.asked += [request.url for request in requests]
        found = self.web.fetch_all(requests, seconds=seconds)
        return [
            FetchFailed("the host does not answer") if one.url in self.down else answer
            for one, answer in zip(requests, found, strict=True)
        ]

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        return self.fetch_all(requests, seconds=seconds)


class World(demo_world.World):
    """The demo's parties as of ``START``, with every part open to a test."""

    def __init__(self) -> None:
        super().__init__(START)
        self.web.at = AT
        self.net = Net(self.web)

    def verifier(self, **members: Any) -> AccessVerifier:
        """A verifier of the hospital's gateway; members replace its settings."""
        settings: Doc = {
            "trust": TrustRegistry.from_json(self.trust()),
            "fetch": self.net,
            "audience": AUDIENCE,
            "clock": lambda: AT,
        }
        return AccessVerifier(**{**settings, **members})

    def gateway(self, **members: Any) -> AccessVerifier:
        """As ``verifier``, with a challenge store."""
        return self.verifier(**{"challenges": MemoryChallenges(), **members})

    def shown(
        self,
        *credentials: Mapping[str, JsonValue] | str | bytes,
        by: Controller | None = None,
        challenge: str = "challenge-1",
        domain: str = AUDIENCE,
        at: Instant = AT,
        securing: str = "eddsa-jcs-2022",
        allow_ml_dsa: bool = False,
    ) -> Any:
        """A presentation; of license and consent where nothing else is named."""
        return present(
            list(credentials or (self.license, self.consent)),
            by or self.practitioner,
            challenge=challenge,
            domain=domain,
            at=at,
            securing=securing,
            allow_ml_dsa=allow_ml_dsa,
        )

    def asks(self, purpose: str = TREAT, resource: str = BLOOD) -> Doc:
        """An access request, new and free to be changed."""
        return self.request({"purpose": purpose, "resource": resource}, AT)

    def license_of(
        self,
        holder: str | None = None,
        *,
        issuer: Controller | None = None,
        window: Window | None = None,
        securing: str = "eddsa-rdfc-2022",
        npi: str = demo_world.NPI,
        **members: JsonValue,
    ) -> Any:
        """Another license, by the board unless somebody else issues it."""
        frame = Frame(
            id=uuid_urn(),
            issuer=(issuer or self.board).did,
            window=window or Window(START.plus(-60), START.plus(86_400 * 365)),
            status=(
                self._entry(demo_world.REVOCATIONS, "revocation"),
                self._entry(demo_world.SUSPENSIONS, "suspension"),
            ),
        )
        identifier: Doc = {
            "system": "http://hl7.org/fhir/sid/us-npi",
            "value": npi,
        }
        draft = license_credential(
            frame,
            holder=holder or self.practitioner.did,
            license={**as_doc(data("license")), **members},
            identifiers=[identifier],
        )
        return issue(draft, issuer or self.board, securing=securing, at=START)

    def consent_of(
        self,
        patient: Controller | None = None,
        *,
        subject: str | None = None,
        resource: Mapping[str, JsonValue] | None = None,
        securing: str = "eddsa-rdfc-2022",
        window: Window | None = None,
        status_at: str = WITHDRAWALS,
        terms: Mapping[str, JsonValue] | None = None,
    ) -> Any:
        """Another consent, by the patient unless somebody else issues it."""
        signer = patient or self.patient
        about = subject or signer.did
        consent = as_doc(resource or data("consent"))
        consent["patient"] = {"reference": about}
        consent["dateTime"] = str(START)
        binding: Doc = {
            "type": "ActorBinding",
            "reference": PRACTITIONER,
            "did": self.practitioner.did,
        }
        frame = Frame(
            id=uuid_urn(),
            issuer=signer.did,
            window=window or Window(START.plus(-60), START.plus(86_400 * 365)),
            status=(self._entry(status_at, "revocation"),),
        )
        draft = consent_credential(
            frame,
            patient=about,
            consent=consent,
            terms={"grantor": signer.did, "actorBinding": [binding], **(terms or {})},
        )
        return issue(draft, signer, securing=securing, at=START)

    def publish(self, url: str, purpose: str, signer: Controller) -> None:
        """A new status list at ``url``."""
        self.web.documents[url] = as_doc(new_list(url, purpose, signer, at=START))


def as_doc(value: Any) -> Doc:
    """``value`` as a dictionary that a test may change."""
    assert not isinstance(value, str)
    return dict(value)


def fhir_consent(kind: str = "deny", **members: Any) -> Doc:
    """A plain FHIR Consent of the custodian's own record."""
    consent = as_doc(data("consent"))
    consent["id"] = "on-file-1"
    consent["patient"] = {"reference": PATIENT}
    consent["dateTime"] = str(START)
    consent["provision"] = {"type": kind}
    return {**consent, **members}


def on_file(*consents: Any) -> ConsentSource:
    """A store that holds ``consents`` for the patient."""
    return MemoryConsents({PATIENT: consents})
