"""JSON-LD and RDF: documents, contexts that a document brings itself, N-Quads."""

from __future__ import annotations

from typing import Final

from medid import jsonld
from medid.core import json as strict_json
from medid.errors import MedidError
from medid.health import contexts
from medid.jsonld import dataset, nquads, rdfc
from tests.attacks.documents import consent_draft, example, legacy, license_draft, plain
from tests.attacks.tokens import compact
from tests.fuzz.forms import json_text, lines
from tests.fuzz.target import Target, check_error, check_growth

# A blank node's name may be any text, and its canonical one is short.
_TIMES: Final = 64


def _document(data: bytes) -> None:
    document = strict_json.load_object(data)
    before = strict_json.dumps(document)
    strict: bytes | None = None
    try:
        strict = jsonld.canonicalize(document, contexts())
    except MedidError as error:
        check_error(error)
    loose = jsonld.to_nquads(document, contexts())
    assert strict_json.dumps(document) == before, "the document was modified"
    if strict is not None:
        assert loose == strict, "what is lost by one reading is signed in the other"
    check_growth(loose, data, _TIMES)


def _document_seeds() -> list[bytes]:
    subject = {"dose": 7, "flag": True, "ward": {"floor": [1, 2.5, "x"]}}
    drafts = (
        plain(name={"@value": "Lizenz", "@language": "de", "@direction": "ltr"}),
        example(claims=subject),
        legacy(),
        license_draft(),
        consent_draft(),
    )
    return [compact(one) for one in drafts]


def _context(data: bytes) -> None:
    document = strict_json.load_object(data)
    loose = jsonld.to_nquads(document, contexts(), base="https://a.example/b/c")
    check_growth(loose, data, _TIMES)
    strict = jsonld.canonicalize(document, contexts().with_inline_contexts())
    check_growth(strict, data, _TIMES)


def _context_seeds() -> list[bytes]:
    terms = {
        "@version": 1.1,
        "@vocab": "https://a.example/#",
        "ex": {"@id": "https://a.example/ex#", "@prefix": True},
        "id": "@id",
        "type": "@type",
        "knows": {"@id": "ex:knows", "@type": "@id", "@container": "@set"},
        "list": {"@id": "ex:list", "@container": "@list"},
        "when": {"@id": "ex:when", "@type": "ex:date"},
        "raw": {"@id": "ex:raw", "@type": "@json"},
        "said": {"@id": "ex:said", "@language": "en"},
        "Person": {
            "@id": "ex:Person",
            "@context": {"name": {"@id": "ex:name", "@protected": True}},
        },
    }
    document = {
        "@context": terms,
        "id": "urn:x:1",
        "type": "Person",
        "name": "canary feather",
        "knows": ["urn:x:2"],
        "list": [1, "two"],
        "when": "today",
        "raw": {"a": [1, None]},
        "said": "hello",
        "other": {"type": "Person", "name": "x"},
    }
    layered = {
        "@context": [{"@vocab": "urn:v#"}, {"a": {"@id": "urn:a", "@protected": True}}],
        "a": {"b": ["c"]},
    }
    return [compact(document), compact(layered)]


def _quads(data: bytes) -> None:
    # Text that is no UTF-8 has no N-Quads; the port decodes before it asks.
    found = nquads.parse(data.decode("utf-8", "surrogateescape"))
    canonical = rdfc.canonicalize(dataset.from_quads(found)).nquads
    check_growth(canonical, data, _TIMES)
    again = nquads.parse(canonical.decode())
    # RDFC-1.0 does not tell blank nodes apart that differ only in which of their
    # statements stands in which of two graphs without names (#hash-related-blank-node);
    # there the order of the input decides, in other implementations as well.
    if not any(graph.startswith("_:") for _, _, _, graph in again):
        assert rdfc.canonicalize(dataset.from_quads(again)).nquads == canonical
    assert "".join(sorted(map(nquads.line, again))).encode() == canonical


def _quads_seeds() -> list[bytes]:
    written = [jsonld.to_nquads(one, contexts()) for one in (plain(), license_draft())]
    by_hand = (
        b"_:a <urn:p> _:b <urn:g> .\n_:b <urn:p> _:a _:g .\n"
        b'_:c <urn:p> "x\\n\\u00e9\\""@en-US .# note\n'
        b'<urn:s> <urn:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n\n'
        b"_:d <urn:p> _:e .\n_:e <urn:p> _:f .\n_:f <urn:p> _:d .\n"
    )
    return [*written, by_hand]


TARGETS: Final = (
    Target(
        name="json-ld",
        read=_document,
        seeds=_document_seeds,
        change=json_text,
    ),
    Target(
        name="json-ld-context",
        read=_context,
        seeds=_context_seeds,
        change=json_text,
    ),
    Target(name="n-quads", read=_quads, seeds=_quads_seeds, change=lines),
)
