"""Consents on file are found under whatever their patient may be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medid.access.sources import MemoryConsents, read_kept
from tests.access.test_consent_rules import CONSENT, DENIAL, ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonValue

HERE = "Patient/p-9"


def numbered(number: int, document: Any = CONSENT) -> dict[str, Any]:
    return {**document, "id": f"c{number}"}


def ids(found: Sequence[Any]) -> list[str]:
    return [one["id"] for one in found]


def test_whom_another_server_calls_the_same_may_be_the_patient() -> None:
    third = "https://third.example/fhir/Patient/p-9"
    kept = MemoryConsents(
        {
            HERE: [numbered(1)],
            f"{ELSEWHERE}/_history/2": [numbered(2)],
            third: [numbered(3)],
            "Patient/p-8": [numbered(4)],
            f"{ELSEWHERE}0": [numbered(5)],
        }
    )
    assert ids(kept.consents(HERE)) == ["c1", "c2", "c3"]
    assert ids(kept.consents(f"{HERE}/_history/4")) == ["c1", "c2", "c3"]
    assert ids(kept.consents(ELSEWHERE)) == ["c2"]
    assert ids(kept.consents("p-9")) == []


def test_what_is_found_under_two_names_is_one_consent() -> None:
    twice = numbered(2)
    kept = MemoryConsents({ELSEWHERE: [numbered(1), twice, twice], HERE: [numbered(3)]})
    _, records = read_kept(kept, ELSEWHERE, HERE)
    # What is on file twice under one name is on file twice.
    assert ids(records) == ["c1", "c2", "c2", "c3"]


class _Fresh:
    """A store that reads each answer anew, as a database does."""

    def consents(self, patient: str) -> Sequence[bytes | str | Mapping[str, JsonValue]]:
        return [dict(numbered(number, DENIAL)) for number in (1, 2)]


def test_a_store_that_reads_anew_loses_nothing() -> None:
    for _ in range(50):
        _, records = read_kept(_Fresh(), "a", "b", "c")
        assert ids(records) == ["c1", "c2"] * 3
