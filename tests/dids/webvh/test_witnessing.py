"""Witnesses: enough of them, each once, for exactly the version they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.json import dumps
from medid.dids.webvh import history, proofs
from medid.dids.webvh.witnessing import NO_PROOFS, witnessed
from medid.errors import InvalidDidLog, TooLarge
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.securing.data_integrity.proof import Proof

TWO_OF_THREE = logs.witnesses(2, "u", "v", "w")


def approved(entries: list[JsonObject], *approvals: JsonObject) -> int:
    """How many versions count, of a log that is good otherwise."""
    found = history.read(logs.lines(entries))
    assert found.failure is None
    cut = witnessed(found, dumps([*approvals]).encode())
    assert (cut.failure is None) == (len(cut.versions) == len(entries))
    if cut.failure is not None:
        assert isinstance(cut.failure, InvalidDidLog)
        assert "threshold" in cut.failure.message
        assert cut.failure.path == f"$[{len(cut.versions)}]"
    return len(cut.versions)


def test_a_threshold_of_witnesses_approves_a_version() -> None:
    entries = logs.several(1, witness=TWO_OF_THREE)
    for names in (["u", "v"], ["w", "u"], ["u", "v", "w"]):
        assert approved(entries, logs.approval(entries[0], *names)) == 1
    for names in (["u"], [], ["u", "stranger"]):
        assert approved(entries, logs.approval(entries[0], *names)) == 0


def test_no_file_is_no_approval() -> None:
    found = history.read(logs.lines(logs.several(1, witness=TWO_OF_THREE)))
    with pytest.raises(InvalidDidLog, match="threshold"):
        witnessed(found, NO_PROOFS).whole()


def test_a_witness_counts_once_however_often_it_signs() -> None:
    entries = logs.several(1, witness=TWO_OF_THREE)
    one = logs.approval(entries[0], "u", "u", "u")
    assert approved(entries, one, one) == 0


def test_an_approval_covers_the_versions_before_it() -> None:
    entries = logs.several(3, witness=TWO_OF_THREE)
    assert approved(entries, logs.approval(entries[2], "u", "v")) == 3
    assert approved(entries, logs.approval(entries[1], "u", "v")) == 2
    mixed = logs.approval(entries[2], "u"), logs.approval(entries[0], "v")
    assert approved(entries, *mixed) == 1
    assert approved(entries, *mixed, logs.approval(entries[2], "w")) == 3


def test_an_approval_of_another_log_is_none_of_this_one() -> None:
    entries = logs.several(2, witness=TWO_OF_THREE)
    other = logs.several(2, "b", witness=TWO_OF_THREE)
    assert approved(entries, logs.approval(other[1], "u", "v")) == 0


def test_an_approval_of_a_version_to_come_says_nothing_yet() -> None:
    entries = logs.several(3, witness=TWO_OF_THREE)
    future = logs.approval(entries[2], "u", "v")
    assert approved(entries[:2], future) == 0
    assert approved(entries[:2], future, logs.approval(entries[1], "v", "w")) == 2


def test_an_approval_is_for_the_version_that_it_names() -> None:
    entries = logs.several(2, witness=TWO_OF_THREE)
    older = logs.approval(entries[0], "u", "v")
    moved = {**older, "versionId": entries[1]["versionId"]}
    assert approved(entries, moved) == 0
    assert approved(entries, moved, older) == 1


def test_the_name_of_a_witness_is_compared_whole() -> None:
    entries = logs.several(1, witness=logs.witnesses(1, "u"))
    key = logs.multikey("u")
    for name in (f"did:key:{key[:-1]}#{key[:-1]}", f"did:key:{key}x#{key}x"):
        one = logs.approval(entries[0], "u", verificationMethod=name)
        assert approved(entries, one) == 0
    stranger = f"did:key:{key}#{logs.multikey('stranger')}"
    one = logs.approval(entries[0], "stranger", verificationMethod=stranger)
    assert approved(entries, one) == 0


@pytest.mark.parametrize(
    "options",
    [
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"proofPurpose": "authentication"},
        {"proofValue": "z1"},
        {"created": "2026-06-02T00:00:00Z"},
        {"verificationMethod": 7},
        {"type": None},
        {"proofPurpose": {}},
        {"expires": "soon"},
    ],
)
def test_a_proof_that_does_not_hold_leaves_the_others_as_they_are(
    options: JsonObject,
) -> None:
    entries = logs.several(1, witness=logs.witnesses(1, "u", "v"))
    record = logs.approval(entries[0], "u")
    stated = record["proof"]
    assert isinstance(stated, list)
    assert isinstance(stated[0], dict)
    broken: JsonObject = {**record, "proof": [{**stated[0], **options}]}
    assert approved(entries, broken) == 0
    assert approved(entries, broken, logs.approval(entries[0], "v")) == 1


def test_a_record_without_proofs_says_nothing() -> None:
    entries = logs.several(2, witness=logs.witnesses(1, "u"))
    bare: list[JsonObject] = [{"versionId": entries[1]["versionId"]}]
    assert approved(entries, *bare) == 0
    assert approved(entries, *bare, logs.approval(entries[1], "u")) == 2
    unread: JsonObject = {"versionId": "9-of-a-later-method", "proof": [{}]}
    assert approved(entries, unread, logs.approval(entries[1], "u")) == 2


def test_new_witnesses_begin_behind_the_version_that_names_them() -> None:
    one = logs.first("a", witness=logs.witnesses(2, "u", "v"))
    two = logs.after(one, witness=logs.witnesses(1, "w"))
    three = logs.after(two)
    entries = [one, two, three]
    assert approved(entries, logs.approval(three, "w")) == 0
    assert approved(entries, logs.approval(one, "u", "v"), logs.approval(two, "w")) == 1
    old = logs.approval(two, "u", "v")
    assert approved(entries, old) == 2
    assert approved(entries, old, logs.approval(three, "w")) == 3


def test_the_first_witnesses_of_a_did_begin_at_once() -> None:
    one = logs.first("a")
    two = logs.after(one, witness=logs.witnesses(1, "w"))
    assert approved([one, two]) == 1
    assert approved([one, two], logs.approval(two, "w")) == 2


def test_dismissing_the_witnesses_takes_their_approval() -> None:
    one = logs.first("a", witness=logs.witnesses(1, "w"))
    two = logs.after(one, witness={})
    three = logs.after(two)
    assert approved([one, two, three], logs.approval(one, "w")) == 1
    assert approved([one, two, three], logs.approval(two, "w")) == 3


TWO_PROOFS_IN_ONE = dumps(
    [
        {**approval, "proof": [approval["proof"]]}
        for approval in [
            logs.approval(logs.several(1, witness=TWO_OF_THREE)[0], "u", "v")
        ]
    ]
).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[7]",
        b'[{"versionId":"","proof":[]}]',
        b'[{"proof":[]}]',
        b'[{"versionId":"1-x","proof":{}}]',
        b'[{"versionId":"1-x","proof":null}]',
        b'[{"versionId":"1-x","proof":[7]}]',
        b'[{"versionId":"1-x","proof":[[]]}]',
        TWO_PROOFS_IN_ONE,
        b'[{"versionId":"1-x","proof":[],"more":1}]',
    ],
)
def test_a_file_of_another_form_is_refused(content: bytes) -> None:
    found = history.read(logs.lines(logs.several(1, witness=TWO_OF_THREE)))
    with pytest.raises(InvalidDidLog):
        witnessed(found, content)


def test_a_file_beyond_the_limits_is_refused() -> None:
    found = history.read(logs.lines(logs.several(1, witness=TWO_OF_THREE)))
    with pytest.raises(TooLarge):
        witnessed(found, b"[" + b"1," * 600_000 + b"1]")


_ENTRIES = logs.several(4, witness=TWO_OF_THREE)
_APPROVALS = {
    (name, index): logs.approval(entry, name)
    for name in ("u", "v", "w", "stranger")
    for index, entry in enumerate(_ENTRIES)
}


@given(chosen=st.lists(st.sampled_from(sorted(_APPROVALS)), max_size=12))
def test_a_version_counts_with_two_witnesses_at_it_or_behind(
    chosen: list[tuple[str, int]],
) -> None:
    best: dict[str, int] = {}
    for name, index in chosen:
        if name != "stranger":
            best[name] = max(index + 1, best.get(name, 0))
    expected = sorted([0, 0, *best.values()])[-2]
    records: list[JsonValue] = [_APPROVALS[one] for one in chosen]
    found = history.read(logs.lines(_ENTRIES))
    assert len(witnessed(found, dumps(records).encode()).versions) == expected


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys whose proofs are verified from now on."""
    keys: list[str] = []
    verify = proofs.verify

    def counted(
        document: JsonObject, canonical: bytes, proof: Proof, multikey: str
    ) -> None:
        keys.append(multikey)
        verify(document, canonical, proof, multikey)

    monkeypatch.setattr(proofs, "verify", counted)
    return keys


