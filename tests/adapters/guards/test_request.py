"""What has two readings is no request."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.guards.request import (
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    MAX_PARAMETERS,
    MAX_PATH,
    MAX_PRESENTATION,
    MAX_QUERY,
    Incoming,
    Source,
    carried,
    check_path,
)
from medid.errors import ConfigurationError, MalformedValue, TooLarge

PRESENTED = ("authorization", "Presentation abc")


def get(path: str = "/a", **members: object) -> Incoming:
    return Incoming(**{"method": "GET", "path": path, **members})  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/Patient/p-9/$everything", "/a.b"])
def test_a_path_of_one_spelling_is_read(path: str) -> None:
    check_path(path)
    get(path, raw_path=path).check()


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "*",
            "a",
            "a/b",
            "//",
            "/a//",
            "/a//b",
            "/.",
            "/..",
            "/a.",
            "/a/./b",
            "/a;b",
        ),
        *("/a%41", "/a\\b", "/a b", "/a\x00", "/a\n", "/\u00e4", "/a?b", "/a#b"),
        "http://h/a",
    ],
)
def test_a_path_of_another_spelling_is_refused(path: str) -> None:
    with pytest.raises(MalformedValue):
        check_path(path)
    with pytest.raises(MalformedValue):
        get(raw_path=path or "x").check()


def test_the_longest_path() -> None:
    check_path("/" + "a" * (MAX_PATH - 1))
    with pytest.raises(TooLarge):
        check_path("/" + "a" * MAX_PATH)


@given(
    st.text(st.sampled_from("ab./%2eE\\;~$ \u00e4"), max_size=12).map(lambda t: "/" + t)
)
def test_what_passes_is_what_every_reader_reads(path: str) -> None:
    try:
        check_path(path)
    except MalformedValue:
        return
    # Decoding, encoding and resolving leave it as it is.
    assert unquote(path) == path == quote(path, safe="/~$!&'()*+,=:@|")
    parts = path[1:].split("/")
    assert "" not in parts[:-1]
    assert not any(part.endswith(".") for part in parts)


@pytest.mark.parametrize("method", ["", "get", "GET ", "G\u00c4T", "A" * 33, "-GET"])
def test_what_is_no_method_is_refused(method: str) -> None:
    with pytest.raises(MalformedValue):
        Incoming(method=method, path="/a").check()


def test_headers_up_to_their_bounds_are_read() -> None:
    get(headers=(("a", "b"),) * MAX_HEADERS).check()
    with pytest.raises(TooLarge):
        get(headers=(("a", "b"),) * (MAX_HEADERS + 1)).check()
    get(headers=(("a", "b" * (MAX_HEADER_BYTES - 1)),)).check()
    with pytest.raises(TooLarge):
        get(headers=(("a", "b" * MAX_HEADER_BYTES),)).check()


def test_two_authorizations_are_refused_wherever_the_presentation_stands() -> None:
    get(headers=(("authorization", "Bearer a"), ("x-presented", "abc"))).check()
    with pytest.raises(MalformedValue):
        get(headers=(("authorization", "Bearer a"),) * 2).check()


def test_the_mapper_sees_values_in_their_order_and_no_presentation() -> None:
    asked = get(
        query="a=1&b=&a=2&c=%C3%A4",
        headers=(("x", "1"), PRESENTED, ("x", "2")),
    )
    assert asked.parameters() == {"a": ("1", "2"), "b": ("",), "c": ("\u00e4",)}
    assert asked.shown(without="authorization") == {"x": "1, 2"}


def test_a_query_beyond_a_bound_is_refused() -> None:
    assert len(get(query="&".join(["a=1"] * MAX_PARAMETERS)).parameters()["a"]) == 100
    with pytest.raises(TooLarge):
        get(query="&".join(["a=1"] * (MAX_PARAMETERS + 1))).parameters()
    assert get(query="a" * MAX_QUERY).parameters() == {"a" * MAX_QUERY: ("",)}
    with pytest.raises(TooLarge):
        get(query="a" * (MAX_QUERY + 1)).parameters()
    with pytest.raises(MalformedValue):
        get(query="a=%ff").parameters()


@pytest.mark.parametrize(
    "query", ["a=\u00e4", "a=\u00c3\u00a4", "a=1;b=2", "a=1#b", "a=1 2"]
)
def test_a_query_with_two_readings_is_refused(query: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        get(query=query).parameters()
    assert caught.value.path == "$.query"
    encoded = get(query=quote(query, safe="=")).parameters()
    assert encoded == {"a": (query.removeprefix("a="),)}


@pytest.mark.parametrize("name", [":path", "x y", "", "x\u00e4", "x:"])
def test_what_is_no_header_s_name_is_refused(name: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        get(headers=((name, "/a"),)).check()
    assert caught.value.path == "$.headers"


@pytest.mark.parametrize("name", ["x-http-method-override", "x_http_method_override"])
def test_a_header_for_another_method_is_refused_in_both_spellings(name: str) -> None:
    get(headers=((name + "s", "DELETE"),)).check()
    with pytest.raises(MalformedValue):
        get(headers=((name, "DELETE"),)).check()


@pytest.mark.parametrize(
    "value", ["Presentation abc", "presentation  abc ", " PRESENTATION abc"]
)
def test_a_scheme_is_read_in_any_case(value: str) -> None:
    assert Source().read(get(headers=(("authorization", value),))) == "abc"


@pytest.mark.parametrize("headers", [(), (("authorization", "Bearer abc"),)])
def test_another_scheme_presents_nothing(headers: tuple[tuple[str, str], ...]) -> None:
    assert Source().read(get(headers=headers)) is None


@pytest.mark.parametrize(
    "value", ["Presentation", "Presentation ", "Presentation a b", "Presentation a,b"]
)
def test_what_is_no_presentation_is_refused(value: str) -> None:
    with pytest.raises(MalformedValue):
        Source().read(get(headers=(("authorization", value),)))


def test_more_than_one_header_is_none() -> None:
    source = Source(header="X-Presented", scheme=None)
    assert source.read(get(headers=(("x-presented", " abc "),))) == "abc"
    with pytest.raises(MalformedValue):
        source.read(get(headers=(("x-presented", "abc"),) * 2))
    with pytest.raises(MalformedValue):
        source.read(get(headers=(("x-presented", ""),)))


def test_the_longest_presentation() -> None:
    long = "a" * MAX_PRESENTATION
    assert Source().read(get(headers=(("authorization", f"Presentation {long}"),)))
    with pytest.raises(TooLarge):
        Source().read(get(headers=(("authorization", f"Presentation {long}a"),)))


def test_a_presentation_travels_as_a_token_or_in_base64url() -> None:
    assert carried("a.b.c~d") == "a.b.c~d"
    assert carried("e30") == b"{}"
    with pytest.raises(MalformedValue):
        carried("e31")  # trailing bits: a second spelling of the same bytes
    with pytest.raises(MalformedValue):
        carried("a~b")


@pytest.mark.parametrize(
    ("header", "scheme", "path"),
    [
        ("a b", None, "$.source.header"),
        ("", None, "$.source.header"),
        ("authorization", "a b", "$.source.scheme"),
        ("authorization", None, "$.source.scheme"),
        ("x-own", "Presentation", "$.source.scheme"),
    ],
)
def test_a_source_that_no_request_has_is_refused(
    header: str, scheme: str | None, path: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Source(header=header, scheme=scheme)
    assert caught.value.path == path
