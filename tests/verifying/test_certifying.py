"""Issuers for whom a root of the trust file speaks, by the certificates they send."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from medid.dids.methods.x509 import create
from medid.errors import FetchFailed
from medid.health import contexts
from medid.issuing import Controller
from medid.keys import certificates
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.roots import name_of
from medid.verifying import certified as certified_chains
from medid.verifying import recognizing
from medid.verifying.checks import Outcome
from medid.verifying.judging import Expectations, Judgement
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier
from tests.dids.test_x509 import LEAF, MIDDLE, NAMES, ROOT, SAN, UZI, uzi
from tests.keys.authorities import NOW as MOMENT
from tests.keys.authorities import (
    Holder,
    authority,
    certified,
    new_key,
    revocations,
    signer,
)
from tests.verifying import test_issuer_keys as web
from tests.verifying import world
from tests.verifying.test_x509 import CHAIN, DID, EARLIER, ISSUER, LATER, cose, jwt
from tests.verifying.world import MADE, NOW, REVOCATIONS, codes, license_draft, verified

if TYPE_CHECKING:
    from medid.core.instant import Instant

WHO: Final[dict[str, Any]] = {"san": {"otherName": UZI.replace("1111111", "{digits}")}}
DIGEST: Final = sha256(ROOT.der).hexdigest()
CRL: Final = "https://ca.example/root.crl"
MIDDLE_CRL: Final = "https://ca.example/middle.crl"
NOT_TRUSTED: Final = ("trust", "ISSUER_NOT_TRUSTED", "$.issuer")


def unlisted(issuer: Controller, **members: Any) -> dict[str, Any]:
    """A draft of a license whose status nobody publishes."""
    found = license_draft(issuer)
    del found["credentialStatus"]
    found["credentialSubject"]["license"] |= {
        "jurisdiction": "NL",
        "profession": {"type": "Code", "system": "urn:oid:2.16.1", "code": "01.015"},
    }
    return {**found, **members}


LICENSE: Final = jwt(unlisted(ISSUER))


def entry(root: Holder = ROOT, **members: Any) -> dict[str, Any]:
    full = {
        "certificate": root.pem,
        "subjects": [WHO],
        "jurisdictions": ["NL"],
        "professions": ["01.015"],
        **members,
    }
    return {name: value for name, value in full.items() if value is not None}


def trusting(*roots: Any, **more: Any) -> TrustRegistry:
    return TrustRegistry.from_json({"x509Roots": [*roots], **more})


def found(document: Any, *roots: Any, at: Instant = NOW, **more: Any) -> Any:
    """The registry, with the entries that certificates amount to for a document."""
    judgement = Judgement(at=at, contexts=contexts(), trust=trusting(*roots, **more))
    return recognizing.recognizing((open_document(document),), judgement).trust


def asked(document: Any, *roots: Any, **more: Any) -> Any:
    return verified(document, trust=trusting(*(roots or [entry()])), **more)


def test_a_root_speaks_for_a_did_x509_with_the_required_name() -> None:
    for text in (LICENSE, jwt(unlisted(ISSUER), kid=None)):
        assert asked(text)
    by_digest = entry(certificate=None, sha256=DIGEST)
    assert asked(LICENSE, by_digest)
    assert asked(LICENSE, entry(authority("other")), entry())


def test_a_chain_is_judged_for_the_roots_that_it_names_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever signs brings the chain: a root more is no work more."""
    judged: list[int] = []
    verify_path = certificates.verify_path

    def counting(chain: Any, **options: Any) -> Any:
        judged.append(len(chain))
        return verify_path(chain, **options)

    monkeypatch.setattr(certificates, "verify_path", counting)
    others = [entry(authority(f"other {number}")) for number in range(31)]
    assert asked(LICENSE, *others, entry())
    named, judged[:] = len(judged), []
    assert asked(LICENSE, entry())
    assert 0 < len(judged) == named


