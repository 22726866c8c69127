"""``medid serve``: what its flags make of the settings, and what they refuse."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.catalogue import Actions
from medid.adapters.audit import FileAuditLog
from medid.adapters.challenges import SqliteChallenges
from medid.cli import serve as serving
from medid.core import json as strict_json
from medid.core.fetch import Fetched, FetchRequest, NoFetch
from medid.errors import EvidenceUnavailable
from medid.keys import KeyKind, PrivateKey, keyfile
from medid.server import Profile, Reasons, Settings
from medid.server.running import Address
from medid.verifying.judging import StatusPolicy
from tests.cli.conftest import CHEAP, PASSWORD, Command, Told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

URL = "http://127.0.0.1:8080"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two keys, their passwords, and a token."""
    for name, kind in (("board", KeyKind.ED25519), ("other", KeyKind.P256)):
        key = PrivateKey.generate(kind)
        secret = f"{PASSWORD} {name}".encode()
        keyfile.save(tmp_path / f"{name}.key", key, password=secret, protection=CHEAP)
        (tmp_path / f"{name}.password").write_bytes(secret + b"\n")
    tokens: Any = {
        "tokens": [{"name": "a", "token": "t" * 40, "operations": ["issue"]}],
    }
    file = tmp_path / "tokens.json"
    file.write_text(strict_json.dumps(tokens))
    file.chmod(0o600)
    return tmp_path


