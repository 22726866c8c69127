"""did:ethr on a real EVM: medid's calldata, and both resolvers on what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from interop.chain import BIRTH, CHAIN_ID, Chain, running
from interop.identities import LONG, SHORT, Identity, account, generated
from medid.adapters.evm import EvmFetch, Network
from medid.core.evidence import Evidence
from medid.core.instant import Instant, system_clock
from medid.dids import resolver
from medid.dids.ethr import transactions as change
from medid.dids.ethr.identifier import parse
from medid.dids.ethr.transactions import Attribute, key_attribute, service_attribute
from medid.dids.methods import ethr
from medid.dids.resolution import ResolutionOptions
from medid.errors import FetchBlocked, FetchFailed, MedidError
from medid.keys import KeyKind, PublicKey
from medid.verifying.gathering import gather
from tests.dids.ethr.told import as_told

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with running() as started:
        yield started


def same(identity: Identity, versions: list[int | None]) -> None:
    evidence = identity.evidence()
    for version in versions:
        ours = identity.by_medid(evidence, version)
        theirs = identity.by_peer(version)
        told = theirs["didDocument"]
        assert as_told(ours.document.raw) == as_told(told), version
        assert dict(ours.metadata) == theirs["didDocumentMetadata"], version


def test_an_account_that_nobody_changed(chain: Chain) -> None:
    same(Identity(chain), [None])


def test_a_whole_life(chain: Chain) -> None:
    identity = Identity(chain)
    did, versions = identity.did, []
    doctor, clerk = account(), account()
    signing, agreement = generated(KeyKind.ED25519), generated(KeyKind.X25519)
    hub = service_attribute("HubService", "https://board.example/hub")
    rsa = Attribute(name="did/pub/RSA/veriKey/pem", value=b"-----BEGIN PUBLIC KEY-----")
    odd = Attribute(name="did/pub/Cuneiform/veriKey/base64", value=b"\xfb\xff")
    steps = (
        change.add_delegate(did, doctor, seconds=LONG),
        change.add_delegate(did, clerk, seconds=LONG, delegate_type="sigAuth"),
        change.add_delegate(did, clerk, seconds=LONG, delegate_type="else"),
        change.set_attribute(did, key_of(signing, "base58"), seconds=LONG),
        change.set_attribute(did, key_of(generated(), "hex"), seconds=SHORT),
        change.set_attribute(did, key_of(agreement, "base64"), seconds=LONG),
        change.set_attribute(did, rsa, seconds=LONG),
        change.set_attribute(did, odd, seconds=LONG),
        change.set_attribute(did, hub, seconds=LONG),
        change.set_attribute(did, notes(), seconds=LONG),
        change.revoke_delegate(did, doctor),
        change.revoke_attribute(did, key_of(signing, "base58")),
        change.revoke_attribute(did, key_of(agreement, "base64")),
        change.set_attribute(did, key_of(signing, "base58"), seconds=LONG),
        change.revoke_attribute(did, hub),
    )
    for step in steps:
        identity.send(step)
        versions.append(identity.blocks[-1])
    same(identity, [None, *versions, identity.blocks[0] - 1])

    # Two changes in one block, and blocks in which nothing happens to the identity.
    chain.pass_time(SHORT)
    together = chain.send_together(
        identity.owner,
        change.add_delegate(did, account(), seconds=SHORT),
        change.set_attribute(did, hub, seconds=LONG),
    )
    chain.mine(SHORT // 2)
    latest = chain.mine(SHORT)
    same(identity, [None, together, latest])

    # The key in the DID counts as long as the account owns it, and again from then on.
    first, second = identity.owner, account()
    identity.send(change.change_owner(did, second))
    assert owned_by_itself(identity) is False
    identity.owner = second
    identity.send(change.add_delegate(did, doctor, seconds=LONG))
    identity.send(change.change_owner(did, first))
    assert owned_by_itself(identity) is True
    same(identity, [None, *identity.blocks[-3:]])

    identity.owner = first
    identity.send(change.deactivate(did))
    same(identity, [None, *identity.blocks[-2:]])
    assert identity.by_medid(identity.evidence()).deactivated


def key_of(key: PublicKey, encoding: str) -> Attribute:
    """As wallets have written it so far: with a hint at the encoding."""
    plain = key_attribute(key)
    return Attribute(name=f"{plain.name}/{encoding}", value=key.raw)


def notes() -> Attribute:
    value = b'{"uri": "https://board.example/inbox", "accept": ["didcomm/v2"]}'
    return Attribute(name="did/svc/DIDCommMessaging", value=value)


def owned_by_itself(identity: Identity) -> bool:
    document = identity.by_medid(identity.evidence()).document
    url = f"{identity.did}#controllerKey"
    try:
        return document.method_for(url, "assertionMethod").key == identity.key
    except MedidError:
        return False


def test_times_between_the_blocks(chain: Chain) -> None:
    identity = Identity(chain)
    signing = key_attribute(generated(KeyKind.ED25519))
    identity.send(change.set_attribute(identity.did, signing, seconds=SHORT))
    identity.send(change.revoke_attribute(identity.did, signing), after=SHORT // 2)
    evidence = identity.evidence()
    start, end = (
        Instant.from_seconds(
            int(chain.call("eth_getBlockByNumber", hex(one), False)["timestamp"], 16)
        )
        for one in identity.blocks
    )

    def keys(at: Instant) -> tuple[str, ...]:
        options = ResolutionOptions(version_time=at)
        return resolver.resolve(identity.did, evidence, options).ids_for(
            "assertionMethod"
        )

    key = f"{identity.did}#delegate-1"
    assert key not in keys(start.plus(-1))
    assert key in keys(start)
    assert key in keys(end.plus(-1))
    assert key not in keys(end)
    assert start.seconds > BIRTH


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.ED25519, KeyKind.SECP256K1])
def test_what_is_written_by_default_can_be_verified_with(
    chain: Chain, kind: KeyKind
) -> None:
    identity = Identity(chain)
    key = generated(kind)
    identity.send(change.set_attribute(identity.did, key_attribute(key), seconds=LONG))
    document = identity.by_medid(identity.evidence()).document
    url = f"{identity.did}#delegate-1"
    assert document.method_for(url, "assertionMethod").key == key


def fetched(chain: Chain, **settings: Any) -> Any:
    did = ethr.create(generated(), CHAIN_ID)
    network = Network(
        **{"url": chain.url, "registry": chain.registry, "max_lag": None, **settings}
    )
    fetch = EvmFetch({CHAIN_ID: network}, allow_loopback=True)
    url = parse(did).url
    found = gather(Evidence(), lambda known: resolver.needs(did, known), fetch)
    return found.answers[url]


def test_a_node_of_another_chain_is_refused() -> None:
    with running(chain_id=4_242) as other:
        found = fetched(other)
    assert isinstance(found, FetchBlocked)
    assert "another chain" in found.message


def test_an_address_without_a_registry_tells_nothing(chain: Chain) -> None:
    found = fetched(chain, registry=account())
    assert isinstance(found, FetchFailed)
    assert "no registry" in found.message


def test_a_node_whose_latest_block_is_old_tells_nothing(chain: Chain) -> None:
    found = fetched(chain, max_lag=3_600)
    assert isinstance(found, FetchFailed)
    assert "behind" in found.message
    assert system_clock().since(Instant.from_seconds(BIRTH)) > 3_600
