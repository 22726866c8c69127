"""The board's page for people, in a real browser over a real server on loopback."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.register import SqlRegister
from medid.adapters.supplied import SuppliedFetch
from medid.board import BoardRecord, Issuing, Office, found_board, page
from medid.board.page import FIELDS, Paging
from medid.core import base64url, jcs
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched, NoFetch
from medid.core.instant import system_clock
from medid.core.multibase import to_base58btc
from medid.core.records import replace
from medid.errors import ConfigurationError, EvidenceUnavailable
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from medid.verifying.verifier import Verifier
from tests.board.test_site import Site
from tests.board.world import PROFESSION, WHY, Board, claims
from tests.support import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Engine

    from medid.board.site import SiteFile

CHROMIUM = shutil.which("chromium")
ANSWER_SECONDS = 120  # for all steps, of a browser on a busy machine
HARNESS = Path(__file__).with_name("page_harness.html")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
NAME = "Board of Medicine"
HOSTILE = "<img src=x onerror=alert(1)><b>Ada</b>"


class Shown(Site):
    """A site with the page for people."""

    def publish(self, *fields: str, **other: Any) -> list[str]:
        paging = Paging(
            at=self.board.now[0], published=self.files.get, fields=fields, **other
        )
        given = self.board.office.page(paging)
        return super().publish(given=given)

    @property
    def settings(self) -> Any:
        return json.loads(self.files[page.SETTINGS])

    def told(self) -> dict[str, Any]:
        """All that the public register says."""
        found: dict[str, Any] = {}
        for path, content in self.files.items():
            if path.startswith("lookup/"):
                found |= json.loads(content)
        return found


@pytest.fixture
def shown(sqlite_board: Board) -> Shown:
    return Shown(sqlite_board)


def test_the_register_is_public_as_far_as_the_board_says(shown: Shown) -> None:
    board = shown.board
    board.apply("35.0")
    board.change("35.0", "denied")
    board.apply("35.9")
    board.active("md.1", name="Ada Rowe", expires_on=None)
    board.active("MD.1", claims=claims(profession=[{**PROFESSION, "display": "GP"}]))
    board.wait(1)
    board.change("md.1", "suspended")
    later = board.now[0].plus(60)
    board.change("MD.1", "revoked", effective=later)
    shown.publish()
    assert (shown.settings["register"], shown.told()) == (None, {})
    shown.publish("status")
    assert shown.told() == {
        "MD.1": [
            {"number": "MD.1", "status": "active"},
            {"number": "md.1", "status": "suspended"},
        ]
    }
    board.wait(60)
    written = shown.publish(*FIELDS)
    (capital, small) = shown.told()["MD.1"]
    assert [*capital] == ["number", *FIELDS]
    assert (capital["status"], capital["profession"]) == ("revoked", "GP")
    assert [*small] == ["number", *(one for one in FIELDS if one != "expiresOn")]
    assert small["profession"] == "208D00000X"
    # Only what has changed is written.
    assert sum(one.startswith("lookup/") for one in written) == 1
    assert shown.publish(*FIELDS) == []
    # It lies where the page looks for it.
    assert shown.settings["register"] == {"digits": 1}
    prefix = hashlib.sha256(b"MD.1").hexdigest()[0]
    assert "MD.1" in json.loads(shown.files[f"lookup/{prefix}.json"])
    assert page.as_asked(" md.1 ß") == "MD.1 ß"
    # What is not public any more is taken back.
    shown.publish()
    assert (shown.settings["register"], shown.told()) == (None, {})
    for wrong in (("number",), ("status", ""), ("holder",)):
        with pytest.raises(ConfigurationError):
            shown.publish(*wrong)


def test_a_license_whose_last_day_is_over_is_not_told_to_be_active(
    shown: Shown,
) -> None:
    board = shown.board
    board.active("1", expires_on="2026-03-02")
    board.active("2", expires_on="2026-03-02")
    board.change("2", "suspended")
    # Noon of 2 March in UTC; in the last zone the day has twelve hours more to go.
    for hours, status in ((0, "active"), (23, "active"), (1, "expired")):
        board.wait(3_600 * hours)
        shown.publish("status")
        found = [one["status"] for (one,) in shown.told().values()]
        assert sorted(found) == [status, "suspended"]


def test_a_license_whose_first_day_lies_ahead_is_not_told(shown: Shown) -> None:
    shown.board.active("1", issued_on="2026-03-04")
    # Noon of 2 March in UTC; in the first zone on earth the day begins in 22 hours.
    for hours, told in ((0, 0), (21, 0), (1, 1)):
        shown.board.wait(3_600 * hours)
        shown.publish("status")
        assert len(shown.told()) == told


def test_a_larger_register_lies_in_more_files(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [f"35.{one}" for one in range(40)]
    for one in numbers:
        shown.board.active(one)
    monkeypatch.setattr(page, "_BATCH", 7)
    shown.publish("status")
    monkeypatch.setattr(page, "SHARD", 1)
    shown.publish("status")
    assert shown.settings["register"] == {"digits": 2}
    assert sorted(shown.told()) == sorted(numbers)
    assert json.loads(shown.files["lookup/0.json"]) == {}
    assert len([one for one in shown.files if one.startswith("lookup/")]) == 272
    # What was public is taken back, whatever the page says of it.
    public = dict(shown.files)
    for content in (b"x", b"{}", b'{"register":{"digits":true}}', b'{"register":2}'):
        shown.files = public | {page.SETTINGS: content}
        shown.publish()
        assert (shown.settings["register"], shown.told()) == (None, {})
        assert shown.publish() == []


def test_a_register_that_was_cut_off_is_taken_back(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in range(40):
        shown.board.active(f"35.{one}")
    shown.publish()
    for size, digits in ((page.SHARD, 1), (1, 2)):
        monkeypatch.setattr(page, "SHARD", size)
        before, written = dict(shown.files), shown.publish("name")
        last = f"lookup/{'f' * digits}.json"
        # Killed behind the register and before the page that says where it is.
        for path in written[written.index(last) + 1 :]:
            shown.files.pop(path)
            if path in before:
                shown.files[path] = before[path]
        assert shown.told()
        shown.publish()
        assert shown.told() == {}


def test_the_page_has_the_keys_that_a_board_may_use(shown: Shown) -> None:
    shown.publish()
    (key,) = shown.settings["keys"]
    assert key["id"] == shown.board.controller.verification_method
    assert key["jwk"]["crv"] == "Ed25519"
    did, url = "did:web:board.example", "https://board.example/.well-known/did.json"
    good = PrivateKey.generate(KeyKind.P256).public_key
    methods = [
        {
            "id": f"{did}#{name}",
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": good.to_multikey(),
            **more,
        }
        for name, more in (("a", {}), ("b", {"expires": "2020-01-01T00:00:00Z"}))
    ]
    document = {
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [one["id"] for one in methods],
    }
    content = json.dumps(document).encode()
    answer = Fetched.of(url, content, fetched_at=shown.board.now[0])
    fetch = SuppliedFetch(NoFetch(), Evidence().with_answers([(url, answer)]))
    record = replace(shown.board.record, did=did)
    paging = Paging(at=shown.board.now[0], published=shown.files.get, fetch=fetch)
    assert page._keys(record, paging) == [{"id": f"{did}#a", "jwk": good.to_jwk()}]
    with pytest.raises(EvidenceUnavailable):
        page._keys(record, replace(paging, fetch=NoFetch()))


def test_the_page_asks_nobody_but_its_own_site(shown: Shown) -> None:
    shown.publish()
    text = {name: shown.files[name].decode() for name in (page.INDEX, "page.js")}
    whole = text[page.INDEX]
    assert "default-src 'none'; script-src 'self'" in whole
    assert not re.search(r"https?://|\son\w+=|<script>|style=|unsafe", whole)
    assert [*re.findall(r"https?://[^\"]+", text["page.js"])] == [
        "https://www.w3.org/ns/credentials/v2"
    ]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|eval\(|write\(", text["page.js"]
    )
    for name in ("page.css", "page.js"):
        digest = hashlib.sha256(shown.files[name]).digest()
        found = re.search(rf'"{name}" integrity="sha256-([^"]+)"', whole)
        assert found is not None
        assert base64.b64decode(found[1]) == digest


# In the browser.


@dataclass
class Host:
    """A static host on loopback, and what it was told."""

    url: str
    told: SimpleQueue[bytes] = field(default_factory=SimpleQueue)


@contextmanager
def served(files: Mapping[str, bytes]) -> Iterator[Host]:
    """A static host of ``files``."""
    host = Host("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].lstrip("/")
            content = files.get(path)
            self.send_response(404 if content is None else 200)
            kind = TYPES.get(Path(path).suffix, "application/octet-stream")
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content or b"")

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            host.told.put(self.rfile.read(size))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        host.url = f"http://127.0.0.1:{server.server_port}"
        yield host
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def chromium(folder: Path, url: str) -> Iterator[None]:
    """Headless Chromium, which looks at ``url`` while the block runs."""
    assert CHROMIUM is not None
    words = (
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-dev-shm-usage", "--disable-background-networking"),
        f"--user-data-dir={folder}",
    )
    quiet = subprocess.DEVNULL
    browser = subprocess.Popen(
        [CHROMIUM, *words, url], stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        yield
    finally:
        # With it end the processes that it has started.
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()


def answers(files: Mapping[str, bytes], steps: list[Any], folder: Path) -> list[Any]:
    """What the page answers to each step, of one visit, by the browser's own clock."""
    told = json.dumps(steps).replace("<", "\\u003c")
    harness = HARNESS.read_text("utf-8").replace("STEPS", told)
    with (
        served({**files, "harness.html": harness.encode()}) as host,
        chromium(folder / "browser", f"{host.url}/harness.html"),
    ):
        try:
            done: list[Any] = json.loads(host.told.get(timeout=ANSWER_SECONDS))
        except Empty:
            raise AssertionError("the page did not answer") from None
    return done