def test_the_entry_is_for_the_document_and_no_more_than_the_file_says() -> None:
    trust = found(LICENSE, entry(requireRegistration="full"))
    (board,) = trust.recognized
    assert (board.did, board.jurisdictions) == (DID, ("NL",))
    assert board.professions == ("01.015",)
    assert board.credential_types == (LICENSE_TYPE,)
    assert board.require_registration == ("full",)
    assert board.documents == frozenset({open_document(LICENSE).digest})
    assert board.x509_anchors == ()
    # As long as the shortest of the certificates.
    assert str(board.window.start) == "2026-05-16T12:00:00Z"
    assert str(board.window.end) == "2026-07-15T12:00:01Z"
    answer = asked(jwt())  # of no type that the root speaks for
    assert [(check, path) for check, _, path in codes(answer)] == [
        ("trust", "$.issuer")
    ]


def test_the_chain_is_told_like_any_other() -> None:
    (board,) = found(LICENSE, entry(validUntil="2026-06-30T00:00:00Z")).recognized
    told: Any = board.chain.as_json()
    digests = [sha256(one.der).hexdigest() for one in CHAIN]
    names = [DID, name_of(digests[1]), name_of(digests[2])]
    assert told["authority"] == names[2]
    assert [
        (link["entity"], link["recognizedBy"], link["sha256"]) for link in told["links"]
    ] == [(names[1], names[2], digests[1]), (names[0], names[1], digests[0])]
    assert told["links"][0]["validUntil"] == "2026-07-15T12:00:01Z"
    assert told["validUntil"] == "2026-06-30T00:00:00Z"


def test_an_intermediate_may_be_the_root() -> None:
    for one in (entry(MIDDLE), entry(MIDDLE, certificate=None, sha256=_sha(MIDDLE))):
        assert asked(LICENSE, one)
    # A chain may stop short of a root whose certificate the file holds.
    pinned = str(create(MIDDLE.der, SAN))
    issuer = Controller(verification_method=f"{pinned}#0", signer=LEAF.key)
    text = jwt(unlisted(issuer), chain=(LEAF, MIDDLE), kid=f"{pinned}#0")
    assert asked(text, entry())
    assert not asked(text, entry(certificate=None, sha256=DIGEST))


def _sha(holder: Holder) -> str:
    return sha256(holder.der).hexdigest()


def test_everything_counts_as_of_the_time_asked_about() -> None:
    ended = entry(validUntil="2026-06-15T12:00:00Z")
    assert NOT_TRUSTED in codes(asked(LICENSE, ended))
    assert asked(LICENSE, entry(validUntil="2026-06-15T12:00:01Z"))
    begins = entry(validFrom="2026-06-15T12:00:01Z")
    assert NOT_TRUSTED in codes(asked(LICENSE, begins))
    for at in (EARLIER, LATER):
        assert found(LICENSE, entry(), at=at).recognized == ()
    for one in (ended, begins):
        assert found(LICENSE, one).recognized == ()  # so nothing is fetched either


def made(leaf: Holder, *rest: Holder, did: Any = None, **header: Any) -> str:
    """A license by ``leaf``, whose DID names the last certificate."""
    own = str(create(rest[-1].der, SAN) if did is None else did)
    issuer = Controller(verification_method=f"{own}#0", signer=leaf.key)
    full = {"kid": f"{own}#0", **header}
    return jwt(unlisted(issuer), by=leaf.key, chain=(leaf, *rest), **full)


SECOND: Final = timedelta(seconds=1)
OTHER: Final = authority("other")
IMPOSTOR: Final = authority("root", native=new_key("impostor"))
FREE: Final = authority("free", ROOT)
TIGHT: Final = authority("tight", ROOT, length=0)
UNDER: Final = authority("under", TIGHT)
LATE: Final = authority("late", ROOT, start=MOMENT + SECOND)
BESIDE: Final = authority("beside", ROOT)
NOT_CA: Final = certified(
    "not", ROOT, extensions=[(x509.BasicConstraints(ca=False, path_length=None), True)]
)
UNKNOWN: Final = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00")


