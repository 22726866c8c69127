from __future__ import annotations

from medid.dids import drafting
from medid.dids.document import DidDocument
from medid.dids.methods import web
from medid.dids.syntax import Did
from medid.dids.webvh import parallel, writing
from medid.dids.webvh.writing import Changes
from tests.dids.webvh.board import Board


def test_the_did_web_of_a_log_lists_the_same_keys() -> None:
    board = Board()
    did = board.published.did
    state = drafting.with_alias(
        writing.latest(board.published), "did:web:board.example"
    )
    made = parallel.document(did, state)
    read = DidDocument.parse(made, expected=web.create("board.example"))

    assert parallel.is_parallel(did, state)
    assert read.ids_for("assertionMethod") == ("did:web:board.example#key-1",)
    assert made["alsoKnownAs"] == [str(did)]
    assert made["service"] == [
        {
            "id": "did:web:board.example#files",
            "type": "relativeRef",
            "serviceEndpoint": "https://board.example/",
        },
        {
            "@context": "https://identity.foundation/linked-vp/contexts/v1",
            "id": "did:web:board.example#whois",
            "type": "LinkedVerifiablePresentation",
            "serviceEndpoint": "https://board.example/whois.vp",
        },
    ]


def test_without_the_alias_there_is_no_did_web() -> None:
    board = Board()
    state = writing.latest(board.published)
    did = board.published.did

    assert not parallel.is_parallel(did, state)
    assert not parallel.is_parallel(did, {**state, "alsoKnownAs": "did:web:x.example"})
    assert parallel.document(did, state)["alsoKnownAs"] == [str(did)]


def test_services_and_aliases_of_the_document_stay() -> None:
    board = Board(Changes(portable=True), place="old.example")
    old = board.published.did
    moved = writing.moved(board.published, "board.example:boards:oh")
    did = str(moved["id"])
    moved["service"] = [
        "no service",
        {"id": "#files", "type": "x", "serviceEndpoint": "https://x.example/"},
        {"id": f"{did}#whois", "type": "y", "serviceEndpoint": did},
        {"id": f"{did}#z", "type": "z", "serviceEndpoint": {"uri": 1}},
    ]
    moved["alsoKnownAs"] = [
        str(old),
        "https://board.example/",
        "did:web:board.example:boards:oh",
        "https://board.example/",
    ]
    made = parallel.document(Did.parse(did), moved)

    assert made["service"] == [
        "no service",
        {"id": "#files", "type": "x", "serviceEndpoint": "https://x.example/"},
        {
            "id": "did:web:board.example:boards:oh#whois",
            "type": "y",
            "serviceEndpoint": "did:web:board.example:boards:oh",
        },
        {
            "id": "did:web:board.example:boards:oh#z",
            "type": "z",
            "serviceEndpoint": {"uri": 1},
        },
    ]
    assert made["alsoKnownAs"] == [
        "did:web:old.example",
        "https://board.example/",
        did,
    ]
