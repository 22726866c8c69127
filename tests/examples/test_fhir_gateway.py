"""The FHIR gateway gives what is permitted, and tells of nothing else."""

from __future__ import annotations

import functools
import http.client
import importlib
import json
import runpy
import shutil
import subprocess
import sys
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

import medid
from medid.access.consent_scenarios import evaluate
from medid.access.request import read_resource_part
from medid.cli.demo_world import AUDIENCE, World
from medid.errors import MalformedValue
from medid.health.codes import ACT_CODE, ACT_REASON, CONFIDENTIALITY
from tests.access.world import fhir_consent

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "fhir_gateway"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))
MAX_LINES = 150
CHROMIUM = shutil.which("chromium")

OBSERVATIONS = "/Observation?patient=p-9"
REPORTS = "/DiagnosticReport?patient=p-9&_include=DiagnosticReport%3Aresult"
GIVEN = ["blood-glucose", "blood-pressure", "heart-rate"]
WITHHELD = ("psychotherapy", "hiv", "unlabelled", "contained", "of-another", "p-10")


@functools.cache
def module(name: str) -> Any:
    """A module of the example."""
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))


class Reader(module("upstream").Upstream):  # type: ignore[misc]
    """Reads the example's files without a socket."""

    records = module("record_server").load()
    server = TestClient(module("record_server").record_server(records))

    def _get(self, target: str) -> Any:
        self.requests += 1
        reply = self.server.get(target)
        return None if reply.status_code == 404 else reply.json()


class Hospital:
    """The gateway of one world, in this process."""

    def __init__(self) -> None:
        self.world = World(medid.system_clock())
        self.feed = module("operator_feed").Feed()
        self.verifier = module("demo_wallet").verifier_of(self.world)
        behind = ("127.0.0.1", 1)  # nothing is there: files are read instead
        proxy = module("fhir_proxy").Gateway(self.verifier, behind, self.feed)
        self.client = TestClient(proxy.app())

    def ask(self, target: str, purpose: str = "TREAT", method: str = "GET") -> Any:
        headers = {"Purpose-Of-Use": purpose}
        asked = self.client.request(method, target, headers=headers)
        if asked.status_code != 401:
            return asked
        challenge = asked.headers["WWW-Authenticate"].split('challenge="')[1]
        shown = module("demo_wallet").presentation(self.world, challenge.split('"')[0])
        headers["Authorization"] = f"Presentation {shown}"
        return self.client.request(method, target, headers=headers)

    def told(self) -> Any:
        """The last event."""
        return self.feed.after(0)[-1]


@pytest.fixture(scope="module")
def lasting() -> Hospital:
    """A hospital in which nothing changes."""
    return Hospital()


@pytest.fixture(autouse=True)
def _read_files(monkeypatch: pytest.MonkeyPatch, request: Any) -> None:
    if request.node.get_closest_marker("loopback") is None:
        monkeypatch.setattr(module("fhir_proxy"), "Upstream", Reader)


def ids(reply: Any, mode: str = "match") -> list[str]:
    assert reply.status_code == 200, reply.text
    entries = reply.json()["entry"]
    return [one["resource"]["id"] for one in entries if one["search"]["mode"] == mode]


def silent(text: str) -> bool:
    """Whether nothing in it is of what is withheld."""
    return "CANARY" not in text and not any(word in text for word in WITHHELD)


@functools.cache
def absent_answer(hospital: Hospital) -> Any:
    """To a read of what is not there."""
    return hospital.ask("/Observation/absent")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_file_of_the_example_is_short(script: str) -> None:
    assert len((FOLDER / script).read_text("utf-8").splitlines()) <= MAX_LINES


def test_the_server_behind_it_gives_everything() -> None:
    found = Reader.server.get(f"{OBSERVATIONS}&_count=50")
    assert found.json()["total"] == 7
    assert "CANARY-psychotherapy" in found.text


