"""Text that two JSON parsers may read differently, or that exhausts one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, CANARIES, DOCTOR, NAME, example, plain
from tests.attacks.honest import Party, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODES = "PARSING_ERROR TOO_LARGE"
_OTHER = Party("twin").did


def _text(document: Doc) -> str:
    return json.dumps(document, ensure_ascii=False)


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="json", canaries=CANARIES)
    honest = _text(signed(plain(), BOARD))
    for name, text in _duplicates(honest):
        group.add(f"duplicate-{name}", text, codes=_CODES, why="two readings")
    for name, literal in _LITERALS.items():
        text = _text(signed(example(claims={"dose": 7}), BOARD))
        content = text.replace('"dose": 7', f'"dose": {literal}')
        group.add(f"literal-{name}", content, codes=_CODES, why="not RFC 8259")
    for name, data in _raw(honest):
        group.add(f"text-{name}", data, codes=_CODES, why="not RFC 8259")
    for name, text in _large(honest):
        group.add(f"limit-{name}", text, codes=_CODES, why="a documented limit")
    _other_roots(group, honest)
    return group.made


def _duplicates(honest: str) -> Iterator[tuple[str, str]]:
    values = {
        "issuer": json.dumps(_OTHER),
        "validUntil": '"2020-01-01T00:00:00Z"',
        "validFrom": '"2020-01-01T00:00:00Z"',
        "credentialSubject": json.dumps({"id": _OTHER}),
        "type": '["VerifiableCredential"]',
        "@context": '["https://www.w3.org/ns/credentials/v2"]',
        "id": '"urn:uuid:00000000-0000-4000-8000-000000000000"',
        "proof": "[]",
        "credentialStatus": "{}",
    }
    for name, value in values.items():
        member = f'"{name}": {value}'
        first = "{" + f"{member}, {honest[1:]}"
        last = honest[:-1] + f", {member}" + "}"
        if f'"{name}"' not in honest:
            first = "{" + f"{member}, {first[1:]}"
            last = last[:-1] + f", {member}" + "}"
        yield f"{name}-first", first
        yield f"{name}-last", last
    escaped = honest[:-1] + f', "\\u0069ssuer": {json.dumps(_OTHER)}' + "}"
    yield "escaped-spelling", escaped
    nested = honest.replace(f'"name": "{NAME}"', f'"name": "A", "name": "{NAME}"')
    yield "in-subject", nested
    yield (
        "in-proof",
        honest.replace('"type": "DataInt', '"type": "x", "type": "DataInt'),
    )
    yield "equal-values", "{" + f'"issuer": {json.dumps(BOARD.did)}, ' + honest[1:]
    key = f'"id": "{DOCTOR.did}"'
    yield "escaped-in-subject", honest.replace(key, f'{key}, "\\u0069d": "{_OTHER}"')


_LITERALS = {
    "nan": "NaN",
    "infinity": "Infinity",
    "minus-infinity": "-Infinity",
    "overflow": "1e400",
    "minus-overflow": "-1e400",
    "overflow-digits": "9" * 400 + ".0",
    "huge-integer": "9" * 5000,
    "leading-zero": "07",
    "plus": "+7",
    "bare-fraction": ".7",
    "bare-point": "7.",
    "hex": "0x7",
    "underscore": "7_0",
    "octal": "0o7",
    "python-true": "True",
    "python-none": "None",
    "undefined": "undefined",
    "single-quotes": "'7'",
    "comment": "7 /* dose */",
    "line-comment": "7 // dose\n",
    "trailing-comma": "[7,]",
    "empty-element": "[7,,7]",
    "arabic-digits": "\u0667",
    "fullwidth-digits": "\uff17",
    "lone-high-surrogate": '"\\ud800"',
    "lone-low-surrogate": '"\\udc00"',
    "reversed-surrogates": '"\\udc00\\ud800"',
    "surrogate-in-name": '{"\\ud800": 7}',
    "raw-newline": '"a\nb"',
    "raw-tab": '"a\tb"',
    "raw-nul": '"a\x00b"',
    "bad-escape": '"\\x41"',
    "short-escape": '"\\u12"',
    "unterminated": '"abc',
    "unquoted-name": "{dose: 7}",
    "number-name": "{7: 7}",
}


def _raw(honest: str) -> Iterator[tuple[str, bytes]]:
    data = honest.encode()
    name = NAME.encode()
    yield "byte-order-mark", b"\xef\xbb\xbf" + data
    yield "utf-16", honest.encode("utf-16")
    yield "utf-16-le", honest.encode("utf-16-le")
    yield "utf-32", honest.encode("utf-32")
    yield "invalid-byte", data.replace(name, b"\xff" + name)
    yield "latin-1", data.replace(name, b"Am\xe9lie")
    yield "overlong", data.replace(name, b"\xc0\x80")
    yield "overlong-quote", data.replace(name, b"\xc0\xa2")
    yield "encoded-surrogate", data.replace(name, b"\xed\xa0\x80")
    yield "beyond-unicode", data.replace(name, b"\xf4\x90\x80\x80")
    yield "truncated-sequence", data[:-1] + b"\xe2\x82"
    yield "trailing-object", data + b"{}"
    yield "trailing-document", data + b"\n" + data
    yield "trailing-comma", data[:-1] + b",}"
    yield "trailing-nul", data + b"\x00"
    yield "trailing-brace", data + b"}"
    yield "form-feed", b"\x0c" + data
    yield "no-break-space", "\u00a0".encode() + data
    yield "line-separator", "\u2028".encode() + data
    yield "record-separator", b"\x1e" + data
    yield "truncated", data[:-20]
    yield "empty", b""
    yield "blank", b" \n\t "
    yield "nul", b"\x00"
    yield "binary", bytes(range(256))
    yield "assignment", b"x = " + data
    yield "javascript-prefix", b")]}'\n" + data
    yield "yaml", b"issuer: somebody\nproof: none\n"


def _large(honest: str) -> Iterator[tuple[str, str]]:
    claims = '"credentialSubject": {'
    many = ", ".join(f'"m{n}": {n}' for n in range(10_001))
    inserts = {
        "depth-65-objects": '{"a":' * 65 + "1" + "}" * 65,
        "depth-65-arrays": "[" * 65 + "]" * 65,
        "depth-2000": "[" * 2000 + "]" * 2000,
        "depth-200000": "[" * 200_000 + "]" * 200_000,
        "depth-100000-objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
        "members-10001": "{" + many + "}",
        "string-over-limit": '"' + "a" * 1_100_000 + '"',
        "integers-over-limit": "[" + "1," * 600_000 + "1]",
    }
    for name, value in inserts.items():
        yield name, honest.replace(claims, f'{claims}"extra": {value}, ')
    yield "padding", honest + " " * 1_100_000
    yield "unclosed-200000", "[" * 200_000
    yield "colliding-names", _colliding(honest)


def _colliding(honest: str) -> str:
    step = (1 << 61) - 1
    numbers = ",".join(str(n * step) for n in range(1, 40_000))
    return honest[:-1] + f', "extra": [{numbers}]' + "}"


def _other_roots(group: Group, honest: str) -> None:
    roots = {
        "array": f"[{honest}]",
        "array-of-two": f"[{honest},{honest}]",
        "string": json.dumps(honest),
        "null": "null",
        "true": "true",
        "number": "1",
        "empty-object": "{}",
        "empty-array": "[]",
        "empty-string": '""',
        "wrapped": '{"verifiableCredential": ' + honest + "}",
        "verified-claim": '{"verified": true}',
    }
    for name, text in roots.items():
        group.add(f"root-{name}", text, why="not a document that can be verified")
