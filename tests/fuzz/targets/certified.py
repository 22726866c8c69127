"""Words of authorities: did:x509 with its certificates, DER and time-stamps."""

from __future__ import annotations

import base64
import functools
import json
from typing import TYPE_CHECKING, Final

from medid.core import der
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fields import as_str
from medid.core.instant import Instant
from medid.dids.methods.x509 import create
from medid.dids.resolution import ResolutionOptions
from medid.dids.resolver import resolve
from medid.dids.syntax import Did
from medid.errors import MalformedValue
from medid.keys.certificates import read_x5c
from medid.keys.revocation import check_revocation
from medid.keys.timestamps import read_timestamp_response, verify_timestamp
from tests.attacks.case import NOW
from tests.attacks.tokens import compact
from tests.fuzz.forms import json_text, octets
from tests.fuzz.target import Target
from tests.keys import tsa
from tests.keys.authorities import Holder, authority, revocations, signer, x5c

if TYPE_CHECKING:
    from tests.fuzz.trees import Chance

_AT: Final = Instant.parse(NOW)
_DUE: Final = Instant.parse("2026-06-16T00:00:00Z")  # when the next list is
_STAMPED: Final = Instant.parse("2026-06-15T12:00:00Z")
_MAX_STEPS: Final = 2_000  # values that are walked through in one input


@functools.cache
def _chain() -> tuple[Holder, Holder, Holder]:
    root = authority("root")
    middle = authority("middle", root, length=0)
    return signer("care", middle, dns=["care.example"]), middle, root


def _did(data: bytes) -> None:
    """A DID and the chain that came with it, as one array."""
    whole = strict_json.loads(data)
    if not isinstance(whole, list) or not whole:
        raise MalformedValue("a DID and its certificates are an array")
    stated, *chain = whole
    did = Did.parse(as_str(stated, "$[0]"))
    options = ResolutionOptions(
        version_time=_AT, x509_chain=read_x5c([*chain], path="$.x5c")
    )
    document = resolve(did, Evidence(), options)
    assert str(document.id) == stated
    # Whoever has none of the keys gets no key but the one that was certified.
    method = document.method_for(f"{did}#0", "assertionMethod", at=_AT)
    assert method.key == _chain()[0].key.public_key


def _did_seeds() -> list[bytes]:
    care, middle, root = _chain()
    name = ("san", "dns", "care.example")
    return [
        compact([str(create(one.der, name)), *x5c(care, middle, root)])
        for one in (middle, root)
    ]


def _did_change(data: bytes, chance: Chance) -> bytes:
    """Mostly inside one certificate."""
    try:
        stated, *chain = json.loads(data)
        ders = [base64.b64decode(one) for one in chain]
    except (ValueError, TypeError):
        return octets(data, chance)
    if not ders or chance.once_in(3):
        return json_text(data, chance)
    place = chance.random.randrange(len(ders))
    ders[place] = octets(ders[place], chance)
    # Escaped, because what is stated may have become half a character.
    return json.dumps(
        [stated, *(base64.b64encode(one).decode() for one in ders)]
    ).encode()


def _revoked(data: bytes) -> None:
    """A list that anybody may have changed, about a certificate that is not on it."""
    care, middle, root = _chain()
    chain = [one.der for one in (care, middle, root)]
    found = check_revocation(chain, [data], at=_AT)
    assert found in {(None, None), (_DUE, None)}, "somebody else's word"
    if found == (None, None):
        raise MalformedValue("it tells nothing")


def _revoked_seeds() -> list[bytes]:
    _, middle, root = _chain()
    return [revocations(middle), revocations(middle, root)]


def _der(data: bytes) -> None:
    waiting, steps = [der.read(data)], 0
    assert waiting[0].encoded == data
    while waiting and steps < _MAX_STEPS:
        one = waiting.pop()
        steps += 1
        assert der.write(one.tag, one.content) == one.encoded, "two spellings"
        if one.tag & 0x20:
            waiting += one.members(one.tag)


@functools.cache
def _token() -> bytes:
    return tsa.drafted(nonce=5).token()


def _timestamp(data: bytes) -> None:
    anchors = [tsa.ROOT.der]
    when = verify_timestamp(data, tsa.DIGEST, anchors=anchors, at=_STAMPED, nonce=5)
    assert when == _STAMPED, "a time that nobody signed"


def _response(data: bytes) -> None:
    _timestamp(read_timestamp_response(data))


def _response_seeds() -> list[bytes]:
    return [tsa.sequence(tsa.sequence(der.integer(0)), _token())]


TARGETS: Final = (
    Target(name="did-x509", read=_did, seeds=_did_seeds, change=_did_change),
    Target(name="crl", read=_revoked, seeds=_revoked_seeds, change=octets),
    Target(name="der", read=_der, seeds=lambda: [_token()], change=octets),
    Target(name="timestamp", read=_timestamp, seeds=lambda: [_token()], change=octets),
    Target(
        name="timestamp-response",
        read=_response,
        seeds=_response_seeds,
        change=octets,
    ),
)
