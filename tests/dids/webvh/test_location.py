"""Where the files of a did:webvh are, and what is no did:webvh."""

from __future__ import annotations

import pytest

from medid.dids.syntax import Did
from medid.dids.webvh import hashing
from medid.dids.webvh.location import locate
from medid.errors import InvalidDid

SCID = hashing.multihash(b"a first entry")


def test_the_files_are_beside_each_other() -> None:
    place = locate(Did.parse(f"did:webvh:{SCID}:board.example"))
    assert place.scid == SCID
    assert place.base_url == "https://board.example"
    assert place.log_url == "https://board.example/.well-known/did.jsonl"
    assert place.witness_url == "https://board.example/.well-known/did-witness.json"
    assert place.web == Did.parse("did:web:board.example")
    place = locate(Did.parse(f"did:webvh:{SCID}:board.example%3A8443:dids:issuer"))
    assert place.base_url == "https://board.example:8443/dids/issuer"
    assert place.log_url == "https://board.example:8443/dids/issuer/did.jsonl"
    assert place.witness_url.endswith(":8443/dids/issuer/did-witness.json")
    assert place.web == Did.parse("did:web:board.example%3A8443:dids:issuer")


@pytest.mark.parametrize(
    "text",
    [
        "did:web:board.example",
        f"did:web:{SCID}:board.example",
        f"did:webvh:{SCID}",
        f"did:webvh:{SCID}::x",
        f"did:webvh:{SCID[:-1]}:board.example",
        f"did:webvh:{SCID.lower()}:board.example",
        "did:webvh:board.example",
        f"did:webvh:{SCID}:localhost",
        f"did:webvh:{SCID}:localhost%3A80",
        f"did:webvh:{SCID}:Board.example",
        f"did:webvh:{SCID}:127.0.0.1",
        f"did:webvh:{SCID}:127%2E0%2E0%2E1",
        f"did:webvh:{SCID}:127.0.0.1%3a8080",
        f"did:webvh:{SCID}:169%2e254%2e169%2e254",
        f"did:webvh:{SCID}:example.com:..:..:admin",
        f"did:webvh:{SCID}:example.com:%2E%2E:admin",
    ],
)
def test_an_odd_spelling_is_refused(text: str) -> None:
    with pytest.raises(InvalidDid):
        locate(Did.parse(text))