def test_what_a_consent_may_decide_by_is_told_to_the_rules() -> None:
    resource = {
        "resourceType": "Observation",
        "id": "x",
        "subject": {"reference": "Patient/p-9"},
        "performer": [{"reference": "Practitioner/chen"}],
        "encounter": {"reference": "Encounter/e1"},
        "effectivePeriod": {"start": "2026-01-01", "end": "2026-01-02"},
        "issued": "2026-01-03T00:00:00Z",
    }
    told = module("describing").described(resource, "Patient/p-9")["properties"]
    assert told["clinicalDate"] == resource["effectivePeriod"]
    assert told["authoredDate"] == resource["issued"]
    assert told["author"] == ["Practitioner/chen"]
    assert told["refersTo"] == ["Encounter/e1", "Practitioner/chen"]


def test_a_time_that_is_not_understood_withholds() -> None:
    resource = {
        "resourceType": "Observation",
        "id": "x",
        "effectiveTiming": {"event": ["2026-01-01"]},
    }
    with pytest.raises(MalformedValue):
        read_resource_part(module("describing").described(resource, "Patient/p-9"), UTC)


def decided(members: dict[str, Any], **denied: Any) -> Any:
    """What is decided about a resource where the patient denies what is so."""
    resource = {"resourceType": "Observation", "id": "x", "status": "final", **members}
    told = module("describing").described(resource, "Patient/p-9")
    described = {"type": told["type"], "id": told["id"], **told["properties"]}
    del described["patient"]
    provision = {"type": "permit", "provision": [{"type": "deny", **denied}]}
    scenario: dict[str, Any] = {
        "consents": [fhir_consent(provision=provision)],
        "request": {
            "actor": {"did": "did:example:dr-b"},
            "patient": "Patient/p-9",
            "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
            "resource": described,
            "time": "2026-06-15T12:00:00Z",
        },
    }
    return evaluate(scenario)["decision"]


@pytest.mark.parametrize(
    ("custodian", "decision"),
    [("Organization/hospital", "deny"), ("Organization/other", "permit")],
)
def test_what_is_of_a_custodian_that_is_kept_out_is_kept_back(
    custodian: str, decision: str
) -> None:
    participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
    actor: dict[str, Any] = {
        "role": {"coding": [{"system": participation, "code": "CST"}]},
        "reference": {"reference": custodian},
    }
    assert decided({}, actor=[actor]) == decision


HIV = {"coding": [{"system": "http://loinc.org", "code": "75622-1"}]}
PANEL = {"coding": [{"system": "http://loinc.org", "code": "24364-2"}], "text": "x"}


@pytest.mark.parametrize(
    ("members", "kept_back"),
    [
        ({"code": HIV}, True),
        ({"code": PANEL, "component": [{"code": PANEL}, {"code": HIV}]}, True),
        ({"code": PANEL, "valueCodeableConcept": HIV}, True),
        ({"code": PANEL, "category": [HIV]}, True),
        ({"code": PANEL, "contained": [{"resourceType": "Flag", "code": HIV}]}, False),
        ({"code": PANEL, "component": [{"code": PANEL}]}, False),
    ],
)
def test_a_code_anywhere_in_a_resource_keeps_it_back(
    members: dict[str, Any], kept_back: bool
) -> None:
    assert decided(members, code=[HIV]) == ("deny" if kept_back else "permit")


def labelled(*codes: str) -> dict[str, Any]:
    """The labels of a resource, each of the system that has its code."""
    systems = {"PSY": ACT_CODE, "N": CONFIDENTIALITY, "R": CONFIDENTIALITY}
    return {"security": [{"system": systems[code], "code": code} for code in codes]}


