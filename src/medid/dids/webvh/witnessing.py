"""The approvals of witnesses, which are published beside the log.

A witness approves a version and with it all that came before. A proof counts for the
witness whose key made it, for exactly the version that it names, if this log has it.

Spec: https://identity.foundation/didwebvh/v1.0/#verifying-witness-proofs-during-resolution
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core import fields, jcs, json
from medid.core.json import DOCUMENT
from medid.dids.webvh import proofs
from medid.dids.webvh.entries import refused
from medid.errors import InvalidDidLog, MedidError, TooLarge, child
from medid.securing.data_integrity.proof import read_proofs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.dids.webvh.history import History
    from medid.securing.data_integrity.proof import Proof

MAX_WITNESS_BYTES: Final = DOCUMENT.max_bytes  # 1 MiB, of which 1,000 proofs take half

NO_PROOFS: Final = b"[]"

_KEPT: Final = 16  # files of at most MAX_WITNESS_BYTES, of which the text is kept too

# The highest version number that each witness approved; or why the file is none.
_Approvals: TypeAlias = "Mapping[str, int] | InvalidDidLog | TooLarge"


@dataclass(frozen=True, slots=True)
class _Question:
    """A file of proofs about a history, which its newest version stands for.

    A ``versionId`` holds the hash of its entry and with it of all entries before.
    """

    content: bytes
    newest: str
    history: History = field(compare=False)


def witnessed(history: History, content: bytes) -> History:
    """What of ``history`` its witnesses approved.

    Args:
        history: Of the log beside which ``content`` was published.
        content: The file of witness proofs.

    Raises:
        InvalidDidLog: The file is not of its form.
        TooLarge: It is larger, or has more members, than is read.
    """
    if not history.versions:
        return history
    newest = history.versions[-1].version_id
    approved = _approved(_Question(content, newest, history))
    if isinstance(approved, MedidError):
        raise type(approved)(approved.message, path=approved.path)
    for index, version in enumerate(history.versions):
        asked = version.witnesses
        if asked is None:
            continue
        # Each witness once, whatever it approved how often.
        count = sum(approved.get(key, 0) >= version.number for key in asked.keys)
        if count < asked.threshold:
            message = "fewer witnesses approved the version than its threshold"
            failure = InvalidDidLog(message, path=child("$", index))
            return history.until(index, failure)
    return history


@lru_cache(maxsize=_KEPT)
def _approved(question: _Question) -> _Approvals:
    """The highest version number that each witness of a history approved.

    One document may name the same DID in many proofs, and whoever publishes the file
    says how much there is to verify; so it is verified once, and also found wrong once.
    """
    try:
        return MappingProxyType(_counted(question.history, question.content))
    except (InvalidDidLog, TooLarge) as error:
        return type(error)(error.message, path=error.path)


def _counted(history: History, content: bytes) -> dict[str, int]:
    asked = [version.witnesses for version in history.versions]
    listed = {key for one in asked if one is not None for key in one.keys}
    versions = {version.version_id: version for version in history.versions}
    approved: dict[str, int] = {}
    for record, proof in _proofs(content):
        # A version that is not, or not yet, in this log proves nothing about it.
        version = versions.get(str(record["versionId"]))
        key = _signer(proof)
        if version is None or key not in listed:
            continue
        if version.number <= approved.get(key, 0):
            continue
        if _is_made_by(key, record, proof, at=version.time):
            approved[key] = version.number
    return approved


def _signer(proof: Proof) -> str:
    """The witness that ``proof`` names; of a proof that does not count, none."""
    try:
        return proofs.signer(proof)
    except MedidError:
        return ""


def _is_made_by(key: str, record: JsonObject, proof: Proof, *, at: Instant) -> bool:
    """Whether the proof counts; one that does not leaves the others as they are."""
    signed: JsonObject = {"versionId": record["versionId"], "proof": proof.options}
    canonical = jcs.canonicalize({"versionId": record["versionId"]})
    try:
        proofs.check_period(proof, at)
        proofs.verify(signed, canonical, proof, key)
    except MedidError:
        return False
    return True


def _proofs(content: bytes) -> Iterator[tuple[JsonObject, Proof]]:
    """Each proof of the file that can be read, with the record that it stands in."""
    try:
        records = json.loads(content)
        if not isinstance(records, list):
            raise InvalidDidLog("the witness proofs are an array")
        for index, record in enumerate(records):
            path = child("$", index)
            yield from _of_record(fields.as_object(record, path), path)
    except MedidError as error:
        raise refused(error, "$") from None


def _of_record(record: JsonObject, path: str) -> Iterator[tuple[JsonObject, Proof]]:
    fields.no_others(record, {"versionId", "proof"}, path)
    fields.required_str(record, "versionId", path)
    # Whoever removed the last proof of a version may have left its record.
    found: list[JsonValue] = fields.optional(record, "proof", list, path) or []
    for index, item in enumerate(found):
        one = fields.as_object(item, child(f"{path}.proof", index))
        # One at a time: a version may have more witnesses than a document has proofs,
        # and one that cannot be read leaves the others as they are.
        try:
            (proof,) = read_proofs({"proof": one})
        except MedidError:
            continue
        yield record, proof
