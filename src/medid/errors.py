"""Every exception of medid, drawn as one tree.

::

    MedidError
    |-- Refused                      checked, and the answer is no
    |   |-- ParsingError                 PARSING_ERROR
    |   |   `-- TooLarge                 TOO_LARGE
    |   |-- MalformedValue               MALFORMED_VALUE_ERROR
    |   |-- ContextNotTrusted            CONTEXT_NOT_TRUSTED
    |   |-- DataLoss                     DATA_LOSS_DETECTION_ERROR
    |   |-- NotCompact                   NOT_COMPACT
    |   |-- ProofGenerationError         PROOF_GENERATION_ERROR
    |   |-- CanonicalizationError        PROOF_TRANSFORMATION_ERROR
    |   |-- MalformedProof               PROOF_VERIFICATION_ERROR
    |   |   `-- InvalidSignature         PROOF_VERIFICATION_ERROR
    |   |-- WeakCryptography             CRYPTOGRAPHIC_SECURITY_ERROR
    |   |-- InvalidVerificationMethod    INVALID_VERIFICATION_METHOD
    |   |   `-- InvalidKey               INVALID_VERIFICATION_METHOD
    |   |-- InvalidRelationship          INVALID_RELATIONSHIP
    |   |-- InvalidDid                   INVALID_DID
    |   |   `-- InvalidDidLog            INVALID_DID_LOG
    |   |       `-- DidLogAltered        DID_LOG_ALTERED
    |   |-- InvalidDidDocument           INVALID_DID_DOCUMENT
    |   |-- DidNotFound                  DID_NOT_FOUND
    |   |-- DidDeactivated               DID_DEACTIVATED
    |   |-- InvalidChallenge             INVALID_CHALLENGE_ERROR
    |   |-- Replayed                     REPLAYED
    |   |-- InvalidDomain                INVALID_DOMAIN_ERROR
    |   |-- HolderBindingError           HOLDER_BINDING_ERROR
    |   |-- Expired                      EXPIRED
    |   |-- NotYetValid                  NOT_YET_VALID
    |   |-- StatusVerificationError      STATUS_VERIFICATION_ERROR
    |   |-- StatusListLengthError        STATUS_LIST_LENGTH_ERROR
    |   |-- StatusRangeError             RANGE_ERROR
    |   |-- StatusStale                  STATUS_STALE
    |   |-- Revoked                      REVOKED
    |   |-- Suspended                    SUSPENDED
    |   |-- IssuerNotTrusted             ISSUER_NOT_TRUSTED
    |   |-- IssuerNotAuthorized          ISSUER_NOT_AUTHORIZED_FOR_TYPE
    |   |-- SchemaValidationError        SCHEMA_VALIDATION_ERROR
    |   |-- MissingFact                  MISSING_FACT
    |   |-- NotADecision                 NOT_A_DECISION
    |   |-- AuditLogAltered              AUDIT_LOG_ALTERED
    |   |-- NotInRegister                NOT_IN_REGISTER
    |   |-- AlreadyInRegister            ALREADY_IN_REGISTER
    |   |-- ChangeNotAllowed             CHANGE_NOT_ALLOWED
    |   |-- RegisterAltered              REGISTER_ALTERED
    |   |-- PublishedLater               PUBLISHED_LATER
    |   |-- FeedAltered                  FEED_ALTERED
    |   |-- FetchBlocked                 FETCH_BLOCKED
    |   `-- SitePolicyDenied             SITE_POLICY_DENIED
    |-- Unchecked                    could not be checked; never a permit either
    |   |-- MethodNotSupported           METHOD_NOT_SUPPORTED
    |   |-- EvidenceUnavailable          EVIDENCE_UNAVAILABLE
    |   |   `-- HistoryUnknown           HISTORY_UNKNOWN
    |   |-- StatusRetrievalError         STATUS_RETRIEVAL_ERROR
    |   |-- AuditUnavailable             AUDIT_UNAVAILABLE
    |   |-- RegisterUnavailable          REGISTER_UNAVAILABLE
    |   |-- FeedSilent                   FEED_SILENT
    |   |-- FetchFailed                  FETCH_FAILED
    |   `-- SitePolicyUnavailable        SITE_POLICY_UNAVAILABLE
    `-- Misuse                       the caller's own configuration or call is wrong
        |-- ConfigurationError           CONFIGURATION_ERROR
        |-- MissingExtra                 MISSING_EXTRA
        `-- SignerError                  SIGNER_ERROR

The codes are a public contract: they never change their meaning. Messages and
fixes are for people, may change, and never carry a claim's value. The whole tree
stands in this one file, longer than others may be, so that it can be seen at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

_SHOWN_NAME: Final = re.compile(r"@?[A-Za-z_][A-Za-z0-9_\-]{0,63}")
_LONGEST_SHOWN: Final = 65  # characters of a name
_LONGEST_KEPT: Final = 256  # characters of a path
_MAX_KEPT: Final = 2_048  # paths


class MedidError(Exception):
    """The root of everything medid raises on purpose.

    Attributes:
        code: The stable, machine-readable name of what went wrong.
        message: One line for people, without any claim's value.
        path: Where in the document, as a JSONPath from its root ``$``.
        fix: What the reader can do next.
    """

    code: ClassVar[str] = "MEDID_ERROR"
    default_fix: ClassVar[str] = "see the message"

    def __init__(
        self, message: str, *, path: str = "$", fix: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.fix = self.default_fix if fix is None else fix

    def __str__(self) -> str:
        """One line: code, path, message and fix."""
        return f"{self.code} at {self.path}: {self.message} (fix: {self.fix})"

    def as_json(self) -> dict[str, str]:
        """The members every machine-readable face shows: code, message, path, fix."""
        return {
            "code": self.code,
            "message": self.message,
            "path": self.path,
            "fix": self.fix,
        }


def located(prefix: str) -> _Located:
    """Put ``prefix``, a JSONPath, before the path of what is raised inside."""
    return _Located(prefix)


class _Located:
    """A context manager without the cost of a generator: every check passes it."""

    __slots__ = ("_prefix",)

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, MedidError):
            error.path = self._prefix + error.path.removeprefix("$")


def child(path: str, name: str | int) -> str:
    """The JSONPath of a member or element below ``path``.

    A member name that is not a plain identifier is shown as ``[?]``: names come
    from the document, and a document's data never appears in a message.
    """
    try:
        return _CHILDREN[path, name]
    except KeyError:
        pass
    if isinstance(name, int):
        found = f"{path}[{name}]"
    elif len(name) <= _LONGEST_SHOWN and _SHOWN_NAME.fullmatch(name):
        found = f"{path}.{name}"
    else:
        return f"{path}[?]"  # what is not shown is not kept either
    if len(path) <= _LONGEST_KEPT:
        if len(_CHILDREN) >= _MAX_KEPT:
            _CHILDREN.clear()
        _CHILDREN[path, name] = found
    return found


# The paths in the documents of a day: reading one asks for the same again and again.
_CHILDREN: Final[dict[tuple[str, str | int], str]] = {}


# Checked, and the answer is no.


class Refused(MedidError):
    """The check ran and its answer is no."""

    code = "REFUSED"


class ParsingError(Refused):
    """The bytes are not what their format requires."""

    code = "PARSING_ERROR"
    default_fix = "send well-formed JSON (RFC 8259, UTF-8), a JWT, an SD-JWT or COSE"


class TooLarge(ParsingError):
    """A documented limit was passed; nothing beyond it was read."""

    code = "TOO_LARGE"
    default_fix = "send less: docs/limits.md lists every limit"


class MalformedValue(Refused):
    """A member is missing, or its value is not of the required form."""

    code = "MALFORMED_VALUE_ERROR"
    default_fix = "correct this member as its specification requires"


class ContextNotTrusted(Refused):
    """An ``@context`` that is not bundled or registered; none is ever fetched."""

    code = "CONTEXT_NOT_TRUSTED"
    default_fix = "register the context with ContextStore.register_context()"


class DataLoss(Refused):
    """A part of the document would be left out of what the signature covers."""

    code = "DATA_LOSS_DETECTION_ERROR"
    default_fix = "define the term in a context, or leave the member out"


class NotCompact(Refused):
    """The document is not in the compact form that its contexts define."""

    code = "NOT_COMPACT"
    default_fix = "use the terms of the document's own contexts, not their expansions"


class ProofGenerationError(Refused):
    """medid does not sign what medid would refuse."""

    code = "PROOF_GENERATION_ERROR"
    default_fix = "correct the draft; nothing was signed"


class CanonicalizationError(Refused):
    """The document cannot be brought into its canonical form."""

    code = "PROOF_TRANSFORMATION_ERROR"
    default_fix = "send a document that JSON-LD 1.1, RDFC-1.0 or RFC 8785 can process"


class MalformedProof(Refused):
    """The proof is not of the form that its suite requires."""

    code = "PROOF_VERIFICATION_ERROR"
    default_fix = "ask the issuer for a credential with a proof that medid supports"


class InvalidSignature(MalformedProof):
    """The bytes are well formed and the signature is wrong."""

    default_fix = "do not use this document: it was altered, or another key signed it"


class WeakCryptography(Refused):
    """An algorithm, key or combination that proves nothing."""

    code = "CRYPTOGRAPHIC_SECURITY_ERROR"
    default_fix = "use an algorithm of docs/reference/keys with a key that fits it"


class InvalidVerificationMethod(Refused):
    """The proof's key cannot be found, read or used."""

    code = "INVALID_VERIFICATION_METHOD"
    default_fix = "name a verification method that its controller's document lists"


