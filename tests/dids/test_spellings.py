"""An identifier in an odd spelling is refused before anything is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.evidence import Evidence
from medid.dids import resolver
from medid.dids.methods import jwk, key, peer
from medid.dids.methods.peer import PeerKey
from medid.dids.resolution import LATEST
from medid.dids.syntax import MAX_LENGTH, Did
from medid.errors import InvalidDid, InvalidKey, MedidError, MethodNotSupported
from medid.verifying.gathering import gather
from tests.dids.builders import BOARD, ED25519, P256, board, published

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from medid.core.fetch import FetchRequest

WEB = "did:web:board.example%3A8443:licenses"
ACCOUNT = "did:pkh:eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a"
LISTED = str(peer.create_list([PeerKey(key=ED25519, relationship="authentication")]))
WHOLE = str(peer.create_document({"service": []}))
STRAIGHT = (
    BOARD,
    WEB,
    ACCOUNT,
    LISTED,
    WHOLE,
    str(key.create(ED25519)),
    str(jwk.create(P256)),
    str(peer.create(P256)),
)


class NeverAsked:
    """A network that must not be touched."""

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> NoReturn:
        del seconds
        pytest.fail(f"{len(requests)} requests for an odd spelling")


def ask(text: str) -> None:
    """Resolve ``text`` as a verification does."""
    did = Did.parse(text)
    evidence = gather(Evidence(), lambda e: resolver.needs(did, e), NeverAsked())
    resolver.resolution(did, evidence, LATEST)


ODD = {
    "scheme in capitals": [one.replace("did:", "DID:", 1) for one in STRAIGHT],
    "method in capitals": [
        f"did:{one.split(':')[1].upper()}:{one.split(':', 2)[2]}" for one in STRAIGHT
    ],
    "white space before": [f" {one}" for one in STRAIGHT],
    "white space behind": [f"{one}\n" for one in STRAIGHT],
    "colon behind": [f"{one}:" for one in STRAIGHT],
    "full stop behind": [f"{one}." for one in STRAIGHT if one != WEB],
    "slash behind": [f"{one}/" for one in STRAIGHT],
    "fragment": [f"{one}#key-1" for one in STRAIGHT],
    "query": [f"{one}?versionId=1" for one in STRAIGHT],
    "a percent sign": [f"{one}%" for one in STRAIGHT],
    "an encoded character behind": [f"{one}%00" for one in STRAIGHT],
    "full width": [one.replace("e", "\uff45") for one in STRAIGHT],
    "zero width": [f"{one[:-1]}\u200b{one[-1]}" for one in STRAIGHT],
    "double colon": [one.replace(":", "::", 2) for one in STRAIGHT],
    "the first character encoded": [
        f"{one[: one.index(':', 4) + 1]}"
        f"%{ord(one.split(':', 2)[2][0]):02X}{one.split(':', 2)[2][1:]}"
        for one in STRAIGHT
    ],
    "over-long": [one + "a" * MAX_LENGTH for one in STRAIGHT],
    "host in capitals": ["did:web:Board.example", "did:web:BOARD.EXAMPLE"],
    "host with a dot too many": [
        "did:web:board.example.",
        "did:web:.board.example",
        "did:web:board..example",
    ],
    "host that is none": [
        "did:web:board",
        "did:web:board_example.org",
        "did:web:-board.example",
        "did:web:board-.example",
        f"did:web:{'a' * 64}.example",
        f"did:web:{'a.' * 130}example",
        "did:web:b%C3%B6ard.example",
        "did:web:b\u00f6ard.example",
        "did:web:board\u3002example",
        "did:web:board%2Eexample",
    ],
    "address": [
        "did:web:127.0.0.1",
        "did:web:0177.0.0.1",
        "did:web:017700000001",
        "did:web:0x7f.0.0.1",
        "did:web:0x7f000001",
        "did:web:127.1",
        "did:web:127.0.1",
        "did:web:2130706433",
        "did:web:169.254.169.254",
        "did:web:0",
        "did:web:::1",
        "did:web:[::1]",
        "did:web:%5B%3A%3A1%5D",
        "did:web:[::ffff:127.0.0.1]",
        "did:web:0.0.0.0%3A443",
    ],
    "user name": [
        "did:web:user@board.example",
        "did:web:user%40board.example",
        "did:web:board.example%3A443%40127.0.0.1",
        "did:web:user%3Apass%40board.example",
    ],
    "port": [
        "did:web:board.example%253A8443",
        "did:web:board.example%3A",
        "did:web:board.example%3A0",
        "did:web:board.example%3A08443",
        "did:web:board.example%3A65536",
        "did:web:board.example%3A-1",
        "did:web:board.example%3A8443%3A1",
    ],
    "path": [
        "did:web:board.example::licenses",
        "did:web:board.example:..",
        "did:web:board.example:%2e%2e",
        "did:web:board.example:.",
        "did:web:board.example:a%2Fb",
        "did:web:board.example:a%5Cb",
        "did:web:board.example:%252e%252e",
        "did:web:board.example:a%3Fb",
        "did:web:board.example:a%23b",
        "did:web:board.example:a%20b",
        "did:web:board.example:licen%73es",
        "did:web:board.example:%7Ename",
        "did:web:board.example:%FF",
        "did:web:board.example/licenses",
    ],
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_spelling_is_refused_before_any_network_use(kind: str) -> None:
    for text in ODD[kind]:
        with pytest.raises((InvalidDid, InvalidKey, MethodNotSupported)):
            ask(text)


@given(st.sampled_from(STRAIGHT), st.data())
def test_what_is_percent_encoded_without_need_is_refused(
    text: str, data: st.DataObject
) -> None:
    start = text.index(":", 4) + 1
    index = data.draw(st.integers(start, len(text) - 1))
    odd = text[:index] + f"%{ord(text[index]):02x}" + text[index + 1 :]
    with pytest.raises(MedidError) as caught:
        ask(odd)
    assert odd not in str(caught.value)


ALIASES = [
    "did:web:board.example%3A443",
    "did:web:board.example:",
    "did:web:board.example:.well-known",
    "did:web:www.board.example",
    "did:web:boa\u0433d.example",
    "did:web:xn--boad-e4d.example",
    "did:webvh:board.example",
]


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_of_an_issuer_is_not_the_issuer(alias: str) -> None:
    # What the board publishes is the board's alone, whoever else is spelled like it.
    evidence = published(board())
    with pytest.raises(MedidError):
        resolver.resolve(Did.parse(alias), evidence)
    if "%" in alias or "well-known" in alias:
        did = Did.parse(alias)
        (need,) = resolver.needs(did, Evidence())
        answer = next(iter(evidence.answers.values()))
        moved = Evidence().with_answers([(need.url, answer)])
        with pytest.raises(MedidError, match="another DID"):
            resolver.resolve(did, moved)


@given(st.text("aA%2E.:-_/@[]\u00e9\u200b1", max_size=20))
def test_a_did_web_that_is_read_has_one_plain_host(text: str) -> None:
    try:
        url = resolver.document_url(Did.parse(f"did:web:{text}"))
    except MedidError:
        return
    host = url.removeprefix("https://").partition("/")[0].partition(":")[0]
    assert host == host.lower() == quote(host)
    assert "." in host
    assert host.rpartition(".")[2][0].isalpha()
