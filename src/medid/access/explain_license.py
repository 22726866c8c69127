"""A sentence for each code of the license rules, with the check that yields it.

Codes that the rules have in common with ``medid.errors`` are told there.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.explain_words import Kind, Sentence
from medid.health.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS_PAGE: Final = "docs/reasons.md"
#: Every status of a license that is not accepted has a code that begins so.
STATUS_PREFIX: Final = "LICENSE_STATUS_"
_NOT_STATED: Final = "unknown"  # what the rules call it where there is no word


def _refused(check: str, found: str, change: str) -> Sentence:
    return _sentence(Kind.REFUSED, check, found, change)


def _unchecked(check: str, found: str, change: str) -> Sentence:
    return _sentence(Kind.UNCHECKED, check, found, change)


def _sentence(kind: Kind, check: str, found: str, change: str) -> Sentence:
    return Sentence(
        kind=kind,
        found=found,
        change=change,
        rule=f"license check {check}",
        see=f"{REASONS_PAGE}#license-check-{check}",
    )


def status_sentence(code: str) -> Sentence | None:
    """The sentence of a license's status, where ``code`` is of that family.

    The words of the vocabulary are told; another word, of which a scenario may have
    any, is left in the code.
    """
    if not code.startswith(STATUS_PREFIX):
        return None
    word = code.removeprefix(STATUS_PREFIX).casefold()
    if word in STATUSES:
        listed = f"The board lists the license as {word}"
    elif word == _NOT_STATED:
        listed = "The board states no status of the license for that time"
    else:
        listed = "The board lists the license under another status"
    return _refused(
        "status",
        f"{listed}, which the trust registry does not accept.",
        "The board would have to restore the license to a status that the trust "
        "registry accepts.",
    )


# What concerns the license itself, in the order of the checks.
_OWN: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "LICENSE_OK": Sentence(
            kind=Kind.GRANTED,
            found="One license passes every check for this request.",
            change="The license would have to fail a check, for example by its board "
            "suspending it.",
            rule="all license checks",
            see=f"{REASONS_PAGE}#license-check-all",
        ),
        "NO_LICENSE": Sentence(
            kind=Kind.REFUSED,
            found="No license credential that could be read was presented.",
            change="The practitioner would have to present a license credential.",
            rule="all license checks",
            see=f"{REASONS_PAGE}#license-check-all",
        ),
        "PROOF_INVALID": _refused(
            "proof",
            "The proof of the license credential does not hold.",
            "The practitioner would have to present the credential as its board "
            "signed it, under a key of the board.",
        ),
        "PROOF_UNKNOWN": _unchecked(
            "proof",
            "Whether the proof of the license credential holds could not be checked.",
            "The board's key would have to be at hand.",
        ),
        "HOLDER_MISMATCH": _refused(
            "holder",
            "The license is about another person than the presenter.",
            "The licensed person would have to present it.",
        ),
        "CREDENTIAL_REVOKED": _refused(
            "credential-status",
            "The board has revoked the license credential.",
            "The board would have to issue a new license credential.",
        ),
        "CREDENTIAL_SUSPENDED": _refused(
            "credential-status",
            "The board has suspended the license credential.",
            "The board would have to lift the suspension.",
        ),
        "STATUS_UNKNOWN": _unchecked(
            "credential-status",
            "Whether the board has revoked or suspended the license credential is not "
            "known.",
            "The credential would have to name a status list, and the list to be at "
            "hand and of the time of the request.",
        ),
        "LICENSE_NOT_YET_VALID": _refused(
            "dates",
            "The license is not valid yet.",
            "The request would have to be made once the license is valid.",
        ),
        "LICENSE_EXPIRED": _refused(
            "dates",
            "The license has expired.",
            "The board would have to renew the license.",
        ),
        "AUTHORITY_UNKNOWN": _unchecked(
            "authority",
            "Whether the issuer may issue the license is not known: a trust registry "
            "that is asked about it has not answered.",
            "The trust registry would have to answer, about the time of the request.",
        ),
        "ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION": _refused(
            "authority",
            "The trust registry does not name the issuer as a board of the license's "
            "jurisdiction.",
            "A board of that jurisdiction would have to issue the license, or the "
            "trust registry to list the issuer for it.",
        ),
        "ISSUER_NOT_AUTHORIZED_FOR_PROFESSION": _refused(
            "authority",
            "The trust registry does not name the issuer as a board of the license's "
            "profession.",
            "A board of that profession would have to issue the license, or the trust "
            "registry to list the issuer for it.",
        ),
        "PROFESSION_MISMATCH": _refused(
            "profession",
            "The license is for another profession than the request asks for.",
            "The practitioner would have to present a license for that profession.",
        ),
        "NO_LICENSE_TO_PRACTISE": _refused(
            "registration",
            "The registration gives no right to practise, or is not of a kind that "
            "the trust registry asks of this board.",
            "The board would have to register the practitioner with a license to "
            "practise.",
        ),
        "ALERT_IN_FORCE": _refused(
            "alerts",
            "An authority has passed on a warning about the presenter that is in "
            "force.",
            "The authority would have to lift the warning.",
        ),
        "CONDITION_UNKNOWN": _refused(
            "conditions",
            "The license carries a condition that cannot be evaluated.",
            "The board would have to lift the condition or to state it in the words "
            "of the vocabulary.",
        ),
        "CONDITION_SUPERVISION": _refused(
            "conditions",
            "The license demands a supervision that the request does not state.",
            "The supervision would have to be in place, and the request to state it.",
        ),
        "CONDITION_SITE": _refused(
            "conditions",
            "The license is bound to sites, and the request names none of them.",
            "The care would have to take place at one of these sites.",
        ),
        "CONDITION_ACTION_PROHIBITED": _refused(
            "conditions",
            "The license prohibits this action, or it was not said which action is "
            "meant.",
            "The request would have to state an action that is not prohibited, or the "
            "board to lift the condition.",
        ),
        "SPECIALTY_MISSING": _refused(
            "specialty",
            "The license does not state the specialty that the request asks for.",
            "The practitioner would have to present a license with that specialty.",
        ),
        "PRESCRIPTIVE_AUTHORITY": _refused(
            "prescribing",
            "The license gives no authority, with a registration that is valid, to "
            "prescribe this where the care takes place.",
            "The practitioner would have to hold that authority and registration "
            "there.",
        ),
    }
)


# What concerns a license outside its own jurisdiction.
_ELSEWHERE: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "LOCATION_UNKNOWN": _unchecked(
            "place",
            "Where the care takes place is not known.",
            "The request would have to state where the patient and the practitioner "
            "are.",
        ),
        "SUPPORT_OK": _sentence(
            Kind.GRANTED,
            "place",
            "The license counts where the care takes place because of this credential "
            "beside it.",
            "The credential would have to expire or to be taken back, or the days that "
            "it allows to be used up.",
        ),
        "PRIVILEGE_REMOVED": _refused(
            "place",
            "The privilege to practise where the care takes place was removed.",
            "The authority there would have to restore it.",
        ),
        "JURISDICTION_NOT_COVERED": _refused(
            "place",
            "The license does not count where the care takes place, and no agreement "
            "between the places covers it.",
            "The practitioner would have to hold a license there, or the trust "
            "registry to name an agreement that covers it.",
        ),
        "COMPACT_CASCADE": _refused(
            "place",
            "Another license under the same compact was revoked, suspended or "
            "surrendered, and this one falls with it.",
            "The board of the other license would have to restore it.",
        ),
        "COMPACT_NOT_MULTISTATE": _refused(
            "place",
            "The compact asks for a multistate license, and this one is for a single "
            "state.",
            "The home state would have to issue a multistate license.",
        ),
        "COMPACT_NOT_PRIMARY_RESIDENCE": _refused(
            "place",
            "The compact asks for a license of the state of primary residence, and "
            "this one does not show that it is.",
            "The practitioner would have to hold the license of the state in which "
            "they mainly live.",
        ),
        "COMPACT_ENCUMBERED": _refused(
            "place",
            "The compact asks for an unencumbered license, and its board has not "
            "stated that this one is.",
            "The board would have to lift the encumbrance and to say so in the "
            "license.",
        ),
        "COMPACT_MODE_NOT_COVERED": _refused(
            "place",
            "The compact does not cover care in this mode.",
            "The care would have to be given in person or by telehealth, as the "
            "compact allows.",
        ),
        "COMPACT_PRACTITIONER_LOCATION": _refused(
            "place",
            "The compact asks that the practitioner be in the home state, and the "
            "request does not say so.",
            "The practitioner would have to give the care from the home state.",
        ),
        "COMPACT_AUTHORISATION_MISSING": _refused(
            "place",
            "The compact asks for an authorisation of its own, and none that is in "
            "order was presented.",
            "The practitioner would have to present the authorisation of the compact.",
        ),
        "COMPACT_DAYS_EXCEEDED": _refused(
            "place",
            "The days of practice that the compact allows in this state are used up.",
            "A new year would have to begin, or the practitioner to hold a license "
            "there.",
        ),
        "RECOGNITION_REQUIREMENT_MISSING": _refused(
            "place",
            "The state recognises the license only together with another credential, "
            "and none that is in order was presented.",
            "The practitioner would have to present the credential that the "
            "recognition asks for.",
        ),
    }
)


def _statuses() -> Mapping[str, Sentence]:
    codes = [f"{STATUS_PREFIX}{word.upper()}" for word in (*STATUSES, _NOT_STATED)]
    told = ((code, status_sentence(code)) for code in codes)
    return {code: sentence for code, sentence in told if sentence is not None}


LICENSE: Final[Mapping[str, Sentence]] = MappingProxyType(
    {**_OWN, **_ELSEWHERE, **_statuses()}
)
