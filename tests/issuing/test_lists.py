"""Status lists: a new one, one bit changed, a consent taken back; and by whom."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    ProofGenerationError,
    SignerError,
)
from medid.issuing import (
    Controller,
    issue,
    new_list,
    renew_list,
    set_status,
    withdraw,
)
from medid.issuing.status_token import LIST_LIFETIME, TOKEN_TYPES
from medid.keys import KeyKind
from tests.issuing.test_issue import counting
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CONSENTS,
    INDEX,
    MADE,
    NOW,
    P256,
    PATIENT,
    REVOCATIONS,
    STRANGER,
    SUSPENSIONS,
    as_object,
    codes,
    entry,
    plain,
    signed,
    status_list,
    verified,
)

ONE = signed(plain(credentialStatus=entry()))
LENGTH = 131_072


def says(found: Any) -> list[str]:
    """The codes of a credential's answer on the list ``found``."""
    return [code for _, code, _ in codes(verified(ONE, known={REVOCATIONS: found}))]


def test_a_new_list_has_nothing_set_and_ends() -> None:
    found = as_object(new_list(REVOCATIONS, "revocation", BOARD, at=MADE))
    assert verified(found)
    assert verified(ONE, known={REVOCATIONS: found})
    assert found["validFrom"] == str(MADE)
    assert found["validUntil"] == str(MADE.plus(LIST_LIFETIME))
    assert found["id"] == REVOCATIONS


@pytest.mark.parametrize(
    ("controller", "securing"), [(BOARD, "eddsa-jcs-2022"), (P256, "vc+jwt")]
)
def test_a_list_may_be_signed_in_every_way(controller: Any, securing: str) -> None:
    found = new_list(REVOCATIONS, "revocation", controller, at=MADE, securing=securing)
    document = signed(plain(BOARD, credentialStatus=entry()))
    assert verified(found)
    assert bool(verified(document, known={REVOCATIONS: found})) is (controller is BOARD)


def test_a_bit_is_set_for_one_credential_and_the_old_list_stays() -> None:
    old = status_list()
    before = deepcopy(old)
    new = as_object(set_status(old, INDEX, BOARD, at=MADE))
    assert old == before
    assert says(old) == []
    assert says(new) == ["REVOKED"]
    assert says(status_list(INDEX - 1, INDEX + 1)) == []


def test_a_suspension_is_lifted_and_a_revocation_is_for_good() -> None:
    suspended = status_list(INDEX, url=SUSPENSIONS, purpose="suspension")
    lifted = set_status(suspended, INDEX, BOARD, value=False, at=MADE)
    draft = plain(credentialStatus=entry(SUSPENSIONS, "suspension"))
    assert not verified(signed(draft), known={SUSPENSIONS: suspended})
    assert verified(signed(draft), known={SUSPENSIONS: lifted})
    with pytest.raises(ConfigurationError):
        set_status(status_list(INDEX), INDEX, BOARD, value=False, at=MADE)
    assert says(set_status(status_list(INDEX), INDEX, BOARD, at=MADE)) == ["REVOKED"]
    assert says(set_status(status_list(), INDEX, BOARD, value=False, at=MADE)) == []


@pytest.mark.parametrize("index", [-1, LENGTH, 2**70])
def test_an_index_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(MedidError) as caught:
        set_status(status_list(), index, BOARD, at=MADE)
    assert (caught.value.code, caught.value.path) == ("RANGE_ERROR", "$.index")


def test_the_first_and_the_last_index_are_inside() -> None:
    for index in (0, LENGTH - 1):
        new = set_status(status_list(), index, BOARD, at=MADE)
        named = plain(credentialStatus=entry(statusListIndex=str(index)))
        answer = verified(signed(named), known={REVOCATIONS: new})
        assert [code for _, code, _ in codes(answer)] == ["REVOKED"]


def test_another_issuers_list_is_not_changed() -> None:
    signer, stranger = counting("stranger")
    with pytest.raises(ConfigurationError) as caught:
        set_status(status_list(), INDEX, stranger, at=MADE)
    assert caught.value.path == "$.issuer"
    assert signer.calls == 0


