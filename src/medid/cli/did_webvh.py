"""did:webvh on the command line: a log, the approvals of its witnesses, and a did.json.

A version whose witnesses have yet to approve it lies beside the log as a draft, which
nobody takes for published. The log gets the version when enough of them have.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import files, publishing
from medid.cli.access import NO_ACCESS, Access
from medid.cli.did_given import Made, json_file, public_key, public_keys
from medid.cli.output import printable
from medid.core.instant import system_clock
from medid.dids import drafting
from medid.dids.methods import key as did_key
from medid.dids.syntax import Did
from medid.dids.webvh import approving, hashing, history, parallel, writing
from medid.dids.webvh.history import MAX_LOG_BYTES
from medid.dids.webvh.location import locate
from medid.dids.webvh.writing import Published
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.keys import PublicKey, Signer

UpdateKey = Annotated[
    str | None,
    typer.Option(help="did:webvh: the key that signs this version."),
]
NextKey = Annotated[
    list[str],
    typer.Option(
        help="did:webvh: a key that may sign the next version, as file or as its hash; "
        "repeatable."
    ),
]
Witness = Annotated[
    list[str], typer.Option(help="did:webvh: did:key of a witness; repeatable.")
]
Threshold = Annotated[
    int | None, typer.Option(help="did:webvh: how many witnesses have to approve.")
]
Watcher = Annotated[
    list[str], typer.Option(help="did:webvh: URL of a watcher; repeatable.")
]
Ttl = Annotated[
    int | None, typer.Option(help="did:webvh: seconds for which it may be cached.")
]
Portable = Annotated[
    bool,
    typer.Option("--portable", help="did:webvh: it may move to another host later."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of a version, as they were typed."""

    update_key: str | None = None
    to: Sequence[str] = ()
    next_keys: Sequence[str] = ()
    no_next_keys: bool = False
    witnesses: Sequence[str] = ()
    threshold: int | None = None
    no_witnesses: bool = False
    watchers: Sequence[str] = ()
    ttl: int | None = None
    portable: bool | None = None
    web: bool = False
    now: str | None = None
    access: Access = NO_ACCESS

    def given(self) -> dict[str, object]:
        """The options that only did:webvh has a use for, by name."""
        return {
            "--update-key": self.update_key,
            "--to": self.to,
            "--next-key": self.next_keys,
            "--no-next-key": self.no_next_keys,
            "--witness": self.witnesses,
            "--threshold": self.threshold,
            "--no-witness": self.no_witnesses,
            "--watcher": self.watchers,
            "--ttl": self.ttl,
            "--portable": self.portable is True,
            "--not-portable": self.portable is False,
            "--web": self.web,
            "--now": self.now,
        }

    def changes(self) -> writing.Changes:
        """What they say of the parameters.

        Raises:
            ConfigurationError: A witness without a threshold, or two that exclude each
                other.
        """
        if self.next_keys and self.no_next_keys:
            message = "there are next keys, or there are none"
            raise ConfigurationError(message, path="--no-next-key")
        return writing.Changes(
            update_keys=self._keys(self.to),
            next_key_hashes=self._next(),
            witness=self._witness(),
            watchers=tuple(self.watchers) or None,
            ttl=self.ttl,
            portable=self.portable,
        )

    def signer(self) -> Signer:
        """Who signs the version.

        Raises:
            ConfigurationError: No key was named.
        """
        if self.update_key is None:
            message = "a key that may change the DID signs every version"
            raise ConfigurationError(message, path="--update-key")
        return self.access.signer(self.update_key)

    def _keys(self, names: Sequence[str]) -> tuple[PublicKey, ...] | None:
        return tuple(public_keys(names, self.access)) or None

    def _next(self) -> tuple[str, ...] | None:
        if self.no_next_keys:
            return ()
        return tuple(map(self._hash, self.next_keys)) or None

    def _hash(self, name: str) -> str:
        if hashing.is_hash(name):
            return name
        return hashing.key_hash(public_key(name, self.access).to_multikey())

    def _witness(self) -> writing.WitnessList | None:
        if self.no_witnesses:
            return writing.NO_WITNESSES
        if not self.witnesses:
            if self.threshold is not None:
                message = "a threshold is a number of witnesses"
                raise ConfigurationError(message, path="--threshold")
            return None
        if self.threshold is None:
            message = "how many of the witnesses have to approve?"
            raise ConfigurationError(message, path="--threshold")
        keys = tuple(map(_witness_key, self.witnesses))
        return writing.WitnessList(threshold=self.threshold, keys=keys)

    def refuse_for(self, method: str) -> None:
        """Return if nothing was said that only did:webvh has a use for.

        Raises:
            ConfigurationError: Something was.
        """
        for name, value in self.given().items():
            if value:
                message = f"did:{method} has no use for this option"
                raise ConfigurationError(message, path=name)


