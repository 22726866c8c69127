"""``medid.verify``: one document in, one Verification out.

::

    1  read the clock once
    2  open the envelope                      verifying.opening
    3  list what it refers to                 verifying.needs
    5  gather it; the only step that waits    verifying.gathering
    6  judge: proofs, challenge and domain, time, status, schemas, trust

It never raises for a bad document: what is wrong with it is the answer. It raises only
``Misuse``, for a call or setting that is itself wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from medid.core.arguments import check_fields, checked_arguments
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.core.fetch import NoFetch
from medid.core.instant import Clock, Instant, read_clock, system_clock
from medid.core.memory import Memory
from medid.errors import (
    HolderBindingError,
    InvalidChallenge,
    InvalidDomain,
    MalformedValue,
    MedidError,
    Refused,
    TooLarge,
    Unchecked,
    WeakCryptography,
)
from medid.health import contexts as health_contexts
from medid.jsonld import empty_arrays
from medid.trust import standing
from medid.verifying import derived
from medid.verifying.admitting import asks_status, needs
from medid.verifying.checks import Check, Result, Verification, ask, not_asked
from medid.verifying.credential import judge_credential, types_of_claims
from medid.verifying.gathering import Awaited, agather, gather
from medid.verifying.judging import Expectations, Judgement
from medid.verifying.needs import needs_of
from medid.verifying.opening import Kind, Secured, Securing, open_document
from medid.verifying.presentation import judge_presentation, key_binding_check
from medid.verifying.recognizing import recognizing
from medid.verifying.resolving import check_did_document

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

    from medid.core.evidence import Need
    from medid.core.fetch import AsyncFetch, Fetch
    from medid.core.json import JsonValue
    from medid.jsonld import ContextStore
    from medid.trust import TrustRegistry, TrustSource

    # A check, whether it is demanded, and what it is not to meet it.
    _Demand = tuple[str, bool, type[Refused]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Verifies documents under fixed settings; safe to share between threads.

    Attributes:
        contexts: The only JSON-LD contexts that may be used.
        trust: Who may issue what; ``None`` reports issuers as not asked. A source is
            asked once for each document.
        fetch: Where evidence comes from that is not handed in; by default, nowhere.
        expect: What is expected of every document.
        clock: Read once for each verification that names no instant.
        memory: Of the documents that were verified last. It is not shared with other
            verifiers unless they are given it; ``Memory(max_bytes=0)`` keeps nothing.
    """

    contexts: ContextStore = field(default_factory=health_contexts)
    trust: TrustRegistry | TrustSource | None = None
    fetch: Fetch | AsyncFetch = field(default_factory=NoFetch)
    expect: Expectations = field(default_factory=Expectations)
    clock: Clock = system_clock
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a setting that is none.

        Raises:
            ConfigurationError: A setting is of another type than its attribute.
        """
        check_fields(self)

    @checked_arguments
    def verify(
        self,
        document: bytes | str | Mapping[str, JsonValue],
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
    ) -> Verification:
        """Verify a credential, presentation, SD-JWT VC or DID document.

        Args:
            document: As it travels: JSON bytes or text, a JWT, an SD-JWT, a COSE
                message; or the decoded JSON object, which is not modified.
            at: The instant as of which to answer; the clock's by default.
            evidence: Documents that are already at hand; they are not fetched again.

        Returns:
            Every check with its answer. Truthy only when verified.
        """
        begun = self._begun(document, at, evidence)
        if isinstance(begun, Verification):
            return begun
        opened, judgement = begun
        gathered = gather(
            judgement.evidence,
            partial(_wanted, opened, judgement),
            self.fetch,  # type: ignore[arg-type]
            at=at,
        )
        return judge(opened, judgement.knowing(gathered))

    @checked_arguments
    def averify(
        self,
        document: bytes | str | Mapping[str, JsonValue],
        *,
        at: Instant | None = None,
        evidence: Evidence | None = None,
    ) -> Coroutine[Any, Any, Verification]:
        """As ``verify``, without blocking an event loop while evidence is fetched.

        To be awaited; asking for the truth of what was not awaited raises.
        """
        return Awaited(self._averify(document, at, evidence))

    async def _averify(
        self,
        document: bytes | str | Mapping[str, JsonValue],
        at: Instant | None,
        evidence: Evidence | None,
    ) -> Verification:
        begun = self._begun(document, at, evidence)
        if isinstance(begun, Verification):
            return begun
        opened, judgement = begun
        gathered = await agather(
            judgement.evidence,
            partial(_wanted, opened, judgement),
            self.fetch,  # type: ignore[arg-type]
            at=at,
        )
        return judge(opened, judgement.knowing(gathered))

    def _begun(
        self,
        document: bytes | str | Mapping[str, JsonValue],
        at: Instant | None,
        evidence: Evidence | None,
    ) -> tuple[Secured, Judgement] | Verification:
        try:
            opened = open_document(document, memory=self.memory)
        except MedidError as error:
            return _not_begun("parse", Result.FAIL, error)
        try:
            trust = None if self.trust is None else standing(self.trust).registry
        except Unchecked as error:
            return _not_begun("trust", Result.UNKNOWN, error)
        return opened, Judgement(
            at=at if at is not None else read_clock(self.clock),
            contexts=self.contexts,
            evidence=evidence if evidence is not None else NO_EVIDENCE,
            trust=trust,
            expect=self.expect.under(trust),
            whole_scope=True,
            memory=self.memory,
        )


@checked_arguments
def verify(
    document: bytes | str | Mapping[str, JsonValue],
    *,
    at: Instant | None = None,
    trust: TrustRegistry | TrustSource | None = None,
    evidence: Evidence | None = None,
    fetch: Fetch | AsyncFetch | None = None,
    expect: Expectations | None = None,
) -> Verification:
    """Verify one document; ``Verifier`` keeps the settings for many.

    Args:
        document: As it travels: JSON bytes or text, a JWT, an SD-JWT, a COSE message;
            or the decoded JSON object.
        at: The instant as of which to answer; the present by default.
        trust: Who may issue what; ``None`` reports issuers as not asked.
        evidence: Documents that are already at hand.
        fetch: Where other documents come from; by default, nowhere.
        expect: What is expected beside a valid proof.

    Returns:
        Every check with its answer. Truthy only when verified.
    """
    verifier = Verifier(
        trust=trust,
        fetch=fetch if fetch is not None else NoFetch(),
        expect=expect if expect is not None else Expectations(),
    )
    return verifier.verify(document, at=at, evidence=evidence)


def _not_begun(name: str, result: Result, error: MedidError) -> Verification:
    check = Check(check=name, result=result, path=error.path, error=error)
    return Verification(kind="unknown", checks=(check,))


def _wanted(opened: Secured, judgement: Judgement, known: Evidence) -> Sequence[Need]:
    try:
        return needs(opened, judgement.knowing(known))
    except TooLarge:
        return ()  # the judgement refuses it, with this reason


def judge(opened: Secured, judgement: Judgement) -> Verification:
    """The verification of an opened document on sealed evidence. Pure.

    The same arguments give the same answer, whenever and wherever they are judged.
    """
    judgement = recognizing((opened,), judgement.begun(opened))
    parsed = ask("parse", "$", lambda: _check_reach(opened, judgement))
    if parsed.error is not None:
        return Verification(kind=opened.kind.value, checks=(parsed,))
    if opened.kind is Kind.DID_DOCUMENT:
        return _judge_did_document(opened, judgement)
    if opened.kind is Kind.PRESENTATION:
        verdict = judge_presentation(opened, judgement)
        inner = [check for one in verdict.credentials for check in one.checks]
        checks = (parsed, *verdict.checks, *inner, *_of_tokens(opened, judgement))
    else:
        alone = judge_credential(opened, judgement)
        checks = (parsed, *alone.checks, *_binding(opened, judgement))
    told = (*_unsigned(opened, judgement), *derived.warnings(opened))
    warnings = (*_warnings(checks, judgement), *told)
    return Verification(kind=opened.kind.value, checks=checks, warnings=warnings)


def _check_reach(opened: Secured, judgement: Judgement) -> None:
    status = asks_status(judgement)
    needs_of(opened, contexts=judgement.contexts, status=status)


def _judge_did_document(opened: Secured, judgement: Judgement) -> Verification:
    parsed = Check(check="parse", result=Result.PASS)
    read = ask(
        "did-document", "$", lambda: check_did_document(opened.document, judgement)
    )
    return Verification(
        kind=opened.kind.value,
        checks=(parsed, read, *_unmet_by_did_document(judgement.expect)),
        warnings=("who published this DID document is not shown by the document",),
    )


def _unmet_by_did_document(expect: Expectations) -> tuple[Check, ...]:
    """What is demanded of who presents or signs: with a DID document nobody does.

    Whoever is asked for a presentation could hand in any DID document in its place.
    """
    hybrid: _Demand = ("proof", expect.hybrid_proofs, WeakCryptography)
    return tuple(
        ask(name, "$", partial(_unmet, error))
        for name, asked, error in (*_demands(expect), hybrid)
        if asked
    )


def _binding(opened: Secured, judgement: Judgement) -> tuple[Check, ...]:
    if opened.sd_jwt is not None:
        return (key_binding_check(opened, judgement), _vct(opened, judgement))
    # Nobody presents a bare credential, so no demand on a presentation can be met, but
    # for those that a derived proof answers itself.
    answers = derived.answers(opened, judgement.expect)
    return tuple(
        ask(name, "$", answers.get(name, partial(_unmet, error)))
        for name, asked, error in _demands(judgement.expect)
        if asked
    )


def _demands(expect: Expectations) -> tuple[_Demand, ...]:
    return (
        ("challenge", expect.challenge is not None, InvalidChallenge),
        ("domain", expect.domain is not None, InvalidDomain),
        ("holder", expect.holder_binding, HolderBindingError),
        ("key-binding", expect.key_binding, HolderBindingError),
        ("vct", expect.vct is not None, MalformedValue),
    )


def _unmet(error: type[Refused]) -> None:
    message = "nobody presents this document in the way that was demanded"
    raise error(message)


def _of_tokens(opened: Secured, judgement: Judgement) -> list[Check]:
    """What is demanded of SD-JWTs is asked of each one in a presentation."""
    expect = judgement.expect
    tokens = [part for part in opened.children if part.sd_jwt is not None]
    checks: list[Check] = []
    for name, demanded, question, error in (
        ("key-binding", expect.key_binding, key_binding_check, HolderBindingError),
        ("vct", expect.vct is not None, _vct, MalformedValue),
    ):
        if demanded:
            asked = [question(token, judgement) for token in tokens]
            checks += asked or [ask(name, "$", partial(_unmet, error))]
    return checks


def _vct(token: Secured, judgement: Judgement) -> Check:
    expected, path = judgement.expect.vct, f"{token.path}.vct"
    if expected is None:
        return not_asked("vct", path)
    return ask("vct", path, lambda: _require_vct(token, expected, path))


def _require_vct(token: Secured, expected: str, path: str) -> None:
    if expected not in types_of_claims(token.document):
        message = "the SD-JWT VC is of another type than expected"
        fix = "present a credential of the type that was asked for"
        raise MalformedValue(message, path=path, fix=fix)


def _warnings(checks: Sequence[Check], judgement: Judgement) -> tuple[str, ...]:
    told = [
        f"{check.code} at {check.path}: could not be checked, and does not decide"
        for check in checks
        if check.advisory
    ]
    unasked = {one.check for one in checks if one.result is Result.NOT_ASKED}
    if judgement.trust is not None:
        # Of what nobody stands behind it is not asked who may issue it.
        unasked.discard("trust")
    told += [text for name, text in _UNASKED.items() if name in unasked]
    if not judgement.expect.issuer_signs:
        told.append("whether an issuer that is no DID signed was not asked")
    return tuple(told)


def _unsigned(opened: Secured, judgement: Judgement) -> list[str]:
    """Empty arrays in what is signed as RDF: nobody may read anything into them."""
    try:
        found = [
            path.replace("$", part.path, 1)
            for part in (opened, *opened.children)
            if part.securing is Securing.DATA_INTEGRITY
            for path in _empty_arrays(part, judgement)
        ]
    except MedidError:
        return []  # refused already, with its reason
    return [f"{path}: an empty array is not signed" for path in dict.fromkeys(found)]


def _empty_arrays(part: Secured, judgement: Judgement) -> tuple[str, ...]:
    contexts, statements = judgement.contexts, judgement.statements
    # Whoever walked the document for its proof has met them all.
    if statements and not statements.may_have_empty_arrays(part.document):
        return ()
    return part.known.once(
        ("empty", contexts), lambda: empty_arrays(part.document, contexts)
    )


_UNASKED = {
    "proof": "the presentation is not signed: nobody is shown to present",
    "trust": "no trust registry was given: who may issue what was not asked",
    "challenge": "no challenge was given: whether this is a replay was not asked",
    "domain": "no domain was given: for whom it was presented was not asked",
}
