"""The signing server, over real TLS: who is served, and with which keys."""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.https import ClientCertificate
from medid.adapters.signers.remote import RemoteSigner
from medid.core import base64url
from medid.errors import ConfigurationError, MedidError, MissingExtra, SignerError
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from medid.keys.held import MAX_MESSAGE
from medid.server import signer as face
from medid.server.settings import Limits
from medid.server.signer_clients import Clients
from medid.server.signer_settings import MAX_KEYS, MAX_SIGN_BODY
from medid.verifying.verifier import Verifier
from tests.adapters.hosts import Authority, answer, listening, saying
from tests.server.signing_server import (
    Failing,
    MemoryUses,
    Office,
    fingerprint,
    serving,
)
from tests.verifying.world import NOW, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.loopback


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office.make(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def uses() -> MemoryUses:
    return MemoryUses()


@pytest.fixture(scope="module")
def url(office: Office, uses: MemoryUses) -> Iterator[str]:
    with serving(office, office.settings(log=uses, rate=1e6)) as found:
        yield found


@pytest.fixture
def board(office: Office, url: str) -> Iterator[httpx2.Client]:
    """The board, asking without medid."""
    with httpx2.Client(verify=office.context(office.board), base_url=url) as client:
        yield client


def asked(**changes: Any) -> dict[str, Any]:
    """A sound request, with members changed; ``None`` leaves one out."""
    sound = {
        "key": "license",
        "algorithm": "EdDSA",
        "payload": base64url.encode(b"a license"),
    }
    return {n: v for n, v in {**sound, **changes}.items() if v is not None}


class TestClientsOfTheLibrary:
    @pytest.mark.parametrize("name", ["license", "audit"])
    def test_a_key_behind_a_host_signs(
        self, office: Office, url: str, name: str
    ) -> None:
        signer = office.signer(url, office.board, name)
        assert signer.public_key == getattr(office, name).public_key
        for message in (b"", b"a license", bytes(MAX_MESSAGE)):
            signer.public_key.verify(signer.sign(message), message)

    def test_what_is_issued_with_it_verifies(self, office: Office, url: str) -> None:
        who = Controller.did_key(office.signer(url, office.board))
        issued = issue({**plain(), "issuer": who.did}, who, at=NOW)
        assert Verifier(clock=lambda: NOW).verify(issued).verified

    def test_each_use_is_on_record_and_nothing_of_what_is_signed(
        self, office: Office, url: str, uses: MemoryUses
    ) -> None:
        before = len(uses.uses)
        office.signer(url, office.clinic, "audit").sign(b"canary of a patient")
        (use,) = uses.uses[before:]
        assert use.sha256 == hashlib.sha256(b"canary of a patient").hexdigest()
        assert use.client == fingerprint(office.clinic)
        assert use.key == office.audit.public_key.to_multikey()
        assert (use.time, use.purpose, use.failed) == (NOW, "signer", False)
        assert "canary" not in json.dumps(use.as_json())

    def test_a_key_of_somebody_else_is_no_key(self, office: Office, url: str) -> None:
        for name in ("license", "nobody's"):
            signer = office.signer(url, office.clinic, name.replace("'", ""))
            with pytest.raises(SignerError, match="no such key for this client"):
                signer.sign(b"x")

    def test_a_certificate_that_is_not_on_the_list_is_refused(
        self, office: Office, url: str, uses: MemoryUses
    ) -> None:
        stranger = office.authority.pem(subject="board")  # the same name, another key
        before = len(uses.uses)
        with pytest.raises(SignerError, match="status 403"):
            office.signer(url, stranger).sign(b"x")
        assert len(uses.uses) == before

    def test_certificates_that_do_not_count_end_the_handshake(
        self, office: Office, url: str, tmp_path: Path
    ) -> None:
        elsewhere = Authority.make(tmp_path / "other")
        bad = {
            "of another authority": elsewhere.pem(subject="board"),
            "expired": office.authority.pem(subject="board", days=(-30, -1)),
            "not yet valid": office.authority.pem(subject="board", days=(1, 30)),
            "of its own word": office.authority.pem(subject="board", self_signed=True),
        }
        for client in bad.values():
            with pytest.raises(SignerError, match="FETCH_FAILED"):
                office.signer(url, client).sign(b"x")

    def test_no_certificate_is_no_connection(self, office: Office, url: str) -> None:
        with (
            httpx2.Client(verify=office.context(None)) as nobody,
            pytest.raises(httpx2.TransportError),
        ):
            nobody.get(f"{url}/keys")

    def test_a_host_that_another_authority_certifies_is_not_believed(
        self, office: Office, url: str, tmp_path: Path
    ) -> None:
        elsewhere = Authority.make(tmp_path / "other")
        signer = office.signer(url, office.board, ca_file=elsewhere.file)
        with pytest.raises(SignerError, match="certificate is not valid"):
            signer.sign(b"x")

    def test_a_host_that_is_gone_is_an_error(self, office: Office) -> None:
        with serving(office, office.settings()) as url:
            signer = office.signer(url, office.board)
            signer.sign(b"x")
        with pytest.raises(SignerError, match="did not answer") as caught:
            signer.sign(b"x")
        assert caught.value.__cause__ is None

    def test_a_name_without_addresses_is_an_error(self, office: Office) -> None:
        def nowhere(_host: str, _port: int) -> list[str]:
            raise OSError("no such host")

        signer = office.signer("https://signer.example", office.board, resolver=nowhere)
        with pytest.raises(SignerError, match="cannot be looked up"):
            signer.sign(b"x")

    def test_another_key_by_the_same_name_is_noticed(self, office: Office) -> None:
        with serving(office, office.settings()) as url:
            signer = office.signer(url, office.board)
            known = signer.public_key
        other = {"license": PrivateKey.generate(KeyKind.ED25519)}
        with serving(office, office.settings(keys=other)) as url:
            replaced = office.signer(url, office.board)
            replaced._public_key = known
            with pytest.raises(SignerError, match="does not verify"):
                replaced.sign(b"x")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b'{"keys": 1}',
            b'{"keys": [{"name": "license"}]}',
            b'{"keys": [{"name": "license", "publicKeyMultibase": "z6Mk"}]}',
            b'{"keys": [{"name": "license", "publicKeyMultibase": 1}]}',
            b'{"keys": [], "keys": []}',
        ],
    )
    def test_an_answer_of_another_form_is_an_error(
        self, office: Office, body: bytes
    ) -> None:
        tls = office.authority.server("localhost")
        with listening(saying(answer(body)), tls) as host:
            signer = office.signer(host.url("", "localhost"), office.board)
            with pytest.raises(SignerError):
                signer.sign(b"x")

    def test_a_key_that_signs_no_messages_is_not_taken(self, office: Office) -> None:
        public = PrivateKey.generate(KeyKind.X25519).public_key.to_multikey()
        told = {"keys": [{"name": "license", "publicKeyMultibase": public}]}
        tls = office.authority.server("localhost")
        with (
            listening(saying(answer(json.dumps(told).encode())), tls) as host,
            pytest.raises(SignerError, match="does not sign with"),
        ):
            _ = office.signer(host.url("", "localhost"), office.board).public_key

    @pytest.mark.parametrize(
        "said",
        [
            {"signature": 1},
            {"signature": "*"},
            {"signature": "AAAA"},
            {},
            {"signature": "AAAA", "more": 1},
        ],
    )
    def test_an_answer_that_is_no_signature_is_an_error(
        self, office: Office, said: Any
    ) -> None:
        tls = office.authority.server("localhost")
        with listening(saying(answer(json.dumps(said).encode())), tls) as host:
            signer = office.signer(host.url("", "localhost"), office.board)
            signer._public_key = office.license.public_key
            with pytest.raises(SignerError):
                signer.sign(b"x")

    def test_a_redirect_is_not_followed(self, office: Office, url: str) -> None:
        tls = office.authority.server("localhost")
        moved = answer(status="307 T", fields=(f"Location: {url}/sign",))
        with (
            listening(saying(moved), tls) as host,
            pytest.raises(SignerError, match="redirects"),
        ):
            office.signer(host.url("", "localhost"), office.board).sign(b"x")

    @pytest.mark.parametrize(
        "bad",
        [
            "https://signer.example/",
            "https://signer.example/keys/",
            "https://signer.example/keys/a/b",
            "https://signer.example/keys/a?x=1",
            "https://signer.example/keys/-a",
            "http://signer.example/keys/a",
            "https://10.0.0.1/keys/a",
            "https://user@signer.example/keys/a",
        ],
    )
    def test_a_url_that_names_no_key_is_refused(self, office: Office, bad: str) -> None:
        client = ClientCertificate(certificate=office.board, key=office.board)
        with pytest.raises(ConfigurationError):
            RemoteSigner(bad, client=client, ca_file=office.authority.file)

    def test_files_that_are_no_certificates_are_refused(
        self, office: Office, tmp_path: Path
    ) -> None:
        empty = tmp_path / "empty.pem"
        empty.write_text("")
        for client, ca in (
            (empty, office.authority.file),
            (tmp_path / "none", office.authority.file),
            (office.board, empty),
        ):
            with pytest.raises(ConfigurationError):
                office.signer("https://a.example", client, ca_file=ca)

    def test_a_key_with_a_password_is_refused_and_nobody_is_asked(
        self, office: Office, tmp_path: Path
    ) -> None:
        from cryptography.hazmat.primitives import serialization

        text = office.board.read_bytes()
        key = serialization.load_pem_private_key(text, None)
        locked = tmp_path / "locked.pem"
        locked.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"canary"),
            )
        )
        client = ClientCertificate(certificate=office.board, key=locked)
        with pytest.raises(ConfigurationError, match="cannot be read"):
            RemoteSigner(
                "https://a.example/keys/a", client=client, ca_file=office.authority.file
            )

    def test_it_is_neither_pickled_nor_shown(self, office: Office, url: str) -> None:
        signer = office.signer(url, office.board)
        with pytest.raises(TypeError):
            pickle.dumps(signer)
        assert "board" not in repr(signer)


