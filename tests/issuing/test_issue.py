"""Issuing: whatever is signed verifies, and whatever would be refused is not signed."""

from __future__ import annotations

import base64
import hashlib
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.errors import (
    ConfigurationError,
    InvalidDid,
    MedidError,
    ProofGenerationError,
    SignerError,
)
from medid.health import contexts
from medid.issuing import Controller, issue, issue_sd_jwt, new_list
from medid.keys import KeyKind, PrivateKey
from medid.verifying.judging import StatusPolicy
from tests.support import each, examples
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    DOCTOR,
    JWK,
    MADE,
    NOW,
    P256,
    P384,
    PATIENT,
    STRANGER,
    VCT,
    WEB,
    entry,
    plain,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.keys import PublicKey

SUITES = ["eddsa-rdfc-2022", "eddsa-jcs-2022"]
ALL = [*SUITES, "vc+jwt", "vc+cose"]


class Counting:
    """A signer that counts, and may refuse."""

    def __init__(self, key: PrivateKey, *, refuses: bool = False) -> None:
        self._key = key
        self._refuses = refuses
        self.calls = 0

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key

    def sign(self, message: bytes) -> bytes:
        self.calls += 1
        if self._refuses:
            raise SignerError("the key store is closed")
        return self._key.sign(message)


def counting(name: str = "board", *, refuses: bool = False) -> tuple[Any, Controller]:
    signer = Counting(world.key(name), refuses=refuses)
    return signer, Controller.did_key(signer)


def refused(
    draft: Any, *, securing: str = "eddsa-rdfc-2022", controller: Any = None
) -> tuple[str, str]:
    """The message and path with which ``draft`` is refused, no key being used."""
    signer = Counting(world.key("board"))
    method = (controller or BOARD).verification_method
    if controller is not None:
        signer = Counting(controller.signer)
    counted = Controller(verification_method=method, signer=signer)
    before = deepcopy(draft)
    with pytest.raises(ProofGenerationError) as caught:
        issue(draft, counted, securing=securing, at=MADE)
    assert signer.calls == 0
    assert draft == before
    return caught.value.message, caught.value.path


# Round trip.


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=9
)
claims = st.dictionaries(
    st.sampled_from(["alumniOf", "badge", "degree", "level"]),
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | texts.filter(bool)
    | st.lists(texts.filter(bool), min_size=2, max_size=3, unique=True),
    min_size=1,
)


@given(
    claims,
    st.sampled_from(
        [
            *((BOARD, one) for one in ALL),
            *((one, how) for one in (P256, JWK) for how in ("vc+jwt", "vc+cose")),
        ]
    ),
    st.integers(0, 10**9),
)
def test_whatever_is_issued_verifies(
    said: dict[str, Any], how: tuple[Controller, str], nanoseconds: int
) -> None:
    controller, securing = how
    draft = plain(controller, credentialSubject={"id": DOCTOR.did, **said})
    before = deepcopy(draft)
    made = Instant(MADE.nanoseconds + nanoseconds)
    document = issue(draft, controller, securing=securing, at=made)
    assert draft == before
    assert verified(document, at=NOW)


@pytest.mark.parametrize("securing", ALL)
@pytest.mark.parametrize(
    ("draft", "controller"),
    [(world.license_draft(), BOARD), (world.consent_draft(), PATIENT)],
)
def test_health_drafts_verify_when_signed(
    draft: Any, controller: Controller, securing: str
) -> None:
    document = issue(draft, controller, securing=securing, at=MADE)
    assert verified(document, status=StatusPolicy.OFF)


def test_a_credential_of_the_first_data_model_is_signed_too() -> None:
    draft = plain(
        context=[world.V1, "https://www.w3.org/2018/credentials/examples/v1"],
        validFrom=None,
        validUntil=None,
        issuanceDate="2026-01-01T00:00:00Z",
        credentialSubject={"id": DOCTOR.did, "alumniOf": "School"},
    )
    assert verified(issue(draft, BOARD, securing="JWT", at=MADE))
    # What these hold is a document of version 2.0, by their specification.
    for securing in ("vc+jwt", "vc+cose"):
        with pytest.raises(ProofGenerationError, match="of version 2") as caught:
            issue(draft, BOARD, securing=securing, at=MADE)
        assert caught.value.path == "$.@context"
    with pytest.raises(ProofGenerationError, match="of version 2"):
        issue_sd_jwt(draft, BOARD, disclosable=[], at=MADE)


