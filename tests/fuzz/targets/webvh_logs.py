"""Targets of what a did:webvh publishes: its log, and the proofs of its witnesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medid.core import json as strict_json
from medid.core.json import dumps
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.dids.webvh import hashing, history
from medid.dids.webvh.witnessing import witnessed
from medid.errors import MedidError
from tests.dids.webvh import logs
from tests.fuzz.forms import json_text
from tests.fuzz.target import CANARY, Target

if TYPE_CHECKING:
    from medid.core.json import JsonObject
    from tests.fuzz.trees import Chance

_WITNESSED: Final = logs.several(2, witness=logs.witnesses(1, "w", "v"))
_READ: Final = history.read(logs.lines(_WITNESSED))


def _log(data: bytes) -> None:
    versions = history.read(data).whole()
    assert [version.number for version in versions] == [*range(1, len(versions) + 1)]
    did = Did.parse(versions[-1].did)
    found = resolver.resolution(did, logs.published(data, did=did))
    assert str(found.document.id) == versions[-1].did
    assert found.metadata["versionId"] == versions[-1].version_id


def _log_seeds() -> list[bytes]:
    named = {**logs.state(), "name": CANARY}
    one = logs.first("a", document=named, nextKeyHashes=logs.key_hashes("b"))
    two = logs.after(one, "b", updateKeys=logs.multikeys("b"), nextKeyHashes=[], ttl=60)
    moving = logs.first("a", document=named, portable=True, watchers=["x:canary"])
    return [logs.lines([one, two]), logs.lines([moving, logs.after(moving)])]


def _change_log(data: bytes, chance: Chance) -> bytes:
    """Change one entry; mostly hash and sign it and those behind it anew."""
    lines = data.splitlines()
    place = chance.random.randrange(len(lines)) if lines else 0
    changed = json_text(lines[place] if lines else b"{}", chance)
    lines[place : place + 1] = [changed]
    if chance.once_in(8):
        return b"\n".join(lines)
    try:
        entries: list[Any] = [strict_json.load_object(line) for line in lines]
        return logs.lines(_resealed(entries))
    except (MedidError, LookupError, TypeError, AttributeError, ValueError):
        return b"\n".join(lines)


def _resealed(entries: list[Any]) -> list[Any]:
    predecessor = entries[0]["parameters"]["scid"]
    sealed = []
    for number, entry in enumerate(entries, start=1):
        bare = {name: value for name, value in entry.items() if name != "proof"}
        if number == 1:
            bare = hashing.without_scid(bare, predecessor)
            predecessor = hashing.scid(bare)
            bare = hashing.with_scid(bare, predecessor)
        made = logs.hashed(bare, predecessor, number)
        method = str(entry["proof"][0]["verificationMethod"])
        signer = "b" if logs.multikey("b") in method else "a"
        sealed.append(logs.signed(made, signer))
        predecessor = str(made["versionId"])
    return sealed


def _witness_proofs(data: bytes) -> None:
    witnessed(_READ, data).whole()


def _witness_seeds() -> list[bytes]:
    stranger: JsonObject = {"versionId": CANARY}
    other: JsonObject = {**stranger, "proof": [logs.proof(stranger, "w")]}
    return [
        dumps([logs.approval(_WITNESSED[1], "w"), other]).encode(),
        dumps([logs.approval(entry, "v", "w") for entry in _WITNESSED]).encode(),
    ]


TARGETS: Final = (
    Target(name="did-log", read=_log, seeds=_log_seeds, change=_change_log),
    Target(
        name="witness-proofs",
        read=_witness_proofs,
        seeds=_witness_seeds,
        change=json_text,
    ),
)
