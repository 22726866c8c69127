"""``--fetch-with``: a real node, resolver and cache behind the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from medid.cli import fetching
from medid.core.fetch import NoFetch
from medid.core.instant import system_clock
from medid.core.json import dumps
from medid.issuing import Controller, issue, present
from medid.keys import keyfile
from tests.access.world import AT
from tests.adapters.evm_nodes import telling
from tests.adapters.hosts import Authority, answer, listening, saying
from tests.adapters.test_universal_resolver import RESULT
from tests.cli.conftest import PASSWORD
from tests.dids.ethr.builders import LIFE
from tests.verifying.world import key, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.access.world import World
    from tests.adapters.evm_nodes import Node
    from tests.adapters.hosts import Host
    from tests.cli.conftest import Command

pytestmark = pytest.mark.loopback

DID = "did:ebsi:board"
BOARD = Controller(verification_method=f"{DID}#k", signer=key("ebsi board"))
SECONDS = 20  # after which a test gives up on the process


def _result() -> bytes:
    method = {
        "id": BOARD.verification_method,
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": BOARD.signer.public_key.to_multikey(),
    }
    names = ("assertionMethod", "authentication")
    document = {
        "id": DID,
        "verificationMethod": [method],
        **{name: [method["id"]] for name in names},
    }
    found = {
        "didDocument": document,
        "didResolutionMetadata": {},
        "didDocumentMetadata": {},
    }
    return json.dumps(found).encode()


@dataclass(frozen=True)
class Site:
    """What a site runs, and the file that says so."""

    file: Path
    node: Node
    resolver: Host

    def set(self, **sections: Any) -> None:
        """Change the file: a section of ``None`` goes."""
        settings = {**json.loads(self.file.read_text()), **sections}
        kept = {name: one for name, one in settings.items() if one is not None}
        self.file.write_text(json.dumps(kept))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("site") / "ca")


@pytest.fixture
def site(tmp_path: Path, authority: Authority) -> Iterator[Site]:
    script = saying(answer(_result(), fields=(RESULT,)))
    tls = authority.server("localhost")
    with telling() as node, listening(script, tls) as host:
        file = tmp_path / "fetch.json"
        file.touch(mode=0o600)
        file.write_text("{}")
        site = Site(file, node, host)
        site.set(
            evm={
                "networks": {
                    "eip155:31337": {
                        "urls": node.url,
                        "registry": LIFE["history"]["registry"],
                        "maxLag": None,
                    }
                },
                "allowLoopback": True,
            },
            universalResolver={
                "base": host.url("", name="localhost"),
                "methods": ["ebsi"],
                "caFile": str(authority.file),
                "allowLoopback": True,
            },
            cache={"sqlite": {"path": "fetched.db"}},
        )
        yield site


@pytest.fixture
def license_file(tmp_path: Path) -> Path:
    """A credential of the board, valid at present."""
    now = system_clock()
    draft = plain(BOARD, validFrom=str(now.plus(-60)), validUntil=str(now.plus(86_400)))
    file = tmp_path / "license.json"
    file.write_text(dumps(issue(draft, BOARD, at=now.plus(-30))))  # type: ignore[arg-type]
    return file


def test_dids_are_resolved_by_nodes_and_by_the_resolver(
    medid: Command, site: Site
) -> None:
    for _ in range(2):
        told = medid("did", "resolve", DID, "--fetch-with", site.file)
        assert told.code == 0, told.err
        assert told.json()["didDocument"]["id"] == DID
        told = medid("did", "resolve", LIFE["did"], "--fetch-with", site.file)
        assert told.json()["didDocumentMetadata"]["deactivated"] is True
    # The second time both came from the cache that the commands share.
    assert len(site.resolver.requests) == 1
    assert site.node.asked.count("eth_chainId") == 1


def test_without_the_settings_nobody_is_asked(medid: Command, site: Site) -> None:
    told = medid("did", "resolve", LIFE["did"])
    assert told.code == 3
    assert site.node.asked == []
    told = medid("did", "resolve", DID, "--fetch-with", site.file, "--offline")
    assert told.code == 3
    assert site.resolver.requests == []


def test_a_did_url_is_dereferenced_by_them(medid: Command, site: Site) -> None:
    url = BOARD.verification_method
    told = medid("did", "dereference", url, "--fetch-with", site.file)
    assert told.code == 0, told.out
    assert told.json()["id"] == url
    assert len(site.resolver.requests) == 1


def test_a_credential_is_verified_by_them(
    medid: Command, site: Site, license_file: Path
) -> None:
    assert medid("verify", license_file).code != 0
    assert site.resolver.requests == []
    told = medid("verify", license_file, "--fetch-with", site.file)
    assert told.code == 0, told.out
    assert medid("verify", license_file, "--fetch-with", site.file).code == 0
    assert len(site.resolver.requests) == 1
    told = medid("verify", license_file, "--fetch-with", site.file, "--no-cache")
    assert told.code == 0, told.out
    assert len(site.resolver.requests) == 2


def test_access_is_decided_by_them(
    medid: Command, site: Site, world: World, folder: Path, tmp_path: Path
) -> None:
    shown: Any = present(
        [world.license, world.consent],
        BOARD,
        challenge="c",
        domain="https://hospital.example",
        at=AT,
    )
    file = tmp_path / "presentation.json"
    file.write_text(dumps(shown))
    call = (
        *("decide", "--presentation", file, "--request", folder / "request.json"),
        *("--trust", folder / "trust.json", "--evidence", folder / "evidence.json"),
    )
    # The presenter is nobody's practitioner, which takes finding out who he is.
    told = medid(*call, "--fetch-with", site.file)
    assert told.code != 0
    assert len(site.resolver.requests) == 1
    assert medid(*call, "--fetch-with", site.file, "--offline").code != 0
    assert len(site.resolver.requests) == 1


def test_a_pack_holds_what_is_published_now(
    medid: Command, site: Site, keys: Path, tmp_path: Path
) -> None:
    assert medid("did", "resolve", DID, "--fetch-with", site.file).code == 0
    told = medid(
        *("evidence", "pack", "--issuer", DID, "--fetch-with", site.file),
        *("--out", tmp_path / "board.pack", "--key", keys / "board.key"),
        *("--password-file", keys / "password"),
    )
    assert told.code == 0, told.err
    assert DID in (tmp_path / "board.pack").read_text()
    assert len(site.resolver.requests) == 2


def test_with_a_pack_nobody_is_asked(
    medid: Command, site: Site, license_file: Path, keys: Path, tmp_path: Path
) -> None:
    other = Controller.did_key(key("packed"))
    pack = tmp_path / "other.pack"
    told = medid(
        *("evidence", "pack", "--issuer", other.did, "--out", pack),
        *("--key", keys / "board.key", "--password-file", keys / "password"),
    )
    assert told.code == 0, told.err
    packer = keyfile.load(keys / "board.key", password=PASSWORD.encode())
    told = medid(
        *("verify", license_file, "--fetch-with", site.file),
        *("--pack", pack, "--pack-signer", Controller.did_key(packer).did),
    )
    assert told.code == 3
    assert site.resolver.requests == []


def test_where_no_cache_is_named_each_command_asks(medid: Command, site: Site) -> None:
    site.set(cache=None)
    for _ in range(2):
        assert medid("did", "resolve", DID, "--fetch-with", site.file).code == 0
    assert len(site.resolver.requests) == 2


@pytest.mark.parametrize("offline", [(), ("--offline",)])
@pytest.mark.parametrize(
    "call",
    [
        ("did", "resolve", DID),
        ("did", "dereference", f"{DID}#k"),
        ("verify", "license.json"),
        ("serve", "--port", "0"),
        ("serve", "--profile", "conformance"),
        ("derive", "license.json", "--disclose", "/credentialSubject"),
        (
            *("decide", "--presentation", "vp.json", "--request", "request.json"),
            *("--trust", "trust.json"),
        ),
        (
            *("evidence", "pack", "--issuer", DID, "--out", "new.pack"),
            *("--key", "board.key"),
        ),
    ],
)
def test_settings_that_are_wrong_end_every_command(
    medid: Command,
    site: Site,
    folder: Path,
    call: tuple[str, ...],
    offline: tuple[str, ...],
) -> None:
    site.set(proxies={"https": "https://proxy.example"})
    files = {"vp.json": folder / "presentation.json"}
    files |= {name: folder / name for name in ("request.json", "trust.json")}
    files["license.json"] = folder / "license.json"
    argv = [files.get(one, one) for one in call]
    told = medid(*argv, *offline, "--fetch-with", site.file)
    assert told.code == 2
    assert "$.proxies" in told.out + told.err


def test_a_secret_is_no_argument_and_is_not_told(
    medid: Command, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "cache.key").touch(mode=0o600)
    (tmp_path / "cache.key").write_text("short and secret")
    redis = {"url": "redis://user:secret@cache.example", "keyFile": "cache.key"}
    site.set(cache={"redis": redis})
    told = medid("did", "resolve", DID, "--fetch-with", site.file)
    assert told.code == 2
    assert "$.cache.redis.keyFile" in told.err
    assert "secret" not in told.out + told.err


def test_the_metrics_of_a_server_count_what_its_cache_does(site: Site) -> None:
    command = [sys.executable, "-m", "medid.cli.main", "serve", "--port=0"]
    with subprocess.Popen(
        [*command, "--fetch-with", str(site.file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            assert started.stdout is not None
            url = started.stdout.readline().split()[-1]
            for _ in range(3):
                found = httpx2.get(f"{url}/1.0/identifiers/{DID}")
                assert found.status_code == 200, found.text
            told = httpx2.get(f"{url}/metrics").text.splitlines()
        finally:
            started.terminate()
            started.communicate(timeout=SECONDS)
    assert "medid_cache_misses_total 1" in told
    assert "medid_cache_hits_total 2" in told
    assert "medid_cache_store_faults_total 0" in told
    assert "# TYPE medid_cache_validated_total counter" in told
    assert len(site.resolver.requests) == 1
    assert not [line for line in told if "ebsi" in line]


def test_offline_settings_open_nothing(site: Site, tmp_path: Path) -> None:
    for cached in (None, True, False):
        found = fetching.fetcher(offline=True, chosen=str(site.file), cached=cached)
        assert isinstance(found, NoFetch)
    assert not (tmp_path / "fetched.db").exists()