def test_without_an_instant_the_present_is_stated() -> None:
    document = world.as_object(issue(plain(), BOARD))
    assert Instant.parse(document["proof"]["created"]) > Instant.parse(
        "2025-01-01T00:00:00Z"
    )
    assert "iat" in world.payload_of(
        issue_sd_jwt({"vct": VCT}, BOARD, disclosable=[]).split("~")[0]
    )


def test_the_callers_contexts_are_used() -> None:
    url = "https://example.org/badges/v1"
    store = contexts().register_context(
        url, {"@context": {"badge": "https://example.org/badge"}}
    )
    draft = plain(context=[world.V2, url])
    draft["credentialSubject"] = {"id": DOCTOR.did, "badge": "gold"}
    document = issue(draft, BOARD, at=MADE, contexts=store)
    assert isinstance(document, dict)
    assert refused(draft)[1] == "$.@context[1]"


# Guards.

SUBJECT = "$.credentialSubject"


def with_subject(**members: Any) -> dict[str, Any]:
    return plain(
        context=[world.V2],
        credentialSubject={"id": DOCTOR.did, **members},
    )


@pytest.mark.parametrize("securing", ALL)
@pytest.mark.parametrize(
    ("draft", "code", "path"),
    [
        (with_subject(undefined="x"), "DATA_LOSS", f"{SUBJECT}.undefined"),
        (plain(credentialSubject={"id": "me", "alumniOf": "x"}), "", f"{SUBJECT}.id"),
        (plain(id="no-url"), "MALFORMED_VALUE_ERROR", "$.id"),
        (plain(context=[world.V2, {}]), "CONTEXT_NOT_TRUSTED", "$.@context[1]"),
        (
            plain(context=[world.V2, "https://evil.example/"]),
            "CONTEXT_NOT_TRUSTED",
            "$.@context[1]",
        ),
        (plain(validUntil="tomorrow"), "MALFORMED_VALUE_ERROR", "$.validUntil"),
        (plain(validUntil="2027-01-01"), "MALFORMED_VALUE_ERROR", "$.validUntil"),
        (
            plain(validUntil="2025-01-01T00:00:00Z"),
            "MALFORMED_VALUE_ERROR",
            "$.validUntil",
        ),
        (plain(STRANGER), "issuer", "$.issuer"),
        (plain(proof={}), "proof", "$.proof"),
        (plain(type=["Other"]), "MALFORMED_VALUE_ERROR", "$.type"),
        (plain(credentialSubject=[]), "MALFORMED_VALUE_ERROR", SUBJECT),
        (
            plain(credentialStatus={"type": "RevocationList2020Status"}),
            "STATUS_VERIFICATION_ERROR",
            "$.credentialStatus.type",
        ),
        (
            plain(credentialStatus=entry(purpose="whim")),
            "STATUS_VERIFICATION_ERROR",
            "$.credentialStatus.statusPurpose",
        ),
        (
            plain(credentialStatus=[entry(), entry(purpose="suspension")]),
            "STATUS_VERIFICATION_ERROR",
            "$.credentialStatus[1]",
        ),
        (
            plain(credentialStatus=entry(statusListIndex=7)),
            "MALFORMED_VALUE_ERROR",
            "$.credentialStatus.statusListIndex",
        ),
        (plain(id="urn:uuid:\ud800"), "PARSING_ERROR", "$.id"),
        (plain(credentialSubject={"alumniOf": {1, 2}}), "PARSING_ERROR", SUBJECT),
    ],
)
def test_what_would_be_refused_is_not_signed(
    draft: Any, code: str, path: str, securing: str
) -> None:
    message, place = refused(draft, securing=securing)
    assert code in message
    assert place.startswith(path)


def license_without(*names: str, **members: Any) -> dict[str, Any]:
    draft = world.license_draft()
    for name in names:
        draft.pop(name, None)
    draft["credentialSubject"]["license"] |= members
    return draft


