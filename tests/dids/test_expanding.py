"""Identifiers that hold everything are expanded once, and have no versions."""

from __future__ import annotations

import pytest

from medid.core.evidence import Evidence
from medid.dids.document import DidDocument
from medid.dids.expanding import Expanding
from medid.dids.methods import jwk, pkh
from medid.dids.resolution import LATEST, ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import DidNotFound, InvalidDid
from tests.dids.builders import ED25519

NOTHING = Evidence()
DID = Did.parse("did:example:1")


class Counting:
    """A way to expand, and how often it was gone."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, did: Did) -> DidDocument:
        self.asked.append(did.id)
        if did.id == "none":
            raise InvalidDid("there is nothing in it")
        return DidDocument.made({"id": str(did)}, expected=did)


def test_an_identifier_is_expanded_once() -> None:
    expand = Counting()
    method = Expanding(expand)
    assert not method.needs(DID, NOTHING)
    assert expand.asked == []
    first = method.resolve(DID, NOTHING, LATEST)
    assert first.document.id == DID
    assert not first.metadata
    assert method.resolve(DID, NOTHING, LATEST) is first
    assert method.expanded(DID) is first
    assert expand.asked == ["1"]


def test_what_holds_nothing_is_refused_each_time() -> None:
    expand = Counting()
    method = Expanding(expand)
    for _ in range(2):
        with pytest.raises(InvalidDid):
            method.resolve(Did.parse("did:example:none"), NOTHING, LATEST)
    assert expand.asked == ["none", "none"]


@pytest.mark.parametrize(
    "options",
    [
        ResolutionOptions(version_id="1"),
        ResolutionOptions(version_id=""),
        ResolutionOptions(version_number=1),
    ],
)
def test_there_is_no_version_to_ask_for(options: ResolutionOptions) -> None:
    method = Expanding(Counting())
    method.resolve(DID, NOTHING, LATEST)
    with pytest.raises(DidNotFound):
        method.resolve(DID, NOTHING, options)


def test_methods_keep_their_documents_apart() -> None:
    account = pkh.create("eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a")
    for did, method in ((jwk.create(ED25519), jwk), (account, pkh)):
        found = method.resolve(did, NOTHING, LATEST)
        assert found.document.id == did
        assert method.resolve(did, NOTHING, LATEST) is found
