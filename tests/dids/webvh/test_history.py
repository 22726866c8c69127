"""Every entry of a log is verified, and what is wrong with one ends the history there.

The names of attacks, such as N-vh-fork, are those of the list of attacks that this
project keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.json import dumps
from medid.dids.webvh import hashing, history
from medid.errors import InvalidDidLog, MedidError, TooLarge
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue


def read(*entries: JsonObject) -> history.History:
    return history.read(logs.lines(entries))


def refusal(*entries: JsonObject, kept: int, match: str) -> MedidError:
    """Why the entry behind the first ``kept`` ones does not count."""
    found = read(*entries)
    assert len(found.versions) == kept
    assert isinstance(found.failure, InvalidDidLog)
    assert match in found.failure.message
    assert found.failure.path.startswith(f"$[{kept}]")
    with pytest.raises(InvalidDidLog):
        found.whole()
    return found.failure


def again(
    entry: JsonObject, before: JsonObject, signer: str = "a", **changes: JsonValue
) -> JsonObject:
    """``entry`` with ``changes``, hashed and signed anew behind ``before``."""
    predecessor = str(before["versionId"])
    changed = logs.hashed({**entry, **changes}, predecessor, logs.number_of(entry))
    return logs.signed(changed, signer)


def test_an_honest_log_is_verified_whole() -> None:
    entries = logs.several(4)
    found = read(*entries)
    assert [version.number for version in found.whole()] == [1, 2, 3, 4]
    assert [v.version_id for v in found.versions] == [e["versionId"] for e in entries]
    assert found.versions[2].entry_hash == str(entries[2]["versionId"])[2:]


def test_a_log_may_end_without_a_newline_and_holds_no_other_empty_line() -> None:
    content = logs.lines(logs.several(2))
    assert len(history.read(content.rstrip(b"\n")).whole()) == 2
    found = history.read(content + b"\n")
    assert len(found.versions) == 2
    assert isinstance(found.failure, InvalidDidLog)


def test_an_empty_log_says_nothing() -> None:
    found = history.read(b"")
    with pytest.raises(InvalidDidLog, match="no entries"):
        found.whole()


def test_an_altered_entry_that_kept_its_version_id_is_refused() -> None:
    # N-vh-hashchain: the hash is worked out, and not compared with itself.
    one, two, three = logs.several(3)
    state = two["state"]
    assert isinstance(state, dict)
    altered = logs.signed({**two, "state": {**state, "alsoKnownAs": ["did:a:b"]}}, "a")
    refusal(one, altered, three, kept=1, match="hash")


def test_the_hash_covers_the_entry_before() -> None:
    one, two, three = logs.several(3)
    refusal(one, again(two, three), kept=1, match="hash")


@pytest.mark.parametrize("number", [1, 3, 9])
def test_version_numbers_have_no_gaps_and_no_repeats(number: int) -> None:
    one, two = logs.several(2)
    moved = logs.hashed(two, str(one["versionId"]), number)
    refusal(one, logs.signed(moved, "a"), kept=1, match="version numbers")


def test_a_log_begins_with_its_first_version() -> None:
    _, two = logs.several(2)
    found = read(two)
    assert not found.versions


def test_an_entry_signed_by_a_key_that_it_brings_itself_is_refused() -> None:
    # N-vh-unauth-update.
    one = logs.first("a")
    stolen = logs.after(one, "thief", updateKeys=logs.multikeys("thief"))
    refusal(one, stolen, kept=1, match="not authorized")


def test_the_keys_of_the_entry_before_sign_and_then_the_new_ones() -> None:
    one = logs.first("a")
    two = logs.after(one, "a", updateKeys=logs.multikeys("b", "c"))
    assert len(read(one, two, logs.after(two, "c")).whole()) == 3
    refusal(one, two, logs.after(two, "a"), kept=2, match="not authorized")


def test_the_first_entry_is_signed_by_a_key_of_its_own() -> None:
    stolen = logs.signed(logs.first("a"), "thief")
    refusal(stolen, kept=0, match="not authorized")
    refusal(logs.first("a", updateKeys=[]), kept=0, match="not authorized")


def test_every_proof_of_an_entry_has_to_hold() -> None:
    one = logs.first("a", updateKeys=logs.multikeys("a", "b"))
    two = logs.after(one)
    assert len(read(one, logs.signed(two, "a", "b")).whole()) == 2
    refusal(one, logs.signed(two, "a", "thief"), kept=1, match="not authorized")
    proofs = logs.signed(two, "a", "b")["proof"]
    assert isinstance(proofs, list)
    first, second = proofs
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    wrong = {**second, "proofValue": first["proofValue"]}
    refusal(one, {**two, "proof": [first, wrong]}, kept=1, match="signature")


def test_who_gave_up_all_keys_writes_no_more() -> None:
    one = logs.first("a")
    two = logs.after(one, "a", updateKeys=[])
    assert len(read(one, two).whole()) == 2
    refusal(one, two, logs.after(two, "a"), kept=2, match="not authorized")


def test_pre_rotation_takes_the_committed_keys_and_their_signature() -> None:
    one = logs.first("a", nextKeyHashes=logs.key_hashes("b"))
    two = logs.after(
        one,
        "b",
        updateKeys=logs.multikeys("b"),
        nextKeyHashes=logs.key_hashes("c", "spare"),
    )
    three = logs.after(two, "c", updateKeys=logs.multikeys("c"), nextKeyHashes=[])
    assert len(read(one, two, three, logs.after(three, "c")).whole()) == 4
    # The key of the entry before signs no more, not even the right keys.
    stolen = logs.signed(two, "a")
    refusal(one, stolen, kept=1, match="not authorized")


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"updateKeys": ["thief"], "nextKeyHashes": []}, "commit"),
        ({"updateKeys": ["b", "thief"], "nextKeyHashes": []}, "commit"),
        ({"updateKeys": ["a", "b"], "nextKeyHashes": []}, "commit"),
        ({"updateKeys": ["b"]}, "nextKeyHashes"),
        ({"nextKeyHashes": []}, "updateKeys"),
        ({}, "updateKeys"),
    ],
)
def test_pre_rotation_refuses_keys_without_commitment(
    parameters: dict[str, list[str]], match: str
) -> None:
    # N-vh-prerotation.
    one = logs.first("a", nextKeyHashes=logs.key_hashes("b"))
    stated: dict[str, Any] = {**parameters}
    if "updateKeys" in parameters:
        stated["updateKeys"] = logs.multikeys(*parameters["updateKeys"])
    for signer in ("a", "b", "thief"):
        refusal(one, logs.after(one, signer, **stated), kept=1, match=match)


def test_an_empty_list_of_hashes_begins_no_pre_rotation() -> None:
    one = logs.first("a", nextKeyHashes=[])
    two = logs.after(one, "a", nextKeyHashes=[])
    assert len(read(one, two, logs.after(two, "a")).whole()) == 3


def test_the_entry_that_ends_pre_rotation_is_still_under_it() -> None:
    one = logs.first("a", nextKeyHashes=logs.key_hashes("b"))
    early = logs.after(one, "a", updateKeys=logs.multikeys("a"), nextKeyHashes=[])
    refusal(one, early, kept=1, match="commit")


def test_a_log_under_another_scid_is_refused() -> None:
    # N-vh-scid.
    entry = logs.first("a")
    other = str(logs.first("b")["versionId"])[2:]
    state = entry["state"]
    assert isinstance(state, dict)
    stated = {**state, "id": f"did:webvh:{other}:board.example"}
    scid = str(entry["parameters"]["scid"])  # type: ignore[index, call-overload]
    moved = logs.signed(logs.hashed({**entry, "state": stated}, scid, 1), "a")
    refusal(moved, kept=0, match="SCID")


def test_a_document_of_another_method_is_none_of_a_did_webvh() -> None:
    other = logs.state("did:web:{SCID}:board.example")
    found = read(logs.first("a", document=other))
    assert found.versions == ()
    one = logs.first("a", portable=True)
    did = str(logs.did_of([one]))
    moved = logs.state(did.replace("webvh", "web", 1))
    moved["alsoKnownAs"] = [did]
    assert len(read(one, logs.after(one, "a", document=moved)).versions) == 1


def test_an_scid_that_is_not_the_hash_of_the_first_entry_is_refused() -> None:
    other = hashing.multihash(b"another entry")
    forged = hashing.with_scid(
        {
            "versionTime": str(logs.NOON),
            "parameters": {
                "method": "did:webvh:1.0",
                "scid": other,
                "updateKeys": logs.multikeys("a"),
            },
            "state": logs.state(),
        },
        other,
    )
    refusal(logs.signed(logs.hashed(forged, other, 1), "a"), kept=0, match="SCID")


def test_the_scid_may_stand_in_other_places_of_the_first_entry() -> None:
    document = logs.state()
    document["service"] = [
        {
            "id": "#pages",
            "type": "LinkedDomains",
            "serviceEndpoint": "https://board.example/{SCID}/",
        }
    ]
    one = logs.first("a", document=document)
    assert len(read(one, logs.after(one)).whole()) == 2


def test_a_first_entry_that_holds_the_placeholder_is_refused() -> None:
    # Else two entries would have one SCID: the placeholder stands for the SCID.
    document = logs.state()
    document["service"] = [
        {"id": "#p", "type": "L", "serviceEndpoint": "https://board.example/{SCID}"}
    ]
    one = logs.first("a", document=document)
    scid = str(one["parameters"]["scid"])  # type: ignore[index, call-overload]
    state = one["state"]
    assert isinstance(state, dict)
    back: JsonObject = {**state, "service": document["service"]}
    twin = logs.signed(logs.hashed({**one, "state": back}, scid, 1), "a")
    assert hashing.scid(hashing.without_scid(twin, scid)) == scid
    refusal(twin, kept=0, match="placeholder")


def test_the_placeholder_is_a_text_like_others_later() -> None:
    one = logs.first("a")
    state = one["state"]
    assert isinstance(state, dict)
    two = logs.after(one, "a", document={**state, "alsoKnownAs": ["did:x:{SCID}"]})
    assert len(read(one, two).whole()) == 2


def test_a_did_moves_where_its_first_entry_allows_it() -> None:
    one = logs.first("a", portable=True)
    two = moved(one)
    assert len(read(one, two, logs.after(two)).whole()) == 3
    assert str(logs.did_of([two])).endswith(":new.example")


def moved(
    one: JsonObject, host: str = "new.example", **changes: JsonValue
) -> JsonObject:
    """An entry that moves the DID of ``one`` to ``host``."""
    before = str(logs.did_of([one]))
    scid = before.split(":")[2]
    document = logs.state(f"did:webvh:{scid}:{host}")
    document["alsoKnownAs"] = [before]
    return logs.after(one, document={**document, **changes})


@pytest.mark.parametrize("portable", [False, None])
def test_a_did_that_is_not_portable_stays(portable: bool | None) -> None:
    # N-vh-portable.
    stated: dict[str, Any] = {} if portable is None else {"portable": portable}
    one = logs.first("a", **stated)
    refusal(one, moved(one), kept=1, match="portable")
    late = logs.after(one, portable=True)
    refusal(one, late, kept=1, match="portable")


def test_a_did_that_gave_up_moving_stays() -> None:
    one = logs.first("a", portable=True)
    two = logs.after(one, portable=False)
    refusal(one, two, moved(two), kept=2, match="portable")
    refusal(one, two, logs.after(two, portable=True), kept=2, match="portable")


@pytest.mark.parametrize(
    "aliases", [[], None, "did:webvh:x", ["did:web:board.example"]]
)
def test_a_did_that_moved_names_the_one_before(aliases: JsonValue) -> None:
    one = logs.first("a", portable=True)
    refusal(one, moved(one, alsoKnownAs=aliases), kept=1, match="before it")


def test_moving_leaves_the_scid_as_it_is() -> None:
    one = logs.first("a", portable=True)
    before = str(logs.did_of([one]))
    other = str(one["versionId"])[2:]
    document = logs.state(f"did:webvh:{other}:new.example")
    document["alsoKnownAs"] = [before]
    refusal(one, logs.after(one, document=document), kept=1, match="SCID")


@pytest.mark.parametrize("name", ["did:web:board.example", "", 7, "did:webvh:x:y.z"])
def test_an_entry_describes_a_did_webvh(name: JsonValue) -> None:
    one = logs.first("a", portable=True)
    state = one["state"]
    assert isinstance(state, dict)
    entry = logs.after(one, document={**state, "id": name})
    found = read(one, entry)
    assert len(found.versions) == 1
    assert isinstance(found.failure, InvalidDidLog)


def test_nothing_follows_a_deactivation() -> None:
    # N-vh-deactivated.
    one = logs.first("a")
    two = logs.after(one, deactivated=True)
    assert read(one, two).whole()[-1].parameters.deactivated
    refusal(one, two, logs.after(two), kept=2, match="deactivation")
    refusal(one, two, logs.after(two, deactivated=False), kept=2, match="deactivation")


@pytest.mark.parametrize("seconds", [0.0, -1.0, -3_600.0])
def test_times_increase(seconds: float) -> None:
    # N-vh-time.
    one = logs.first("a")
    two = logs.after(one, at=str(logs.NOON.plus(seconds)))
    refusal(one, two, kept=1, match="later")


def test_versions_of_a_time_to_come_are_not_there_yet() -> None:
    one, two, three = logs.several(3)
    found = read(one, two, three)
    last = found.versions[-1].time
    assert found.known_at(last) is found
    assert found.known_at(last.plus(-history.MAX_AHEAD)) is found
    cut = found.known_at(last.plus(-history.MAX_AHEAD - 1))
    assert len(cut.versions) == 2
    with pytest.raises(InvalidDidLog, match="to come"):
        cut.whole()
    assert found.known_at(logs.NOON.plus(-logs.HOUR)).versions == ()


@pytest.mark.parametrize(
    "value", ["did:webvh:0.5", "did:webvh:1.1", "did:webvh:99.0", "1.0", 1, ""]
)
def test_the_method_version_is_this_one_throughout(value: JsonValue) -> None:
    # N-vh-method-downgrade.
    refusal(logs.first("a", method=value), kept=0, match="method version")
    one = logs.first("a")
    refusal(one, logs.after(one, method=value), kept=1, match="method version")
    assert read(one, logs.after(one, method="did:webvh:1.0")).whole()


def test_a_log_beyond_the_limits_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = logs.lines(logs.several(3))
    monkeypatch.setattr(history, "MAX_ENTRIES", 2)
    with pytest.raises(TooLarge, match="entries"):
        history.read(content)
    with pytest.raises(TooLarge, match="entries"):
        history.read(content.rstrip(b"\n"))
    monkeypatch.setattr(history, "MAX_ENTRIES", 3)
    assert len(history.read(content).whole()) == 3
    monkeypatch.setattr(history, "MAX_LOG_BYTES", len(content))
    assert history.read(content).whole()
    monkeypatch.setattr(history, "MAX_LOG_BYTES", len(content) - 1)
    with pytest.raises(TooLarge, match="bytes"):
        history.read(content)


def test_a_hundred_thousand_entries_are_refused_at_once() -> None:
    # N-vh-100k.
    line = logs.lines([logs.first("a")])
    with pytest.raises(TooLarge):
        history.read(line * 100_000)
    with pytest.raises(TooLarge):
        history.read(b"{}\n" * 100_000)


def test_an_entry_beyond_the_limits_says_so() -> None:
    one = logs.first("a")
    found = history.read(logs.lines([one]) + b"[" * 100 + b"\n")
    assert isinstance(found.failure, TooLarge)
    with pytest.raises(TooLarge):
        found.whole()


def test_what_was_verified_before_is_not_read_again() -> None:
    entries = logs.several(3)
    known = read(*entries[:2])
    # The first lines are not looked at: whoever brings what is known vouches for them.
    content = logs.lines(entries)
    blank = b" " * known.versions[-1].end
    found = history.read(blank + content[len(blank) :], known=known)
    assert found.whole() == history.read(content).whole()


@given(data=st.data())
def test_any_change_of_any_byte_is_refused_or_means_the_same(
    data: st.DataObject,
) -> None:
    entries = _ENTRIES
    content = bytearray(logs.lines(entries))
    place = data.draw(st.integers(0, len(content) - 2))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    found = history.read(bytes(content))
    whole = _WHOLE.versions
    untouched = sum(version.end < place for version in whole)
    assert found.versions[:untouched] == whole[:untouched]
    if found.failure is None:
        # The last bits of base58 text, and nothing else, can spell the same value.
        assert [v.version_id for v in found.versions] == [v.version_id for v in whole]
        assert [v.parameters for v in found.versions] == [v.parameters for v in whole]
    else:
        assert dumps(found.failure.as_json())


_ENTRIES = logs.several(3)
_WHOLE = read(*_ENTRIES)