LICENSE_PATH = "$.credentialSubject.license"


@pytest.mark.parametrize(
    ("draft", "path"),
    [
        (license_without("credentialStatus"), "$.credentialStatus"),
        (license_without(condition=[]), LICENSE_PATH),
        (license_without(profession=[]), LICENSE_PATH),
        (license_without(jurisdiction=7), LICENSE_PATH),
        (license_without(licenseStatus="fine"), LICENSE_PATH),
        (license_without(unknown="x"), LICENSE_PATH),
        ({**world.license_draft(), "@context": [world.V2]}, "$.@context"),
    ],
)
@pytest.mark.parametrize("securing", ALL)
def test_a_license_that_could_not_be_used_is_not_signed(
    draft: Any, path: str, securing: str
) -> None:
    assert refused(draft, securing=securing)[1].startswith(path)


def test_what_is_left_of_a_draft_is_the_same_when_the_signer_fails() -> None:
    signer, controller = counting(refuses=True)
    draft = plain()
    before = deepcopy(draft)
    for securing in ALL:
        with pytest.raises(SignerError):
            issue(draft, controller, securing=securing, at=MADE)
    with pytest.raises(SignerError):
        issue_sd_jwt({"vct": VCT}, controller, disclosable=[], at=MADE)
    assert signer.calls == len(ALL) + 1
    assert draft == before


# Keys.


