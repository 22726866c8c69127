"""What each check of the tree asks, in words, and what its answers are called."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.verifying.checks import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERS: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.PASS: "yes",
        Result.FAIL: "NO",
        Result.UNKNOWN: "could not be checked",
        Result.NOT_ASKED: "not asked",
    }
)

#: The heading over by whose word issuers are believed.
CHAINS: Final = "Believed on the word of others"

#: The branches, and what is asked about a document.
QUESTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "presentation": "Is what was presented genuine, fresh and for this verifier?",
        "credential": "Is this credential genuine and current?",
        "license": "Does a license permit to practise as requested?",
        "consent": "Do the consents on file permit this use?",
        "on-file": "Is this consent in force?",
        "parse": "Can it be read?",
        "proof": "Does its proof hold?",
        "issuer": "Is its issuer known?",
        "time": "Is the time within its validity?",
        "status": "Is it neither revoked nor suspended?",
        "schema": "Does it meet the schemas that it names?",
        "trust": "May its issuer issue it?",
        "challenge": "Does it answer the challenge?",
        "domain": "Was it made for this verifier?",
        "holder": "Is the presenter the one whom it is about?",
        "replay": "Is its challenge used for the first time?",
        "key-binding": "Did the holder of its key present it?",
        "passport": "Is the passport genuine, current and the presenter's?",
        "visas": "Do the GA4GH visas count?",
        "visa": "Does this GA4GH visa count for the presenter?",
        "did-document": "Does the DID document describe its DID?",
        "vct": "Is it of the type that was asked for?",
    }
)

#: What is asked about one license: other questions under some of the same names.
LICENSE_QUESTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "license": "Does this license pass every check?",
        "proof": "Does its proof hold?",
        "holder": "Is the presenter the one who is licensed?",
        "credential-status": "Is its credential neither revoked nor suspended?",
        "dates": "Is it valid at the time of the request?",
        "authority": "May its issuer license this profession in its jurisdiction?",
        "profession": "Is it for the profession that is asked for?",
        "status": "Does the board list it under a status that is accepted?",
        "registration": "Does its registration give a right to practise?",
        "place": "Does it count where the care takes place?",
        "alerts": "Is no warning about the presenter in force?",
        "conditions": "Are its conditions met?",
        "specialty": "Does it state the specialty that is asked for?",
        "support": "Does it make the license count where the care takes place?",
        "prescribing": "Does it give the authority to prescribe what is asked for?",
    }
)


def question(check: str, *, below: str | None = None) -> str | None:
    """What ``check`` asks, below the branch ``below``; ``None`` for an unknown one."""
    if below == "license":
        return LICENSE_QUESTIONS.get(check)
    return QUESTIONS.get(check)