def signed(board: Board, securing: str, controller: Controller | None = None) -> Any:
    """A license as it is handed out."""
    who = board.controller if controller is None else controller
    issuing = Issuing(controller=who, securing=securing)
    (outcome,) = board.office.issue(["35.1"], issuing, reason=WHY)
    outcome.done()
    assert outcome.credential is not None
    return outcome.credential.content.decode()


DID, WHERE = "did:web:b.example", "https://b.example/.well-known/did.json"


@dataclass
class Present(Shown):
    """A board by the clock of the browser, with two keys and four licenses."""

    second: Controller = field(kw_only=True)
    fetch: SuppliedFetch = field(kw_only=True)

    @classmethod
    def on(cls, engine: Engine) -> Present:
        keys = [PrivateKey.generate(kind) for kind in (KeyKind.ED25519, KeyKind.P256)]
        first, second = (
            Controller(verification_method=f"{DID}#{name}", signer=key)
            for name, key in zip(("ed", "p256"), keys, strict=True)
        )
        methods = [
            {
                "id": one.verification_method,
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": one.signer.public_key.to_multikey(),
            }
            for one in (first, second)
        ]
        ids = [one["id"] for one in methods]
        document = {"id": DID, "verificationMethod": methods, "assertionMethod": ids}
        at = system_clock().plus(-60)
        known = Fetched.of(WHERE, json.dumps(document).encode(), fetched_at=at)
        register = SqlRegister(engine)
        record = BoardRecord(
            did=DID, name=NAME, site="https://b.example", jurisdiction="US-OH"
        )
        found_board(register, record)
        now = [at]
        office = Office(register, DID, clock=lambda: now[0])
        board = Board(engine, register, first, record, office, now)
        for number in ("35.1", "35.2", "35.3"):
            board.active(number, name=HOSTILE)
        # As an older register had it: nobody has let it expire.
        board.apply("35.4", expires_on="2020-01-01", status="active")
        fetch = SuppliedFetch(NoFetch(), Evidence().with_answers([(WHERE, known)]))
        return cls(board, second=second, fetch=fetch)

    def made(self, **other: Any) -> tuple[SiteFile, ...]:
        return super().made(verifier=Verifier(fetch=self.fetch), **other)


