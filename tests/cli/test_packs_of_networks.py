"""A pack with what federations and trust registries say, from real hosts, then offline.

The hosts of the federation are one TLS server on the loopback interface, the trust
registry is ``medid serve`` in a process of its own. What is verified afterwards is
verified by a process that may open no socket.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.adapters import https
from medid.core.instant import Instant, system_clock
from medid.core.json import dumps
from medid.issuing import Controller, issue, new_list
from medid.keys import keyfile
from medid.securing.jose import sign_compact
from medid.trust import LICENSE_TYPE
from medid.trust.federation.statements import configuration_url
from tests.adapters.hosts import Authority, Pages, listening
from tests.cli.conftest import PASSWORD
from tests.server.test_process import process
from tests.trust.federations import TYPE, Entity, entity
from tests.verifying import world
from tests.verifying.world import CODE, VCT, key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.adapters.hosts import Host
    from tests.cli.conftest import Command, Told

pytestmark = pytest.mark.loopback

SIGNER: Final = key("federated board")
LISTED: Final = world.BOARD  # a DID, which only the registry speaks for
COUNCIL: Final = "did:web:council.example"
NAMES: Final = ("federation.example", "board.example", "registry.example")
SCOPE: Final[dict[str, Any]] = {
    "jurisdictions": ["US-OH"],
    "professions": ["208D00000X"],
}
DAY: Final = 86_400  # seconds


@dataclass(frozen=True)
class Site:
    """The hosts, and the files of whoever verifies.

    Attributes:
        host: Of the federation and of its board.
        board: The address by which the federated board is named.
        status: The status list of the other board.
        folder: Holds ``trust.json``, one license of each board, and the pack.
        keys: Holds the key of whoever packs.
    """

    host: Host
    board: str
    status: str
    folder: Path
    keys: Path

    def pack(self, medid: Command, *options: object) -> Told:
        """Packs all that the two boards' licenses take."""
        return medid(
            *("evidence", "pack", "--issuer", self.board, "--issuer", LISTED.did),
            *("--status", self.status, "--out", self.folder / "out.pack"),
            *("--key", self.keys / "board.key"),
            *("--password-file", self.keys / "password", *options),
        )

    def verified(self, medid: Command, name: str, *options: object) -> Told:
        """Verifies a license with the trust file."""
        return medid(
            *("verify", self.folder / name, "--trust", self.folder / "trust.json"),
            *("--json", *options),
        )

    def from_pack(self, medid: Command, name: str, *options: object) -> Told:
        """Verifies a license from the pack alone."""
        private = keyfile.load(self.keys / "board.key", password=PASSWORD.encode())
        signer = Controller.did_key(private).did
        pack = ("--pack", self.folder / "out.pack", "--pack-signer", signer)
        return self.verified(medid, name, *pack, *options)


