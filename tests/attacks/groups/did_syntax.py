"""DIDs that are none, as a command line argument, an issuer and a key's address."""

from __future__ import annotations

from typing import Final

from tests.attacks.case import NO_CODES, Case, Doc, Expect, Group, as_bytes
from tests.attacks.documents import BOARD, CANARIES, did_document, plain
from tests.attacks.honest import signed

_INVALID: Final = {
    "empty": "",
    "scheme-only": "did",
    "scheme-colon": "did:",
    "no-method": "did::abc",
    "no-identifier": "did:key",
    "empty-identifier": "did:key:",
    "method-upper-case": "did:KEY:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "scheme-upper-case": "DID:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "method-dash": "did:ke-y:abc",
    "method-space": "did:ke y:abc",
    "method-unicode": "did:k\u00e9y:abc",
    "method-percent": "did:k%65y:abc",
    "space-before": " did:web:board.example",
    "space-after": "did:web:board.example ",
    "newline-after": "did:web:board.example\n",
    "newline-inside": "did:web:board\n.example",
    "tab": "did:web:board.example\t",
    "carriage-return": "did:web:board.example\r",
    "nul": "did:web:board.example\x00",
    "trailing-colon": "did:web:board.example:",
    "only-colons": "did:web:::",
    "empty-segment": "did:web:board.example::a",
    "percent-short": "did:web:board.example%3",
    "percent-not-hex": "did:web:board.example%zz",
    "percent-unicode": "did:web:board.example%\u0660\u0660",
    "percent-alone": "did:web:%",
    "unicode-host": "did:web:b\u00f6ard.example",
    "fullwidth": "did:web:\uff42oard.example",
    "underscore-host": "did:web:board_x.example",
    "double-dot": "did:web:board..example",
    "leading-dot": "did:web:.example",
    "leading-dash": "did:web:-board.example",
    "wildcard": "did:web:*.example",
    "comma": "did:web:a.example,b.example",
    "quote": 'did:web:board.example"',
    "backslash": "did:web:board.example\\@evil.example",
    "at-sign": "did:web:user@board.example",
    "bracket": "did:web:[::1]",
    "slash-slash": "did:web://board.example",
    "https": "https://board.example",
    "urn": "urn:did:web:board.example",
    "json": '{"id": "did:web:board.example"}',
    "list": "did:key:a did:key:b",
    "zero-width": "did:web:board\u200b.example",
    "right-to-left": "\u202edid:web:board.example",
    "byte-order-mark": "\ufeffdid:web:board.example",
    "key-not-base58": "did:key:z0OIl",
    "key-short": "did:key:z6Mk",
    "key-no-multibase": "did:key:6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "jwk-not-base64": "did:jwk:!!!!",
    "jwk-not-json": "did:jwk:aGVsbG8",
    "jwk-padded": "did:jwk:e30=",
}
_UNSAFE: Final = {
    "loopback": "did:web:127.0.0.1",
    "loopback-name": "did:web:localhost",
    "loopback-port": "did:web:localhost%3A8080",
    "any-address": "did:web:0.0.0.0",
    "private": "did:web:10.0.0.1",
    "link-local": "did:web:169.254.169.254",
    "metadata": "did:web:169.254.169.254:latest:meta-data",
    "decimal-address": "did:web:2130706433",
    "hex-address": "did:web:0x7f000001",
    "octal-address": "did:web:0177.0.0.1",
    "short-address": "did:web:127.1",
    "ipv6": "did:web:%5B%3A%3A1%5D",
    "ipv6-mapped": "did:web:%5B%3A%3Affff%3A127.0.0.1%5D",
    "userinfo": "did:web:user%40board.example",
    "userinfo-password": "did:web:user%3Apw%40board.example",
    "slash": "did:web:board.example%2Fetc",
    "path-dots": "did:web:board.example:..:..:etc",
    "path-encoded-dots": "did:web:board.example:%2e%2e:secret",
    "path-encoded-slash": "did:web:board.example:a%2fb",
    "path-dot": "did:web:board.example:.",
    "query": "did:web:board.example%3Fx=1",
    "fragment": "did:web:board.example%23x",
    "line-break": "did:web:board.example%0d%0aHost:evil.example",
    "nul-encoded": "did:web:board.example%00",
    "space-encoded": "did:web:board.example%20evil.example",
    "port-empty": "did:web:board.example%3A",
    "port-zero": "did:web:board.example%3A0",
    "port-large": "did:web:board.example%3A65536",
    "port-word": "did:web:board.example%3Assh",
    "port-plus": "did:web:board.example%3A+443",
    "port-arabic": "did:web:board.example%3A%D9%A4",
    "port-twice": "did:web:board.example%3A443%3A444",
    "host-too-long": "did:web:" + ".".join(["a" * 63] * 5) + ".example",
    "label-too-long": "did:web:" + "a" * 64 + ".example",
    "double-encoding": "did:web:board.example%252e",
}
_LONG: Final = {
    "colons": "did:web:" + ":" * 100_000,
    "letters": "did:web:" + "a" * 100_000,
    "dots": "did:web:" + "a." * 50_000,
    "percents": "did:web:" + "%41" * 33_000,
    "half-percents": "did:web:" + "%" * 100_000,
    "base58": "did:key:z" + "2" * 100_000,
    "base64": "did:jwk:" + "A" * 100_000,
    "method": "did:" + "a" * 100_000 + ":x",
    "spaces": "did:web:" + " " * 100_000 + "x",
    "segments": "did:web:a.example" + ":a" * 50_000 + " ",
}
_UNKNOWN: Final = {
    "unheard-of": "did:unheardof:abc",
    "example": "did:example:123",
}


