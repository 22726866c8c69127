"""Sources of trust on real hosts: who is asked, and what a pack of answers is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from medid.access import pack as packs
from medid.adapters.https import HttpsFetch
from medid.core import json as strict_json
from medid.core.fetch import NoFetch
from medid.core.instant import Window
from medid.errors import EvidenceUnavailable, IssuerNotTrusted
from medid.health import contexts
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.securing.jose import sign_compact
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.answering import answer as answered
from medid.trust.federation.statements import configuration_url
from medid.trust.trqp import Question, read_query, response
from medid.verifying.checks import Outcome
from medid.verifying.judging import Judgement
from medid.verifying.packing import Wanted, collect
from medid.verifying.verifier import Verifier
from tests.adapters.hosts import HOST, Authority, Host, Pages, answer, listening
from tests.trust.federations import TYPE, entity
from tests.trust.registries import COUNCIL
from tests.verifying import world
from tests.verifying.test_recognizing import RULES, SCHEMA, STATE, action, recognition
from tests.verifying.test_recognizing import entity as recognized
from tests.verifying.world import BOARD, CODE, DAY, NOW

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

    from medid.core.evidence import Evidence
    from medid.core.instant import Instant
    from medid.core.json import JsonValue
    from medid.verifying.checks import Verification

DOCTOR = f"{CODE}|208D00000X"
SCOPE: dict[str, Any] = {"jurisdictions": ["US-OH"], "professions": [DOCTOR]}
KEY = world.key("federated board")


@dataclass(frozen=True)
class Answering(Pages):
    """Pages, and a trust registry at ``/trqp`` that goes by a trust file."""

    registry: TrustRegistry = field(
        default_factory=lambda: world.registry_of({"did": BOARD.did, **SCOPE})
    )

    def answer(self, head: bytes) -> bytes:
        """The page, or the response to a query."""
        start, _, body = head.partition(b"\r\n\r\n")
        if not start.startswith(b"POST /trqp/authorization "):
            return super().answer(start)
        asked = read_query(strict_json.load_object(body))
        found = answered(asked, Question.AUTHORIZATION, self.registry, at=NOW)
        said = response(
            asked,
            Question.AUTHORIZATION,
            answer=found.answer,
            message="-",
            at=NOW,
        )
        return answer(strict_json.dumps(said).encode())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    return authority.server(HOST)


@pytest.fixture
def pages() -> Answering:
    return Answering()


@pytest.fixture
def host(pages: Answering, tls: ssl.SSLContext) -> Iterator[Host]:
    with listening(pages, tls) as found:
        yield found


def fetching(authority: Authority) -> HttpsFetch:
    return HttpsFetch(
        allow_loopback=True,
        ca_file=authority.file,
        resolver=lambda _host, _port: ["127.0.0.1"],
        clock=lambda: NOW,
    )


def registry_at(host: Host, **members: Any) -> dict[str, Any]:
    asked = {"url": host.url("/trqp"), "authorityId": COUNCIL, "mayAuthorize": [SCOPE]}
    return {**asked, **members}


def posted(host: Host) -> int:
    return sum(one.startswith(b"POST ") for one in host.requests)


# Who is asked.


def license_of(**members: Any) -> Any:
    draft = world.license_draft()
    del draft["credentialStatus"]
    draft["credentialSubject"]["license"] |= members
    return world.with_proof(draft, BOARD, suite="eddsa-jcs-2022")


def presented(*credentials: Any) -> Any:
    return world.presented(*credentials, securing="eddsa-jcs-2022")


def test_a_registry_is_not_asked_about_what_others_let_the_issuer_do(
    authority: Authority, host: Host
) -> None:
    """One permit is enough, and no registry takes another's back."""
    document: dict[str, JsonValue] = {
        "authorities": [
            {
                "did": STATE.did,
                "mayRecognize": SCOPE,
                "requireOutputValidation": False,
            }
        ],
        "trustRegistries": [registry_at(host)],
    }
    verifier = Verifier(
        trust=TrustRegistry.from_json(document), fetch=fetching(authority)
    )
    at_hand = world.evidence({SCHEMA: RULES})

    def asked(*credentials: Any) -> Verification:
        host.requests.clear()
        return verifier.verify(presented(*credentials), at=NOW, evidence=at_hand)

    license_ = license_of()
    assert asked(license_, recognition())
    assert posted(host) == 0
    # Without the recognition, the registry is what is left, and it is asked once.
    assert asked(license_)
    assert posted(host) == 1
    # What others do not let the issuer do for all that it says, the registry might.
    elsewhere = license_of(jurisdiction="US-KY")
    assert asked(elsewhere, recognition()).outcome is Outcome.REFUSED
    assert posted(host) == 1
    # So it might where others let it register certain people alone.
    scope = {"did": BOARD.did, **SCOPE, "requireRegistration": ["full"]}
    subject = {"trustRegistry": {"acceptedBoards": [scope]}}
    draft = world.plain(
        STATE,
        type=["VerifiableCredential", "TrustRegistryCredential"],
        credentialSubject=subject,
    )
    narrow = world.with_proof(draft, STATE, suite="eddsa-jcs-2022")
    assert asked(license_, narrow)
    assert posted(host) == 1
    ended = recognition(recognized(BOARD, action(validUntil=str(NOW))))
    assert asked(license_, ended)
    assert posted(host) == 1


# Packs.


