"""Verify a credential that another implementation made, and altered copies of it."""

import copy
import json
from pathlib import Path

import medid

credential = json.loads(
    (Path(__file__).parent / "data" / "peer-credential.json").read_text()
)
now = medid.Instant.parse("2026-06-15T12:00:00Z")

answer = medid.verify(credential, at=now)
print("as it came:", answer.outcome.value)
for check in answer.checks:
    print("  ", check.check, check.result.value)
assert answer

# Each altered copy is refused, with a stable code and the place of what is wrong.
promoted = copy.deepcopy(credential)
promoted["credentialSubject"]["jobTitle"] = "Surgeon"

respelt = copy.deepcopy(credential)
respelt["https://www.w3.org/2018/credentials#validUntil"] = respelt.pop("validUntil")

extended = copy.deepcopy(credential)
extended["validUntil"] = "2099-01-01T00:00:00Z"

for name, changed in {
    "another title": promoted,
    "a re-spelt end": respelt,
    "a later end": extended,
}.items():
    refused = medid.verify(changed, at=now)
    [error] = refused.errors
    print(f"{name}:", error.code, error.path)
    assert not refused
