"""Is a credential revoked or suspended: what bitstring and token status lists say.

Knows no signatures, no clock and no network: lists come in verified, with the time
at which they were fetched.

>>> from medid.status import StatusList
>>> revocations = StatusList(purpose="revocation").with_bit(94567, True)
>>> revocations.status(94567), revocations.status(94568)
(1, 0)
>>> from medid.status import TokenStatusList
>>> TokenStatusList.create(bits=2).with_statuses({94567: 2}).status(94567)
2
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
from medid.status.token_list import TokenStatusList

__all__ = [
    "BITSTRING_ENTRY",
    "StatusList",
    "StatusResult",
    "TokenStatusList",
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
