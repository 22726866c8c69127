"""Data Integrity, SD-JWT and status lists beside PyPI openvc-core."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from openvc.keys import Ed25519SigningKey, P256SigningKey, P384SigningKey
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.di_ecdsa_rdfc import EcdsaRdfcProofSuite
from openvc.proof.di_jcs import EcdsaJcsProofSuite, EddsaJcsProofSuite
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status.bitstring import new_bitstring, set_status_bit
from openvc.status.issue import (
    build_status_list_credential,
    build_status_list_entry,
    build_status_list_token,
    build_token_status_reference,
)
from openvc.status.token_status_list import new_status_list

from interop.peers import (
    CHALLENGE,
    DOMAIN,
    did_key,
    did_key_method,
    node,
    now,
    verify,
    written,
)
from medid.issuing import Controller, issue, issue_sd_jwt, present_sd_jwt
from medid.keys import KeyKind, PrivateKey
from tests.attacks.case import NOW
from tests.attacks.documents import plain
from tests.attacks.tokens import VCT

if TYPE_CHECKING:
    from pathlib import Path

SIGNERS: Final[dict[KeyKind, Any]] = {
    KeyKind.ED25519: Ed25519SigningKey,
    KeyKind.P256: P256SigningKey,
    KeyKind.P384: P384SigningKey,
}
RDFC: Final = [
    ("eddsa-rdfc-2022", DataIntegrityProofSuite, KeyKind.ED25519),
    ("ecdsa-rdfc-2019", EcdsaRdfcProofSuite, KeyKind.P256),
    ("ecdsa-rdfc-2019", EcdsaRdfcProofSuite, KeyKind.P384),
]
JCS: Final = [
    ("eddsa-jcs-2022", EddsaJcsProofSuite, KeyKind.ED25519),
    ("ecdsa-jcs-2019", EcdsaJcsProofSuite, KeyKind.P256),
    ("ecdsa-jcs-2019", EcdsaJcsProofSuite, KeyKind.P384),
]
MADE: Final = datetime(2026, 6, 1, tzinfo=UTC)
LIST: Final = "https://board.example/status/1"


def by_openvc(draft: dict[str, Any], suite: Any, key: PrivateKey) -> dict[str, Any]:
    """``draft`` as openvc secures it."""
    made = suite().add_proof(
        draft,
        signing_key=signer(key),
        verification_method=did_key_method(key),
        created=MADE,
    )
    return dict(made)


def signer(key: PrivateKey) -> Any:
    """``key`` as openvc has it."""
    return SIGNERS[key.kind].from_jwk(dict(key.to_jwk()), did_key_method(key))


@pytest.mark.parametrize(("name", "suite", "kind"), RDFC)
def test_what_openvc_signs_is_verified(
    name: str, suite: Any, kind: KeyKind, tmp_path: Path
) -> None:
    key = PrivateKey.generate(kind)
    made = by_openvc(plain(did_key(key)), suite, key)
    assert made["proof"]["cryptosuite"] == name
    answer = verify(written(tmp_path, "made.json", made), "--now", NOW)
    assert answer.body["outcome"] == "verified", answer.body


@pytest.mark.parametrize(("name", "suite", "kind"), [*RDFC, *JCS])
def test_openvc_verifies_what_medid_signs(name: str, suite: Any, kind: KeyKind) -> None:
    key = PrivateKey.generate(kind)
    made = issue(plain(did_key(key)), Controller.did_key(key), securing=name)
    public = dict(key.public_key.to_jwk())
    found = suite().verify(made, public_key_jwk=public)
    assert found.issuer == did_key(key)


@pytest.mark.parametrize(("name", "suite", "kind"), JCS)
def test_openvc_signs_a_context_that_its_jcs_proofs_do_not_state(
    name: str, suite: Any, kind: KeyKind, tmp_path: Path
) -> None:
    """The proof has to hold it (vc-di-eddsa 3.3.1, step 2); nobody else verifies it."""
    key = PrivateKey.generate(kind)
    made = by_openvc(plain(did_key(key)), suite, key)
    assert "@context" not in made["proof"]
    answer = verify(written(tmp_path, "made.json", made), "--now", NOW)
    assert answer.codes == ["PROOF_VERIFICATION_ERROR"]
    if kind is KeyKind.ED25519:
        request = {"suite": name, "credential": made, "now": NOW}
        theirs = node("digitalbazaar.mjs", "verifyCredential", request)
        assert theirs["verified"] is False


def test_a_status_list_of_openvc_is_read(tmp_path: Path) -> None:
    key = PrivateKey.generate(KeyKind.ED25519)
    bits = new_bitstring(131_072)
    set_status_bit(bits, 7, 1)
    until = datetime(2026, 6, 16, tzinfo=UTC)
    unsigned = build_status_list_credential(
        id=LIST,
        issuer=did_key(key),
        bitstring=bits,
        valid_from=MADE,
        valid_until=until,
        ttl=300_000,
    )
    listed = by_openvc(unsigned, DataIntegrityProofSuite, key)
    published = f"{LIST}={written(tmp_path, 'list.json', listed)}"
    for index, outcome in ((6, "verified"), (7, "refused")):
        entry = build_status_list_entry(status_list_credential=LIST, index=index)
        draft = plain(did_key(key), credentialStatus=entry)
        made = by_openvc(draft, DataIntegrityProofSuite, key)
        file = written(tmp_path, "made.json", made)
        answer = verify(file, "--now", NOW, "--document", published)
        assert answer.body["outcome"] == outcome, answer.body


@pytest.mark.parametrize("kind", SIGNERS)
def test_an_sd_jwt_of_openvc_with_its_status_list(
    kind: KeyKind, tmp_path: Path
) -> None:
    board, holder = (PrivateKey.generate(kind) for _ in "12")
    suite = SdJwtVcProofSuite()
    claims = {
        "iss": did_key(board),
        "sub": did_key(holder),
        "given_name": "Ada",
        **build_token_status_reference(uri=LIST, index=9),
    }
    issued = suite.issue(
        claims,
        signing_key=signer(board),
        disclosable=["given_name"],
        holder_jwk=dict(holder.public_key.to_jwk()),
        vct=VCT,
        decoys=3,
    )
    shown = suite.create_presentation(
        issued, holder_key=signer(holder), audience=DOMAIN, nonce=CHALLENGE
    )
    token = build_status_list_token(
        signing_key=signer(board),
        uri=LIST,
        status_list=new_status_list(131_072, bits=2),
        bits=2,
        issuer=did_key(board),
        ttl=600,
        expires=now().seconds + 600,
    )
    published = f"{LIST}={written(tmp_path, 'list', token)}"
    flags = ("--nonce", CHALLENGE, "--audience", DOMAIN, "--require-key-binding")
    file = written(tmp_path, "shown", shown)
    answer = verify(file, *flags, "--document", published, "--now", str(now()))
    assert answer.body["outcome"] == "verified", answer.body


@pytest.mark.parametrize("kind", SIGNERS)
def test_openvc_verifies_an_sd_jwt_of_medid(kind: KeyKind) -> None:
    board, holder = (PrivateKey.generate(kind) for _ in "12")
    token = issue_sd_jwt(
        {"vct": VCT, "given_name": "Ada"},
        Controller.did_key(board),
        disclosable=["/given_name"],
        holder_key=holder.public_key,
    )
    shown = present_sd_jwt(
        token, holder, disclose=["/given_name"], nonce=CHALLENGE, audience=DOMAIN
    )
    found = SdJwtVcProofSuite().verify(
        shown,
        public_key_jwk=dict(board.public_key.to_jwk()),
        audience=DOMAIN,
        nonce=CHALLENGE,
        require_key_binding=True,
    )
    assert json.dumps(found.claims["given_name"]) == '"Ada"'
