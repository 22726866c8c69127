"""The history of an identity: the one asked for, whole, in its order, or none."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.dids.ethr import history
from medid.dids.ethr.events import OWNER_CHANGED, Block
from medid.dids.ethr.history import LIMITS, MAX_BYTES, MAX_LOGS, MAX_NUMBER
from medid.dids.ethr.identifier import Identifier
from medid.errors import InvalidDidDocument, TooLarge
from tests.dids.ethr.builders import IDENTIFIER, OTHER, REGISTRY, Told, time_of, word
from tests.support import examples


def read(document: Any, identifier: Identifier = IDENTIFIER) -> history.History:
    return history.read(json.dumps(document).encode(), identifier)


def told() -> Told:
    """Five changes: two of them in one block, and one that is no event of a DID."""
    return (
        Told()
        .delegate(block=3)
        .attribute("did/svc/Hub", b"https://board.example/hub", block=3)
        .owner(OTHER, block=8)
        .delegate(kind=b"\xff" * 32, block=9)
        .delegate(kind="sigAuth", block=12)
    )


def test_a_whole_history_is_read() -> None:
    found = read(told().document(latest=20))
    assert found.latest == Block(number=20, timestamp=time_of(20))
    assert [event.block.number for event in found.events] == [3, 3, 8, 12]


def test_an_identity_that_nobody_changed_has_an_empty_one() -> None:
    assert read(Told().document(latest=20)).events == ()


def test_a_log_that_is_left_out_is_missed() -> None:
    # The last of those in one block aside: nothing in the chain tells of it.
    for index in range(len(told().logs)):
        document = told().document()
        del document["logs"][index]
        if index == 1:
            assert len(read(document).events) == 3
            continue
        with pytest.raises(InvalidDidDocument):
            read(document)


@settings(max_examples=examples(20))
@given(st.permutations(range(5)))
def test_logs_in_another_order_are_refused(order: list[int]) -> None:
    document = told().document()
    document["logs"] = [document["logs"][index] for index in order]
    if order == sorted(order):
        assert read(document).events
        return
    with pytest.raises(InvalidDidDocument, match="not the history"):
        read(document)


@pytest.mark.parametrize("index", range(5))
def test_a_log_that_is_repeated_is_refused(index: int) -> None:
    document = told().document()
    document["logs"].insert(index, deepcopy(document["logs"][index]))
    with pytest.raises(InvalidDidDocument):
        read(document)


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("format", "medid ERC-1056 history 2", "$.format"),
        ("format", None, "$.format"),
        ("chainId", 1, "$.chainId"),
        ("chainId", True, "$.chainId"),
        ("chainId", 31_337.0, "$.chainId"),
        ("chainId", -1, "$.chainId"),
        ("registry", REGISTRY[:-1], "$.registry"),
        ("registry", "0x" + "11" * 20, "$.logs[0].address"),
        ("registry", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "$.registry"),
        ("identity", "0x" + "11" * 20, "$.identity"),
        ("identity", "", "$.identity"),
        ("latest", {"number": 11, "timestamp": time_of(12)}, "$.latest"),
        ("latest", {"number": 12, "timestamp": time_of(12) - 1}, "$.latest"),
        ("latest", {"number": MAX_NUMBER + 1, "timestamp": 0}, "$.latest.number"),
        ("latest", {"number": 12}, "$.latest.timestamp"),
        ("latest", {"number": 12, "timestamp": 1, "hash": ""}, "$.latest.hash"),
        ("latest", [], "$.latest"),
        ("changed", 9, "$.changed"),
        ("changed", 13, "$.changed"),
        ("changed", "12", "$.changed"),
        ("logs", {}, "$.logs"),
        ("logs", [[]], "$.logs[0]"),
        ("more", 1, "$.more"),
    ],
)
def test_a_history_of_something_else_is_refused(
    member: str, value: object, path: str
) -> None:
    with pytest.raises(InvalidDidDocument) as caught:
        read({**told().document(), member: value})
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("address", "0x" + "11" * 20, "$.logs[2].address"),
        ("address", None, "$.logs[2].address"),
        ("topics", [OWNER_CHANGED], "$.logs[2].topics"),
        ("topics", [OWNER_CHANGED, "0x" + word(OTHER).hex()], "$.logs[2].topics"),
        ("topics", "no", "$.logs[2].topics"),
        ("data", "0x", "$.logs[2]"),
        ("data", "0xAA", "$.logs[2].data"),
        ("data", 0, "$.logs[2].data"),
        ("data", "0x" + (word(OTHER) + word(2)).hex(), "$.logs[2]"),
        ("data", "0x" + (word(OTHER) + word(8)).hex(), "$.logs[2]"),
        ("data", "0x" + (word(OTHER) + word(0)).hex(), "$.logs[2]"),
        ("blockNumber", 2, "$.logs[2]"),
        ("blockNumber", 10, "$.logs[3]"),
        ("blockNumber", "0x8", "$.logs[2].blockNumber"),
        ("logIndex", -1, "$.logs[2].logIndex"),
        ("timestamp", time_of(3) - 1, "$.logs[2]"),
        ("timestamp", time_of(10), "$.logs[3]"),
        ("removed", False, "$.logs[2].removed"),
    ],
)
def test_a_log_that_does_not_belong_is_refused(
    member: str, value: object, path: str
) -> None:
    document = told().document()
    document["logs"][2][member] = value
    with pytest.raises(InvalidDidDocument) as caught:
        read(document)
    assert caught.value.path == path


def test_two_events_of_a_topic_that_nobody_knows_are_refused() -> None:
    document = told().document()
    document["logs"][2]["topics"] = ["0x" + "00" * 32, document["logs"][2]["topics"][1]]
    with pytest.raises(InvalidDidDocument, match="not an event of the registry"):
        read(document)


def test_one_block_has_one_time_and_counts_its_logs_up() -> None:
    document = told().document()
    document["logs"][1]["timestamp"] += 1
    with pytest.raises(InvalidDidDocument, match="order"):
        read(document)
    document = told().document()
    document["logs"][1]["logIndex"] = document["logs"][0]["logIndex"]
    with pytest.raises(InvalidDidDocument, match="order"):
        read(document)


def test_the_registry_of_a_known_chain_is_the_known_one() -> None:
    mainnet = Identifier(chain_id=1, address=IDENTIFIER.address)
    known = Told().document(chainId=1, registry=mainnet.registry, latest=5)
    assert read(known, mainnet).events == ()
    with pytest.raises(InvalidDidDocument, match="another registry") as caught:
        read({**known, "registry": REGISTRY}, mainnet)
    assert caught.value.path == "$.registry"


def test_a_history_has_so_many_logs_and_no_more() -> None:
    longest = Told()
    for _ in range(MAX_LOGS):
        longest.owner(OTHER)
    assert len(read(longest.document()).events) == MAX_LOGS
    with pytest.raises(TooLarge, match="1000 changes"):
        read(longest.owner(OTHER).document())


def test_a_history_has_so_many_bytes_and_no_more() -> None:
    content = json.dumps(told().document()).encode()
    assert history.read(content.ljust(MAX_BYTES), IDENTIFIER).events
    with pytest.raises(TooLarge):
        history.read(content.ljust(MAX_BYTES + 1), IDENTIFIER)
    assert LIMITS.max_bytes == MAX_BYTES


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"null", b"\xff", b'{"a":1,"a":2}']
)
def test_what_is_no_object_is_no_history(content: bytes) -> None:
    with pytest.raises(InvalidDidDocument):
        history.read(content, IDENTIFIER)


@settings(max_examples=examples(60))
@given(st.data())
def test_only_a_refusal_comes_of_whatever_is_changed(
    data: st.DataObject,
) -> None:
    document = told().document()
    target = data.draw(
        st.sampled_from([document, *document["logs"], document["latest"]])
    )
    name = data.draw(st.sampled_from(sorted(target)))
    target[name] = data.draw(
        st.none() | st.integers() | st.text(max_size=9) | st.just([]) | st.just({})
    )
    # Only what nothing else depends on may be another, or what was drawn is the same.
    harmless = {"logIndex", "number", "timestamp"}
    if name in harmless or document == told().document():
        with suppress(InvalidDidDocument):
            assert len(read(document).events) == 4
        return
    with pytest.raises(InvalidDidDocument):
        read(document)
