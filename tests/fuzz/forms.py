"""How inputs are changed: opened, changed inside, and closed again in their format.

What cannot be opened, because an earlier change broke it, is changed as plain bytes.
Signatures are made anew with the keys of the seeds' own parties, so that a change gets
past them and reaches what is behind.
"""

from __future__ import annotations

import contextlib
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

import cbor2

from tests.attacks.honest import b64, unb64
from tests.attacks.tokens import compact, digest
from tests.fuzz.signing import party_of, resigned
from tests.fuzz.trees import MAX_BYTES, changed, edited_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.target import Form
    from tests.fuzz.trees import Chance

# What an input that is not of its format makes the openers raise.
_UNREADABLE: Final = (
    *(ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError),
    *(AttributeError, cbor2.CBORError, zlib.error, zipfile.BadZipFile),
    *(EOFError, RuntimeError),
)


def octets(data: bytes, chance: Chance) -> bytes:
    """Bytes without a structure that is worth keeping."""
    return chance.octets(data)[:MAX_BYTES]


def text(data: bytes, chance: Chance) -> bytes:
    """Text: pieces of it move."""
    if chance.once_in(3):
        return octets(data, chance)
    found = edited_text(data.decode("utf-8", "replace"), chance)
    return found.encode("utf-8", "surrogatepass")[:MAX_BYTES]


def lines(data: bytes, chance: Chance) -> bytes:
    """Lines of words: words are taken from elsewhere, lines come twice or go."""
    if chance.once_in(4):
        return text(data, chance)
    rows = [row.split(b" ") for row in data.split(b"\n")]
    one, other = chance.random.choice(rows), chance.random.choice(rows)
    kind = chance.random.randrange(4)
    if kind == 0:
        rows.remove(one)
    elif kind == 1:
        rows.append(list(one))
    else:
        one[chance.random.randrange(len(one))] = chance.random.choice(other)
    return b"\n".join(b" ".join(row) for row in rows)[:MAX_BYTES]


def form_of(change: Callable[[bytes, Chance], bytes]) -> Form:
    """``change``; plain bytes where it does not apply, and once in a while."""

    def form(data: bytes, chance: Chance) -> bytes:
        if not chance.once_in(8):
            with contextlib.suppress(*_UNREADABLE):
                made = change(data, chance)
                if len(made) <= MAX_BYTES:
                    return made
        return octets(data, chance)

    return form


def written(value: Any, chance: Chance) -> bytes:
    """``value`` as JSON text, in one of its spellings."""
    spelled = json.dumps(value, ensure_ascii=chance.once_in(2))
    return spelled.encode("utf-8", "surrogatepass")


def _json(data: bytes, chance: Chance) -> bytes:
    return written(changed(json.loads(data), chance), chance)


def _part(part: bytes, chance: Chance) -> bytes:
    """A part of a token: JSON where it is some."""
    return json_text(part, chance) if part[:1] in b"{[" else octets(part, chance)


def _token(data: bytes, chance: Chance) -> bytes:
    head, body, _ = map(unb64, data.decode().split("."))
    if chance.once_in(3):
        head = _part(head, chance)
    else:
        body = _part(body, chance)
    return _closed(head, body)


def _closed(head: bytes, body: bytes) -> bytes:
    covered = f"{b64(head)}.{b64(body)}"
    with contextlib.suppress(*_UNREADABLE):
        signature = party_of(json.loads(head).get("kid")).sign(covered.encode())
        return f"{covered}.{b64(signature)}".encode()
    return f"{covered}.{b64(bytes(64))}".encode()


