"""Requests go to the fetcher that serves them, and answers come back in their order."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.routes import MAX_ROUTES, RoutedFetch
from medid.core.fetch import Fetched, FetchRequest, NoFetch
from medid.errors import ConfigurationError, EvidenceUnavailable, FetchFailed
from tests.adapters.fetchers import NOON, Clock, Hosts, request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.errors import MedidError


@dataclass
class Serving:
    """Answers in its own name, to both kinds of caller, and keeps its batches."""

    name: str
    batches: list[list[str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    short: bool = False

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        self.batches.append([one.url for one in requests])
        self.seconds.append(seconds)
        answers = [
            Fetched.of(one.url, self.name.encode(), fetched_at=NOON) for one in requests
        ]
        return answers[1:] if self.short else answers

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        return self.fetch_all(requests, seconds=seconds)


def who(answers: Sequence[Fetched | MedidError]) -> list[tuple[str, str]]:
    return [
        (one.url, one.content.decode()) if isinstance(one, Fetched) else ("", one.code)
        for one in answers
    ]


def both(fetch: RoutedFetch, urls: Sequence[str]) -> list[tuple[str, str]]:
    asked = [request(url) for url in urls]
    found = who(fetch.fetch_all(asked, seconds=2))
    assert who(asyncio.run(fetch.afetch_all(asked, seconds=2))) == found
    return found


def test_scheme_and_method_say_who_answers() -> None:
    web, chain, helper = Serving("web"), Serving("chain"), Serving("helper")
    fetch = RoutedFetch({"https": web, "eip155": chain, "did:a": helper}, otherwise=web)
    urls = ["did:a:1", "https://a.example/", "eip155:1/x", "did:a:2", "did:ab:1"]
    urls += ["HTTPS://b.example/", "did:A:1", "other"]
    expected = ["helper", "web", "chain", "helper", "web", "web", "web", "web"]

    assert both(fetch, urls) == list(zip(urls, expected, strict=True))
    # Each of them is asked once, with all that is its own, and with all the time.
    assert helper.batches == [["did:a:1", "did:a:2"]] * 2
    assert chain.batches == [["eip155:1/x"]] * 2
    assert len(web.batches) == 2
    assert helper.seconds == chain.seconds == web.seconds == [2, 2]


@given(st.lists(st.sampled_from(["did:a:", "did:b:", "https://", "x:"]), max_size=9))
def test_every_answer_is_the_one_to_its_request(kinds: list[str]) -> None:
    serving = {name: Serving(name) for name in ("did:a", "did:b", "https")}
    urls = [f"{kind}{number}" for number, kind in enumerate(kinds)]
    found = both(RoutedFetch(serving, otherwise=Serving("rest")), urls)
    assert [url for url, _ in found] == urls
    for url, name in found:
        assert url.startswith(name) or (name == "rest" and url.startswith("x:"))


def test_what_nobody_serves_is_answered_by_nobody() -> None:
    fetch = RoutedFetch({"https": Serving("web")}, otherwise=NoFetch())
    found = fetch.fetch_all([request("did:a:1"), request()], seconds=1)
    assert isinstance(found[0], EvidenceUnavailable)
    assert isinstance(found[1], Fetched)


def test_all_of_them_are_asked_at_once() -> None:
    hosts = [Hosts(Clock()), Hosts(Clock())]
    hosts[0].opened.clear()

    def open_the_first(one: FetchRequest) -> Fetched:
        hosts[0].opened.set()
        return Fetched.of(one.url, b"second", fetched_at=NOON)

    hosts[1].answer = open_the_first
    fetch = RoutedFetch({"a": hosts[0], "b": hosts[1]}, otherwise=NoFetch())
    asked = [request("a:1"), request("b:1")]
    assert [one for one, _ in who(fetch.fetch_all(asked, seconds=9))] == ["a:1", "b:1"]
    assert hosts[0].opened.is_set()
    assert not any(one.name.startswith("medid-route") for one in threading.enumerate())


@pytest.mark.parametrize("urls", [["a:1", "a:2"], ["a:1", "b:1"]])
def test_an_answer_that_is_lost_shifts_no_other(urls: list[str]) -> None:
    fetch = RoutedFetch({"a": Serving("a", short=True)}, otherwise=Serving("rest"))
    found = fetch.fetch_all([request(url) for url in urls], seconds=1)
    for url, one in zip(urls, found, strict=True):
        assert isinstance(one, FetchFailed if url.startswith("a:") else Fetched)


def test_a_fetcher_for_other_callers_is_misuse() -> None:
    class OnlySync:
        fetch_all = Serving.fetch_all

    class OnlyAsync:
        afetch_all = Serving.afetch_all

    asked = [request("a:1")]
    with pytest.raises(ConfigurationError, match="with fetch_all"):
        RoutedFetch({"a": OnlyAsync()}, otherwise=NoFetch()).fetch_all(asked, seconds=1)
    with pytest.raises(ConfigurationError, match="with afetch_all"):
        asyncio.run(RoutedFetch({}, otherwise=OnlySync()).afetch_all(asked, seconds=1))


@pytest.mark.parametrize("name", ["", "did", "HTTPS", "https:", "did:", "did:A", "a b"])
def test_a_route_that_could_never_be_taken_is_misuse(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\$\.routes"):
        RoutedFetch({name: NoFetch()}, otherwise=NoFetch())


def test_the_number_of_routes_is_bounded() -> None:
    names = {f"did:m{number}": NoFetch() for number in range(MAX_ROUTES)}
    RoutedFetch(names, otherwise=NoFetch())
    with pytest.raises(ConfigurationError, match="at most 32"):
        RoutedFetch({**names, "more": NoFetch()}, otherwise=NoFetch())