@pytest.mark.parametrize(
    ("controller", "securing"),
    [
        (P256, "eddsa-rdfc-2022"),
        (P384, "eddsa-jcs-2022"),
        (BOARD, "vp+jwt"),
        (BOARD, "vp+cose"),
        (BOARD, "dc+sd-jwt"),
        (BOARD, "none"),
        (BOARD, ""),
    ],
)
def test_a_key_signs_with_mechanisms_of_its_kind_only(
    controller: Controller, securing: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        issue(plain(controller), controller, securing=securing, at=MADE)
    assert caught.value.path == "$.securing"
    if securing == "dc+sd-jwt":
        assert "issue_sd_jwt" in caught.value.fix
        return
    named = caught.value.fix.removeprefix("use one of ").split(", ")
    for fits in set(named) - {"JWT"}:  # which is for version 1.1
        assert issue(plain(controller), controller, securing=fits, at=MADE)


def x25519() -> Controller:
    key: Any = PrivateKey.generate(KeyKind.X25519)
    return Controller(verification_method="did:web:board.example.gov#x", signer=key)


@pytest.mark.parametrize("securing", ALL)
def test_a_key_that_only_agrees_signs_nothing(securing: str) -> None:
    controller = x25519()
    with pytest.raises(ConfigurationError) as caught:
        issue(plain(controller), controller, securing=securing, at=MADE)
    assert caught.value.path == "$.securing"
    with pytest.raises(ConfigurationError) as caught:
        issue_sd_jwt({"vct": VCT}, controller, disclosable=[], at=MADE)
    assert caught.value.path == "$.securing"


def test_a_controller_signs_with_its_own_key_only() -> None:
    method = "$.verificationMethod"
    foreign = Controller(
        verification_method=BOARD.verification_method, signer=STRANGER.signer
    )
    with pytest.raises(ConfigurationError) as caught:
        issue(plain(), foreign, at=MADE)
    assert caught.value.path == method
    with pytest.raises(ConfigurationError) as caught:
        issue_sd_jwt({"vct": VCT}, foreign, disclosable=[], at=MADE)
    assert caught.value.path == method
    other = Controller(verification_method=f"{BOARD.did}#other", signer=BOARD.signer)
    with pytest.raises(MedidError) as raised:
        issue(plain(), other, at=MADE)
    assert (raised.value.code, raised.value.path) == (
        "INVALID_VERIFICATION_METHOD",
        method,
    )
    # What a did:web allows its key is published elsewhere, and not known here.
    assert issue(plain(WEB), WEB, at=MADE)


@pytest.mark.parametrize("method", ["", "no did", "did:key"])
def test_a_controller_is_named_by_a_did_url(method: str) -> None:
    with pytest.raises(InvalidDid):
        Controller(verification_method=method, signer=BOARD.signer)


@pytest.mark.parametrize("method", [BOARD.did, f"{BOARD.did}#"])
def test_a_controller_names_its_key(method: str) -> None:
    with pytest.raises(MedidError):
        Controller(verification_method=method, signer=BOARD.signer)


def test_the_controller_of_a_did_key_is_its_did() -> None:
    assert BOARD.did.startswith("did:key:z6Mk")
    assert BOARD.verification_method == f"{BOARD.did}#{BOARD.did[8:]}"


# SD-JWT VC.


@given(
    st.dictionaries(st.sampled_from("abcde"), st.integers(0, 9) | texts, min_size=1),
    st.sets(st.sampled_from("abcde")),
    st.sampled_from([BOARD, P256, P384, JWK]),
)
@settings(max_examples=examples(50))
def test_whatever_sd_jwt_is_issued_verifies(
    said: dict[str, Any], hidden: set[str], controller: Controller
) -> None:
    payload = {"vct": VCT, **said}
    before = deepcopy(payload)
    text = issue_sd_jwt(
        payload,
        controller,
        disclosable=[f"/{name}" for name in sorted(hidden & set(said))],
        holder_key=DOCTOR.signer.public_key,
        at=MADE,
    )
    assert payload == before
    assert verified(text, vct=VCT)
    issued = world.payload_of(text.split("~")[0])
    assert (issued["iss"], issued["iat"]) == (controller.did, int(MADE.seconds))
    assert not hidden & set(said) & set(issued)


@pytest.mark.parametrize(
    ("payload", "disclosable", "path"),
    [
        ({}, [], "$.vct"),
        ({"vct": 7}, [], "$.vct"),
        ({"vct": VCT}, ["/vct"], "$.vct"),
        ({"vct": VCT, "exp": 1}, ["/exp"], "$.exp"),
        ({"vct": VCT, "exp": "soon"}, [], "$.exp"),
        ({"vct": VCT, "exp": True}, [], "$.exp"),
        ({"vct": VCT}, ["/absent"], "$"),
        ({"vct": VCT, "_sd": []}, [], "$"),
        ({"vct": VCT, "iss": STRANGER.did}, [], "$.iss"),
        ({"vct": VCT, "status": {}}, [], "$.status"),
        ({"vct": VCT, "status": "x"}, [], "$.status"),
        ({"vct": VCT, "status": {"other": {}}}, [], "$.status"),
        ({"vct": VCT, "status": {"status_list": 1}}, [], "$.status.status_list"),
        (
            {"vct": VCT, "status": {"status_list": {"idx": -1, "uri": "https://a"}}},
            [],
            "$.status.status_list.idx",
        ),
        (
            {"vct": VCT, "status": {"status_list": {"idx": 1, "uri": "https://a"}}},
            ["/status"],
            "$.status",
        ),
        ({"vct": VCT, "cnf": {}}, [], "$.cnf"),
        ({"vct": VCT, "x": {1, 2}}, [], "$.x"),
    ],
)
def test_an_sd_jwt_that_would_be_refused_is_not_signed(
    payload: Any, disclosable: list[str], path: str
) -> None:
    signer, controller = counting()
    holder = DOCTOR.signer.public_key
    with pytest.raises(ProofGenerationError) as caught:
        issue_sd_jwt(
            payload, controller, disclosable=disclosable, holder_key=holder, at=MADE
        )
    assert caught.value.path == path
    assert signer.calls == 0


@pytest.mark.parametrize("lengths", [(1_100_000, 1), (500_000, 500_000)])
@pytest.mark.parametrize("disclosable", [[], ["/a"], ["/a", "/b"]])
def test_an_sd_jwt_that_nobody_would_read_is_not_signed(
    lengths: tuple[int, int], disclosable: list[str]
) -> None:
    counted, controller = counting()
    a, b = ("x" * length for length in lengths)
    claims = {"vct": VCT, "a": a, "b": b}
    with pytest.raises(ProofGenerationError):
        issue_sd_jwt(claims, controller, disclosable=disclosable, at=MADE)
    assert counted.calls == 0


def test_the_largest_sd_jwts_are_read() -> None:
    claims = {"vct": VCT, "a": "x" * 380_000, "b": "y" * 380_000}
    for disclosable in (["/a", "/b"], []):
        made = issue_sd_jwt(claims, BOARD, disclosable=disclosable, at=MADE)
        assert len(made) > 1_000_000
        assert verified(made)


def test_an_issuer_may_name_itself_in_the_claims() -> None:
    text = issue_sd_jwt({"vct": VCT, "iss": BOARD.did}, BOARD, disclosable=[], at=MADE)
    assert verified(text, at=NOW)


# Related resources.

V1_URL = "https://www.w3.org/2018/credentials/v1"
V1_SHA256 = bytes.fromhex(
    "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc"
)


def naming(url: str, digest: bytes, algorithm: str = "sha256") -> dict[str, Any]:
    text = base64.b64encode(digest).decode()
    return plain(relatedResource={"id": url, "digestSRI": f"{algorithm}-{text}"})


def test_the_digest_of_a_context_at_hand_must_be_its_own() -> None:
    right = hashlib.sha256(contexts().content(world.V2)).digest()
    assert verified(issue(naming(world.V2, right), BOARD, at=MADE))
    for url in (world.V2, V1_URL):
        with pytest.raises(ProofGenerationError, match="MALFORMED_VALUE_ERROR") as told:
            issue(naming(url, bytes(32)), BOARD, at=MADE)
        assert told.value.path == "$.relatedResource"


def test_what_nobody_can_tell_about_a_digest_is_left_to_the_verifier() -> None:
    issue(naming(V1_URL, V1_SHA256), BOARD, at=MADE)
    issue(naming(V1_URL, bytes(48), "sha384"), BOARD, at=MADE)
    issue(naming("https://board.example/terms", bytes(32)), BOARD, at=MADE)


@pytest.mark.parametrize("securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt"])
def test_a_single_context_is_an_array_too(securing: str) -> None:
    """VCDM 2.0 (4.3) has an ordered set; peers verify nothing else."""
    draft = plain()
    alone = {**draft, "@context": draft["@context"][0]}
    alone["credentialSubject"] = {"id": "did:example:subject"}
    with pytest.raises(ProofGenerationError) as caught:
        issue(alone, BOARD, securing=securing, at=MADE)
    assert caught.value.path == "$.@context"
    assert issue({**alone, "@context": [alone["@context"]]}, BOARD, at=MADE)


