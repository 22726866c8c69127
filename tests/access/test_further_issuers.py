"""Licenses of boards that the trust file does not name: believed, withdrawn, replayed.

Each is decided as a gateway does, and the case is then decided again from its bundle,
with no network at all.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.access.bundle import read, write
from medid.access.decision import Outcome
from medid.access.replay import replay
from medid.access.verifier import AccessVerifier
from medid.adapters.cache import CachedFetch
from medid.adapters.https import HttpsFetch
from medid.cli import demo_world
from medid.cli.demo_world import AUDIENCE, REVOCATIONS, SUSPENSIONS
from medid.core import json as strict_json
from medid.core.fetch import Fetched
from medid.core.instant import Instant, system_clock
from medid.issuing import Controller, present
from medid.keys import KeyKind, PrivateKey
from medid.securing.jose import sign_compact
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.federation.statements import configuration_url
from tests.access.test_envelopes import draft_of
from tests.access.test_recognized_boards import LICENSES, SCHEMA, recognition
from tests.access.test_recognized_boards import trusting as recognizing_trust
from tests.access.world import AT, World
from tests.adapters.fetchers import until
from tests.adapters.hosts import Authority
from tests.server.test_process import process
from tests.trust.federations import ANCHOR, BOARD
from tests.verifying import test_federating as federated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from medid.access.decision import Decision
    from medid.core.fetch import FetchRequest
    from medid.errors import MedidError

SIGNER: Final = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))


@dataclass
class Published:
    """What the demo's parties publish, and further pages."""

    world: demo_world.World
    pages: Mapping[str, str]
    at: Instant

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        self.world.web.at = self.at
        found = self.world.web.fetch_all(requests, seconds=seconds)
        return [
            Fetched.of(one.url, self.pages[one.url].encode(), fetched_at=self.at)
            if one.url in self.pages
            else answer
            for one, answer in zip(requests, found, strict=True)
        ]


def decided(
    world: demo_world.World,
    trust: TrustRegistry,
    fetch: Any,
    license_: Any = None,
    *,
    at: Instant,
) -> Decision:
    """The decision, which has to come out the same from its bundle."""
    verifier = AccessVerifier(
        trust=trust, fetch=fetch, audience=AUDIENCE, clock=lambda: at
    )
    shown: Any = present(
        [license_ or world.license, world.consent],
        world.practitioner,
        challenge="challenge-1",
        domain=AUDIENCE,
        at=at,
        securing="eddsa-jcs-2022",
    )
    wanted: Any = {"purpose": "TREAT", "resource": "Observation/blood-pressure"}
    presentation = strict_json.dumps(shown).encode()
    # No instant is named: it is a question about the present.
    case = verifier.prepare(presentation, world.request(wanted, at))
    decision = verifier.conclude(case)
    bundle = read(
        strict_json.dumps(
            write(case, decision, presentation=presentation, controller=SIGNER)
        )
    )
    bundle.check(SIGNER.signer.public_key)
    again = replay(bundle)
    assert again.differences == ()
    assert again.decision.outcome is decision.outcome
    return decision


def without_boards(world: demo_world.World, **members: Any) -> TrustRegistry:
    stated: Any = json.loads(json.dumps(world.trust()))
    del stated["acceptedBoards"]
    return TrustRegistry.from_json({**stated, **members})


# Through a trust registry that is asked.

COUNCIL: Final = "did:web:council.example"
HOST: Final = "registry.example"
LOOK: Final = 0.2  # seconds between two looks at the trust file
SCOPE: Final = {"jurisdictions": ["US-OH"], "professions": ["208D00000X"]}


@dataclass
class Council:
    """``medid serve`` of a council, over TLS, and the file that it goes by."""

    url: str
    file: Path
    authority: Authority
    fetch: HttpsFetch = field(init=False)

    def __post_init__(self) -> None:
        self.fetch = HttpsFetch(
            allow_loopback=True,
            ca_file=self.authority.file,
            resolver=lambda _host, _port: ["127.0.0.1"],
        )

    def says(self, text: str) -> None:
        """Put another trust file in the place of this one, and wait for it to count."""
        other = self.file.with_suffix(".new")
        other.write_text(text)
        other.replace(self.file)
        threading.Event().wait(2 * LOOK)


