"""Trusted contexts: pinned, immutable, never fetched."""

from __future__ import annotations

import gc
import hashlib
import json
import re
import threading
import tracemalloc
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from medid.errors import (
    CanonicalizationError,
    ConfigurationError,
    ContextNotTrusted,
    DataLoss,
    MalformedValue,
    ParsingError,
    TooLarge,
)
from medid.jsonld import ContextStore, Statements, active, bundle, canonicalize
from medid.jsonld.budget import MAX_PROCESSED
from medid.jsonld.bundle import BUNDLED

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonObject, JsonValue

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
URL = "https://terms.example/v1"


def test_every_bundled_context_has_its_pinned_bytes_and_processes() -> None:
    store = ContextStore.bundled()
    assert len(BUNDLED) == 23
    for url, (_, digest) in BUNDLED.items():
        assert hashlib.sha256(store.content(url)).hexdigest() == digest
        assert "@context" in store.get(url)
        assert store.initial.local([url]).rivals is not None


def test_provenance_names_every_file_with_its_digest() -> None:
    text = files("medid.jsonld").joinpath("contexts", "PROVENANCE.md").read_text()
    for url, (name, digest) in BUNDLED.items():
        assert re.search(rf"`{re.escape(name)}` \| {re.escape(url)} \|.*{digest}", text)


def test_credentials_v2_has_the_digest_of_the_recommendation() -> None:
    assert BUNDLED[V2][1].startswith("59955ced6697d61e03f2b2556febe530")


def test_digests_of_other_bytes_are_those_that_the_recommendations_list() -> None:
    # The data model 1.1, and Data Integrity in section 2.4.
    assert bundle.PUBLISHED.keys() == LISTED.keys()
    for url, digest in LISTED.items():
        assert ContextStore.bundled().published_sha256(url) == bytes.fromhex(digest)


@pytest.mark.parametrize("url", bundle.PUBLISHED)
def test_other_bytes_than_the_published_ones_mean_the_same(url: str) -> None:
    # The published packages differ from the Recommendations' bytes in white space.
    meaning = json.dumps(json.loads(bundle.content(url)), sort_keys=True)
    assert hashlib.sha256(meaning.encode()).hexdigest() == MEANINGS[url]


DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
MULTIKEY = "https://w3id.org/security/multikey/v1"
LISTED = {
    V1: "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
    DATA_INTEGRITY: "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    MULTIKEY: "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
}
MEANINGS = {
    V1: "d2fbba4e80c1644b826656349d9ad357c4ada176bdfe2400697c60c5c3bdd7d5",
    DATA_INTEGRITY: "9a8ce91771b3ed332540a3e3fb690603297e3182daff6a1211b75205f16b5f48",
    MULTIKEY: "faceca616f7df6c83dbe8145dcbd69c394eae6c799e6bce628555d17b86856a0",
}


def test_altered_bytes_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        bundle.pinned(b"{}", "00" * 32)


def test_registering_gives_a_new_store() -> None:
    store = ContextStore.bundled()
    other = store.register_context(URL, {"@context": {"a": "urn:a"}})
    assert URL in other
    assert URL not in store
    assert other.get(URL) == {"@context": {"a": "urn:a"}}
    again = other.register_context(URL, b'{"@context":{"a":"urn:a"}}')
    assert URL in again
    with pytest.raises(ContextNotTrusted):
        store.get(URL, path="$.x")


def test_what_is_registered_is_as_it_was_published() -> None:
    store = ContextStore.bundled().register_context(URL, {"@context": {}})
    assert store.published_sha256(URL) is None
    published = {url for url in BUNDLED if store.published_sha256(url) is not None}
    assert published == bundle.PUBLISHED.keys()


