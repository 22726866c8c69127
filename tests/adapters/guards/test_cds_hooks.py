"""The hook patient-consent-consult: a card of permit or deny, with what to redact."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from medid.access.consent_types import Obligation
from medid.access.site_policy import Narrowing, RulePolicy
from medid.adapters.guards import cds_hooks
from medid.adapters.guards.cds_hooks import ConsentConsult, Consult
from medid.adapters.guards.guard import Guard
from medid.adapters.guards.request import Source
from medid.cli.demo_world import REVOCATIONS, data
from medid.core.records import replace
from medid.errors import ConfigurationError, EvidenceUnavailable
from medid.health.codes import ACT_CODE, ACT_REASON, CONFIDENTIALITY, Coding
from medid.trust import TrustRegistry
from tests.access.world import as_doc
from tests.adapters.guards.support import (
    CANARY,
    aasgi,
    asgi,
    gateway,
    presented,
    runner,
    scope_of,
    shows,
    starts_stops_and_refuses,
    world,
)

HOOK = "/cds-services/patient-consent-consult"
MRN = "urn:example:mrn"


def mapper(consult: Consult) -> dict[str, Any] | None:
    """The custodian knows its patients by their record's number."""
    if consult.patients == (("urn:example:boom", CANARY),):
        raise ValueError(CANARY)
    if consult.patients == ((None, "unsure"),):
        message = "down"
        raise EvidenceUnavailable(message)
    if consult.patients != ((MRN, "9"),):
        return None
    (purpose,) = consult.purposes
    asked = world().asks(purpose)
    del asked["subject"]["id"]
    if purpose == "BTG":
        asked["resource"] = world().asks(resource="Observation/hiv-test")["resource"]
        asked["context"]["breakGlass"] = {
            "declared": True,
            "authorised": True,
            "reason": "unconscious",
        }
    return asked


def service(**members: Any) -> ConsentConsult:
    at = Guard(
        verifier=gateway(),
        fulfils=members.pop("fulfils", frozenset({"REDACT", "AUDIT", "NOTIFY"})),
    )
    return ConsentConsult(at, members.pop("mapper", mapper), **members)


def hook(**context: Any) -> dict[str, Any]:
    stated = {
        "actor": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1679576722"}],
        "patientId": [{"system": MRN, "value": "9"}],
        "purposeOfUse": "TREAT",
        "category": [{"system": "http://loinc.org", "code": "59284-0"}],
    }
    return {
        "hook": "patient-consent-consult",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {**stated, **context},
    }


def ask(app: ConsentConsult, body: Any, *, present: bool = True) -> Any:
    headers = shows(app._guard) if present else []
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asgi(app, "POST", HOOK, headers, data)


def extension(reply: Any) -> Any:
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    (card,) = json.loads(reply.body)["cards"]
    assert card["summary"] == card["extension"]["decision"]
    assert card["source"]["label"]
    permit = card["summary"] == "CONSENT_PERMIT"
    assert card["indicator"] == ("info" if permit else "critical")
    assert card["detail"] == f"The access is {'' if permit else 'not '}permitted."
    return card["extension"]


def test_the_service_is_discovered() -> None:
    reply = asgi(service(), "GET", "/cds-services")
    (found,) = json.loads(reply.body)["services"]
    assert (found["hook"], found["id"]) == ("patient-consent-consult",) * 2
    assert found["description"]
    assert asgi(service(), "HEAD", "/cds-services").body == b""


def test_a_permit_names_what_it_does_not_cover() -> None:
    found = extension(ask(service(), hook()))
    assert found["decision"] == "CONSENT_PERMIT"
    assert found["id"].startswith("urn:uuid:")
    assert found["expires"] == "2026-06-15T12:06:00Z"
    (redact,) = found["obligations"]
    assert redact["id"] == {"system": ACT_CODE, "code": "REDACT"}
    codes = {coding["code"] for coding in redact["parameters"]["codes"]}
    # The consent denies PSY; of special protection a permit must name each.
    assert {"PSY", "PSYTHPN", "SUD", "BH", "MH"} <= codes
    assert codes < {label.code for label in cds_hooks.LABELS}