BAD: dict[str, tuple[Any, int]] = {
    "no key": (asked(key=None), 400),
    "no algorithm": (asked(algorithm=None), 400),
    "no payload": (asked(payload=None), 400),
    "one more": (asked(purpose="x"), 400),
    "a number": (asked(key=1), 400),
    "an object": (asked(payload={}), 400),
    "another algorithm": (asked(algorithm="ES256"), 400),
    "none": (asked(algorithm="none"), 400),
    "a MAC": (asked(algorithm="HS256"), 400),
    "padding": (asked(payload="YQ=="), 400),
    "not base64url": (asked(payload="a+/b"), 400),
    "stray bits": (asked(payload="YR"), 400),
    "an unknown key": (asked(key="root"), 403),
    "a path": (asked(key="../license"), 403),
    "an array": ([asked()], 400),
    "nested": (asked(key=[[[[]]]]), 400),
}


class TestRequests:
    def test_a_client_is_told_its_own_keys(
        self, office: Office, url: str, board: httpx2.Client
    ) -> None:
        found = board.get("/keys").json()["keys"]
        assert [one["name"] for one in found] == ["license", "audit"]
        assert found[0]["algorithms"] == ["EdDSA", "Ed25519"]
        with httpx2.Client(verify=office.context(office.clinic)) as clinic:
            found = clinic.get(f"{url}/keys").json()["keys"]
        assert [one["name"] for one in found] == ["audit"]

    def test_a_sound_request_is_answered_with_a_signature_alone(
        self, office: Office, board: httpx2.Client
    ) -> None:
        told = board.post("/sign", json=asked())
        assert told.status_code == 200
        assert told.headers["cache-control"] == "no-store"
        (signature,) = told.json().values()
        office.license.public_key.verify(base64url.decode(signature), b"a license")

    def test_a_key_of_somebody_else_is_answered_as_one_that_is_not_there(
        self, office: Office, url: str, uses: MemoryUses
    ) -> None:
        before = len(uses.uses)
        with httpx2.Client(verify=office.context(office.clinic), base_url=url) as one:
            told = [one.post("/sign", json=asked(key=key)) for key in ("license", "x")]
        assert [one.status_code for one in told] == [403, 403]
        assert told[0].content == told[1].content
        assert len(uses.uses) == before

    @pytest.mark.parametrize("case", BAD)
    def test_anything_else_is_refused(
        self, board: httpx2.Client, uses: MemoryUses, case: str
    ) -> None:
        body, status = BAD[case]
        before = len(uses.uses)
        told = board.post("/sign", json=body)
        assert told.status_code == status, told.text
        assert told.headers["content-type"] == "application/problem+json"
        assert len(uses.uses) == before

    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (b"", 400),
            (b"{", 400),
            (b'{"key": "a", "key": "b"}', 400),
            (b"\xff\xfe", 400),
            (b'{"key": NaN}', 400),
        ],
    )
    def test_what_is_no_strict_json_is_refused(
        self, board: httpx2.Client, content: bytes, status: int
    ) -> None:
        headers = {"content-type": "application/json"}
        told = board.post("/sign", content=content, headers=headers)
        assert told.status_code == status

    def test_sizes_are_bounded(self, board: httpx2.Client, uses: MemoryUses) -> None:
        before = len(uses.uses)
        over = base64url.encode(bytes(MAX_MESSAGE + 1))
        assert board.post("/sign", json=asked(payload=over)).status_code == 400
        huge = {"content-type": "application/json"}
        told = board.post("/sign", content=b" " * (MAX_SIGN_BODY + 1), headers=huge)
        assert told.status_code == 413
        assert len(uses.uses) == before

    def test_other_forms_methods_and_places_are_refused(
        self, board: httpx2.Client
    ) -> None:
        body = json.dumps(asked()).encode()
        form = {"content-type": "text/plain"}
        assert board.post("/sign", content=body, headers=form).status_code == 415
        zipped = {"content-type": "application/json", "content-encoding": "gzip"}
        assert board.post("/sign", content=body, headers=zipped).status_code == 415
        assert board.get("/sign").status_code == 405
        assert board.post("/keys").status_code == 405
        assert board.get("/").status_code == 404
        assert board.get("/keys/").status_code == 404
        foreign = {"origin": "https://evil.example"}
        assert board.get("/keys", headers=foreign).status_code == 403

    @given(
        st.dictionaries(
            st.sampled_from(["key", "algorithm", "payload", "x"]),
            st.one_of(
                st.none(), st.integers(), st.text(max_size=8), st.lists(st.none())
            ),
        )
    )
    def test_only_medid_errors_come_out_of_reading(self, obj: dict[str, Any]) -> None:
        with suppress(MedidError):
            face._asked(json.dumps(obj).encode())


