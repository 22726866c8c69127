from __future__ import annotations

import json
from typing import Any

import pytest

from medid.core.records import replace
from medid.dids import resolver
from medid.dids.webvh import approving, signing, writing
from medid.dids.webvh.writing import Changes, Published
from medid.errors import (
    ConfigurationError,
    DidLogAltered,
    InvalidDidLog,
    InvalidSignature,
    MalformedValue,
    MedidError,
)
from tests.dids.webvh.board import (
    HOUR,
    NOON,
    PLACE,
    Board,
    asked,
    draft_document,
    key,
    public,
)


def waiting(threshold: int = 2, *names: str) -> Published:
    """The first version of a DID with witnesses, which none has approved."""
    made = writing.create(
        PLACE,
        draft_document(),
        Changes(witness=asked(threshold, *(names or ("a", "b")))),
        signer=key("update"),
        at=NOON,
    )
    return Published(did=made.did, log=made.log)


def approval(draft: Published, name: str, seen: bytes = b"") -> Any:
    return approving.approve(draft, key(name), seen=seen, at=NOON.plus(9 * HOUR))


def records(draft: Published) -> list[tuple[int, list[str]]]:
    """The version and the witnesses of each record of the file."""
    assert draft.witnesses is not None
    names = {public(name).to_multikey(): name for name in "abcd"}
    return [
        (
            int(record["versionId"].partition("-")[0]),
            [
                names[proof["verificationMethod"].rpartition("#")[2]]
                for proof in record["proof"]
            ],
        )
        for record in json.loads(draft.witnesses)
    ]


def board_with(*names: str, threshold: int = 2) -> Board:
    """A board whose witnesses approved that they are asked from now on."""
    board = Board()
    made = board.update(Changes(witness=asked(threshold, *names)))
    board.publish(made, *names[:threshold])
    return board


def test_a_version_is_published_when_enough_approve() -> None:
    draft = waiting()
    assert approving.missing(draft) == 2
    draft = approving.with_approvals(draft, [approval(draft, "a")], seen=b"")
    assert approving.missing(draft) == 1
    with pytest.raises(InvalidDidLog, match="fewer witnesses"):
        writing.verified(draft)
    draft = approving.with_approvals(draft, [approval(draft, "b")], seen=b"")

    assert approving.missing(draft) == 0
    assert records(draft) == [(1, ["a", "b"])]
    evidence = writing.as_evidence(draft, at=NOON)
    assert resolver.resolve(draft.did, evidence).id == draft.did


def test_more_than_enough_approvals_are_kept() -> None:
    draft = waiting(1)
    both = [approval(draft, "a"), approval(draft, "b")]
    draft = approving.with_approvals(draft, both, seen=b"")

    assert approving.missing(draft) == 0
    assert records(draft) == [(1, ["a", "b"])]


def test_a_witness_counts_once_however_often_it_approves() -> None:
    draft = waiting()
    twice = [approval(draft, "a"), approval(draft, "a")]
    draft = approving.with_approvals(draft, twice, seen=b"")

    assert records(draft) == [(1, ["a"])]
    assert approving.missing(draft) == 1


def test_without_witnesses_nothing_is_missing() -> None:
    assert approving.missing(Board().published) == 0


@pytest.mark.parametrize("name", ["c", "update", "licenses"])
def test_only_a_witness_of_the_version_approves(name: str) -> None:
    with pytest.raises(ConfigurationError, match="not of a witness"):
        approval(waiting(), name)


def test_nobody_approves_where_nobody_is_asked() -> None:
    board = Board()

    with pytest.raises(ConfigurationError, match="not of a witness"):
        approval(board.published, "a")


def test_new_witnesses_approve_from_the_next_version_on() -> None:
    board = board_with("a", "b")
    made = board.update(Changes(witness=asked(1, "c")))
    draft = replace(board.published, log=made.log)

    with pytest.raises(ConfigurationError, match="not of a witness"):
        approval(draft, "c", board.published.log)
    board.publish(made, "a", "b")
    made = board.update(Changes(ttl=1))
    with pytest.raises(ConfigurationError, match="not of a witness"):
        approval(replace(board.published, log=made.log), "a", board.published.log)
    board.publish(made, "c")
    assert records(board.published) == [(3, ["a", "b"]), (4, ["c"])]


# What a witness refuses.


def test_a_witness_approves_only_what_continues_what_it_saw() -> None:
    board = board_with("a", "b")
    fork = board.update(Changes(ttl=1))
    other = board.update(Changes(ttl=2))
    board.publish(other, "a", "b")
    draft = replace(board.published, log=fork.log)

    with pytest.raises(DidLogAltered):
        approval(draft, "a", board.published.log)
    with pytest.raises(DidLogAltered):
        approval(waiting(), "a", board.published.log)


def test_what_was_seen_may_lack_its_last_newline_and_no_more() -> None:
    board = board_with("a", "b")
    made = board.update(Changes(ttl=1))
    draft = replace(board.published, log=made.log)
    seen = board.published.log

    assert approval(draft, "a", seen.removesuffix(b"\n")) == approval(draft, "a", seen)
    with pytest.raises(DidLogAltered):
        approval(draft, "a", seen.removesuffix(b"\n")[:-1])


