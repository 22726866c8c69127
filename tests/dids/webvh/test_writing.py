from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.dids import drafting, resolver
from medid.dids.resolution import ResolutionOptions
from medid.dids.webvh import writing
from medid.dids.webvh.writing import NO_WITNESSES, Changes, Published, WitnessList
from medid.errors import (
    ConfigurationError,
    DidDeactivated,
    InvalidDid,
    InvalidDidLog,
    MedidError,
    ProofGenerationError,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey
from tests.dids.webvh.board import (
    HOUR,
    NOON,
    PLACE,
    Board,
    asked,
    commit,
    draft_document,
    key,
    public,
)


def entries(log: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines()]


def as_of(board: Board, at: Instant) -> Any:
    evidence = writing.as_evidence(board.published, at=board.now)
    options = ResolutionOptions(version_time=at)
    return resolver.resolve(board.published.did, evidence, options).raw


def fragments(document: Any) -> list[str]:
    return [one["id"].partition("#")[2] for one in document["verificationMethod"]]


# Create.


def test_a_new_did_resolves_to_its_draft() -> None:
    made = writing.create(
        "board.example:boards:oh",
        draft_document("board.example:boards:oh"),
        Changes(ttl=600, watchers=("https://watcher.example/",), portable=True),
        signer=key("update"),
        at=NOON,
    )
    (entry,) = entries(made.log)
    scid = entry["parameters"]["scid"]

    assert str(made.did) == f"did:webvh:{scid}:board.example:boards:oh"
    assert made.log.endswith(b"}\n")
    assert entry["versionId"] == made.version_id
    assert entry["versionTime"] == str(NOON)
    assert entry["parameters"] == {
        "method": "did:webvh:1.0",
        "scid": scid,
        "updateKeys": [public("update").to_multikey()],
        "watchers": ["https://watcher.example/"],
        "ttl": 600,
        "portable": True,
    }
    assert made.document == entry["state"]
    assert not made.waiting
    published = Published(did=made.did, log=made.log)
    evidence = writing.as_evidence(published, at=NOON)
    assert resolver.resolve(made.did, evidence).raw == made.document
    assert "{SCID}" not in made.log.decode()


@pytest.mark.parametrize("name", ["{SCID}", "of {SCID}", "__proto__"])
def test_no_did_is_made_of_names_that_others_read_otherwise(name: str) -> None:
    # npm didwebvh-ts finds another SCID in such a log.
    members: list[Any] = [{name: 1}, [{"deep": [None, {name: 1}]}]]
    for member in members:
        draft = {**draft_document(), "x": member}
        with pytest.raises(ConfigurationError, match="otherwise"):
            writing.create(PLACE, draft, Changes(), signer=key("update"), at=NOON)
    value: Any = [name, {"y": name}]
    draft = {**draft_document(), "x": value}
    made = writing.create(PLACE, draft, Changes(), signer=key("update"), at=NOON)
    assert "x" in made.document


def test_a_version_begins_with_a_whole_second() -> None:
    at = Instant(NOON.nanoseconds + 999_999_999)
    made = writing.create(
        PLACE, draft_document(), Changes(), signer=key("update"), at=at
    )
    (entry,) = entries(made.log)

    assert entry["versionTime"] == str(NOON)
    assert entry["proof"][0]["created"] == str(NOON)


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("localhost", InvalidDid),
        ("Board.example", InvalidDid),
        ("127.0.0.1", InvalidDid),
        ("board.example:..", InvalidDid),
        ("board.example/x", InvalidDid),
    ],
)
def test_no_did_is_made_of_a_place_that_is_none(
    place: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        writing.create(
            place, draft_document(place), Changes(), signer=key("update"), at=NOON
        )


@pytest.mark.parametrize(
    "changes",
    [
        Changes(update_keys=(public("other"),)),
        Changes(update_keys=()),
        Changes(ttl=-1),
        Changes(ttl=2**31 + 1),
        Changes(witness=asked(3, "a", "b")),
        Changes(witness=asked(0, "a", "b")),
        Changes(witness=asked(1, "a", "a")),
    ],
)
def test_what_medid_would_not_read_it_does_not_write(changes: Changes) -> None:
    with pytest.raises(ConfigurationError, match="no version that medid would read"):
        Board(changes)


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {"id": "did:webvh:{SCID}:other.example"},
        {"id": "did:web:board.example"},
        {"id": writing.template(PLACE), "verificationMethod": "none"},
        {"id": writing.template(PLACE), "alsoKnownAs": ["not a URI"]},
    ],
)
def test_a_draft_that_is_no_document_of_the_did_is_refused(draft: Any) -> None:
    for changes in (Changes(), Changes(witness=asked(1, "a"))):
        with pytest.raises(ConfigurationError, match="that medid would read"):
            writing.create(PLACE, draft, changes, signer=key("update"), at=NOON)


