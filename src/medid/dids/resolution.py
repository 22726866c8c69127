"""What is asked of a resolution beside the DID, and what comes out of it.

Spec: https://www.w3.org/TR/did-resolution/#did-resolution-options,
https://www.w3.org/TR/did-resolution/#did-document-metadata
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import DidNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonValue
    from medid.dids.document import DidDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionOptions:
    """Which state of the DID is asked for.

    Attributes:
        version_id: The version by its method's own name; ``None`` does not ask.
        version_number: The version by its number, for methods that count from 1.
        version_time: The instant as of which is asked; ``None`` asks for the latest.
        x509_chain: Certificates (DER), the signer's own first, for methods whose
            documents are made from certificates that travel beside the DID.
    """

    version_id: str | None = None
    version_number: int | None = None
    version_time: Instant | None = None
    x509_chain: tuple[bytes, ...] = ()


LATEST: Final = ResolutionOptions()


def refuse_versions(options: ResolutionOptions) -> None:
    """Return if no version is asked for by name: for methods that name none.

    Raises:
        DidNotFound: One is. What has no versions has not this one.
    """
    if options.version_id is not None or options.version_number is not None:
        message = "DIDs of this method have no versions to ask for"
        raise DidNotFound(message, fix="leave versionId and versionNumber out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A DID document, and what its method says about it.

    Attributes:
        document: As of the version that was asked for.
        metadata: The DID document metadata in the specification's own members:
            ``created``, ``updated``, ``versionId``, ``deactivated`` and the like.
    """

    document: DidDocument
    metadata: Mapping[str, JsonValue] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )

    @property
    def deactivated(self) -> bool:
        """Whether the DID was given up, in the version that was asked for.

        Metadata say so of the DID, whichever version they come with
        (https://www.w3.org/TR/did-resolution/#did-document-metadata); a version that
        another one followed was in use.
        """
        given_up = self.metadata.get("deactivated") is True
        return given_up and "nextVersionId" not in self.metadata
