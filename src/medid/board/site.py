"""What a board publishes: the files of a static web site.

Status lists, the signed head of the log, an entry for the trust files of verifiers, the
contexts and the schema that its credentials name, and an index. What is published
already is handed in, and decides what has to be signed anew: lists that say something
else than they must, and those whose life is half over.

Nothing that is published is ever taken back by accident: no list gets older, no
revocation leaves a list, and a register that does not hold what its published head says
publishes nothing.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from medid.board import feed, heads, lists
from medid.board.acts import as_bytes
from medid.board.chain import first_link
from medid.board.feeding import Feeding
from medid.board.heads import Head
from medid.board.licensing import PURPOSES, REVOCATION
from medid.core import json as strict_json
from medid.credentials import CONTEXT_V2
from medid.errors import MalformedValue, MedidError, PublishedLater, RegisterAltered
from medid.health import contexts
from medid.health.generate import schema
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.issuing.status_token import LIST_LIFETIME
from medid.status import StatusList
from medid.trust import TrustRegistry
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from medid.board.acts import Issuing
    from medid.board.records import BoardRecord, ListRecord
    from medid.board.register import Session
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential

INDEX: Final = "index.json"
HEAD: Final = "register/head"
TRUST: Final = "trust.json"
#: After which part of its life a list is signed anew though nothing has changed.
_HALF_LIFE: Final = LIST_LIFETIME / 2  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """A file of the site.

    Attributes:
        path: Below the site's URL.
    """

    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """What is published, and how.

    Attributes:
        issuing: With which key lists and heads are signed.
        at: The present.
        published: What the site has under a path now; ``None`` where it has nothing.
        verifier: Of the head that is published; knows, or fetches, the board's keys.
        professions: Codes for the trust entry; without any there is none.
        given: Files of the operator's, such as the board's DID document.
        feed_seconds: After how many seconds the head of the change feed is signed anew
            though nothing has changed; ``None`` publishes no feed.
    """

    issuing: Issuing
    at: Instant
    published: Callable[[str], bytes | None] = field(repr=False)
    verifier: Verifier = field(default_factory=Verifier, repr=False)
    professions: Sequence[str] = ()
    given: Sequence[SiteFile] = field(default=(), repr=False)
    feed_seconds: float | None = None


def files(session: Session, publishing: Publishing) -> tuple[SiteFile, ...]:
    """What has to be written to bring the site up to date, in the order of writing.

    Every beginning of it is a site that says nothing false: what documents refer to
    comes first, a revocation before the suspension that it follows, and the index last.

    Args:
        session: A writing one, because the log is sealed.
        publishing: What is published already, and how the rest is.

    Returns:
        Those files whose content is not what is published.

    Raises:
        PublishedLater: Something published is from later than now.
        RegisterAltered: The register does not hold what is published.
        MalformedValue: A published file is damaged.
        ConfigurationError: The key or the securing mechanism cannot sign it.
        SignerError: The key store refused.
        MedidError: The head that is published is not verified.
        RegisterUnavailable: The register cannot be used.
    """
    known = _Known(session.board, publishing)
    head = _checked_head(session, publishing, known)
    listed = [*_lists(session, publishing, known)]
    made = [
        *publishing.given,
        *_documents(),
        *listed,
        head,
        *_trust(session.board, publishing.professions),
    ]
    made.append(_index(session.board, publishing, made))
    changed = [one for one in made if publishing.published(one.path) != one.content]
    # The index says when something changed: alone, it has nothing new to say, unless
    # a publication was cut off before it.
    if [one.path for one in changed] == [INDEX] and known.lists(made[:-1]):
        changed.clear()
    # The index does not list the feed, which is signed itself, and far more often.
    fed = _feed(session.board, publishing, listed, same_key=known.same_key)
    return (*changed[:-1], *fed, *changed[-1:])


class _Known:
    """What the index says of the files that are published."""

    def __init__(self, board: BoardRecord, publishing: Publishing) -> None:
        self._published = publishing.published
        content = self._published(INDEX)
        stated = _object(content) if content is not None else {}
        by = _signing(board, publishing)
        #: Whether what is published was signed as it would be now.
        self.same_key = {name: stated.get(name) for name in by} == by
        digests = stated.get("files")
        usable = self.same_key and isinstance(digests, dict)
        self._digests = cast("JsonObject", digests) if usable else {}

    def __call__(self, path: str) -> bytes | None:
        """The file at ``path`` if it was signed with this key, whole as written."""
        content = self._published(path)
        if content is None or self._digests.get(path) != _digest(content):
            return None
        return content

    def lists(self, made: Iterable[SiteFile]) -> bool:
        """Whether the index has the digest of each of these files."""
        return all(self._digests.get(one.path) == _digest(one.content) for one in made)


# The lists.


def _lists(
    session: Session, publishing: Publishing, known: _Known
) -> Iterator[SiteFile]:
    for one in session.lists():
        paths = [_path_of(one, form) for form in (*PURPOSES, lists.BOTH)]
        found = lists.in_force(session, one, at=publishing.at)
        before = {form: _read(publishing, _path_of(one, form)) for form in PURPOSES}
        whole = {path: made for path in paths if (made := known(path)) is not None}
        if len(whole) == len(paths) and _stands(one, found, before, publishing.at):
            yield from _files(whole)
            continue
        shown = lists.with_decoys(session, one, found)
        _check_kept(before[REVOCATION], shown[REVOCATION], one)
        issuing, at = publishing.issuing, publishing.at
        signed = dict(lists.sign_bitstrings(session, one, shown, issuing, at=at))
        url, token = lists.sign_token_list(session, one, shown, issuing, at=at)
        signed[url] = token
        start = len(session.board.site) + 1
        yield from _files({url[start:]: as_bytes(made) for url, made in signed.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A bitstring list that is published."""

    statuses: StatusList
    since: Instant


