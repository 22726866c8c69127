"""Logs that five other implementations published, and those nobody may accept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.dids import resolver
from medid.dids.resolution import ResolutionOptions
from medid.dids.syntax import Did, DidUrl
from medid.dids.webvh.location import locate
from medid.errors import InvalidDid, InvalidDidLog, MedidError
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from medid.core.json import JsonObject

SET = "didwebvh-test-suite"
RESULTS = f"{SET}/results"
NOW = Instant.parse("2026-08-01T00:00:00Z")  # after the last of these logs was made

# By #the-did-log-file, witnesses that an entry names approve what comes behind it, and
# these entries were approved by the new ones alone. Two of the writers publish that
# they refuse their own log.
NOT_WITNESSED = {
    "witness-update/java": "accepted by its writer",
    "witness-update/ts": "accepted by its writer",
    "witness-update/java-eecc": "refused by its writer too",
    "witness-update/python": "refused by its writer too",
}
# The writer's result shows the last version, whichever was asked for.
OTHER_VERSION = {
    "multi-update/python/resolutionResult.1.json",
    "multi-update/python/resolutionResult.2.json",
}


def folder() -> Path:
    return vectors(SET) / "vectors"


def evidence(did: Did, files: Path) -> Evidence:
    place = locate(did)
    names = {"did.jsonl": place.log_url, "did-witness.json": place.witness_url}
    return Evidence().with_answers(
        (url, Fetched.of(url, (files / name).read_bytes(), fetched_at=NOW))
        for name, url in names.items()
        if (files / name).exists()
    )


def state_id(files: Path) -> Did:
    last = (files / "did.jsonl").read_bytes().splitlines()[-1]
    return Did.parse(json.loads(last)["state"]["id"])


def stated(document: Any) -> JsonObject:
    """``document`` without the services that every did:webvh has."""
    services = [
        service
        for service in document.get("service", [])
        if service["id"].partition("#")[2] not in {"files", "whois"}
    ]
    return {**document, "service": services}


def test_the_logs_of_others_state_the_documents_that_they_say() -> None:
    documents = refused = 0
    for file in sorted(folder().glob("*/*/resolutionResult*.json")):
        name = f"{file.parent.parent.name}/{file.parent.name}"
        if name.startswith("negative-"):
            continue
        number = file.name.split(".")[1]
        options = ResolutionOptions(
            version_number=int(number) if number.isdigit() else None
        )
        did = state_id(file.parent)
        published = evidence(did, file.parent)
        if name in NOT_WITNESSED:
            with pytest.raises(InvalidDidLog, match="witnesses"):
                resolver.resolution(did, published, options)
            told = json.loads(file.read_bytes())["didDocument"]
            assert (told is None) == ("refused" in NOT_WITNESSED[name])
            if told is None:
                agreed(RESULTS, name)
            refused += 1
            continue
        found = resolver.resolution(did, published, options)
        told = json.loads(file.read_bytes())
        same = stated(found.document.raw) == stated(told["didDocument"])
        assert same != (f"{name}/{file.name}" in OTHER_VERSION)
        version = told["didDocumentMetadata"]["versionId"]
        assert same == (found.metadata["versionId"] == version)
        documents += 1
        if same:
            agreed(RESULTS, f"{name}/{file.name}")
    assert documents == 70
    assert refused == len(NOT_WITNESSED)


def resolve_text(text: str, files: Path) -> None:
    did = DidUrl.parse(text).did
    resolver.needs(did, Evidence())
    resolver.resolution(did, evidence(did, files))


def test_the_sixteen_scenarios_of_attacks_are_refused() -> None:
    scenarios = 0
    for script in sorted(folder().glob("negative-*/script.yaml")):
        files = script.parent / "ts"
        steps = yaml.safe_load(script.read_text())["steps"]
        spelt = [step["did"] for step in steps if step["op"] == "resolve-did"]
        for text in spelt:
            with pytest.raises(InvalidDid):
                resolve_text(text, files)
        if not spelt:
            # An entry of another SCID says so; its log is asked for by its own DID.
            entry = json.loads((files / "did.jsonl").read_bytes().splitlines()[0])
            host = entry["state"]["id"].partition(":")[2].split(":", 2)[2]
            did = Did.parse(f"did:webvh:{entry['parameters']['scid']}:{host}")
            with pytest.raises(InvalidDidLog):
                resolver.resolution(did, evidence(did, files))
        scenarios += 1
        agreed(RESULTS, script.parent.name)
    assert scenarios == 16


def _suite() -> list[dict[str, Any]]:
    root = vectors(SET) / "implementations" / "python" / "test-suite"
    return list(json.loads((root / "resolver-suite.json").read_bytes()))


def test_the_resolver_suite_of_the_python_implementation_agrees() -> None:
    root = vectors(SET) / "implementations" / "python" / "test-suite" / "logs"
    for index, case in enumerate(_suite()):
        url = DidUrl.parse(case["did_url"])
        asked: dict[str, Any] = {"version_id": None, **_asked(dict(url.parameters))}
        options = ResolutionOptions(**asked)
        published = evidence(url.did, root / case["log"])
        if case["status"] == "ok":
            found = resolver.resolution(url.did, published, options)
            told = case["didDocumentMetadata"]
            assert found.metadata["versionId"] == told["versionId"]
            for name in ("versionTime", "created"):
                assert found.metadata[name] == told.get(name, found.metadata[name])
        else:
            with pytest.raises(MedidError) as caught:
                resolver.resolution(url.did, published, options)
            kind = resolver.error_type(caught.value)
            expected = case["didResolutionMetadata"]["error"]
            assert (
                kind == {"notFound": "NOT_FOUND", "invalidDid": "INVALID_DID"}[expected]
            )
        agreed(f"{SET}/resolver-suite", str(index))
    assert len(_suite()) > 15


def _asked(parameters: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "versionId" in parameters:
        found["version_id"] = parameters["versionId"]
    if "versionNumber" in parameters:
        found["version_number"] = int(parameters["versionNumber"])
    if "versionTime" in parameters:
        found["version_time"] = Instant.parse(parameters["versionTime"])
    return found
