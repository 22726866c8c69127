"""did:webvh 1.0: a place on the web, and a log of versions that proves itself.

Who controls the web server can withhold versions, and cannot change or add any. The log
tells what held at any time since its first version, whenever it was fetched.

Spec: https://identity.foundation/didwebvh/v1.0/#read-resolve
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from medid.core import fields, json
from medid.core.evidence import Need
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.core.records import replace
from medid.dids.document import LIMITS, DidDocument
from medid.dids.resolution import Resolution
from medid.dids.syntax import Did
from medid.dids.webvh import location, seen, witnessing
from medid.dids.webvh.histories import Histories
from medid.dids.webvh.history import MAX_LOG_BYTES
from medid.errors import DidNotFound, InvalidDidLog, MedidError, child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.evidence import Evidence
    from medid.core.json import JsonObject, JsonValue
    from medid.dids.resolution import ResolutionOptions
    from medid.dids.webvh.history import History, Version
    from medid.dids.webvh.location import Place
    from medid.dids.webvh.seen import SeenVersions

NAME: Final = location.NAME
ACCEPT_LOG: Final = "text/jsonl, application/jsonl;q=0.9, */*;q=0.1"
ACCEPT_WITNESS: Final = "application/json"
PROOFS_ANEW: Final = "witness-proofs"

_KEPT: Final = 64  # documents of at most MAX_BYTES
# What was verified once need not be verified again: no answer depends on it.
_HISTORIES: Final = Histories()


def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
    """The log, and the proofs of witnesses once the log says that there are some.

    Proofs that are older than the log, and do not approve it, are asked for anew.

    Raises:
        InvalidDid: Not a did:webvh.
    """
    place = location.locate(did)
    log = _need(place.log_url, ACCEPT_LOG, MAX_LOG_BYTES)
    answer = evidence.answers.get(place.log_url)
    if not isinstance(answer, Fetched):
        return (log,)
    try:
        found = _HISTORIES.read(place.scid, answer.content)
    except MedidError:
        return (log,)  # resolving says what is wrong with it
    if not _has_witnesses(found):
        return (log,)
    proofs = _need(place.witness_url, ACCEPT_WITNESS, witnessing.MAX_WITNESS_BYTES)
    if _are_behind(evidence.answers.get(proofs.url), found, answer):
        proofs = replace(proofs, kind=PROOFS_ANEW)
    return (log, proofs)


def _are_behind(
    proofs: Fetched | MedidError | None, found: History, log: Fetched
) -> bool:
    """Whether ``proofs`` came before ``log``, and may only for that not approve it.

    They are published before the log, and a cache may hold them for longer.
    """
    if not isinstance(proofs, Fetched) or proofs.fetched_at >= log.fetched_at:
        return False
    try:
        approved = witnessing.witnessed(found.known_at(log.fetched_at), proofs.content)
    except MedidError:
        return True
    return approved.failure is not None


def _need(url: str, accept: str, max_bytes: int) -> Need:
    return Need(
        kind="did-document",
        url=url,
        accept=accept,
        max_bytes=max_bytes,
        tells_past=True,
    )


def _has_witnesses(found: History) -> bool:
    return any(version.witnesses is not None for version in found.versions)


def history(did: Did, evidence: Evidence) -> History:
    """What the log of ``did`` in ``evidence`` proves, its witnesses heard.

    Raises:
        InvalidDid: Not a did:webvh.
        InvalidDidLog: The log is of another DID, or the file of witness proofs is not
            of its form.
        DidNotFound: The host answered that there is no such log.
        EvidenceUnavailable: It was neither supplied nor fetched.
        FetchBlocked: The fetcher refused the address.
        FetchFailed: The host did not answer as https requires.
        TooLarge: The log, or the file of witness proofs, is larger than is read.
    """
    place = location.locate(did)
    log = evidence.get(place.log_url)
    found = _HISTORIES.read(place.scid, log.content).known_at(log.fetched_at)
    if _has_witnesses(found):
        found = witnessing.witnessed(found, _witness_proofs(place, evidence))
    _check_did(did, place.scid, found)
    return found


def check_seen(did: Did, evidence: Evidence, versions: SeenVersions) -> None:
    """Return if the log of ``did`` continues what ``versions`` saw of it, and note it.

    Only what is verified, witnesses included, is noted.

    Raises:
        DidLogAltered: The log is shorter than it was, or was rewritten.
        EvidenceUnavailable: ``versions`` cannot be used.
        MedidError: As ``history`` says.
    """
    found = history(did, evidence)
    scid = location.locate(did).scid
    seen.check(found, versions.newest(scid))
    versions.note(scid, seen.newest_of(found))


def check_continues(did: Did, evidence: Evidence, versions: SeenVersions) -> None:
    """Return if the log of ``did`` continues what was seen, whoever witnessed it.

    Nothing is noted: what is not witnessed yet may not come to count.

    Raises:
        DidLogAltered: The log is shorter than it was, or was rewritten.
        EvidenceUnavailable: The log is not at hand, or ``versions`` cannot be used.
        MedidError: The log is of another DID, or an entry does not count.
    """
    place = location.locate(did)
    log = evidence.get(place.log_url)
    found = _HISTORIES.read(place.scid, log.content).known_at(log.fetched_at)
    seen.check(found, versions.newest(place.scid))


def earlier(did: Did, log: Fetched) -> Did | None:
    """The last name of ``did`` under which ``log`` is published where it came from.

    ``None`` where a version that went by such a name is not verified.

    Raises:
        InvalidDid: Not a did:webvh.
        TooLarge: The log is larger than is read.
    """
    found = _HISTORIES.read(location.locate(did).scid, log.content)
    names = dict.fromkeys(version.did for version in reversed(found.versions))
    for name in map(Did.parse, names):
        if location.locate(name).log_url == log.url:
            return name
    return None


def _witness_proofs(place: Place, evidence: Evidence) -> bytes:
    try:
        return evidence.get(place.witness_url).content
    except DidNotFound:
        return witnessing.NO_PROOFS


def _check_did(did: Did, scid: str, found: History) -> None:
    """Return if the verified versions are of ``did``, if there are any."""
    if not found.versions:
        return
    if found.versions[0].parameters.scid != scid:
        raise InvalidDidLog("the log is of another SCID than the DID")
    if str(did) not in {version.did for version in found.versions}:
        raise InvalidDidLog("no version of the log describes the DID")


def resolve(did: Did, evidence: Evidence, options: ResolutionOptions) -> Resolution:
    """The version of ``did`` that is asked for, from the log that ``evidence`` holds.

    A version that is asked for by name is an answer also where an entry behind it does
    not count; what held at a time, and what holds now, nobody can tell then. Nor does a
    version hold at a time at which its proofs had expired.

    Raises:
        DidNotFound: There is no such version, or the DID was not there at that time.
        InvalidDidDocument: The version's document is not of its form.
        MedidError: As ``history`` says, or why an entry does not count.
    """
    found = history(did, evidence)
    version = _asked(found, options)
    log = evidence.get(location.locate(did).log_url)
    if not _is_named(options):
        _check_holds(version, options.version_time or log.fetched_at)
    return Resolution(
        document=_document(log.content[version.start : version.end], version.did),
        metadata=_metadata(found, version),
    )


def _is_named(options: ResolutionOptions) -> bool:
    return options.version_id is not None or options.version_number is not None


def _check_holds(version: Version, at: Instant) -> None:
    """Return if the proofs of the version that is in force ``at`` hold then.

    Raises:
        InvalidDidLog: One has expired: its controller wants it believed no longer.
    """
    if version.expires is not None and version.expires <= at:
        path = child(child("$", version.number - 1), "proof")
        fix = "ask the controller of the DID to publish a version with a new proof"
        raise InvalidDidLog("the proof has expired", path=path, fix=fix)


def _asked(found: History, options: ResolutionOptions) -> Version:
    named = _is_named(options)
    if not named or options.version_time is not None:
        found.whole()
    versions = found.versions
    if options.version_time is not None:
        count = bisect_right(versions, options.version_time, key=attrgetter("time"))
        versions = versions[:count]
    candidates = versions if named else versions[-1:]
    for version in candidates:
        if options.version_id not in {None, version.version_id}:
            continue
        if options.version_number not in {None, version.number}:
            continue
        if options.version_time is None or version is versions[-1]:
            return version
    found.whole()
    raise DidNotFound("the DID has no such version", fix="ask for another one")


@lru_cache(maxsize=_KEPT)
def _document(line: bytes, did: str) -> DidDocument:
    state = fields.required(json.load_object(line, limits=LIMITS), "state", dict, "$")
    # Logs that others publish have methods without a controller.
    return DidDocument.made(state, expected=Did.parse(did), may_lack_controller=True)


def _metadata(found: History, version: Version) -> Mapping[str, JsonValue]:
    """What is known of the DID and of this version of it."""
    last = found.versions[-1]
    now = last.parameters
    result: JsonObject = {
        "versionId": version.version_id,
        "versionTime": version.time_text,
        "created": _datetime(found.versions[0].time),
        "updated": _datetime(last.time),
        "scid": now.scid,
        "portable": now.portable,
        "deactivated": now.deactivated,
        "ttl": str(now.ttl),
    }
    if now.witness is not None:
        # Metadata has no integers (DID Resolution, section 4.3).
        threshold = str(now.witness.threshold)
        result["witness"] = {**now.witness.stated, "threshold": threshold}
    if now.watchers:
        result["watchers"] = [*now.watchers]
    if version is not last:
        following = found.versions[version.number]
        result["nextVersionId"] = following.version_id
        result["nextUpdate"] = _datetime(following.time)
    names = dict.fromkeys(one.did for one in found.versions)
    if len(names) > 1:
        result["canonicalId"] = last.did
        result["equivalentId"] = [name for name in names if name != version.did]
    return result


def _datetime(time: Instant) -> str:
    """``time`` as metadata write it, however a log spells it: in UTC, whole seconds.

    Spec: https://www.w3.org/TR/did-resolution/#datetime
    """
    return str(Instant.from_seconds(time.nanoseconds // 1_000_000_000))
