"""Evidence: sealed answers, and failures that stay failures."""

from __future__ import annotations

import asyncio

import pytest

from medid.core.evidence import Evidence, Need, once_each
from medid.core.fetch import Fetched, FetchRequest, NoFetch
from medid.core.instant import Instant
from medid.errors import (
    EvidenceUnavailable,
    FetchFailed,
    MalformedValue,
    MedidError,
)

URL = "https://board.example/status/1"
THEN = Instant.parse("2026-06-15T12:00:00Z")


def document(content: bytes = b"{}") -> Fetched:
    return Fetched.of(URL, content, fetched_at=THEN, media_type="application/vc")


def test_a_need_becomes_a_request() -> None:
    need = Need(kind="status-list", url=URL, accept="application/vc", max_bytes=9)
    expected = FetchRequest(
        url=URL, accept="application/vc", max_bytes=9, kind="status-list"
    )
    assert need.request() == expected


@pytest.mark.parametrize(
    ("kinds", "asked"),
    [
        (["schema", "did-document"], "did-document"),
        (["did-document", "schema"], "did-document"),
        (["related-resource", "key-set", "status-list"], "status-list"),
        (["status-list", "did-document"], "status-list"),
        (["issuer-metadata", "registry-answer"], "registry-answer"),
        (["type-metadata", "crl"], "crl"),
        (["schema", "related-resource"], "schema"),
        (["did-document", "key-set"], "did-document"),
    ],
)
def test_of_several_needs_the_one_is_asked_that_has_to_be_newest(
    kinds: list[str], asked: str
) -> None:
    needs = [Need(kind=kind, url=URL, accept=kind, max_bytes=9) for kind in kinds]
    other = Need(kind="schema", url=f"{URL}0", accept="*/*", max_bytes=9)
    found = once_each([needs[0], other, *needs[1:]])
    assert [one.url for one in found] == [URL, other.url]
    assert (found[0].kind, found[0].accept) == (asked, asked)


def test_what_was_not_supplied_could_not_be_checked() -> None:
    with pytest.raises(EvidenceUnavailable) as caught:
        Evidence().get(URL, path="$.credentialStatus")
    assert caught.value.path == "$.credentialStatus"
    assert URL not in Evidence()


def test_a_failed_fetch_is_reported_with_its_own_code_each_time() -> None:
    evidence = Evidence().with_answers([(URL, FetchFailed("no answer"))])
    for _ in range(2):
        with pytest.raises(FetchFailed) as caught:
            evidence.get(URL, path="$.here")
        assert caught.value.path == "$.here"
    assert URL in evidence


def test_what_is_there_is_not_replaced() -> None:
    evidence = Evidence().with_answers([(URL, document(b"first"))])
    assert (
        evidence.with_answers([(URL, document(b"second"))]).get(URL).content == b"first"
    )


def test_the_digest_covers_each_document_and_each_failure() -> None:
    digests = {
        Evidence().digest(),
        Evidence().with_answers([(URL, document(b"a"))]).digest(),
        Evidence().with_answers([(URL, document(b"b"))]).digest(),
        Evidence().with_answers([(URL, FetchFailed("x"))]).digest(),
    }
    assert len(digests) == 4


def test_evidence_survives_its_json() -> None:
    evidence = Evidence().with_answers(
        [(URL, document(b"\x00\xff")), ("https://x.example/", FetchFailed("no answer"))]
    )
    copy = Evidence.from_json(evidence.as_json())
    assert copy.get(URL) == document(b"\x00\xff")
    assert copy.digest() == evidence.digest()
    with pytest.raises(FetchFailed, match="no answer"):
        copy.get("https://x.example/")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"format": "other"}, "$.format"),
        ({"extra": 1}, "$.extra"),
        (
            {"documents": {"u": {"code": "NO_SUCH", "message": "x"}}},
            "$.documents.u.code",
        ),
        ({"documents": {"u": {"code": "FETCH_FAILED"}}}, "$.documents.u.message"),
        ({"documents": {"u": {"content": "AA"}}}, "$.documents.u.fetchedAt"),
        ({"documents": {"u": 1}}, "$.documents.u"),
    ],
)
def test_other_json_is_no_evidence(change: dict[str, object], path: str) -> None:
    value: dict[str, object] = {"format": "medid evidence 1", "documents": {}, **change}
    with pytest.raises(MalformedValue) as caught:
        Evidence.from_json(value)  # type: ignore[arg-type]
    assert caught.value.path == path


def test_changed_content_does_not_fit_its_digest() -> None:
    value = Evidence().with_answers([(URL, document())]).as_json()
    entry = value["documents"][URL]  # type: ignore[index,call-overload]
    entry["content"] = "AAAA"  # type: ignore[index,call-overload]
    with pytest.raises(MalformedValue, match="digest"):
        Evidence.from_json(value)


def test_no_fetch_answers_each_request_with_a_failure() -> None:
    requests = [FetchRequest(url=URL, accept="*/*", max_bytes=1)] * 2
    answers = NoFetch().fetch_all(requests, seconds=1)
    assert [type(answer) for answer in answers] == [EvidenceUnavailable] * 2
    later = asyncio.run(NoFetch().afetch_all(requests, seconds=1))
    assert all(isinstance(answer, MedidError) for answer in later)
