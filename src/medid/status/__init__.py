"""Is a credential revoked or suspended: Bitstring Status List 1.0.

Knows no signatures, no clock and no network: lists come in verified, with the time
at which they were fetched.

>>> from medid.status import StatusList
>>> revocations = StatusList(purpose="revocation").with_bit(94567, True)
>>> revocations.status(94567), revocations.status(94568)
(1, 0)
"""

from medid.credentials.status_entry import BITSTRING_ENTRY
from medid.status.bitstring import create, decode, encode
from medid.status.check import (
    StatusResult,
    VerifiedList,
    check_distinct,
    check_entry,
    check_status,
    needs,
)
from medid.status.list import StatusList, allocate, list_credential

__all__ = [
    "BITSTRING_ENTRY",
    "StatusList",
    "StatusResult",
    "VerifiedList",
    "allocate",
    "check_distinct",
    "check_entry",
    "check_status",
    "create",
    "decode",
    "encode",
    "list_credential",
    "needs",
]