@dataclass
class Asking:
    """Questions go to the council, documents come from the demo's parties."""

    council: HttpsFetch | CachedFetch
    others: Published
    asked: list[FetchRequest] = field(default_factory=list)

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        questions = [one for one in requests if one.body is not None]
        rest = [one for one in requests if one.body is None]
        self.asked += questions
        answered = iter(self.council.fetch_all(questions, seconds=seconds))
        fetched = iter(self.others.fetch_all(rest, seconds=seconds))
        return [next(fetched if one.body is None else answered) for one in requests]


def listing(*boards: str, **members: Any) -> str:
    entries = [{"did": did, **SCOPE, **members} for did in boards]
    return json.dumps({"acceptedBoards": entries})


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    folder = tmp_path_factory.mktemp("council")
    authority = Authority.make(folder / "ca")
    authority.server(HOST)
    (pem,) = [one for one in authority.folder.glob("*.pem") if one != authority.file]
    (folder / "trust.json").write_text(listing("did:web:nobody.example"))
    flags = (
        "--trust=trust.json",
        f"--trust-seconds={LOOK}",
        f"--trqp={COUNCIL}",
        f"--tls-cert={pem}",
        f"--tls-key={pem}",
    )
    with process(folder, *flags) as (url, _):
        port = url.rpartition(":")[2]
        yield Council(
            url=f"https://{HOST}:{port}/trqp",
            file=folder / "trust.json",
            authority=authority,
        )


def asking_trust(
    world: demo_world.World, council: Council, **members: Any
) -> TrustRegistry:
    entry = {
        "url": council.url,
        "authorityId": COUNCIL,
        "mayAuthorize": [SCOPE],
        **members,
    }
    return without_boards(world, trustRegistries=[entry])


@pytest.mark.loopback
def test_a_board_counts_while_a_trust_registry_says_so(council: Council) -> None:
    world = demo_world.World(system_clock().plus(-3_600))
    board = world.board.did
    trust = asking_trust(world, council)

    def now(trust: TrustRegistry = trust) -> Decision:
        at = system_clock()
        fetch = Asking(council.fetch, Published(world, {}, at))
        return decided(world, trust, fetch, at=at)

    council.says(listing(board))
    found = now()
    assert found.outcome is Outcome.PERMIT, found.codes
    assert found.codes == ("LICENSE_OK", "CONSENT_PERMIT")
    # A decision ends with the answer that it stands on, which came a moment later.
    short = now(asking_trust(world, council, maxAgeSeconds=20))
    assert short
    assert short.expires is not None
    assert short.expires.since(short.at) < 25

    council.says(listing("did:web:other.example"))
    refused = now()
    assert refused.outcome is Outcome.DENY
    assert "ISSUER_NOT_TRUSTED" in refused.codes

    council.says("{")
    unknown = now()
    assert unknown.outcome is Outcome.INDETERMINATE
    assert "AUTHORITY_UNKNOWN" in unknown.codes

    council.says(listing(board))
    until(lambda: bool(now()), seconds=20)  # a broken file is looked at each second
    # And when the registry cannot be reached at all, or speaks for somebody else.
    for changes in ({"url": f"https://{HOST}:1/trqp"}, {"authorityId": "urn:x:other"}):
        gone = now(asking_trust(world, council, **changes))
        assert gone.outcome is Outcome.INDETERMINATE
        assert "AUTHORITY_UNKNOWN" in gone.codes


@pytest.mark.loopback
def test_the_past_is_asked_about_and_the_registry_s_dates_decide(
    council: Council,
) -> None:
    """The demo's world of June is decided today, by a council that knows June."""
    world = World()
    council.says(listing(world.board.did, validUntil=str(AT.plus(60))))
    trust = asking_trust(world, council)
    for at, permitted in ((AT, True), (AT.plus(60), False)):
        fetch = Asking(council.fetch, Published(world, {}, at))
        found = decided(world, trust, fetch, at=at)
        assert bool(found) is permitted, found.codes
        assert [one.tells_past for one in fetch.asked] == [False, True]


@pytest.mark.loopback
def test_an_answer_is_used_no_longer_than_the_registry_says(council: Council) -> None:
    world = demo_world.World(system_clock().plus(-3_600))
    council.says(listing(world.board.did))
    trust, cache = asking_trust(world, council), CachedFetch(council.fetch)
    fetch = Asking(cache, Published(world, {}, system_clock()))
    for _ in range(3):
        assert decided(world, trust, fetch, at=system_clock())
    # The council looks at its file again before a second is over.
    assert (cache.counts().misses, cache.counts().hits) == (3, 0)


# Through the marks of an OpenID Federation.

BOARD_URL: Final = BOARD


def federated_license(world: World) -> str:
    document = {**draft_of(world.license), "issuer": BOARD_URL}
    return signed(document)


