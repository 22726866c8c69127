"""Site policies in Cedar, and behind an AuthZEN endpoint on a real TLS host."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.consent_types import Obligation
from medid.access.site_policy import Narrowing, narrowed
from medid.adapters.policies.authzen import (
    MAX_ANSWER_BYTES,
    AuthzenPolicy,
    read_answer,
)
from medid.adapters.policies.cedar import MAX_POLICY_BYTES, CedarPolicy
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    MissingExtra,
    SitePolicyUnavailable,
)
from tests.access.test_site_policy import decided
from tests.access.world import World
from tests.adapters.hosts import (
    HOST,
    LIFETIME,
    Authority,
    answer,
    listening,
    saying,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from tests.adapters.hosts import Host, Script

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DID = "did:example:dr-b"
AUDIT = f'{{system: "{ACT_CODE}", code: "AUDIT"}}'
ALL = '@id("all") permit(principal, action, resource);'


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def question() -> Any:
    return {
        "subject": {"type": "practitioner", "id": DID, "properties": {}},
        "action": {
            "name": "access",
            "properties": {"purposeOfUse": [{"code": "TREAT"}]},
        },
        "resource": {
            "type": "Observation",
            "id": "Observation/7",
            "properties": {"patient": "Patient/p-9", "code": [{"code": "718-7"}]},
        },
        "context": {
            "mode": "telehealth",
            "medid": {
                "time": "2026-06-15T12:00:00Z",
                "presenter": DID,
                "license": {"jurisdiction": "US-OH", "professions": ["RN"]},
                "obligations": [{"system": ACT_CODE, "code": "AUDIT"}],
            },
        },
    }


# Cedar.


def test_cedar_permits_with_what_its_policies_are_annotated_with(question: Any) -> None:
    policy = CedarPolicy(
        '@id("ward") @obligation("MASK http://site.example/codes|CALL")'
        "permit(principal, action, resource);"
    )
    assert policy.narrow(question) == Narrowing(
        reasons=("ward",),
        obligations=(
            Obligation("MASK"),
            Obligation("CALL", "http://site.example/codes"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "denied", "reasons"),
    [
        (ALL, False, ("all",)),
        # Nothing permits.
        ('permit(principal, action == Action::"disclose", resource);', True, ()),
        (f'{ALL} @id("no") forbid(principal, action, resource);', True, ("no",)),
        (f"{ALL} forbid(principal, action, resource);", True, ("policy1",)),
        (
            f'permit(principal == Practitioner::"{DID}", action, resource);',
            False,
            ("policy0",),
        ),
        *(
            (
                f"permit(principal, action, resource) when {{ {condition} }};",
                not holds,
                (),
            )
            for condition, holds in (
                ('principal.jurisdiction == "US-OH"', True),
                ('principal.jurisdiction == "US-TX"', False),
                ('principal.professions.contains("RN")', True),
                ('resource.patient == "Patient/p-9"', True),
                ('resource.type == "Observation"', True),
                ('resource.code.contains({code: "718-7"})', True),
                ('context.action.purposeOfUse.contains({code: "TREAT"})', True),
                ('context.mode == "in-person"', False),
                ('context.time < "2027"', False),
                (f"context.obligations.contains({AUDIT})", True),
            )
        ),
    ],
)
def test_cedar_decides(
    question: Any, text: str, denied: bool, reasons: tuple[str, ...]
) -> None:
    if "<" in text:
        with pytest.raises(SitePolicyUnavailable):
            CedarPolicy(text).narrow(question)
        return
    found = CedarPolicy(text).narrow(question)
    assert found.denied is denied
    if reasons:
        assert found.reasons == reasons


@pytest.mark.parametrize("effect", ["permit", "forbid"])
def test_a_policy_that_cannot_be_evaluated_denies(question: Any, effect: str) -> None:
    text = f"{effect}(principal, action, resource) when {{ context.absent == 1 }};"
    with pytest.raises(SitePolicyUnavailable):
        CedarPolicy(ALL + text).narrow(question)


def test_names_of_any_spelling_are_names(question: Any) -> None:
    name = 'Observation/"\\ \n*"'
    question["resource"]["id"] = name
    text = f"permit(principal, action, resource == Resource::{json.dumps(name)});"
    assert not CedarPolicy(text.replace("/", "/")).narrow(question).denied


def test_data_stays_data(question: Any) -> None:
    """No member of a request becomes an entity, a decimal or an address of Cedar's."""
    context = question["context"]
    context["site"] = {"__entity": {"type": "Practitioner", "id": DID}, "name": "w"}
    context["load"] = {"__extn": {"fn": "decimal", "arg": "1.0"}}
    context["share"], context["count"], context["large"] = 0.5, 7, 10**30
    context["list"], context["none"] = [None, 1.5, True], None
    for condition in (
        'context.site == {name: "w"}',
        "context.load == {}",
        'context.share == "0.5" && context.count == 7',
        f'context.large == "{10**30}"',
        'context.list.contains("1.5") && context.list.contains(true)',
        'context.list == ["1.5", true]',
        "!(context has none)",
    ):
        text = f"permit(principal, action, resource) when {{ {condition} }};"
        assert not CedarPolicy(text).narrow(question).denied, condition