class InvalidKey(InvalidVerificationMethod):
    """The key material is not a key medid accepts."""

    default_fix = "use a key of docs/reference/keys in its canonical encoding"


class InvalidRelationship(Refused):
    """The controller does not allow this key for this purpose."""

    code = "INVALID_RELATIONSHIP"
    default_fix = "list the key under the proof's purpose in the DID document"


class InvalidDid(Refused):
    """Not a DID or DID URL."""

    code = "INVALID_DID"
    default_fix = "write the DID as DID Core section 3.1 requires"


class InvalidDidLog(InvalidDid):
    """The history that the DID is published with does not prove itself."""

    code = "INVALID_DID_LOG"
    default_fix = "ask the DID's controller to publish the log as it was signed"


class DidLogAltered(InvalidDidLog):
    """The history is not a continuation of the one that was seen before."""

    code = "DID_LOG_ALTERED"
    default_fix = "tell the DID's controller and watchers: someone rewrote the history"


class InvalidDidDocument(Refused):
    """The document does not describe the DID that was asked for."""

    code = "INVALID_DID_DOCUMENT"
    default_fix = "ask the DID's controller to correct the document"


class DidNotFound(Refused):
    """The method answered, and there is no such DID."""

    code = "DID_NOT_FOUND"
    default_fix = "check the DID's spelling with its controller"