@pytest.mark.parametrize(
    "changes",
    [
        Changes(update_keys=(PrivateKey.generate(KeyKind.P256).public_key,)),
        Changes(
            witness=WitnessList(
                threshold=1, keys=(PrivateKey.generate(KeyKind.P256).public_key,)
            )
        ),
    ],
)
def test_keys_of_other_kinds_control_and_witness_nothing(changes: Changes) -> None:
    with pytest.raises(WeakCryptography, match="Ed25519"):
        Board(changes)


def test_a_signer_of_another_kind_signs_nothing() -> None:
    with pytest.raises(WeakCryptography, match="Ed25519"):
        writing.create(
            PLACE,
            draft_document(),
            Changes(),
            signer=PrivateKey.generate(KeyKind.P384),
            at=NOON,
        )


class _Lying:
    """A signer that signs with another key than it says."""

    public_key = public("update")

    def sign(self, message: bytes) -> bytes:
        return key("other").sign(message)


def test_a_signer_that_lies_makes_no_log() -> None:
    with pytest.raises(ProofGenerationError):
        writing.create(PLACE, draft_document(), Changes(), signer=_Lying(), at=NOON)


# Update.


def test_each_version_is_chained_to_the_one_before() -> None:
    board = Board()
    first = board.published.log
    made = board.update(Changes(ttl=60))

    assert made.log.startswith(first)
    assert entries(made.log)[1]["parameters"] == {"ttl": 60}
    assert made.version_id.startswith("2-")


def test_a_log_without_a_last_newline_is_continued() -> None:
    board = Board()
    published = Published(
        did=board.published.did, log=board.published.log.removesuffix(b"\n")
    )
    made = writing.update(
        published, Changes(), signer=key("update"), at=NOON.plus(HOUR)
    )

    assert len(entries(made.log)) == 2


def test_an_update_changes_the_document_and_the_past_stays() -> None:
    board = Board()
    old = writing.latest(board.published)
    did = str(board.published.did)
    used = drafting.highest_number(writing.states(board.published.log))
    new = drafting.with_keys_only(old, did, [public("licenses-2")], used=used)
    made = board.update(document=new)

    assert fragments(made.document) == ["key-2"]
    assert as_of(board, NOON) == old
    assert as_of(board, NOON.plus(HOUR - 1)) == old
    assert as_of(board, NOON.plus(HOUR)) == new


@pytest.mark.parametrize("seconds", [0, 0.5, -1])
def test_a_version_begins_later_than_the_one_before(seconds: float) -> None:
    board = Board()

    with pytest.raises(ConfigurationError, match="a version begins later"):
        writing.update(
            board.published,
            Changes(),
            signer=key("update"),
            at=NOON.plus(seconds),
        )


def test_a_key_that_may_not_change_the_did_does_not() -> None:
    board = Board(Changes(update_keys=(public("update"),)))

    with pytest.raises(ConfigurationError, match="not authorized"):
        board.update(Changes(update_keys=(public("thief"),)), signer="thief")


