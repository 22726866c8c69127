"""did:webvh: the history of a log of 1,000 entries, from its bytes, and one more.

Every entry changes the document and is signed; nobody has seen the log before but who
says so. The peer gets the log as a file, because it takes nothing else.
"""

from __future__ import annotations

import asyncio
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.goals import at_least
from benchmarks.rounds import AbsentError, Here, Race
from benchmarks.work import NOW
from medid import KeyKind, PrivateKey
from medid.core.entropy import system_entropy
from medid.core.json import dumps
from medid.dids.webvh import hashing, history
from medid.dids.webvh.histories import Histories
from medid.jsonld import ContextStore
from medid.securing.data_integrity import eddsa_jcs_2022
from medid.securing.data_integrity.cryptosuite import Creation
from medid.securing.data_integrity.proof import read_proofs
from medid.securing.data_integrity.secure import covered_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.goals import Report
    from medid.core.json import JsonObject

ENTRIES: Final = 1_000
NEW: Final = "medid, never seen before"
GREW: Final = "medid, seen before but for the last entry"
PEER: Final = "did-webvh"
FLOOR: Final = "medid's Ed25519 checks alone"

_DID: Final = "did:webvh:{SCID}:board.example"


def webvh(report: Report) -> None:
    """Verify a whole log; verify what a log grew by."""
    key = PrivateKey.generate(KeyKind.ED25519)
    lines = _log(key)
    content = b"".join(lines)
    did = _DID.replace("{SCID}", history.read(lines[0]).whole()[0].parameters.scid)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "did.jsonl"
        file.write_bytes(content)
        race = Race(f"verify a did:webvh log of {ENTRIES:,} entries")
        race.enter(FLOOR, lambda: Here(_signatures(key)))
        race.enter(NEW, lambda: Here(lambda: history.read(content).whole()))
        race.enter(PEER, lambda: Here(_peer(did, file)))
        race.run()
    report.say(race.table())
    goal = at_least(10, "verify 1,000 entries of did:webvh, as fast as did-webvh")
    report.faster(race, goal, who=NEW, than=PEER)
    race = Race("verify the same log once more, with one more entry")
    race.enter(NEW, lambda: Here(lambda: history.read(content).whole()))
    race.enter(GREW, lambda: Here(_grown(lines)))
    race.run()
    report.say(race.table())


def _signatures(key: PrivateKey) -> Callable[[], None]:
    message = bytes(64)
    signature = key.sign(message)

    def work() -> None:
        for _ in range(ENTRIES):
            key.public_key.verify(signature, message)

    return work


def _grown(lines: list[bytes]) -> Callable[[], object]:
    """Read logs in turn that are one entry longer each; at last, begin anew."""
    kept = Histories()
    start = len(lines) - 200
    contents = cycle([b"".join(lines[: start + more]) for more in range(200)])

    def work() -> object:
        return kept.read("a board's", next(contents)).whole()

    return work


def _peer(did: str, file: Path) -> Callable[[], None]:
    try:
        from did_webvh.core.resolver import DidResolver, LocalHistoryResolver
        from did_webvh.verify import WebvhVerifier
        from multiformats.multihash import Multihash
    except ImportError:
        raise AbsentError("did-webvh is not installed") from None

    def work() -> None:
        # Its hash function is kept by weak references alone, and its threads lose it to
        # each other now and then, which ended the run.
        held = Multihash("sha2-256")
        resolver = DidResolver(WebvhVerifier())
        result = asyncio.run(resolver.resolve(did, LocalHistoryResolver(file)))
        if result.document is None:
            raise RuntimeError(result.resolution_metadata)
        del held

    return work


def _log(key: PrivateKey) -> list[bytes]:
    multikey = key.public_key.to_multikey()
    preliminary: JsonObject = {
        "versionId": hashing.PLACEHOLDER,
        "versionTime": str(NOW.plus(-ENTRIES)),
        "parameters": {
            "method": "did:webvh:1.0",
            "scid": hashing.PLACEHOLDER,
            "updateKeys": [multikey],
        },
        "state": _state(_DID, multikey, 1),
    }
    predecessor = scid = hashing.scid(preliminary)
    did = _DID.replace(hashing.PLACEHOLDER, scid)
    entry = hashing.with_scid(preliminary, scid)
    lines: list[bytes] = []
    for number in range(1, ENTRIES + 1):
        if number > 1:
            entry = {
                "versionId": "",
                "versionTime": str(NOW.plus(number - ENTRIES)),
                "parameters": {},
                "state": _state(did, multikey, number),
            }
        predecessor = f"{number}-{hashing.entry_hash(entry, predecessor)}"
        entry["versionId"] = predecessor
        entry["proof"] = [_proof(entry, key, multikey)]
        lines.append(f"{dumps(entry)}\n".encode())
    return lines


def _state(did: str, multikey: str, number: int) -> JsonObject:
    """A document of the size of a board's, another in each version."""
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": did,
        "verificationMethod": [
            {
                "id": f"{did}#key-{number}",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": multikey,
            }
        ],
        "assertionMethod": [f"{did}#key-{number}"],
    }


def _proof(entry: JsonObject, key: PrivateKey, multikey: str) -> JsonObject:
    options: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": eddsa_jcs_2022.NAME,
        "verificationMethod": f"did:key:{multikey}#{multikey}",
        "created": str(NOW),
        "proofPurpose": "assertionMethod",
    }
    unsigned = {**entry, "proof": options}
    covered = covered_by(unsigned, read_proofs(unsigned)[0], ContextStore.bundled())
    creation = Creation(entropy=system_entropy)
    return {**options, **eddsa_jcs_2022.SUITE.create(covered, key, creation)}