def _read(publishing: Publishing, path: str) -> _Read | None:
    content = publishing.published(path)
    if content is None:
        return None
    credential = _opened(path, content)
    since = _check_time(credential, path, publishing.at)
    with _damage_told(path):
        return _Read(statuses=StatusList.from_credential(credential), since=since)


def _opened(path: str, content: bytes) -> Credential:
    with _damage_told(path):
        found = open_document(content).credential
        if found is None:
            raise MalformedValue("it is no credential")
        return found


def _check_time(credential: Credential, path: str, at: Instant) -> Instant:
    """From when a published file holds, which has come."""
    since = credential.validity.start
    if since is None or since > at:
        message = "a published file is from later than now"
        raise PublishedLater(message, path=_pointer(path))
    return since


@contextmanager
def _damage_told(path: str) -> Iterator[None]:
    try:
        yield
    except MedidError:
        message = "a published file is damaged"
        fix = "remove the file, and publish again"
        raise MalformedValue(message, path=_pointer(path), fix=fix) from None


def _stands(
    one: ListRecord,
    found: Mapping[str, Sequence[int]],
    before: Mapping[str, _Read | None],
    at: Instant,
) -> bool:
    """Whether what is published says what it must, for long enough."""
    for purpose, read in before.items():
        if read is None or read.since.plus(_HALF_LIFE) <= at:
            return False
        bits = read.statuses
        # Decoys are never dealt, so that the two never meet.
        count = len(found[purpose]) + one.decoys
        if int.from_bytes(bits.bits, "big").bit_count() != count:
            return False
        if not all(bits.status(index) for index in found[purpose]):
            return False
    return True


def _check_kept(before: _Read | None, shown: Iterable[int], one: ListRecord) -> None:
    """Return if every revocation that is published is in the register."""
    if before is None:
        return
    bits = before.statuses
    kept = sum(bits.status(index) for index in set(shown))
    if kept != int.from_bytes(bits.bits, "big").bit_count():
        message = "a revocation that is published is not in the register"
        raise RegisterAltered(message, path=_pointer(_path_of(one, REVOCATION)))


# The head.