def test_a_rotation_is_signed_by_the_old_key_and_ends_it() -> None:
    board = Board()
    board.update(Changes(update_keys=(public("new"),)))

    with pytest.raises(ConfigurationError, match="not authorized"):
        board.update(signer="update")
    assert board.update(signer="new").version_id.startswith("3-")


def test_a_log_that_does_not_verify_is_not_continued() -> None:
    board = Board()
    board.update(Changes(ttl=60))
    broken = board.published.log.replace(b'"ttl":60', b'"ttl":61')
    published = Published(did=board.published.did, log=broken)

    for attempt in (
        lambda: writing.update(
            published, Changes(), signer=key("update"), at=NOON.plus(9 * HOUR)
        ),
        lambda: writing.deactivate(
            published, signer=key("update"), at=NOON.plus(9 * HOUR)
        ),
        lambda: writing.verified(published),
    ):
        with pytest.raises(InvalidDidLog):
            attempt()


# Pre-rotation.


def test_with_pre_rotation_the_committed_key_signs_and_the_next_is_named() -> None:
    board = Board(Changes(next_key_hashes=commit("second")))
    made = board.update(Changes(next_key_hashes=commit("third")), signer="second")
    parameters = entries(made.log)[1]["parameters"]

    assert parameters["updateKeys"] == [public("second").to_multikey()]
    assert parameters["nextKeyHashes"] == list(commit("third"))


@pytest.mark.parametrize("thief", ["update", "licenses", "thief"])
def test_with_pre_rotation_no_other_key_changes_the_did(thief: str) -> None:
    board = Board(Changes(next_key_hashes=commit("second")))

    with pytest.raises(ConfigurationError, match="did not commit to"):
        board.update(Changes(next_key_hashes=commit(thief)), signer=thief)


def test_with_pre_rotation_a_version_says_what_follows() -> None:
    board = Board(Changes(next_key_hashes=commit("second")))

    with pytest.raises(ConfigurationError, match="commits to the keys of the next"):
        board.update(signer="second")


def test_pre_rotation_ends_where_a_version_says_so() -> None:
    board = Board(Changes(next_key_hashes=commit("second")))
    board.update(Changes(next_key_hashes=()), signer="second")
    made = board.update(Changes(update_keys=(public("any"),)), signer="second")

    assert "nextKeyHashes" not in entries(made.log)[2]["parameters"]


# Portability.


def test_a_portable_did_moves_and_both_names_resolve() -> None:
    board = Board(Changes(portable=True))
    old = board.published.did
    aliased = drafting.with_alias(
        writing.latest(board.published), "did:web:board.example"
    )
    board.update(document=aliased)
    document = writing.moved(board.published, "new.example:boards:oh")
    made = board.update(document=document)

    assert str(made.did).endswith(":new.example:boards:oh")
    assert made.document["alsoKnownAs"] == [
        "did:web:new.example:boards:oh",
        str(old),
    ]
    assert made.document["assertionMethod"] == [f"{made.did}#key-1"]
    evidence = writing.as_evidence(board.published, at=board.now)
    assert resolver.resolve(made.did, evidence).raw == made.document
    elsewhere = Published(did=old, log=made.log)
    evidence = writing.as_evidence(elsewhere, at=board.now)
    assert resolver.resolution(old, evidence).metadata["canonicalId"] == str(made.did)


@pytest.mark.parametrize("changes", [Changes(), Changes(portable=False)])
def test_a_did_that_is_not_portable_stays(changes: Changes) -> None:
    board = Board(changes)
    document = writing.moved(board.published, "new.example")

    with pytest.raises(ConfigurationError, match="not portable"):
        board.update(document=document)


def test_portability_is_given_up_for_good() -> None:
    board = Board(Changes(portable=True))
    board.update(Changes(portable=False))

    with pytest.raises(ConfigurationError, match="only the first entry"):
        board.update(Changes(portable=True))


# Deactivation.


