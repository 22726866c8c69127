"""From a draft to a signed credential or presentation.

What medid would refuse to accept, medid refuses to sign. Drafts are checked with the
rules of the rooms below before a key is touched.
"""

from medid.issuing.controller import Controller
from medid.issuing.credential import DEFAULT_SECURING, issue, issue_sd_jwt
from medid.issuing.deriving import derive
from medid.issuing.presentation import present, present_sd_jwt
from medid.issuing.proof_set import add_proof
from medid.issuing.status import new_list, renew_list, set_status, withdraw

__all__ = [
    "DEFAULT_SECURING",
    "Controller",
    "add_proof",
    "derive",
    "issue",
    "issue_sd_jwt",
    "new_list",
    "present",
    "present_sd_jwt",
    "renew_list",
    "set_status",
    "withdraw",
]
