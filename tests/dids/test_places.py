"""Hosts and paths that a DID may lead to; any odd spelling is refused unread."""

from __future__ import annotations

import pytest

from medid.dids.places import folder_url
from medid.errors import InvalidDid


def test_an_authority_and_a_path_make_a_folder() -> None:
    assert folder_url("a.example", []) == "https://a.example"
    assert folder_url("a.example%3A8443", ["x", "y%C3%A9"]) == (
        "https://a.example:8443/x/y%C3%A9"
    )
    assert folder_url("a.example%3a1", []) == "https://a.example:1"


@pytest.mark.parametrize(
    "authority",
    [
        "",
        "A.example",
        "a.example.",
        "a..example",
        "127.0.0.1",
        "127%2E0%2E0%2E1",
        "0x7f.1",
        "2130706433",
        "a.example%3A",
        "a.example%3A0",
        "a.example%3A65536",
        "a.example%3A1%3A2",
        "127.0.0.1%3a8080",
        "user%40a.example",
        "xn--.example-",
        "b\u00fccher.example",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
    ],
)
def test_other_hosts_are_refused(authority: str) -> None:
    with pytest.raises(InvalidDid):
        folder_url(authority, [])


@pytest.mark.parametrize(
    "segment", ["", ".", "..", "%2E", "%2e%2E", "a%2Fb", "a%5Cb", "%00", "%20", "%FF"]
)
def test_a_segment_that_misleads_is_refused(segment: str) -> None:
    with pytest.raises(InvalidDid):
        folder_url("a.example", ["x", segment])
