"""Keys of BLS12-381: how they are spelled, and what they refuse to do."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import multibase, multicodec
from medid.core.evidence import Evidence
from medid.dids import resolver
from medid.dids.methods import jwk as did_jwk
from medid.dids.methods import key as did_key
from medid.dids.syntax import Did
from medid.errors import InvalidKey, SignerError, WeakCryptography
from medid.issuing import Controller
from medid.keys import KeyKind, ListSigner, PrivateKey, PublicKey, bbs, keyfile
from tests.keys.bbs.material import IDENTITY_G2, OUTSIDE_G2, octets, seeded, w3c
from tests.support import vectors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KIND = KeyKind.BLS12381_G2
KEY = PrivateKey.generate(KIND, entropy=seeded())
PUBLIC = KEY.public_key
QUICK = keyfile.Protection(cost=2**14)
ABOUT: dict[str, Any] = {"header": b"a header", "messages": [b"one", b"two"]}


def test_the_published_key_pair() -> None:
    found = w3c("BBSKeyMaterial")
    key = PrivateKey(KIND, octets(found["privateKeyHex"]))
    assert key.public_key.raw == octets(found["publicKeyHex"])
    method = w3c("addSignedSDBase")["proof"]["verificationMethod"]
    assert f"did:key:{key.public_key.to_multikey()}" == method.partition("#")[0]


def test_it_is_spelled_as_multikey() -> None:
    assert PublicKey.from_multikey(PUBLIC.to_multikey()) == PUBLIC
    assert PUBLIC.to_multikey().startswith("zUC7")
    assert PrivateKey.from_multikey(KEY.to_multikey()).public_key == PUBLIC


def test_a_private_key_where_a_public_one_belongs() -> None:
    with pytest.raises(InvalidKey, match="private key"):
        PublicKey.from_multikey(KEY.to_multikey())


@pytest.mark.parametrize(
    "spell",
    [
        PUBLIC.to_jwk,
        PUBLIC.to_pem,
        PUBLIC.thumbprint,
        KEY.to_jwk,
        lambda: KEY.to_pem(b"a password"),
        lambda: did_jwk.create(PUBLIC),
    ],
)
def test_it_is_spelled_in_no_other_way(spell: Callable[[], object]) -> None:
    with pytest.raises(InvalidKey, match="neither a registered JWK nor a PEM"):
        spell()


@pytest.mark.parametrize("name", ["Bls12381G2", "BLS12381G2", "BLS12-381-G2"])
def test_no_draft_of_a_jwk_is_read(name: str) -> None:
    jwk = {"kty": "OKP", "crv": name, "x": "A" * 128}
    with pytest.raises(InvalidKey, match="no supported kind"):
        PublicKey.from_jwk(jwk)
    with pytest.raises(InvalidKey, match="no supported kind"):
        PrivateKey.from_jwk({**jwk, "d": "A" * 43})


@pytest.mark.parametrize("raw", [PUBLIC.raw[:-1], PUBLIC.raw + b"\0", OUTSIDE_G2])
def test_what_is_no_public_key(raw: bytes) -> None:
    with pytest.raises(InvalidKey):
        PublicKey(KIND, raw)
    prefixed = multicodec.add_prefix(multicodec.BLS12381_G2_PUB, raw)
    with pytest.raises(InvalidKey):
        PublicKey.from_multikey(multibase.to_base58btc(prefixed))


def test_the_identity_is_no_key_of_anybody() -> None:
    with pytest.raises(WeakCryptography):
        PublicKey(KIND, IDENTITY_G2)


@pytest.mark.parametrize("secret", [b"", bytes(32), b"\xff" * 32, b"\1" * 31])
def test_what_is_no_private_key(secret: bytes) -> None:
    with pytest.raises(InvalidKey):
        PrivateKey(KIND, secret)


def test_what_is_drawn_need_not_be_below_the_order() -> None:
    made = PrivateKey.generate(KIND, entropy=lambda size: b"\xff" * size)
    assert PublicKey(KIND, made.public_key.raw) == made.public_key


def test_an_entropy_source_that_runs_dry() -> None:
    with pytest.raises(SignerError):
        PrivateKey.generate(KIND, entropy=lambda size: bytes(size - 1))


def test_it_signs_and_verifies_no_single_message() -> None:
    with pytest.raises(WeakCryptography, match="lists of messages"):
        KEY.sign(b"a message")
    with pytest.raises(WeakCryptography, match="lists of messages"):
        PUBLIC.verify(bytes(80), b"a message")
    with pytest.raises(WeakCryptography):
        PUBLIC.check_algorithm("ES256")
    with pytest.raises(WeakCryptography):
        KEY.exchange(PrivateKey.generate(KeyKind.X25519).public_key)


def test_it_signs_lists_of_messages() -> None:
    assert isinstance(KEY, ListSigner)
    signature = KEY.sign_messages(**ABOUT)
    bbs.verify(public=PUBLIC.raw, signature=signature, **ABOUT)


def test_it_signs_what_a_holder_committed_to() -> None:
    made = bbs.blind.commit(committed_messages=[b"mine"], entropy=seeded())
    signature = KEY.sign_committed(
        **ABOUT,
        commitment_with_proof=made.commitment_with_proof,
        signer_nym_entropy=None,
    )
    bbs.blind.verify(
        public=PUBLIC.raw,
        signature=signature,
        **ABOUT,
        committed_messages=[b"mine"],
        secret_prover_blind=made.secret_prover_blind,
    )


def test_it_signs_for_pseudonyms() -> None:
    nym, added = bbs.pseudonym.new_nym(seeded(b"1")), bbs.pseudonym.new_nym(seeded())
    made = bbs.pseudonym.commit(prover_nyms=[nym], entropy=seeded())
    signature = KEY.sign_committed(
        **ABOUT,
        commitment_with_proof=made.commitment_with_proof,
        signer_nym_entropy=added,
    )
    assert bbs.pseudonym.finalize(
        public=PUBLIC.raw,
        signature=signature,
        **ABOUT,
        prover_nyms=[nym],
        signer_nym_entropy=added,
        secret_prover_blind=made.secret_prover_blind,
    )


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.P256, KeyKind.ML_DSA_44])
def test_no_other_key_signs_lists(kind: KeyKind) -> None:
    other = PrivateKey.generate(kind)
    with pytest.raises(WeakCryptography, match="signs no lists"):
        other.sign_messages(**ABOUT)
    with pytest.raises(WeakCryptography, match="signs no lists"):
        other.sign_committed(
            **ABOUT, commitment_with_proof=b"", signer_nym_entropy=None
        )


def test_it_shows_its_secret_to_nobody() -> None:
    secret = KEY.to_multikey()
    assert secret not in repr(KEY)
    assert secret not in repr(KEY._native)
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copied(KEY)
        with pytest.raises(TypeError):
            copied(KEY._native)


def test_it_is_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    keyfile.save(path, KEY, password=b"a password", protection=QUICK)
    signer = keyfile.FileSigner(path, password=lambda: b"a password")
    assert signer.public_key == PUBLIC
    signature = signer.sign_messages(**ABOUT)
    bbs.verify(public=PUBLIC.raw, signature=signature, **ABOUT)
    made = bbs.blind.commit(committed_messages=[], entropy=seeded())
    assert signer.sign_committed(
        **ABOUT,
        commitment_with_proof=made.commitment_with_proof,
        signer_nym_entropy=None,
    )


def test_its_public_half_is_kept_in_a_file(tmp_path: Path) -> None:
    keyfile.save_public(tmp_path / "key", PUBLIC)
    assert keyfile.load_public(tmp_path / "key") == PUBLIC


def test_its_did_lets_it_vouch_and_agree_on_nothing() -> None:
    did = did_key.create(PUBLIC)
    document = resolver.resolve(did, Evidence())
    reference = f"{did}#{did.id}"
    assert document.method_for(reference, "assertionMethod").key == PUBLIC
    assert document.ids_for("keyAgreement") == ()
    Controller.did_key(KEY).check_key("assertionMethod")


def test_the_dids_of_the_published_vectors_resolve() -> None:
    folder = vectors("w3c-vc-di-bbs") / "TestVectors"
    assert folder.is_dir()
    method = w3c("prc/addSignedSDBase")["proof"]["verificationMethod"]
    document = resolver.resolve(Did.parse(method.partition("#")[0]), Evidence())
    assert document.method_for(method, "assertionMethod").key.kind is KIND


WITHOUT = """
import sys
sys.modules["py_arkworks_bls12381"] = None
import medid
from medid.errors import MissingExtra
from medid.keys import KeyKind, PrivateKey, PublicKey
for read in (
    lambda: PrivateKey.generate(KeyKind.BLS12381_G2),
    lambda: PublicKey.from_multikey(sys.argv[1]),
    lambda: medid.resolve(f"did:key:{sys.argv[1]}"),
):
    try:
        read()
    except MissingExtra as error:
        assert error.fix == "run: pip install 'medid[bbs]'"
    else:
        raise SystemExit("no error")
document = {
    "@context": ["https://www.w3.org/ns/did/v1"],
    "id": f"did:key:{sys.argv[1]}",
}
answer = medid.verify(document)
assert answer.outcome.value == "undecided", answer
print(answer.errors[0].code)
"""


def test_what_is_said_without_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, PUBLIC.to_multikey()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "MISSING_EXTRA"


def test_nothing_is_loaded_before_it_is_needed() -> None:
    code = "import sys, medid.keys, medid.issuing, medid.verifying.verifier;"
    code += "sys.exit('py_arkworks_bls12381' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
