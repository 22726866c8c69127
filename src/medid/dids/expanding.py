"""Resolving where the identifier says it all: one document, kept once it was made.

Such a method brings the function that expands an identifier to its document. It has no
versions, and nothing to fetch.

Spec: https://www.w3.org/TR/did-resolution/#resolving
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.dids.resolution import Resolution, ResolutionOptions, refuse_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.core.evidence import Evidence, Need
    from medid.dids.document import DidDocument
    from medid.dids.syntax import Did

_KEPT: Final = 1_024  # documents; a day's issuers and practitioners of one verifier


class Expanding:
    """``needs`` and ``resolve`` of a method whose identifiers hold everything."""

    def __init__(self, expand: Callable[[Did], DidDocument]) -> None:
        """Keep what ``expand`` makes of each identifier; it has to be pure."""

        @lru_cache(maxsize=_KEPT)
        def expanded(did: Did) -> Resolution:
            return Resolution(document=expand(did))

        #: What the identifier expands to, or what ``expand`` raises.
        self.expanded: Final = expanded

    @staticmethod
    def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
        """None: the identifier holds everything."""
        del did, evidence
        return ()

    def resolve(
        self, did: Did, evidence: Evidence, options: ResolutionOptions
    ) -> Resolution:
        """The document that ``did`` expands to, in any version: there is only one.

        Raises:
            DidNotFound: A version is asked for by name.
            MedidError: As the method's ``expand`` says.
        """
        del evidence
        refuse_versions(options)
        return self.expanded(did)
