"""Steps 6, 8 and 9 for one credential: its proof, its time, its status and schemas.

Each question is asked on its own, so that a reader learns every reason at once. When
the proof does not hold the other answers would be about words that nobody stands
behind, so they are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_list
from medid.core.instant import Window
from medid.core.records import replace
from medid.errors import InvalidDomain, child, located
from medid.trust.telling import chains_to
from medid.verifying import certified, licensed, type_metadata
from medid.verifying.checks import Check, Result, ask_about, not_asked
from medid.verifying.opening import CREDENTIAL, Kind, Secured
from medid.verifying.proofs import check_contexts, check_time, verify_proofs
from medid.verifying.schemas import check_resource, check_schema_of
from medid.verifying.status import judge_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.securing.data_integrity import Proof
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
        fresh_until: The instant after which the status has to be asked again, and that
            of the certificates it is signed with.
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
        found = [check.result for check in self.checks if check.check == name]
        if len(found) == 1:
            return found[0]
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
        ask_about("time", path, lambda: check_time(secured, judgement)),
        *_audience(secured, judgement),
        *status_checks,
        *_schemas(secured, judgement),
        _trust(secured, judgement),
    )
    return CredentialVerdict(
        secured=secured,
        checks=checks,
        statuses=statuses,
        fresh_until=_earliest(
            *(found.valid_until for found in statuses),
            certified.fresh_until(secured, judgement),
        ),
    )


def _earliest(*instants: Instant | None) -> Instant | None:
    return min((one for one in instants if one is not None), default=None)


def _check_proof(secured: Secured, judgement: Judgement) -> None:
    check_contexts(secured, judgement)
    verify_proofs(secured, judgement)


# A credential may be for some verifiers only, by the word of whoever signed it.


def _audience(secured: Secured, judgement: Judgement) -> tuple[Check, ...]:
    """Whether what says for whom it was made was made for this verifier.

    Its challenge is not asked: it answers whoever had it issued, and what shows that a
    credential is not replayed is the presentation around it.

    Spec: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3,
    https://www.rfc-editor.org/rfc/rfc8392#section-3.1.3,
    https://www.w3.org/TR/vc-data-integrity/#verify-proof (domain)
    """
    named = secured.registered.audience if secured.registered is not None else ()
    proofs = secured.proofs if secured.carries_proofs else ()
    bound = [proof for proof in proofs if proof.domain]
    if not (named or bound):
        return ()
    expected = judgement.expect.domain
    if expected is None:
        return (not_asked("domain", secured.path),)
    question = partial(_check_made_for, expected, named, bound)
    return (ask_about("domain", secured.path, question),)


def _check_made_for(
    expected: str, named: Sequence[str], bound: Sequence[Proof]
) -> None:
    if named and expected not in named:
        message = "the issuer made this token for other verifiers"
        raise InvalidDomain(message, path="$.aud", fix=_MADE_FOR_OTHERS)
    for proof in bound:
        # Any one of an audience may read a token; a proof is for its domains together.
        if set(proof.domain) != {expected}:
            message = "the proof was not made for this verifier alone"
            path = child(proof.path, "domain")
            raise InvalidDomain(message, path=path, fix=_MADE_FOR_OTHERS)


_MADE_FOR_OTHERS: Final = (
    "ask the issuer for a credential that this verifier may use, too"
)


def validity_of(secured: Secured) -> Window:
    """The time in which the document says that it is valid, by all it says."""
    validity = secured.credential.validity if secured.credential else Window()
    if secured.registered is not None:
        validity = validity.intersect(secured.registered.window)
    return validity


# Schemas, types and related resources: decisive where they can be had, told where not.


def _schemas(secured: Secured, judgement: Judgement) -> list[Check]:
    credential = secured.credential
    if credential is None:
        return [_type(secured, judgement)]
    if not (credential.schemas or credential.related_resources):
        return [not_asked("schema", secured.path)]
    questions = [
        *(
            partial(check_schema_of, one, credential, judgement)
            for one in credential.schemas
        ),
        *(
            partial(check_resource, one, judgement)
            for one in credential.related_resources
        ),
    ]
    # A schema narrows what an issuer may say; it grants nothing. When it cannot be had
    # the reader is told, and the proof still stands. A schema that is at hand decides.
    checks = [ask_about("schema", secured.path, question) for question in questions]
    return [replace(one, advisory=one.result is Result.UNKNOWN) for one in checks]


def _type(secured: Secured, judgement: Judgement) -> Check:
    claims, parsed = secured.document, secured.sd_jwt
    if parsed is None or not type_metadata.is_asked(claims, judgement.evidence):
        return not_asked("schema", secured.path)
    question = partial(type_metadata.check_type, claims, parsed, judgement.evidence)
    asked = ask_about("schema", secured.path, question)
    # What its issuer pinned is a part of what it says, and is not passed over.
    pinned = type_metadata.PINNED in claims
    return replace(asked, advisory=asked.result is Result.UNKNOWN and not pinned)


# Trust: may this issuer issue this type? For which place and profession, the rules of
# licenses ask, which know the request; where no rules follow, it is asked here.


def _trust(secured: Secured, judgement: Judgement) -> Check:
    trust = judgement.trust
    if trust is None:
        return not_asked("trust", secured.path)

    def question() -> None:
        with located("$.iss" if secured.kind is Kind.SD_JWT else "$.issuer"):
            _authorize(secured, trust, judgement)

    asked = ask_about("trust", secured.path, question)
    if asked.result is not Result.PASS or not trust.recognized:
        return asked
    issuer, types = secured.issuer or "", types_of(secured)
    chains = chains_to(trust, issuer, types, at=judgement.at, document=secured.digest)
    return replace(asked, chains=chains)


def _authorize(secured: Secured, trust: TrustRegistry, judgement: Judgement) -> None:
    names, at = types_of(secured), judgement.at
    # For where a license is, is asked with its type: nobody waits for a source that
    # could not speak for that place.
    if judgement.whole_scope and licensed.is_license(secured):
        licensed.check_scope(secured, names, trust, at)
        return
    issuer = secured.issuer or ""  # nobody, whom no entry names
    for name in names:
        trust.authorize(issuer, name, at=at, document=secured.digest)


def types_of(secured: Secured) -> tuple[str, ...]:
    """The types of which its issuer has to be one who may issue them; at least one."""
    types = types_of_claims(secured.document)
    if secured.credential is not None:
        types = secured.credential.types
    # Without a type of its own it is asked for as what it is: nothing goes unasked.
    return tuple(name for name in types if name != CREDENTIAL) or (CREDENTIAL,)


def types_of_claims(claims: JsonObject) -> tuple[str, ...]:
    """The type of an SD-JWT VC, and every other that its issuer says it is of."""
    further = as_list(claims.get("aka_vcts", []))
    return (str(claims.get("vct")), *map(str, further))