@pytest.mark.parametrize(
    ("system", "code", "also"),
    [
        (ACT_CODE, "OPIOIDUD", set()),
        (ACT_CODE, "PREGNANT", set()),
        (ACT_CODE, "BH", {"COGN", "DVD", "EMOTDIS"}),
        (CONFIDENTIALITY, "R", {"V"}),
    ],
)
def test_whatever_a_patient_can_restrict_is_asked_for(
    system: str, code: str, also: set[str]
) -> None:
    label = {"system": system, "code": code}
    denial: dict[str, Any] = {"type": "deny", "securityLabel": [label]}
    purpose = [{"system": ACT_REASON, "code": "TREAT"}]
    terms: dict[str, Any] = {
        "type": "permit",
        "purpose": purpose,
        "provision": [denial],
    }
    consent = world().consent_of(
        resource={**as_doc(data("consent")), "provision": terms}
    )
    at = Guard(verifier=gateway(), fulfils=frozenset({"REDACT"}))
    headers = shows(at, credentials=[world().license, consent])
    app = ConsentConsult(at, mapper)
    reply = asgi(app, "POST", HOOK, headers, json.dumps(hook()).encode())
    (redact,) = extension(reply)["obligations"]
    found = {label["code"] for label in redact["parameters"]["codes"]}
    assert found == {code, *also}


@pytest.mark.parametrize(
    ("permits", "together"),
    [
        # Of data whose confidentiality is V, every sensitivity has to be covered.
        ([[(CONFIDENTIALITY, "V")]], [(ACT_CODE, "HIV"), (CONFIDENTIALITY, "V")]),
        # One consent covers the one, another the other, and none of them both.
        (
            [
                [(CONFIDENTIALITY, "N"), (ACT_CODE, "PSY")],
                [(CONFIDENTIALITY, "N"), (ACT_CODE, "SUD")],
            ],
            [(ACT_CODE, "PSY"), (ACT_CODE, "SUD")],
        ),
    ],
)
def test_labels_that_are_permitted_only_apart_are_not_both_released(
    permits: list[list[tuple[str, str]]], together: list[tuple[str, str]]
) -> None:
    consents = []
    for labels in permits:
        terms: dict[str, Any] = {
            "type": "permit",
            "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
            "securityLabel": [{"system": one, "code": code} for one, code in labels],
        }
        stated = {**as_doc(data("consent")), "provision": terms}
        consents.append(world().consent_of(resource=stated))
    at = Guard(verifier=gateway(), fulfils=frozenset({"REDACT"}))

    def redacted(*labels: Coding) -> set[Coding]:
        app = ConsentConsult(at, mapper, labels=labels)
        headers = shows(at, credentials=[world().license, *consents])
        reply = asgi(app, "POST", HOOK, headers, json.dumps(hook()).encode())
        return {
            Coding(label["system"], label["code"])
            for duty in extension(reply)["obligations"]
            for label in duty["parameters"]["codes"]
        }

    asked = world().asks()
    asked["resource"]["properties"]["securityLabel"] = [
        {"system": system, "code": code} for system, code in together
    ]
    shown = world().shown(world().license, *consents)
    assert not world().verifier().decide(shown, asked)
    apart = [Coding(system, code) for system, code in together]
    assert [redacted(label) for label in apart] == [set(), set()]
    assert len(redacted(*apart)) == 1
    assert len(redacted(*cds_hooks.LABELS).intersection(apart)) == 1


def under_part_2() -> tuple[Guard, list[Any]]:
    """A custodian under 42 CFR Part 2, and the credentials of who may see SUD data."""
    trust = world().trust()
    trust["consent"] = {**as_doc(trust["consent"]), "overlays": ["US-42CFR2"]}
    terms = as_doc(data("consent"))
    terms["provision"]["provision"].append(
        {
            "type": "permit",
            "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
            "securityLabel": [{"system": ACT_CODE, "code": "SUD"}],
        }
    )
    duties = frozenset({"REDACT", "PART2_NOTICE", "NORDSCLCD"})
    verifier = gateway(trust=TrustRegistry.from_json(trust))
    at = Guard(verifier=verifier, fulfils=duties)
    return at, [world().license, world().consent_of(resource=terms)]