def _witness_key(name: str) -> PublicKey:
    """The key of a witness, whose name is its did:key."""
    with files.argument("--witness"):
        did = Did.parse(name)
        (method,) = did_key.expand(did).ids_for("assertionMethod")
        return did_key.expand(did).method_for(method, "assertionMethod").key


def create(
    place: Sequence[str],
    keys: Sequence[PublicKey],
    settings: Settings,
    *,
    document: JsonObject | None,
) -> Made:
    """The did:webvh of a place, and its log with a first version.

    Raises:
        ConfigurationError: The options do not make a version that medid would read.
    """
    where = ":".join(place)
    did = writing.template(where)
    draft = drafting.bare(did) if document is None else document
    used = drafting.highest_number([draft])
    draft = drafting.with_keys(draft, did, keys, used=used)
    if settings.web:
        draft = drafting.with_alias(draft, f"did:web:{where}")
    made = writing.create(
        where,
        draft,
        settings.changes(),
        signer=settings.signer(),
        at=_instant(settings.now),
    )
    return made_of(made, None)


def change(
    name: str,
    settings: Settings,
    keys: Sequence[PublicKey],
    *,
    document: JsonObject | None,
    only: bool,
) -> Made:
    """The log in the file ``name`` with one more version.

    Args:
        name: A ``did.jsonl``.
        settings: What changes.
        keys: What the document is to list.
        document: Takes the place of the present one before that.
        only: Whether keys that it lists and that are not named are taken out, if any
            are named.

    Raises:
        ConfigurationError: The options do not make a version that medid would read.
        MedidError: The log is not one that medid accepts.
    """
    published = _unchanged(name)
    state = writing.latest(published) if document is None else document
    used = drafting.highest_number([*writing.states(published.log), state])
    if keys:
        how = drafting.with_keys_only if only else drafting.with_keys
        state = how(state, str(state.get("id")), keys, used=used)
    made = writing.update(
        published,
        settings.changes(),
        document=state,
        signer=settings.signer(),
        at=_later(published, settings.now),
    )
    return made_of(made, published)


def deactivate(name: str, settings: Settings) -> Made:
    """The log in the file ``name`` with a last version.

    Raises:
        MedidError: As ``change`` says.
    """
    published = _unchanged(name)
    at = _later(published, settings.now)
    made = writing.deactivate(published, signer=settings.signer(), at=at)
    return made_of(made, published)


def move(name: str, settings: Settings, place: Sequence[str]) -> Made:
    """The log in the file ``name`` with a version that is published elsewhere.

    Raises:
        MedidError: As ``change`` says.
    """
    published = _unchanged(name)
    made = writing.update(
        published,
        settings.changes(),
        document=writing.moved(published, ":".join(place)),
        signer=settings.signer(),
        at=_later(published, settings.now),
    )
    return made_of(made, published)


