"""did:webvh with npm didwebvh-ts, and with PyPI did-webvh: logs written and read.

Each log goes through what a board does: create, update, rotate with pre-rotation, be
witnessed, deactivate. What one side writes, the other has to resolve.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from interop.peers import node
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.core.records import replace
from medid.dids import drafting, resolver
from medid.dids.syntax import Did
from medid.dids.webvh import approving, hashing, parallel, writing
from medid.dids.webvh.location import locate
from medid.dids.webvh.writing import Changes, Published, WitnessList
from medid.errors import DidDeactivated, MedidError
from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCRIPT = "didwebvh.mjs"
NOW = Instant.parse("2026-01-05T09:00:00Z")
DAY = 86_400.0
PLACE = "board.example"

UPDATE = [PrivateKey.generate(KeyKind.ED25519) for _ in range(4)]
LICENSES = [PrivateKey.generate(KeyKind.ED25519) for _ in range(2)]
WITNESSES = [PrivateKey.generate(KeyKind.ED25519) for _ in range(2)]


def multikey(key: PrivateKey) -> str:
    return key.public_key.to_multikey()


def peer_key(key: PrivateKey) -> dict[str, Any]:
    """``key`` as the peer takes it."""
    return {"jwk": key.to_jwk(), "multikey": multikey(key)}


def committed(key: PrivateKey) -> tuple[str]:
    return (hashing.key_hash(multikey(key)),)


def witness_list() -> WitnessList:
    return WitnessList(threshold=2, keys=tuple(key.public_key for key in WITNESSES))


def approved(draft: writing.Draft, before: Published | None) -> Published:
    """``draft`` with the approvals of both witnesses."""
    seen = b"" if before is None else before.log
    kept = None if before is None else before.witnesses
    made = Published(did=draft.did, log=draft.log, witnesses=kept)
    given = [
        approving.approve(made, key, seen=seen, at=NOW.plus(9 * DAY))
        for key in WITNESSES
    ]
    return approving.with_approvals(made, given, seen=seen)


def ours() -> Iterator[tuple[str, Published]]:
    """A log of medid after each step of a board, and the name of the step."""
    draft = writing.create(
        PLACE,
        drafting.with_alias(
            drafting.document(
                writing.template(PLACE), drafting.numbered([LICENSES[0].public_key])
            ),
            f"did:web:{PLACE}",
        ),
        Changes(
            next_key_hashes=committed(UPDATE[1]), witness=witness_list(), portable=True
        ),
        signer=UPDATE[0],
        at=NOW,
    )
    site = approved(draft, None)
    yield "create", site
    used = drafting.highest_number(writing.states(site.log))
    draft = writing.update(
        site,
        Changes(next_key_hashes=committed(UPDATE[2]), ttl=600),
        document=drafting.with_keys_only(
            writing.latest(site), str(site.did), [LICENSES[1].public_key], used=used
        ),
        signer=UPDATE[1],
        at=NOW.plus(DAY),
    )
    site = approved(draft, site)
    yield "rotate", site
    draft = writing.update(
        site,
        Changes(next_key_hashes=committed(UPDATE[3])),
        document=writing.moved(site, "new.example:boards:oh"),
        signer=UPDATE[2],
        at=NOW.plus(2 * DAY),
    )
    site = approved(draft, site)
    yield "move", site
    draft = writing.deactivate(site, signer=UPDATE[3], at=NOW.plus(3 * DAY))
    yield "deactivate", approved(draft, site)


STEPS = dict(ours())


def asked_of_node(site: Published, **options: Any) -> Any:
    proofs = json.loads(site.witnesses or b"[]")
    request = {"log": site.log.decode(), "witnessProofs": proofs, **options}
    return node(SCRIPT, "resolve", request)


def without_implicit(document: dict[str, Any]) -> dict[str, Any]:
    """What the log states: implementations add the implicit services, or do not."""
    kept = [
        one
        for one in document.get("service", [])
        if one["id"].rpartition("#")[2] not in {"files", "whois"}
    ]
    told = {name: value for name, value in document.items() if name != "service"}
    return {**told, "service": kept} if kept else told


@pytest.mark.parametrize("step", STEPS)
def test_the_peer_resolves_what_medid_writes(step: str) -> None:
    site = STEPS[step]
    found = asked_of_node(site)

    assert found["verified"], found.get("error")
    assert found["did"] == str(site.did)
    assert found["meta"]["versionId"] == writing.last(site.log).version_id
    assert found["meta"]["deactivated"] is (step == "deactivate")
    if step != "deactivate":
        assert without_implicit(found["doc"]) == writing.latest(site)


def test_the_peer_resolves_the_past_of_what_medid_writes() -> None:
    site = STEPS["move"]
    states = writing.states(site.log)
    for number, state in enumerate(states, start=1):
        found = asked_of_node(site, versionNumber=number)
        assert found["verified"], found.get("error")
        assert without_implicit(found["doc"]) == state


@pytest.mark.parametrize("step", STEPS)
def test_the_peer_refuses_what_too_few_witnesses_approved(step: str) -> None:
    site = STEPS[step]
    records = json.loads(site.witnesses or b"[]")
    for record in records:
        del record["proof"][1:]
    few = replace(site, witnesses=json.dumps(records).encode())

    assert asked_of_node(few)["verified"] is False
    with pytest.raises(MedidError):
        writing.verified(few)


def test_the_did_web_document_is_the_peer_s() -> None:
    site = STEPS["rotate"]
    request = {"did": str(site.did), "document": writing.latest(site)}
    theirs = node(SCRIPT, "parallel", request)
    mine = parallel.document(site.did, writing.latest(site))

    assert without_implicit(theirs) == without_implicit(mine)
    assert fragments(theirs) == fragments(mine) == {"files", "whois"}


def fragments(document: Any) -> set[str]:
    """The fragments of the services of ``document``."""
    return {one["id"].rpartition("#")[2] for one in document["service"]}


# What the peer writes.


def published(made: dict[str, Any], records: list[Any] | None = None) -> Published:
    proofs = None if records is None else json.dumps(records).encode()
    return Published(
        did=Did.parse(made["did"]), log=made["log"].encode(), witnesses=proofs
    )


def resolved(site: Published) -> Any:
    place = locate(site.did)
    at = NOW.plus(9 * DAY)
    answers = [(place.log_url, Fetched.of(place.log_url, site.log, fetched_at=at))]
    if site.witnesses is not None:
        url = place.witness_url
        answers.append((url, Fetched.of(url, site.witnesses, fetched_at=at)))
    return resolver.resolve(site.did, Evidence().with_answers(answers)).raw


def created(**options: Any) -> dict[str, Any]:
    request = {
        "key": peer_key(UPDATE[0]),
        "address": PLACE,
        "updateKeys": [multikey(UPDATE[0])],
        "verificationMethods": [
            {
                "type": "Multikey",
                "publicKeyMultibase": multikey(LICENSES[0]),
                "purpose": "assertionMethod",
            }
        ],
        "created": str(NOW),
        **options,
    }
    return dict(node(SCRIPT, "create", request))


def updated(made: dict[str, Any], key: PrivateKey, **options: Any) -> dict[str, Any]:
    request = {"key": peer_key(key), "log": made["log"], **options}
    return dict(node(SCRIPT, "update", request))


def test_medid_resolves_what_the_peer_creates_and_updates() -> None:
    made = created()
    assert resolved(published(made)) == made["doc"]
    made = updated(
        made,
        UPDATE[0],
        updateKeys=[multikey(UPDATE[1])],
        verificationMethods=[
            {"type": "Multikey", "publicKeyMultibase": multikey(LICENSES[1])}
        ],
        updated=str(NOW.plus(DAY)),
    )
    assert resolved(published(made)) == made["doc"]
    assert multikey(LICENSES[1]) in made["log"]


def test_medid_resolves_what_the_peer_rotates_with_pre_rotation() -> None:
    made = created(nextKeyHashes=list(committed(UPDATE[1])))
    made = updated(
        made,
        UPDATE[1],
        updateKeys=[multikey(UPDATE[1])],
        nextKeyHashes=list(committed(UPDATE[2])),
        updated=str(NOW.plus(DAY)),
    )
    site = published(made)

    assert resolved(site) == made["doc"]
    assert writing.verified(site).versions[1].parameters.next_key_hashes == committed(
        UPDATE[2]
    )


def test_medid_resolves_what_witnesses_of_the_peer_approve() -> None:
    made = created(witness=witness_list().as_json())
    name = json.loads(made["log"])["versionId"]
    proofs = [
        node(SCRIPT, "witness", {"key": peer_key(key), "versionId": name})
        for key in WITNESSES
    ]

    assert resolved(published(made, [{"versionId": name, "proof": proofs}]))
    with pytest.raises(MedidError):
        resolved(published(made, [{"versionId": name, "proof": proofs[:1]}]))
    with pytest.raises(MedidError):
        resolved(published(made))


def test_medid_refuses_to_use_what_the_peer_deactivates() -> None:
    made = created()
    gone = node(SCRIPT, "deactivate", {"key": peer_key(UPDATE[0]), "log": made["log"]})
    site = published(gone)
    last = writing.last(site.log).version_time
    place = locate(site.did)
    log = Fetched.of(place.log_url, site.log, fetched_at=last)
    evidence = Evidence().with_answers([(place.log_url, log)])

    with pytest.raises(DidDeactivated):
        resolver.resolve(site.did, evidence)


def test_medid_continues_a_log_of_the_peer_and_the_peer_one_of_medid() -> None:
    site = published(created())
    draft = writing.update(
        site, Changes(ttl=60), signer=UPDATE[0], at=NOW.plus(2 * DAY)
    )
    found = asked_of_node(Published(did=draft.did, log=draft.log))
    assert found["verified"], found.get("error")

    mine = writing.create(
        PLACE,
        drafting.document(
            writing.template(PLACE), drafting.numbered([LICENSES[0].public_key])
        ),
        Changes(),
        signer=UPDATE[0],
        at=NOW,
    )
    made = updated({"log": mine.log.decode()}, UPDATE[0], updated=str(NOW.plus(DAY)))
    assert resolved(published(made)) == made["doc"]


# PyPI did-webvh.


@pytest.mark.parametrize("step", STEPS)
def test_the_python_peer_resolves_what_medid_writes(step: str, tmp_path: Path) -> None:
    peer = pytest.importorskip("did_webvh.history", reason="did-webvh is absent")
    site = STEPS[step]
    (tmp_path / "did.jsonl").write_bytes(site.log)
    (tmp_path / "did-witness.json").write_bytes(site.witnesses or b"[]")

    state, _ = asyncio.run(
        peer.load_local_history(tmp_path, verify_proofs=True, verify_witness=True)
    )

    assert state.version_id == writing.last(site.log).version_id
    assert state.document == writing.latest(site)
    assert state.deactivated is (step == "deactivate")


def test_medid_resolves_what_the_python_peer_writes() -> None:
    provision = pytest.importorskip("did_webvh.provision", reason="did-webvh is absent")
    askar = pytest.importorskip("did_webvh.askar", reason="did-webvh is absent")
    first, second = (askar.AskarSigningKey.generate("ed25519") for _ in range(2))
    place = "did:webvh:{SCID}:board.example"
    state = provision.provision_did(
        provision.genesis_document(place),
        params={
            "updateKeys": [first.multikey],
            "nextKeyHashes": [hashing.key_hash(second.multikey)],
        },
        timestamp=str(NOW),
    )
    state.proofs.append(state.create_proof(first, timestamp=state.timestamp))
    following = state.create_next(
        state.document,
        params_update={"updateKeys": [second.multikey], "nextKeyHashes": []},
        timestamp=str(NOW.plus(DAY)),
    )
    following.proofs.append(
        following.create_proof(second, timestamp=following.timestamp)
    )
    lines = [json.dumps(one.history_line()) for one in (state, following)]
    site = Published(
        did=Did.parse(following.document_id), log=("\n".join(lines) + "\n").encode()
    )

    assert resolved(site) == following.document
    assert len(writing.verified(site).versions) == 2