def test_what_data_with_a_label_alone_obliges_to_is_named_with_the_label() -> None:
    at, credentials = under_part_2()
    app = ConsentConsult(at, mapper)
    headers = shows(at, credentials=credentials)
    reply = asgi(app, "POST", HOOK, headers, json.dumps(hook()).encode())
    found = {
        one["id"]["code"]: [label["code"] for label in one["parameters"]["codes"]]
        for one in extension(reply)["obligations"]
    }
    redacted = found.pop("REDACT")
    substances = ["ETHUD", "OPIOIDUD", "SUD"]
    assert found == {"PART2_NOTICE": substances, "NORDSCLCD": substances}
    assert "PSY" in redacted
    assert "SUD" not in redacted
    # Who does not carry these out gets no such data.
    lesser = replace(at, fulfils=frozenset({"REDACT"}))
    headers = shows(at, credentials=credentials)
    app = ConsentConsult(lesser, mapper)
    reply = asgi(app, "POST", HOOK, headers, json.dumps(hook()).encode())
    (redact,) = extension(reply)["obligations"]
    assert "SUD" in {label["code"] for label in redact["parameters"]["codes"]}


def test_what_all_data_obliges_to_is_named_once() -> None:
    labels = (Coding(ACT_CODE, "DIA"), Coding(ACT_CODE, "PSY"))
    # Who obliges to redact what is permitted has it redacted.
    obliges = Narrowing(obligations=(Obligation("REDACT"), Obligation("AUDIT")))
    policy = RulePolicy(lambda _: obliges, version="1")
    duties = frozenset({"AUDIT", "REDACT"})
    at = Guard(verifier=gateway(policy=policy), fulfils=duties)
    found = extension(ask(ConsentConsult(at, mapper, labels=labels), hook()))
    assert [
        (
            one["id"]["code"],
            [label["code"] for label in one["parameters"].get("codes", ())],
        )
        for one in found["obligations"]
    ] == [("REDACT", []), ("AUDIT", []), ("REDACT", ["DIA", "PSY"])]
    assert found["obligations"][0]["parameters"] == {}


def test_a_policy_that_waits_keeps_no_other_request_waiting() -> None:
    threads: list[threading.Thread] = []
    notice = Obligation("NOTICE")

    def rule(question: Any) -> Narrowing:
        threads.append(threading.current_thread())
        labels = question["resource"]["properties"]["securityLabel"]
        if {"system": ACT_CODE, "code": "DIA"} in labels:
            return Narrowing(obligations=(notice,))
        return Narrowing()

    policy = RulePolicy(rule, version="1")
    at = Guard(verifier=gateway(policy=policy), fulfils=frozenset({"NOTICE"}))
    app = ConsentConsult(at, mapper, labels=(Coding(ACT_CODE, "DIA"),))
    (duty,) = extension(ask(app, hook()))["obligations"]
    assert duty["id"] == {"system": notice.system, "code": "NOTICE"}
    assert duty["parameters"] == {"codes": [{"system": ACT_CODE, "code": "DIA"}]}
    assert threading.main_thread() not in threads
    assert len(threads) > 1


def test_it_is_found_where_it_is_mounted() -> None:
    app = service()
    outer = Starlette(routes=[Mount("/cds", app)])
    assert asgi(outer, "GET", "/cds/cds-services").status == 200
    body = json.dumps(hook()).encode()
    reply = asgi(outer, "POST", f"/cds{HOOK}", shows(app._guard), body)
    assert extension(reply)["decision"] == "CONSENT_PERMIT"
    for path in (f"/cds/cds{HOOK}", f"/cdsx{HOOK}"):
        assert asgi(outer, "POST", path, shows(app._guard), body).status in {403, 404}


