"""Codes of jurisdictions: the form that a license, a board and a trust file share."""

from __future__ import annotations

import re
from typing import Final

from medid.errors import MalformedValue

# ISO 3166-1 alpha-2, or ISO 3166-2. Which codes exist is for the configuration.
_JURISDICTION: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def check_jurisdiction(code: str, path: str) -> None:
    """Return if ``code`` has the form of an ISO 3166-1 alpha-2 or 3166-2 code.

    Raises:
        MalformedValue: It has not.
    """
    if not _JURISDICTION.fullmatch(code):
        fix = "use ISO 3166-1 alpha-2 or ISO 3166-2, such as GB or US-OH"
        raise MalformedValue("not a jurisdiction code", path=path, fix=fix)