def changed(**members: Any) -> dict[str, Any]:
    found = {**status_list(), **members}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (changed(id=None), "$.id"),
        (changed(type=["VerifiableCredential"]), "$"),
        (changed(credentialSubject={"id": REVOCATIONS}), "$.credentialSubject"),
        ({}, "$"),
    ],
)
def test_what_is_no_list_is_not_changed(document: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        set_status(document, INDEX, BOARD, at=MADE)
    assert caught.value.path.startswith(path)


@pytest.mark.parametrize(
    ("url", "purpose"), [("no url", "revocation"), (REVOCATIONS, "whim")]
)
def test_a_list_that_nobody_would_accept_is_not_signed(url: str, purpose: str) -> None:
    signer, controller = counting()
    with pytest.raises(MedidError):
        new_list(url, purpose, controller, at=MADE)
    assert signer.calls == 0


def test_a_signer_that_fails_leaves_the_list_as_it_was() -> None:
    _, controller = counting(refuses=True)
    found = status_list()
    before = deepcopy(found)
    with pytest.raises(SignerError):
        set_status(found, INDEX, controller, at=MADE)
    assert found == before


def test_without_an_instant_lists_begin_now() -> None:
    found = as_object(new_list(REVOCATIONS, "revocation", BOARD))
    again = as_object(set_status(found, INDEX, BOARD))
    assert again["validFrom"] >= found["validFrom"] > "2025"


# A consent taken back.

CONSENT = signed(world.consent_draft(), PATIENT)


def own_list() -> dict[str, Any]:
    return status_list(url=CONSENTS, controller=PATIENT)


def test_a_patient_takes_a_consent_back() -> None:
    before = deepcopy(CONSENT)
    assert verified(CONSENT, known={CONSENTS: own_list()})
    found = withdraw(CONSENT, own_list(), PATIENT, at=NOW)
    answer = verified(CONSENT, known={CONSENTS: found}, at=NOW.plus(1))
    assert codes(answer) == [("status", "REVOKED", "$.credentialStatus")]
    assert before == CONSENT
    assert withdraw(CONSENT, as_object(found), PATIENT, at=NOW)


def test_a_consent_with_several_entries_is_taken_back_in_the_right_place() -> None:
    entries = [
        entry(SUSPENSIONS, "suspension", statusListIndex="1"),
        entry("https://patient.example/status/2", statusListIndex="2"),
        entry(CONSENTS, "suspension", statusListIndex="3"),
        entry(CONSENTS, statusListIndex="4"),
    ]
    consent = signed(world.consent_draft(credentialStatus=entries), PATIENT)
    found = withdraw(consent, own_list(), PATIENT, at=MADE)
    answer = verified(consent, known={CONSENTS: found})
    assert ("status", "REVOKED", "$.credentialStatus[3]") in codes(answer)


@pytest.mark.parametrize(
    ("consent", "listed", "controller", "error", "path"),
    [
        (CONSENT, "own", STRANGER, ConfigurationError, "$.issuer"),
        (CONSENT, "board", PATIENT, MalformedValue, "$.credentialStatus"),
        (plain(PATIENT), "own", PATIENT, MalformedValue, "$.credentialStatus"),
        (
            world.consent_draft(credentialStatus=entry(CONSENTS, "suspension")),
            "own",
            PATIENT,
            MalformedValue,
            "$.credentialStatus",
        ),
        ({}, "own", PATIENT, MalformedValue, "$"),
    ],
)
def test_a_consent_is_taken_back_by_its_issuer_in_its_list_only(
    consent: Any, listed: str, controller: Any, error: Any, path: str
) -> None:
    found = own_list() if listed == "own" else status_list()
    with pytest.raises(error) as caught:
        withdraw(consent, found, controller, at=MADE)
    assert caught.value.path.startswith(path)


def test_a_list_of_somebody_else_is_not_used_to_withdraw() -> None:
    foreign = status_list(url=CONSENTS, controller=STRANGER)
    with pytest.raises(ConfigurationError) as caught:
        withdraw(CONSENT, foreign, PATIENT, at=MADE)
    assert caught.value.path == "$.issuer"


def test_lists_are_not_signed_for_a_key_of_another_kind() -> None:
    with pytest.raises(ConfigurationError):
        new_list(REVOCATIONS, "revocation", P256, at=MADE)
    with pytest.raises(ProofGenerationError):
        new_list(REVOCATIONS.replace("https", "no way"), "revocation", BOARD, at=MADE)


def test_a_consent_of_somebody_else_is_not_taken_back() -> None:
    foreign = plain(STRANGER, credentialStatus=entry(CONSENTS))
    with pytest.raises(ConfigurationError) as caught:
        withdraw(foreign, own_list(), PATIENT, at=MADE)
    assert caught.value.path == "$.issuer"


# Published anew, with nothing changed.


def test_a_renewed_list_says_the_same_from_now_on() -> None:
    before = status_list(INDEX)
    later = NOW.plus(3_600)
    after = as_object(renew_list(before, BOARD, at=later))
    assert after["validFrom"] == str(later)
    assert after["validUntil"] == str(later.plus(LIST_LIFETIME))
    subjects = [found["credentialSubject"]["encodedList"] for found in (before, after)]
    assert subjects[0] == subjects[1]
    answer = verified(ONE, at=later, known={REVOCATIONS: after})
    assert [code for _, code, _ in codes(answer)] == ["REVOKED"]


def test_another_issuers_list_is_not_renewed() -> None:
    found = status_list()
    with pytest.raises(ConfigurationError) as told:
        renew_list(found, STRANGER, at=MADE)
    assert told.value.path == "$.issuer"


def test_a_list_without_an_id_is_not_renewed() -> None:
    found = {**status_list()}
    del found["id"]
    with pytest.raises(MalformedValue) as told:
        renew_list(found, BOARD, at=MADE)
    assert told.value.path == "$.id"


@pytest.mark.parametrize("securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt"])
def test_a_withdrawal_is_secured_as_it_is_asked(securing: str) -> None:
    found: Any = withdraw(CONSENT, own_list(), PATIENT, at=NOW, securing=securing)
    if securing == "vc+jwt":
        assert isinstance(found, str)
    else:
        assert found["proof"]["cryptosuite"] == securing
    answer = verified(CONSENT, known={CONSENTS: found}, at=NOW.plus(1))
    assert codes(answer) == [("status", "REVOKED", "$.credentialStatus")]