@pytest.fixture
def present(sqlite_board: Board) -> Present:
    return Present.on(sqlite_board.engine)


def changed(text: str, old: str, new: str) -> str:
    """A credential with something else in it, and the signature of before."""
    if text.startswith("{"):
        assert old in text
        return text.replace(old, new)
    header, payload, signature = text.split(".")
    stated = base64url.decode(payload).decode()
    assert old in stated
    return ".".join(
        (header, base64url.encode(stated.replace(old, new).encode()), signature)
    )


@pytest.mark.loopback
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_a_browser_looks_up_and_checks(present: Present, tmp_path: Path) -> None:
    board = present.board
    second = present.second
    token, proof = signed(board, "vc+jwt"), signed(board, "eddsa-jcs-2022")
    draft = {name: one for name, one in json.loads(proof).items() if name != "proof"}

    def made(who: Controller, securing: str, **members: Any) -> str:
        stated = {name: one for name, one in {**draft, **members}.items() if one}
        found = issue(stated, who, securing=securing, at=board.now[0])
        return json.dumps(found) if isinstance(found, dict) else str(found)

    def issued(number: str) -> str:
        (outcome,) = board.office.issue([number], board.issuing, reason=WHY)
        assert outcome.credential is not None
        return outcome.credential.content.decode()

    suspended, revoked = issued("35.2"), issued("35.3")
    board.change("35.2", "suspended")
    board.change("35.3", "revoked")
    stranger = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    in_force, broken = "Genuine, and in force", "Not genuine"
    early = "Genuine, and not in force"
    unable, own = "This page cannot check it", board.controller
    now = board.now[0]
    elsewhere = json.loads(
        json.dumps(draft["credentialStatus"]).replace("b.example", "x.example")
    )
    far = [{**one, "statusListIndex": "131072"} for one in draft["credentialStatus"]]
    plain: dict[str, Any] = {
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": stranger.did},
        "credentialStatus": None,
    }
    cases: list[tuple[str, str, str]] = [
        ("number", "35.1", "The license is active"),
        ("number", " 35.2 ", "The license is suspended"),
        ("number", "35.3", "The license is revoked"),
        ("number", "35.4", "The license has ended"),
        ("number", "99.1", "There is no such license"),
        ("number", HOSTILE, "There is no such license"),
        ("text", token, in_force),
        ("text", f" {token}\n", in_force),
        ("file", proof, in_force),
        ("text", made(second, "vc+jwt"), in_force),
        ("text", made(second, "ecdsa-jcs-2019"), in_force),
        ("text", suspended, "Genuine, and suspended"),
        ("file", revoked, "Genuine, and revoked"),
        (
            "text",
            made(own, "eddsa-jcs-2022", validUntil=str(now.plus(1))),
            early,
        ),
        ("text", made(own, "vc+jwt", validFrom=str(now.plus(86_400))), early),
        *(("text", changed(one, "35.1", "35.2"), broken) for one in (token, proof)),
        *(
            ("text", changed(one, "active", "expired"), broken)
            for one in (token, proof)
        ),
        ("text", changed(proof, "assertionMethod", "authentication"), broken),
        ("text", changed(proof, '"proofValue":"z', '"proofValue":"z1'), broken),
        ("text", changed(proof, "eddsa-jcs-2022", "ecdsa-jcs-2019"), broken),
        ("text", made(stranger, "eddsa-jcs-2022", issuer=stranger.did), broken),
        ("text", made(stranger, "vc+jwt", issuer=stranger.did), broken),
        ("text", made(own, "eddsa-jcs-2022", **plain), unable),
        ("text", made(own, "eddsa-jcs-2022", credentialStatus=elsewhere), unable),
        ("text", made(own, "eddsa-jcs-2022", credentialStatus=far), unable),
        ("text", made(own, "eddsa-rdfc-2022"), unable),
        ("text", f"{token}~", unable),
        ("text", present_token(board), unable),
        *(
            ("text", one, unable)
            for one in ("", "{", "[]", "{}", "a.b", "a.b.c", "null", HOSTILE)
        ),
        ("file", "x" * 1_048_577, unable),
    ]
    present.publish(*FIELDS, fetch=present.fetch)
    first, *found = answers(
        present.files, [[field, one] for field, one, _ in cases], tmp_path
    )
    assert first == {"board": board.record.name, "lookup": True}
    told = [
        (field, one[-40:], answer["title"])
        for (field, one, _), answer in zip(cases, found, strict=True)
    ]
    wanted = [(field, one[-40:], [title]) for field, one, title in cases]
    assert [one for one in zip(told, wanted, strict=True) if one[0] != one[1]] == []
    # What a stranger wrote is text, and nothing is told of what is not genuine.
    assert {one["elements"] for one in found} == {0}
    assert HOSTILE in found[0]["text"]
    shown_ = [one for one in found if one["title"] == [broken]]
    assert {one["kind"][0] for one in shown_} == {"result bad"}
    assert not any("35.2" in text for one in shown_ for text in one["text"])


