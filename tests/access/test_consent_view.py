"""A decision is kept by what the consents look at in the data, and nothing less."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from medid.access.consent_context import read_facts, read_settings
from medid.access.consent_match import LOOKED_AT
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


def test_whatever_a_rule_can_restrict_says_what_it_looks_at() -> None:
    assert {it.name for it in fields(Criteria)} == LOOKED_AT.keys() | ABOUT_THE_REQUEST
    looked_at = {name for names in LOOKED_AT.values() for name in names}
    assert looked_at == {it.name for it in fields(Resource)}


def test_consents_about_no_data_look_at_none() -> None:
    views = {it.view(one) for it, all_ in SITUATIONS for one in all_ if not it.looks_at}
    assert views == {()}


def test_no_data_is_seen_as_such() -> None:
    assert {prepared.view(None) for prepared, _ in SITUATIONS} == {None}


@pytest.mark.parametrize("name", [it.name for it in fields(Resource)])
def test_what_is_not_looked_at_changes_nothing(name: str) -> None:
    values: dict[str, set[Any]] = defaultdict(set)
    for _, resources in SITUATIONS:
        for resource in resources:
            values[name].add(getattr(resource, name))
    asked = 0
    for prepared, resources in SITUATIONS:
        if name in prepared.looks_at:
            continue
        for resource in resources:
            found = prepared.check(resource)
            for value in sorted(values[name], key=repr)[:: 1 + len(values[name]) // 8]:
                other = replace(resource, **{name: value})
                assert prepared.view(other) == prepared.view(resource)
                assert prepared.check(other) == found
                asked += 1
    assert asked > 100


@pytest.mark.parametrize("name", [it.name for it in fields(Resource)])
def test_what_is_looked_at_changes_some_decision(name: str) -> None:
    values = {getattr(one, name) for _, all_ in SITUATIONS for one in all_}
    assert any(
        prepared.check(replace(resource, **{name: value})) != prepared.check(resource)
        for prepared, resources in SITUATIONS
        if name in prepared.looks_at
        for resource in resources
        for value in values
    )
