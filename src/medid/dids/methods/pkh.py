"""did:pkh: the identifier is an account on a blockchain.

The document names the account. For most chains that is the hash of a key, and the
document holds **no key**: no proof of such an issuer can be checked, and medid refuses
it. An account on Solana is an Ed25519 key itself, and that key is listed.

The account is checked as its chain spells it: alphabet, length, and the checksum that
Bitcoin and Tezos put into it.

Spec: https://github.com/w3c-ccg/did-pkh/blob/main/did-pkh-method-draft.md,
https://chainagnostic.org/CAIPs/caip-10
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import base64url
from medid.core.multibase import base58_decode
from medid.dids.document import SIGNING, DidDocument
from medid.dids.expanding import Expanding
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, InvalidDid, MalformedValue, MedidError
from medid.keys import KeyKind, PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.evidence import Evidence, Need
    from medid.core.json import JsonObject, JsonValue

NAME: Final = "pkh"

_CHECKSUM: Final = 4  # bytes of a base58check text
_SECURITY: Final = "https://w3id.org/security#"

_RECOVERY: Final = "EcdsaSecp256k1RecoveryMethod2020"
_TEZOS: Final = "TezosMethod2021"
_SOLANA: Final = "SolanaMethod2021"
_TYPES: Final[Mapping[str, JsonValue]] = MappingProxyType(
    {
        _RECOVERY: "https://identity.foundation/EcdsaSecp256k1RecoverySignature2020"
        f"#{_RECOVERY}",
        "RsaVerificationKey2018": "https://w3c-ccg.github.io/security-vocab/"
        "#RsaVerificationKey2018",
    }
)
# What the first three bytes of a Tezos account say about the key that was hashed.
_TEZOS_KEYS: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        b"\x06\xa1\x9f": "Ed25519PublicKeyBLAKE2BDigestSize20Base58CheckEncoded2021",
        b"\x06\xa1\xa1": _RECOVERY,
        b"\x06\xa1\xa4": "P256PublicKeyBLAKE2BDigestSize20Base58CheckEncoded2021",
    }
)
_ACCOUNT: Final = "blockchainAccountId"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """How the document of an account lists it.

    Attributes:
        methods: The fragment and the type of each verification method, in order.
        key: The key that the account is, for the chains whose accounts are keys.
    """

    methods: tuple[tuple[str, str], ...]
    key: PublicKey | None = None


def create(account: str) -> Did:
    """The did:pkh of an account, such as ``eip155:1:0xab16...``.

    Raises:
        ConfigurationError: Not an account as CAIP-10 and its chain spell it.
    """
    try:
        did = Did(method=NAME, id=account)
        expand(did)
    except MedidError as error:
        message = f"this makes no did:pkh: {error.message}"
        raise ConfigurationError(message) from None
    return did


def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
    """None: the identifier holds everything.

    Raises:
        InvalidDid: As ``expand`` says.
    """
    _expanding.expanded(did)
    return _expanding.needs(did, evidence)


def expand(did: Did) -> DidDocument:
    """The document that ``did``, a did:pkh, expands to.

    Raises:
        InvalidDid: Not an account as CAIP-10 spells it, of a kind of chain that
            medid does not know, or with a character or a checksum that is wrong.
        InvalidKey: The account is a key, and none that medid accepts.
        WeakCryptography: The account is a key that proves nothing.
    """
    account = _account(did)
    methods = [_method(did, one, account.key) for one in account.methods]
    names: list[JsonValue] = [method["id"] for method in methods]
    document: JsonObject = {
        "@context": ["https://www.w3.org/ns/did/v1", _context(account)],
        "id": str(did),
        "verificationMethod": [*methods],
    }
    document |= {name: [*names] for name in SIGNING}
    return DidDocument.made(document, expected=did)


_expanding: Final = Expanding(expand)
resolve = _expanding.resolve


def _context(account: _Account) -> JsonObject:
    context: JsonObject = {_ACCOUNT: _SECURITY + _ACCOUNT}
    if account.key is not None:
        definition: JsonObject = {"@id": f"{_SECURITY}publicKeyJwk", "@type": "@json"}
        context["publicKeyJwk"] = definition
    for _, name in account.methods:
        context[name] = _TYPES.get(name, _SECURITY + name)
    return context


def _method(
    did: Did, listed: tuple[str, str], key: PublicKey | None
) -> dict[str, JsonValue]:
    fragment, name = listed
    method: dict[str, JsonValue] = {
        "id": f"{did}#{fragment}",
        "type": name,
        "controller": str(did),
        _ACCOUNT: did.id,
    }
    return method if key is None else {**method, "publicKeyJwk": key.to_jwk()}


def _account(did: Did) -> _Account:
    parts = did.id.split(":")
    if len(parts) != 3 or parts[0] not in _CHAINS:
        known = ", ".join(_CHAINS)
        message = f"a did:pkh is an account of one of {known}, in the form of CAIP-10"
        raise InvalidDid(message)
    reference, read = _CHAINS[parts[0]]
    if reference.fullmatch(parts[1]) is None:
        raise InvalidDid("the did:pkh names no chain of its kind")
    try:
        return read(parts[2])
    except MalformedValue as error:
        raise InvalidDid(f"not a did:pkh: {error.message}") from None


def _arweave(address: str) -> _Account:
    _check_length(base64url.decode(address), 32)
    return _Account(methods=((_ACCOUNT, "RsaVerificationKey2018"),))


def _bip122(address: str) -> _Account:
    _check_length(_base58check(address), 21)  # the version, and the hash of the key
    return _Account(methods=((_ACCOUNT, _RECOVERY),))


def _eip155(address: str) -> _Account:
    if _ETHEREUM.fullmatch(address) is None:
        raise MalformedValue("an account is 0x and 40 hexadecimal digits")
    return _Account(methods=((_ACCOUNT, _RECOVERY),))


def _solana(address: str) -> _Account:
    raw = base58_decode(address)
    _check_length(raw, 32)
    key = PublicKey.from_raw(KeyKind.ED25519, raw, path="$")
    return _Account(
        methods=(("controller", "Ed25519VerificationKey2018"), (_SOLANA, _SOLANA)),
        key=key,
    )


def _tezos(address: str) -> _Account:
    raw = _base58check(address)
    _check_length(raw, 23)  # the prefix, and the hash of the key
    if raw[:3] not in _TEZOS_KEYS:
        raise MalformedValue("not an account of a key: those begin with tz1, tz2, tz3")
    return _Account(methods=((_ACCOUNT, _TEZOS_KEYS[raw[:3]]), (_TEZOS, _TEZOS)))


def _base58check(text: str) -> bytes:
    raw = base58_decode(text, max_length=_MAX_ADDRESS)
    data, checksum = raw[:-_CHECKSUM], raw[-_CHECKSUM:]
    digest = hashlib.sha256(hashlib.sha256(data).digest()).digest()
    if digest[:_CHECKSUM] != checksum:
        raise MalformedValue("the checksum of the account is wrong")
    return data


def _check_length(raw: bytes, length: int) -> None:
    if len(raw) != length:
        raise MalformedValue("the account has another length than its chain's have")


_MAX_ADDRESS: Final = 128  # characters, CAIP-10
_ETHEREUM: Final = re.compile(r"0x[0-9A-Fa-f]{40}")
# CAIP-2 allows 32 characters for the chain; each kind of chain narrows that down.
_CHAINS: Final = MappingProxyType(
    {
        "arweave": (re.compile(r"[A-Za-z0-9_\-]{4,32}"), _arweave),
        "bip122": (re.compile(r"[0-9a-f]{32}"), _bip122),
        "eip155": (re.compile(r"[1-9][0-9]{0,31}"), _eip155),
        "solana": (re.compile(r"[1-9A-HJ-NP-Za-km-z]{32}"), _solana),
        "tezos": (re.compile(r"Net[1-9A-HJ-NP-Za-km-z]{12}"), _tezos),
    }
)
