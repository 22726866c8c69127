"""Needs and Evidence: what a verification asks for, and what it got.

Evidence is sealed: documents with their digests and fetch times, and the failures
too, so that a judgement can be repeated years later from the same bytes and comes out
the same. It holds no verdicts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import base64url, jcs
from medid.core.arguments import check_argument, checked_arguments
from medid.core.fetch import Fetched, FetchRequest
from medid.core.fields import as_object, no_others, required, required_str
from medid.core.instant import Instant
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    HistoryUnknown,
    MalformedValue,
    MedidError,
    child,
    codes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from medid.core.json import JsonObject, JsonValue

_FORMAT: Final = "medid evidence 1"
_KEPT: Final = 1_024  # requests; those of the issuers and lists that are met again

# A document says nothing about a time before it was seen, but for the time in which a
# verifier may rely on a copy anyway, and in which evidence is gathered for a question
# that was asked a moment ago.
SEEN_LATER: Final = 300  # seconds


_KEYS: Final = 1
_RANKS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "status-list": 0,
        "crl": 0,
        "registry-answer": 0,
        "witness-proofs": 0,
        "schema": 2,
        "type-metadata": 2,
        "related-resource": 2,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A document that a verification refers to.

    Attributes:
        kind: ``did-document``, ``did-resolution``, ``witness-proofs`` (of a log that
            came later than they did), ``issuer-metadata``, ``key-set``,
            ``crl``, ``status-list``, ``schema``, ``type-metadata``,
            ``related-resource`` or ``registry-answer``.
        url: Where it is published; also its name in the evidence. The result of a
            resolution is named by its DID.
        accept: The media types that will be understood.
        max_bytes: How much of it will be read at most.
        tells_past: Whether the document itself tells what held at any earlier time.
        path: Where the document under verification refers to it.
        body: A question in JSON to be sent there, as ``FetchRequest`` says.
    """

    kind: str
    url: str
    accept: str
    max_bytes: int
    tells_past: bool = False
    path: str = "$"
    body: bytes | None = None

    @property
    def rank(self) -> int:
        """How soon a change has to count: the status of credentials first, texts last.

        Whoever gives a document again for some time goes by its kind.
        """
        return _RANKS.get(self.kind, _KEYS)

    def request(self, at: Instant | None = None) -> FetchRequest:
        """This need as the Fetch port takes it, as of ``at``; the latest by default."""
        return _latest(self) if at is None else self._request(at)

    def _request(self, at: Instant | None) -> FetchRequest:
        return FetchRequest(
            url=self.url,
            accept=self.accept,
            max_bytes=self.max_bytes,
            at=at,
            kind=self.kind,
            tells_past=self.tells_past,
            body=self.body,
        )


@lru_cache(maxsize=_KEPT)
def _latest(need: Need) -> FetchRequest:
    return need._request(None)  # noqa: SLF001 - of this module


def once_each(needs: Iterable[Need]) -> tuple[Need, ...]:
    """One of ``needs`` for each URL, in the order in which these come.

    A document may be needed as several things. Whoever presents may name a status list
    or the document of somebody's keys as a mere resource; it is asked for as that of
    which a change has to count the soonest.
    """
    if type(needs) is tuple and len(needs) < 2:
        return needs
    found: dict[str, Need] = {}
    for need in needs:
        before = found.get(need.url)
        if before is None or need.rank < before.rank:
            found[need.url] = need
    return tuple(found.values())