class TestFailures:
    def test_a_store_that_fails_is_not_explained_to_callers_and_logged(
        self, office: Office
    ) -> None:
        uses = MemoryUses()
        keys = {"license": Failing(office.license, 1)}
        with serving(office, office.settings(log=uses, keys=keys)) as url:
            signer = office.signer(url, office.board)
            with pytest.raises(SignerError, match="status 503") as caught:
                signer.sign(b"x")
            signer.public_key.verify(signer.sign(b"y"), b"y")
        assert "canary" not in "".join(traceback.format_exception(caught.value))
        assert [use.failed for use in uses.uses] == [False, True, False]
        assert uses.uses[0].id == uses.uses[1].id

    def test_without_a_record_nothing_is_signed(self, office: Office) -> None:
        uses = MemoryUses()
        key = Failing(office.license)
        with serving(office, office.settings(log=uses, keys={"license": key})) as url:
            signer = office.signer(url, office.board)
            uses.broken = True
            with pytest.raises(SignerError, match="status 503"):
                signer.sign(b"x")
            assert key.uses == 0
            uses.broken = False
            signer.sign(b"x")
        assert key.uses == 1

    def test_a_client_that_asks_too_often_is_told_when_to_come_back(
        self, office: Office
    ) -> None:
        moment = [0.0]
        settings = office.settings(rate=0.2, stopwatch=lambda: moment[0])
        with (
            serving(office, settings) as url,
            httpx2.Client(verify=office.context(office.board), base_url=url) as board,
            httpx2.Client(verify=office.context(office.clinic), base_url=url) as clinic,
        ):
            told = [board.get("/keys").status_code for _ in range(3)]
            assert told == [200, 200, 429]
            assert board.get("/keys").headers["retry-after"] == "5"
            assert clinic.get("/keys").status_code == 200  # each has its own
            moment[0] += 5
            assert board.get("/keys").status_code == 200
            assert board.get("/keys").status_code == 429

    def test_the_access_log_names_the_client_and_nothing_it_sent(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        logger = logging.getLogger("medid.access")
        before, logger.propagate = logger.propagate, True
        try:
            # An answer leaves before its line is written, so the server has to end.
            with (
                caplog.at_level(logging.INFO, "medid.access"),
                serving(office, office.settings()) as url,
            ):
                office.signer(url, office.board).sign(b"canary")
        finally:
            logger.propagate = before
        lines = [one for one in caplog.messages if "route=/sign" in one]
        assert "status=200 code=OK by=board" in lines[0]
        assert "canary" not in caplog.text

    def test_a_slow_store_ends_in_time(self, office: Office) -> None:
        limits = Limits(body_bytes=MAX_SIGN_BODY, seconds=0.3)

        class Slow(Failing):
            def sign(self, message: bytes) -> bytes:
                import time

                time.sleep(1)
                return super().sign(message)

        keys = {"license": Slow(office.license)}
        with (
            serving(office, office.settings(keys=keys, limits=limits)) as url,
            pytest.raises(SignerError, match="status 503"),
        ):
            office.signer(url, office.board).sign(b"x")


GOOD: dict[str, Any] = {"name": "a", "sha256": "0" * 64, "keys": ["license"]}


class TestSettings:
    def test_settings_that_serve_nobody_are_refused(self, office: Office) -> None:
        many = {f"k{n}": office.license for n in range(MAX_KEYS + 1)}
        refused: list[dict[str, Any]] = [
            {"keys": {}},
            {"keys": many},
            {"keys": {"a/b": office.license}},
            {"rate": 0},
            {"rate": float("inf")},
            {"rate": float("nan")},
        ]
        for changes in refused:
            with pytest.raises(ConfigurationError):
                office.settings(**changes)

    def test_a_key_that_signs_no_messages_is_refused_at_the_start(
        self, office: Office
    ) -> None:
        keys = {"a": PrivateKey.generate(KeyKind.X25519)}
        with pytest.raises(SignerError, match="does not sign"):
            face.application(office.settings(keys=keys))

    def test_who_is_not_known_by_tls_is_nobody(self, office: Office) -> None:
        from starlette.testclient import TestClient

        app = face.application(office.settings())
        assert TestClient(app).get("/keys").status_code == 403
        assert office.clients().find(None) is None

    def test_a_file_of_clients_is_read(self) -> None:
        found = Clients.from_json({"clients": [GOOD]})
        assert found.entries[0].keys == {"license"}

    @pytest.mark.parametrize(
        "obj",
        [
            {},
            {"clients": {}},
            {"clients": [], "more": 1},
            {"clients": [{**GOOD, "more": 1}]},
            {"clients": [{**GOOD, "name": "a b"}]},
            {"clients": [{**GOOD, "name": ""}]},
            {"clients": [{**GOOD, "sha256": "0" * 63}]},
            {"clients": [{**GOOD, "sha256": "A" * 64}]},
            {"clients": [{**GOOD, "keys": ["*/"]}]},
            {"clients": [{"name": "a", "sha256": "0" * 64}]},
            {"clients": [GOOD, {**GOOD, "name": "b"}]},
            {"clients": [GOOD, {**GOOD, "sha256": "1" * 64}]},
            {"clients": [{**GOOD, "name": f"{n}"} for n in range(1001)]},
        ],
    )
    def test_another_file_of_clients_is_refused(self, obj: Any) -> None:
        with pytest.raises(MedidError):
            Clients.from_json(obj)


def test_without_starlette_the_extra_is_named(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from medid.server import signer_app

    monkeypatch.setitem(sys.modules, "medid.server.signer", None)
    with pytest.raises(MissingExtra, match=r"medid\[server\]"):
        signer_app(office.settings())
