"""medid: may this person, for this purpose, see this patient's data now?

It answers from proofs: a practitioner's license credential, a patient's consent
credential, and the rules of the field. Everything here is loaded at its first use.

>>> import medid
>>> medid.Instant.parse("2026-06-15T12:00:00Z") < medid.system_clock()
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from medid.access.decision import Decision
    from medid.access.request import AccessRequest
    from medid.access.sources import MemoryConsents
    from medid.access.verifier import AccessVerifier
    from medid.adapters.audit import FileAuditLog, MemoryAuditLog
    from medid.adapters.cache import CachedFetch
    from medid.adapters.challenges import MemoryChallenges, SqliteChallenges
    from medid.adapters.https import HttpsFetch
    from medid.core.evidence import Evidence
    from medid.core.instant import Instant, system_clock
    from medid.core.memory import Memory
    from medid.errors import MedidError
    from medid.issuing import (
        Controller,
        add_proof,
        derive,
        issue,
        issue_sd_jwt,
        new_list,
        present,
        present_sd_jwt,
        renew_list,
        set_status,
        withdraw,
    )
    from medid.jsonld import ContextStore
    from medid.keys import KeyKind, PrivateKey, PublicKey
    from medid.trust import TrustRegistry
    from medid.verifying.checks import Verification
    from medid.verifying.judging import Expectations, StatusPolicy
    from medid.verifying.resolving import dereference, resolve
    from medid.verifying.verifier import Verifier, verify

    __version__: str

_HOMES: Final = {
    "AccessRequest": "medid.access.request",
    "AccessVerifier": "medid.access.verifier",
    "CachedFetch": "medid.adapters.cache",
    "ContextStore": "medid.jsonld",
    "Controller": "medid.issuing",
    "Decision": "medid.access.decision",
    "Evidence": "medid.core.evidence",
    "Expectations": "medid.verifying.judging",
    "FileAuditLog": "medid.adapters.audit",
    "HttpsFetch": "medid.adapters.https",
    "Instant": "medid.core.instant",
    "KeyKind": "medid.keys",
    "MedidError": "medid.errors",
    "Memory": "medid.core.memory",
    "MemoryAuditLog": "medid.adapters.audit",
    "MemoryChallenges": "medid.adapters.challenges",
    "MemoryConsents": "medid.access.sources",
    "PrivateKey": "medid.keys",
    "PublicKey": "medid.keys",
    "SqliteChallenges": "medid.adapters.challenges",
    "StatusPolicy": "medid.verifying.judging",
    "TrustRegistry": "medid.trust",
    "Verification": "medid.verifying.checks",
    "Verifier": "medid.verifying.verifier",
    "add_proof": "medid.issuing",
    "dereference": "medid.verifying.resolving",
    "derive": "medid.issuing",
    "issue": "medid.issuing",
    "issue_sd_jwt": "medid.issuing",
    "new_list": "medid.issuing",
    "present": "medid.issuing",
    "present_sd_jwt": "medid.issuing",
    "renew_list": "medid.issuing",
    "resolve": "medid.verifying.resolving",
    "set_status": "medid.issuing",
    "system_clock": "medid.core.instant",
    "verify": "medid.verifying.verifier",
    "withdraw": "medid.issuing",
}

__all__ = [
    "AccessRequest",
    "AccessVerifier",
    "CachedFetch",
    "ContextStore",
    "Controller",
    "Decision",
    "Evidence",
    "Expectations",
    "FileAuditLog",
    "HttpsFetch",
    "Instant",
    "KeyKind",
    "MedidError",
    "Memory",
    "MemoryAuditLog",
    "MemoryChallenges",
    "MemoryConsents",
    "PrivateKey",
    "PublicKey",
    "SqliteChallenges",
    "StatusPolicy",
    "TrustRegistry",
    "Verification",
    "Verifier",
    "__version__",
    "add_proof",
    "dereference",
    "derive",
    "issue",
    "issue_sd_jwt",
    "new_list",
    "present",
    "present_sd_jwt",
    "renew_list",
    "resolve",
    "set_status",
    "system_clock",
    "verify",
    "withdraw",
]


def __getattr__(name: str) -> object:
    """Load a public name from the room where it lives, at its first use."""
    if name == "__version__":
        return import_module("medid.core.version").VERSION
    if name not in _HOMES:
        message = f"module 'medid' has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)
