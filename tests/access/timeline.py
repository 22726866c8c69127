"""Parties whose web sites change as time goes on, and a gateway that looks at times.

The sites are one real host on the loopback interface; the clock is set by hand. What
the gateway saw is in an archive on disk.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from medid.access.verifier import AccessVerifier
from medid.adapters.archives import SqliteArchive
from medid.adapters.https import HttpsFetch
from medid.cli.demo_world import PATIENT, data
from medid.core.archive import ArchivedFetch
from medid.core.entropy import uuid_urn
from medid.core.instant import Instant, Window
from medid.core.json import dumps
from medid.dids.methods import web as did_web
from medid.dids.syntax import Did
from medid.health.drafts import Frame, consent_credential, license_credential
from medid.issuing import Controller, issue, new_list, present, set_status
from medid.trust import TrustRegistry
from tests.access.world import World, as_doc
from tests.adapters.hosts import Authority, Pages, listening
from tests.verifying.world import key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from medid.access.decision import Decision

DAY: Final = 86_400
START: Final = Instant.parse("2026-06-01T09:00:00Z")
NOW: Final = START.plus(100 * DAY)  # the time at which questions are asked
AUDIENCE: Final = "https://gateway.hospital.example"
INDEX: Final = {"revocation": 7, "suspension": 8, "withdrawal": 9}

# The request and the practitioner's data are the demo's.
_WORLD: Final = World()


def day(number: float) -> Instant:
    """The instant ``number`` days after the start."""
    return START.plus(number * DAY)


class Timeline:
    """The parties, what they publish, and the gateway.

    ``at`` is the present. ``publish`` changes the sites, ``look`` has the gateway
    decide, and ``asked`` is a question of ``NOW`` about another time.
    """

    def __init__(self, port: int, ca_file: Path, archive: Path) -> None:
        self.at = START
        self.pages = Pages()
        self.port = port
        self.archive = archive
        self.ca_file = ca_file
        host = f"board.example%3A{port}"
        self.did = f"did:web:{host}"
        self.board = self.under("first key")
        self.practitioner = _WORLD.practitioner
        self.patient = _WORLD.patient
        self.fetch = ArchivedFetch(
            HttpsFetch(
                allow_loopback=True,
                ca_file=ca_file,
                resolver=_loopback,
                clock=lambda: self.at,
            ),
            SqliteArchive(archive),
            clock=lambda: self.at,
        )

    # Who there is.

    def under(self, name: str, did: str | None = None) -> Controller:
        """The board with the key of this ``name``, whatever its host publishes."""
        method = f"{did or self.did}#{name.replace(' ', '-')}"
        return Controller(verification_method=method, signer=key(name))

    def url(self, name: str) -> str:
        """Where the status list ``name`` is published."""
        return f"https://board.example:{self.port}/status/{name}"

    # What is published.

    def page(self, url: str, content: bytes) -> None:
        """Publish ``content`` at ``url``."""
        self.pages.content[url] = content

    def publish(
        self,
        *,
        keys: Sequence[str] = ("first key",),
        by: Controller | None = None,
        **ones: bool,
    ) -> None:
        """Publish the board's document and every list, as they are at present.

        Args:
            keys: Of the board, by their names.
            by: Who signs the board's lists; the board with its first key.
            ones: The lists in which this practitioner's or consent's entry is set.
        """
        did = Did.parse(self.did)
        named = [
            did_web.NamedKey(fragment=one.replace(" ", "-"), key=key(one).public_key)
            for one in keys
        ]
        document = did_web.document(did, named)
        self.page(did_web.document_url(did), dumps(document).encode())
        for name, index in INDEX.items():
            signer = self.patient if name == "withdrawal" else by or self.board
            purpose = "revocation" if name == "withdrawal" else name
            found = as_doc(new_list(self.url(name), purpose, signer, at=self.at))
            if ones.get(name):
                found = as_doc(set_status(found, index, signer, value=True, at=self.at))
            self.page(self.url(name), dumps(found).encode())

    def at_day(self, number: float, **published: Any) -> None:
        """It is that day, and so much is published."""
        self.at = day(number)
        self.publish(**published)

    # What is presented.

    def license(
        self,
        by: Controller | None = None,
        *,
        signed: Instant = START,
        issuer: str | None = None,
        start: Instant = START,
    ) -> dict[str, Any]:
        """A license by the board; the draft of one where ``issuer`` is named."""
        frame = Frame(
            id=uuid_urn(),
            issuer=issuer or (by or self.board).did,
            window=Window(start, START.plus(365 * DAY)),
            status=(self.entry("revocation"), self.entry("suspension")),
        )
        draft = license_credential(
            frame,
            holder=self.practitioner.did,
            license=as_doc(data("license")),
            identifiers=[
                {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1679576722"}
            ],
        )
        if issuer is not None:
            return dict(draft)
        return as_doc(issue(draft, by or self.board, at=signed))

    def consent(self) -> dict[str, Any]:
        """A consent by the patient."""
        resource = as_doc(data("consent"))
        resource["patient"] = {"reference": self.patient.did}
        resource["dateTime"] = str(START)
        frame = Frame(
            id=uuid_urn(),
            issuer=self.patient.did,
            window=Window(START, START.plus(365 * DAY)),
            status=(self.entry("withdrawal"),),
        )
        terms: dict[str, Any] = {
            "grantor": self.patient.did,
            "actorBinding": [
                {
                    "type": "ActorBinding",
                    "reference": "Practitioner/chen",
                    "did": self.practitioner.did,
                }
            ],
        }
        draft = consent_credential(
            frame, patient=self.patient.did, consent=resource, terms=terms
        )
        return as_doc(issue(draft, self.patient, at=START))

    def entry(self, name: str) -> dict[str, Any]:
        """The status entry in the list ``name``."""
        return {
            "id": f"{self.url(name)}#{INDEX[name]}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation" if name == "withdrawal" else name,
            "statusListIndex": str(INDEX[name]),
            "statusListCredential": self.url(name),
        }

    def shown(self, license_: Any, consent: Any, at: Instant) -> Any:
        """What the practitioner presents at that time."""
        return present(
            [license_, consent],
            self.practitioner,
            challenge="challenge-1",
            domain=AUDIENCE,
            at=at,
        )

    # What the gateway says.

    def trust(self, **members: Any) -> TrustRegistry:
        """The hospital's registry, with ``members`` of its entry of the board."""
        entry = {
            "did": self.did,
            "name": "State Medical Board of Example",
            "jurisdictions": ["US-OH"],
            "professions": ["208D00000X"],
            **members,
        }
        return TrustRegistry.from_json(
            {
                "name": "Example Hospital",
                "acceptedBoards": [
                    {name: one for name, one in entry.items() if one is not None}
                ],
                "placeOfService": {"US": "patient"},
                "consent": {"patientDids": {PATIENT: self.patient.did}},
            }
        )

    def verifier(self, trust: TrustRegistry | None = None) -> AccessVerifier:
        """The gateway."""
        return AccessVerifier(
            trust=trust or self.trust(),
            fetch=self.fetch,
            audience=AUDIENCE,
            clock=lambda: self.at,
        )

    def request(self, at: Instant) -> Any:
        """The demo's request, at that time."""
        wanted: Any = {"purpose": "TREAT", "resource": "Observation/blood-pressure"}
        return _WORLD.request(wanted, at)

    def look(
        self,
        license_: Any,
        consent: Any,
        trust: TrustRegistry | None = None,
    ) -> Decision:
        """What is decided at present, by what is published at present."""
        shown = self.shown(license_, consent, self.at)
        return self.verifier(trust).decide(shown, self.request(self.at))

    def asked(
        self,
        license_: Any,
        consent: Any,
        then: Instant,
        trust: TrustRegistry | None = None,
    ) -> Decision:
        """What is decided later, when no host answers any more, as of ``then``."""
        self.at = NOW
        self.pages.content.clear()
        shown = self.shown(license_, consent, then)
        return self.verifier(trust).decide(shown, self.request(then), at=then)


def codes(decision: Decision) -> set[str]:
    """The codes of a decision's reasons and of the checks that it stands on."""
    checked = {str(one.code) for one in decision.checks if one.error is not None}
    return {*decision.codes, *checked}


@contextmanager
def timeline(folder: Path) -> Iterator[Timeline]:
    """A timeline with its host, which stops at the end."""
    authority = Authority.make(folder / "authority")
    pages = Pages()
    with listening(pages, authority.server("board.example")) as host:
        found = Timeline(host.port, authority.file, folder / "archive.db")
        found.pages = pages
        yield found


def _loopback(host: str, port: int) -> Sequence[str]:
    del host, port
    return ["127.0.0.1"]


__all__ = ["DAY", "NOW", "START", "Timeline", "codes", "day", "timeline"]