def present_token(board: Board) -> str:
    """A token of the board that is no credential."""
    head = board.office.head(Issuing(controller=board.controller, securing="vc+jwt"))[1]
    return str(head)


def token_of(board: Board, payload: Any, typ: str = "vc+jwt", **header: Any) -> str:
    """Whatever the board might have signed, as a token."""
    who = board.controller
    head = {"alg": "EdDSA", "kid": who.verification_method, "typ": typ, **header}
    parts = [base64url.encode(json.dumps(one).encode()) for one in (head, payload)]
    signature = who.signer.sign(".".join(parts).encode())
    return ".".join((*parts, base64url.encode(signature)))


def proof_of(board: Board, document: Any, **options: Any) -> str:
    """Whatever the board might have signed, with an embedded proof."""
    stated = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": board.controller.verification_method,
        "proofPurpose": "assertionMethod",
        **options,
    }
    message = b"".join(sha256(jcs.canonicalize(one)) for one in (stated, document))
    value = to_base58btc(board.controller.signer.sign(message))
    return json.dumps({**document, "proof": {**stated, "proofValue": value}})


def other_lists(present: Present) -> dict[str, bytes]:
    """Lists of the numbers 2 to 7 that nobody may rely on."""
    good = present.files["status/1/token"].decode()
    stated = json.loads(base64url.decode(good.split(".")[1]))
    now = stated["iat"]
    found = {3: good}
    for number, members in {
        2: {},
        4: {"exp": now + 1},
        5: {"iat": now + 86_400},
        6: {"status_list": {**stated["status_list"], "bits": 1}},
        7: {"status_list": {"bits": 2, "lst": "AAAA"}},
    }.items():
        sub = f"{present.board.record.site}/status/{number}/token"
        whole = {**stated, "sub": sub, **members}
        found[number] = token_of(present.board, whole, "statuslist+jwt")
    # As the board has signed it, but for one word.
    found[2] = changed(found[2], f'"iat": {now}', f'"iat": {now - 1}')
    return {f"status/{number}/token": one.encode() for number, one in found.items()}


