"""A did:ethr on a real chain, changed by medid's calldata and resolved by both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from interop.chain import CHAIN_ID, Chain
from interop.peers import node
from medid.adapters.evm import EvmFetch, Network
from medid.core.evidence import Evidence
from medid.dids import resolver
from medid.dids.ethr import address as addresses
from medid.dids.ethr.identifier import parse
from medid.dids.methods import ethr
from medid.dids.resolution import ResolutionOptions
from medid.keys import KeyKind, PrivateKey, PublicKey
from medid.verifying.gathering import gather

if TYPE_CHECKING:
    from medid.dids.resolution import Resolution

LONG: Final = 3_155_760_000  # seconds: a hundred years
SHORT: Final = 600


def generated(kind: KeyKind = KeyKind.SECP256K1) -> PublicKey:
    return PrivateKey.generate(kind).public_key


def account() -> str:
    return addresses.checksummed(addresses.of_key(generated()))


@dataclass
class Identity:
    """A did:ethr on the chain, what became of it, and who owns it now."""

    chain: Chain
    key: PublicKey = field(default_factory=generated)
    owner: str = ""
    blocks: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.did = ethr.create(self.key, CHAIN_ID)
        self.owner = addresses.checksummed(parse(self.did).address)

    def send(self, data: bytes, *, after: int = 60) -> None:
        self.chain.pass_time(after)
        self.blocks.append(self.chain.send(self.owner, data))

    def evidence(self) -> Evidence:
        network = Network(
            url=self.chain.url, registry=self.chain.registry, max_lag=None
        )
        fetch = EvmFetch({CHAIN_ID: network}, allow_loopback=True)
        return gather(Evidence(), lambda known: resolver.needs(self.did, known), fetch)

    def by_medid(self, evidence: Evidence, version: int | None = None) -> Resolution:
        options = ResolutionOptions(
            version_id=None if version is None else str(version)
        )
        return resolver.resolution(self.did, evidence, options)

    def by_peer(self, version: int | None = None) -> Any:
        query = "" if version is None else f"?versionId={version}"
        request = {
            "did": f"{self.did}{query}",
            "rpcUrl": self.chain.url,
            "chainId": CHAIN_ID,
            "registry": self.chain.registry,
        }
        found = node("ethr.mjs", "resolve", request)
        assert "error" not in found["didResolutionMetadata"], found
        return found