def approved(name: str, approvals: Sequence[JsonObject]) -> Made:
    """The draft in the file ``name`` with ``approvals``; complete if they are enough.

    Raises:
        MedidError: An approval is not one of this version, or the log is not one that
            medid accepts.
    """
    draft = read_draft(name)
    publishing.refuse_other_name(name, publishing.DRAFT)
    seen = _content(Path(name).with_name(publishing.LOG)) or b""
    approving.checked(draft, seen=seen, at=system_clock())
    draft = approving.with_approvals(draft, approvals, seen=seen)
    missing = approving.missing(draft)
    if not missing:
        writing.verified(draft)
    return _made(draft, missing)


def made_of(made: writing.Draft, before: Published | None) -> Made:
    """What has to be written for a new version."""
    kept = None if before is None else before.witnesses
    files_now = Published(did=made.did, log=made.log, witnesses=kept)
    return _made(files_now, approving.missing(files_now))


def _made(draft: Published, missing: int) -> Made:
    state = writing.latest(draft)
    written: list[tuple[str, bytes]] = []
    gone: list[str] = []
    if draft.witnesses is not None:
        written.append((publishing.WITNESSES, draft.witnesses))
    if missing:
        written.append((publishing.DRAFT, draft.log))
    elif parallel.is_parallel(draft.did, state):
        if history.read(draft.log).whole()[-1].parameters.deactivated:
            # A did:web says that it was given up by not being there.
            gone.append(publishing.DOCUMENT)
        else:
            document = parallel.document(draft.did, state)
            written.append((publishing.DOCUMENT, json_file(document)))
    if not missing:
        # The log comes last: it is what all the others are for.
        written.append((publishing.LOG, draft.log))
    return Made(
        did=str(draft.did),
        document=state,
        url=locate(draft.did).log_url,
        files=written,
        gone=gone,
        facts={"versionId": writing.last(draft.log).version_id, "missing": missing},
        complete=not missing,
    )


def read(name: str) -> Published:
    """The log in a file, and the approvals in the ``did-witness.json`` beside it.

    Raises:
        ConfigurationError: It cannot be read, or does not end with a DID.
    """
    log = files.read(name, limit=MAX_LOG_BYTES + 1)
    with files.argument(name):
        did = writing.did_of(log)
    beside = Path(name).with_name(publishing.WITNESSES)
    return Published(did=did, log=log, witnesses=_content(beside))


def read_draft(name: str) -> Published:
    """As ``read``, of a log whose last version waits.

    Raises:
        ConfigurationError: As ``read`` says, or it is the log itself that was named.
    """
    if Path(name).name == publishing.LOG:
        message = "this is the log that is published, and no draft"
        raise ConfigurationError(message, fix=f"name the {publishing.DRAFT}")
    return read(name)


def _content(path: Path) -> bytes | None:
    if not files.exists(path):
        return None
    return files.read(str(path), limit=MAX_LOG_BYTES + 1)


def _unchanged(name: str) -> Published:
    """The log in the file ``name``, beside which no version waits for its witnesses."""
    publishing.refuse_other_name(name, publishing.LOG)
    published = read(name)
    draft = Path(name).with_name(publishing.DRAFT)
    waiting = _content(draft)
    if waiting is not None and waiting != published.log:
        message = f"a version waits for its witnesses in {printable(str(draft))}"
        raise ConfigurationError(message, fix="publish it, or remove the file")
    publishing.remove(draft)  # of a command that ended before it did
    return published


def _instant(now: str | None) -> Instant:
    """When a version begins: an instant that is not yet to come."""
    at = files.instant(now)
    if at > system_clock():
        message = "a version does not begin in the future"
        raise ConfigurationError(message, path="--now")
    return at


def _later(published: Published, now: str | None) -> Instant:
    """When the new version begins: now, but in a second of its own."""
    if now is not None:
        return _instant(now)
    begun = writing.last(published.log).version_time
    ahead = begun.plus(1).since(system_clock())
    if 0 < ahead <= 1:
        time.sleep(ahead)
    return system_clock()