@pytest.mark.loopback
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_a_browser_believes_nothing_that_the_board_has_not_said(
    present: Present, tmp_path: Path
) -> None:
    board = present.board
    document = json.loads(signed(board, "eddsa-jcs-2022"))
    document.pop("proof")
    present.publish(fetch=present.fetch)
    in_force, broken, unable = (
        "Genuine, and in force",
        "Not genuine",
        "This page cannot check it",
    )
    other = {**document, "issuer": "did:web:x.example"}
    past, ahead = 1_600_000_000, 4_000_000_000
    cases = [
        (token_of(board, document), in_force),
        (proof_of(board, document), in_force),
        (token_of(board, other), broken),
        (proof_of(board, other), broken),
        (proof_of(board, document, proofPurpose="authentication"), broken),
        (proof_of(board, document, expires="2020-01-01T00:00:00Z"), broken),
        (proof_of(board, document, **{"@context": ["https://x.example"]}), broken),
        (token_of(board, {**document, "exp": past}), broken),
        (token_of(board, {**document, "nbf": ahead}), broken),
        (token_of(board, document, crit=["x"]), unable),
        (token_of(board, document, "statuslist+jwt"), unable),
        (token_of(board, document, alg="none"), unable),
    ]
    for number in range(2, 9):
        text = json.dumps(document).replace("/status/1/", f"/status/{number}/")
        cases.append((token_of(board, json.loads(text)), unable))
    files = {**present.files, **other_lists(present)}
    steps = [["text", text] for text, _ in cases]
    first, *found = answers(files, steps, tmp_path)
    assert first["lookup"] is False
    assert [one["title"] for one in found] == [[title] for _, title in cases]
    reasons = [one["text"][-1] for one in found[-7:]]
    assert ["cannot be relied on" in one for one in reasons] == [True] * 6 + [False]
    assert "does not have what" in reasons[-1]
