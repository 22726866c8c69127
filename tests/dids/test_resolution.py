"""What is asked of a resolution, and what comes out of it."""

from __future__ import annotations

import pytest

from medid.dids.document import DidDocument
from medid.dids.resolution import (
    LATEST,
    Resolution,
    ResolutionOptions,
    refuse_versions,
)
from medid.errors import DidNotFound
from tests.dids.builders import NOON, board


@pytest.mark.parametrize(
    "options",
    [ResolutionOptions(version_id="1"), ResolutionOptions(version_number=1)],
)
def test_a_method_without_versions_has_not_the_one_asked_for(
    options: ResolutionOptions,
) -> None:
    with pytest.raises(DidNotFound, match="no versions"):
        refuse_versions(options)


def test_a_time_asks_for_no_version_by_name() -> None:
    refuse_versions(LATEST)
    refuse_versions(ResolutionOptions(version_time=NOON))


@pytest.mark.parametrize(
    ("metadata", "deactivated"),
    [
        ({}, False),
        ({"deactivated": False}, False),
        ({"deactivated": "true"}, False),
        ({"deactivated": True}, True),
        ({"deactivated": True, "nextVersionId": "2"}, False),
    ],
)
def test_the_version_that_gave_the_did_up_is_the_deactivated_one(
    metadata: dict[str, str | bool], *, deactivated: bool
) -> None:
    found = Resolution(document=DidDocument.parse(board()), metadata={**metadata})
    assert found.deactivated == deactivated