class DidDeactivated(Refused):
    """The DID exists and was switched off by its controller."""

    code = "DID_DEACTIVATED"
    default_fix = "ask the controller for its present DID"


class InvalidChallenge(Refused):
    """The presentation answers another challenge or nonce, or none."""

    code = "INVALID_CHALLENGE_ERROR"
    default_fix = "present again, with the challenge that this verifier issued"


class Replayed(Refused):
    """The challenge was used before, was never issued here, or is too old."""

    code = "REPLAYED"
    default_fix = "ask this verifier for a new challenge and present again"


class InvalidDomain(Refused):
    """The presentation was made for another audience, or for none."""

    code = "INVALID_DOMAIN_ERROR"
    default_fix = "present again, to this verifier's domain or audience"


class HolderBindingError(Refused):
    """The presenter is not the one the credential is about."""

    code = "HOLDER_BINDING_ERROR"
    default_fix = "let the credential's own subject present it"


class Expired(Refused):
    """The validity period has ended."""

    code = "EXPIRED"
    default_fix = "ask the issuer for a renewed credential"


class NotYetValid(Refused):
    """The validity period has not begun."""

    code = "NOT_YET_VALID"
    default_fix = "present it once its validity period has begun"


class StatusVerificationError(Refused):
    """The status list, or the entry that names it, cannot be relied on."""

    code = "STATUS_VERIFICATION_ERROR"
    default_fix = "ask the issuer to publish a correct status list"