@pytest.mark.parametrize("securing", TOKEN_TYPES)
def test_a_list_token_is_changed_by_its_issuer_only(securing: str) -> None:
    found = new_list(REVOCATIONS, "revocation", BOARD, at=MADE, securing=securing)
    with pytest.raises(ConfigurationError, match="another issuer's") as caught:
        set_status(found, INDEX, STRANGER, at=MADE)
    assert caught.value.path == "$.iss"
    assert type(set_status(found, INDEX, BOARD, at=MADE)) is type(found)


@pytest.mark.parametrize("securing", TOKEN_TYPES)
def test_a_list_token_is_for_two_purposes(securing: str) -> None:
    with pytest.raises(ConfigurationError, match="is for") as caught:
        new_list(REVOCATIONS, "refresh", BOARD, at=MADE, securing=securing)
    assert caught.value.path == "$.purpose"


@pytest.mark.parametrize("securing", TOKEN_TYPES)
def test_a_list_token_that_nobody_would_fetch_is_not_signed(
    securing: str,
) -> None:
    url = f"{REVOCATIONS}/{'a' * 1_048_576}"
    with pytest.raises(ProofGenerationError, match="TOO_LARGE: once signed"):
        new_list(url, "revocation", BOARD, at=MADE, securing=securing)


def test_a_withdrawal_is_signed_by_a_key_that_fits() -> None:
    with pytest.raises(ConfigurationError, match="cannot sign") as caught:
        withdraw(CONSENT, own_list(), PATIENT, at=NOW, securing="ecdsa-jcs-2019")
    assert caught.value.path == "$.securing"


def test_a_patient_with_an_ml_dsa_key_takes_a_consent_back_in_a_token() -> None:
    patient = Controller.did_key(world.key("patient", KeyKind.ML_DSA_44))
    draft = world.plain(patient, credentialStatus=world.entry(CONSENTS))
    consent = as_object(issue(draft, patient, securing="mldsa44-jcs-2024", at=MADE))
    suite = "mldsa44-rdfc-2024"
    listed = as_object(
        new_list(CONSENTS, "revocation", patient, at=MADE, securing=suite)
    )
    with pytest.raises(ConfigurationError, match="refuse tokens"):
        withdraw(consent, listed, patient, at=NOW, securing="vc+jwt")
    found = withdraw(
        consent, listed, patient, at=NOW, securing="vc+jwt", allow_ml_dsa=True
    )
    answer = verified(
        consent, known={CONSENTS: found}, at=NOW.plus(1), ml_dsa_tokens=True
    )
    assert codes(answer) == [("status", "REVOKED", "$.credentialStatus")]


@pytest.mark.parametrize("text", ["\ud800", "a.\udfff.c", ""])
def test_text_that_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(MedidError) as renewed:
        renew_list(text, BOARD, at=MADE)
    with pytest.raises(MedidError) as changed:
        set_status(text, INDEX, BOARD, at=MADE)
    assert renewed.value.code == changed.value.code == "PARSING_ERROR"