@pytest.mark.parametrize(
    "text",
    [
        made(uzi(OTHER), OTHER),
        made(uzi(IMPOSTOR), IMPOSTOR),
        made(uzi(UNDER), UNDER, TIGHT, ROOT),
        made(uzi(LATE), LATE, ROOT),
        made(uzi(NOT_CA), NOT_CA, ROOT),
        made(uzi(end=MOMENT - SECOND), MIDDLE, ROOT),
        made(uzi(), ROOT, MIDDLE),
        made(uzi(), ROOT),
        made(uzi(FREE), FREE, ROOT, OTHER, did=create(ROOT.der, SAN)),
        made(uzi(usage=None, names=None), MIDDLE, ROOT),
        made(signer("leaf", MIDDLE, more=[(UNKNOWN, True)]), MIDDLE, ROOT),
        # Names in the DID that the certificate does not have.
        made(signer("leaf", MIDDLE, dns=["care.example"]), MIDDLE, ROOT),
        jwt(unlisted(ISSUER), chain=None),
        jwt(unlisted(ISSUER), chain=(LEAF, MIDDLE, ROOT, OTHER)),
        jwt(unlisted(ISSUER), by=MIDDLE.key),
    ],
)
def test_chains_that_no_root_speaks_for(text: str) -> None:
    assert not asked(text)


@pytest.mark.parametrize(
    "predicates",
    [
        [("san", "dns", "care.example")],
        [("subject", "C", "NL")],
        [("eku", ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string)],
    ],
)
def test_what_is_required_has_to_stand_in_the_did(predicates: Any) -> None:
    """The certificate has the name, but others under the root have this DID too."""
    text = made(LEAF, MIDDLE, ROOT, did=create(ROOT.der, *predicates))
    assert verified(text)
    assert codes(asked(text)) == [NOT_TRUSTED]


def test_names_of_the_same_text_and_another_kind() -> None:
    leaf = uzi(names=[*NAMES, x509.UniformResourceIdentifier(UZI)])
    text = made(leaf, MIDDLE, ROOT, did=create(ROOT.der, ("san", "uri", UZI)))
    assert verified(text)
    assert codes(asked(text)) == [NOT_TRUSTED]
    assert asked(text, entry(subjects=[{"san": {"uri": UZI}}]))


def test_a_did_in_another_order_is_the_same_subject_and_in_another_spelling_none() -> (
    None
):
    both = [SAN, ("subject", "C", "NL")]
    for predicates in (both, both[::-1]):
        assert asked(made(LEAF, MIDDLE, ROOT, did=create(ROOT.der, *predicates)))
    for odd in (DID.replace("san:", "s%61n:"), DID.replace("-", "%2D", 1)):
        assert not asked(made(LEAF, MIDDLE, ROOT, did=odd))


def test_who_has_an_entry_of_his_own_counts_by_that_alone() -> None:
    board: dict[str, Any] = {
        "did": DID,
        "jurisdictions": ["NL"],
        "professions": ["01.015"],
        "validUntil": "2026-06-01T00:00:00Z",
    }
    trust = trusting(entry(), acceptedBoards=[board])
    assert codes(verified(LICENSE, trust=trust)) == [NOT_TRUSTED]
    assert found(LICENSE, entry(), acceptedBoards=[board]).recognized == ()


def test_other_dids_and_other_proofs_are_not_asked() -> None:
    own = unlisted(world.P256)
    text = jwt(own, by=world.P256.signer, kid=world.P256.verification_method)
    assert found(text, entry()).recognized == ()
    assert found(world.signed(license_draft()), entry()).recognized == ()
    for header in ("x", [], ["x"], [1] * 9):
        assert found(jwt(unlisted(ISSUER), x5c=header), entry()).recognized == ()


def test_a_message_in_cose() -> None:
    parts = [one.der for one in CHAIN]
    trust = trusting(entry(credentialTypes=["VerifiableCredential"]))
    assert verified(cose(parts), trust=trust)
    assert not verified(cose(parts[:2]), trust=trust)