class StatusListLengthError(Refused):
    """The status list is shorter than herd privacy allows, or longer than the limit."""

    code = "STATUS_LIST_LENGTH_ERROR"
    default_fix = "ask the issuer for a list of 131,072 to 67,108,864 entries"


class StatusRangeError(Refused):
    """The entry's index lies outside its status list."""

    code = "RANGE_ERROR"
    default_fix = "ask the issuer for a credential with a valid statusListIndex"


class StatusStale(Refused):
    """The newest status at hand is older than policy allows."""

    code = "STATUS_STALE"
    default_fix = "fetch the status list again, or ask its issuer to publish it"


class Revoked(Refused):
    """The issuer took the credential back for good."""

    code = "REVOKED"
    default_fix = "do not use this credential"


class Suspended(Refused):
    """The issuer suspended the credential."""

    code = "SUSPENDED"
    default_fix = "do not use this credential until its issuer lifts the suspension"


class IssuerNotTrusted(Refused):
    """No trust entry names this issuer."""

    code = "ISSUER_NOT_TRUSTED"
    default_fix = "add the issuer to the trust registry if you rely on its word"


class IssuerNotAuthorized(Refused):
    """The issuer is known, and may not issue this."""

    code = "ISSUER_NOT_AUTHORIZED_FOR_TYPE"
    default_fix = "check type, jurisdiction, profession and dates of its trust entry"


class SchemaValidationError(Refused):
    """The credential does not meet a schema it names."""

    code = "SCHEMA_VALIDATION_ERROR"
    default_fix = "ask the issuer for a credential that meets its own schema"


class MissingFact(Refused):
    """A verified credential does not state what the decision needs."""

    code = "MISSING_FACT"
    default_fix = "ask the issuer for a credential that states it"


class NotADecision(Refused):
    """The AuditEvent records something else than a decision about access."""

    code = "NOT_A_DECISION"
    default_fix = "leave out events of other kinds"


class AuditLogAltered(Refused):
    """The audit log is not what its writers left, or not all of it."""

    code = "AUDIT_LOG_ALTERED"
    default_fix = "keep the file as evidence, and compare it with a copy from elsewhere"


class NotInRegister(Refused):
    """The register has no such board, practitioner or license."""

    code = "NOT_IN_REGISTER"
    default_fix = "check the number: medid board find looks for parts of it"


class AlreadyInRegister(Refused):
    """The register has it already, and says something else of it."""

    code = "ALREADY_IN_REGISTER"
    default_fix = "change what is there instead of adding it again"


class ChangeNotAllowed(Refused):
    """A license of this status cannot change in that way, or not as of that time."""

    code = "CHANGE_NOT_ALLOWED"
    default_fix = "see what happened to it: medid board history"


class RegisterAltered(Refused):
    """The register does not say any more what it once said, or was put back."""

    code = "REGISTER_ALTERED"
    default_fix = "stop issuing, keep the file, and restore the newest copy"


class PublishedLater(Refused):
    """What is published is from later than now, and would be replaced by older."""

    code = "PUBLISHED_LATER"
    default_fix = "set the clock right, or wait until that time has come"