def test_a_store_cannot_be_changed_through_what_it_shows() -> None:
    store = ContextStore.bundled()
    with pytest.raises(TypeError):
        store.get(V2)["@context"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        store.registered[URL] = b""  # type: ignore[index]


def test_the_digest_given_at_registration_is_checked() -> None:
    store, content = ContextStore.bundled(), b'{"@context": {}}'
    digest = hashlib.sha256(content).hexdigest()
    assert URL in store.register_context(URL, content, digest=digest)
    with pytest.raises(ConfigurationError):
        store.register_context(URL, content + b" ", digest=digest)


@pytest.mark.parametrize(
    ("url", "document", "error"),
    [
        ("relative", b'{"@context": {}}', ConfigurationError),
        ("https://a.example/ b", b'{"@context": {}}', ConfigurationError),
        (V2, b'{"@context": {}}', ConfigurationError),
        (URL, b"{}", MalformedValue),
        (URL, b"[]", ParsingError),
        (URL, b'{"@context": {}, "@context": {}}', ParsingError),
        (URL, {"@context": {"a": float("nan")}}, ParsingError),
    ],
)
def test_refuses_to_register(
    url: str, document: bytes | JsonObject, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ContextStore.bundled().register_context(url, document)


def _document(*contexts: object, **members: object) -> JsonObject:
    return {"@context": list(contexts), **members}  # type: ignore[dict-item,arg-type]


@pytest.mark.parametrize(
    "context",
    [
        "https://unknown.example/v1",
        "https://www.w3.org/ns/../ns/credentials/v2",
        V2 + "#",
        V2 + "/",
        V2.upper(),
        "credentials/v2",
        {"a": "urn:a"},
        None,
        1,
        ["https://www.w3.org/ns/credentials/v2"],
    ],
)
def test_what_is_not_exactly_trusted_is_refused_with_its_path(context: object) -> None:
    with pytest.raises(ContextNotTrusted) as caught:
        canonicalize(_document(V2, context, name="x"), ContextStore.bundled())
    assert caught.value.path == "$.@context[1]"


@pytest.mark.parametrize("context", [None, 1, True, ["urn:a"]])
def test_only_urls_and_objects_are_inline_contexts(context: object) -> None:
    store = ContextStore.bundled().with_inline_contexts()
    with pytest.raises(ContextNotTrusted) as caught:
        canonicalize(_document({"a": "urn:a"}, context, a="x"), store)
    assert caught.value.path == "$.@context[1]"


def test_a_context_without_any_entry_says_nothing() -> None:
    store = ContextStore.bundled().with_inline_contexts()
    issuer = _document(id="urn:x")
    nested = _document(V2, type="VerifiableCredential", issuer=issuer)
    for document in (_document(a="x"), nested):
        with pytest.raises(DataLoss, match="an empty @context"):
            canonicalize(document, store)


def test_a_nested_inline_context_is_refused() -> None:
    issuer: JsonObject = {"@context": {"a": "urn:a"}, "id": "urn:x"}
    document = _document(V2, type="VerifiableCredential", issuer=issuer)
    with pytest.raises(ContextNotTrusted) as caught:
        canonicalize(document, ContextStore.bundled())
    assert caught.value.path == "$.issuer.@context"


def test_inline_contexts_work_where_asked_for() -> None:
    store = ContextStore.bundled().with_inline_contexts()
    found = canonicalize(_document({"a": "urn:a"}, a="x"), store)
    assert found == b'_:c14n0 <urn:a> "x" .\n'
    # Not remembered: another document's own terms stay its own.
    other = canonicalize(_document({"a": "urn:b"}, a="x"), store)
    assert other == b'_:c14n0 <urn:b> "x" .\n'


def test_a_whole_context_document_may_stand_for_an_inline_context() -> None:
    store = ContextStore.bundled().with_inline_contexts()
    whole: JsonObject = {"@context": {"a": "urn:a"}}
    for context in ([whole], [V2, whole]):
        found = canonicalize(_document(*context, a="x"), store)
        assert found == b'_:c14n0 <urn:a> "x" .\n'
    single: JsonObject = {"@context": whole, "a": "x"}
    assert canonicalize(single, store) == b'_:c14n0 <urn:a> "x" .\n'
    with pytest.raises(ContextNotTrusted):
        canonicalize(_document(V2, whole, name="x"), ContextStore.bundled())


@pytest.mark.parametrize(
    "inline",
    [
        {"@context": {"a": "urn:a"}, "b": "urn:b"},
        {"@context": {"@context": {"a": "urn:a"}}},
        {"@context": V2},
        {"@context": [{"a": "urn:a"}]},
        {"@context": None},
    ],
)
def test_what_is_no_whole_context_document_redefines_a_keyword(
    inline: JsonObject,
) -> None:
    store = ContextStore.bundled().with_inline_contexts()
    with pytest.raises(CanonicalizationError):
        canonicalize(_document(inline, a="x"), store)


@pytest.mark.parametrize(
    "inline",
    [
        {"@import": "https://unknown.example/v1"},
        {"a": {"@id": "urn:a", "@context": "https://unknown.example/v1"}},
    ],
)
def test_imports_come_from_the_store_only(inline: JsonObject) -> None:
    store = ContextStore.bundled().with_inline_contexts()
    with pytest.raises(ContextNotTrusted):
        canonicalize(_document(inline, a={"id": "urn:x"}), store)


def test_imports_from_the_store_are_used() -> None:
    store = (
        ContextStore.bundled()
        .register_context(URL, {"@context": {"a": "urn:a"}})
        .with_inline_contexts()
    )
    inline = {"@version": 1.1, "@import": URL, "b": "urn:b"}
    found = canonicalize(_document(inline, a="x", b="y"), store)
    assert found == b'_:c14n0 <urn:a> "x" .\n_:c14n0 <urn:b> "y" .\n'


def test_contexts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(CanonicalizationError):
        canonicalize(_document(V2, V1, name="x"), ContextStore.bundled())


def test_a_context_that_breaks_json_ld_is_refused() -> None:
    store = ContextStore.bundled().register_context(URL, {"@context": {"a": 5}})
    with pytest.raises(CanonicalizationError):
        canonicalize(_document(URL, a="x"), store)


def test_two_stores_keep_their_own_meaning_of_a_url() -> None:
    one = ContextStore.bundled().register_context(URL, {"@context": {"a": "urn:1"}})
    two = ContextStore.bundled().register_context(URL, {"@context": {"a": "urn:2"}})
    assert b"urn:1" in canonicalize(_document(URL, a="x"), one)
    assert b"urn:2" in canonicalize(_document(URL, a="x"), two)
    assert b"urn:1" in canonicalize(_document(URL, a="x"), one)


def test_more_combinations_than_the_cache_holds_still_work() -> None:
    terms: JsonObject = {"type": "@type", "p": "urn:p"}
    for number in range(9):
        terms[f"T{number}"] = {
            "@id": f"urn:T{number}",
            "@context": {f"q{number}": "urn:q"},
        }
    store = ContextStore.bundled().register_context(URL, {"@context": terms})
    for mask in range(1, 2**9):
        types = [f"T{number}" for number in range(9) if mask >> number & 1]
        last = types[-1].removeprefix("T")
        document = _document(URL, type=types, **{f"q{types[0][1:]}": "x"})
        assert canonicalize(document, store).count(b"\n") == len(types) + 1, last


@pytest.mark.parametrize(
    ("times", "types"),
    [
        (100, lambda number: [f"urn:{number}:" + "a" * 60_000]),
        (180, lambda number: [f"urn:{number}:{n}:" + "a" * 90 for n in range(80)]),
        (120, lambda number: [f"T{n}" for n in range(12) if number * 61 >> n & 1]),
    ],
    ids=["long", "many", "combined"],
)
def test_what_documents_ask_for_is_kept_within_bounds(
    times: int,
    types: Callable[[int], list[JsonValue]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(active, "MAX_KEPT_BYTES", 4_194_304, raising=False)
    terms: JsonObject = {
        f"T{n}": {
            "@id": f"urn:T{n}",
            "@context": {f"w{n}x{m}": f"urn:w{n}:{m}" for m in range(20)},
        }
        for n in range(12)
    }
    terms |= {"type": "@type", "a": "urn:a"}
    store = ContextStore().register_context(URL, {"@context": terms})
    tracemalloc.start()
    try:
        for number in range(1, times):
            canonicalize(_document(URL, type=types(number), a="x"), store)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 4_194_304


def test_what_was_dropped_is_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    terms: JsonObject = {f"T{n}": {"@id": f"urn:T{n}"} for n in range(270)}
    terms |= {"type": "@type", "a": {"@id": "urn:a", "@context": {"b": "urn:b"}}}
    store = ContextStore().register_context(URL, {"@context": terms})
    documents = [_document(URL, type=f"T{n}", a={"b": "x"}) for n in range(270)]
    found = [canonicalize(one, store) for one in documents]
    monkeypatch.setattr(active, "MAX_KEPT_BYTES", 30_000_000)
    again = store.register_context(URL + "/other", {"@context": {}})
    assert [canonicalize(one, again) for one in documents] == found
    assert [canonicalize(one, store) for one in documents] == found


def _scoped() -> ContextStore:
    terms: JsonObject = {
        f"T{n}": {"@id": f"urn:T{n}", "@context": {f"w{n}": f"urn:w{n}"}}
        for n in range(12)
    }
    terms |= {"type": "@type", "id": "@id", "a": "urn:a"}
    terms |= {
        name: {"@id": f"urn:{name}", "@context": {f"{name}x": "urn:x"}} for name in "pq"
    }
    return ContextStore().register_context(URL, {"@context": terms})


def _refused(document: JsonObject) -> TooLarge:
    with pytest.raises(TooLarge, match="new combinations of contexts") as caught:
        canonicalize(document, _scoped())
    return caught.value


def test_a_document_names_no_more_contexts_than_may_be_processed() -> None:
    assert canonicalize(_document(*[URL] * MAX_PROCESSED, a="x"), _scoped())
    error = _refused(_document(*[URL] * (MAX_PROCESSED + 1), a="x"))
    assert error.path == "$.@context"


def test_types_and_members_with_contexts_count_too() -> None:
    nodes: list[JsonValue] = [
        {"id": f"urn:{n}", "type": [f"T{bit}" for bit in range(12) if n >> bit & 1]}
        for n in range(1, 300)
    ]
    assert _refused(_document(URL, a=nodes)).path.endswith(".type")
    chains: list[JsonValue] = []
    for number in range(40):
        inner: JsonValue = f"{number}"
        for step in range(40):
            inner = {"pq"[(number >> step % 6) + step & 1]: inner, f"a{step}": "x"}
        chains.append(inner)
    vocabulary: JsonObject = {"@vocab": "urn:v:"}
    document = _document(URL, vocabulary, a=chains)
    with pytest.raises(TooLarge, match="new combinations of contexts"):
        canonicalize(document, _scoped().with_inline_contexts())


def test_all_documents_of_a_verification_share_what_may_be_processed() -> None:
    statements = Statements(_scoped())
    half = MAX_PROCESSED // 2 - 1
    for count in (half, half + 1):
        document = _document(*[URL] * count, a="x")
        statements.read(document)
        assert statements.canonical(document, context=None, without="proof").nquads
    document = _document(*[URL] * 4, a="x")
    statements.read(document)
    with pytest.raises(TooLarge):
        statements.canonical(document, context=None, without="proof")
    again = _document(*[URL] * half, a="y")
    assert statements.canonical(again, context=None, without="proof").nquads


def test_threads_share_one_store() -> None:
    store = ContextStore.bundled().register_context(URL, {"@context": {"a": "urn:a"}})
    documents = [
        _document(V2, type="VerifiableCredential", issuer="urn:x", name=str(number))
        for number in range(4)
    ] + [_document(URL, a=str(number)) for number in range(4)]
    expected = [
        canonicalize(
            document,
            ContextStore.bundled().register_context(URL, {"@context": {"a": "urn:a"}}),
        )
        for document in documents
    ]
    wrong: list[int] = []
    gate = threading.Barrier(32)

    def work(offset: int) -> None:
        gate.wait()
        for step in range(40):
            number = (offset + step) % len(documents)
            if canonicalize(documents[number], store) != expected[number]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