def test_nothing_is_fetched_for_whom_no_root_speaks() -> None:
    listed = unlisted(ISSUER, credentialStatus=world.entry())
    for roots, urls in (([entry()], {REVOCATIONS}), ([entry(OTHER)], set())):
        network = world.Web({})
        verifier = Verifier(
            fetch=network, clock=world.refuse_clock, trust=trusting(*roots)
        )
        verifier.verify(jwt(listed), at=NOW)
        assert set(network.asked) == urls


# Issuers with a web address.

HOST: Final[dict[str, Any]] = {"san": {"uri": web.ISSUER}}
WEB: Final[dict[str, Any]] = {"subjects": [HOST], "credentialTypes": [world.VCT]}


def test_a_root_speaks_for_an_issuer_with_a_web_address() -> None:
    leaf = web.certified_leaf(by=MIDDLE)
    for rest in ((MIDDLE, ROOT), (MIDDLE,)):
        text = web.with_chain(leaf, *rest)
        assert asked(text, entry(**WEB))
        (board,) = found(text, entry(**WEB)).recognized
        assert board.x509_anchors == (ROOT.der,)
    # Without its certificate, the chain has to bring the root.
    by_digest = entry(**WEB, certificate=None, sha256=DIGEST)
    assert asked(web.with_chain(leaf, MIDDLE, ROOT), by_digest)
    assert not asked(web.with_chain(leaf, MIDDLE), by_digest)


def test_what_is_required_of_a_web_issuer_stands_in_the_certificate() -> None:
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    leaf = web.certified_leaf(by=MIDDLE, more=[(purpose, False)])
    text = web.with_chain(leaf, MIDDLE)
    eku = ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string
    for who in (
        {"eku": [eku]},
        {"subject": {"CN": "leaf"}},
        {**HOST, "eku": [eku], "subject": {"CN": "leaf"}},
    ):
        assert asked(text, entry(**{**WEB, "subjects": [who]}))
    for who in (
        {"eku": ["1.2.3"]},
        {"subject": {"CN": "lea"}},
        {"san": {"dns": "board.example.gov"}},
        {**HOST, "subject": {"O": "leaf"}},
    ):
        assert found(text, entry(**{**WEB, "subjects": [who]})).recognized == ()


def test_the_certificate_is_the_issuers_own() -> None:
    leaf = signer("leaf", MIDDLE, uris=["https://other.example", web.ISSUER + "/x"])
    text = web.with_chain(leaf, MIDDLE)
    who = {"subject": {"CN": "leaf"}}
    answer = asked(text, entry(**{**WEB, "subjects": [who]}))
    assert codes(answer) == [("proof", "INVALID_VERIFICATION_METHOD", "$.x5c[0]")]


def test_certificates_of_a_root_spare_the_issuers_host() -> None:
    leaf = web.certified_leaf(by=MIDDLE)
    for text, urls in (
        (web.with_chain(leaf, MIDDLE), {world.VCT}),
        (web.sd_jwt(), set()),
    ):
        network = world.Web({})
        trust = trusting(entry(**WEB))
        verifier = Verifier(fetch=network, clock=world.refuse_clock, trust=trust)
        verifier.verify(text, at=NOW)
        assert set(network.asked) == urls


def test_a_document_without_certificates_is_not_the_roots_matter() -> None:
    """Beside one with certificates, by the same issuer, in one presentation."""
    leaf = web.certified_leaf(by=MIDDLE)
    judgement = Judgement(at=NOW, contexts=contexts(), trust=trusting(entry(**WEB)))
    parts = [open_document(web.with_chain(leaf, MIDDLE)), open_document(web.sd_jwt())]
    judgement = recognizing.recognizing(parts, judgement)
    assert judgement.trust is not None
    (board,) = judgement.trust.recognized
    assert board.documents == frozenset({parts[0].digest})
    envelopes: list[Any] = [one.envelope for one in parts]
    assert certified_chains.is_vouched_for(web.ISSUER, envelopes[0], judgement)
    assert not certified_chains.is_vouched_for(web.ISSUER, envelopes[1], judgement)
    other = "https://other.example"
    assert not certified_chains.is_vouched_for(other, envelopes[0], judgement)


# Revocation.

