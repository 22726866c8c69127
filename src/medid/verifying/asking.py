"""Issuers about whom trust registries are asked: the questions, and the answers.

Asked only about an issuer that no entry of the trust file names, at the addresses that
the file states, and only where the file lets the registry speak of such a credential.
A response is not signed: that it came over TLS from that address is all that stands
behind it. It counts no longer than its entry allows, and about a time that is past only
where it says what held then.

Spec: https://trustoverip.github.io/tswg-trust-registry-protocol/#api
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core import json as strict_json
from medid.core.instant import Window
from medid.core.json import JsonLimits
from medid.errors import (
    HistoryUnknown,
    IssuerNotAuthorized,
    MedidError,
    Unchecked,
)
from medid.trust.asked import MAX_RESPONSE, recognizers
from medid.trust.boards import AcceptedBoard
from medid.trust.trqp import Question, Reply, check_identifier, read_response
from medid.trust.unanswered import Unanswered, nothing_learnt
from medid.verifying.credential import types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from medid.core.evidence import Need
    from medid.core.instant import Instant
    from medid.trust.asked import AskedRegistry, Asking
    from medid.trust.trqp import Query
    from medid.verifying.judging import Judgement
    from medid.verifying.opening import Secured

# By issuer: the types of each document of his, by its digest.
Issued: TypeAlias = "Mapping[str, Mapping[str, frozenset[str]]]"

# About all issuers of one document, recognitions included; those beyond are not asked.
MAX_ASKED: Final = 128
# Stands for the digest of a document where none is at hand.
ANY: Final = "any"
_RESPONSE: Final = JsonLimits(max_bytes=MAX_RESPONSE, max_depth=8, max_members=256)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One query to one registry, and for how long its answer counts."""

    registry: AskedRegistry
    entity: str
    asking: Asking
    kind: Question

    def query(self, time: Instant | None = None) -> Query:
        return self.registry.query(self.entity, self.asking, time=time)

    def need(self, time: Instant | None = None) -> Need:
        return self.registry.need(self.query(time), self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What has to be answered with yes before an issuer counts for some documents.

    Attributes:
        questions: Whether it is authorized, and whether those who say so are
            recognized.
    """

    issuer: str
    documents: frozenset[str]
    questions: tuple[_Question, ...]

    @property
    def asking(self) -> Asking:
        """What is asked, and what a yes allows."""
        return self.questions[0].asking

    @property
    def registry(self) -> AskedRegistry:
        """Who is asked about the issuer."""
        return self.questions[0].registry

    def entry(self, window: Window, documents: Iterable[str]) -> AcceptedBoard:
        """The entry to which yes to every question amounts, in force in ``window``."""
        asking = self.asking
        return AcceptedBoard(
            did=self.issuer,
            x509_anchors=(),
            name=None,
            jurisdictions=asking.jurisdictions,
            professions=asking.professions,
            credential_types=asking.credential_types,
            require_registration=None,
            require_hybrid_proofs=False,
            window=window,
            recognized_by=self.registry.authority,
            status_list_issuers=(),
            documents=frozenset(documents),
        )


def issued(documents: Iterable[Secured]) -> Issued:
    """By issuer: the types of each of ``documents``, by its digest."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for secured in documents:
        if secured.issuer is not None:
            types = frozenset(types_of(secured))
            found.setdefault(secured.issuer, {})[secured.digest] = types
    return found


def imagined(issuer: str, credential_type: str) -> Issued:
    """As ``issued``, where no document is at hand: one of this type."""
    return {issuer: {ANY: frozenset({credential_type})}}


def needs(documents: Issued, judgement: Judgement) -> Iterator[Need]:
    """What asking about the issuers of ``documents`` takes, with the evidence so far.

    A registry is asked what holds now. What it answered after the time asked about, or
    long before, says nothing about then, so it is asked again, about that time.
    """
    for one in _asked(documents, judgement):
        yield one.need()
        if _is_open(one, judgement):
            yield one.need(judgement.at)


def whatever(issuer: str, judgement: Judgement) -> Issued:
    """As ``imagined``: one of every type that a registry may be asked about."""
    registries = () if judgement.trust is None else judgement.trust.settings.registries
    types = {
        name
        for registry in registries
        for one in registry.askings
        for name in one.credential_types
    }
    return {issuer: {ANY: frozenset(types)}}


def needs_now(documents: Issued, judgement: Judgement) -> Iterator[Need]:
    """As ``needs``, of what holds now alone."""
    for question in _asked(documents, judgement):
        yield question.need()


def _asked(documents: Issued, judgement: Judgement) -> Iterator[_Question]:
    """The questions about the issuers of ``documents``, each once."""
    found: dict[str, _Question] = {}
    for case in _cases(documents, judgement):
        for one in case.questions:
            found.setdefault(one.need().url, one)
    yield from islice(found.values(), MAX_ASKED)


def _is_open(question: _Question, judgement: Judgement) -> bool:
    """Whether what is at hand was answered, but not about the time asked."""
    if question.need().url not in judgement.evidence:
        return False
    try:
        _present(question, judgement)
    except HistoryUnknown:
        return True
    except Unchecked:
        return False
    return False


def answers(
    documents: Issued, judgement: Judgement
) -> tuple[tuple[AcceptedBoard, ...], tuple[Unanswered, ...]]:
    """The entries to which the answers amount, and what was not answered.

    Each entry is for one question, and for the documents of one issuer alone. A no
    makes none.
    """
    entries: list[AcceptedBoard] = []
    unanswered: list[Unanswered] = []
    for case, found in tried(documents, judgement):
        if isinstance(found, AcceptedBoard):
            entries.append(found)
        elif isinstance(found, Unchecked):
            unanswered.append(
                Unanswered(
                    issuer=case.issuer,
                    credential_types=case.asking.credential_types,
                    jurisdictions=case.asking.jurisdictions,
                    professions=case.asking.professions,
                    documents=case.documents,
                    error=found,
                )
            )
    return tuple(entries), tuple(unanswered)


def tried(
    documents: Issued, judgement: Judgement
) -> Iterator[tuple[Case, AcceptedBoard | IssuerNotAuthorized | Unchecked]]:
    """What each question came to: an entry, a no, or why there is no answer."""
    for case in _cases(documents, judgement):
        try:
            yield case, _entry(case, judgement)
        except (IssuerNotAuthorized, Unchecked) as error:
            yield case, error


def _cases(documents: Issued, judgement: Judgement) -> Iterator[Case]:
    trust = judgement.trust
    if trust is None or not trust.settings.registries:
        return
    registries = trust.settings.registries
    for issuer, types in documents.items():
        if issuer in trust.settings.named or not _may_be_asked(issuer):
            continue
        for registry in registries:
            above = recognizers(registry, registries)
            # Who is not in force says nothing, and has nobody recognized either.
            if not all(one.window.contains(judgement.at) for one in (registry, *above)):
                continue
            for asking in registry.askings:
                digests = {
                    digest
                    for digest, names in types.items()
                    if not names.isdisjoint(asking.credential_types)
                }
                if digests:
                    yield Case(
                        issuer=issuer,
                        documents=frozenset(digests),
                        questions=_questions(issuer, asking, (registry, *above)),
                    )


def _may_be_asked(issuer: str) -> bool:
    """Whether the protocol has a place for such a name."""
    try:
        check_identifier(issuer)
    except MedidError:
        return False
    return True


def _questions(
    issuer: str, asking: Asking, registries: tuple[AskedRegistry, ...]
) -> tuple[_Question, ...]:
    first, *above = registries
    asked = [
        _Question(
            registry=first,
            entity=issuer,
            asking=asking,
            kind=Question.AUTHORIZATION,
        )
    ]
    lower = first
    for upper in above:
        asked.append(
            _Question(
                registry=upper,
                entity=lower.authority,
                asking=asking,
                kind=Question.RECOGNITION,
            )
        )
        lower = upper
    return tuple(asked)


def _entry(case: Case, judgement: Judgement) -> AcceptedBoard:
    """The entry to which yes to every question amounts.

    Raises:
        IssuerNotAuthorized: One is answered with no.
        Unchecked: None is, and one is not answered.
    """
    window, missing = Window(), None
    for question in case.questions:
        try:
            window = window.intersect(_span(question, judgement))
        except Unchecked as error:
            missing = missing or error
    if missing is not None:
        raise missing
    return case.entry(window, case.documents)


def _span(question: _Question, judgement: Judgement) -> Window:
    """How long a yes counts.

    Raises:
        IssuerNotAuthorized: It is a no.
        Unchecked: There is no answer, or none that may be relied on.
    """
    registry = question.registry
    reply = _reply(question, judgement)
    if not reply.answer:
        raise IssuerNotAuthorized("a trust registry does not authorize this issuer")
    latest = reply.as_of.plus(registry.max_age)
    return registry.window.intersect(Window(None, latest))


def _reply(question: _Question, judgement: Judgement) -> Reply:
    try:
        return _present(question, judgement)
    except HistoryUnknown:
        if question.need(judgement.at).url not in judgement.evidence:
            raise
        return _read(question, judgement.at, judgement)


def _present(question: _Question, judgement: Judgement) -> Reply:
    """The answer about the present, if it was given near enough to the time asked.

    Raises:
        HistoryUnknown: It was given later, or too long before.
        Unchecked: There is none, or none that makes sense.
    """
    reply = _read(question, None, judgement)
    if reply.as_of.plus(question.registry.max_age) <= judgement.at:
        message = "the answer of a trust registry is older than may be relied on"
        raise HistoryUnknown(message)
    return reply


def _read(question: _Question, time: Instant | None, judgement: Judgement) -> Reply:
    """The answer to ``question`` at hand, about ``time``; ``None`` is when it came.

    Raises:
        Unchecked: There is none, or it is none to this question.
    """
    need = question.need(time)
    at = judgement.at if time is None else None
    try:
        fetched = judgement.evidence.get(need.url, at=at)
        body = strict_json.load_object(fetched.content, limits=_RESPONSE)
        reply = read_response(body, question.query(time), question.kind)
    except MedidError as error:
        raise nothing_learnt(error, by="a trust registry") from None
    if time is not None:
        return reply
    # Nobody can have known it later than it came.
    return Reply(answer=reply.answer, as_of=min(reply.as_of, fetched.fetched_at))
