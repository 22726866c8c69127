"""What the log keeps of each row that it made: a digest of all that the row says.

Spec: https://www.rfc-editor.org/rfc/rfc8785
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from medid.core import jcs

if TYPE_CHECKING:
    from medid.board.records import (
        IssuedCredential,
        License,
        LicenseVersion,
        Withdrawal,
    )
    from medid.core.json import JsonObject


def of_version(license: License, version: LicenseVersion) -> str:  # noqa: A002
    """SHA-256 (hex) of what a version says, and of whose license it is."""
    return _digest(
        {
            "number": license.number,
            "jurisdiction": license.jurisdiction,
            "practitioner": license.practitioner.id,
            "identifiers": dict(license.practitioner.identifiers),
            "version": version.version,
            "status": version.status,
            "effective": str(version.effective),
            "recorded": str(version.recorded),
            "name": version.name,
            "holder": version.holder,
            "claims": version.claims,
            "issuedOn": version.issued_on,
            "expiresOn": version.expires_on,
        }
    )


def of_credential(issued: IssuedCredential) -> str:
    """SHA-256 (hex) of a credential, and of what the register notes of it."""
    return _digest(
        {
            "id": issued.id,
            "license": issued.license,
            "version": issued.version,
            "states": issued.states,
            "issued": str(issued.issued),
            "ends": None if issued.ends is None else str(issued.ends),
            "securing": issued.securing,
            "verificationMethod": issued.verification_method,
            "list": issued.position.list_number,
            "index": issued.position.index,
            "content": hashlib.sha256(issued.content).hexdigest(),
        }
    )


def of_withdrawal(one: Withdrawal) -> str:
    """SHA-256 (hex) of what the register notes of a credential that was taken back."""
    return _digest(
        {
            "credential": one.credential,
            "effective": str(one.effective),
            "replacedBy": one.replaced_by,
        }
    )


def _digest(row: JsonObject) -> str:
    return hashlib.sha256(jcs.canonicalize(row)).hexdigest()