def test_a_question_without_its_parts_is_still_one() -> None:
    assert not CedarPolicy(ALL).narrow({"context": "x", "resource": []}).denied
    text = 'permit(principal == Practitioner::"x", action, resource);'
    assert CedarPolicy(text).narrow({}).denied


@pytest.mark.parametrize(
    "text",
    [
        *("", "// nothing", "permit(", "permit(principal, action, resource)"),
        "permit(principal == ?principal, action, resource);",
        f"{ALL} permit(principal == ?principal, action, resource);",
        '@obligation("A B|") permit(principal, action, resource);',
        '@id("two words") permit(principal, action, resource);',
        ALL + " " * MAX_POLICY_BYTES,
    ],
)
def test_what_is_no_cedar_policy_is_refused_at_once(text: str) -> None:
    with pytest.raises(ConfigurationError):
        CedarPolicy(text)


SCHEMA = """
entity Practitioner = { jurisdiction?: String };
entity Resource;
action access appliesTo { principal: Practitioner, resource: Resource };
"""


def test_policies_fit_their_schema(question: Any) -> None:
    text = (
        'permit(principal, action == Action::"access", resource)'
        ' when { principal has jurisdiction && principal.jurisdiction == "US-OH" };'
    )
    policy = CedarPolicy(text, schema=SCHEMA)
    assert not policy.narrow(question).denied
    assert policy.digest != CedarPolicy(text).digest
    assert policy.digest == CedarPolicy(text, schema=SCHEMA).digest
    for schema in ("nonsense {", SCHEMA.replace("String", "Long"), ""):
        with pytest.raises(ConfigurationError):
            CedarPolicy(text, schema=schema)


def test_cedar_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cedarpy", None)
    with pytest.raises(MissingExtra) as caught:
        CedarPolicy(ALL)
    assert "medid[cedar]" in caught.value.fix


def test_cedar_narrows_a_decision(world: World) -> None:
    text = (
        "permit(principal, action, resource);"
        '@id("out-of-state") forbid(principal, action, resource)'
        ' unless { principal.jurisdiction == "US-OH" };'
    )
    assert decided(world, CedarPolicy(text))
    found = decided(world, CedarPolicy(text.replace("US-OH", "US-TX")))
    assert found.codes == ("SITE_POLICY_DENIED",)
    assert found.findings[0].rule == "out-of-state"
    compiled = world.verifier(policy=CedarPolicy(text)).compile(
        world.shown(), world.asks()
    )
    assert compiled.check(world.asks()["resource"])


# An AuthZEN endpoint.


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@contextmanager
def endpoint(authority: Authority, script: Script) -> Iterator[Host]:
    with listening(script, authority.server(HOST)) as host:
        yield host


def asking(host: Host, file: Path, **settings: Any) -> AuthzenPolicy:
    return AuthzenPolicy(
        host.url("/access/v1/evaluation"),
        **{
            "version": "1",
            "ca_file": file,
            "resolver": lambda _host, _port: ["127.0.0.1"],
            **settings,
        },
    )


def says(document: Any, **members: Any) -> Script:
    return saying(answer(json.dumps(document).encode(), **members))


@pytest.mark.loopback
def test_it_is_asked_over_tls(authority: Authority, question: Any) -> None:
    received = bytearray()
    asked: list[Host] = []

    def script(connection: Any) -> None:
        received.extend(asked[0].requests[0])
        while b'"medid"' not in received:
            received.extend(connection.recv(65_536))
        connection.sendall(answer(b'{"decision": true}'))

    with endpoint(authority, script) as host:
        asked.append(host)
        policy = asking(host, authority.file, token="secret-token")
        assert policy.narrow(question) == Narrowing()
    head = received.decode()
    assert head.startswith("POST /access/v1/evaluation HTTP/1.1\r\n")
    for line in (
        "Content-Type: application/json",
        "Authorization: Bearer secret-token",
    ):
        assert f"\r\n{line}\r\n" in head
    assert "secret-token" not in repr(vars(policy))


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"decision": False}, Narrowing(denied=True)),
        ({"decision": False, "context": {"obligations": 7}}, Narrowing(denied=True)),
        ({"decision": True, "context": {}}, Narrowing()),
        (
            {
                "decision": True,
                "context": {
                    "obligations": [
                        {
                            "id": "o1",
                            "type": "custom",
                            "properties": {"system": ACT_CODE, "code": "MASK"},
                        }
                    ]
                },
            },
            Narrowing(obligations=(Obligation("MASK"),)),
        ),
    ],
)
def test_it_answers(
    authority: Authority, question: Any, document: Any, expected: Narrowing
) -> None:
    with endpoint(authority, says(document)) as host:
        policy = asking(host, authority.file)
        assert policy.narrow(question) == expected
        assert asyncio.run(policy.anarrow(question)) == expected


