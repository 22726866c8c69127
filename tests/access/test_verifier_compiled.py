"""A compiled decision answers as decide does, until it ends, and knows nothing else."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.compiled import _resource_part
from medid.access.consent_request import MEMBERS
from medid.access.decision import Outcome
from medid.access.request import read_resource_part
from medid.cli.demo_world import data
from medid.core.instant import Window
from medid.errors import MedidError
from medid.trust import TrustRegistry
from tests.access.world import AT, BLOOD, NOTE, START, World, on_file

if TYPE_CHECKING:
    from medid.access.compiled import CompiledDecision


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else "x"


RESOURCES = [BLOOD, NOTE, "Observation/hiv-test"]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def compiled(world: World) -> CompiledDecision:
    return world.verifier().compile(world.shown(), world.asks())


def without_id(document: dict[str, Any]) -> dict[str, Any]:
    context = {n: v for n, v in document["context"].items() if n != "id"}
    return {**document, "context": context}


@pytest.mark.parametrize("purpose", ["TREAT", "HPAYMT", "HRESCH"])
def test_each_resource_gets_the_answer_that_decide_gives(
    world: World, purpose: str
) -> None:
    verifier = world.verifier()
    shown = world.shown()
    compiled = verifier.compile(shown, world.asks(purpose))
    assert len(RESOURCES) == len(dict(data("observations")))  # type: ignore[arg-type]
    for name in RESOURCES:
        request = world.asks(purpose, name)
        one = verifier.decide(shown, request)

        assert (
            without_id(one.as_json()) == compiled.check(request["resource"]).as_json()
        )


def test_a_refusal_stays_a_refusal_for_every_resource(world: World) -> None:
    shown = world.shown(domain="https://other.example")
    compiled = world.verifier().compile(shown, world.asks())

    for name in RESOURCES:
        found = compiled.check(world.asks("TREAT", name)["resource"])
        assert found.codes == ("INVALID_DOMAIN_ERROR",)


def test_waiting_changes_no_compiled_answer(world: World) -> None:
    verifier = world.verifier()
    shown = world.shown()
    now = verifier.compile(shown, world.asks())
    later = asyncio.run(_acompile(verifier, shown, world.asks()))
    resource = world.asks()["resource"]

    assert later.check(resource) == now.check(resource)
    assert later.expires == now.expires


async def _acompile(verifier: Any, shown: Any, request: Any) -> CompiledDecision:
    compiled: CompiledDecision = await verifier.acompile(shown, request)
    return compiled


def test_checking_fetches_nothing_and_reads_no_clock() -> None:
    scene = World()
    read: list[int] = []

    def clock() -> Any:
        read.append(1)
        return AT

    compiled = scene.verifier(clock=clock).compile(scene.shown(), scene.asks())
    asked, times = len(scene.net.asked), len(read)
    for _ in range(5):
        assert compiled.check(scene.asks()["resource"])

    assert (len(scene.net.asked), len(read)) == (asked, times)


def test_it_ends(world: World, compiled: CompiledDecision) -> None:
    resource = world.asks()["resource"]

    assert compiled.expires == AT.plus(300)
    assert compiled.check(resource, at=AT.plus(299))
    found = compiled.check(resource, at=AT.plus(300))
    assert (found.outcome, found.codes) == (
        Outcome.INDETERMINATE,
        ("CONFIGURATION_ERROR",),
    )


@pytest.mark.parametrize("seconds", [61, 600, 366 * 86_400])
def test_a_clock_that_was_set_back_does_not_make_it_last(
    world: World, compiled: CompiledDecision, seconds: int
) -> None:
    resource = world.asks()["resource"]

    assert compiled.check(resource, at=AT.plus(-60))
    found = compiled.check(resource, at=AT.plus(-seconds))
    assert (found.outcome, found.codes) == (
        Outcome.INDETERMINATE,
        ("CONFIGURATION_ERROR",),
    )


@pytest.mark.parametrize("which", ["license", "consent", "kept"])
def test_it_ends_with_whatever_stands_behind_it(world: World, which: str) -> None:
    ending = Window(START.plus(-60), AT.plus(10))
    license_ = world.license_of(window=ending) if which == "license" else world.license
    consent = world.consent_of(window=ending) if which == "consent" else world.consent
    kept = [world.consent_of(window=ending)] if which == "kept" else []
    compiled = world.verifier(consents=on_file(*kept)).compile(
        world.shown(license_, consent), world.asks()
    )

    assert compiled.expires == AT.plus(10)
    resource = world.asks()["resource"]
    assert compiled.check(resource, at=AT.plus(9))
    assert not compiled.check(resource, at=AT.plus(10))


def test_it_ends_with_its_status_lists(world: World) -> None:
    document = {**world.trust(), "statusMaxAgeSeconds": 30}
    verifier = world.verifier(trust=TrustRegistry.from_json(document))

    assert verifier.compile(world.shown(), world.asks()).expires <= AT.plus(30)


def test_another_patients_resource_is_refused(
    world: World, compiled: CompiledDecision
) -> None:
    for patient in ("Patient/q", "Patient/p-9 ", "patient/p-9", "*"):
        resource = world.asks()["resource"]
        resource["properties"]["patient"] = patient
        found = compiled.check(resource)

        assert not found
        assert found.findings[0].path == "$.resource.properties.patient"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"properties": {}}, "$.resource.properties.patient"),
        ({"properties": None}, "$.resource.properties"),
        ({"properties": {"patient": 5}}, "$.resource.properties.patient"),
        ({"type": ""}, "$.resource.type"),
        ({"id": ""}, "$.resource.id"),
        *(({"type": 5}, "$.resource.type"), ({"type": []}, "$.resource.type")),
        *(({"id": 5}, "$.resource.id"), ({"id": []}, "$.resource.id")),
        ({"kind": "x"}, "$.resource.kind"),
        (
            {"properties": {"patient": "Patient/p-9", "securityLabels": []}},
            "$.resource.properties.securityLabels",
        ),
    ],
)
def test_a_malformed_resource_is_refused_by_its_path(
    world: World, compiled: CompiledDecision, change: dict[str, Any], path: str
) -> None:
    found = compiled.check({**world.asks()["resource"], **change})

    assert (found.outcome, found.codes) == (Outcome.DENY, ("MALFORMED_VALUE_ERROR",))
    assert (found.findings[0].about, found.findings[0].path) == ("request", path)


@pytest.mark.parametrize(
    "change",
    [
        *({"type": "\ud800"}, {"id": "\ud800"}),
        {"properties": {"patient": "Patient/p-9", "custodian": "\ud800"}},
    ],
)
def test_a_resource_that_no_json_can_spell_is_refused(
    world: World, compiled: CompiledDecision, change: dict[str, Any]
) -> None:
    found = compiled.check({**world.asks()["resource"], **change})

    assert (found.outcome, found.codes) == (Outcome.DENY, ("PARSING_ERROR",))


@pytest.mark.parametrize("resource", [None, "x", [], 5, {1: 2}])
def test_what_is_no_resource_is_refused(
    compiled: CompiledDecision, resource: Any
) -> None:
    assert compiled.check(resource).outcome is Outcome.DENY


@pytest.mark.parametrize(
    ("shown", "request_"), [(b"", None), (None, {}), ("{}", {"subject": 1})]
)
def test_what_cannot_be_read_cannot_be_compiled(
    world: World, shown: Any, request_: Any
) -> None:
    with pytest.raises(MedidError):
        world.verifier().compile(shown, request_ or world.asks())
    with pytest.raises(MedidError):
        asyncio.run(_acompile(world.verifier(), shown, request_ or world.asks()))


def test_half_a_judgement_permits_nothing(
    world: World, compiled: CompiledDecision
) -> None:
    resource = world.asks()["resource"]
    for part in ("license", "consents"):
        missing: dict[str, Any] = {part: None}
        half = replace(compiled, prejudged=replace(compiled.prejudged, **missing))

        assert half.check(resource).outcome is Outcome.INDETERMINATE


# Resources are read quickly where they are as usual, member by member.

CODING = {"system": "http://loinc.org", "code": "718-7"}
MEMBER_VALUES = st.one_of(
    st.sampled_from(
        [
            *(
                "2026-03-01",
                "2026",
                "2026-13",
                "2026-03-01T10:00:00Z",
                "",
                "a",
                "\ud800",
            ),
            *(None, True, 1, 1.0, -0.0, float("nan"), 10**400, [], {}, (), [()]),
            *([CODING], [[CODING]], CODING, {"coding": [CODING]}, [CODING, CODING]),
            [{**CODING, "display": "x"}],
            [{**CODING, "display": [[[[]]]]}],
            [{**CODING, "userSelected": True}],
            [{"code": "718-7"}],
            {"start": "2026-01-01", "end": "2026-02-01"},
            {"start": "2026-02-01", "end": "2026-01-01"},
            *(["Practitioner/1"], ["Practitioner/1", 2], "Practitioner/1"),
            OrderedDict(CODING),
            [OrderedDict(CODING)],
        ]
    ),
    st.integers(),
    st.text(max_size=3),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=2),
)


@st.composite
def resources(draw: st.DrawFn) -> Any:
    """Resources as they are, with members changed, added and left out."""
    names = [*MEMBERS, "patient", "type", "other", 7]
    properties: Any = {"patient": "Patient/p-9", "securityLabel": [CODING]}
    drawn = st.dictionaries(st.sampled_from(names), MEMBER_VALUES, max_size=3)
    properties |= draw(drawn)
    whole: Any = {"type": "Observation", "id": "Observation/7"}
    whole |= {"properties": draw(st.sampled_from([properties, properties, None, []]))}
    parts = st.sampled_from(["type", "id", "properties", "other"])
    whole |= draw(st.dictionaries(parts, MEMBER_VALUES, max_size=1))
    return draw(st.sampled_from([whole, whole, whole, OrderedDict(whole), None]))


@given(resources())
def test_what_is_read_quickly_is_what_is_read(
    compiled: CompiledDecision, resource: Any
) -> None:
    again = compiled._read_again(resource, UTC)
    try:
        part = _resource_part(resource, "Patient/p-9")
        read = read_resource_part(part, UTC)
    except MedidError:
        assert again is None
    else:
        assert again in {None, read}


def test_a_search_is_read_quickly(compiled: CompiledDecision, world: World) -> None:
    resource = world.asks()["resource"]
    first = compiled._read_again(resource, UTC)
    assert first is not None
    kept = len(compiled.members._found)
    for number in range(20):
        other = {**resource, "id": f"Observation/{number}"}
        read = compiled._read_again(other, UTC)
        assert read == first._replace(id=f"Observation/{number}")
    assert len(compiled.members._found) == kept


@pytest.mark.parametrize(
    "value",
    [
        [{**CODING, "display": "x" * 4_096}],
        [{**CODING, "display": nested(64)}],
        [{"system": "http://loinc.org", "code": 1}],
        [OrderedDict(CODING)],
    ],
)
def test_what_is_unusual_is_read_whole(
    compiled: CompiledDecision, world: World, value: Any
) -> None:
    resource = world.asks()["resource"]
    resource["properties"]["code"] = value
    assert compiled._read_again(resource, UTC) is None


def test_the_error_is_that_of_the_whole_reading(
    compiled: CompiledDecision, world: World
) -> None:
    resource = world.asks()["resource"]
    assert compiled.check(resource)
    resource["properties"]["clinicalDate"] = "2026-13"
    found = compiled.check(resource)
    assert [one.path for one in found.findings] == [
        "$.resource.properties.clinicalDate"
    ]
