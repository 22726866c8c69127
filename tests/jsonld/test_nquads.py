"""N-Quads in canonical form: strict to read, one way to write."""

from __future__ import annotations

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import ParsingError
from medid.jsonld import nquads


@pytest.mark.parametrize(
    ("text", "quad"),
    [
        ("<urn:a> <urn:b> <urn:c> .", ("<urn:a>", "<urn:b>", "<urn:c>", "")),
        ("<urn:a><urn:b>_:c<urn:g>.", ("<urn:a>", "<urn:b>", "_:c", "<urn:g>")),
        ('_:a <urn:b> "c" _:g . # d', ("_:a", "<urn:b>", '"c"', "_:g")),
        ('_:a <urn:b> "c"@de-AT .', ("_:a", "<urn:b>", '"c"@de-AT', "")),
        ('_:a <urn:b> "c"^^<urn:d> .', ("_:a", "<urn:b>", '"c"^^<urn:d>', "")),
        (
            '_:a <urn:b> "c"^^<http://www.w3.org/2001/XMLSchema#string> .',
            ("_:a", "<urn:b>", '"c"', ""),
        ),
        (
            r'_:a <urn:\u0062> "\u0063\t\'\U0001F600\u000B" .',
            ("_:a", "<urn:b>", '"c\\t\'\U0001f600\\u000B"', ""),
        ),
    ],
)
def test_reads_and_normalizes(text: str, quad: nquads.Quad) -> None:
    assert nquads.parse(text) == [quad]


@pytest.mark.parametrize(
    "text", ["\ufffe", "a\uffffb", "\x0b\x7f", "\x80\x85\u2028\U0001fffe", "\\uFFFE"]
)
def test_literals_are_escaped_as_by_a_peer(text: str) -> None:
    subject, link = pyoxigraph.NamedNode("urn:a"), pyoxigraph.NamedNode("urn:b")
    triple = pyoxigraph.Triple(subject, link, pyoxigraph.Literal(text))
    written = pyoxigraph.serialize([triple], format=pyoxigraph.RdfFormat.N_TRIPLES)
    line = nquads.line(("<urn:a>", "<urn:b>", nquads.literal(text), ""))
    assert written is not None
    assert line.encode() == written


def test_ignores_blank_lines_comments_and_repetitions() -> None:
    text = "# a\n\n_:a <urn:b> _:c .\r\n_:a <urn:b> _:c .\n"
    assert nquads.parse(text) == [("_:a", "<urn:b>", "_:c", "")]


@pytest.mark.parametrize(
    "text",
    [
        "<urn:a> <urn:b> .",
        "<urn:a> _:b <urn:c> .",
        '"a" <urn:b> <urn:c> .',
        "<urn:a> <urn:b> <urn:c>",
        "<urn:a > <urn:b> <urn:c> .",
        '<urn:a> <urn:b> "c .',
        r'<urn:a> <urn:b> "\q" .',
        r'<urn:a> <urn:b> "\UFFFFFFFF" .',
        "<urn:a> <urn:b> <urn:c> <urn:d> <urn:e> .",
    ],
)
def test_refuses_what_is_not_n_quads(text: str) -> None:
    with pytest.raises(ParsingError):
        nquads.parse(text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_string_survives_writing_and_reading(text: str) -> None:
    quad = ("_:a", "<urn:b>", nquads.literal(text), "")
    assert nquads.parse(nquads.line(quad)) == [quad]
    assert nquads.line(quad).count("\n") == 1


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_iri_breaks_out_of_its_brackets(text: str) -> None:
    quad = (nquads.iri(text), "<urn:b>", "_:c", "_:g")
    assert nquads.parse(nquads.line(quad)) == [quad]