def test_a_client_s_own_token_stands_beside_the_presentation() -> None:
    source = Source(header="Medid-Presentation", scheme=None)
    at = Guard(verifier=gateway(), fulfils=frozenset({"REDACT"}), source=source)
    app, body = ConsentConsult(at, mapper), json.dumps(hook()).encode()
    token = ("Authorization", "Bearer of.the.client")
    assert asgi(app, "POST", HOOK, [token], body).status == 401
    headers = [token, ("Medid-Presentation", presented(at))]
    permit = extension(asgi(app, "POST", HOOK, headers, body))
    assert permit["decision"] == "CONSENT_PERMIT"
    # With the token where the presentation is read from, nothing is presented.
    plain = service()
    assert asgi(plain, "POST", HOOK, [token], body).status == 401


def test_the_identifiers_of_two_patients_are_no_patient() -> None:
    other = {"system": MRN, "value": "8"}
    both = [{"system": MRN, "value": "9"}, other]
    for patients in (both, both[::-1], [other]):
        found = extension(ask(service(), hook(patientId=patients)))
        assert found["decision"] == "CONSENT_DENY"


def test_what_was_prefetched_decides_nothing() -> None:
    body = hook(patientId=[{"system": MRN, "value": "8"}])
    body["prefetch"] = {"patient": {"resourceType": "Patient", "id": "p-9"}}
    body["fhirAuthorization"] = {"access_token": CANARY}
    assert extension(ask(service(), body))["decision"] == "CONSENT_DENY"


def test_only_the_labels_that_are_asked_for_are_named() -> None:
    labels = (Coding(ACT_CODE, "PSY"), Coding(ACT_CODE, "DIA"))
    (redact,) = extension(ask(service(labels=labels), hook()))["obligations"]
    assert redact["parameters"]["codes"] == [{"system": ACT_CODE, "code": "PSY"}]
    assert extension(ask(service(labels=labels[1:]), hook()))["obligations"] == []


def test_who_cannot_redact_is_denied() -> None:
    found = extension(ask(service(fulfils=frozenset()), hook()))
    assert found == {"decision": "CONSENT_DENY", "obligations": []}
    labels = (Coding(ACT_CODE, "DIA"),)
    whole = ask(service(fulfils=frozenset(), labels=labels), hook())
    assert extension(whole)["decision"] == "CONSENT_PERMIT"


def test_a_permit_s_own_obligations_are_on_the_card() -> None:
    found = extension(ask(service(labels=()), hook(purposeOfUse=["BTG"])))
    assert [one["id"]["code"] for one in found["obligations"]] == ["AUDIT", "NOTIFY"]
    denied = ask(service(fulfils=frozenset({"REDACT"})), hook(purposeOfUse=["BTG"]))
    assert extension(denied)["decision"] == "CONSENT_DENY"


