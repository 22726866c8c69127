"""A FHIR gateway with a page that shows its decisions as they happen.

``python examples/fhir_gateway/run.py`` serves on the loopback interface until Ctrl-C;
``--port`` is the gateway's, and the page has the next one. With ``--once``, the demo's
practitioner asks a few times and it stops.
"""

import argparse
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from demo_wallet import Wallet, verifier_of
from fhir_proxy import Gateway
from operator_feed import Feed, operator_app
from record_server import load, record_server

import medid
from medid.cli.demo_world import World

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Running:
    """The three servers of the example."""

    feed: Feed
    wallet: Wallet
    gateway: str  # its address
    page: str


@contextmanager
def served(app: Any, port: int) -> Iterator[int]:
    """Serve an application in a thread, for as long as the block runs; its port."""
    listening = socket.create_server((HOST, port))
    # No access log: paths name patients.
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextmanager
def running(port: int = 0) -> Iterator[Running]:
    """The FHIR server, the gateway before it, and the operator's page."""
    world, feed = World(medid.system_clock()), Feed()
    with ExitStack() as stack:
        behind = stack.enter_context(served(record_server(load()), 0))
        gateway = Gateway(verifier_of(world), (HOST, behind), feed)
        front = stack.enter_context(served(gateway.app(), port))
        wallet = Wallet(world, (HOST, front))
        page = operator_app(feed, wallet.wish)
        side = stack.enter_context(served(page, port + 1 if port else 0))
        try:
            yield Running(
                feed=feed,
                wallet=wallet,
                gateway=f"http://{HOST}:{front}",
                page=f"http://{HOST}:{side}/",
            )
        finally:
            feed.ended = True


def main() -> None:
    parser = argparse.ArgumentParser(description="A FHIR gateway, on loopback.")
    parser.add_argument("--port", type=int, default=8000, help="of the gateway")
    parser.add_argument("--once", action="store_true", help="ask, and stop")
    options = parser.parse_args()
    with running(0 if options.once else options.port) as started:
        if options.once:
            for wish in ("treatment", "note", "research", "withdraw"):
                print(f"{wish}: {started.wallet.wish(wish)}")
            return
        print(f"The gateway: {started.gateway}")
        print(f"Open the page: {started.page} (Ctrl-C ends it)", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("\nEnded.")


if __name__ == "__main__":
    main()
