"""Steps 6, 8 and 9 for one credential: its proof, its time, its status and schemas.

Each question is asked on its own, so that a reader learns every reason at once. When
the proof does not hold the other answers would be about words that nobody stands
behind, so they are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.instant import Window
from medid.core.json import JsonLimits
from medid.credentials import check_digests
from medid.credentials.schema import JSON_SCHEMA, validate_schema
from medid.errors import (
    ContextNotTrusted,
    MalformedValue,
    MethodNotSupported,
    NotYetValid,
    StatusRetrievalError,
    StatusVerificationError,
    Unchecked,
    child,
    located,
)
from medid.status import BITSTRING_ENTRY, MAX_LIST_BYTES, StatusResult, check_entry
from medid.verifying.checks import Check, Result, ask, not_asked
from medid.verifying.judging import Expectations, Judgement, StatusPolicy
from medid.verifying.opening import Kind, Secured, open_document
from medid.verifying.proofs import check_registered, verify_proofs

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.credentials import (
        Credential,
        RelatedResource,
        SchemaReference,
        StatusEntry,
    )

_LIST_LIMITS: Final = JsonLimits(max_bytes=MAX_LIST_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialVerdict:
    """What was found about one credential.

    Attributes:
        secured: The credential as it was opened.
        checks: Every question and its answer.
        statuses: What each status list says, where they could be read.
        fresh_until: The instant after which the status has to be asked again.
    """

    secured: Secured
    checks: tuple[Check, ...]
    statuses: tuple[StatusResult, ...] = ()
    fresh_until: Instant | None = None

    @property
    def verified(self) -> bool:
        """Whether every question that decides was answered with yes."""
        deciding = [check for check in self.checks if not check.advisory]
        asked = [check for check in deciding if check.result is not Result.NOT_ASKED]
        return bool(asked) and all(check.result is Result.PASS for check in asked)

    def result_of(self, name: str) -> Result:
        """The worst answer to the questions called ``name``."""
        found = {check.result for check in self.checks if check.check == name}
        for result in (Result.FAIL, Result.UNKNOWN, Result.PASS):
            if result in found:
                return result
        return Result.NOT_ASKED


def judge_credential(secured: Secured, judgement: Judgement) -> CredentialVerdict:
    """Judge one opened credential or SD-JWT VC. Never raises for a bad one."""
    path = secured.path
    checks = [
        ask("proof", path, lambda: _with_path(secured, judgement, _check_proof)),
    ]
    if checks[0].result is not Result.PASS:
        asked = ("time", "status", "schema", "trust")
        rest = [not_asked(name, path) for name in asked]
        return CredentialVerdict(secured=secured, checks=(*checks, *rest))
    checks.append(
        ask("time", path, lambda: _with_path(secured, judgement, _check_time))
    )
    status_checks, statuses = _status(secured, judgement)
    checks += status_checks
    checks += _schemas(secured, judgement)
    checks.append(_trust(secured, judgement))
    return CredentialVerdict(
        secured=secured,
        checks=tuple(checks),
        statuses=statuses,
        fresh_until=min((found.valid_until for found in statuses), default=None),
    )


def _with_path(secured: Secured, judgement: Judgement, check: object) -> None:
    with located(secured.path):
        check(secured, judgement)  # type: ignore[operator]


def _check_proof(secured: Secured, judgement: Judgement) -> None:
    _check_contexts(secured, judgement)
    verify_proofs(secured, judgement)


def _check_contexts(secured: Secured, judgement: Judgement) -> None:
    # Suites over JSON and JWTs sign the contexts as text. What the terms mean is still
    # defined by the contexts, so here too only known ones count.
    if secured.credential is None:
        return
    for index, context in enumerate(secured.credential.contexts):
        if isinstance(context, str):
            judgement.contexts.get(context, path=f"$['@context'][{index}]")
        elif not judgement.contexts.allow_inline:
            message = "an inline context may redefine any term"
            raise ContextNotTrusted(message, path=f"$['@context'][{index}]")


def validity_of(secured: Secured) -> Window:
    """The time in which the document says that it is valid, by all it says."""
    validity = secured.credential.validity if secured.credential else Window()
    if secured.registered is not None:
        validity = validity.intersect(secured.registered.window)
    if secured.sd_jwt is not None:
        validity = validity.intersect(secured.sd_jwt.window)
    return validity


def _check_time(secured: Secured, judgement: Judgement) -> None:
    skew = judgement.expect.skew
    if secured.credential is not None:
        path = "$.validUntil" if secured.credential.version == "2.0" else "$"
        secured.credential.validity.check(judgement.at, skew_seconds=skew, path=path)
    check_registered(secured, judgement)
    if secured.sd_jwt is not None:
        secured.sd_jwt.window.check(judgement.at, skew_seconds=skew, path="$.exp")


# Step 9: status.


def _status(
    secured: Secured, judgement: Judgement
) -> tuple[list[Check], tuple[StatusResult, ...]]:
    policy, path = judgement.expect.status, secured.path
    if policy is StatusPolicy.OFF:
        return [not_asked("status", path)], ()
    entries = secured.credential.status if secured.credential else ()
    if secured.sd_jwt is not None and "status" in secured.document:
        error = StatusVerificationError(
            "the status mechanism of this SD-JWT VC is not supported",
            path=child(path, "status"),
        )
        return [_failed("status", error)], ()
    if not entries:
        return [_no_status(policy, path)], ()
    checks: list[Check] = []
    found: list[StatusResult] = []
    for entry in entries:
        checks.append(
            ask(
                "status",
                path,
                lambda entry=entry: found.append(_entry(entry, secured, judgement)),
            )
        )
    return checks, tuple(found)


def _failed(name: str, error: StatusVerificationError) -> Check:
    return Check(check=name, result=Result.FAIL, path=error.path, error=error)


def _no_status(policy: StatusPolicy, path: str) -> Check:
    if policy is StatusPolicy.IF_PRESENT:
        return not_asked("status", path)
    message = "the credential has no status entry, and one is required"
    place = child(path, "credentialStatus")
    return _failed("status", StatusVerificationError(message, path=place))


def _entry(entry: StatusEntry, secured: Secured, judgement: Judgement) -> StatusResult:
    with located(secured.path):
        if entry.type != BITSTRING_ENTRY or entry.list_url is None:
            message = "the status type is not supported"
            raise StatusVerificationError(message, path=entry.path)
        try:
            fetched = judgement.evidence.get(entry.list_url, path=entry.path)
        except Unchecked as error:
            message = "the status list could not be obtained"
            raise StatusRetrievalError(message, path=entry.path) from error
        status_list = verified_list(fetched.content, entry, judgement)
        return check_entry(
            entry,
            status_list,
            issuer=secured.issuer or "",
            at=judgement.at,
            fetched_at=fetched.fetched_at,
            max_age_seconds=judgement.expect.status_max_age,
        )


def verified_list(
    content: bytes, entry: StatusEntry, judgement: Judgement
) -> Credential:
    """The status list credential in ``content``, its own proof verified.

    Raises:
        StatusVerificationError: It is malformed, or its proof does not hold.
        Unchecked: Its issuer's key could not be obtained.
    """
    with located(entry.path):
        try:
            opened = open_document(content, limits=_LIST_LIMITS)
            verify_proofs(opened, judgement)
        except (Unchecked, NotYetValid):
            raise
        except Exception as error:
            raise StatusVerificationError(
                f"the status list does not verify: {getattr(error, 'code', 'error')}"
            ) from error
    if opened.kind is not Kind.CREDENTIAL or opened.credential is None:
        message = "the status list is not a credential"
        raise StatusVerificationError(message, path=entry.path)
    return opened.credential


# Schemas and related resources: told where they cannot be checked, decisive where
# they can.


def _schemas(secured: Secured, judgement: Judgement) -> list[Check]:
    credential = secured.credential
    if credential is None or not (credential.schemas or credential.related_resources):
        return [not_asked("schema", secured.path)]
    checks = [
        ask(
            "schema",
            secured.path,
            lambda schema=schema: _schema(schema, secured, judgement),
        )
        for schema in credential.schemas
    ]
    checks += [
        ask(
            "schema",
            secured.path,
            lambda resource=resource: _resource(resource, secured, judgement),
        )
        for resource in credential.related_resources
    ]
    return [_advisory_when_unknown(check) for check in checks]


def _advisory_when_unknown(check: Check) -> Check:
    # A schema narrows what an issuer may say; it grants nothing. When it cannot be had
    # the reader is told, and the proof still stands. A schema that is at hand decides.
    return Check(
        check=check.check,
        result=check.result,
        path=check.path,
        error=check.error,
        advisory=check.result is Result.UNKNOWN,
    )


def _schema(schema: SchemaReference, secured: Secured, judgement: Judgement) -> None:
    with located(secured.path):
        if JSON_SCHEMA not in schema.types:
            message = "the schema type is not supported"
            raise MethodNotSupported(message, path=schema.path)
        fetched = judgement.evidence.get(schema.id, path=schema.path)
        check_digests(schema.digests, fetched.content, path=schema.path)
        document = strict_json.load_object(fetched.content)
        validate_schema(secured.document, document, path=schema.path)


def _resource(
    resource: RelatedResource, secured: Secured, judgement: Judgement
) -> None:
    with located(secured.path):
        if resource.id in judgement.contexts:
            content = judgement.contexts.content(resource.id)
        else:
            content = judgement.evidence.get(resource.id, path=resource.path).content
        check_digests(resource.digests, content, path=resource.path)


def _trust(secured: Secured, judgement: Judgement) -> Check:
    if judgement.trust is None:
        return not_asked("trust", secured.path)
    return ask(
        "trust",
        child(secured.path, "issuer"),
        lambda: _authorize(secured, judgement),
    )


def _authorize(secured: Secured, judgement: Judgement) -> None:
    if judgement.trust is None or secured.issuer is None:
        raise MalformedValue("nobody is named as issuer", path=secured.path)
    types = secured.credential.types if secured.credential else ()
    with located(secured.path):
        for name in [kind for kind in types if kind != "VerifiableCredential"]:
            judgement.trust.authorize(secured.issuer, name, at=judgement.at)
        judgement.trust.admit(secured.issuer)


__all__ = ["CredentialVerdict", "Expectations", "judge_credential", "validity_of"]
