"""A world where licenses need support elsewhere: a compact, and a recognition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medid.cli.demo_world import REVOCATIONS, SUSPENSIONS
from medid.core.entropy import uuid_urn
from medid.core.instant import Window
from medid.health.drafts import Frame, support_credential
from medid.health.support_vocabulary import (
    AUTHORISATION_CREDENTIAL,
    DECLARATION_CREDENTIAL,
)
from medid.issuing import Controller, issue, new_list, set_status
from medid.keys import KeyKind
from medid.trust import TrustRegistry
from tests.access.world import AT, START, World, as_doc, controller

if TYPE_CHECKING:
    from medid.access.decision import Decision
    from medid.health.words import CredentialType

PROFESSION: Final = "208D00000X"
REVOKED: Final = "https://psypact.example/status/revoked"
SUSPENDED: Final = "https://psypact.example/status/suspended"
LISTS: Final = ((REVOKED, "revocation"), (SUSPENDED, "suspension"))
_SUITES: Final = {
    KeyKind.ED25519: "eddsa-rdfc-2022",
    KeyKind.P256: "ecdsa-rdfc-2019",
}
APIT: Final[dict[str, Any]] = {
    "compact": "PSYPACT",
    "kind": "APIT",
    "homeState": "US-OH",
}
TAP: Final[dict[str, Any]] = {
    "compact": "PSYPACT",
    "kind": "TAP",
    "homeState": "US-OH",
    "daysUsedThisYear": [{"state": "US-IN", "days": 29}],
}
DECLARED: Final[dict[str, Any]] = {"homeState": "DE", "hostState": "FR"}
TELEHEALTH: Final = {"mode": "telehealth", "patientLocation": "US-IN"}
IN_PERSON: Final = {"patientLocation": "US-IN", "practitionerLocation": "US-IN"}
ABROAD: Final = {"patientLocation": "FR", "practitionerLocation": "FR"}


class SupportWorld(World):
    """The demo's parties, a commission, and a German license recognised in France."""

    def __init__(self, *, kind: KeyKind = KeyKind.ED25519) -> None:
        super().__init__()
        self.commission = controller(kind)
        self.securing = _SUITES[kind]
        self.stranger = controller()
        for url, purpose in LISTS:
            listed = new_list(
                url, purpose, self.commission, at=START, securing=self.securing
            )
            self.web.documents[url] = as_doc(listed)
        self.german = self.license_of(jurisdiction="DE")

    def trust(self) -> Any:
        """The hospital's registry, with a compact and a recognition."""
        found = as_doc(super().trust())
        found["acceptedBoards"][0]["jurisdictions"] = ["US-OH", "DE"]
        found["compacts"] = [
            {
                "id": "PSYPACT",
                "model": "authorisation",
                "professions": [PROFESSION],
                "members": ["US-OH", "US-IN"],
                "authorisationIssuer": self.commission.did,
                "telehealth": {
                    "authorisation": "APIT",
                    "practitionerMustBeIn": "homeState",
                },
                "inPerson": {"authorisation": "TAP", "maxDaysPerYear": 30},
            }
        ]
        found["recognition"] = [
            {
                "from": "EU",
                "to": "EU",
                "professions": [PROFESSION],
                "modes": ["in-person"],
                "requiresCredential": "ServiceProvisionDeclaration",
            }
        ]
        found["unions"] = {"EU": ["DE", "FR"]}
        found["placeOfService"] = {"US": "patient", "EU": "provider"}
        return found

    def draft(
        self,
        kind: CredentialType,
        states: dict[str, Any],
        *,
        issuer: str,
        holder: str | None = None,
        window: Window | None = None,
        lists: tuple[tuple[str, str], ...],
    ) -> Any:
        frame = Frame(
            id=uuid_urn(),
            issuer=issuer,
            window=window or Window(START.plus(-60), START.plus(86_400 * 200)),
            status=[self._entry(url, purpose) for url, purpose in lists],
        )
        who = holder or self.practitioner.did
        return support_credential(frame, kind, holder=who, states=states)

    def authorisation(
        self,
        states: dict[str, Any],
        *,
        by: Controller | None = None,
        securing: str | None = None,
        **draft: Any,
    ) -> Any:
        """An authorisation by the commission, unless somebody else issues it."""
        signer = by or self.commission
        found = self.draft(
            AUTHORISATION_CREDENTIAL, states, issuer=signer.did, lists=LISTS, **draft
        )
        return issue(found, signer, securing=securing or self.securing, at=START)

    def declaration(
        self, states: dict[str, Any], *, by: Controller | None = None, **draft: Any
    ) -> Any:
        """A declaration confirmed by the board, unless somebody else issues it."""
        signer = by or self.board
        lists: tuple[tuple[str, str], ...]
        lists = ((REVOKED, "revocation"), (SUSPENDED, "suspension"))
        if signer is self.board:
            lists = ((REVOCATIONS, "revocation"), (SUSPENSIONS, "suspension"))
        found = self.draft(
            DECLARATION_CREDENTIAL, states, issuer=signer.did, lists=lists, **draft
        )
        return issue(found, signer, at=START)

    def asked(self, context: dict[str, Any]) -> Any:
        """A request from somewhere else."""
        request = self.asks()
        request["context"] |= context
        return request

    def decided(
        self,
        *supports: Any,
        context: dict[str, Any],
        license_: Any = None,
        **trust: Any,
    ) -> Decision:
        """What is decided where the license is shown with ``supports``."""
        registry = TrustRegistry.from_json({**self.trust(), **trust})
        shown = self.shown(license_ or self.license, self.consent, *supports)
        return self.verifier(trust=registry).decide(shown, self.asked(context))

    def take_back(self, credential: Any, url: str) -> None:
        """Set the credential's bit in one of the commission's lists."""
        entries = as_doc(credential)["credentialStatus"]
        index = next(
            int(one["statusListIndex"])
            for one in entries
            if one["statusListCredential"] == url
        )
        changed = set_status(self.web.documents[url], index, self.commission, at=AT)
        self.web.documents[url] = as_doc(changed)
