"""What is signed is no larger than what medid reads; what is no document is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.core import json as strict_json
from medid.core.json import DOCUMENT
from medid.errors import MalformedValue, MedidError, TooLarge
from medid.issuing import (
    add_proof,
    derive,
    issue,
    issue_sd_jwt,
    present,
    present_sd_jwt,
    set_status,
    withdraw,
)
from medid.securing.sd_jwt.key_binding import sign_key_binding
from tests.issuing.test_envelopes import older
from tests.issuing.test_issue import counting
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    P256,
    STRANGER,
    VCT,
    plain,
    signed,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MECHANISMS: Final = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt", "vc+cose", "JWT")
# What fits by itself, and does not once it is signed.
ALMOST: Final = "x" * (DOCUMENT.max_bytes - 600)
_TOO_LARGE: Final = "TOO_LARGE: (once signed it would|the document) ha(s|ve) more than"


def written(document: Any) -> Any:
    """``document`` as it travels."""
    return strict_json.dumps(document) if isinstance(document, dict) else document


def too_large(call: Callable[[], object]) -> None:
    """``call`` is refused because its result would be too large."""
    with pytest.raises(MedidError, match=_TOO_LARGE) as caught:
        call()
    assert isinstance(caught.value.__cause__, TooLarge)


def draft_of(text: str, securing: str) -> dict[str, Any]:
    subject = {"id": DOCTOR.did, "alumniOf": text}
    make = older if securing == "JWT" else plain
    return make(BOARD, credentialSubject=subject)


@pytest.mark.parametrize("securing", MECHANISMS)
def test_what_would_be_too_large_once_signed_is_not(securing: str) -> None:
    signer, controller = counting()
    too_large(
        lambda: issue(
            draft_of(ALMOST, securing), controller, securing=securing, at=MADE
        )
    )
    assert signer.calls == 0


@pytest.mark.parametrize("securing", MECHANISMS)
def test_what_is_large_and_signed_is_read(securing: str) -> None:
    inside = {"eddsa-rdfc-2022": 1, "eddsa-jcs-2022": 1, "vc+cose": 1}
    size = DOCUMENT.max_bytes * inside.get(securing, 3 / 4) - 12_000
    draft = draft_of("x" * int(size), securing)
    assert verified(written(issue(draft, BOARD, securing=securing, at=MADE)))


def test_a_base_proof_that_makes_a_document_too_large_is_not_given_out() -> None:
    claims = {f"a{n}": n for n in range(400)}
    subject = {"id": DOCTOR.did, **claims, "alumniOf": "x" * 1_010_000}
    draft = plain(P256, credentialSubject=subject)
    too_large(lambda: issue(draft, P256, securing="ecdsa-sd-2023", at=MADE))


@pytest.mark.parametrize("securing", ["eddsa-jcs-2022", "vp+jwt", "vp+cose"])
def test_a_presentation_that_would_be_too_large_is_not_signed(securing: str) -> None:
    signer, holder = counting("doctor")
    large = signed(draft_of("x" * 530_000, "eddsa-jcs-2022"))
    too_large(
        lambda: present(
            [large, large],
            holder,
            challenge=CHALLENGE,
            domain=DOMAIN,
            securing=securing,
            at=MADE,
        )
    )
    assert signer.calls == 0


def test_a_key_binding_that_makes_it_too_large_is_not_signed() -> None:
    signer, holder = counting("doctor")
    token = issue_sd_jwt(
        {"vct": VCT},
        BOARD,
        disclosable=[],
        holder_key=holder.signer.public_key,
        at=MADE,
    )
    too_large(
        lambda: present_sd_jwt(
            token, signer, disclose=[], nonce=ALMOST, audience=DOMAIN, at=MADE
        )
    )
    assert signer.calls == 0


def test_what_is_bound_counts_with_its_key_binding() -> None:
    signer, _ = counting("doctor")
    shown = ALMOST + "x" * 500
    with pytest.raises(TooLarge, match="once signed"):
        sign_key_binding(shown, signer, claims={"nonce": "n"}, hash_alg="sha-256")
    assert signer.calls == 0


# What is no document, and what is no text.

NO_OBJECTS: Final[tuple[Any, ...]] = (None, True, 7, 0.5, [], ["id"], [[1, 2]], {1}, ())


@pytest.mark.parametrize("value", NO_OBJECTS, ids=repr)
def test_what_is_no_document_is_refused(value: Any) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: issue(value, BOARD, at=MADE),
        lambda: issue_sd_jwt(value, BOARD, disclosable=[], at=MADE),
        lambda: add_proof(value, BOARD, securing="eddsa-jcs-2022", at=MADE),
        lambda: derive(value, [], at=MADE),
        lambda: set_status(value, 1, BOARD, at=MADE),
        lambda: withdraw(value, value, BOARD, at=MADE),
        lambda: present([value], DOCTOR, challenge=CHALLENGE, domain=DOMAIN, at=MADE),
    )
    for call in calls:
        with pytest.raises(MedidError, match=r"expected a (JSON object|string)"):
            call()


def test_a_consent_is_not_withdrawn_from_what_is_no_list() -> None:
    consent = signed(plain(STRANGER), controller=STRANGER)
    with pytest.raises(MalformedValue, match="expected a JSON object"):
        withdraw(consent, "a text", STRANGER, at=MADE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "securing", ["eddsa-jcs-2022", "eddsa-rdfc-2022", "vp+jwt", "vp+cose", "vp+sd-jwt"]
)
@pytest.mark.parametrize("answer", ["challenge", "domain"])
def test_an_answer_that_is_no_text_is_not_signed(securing: str, answer: str) -> None:
    given: dict[str, Any] = {"challenge": CHALLENGE, "domain": DOMAIN, answer: "\ud800"}
    with pytest.raises(MedidError, match="lone surrogate") as caught:
        present([signed(plain())], DOCTOR, securing=securing, at=MADE, **given)
    assert "\ud800" not in str(caught.value)


@pytest.mark.parametrize("answer", ["nonce", "audience"])
def test_a_key_binding_of_what_is_no_text_is_not_signed(answer: str) -> None:
    key = DOCTOR.signer.public_key
    token = issue_sd_jwt({"vct": VCT}, BOARD, disclosable=[], holder_key=key, at=MADE)
    given: dict[str, Any] = {"nonce": CHALLENGE, "audience": DOMAIN, answer: "\ud800"}
    with pytest.raises(MedidError, match="lone surrogate"):
        derive(token, [], holder=DOCTOR.signer, at=MADE, **given)