@pytest.mark.parametrize(
    ("outer", "inner", "given"),
    [
        (labelled("N"), None, True),  # as FHIR has it
        (labelled("N"), labelled("N"), True),
        (labelled("N"), labelled("PSY"), False),
        (labelled("N"), {"security": "N"}, False),
        (labelled("R"), None, False),
        (labelled("R"), labelled("N"), False),
        (None, None, False),
        (None, labelled("N"), False),
    ],
)
def test_what_is_contained_has_the_labels_of_what_contains_it(
    lasting: Hospital, outer: Any, inner: Any, given: bool
) -> None:
    inside = {"resourceType": "Observation", "id": "m", "code": PANEL}
    if inner is not None:
        inside["meta"] = inner
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": "x",
        "subject": {"reference": "Patient/p-9"},
        "contained": [inside],
        "hasMember": [{"reference": "#m"}],
    }
    if outer is not None:
        resource["meta"] = outer
    world = lasting.world
    at = world.start
    verifier = medid.AccessVerifier(
        trust=medid.TrustRegistry.from_json(world.trust()),
        audience=AUDIENCE,
        fetch=world.web,
        clock=lambda: at,
    )
    wanted: Any = {"purpose": "TREAT", "resource": "Observation/blood-pressure"}
    permit = verifier.compile(
        world.present("c", at), world.request(wanted, at), challenge="c"
    )
    sieve = module("withholding").Sieve(permit, "Patient/p-9", lambda _: None)
    assert sieve.permitted([resource]) == ({"Observation/x"} if given else set())


def test_a_search_gives_what_is_permitted(lasting: Hospital) -> None:
    found = lasting.ask(OBSERVATIONS)
    assert ids(found) == GIVEN
    assert silent(found.text)
    assert "total" not in found.json()
    told = lasting.told()
    assert (told["outcome"], told["given"], told["withheld"]) == ("permit", 3, 4)
    assert "CONSENT_PERMIT" in told["codes"]
    assert told["why"] == ("CONSENT_DENY", "DEFAULT_POLICY_DENY")
    assert told["obligations"] == ("AUDIT",)
    released = lasting.verifier.audit.records[-1].as_json()
    assert all(name in str(released) for name in GIVEN)
    assert "note" not in str(released)


def test_a_full_page_tells_nothing_of_what_is_withheld(lasting: Hospital) -> None:
    first = lasting.ask(f"{OBSERVATIONS}&_count=2")
    assert ids(first) == GIVEN[:2]
    links = {one["relation"]: one["url"] for one in first.json()["link"]}
    second = lasting.ask(links["next"])
    assert ids(second) == GIVEN[2:]
    assert [one["relation"] for one in second.json()["link"]] == ["self"]
    assert silent(first.text + second.text)


def test_nothing_is_included_for_a_withheld_match(lasting: Hospital) -> None:
    """The heart rate may be seen, but not that withheld reports name it."""
    found = lasting.ask(REPORTS)
    assert ids(found) == ["checkup"]
    assert ids(found, "include") == ["blood-glucose", "blood-pressure"]
    assert silent(found.text)
    assert "panel" not in found.text


@pytest.mark.parametrize("kind", ["Provenance:target", "AuditEvent:entity"])
def test_what_names_a_withheld_resource_is_withheld(
    lasting: Hospital, kind: str
) -> None:
    found = lasting.ask(f"{OBSERVATIONS}&_revinclude={kind}")
    assert ids(found) == GIVEN
    expected = ["of-the-pressure"] if kind.startswith("P") else []
    assert ids(found, "include") == expected
    assert silent(found.text)
    assert "NAMES_WHAT_IS_WITHHELD" in lasting.told()["why"]