@pytest.mark.parametrize("end", ["", ",7"])
def test_a_file_of_wrong_proofs_is_verified_once(verified: list[str], end: str) -> None:
    """Each of the proofs of a document that name the DID would ask for it again."""
    entries = logs.several(1, witness=TWO_OF_THREE, ttl=len(end))
    wrong = logs.approval(entries[0], *["u"] * 3)
    for one in wrong["proof"]:  # type: ignore[union-attr]
        one["created"] = "2020-01-01T00:00:00Z"  # type: ignore[index,call-overload]
    content = f"[{dumps(wrong)}{end}]".encode()
    for _ in range(3):
        found = history.read(logs.lines(entries))
        with pytest.raises(InvalidDidLog):
            witnessed(found, content).whole()
    assert verified.count(logs.multikey("u")) == 3


def test_what_was_approved_of_one_history_says_nothing_of_another() -> None:
    entries = logs.several(2, witness=TWO_OF_THREE)
    fork = [entries[0], logs.after(entries[0], ttl=7)]
    file = logs.approval(entries[1], "u", "v")
    assert approved(entries, file) == 2
    assert approved(fork, file) == 0
    assert approved(entries[:1], file) == 0


def test_of_no_versions_there_is_nothing_to_approve() -> None:
    found = history.read(b"")
    assert witnessed(found, NO_PROOFS) == found