def _checked_head(session: Session, publishing: Publishing, known: _Known) -> SiteFile:
    """The head to publish, after the published one was found in the register."""
    content, series = publishing.published(HEAD), heads.of_register(session.board)
    session.seal()
    sequence, found = session.head()
    head = Head(sequence=sequence, hash=found)
    if content is not None:
        _check_time(_opened(HEAD, content), HEAD, publishing.at)
        kept = heads.read(content, series, publishing.verifier, at=publishing.at)
        heads.check(kept, head)
        if _hash_at(session, kept.sequence) != kept.hash:
            message = "the register was another one when its head was published"
            raise RegisterAltered(message, path="$.head")
        if kept == head and known(HEAD) is not None:
            return SiteFile(path=HEAD, content=content)
    signed = heads.sign(series, head, publishing.issuing, at=publishing.at)
    return SiteFile(path=HEAD, content=as_bytes(signed))


def _hash_at(session: Session, sequence: int) -> str:
    if sequence == 0:
        return first_link(session.board.did)
    return next(session.sealed(after=sequence - 1)).hash


# The change feed.


def _feed(
    board: BoardRecord,
    publishing: Publishing,
    listed: Sequence[SiteFile],
    *,
    same_key: bool,
) -> Iterator[SiteFile]:
    """What has to be written of the feed, the head last: it says what counts."""
    if publishing.feed_seconds is None:
        return
    feeding = Feeding(
        board.did, board.site, verifier=publishing.verifier, at=publishing.at
    )
    signed = publishing.published(feed.HEAD)
    if signed is not None:
        _check_time(_opened(feed.HEAD, signed), feed.HEAD, publishing.at)
        feeding.read(signed, publishing.published)
    yield from _files(dict(feeding.add({one.path: one.content for one in listed})))
    if not same_key or feeding.is_due(publishing.feed_seconds):
        signed = feeding.sign(publishing.issuing)
        yield SiteFile(path=feed.HEAD, content=signed)


# What never changes by itself.


def _documents() -> Iterator[SiteFile]:
    store = contexts()
    names = {
        "contexts/credentials-v2.jsonld": CONTEXT_V2,
        "contexts/medid-health-v1.jsonld": LICENSE_CREDENTIAL.context,
    }
    yield from _files({path: store.content(url) for path, url in names.items()})
    path = f"schemas/{LICENSE_CREDENTIAL.name}.json"
    yield SiteFile(path=path, content=_text(schema(LICENSE_CREDENTIAL)))


def _trust(board: BoardRecord, professions: Sequence[str]) -> Iterator[SiteFile]:
    if not professions:
        return
    entry: JsonObject = {
        "did": board.did,
        "name": board.name,
        "jurisdictions": [board.jurisdiction],
        "professions": list(professions),
    }
    stated: JsonObject = {"acceptedBoards": [entry]}
    TrustRegistry.from_json(stated)  # what verifiers would refuse is not published
    yield SiteFile(path=TRUST, content=_text(stated))


def _index(
    board: BoardRecord, publishing: Publishing, made: Sequence[SiteFile]
) -> SiteFile:
    digests: dict[str, JsonValue] = {one.path: _digest(one.content) for one in made}
    stated: JsonObject = {
        **_signing(board, publishing),
        "changed": str(publishing.at),
        "files": digests,
    }
    return SiteFile(path=INDEX, content=_text(stated))


def _signing(board: BoardRecord, publishing: Publishing) -> JsonObject:
    return {
        "board": board.did,
        "site": board.site,
        "verificationMethod": publishing.issuing.controller.verification_method,
        "securing": publishing.issuing.securing,
    }


def _path_of(one: ListRecord, form: str) -> str:
    return f"status/{one.number}/{form}"


def _files(contents: Mapping[str, bytes]) -> Iterator[SiteFile]:
    for path, content in contents.items():
        yield SiteFile(path=path, content=content)


def _object(content: bytes) -> JsonObject:
    try:
        found = strict_json.loads(content)
    except MedidError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(stated: JsonObject) -> bytes:
    return strict_json.dumps(stated).encode() + b"\n"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _pointer(path: str) -> str:
    return f"$.site['{path}']"