class FeedAltered(Refused):
    """The change feed does not continue what was read of it, or was put back."""

    code = "FEED_ALTERED"
    default_fix = "ask the board what happened to its site, then begin anew"


class FetchBlocked(Refused):
    """The address is not one that medid fetches from."""

    code = "FETCH_BLOCKED"
    default_fix = "publish the document at a public https address without redirects"


class SitePolicyDenied(Refused):
    """The site's own policy denies what the rules would permit."""

    code = "SITE_POLICY_DENIED"
    default_fix = "ask whoever runs the site: the record names the rule"


# Could not be checked. Never a permit either.


class Unchecked(MedidError):
    """The check could not run: nothing is known, and nothing is permitted."""

    code = "UNCHECKED"


class MethodNotSupported(Unchecked):
    """A DID method, proof or status type that this medid does not know."""

    code = "METHOD_NOT_SUPPORTED"
    default_fix = "use a supported method: docs/reference lists them"


class EvidenceUnavailable(Unchecked):
    """A document that the check needs was not supplied and not fetched."""

    code = "EVIDENCE_UNAVAILABLE"
    default_fix = (
        "allow the network (in a program, pass fetch=HttpsFetch()), or supply the "
        "document (in a program, as evidence) with --document URL=FILE"
    )


class HistoryUnknown(EvidenceUnavailable):
    """What was published at the time asked about is not known any more."""

    code = "HISTORY_UNKNOWN"
    default_fix = "supply what was published then: from an archive or sealed evidence"


class StatusRetrievalError(Unchecked):
    """The status list could not be obtained."""

    code = "STATUS_RETRIEVAL_ERROR"
    default_fix = "try again later, or supply the list with --document URL=FILE"


class AuditUnavailable(Unchecked):
    """The audit log cannot be written or read; nothing is permitted without it."""

    code = "AUDIT_UNAVAILABLE"
    default_fix = "check that the audit log's disk has room and that its lock is free"


class RegisterUnavailable(Unchecked):
    """The register cannot be read or written: locked, full, gone or unreachable."""

    code = "REGISTER_UNAVAILABLE"
    default_fix = "check that its disk has room and its database answers, and try again"


class FeedSilent(Unchecked):
    """The change feed was not signed for too long: it says nothing of the present."""

    code = "FEED_SILENT"
    default_fix = "the board has to publish again; it signs its feed every few seconds"


class FetchFailed(Unchecked):
    """The host did not answer as https requires, or not in time."""

    code = "FETCH_FAILED"
    default_fix = "try again later; the host has to answer 200 over valid TLS"


class SitePolicyUnavailable(Unchecked):
    """The site's own policy could not be asked, or its answer not be understood."""

    code = "SITE_POLICY_UNAVAILABLE"
    default_fix = "try again later; whoever runs the site has to look at its policy"


# The caller's own configuration or call.


class Misuse(MedidError):
    """The caller has to change the call or the configuration."""

    code = "MISUSE"


class ConfigurationError(Misuse):
    """A setting, registry or request that medid cannot work with."""

    code = "CONFIGURATION_ERROR"
    default_fix = "correct the setting named by the path"


class MissingExtra(Misuse):
    """An optional package is not installed."""

    code = "MISSING_EXTRA"
    default_fix = "install medid with the extra that the message names"


class SignerError(Misuse):
    """The key store refused, or could not be reached."""

    code = "SIGNER_ERROR"
    default_fix = "check the key store, its password and its permissions"


def _tree(root: type[MedidError]) -> Iterator[type[MedidError]]:
    yield root
    for branch in root.__subclasses__():
        yield from _tree(branch)


def codes() -> Mapping[str, type[MedidError]]:
    """Every stable code, with the first class that carries it."""
    found: dict[str, type[MedidError]] = {}
    for error in _tree(MedidError):
        found.setdefault(error.code, error)
    return found
