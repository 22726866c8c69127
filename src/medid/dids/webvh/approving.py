"""The approvals of witnesses: given one by one, and collected for publication.

A witness approves a version by its ``versionId``, and with it all that came before; so
it keeps the log that it saw last, and approves only what continues it. The controller
collects the approvals in ``did-witness.json``, which is published before the log.

Spec: https://identity.foundation/didwebvh/v1.0/#witnessing-a-did-version-update
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core import fields, jcs
from medid.core import json as strict_json
from medid.core.records import replace
from medid.dids.document import DidDocument
from medid.dids.webvh import history, proofs, signing, witnessing
from medid.dids.webvh.writing import latest
from medid.errors import (
    ConfigurationError,
    DidLogAltered,
    MalformedValue,
    child,
    located,
)
from medid.securing.data_integrity.proof import read_proofs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.dids.webvh.history import Version
    from medid.dids.webvh.writing import Published
    from medid.keys import Signer

_VERSION_ID: Final = "versionId"
_PROOF: Final = "proof"


def approve(
    draft: Published, signer: Signer, *, seen: bytes, at: Instant
) -> JsonObject:
    """The approval of the last version of ``draft`` by a witness.

    Args:
        draft: As the controller sent it. Whether the version should be approved, the
            witness has decided.
        signer: Holds the key of the witness.
        seen: The log as the witness saw it last; empty where it saw none.
        at: When the approval counts as given.

    Returns:
        An element of ``did-witness.json``.

    Raises:
        DidLogAltered: The draft does not continue the log that was seen.
        MedidError: It does not prove itself, or is of a time to come.
        ConfigurationError: The key is not of one of its witnesses.
        SignerError: The key store refused, or could not be reached.
    """
    # 1. It continues what this witness saw.
    # 2. It verifies as every reader will verify it, but for the approvals.
    last = checked(draft, seen=seen, at=at)
    # 3. This witness is asked.
    asked = last.witnesses
    key = signer.public_key
    if asked is None or key.to_multikey() not in asked.keys:
        message = "the key is not of a witness of this version"
        raise ConfigurationError(message, fix="ask its controller who witnesses it")
    # 4. The approval.
    document: JsonObject = {_VERSION_ID: last.version_id}
    return {**document, _PROOF: [signing.proof(document, signer, at=at)]}


def checked(draft: Published, *, seen: bytes, at: Instant) -> Version:
    """The last version of ``draft``, which continues ``seen`` and proves itself.

    Raises:
        DidLogAltered: It does not continue the log that was seen.
        MedidError: It does not prove itself, or is of a time to come.
    """
    lines = seen.rstrip(b"\n").split(b"\n") if seen else []
    if draft.log.split(b"\n")[: len(lines)] != lines:
        raise DidLogAltered("the draft does not continue the log that was seen")
    found = history.read(draft.log).known_at(at).whole()
    DidDocument.parse(latest(draft), expected=draft.did)
    return found[-1]


def with_approvals(
    draft: Published, approvals: Sequence[JsonObject], *, seen: bytes
) -> Published:
    """``draft`` with ``approvals`` in its ``did-witness.json``, and none without a use.

    Of what is published, the last approval of each witness is kept, because it stands
    for all before it; of what is not, every one.

    Args:
        draft: A log whose last version waits.
        approvals: Of that version, as ``approve`` gives them.
        seen: The log as it is published; empty where none is.

    Raises:
        MedidError: An approval is of another version, of nobody who was asked, or not
            made by the witness that it names; or the files are not of their form.
    """
    found = history.read(draft.log).whole()
    kept = _kept(draft, found, published=seen.rstrip(b"\n").count(b"\n") + bool(seen))
    for number, approval in enumerate(approvals):
        with located(child("$", number)):
            _add(kept, found[-1], approval)
    records: list[JsonValue] = [
        {_VERSION_ID: name, _PROOF: [*made.values()]} for name, made in kept.items()
    ]
    content = f"{strict_json.dumps(records, indent=2)}\n".encode()
    return replace(draft, witnesses=content)


def missing(draft: Published) -> int:
    """How many more witnesses have to approve the last version of ``draft``.

    Raises:
        MedidError: The files are not of their form.
    """
    last = history.read(draft.log).whole()[-1]
    if last.witnesses is None:
        return 0
    given = _collected(draft).get(last.version_id, {})
    count = sum(key in given for key in last.witnesses.keys)
    return max(0, last.witnesses.threshold - count)


def _kept(
    draft: Published, found: Sequence[Version], *, published: int
) -> dict[str, dict[str, JsonObject]]:
    """What of the approvals that are there has a use, by version and witness."""
    collected = _collected(draft)
    kept: dict[str, dict[str, JsonObject]] = {}
    spoken: set[str] = set()  # for what is published
    for version in reversed(found):
        given = collected.get(version.version_id, {})
        if version.number <= published:
            given = {key: proof for key, proof in given.items() if key not in spoken}
            spoken |= given.keys()
        if given:
            kept[version.version_id] = given
    return dict(reversed(kept.items()))


def _collected(draft: Published) -> dict[str, dict[str, JsonObject]]:
    """The approvals in ``did-witness.json`` by version and witness, verified.

    Raises:
        MedidError: It is not of its form, or has one that nobody made.
    """
    records = strict_json.loads(draft.witnesses or witnessing.NO_PROOFS)
    if not isinstance(records, list):
        raise MalformedValue("the witness proofs are an array")
    collected: dict[str, dict[str, JsonObject]] = {}
    for index, item in enumerate(records):
        with located(child("$", index)):
            record = fields.as_object(item, "$")
            name = fields.required_str(record, _VERSION_ID, "$")
            collected.setdefault(name, {}).update(_proofs(record))
    return collected


def _add(
    kept: dict[str, dict[str, JsonObject]], last: Version, approval: JsonObject
) -> None:
    if fields.required_str(approval, _VERSION_ID, "$") != last.version_id:
        message = "the approval is of another version"
        raise ConfigurationError(message, path=child("$", _VERSION_ID))
    for key, proof in _proofs(approval).items():
        if last.witnesses is None or key not in last.witnesses.keys:
            message = "the approval is not of a witness of this version"
            raise ConfigurationError(message, path=child("$", _PROOF))
        kept.setdefault(last.version_id, {})[key] = proof


def _proofs(record: JsonObject) -> dict[str, JsonObject]:
    """The proofs of ``record`` by the Multikey of who made them, verified."""
    name = fields.required_str(record, _VERSION_ID, "$")
    document: JsonObject = {_VERSION_ID: name}
    found: dict[str, JsonObject] = {}
    for index, item in enumerate(fields.required(record, _PROOF, list, "$")):
        signed: JsonObject = {**document, _PROOF: item}
        with located(child(child("$", _PROOF), index)):
            (proof,) = read_proofs(signed)
            key = proofs.signer(proof)
            proofs.verify(signed, jcs.canonicalize(document), proof, key)
        found[key] = proof.options
    return found