class Started:
    """What would have been served."""

    settings: Settings
    address: Address


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Takes the place of the server, which ``tests/server`` runs for real."""
    found = Started()

    def take(
        settings: Callable[[str], Settings],
        address: Address,
        *,
        ready: Callable[[str], None],
    ) -> None:
        found.settings, found.address = settings(URL), address
        ready(URL)

    monkeypatch.setattr(serving, "run", take)
    return found


def test_nothing_is_needed_to_verify(medid: Command, started: Started) -> None:
    told = medid("serve")
    assert (told.code, told.out) == (0, f"medid serves at {URL}\n")
    assert started.settings.profile is Profile.DEFAULT
    assert started.settings.controllers == ()
    assert started.settings.tokens.entries == ()
    assert started.settings.reasons is Reasons.TOKENS
    assert started.address == Address()


def test_flags_become_settings(medid: Command, started: Started, place: Path) -> None:
    told = medid(
        *("serve", "--offline", "--status", "required", "--skew", "60"),
        *("--key", place / "board.key", "--password-file", place / "board.password"),
        *("--key", place / "other.key", "--password-file", place / "other.password"),
        *("--tokens", place / "tokens.json", "--reasons", "everyone"),
        *("--base-url", "https://board.example", "--max-body", "1000"),
        *("--max-seconds", "5", "--max-concurrent", "7", "--status-lists", place),
        *("--host", "::1", "--port", "0", "--tls-cert", "c", "--tls-key", "k"),
        *("--require-hybrid-proofs", "--allow-ml-dsa", "--i-know"),
    )
    assert told.code == 0, told.err
    chosen = started.settings
    kinds = [one.signer.public_key.kind for one in chosen.controllers]
    assert kinds == [KeyKind.ED25519, KeyKind.P256]
    assert chosen.tokens.entries[0].name == "a"
    assert (chosen.expect.status, chosen.expect.skew) == (StatusPolicy.REQUIRED, 60)
    assert (chosen.expect.hybrid_proofs, chosen.expect.ml_dsa_tokens) == (True, True)
    assert isinstance(chosen.fetch, NoFetch)
    assert chosen.base_url == "https://board.example"
    assert chosen.status_lists == place
    assert (chosen.limits.body_bytes, chosen.limits.seconds) == (1000, 5)
    assert chosen.limits.concurrent == 7
    assert started.address == Address(
        host="::1", port=0, certificate="c", key="k", exposed=True
    )
    assert started.address.scheme == "https"


def test_a_registry_is_read(medid: Command, started: Started, folder: Path) -> None:
    assert medid("serve", "--trust", folder / "trust.json").code == 0
    assert started.settings.trust is not None


def test_with_a_registry_access_is_decided(
    medid: Command, started: Started, folder: Path, tmp_path: Path
) -> None:
    trust = ("--trust", folder / "trust.json")
    assert medid("serve", *trust).code == 0
    assert started.settings.deciding
    assert (started.settings.audience, started.settings.challenges) == (None, None)
    store = tmp_path / "challenges.db"
    told = medid(
        *("serve", *trust, "--audience", "https://gateway.hospital.example"),
        *("--challenges", store),
    )
    assert told.code == 0, told.err
    assert started.settings.audience == "https://gateway.hospital.example"
    assert isinstance(started.settings.challenges, SqliteChallenges)
    assert store.stat().st_mode & 0o077 == 0
    assert medid("serve", *trust, "--audience", "").code == 2


def test_decisions_are_recorded_where_a_log_is_named(
    medid: Command, started: Started, folder: Path, tmp_path: Path
) -> None:
    key, log = tmp_path / "audit.key", tmp_path / "audit.log"
    key.write_bytes(b"k" * 32)
    trust = ("--trust", folder / "trust.json")
    told = medid("serve", *trust, "--audit", log, "--audit-key-file", key)
    assert told.code == 0, told.err
    assert isinstance(started.settings.audit, FileAuditLog)
    for alone in (("--audit", log), ("--audit-key-file", key)):
        told = medid("serve", *trust, *alone)
        assert told.code == 2
        assert "give --audit and --audit-key-file" in told.err


def test_what_can_be_searched_is_read_at_the_start(
    medid: Command, started: Started, folder: Path, tmp_path: Path
) -> None:
    resource: Any = {
        "type": "Flag",
        "id": "Flag/1",
        "properties": {"patient": "Patient/1"},
    }
    file = tmp_path / "catalogue.ndjson"
    file.touch(mode=0o600)
    file.write_text(strict_json.dumps(resource) + "\n")
    purposes: Any = [{"system": "urn:x", "code": "TREAT"}]
    action: Any = {"name": "access", "properties": {"purposeOfUse": purposes}}
    chosen = tmp_path / "actions.json"
    chosen.write_text(strict_json.dumps({"actions": [action]}))
    trust = ("--trust", folder / "trust.json")
    told = medid("serve", *trust, "--catalogue", file, "--actions", chosen)
    assert told.code == 0, told.err
    found = started.settings.catalogue
    assert found is not None
    assert list(found.resources("Patient/1", "Flag", after=None)) == [resource]
    assert started.settings.actions == Actions((action,))
    file.write_text("{}")
    chosen.write_text('{"actions": []}')
    for flags in (("--catalogue", file), ("--actions", chosen)):
        assert medid("serve", *trust, *flags).code == 2


def test_the_metadata_is_signed_with_a_key_that_is_here(
    medid: Command, started: Started, folder: Path, place: Path
) -> None:
    keys = ("--key", place / "board.key", "--password-file", place / "board.password")
    trust = ("--trust", folder / "trust.json")
    assert medid("serve", *trust, *keys).code == 0
    (board,) = started.settings.controllers
    assert medid("serve", *trust, *keys, "--sign-metadata", board.did).code == 0
    assert started.settings.metadata_controller == started.settings.controllers[0]
    assert medid("serve", *trust, *keys, "--sign-metadata", "did:example:1").code == 2


def test_queries_are_answered_for_the_authority_that_is_named(
    medid: Command, started: Started, folder: Path
) -> None:
    trust = ("--trust", folder / "trust.json")
    found = []
    for flags in ((), ("--trqp", "did:web:council.example")):
        assert medid("serve", *trust, *flags).code == 0
        found.append(started.settings.trqp_authority)
    assert found == [None, "did:web:council.example"]
    told = medid("serve", *trust, "--trqp", "council")
    assert told.code == 2
    assert "trqp_authority" in told.err


@pytest.mark.parametrize(
    "flags",
    [
        ("--audience", "https://a.example"),
        ("--challenges", "challenges.db"),
        ("--audit", "audit.log"),
        ("--audit-key-file", "audit.key"),
        ("--catalogue", "catalogue.ndjson"),
        ("--actions", "actions.json"),
        ("--sign-metadata", "did:example:1"),
        ("--trqp", "did:example:1"),
    ],
)
def test_without_a_registry_no_access_can_be_decided(
    medid: Command, started: Started, flags: tuple[str, ...]
) -> None:
    told = medid("serve", *flags)
    assert told.code == 2
    assert "--trust" in told.err
    assert not hasattr(started, "settings")


def test_the_conformance_profile_has_keys_of_its_own_and_warns(
    medid: Command, started: Started
) -> None:
    told = medid("serve", "--profile", "conformance", "--seed", "x")
    assert told.code == 0
    assert told.err.startswith("warning: the conformance profile")
    dids = [one.did for one in started.settings.controllers]
    medid("serve", "--profile", "conformance", "--seed", "x")
    assert [one.did for one in started.settings.controllers] == dids
    medid("serve", "--profile", "conformance")
    assert [one.did for one in started.settings.controllers] != dids
    assert started.settings.measuring


@pytest.mark.parametrize(
    "flags",
    [
        ("--key", "board.key"),
        ("--tokens", "tokens.json"),
        ("--trust", "trust.json"),
        ("--status-lists", "."),
        ("--status", "required"),
        ("--audience", "https://a.example"),
        ("--challenges", "challenges.db"),
        ("--audit", "audit.log"),
        ("--audit-key-file", "audit.key"),
        ("--catalogue", "catalogue.ndjson"),
        ("--actions", "actions.json"),
        ("--sign-metadata", "did:example:1"),
        ("--trqp", "did:example:1"),
    ],
)
def test_the_conformance_profile_has_no_policy(
    medid: Command, started: Started, flags: tuple[str, ...]
) -> None:
    told = medid("serve", "--profile", "conformance", *flags)
    assert told.code == 2
    assert "--profile" in told.err


def with_keys(medid: Command, place: Path, *flags: Any) -> Told:
    keys = ("--key", place / "board.key", "--key", place / "other.key")
    return medid("serve", *keys, *flags)


def test_a_key_is_opened_before_the_server_starts(
    medid: Command, started: Started, place: Path
) -> None:
    for password in ("other.password", "tokens.json"):
        told = medid(
            *("serve", "--key", place / "board.key"),
            *("--password-file", place / password),
        )
        assert told.code == 2
        assert "SIGNER_ERROR" in told.err
    assert not hasattr(started, "settings")


def test_one_password_may_be_for_all_keys(
    medid: Command, started: Started, place: Path
) -> None:
    told = with_keys(medid, place, "--password-file", place / "board.password")
    assert told.code == 2  # it was tried for both, and opens one
    assert "SIGNER_ERROR" in told.err


def test_flags_for_keys_come_once_for_each(
    medid: Command, started: Started, place: Path
) -> None:
    three = ["--password-file", place / "board.password"] * 3
    assert "--password-file" in with_keys(medid, place, *three).err
    passwords = [
        *("--password-file", place / "board.password"),
        *("--password-file", place / "other.password"),
    ]
    one = ("--verification-method", "did:web:board.example#key-1")
    assert "--verification-method" in with_keys(medid, place, *passwords, *one).err
    two = (*one, "--verification-method", "did:web:board.example#key-2")
    assert with_keys(medid, place, *passwords, *two).code == 0
    assert [one.did for one in started.settings.controllers] == [
        "did:web:board.example"
    ] * 2


def test_a_seed_is_no_way_to_make_keys(medid: Command, started: Started) -> None:
    told = medid("serve", "--seed", "x")
    assert told.code == 2
    assert "no secret" in told.err


def test_a_file_of_tokens_that_others_may_read_is_refused(
    medid: Command, started: Started, place: Path
) -> None:
    (place / "tokens.json").chmod(0o644)
    told = medid("serve", "--tokens", place / "tokens.json")
    assert told.code == 2
    assert "chmod 600" in told.err


@pytest.mark.parametrize("package", ["uvicorn", "starlette"])
def test_without_the_extra_one_line_says_what_to_install(
    medid: Command, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    for name in [*sys.modules]:
        if name == package or name.startswith((f"{package}.", "medid.server.appl")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "medid.server.guard", raising=False)
    told = medid("serve", "--port", "0")
    assert told.code == 2
    assert "MISSING_EXTRA" in told.err
    assert "medid[server]" in told.err


def test_documents_may_be_handed_in_and_logs_remembered(
    medid: Command, place: Path, started: Started
) -> None:
    page = place / "did.json"
    page.write_text('{"id": "did:web:board.example"}')
    url = "https://board.example/.well-known/did.json"
    told = medid(
        "serve",
        "--offline",
        f"--document=did:web:board.example={page}",
        f"--seen-versions={place / 'seen.db'}",
    )
    assert told.code == 0, told.err
    fetch = started.settings.fetch
    request = FetchRequest(url=url, accept="*/*", max_bytes=1_000)
    (answer,) = fetch.fetch_all([request], seconds=1)
    assert isinstance(answer, Fetched)
    assert answer.content == page.read_bytes()
    other = FetchRequest(url=f"{url}x", accept="*/*", max_bytes=1_000)
    (missing,) = fetch.fetch_all([other], seconds=1)
    assert isinstance(missing, EvidenceUnavailable)
    assert (place / "seen.db").exists()
