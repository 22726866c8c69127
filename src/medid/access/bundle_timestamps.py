"""Time-stamps of an evidence bundle: when it existed at the latest.

Stamped is the signature, which is over every member. So whoever holds a token knows
that the decision, and all that it stood on, was written down no later than that.

Spec: https://www.rfc-editor.org/rfc/rfc3161#section-2.4
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from medid.access.bundle_parts import bytes_of
from medid.core import base64url
from medid.core.fields import required, required_str
from medid.core.instant import Instant
from medid.errors import MalformedProof, TooLarge, located
from medid.keys.timestamps import existed_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject, JsonValue

MAX_TIMESTAMPS: Final = 8  # of one bundle; a new one for each decade of a century


def digest_to_stamp(document: JsonObject) -> bytes:
    """What an authority is to stamp of the bundle ``document``: never its content.

    Raises:
        MalformedValue: It has no signature.
    """
    return hashlib.sha256(required_str(document, "signature", "$").encode()).digest()


def with_timestamp(document: JsonObject, token: bytes) -> JsonObject:
    """The bundle ``document`` with one more time-stamp. It is not modified.

    Raises:
        MalformedValue: Its time-stamps are no list.
        TooLarge: It has ``MAX_TIMESTAMPS`` already.
    """
    tokens: list[JsonValue] = [*_tokens(document), base64url.encode(token)]
    if len(tokens) > MAX_TIMESTAMPS:
        message = f"a bundle has at most {MAX_TIMESTAMPS} time-stamps"
        raise TooLarge(message, path="$.timestamps")
    return {**document, "timestamps": tokens}


def existed_at(
    document: JsonObject, *, anchors: Sequence[bytes], at: Instant
) -> Instant:
    """When the bundle ``document`` existed at the latest: its earliest time-stamp.

    The inexactness that a time-stamp states of itself is counted in.

    Whether its signature holds, ask ``Bundle.check``.

    Args:
        document: The bundle.
        anchors: DER, of the authorities whose word on it counts.
        at: The time of the question.

    Raises:
        MalformedProof: It has no time-stamp.
        TooLarge: It has more than ``MAX_TIMESTAMPS``.
        MedidError: One of them does not hold, as ``verify_timestamp`` says.
    """
    tokens = _tokens(document)
    if not tokens:
        raise MalformedProof("this bundle has no time-stamp", path="$.timestamps")
    if len(tokens) > MAX_TIMESTAMPS:
        message = f"a bundle has at most {MAX_TIMESTAMPS} time-stamps"
        raise TooLarge(message, path="$.timestamps")
    digest, found = digest_to_stamp(document), list[Instant]()
    for place, token in enumerate(tokens):
        with located(f"$.timestamps[{place}]"):
            raw = bytes_of(token, "$")
            found.append(existed_by(raw, digest, anchors=anchors, at=at))
    return min(found)


def _tokens(document: JsonObject) -> list[JsonValue]:
    if "timestamps" not in document:
        return []
    return required(document, "timestamps", list, "$")
