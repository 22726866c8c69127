"""A real EVM on the loopback interface, with the ERC-1056 registry on it.

anvil runs the registry's contract as its authors publish it; accounts of any address
send to it, because anvil asks for no signature where it was told not to.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from interop.peers import HERE

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAIN_ID: Final = 31_337
BIRTH: Final = 1_750_000_000  # seconds since 1970: of the first block
SECONDS: Final = 20  # until the chain answers, and for one answer
_MODULES: Final = HERE / "node_modules"
_ARTIFACT: Final = (
    _MODULES
    / "ethr-did-registry/artifacts/contracts/EthereumDIDRegistry.sol"
    / "EthereumDIDRegistry.json"
)
_WEALTH: Final = hex(10**20)
_GAS: Final = hex(2_000_000)


@dataclass
class Chain:
    """A running chain, whose time goes on as it is told to."""

    port: int

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    def call(self, method: str, *parameters: Any) -> Any:
        """What the node answers."""
        question = {"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/",
            json.dumps(question).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            told = json.load(answer)
        assert "error" not in told, told["error"]
        return told["result"]

    @cached_property
    def registry(self) -> str:
        """Where the registry stands, once it is deployed."""
        deployer = self.call("eth_accounts")[0]
        code = json.loads(_ARTIFACT.read_text("utf-8"))["bytecode"]
        receipt = self._sent({"from": deployer, "data": code, "gas": _GAS})
        return str(receipt["contractAddress"]).lower()

    def send(self, account: str, data: bytes) -> int:
        """The block that takes in ``data``, sent by ``account`` to the registry."""
        return int(self._sent(self._transaction(account, data))["blockNumber"], 16)

    def send_together(self, account: str, *calls: bytes) -> int:
        """The one block that takes in all of ``calls``."""
        self.call("evm_setAutomine", False)
        waiting = [
            self.call("eth_sendTransaction", self._transaction(account, data))
            for data in calls
        ]
        self.call("evm_mine")
        self.call("evm_setAutomine", True)
        blocks = {self._receipt(one)["blockNumber"] for one in waiting}
        assert len(blocks) == 1
        return int(blocks.pop(), 16)

    def pass_time(self, seconds: int) -> None:
        """Let the next block be so much later than the latest."""
        latest = self.call("eth_getBlockByNumber", "latest", False)
        at = int(latest["timestamp"], 16) + seconds
        self.call("evm_setNextBlockTimestamp", hex(at))

    def mine(self, seconds: int) -> int:
        """An empty block, so much later: its number."""
        self.pass_time(seconds)
        self.call("evm_mine")
        return int(self.call("eth_blockNumber"), 16)

    def _transaction(self, account: str, data: bytes) -> dict[str, str]:
        self.call("anvil_setBalance", account, _WEALTH)
        self.call("anvil_impersonateAccount", account)
        text = "0x" + data.hex()
        return {"from": account, "to": self.registry, "data": text, "gas": _GAS}

    def _sent(self, transaction: dict[str, str]) -> Any:
        return self._receipt(self.call("eth_sendTransaction", transaction))

    def _receipt(self, name: str) -> Any:
        deadline = time.monotonic() + SECONDS
        while (found := self.call("eth_getTransactionReceipt", name)) is None:
            assert time.monotonic() < deadline, "the chain takes nothing in"
            time.sleep(0.02)
        assert found["status"] == "0x1", "the contract refused"
        return found


@contextmanager
def running(chain_id: int = CHAIN_ID) -> Iterator[Chain]:
    """A chain that ends with the block."""
    found = sorted(_MODULES.glob("@foundry-rs/anvil-*/bin/anvil"))
    assert found, "anvil is absent: make interop"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    options = {"--port": port, "--chain-id": chain_id, "--timestamp": BIRTH}
    words = [str(word) for option in options.items() for word in option]
    process = subprocess.Popen(
        [found[0], "--host", "127.0.0.1", "--silent", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        chain = Chain(port)
        _await(chain, process)
        yield chain
    finally:
        process.terminate()
        process.wait(SECONDS)


def _await(chain: Chain, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "anvil ended"
        try:
            chain.call("eth_chainId")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("anvil does not answer")
