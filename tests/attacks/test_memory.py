"""What a verifier remembers never changes its answer.

Every attack and every valid document goes through one verifier that remembers, among
all the others and twice, and through one that remembers nothing.
"""

from __future__ import annotations

from typing import Final

import pytest

from medid import Verifier
from medid.core.instant import Instant
from medid.core.memory import Memory
from tests.attacks.case import FILE, NOW, Case
from tests.attacks.corpus import cases

pytestmark = pytest.mark.campaign

AT: Final = Instant.parse(NOW)
EVERY: Final = 7  # of some thousand documents; which one of seven is fixed
SHARED: Final = Verifier()
FORGETFUL: Final = Verifier(memory=Memory(max_bytes=0))


def chosen() -> list[Case]:
    """Documents for ``medid verify``, from every group."""
    asked = [case for case in cases() if case.argv[0] == "verify"]
    return asked[::EVERY]


def test_documents_of_most_groups_are_asked() -> None:
    assert len({case.group for case in chosen()}) >= 25
    assert {case.expect for case in chosen()} >= {"verified", "refused"}


@pytest.mark.parametrize("part", range(8))
def test_an_answer_is_the_same_with_and_without_memory(part: int) -> None:
    for case in chosen()[part::8]:
        document = case.files[FILE]
        fresh = FORGETFUL.verify(document, at=AT).as_json()
        assert SHARED.verify(document, at=AT).as_json() == fresh, case.id
        assert SHARED.verify(document, at=AT).as_json() == fresh, case.id
