"""Record the history of an identity from a real chain, and what a peer makes of it.

``python -m interop.record_ethr`` writes ``tests/vectors/ethr/life.json``: what the
adapter collected, and the documents of npm ethr-did-resolver for each block.
"""

from __future__ import annotations

import json
from hashlib import shake_256
from typing import TYPE_CHECKING, Final

from interop.chain import running
from interop.identities import LONG, SHORT, Identity
from interop.peers import HERE
from medid.dids.ethr import address as addresses
from medid.dids.ethr import transactions as change
from medid.dids.ethr.identifier import parse
from medid.dids.ethr.transactions import Attribute, key_attribute, service_attribute
from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from medid.keys import PublicKey

FILE: Final = HERE.parent / "tests/vectors/ethr/life.json"


def fixed(name: str, kind: KeyKind = KeyKind.SECP256K1) -> PublicKey:
    """The same key in every recording."""
    return PrivateKey.generate(kind, entropy=shake_256(name.encode()).digest).public_key


def account(name: str) -> str:
    """The address of a fixed key."""
    return addresses.checksummed(addresses.of_key(fixed(name)))


def lived(identity: Identity) -> None:
    """Everything that can become of an identity."""
    did = identity.did
    ed25519 = key_attribute(fixed("signing", KeyKind.ED25519))
    p256 = key_attribute(fixed("p256", KeyKind.P256))
    x25519 = key_attribute(fixed("agreement", KeyKind.X25519))
    secp = key_attribute(fixed("secp256k1"), "sigAuth")
    hub = service_attribute("HubService", "https://board.example/hub")
    for step in (
        change.add_delegate(did, account("doctor"), seconds=LONG),
        change.add_delegate(
            did, account("clerk"), seconds=LONG, delegate_type="sigAuth"
        ),
        change.set_attribute(did, hinted(ed25519, "base58"), seconds=LONG),
        change.set_attribute(did, hinted(secp, "hex"), seconds=SHORT),
        change.set_attribute(did, hinted(x25519, "base64"), seconds=LONG),
        change.set_attribute(did, p256, seconds=LONG),
        change.set_attribute(did, hub, seconds=LONG),
        change.revoke_delegate(did, account("doctor")),
        change.revoke_attribute(did, hinted(ed25519, "base58")),
    ):
        identity.send(step)
    identity.chain.pass_time(SHORT)
    identity.blocks.append(
        identity.chain.send_together(
            identity.owner,
            change.set_attribute(did, hinted(ed25519, "base58"), seconds=LONG),
            change.revoke_attribute(did, hub),
        )
    )
    first, second = identity.owner, account("second")
    identity.send(change.change_owner(did, second))
    identity.owner = second
    identity.send(change.change_owner(did, first))
    identity.owner = first
    identity.send(change.deactivate(did))


def hinted(attribute: Attribute, encoding: str) -> Attribute:
    """``attribute`` with a hint at the encoding in its name, as wallets wrote it."""
    return Attribute(name=f"{attribute.name}/{encoding}", value=attribute.value)


def main() -> None:
    """Write the file anew."""
    with running() as chain:
        identity = Identity(chain, key=fixed("board"))
        lived(identity)
        evidence = identity.evidence()
        fetched = evidence.get(parse(identity.did).url)
        versions = {str(one): identity.by_peer(one) for one in identity.blocks}
    document = {
        "did": str(identity.did),
        "history": json.loads(fetched.content),
        "versions": versions,
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