BOTH: Final[dict[str, Any]] = {"crls": [CRL, MIDDLE_CRL]}
CLEAR: Final[dict[str, Any]] = {CRL: revocations(ROOT), MIDDLE_CRL: revocations(MIDDLE)}
REFUSED: Final = ("proof", "INVALID_VERIFICATION_METHOD", "$.x5c")
OPEN: Final = ("proof", "EVIDENCE_UNAVAILABLE", "$.x5c")


def test_nobody_on_the_way_was_revoked() -> None:
    assert asked(LICENSE, entry(**BOTH), known=CLEAR)
    for revoked in (
        {CRL: revocations(ROOT, MIDDLE)},
        {MIDDLE_CRL: revocations(MIDDLE, LEAF)},
        # Lists are known by who signed them, and not by where they are.
        {CRL: revocations(MIDDLE, LEAF), MIDDLE_CRL: revocations(ROOT)},
    ):
        answer = asked(LICENSE, entry(**BOTH), known={**CLEAR, **revoked})
        assert codes(answer) == [REFUSED]
        assert answer.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "known",
    [
        {},
        {CRL: CLEAR[CRL]},
        {MIDDLE_CRL: CLEAR[MIDDLE_CRL]},
        {**CLEAR, CRL: FetchFailed("down")},
        {**CLEAR, CRL: b"<html>"},
        {**CLEAR, CRL: revocations(OTHER)},
        {**CLEAR, CRL: revocations(IMPOSTOR)},
        {**CLEAR, CRL: revocations(ROOT, end=MOMENT - SECOND)},
        {**CLEAR, CRL: revocations(ROOT, start=MOMENT + SECOND)},
    ],
    ids=range(9),
)
def test_what_cannot_be_told_stays_open(known: Any) -> None:
    answer = asked(LICENSE, entry(**BOTH), known=known)
    assert answer.outcome is Outcome.UNDECIDED
    ((check, _, path),) = codes(answer)
    assert (check, path) == ("proof", "$.x5c")
    lenient = entry(**BOTH, revocation="if-present")
    assert asked(LICENSE, lenient, known=known)


def test_a_list_that_is_there_decides_even_where_none_is_required() -> None:
    lenient = entry(**BOTH, revocation="if-present")
    known = {MIDDLE_CRL: revocations(MIDDLE, LEAF)}
    assert codes(asked(LICENSE, lenient, known=known)) == [REFUSED]


def test_a_list_counts_as_long_as_any_status() -> None:
    fresh: Any = {"known": CLEAR, "seen": NOW.plus(-3_600)}
    assert asked(LICENSE, entry(**BOTH), status_max_age=3_601, **fresh)
    assert codes(asked(LICENSE, entry(**BOTH), status_max_age=3_600, **fresh)) == [OPEN]


def test_a_list_of_later_says_nothing() -> None:
    answer = asked(LICENSE, entry(**BOTH), known=CLEAR, seen=NOW.plus(301))
    assert codes(answer) == [("proof", "HISTORY_UNKNOWN", "$.x5c")]
    assert answer.outcome is Outcome.UNDECIDED


def test_who_has_an_entry_of_his_own_may_be_revoked_too() -> None:
    board = {"did": DID, "jurisdictions": ["NL"], "professions": ["01.015"]}
    trust = trusting(entry(**BOTH), acceptedBoards=[board])
    assert verified(LICENSE, trust=trust, known=CLEAR)
    known = {**CLEAR, MIDDLE_CRL: revocations(MIDDLE, LEAF)}
    assert codes(verified(LICENSE, trust=trust, known=known)) == [REFUSED]


def test_the_certificate_of_a_web_issuer_may_be_revoked_too() -> None:
    leaf = web.certified_leaf(by=MIDDLE)
    text = web.with_chain(leaf, MIDDLE)
    assert asked(text, entry(**WEB, **BOTH), known=CLEAR)
    known = {**CLEAR, MIDDLE_CRL: revocations(MIDDLE, leaf)}
    assert codes(asked(text, entry(**WEB, **BOTH), known=known)) == [REFUSED]