def test_a_deactivated_did_has_a_past_and_no_future() -> None:
    board = Board()
    board.now = NOON.plus(HOUR)
    made = writing.deactivate(board.published, signer=key("update"), at=board.now)
    board.publish(made)

    assert made.deactivated
    assert entries(made.log)[1]["parameters"] == {"updateKeys": [], "deactivated": True}
    assert as_of(board, NOON) == made.document
    with pytest.raises(DidDeactivated):
        as_of(board, board.now)
    with pytest.raises(ConfigurationError, match="follows a deactivation"):
        board.update()


def test_with_pre_rotation_a_committed_key_deactivates() -> None:
    board = Board(Changes(next_key_hashes=commit("second")))

    with pytest.raises(ConfigurationError, match="did not commit to"):
        writing.deactivate(board.published, signer=key("update"), at=NOON.plus(HOUR))
    made = writing.deactivate(board.published, signer=key("second"), at=NOON.plus(HOUR))
    assert made.deactivated
    assert entries(made.log)[1]["parameters"]["nextKeyHashes"] == []


# Witnesses.


def test_a_version_that_witnesses_have_to_approve_waits() -> None:
    made = writing.create(
        PLACE,
        draft_document(),
        Changes(witness=asked(2, "a", "b")),
        signer=key("update"),
        at=NOON,
    )
    published = Published(did=made.did, log=made.log)

    assert made.waiting
    with pytest.raises(InvalidDidLog, match="fewer witnesses"):
        writing.verified(published)
    with pytest.raises(InvalidDidLog, match="fewer witnesses"):
        writing.update(published, Changes(), signer=key("update"), at=NOON.plus(HOUR))


def test_witnesses_end_with_a_version_that_they_approve() -> None:
    board = Board()
    made = board.update(Changes(witness=asked(1, "a")))
    assert made.waiting
    board.publish(made, "a")
    made = board.update(Changes(witness=NO_WITNESSES))
    assert made.waiting
    board.publish(made, "a")

    assert not board.update().waiting


# A law: whatever is written in whatever order is read, and the past stays.


@st.composite
def _steps(draw: st.DrawFn) -> list[tuple[str, int]]:
    kinds = st.sampled_from(["keys", "ttl", "rotate", "commit", "end"])
    return draw(st.lists(st.tuples(kinds, st.integers(0, 3)), max_size=5))


@given(_steps())
def test_every_version_stays_as_it_was_written(steps: list[tuple[str, int]]) -> None:
    board = Board()
    signer, committed = "update", False
    written = [(board.now, writing.latest(board.published))]
    for kind, number in steps:
        name = f"key-{number}"
        changes: dict[str, Any] = {}
        document = written[-1][1]
        if kind == "keys":
            used = drafting.highest_number(writing.states(board.published.log))
            document = drafting.with_keys_only(
                document, str(board.published.did), [public(name)], used=used
            )
        if kind == "ttl":
            changes["ttl"] = number
        if kind == "rotate" and not committed:
            changes["update_keys"] = (public(name),)
        following = signer
        if committed:
            changes["next_key_hashes"] = () if kind == "end" else commit(name)
            following = signer if kind == "end" else name
        elif kind == "commit":
            changes["next_key_hashes"] = commit(name)
            following = name
        elif kind == "rotate":
            following = name
        board.update(Changes(**changes), signer=signer, document=document)
        committed = bool(changes.get("next_key_hashes"))
        signer = following
        written.append((board.now, document))
    for at, document in written:
        assert as_of(board, at) == document
        assert as_of(board, at.plus(HOUR - 1)) == document


def test_the_did_of_a_log_is_what_its_last_version_describes() -> None:
    board = Board()
    log = board.published.log

    assert writing.did_of(log) == board.published.did
    assert writing.did_of(log.removesuffix(b"\n")) == board.published.did
    for broken in (b"", b"\n", b"{}", log.replace(b"did:webvh:", b"did:other:")):
        with pytest.raises(MedidError):
            writing.did_of(broken)