def test_a_read_gives_the_resource(lasting: Hospital) -> None:
    found = lasting.ask("/Observation/blood-pressure")
    assert found.json() == Reader.records["Observation/blood-pressure"]
    assert found.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "target",
    [
        "/Observation/psychotherapy-note",
        "/Observation/hiv-test",
        "/Observation/unlabelled",
        "/Observation/contained-note",
        "/Observation/of-another",
        "/DiagnosticReport/checkup-with-note",
        "/Patient/p-10",
        "/Provenance/of-the-pressure",
        "/Binary/scan",
        "/Organization/hospital",
        "/Observation/blood-pressure/_history",
        "/Observation/blood-pressure?_format=xml",
        "/Observation/",
        "/Observation",
        "/Patient/p-9/$everything",
        "/Observation?patient=p-10",
        "/Observation?patient=nobody",
        "/Observation?patient=p-9&code=11488-4",
        "/Observation?patient=p-9&patient=p-10",
        "/Observation?patient=p-9&_count=x",
        "/Observation?patient=p-9&_summary=count",
        "/Observation?patient=p-9&_include=Observation:subject",
        "/Observation/..%2FBinary%2Fscan",
    ],
)
def test_not_permitted_and_not_there_are_the_same(
    lasting: Hospital, target: str
) -> None:
    absent, refused = absent_answer(lasting), lasting.ask(target)
    assert refused.status_code == absent.status_code == 404
    assert refused.content == absent.content
    assert refused.headers == absent.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_reading_is_offered(lasting: Hospital, method: str) -> None:
    assert lasting.ask("/Observation/blood-pressure", method=method).status_code == 404


def test_without_a_presentation_nothing_is_given(lasting: Hospital) -> None:
    found = lasting.client.get(OBSERVATIONS)
    assert found.status_code == 401
    assert lasting.told()["outcome"] == "challenge"


@pytest.mark.parametrize("purpose", ["HRESCH", "nonsense", ""])
def test_another_purpose_is_refused(lasting: Hospital, purpose: str) -> None:
    assert lasting.ask(OBSERVATIONS, purpose).status_code == 404
    assert lasting.told()["outcome"] == "deny"


def test_an_obligation_that_nobody_carries_out_is_a_denial(lasting: Hospital) -> None:
    assert lasting.ask(OBSERVATIONS, "HPAYMT").status_code == 404
    assert "OBLIGATION_NOT_FULFILLED" in lasting.told()["codes"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda world: world.withdraw(medid.system_clock()), "CONSENT_REVOKED"),
        (module("demo_wallet").revoke, "CREDENTIAL_REVOKED"),
        (lambda world: world.suspend(medid.system_clock()), "CREDENTIAL_SUSPENDED"),
    ],
)
def test_after_a_withdrawal_or_a_revocation_everything_is_refused(
    change: Any, code: str
) -> None:
    hospital = Hospital()
    assert ids(hospital.ask(OBSERVATIONS)) == GIVEN
    change(hospital.world)
    for target in (OBSERVATIONS, REPORTS, "/Observation/heart-rate", "/Patient/p-9"):
        assert hospital.ask(target).status_code == 404
    assert code in " ".join(hospital.told()["codes"])


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Bundle", "type": "history", "entry": []},
        {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": {}}]},
        {"resourceType": "Bundle", "type": "searchset", "entry": {}},
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": [{"relation": "next", "url": "http://elsewhere.example/?page=2"}],
        },
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": [{"relation": "next", "url": "/Observation?_offset=1"}],
        },
    ],
)
def test_an_answer_that_is_not_understood_is_not_passed_on(
    lasting: Hospital, monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    get = Reader._get
    monkeypatch.setattr(module("upstream"), "MAX_REQUESTS", 20)

    def answer(self: Reader, target: str) -> Any:
        if self.requests > 20:
            raise medid.errors.EvidenceUnavailable("too much")
        found = get(self, target)
        return body if target.startswith("/Observation?") else found

    monkeypatch.setattr(Reader, "_get", answer)
    assert lasting.ask(OBSERVATIONS).status_code == 503
    assert lasting.told()["given"] == 0


def test_the_feed_forgets_and_the_page_keeps_to_itself() -> None:
    feed = Hospital().feed
    event = module("operator_feed").Event(
        **dict.fromkeys(("request", "purpose", "outcome"), "x"),
        **dict.fromkeys(("codes", "obligations", "why"), ()),
        **dict.fromkeys(("status", "given", "withheld"), 0),
    )
    for _ in range(250):
        feed.add(event)
    assert len(feed.after(0)) == 200
    assert feed.after(249)[0]["number"] == 250
    app = module("operator_feed").operator_app(feed, lambda wish: f"asked {wish}")
    page = TestClient(app, base_url="http://127.0.0.1")
    assert page.post("/ask/note").status_code == 403
    assert page.post("/ask/note", headers={"X-Demo": "1"}).json() == {
        "said": "asked note"
    }
    assert page.get("/", headers={"Host": "rebound.example"}).status_code == 400
    csp = page.get("/").headers["content-security-policy"]
    assert csp.startswith("default-src 'none'; script-src 'sha256-")
    text = (FOLDER / "page.html").read_text("utf-8")
    assert not any(word in text for word in ("innerHTML", "http:", "https:", "src="))


@pytest.mark.loopback
def test_the_example_answers_once_and_stops(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "--once"])
    monkeypatch.syspath_prepend(FOLDER)
    runpy.run_path(str(FOLDER / "run.py"), run_name="__main__")
    shown = capsys.readouterr()
    assert "treatment: Dr. Chen (TREAT) received 200, 3 resources" in shown.out
    assert shown.out.count("404") == 3
    assert shown.err == ""


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    """The example as it runs, where a hostile caller has been."""
    with module("run").running() as found:
        found.wallet.wish("treatment")
        found.wallet.wish("research")
        found.wallet.ask("/<img/src=x/onerror=document.title=1>", "<b>hostile</b>")
        yield found