def test_lists_are_fetched_where_a_chain_leads_to_the_root() -> None:
    urls = [CRL, "http://ca.example/other.crl"]
    for chain, wanted in ((CHAIN, [CRL]), (None, []), ((LEAF, ROOT), [])):
        network = world.Web({})
        trust = trusting(entry(crls=urls))
        verifier = Verifier(fetch=network, clock=world.refuse_clock, trust=trust)
        answer = verifier.verify(jwt(unlisted(ISSUER), chain=chain), at=NOW)
        assert not answer
        assert network.asked == wanted
    supplied = {CRL: CLEAR[CRL], urls[1]: CLEAR[MIDDLE_CRL]}
    assert asked(LICENSE, entry(crls=urls), known=supplied)


def test_what_stands_beside_the_key_of_another_did_is_not_read() -> None:
    """A chain that is none, and one of somebody who was revoked."""
    own = unlisted(world.P256)
    board = {
        "did": world.P256.did,
        "jurisdictions": ["NL"],
        "professions": ["01.015"],
    }
    trust = trusting(entry(**BOTH), acceptedBoards=[board])
    known = {**CLEAR, MIDDLE_CRL: revocations(MIDDLE, LEAF)}
    signed: Any = {"by": world.P256.signer, "kid": world.P256.verification_method}
    for beside in ({"x5c": ["x"]}, {"chain": CHAIN}):
        text = jwt(own, **signed, **beside)
        assert verified(text, trust=trust, known=known)


def test_of_a_header_that_holds_no_chain_no_list_is_fetched() -> None:
    board = {"did": DID, "jurisdictions": ["NL"], "professions": ["01.015"]}
    network = world.Web({})
    trust = trusting(entry(**BOTH), acceptedBoards=[board])
    verifier = Verifier(fetch=network, clock=world.refuse_clock, trust=trust)
    assert not verifier.verify(jwt(unlisted(ISSUER), x5c=["x"]), at=NOW)
    assert network.asked == []


def test_the_list_of_a_token_s_signer_is_fetched() -> None:
    """A status list token by a did:x509, in a chain of its own.

    The list of those above its issuer is asked for first: until it is at hand, nothing
    shows that the credential is that issuer's.
    """
    listed = "https://board.example/token-list"
    status = {"status_list": {"idx": 0, "uri": listed}}
    text = f"{jwt({'iss': DID, 'vct': world.VCT, 'status': status}, typ='dc+sd-jwt')}~"
    zlib_zero = "eNpjAAAAAQAB"
    claims = {
        "sub": listed,
        "iat": MADE.nanoseconds // 1_000_000_000,
        "status_list": {"bits": 1, "lst": zlib_zero},
    }
    leaf = uzi(BESIDE)
    chain = (leaf, BESIDE, ROOT)
    page = jwt(claims, typ="statuslist+jwt", by=leaf.key, chain=chain)
    beside = "https://ca.example/beside.crl"
    network = world.Web({listed: page, **CLEAR})
    roots = [
        entry(**BOTH, credentialTypes=[world.VCT]),
        entry(BESIDE, crls=[beside]),
    ]
    verifier = Verifier(fetch=network, clock=world.refuse_clock, trust=trusting(*roots))
    assert not verifier.verify(text, at=NOW)
    assert [sorted(batch) for batch in network.batches] == [
        sorted([CRL, MIDDLE_CRL]),
        sorted([listed, world.VCT]),
        [beside],
    ]


def test_what_is_decided_ends_with_the_lists() -> None:
    from medid.verifying.credential import judge_credential

    trust = trusting(entry(**BOTH))
    for age, until in ((86_400, NOW.plus(12 * 3_600)), (60, NOW.plus(60))):
        judgement = Judgement(
            at=NOW,
            contexts=contexts(),
            evidence=world.evidence(CLEAR),
            trust=trust,
            expect=Expectations(status_max_age=age),
        )
        opened = open_document(LICENSE)
        judgement = recognizing.recognizing((opened,), judgement)
        verdict = judge_credential(opened, judgement)
        assert verdict.verified
        assert verdict.fresh_until == until
