"""The profile for the public suites: what it lets through, and what it refuses."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from medid.keys import KeyKind
from medid.server import Limits, Settings, conformance
from medid.server.settings import Profile, Reasons
from tests.server.support import BASE, client
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    NOW,
    STRANGER,
    V1,
    V2,
    WEB,
    plain,
    signed,
    with_proof,
)

ISSUE, VERIFY = "/credentials/issue", "/credentials/verify"
INTEGRITY = "https://w3id.org/security/data-integrity/v2"


def measured(**changes: Any) -> Settings:
    return conformance(base_url=BASE, seed=b"seed", clock=lambda: NOW, **changes)


def posted(path: str, body: Any) -> tuple[int, Any]:
    answer = client(measured()).post(path, json=body)
    return answer.status_code, answer.json()


def issued(draft: Any, path: str = ISSUE, **options: Any) -> tuple[int, Any]:
    status, body = posted(path, {"credential": draft, "options": options})
    return status, body.get("verifiableCredential", body)


def checked(credential: Any) -> tuple[int, Any]:
    return posted("/credentials/verify", {"verifiableCredential": credential})


def test_it_signs_for_everybody_with_its_own_key() -> None:
    status, credential = issued({**plain(), "issuer": "https://board.example/1"})
    own = {controller.did for controller in measured().controllers}
    assert (status, credential["issuer"] in own) == (201, True)
    assert checked(credential)[0] == 200


def test_the_keys_come_from_the_seed() -> None:
    dids = [controller.did for controller in measured().controllers]
    again = [controller.did for controller in measured().controllers]
    other = conformance(base_url=BASE, seed=b"other").controllers
    new = conformance(base_url=BASE).controllers
    assert dids == again
    assert not {one.did for one in (*other, *new)} & set(dids)
    kinds = [one.signer.public_key.kind for one in measured().controllers]
    assert kinds == [
        *(KeyKind.ED25519, KeyKind.P256, KeyKind.P384, KeyKind.P521),
        KeyKind.SECP256K1,
        *(KeyKind.ML_DSA_44, KeyKind.ML_DSA_65, KeyKind.BLS12381_G2),
    ]


def test_without_the_extra_of_a_kind_of_key_the_others_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {one.did for one in measured().controllers}
    monkeypatch.setitem(sys.modules, "py_arkworks_bls12381", None)
    for name in [name for name in sys.modules if name.startswith("medid.keys.bbs")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("medid.keys.bbs")
    kinds = {one.signer.public_key.kind for one in measured().controllers}
    assert KeyKind.BLS12381_G2 not in kinds
    assert {one.did for one in measured().controllers} < before


@pytest.mark.parametrize(
    ("securing", "kind"), [("ecdsa-sd-2023", "P-256"), ("bbs-2023", "BLS12-381-G2")]
)
def test_a_part_of_what_it_signed_is_derived_and_verified(
    securing: str, kind: str
) -> None:
    pointers = ["/issuer", "/validFrom"]
    path = f"/{securing}/{kind}{ISSUE}"
    status, base = issued(plain(), path, mandatoryPointers=pointers)
    assert (status, base["proof"]["cryptosuite"]) == (201, securing)
    assert checked(base)[0] == 400
    status, answer = posted(
        f"/{securing}/credentials/derive",
        {
            "verifiableCredential": base,
            "options": {"selectivePointers": ["/credentialSubject/id"]},
        },
    )
    derived = answer["verifiableCredential"]
    assert (status, derived["issuer"]) == (201, base["issuer"])
    assert checked(derived)[0] == 200
    derived["credentialSubject"]["id"] = "did:example:another"
    assert checked(derived)[0] == 400


def test_the_kind_of_key_may_be_chosen() -> None:
    for kind in ("P-256", "P-384"):
        status, envelope = issued(plain(), f"/vc+jwt/{kind}{ISSUE}")
        assert status == 201
        assert checked(envelope)[0] == 200


def test_an_issuer_that_is_an_object_keeps_its_other_members() -> None:
    issuer = {"id": "https://board.example/1", "name": "Board"}
    _, credential = issued({**plain(), "issuer": issuer})
    assert credential["issuer"]["name"] == "Board"
    assert credential["issuer"]["id"].startswith("did:key:")
    assert issuer["id"] == "https://board.example/1"


@pytest.mark.parametrize("issuer", [None, 7, "no url", {}, {"id": None}, [], {"id": 1}])
def test_an_issuer_that_is_none_is_refused(issuer: Any) -> None:
    status, body = issued({**plain(), "issuer": issuer})
    assert (status, body["code"]) == (400, "PROOF_GENERATION_ERROR")


@pytest.mark.parametrize(
    "changes",
    [
        {"credentialSubject": None},
        {"credentialSubject": {"id": "did:example:a", "notDefined": 1}},
        {"type": ["VerifiableCredential", "NotDefined"]},
        {"validFrom": "yesterday"},
        {"relatedResource": {"id": V2, "digestSRI": "sha256-" + "A" * 43 + "="}},
    ],
)
def test_what_the_specifications_refuse_is_refused(changes: Any) -> None:
    draft = {**plain(context=[V2]), "credentialSubject": {"id": "did:example:a"}}
    assert issued(draft)[0] == 201
    assert issued({**draft, **changes})[0] == 400


def test_statuses_that_medid_cannot_judge_are_signed_here_only() -> None:
    status = {"type": "https://example.org/OtherStatus"}
    assert issued(plain(credentialStatus=status))[0] == 201
    answer = client().post(ISSUE, json={"credential": plain()})
    assert answer.status_code == 401


def test_a_credential_of_version_1_gets_the_context_of_its_proof() -> None:
    draft = {
        "@context": [V1],
        "type": ["VerifiableCredential"],
        "issuer": "https://board.example/1",
        "issuanceDate": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:a"},
    }
    _, credential = issued(draft)
    assert credential["@context"] == [V1, INTEGRITY]
    assert checked(credential)[0] == 200
    _, again = issued({**draft, "@context": [V1, INTEGRITY]})
    assert again["@context"] == [V1, INTEGRITY]


def test_inline_contexts_are_read_here_only() -> None:
    inline = [V2, {"Extra": "https://example.org/Extra"}]
    draft = {**plain(context=inline), "type": ["VerifiableCredential", "Extra"]}
    draft["credentialSubject"] = {"id": "did:example:a"}
    status, credential = issued(draft)
    assert status == 201
    assert checked(credential)[0] == 200
    answer = client().post(
        "/credentials/verify", json={"verifiableCredential": credential}
    )
    assert answer.status_code == 400


def test_a_status_entry_is_added_where_it_is_asked_for_and_its_list_is_served() -> None:
    caller = client(measured())
    wanted = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
    body = {"credential": plain(), "options": {"credentialStatus": wanted}}
    found = [caller.post(ISSUE, json=body).json() for _ in range(3)]
    entries = [one["verifiableCredential"]["credentialStatus"] for one in found]
    assert len({entry["statusListIndex"] for entry in entries}) == 3
    (url,) = {entry["statusListCredential"] for entry in entries}
    served = caller.get(url.removeprefix(BASE)).json()
    assert served["id"] == url
    assert served["issuer"] == found[0]["verifiableCredential"]["issuer"]

    def verified(one: Any) -> Any:
        asked = {"verifiableCredential": one["verifiableCredential"]}
        return caller.post("/credentials/verify", json=asked).json()

    assert verified(found[0])["verified"]
    change = {"credentialStatus": entries[0], "status": True}
    assert caller.post("/credentials/status", json=change).status_code == 200
    assert [one["code"] for one in verified(found[0])["errors"]] == ["REVOKED"]
    assert verified(found[1])["verified"]


def test_each_purpose_has_a_list_of_its_own() -> None:
    caller = client(measured())

    def entry(purpose: str) -> Any:
        wanted = {"type": "BitstringStatusListEntry", "statusPurpose": purpose}
        body = {"credential": plain(), "options": {"credentialStatus": wanted}}
        return caller.post(ISSUE, json=body).json()

    lists = {
        entry(purpose)["verifiableCredential"]["credentialStatus"][
            "statusListCredential"
        ]
        for purpose in ("revocation", "suspension", "revocation")
    }
    assert len(lists) == 2
    assert entry("anything")["code"] == "CONFIGURATION_ERROR"


def test_an_issuer_that_is_no_did_is_believed_and_told() -> None:
    foreign = with_proof({**plain(), "issuer": "https://board.example/1"}, BOARD)
    status, body = checked(foreign)
    assert status == 200
    assert any("issuer" in warning for warning in body["warnings"])
    assert checked(with_proof(plain(), STRANGER))[0] == 400


def test_an_unsigned_presentation_is_let_through_and_told() -> None:
    bare = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [signed(plain())],
    }
    body = {
        "verifiablePresentation": bare,
        "options": {"challenge": "c", "domain": "d", "checks": ["proof"]},
    }
    status, answer = posted("/presentations/verify", body)
    assert (status, answer["verified"]) == (200, True)
    assert any("not signed" in warning for warning in answer["warnings"])


def test_unknown_options_are_refused_here_too() -> None:
    body = {"verifiableCredential": signed(plain()), "options": {"skip": 1}}
    status, answer = posted("/credentials/verify", body)
    assert (status, answer["path"]) == (400, "$.options.skip")


def test_presentations_are_created_without_a_token() -> None:
    holder = measured().controllers[0].did
    draft = {"holder": holder, "verifiableCredential": [signed(plain())]}
    status, body = posted("/presentations", {"presentation": draft})
    assert (status, body["verifiablePresentation"]["holder"]) == (201, holder)


def test_documents_of_others_come_from_where_its_settings_say() -> None:
    credential = signed(plain(WEB), WEB)
    fetch = world.Web({world.WEB_URL: world.web_document(WEB)})
    asked = {"verifiableCredential": credential}
    assert client(measured()).post(VERIFY, json=asked).status_code == 400
    assert client(measured(fetch=fetch)).post(VERIFY, json=asked).status_code == 200
    assert fetch.asked == [world.WEB_URL]


def test_its_settings_are_what_they_say() -> None:
    chosen = measured()
    assert chosen.limits == Limits()
    assert measured(limits=Limits(workers=1)).limits.workers == 1
    assert chosen.profile is Profile.CONFORMANCE
    assert chosen.reasons is Reasons.EVERYONE
    assert not chosen.expect.issuer_signs
    described = client(chosen).get("/openapi.json").json()
    assert "securitySchemes" not in described["components"]
    assert "checks" in str(described)
