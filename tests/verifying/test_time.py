"""As of when: every window of every format, before, inside, at its edges and after."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import Instant
from medid.errors import ConfigurationError
from medid.issuing import issue
from medid.verifying.credential import validity_of
from medid.verifying.judging import Expectations
from medid.verifying.opening import open_document
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    DOCTOR,
    MADE,
    NOW,
    VCT,
    codes,
    plain,
    presented,
    signed,
    token,
    verified,
    with_proof,
)

START, END = "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"
START_AT, END_AT = Instant.parse(START), Instant.parse(END)
NANOSECOND = 1e-9


def seconds(instant: Instant) -> int:
    return int(instant.seconds)


def data_integrity(suite: str) -> Any:
    return with_proof(plain(), BOARD, suite=suite, created=None)


def legacy() -> Any:
    draft = plain(
        context=[world.V1, "https://www.w3.org/2018/credentials/examples/v1"],
        validFrom=None,
        validUntil=None,
        issuanceDate=START,
        expirationDate=END,
        credentialSubject={"id": DOCTOR.did, "alumniOf": "School"},
    )
    return token({"vc": draft}, typ="JWT")


def jwt_claims() -> Any:
    window = {"nbf": seconds(START_AT), "exp": seconds(END_AT)}
    return token(plain(validFrom=None, validUntil=None) | window)


def sd_jwt() -> Any:
    window = {"nbf": seconds(START_AT), "exp": seconds(END_AT)}
    return token({"vct": VCT, "iss": BOARD.did, **window}, typ="dc+sd-jwt") + "~"


def vp_jwt() -> Any:
    document = {k: v for k, v in presented().items() if k != "proof"}
    window = {"nbf": seconds(START_AT), "exp": seconds(END_AT)}
    inner = with_proof(plain(validUntil=None), BOARD, created=None)
    return token(
        {**document, **window, "verifiableCredential": [inner]}, DOCTOR, typ="vp+jwt"
    )


FORMATS: dict[str, Any] = {
    "rdfc": (lambda: data_integrity("eddsa-rdfc-2022"), "$.validFrom", "$.validUntil"),
    "jcs": (lambda: data_integrity("eddsa-jcs-2022"), "$.validFrom", "$.validUntil"),
    "vc+jwt": (lambda: token(plain()), "$.validFrom", "$.validUntil"),
    "JWT 1.1": (legacy, "$.issuanceDate", "$.expirationDate"),
    "jwt claims": (jwt_claims, "$.nbf", "$.exp"),
    "sd-jwt": (sd_jwt, "$.nbf", "$.exp"),
    "vp+jwt": (vp_jwt, "$.nbf", "$.exp"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_window_holds_its_start_and_not_its_end(name: str) -> None:
    make, starts, ends = FORMATS[name]
    document = make()
    early = codes(verified(document, at=START_AT.plus(-NANOSECOND)))
    assert ("time", "NOT_YET_VALID", starts) in early
    assert {code for _, code, _ in early} == {"NOT_YET_VALID"}
    assert verified(document, at=START_AT)
    assert verified(document, at=END_AT.plus(-NANOSECOND))
    late = [("time", "EXPIRED", ends)]
    assert codes(verified(document, at=END_AT)) == late
    assert codes(verified(document, at=END_AT.plus(world.DAY * 9999))) == late


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("skew", [1, 60])
def test_skew_widens_a_window_by_exactly_so_much(name: str, skew: int) -> None:
    make, starts, ends = FORMATS[name]
    document = make()
    assert verified(document, at=START_AT.plus(-skew), skew=skew)
    early = verified(document, at=START_AT.plus(-skew - NANOSECOND), skew=skew)
    assert ("time", "NOT_YET_VALID", starts) in codes(early)
    assert verified(document, at=END_AT.plus(skew - NANOSECOND), skew=skew)
    late = verified(document, at=END_AT.plus(skew), skew=skew)
    assert codes(late) == [("time", "EXPIRED", ends)]


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_a_proof_holds_from_created_to_before_expires(suite: str) -> None:
    proof: dict[str, Any] = {"created": str(MADE), "expires": str(NOW)}
    document = with_proof(plain(), BOARD, suite=suite, **proof)
    assert verified(document, at=MADE)
    assert verified(document, at=NOW.plus(-NANOSECOND))
    early = [("proof", "NOT_YET_VALID", "$.proof.created")]
    late = [("proof", "EXPIRED", "$.proof.expires")]
    assert codes(verified(document, at=MADE.plus(-NANOSECOND))) == early
    assert codes(verified(document, at=NOW)) == late
    assert verified(document, at=MADE.plus(-1), skew=1)
    assert verified(document, at=NOW.plus(0.5), skew=1)
    assert codes(verified(document, at=MADE.plus(-1.5), skew=1)) == early
    assert codes(verified(document, at=NOW.plus(1), skew=1)) == late


def test_a_presentations_proof_has_its_own_window() -> None:
    unsigned = {k: v for k, v in presented().items() if k != "proof"}
    document = with_proof(
        unsigned, DOCTOR, proofPurpose="authentication", expires=str(NOW)
    )
    assert verified(document, at=NOW.plus(-1))
    late = verified(document, at=NOW)
    assert codes(late) == [("proof", "EXPIRED", "$.proof.expires")]


@pytest.mark.parametrize("typ", ["vc+jwt", "dc+sd-jwt"])
def test_what_was_issued_later_was_not_there_yet(typ: str) -> None:
    payload = plain(validFrom=None) | {"iat": seconds(MADE)}
    if typ == "dc+sd-jwt":
        payload = {"vct": VCT, "iss": BOARD.did, "iat": seconds(MADE)}
    text = token(payload, typ=typ) + ("~" if typ == "dc+sd-jwt" else "")
    assert verified(text, at=MADE)
    early = [("time", "NOT_YET_VALID", "$.iat")]
    assert codes(verified(text, at=MADE.plus(-1))) == early
    assert verified(text, at=MADE.plus(-1), skew=1)
    assert codes(verified(text, at=MADE.plus(-2), skew=1)) == early


def test_every_window_that_a_document_states_counts() -> None:
    window = {"nbf": seconds(MADE), "exp": seconds(NOW)}
    text = token(plain() | window)
    validity = validity_of(open_document(text))
    assert (validity.start, validity.end) == (MADE, NOW)
    assert codes(verified(text, at=NOW)) == [("time", "EXPIRED", "$.exp")]
    assert codes(verified(text, at=MADE.plus(-1))) == [
        ("time", "NOT_YET_VALID", "$.nbf")
    ]
    claims = {"vct": VCT, "iss": BOARD.did, **window}
    alone = validity_of(open_document(token(claims, typ="dc+sd-jwt") + "~"))
    assert (alone.start, alone.end) == (MADE, NOW)
    embedded = validity_of(open_document(signed(plain())))
    assert (embedded.start, embedded.end) == (START_AT, END_AT)


def test_a_credential_without_dates_holds_at_any_time() -> None:
    text = token(plain(validFrom=None, validUntil=None))
    for at in (Instant(0), NOW, Instant.parse("9999-01-01T00:00:00Z")):
        assert verified(text, at=at)


@pytest.mark.parametrize("name", ["skew", "status_max_age"])
@pytest.mark.parametrize("value", [-1, -1e-9, float("inf"), float("nan"), 1e300, 2**53])
def test_a_length_of_time_that_is_none_is_refused(name: str, value: float) -> None:
    lengths: dict[str, Any] = {name: value}
    with pytest.raises(ConfigurationError) as caught:
        Expectations(**lengths)
    assert caught.value.path == f"$.{name}"


def test_a_status_policy_is_no_free_text() -> None:
    policy: Any = "required"
    with pytest.raises(ConfigurationError) as caught:
        Expectations(status=policy)
    assert caught.value.path == "$.status"


def test_a_document_dated_in_the_future_is_refused_in_every_mechanism() -> None:
    later = NOW.plus(3600)
    for securing in ("eddsa-rdfc-2022", "eddsa-jcs-2022"):
        document = issue(plain(), BOARD, securing=securing, at=later)
        assert codes(verified(document)) == [
            ("proof", "NOT_YET_VALID", "$.proof.created")
        ]
        assert verified(document, at=later)