def test_a_witness_approves_nothing_that_does_not_prove_itself() -> None:
    draft = waiting()
    broken = replace(draft, log=draft.log.replace(b"12:00:00", b"12:00:01", 1))

    with pytest.raises(InvalidDidLog):
        approval(broken, "a")


def test_a_witness_approves_nothing_of_a_time_to_come() -> None:
    draft = waiting()

    with pytest.raises(InvalidDidLog, match="time to come"):
        approving.approve(draft, key("a"), seen=b"", at=NOON.plus(-HOUR))


def test_a_witness_approves_no_document_of_another_did() -> None:
    draft = waiting()
    other = replace(draft, did=Board().published.did)

    with pytest.raises(MedidError, match="another DID"):
        approval(other, "a")


# What a controller does not add.


def test_an_approval_of_another_version_is_not_added() -> None:
    board = board_with("a", "b")
    made = board.update(Changes(ttl=1))
    draft = replace(board.published, log=made.log)
    given = approval(board.published, "a")

    with pytest.raises(ConfigurationError, match="another version"):
        approving.with_approvals(draft, [given], seen=board.published.log)


def test_an_approval_under_another_version_s_name_is_not_added() -> None:
    board = board_with("a", "b")
    made = board.update(Changes(ttl=1))
    draft = replace(board.published, log=made.log)
    given = approval(board.published, "a") | {"versionId": made.version_id}

    with pytest.raises(InvalidSignature) as caught:
        approving.with_approvals(draft, [given], seen=board.published.log)
    assert caught.value.path.startswith("$[0].proof[0]")


def test_an_approval_of_nobody_who_was_asked_is_not_added() -> None:
    draft = waiting(1, "a")
    given = approval(waiting(1, "b"), "b")
    signed = signing.proof(
        {"versionId": writing.last(draft.log).version_id}, key("b"), at=NOON
    )
    given = {"versionId": writing.last(draft.log).version_id, "proof": [signed]}

    with pytest.raises(ConfigurationError, match="not of a witness"):
        approving.with_approvals(draft, [given], seen=b"")


def test_an_approval_where_nobody_is_asked_is_not_added() -> None:
    published = Board().published
    name = writing.last(published.log).version_id
    signed = signing.proof({"versionId": name}, key("a"), at=NOON)

    with pytest.raises(ConfigurationError, match="not of a witness"):
        approving.with_approvals(
            published, [{"versionId": name, "proof": [signed]}], seen=b""
        )


@pytest.mark.parametrize(
    "given", [{}, {"versionId": 1}, {"versionId": "1-x"}, {"proof": []}]
)
def test_what_is_no_approval_is_not_added(given: Any) -> None:
    with pytest.raises(MedidError):
        approving.with_approvals(waiting(), [given], seen=b"")


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"[{}]", b"not JSON", b"\xff"])
def test_a_file_that_is_none_of_approvals_is_refused(content: bytes) -> None:
    draft = replace(waiting(), witnesses=content)

    with pytest.raises(MedidError):
        approving.missing(draft)


def test_an_object_is_no_list_of_approvals() -> None:
    with pytest.raises(MalformedValue, match="array"):
        approving.missing(replace(waiting(), witnesses=b"{}"))


# What is kept.


def test_of_what_is_published_the_last_approval_of_each_witness_is_kept() -> None:
    board = board_with("a", "b", "c")
    assert records(board.published) == [(2, ["a", "b"])]
    board.publish(board.update(Changes(ttl=1)), "b", "c")
    assert records(board.published) == [(2, ["a", "b"]), (3, ["b", "c"])]
    made = board.update(Changes(ttl=2))
    draft = replace(board.published, log=made.log)
    draft = approving.with_approvals(
        draft, [approval(draft, "a", board.published.log)], seen=board.published.log
    )

    # b's approval of version 3 stands for version 2 as well; a's is needed until
    # version 4 is published.
    assert records(draft) == [(2, ["a"]), (3, ["b", "c"]), (4, ["a"])]
    draft = approving.with_approvals(
        draft, [approval(draft, "b", board.published.log)], seen=board.published.log
    )
    assert records(draft) == [(2, ["a"]), (3, ["b", "c"]), (4, ["a", "b"])]
    writing.verified(replace(board.published, witnesses=draft.witnesses))
    writing.verified(draft)


def test_approvals_of_versions_that_never_came_are_dropped() -> None:
    board = board_with("a", "b")
    given_up = board.update(Changes(ttl=1))
    draft = replace(board.published, log=given_up.log)
    draft = approving.with_approvals(
        draft, [approval(draft, "a", board.published.log)], seen=board.published.log
    )
    assert [number for number, _ in records(draft)] == [2, 3]
    made = board.update(Changes(ttl=2))
    other = replace(draft, log=made.log)
    other = approving.with_approvals(
        other, [approval(other, "b", board.published.log)], seen=board.published.log
    )

    assert records(other) == [(2, ["a", "b"]), (3, ["b"])]
