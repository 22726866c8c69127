"""DIDs and DID URLs: the grammar of DID Core, exact text, linear time."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.dids.syntax import MAX_LENGTH, Did, DidUrl
from medid.errors import InvalidDid

_PCT = st.sampled_from(["%3A", "%2f", "%00", "%ff"])
_IDCHAR = st.one_of(st.sampled_from(string.ascii_letters + string.digits + "._-"), _PCT)
_SEGMENT = st.lists(_IDCHAR, max_size=8).map("".join)
_LAST = st.lists(_IDCHAR, min_size=1, max_size=8).map("".join)
_IDS = st.builds(
    lambda segments, last: ":".join([*segments, last]),
    st.lists(_SEGMENT, max_size=3),
    _LAST,
)
_METHODS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
_DIDS = st.builds("did:{}:{}".format, _METHODS, _IDS)
_PCHAR = st.one_of(_IDCHAR, st.sampled_from("~!$&'()*+,;=:@"))
_PATHS = st.lists(st.lists(_PCHAR, max_size=4).map(lambda c: "/" + "".join(c))).map(
    "".join
)
_TAILS = st.lists(st.one_of(_PCHAR, st.sampled_from("/?")), max_size=6).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "did:example:123",
        "did:e:1",
        "did:0:.",
        "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "did:web:board.example%3A8443:units:7",
        "did:example:a::b",
        "did:example:::x",
        "did:example:%3a%3A",
        "did:example:A_b-c.d",
        "did:example:" + "a" * (MAX_LENGTH - len("did:example:")),
    ],
)
def test_a_did_is_read_and_its_text_is_kept(text: str) -> None:
    did = Did.parse(text)
    assert str(did) == text
    assert text == f"did:{did.method}:{did.id}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did",
        "did:",
        "did::",
        "did:example",
        "did:example:",
        "did:example:a:",
        "did:example:a::",
        "did::abc",
        "DID:example:abc",
        "Did:example:abc",
        "did:Example:abc",
        "did:exa-mple:abc",
        "did:ex.ample:abc",
        "did:exámple:abc",
        "did:é:abc",
        "did:\u0661:abc",
        "did:example:\u0661",
        "did:example:ábc",
        "did:example:abc\n",
        "\ndid:example:abc",
        " did:example:abc",
        "did:example:abc ",
        "did:example:a bc",
        "did:example:a\tbc",
        "did:example:a\x00bc",
        "did:example:a\u200bbc",
        "did:example:a%",
        "did:example:a%3",
        "did:example:a%3g",
        "did:example:a%\uff11\uff11",
        "did:example:abc/path",
        "did:example:abc?query",
        "did:example:abc#fragment",
        "did:example:abc#",
        "did:example:~abc",
        "did:example:a+b",
        "https://board.example",
        "urn:did:example:abc",
        "did:example:" + "a" * (MAX_LENGTH - len("did:example:") + 1),
    ],
)
def test_what_is_not_a_did_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(InvalidDid) as caught:
        Did.parse(text, path="$.issuer")
    assert caught.value.path == "$.issuer"


@pytest.mark.parametrize(
    ("method", "identifier"),
    [("Key", "a"), ("key\n", "a"), ("", "a"), ("key", ""), ("key", "a#b"), ("k", "a:")],
)
def test_no_way_to_make_a_did_leads_past_the_grammar(
    method: str, identifier: str
) -> None:
    with pytest.raises(InvalidDid):
        Did(method=method, id=identifier)


def test_the_length_limit_holds_for_parts_too() -> None:
    with pytest.raises(InvalidDid, match="at most"):
        Did(method="key", id="a" * MAX_LENGTH)
    did = Did(method="key", id="a" * 100)
    with pytest.raises(InvalidDid, match="at most"):
        DidUrl(did=did, fragment="f" * MAX_LENGTH)


@pytest.mark.parametrize(
    "other",
    [
        "did:web:Board.example",
        "did:web:board.example.",
        "did:web:board%2Eexample",
        "did:webvh:board.example",
        "did:web:board.example:units",
        "did:web:board.exampl",
    ],
)
def test_another_spelling_is_another_did(other: str) -> None:
    assert Did.parse("did:web:board.example") != Did.parse(other)
    assert hash(Did.parse(other)) == hash(Did.parse(other))


@given(_DIDS)
def test_every_did_of_the_grammar_is_read_and_written_alike(text: str) -> None:
    assert str(Did.parse(text)) == text
    assert DidUrl.parse(text) == DidUrl(did=Did.parse(text))


@given(_DIDS, _PATHS, st.none() | _TAILS, st.none() | _TAILS)
def test_every_did_url_of_the_grammar_is_read_and_written_alike(
    did: str, path: str, query: str | None, fragment: str | None
) -> None:
    text = did + path
    text += "" if query is None else "?" + query
    text += "" if fragment is None else "#" + fragment
    url = DidUrl.parse(text)
    assert str(url) == text
    assert (str(url.did), url.path, url.query, url.fragment) == (
        did,
        path,
        query,
        fragment,
    )


@given(_DIDS, st.characters(exclude_characters=string.printable), st.integers(0, 40))
def test_no_character_beyond_ascii_gets_in_anywhere(
    did: str, intruder: str, place: int
) -> None:
    for text in (did, did + "/p?q#f"):
        spot = min(place, len(text))
        with pytest.raises(InvalidDid):
            DidUrl.parse(text[:spot] + intruder + text[spot:])


@given(st.text(max_size=40))
def test_whatever_is_read_is_written_alike_and_nothing_else_escapes(text: str) -> None:
    for candidate in (text, "did:" + text, "did:a:" + text, "did:a:b" + text):
        try:
            url = DidUrl.parse(candidate)
        except InvalidDid:
            continue
        assert str(url) == candidate


@pytest.mark.parametrize(
    "text",
    [
        "did:example:abc/a b",
        "did:example:abc/é",
        "did:example:abc/a\n",
        "did:example:abc?a\n",
        "did:example:abc#a\n",
        "did:example:abc#a#b",
        "did:example:abc?<",
        'did:example:abc#"',
        "did:example:abc#%4",
        "#key-1",
        "/path",
        "did:example:#key-1",
        "did:example:abc:#key-1",
        "did:example:abc#" + "a" * MAX_LENGTH,
    ],
)
def test_what_is_not_a_did_url_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(InvalidDid) as caught:
        DidUrl.parse(text, path="$.proof.verificationMethod")
    assert caught.value.path == "$.proof.verificationMethod"


def test_absent_and_empty_parts_differ() -> None:
    assert DidUrl.parse("did:a:b") != DidUrl.parse("did:a:b#")
    assert DidUrl.parse("did:a:b") != DidUrl.parse("did:a:b?")
    assert DidUrl.parse("did:a:b") != DidUrl.parse("did:a:b/")
    assert DidUrl.parse("did:a:b#").fragment == ""


def test_parameters_are_given_in_order_and_undecoded() -> None:
    url = DidUrl.parse("did:a:b?service=files&relativeRef=%2Fx&service=b&flag")
    assert url.parameters == (
        ("service", "files"),
        ("relativeRef", "%2Fx"),
        ("service", "b"),
        ("flag", ""),
    )
    assert DidUrl.parse("did:a:b").parameters == ()
    assert DidUrl.parse("did:a:b?").parameters == ()


@pytest.mark.parametrize("unit", ["a", "a:", "%3A", "%", ":", "a%3", "/", "?", "#"])
def test_hostile_lengths_cost_no_time(unit: str) -> None:
    start = time.process_time()
    for size in (MAX_LENGTH - 20, 100_000):
        with pytest.raises(InvalidDid):
            DidUrl.parse("did:a:" + unit * (size // len(unit)) + "\n")
    assert time.process_time() - start < 1
