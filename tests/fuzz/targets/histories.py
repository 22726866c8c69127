"""Histories of did:ethr, as a node or whoever hands evidence in tells them."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.dids.document import RELATIONSHIPS
from medid.dids.ethr.events import ATTRIBUTE_CHANGED
from medid.dids.ethr.identifier import parse
from medid.dids.methods import ethr
from medid.dids.resolution import LATEST, ResolutionOptions
from medid.errors import MedidError
from tests.attacks.tokens import compact
from tests.dids.builders import ED25519, RSA
from tests.dids.ethr.builders import DID, OTHER, Told, time_of, word
from tests.fuzz.forms import json_text
from tests.fuzz.target import CANARY, Target, check_error

if TYPE_CHECKING:
    from tests.fuzz.trees import Chance

_SEEN: Final = Instant.from_seconds(time_of(50))
_OPTIONS: Final = (
    LATEST,
    ResolutionOptions(version_time=Instant.from_seconds(time_of(3))),
    ResolutionOptions(version_id="2"),
)
_UNREADABLE: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError)


def _history(data: bytes) -> None:
    url = parse(DID).url
    found = Fetched.of(url, data, fetched_at=_SEEN)
    evidence = Evidence().with_answers([(url, found)])
    for options in _OPTIONS:
        resolution = ethr.resolve(DID, evidence, options)
        document = resolution.document
        assert document.id == DID
        assert resolution.deactivated == (not document.raw["verificationMethod"])
        for relationship in RELATIONSHIPS:
            for name in document.ids_for(relationship):
                _used(document, name, relationship)


def _used(document: Any, name: str, relationship: str) -> None:
    assert name.startswith(f"{DID}#")
    try:
        document.method_for(name, relationship, at=_SEEN)
    except MedidError as error:
        check_error(error)


def _seeds() -> list[bytes]:
    hub = b'{"uri": "https://board.example/", "note": "' + CANARY.encode() + b'"}'
    life = (
        Told()
        .delegate()
        .attribute("did/pub/Ed25519/veriKey", ED25519.raw)
        .attribute("did/pub/RSA/sigAuth/pem", RSA.to_pem().encode())
        .attribute("did/svc/Hub", hub)
        .delegate(kind="sigAuth", valid_to=time_of(9), block=4)
        .owner(OTHER)
        .delegate(valid_to=0)
    )
    given_up = Told().owner(bytes(20))
    made = (life, given_up, Told().owner(OTHER))
    return [compact(told.document(latest=40)) for told in made]


def _changed(data: bytes, chance: Chance) -> bytes:
    """Half of the time an attribute is stated otherwise, in a history that is whole."""
    if chance.once_in(2):
        return json_text(data, chance)
    with contextlib.suppress(*_UNREADABLE):
        return _stated_otherwise(json.loads(data), chance)
    return json_text(data, chance)


def _stated_otherwise(document: Any, chance: Chance) -> bytes:
    logs = [log for log in document["logs"] if log["topics"][0] == ATTRIBUTE_CHANGED]
    log = chance.random.choice(logs)
    raw = bytes.fromhex(log["data"][2:])
    name, value = raw[:32].rstrip(b"\0"), raw[160:]
    if chance.once_in(2):
        name = chance.octets(name)[:32]
    else:
        value = chance.octets(value)
    head = [name.ljust(32, b"\0"), *(raw[at : at + 32] for at in (32, 64, 96))]
    tail = word(len(value)) + value + bytes(-len(value) % 32)
    log["data"] = "0x" + (b"".join(head) + tail).hex()
    return compact(document)


TARGETS: Final = (
    Target(name="ethr-history", read=_history, seeds=_seeds, change=_changed),
)
