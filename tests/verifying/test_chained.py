"""An issuer asked about with its certificates: as a verification of what it signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from medid.core.evidence import Evidence
from medid.dids.methods.x509 import create
from medid.errors import ConfigurationError, FetchFailed
from medid.health import contexts
from medid.issuing import Controller
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.verifying.admitting import needs_about
from medid.verifying.believing import Answer, Asked, Belief, explain
from medid.verifying.checks import Outcome
from medid.verifying.gathering import gather
from medid.verifying.judging import Judgement
from tests.dids.test_x509 import LEAF, MIDDLE, ROOT, SAN, uzi
from tests.keys.authorities import AUTHORITY, authority, signer
from tests.keys.authorities import revocations as revoked_by
from tests.trust import federations
from tests.verifying import test_certifying as certifying
from tests.verifying import test_federating as federated
from tests.verifying import test_issuer_keys as web
from tests.verifying import world
from tests.verifying.test_certifying import (
    BOTH,
    CLEAR,
    CRL,
    MIDDLE_CRL,
    WEB,
    entry,
    trusting,
    unlisted,
)
from tests.verifying.test_x509 import CHAIN, DID, EARLIER, LATER, jwt
from tests.verifying.world import BOARD, NOW, VCT, verified

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from tests.keys.authorities import Holder

MEANT: Final = {
    Outcome.VERIFIED: Answer.BELIEVED,
    Outcome.REFUSED: Answer.NOT_BELIEVED,
    Outcome.UNDECIDED: Answer.UNKNOWN,
}
OTHER: Final = authority("other")
BELOW: Final = str(create(MIDDLE.der, SAN))
WEB_LEAF: Final = web.certified_leaf(by=MIDDLE)
AGREES: Final = uzi(usage=AUTHORITY)  # a key that is not for signatures


def belief(
    issuer: str,
    chain: tuple[Holder, ...],
    trust: TrustRegistry,
    *,
    known: Any = (),
    at: Instant = NOW,
    **changes: Any,
) -> Belief:
    question: dict[str, Any] = {
        "credential_type": LICENSE_TYPE,
        "jurisdiction": "NL",
        "profession": "01.015",
        **changes,
    }
    asked = Asked(issuer=issuer, chain=tuple(one.der for one in chain), **question)
    evidence = Evidence().with_answers(
        (url, one if isinstance(one, FetchFailed) else world.fetched(url, one, at))
        for url, one in dict(known).items()
    )
    judgement = Judgement(at=at, contexts=contexts(), trust=trust, evidence=evidence)
    return explain(asked, judgement)


def why(found: Belief) -> list[tuple[str, str | None]]:
    assert not found.entries
    assert not found.chains
    assert all(one.message and one.fix for one in found.missing)
    return [(one.why, one.path) for one in found.missing]


def by_entry(**members: Any) -> dict[str, Any]:
    board = {"did": DID, "jurisdictions": ["NL"], "professions": ["01.015"]}
    return {"acceptedBoards": [{**board, **members}]}


def by(issuer: str) -> Controller:
    return Controller(verification_method=f"{issuer}#0", signer=LEAF.key)


def test_a_chain_is_told_from_the_root_to_the_issuer() -> None:
    """Also where the name states an authority below the root."""
    for issuer, chain in ((DID, CHAIN), (BELOW, (LEAF, MIDDLE)), (BELOW, CHAIN)):
        found = belief(issuer, chain, trusting(entry()))
        assert found.answer is Answer.BELIEVED
        assert [one.path for one in found.entries] == ["$.x509Roots[0]"]
        (told,) = found.chains
        text = jwt(unlisted(by(issuer)), chain=chain, kid=f"{issuer}#0")
        answer = verified(text, trust=trusting(entry()))
        (chains,) = [one.chains for one in answer.checks if one.chains]
        assert chains == (told,)
        assert found.not_judged[-1] == (
            "whether its certificates were revoked: no root names a list"
        )
    checked = belief(DID, CHAIN, trusting(entry(**BOTH)), known=CLEAR)
    assert checked
    assert not any("certificates" in one for one in checked.not_judged)


ROOTS: Final[list[Any]] = [
    [entry()],
    [entry(certificate=None, sha256=certifying.DIGEST)],
    [entry(MIDDLE)],
    [entry(OTHER)],
    [entry(OTHER), entry()],
    [entry(subjects=[{"san": {"dns": "care.example"}}])],
    [entry(validUntil=str(NOW))],
    [entry(jurisdictions=["DE"])],
    [entry(**BOTH)],
    [entry(**BOTH, jurisdictions=["DE"])],
    [entry(**BOTH, revocation="if-present")],
]
FREE: Final = authority("free", ROOT)
CHAINS: Final[list[tuple[Holder, ...]]] = [
    CHAIN,
    (LEAF, MIDDLE),
    (LEAF, ROOT),
    (LEAF, ROOT, MIDDLE),
    (LEAF, MIDDLE, ROOT, OTHER),
    (uzi(usage=None, names=None), MIDDLE, ROOT),
    (AGREES, MIDDLE, ROOT),
    (signer("leaf", MIDDLE, dns=["care.example"]), MIDDLE, ROOT),
    (uzi(FREE), FREE, ROOT),
    (LEAF,),
    (MIDDLE, ROOT),
]
LISTS: Final[list[dict[str, Any]]] = [
    {},
    CLEAR,
    {**CLEAR, MIDDLE_CRL: revoked_by(MIDDLE, LEAF)},
    {**CLEAR, CRL: FetchFailed("down")},
]


@pytest.mark.parametrize("issuer", [DID, BELOW], ids=["root", "below"])
@pytest.mark.parametrize("named", [{}, by_entry()], ids=["unnamed", "named"])
def test_as_a_verification_of_what_such_a_chain_signed(issuer: str, named: Any) -> None:
    seen = set()
    for chain in CHAINS:
        text = jwt(
            unlisted(by(issuer)), by=chain[0].key, chain=chain, kid=f"{issuer}#0"
        )
        for roots in ROOTS:
            trust = trusting(*roots, **named)
            for known in LISTS if "crls" in roots[0] else LISTS[:1]:
                answer = verified(text, trust=trust, known=known)
                found = belief(issuer, chain, trust, known=known)
                if answer.outcome is Outcome.UNDECIDED and len(found.missing) > 1:
                    # A verification whose proof is open goes no further. That nobody
                    # vouches for the issuer is a no, whatever the lists would say.
                    lists = {CRL: CLEAR[CRL], MIDDLE_CRL: revoked_by(chain[1])}
                    answer = verified(text, trust=trust, known=lists)
                    assert answer.outcome is Outcome.REFUSED
                place = [CHAINS.index(chain), ROOTS.index(roots), LISTS.index(known)]
                assert found.answer is MEANT[answer.outcome], (place, found)
                seen.add(found.answer)
    assert seen == {*Answer}


@pytest.mark.parametrize("at", [EARLIER, NOW, LATER])
def test_the_chain_has_to_hold_at_the_time_asked_about(at: Instant) -> None:
    found = belief(DID, CHAIN, trusting(entry()), at=at)
    assert bool(found) is (at is NOW)
    if not found:
        assert found.answer is Answer.NOT_BELIEVED
        assert why(found) == [
            ("certificates", None),
            ("not-named", "$.acceptedBoards"),
            ("certificate", "$.x509Roots[0]"),
        ]


def test_whose_name_cannot_be_read_is_not_believed() -> None:
    for issuer in ("did:x509:nothing", "did:x509:", "https://B.example/x?y"):
        found = belief(issuer, CHAIN, trusting(entry()))
        assert found.answer is Answer.NOT_BELIEVED
        assert found.missing[0].why == "certificates"


def test_who_is_vouched_for_and_has_a_bad_chain_is_told_of_that_alone() -> None:
    named = trusting(entry(OTHER), **by_entry())
    assert belief(DID, CHAIN, named)
    found = belief(DID, (LEAF, ROOT), named)
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found) == [("certificates", None)]
    open_ = belief(DID, CHAIN, trusting(entry(**BOTH), **by_entry()))
    assert open_.answer is Answer.UNKNOWN
    assert open_.missing[0].code == "EVIDENCE_UNAVAILABLE"


# Issuers with a web address.


@pytest.mark.parametrize(
    ("leaf", "rest", "roots"),
    [
        (leaf, rest, roots)
        for leaf in (
            WEB_LEAF,
            signer("leaf", MIDDLE, uris=["https://other.example"]),
            signer("leaf", MIDDLE, usage=AUTHORITY, uris=[web.ISSUER]),
        )
        for rest in ((MIDDLE,), (MIDDLE, ROOT), (ROOT,), ())
        for roots in (
            [entry(**WEB)],
            [entry(**{**WEB, "subjects": [{"subject": {"CN": "leaf"}}]})],
            [entry(**WEB, **BOTH)],
            [entry(OTHER, **WEB)],
        )
    ],
)
def test_a_web_issuer_as_in_a_verification(leaf: Any, rest: Any, roots: Any) -> None:
    trust = trusting(*roots)
    for known in LISTS if "crls" in roots[0] else LISTS[:1]:
        answer = verified(web.with_chain(leaf, *rest), trust=trust, known=known)
        found = belief(
            web.ISSUER,
            (leaf, *rest),
            trust,
            known=known,
            credential_type=VCT,
        )
        assert found.answer is MEANT[answer.outcome], (answer.checks, found)


def test_the_anchors_of_an_entry_count_before_any_root() -> None:
    scope = {"jurisdictions": ["NL"], "professions": ["01.015"]}
    board: dict[str, Any] = {
        "issuer": web.ISSUER,
        "x509Anchors": [ROOT.pem],
        "credentialTypes": [VCT],
        **scope,
    }
    trust = TrustRegistry.from_json({"acceptedBoards": [board]})
    found = belief(web.ISSUER, (WEB_LEAF, MIDDLE), trust, credential_type=VCT)
    assert found.answer is Answer.BELIEVED
    assert found.entries[0].path == "$.acceptedBoards[0]"
    bad = belief(web.ISSUER, (WEB_LEAF, OTHER), trust, credential_type=VCT)
    assert bad.answer is Answer.NOT_BELIEVED
    assert why(bad) == [("certificates", None)]


def test_certificates_nobody_vouches_for_leave_a_web_issuer_its_other_keys() -> None:
    pages = federated.pages_of(federated.BY_ANCHOR)
    found = belief(
        federations.BOARD,
        (WEB_LEAF, MIDDLE),
        federated.trust_of(),
        known=pages,
        jurisdiction="US-OH",
        profession=None,
    )
    assert found.answer is Answer.BELIEVED, found
    assert found.not_judged[-1] == (
        "its certificates: nobody vouches for them, so its other keys count"
    )


def test_no_root_speaks_for_a_web_issuer_whose_certificate_cannot_be_read() -> None:
    native = ec.generate_private_key(ec.SECP224R1())
    leaf = signer("leaf", MIDDLE, uris=[web.ISSUER], native=native)
    roots = trusting(entry(**WEB))
    found = belief(web.ISSUER, (leaf, MIDDLE), roots, credential_type=VCT)
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found)[-1] == ("subject", "$.x509Roots[0]")


def test_certificates_say_nothing_about_other_names() -> None:
    for issuer in (BOARD.did, "did:web:board.example", "board"):
        with pytest.raises(ConfigurationError) as caught:
            belief(issuer, CHAIN, trusting(entry()))
        assert "certificates say nothing" in caught.value.message


# What is fetched.


def asked_for(
    chain: tuple[Holder, ...], root: Any, issuer: str = DID, **more: Any
) -> Any:
    network = world.Web({})
    judgement = Judgement(at=NOW, contexts=contexts(), trust=trusting(root, **more))
    ders = tuple(one.der for one in chain)
    gather(
        judgement.evidence,
        lambda known: needs_about(
            issuer, LICENSE_TYPE, judgement.knowing(known), chain=ders
        ),
        network,
    )
    return sorted(network.asked)


def test_lists_are_fetched_for_a_chain_that_leads_to_a_root_that_speaks() -> None:
    wanted = sorted([CRL, MIDDLE_CRL])
    assert asked_for(CHAIN, entry(**BOTH)) == wanted
    assert asked_for((), entry(**BOTH)) == []
    assert asked_for((LEAF, ROOT), entry(**BOTH)) == []
    assert asked_for(CHAIN, entry(OTHER, **BOTH)) == []
    speechless = entry(**{**BOTH, "subjects": [{"san": {"dns": "x.example"}}]})
    assert asked_for(CHAIN, speechless) == []
    assert asked_for(CHAIN, speechless, **by_entry()) == wanted
    assert asked_for(CHAIN, entry(**BOTH), issuer="did:x509:x") == []
