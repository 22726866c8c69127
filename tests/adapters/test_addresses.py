"""Only public unicast addresses are connected to, whatever their spelling."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters import addresses, urls
from medid.errors import FetchBlocked


@pytest.mark.parametrize(
    "text",
    [
        "8.8.8.8",
        "1.1.1.1",
        "172.15.255.255",
        "172.32.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "192.0.1.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "126.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2001:200::1",
        "3ffe::1",
        "2a00::",
        "64:ff9b::8.8.8.8",
        "64:ff9b::101:101",
    ],
)
def test_public_addresses_are_accepted(text: str) -> None:
    assert addresses.check(text) == ipaddress.ip_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.168.1.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:8.8.8.8",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::0.0.0.0",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "2002:808:808::",
        "2620:4f:8000::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2606:4700:4700::1111%eth0",
        "",
        "localhost",
        "board.example",
        "127.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "2130706433",
        "127.0.0.1 ",
        "127.0.0.1\n",
        "8.8.8.8/32",
        "[::1]",
        "\u0661.1.1.1",
    ],
)
def test_all_others_are_refused(text: str) -> None:
    with pytest.raises(FetchBlocked) as caught:
        addresses.check(text)
    assert text == "" or text not in caught.value.message


@given(st.ip_addresses())
def test_what_is_accepted_the_standard_library_calls_global_too(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    try:
        addresses.check(str(address))
    except FetchBlocked:
        return
    assert address.is_global
    assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_an_address_behind_nat64_is_judged_by_the_one_inside(
    address: ipaddress.IPv4Address,
) -> None:
    def accepted(text: str) -> bool:
        try:
            addresses.check(text)
        except FetchBlocked:
            return False
        return True

    assert accepted(f"64:ff9b::{address}") is accepted(str(address))
    for other in (f"::ffff:{address}", f"::{address}"):
        assert not accepted(other)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_accepted_by_explicit_switch(text: str) -> None:
    assert str(addresses.check(text, allow_loopback=True)) == text


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1", "fe80::1"]
)
def test_the_switch_lets_nothing_else_in(text: str) -> None:
    with pytest.raises(FetchBlocked):
        addresses.check(text, allow_loopback=True)


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://board.example", "board.example", 443, "/"),
        ("https://board.example/", "board.example", 443, "/"),
        ("https://BOARD.Example/A?b=%20&c", "board.example", 443, "/A?b=%20&c"),
        ("https://a.b-c.d1.example:8443/x", "a.b-c.d1.example", 8443, "/x"),
        ("https://board.example:1/%2e%2e//x", "board.example", 1, "/%2e%2e//x"),
        ("https://board.example/a@b:c", "board.example", 443, "/a@b:c"),
    ],
)
def test_a_url_is_taken_apart(url: str, host: str, port: int, target: str) -> None:
    place = urls.parse(url)
    assert (place.host, place.port, place.target) == (host, port, target)
    assert place.authority == (host if port == 443 else f"{host}:{port}")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://board.example/",
        "HTTPS://board.example/",
        "ftp://board.example/",
        "file:///etc/passwd",
        "//board.example/",
        "https:/board.example/",
        "https:board.example",
        "https:///x",
        "https://user@board.example/",
        "https://user:pw@board.example/",
        "https://board.example@evil.example/",
        "https://board.example#fragment",
        "https://board.example/#fragment",
        "https://board.example/a b",
        "https://board.example/a\tb",
        "https://board.example/a\r\nHost: evil.example",
        "https://board.example/\x00",
        "https://board.example/é",
        "https://board.example/a\\b",
        "https://board.example\\@evil.example/",
        "https://board.example?x",
        "https://board.example:/",
        "https://board.example:0/",
        "https://board.example:65536/",
        "https://board.example:99999/",
        "https://board.example:+443/",
        "https://board.example:4_3/",
        "https://board.example:\u0664/",
        "https://board.example./",
        "https://.board.example/",
        "https://board..example/",
        "https://-board.example/",
        "https://bo_ard.example/",
        "https://bo%61rd.example/",
        "https://bücher.example/",
        "https://example/",
        "https://localhost/",
        "https://LOCALHOST:8443/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://board.example.1/",
        " https://board.example/",
        "https://board.example/\n",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 124 + "example/",
        "https://board.example/" + "a" * urls.MAX_URL,
    ],
)
def test_a_url_that_hides_something_is_not_fetched(url: str) -> None:
    with pytest.raises(FetchBlocked):
        urls.parse(url)


def test_localhost_is_accepted_by_explicit_switch() -> None:
    assert urls.parse("https://localhost:8443/", allow_localhost=True).port == 8443
    for url in ("https://127.0.0.1/", "https://example/", "https://localhost./"):
        with pytest.raises(FetchBlocked):
            urls.parse(url, allow_localhost=True)


@given(st.text(max_size=30))
def test_whatever_the_url_only_a_refusal_escapes(text: str) -> None:
    for url in (text, "https://" + text, "https://board.example" + text):
        try:
            place = urls.parse(url)
        except FetchBlocked:
            continue
        assert url.lower().startswith(f"https://{place.host}")
        assert place.target.isascii()
        assert place.target.isprintable()
        assert " " not in place.target
