"""The words of the field: licenses, consents, identifiers and their codes.

Reads verified claims into typed facts. Decides nothing, and checks no signature.

    >>> from medid.health.identifiers import check_npi
    >>> check_npi("1234567893")
    '1234567893'

Spec: https://w3id.org/medid/health/v1
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medid.jsonld import ContextStore


@lru_cache(maxsize=1)
def contexts() -> ContextStore:
    """The bundled JSON-LD contexts and the three health contexts."""
    from medid.health.receipt_vocabulary import (
        RECEIPT_CONTEXT_FILE,
        RECEIPT_CONTEXT_URL,
    )
    from medid.health.support_vocabulary import (
        SUPPORT_CONTEXT_FILE,
        SUPPORT_CONTEXT_URL,
    )
    from medid.health.vocabulary import CONTEXT_FILE
    from medid.health.words import CONTEXT_URL
    from medid.jsonld import ContextStore

    store = ContextStore.bundled().register_context(
        CONTEXT_URL, CONTEXT_FILE.read_bytes()
    )
    support = SUPPORT_CONTEXT_FILE.read_bytes()
    receipts = RECEIPT_CONTEXT_FILE.read_bytes()
    return store.register_context(SUPPORT_CONTEXT_URL, support).register_context(
        RECEIPT_CONTEXT_URL, receipts
    )


__all__ = ["contexts"]
