"""What the owner of a did:ethr sends to the registry to change it.

medid holds no key that could pay for a transaction: these functions write the calldata,
and the owner's own wallet sends it, from the account that owns the identity, to the
registry of the DID's chain (``parse(did).registry``, where it is a known one).

Spec: https://eips.ethereum.org/EIPS/eip-1056#specification
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import multicodec
from medid.dids.ethr import abi
from medid.dids.ethr import address as addresses
from medid.dids.ethr.document import ENCRYPTION, VERIFICATION_KEY
from medid.dids.ethr.identifier import parse
from medid.errors import ConfigurationError
from medid.keys.kinds import SHAPES, KeyKind

if TYPE_CHECKING:
    from medid.dids.syntax import Did
    from medid.keys import PublicKey

MAX_SECONDS: Final = 3_155_760_000  # a hundred years: the contract adds it to the time

# The first four bytes of Keccak-256 of the signature beside each.
_CHANGE_OWNER: Final = "f00d4b5d"  # changeOwner(address,address)
_ADD_DELEGATE: Final = "a7068d66"  # addDelegate(address,bytes32,address,uint256)
_REVOKE_DELEGATE: Final = "80b29f7c"  # revokeDelegate(address,bytes32,address)
_SET_ATTRIBUTE: Final = "7ad4b0a4"  # setAttribute(address,bytes32,bytes,uint256)
_REVOKE_ATTRIBUTE: Final = "00c023da"  # revokeAttribute(address,bytes32,bytes)

# The kinds of key that have a name of their own in the method's specification.
_ALGORITHMS: Final = {
    KeyKind.SECP256K1: "Secp256k1",
    KeyKind.ED25519: "Ed25519",
    KeyKind.X25519: "X25519",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A name of at most 32 bytes, and one of the values that the identity has by it."""

    name: str
    value: bytes


def change_owner(did: Did, new_owner: str) -> bytes:
    """Give the identity of ``did`` to the account ``new_owner``.

    Raises:
        InvalidDid: Not a did:ethr.
        MalformedValue: ``new_owner`` is no address.
        ConfigurationError: It is nobody's, which ``deactivate`` is for.
    """
    owner = addresses.parse(new_owner)
    if owner == addresses.NOBODY:
        message = "the address 0 is nobody's"
        raise ConfigurationError(message, fix="call deactivate() to give the DID up")
    return _call(_CHANGE_OWNER, did, abi.left_padded(owner))


def deactivate(did: Did) -> bytes:
    """Give ``did`` up for good, with every key, delegate and service.

    Raises:
        InvalidDid: Not a did:ethr.
    """
    return _call(_CHANGE_OWNER, did, abi.left_padded(addresses.NOBODY))


def add_delegate(
    did: Did, delegate: str, *, seconds: int, delegate_type: str = VERIFICATION_KEY
) -> bytes:
    """Let the account ``delegate`` act for ``did``.

    Args:
        did: A did:ethr.
        delegate: Its address.
        seconds: For how long, from the block that takes it in.
        delegate_type: ``veriKey``, or ``sigAuth`` for authentication as well.

    Raises:
        InvalidDid: Not a did:ethr.
        MalformedValue: ``delegate`` is no address.
        ConfigurationError: The type is longer than 32 bytes, or the time no time.
    """
    return _call(
        _ADD_DELEGATE,
        did,
        _name(delegate_type),
        abi.left_padded(addresses.parse(delegate)),
        _seconds(seconds),
    )


def revoke_delegate(
    did: Did, delegate: str, *, delegate_type: str = VERIFICATION_KEY
) -> bytes:
    """Let the account ``delegate`` act for ``did`` no longer, as this type.

    Raises:
        InvalidDid: Not a did:ethr.
        MalformedValue: ``delegate`` is no address.
        ConfigurationError: The type is longer than 32 bytes.
    """
    account = abi.left_padded(addresses.parse(delegate))
    return _call(_REVOKE_DELEGATE, did, _name(delegate_type), account)


def set_attribute(did: Did, attribute: Attribute, *, seconds: int) -> bytes:
    """State ``attribute`` of ``did`` for ``seconds`` from the block that takes it in.

    Raises:
        InvalidDid: Not a did:ethr.
        ConfigurationError: The name is longer than 32 bytes, or the time no time.
    """
    return _call(
        _SET_ATTRIBUTE,
        did,
        _name(attribute.name),
        abi.uint_word(4 * abi.WORD),
        _seconds(seconds),
        tail=abi.tail(attribute.value),
    )


def revoke_attribute(did: Did, attribute: Attribute) -> bytes:
    """State ``attribute`` of ``did`` no longer: exactly this value under this name.

    Raises:
        InvalidDid: Not a did:ethr.
        ConfigurationError: The name is longer than 32 bytes.
    """
    return _call(
        _REVOKE_ATTRIBUTE,
        did,
        _name(attribute.name),
        abi.uint_word(3 * abi.WORD),
        tail=abi.tail(attribute.value),
    )


def key_attribute(key: PublicKey, purpose: str | None = None) -> Attribute:
    """The attribute that lists ``key`` in the DID document.

    Args:
        key: Of any kind; what the method has no name for is written as a Multikey.
        purpose: ``veriKey``, ``sigAuth`` for authentication as well, or ``enc``; by
            default what the kind of key is for.
    """
    if purpose is None:
        purpose = VERIFICATION_KEY if SHAPES[key.kind].vouches else ENCRYPTION
    algorithm = _ALGORITHMS.get(key.kind)
    if algorithm is not None:
        return Attribute(name=f"did/pub/{algorithm}/{purpose}", value=key.raw)
    value = multicodec.add_prefix(SHAPES[key.kind].public_code, key.raw)
    return Attribute(name=f"did/pub/Multikey/{purpose}", value=value)


def service_attribute(kind: str, endpoint: str) -> Attribute:
    """The attribute that lists a service of type ``kind`` at the URL ``endpoint``."""
    return Attribute(name=f"did/svc/{kind}", value=endpoint.encode())


def _call(selector: str, did: Did, *words: bytes, tail: bytes = b"") -> bytes:
    identity = abi.left_padded(parse(did).address)
    return b"".join((bytes.fromhex(selector), identity, *words, tail))


def _name(text: str) -> bytes:
    raw = text.encode()
    if not 0 < len(raw) <= abi.WORD:
        raise ConfigurationError(f"a name has 1 to {abi.WORD} bytes in the registry")
    return raw.ljust(abi.WORD, b"\0")


def _seconds(seconds: int) -> bytes:
    if not 0 < seconds <= MAX_SECONDS:
        message = f"a time is of 1 to {MAX_SECONDS:,} seconds"
        raise ConfigurationError(message, path="$.seconds")
    return abi.uint_word(seconds)
