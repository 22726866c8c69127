"""``medid.resolve``: a DID in, its DID document out.

Spec: https://www.w3.org/TR/did-resolution/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.evidence import Evidence
from medid.core.fetch import NoFetch
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.verifying.gathering import gather

if TYPE_CHECKING:
    from medid.core.fetch import Fetch
    from medid.dids.document import DidDocument


def resolve(
    did: str, *, fetch: Fetch | None = None, evidence: Evidence | None = None
) -> DidDocument:
    """The DID document of ``did``.

    Args:
        did: A did:key, did:jwk or did:web.
        fetch: Where a did:web document comes from; by default, nowhere.
        evidence: Documents that are already at hand.

    Raises:
        InvalidDid: Not a DID.
        MethodNotSupported: Another method.
        InvalidDidDocument: The document does not describe this DID.
        DidNotFound: There is no such DID.
        Unchecked: The document could not be obtained.
    """
    parsed = Did.parse(did)
    need = resolver.need(parsed)
    known = gather(
        evidence if evidence is not None else Evidence(),
        lambda _known: [need] if need is not None else [],
        fetch if fetch is not None else NoFetch(),
    )
    return resolver.resolve(parsed, known)
