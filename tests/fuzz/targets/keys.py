"""Keys and who they belong to: Multikey, JWK, PEM, X.509, DIDs and their documents."""

from __future__ import annotations

import base64
import functools
import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.dids.document import DidDocument
from medid.dids.resolver import resolution_result, resolve
from medid.dids.syntax import Did, DidUrl
from medid.errors import MedidError
from medid.keys import KeyKind, PrivateKey, PublicKey
from medid.keys.certificates import read_anchor, read_x5c, verify_chain
from tests.attacks.case import NOW
from tests.attacks.documents import BOARD, BOARD_256, BOARD_384, did_document
from tests.attacks.honest import Party
from tests.attacks.tokens import compact
from tests.fuzz.forms import json_text, octets, text
from tests.fuzz.target import Target, check_error, check_growth
from tests.keys.authorities import Holder, authority, signer, x5c
from tests.keys.bbs.material import seeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.trees import Chance

_AT: Final = Instant.parse(NOW)
_KINDS: Final = (
    KeyKind.ED25519,
    KeyKind.P256,
    KeyKind.P384,
    KeyKind.X25519,
    KeyKind.BLS12381_G2,
    KeyKind.ML_DSA_44,
)
WEB: Final = "did:web:board.example"
WEB_URL: Final = "https://board.example/.well-known/did.json"


@functools.cache
def _keys() -> tuple[PublicKey, ...]:
    made = [PrivateKey.generate(kind, entropy=seeded()) for kind in _KINDS]
    return tuple(key.public_key for key in made)


def _multikey(data: bytes) -> None:
    stated = data.decode("utf-8", "surrogateescape")
    key = PublicKey.from_multikey(stated)
    assert key.to_multikey() == stated, "one key with two spellings"


def _jwk(data: bytes) -> None:
    stated = strict_json.load_object(data)
    key = PublicKey.from_jwk(stated)
    assert PublicKey.from_jwk(key.to_jwk()) == key
    for name, value in key.to_jwk().items():
        assert stated[name] == value, "one key with two spellings"


def _jwk_seeds() -> list[bytes]:
    signing = (one for one in _keys() if one.kind is not KeyKind.BLS12381_G2)
    return [compact(dict(key.to_jwk())) for key in signing]


def _pem(data: bytes) -> None:
    key = PublicKey.from_pem(data)
    assert PublicKey.from_pem(key.to_pem()) == key


def _pem_seeds() -> list[bytes]:
    return [key.to_pem().encode() for key in _keys()[:4]]


@functools.cache
def _chain() -> tuple[Holder, Holder, Holder]:
    root = authority("root")
    middle = authority("middle", root, length=0)
    return root, middle, signer("board", middle, uris=["https://board.example"])


def _x5c(data: bytes) -> None:
    root = _chain()[0]
    anchor = read_anchor(root.pem)
    chain = read_x5c(strict_json.loads(data))
    found = verify_chain(chain, [anchor], at=_AT)
    # Whoever has none of the keys can leave out or repeat what is there, and no more.
    assert chain[0] == _chain()[2].der, "a certificate that nobody signed"
    assert found.uris == ("https://board.example",)


def _x5c_seeds() -> list[bytes]:
    root, middle, board = _chain()
    return [compact(x5c(board, middle, root)), compact(x5c(board, middle))]


def _certificates(data: bytes, chance: Chance) -> bytes:
    """Mostly inside one certificate of the chain."""
    try:
        chain = [base64.b64decode(one) for one in json.loads(data)]
    except (ValueError, TypeError):
        return octets(data, chance)
    if not chain or chance.once_in(4):
        return json_text(data, chance)
    place = chance.random.randrange(len(chain))
    chain[place] = octets(chain[place], chance)
    return compact([base64.b64encode(one).decode() for one in chain])


def _did_url(data: bytes) -> None:
    stated = data.decode("utf-8", "surrogateescape")
    url = DidUrl.parse(stated)
    assert str(url) == stated
    assert all("&" not in name + value for name, value in url.parameters)
    Did.parse(str(url.did))


def _did_url_seeds() -> list[bytes]:
    texts = (
        BOARD.method,
        f"{WEB}:a:b%3A1/path/x?service=files&relativeRef=/a%20b&versionId=1#key-1",
        f"{BOARD_256.did_jwk}#0",
    )
    return [one.encode() for one in texts]


def _did(data: bytes) -> None:
    stated = data.decode("utf-8", "surrogateescape")
    result = resolution_result(stated, Evidence())
    check_growth(strict_json.dumps(result), data)
    document = resolve(Did.parse(stated), Evidence())
    assert document.raw["id"] == stated


def _did_seeds() -> list[bytes]:
    parties = (BOARD, BOARD_256, BOARD_384, Party("x", "X25519"))
    keys = [f"did:key:{key.to_multikey()}" for key in _keys()]
    dids = [*keys, *(party.did_jwk for party in parties)]
    return [one.encode() for one in dids]


def _did_document(data: bytes) -> None:
    document = DidDocument.from_bytes(data)
    _use(document)
    served = Fetched.of(WEB_URL, data, fetched_at=_AT)
    evidence = Evidence({WEB_URL: served})
    assert resolve(Did.parse(WEB), evidence).raw["id"] == WEB


def _use(document: DidDocument) -> None:
    for purpose in ("assertionMethod", "authentication", "keyAgreement"):
        try:
            ids = document.ids_for(purpose)
        except MedidError as error:
            check_error(error)
            continue
        for one in ids:
            _or_refused(partial(document.method_for, one, purpose, at=_AT))


def _or_refused(question: Callable[[], object]) -> None:
    try:
        question()
    except MedidError as error:
        check_error(error)


def _did_document_seeds() -> list[bytes]:
    simple = did_document(WEB, BOARD)
    method: dict[str, Any] = {
        "id": f"{WEB}#key-2",
        "type": "JsonWebKey",
        "controller": WEB,
        "publicKeyJwk": BOARD_256.jwk,
    }
    full = did_document(
        WEB,
        BOARD,
        verificationMethod=[*simple["verificationMethod"], method],
        keyAgreement=[{**method, "id": f"{WEB}#key-3"}],
        controller=[WEB, BOARD.did],
        alsoKnownAs=["https://board.example/"],
        service=[
            {
                "id": f"{WEB}#s",
                "type": "LinkedDomains",
                "serviceEndpoint": ["https://board.example", {"a": 1}],
            }
        ],
    )
    return [compact(simple), compact(full)]


TARGETS: Final = (
    Target(
        name="multikey",
        read=_multikey,
        seeds=lambda: [key.to_multikey().encode() for key in _keys()],
        change=text,
    ),
    Target(name="jwk", read=_jwk, seeds=_jwk_seeds, change=json_text),
    Target(name="pem", read=_pem, seeds=_pem_seeds, change=text),
    Target(name="x5c", read=_x5c, seeds=_x5c_seeds, change=_certificates),
    Target(name="did-url", read=_did_url, seeds=_did_url_seeds, change=text),
    Target(name="did", read=_did, seeds=_did_seeds, change=text),
    Target(
        name="did-document",
        read=_did_document,
        seeds=_did_document_seeds,
        change=json_text,
    ),
)
