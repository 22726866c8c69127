"""Time-stamps of a bundle: since when it exists at the latest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from medid.access.bundle import read
from medid.access.bundle_timestamps import (
    MAX_TIMESTAMPS,
    digest_to_stamp,
    existed_at,
    with_timestamp,
)
from medid.core import der
from medid.core.instant import Instant
from medid.errors import (
    InvalidSignature,
    InvalidVerificationMethod,
    MalformedProof,
    MedidError,
    NotYetValid,
    TooLarge,
)
from tests.access.test_bundle import GOLDEN
from tests.keys.tsa import MIDDLE, ROOT, drafted

DOCUMENT: dict[str, Any] = json.loads(GOLDEN.read_text())
STAMPED = Instant.parse("2026-06-15T12:00:00Z")
AT = STAMPED.plus(60)


def token(time: bytes = b"20260615120000Z", document: Any = DOCUMENT) -> bytes:
    return drafted(time=time, imprint=digest_to_stamp(document)).token()


def existed(document: Any, at: Instant = AT, anchor: bytes = ROOT.der) -> Instant:
    return existed_at(document, anchors=[anchor], at=at)


def test_a_bundle_exists_since_its_earliest_time_stamp() -> None:
    later = with_timestamp(dict(DOCUMENT), token(b"20260615120030Z"))
    assert existed(later) == STAMPED.plus(30)
    both = with_timestamp(later, token())
    assert existed(both) == STAMPED
    assert read(json.dumps(both)).document == both
    assert "timestamps" not in DOCUMENT


def test_a_time_stamp_that_is_not_exact_may_be_of_later() -> None:
    """A key that was replaced in between is not to sign for the time before."""
    inexact = drafted(
        time=b"20260615120000Z",
        imprint=digest_to_stamp(DOCUMENT),
        accuracy=der.write(der.SEQUENCE, der.integer(30)),
    )
    stamped = with_timestamp(dict(DOCUMENT), inexact.token())
    assert existed(stamped) == STAMPED.plus(30)
    assert existed(with_timestamp(stamped, token(b"20260615120020Z"))) == (
        STAMPED.plus(20)
    )


def test_a_time_stamp_of_another_bundle_does_not_count() -> None:
    other = {**DOCUMENT, "signature": "another"}
    stamped = with_timestamp(dict(DOCUMENT), token())
    with pytest.raises(InvalidSignature) as caught:
        existed(with_timestamp(stamped, token(document=other)))
    assert caught.value.path == "$.timestamps[1]"


def test_whose_word_counts_the_reader_says() -> None:
    stamped = with_timestamp(dict(DOCUMENT), token())
    with pytest.raises(InvalidVerificationMethod):
        existed_at(stamped, anchors=[], at=AT)
    with pytest.raises(NotYetValid):
        existed(stamped, at=STAMPED.plus(-1))
    assert MIDDLE.der != ROOT.der


def test_without_a_time_stamp_nothing_is_shown() -> None:
    for document in (DOCUMENT, {**DOCUMENT, "timestamps": []}):
        with pytest.raises(MalformedProof):
            existed(document)
    for odd in ("x", [1], ["AAAA"]):
        with pytest.raises(MedidError) as caught:
            existed({**DOCUMENT, "timestamps": odd})
        assert caught.value.path.startswith("$.timestamps")


def test_a_bundle_has_a_few_time_stamps_only() -> None:
    stamped = dict(DOCUMENT)
    for _ in range(MAX_TIMESTAMPS):
        stamped = dict(with_timestamp(stamped, token()))
    assert existed(stamped) == STAMPED
    with pytest.raises(TooLarge):
        with_timestamp(stamped, token())
    stamped["timestamps"] = [*stamped["timestamps"], "AAAA"]
    with pytest.raises(TooLarge):
        existed(stamped)
