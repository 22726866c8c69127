"""What stands in a record by design, and nowhere else; and what no record holds."""

from __future__ import annotations

import logging
import re
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.accounting import accounting
from medid.access.audit_fhir import audit_events, verification_result
from medid.access.audit_reading import read_record
from medid.adapters.audit import FileAuditLog, MemoryAuditLog
from medid.core.json import dumps
from medid.errors import MedidError
from tests.access.test_audit_fhir import SITE, VALIDATOR
from tests.access.test_verifier_secrecy import (
    CANARIES,
    canary_consent,
    canary_license,
    canary_request,
    denials,
)
from tests.access.world import AT, World, on_file

if TYPE_CHECKING:
    from pathlib import Path

    from medid.access.audit_record import DecisionRecord

KEY = b"CANARY-AUDIT-KEY-0123456789abcdef"
# Of a patient, in what is presented and asked; none of it has a field in a record.
PERSON = {
    "name": "CANARY-Amelia-Earnhart",
    "birth date": "1931-09-17",
    "record number": "CANARY-MRN-0042",
}
# Where a canary of the request may stand, by the record's own design.
DESIGNED = {
    "patient": re.compile(r"\$\.request\.patient"),
    "resource": re.compile(r"\$\.request\.resources\[\d+\]\.id"),
    "reason": re.compile(r"\$\.request\.breakGlass"),
}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def strings(value: Any, path: str = "$") -> list[tuple[str, str]]:
    """Every string of ``value``, names of members included, and where it stands."""
    if isinstance(value, dict):
        return [
            found
            for name, inner in value.items()
            for found in [(f"{path}.{name}", name), *strings(inner, f"{path}.{name}")]
        ]
    if isinstance(value, list):
        return [
            found
            for index, inner in enumerate(value)
            for found in strings(inner, f"{path}[{index}]")
        ]
    return [(path, str(value))]


def personal_request(world: World) -> Any:
    request = canary_request(world)
    request["subject"]["properties"]["references"] = [PERSON["name"]]
    request["resource"]["properties"]["author"] = [PERSON["record number"]]
    request["resource"]["properties"]["clinicalDate"] = PERSON["birth date"]
    return request


@pytest.fixture(scope="module")
def every_record(world: World) -> list[DecisionRecord]:
    """The records of every bad case, of a permit, of a compilation and a release."""
    log = MemoryAuditLog()
    for shown, request, members in denials(world):
        world.gateway(audit=log, **members).decide(shown, request)
    shown = world.shown(
        canary_license(world), canary_consent(world), challenge=CANARIES["nonce"]
    )
    kept = on_file(
        {
            "resourceType": "Consent",
            "status": "active",
            "language": CANARIES["text"],
            "patient": {"reference": CANARIES["patient"], "display": PERSON["name"]},
        }
    )
    verifier = world.verifier(audit=log, consents=kept)
    request = personal_request(world)
    verifier.decide(shown, request)
    verifier.compile(shown, request)
    permitted = world.verifier(audit=log).compile(world.shown(), world.asks())
    permitted.record([world.asks()["resource"]])
    return list(log.records)


def test_a_canary_stands_in_designed_fields_only(
    every_record: list[DecisionRecord],
) -> None:
    seen = set()
    for record in every_record:
        for path, text in strings(record.as_json()):
            for name, canary in {**CANARIES, **PERSON}.items():
                if canary in text:
                    assert name in DESIGNED, (name, path)
                    assert DESIGNED[name].fullmatch(path), (name, path)
                    seen.add(name)
    assert seen == set(DESIGNED)


def test_no_canary_is_in_a_repr_or_in_what_an_export_leaves_out(
    every_record: list[DecisionRecord],
) -> None:
    records = every_record
    exported = [
        *audit_events(records, SITE),
        *(
            verification_result(one, validator=VALIDATOR)
            for one in records
            if one.license is not None
        ),
    ]
    assert len(exported) > len(records)
    texts = [*map(repr, records), *map(dumps, exported)]
    for text in texts:
        # An AuditEvent says whose data it is about, and nothing else of the request.
        rest = text.replace(CANARIES["patient"], "")
        assert "CANARY" not in rest
        assert PERSON["birth date"] not in rest
    for shown in map(repr, records):
        assert CANARIES["patient"] not in shown


def test_no_canary_is_logged_printed_or_raised(
    every_record: list[DecisionRecord],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: list[str] = []
    with caplog.at_level(logging.DEBUG):
        log = FileAuditLog(tmp_path / "audit.jsonl", key=KEY)
        told.append(repr(log) + repr(vars(log)))
        for record in every_record:
            log.record(record)
        content = (tmp_path / "audit.jsonl").read_bytes()
        (tmp_path / "audit.jsonl").write_bytes(content.replace(b"CANARY", b"CANARx"))
        for attempt in (
            log.verify,
            lambda: list(log.records()),
            lambda: FileAuditLog(tmp_path / "audit.jsonl", key=b"C" * 40),
            lambda: read_record({"CANARY x": 1}),
            lambda: accounting([], "CANARY", start=AT, end=AT),
        ):
            with pytest.raises(MedidError) as caught:
                attempt()
            told += traceback.format_exception(caught.value)[-1:]
            told.append(repr(caught.value) + dumps(dict(caught.value.as_json())))
    out = capsys.readouterr()

    assert "CANARY" not in "".join([*told, caplog.text, out.out, out.err])
    assert KEY not in content
    assert KEY.hex().encode() not in content
