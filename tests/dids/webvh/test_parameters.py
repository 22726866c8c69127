"""Parameters: which there are, of which form, and what each entry leaves in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medid.dids.webvh import hashing, parameters
from medid.errors import InvalidDidLog, MalformedValue, MedidError, TooLarge
from medid.keys import KeyKind, PrivateKey
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

SCID = hashing.multihash(b"a first entry")


def stated(**members: JsonValue) -> JsonObject:
    """The least that a first entry states, some members replaced."""
    return {
        "method": "did:webvh:1.0",
        "scid": SCID,
        "updateKeys": logs.multikeys("a"),
        **members,
    }


def first(**members: JsonValue) -> parameters.Parameters:
    return parameters.first(stated(**members), "$")


def test_what_is_not_stated_has_its_default() -> None:
    found = first()
    assert found.scid == SCID
    assert found.update_keys == (logs.multikey("a"),)
    assert (found.next_key_hashes, found.watchers, found.witness) == ((), (), None)
    assert (found.portable, found.deactivated, found.ttl) == (False, False, 3_600)


def test_what_is_not_stated_later_stays() -> None:
    before = first(
        witness=logs.witnesses(1, "w"),
        watchers=["https://watch.example"],
        ttl=60,
        portable=True,
    )
    assert parameters.later(before, {}, "$") is before
    after = parameters.later(before, {"ttl": 0}, "$")
    assert after.ttl == 0
    assert (after.witness, after.watchers) == (before.witness, before.watchers)
    assert after.portable


def test_null_means_the_default() -> None:
    before = first(witness=logs.witnesses(1, "w"), watchers=["https://w.example"])
    after = parameters.later(before, {"witness": None, "watchers": None}, "$")
    assert (after.witness, after.watchers) == (None, ())
    assert first(nextKeyHashes=None, ttl=None, witness=None) == first()


@pytest.mark.parametrize("name", ["method", "scid", "updateKeys"])
def test_the_first_entry_states_what_it_must(name: str) -> None:
    members = {key: value for key, value in stated().items() if key != name}
    with pytest.raises(InvalidDidLog, match=name) as caught:
        parameters.first(members, "$")
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"scid": "Qm"}, "$.scid"),
        ({"scid": None}, "$.scid"),
        ({"updateKeys": None}, None),
        ({"updateKeys": "z6Mk"}, "$.updateKeys"),
        ({"updateKeys": ["z6Mk"]}, "$.updateKeys[0]"),
        ({"updateKeys": [7]}, "$.updateKeys[0]"),
        ({"nextKeyHashes": [""]}, "$.nextKeyHashes[0]"),
        ({"nextKeyHashes": {}}, "$.nextKeyHashes"),
        ({"watchers": "https://w.example"}, "$.watchers"),
        ({"watchers": ["https://w.example", "w.example"]}, "$.watchers[1]"),
        ({"watchers": ["https://w.example/a b"]}, "$.watchers[0]"),
        ({"portable": "true"}, "$.portable"),
        ({"deactivated": 1}, "$.deactivated"),
        ({"ttl": -1}, "$.ttl"),
        ({"ttl": 2**31 + 1}, "$.ttl"),
        ({"ttl": True}, "$.ttl"),
        ({"ttl": "60"}, "$.ttl"),
        ({"ttl": 1.0}, "$.ttl"),
        ({"prerotation": True}, "$.prerotation"),
        ({"witness": []}, "$.witness"),
        ({"witness": {"threshold": 1}}, "$.witness.witnesses"),
        ({"witness": {"witnesses": []}}, "$.witness.threshold"),
        ({"witness": {**logs.witnesses(1, "w"), "more": 1}}, "$.witness.more"),
    ],
)
def test_another_form_is_refused(members: JsonObject, path: str | None) -> None:
    if path is None:  # a default, which is no key here
        assert first(**members).update_keys == ()
        return
    with pytest.raises(MedidError) as caught:
        first(**members)
    assert caught.value.path == path


def test_a_key_of_another_kind_is_refused() -> None:
    other = PrivateKey.generate(KeyKind.P256).public_key.to_multikey()
    with pytest.raises(InvalidDidLog, match="Ed25519"):
        first(updateKeys=[other])
    with pytest.raises(InvalidDidLog, match="Ed25519"):
        first(witness={"threshold": 1, "witnesses": [{"id": f"did:key:{other}"}]})


def test_a_watcher_is_named_by_any_uri() -> None:
    names: list[JsonValue] = ["https://w.example/", "did:web:w.example"]
    assert first(watchers=names).watchers == tuple(names)


def test_the_scid_is_stated_once() -> None:
    with pytest.raises(InvalidDidLog, match="no such parameter"):
        parameters.later(first(), {"scid": SCID}, "$")


@pytest.mark.parametrize("threshold", [0, -1, 3, "1", None, True, 1.0])
def test_a_threshold_is_from_1_to_the_number_of_witnesses(threshold: JsonValue) -> None:
    with pytest.raises((InvalidDidLog, MalformedValue)) as caught:
        first(witness=logs.witnesses(threshold, "v", "w"))
    assert caught.value.path == "$.witness.threshold"
    for good in (1, 2):
        found = first(witness=logs.witnesses(good, "v", "w")).witness
        assert found is not None
        assert found.threshold == good
        assert found.keys == (logs.multikey("v"), logs.multikey("w"))


def test_a_witness_is_listed_once_in_any_spelling() -> None:
    # N-vh-witness.
    key = logs.multikey("w")
    for other in (f"did:key:{key}", key):
        twice: list[JsonValue] = [{"id": f"did:key:{key}"}, {"id": other}]
        with pytest.raises(InvalidDidLog, match="twice"):
            first(witness={"threshold": 2, "witnesses": twice})


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"id": "did:web:w.example"},
        {"id": "did:key:"},
        {"id": 7},
        "did:key:z6Mk",
        {"id": f"did:key:{logs.multikey('w')}", "weight": 1},
        {"id": f"did:key:{logs.multikey('w')}#{logs.multikey('w')}"},
    ],
)
def test_a_witness_is_a_did_key(entry: JsonValue) -> None:
    with pytest.raises(MedidError) as caught:
        first(witness={"threshold": 1, "witnesses": [entry]})
    assert caught.value.path.startswith("$.witness.witnesses[0]")


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("updateKeys", logs.multikey("a")),
        ("nextKeyHashes", "what nobody has to be able to decode"),
        ("watchers", "https://w.example/"),
    ],
)
def test_a_list_beyond_the_limit_is_refused(name: str, item: str) -> None:
    few: list[JsonValue] = [item] * parameters.MAX_KEYS
    assert first(**{name: few}).scid == SCID
    with pytest.raises(TooLarge):
        first(**{name: [*few, item]})
