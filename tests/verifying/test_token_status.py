"""The status of SD-JWTs and other tokens, by token status lists that others publish."""

from __future__ import annotations

from hashlib import shake_256
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.core import base64
from medid.errors import (
    ConfigurationError,
    FetchFailed,
    ProofGenerationError,
    StatusVerificationError,
)
from medid.issuing import issue_sd_jwt, new_list, set_status
from medid.issuing.status_token import LIST_LIFETIME, LIST_TTL, sign_token
from medid.status import TokenStatusList
from medid.status.list_token import read_token
from medid.verifying.checks import Outcome
from medid.verifying.credential import judge_credential
from medid.verifying.judging import Expectations, Judgement, StatusPolicy
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier
from tests.issuing.test_issue import counting
from tests.securing.cose.naive import message
from tests.verifying import world
from tests.verifying.test_cose import cose
from tests.verifying.world import (
    BOARD,
    DOCTOR,
    INDEX,
    MADE,
    NOW,
    P256,
    P384,
    STRANGER,
    VCT,
    WEB,
    WEB_URL,
    codes,
    entry,
    evidence,
    plain,
    presented,
    registry,
    results,
    token,
    verified,
)

if TYPE_CHECKING:
    from medid.issuing import Controller

URL: Final = "https://board.example.gov/statuslists/1"
CLAIM: Final[dict[str, Any]] = {"status_list": {"idx": INDEX, "uri": URL}}
PATH: Final = "$.status.status_list"
FORMS: Final = ("statuslist+jwt", "statuslist+cwt")
IAT: Final = MADE.nanoseconds // 10**9


def sd_jwt(status: Any = CLAIM, controller: Controller = BOARD) -> str:
    """An SD-JWT VC with this ``status``."""
    payload = {"vct": VCT, "iss": controller.did, "sub": DOCTOR.did, "status": status}
    kept = {name: value for name, value in payload.items() if value is not None}
    return token(kept, controller, typ="dc+sd-jwt") + "~"


ONE: Final = sd_jwt()


def listed(
    value: int = 0,
    *,
    form: str = "statuslist+jwt",
    controller: Controller = BOARD,
    url: str = URL,
    index: int = INDEX,
) -> str | bytes:
    """A list, made by medid, in which ``index`` has the status ``value``."""
    made = new_list(url, "suspension", controller, at=MADE, securing=form)
    if value:
        assert isinstance(made, str | bytes)
        made = set_status(made, index, controller, value=value, at=MADE)
    assert isinstance(made, str | bytes)
    return made


def by_hand(
    controller: Controller = BOARD, statuses: TokenStatusList | None = None, **h: Any
) -> str:
    """A list in a JWT with whatever header and claims (``claims=``)."""
    changes = h.pop("claims", {})
    found = statuses or TokenStatusList.create()
    payload = {"sub": URL, "iat": IAT, "status_list": found.as_json(), **changes}
    kept = {name: value for name, value in payload.items() if value is not None}
    return token(kept, controller, **{"typ": "statuslist+jwt", **h})


def said(found: Any, document: Any = ONE, **options: Any) -> list[tuple[str, str, str]]:
    """The codes of an answer, with ``found`` as the list."""
    return codes(verified(document, known={URL: found}, **options))


# What an issuer publishes.