# Well-formed names: it is the fetcher that never goes there.
_OFFLINE: Final = {"loopback-name", "loopback-port"}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="did", canaries=CANARIES)
    for name, text in {**_INVALID, **_UNSAFE, **_LONG}.items():
        # A line that is read ends with a newline, which is no part of it.
        if name != "newline-after":
            _resolve(group, name, text, "refused")
        _as_issuer(group, name, text)
    for name, more in {"fragment": "#key-1", "path": "/a", "query": "?a=b"}.items():
        _resolve(group, f"url-{name}", f"did:web:board.example{more}", "refused")
    _served(group)
    for name, text in _UNKNOWN.items():
        _resolve(group, name, text, "undecided")
        document = signed(plain(text), BOARD, verificationMethod=f"{text}#key-1")
        group.add(f"issuer-unknown-{name}", document, expect="undecided")
    return group.made


def _served(group: Group) -> None:
    """Documents that a did:web host serves for a DID."""
    did = "did:web:board.example"
    good = did_document(did, BOARD)
    method = good["verificationMethod"][0]
    served: dict[str, Doc | bytes] = {
        "of-other": did_document("did:web:other.example", BOARD),
        "without-id": {name: v for name, v in good.items() if name != "id"},
        "private-key": {
            **good,
            "verificationMethod": [{**method, "privateKeyMultibase": "z6M"}],
        },
        "html": b"<!doctype html>",
        "empty": b"",
        "array": b"[]",
        "duplicate": b'{"id": "did:web:other.example", "id": "did:web:board.example"}',
        "large": {**good, "padding": "a" * 300_000},
    }
    for name, document in served.items():
        _resolve(group, f"served-{name}", did, "not-verified", document)


def _resolve(
    group: Group,
    name: str,
    text: str,
    expect: Expect,
    served: Doc | bytes | None = None,
) -> None:
    """Resolve by standard input, which can carry any text."""
    files = {"stdin": text.encode()}
    argv = ["did", "resolve", "-", "--json", "--offline"]
    if served is not None:
        files["did.json"] = as_bytes(served)
        argv += ["--document", "https://board.example/.well-known/did.json=did.json"]
    group.made.append(
        Case(
            id=f"did/resolve-{name}",
            group="did",
            files=files,
            argv=tuple(argv),
            expect="not-verified" if name in _OFFLINE else expect,
            codes=NO_CODES,
            why="no DID, or none that may be fetched",
        )
    )


def _as_issuer(group: Group, name: str, text: str) -> None:
    method = f"{text}#key-1"
    documents: dict[str, Doc | bytes | str] = {
        "https://board.example/.well-known/did.json": did_document(text, BOARD)
    }
    group.add(
        f"issuer-{name}",
        signed(plain(text), BOARD, verificationMethod=method),
        expect="not-verified",
        documents=documents,
    )
    if len(text) < 200:
        group.add(
            f"method-{name}",
            signed(plain(), BOARD, verificationMethod=method),
            expect="not-verified" if name in _OFFLINE else "refused",
        )