@pytest.fixture
def site(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    authority = Authority.make(tmp_path / "ca")
    pem = authority.pem(*NAMES)
    registry = tmp_path / "registry"
    registry.mkdir()
    listed: Any = {"acceptedBoards": [{"did": LISTED.did, **SCOPE}]}
    (registry / "trust.json").write_text(dumps(listed))
    serving = (
        *("--trust=trust.json", f"--trqp={COUNCIL}"),
        *(f"--tls-cert={pem}", f"--tls-key={pem}"),
    )
    # The one difference from what users have: their own machine may be asked.
    local = partial(
        https.HttpsFetch,
        allow_loopback=True,
        ca_file=authority.file,
        resolver=lambda _host, _port: ["127.0.0.1"],
    )
    monkeypatch.setattr(https, "HttpsFetch", local)
    pages, tls = Pages(), authority.server(*NAMES)
    with listening(pages, tls) as host, process(registry, *serving) as (url, _):
        at, port = system_clock(), url.rpartition(":")[2]
        top = entity(f"https://federation.example:{host.port}")
        board = federated(top, f"https://board.example:{host.port}")
        pages.content.update(published(top, board, at))
        trust: dict[str, Any] = {
            "federations": [federation(top)],
            "trustRegistries": [
                {
                    "url": f"https://registry.example:{port}/trqp",
                    "authorityId": COUNCIL,
                    "mayAuthorize": [SCOPE],
                }
            ],
        }
        (tmp_path / "trust.json").write_text(dumps(trust))
        (tmp_path / "federated.sdjwt").write_text(license_by(board))
        status = f"https://board.example:{host.port}/status/1"
        revoked: Any = new_list(status, "revocation", LISTED, at=at.plus(-60))
        pages.content[status] = dumps(revoked).encode()
        (tmp_path / "listed.json").write_text(dumps(license_of(at, status)))
        yield Site(host, board.name, status, tmp_path, keys)


def federated(top: Entity, name: str) -> Entity:
    """A board below ``top``, with the key that it signs licenses with."""
    keys = {"keys": [{**SIGNER.public_key.to_jwk(), "kid": "key-1"}]}
    board = entity(name, top.name)
    board.claims["metadata"] = {"openid_credential_issuer": {"jwks": keys}}
    return board


def published(top: Entity, board: Entity, at: Instant) -> dict[str, bytes]:
    """What the two state at ``at``, by address."""
    now: dict[str, Any] = {"iat": int(at.seconds) - 60, "exp": int(at.seconds) + DAY}
    mark = {"trust_mark_type": TYPE, "trust_mark": top.mark(board.name, **now)}
    name = board.name.replace(":", "%3A").replace("/", "%2F")
    found = {
        configuration_url(top.name): top.configuration(
            trust_mark_issuers={TYPE: [top.name]}, **now
        ),
        configuration_url(board.name): board.configuration(trust_marks=[mark], **now),
        f"{top.fetch}?sub={name}": top.about(board, **now),
    }
    return {url: text.encode() for url, text in found.items()}


def federation(top: Entity) -> dict[str, Any]:
    """The entry of a trust file for the federation of ``top``."""
    mark = {"type": TYPE, "credentialTypes": [VCT, LICENSE_TYPE], **SCOPE}
    return {"anchor": top.name, "jwks": top.jwks, "trustMarks": [mark]}


def license_by(board: Entity) -> str:
    head = {"kid": "key-1", "typ": "dc+sd-jwt"}
    payload = json.dumps({"iss": board.name, "vct": VCT}).encode()
    return f"{sign_compact(payload, SIGNER, head)}~"


def license_of(at: Instant, status: str) -> Any:
    """A license by the board that the registry lists, with its ``status`` there."""
    draft = world.license_draft(LISTED, credentialStatus=world.entry(status))
    draft["validFrom"], draft["validUntil"] = str(at.plus(-DAY)), str(at.plus(DAY))
    node = draft["credentialSubject"]["license"]
    node["jurisdiction"] = "US-OH"
    node["profession"] = {"type": "Code", "system": CODE, "code": "208D00000X"}
    return issue(draft, LISTED, securing="eddsa-jcs-2022", at=at.plus(-60))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Called once the pack is made: from then on no socket is opened."""

    def refused(*_args: object, **_named: object) -> None:
        raise AssertionError("the network was touched")

    def closed() -> None:
        monkeypatch.setattr(socket, "socket", refused)
        monkeypatch.setattr(socket, "create_connection", refused)
        monkeypatch.setattr(socket, "getaddrinfo", refused)

    return closed


def test_what_federations_and_registries_say_is_packed_and_enough(
    medid: Command, site: Site, no_network: Any
) -> None:
    for name in ("federated.sdjwt", "listed.json"):
        assert site.verified(medid, name).code == 0, name
    told = site.pack(medid, "--trust", site.folder / "trust.json")
    assert (told.code, told.err) == (0, ""), told.out
    no_network()
    for name in ("federated.sdjwt", "listed.json"):
        assert site.verified(medid, name, "--offline").code == 3, name
        told = site.from_pack(medid, name)
        assert told.code == 0, told.out
        assert told.json()["verified"] is True


def test_an_answer_of_a_registry_does_not_last_as_long_as_its_pack(
    medid: Command, site: Site, no_network: Any
) -> None:
    assert site.pack(medid, "--trust", site.folder / "trust.json").code == 0
    asked = len(site.host.requests)
    no_network()
    later = ("--now", system_clock().plus(301))
    told = site.from_pack(medid, "listed.json", *later)
    assert told.code == 3
    assert site.from_pack(medid, "federated.sdjwt", *later).code == 0
    assert len(site.host.requests) == asked


def test_without_the_trust_file_nothing_that_others_say_is_packed(
    medid: Command, site: Site
) -> None:
    """The federated board publishes no keys elsewhere, so there is no pack of it."""
    told = site.pack(medid)
    assert told.code == 3
    assert "issuer-metadata: FETCH_FAILED" in told.err
    assert not (site.folder / "out.pack").exists()


def test_while_a_registry_is_out_of_reach_there_is_no_pack(
    medid: Command, site: Site
) -> None:
    place = site.folder / "trust.json"
    trust = json.loads(place.read_text())
    trust["trustRegistries"][0]["url"] = "https://registry.example:1/trqp"
    place.write_text(dumps(trust))
    told = site.pack(medid, "--trust", place)
    assert (told.code, (site.folder / "out.pack").exists()) == (3, False)
    assert "FETCH_FAILED" in told.err