@pytest.mark.parametrize("form", FORMS)
def test_revoked_and_suspended_are_told_apart(form: str) -> None:
    assert said(listed(form=form)) == []
    assert said(listed(1, form=form)) == [("status", "REVOKED", PATH)]
    assert said(listed(2, form=form)) == [("status", "SUSPENDED", PATH)]
    for index in (INDEX - 1, INDEX + 1):
        assert said(listed(1, form=form, index=index)) == []
    assert results(verified(ONE, known={URL: listed(form=form)}), "status") == [
        "pass",
        "pass",
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("controller", [BOARD, P256, P384])
def test_each_kind_of_key_publishes_lists(form: str, controller: Controller) -> None:
    document = sd_jwt(controller=controller)
    assert said(listed(form=form, controller=controller), document) == []
    [(_, code, _)] = said(listed(1, form=form, controller=controller), document)
    assert code == "REVOKED"


def test_a_list_in_the_base64_of_a_message_is_the_same_list() -> None:
    content = listed(1, form="statuslist+cwt")
    assert isinstance(content, bytes)
    assert said(base64.encode(content)) == said(content)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_published_says_how_long_it_holds(form: str) -> None:
    content = listed(form=form)
    read = read_token(content.encode() if isinstance(content, str) else content)
    assert (read.issuer, read.subject, read.ttl) == (BOARD.did, URL, LIST_TTL)
    assert read.validity.start == MADE
    assert read.validity.end == MADE.plus(LIST_LIFETIME)
    assert read.packed.unpack() == TokenStatusList.create(bits=2)
    one_bit = new_list(URL, "revocation", BOARD, at=MADE, securing=form)
    assert said(one_bit) == []


def test_a_suspension_is_lifted_and_a_revocation_is_for_good() -> None:
    suspended = listed(2)
    lifted = set_status(suspended, INDEX, BOARD, value=0, at=MADE)
    assert (said(suspended) != [], said(lifted)) == (True, [])
    revoked = set_status(suspended, INDEX, BOARD, value=True, at=MADE)
    assert said(revoked) == [("status", "REVOKED", PATH)]
    assert isinstance(revoked, str)
    with pytest.raises(ConfigurationError):
        set_status(revoked, INDEX, BOARD, value=0, at=MADE)


def test_a_list_stays_what_it_is_and_the_old_one_as_it_was() -> None:
    for form, kind in (("statuslist+jwt", str), ("statuslist+cwt", bytes)):
        old = listed(form=form)
        new = set_status(old, 7, BOARD, value=2, at=NOW)
        assert isinstance(new, kind)
        assert said(old) == []
        again = read_token(new.encode() if isinstance(new, str) else new)
        assert again.validity.start == NOW
        assert again.packed.unpack().status(7) == 2


def test_only_its_own_issuer_changes_a_list() -> None:
    signer, stranger = counting("stranger")
    nameless = by_hand(kid=None, claims={"iss": None})
    for found in (listed(), listed(form="statuslist+cwt"), nameless):
        with pytest.raises(ConfigurationError):
            set_status(found, INDEX, stranger, at=MADE)
    assert signer.calls == 0
    assert said(set_status(by_hand(), 7, BOARD, at=MADE)) == []


@pytest.mark.parametrize(
    ("purpose", "options", "error"),
    [
        ("message", {}, ConfigurationError),
        ("refresh", {}, ConfigurationError),
        ("", {}, ConfigurationError),
        ("revocation", {"url": "/statuslists/1"}, ProofGenerationError),
        ("revocation", {"url": ""}, ProofGenerationError),
    ],
)
def test_a_list_that_nobody_could_use_is_not_signed(
    purpose: str, options: dict[str, Any], error: type[Exception]
) -> None:
    signer, controller = counting()
    for form in FORMS:
        with pytest.raises(error):
            new_list(options.get("url", URL), purpose, controller, securing=form)
    assert signer.calls == 0


@pytest.mark.parametrize(
    ("form", "size"), [("statuslist+jwt", 600_000), ("statuslist+cwt", 1_048_200)]
)
def test_a_list_too_large_to_be_fetched_is_not_signed(form: str, size: int) -> None:
    noise = shake_256(b"no two bytes alike").digest(size)
    statuses = TokenStatusList(bits=8, statuses=noise)
    with pytest.raises(ProofGenerationError):
        sign_token(statuses, URL, BOARD, at=MADE, securing=form)


@pytest.mark.parametrize("found", ["", "x", b"\xd2\x84", ONE, token(plain())])
def test_what_is_no_list_is_not_changed(found: Any) -> None:
    signer, controller = counting()
    with pytest.raises(Exception) as caught:
        set_status(found, 1, controller, at=MADE)
    assert hasattr(caught.value, "code")
    assert signer.calls == 0


def test_an_sd_jwt_is_issued_with_its_place_in_a_list() -> None:
    document = issue_sd_jwt(
        {"vct": VCT, "status": CLAIM}, BOARD, disclosable=[], at=MADE
    )
    assert said(listed(), document) == []
    assert said(listed(2), document) == [("status", "SUSPENDED", PATH)]


# Whose list.


def test_a_list_of_somebody_else_says_nothing() -> None:
    for form in FORMS:
        found = said(listed(form=form, controller=STRANGER))
        assert found == [("status", "STATUS_VERIFICATION_ERROR", PATH)]
    pretended = by_hand(STRANGER, claims={"iss": BOARD.did})
    assert said(pretended) == [("status", "STATUS_VERIFICATION_ERROR", PATH)]
    named = by_hand(STRANGER, kid=BOARD.verification_method)
    assert said(named) == [("status", "STATUS_VERIFICATION_ERROR", PATH)]


def test_a_signer_may_be_named_by_kid_by_iss_or_not_at_all() -> None:
    fragment = BOARD.verification_method.partition("#")[2]
    ways: tuple[tuple[dict[str, Any], str | None], ...] = (
        ({}, None),
        ({}, BOARD.did),
        ({"kid": f"#{fragment}"}, BOARD.did),
        ({"kid": f"#{fragment}"}, None),
        ({"kid": None}, BOARD.did),
        ({"kid": None}, None),
    )
    for header, iss in ways:
        assert said(by_hand(claims={"iss": iss}, **header)) == []
    for kid in ("#other", "12", f"{BOARD.did}#other"):
        assert said(by_hand(kid=kid)) != []
    assert said(by_hand(claims={"iss": "https://board.example.gov"})) != []
    assert said(by_hand(kid=None, claims={"iss": "https://board.example.gov"})) != []


def test_only_delegates_in_force_may_publish_a_boards_lists() -> None:
    def trusting(**members: Any) -> Any:
        return registry(BOARD, credentialTypes=[VCT], **members)

    for form in FORMS:
        found = listed(form=form, controller=STRANGER)
        accepted = trusting(statusListIssuers=[STRANGER.did])
        assert said(found, trust=accepted) == []
        revoked = listed(1, form=form, controller=STRANGER)
        assert ("status", "REVOKED", PATH) in said(revoked, trust=accepted)
        for trust in (
            trusting(),
            trusting(statusListIssuers=[P256.did]),
            trusting(statusListIssuers=[STRANGER.did], validUntil=str(NOW)),
        ):
            place = ("status", "STATUS_VERIFICATION_ERROR", PATH)
            assert place in said(found, trust=trust)


def test_a_delegate_may_be_named_by_its_kid_alone() -> None:
    trust = registry(BOARD, credentialTypes=[VCT], statusListIssuers=[STRANGER.did])
    assert said(by_hand(STRANGER), trust=trust) == []
    place = ("status", "STATUS_VERIFICATION_ERROR", PATH)
    assert place in said(by_hand(STRANGER))


def test_the_delegates_of_one_board_publish_no_lists_of_another() -> None:
    trust = world.registry_of(
        {"did": BOARD.did, "credentialTypes": [VCT]},
        {"did": P256.did, "statusListIssuers": [STRANGER.did]},
    )
    place = ("status", "STATUS_VERIFICATION_ERROR", PATH)
    assert place in said(by_hand(STRANGER), trust=trust)
    assert said(by_hand(BOARD), trust=trust) == []


def test_a_list_must_be_signed_with_a_key_for_assertions() -> None:
    document = sd_jwt(controller=WEB)
    found = listed(controller=WEB)
    keys = world.web_document(WEB)
    assert codes(verified(document, known={URL: found, WEB_URL: keys})) == []
    # The credential itself would not verify with other keys, so its issuer delegates.
    trust = registry(BOARD, credentialTypes=[VCT], statusListIssuers=[WEB.did])
    other = world.web_document(WEB, relationships=("authentication",))
    for keys, result in ((world.web_document(WEB), "pass"), (other, "fail")):
        answer = verified(ONE, known={URL: found, WEB_URL: keys}, trust=trust)
        assert results(answer, "status") == ["pass", result]


def test_a_list_and_the_keys_of_its_signer_are_fetched() -> None:
    trust = registry(BOARD, credentialTypes=[VCT], statusListIssuers=[WEB.did])
    web = world.Web({URL: listed(controller=WEB), WEB_URL: world.web_document(WEB)})
    assert Verifier(trust=trust, fetch=web).verify(ONE, at=NOW)
    assert web.batches == [[URL, VCT], [WEB_URL]]
    # Nobody is asked for the keys of a stranger.
    alone = registry(BOARD, credentialTypes=[VCT])
    web = world.Web({URL: listed(controller=WEB), WEB_URL: world.web_document(WEB)})
    assert not Verifier(trust=alone, fetch=web).verify(ONE, at=NOW)
    assert web.batches == [[URL, VCT]]
    broken = world.Web({URL: "<html>"})
    assert not Verifier(fetch=broken).verify(ONE, at=NOW)


def test_a_list_is_asked_for_in_the_forms_that_are_understood() -> None:
    asked: list[str] = []

    class Asking(world.Web):
        def fetch_all(self, requests: Any, *, seconds: float) -> Any:
            asked.extend(one.accept for one in requests if one.url == URL)
            return super().fetch_all(requests, seconds=seconds)

    assert Verifier(fetch=Asking({URL: listed()})).verify(ONE, at=NOW)
    assert asked == ["application/statuslist+jwt, application/statuslist+cwt;q=0.9"]


# What cannot be settled.


@pytest.mark.parametrize("answer", [None, FetchFailed("503")])
def test_a_list_that_cannot_be_had_leaves_the_question_open(answer: Any) -> None:
    found = verified(ONE, known={URL: answer} if answer else {})
    assert found.outcome is Outcome.UNDECIDED
    assert codes(found) == [("status", "STATUS_RETRIEVAL_ERROR", PATH)]


def test_a_key_that_cannot_be_had_leaves_the_question_open() -> None:
    trust = registry(BOARD, credentialTypes=[VCT], statusListIssuers=[WEB.did])
    found = verified(ONE, known={URL: listed(controller=WEB)}, trust=trust)
    assert found.outcome is Outcome.UNDECIDED
    assert ("status", "EVIDENCE_UNAVAILABLE", PATH) in codes(found)


BAD_LISTS: Final[dict[str, Any]] = {
    "empty": b"",
    "a page": b"<html>",
    "a credential": token(plain()),
    "a bitstring list": world.status_list(url=URL),
    "an SD-JWT": ONE,
    "of another typ": by_hand(typ="JWT"),
    "without typ": by_hand(typ=None),
    "of another URL": listed(url=f"{URL}/"),
    "without sub": by_hand(claims={"sub": None}),
    "without iat": by_hand(claims={"iat": None}),
    "of the future": by_hand(claims={"iat": IAT + 1000}),
    "not for now": by_hand(claims={"nbf": IAT + 1000}),
    "altered": by_hand()[:-8] + "AAAAAAAA",
    "of no signature": by_hand().rpartition(".")[0] + ".",
    "of a COSE message without tag": bytes(listed(form="statuslist+cwt"))[1:],  # type: ignore[arg-type]
    "of claims in COSE that are JSON": message({1: -8, 16: "statuslist+cwt"}, b"{}"),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_list_that_does_not_verify_is_refused(name: str) -> None:
    answer = verified(ONE, known={URL: BAD_LISTS[name]})
    assert answer.outcome is Outcome.REFUSED
    assert codes(answer) == [("status", "STATUS_VERIFICATION_ERROR", PATH)]


def test_a_list_that_ended_or_is_old_is_stale() -> None:
    stale = [("status", "STATUS_STALE", PATH)]
    seconds = NOW.nanoseconds // 10**9
    assert said(by_hand(claims={"exp": seconds})) == stale
    assert said(by_hand(claims={"exp": seconds + 1})) == []
    assert said(by_hand(claims={"ttl": 60}), at=NOW.plus(59)) == []
    assert said(by_hand(claims={"ttl": 60}), at=NOW.plus(60)) == stale
    assert said(by_hand(), at=NOW.plus(60), status_max_age=60) == stale
    assert said(by_hand(), at=NOW.plus(world.DAY)) == stale


def test_an_index_beyond_the_list_is_out_of_range() -> None:
    small = by_hand(statuses=TokenStatusList.create(INDEX // 8 * 8))
    assert said(small) == [("status", "RANGE_ERROR", f"{PATH}.idx")]
    beyond = sd_jwt({"status_list": {"idx": 10**15, "uri": URL}})
    assert said(listed(), beyond) == [("status", "RANGE_ERROR", f"{PATH}.idx")]


def test_every_status_that_is_left_to_applications_may_be_accepted() -> None:
    accepted = frozenset({3, 12, 13, 14, 15})
    for value in accepted:
        statuses = TokenStatusList.create(bits=8).with_statuses({INDEX: value})
        assert said(by_hand(statuses=statuses), accepted_statuses=accepted) == []


@pytest.mark.parametrize("value", [3, 4, 11, 12, 15, 200])
def test_what_only_an_application_understands_has_to_be_accepted(value: int) -> None:
    statuses = TokenStatusList.create(bits=8).with_statuses({INDEX: value})
    found = by_hand(statuses=statuses)
    assert said(found) == [("status", "STATUS_VERIFICATION_ERROR", PATH)]
    if value in {3, 12, 15}:
        assert said(found, accepted_statuses=frozenset({value})) == []


@pytest.mark.parametrize("value", [0, 1, 2, 4, 11, 16])
def test_no_other_status_can_be_declared_valid(value: int) -> None:
    with pytest.raises(ConfigurationError):
        Expectations(accepted_statuses=frozenset({value}))


# The claim.


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ({}, "$.status"),
        ({"other": {"idx": 1, "uri": URL}}, "$.status"),
        ({"status_list": None}, PATH),
        ({"status_list": []}, PATH),
        ({"status_list": {"idx": "1", "uri": URL}}, f"{PATH}.idx"),
        ({"status_list": {"idx": -1, "uri": URL}}, f"{PATH}.idx"),
        ({"status_list": {"idx": True, "uri": URL}}, f"{PATH}.idx"),
        ({"status_list": {"idx": 1}}, f"{PATH}.uri"),
        ({"status_list": {"idx": 1, "uri": "x"}}, f"{PATH}.uri"),
    ],
)
def test_a_claim_that_names_no_entry_is_never_passed_over(
    status: Any, path: str
) -> None:
    document = sd_jwt(status)
    [(check, code, found)] = said(listed(), document)
    assert (check, found) == ("status", path)
    assert code in {"STATUS_VERIFICATION_ERROR", "MALFORMED_VALUE_ERROR"}
    assert verified(document, status=StatusPolicy.OFF)
    assert not verified(document, status=StatusPolicy.REQUIRED)


def test_another_mechanism_beside_it_does_not_matter() -> None:
    assert said(listed(), sd_jwt({**CLAIM, "other": {}})) == []


def test_a_status_may_be_required_of_an_sd_jwt() -> None:
    required: dict[str, Any] = {"status": StatusPolicy.REQUIRED}
    assert said(listed(), **required) == []
    assert said(listed(), sd_jwt(None), **required) == [
        ("status", "STATUS_VERIFICATION_ERROR", "$.status")
    ]
    assert results(verified(sd_jwt(None)), "status") == ["not-asked"]


@pytest.mark.parametrize("make", [token, cose])
def test_a_status_claim_of_a_credential_in_an_envelope_counts(make: Any) -> None:
    document = make(plain() | {"status": CLAIM})
    assert said(listed(), document) == []
    assert said(listed(1), document) == [("status", "REVOKED", PATH)]
    both = make(plain(credentialStatus=entry()) | {"status": CLAIM})
    lists = {URL: listed(), world.REVOCATIONS: world.status_list()}
    assert verified(both, known=lists)
    lists[world.REVOCATIONS] = world.status_list(INDEX)
    assert [code for _, code, _ in codes(verified(both, known=lists))] == ["REVOKED"]
    unknown = make(plain() | {"status": {"other": {}}})
    assert said(listed(), unknown)[0][2] == "$.status"
    # A text is no status claim, but a term of the credential's own.
    for text in ("active", ["active", "renewed"]):
        assert verified(make(plain() | {"status": text}))
    # Whatever else it is says nothing about where the status is.
    others: list[Any] = [[CLAIM], ["active", CLAIM], [[CLAIM]], [], 0, True]
    for other in others:
        assert codes(verified(make(plain() | {"status": other}))) == [
            ("status", "MALFORMED_VALUE_ERROR", "$.status")
        ]


def test_so_does_that_of_a_jwt_of_version_1_1() -> None:
    """It is a claim of the token, beside the one that holds the credential."""
    draft = plain(
        validFrom=None,
        validUntil=None,
        context=[world.V1, "https://www.w3.org/2018/credentials/examples/v1"],
        issuanceDate="2026-01-01T00:00:00Z",
    )
    document = token({"vc": draft, "status": CLAIM}, typ="JWT")
    assert said(listed(), document) == []
    assert said(listed(1), document) == [("status", "REVOKED", PATH)]
    [(check, code, _)] = codes(verified(document))
    assert (check, code) == ("status", "STATUS_RETRIEVAL_ERROR")
    draft["credentialStatus"] = entry()
    both = token({"vc": draft, "status": CLAIM}, typ="JWT")
    lists = {URL: listed(1), world.REVOCATIONS: world.status_list()}
    assert codes(verified(both, known=lists)) == [("status", "REVOKED", PATH)]


def test_a_presentation_is_on_no_status_list() -> None:
    """Nothing says whose word such a list would be, so the claim is not passed over."""
    document = {"@context": [world.V2], "type": ["VerifiablePresentation"]}
    bound = {**document, "holder": DOCTOR.did, "status": CLAIM}
    older = {"iss": DOCTOR.did, "vp": {**document, "@context": [world.V1]}}
    for text in (
        token(bound, DOCTOR, typ="vp+jwt"),
        f"{token(bound, DOCTOR, typ='vp+sd-jwt')}~",
        token({**older, "status": CLAIM}, DOCTOR, typ="JWT"),
        token(older, DOCTOR, typ="JWT", status=CLAIM),
        cose(bound, DOCTOR, typ="vp+cose"),
        cose(document, DOCTOR, typ="vp+cose", l15={65535: CLAIM}),
    ):
        assert codes(verified(text)) == [("parse", "MALFORMED_VALUE_ERROR", "$.status")]
    # A text is a term of the document's own contexts.
    assert verified(token({**bound, "status": "x"}, DOCTOR, typ="vp+jwt"))


def test_a_status_claim_may_stand_in_the_header_of_a_message() -> None:
    document = cose(plain(), l15={65535: CLAIM})
    assert said(listed(), document) == []
    assert said(listed(2), document) == [("status", "SUSPENDED", PATH)]
    assert not verified(cose(plain() | {"status": CLAIM}, l15={65535: {"x": {}}}))
    claims: list[Any] = [{}, {"other": {}}, {"status_list": {"idx": b"1", "uri": URL}}]
    for claim in claims:
        assert said(listed(), cose(plain(), l15={65535: claim})) != []
    with_bytes = {"status_list": {"idx": INDEX, "uri": URL}, 7: b"x", "y": [1]}
    assert said(listed(), cose(plain(), l15={65535: with_bytes})) == []


def test_a_signed_document_of_rdf_has_no_status_claim() -> None:
    """There ``status`` is a term like any other, and the entry is credentialStatus."""
    document = world.signed(plain(status=None))
    assert open_document(document).registered is None
    assert verified(document)


def test_an_entry_in_a_presentation_has_its_place() -> None:
    shown = presented(ONE)
    assert verified(shown, known={URL: listed()})
    answer = verified(shown, known={URL: listed(2)})
    place = "$.verifiableCredential[0].status.status_list"
    assert codes(answer) == [("status", "SUSPENDED", place)]


def test_a_verdict_says_until_when_its_status_is_fresh() -> None:
    judgement = Judgement(
        at=NOW, contexts=world.contexts(), evidence=evidence({URL: listed()})
    )
    found = judge_credential(open_document(ONE), judgement)
    assert found.verified
    assert [one.list_url for one in found.statuses] == [URL]
    assert found.fresh_until == NOW.plus(LIST_TTL)


def test_two_entries_at_one_place_contradict_each_other() -> None:
    draft = plain(credentialStatus=entry(URL))
    document = token(draft | {"status": CLAIM})
    assert said(listed(), document)[0] == ("status", "STATUS_VERIFICATION_ERROR", PATH)


def test_no_message_shows_the_place_of_a_holder() -> None:
    texts = [
        str(check.error)
        for content in (listed(1), listed(2), b"x", by_hand(claims={"exp": 1}))
        for check in verified(ONE, known={URL: content}).checks
        if check.error
    ]
    assert texts
    for text in texts:
        assert str(INDEX) not in text
        assert "board.example.gov" not in text


def test_what_is_no_list_is_for_its_issuer_to_correct() -> None:
    (error,) = verified(ONE, known={URL: b"<html>"}).errors
    assert error.code == "STATUS_VERIFICATION_ERROR"
    assert error.fix == StatusVerificationError.default_fix