def signed(document: Any) -> str:
    text = strict_json.dumps(document).encode()
    return sign_compact(text, federated.SIGNER, {"typ": "vc+jwt", "kid": "key-1"})


def federation_pages(world: World, *marks: str) -> dict[str, str]:
    board = federated.board_of(*marks)
    lists = {
        url: signed({**draft_of(world.web.documents[url]), "issuer": BOARD_URL})
        for url in (REVOCATIONS, SUSPENSIONS)
    }
    return {**federated.pages_of(board), **lists}


def federation_trust(world: World) -> TrustRegistry:
    return without_boards(world, federations=[federated.federation()])


def test_a_board_counts_while_a_federation_accredits_it() -> None:
    world = World()
    token, trust = federated_license(world), federation_trust(world)

    def now(*marks: str) -> Decision:
        pages = federation_pages(world, *marks)
        return decided(world, trust, Published(world, pages, AT), token, at=AT)

    found = now(federated.TOP.mark(BOARD_URL))
    assert found.outcome is Outcome.PERMIT, found.codes
    withdrawn = now()
    assert withdrawn.outcome is Outcome.DENY
    assert "ISSUER_NOT_TRUSTED" in withdrawn.codes
    ended = now(federated.TOP.mark(BOARD_URL, exp=int(AT.seconds)))
    assert ended.outcome is Outcome.DENY


def test_without_the_chain_upwards_it_is_not_believed() -> None:
    world = World()
    pages = federation_pages(world, federated.TOP.mark(BOARD_URL))
    del pages[configuration_url(ANCHOR)]
    fetch = Published(world, pages, AT)
    found = decided(
        world, federation_trust(world), fetch, federated_license(world), at=AT
    )
    assert found.outcome is Outcome.INDETERMINATE


# Through W3C Recognized Entities.

LIST: Final = "https://state.example/recognized.json"


def test_a_board_counts_while_an_authority_publishes_that_it_does() -> None:
    world = World()
    named = recognizing_trust(world)
    trust = TrustRegistry.from_json({**named.document, "recognizedEntities": [LIST]})

    def now(recognized: Any) -> Decision:
        pages = {SCHEMA: LICENSES.decode(), LIST: strict_json.dumps(recognized)}
        return decided(world, trust, Published(world, pages, AT), at=AT)

    found = now(recognition(world))
    assert found.outcome is Outcome.PERMIT, found.codes
    assert found.expires == AT.plus(10)
    other = World()  # whose board has the same DID, and another key
    other.board = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    withdrawn = now(recognition(other))
    assert withdrawn.outcome is Outcome.DENY
    assert "ISSUER_NOT_TRUSTED" in withdrawn.codes
    assert LICENSE_TYPE in LICENSES.decode()
    for lost in (LIST, SCHEMA):
        pages = {SCHEMA: LICENSES.decode(), LIST: strict_json.dumps(recognition(world))}
        del pages[lost]
        unknown = decided(world, trust, Published(world, pages, AT), at=AT)
        assert unknown.outcome is Outcome.INDETERMINATE
        assert "AUTHORITY_UNKNOWN" in unknown.codes


# Several of them.


@pytest.mark.parametrize(
    ("place", "outcome", "code"),
    [
        ("US-OH", Outcome.INDETERMINATE, "AUTHORITY_UNKNOWN"),
        ("US-KY", Outcome.DENY, "ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION"),
    ],
)
def test_who_is_believed_for_another_place_waits_for_who_may_speak_for_this_one(
    place: str, outcome: Outcome, code: str
) -> None:
    """The license is of Ohio, and the list recognizes its board for Indiana alone."""
    world = World()
    stated: Any = recognizing_trust(world).document
    (authority,) = stated["authorities"]
    scope = {**authority["mayRecognize"], "jurisdictions": ["US-IN"]}
    registry: Any = {
        "url": "https://registry.example/trqp",
        "authorityId": COUNCIL,
        "mayAuthorize": [{**SCOPE, "jurisdictions": [place]}],
    }
    trust = TrustRegistry.from_json(
        {
            **stated,
            "authorities": [{**authority, "mayRecognize": scope}],
            "recognizedEntities": [LIST],
            "trustRegistries": [registry],
        }
    )
    pages = {SCHEMA: LICENSES.decode(), LIST: strict_json.dumps(recognition(world))}
    found = decided(world, trust, Published(world, pages, AT), at=AT)
    assert found.outcome is outcome, found.codes
    assert code in found.codes