class Der:
    """A key store that answers in DER, as most do for ECDSA."""

    public_key = P256.signer.public_key

    @staticmethod
    def sign(message: bytes) -> bytes:
        made = P256.signer.sign(message)
        half = len(made) // 2
        r, s = (int.from_bytes(part) for part in (made[:half], made[half:]))
        return encode_dss_signature(r, s)


class Silent(Der):
    @staticmethod
    def sign(message: bytes) -> Any:
        return None


@pytest.mark.parametrize("signer", [Der(), Silent()])
def test_a_signature_that_medid_would_refuse_is_not_handed_on(signer: Any) -> None:
    board = Controller.did_key(signer)
    calls: dict[str, Callable[[], object]] = {
        name: partial(issue, plain(board), board, securing=name, at=MADE)
        for name in ("vc+jwt", "vc+cose", "ecdsa-rdfc-2019", "ecdsa-sd-2023")
    }
    claims = {"vct": "https://board.example/license"}
    calls["dc+sd-jwt"] = partial(issue_sd_jwt, claims, board, disclosable=[], at=MADE)
    for form in ("statuslist+jwt", "statuslist+cwt"):
        url = "https://board.example/1"
        made = partial(new_list, url, "revocation", board, at=MADE, securing=form)
        calls[form] = made

    def check(call: Callable[[], object]) -> None:
        with pytest.raises(ProofGenerationError, match="does not verify under its own"):
            call()

    each(calls, check)


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_what_a_key_store_gives_is_taken_as_bytes(form: Any) -> None:
    class Store(Der):
        @staticmethod
        def sign(message: bytes) -> Any:
            return form(P256.signer.sign(message))

    board = Controller.did_key(Store())
    for securing in ("vc+jwt", "vc+cose", "ecdsa-rdfc-2019"):
        assert verified(issue(plain(board), board, securing=securing, at=MADE))
