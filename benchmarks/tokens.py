"""vc+jwt under EdDSA, and eddsa-jcs-2022, from their floors."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks import floors, own, peers
from benchmarks.goals import at_least, at_most
from benchmarks.node import Node, digitalbazaar
from benchmarks.own import AGAIN, NEW, SEEN, verifying
from benchmarks.rounds import Here, Race
from benchmarks.work import NOW, World, as_bytes, draft, pool
from medid import Expectations, StatusPolicy, issue

if TYPE_CHECKING:
    from benchmarks.goals import Report
    from medid import PublicKey

FLOOR: Final = "the floor, by hand: one OpenSSL signature"
JWCRYPTO: Final = "jwcrypto, signature only"
JOSERFC: Final = "joserfc, signature only"
JOSE: Final = "jose (node)"
NODE: Final = "@digitalbazaar/vc (node)"
OPENVC: Final = "openvc-core"
JCS: Final = "eddsa-jcs-2022"
# The peers look at no status list, and medid does not have to either.
ASKED: Final = Expectations(status=StatusPolicy.OFF)


def vc_jwt(report: Report) -> None:
    """A license as a vc+jwt."""
    world = World()
    tokens = pool(lambda number: _secured(world, number, "vc+jwt"))
    token, key = tokens[0], world.board.signer.public_key
    keys = {world.board.verification_method: _openssl(key)}
    race = Race("verify a license as vc+jwt, EdDSA, without its status")
    race.enter(FLOOR, lambda: Here(lambda: floors.vc_jwt(token, keys)))
    race.enter(NEW, verifying(tokens, expect=ASKED))
    race.enter(AGAIN, verifying(tokens[:1], expect=ASKED, memory=own.rechecking()))
    race.enter(SEEN, verifying(tokens[:1], expect=ASKED))
    race.enter(JWCRYPTO, lambda: jwcrypto(token.decode(), key))
    race.enter(JOSERFC, lambda: joserfc(token.decode(), key))
    work = {"what": "jws", "token": token.decode(), "jwk": key.to_jwk(), "alg": "EdDSA"}
    race.enter(JOSE, lambda: Node(work), note="signature and times")
    race.run()
    report.say(race.table())
    _judge(report, race, "vc+jwt", [JWCRYPTO, JOSERFC, JOSE])


def jcs(report: Report) -> None:
    """A license under eddsa-jcs-2022."""
    world = World()
    licenses = pool(lambda number: _secured(world, number, JCS))
    one, key = licenses[0], world.board.signer.public_key
    document = json.loads(one)
    keys = {world.board.verification_method: _openssl(key)}
    race = Race("verify a license under eddsa-jcs-2022, without its status")
    race.enter(FLOOR, lambda: Here(lambda: floors.eddsa_jcs(one, keys)))
    race.enter(NEW, verifying(licenses, expect=ASKED))
    race.enter(AGAIN, verifying(licenses[:1], expect=ASKED, memory=own.rechecking()))
    race.enter(SEEN, verifying(licenses[:1], expect=ASKED))
    race.enter(OPENVC, partial(peers.openvc, JCS, document, key))
    race.enter(NODE, digitalbazaar("credential", JCS, document=document))
    race.run()
    report.say(race.table())
    _judge(report, race, JCS, [OPENVC, NODE])


def _judge(report: Report, race: Race, what: str, others: list[str]) -> None:
    goal = at_most(1.3, f"verify a new {what} / the floor")
    report.slower(race, goal, who=NEW, than=FLOOR)
    for peer in others:
        goal = at_least(1, f"verify a new {what}, faster than {peer}")
        report.faster(race, goal, who=NEW, than=peer)


def _secured(world: World, number: int, securing: str) -> bytes:
    unsigned = draft("license", world.board.did, world.practitioner.did)
    unsigned["id"] = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
    made = issue(unsigned, world.board, securing=securing, at=NOW)
    return made.encode() if isinstance(made, str) else as_bytes(_as_object(made))


def _as_object(made: object) -> dict[str, Any]:
    if not isinstance(made, dict):
        raise TypeError("neither a token nor a document")
    return made


def _openssl(key: PublicKey) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(key.raw)


def jwcrypto(token: str, key: PublicKey) -> Here:
    """Verify the signature of ``token`` with jwcrypto."""
    from jwcrypto.jwk import JWK
    from jwcrypto.jws import JWS

    public = JWK.from_json(json.dumps(key.to_jwk()))

    def work() -> None:
        found = JWS()
        found.allowed_algs = ["EdDSA"]
        found.deserialize(token, public)
        json.loads(found.payload)

    return Here(work)


def joserfc(token: str, key: PublicKey) -> Here:
    """Verify the signature of ``token`` with joserfc."""
    from joserfc import jws
    from joserfc.jwk import OKPKey

    public = OKPKey.import_key({name: str(v) for name, v in key.to_jwk().items()})

    def work() -> None:
        found = jws.deserialize_compact(token, public, algorithms=["EdDSA"])
        json.loads(found.payload)

    return Here(work)