@pytest.mark.loopback
def test_events_come_as_they_happen(started: Any) -> None:
    host = started.page.removeprefix("http://").rstrip("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("GET", "/events", headers={"Last-Event-ID": "2"})
    stream = connection.getresponse()
    assert stream.headers["content-type"].startswith("text/event-stream")
    lines = iter(stream.readline, b"")
    data = (line[6:] for line in lines if line.startswith(b"data: "))
    assert json.loads(next(data))["number"] == 3
    last = started.feed.after(0)[-1]["number"]
    started.wallet.wish("note")
    seen = [json.loads(one) for one in (next(data) for _ in range(last - 1))]
    assert (seen[-1]["outcome"], seen[-1]["status"]) == ("deny", 404)
    connection.close()


SHOWN = [
    'class="permit"',
    'class="deny"',
    "Dr. Chen (TREAT) received 200, 3 resources",
    "&lt;b&gt;hostile&lt;/b&gt;",
]


def dom(url: str, profile: Path) -> str:
    """What a browser has made of a page once it is quiet."""
    assert CHROMIUM
    try:
        done = subprocess.run(
            [
                CHROMIUM,
                *["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"],
                *["--no-first-run", "--disable-background-networking"],
                *["--disable-component-update", "--disable-sync"],
                "--disable-dev-shm-usage",
                f"--user-data-dir={profile}",
                "--virtual-time-budget=500",
                "--dump-dom",
                url,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


@pytest.mark.loopback
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
@pytest.mark.parametrize("query", ["?still", ""])
def test_a_browser_shows_what_was_decided(
    started: Any, tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From what is kept, and from streams: they are short, as time waits for them."""
    feed = module("operator_feed")
    monkeypatch.setattr(feed, "LOOKS", 2)
    click = "document.querySelector('button').click();</script>"
    monkeypatch.setattr(feed, "PAGE", feed.PAGE.replace("</script>", click))
    shown = ""
    # A browser on a busy machine may stop before the page has heard from its server.
    for attempt in range(3):
        shown = dom(f"{started.page}{query}", tmp_path / str(attempt))
        if all(text in shown for text in SHOWN):
            break
    assert [text for text in SHOWN if text not in shown] == []
    assert "<b>hostile" not in shown
    assert "<img" not in shown