def of_federation(host: Host, pages: Answering, *, other: bool) -> TrustRegistry:
    """A federation published at ``host`` that accredits ``/board`` there."""
    name = host.url("/anchor")
    top = entity(name, trust_mark_issuers={TYPE: [name]})
    board = entity(
        host.url("/board"),
        top.name,
        metadata={
            "openid_credential_issuer": {
                "jwks": {"keys": [{**KEY.public_key.to_jwk(), "kid": "key-1"}]}
            }
        },
        trust_marks=[
            {"trust_mark_type": TYPE, "trust_mark": top.mark(host.url("/board"))}
        ],
    )
    stranger = entity(host.url("/elsewhere"))
    for one in (top, board, stranger):
        pages.content[configuration_url(one.name)] = one.configuration().encode()
    about = board.name.replace(":", "%3A").replace("/", "%2F")
    pages.content[f"{top.fetch}?sub={about}"] = top.about(board).encode()
    meaning = {"type": TYPE, "credentialTypes": [LICENSE_CREDENTIAL.iri], **SCOPE}
    found: list[JsonValue] = [
        {"anchor": one.name, "jwks": one.jwks, "trustMarks": [meaning]}
        for one in ([stranger] if other else []) + [top]
    ]
    return TrustRegistry.from_json({"federations": found})


def federated(host: Host) -> str:
    coding: JsonValue = {"system": CODE, "code": "208D00000X"}
    claims: Mapping[str, JsonValue] = {
        "iss": host.url("/board"),
        "vct": LICENSE_CREDENTIAL.iri,
        "license": {"jurisdiction": "US-OH", "profession": [coding]},
    }
    header: Any = {"kid": "key-1", "typ": "dc+sd-jwt"}
    return f"{sign_compact(strict_json.dumps(claims).encode(), KEY, header)}~"


def packed(wanted: Wanted, trust: TrustRegistry, authority: Authority) -> packs.Pack:
    judgement = Judgement(at=NOW, contexts=contexts(), trust=trust)
    found = collect(wanted, judgement, fetching(authority))
    window = Window(NOW, NOW.plus(7 * DAY))
    written = packs.write(wanted, found, window=window, controller=world.DOCTOR)
    return packs.read(strict_json.dumps(written))


def opened(pack: packs.Pack, at: Instant) -> Evidence:
    return pack.open(world.DOCTOR.signer.public_key, at=at)


def from_pack(
    pack: packs.Pack, document: Any, trust: TrustRegistry, at: Instant
) -> Outcome:
    verifier = Verifier(trust=trust, fetch=NoFetch(), clock=world.refuse_clock)
    return verifier.verify(document, at=at, evidence=opened(pack, at)).outcome


@pytest.mark.parametrize("other", [False, True], ids=["alone", "after another"])
def test_a_pack_holds_what_a_federation_states(
    authority: Authority, tls: ssl.SSLContext, *, other: bool
) -> None:
    pages = Answering()
    with listening(pages, tls) as host:
        trust = of_federation(host, pages, other=other)
        document, issuer = federated(host), host.url("/board")
        pack = packed(Wanted(issuers=(issuer,)), trust, authority)
        # Whom no federation accredits is not packed as if one did.
        with pytest.raises(IssuerNotTrusted) as caught:
            packed(Wanted(issuers=(host.url("/nobody"),)), trust, authority)
        assert caught.value.path.startswith("$.issuers[0]")
    # The hosts are gone. What another superior did not know is no document.
    urls = set(opened(pack, NOW).answers)
    assert urls < set(pages.content) | {issuer}
    assert from_pack(pack, document, trust, NOW) is Outcome.VERIFIED
    # A statement is no fresher for being in a pack.
    late = NOW.plus(DAY - 1)
    assert from_pack(pack, document, trust, late) is Outcome.VERIFIED
    assert from_pack(pack, document, trust, NOW.plus(DAY)) is Outcome.UNDECIDED


def test_a_pack_holds_what_a_registry_answers_for_as_long_as_it_counts(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    wanted = Wanted(issuers=(BOARD.did, world.STRANGER.did))
    with listening(Answering(), tls) as host:
        trust = TrustRegistry.from_json({"trustRegistries": [registry_at(host)]})
        longer = TrustRegistry.from_json(
            {"trustRegistries": [registry_at(host, maxAgeSeconds=2 * DAY)]}
        )
        pack = packed(wanted, trust, authority)
        assert posted(host) == len(wanted.issuers)
    with pytest.raises(EvidenceUnavailable, match="registry-answer: FETCH_FAILED"):
        packed(wanted, trust, authority)
    document = license_of()
    other = world.plain(world.STRANGER, type=["VerifiableCredential", LICENSE_TYPE])
    stranger = world.with_proof(other, world.STRANGER, suite="eddsa-jcs-2022")
    for at, by, found in (
        (NOW, trust, Outcome.VERIFIED),
        (NOW.plus(299), trust, Outcome.VERIFIED),
        # Too old is no answer: neither a permit nor a refusal.
        (NOW.plus(300), trust, Outcome.UNDECIDED),
        # Whoever relies on it says how long; the packer does not.
        (NOW.plus(2 * DAY - 1), longer, Outcome.VERIFIED),
        (NOW.plus(2 * DAY), longer, Outcome.UNDECIDED),
    ):
        assert from_pack(pack, document, by, at) is found
    # A no is kept as well.
    assert from_pack(pack, stranger, trust, NOW) is Outcome.REFUSED
