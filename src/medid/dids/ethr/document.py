"""From the events of an identity to its DID document, as of a time.

Each delegate, key and service is named by how many of its kind were stated up to it,
revocations counted, so that a name never passes to another key. What was stated again
keeps its place and gets a new name; what has ended or was revoked is gone.

Spec: https://github.com/decentralized-identity/ethr-did-resolver/blob/master/doc/did-method-spec.md#read-resolve
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core import json
from medid.core.instant import Instant
from medid.core.json import JsonLimits
from medid.dids import form
from medid.dids.document import KEY_AGREEMENT, SIGNING
from medid.dids.ethr import address as addresses
from medid.dids.ethr import material
from medid.dids.ethr.events import (
    AttributeChanged,
    DelegateChanged,
    Event,
    OwnerChanged,
)
from medid.errors import InvalidDidDocument, MalformedValue, ParsingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.core.json import JsonObject, JsonValue
    from medid.dids.ethr.identifier import Identifier
    from medid.dids.syntax import Did

_ASSERTION, _AUTHENTICATION = SIGNING[:2]
SIGNATURE_AUTHENTICATION: Final = "sigAuth"
VERIFICATION_KEY: Final = "veriKey"
ENCRYPTION: Final = "enc"

_ATTRIBUTE: Final = re.compile(
    r"did/(?P<section>pub|svc)/(?P<algorithm>[A-Za-z0-9_]+)"
    r"(?:/(?P<purpose>[A-Za-z0-9_]+))?(?:/(?P<encoding>[A-Za-z0-9_]+))?"
)
_RECOVERY: Final = "EcdsaSecp256k1RecoveryMethod2020"
_ENDPOINT: Final = JsonLimits(max_bytes=8_192, max_depth=8, max_members=256)

_CONTEXTS: Final[tuple[JsonValue, ...]] = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/secp256k1recovery-2020/v2",
)
_JWK_TERM: Final[JsonObject] = {
    "publicKeyJwk": {"@id": "https://w3id.org/security#publicKeyJwk", "@type": "@json"}
}
_SECURITY: Final = "https://w3id.org/security/v2"
# What defines each type of method, and each member that no context defines for it.
_TYPE_CONTEXTS: Final[dict[str, JsonValue]] = {
    "EcdsaSecp256k1VerificationKey2019": _SECURITY,
    "RsaVerificationKey2018": _SECURITY,
    "Ed25519VerificationKey2020": "https://w3id.org/security/suites/ed25519-2020/v1",
    "X25519KeyAgreementKey2020": "https://w3id.org/security/suites/x25519-2020/v1",
    "Multikey": "https://w3id.org/security/multikey/v1",
}
_MEMBER_CONTEXTS: Final[dict[str, JsonValue]] = {
    "publicKeyJwk": _JWK_TERM,
    "publicKeyHex": {"publicKeyHex": "https://w3id.org/security#publicKeyHex"},
    "publicKeyBase64": {"publicKeyBase64": "https://w3id.org/security#publicKeyBase64"},
}

# What an event states, whatever it says about it: the same again replaces it.
_Key: TypeAlias = tuple[str, str, bytes]


def deactivated(did: Did) -> JsonObject:
    """The document of a DID whose owner is nobody."""
    return {
        "@context": [_CONTEXTS[0]],
        "id": str(did),
        "verificationMethod": [],
        _AUTHENTICATION: [],
        _ASSERTION: [],
    }


def document(
    did: Did, identifier: Identifier, events: Iterable[Event], now: Instant
) -> JsonObject:
    """The document that ``events`` leave of ``did`` at ``now``.

    Args:
        did: As it is spelt.
        identifier: What it says.
        events: Those that count, in their order; none gives the DID away for good.
        now: What ended before it is left out.
    """
    stated = _Stated(did, identifier, now)
    for event in events:
        stated.take(event)
    return stated.document()


class _Stated:
    """What the events so far have stated, and how many of each kind there were."""

    def __init__(self, did: Did, identifier: Identifier, now: Instant) -> None:
        self._did = did
        self._identifier = identifier
        self._now = now
        self._owner = identifier.address
        self._keys = 0
        self._services = 0
        self._methods: dict[_Key, JsonObject] = {}
        self._relationships: dict[str, dict[_Key, str]] = {
            name: {} for name in (_AUTHENTICATION, _ASSERTION, KEY_AGREEMENT)
        }
        self._endpoints: dict[_Key, JsonObject] = {}

    def take(self, event: Event) -> None:
        if isinstance(event, OwnerChanged):
            self._owner = event.owner
        elif isinstance(event, DelegateChanged):
            self._take_delegate(event)
        else:
            self._take_attribute(event)

    def _take_delegate(self, event: DelegateChanged) -> None:
        self._keys += 1
        key = ("delegate", event.type, event.delegate)
        self._forget_ended(key, event)
        if event.type in {VERIFICATION_KEY, SIGNATURE_AUTHENTICATION}:
            self._list(key, event, event.type, self._account(event.delegate))

    def _take_attribute(self, event: AttributeChanged) -> None:
        # What begins so is counted, also where the rest makes no sense.
        self._keys += event.name.startswith("did/pub/")
        self._services += event.name.startswith("did/svc/")
        match = _ATTRIBUTE.fullmatch(event.name)
        if match is None:
            return
        key = ("attribute", event.name, event.value)
        self._forget_ended(key, event)
        if match["section"] == "svc":
            self._serve(key, event, match["algorithm"])
            return
        found = material.members(match["algorithm"], match["encoding"], event.value)
        if found is not None:
            self._list(key, event, match["purpose"], found)

    def _in_force(self, event: DelegateChanged | AttributeChanged) -> bool:
        return Instant.from_seconds(event.valid_to) >= self._now

    def _forget_ended(
        self, key: _Key, event: DelegateChanged | AttributeChanged
    ) -> None:
        if self._in_force(event):
            return
        self._methods.pop(key, None)
        self._endpoints.pop(key, None)
        for listed in self._relationships.values():
            listed.pop(key, None)

    def _list(
        self,
        key: _Key,
        event: DelegateChanged | AttributeChanged,
        purpose: str | None,
        members: JsonObject,
    ) -> None:
        if not self._in_force(event):
            return
        name = f"{self._did}#delegate-{self._keys}"
        self._methods[key] = self._method(name, members)
        if purpose == ENCRYPTION:
            self._relationships[KEY_AGREEMENT][key] = name
            return
        # Who may authenticate may assert as well; the reverse is not so.
        self._relationships[_ASSERTION][key] = name
        if purpose == SIGNATURE_AUTHENTICATION:
            self._relationships[_AUTHENTICATION][key] = name

    def _serve(self, key: _Key, event: AttributeChanged, kind: str) -> None:
        if not self._in_force(event):
            return
        service: JsonObject = {
            "id": f"{self._did}#service-{self._services}",
            "type": kind,
            "serviceEndpoint": _endpoint(event.value),
        }
        try:
            form.check_members({"service": [service]}, self._did)
        except (InvalidDidDocument, MalformedValue):
            return  # a note under the name of a service must not cost the keys
        self._endpoints[key] = service

    def _account(self, address: bytes) -> JsonObject:
        account = addresses.checksummed(address)
        return {
            "type": _RECOVERY,
            "blockchainAccountId": f"eip155:{self._identifier.chain_id}:{account}",
        }

    def _method(self, name: str, members: JsonObject) -> JsonObject:
        return {"id": name, "controller": str(self._did), **members}

    def document(self) -> JsonObject:
        methods = [self._method(f"{self._did}#controller", self._account(self._owner))]
        key = self._identifier.public_key
        # The key in the DID speaks for it as long as its account owns it.
        if key is not None and self._owner == self._identifier.address:
            name = f"{self._did}#controllerKey"
            methods.append(self._method(name, material.secp256k1(key)))
        own: list[JsonValue] = [method["id"] for method in methods]
        methods += self._methods.values()
        listed = {
            name: [*(own if name != KEY_AGREEMENT else []), *named.values()]
            for name, named in self._relationships.items()
        }
        result: JsonObject = {
            "@context": _contexts(methods),
            "id": str(self._did),
            "verificationMethod": [*methods],
            **{name: names for name, names in listed.items() if names},
        }
        if self._endpoints:
            result["service"] = [*self._endpoints.values()]
        return result


def _contexts(methods: list[JsonObject]) -> list[JsonValue]:
    found = list(_CONTEXTS)
    for method in methods:
        defined = [_TYPE_CONTEXTS.get(str(method["type"]))]
        defined += [_MEMBER_CONTEXTS.get(name) for name in method]
        found += [one for one in defined if one is not None and one not in found]
    return found


def _endpoint(value: bytes) -> JsonValue:
    """The JSON that ``value`` spells, or its text; ``None`` where it is neither."""
    try:
        return json.loads(value, limits=_ENDPOINT)
    except ParsingError:
        pass
    try:
        return value.decode("utf-8") if len(value) <= _ENDPOINT.max_bytes else None
    except UnicodeDecodeError:
        return None