def _sd_jwt(data: bytes, chance: Chance) -> bytes:
    if data[:1] == b"{":
        return _json(data, chance)
    token, *shown, binding = data.decode().split("~")
    kind = chance.random.randrange(4)
    if kind == 0 and shown:
        token, shown = _disclosed_anew(token, shown, chance)
    elif kind == 1 and shown:
        chance.random.shuffle(shown)
        shown = shown[: chance.random.randint(0, len(shown))]
    elif kind == 2 and binding:
        binding = _token(binding.encode(), chance).decode()
    else:
        token = _token(token.encode(), chance).decode()
    presented = "~".join([token, *shown, ""])
    if binding and not chance.once_in(8):
        binding = _bound_anew(binding, presented)
    return f"{presented}{binding}".encode()


def _disclosed_anew(
    token: str, shown: list[str], chance: Chance
) -> tuple[str, list[str]]:
    """Another disclosure in the place of one, and its digest as well."""
    place = chance.random.randrange(len(shown))
    made = b64(_part(unb64(shown[place]), chance))
    head, body, _ = map(unb64, token.split("."))
    body = body.replace(digest(shown[place]).encode(), digest(made).encode())
    return _closed(head, body).decode(), [*shown[:place], made, *shown[place + 1 :]]


def _bound_anew(binding: str, presented: str) -> str:
    with contextlib.suppress(*_UNREADABLE):
        head, body, _ = map(unb64, binding.split("."))
        claims = json.loads(body)
        if "sd_hash" in claims:
            claims["sd_hash"] = digest(presented)
        return _closed(head, compact(claims)).decode()
    return binding


def _message(data: bytes, chance: Chance) -> bytes:
    """A COSE_Sign1 message, or its base64 text."""
    tag = cbor2.loads(data)
    protected, unprotected, payload, signature = tag.value
    header = cbor2.loads(protected)
    kind = chance.random.randrange(8)
    if kind == 0:
        return _dumped(changed(tag, chance, binary=True))
    if kind == 1:
        unprotected = changed(unprotected, chance, binary=True)
    elif kind in {2, 3}:
        header = changed(header, chance, binary=True)
        protected = _dumped(header)
    elif payload[:1] in b"{[":
        payload = json_text(payload, chance)
    else:
        payload = cbor_item(payload, chance)
    with contextlib.suppress(*_UNREADABLE):
        kid = header.get(4, unprotected.get(4, b"")).decode()
        covered = _dumped(["Signature1", protected, b"", payload])
        signature = party_of(kid).sign(covered)
    return _dumped(cbor2.CBORTag(18, [protected, unprotected, payload, signature]))


def _item(data: bytes, chance: Chance) -> bytes:
    return _dumped(changed(cbor2.loads(data), chance, binary=True))


def _dumped(value: Any) -> bytes:
    """CBOR in its deterministic form, as far as there is one of ``value``."""
    return cbor2.dumps(value, canonical=True)


def _secured(data: bytes, chance: Chance) -> bytes:
    document = changed(json.loads(data), chance)
    if not chance.once_in(8):
        document = resigned(document)
    return written(document, chance)


def _proof_value(data: bytes, chance: Chance) -> bytes:
    """The components of a proof value of selective disclosure."""
    if chance.once_in(4):
        return _json(data, chance)
    document = json.loads(data)
    raw = unb64(document["proof"]["proofValue"][1:])
    head, items = raw[:3], _item(raw[3:], chance)
    if chance.once_in(16):
        head = octets(head, chance)
    document["proof"]["proofValue"] = "u" + b64(head + items)
    return compact(document)


def _any_document(data: bytes, chance: Chance) -> bytes:
    """Whatever can be verified, by its first letters as a verifier sees them."""
    if data[:1] == b"{":
        return secured_json(data, chance)
    if b"~" in data:
        return sd_jwt(data, chance)
    return token(data, chance) if data[:2] == b"ey" else message(data, chance)


json_text: Final = form_of(_json)
token: Final = form_of(_token)
sd_jwt: Final = form_of(_sd_jwt)
cbor_item: Final = form_of(_item)
message: Final = form_of(_message)
secured_json: Final = form_of(_secured)
proof_value: Final = form_of(_proof_value)
any_document: Final = form_of(_any_document)