def test_every_denial_is_the_same_card(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    app = service()
    used = shows(app._guard)
    body = json.dumps(hook()).encode()
    asgi(app, "POST", HOOK, used, body)
    replies = [
        ask(app, hook(purposeOfUse="HRESCH")),
        ask(app, hook(purposeOfUse=CANARY)),
        ask(app, hook(purposeOfUse=["TREAT", CANARY])),
        ask(app, hook(patientId=[{"system": MRN, "value": CANARY}])),
        ask(app, hook(patientId=[{"system": "urn:example:boom", "value": CANARY}])),
        asgi(app, "POST", HOOK, used, body),
        asgi(app, "POST", HOOK, [("Authorization", "Presentation x.y")], body),
    ]
    assert {extension(reply)["decision"] for reply in replies} == {"CONSENT_DENY"}
    assert len({(reply.body, str(reply.headers)) for reply in replies}) == 1
    assert CANARY not in caplog.text


def test_who_presents_nothing_gets_a_challenge() -> None:
    reply = ask(service(), hook(), present=False)
    assert reply.status == 401
    assert "challenge=" in reply.headers["www-authenticate"]


def test_what_cannot_be_checked_is_no_card() -> None:
    unsure = ask(service(), hook(patientId=[{"value": "unsure"}]))
    app = service()
    world().net.down.add(REVOCATIONS)
    try:
        down = ask(app, hook())
    finally:
        world().net.down.clear()
    assert unsure.status == down.status == 503
    assert unsure.body == down.body


BAD: list[Any] = [
    b"",
    b"[]",
    b'{"hook": 1}',
    b"a" * (cds_hooks.MAX_BODY + 1),
    {**hook(), "hook": "patient-view"},
    {**hook(), "other": 1},
    {k: v for k, v in hook().items() if k != "hookInstance"},
    {k: v for k, v in hook().items() if k != "context"},
    hook(content={"resourceType": "Bundle"}),
    hook(patientId=[]),
    hook(patientId="9"),
    hook(patientId=[{"system": MRN}]),
    hook(patientId=[{"system": MRN, "value": "9", "other": 1}]),
    hook(patientId=[{"value": "9"}] * (cds_hooks.MAX_ENTRIES + 1)),
    hook(actor=None),
    hook(purposeOfUse=[]),
    hook(purposeOfUse=""),
    hook(purposeOfUse=None),
    hook(category=[{"code": "x"}]),
    hook(**{"class": []}),
    hook(scope=1),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_what_is_no_request_of_the_hook_is_refused(number: int) -> None:
    app = service()
    reply = ask(app, BAD[number], present=False)
    assert reply.status == 400
    assert json.loads(reply.body)["issue"][0]["code"] == "structure"


def test_the_longest_body_is_read() -> None:
    body = json.dumps(hook()).encode().ljust(cds_hooks.MAX_BODY)
    assert extension(ask(service(), body))["decision"] == "CONSENT_PERMIT"


def test_the_whole_context_is_read() -> None:
    label = {"system": ACT_CODE, "code": "PSY", "display": "psychiatry"}
    body = hook(scope="patient-privacy", **{"class": [label]})
    body["prefetch"] = {}
    found = Consult.from_json(json.dumps(body).encode())
    assert found.scope == "patient-privacy"
    assert found.classes == (Coding(ACT_CODE, "PSY"),)
    assert found.categories == (Coding("http://loinc.org", "59284-0"),)
    assert found.actors == (("http://hl7.org/fhir/sid/us-npi", "1679576722"),)
    assert repr(found) == "Consult()"


def test_a_body_that_ends_or_never_comes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = service()
    pieces = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def gone(scope: Any, _receive: Any, send: Any) -> None:
        async def receive() -> Any:
            return pieces.pop(0)

        await app(scope, receive, send)

    scope = scope_of("POST", HOOK, shows(app._guard))
    assert runner().run(aasgi(gone, scope)).status == 400
    monkeypatch.setattr(cds_hooks, "BODY_SECONDS", 0.01)

    async def slow(scope: Any, _receive: Any, send: Any) -> None:
        async def receive() -> Any:
            import asyncio

            await asyncio.sleep(60)

        await app(scope, receive, send)

    assert runner().run(aasgi(slow, scope)).status == 400


@pytest.mark.parametrize("last", ["http.disconnect", "http.request"])
def test_a_body_is_read_to_its_end_and_no_further(last: str) -> None:
    """Whole by its looks, it goes on: to nowhere, or without an end."""
    app, read = service(), [json.dumps(hook()).encode()]

    async def longer(scope: Any, _receive: Any, send: Any) -> None:
        async def receive() -> Any:
            if len(read) == 1 or last == "http.request":
                assert sum(map(len, read)) <= 2 * cds_hooks.MAX_BODY
                read.append(b" " * 16_384)
                return {"type": "http.request", "body": read[-2], "more_body": True}
            return {"type": last}

        await app(scope, receive, send)

    scope = scope_of("POST", HOOK, shows(app._guard))
    assert runner().run(aasgi(longer, scope)).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", HOOK),
        ("PUT", HOOK),
        ("OPTIONS", HOOK),
        ("POST", "/cds-services"),
        ("POST", HOOK + "/"),
        ("POST", "/" + HOOK),
        ("GET", "/"),
    ],
)
def test_there_is_nothing_else(method: str, path: str) -> None:
    assert asgi(service(), method, path).status == 403


def test_a_mapper_is_a_function() -> None:
    async def later(_consult: Consult) -> None:
        """What nobody awaits maps nothing."""

    for wrong in (None, later):
        with pytest.raises(ConfigurationError):
            service(mapper=wrong)


def test_it_starts_stops_and_answers_nothing_but_http() -> None:
    app = service()
    starts_stops_and_refuses(app, "websocket")
