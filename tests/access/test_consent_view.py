"""A decision is kept by which rules match the data, and nothing less."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from medid.access.consent_context import read_facts, read_settings
from medid.access.consent_match import ABOUT_DATA
from medid.access.consent_request import read_candidates, read_request
from medid.access.consent_rules import Prepared, prepare
from medid.access.consent_types import Resource
from medid.access.scenario_files import read
from medid.core.fields import as_object
from medid.health.consent_tree import Criteria

FOLDER = Path(__file__).resolve().parents[1] / "scenarios" / "consent"
ABOUT_THE_REQUEST = {"period", "recipients", "other_actors", "actions", "purposes"}


def situations() -> list[tuple[Prepared, list[Resource]]]:
    """Every scenario about data: its consents, and the data."""
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        for scenario in read(file.read_bytes()):
            context: Any = scenario.get("context", {})
            settings, unresolvable = read_settings(context)
            stated = as_object(scenario["request"], "$")
            if "scope" in stated:
                continue
            request = read_request(stated, settings.zone, unresolvable=unresolvable)
            resources = [] if request.resource is None else [request.resource]
            if "resource" in stated and not resources:
                bundle = as_object(stated["resource"], "$")
                resources = read_candidates(bundle, settings.zone, path="$")
            consents: Any = scenario["consents"]
            facts = read_facts(consents, context, settings)
            found.append((prepare(facts, request, settings), resources))
    return found


SITUATIONS = situations()


def test_a_rule_restricts_the_request_or_the_data() -> None:
    assert {it.name for it in fields(Criteria)} == {*ABOUT_DATA} | ABOUT_THE_REQUEST
    assert not ABOUT_THE_REQUEST.intersection(ABOUT_DATA)


def test_consents_about_no_data_look_at_none() -> None:
    alike = [it for it in SITUATIONS if not it[0].about_data and not it[0].looks_at]
    views = {it.view(one) for it, all_ in alike for one in all_}
    assert views == {()}


def test_no_data_is_seen_as_such() -> None:
    assert {prepared.view(None) for prepared, _ in SITUATIONS} == {None}


@pytest.mark.parametrize("name", Resource._fields)
def test_data_that_is_viewed_alike_is_decided_alike(name: str) -> None:
    values = {getattr(one, name) for _, all_ in SITUATIONS for one in all_}
    some = sorted(values, key=repr)[:: 1 + len(values) // 8]
    alike = other = 0
    for prepared, resources in SITUATIONS:
        found: dict[object, object] = {}
        for one in resources:
            for value in (getattr(one, name), *some):
                resource = one._replace(**{name: value})
                finding, view = prepared.check(resource), prepared.view(resource)
                alike += view in found
                other += view not in found
                assert found.setdefault(view, finding) == finding
    assert min(alike, other) > 100


@pytest.mark.parametrize("name", Resource._fields)
def test_everything_about_data_changes_some_decision(name: str) -> None:
    values = {getattr(one, name) for _, all_ in SITUATIONS for one in all_}
    assert any(
        prepared.check(resource._replace(**{name: value})) != prepared.check(resource)
        for prepared, resources in SITUATIONS
        for resource in resources
        for value in values
    )
