"""Histories from nodes: the right chain, a walk that ends, errors as answers."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest

from medid.adapters.evm import MAX_LAG, MAX_NODES, EvmFetch, Network
from medid.adapters.https import HttpsFetch
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched, FetchRequest
from medid.core.instant import Instant
from medid.dids.ethr.history import MAX_BYTES, MAX_LOGS
from medid.dids.ethr.identifier import REGISTRIES, parse
from medid.dids.methods import ethr
from medid.dids.resolution import LATEST as LATEST_STATE
from medid.dids.syntax import Did
from medid.errors import (
    ConfigurationError,
    DidNotFound,
    EvidenceUnavailable,
    FetchBlocked,
    FetchFailed,
    MedidError,
    TooLarge,
)
from medid.verifying.gathering import gather
from tests.adapters.evm_nodes import LATEST, LOGS, telling
from tests.adapters.hosts import HOST, Authority, answer, listening, saying
from tests.dids.ethr.builders import LIFE

pytestmark = pytest.mark.loopback

DID = Did.parse(LIFE["did"])
URL = parse(DID).url
CHAIN_ID = 31_337
REGISTRY = LIFE["history"]["registry"]
SEEN = Instant.from_seconds(LATEST["timestamp"] + 5)
SECONDS = 5.0
# Reading the system's certificates takes longer than what is tested here.
TRUSTED: dict[str, Any] = {}


@pytest.fixture(scope="module", autouse=True)
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority.make(tmp_path_factory.mktemp("evm") / "ca")
    TRUSTED["ca_file"] = made.file
    return made


def request(url: str = URL, **more: Any) -> FetchRequest:
    return FetchRequest(
        **{"url": url, "accept": "application/json", "max_bytes": MAX_BYTES, **more}
    )


def fetcher(url: str, clock: Instant = SEEN, **more: Any) -> EvmFetch:
    network = Network(**{"url": url, "registry": REGISTRY, **more})
    return EvmFetch(
        {CHAIN_ID: network}, allow_loopback=True, clock=lambda: clock, **TRUSTED
    )


def fetched(url: str, asked: FetchRequest | None = None, **more: Any) -> Any:
    (found,) = fetcher(url, **more).fetch_all([asked or request()], seconds=SECONDS)
    return found


def failed(kind: type[MedidError], match: str, **node: Any) -> None:
    with telling(**node) as told:
        found = fetched(told.url)
    assert type(found) is kind
    assert match in found.message


@pytest.mark.parametrize("times", [True, False])
def test_the_history_is_what_was_recorded(times: bool) -> None:
    with telling(times=times) as node:
        found = fetched(node.url)
    assert isinstance(found, Fetched)
    assert json.loads(found.content) == LIFE["history"]
    assert found.media_type == "application/json"
    assert found.fetched_at == SEEN
    blocks = len({log["blockNumber"] for log in LOGS})
    assert len(node.asked) == 3 + blocks * (1 if times else 2)


def test_an_identity_that_nobody_changed_takes_three_calls() -> None:
    nothing = "0x" + "0" * 64
    with telling(lies={"eth_call": lambda *_: nothing}) as node:
        found = fetched(node.url)
    assert json.loads(found.content)["logs"] == []
    assert node.asked == ["eth_chainId", "eth_getBlockByNumber", "eth_call"]


def test_a_did_is_resolved_through_it() -> None:
    with telling() as node:
        fetch = fetcher(node.url)
        evidence = gather(Evidence(), lambda known: ethr.needs(DID, known), fetch)
    assert ethr.resolve(DID, evidence, LATEST_STATE).deactivated


def test_an_event_loop_is_not_blocked() -> None:
    with telling() as node:
        work = fetcher(node.url).afetch_all([request()], seconds=SECONDS)
        (found,) = asyncio.run(work)
    assert isinstance(found, Fetched)


# What a node may do wrong.


def test_a_node_of_another_chain_is_refused() -> None:
    # N-ethr-rpc.
    failed(FetchBlocked, "another chain", lies={"eth_chainId": lambda: "0x1"})


def test_a_node_that_answers_with_an_error_tells_nothing() -> None:
    told = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "secret"}}
    for method in ("eth_chainId", "eth_getBlockByNumber", "eth_call", "eth_getLogs"):
        with telling(whole={method: told}) as node:
            found = fetched(node.url)
        assert type(found) is FetchFailed
        assert found.message == "the node answered with an error"
        assert node.asked[-1] == method


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"<html>",
        b"[]",
        {},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 2, "result": "0x7a69"},
        {"jsonrpc": "1.0", "id": 1, "result": "0x7a69"},
        {"jsonrpc": "2.0", "id": 1, "result": None},
        {"jsonrpc": "2.0", "id": 1, "result": 31_337},
        {"jsonrpc": "2.0", "id": 1, "result": "31337"},
        {"jsonrpc": "2.0", "id": 1, "result": "0x"},
        {"jsonrpc": "2.0", "id": 1, "result": "0x07a69"},
        {"jsonrpc": "2.0", "id": 1, "result": "0x" + "f" * 14},
    ],
)
def test_an_answer_that_makes_no_sense_tells_nothing(told: Any) -> None:
    failed(FetchFailed, "makes no sense", whole={"eth_chainId": told})


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_node_that_is_not_there_says_nothing_about_the_did(status: int) -> None:
    with telling(status=status) as node:
        found = fetched(node.url)
        evidence = gather(
            Evidence(), lambda known: ethr.needs(DID, known), fetcher(node.url)
        )
    assert type(found) is FetchFailed
    with pytest.raises(FetchFailed) as caught:
        ethr.resolve(DID, evidence, LATEST_STATE)
    assert not isinstance(caught.value, DidNotFound)


def test_an_address_without_a_registry_tells_nothing() -> None:
    failed(FetchFailed, "no registry", lies={"eth_call": lambda *_: "0x"})


def test_logs_that_the_node_has_not_kept_are_missed() -> None:
    failed(FetchFailed, "no logs", lies={"eth_getLogs": lambda _: []})
    for told in (None, 7, {"a": 1}, "0x"):
        failed(FetchFailed, "no logs", lies={"eth_getLogs": lambda _, told=told: told})


def log(number: int, previous: int, **more: Any) -> dict[str, Any]:
    """A change of the owner in a block, after one in another."""
    recorded = next(one for one in LOGS if len(one["data"]) == 2 + 2 * 64)
    return {
        "address": REGISTRY,
        "topics": recorded["topics"],
        "data": recorded["data"][:-64] + f"{previous:064x}",
        "blockNumber": hex(number),
        "logIndex": "0x0",
        "blockTimestamp": hex(1_750_000_000 + number),
        **more,
    }


@pytest.mark.parametrize("step", [0, 1, 1_000])
def test_a_walk_that_does_not_lead_down_ends_at_once(step: int) -> None:
    def around(asked: dict[str, Any]) -> list[Any]:
        number = int(asked["fromBlock"], 16)
        return [log(number, number + step)]

    failed(FetchBlocked, "in a circle", lies={"eth_getLogs": around})


def test_a_walk_of_too_many_steps_ends() -> None:
    def crowded(asked: dict[str, Any]) -> list[Any]:
        number = int(asked["fromBlock"], 16)
        return [
            log(number, number - 1, logIndex=hex(index))
            for index in range(MAX_LOGS // 2)
        ]

    with telling(lies={"eth_getLogs": crowded}) as node:
        found = fetched(node.url)
    assert type(found) is TooLarge
    assert "more than 1000 changes" in found.message
    assert node.asked.count("eth_getLogs") == 3


def test_an_endless_walk_ends_with_the_time() -> None:
    high = 10**9

    def down(asked: dict[str, Any]) -> list[Any]:
        number = int(asked["fromBlock"], 16)
        return [log(number, number - 1)]

    lies = {"eth_call": lambda *_: f"0x{high:064x}", "eth_getLogs": down}
    with telling(lies=lies) as node:
        (found,) = fetcher(node.url).fetch_all([request()], seconds=0.15)
    assert type(found) is FetchFailed
    assert "in time" in found.message


@pytest.mark.parametrize(
    "more",
    [
        {"address": 7},
        {"topics": []},
        {"topics": [7]},
        {"topics": "no"},
        {"topics": ["0x" + "0" * 64]},
        {"data": "0x"},
        {"data": "0x0"},
        {"data": 7},
        {"blockNumber": "7"},
        {"logIndex": None},
        {"blockTimestamp": "yesterday"},
    ],
)
def test_a_log_that_makes_no_sense_tells_nothing(more: dict[str, Any]) -> None:
    lies = {"eth_getLogs": lambda _: [log(14, 3, **more)]}
    failed(FetchFailed, "makes no sense", lies=lies)
    failed(FetchFailed, "makes no sense", lies={"eth_getLogs": lambda _: [7]})


def test_the_logs_of_a_block_are_put_in_their_order() -> None:
    with telling() as node:
        told = node.eth_getLogs
        node.lies["eth_getLogs"] = lambda asked: told(asked)[::-1]
        found = fetched(node.url)
    assert json.loads(found.content) == LIFE["history"]


def test_no_more_is_read_than_was_asked_for() -> None:
    with telling() as node:
        found = fetched(node.url, request(max_bytes=1_000))
        assert type(found) is TooLarge
        node.whole["eth_chainId"] = b" " * (MAX_BYTES + 1)
        found = fetched(node.url)
    assert type(found) is TooLarge


def test_a_node_that_is_behind_tells_nothing_of_now() -> None:
    latest = Instant.from_seconds(LATEST["timestamp"])
    with telling() as node:
        found = fetched(node.url, clock=latest.plus(MAX_LAG))
        assert isinstance(found, Fetched)
        late = latest.plus(MAX_LAG + 1)
        found = fetched(node.url, clock=late)
        assert type(found) is FetchFailed
        assert "behind" in found.message
        # Of a time that it has reached it tells everything.
        assert isinstance(fetched(node.url, request(at=latest), clock=late), Fetched)
        found = fetched(node.url, request(at=latest.plus(1)), clock=late)
        assert type(found) is FetchFailed
        assert isinstance(fetched(node.url, clock=late, max_lag=None), Fetched)


# Several nodes of one chain.


def test_where_a_node_fails_the_next_one_tells_the_whole_history() -> None:
    with telling(status=500) as down, telling() as node:
        found = fetched(down.url, others=[node.url])
        assert isinstance(found, Fetched)
        assert json.loads(found.content) == LIFE["history"]
        # The first is asked alone as long as it answers.
        assert isinstance(fetched(node.url, others=[down.url]), Fetched)
    assert down.asked == ["eth_chainId"]


def test_no_history_is_of_two_nodes() -> None:
    with telling(lies={"eth_getLogs": lambda _: []}) as forgetful, telling() as node:
        found = fetched(forgetful.url, others=[node.url])
    assert json.loads(found.content) == LIFE["history"]
    assert node.asked[:3] == ["eth_chainId", "eth_getBlockByNumber", "eth_call"]


def test_a_node_that_hangs_leaves_time_for_the_others() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, telling() as node:
        hanging = f"http://localhost:{silent.getsockname()[1]}/"
        fetch = fetcher(hanging, others=[hanging, node.url])
        (found,) = fetch.fetch_all([request()], seconds=3.0)
    assert isinstance(found, Fetched)


def test_where_all_of_them_fail_nothing_is_told() -> None:
    with telling(status=500) as one, telling(lies={"eth_getLogs": lambda _: []}) as two:
        found = fetched(one.url, others=[two.url])
    assert type(found) is FetchFailed
    assert "no logs" in found.message
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = f"http://localhost:{silent.getsockname()[1]}/"
        fetch = fetcher(hanging, others=[hanging])
        (found,) = fetch.fetch_all([request()], seconds=0.2)
    assert type(found) is FetchFailed


@pytest.mark.parametrize(
    "lies",
    [
        {"eth_chainId": lambda: "0x1"},
        {"eth_getLogs": lambda asked: [log(int(asked["fromBlock"], 16), 99)]},
    ],
)
def test_a_node_that_is_refused_has_no_other_in_its_place(
    lies: dict[str, Any],
) -> None:
    with telling(lies=lies) as wrong, telling() as node:
        found = fetched(wrong.url, others=[node.url])
    assert type(found) is FetchBlocked
    assert not node.asked


# What is asked of it.


@pytest.mark.parametrize(
    "url",
    [
        "eip155:31337",
        f"eip155:031337/registry/{LIFE['history']['identity']}",
        f"eip155:31337/registry/{LIFE['history']['identity'].upper()}",
        f"eip155:31337/other/{LIFE['history']['identity']}",
        f"eip155:31337/registry/{LIFE['history']['identity']}/more",
        f"eip155:31337/0x{'11' * 20}/{LIFE['history']['identity']}",
    ],
)
def test_what_names_no_history_is_not_asked_for(url: str) -> None:
    with telling() as node:
        found = fetched(node.url, request(url))
        assert type(found) is FetchBlocked
        assert not node.asked


def test_a_chain_without_a_node_is_not_guessed_at() -> None:
    with telling() as node:
        found = fetched(node.url, request(URL.replace("31337", "31338")))
        assert type(found) is EvidenceUnavailable
        assert not node.asked


def test_a_fetcher_of_https_alone_has_no_histories() -> None:
    fetch = HttpsFetch(ca_file=TRUSTED["ca_file"])
    (found,) = fetch.fetch_all([request()], seconds=SECONDS)
    assert type(found) is EvidenceUnavailable
    assert "EvmFetch" in found.fix


def test_documents_of_https_come_as_before(authority: Authority) -> None:
    with (
        telling() as node,
        listening(saying(answer(b'{"a": 1}')), authority.server(HOST)) as host,
    ):
        fetch = EvmFetch(
            {CHAIN_ID: Network(url=node.url, registry=REGISTRY)},
            allow_loopback=True,
            ca_file=authority.file,
            resolver=lambda _host, _port: ["127.0.0.1"],
            clock=lambda: SEEN,
        )
        found = fetch.fetch_all([request(host.url()), request()], seconds=SECONDS)
    assert isinstance(found[0], Fetched)
    assert found[0].content == b'{"a": 1}'
    assert isinstance(found[1], Fetched)


def test_a_node_over_tls_needs_a_valid_certificate(authority: Authority) -> None:
    result = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x2"}).encode()
    for name, kind, match in (
        (HOST, FetchBlocked, "another chain"),
        ("other.example", FetchFailed, "certificate"),
    ):
        with listening(saying(answer(result)), authority.server(name)) as host:
            fetch = EvmFetch(
                {1: host.url("/key-of-the-site")},
                ca_file=authority.file,
                # The site's own node: any address will do.
                resolver=lambda _host, _port: ["127.0.0.1"],
            )
            url = f"eip155:1/{REGISTRIES[1]}/{LIFE['history']['identity']}"
            (found,) = fetch.fetch_all([request(url)], seconds=SECONDS)
        assert type(found) is kind
        assert isinstance(found, MedidError)
        assert match in found.message


@pytest.mark.parametrize(
    ("chain_id", "network"),
    [
        (0, Network(url="https://node.example/", registry=REGISTRY)),
        (2**53, Network(url="https://node.example/", registry=REGISTRY)),
        (1, "http://node.example/"),
        (1, "http://localhost:8545/"),
        (1, "https://127.0.0.1/"),
        (1, "wss://node.example/"),
        (1, "https://node.example/#"),
        (1, Network(url="https://node.example/", registry="0x" + "11" * 20)),
        (1, Network(url="https://node.example/", registry="0x11")),
        (1, Network(url="https://node.example/", others=["http://node.example/"])),
        (1, Network(url="https://node.example/", others=[""])),
        (
            1,
            Network(
                url="https://n.example/", others=["https://n.example/"] * MAX_NODES
            ),
        ),
        (1, Network(url="https://node.example/", max_lag=-1)),
        (1, Network(url="https://node.example/", max_lag=float("nan"))),
        (31_337, "https://node.example/"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    chain_id: int, network: str | Network
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        EvmFetch({chain_id: network}, **TRUSTED)
    assert caught.value.path == "$.networks[?]"


def test_the_known_registry_may_be_named() -> None:
    known = "0xdCa7EF03e98e0DC2B855bE647C39ABe984fcF21B"
    node = Network(url="https://node.example/", registry=known)
    assert isinstance(EvmFetch({1: node}, **TRUSTED), EvmFetch)


@pytest.mark.parametrize("url", ["http://node.example/", "http://node.localhost/"])
def test_only_this_machine_is_spoken_to_without_tls(url: str) -> None:
    with pytest.raises(ConfigurationError, match="localhost"):
        EvmFetch({1: url}, allow_loopback=True, **TRUSTED)


def test_localhost_is_this_machine() -> None:
    with telling() as node:
        for found, kind, match in (
            (["93.184.215.14"], FetchBlocked, "away from this machine"),
            (["10.0.0.1"], FetchBlocked, "not public"),
            (OSError(), FetchFailed, "looked up"),
        ):

            def resolver(_host: str, _port: int, found: Any = found) -> Any:
                if isinstance(found, OSError):
                    raise found
                return found

            fetch = EvmFetch(
                {CHAIN_ID: Network(url=node.url, registry=REGISTRY)},
                allow_loopback=True,
                resolver=resolver,
                **TRUSTED,
            )
            (answered,) = fetch.fetch_all([request()], seconds=SECONDS)
            assert type(answered) is kind
            assert isinstance(answered, MedidError)
            assert match in answered.message
        assert not node.asked
