"""The three events of the registry, decoded from their logs.

Spec: https://eips.ethereum.org/EIPS/eip-1056#events
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from medid.dids.ethr import abi
from medid.errors import MalformedValue

# Keccak-256 of the signature that stands beside each.
OWNER_CHANGED: Final = (
    # Of DIDOwnerChanged(address,address,uint256).
    "0x38a5a6e68f30ed1ab45860a4afb34bcb2fc00f22ca462d249b8a8d40cda6f7a3"
)
DELEGATE_CHANGED: Final = (
    # Of DIDDelegateChanged(address,bytes32,address,uint256,uint256).
    "0x5a5084339536bcab65f20799fcc58724588145ca054bd2be626174b27ba156f7"
)
ATTRIBUTE_CHANGED: Final = (
    # Of DIDAttributeChanged(address,bytes32,bytes,uint256,uint256).
    "0x18ab6b2ae3d64306c00ce663125f2bd680e441a098de1635bd7ad8b0d44965e4"
)
TOPICS: Final = (OWNER_CHANGED, DELEGATE_CHANGED, ATTRIBUTE_CHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of the chain: its number, and its time in seconds since 1970."""

    number: int
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanged:
    """From now on ``owner`` alone may change the identity."""

    block: Block
    owner: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateChanged:
    """The account ``delegate`` may act as ``type`` up to and with ``valid_to``."""

    block: Block
    type: str
    delegate: bytes
    valid_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChanged:
    """The attribute ``name`` has, among others, this value up to and with ``valid_to``.

    The contract writes 0 as the end of what is revoked.
    """

    block: Block
    name: str
    value: bytes
    valid_to: int


Event: TypeAlias = OwnerChanged | DelegateChanged | AttributeChanged


def decode(
    topic: str, data: bytes, block: Block, *, path: str
) -> tuple[Event | None, int]:
    """The event of a log, and the block of the change before it (0: there was none).

    An event whose name is no text is somebody's own use of the registry: ``None``.

    Raises:
        MalformedValue: Another event, or other arguments than the event has.
    """
    if topic == OWNER_CHANGED:
        _check_size(data, 2, path)
        owner = abi.address(data, 0, path)
        return OwnerChanged(block=block, owner=owner), abi.uint(data, 1)
    if topic == DELEGATE_CHANGED:
        _check_size(data, 4, path)
        return _delegate(data, block, path), abi.uint(data, 3)
    if topic == ATTRIBUTE_CHANGED:
        return _attribute(data, block, path), abi.uint(data, 3)
    raise MalformedValue("not an event of the registry", path=path)


def _delegate(data: bytes, block: Block, path: str) -> DelegateChanged | None:
    delegate, name = abi.address(data, 1, path), _text(abi.word(data, 0))
    if name is None:
        return None
    return DelegateChanged(
        block=block, type=name, delegate=delegate, valid_to=abi.uint(data, 2)
    )


def _attribute(data: bytes, block: Block, path: str) -> AttributeChanged | None:
    # Where the value ends, the data has to end, so it is neither short nor long.
    value, name = abi.only_tail(data, 1, words=4, path=path), _text(abi.word(data, 0))
    if name is None:
        return None
    return AttributeChanged(
        block=block, name=name, value=value, valid_to=abi.uint(data, 2)
    )


def _check_size(data: bytes, words: int, path: str) -> None:
    if len(data) != words * abi.WORD:
        message = "the event has more or fewer arguments than it should"
        raise MalformedValue(message, path=path)


def _text(word: bytes) -> str | None:
    try:
        return word.decode("utf-8").rstrip("\0")
    except UnicodeDecodeError:
        return None