ODD: list[Any] = ["MASK", {}, [7], [{}], [{"type": "step-up"}]]


@pytest.mark.parametrize(
    "document",
    [
        *({}, {"decision": "true"}, {"decision": 1}, {"decision": None}),
        *({"decision": True, "context": 7}, {"decision": True, "context": None}),
        *(
            {"decision": True, "context": {"obligations": obligations}}
            for obligations in (
                *ODD,
                [{"type": "custom"}],
                [{"type": "x", "properties": {"system": ACT_CODE, "code": "MASK"}}],
                [{"type": "custom", "properties": {"system": ACT_CODE}}],
                [{"type": "custom", "properties": {"system": ACT_CODE, "code": 1}}],
                [
                    {
                        "type": "custom",
                        "properties": {"system": ACT_CODE, "code": "MASK", "of": "x"},
                    }
                ],
            )
        ),
    ],
)
def test_what_is_not_understood_is_refused(document: Any) -> None:
    with pytest.raises(MalformedValue):
        read_answer(document)


@pytest.mark.loopback
@pytest.mark.parametrize(
    "sent",
    [
        answer(b'{"decision": true}', status="302 Found", fields=("Location: /",)),
        answer(b'{"decision": true}', status="500 Internal Server Error"),
        answer(b'{"decision": true}', fields=("Content-Type: text/html",)),
        answer(b'{"decision": true}', fields=()),
        answer(b'{"decision": true, "decision": true}'),
        answer(b'{"decision": tru'),
        answer(b"[true]"),
        answer(b" " * (MAX_ANSWER_BYTES + 1)),
        answer(b'{"decision": true}')[:-4],
        b"",
    ],
)
def test_no_sound_answer_is_no_permit(
    authority: Authority, world: World, question: Any, sent: bytes
) -> None:
    with endpoint(authority, saying(sent)) as host:
        policy = asking(host, authority.file)
        with pytest.raises(MedidError):
            policy.narrow(question)
        permit = world.verifier().decide(world.shown(), world.asks())
        found = narrowed(permit, lambda: policy.narrow(question))
        assert found.codes == ("SITE_POLICY_UNAVAILABLE",)


@pytest.mark.loopback
def test_it_is_waited_for_so_long(authority: Authority, question: Any) -> None:
    def silent(connection: ssl.SSLSocket) -> None:
        connection.recv(1)  # until the one who asks has gone

    with endpoint(authority, silent) as host:
        start = time.monotonic()
        with pytest.raises(MedidError):
            asking(host, authority.file, seconds=0.2).narrow(question)
        assert time.monotonic() - start < LIFETIME / 2


@pytest.mark.loopback
def test_another_certificate_is_not_asked(
    authority: Authority, question: Any, tmp_path: Path
) -> None:
    other = Authority.make(tmp_path / "other", name="Another authority")
    with endpoint(authority, says({"decision": True})) as host:
        with pytest.raises(MedidError):
            asking(host, other.file).narrow(question)
        assert host.requests == []


def test_its_name_may_lead_nowhere(question: Any) -> None:
    def lost(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    policy = AuthzenPolicy("https://pdp.example/", version="1", resolver=lost)
    with pytest.raises(OSError, match="no such name"):
        policy.narrow(question)
    policy = AuthzenPolicy(
        "https://pdp.example/", version="1", resolver=lambda *_: ["999"]
    )
    with pytest.raises(ValueError, match="999"):
        policy.narrow(question)


@pytest.mark.parametrize(
    "settings",
    [
        *({"url": "http://pdp.example/"}, {"url": "https://10.0.0.1/"}),
        *({"version": ""}, {"seconds": 0}, {"seconds": 31}, {"seconds": float("nan")}),
        *({"token": ""}, {"token": "a b"}, {"token": "a\r\nX-Evil: 1"}),
        {"ca_file": "/nowhere.pem"},
    ],
)
def test_settings_are_checked_at_once(settings: Any) -> None:
    members = {"url": "https://pdp.example/", "version": "1", **settings}
    with pytest.raises(ConfigurationError):
        AuthzenPolicy(members.pop("url"), **members)


def test_its_digest_is_of_its_place_and_version() -> None:
    digests = {
        AuthzenPolicy(f"https://{host}/", version=version).digest
        for host in ("a.example", "b.example", "a.example")
        for version in ("1", "2")
    }
    assert len(digests) == 4


@pytest.mark.loopback
def test_it_narrows_decisions_and_stands_behind_no_compiled_one(
    authority: Authority, world: World
) -> None:
    with endpoint(authority, says({"decision": False})) as host:
        verifier = world.verifier(policy=asking(host, authority.file))
        found = verifier.decide(world.shown(), world.asks())
        assert found.codes == ("SITE_POLICY_DENIED",)
        with pytest.raises(ConfigurationError):
            verifier.compile(world.shown(), world.asks())
