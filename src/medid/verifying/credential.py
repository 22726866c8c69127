"""Steps 6, 8 and 9 for one credential: its proof, its time, its status and schemas.

Each question is asked on its own, so that a reader learns every reason at once. When
the proof does not hold the other answers would be about words that nobody stands
behind, so they are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from medid.core.instant import Window
from medid.credentials import check_digests, check_published
from medid.credentials.schema import JSON_SCHEMA, check_schema
from medid.errors import (
    MethodNotSupported,
    located,
)
from medid.verifying.checks import Check, Result, ask_about, not_asked
from medid.verifying.opening import CREDENTIAL, Kind, Secured
from medid.verifying.proofs import (
    check_contexts,
    check_registered,
    check_window,
    verify_proofs,
)
from medid.verifying.status import judge_status

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.credentials import Credential, RelatedResource, SchemaReference
    from medid.status import StatusResult
    from medid.trust import TrustRegistry
    from medid.verifying.judging import Judgement


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
    proof = ask_about("proof", path, lambda: _check_proof(secured, judgement))
    if proof.result is not Result.PASS:
        rest = [not_asked(name, path) for name in ("time", "status", "schema", "trust")]
        return CredentialVerdict(secured=secured, checks=(proof, *rest))
    status_checks, statuses = judge_status(secured, judgement)
    checks = (
        proof,
        ask_about("time", path, lambda: _check_time(secured, judgement)),
        *status_checks,
        *_schemas(secured, judgement),
        _trust(secured, judgement),
    )
    return CredentialVerdict(
        secured=secured,
        checks=checks,
        statuses=statuses,
        fresh_until=min((found.valid_until for found in statuses), default=None),
    )


def _check_proof(secured: Secured, judgement: Judgement) -> None:
    check_contexts(secured, judgement)
    verify_proofs(secured, judgement)


def validity_of(secured: Secured) -> Window:
    """The time in which the document says that it is valid, by all it says."""
    validity = secured.credential.validity if secured.credential else Window()
    if secured.registered is not None:
        validity = validity.intersect(secured.registered.window)
    return validity


# What each version of the data model calls start and end of validity.
_VALIDITY: Final = {
    "2.0": ("validFrom", "validUntil"),
    "1.1": ("issuanceDate", "expirationDate"),
}


def _check_time(secured: Secured, judgement: Judgement) -> None:
    if secured.credential is not None:
        names = _VALIDITY[secured.credential.version]
        check_window(secured.credential.validity, judgement, names=names)
    check_registered(secured, judgement)


# Schemas and related resources: decisive where they can be had, told where not.


def _schemas(secured: Secured, judgement: Judgement) -> list[Check]:
    credential = secured.credential
    if credential is None or not (credential.schemas or credential.related_resources):
        return [not_asked("schema", secured.path)]
    questions = [
        *(
            partial(_check_schema, one, credential, judgement)
            for one in credential.schemas
        ),
        *(
            partial(_check_resource, one, judgement)
            for one in credential.related_resources
        ),
    ]
    # A schema narrows what an issuer may say; it grants nothing. When it cannot be had
    # the reader is told, and the proof still stands. A schema that is at hand decides.
    checks = [ask_about("schema", secured.path, question) for question in questions]
    return [replace(one, advisory=one.result is Result.UNKNOWN) for one in checks]


def _check_schema(
    schema: SchemaReference, credential: Credential, judgement: Judgement
) -> None:
    if schema.types != (JSON_SCHEMA,):
        message = "the schema type is not supported"
        raise MethodNotSupported(message, path=schema.path)
    fetched = judgement.evidence.get(schema.id, path=schema.path)
    check_schema(credential, schema, fetched.content)


def _check_resource(resource: RelatedResource, judgement: Judgement) -> None:
    published = judgement.contexts.published_sha256(resource.id)
    if published is not None and resource.id not in judgement.evidence:
        check_published(resource.digests, published, path=resource.path)
        return
    if published is None and resource.id in judgement.contexts:
        content = judgement.contexts.content(resource.id)
    else:
        content = judgement.evidence.get(resource.id, path=resource.path).content
    check_digests(resource.digests, content, path=resource.path)


# Trust: may this issuer issue this type? Jurisdiction and profession are asked when a
# license is read.


def _trust(secured: Secured, judgement: Judgement) -> Check:
    trust = judgement.trust
    if trust is None:
        return not_asked("trust", secured.path)

    def question() -> None:
        with located("$.iss" if secured.kind is Kind.SD_JWT else "$.issuer"):
            _authorize(secured, trust, judgement.at)

    return ask_about("trust", secured.path, question)


def _authorize(secured: Secured, trust: TrustRegistry, at: Instant) -> None:
    issuer = secured.issuer or ""  # nobody, whom no entry names
    types = secured.credential.types if secured.credential else (_vct(secured),)
    # Without a type of its own it is asked for as what it is: nothing goes unasked.
    asked = [name for name in types if name != CREDENTIAL] or [CREDENTIAL]
    for name in asked:
        trust.authorize(issuer, name, at=at)


def _vct(secured: Secured) -> str:
    return str(secured.document.get("vct"))
