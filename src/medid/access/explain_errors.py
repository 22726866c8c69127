"""A sentence for each code of ``medid.errors``, with the step that raises it.

The steps are those of ``medid.access.judge`` and ``medid.access.verifier``; what they
have no step for is a check of its own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.access.explain_words import Kind, Sentence
from medid.errors import MedidError, Misuse, Unchecked, codes

if TYPE_CHECKING:
    from collections.abc import Mapping

ERRORS_PAGE: Final = "docs/errors.md"
PATH_PAGE: Final = "docs/explanation/path.md"

_OPEN: Final = "step 2, opening"
_ADMIT: Final = "step 4, admitting"
_GATHER: Final = "step 5, gathering"
_PROOF: Final = "step 6, proofs"
_BINDING: Final = "step 7, binding"
_VALIDITY: Final = "step 8, validity"
_STATUS: Final = "step 9, status"
_AUTHORITY: Final = "step 10, authority"
_FACTS: Final = "step 12, facts"
_POLICY: Final = "step 15, policy"
_RECORD: Final = "step 16, record"
_ANY: Final = "any step"


class _Told(NamedTuple):
    """The step, what was found, and what would have to change."""

    rule: str
    found: str
    change: str


_TOLD: Final[Mapping[str, _Told]] = MappingProxyType(
    {
        "MEDID_ERROR": _Told(
            _ANY,
            "Something went wrong that has no code of its own.",
            "Whoever runs the verifier would have to follow the message.",
        ),
        "REFUSED": _Told(
            _ANY,
            "A check ran, and its answer is no.",
            "What the path names would have to be corrected.",
        ),
        "UNCHECKED": _Told(
            _ANY,
            "A check could not run, so nothing is known and nothing is permitted.",
            "The check would have to be possible, and the request to be made again.",
        ),
        # Of a board's own register, which no decision asks.
        "NOT_IN_REGISTER": _Told(
            _ANY,
            "The board's register has no such board, person or license.",
            "The number would have to be one of the register.",
        ),
        "ALREADY_IN_REGISTER": _Told(
            _ANY,
            "The board's register has it already, and says something else of it.",
            "What is there would have to be changed instead.",
        ),
        "CHANGE_NOT_ALLOWED": _Told(
            _ANY,
            "A license of this status cannot change in that way, or not at that time.",
            "The change would have to be one that its status allows.",
        ),
        "REGISTER_ALTERED": _Told(
            _ANY,
            "The board's register does not say any more what it once said.",
            "The newest true copy of the register would have to be restored.",
        ),
        "PUBLISHED_LATER": _Told(
            _ANY,
            "What is published was made later than this machine's present.",
            "The clock of the machine would have to be right.",
        ),
        "FEED_ALTERED": _Told(
            _ANY,
            "The change feed of a board does not continue what was read of it before.",
            "The board would have to say what happened to its site.",
        ),
        "FEED_SILENT": _Told(
            _ANY,
            "A board has not signed its change feed for longer than is believed.",
            "The board would have to publish again.",
        ),
        "REGISTER_UNAVAILABLE": _Told(
            _ANY,
            "The board's register could not be read or written.",
            "The database of the register would have to answer.",
        ),
        "MISUSE": _Told(
            _ANY,
            "The verifier was called or configured in a way that does not work.",
            "Whoever runs the verifier would have to correct the call or the "
            "configuration.",
        ),
        "PARSING_ERROR": _Told(
            _OPEN,
            "What was handed in cannot be read: its bytes are not of their format.",
            "The sender would have to send a well-formed document.",
        ),
        "TOO_LARGE": _Told(
            _OPEN,
            "What was handed in is larger than a documented limit, and was not read.",
            "The sender would have to send less.",
        ),
        "MALFORMED_VALUE_ERROR": _Told(
            _OPEN,
            "A part of a document or of the request is missing, or is not of the form "
            "that it must have.",
            "Whoever wrote it would have to correct the part that the path names.",
        ),
        "CONTEXT_NOT_TRUSTED": _Told(
            _OPEN,
            "A document relies on a vocabulary that this verifier does not know.",
            "The issuer would have to use a known vocabulary, or whoever runs the "
            "verifier to register this one.",
        ),
        "DATA_LOSS_DETECTION_ERROR": _Told(
            _PROOF,
            "A part of a document would not be covered by its signature.",
            "The issuer would have to define that part or to leave it out.",
        ),
        "NOT_COMPACT": _Told(
            _OPEN,
            "A document is not written in the terms of its own vocabulary.",
            "The issuer would have to write it in those terms.",
        ),
        "PROOF_GENERATION_ERROR": _Told(
            _ANY,
            "A document was not signed, because it would be refused.",
            "The draft would have to be corrected.",
        ),
        "PROOF_TRANSFORMATION_ERROR": _Told(
            _PROOF,
            "A document cannot be brought into the form in which it was signed.",
            "The issuer would have to issue it in a form that can be processed.",
        ),
        "PROOF_VERIFICATION_ERROR": _Told(
            _PROOF,
            "A signature does not hold: the document was altered, another key signed "
            "it, or the proof is malformed.",
            "The document would have to be presented as its issuer signed it.",
        ),
        "CRYPTOGRAPHIC_SECURITY_ERROR": _Told(
            _PROOF,
            "A signature uses an algorithm or a key that proves nothing.",
            "The signer would have to use an algorithm and a key that are accepted.",
        ),
        "INVALID_VERIFICATION_METHOD": _Told(
            _PROOF,
            "The key of a signature cannot be found, read or used.",
            "The signer would have to publish the key and to name it correctly.",
        ),
        "INVALID_RELATIONSHIP": _Told(
            _PROOF,
            "The signer does not allow this key for this purpose.",
            "The signer would have to list the key under the purpose in the DID "
            "document.",
        ),
        "INVALID_DID": _Told(
            _OPEN,
            "A name that has to be a DID is none.",
            "Whoever wrote the name would have to write it as a DID.",
        ),
        "INVALID_DID_LOG": _Told(
            _PROOF,
            "The history that a DID is published with does not prove itself.",
            "The controller of the DID would have to publish its log as it was signed.",
        ),
        "DID_LOG_ALTERED": _Told(
            _PROOF,
            "The history of a DID does not continue the one that was seen before.",
            "The controller of the DID would have to say who rewrote its history.",
        ),
        "INVALID_DID_DOCUMENT": _Told(
            _PROOF,
            "A DID document does not describe the DID that it was asked for.",
            "The controller of the DID would have to correct the document.",
        ),
        "DID_NOT_FOUND": _Told(
            _PROOF,
            "There is no DID of this name.",
            "The controller would have to publish the DID, or the name to be "
            "corrected.",
        ),
        "DID_DEACTIVATED": _Told(
            _PROOF,
            "The DID was switched off by its controller.",
            "The party would have to use the DID that it has now.",
        ),
        "INVALID_CHALLENGE_ERROR": _Told(
            _BINDING,
            "The presentation answers another challenge than this verifier's, or none.",
            "The practitioner would have to present again, with the challenge that "
            "was issued.",
        ),
        "REPLAYED": _Told(
            _BINDING,
            "The challenge was used before, was never issued here, or is too old.",
            "The practitioner would have to present again, with a new challenge.",
        ),
        "INVALID_DOMAIN_ERROR": _Told(
            _BINDING,
            "The presentation was made for another audience, or for none.",
            "The practitioner would have to present again, to this verifier.",
        ),
        "HOLDER_BINDING_ERROR": _Told(
            _BINDING,
            "The presenter is not shown to be the one whom the credential or the "
            "request is about.",
            "The person whom the credential is about would have to present it "
            "themselves, and the request to name them.",
        ),
        "EXPIRED": _Told(
            _VALIDITY,
            "The validity of a document has ended.",
            "Its issuer would have to renew it.",
        ),
        "NOT_YET_VALID": _Told(
            _VALIDITY,
            "The validity of a document has not begun.",
            "The request would have to be made once the document is valid.",
        ),
        "STATUS_VERIFICATION_ERROR": _Told(
            _STATUS,
            "A status list, or the entry that names it, cannot be relied on.",
            "The issuer would have to publish a correct status list.",
        ),
        "STATUS_LIST_LENGTH_ERROR": _Told(
            _STATUS,
            "A status list is shorter than privacy allows, or longer than the limit.",
            "The issuer would have to publish a list of the allowed length.",
        ),
        "RANGE_ERROR": _Told(
            _STATUS,
            "A credential names an entry that lies outside its status list.",
            "The issuer would have to issue the credential with a valid entry.",
        ),
        "STATUS_STALE": _Told(
            _STATUS,
            "The newest status at hand is older than the trust registry allows.",
            "The status lists would have to be fetched again, or the issuer to "
            "publish them anew.",
        ),
        "REVOKED": _Told(
            _STATUS,
            "The issuer has revoked a credential.",
            "The issuer would have to issue a new credential.",
        ),
        "SUSPENDED": _Told(
            _STATUS,
            "The issuer has suspended a credential.",
            "The issuer would have to lift the suspension.",
        ),
        "ISSUER_NOT_TRUSTED": _Told(
            _AUTHORITY,
            "No entry of the trust registry names the issuer.",
            "Whoever keeps the trust registry would have to add the issuer, if its "
            "word is relied on.",
        ),
        "ISSUER_NOT_AUTHORIZED_FOR_TYPE": _Told(
            _AUTHORITY,
            "The trust registry knows the issuer, and does not let it issue this "
            "type of credential at this time.",
            "Whoever keeps the trust registry would have to extend the entry of the "
            "issuer.",
        ),
        "SCHEMA_VALIDATION_ERROR": _Told(
            "check schema",
            "A credential does not meet a schema that it names.",
            "The issuer would have to issue a credential that meets its own schema.",
        ),
        "MISSING_FACT": _Told(
            _FACTS,
            "A verified credential does not state what the decision needs.",
            "The issuer would have to state it, or the holder to show it.",
        ),
        "SITE_POLICY_DENIED": _Told(
            _POLICY,
            "The site's own policy denies what the rules would permit.",
            "Whoever keeps that policy would have to change the rule that is named.",
        ),
        "SITE_POLICY_UNAVAILABLE": _Told(
            _POLICY,
            "The site's own policy gave no answer that is understood.",
            "Whoever runs the site would have to repair its policy.",
        ),
        "AUDIT_UNAVAILABLE": _Told(
            _RECORD,
            "The decision could not be put on record, and what is not on record is "
            "not permitted.",
            "Whoever runs the verifier would have to make the audit log writable.",
        ),
        "NOT_A_DECISION": _Told(
            _RECORD,
            "An audit event records something else than a decision about access.",
            "Whoever accounts for disclosures would have to leave that event out.",
        ),
        "AUDIT_LOG_ALTERED": _Told(
            _RECORD,
            "The audit log is not as it was written.",
            "Whoever keeps the audit log would have to find out what happened to it.",
        ),
        "FETCH_BLOCKED": _Told(
            _GATHER,
            "A document lies at an address that nothing is fetched from.",
            "Its publisher would have to publish it at a public https address.",
        ),
        "METHOD_NOT_SUPPORTED": _Told(
            _PROOF,
            "A DID method, a proof or a status type is of a kind that this version "
            "does not know, so it could not be checked.",
            "The party would have to use a supported kind.",
        ),
        "EVIDENCE_UNAVAILABLE": _Told(
            _GATHER,
            "A document that a check needs was not at hand, so it could not be "
            "checked.",
            "The document would have to be supplied, or to be fetched.",
        ),
        "HISTORY_UNKNOWN": _Told(
            _GATHER,
            "What was published at the time asked about is not known any more.",
            "What was published then would have to be supplied, from an archive.",
        ),
        "STATUS_RETRIEVAL_ERROR": _Told(
            _STATUS,
            "A status list could not be obtained, so it could not be checked.",
            "The publisher of the list would have to answer, or the list to be "
            "supplied.",
        ),
        "FETCH_FAILED": _Told(
            _GATHER,
            "A host did not answer as https requires or not in time, so it could not "
            "be checked.",
            "The host would have to answer, or the document to be supplied.",
        ),
        "CONFIGURATION_ERROR": _Told(
            _ANY,
            "A setting, a registry or a request is one that the verifier cannot work "
            "with.",
            "Whoever runs the verifier would have to correct what the path names.",
        ),
        "MISSING_EXTRA": _Told(
            _ANY,
            "A package that the check needs is not installed.",
            "Whoever runs the verifier would have to install it.",
        ),
        "SIGNER_ERROR": _Told(
            _ANY,
            "A key store refused, or could not be reached.",
            "Whoever runs the key store would have to make it answer.",
        ),
    }
)


def _kind(error: type[MedidError]) -> Kind:
    if issubclass(error, Misuse):
        return Kind.MISUSE
    return Kind.UNCHECKED if issubclass(error, Unchecked) else Kind.REFUSED


_SECTIONS: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.REFUSED: "refused", Kind.UNCHECKED: "unchecked", Kind.MISUSE: "misuse"}
)


def _sentences() -> dict[str, Sentence]:
    found: dict[str, Sentence] = {}
    known = codes()
    for code, told in _TOLD.items():
        kind = _kind(known[code])
        see = f"{ERRORS_PAGE}#{_SECTIONS[kind]}"
        found[code] = Sentence(kind=kind, see=see, **told._asdict())
    return found


ERRORS: Final[Mapping[str, Sentence]] = MappingProxyType(_sentences())
