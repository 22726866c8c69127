"""SD-JWT VCs: twelve claims, three shown, a key binding, ES256 throughout."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)

from benchmarks import floors, own
from benchmarks.goals import at_least, at_most
from benchmarks.node import Node
from benchmarks.own import AGAIN, NEW, SEEN, verifying
from benchmarks.rounds import Here, Race
from benchmarks.work import CHALLENGE, DOMAIN, NOW, new_controller, pool
from medid import Expectations, KeyKind, issue_sd_jwt, present_sd_jwt
from medid.core import base64url

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.goals import Report
    from medid import Controller, PrivateKey

FLOOR: Final = "the floor, by hand: OpenSSL signatures"
MEDID: Final = "medid"
PYPI: Final = "sd-jwt (PyPI)"
NPM: Final = "@sd-jwt/sd-jwt-vc (node)"
VCT: Final = "https://board.example/credentials/license"
SECONDS: Final = int(NOW.seconds)
CLAIMS: Final = {f"claim{number}": f"value of claim {number}" for number in range(12)}
SHOWN: Final = list(CLAIMS)[:3]
ASKED: Final = Expectations(
    challenge=CHALLENGE, domain=DOMAIN, key_binding=True, vct=VCT
)
BINDING: Final = {"iat": SECONDS, "aud": DOMAIN, "nonce": CHALLENGE}


class Parties:
    """An issuer and a holder, and what they make."""

    def __init__(self) -> None:
        """With keys of this run."""
        self.issuer: Final = new_controller(KeyKind.P256)
        self.holder: Final = new_controller(KeyKind.P256)

    @property
    def payload(self) -> dict[str, Any]:
        """What is in the token for everybody to see."""
        jwk = dict(self.holder.signer.public_key.to_jwk())
        visible = {"iss": self.issuer.did, "vct": VCT, "iat": SECONDS}
        return {**visible, "cnf": {"jwk": jwk}}

    @property
    def header(self) -> dict[str, str]:
        """The header of the issuer's token."""
        kid = self.issuer.verification_method
        return {"alg": "ES256", "typ": "dc+sd-jwt", "kid": kid}

    def issue(self) -> str:
        """By medid."""
        return issue_sd_jwt(
            {"vct": VCT, **CLAIMS},
            self.issuer,
            disclosable=[f"/{name}" for name in CLAIMS],
            holder_key=self.holder.signer.public_key,
            at=NOW,
        )

    def present(self, issued: str) -> str:
        """By medid."""
        return present_sd_jwt(
            issued,
            self.holder.signer,
            disclose=[f"/{name}" for name in SHOWN],
            nonce=CHALLENGE,
            audience=DOMAIN,
            at=NOW,
        )


def sd_jwt(report: Report) -> None:
    """Issue, present, verify."""
    parties = Parties()
    issued = parties.issue()
    _issue(report, parties)
    _present(report, parties, issued)
    _verify(report, parties, parties.present(issued))


def _issue(report: Report, parties: Parties) -> None:
    issuer = secret(parties.issuer)
    floor = partial(
        floors.SdJwt(nonce=CHALLENGE).issue,
        parties.payload,
        parties.header,
        hidden=CLAIMS,
        key=openssl(issuer),
    )
    race = Race("issue an SD-JWT of twelve claims, ES256")
    race.enter(FLOOR, lambda: Here(floor))
    race.enter(MEDID, lambda: Here(parties.issue))
    race.enter(PYPI, lambda: Here(_pypi_issue(parties)))
    race.enter(
        NPM,
        lambda: Node(
            {
                "what": "sd-jwt-issue",
                "payload": {**parties.payload, **CLAIMS},
                "disclosable": list(CLAIMS),
                "header": {"kid": parties.issuer.verification_method},
                "jwk": issuer.to_jwk(),
            }
        ),
    )
    _judge(report, race, "issue an SD-JWT", MEDID)


