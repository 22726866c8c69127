"""What a did:ethr says: on which chain, by which registry, about which account.

Spec: https://github.com/decentralized-identity/ethr-did-resolver/blob/master/doc/did-method-spec.md#method-specific-identifier
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.dids.ethr import address as addresses
from medid.dids.syntax import Did
from medid.errors import InvalidDid, MalformedValue
from medid.keys import KeyKind, PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

METHOD: Final = "ethr"
MAX_CHAIN_ID: Final = 2**53 - 1  # what JSON readers agree about; EIP-2294 allows more
MAINNET: Final = 1

# Names that DIDs may carry in place of the chain's number.
NETWORKS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "mainnet": MAINNET,
        "gno": 100,
        "polygon": 137,
        "ewc": 246,
        "holesky": 17_000,
        "volta": 73_799,
        "sepolia": 11_155_111,
        "aurora": 1_313_161_554,
    }
)
_FIRST: Final = "0xdca7ef03e98e0dc2b855be647c39abe984fcf21b"
_LATER: Final = "0x03d5003bf0e79c5f5223588f347eba39afbc3818"

# Where the registry is known to stand, by chain.
REGISTRIES: Final[Mapping[int, str]] = MappingProxyType(
    {
        MAINNET: _FIRST,
        100: _LATER,
        137: _FIRST,
        246: "0xe29672f34e92b56c9169f9d485ffc8b9a136bce4",
        17_000: _LATER,
        73_799: "0xc15d5a57a8eb0e1dcbe5d88b8f9a82017e5cc4af",
        11_155_111: _LATER,
        1_313_161_554: "0x63ed58b671eed12bc1652845ba5b2cdfbff198e0",
    }
)
# On any other chain a DID does not say which contract is its registry; whoever runs the
# node does, in the settings of the adapter.
CONFIGURED: Final = "registry"

_CHAIN: Final = re.compile(r"0x[1-9a-f][0-9a-f]{0,13}")
_KEY: Final = re.compile(r"0x0[23][0-9a-f]{64}")
_KEPT: Final = 1_024  # a day's issuers and practitioners


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A did:ethr, read.

    Attributes:
        chain_id: Of EIP-155.
        address: The identity in the registry, 20 bytes.
        public_key: Where the DID is made of the key itself.
    """

    chain_id: int
    address: bytes
    public_key: PublicKey | None = None

    @property
    def registry(self) -> str | None:
        """The registry's address where the chain has one that is known."""
        return REGISTRIES.get(self.chain_id)

    @property
    def url(self) -> str:
        """The name of the identity's history among evidence."""
        registry = self.registry or CONFIGURED
        return f"eip155:{self.chain_id}/{registry}/{addresses.plain(self.address)}"


def create(public_key: PublicKey, chain_id: int = MAINNET) -> Did:
    """The did:ethr of a secp256k1 key. Nothing has to be sent to the chain for it.

    Args:
        public_key: It stands in the DID, so that it can be verified with as long as
            the identity is its own owner.
        chain_id: Of EIP-155.

    Raises:
        WeakCryptography: Another kind of key.
        InvalidDid: No such chain.
    """
    addresses.of_key(public_key)
    network = "" if chain_id == MAINNET else f"{chain_id:#x}:"
    did = Did(method=METHOD, id=f"{network}0x{public_key.raw.hex()}")
    parse(did)
    return did


@lru_cache(maxsize=_KEPT)
def parse(did: Did) -> Identifier:
    """What ``did`` says.

    Raises:
        InvalidDid: Not a did:ethr, an unknown name of a network, or a number, address
            or key that is not in its one spelling.
        InvalidKey: The key is no point of the curve.
    """
    if did.method != METHOD:
        raise InvalidDid("not a did:ethr")
    network, colon, account = did.id.rpartition(":")
    chain_id = _chain_id(network) if colon else MAINNET
    if _KEY.fullmatch(account) is not None:
        key = PublicKey.from_raw(KeyKind.SECP256K1, bytes.fromhex(account[2:]))
        return Identifier(
            chain_id=chain_id, address=addresses.of_key(key), public_key=key
        )
    try:
        return Identifier(chain_id=chain_id, address=addresses.parse(account))
    except MalformedValue as error:
        message = f"neither an address nor a compressed key: {error.message}"
        raise InvalidDid(message, fix=error.fix) from None


def _chain_id(network: str) -> int:
    if network in NETWORKS:
        return NETWORKS[network]
    if _CHAIN.fullmatch(network) is None or int(network, 16) > MAX_CHAIN_ID:
        message = "the network of the did:ethr is neither known nor a chain's number"
        fix = "write the chain's number in lower-case hexadecimal, as in 0x64"
        raise InvalidDid(message, fix=fix)
    return int(network, 16)