_ANSWERS: Final[tuple[type, ...]] = (Fetched, MedidError)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Immutable answers, by URL: documents, or the error that stood in their way."""

    answers: Mapping[str, Fetched | MedidError] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def __post_init__(self) -> None:
        """Refuse what could not be looked up."""
        check_argument("answers", self.answers, "Mapping")
        for answer in self.answers.values():
            if not isinstance(answer, _ANSWERS):
                kind = type(answer).__name__
                message = f"an answer is a Fetched or an error; this is of type {kind}"
                fix = "pass Fetched.of(url, content, fetched_at=...) of the bytes"
                raise ConfigurationError(message, path="$.answers", fix=fix)

    def __contains__(self, url: str) -> bool:
        """Whether there is an answer for ``url``, be it a document or an error."""
        return url in self.answers

    @checked_arguments
    def get(
        self,
        url: str,
        *,
        at: Instant | None = None,
        path: str = "$",
        shows_time: bool = False,
    ) -> Fetched:
        """The document of ``url``.

        Args:
            url: Its name in the evidence.
            at: As of when it must tell: one that was first seen more than
                ``SEEN_LATER`` seconds afterwards does not. ``None`` does not ask.
            path: Where the document under verification refers to it.
            shows_time: Whether the caller holds a document that its host gave as of
                ``at`` to the time that it states itself. For others it is of now.

        Raises:
            EvidenceUnavailable: It was neither supplied nor fetched.
            HistoryUnknown: It tells what holds later than ``at``.
            MedidError: What the fetch reported instead.
        """
        answer = self.answers.get(url)
        if answer is None:
            message = "a document that the check needs is not at hand"
            raise EvidenceUnavailable(message, path=path)
        if isinstance(answer, MedidError):
            raise type(answer)(answer.message, path=path, fix=answer.fix)
        if at is None or (shows_time and answer.as_of == at):
            return answer
        if answer.as_of is not None:
            message = "what is at hand was asked for as of another time"
            raise HistoryUnknown(message, path=path)
        if answer.fetched_at > at.plus(SEEN_LATER):
            message = "what is at hand was published later than the time asked about"
            raise HistoryUnknown(message, path=path)
        return answer

    def with_answers(
        self,
        answers: Mapping[str, Fetched | MedidError]
        | Iterable[tuple[str, Fetched | MedidError]],
    ) -> Evidence:
        """This evidence and ``answers``; what is there already stays as it is."""
        try:
            known = dict(answers)
        except (TypeError, ValueError):
            message = "answers are pairs of a URL and what it answered"
            raise ConfigurationError(message, path="$.answers") from None
        known.update(self.answers)
        return Evidence(MappingProxyType(known))

    def digest(self) -> str:
        """The SHA-256 (hex) over what each URL answered."""
        return hashlib.sha256(jcs.canonicalize(self._summary())).hexdigest()

    def _summary(self) -> JsonObject:
        return {
            url: answer.digest if isinstance(answer, Fetched) else answer.code
            for url, answer in self.answers.items()
        }

    def as_json(self) -> JsonObject:
        """The evidence as a JSON object that ``from_json`` reads back."""
        return {
            "format": _FORMAT,
            "documents": {
                url: _write(answer) for url, answer in sorted(self.answers.items())
            },
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> Evidence:
        """The evidence that ``as_json`` wrote.

        Raises:
            MalformedValue: Another format, or a digest that does not fit its bytes.
        """
        obj = as_object(value, "$")
        no_others(obj, {"format", "documents"}, "$")
        if required_str(obj, "format", "$") != _FORMAT:
            raise MalformedValue(f"the format is not {_FORMAT!r}", path="$.format")
        documents = required(obj, "documents", dict, "$")
        return cls(
            MappingProxyType(
                {
                    url: _read(url, as_object(entry, child("$.documents", url)))
                    for url, entry in documents.items()
                }
            )
        )


NO_EVIDENCE: Final = Evidence()


def _write(answer: Fetched | MedidError) -> JsonObject:
    if isinstance(answer, MedidError):
        return {"code": answer.code, "message": answer.message}
    dated: JsonObject = {} if answer.as_of is None else {"asOf": str(answer.as_of)}
    return {
        "content": base64url.encode(answer.content),
        "mediaType": answer.media_type,
        "sha256": answer.digest,
        "fetchedAt": str(answer.fetched_at),
        **dated,
    }


def _read(url: str, entry: JsonObject) -> Fetched | MedidError:
    path = child("$.documents", url)
    if "code" in entry:
        no_others(entry, {"code", "message"}, path)
        kind = codes().get(required_str(entry, "code", path))
        if kind is None:
            raise MalformedValue("no such error code", path=child(path, "code"))
        return kind(required_str(entry, "message", path))
    no_others(entry, {"content", "mediaType", "sha256", "fetchedAt", "asOf"}, path)
    as_of = None
    if "asOf" in entry:
        as_of = Instant.parse(required_str(entry, "asOf", path), path=path)
    fetched = Fetched.of(
        url,
        base64url.decode(required(entry, "content", str, path), path=path),
        fetched_at=Instant.parse(required_str(entry, "fetchedAt", path), path=path),
        media_type=required(entry, "mediaType", str, path),
        as_of=as_of,
    )
    if fetched.digest != entry.get("sha256"):
        raise MalformedValue("the digest does not fit the content", path=path)
    return fetched