def _present(report: Report, parties: Parties, issued: str) -> None:
    holder, text = secret(parties.holder), issued.encode()
    floor = floors.SdJwt(nonce=CHALLENGE)
    key = openssl(holder)
    race = Race("present an SD-JWT, three claims of twelve, with a key binding")
    race.enter(FLOOR, lambda: Here(lambda: floor.present(text, SHOWN, key)))
    race.enter(MEDID, lambda: Here(lambda: parties.present(issued)))
    race.enter(PYPI, lambda: Here(_pypi_present(parties, issued)))
    race.enter(
        NPM,
        lambda: Node(
            {
                "what": "sd-jwt-present",
                "token": issued,
                "disclose": dict.fromkeys(SHOWN, True),
                "holder": holder.to_jwk(),
                "keyBinding": BINDING,
            }
        ),
    )
    _judge(report, race, "present an SD-JWT", MEDID)


def _verify(report: Report, parties: Parties, presented: str) -> None:
    tokens = pool(lambda _: parties.present(parties.issue()).encode())
    floor, text = floors.SdJwt(nonce=CHALLENGE), presented.encode()
    issuer = secret(parties.issuer)
    keys = {parties.issuer.verification_method: openssl(issuer).public_key()}
    race = Race("verify an SD-JWT, three claims of twelve, with its key binding")
    race.enter(FLOOR, lambda: Here(lambda: floor.verify(text, keys)))
    race.enter(NEW, verifying(tokens, expect=ASKED))
    race.enter(AGAIN, verifying(tokens[:1], expect=ASKED, memory=own.rechecking()))
    race.enter(SEEN, verifying(tokens[:1], expect=ASKED))
    race.enter(PYPI, lambda: Here(_pypi_verify(parties, presented)))
    race.enter(
        NPM,
        lambda: Node(
            {
                "what": "sd-jwt-verify",
                "token": presented,
                "jwk": issuer.public_key.to_jwk(),
                "nonce": CHALLENGE,
                "now": SECONDS,
            }
        ),
    )
    _judge(report, race, "verify a new SD-JWT", NEW)


def _judge(report: Report, race: Race, what: str, who: str) -> None:
    race.run()
    report.say(race.table())
    report.slower(race, at_most(1.3, f"{what} / the floor"), who=who, than=FLOOR)
    for peer in (PYPI, NPM):
        goal = at_least(1, f"{what}, faster than {peer}")
        report.faster(race, goal, who=who, than=peer)


def secret(party: Controller) -> PrivateKey:
    """The key of a party of this run, which is in memory."""
    return party.signer  # type: ignore[return-value]


def openssl(key: PrivateKey) -> EllipticCurvePrivateKey:
    """``key`` as the floor uses it."""
    number = base64url.decode(str(key.to_jwk()["d"]))
    return derive_private_key(int.from_bytes(number, "big"), SECP256R1())


def _jwk(key: PrivateKey) -> Any:
    from jwcrypto.jwk import JWK

    return JWK.from_json(json.dumps(key.to_jwk()))


def _pypi_issue(parties: Parties) -> Callable[[], object]:
    from sd_jwt.common import SDObj
    from sd_jwt.issuer import SDJWTIssuer

    hidden = {SDObj(name): value for name, value in CLAIMS.items()}
    key, holder = _jwk(secret(parties.issuer)), _jwk(secret(parties.holder))
    visible = {n: v for n, v in parties.payload.items() if n != "cnf"}
    return lambda: SDJWTIssuer(
        {**visible, **hidden},
        key,
        holder_key=holder,
        extra_header_parameters=parties.header,
    )


def _pypi_present(parties: Parties, issued: str) -> Callable[[], object]:
    from sd_jwt.holder import SDJWTHolder

    holder = _jwk(secret(parties.holder))

    def work() -> None:
        SDJWTHolder(issued).create_presentation(
            dict.fromkeys(SHOWN, True), nonce=CHALLENGE, aud=DOMAIN, holder_key=holder
        )

    return work


def _pypi_verify(parties: Parties, presented: str) -> Callable[[], object]:
    from sd_jwt.verifier import SDJWTVerifier

    key = _jwk(secret(parties.issuer))
    return lambda: SDJWTVerifier(presented, lambda *_: key, DOMAIN, CHALLENGE)
