"""Keys in AWS KMS, which moto stands in for, and where it cannot, botocore's stubber.

moto keeps real keys and makes real signatures on P-256, P-384 and secp256k1. It takes a
digest for a message and hashes it once more, so ``kms_with_digests`` has it sign what
KMS would. It has no Ed25519: there the calls are held to botocore's own model of the
service, and a key of the tests answers.
"""

from __future__ import annotations

import hashlib
import pickle
import socket
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.kms.utils import ECDSAPrivateKey

from medid.adapters.signers import aws_kms
from medid.adapters.signers.aws_kms import MAX_RAW, AwsKmsSigner, KmsKey, parse
from medid.core import base64
from medid.errors import ConfigurationError, MedidError, SignerError
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from medid.verifying.verifier import Verifier
from tests.verifying.world import NOW, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-central-1"
ACCOUNT = "123456789012"
ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SECRET = "wJalr-canary-secret"
SPECS = {
    KeyKind.P256: "ECC_NIST_P256",
    KeyKind.P384: "ECC_NIST_P384",
    KeyKind.SECP256K1: "ECC_SECG_P256K1",
}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whom AWS does not know, whatever this machine is set up for."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA-nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """moto as it is."""
    with mock_aws():
        yield aws_kms.client_for(KmsKey(arn=ARN, region=REGION))


@pytest.fixture
def kms(moto: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """moto with ``MessageType: DIGEST``, by which keys of ECDSA are used."""

    def sign(self: Any, message: bytes, signing_algorithm: str) -> bytes:
        hashes_of = {32: hashes.SHA256(), 48: hashes.SHA384()}
        scheme = ec.ECDSA(Prehashed(hashes_of[len(message)]))
        made: bytes = self.private_key.sign(message, scheme)
        return made

    monkeypatch.setattr(ECDSAPrivateKey, "sign", sign)
    return moto


def new_key(kms: Any, spec: str, usage: str = "SIGN_VERIFY") -> KmsKey:
    made = kms.create_key(KeySpec=spec, KeyUsage=usage)
    return parse(f"aws-kms:{made['KeyMetadata']['Arn']}")


@pytest.mark.parametrize("kind", SPECS)
def test_a_key_in_kms_signs(kms: Any, kind: KeyKind) -> None:
    signer = AwsKmsSigner(new_key(kms, SPECS[kind]), client=kms)
    assert signer.public_key.kind is kind
    for message in (b"", b"a license", bytes(100_000)):
        signer.public_key.verify(signer.sign(message), message)
    assert signer.public_key.to_multikey() in repr(signer)


def test_the_service_gets_the_digest_and_says_so(kms: Any) -> None:
    signer = AwsKmsSigner(new_key(kms, "ECC_NIST_P384"), client=kms)
    sent: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(dict(params))

    kms.meta.events.register("provide-client-params.kms.Sign", note)
    signer.sign(b"a license")
    kms.meta.events.unregister("provide-client-params.kms.Sign", note)
    (asked,) = sent
    assert asked["Message"] == hashlib.sha384(b"a license").digest()
    assert asked["MessageType"] == "DIGEST"
    assert asked["SigningAlgorithm"] == "ECDSA_SHA_384"


def test_a_service_that_signs_something_else_is_noticed(moto: Any) -> None:
    signer = AwsKmsSigner(new_key(moto, "ECC_NIST_P256"), client=moto)
    with pytest.raises(SignerError, match="does not verify"):
        signer.sign(b"a license")  # of whose digest moto makes a digest


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384])
def test_what_is_issued_with_it_verifies(kms: Any, kind: KeyKind) -> None:
    who = Controller.did_key(AwsKmsSigner(new_key(kms, SPECS[kind]), client=kms))
    draft = {**plain(), "issuer": who.did}
    issued = issue(draft, who, securing="ecdsa-rdfc-2019", at=NOW)
    assert Verifier(clock=lambda: NOW).verify(issued).verified


def test_an_alias_names_a_key(kms: Any) -> None:
    key = new_key(kms, "ECC_NIST_P256")
    kms.create_alias(AliasName="alias/license", TargetKeyId=key.arn)
    alias = parse(f"aws-kms:arn:aws:kms:{REGION}:{ACCOUNT}:alias/license")
    signer = AwsKmsSigner(alias, client=kms)
    assert signer.public_key == AwsKmsSigner(key, client=kms).public_key
    # Somebody lets it name another key: what that signs is not given out.
    other = new_key(kms, "ECC_NIST_P256")
    kms.update_alias(AliasName="alias/license", TargetKeyId=other.arn)
    with pytest.raises(SignerError, match="does not verify"):
        signer.sign(b"x")


def test_a_key_for_something_else_is_refused(kms: Any) -> None:
    with pytest.raises(SignerError, match="of kind RSA"):
        AwsKmsSigner(new_key(kms, "RSA_2048"), client=kms).sign(b"x")
    with pytest.raises(SignerError, match="of kind P-521"):
        AwsKmsSigner(new_key(kms, "ECC_NIST_P521"), client=kms).sign(b"x")
    with pytest.raises(SignerError, match="not for signing"):
        AwsKmsSigner(new_key(kms, "RSA_2048", "ENCRYPT_DECRYPT"), client=kms).sign(b"x")


def test_a_key_that_is_not_there_is_an_error(kms: Any) -> None:
    signer = AwsKmsSigner(KmsKey(arn=ARN, region=REGION), client=kms)
    with pytest.raises(SignerError, match="no such key") as caught:
        signer.sign(b"x")
    assert ACCOUNT not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("DisabledException", "the key is disabled"),
        ("ThrottlingException", "no more requests"),
        ("AccessDeniedException", "does not let this identity"),
        ("KMSInternalException", r"refused \(KMSInternalException\)"),
        ("a code with\nlines", r"refused \(no code\)"),
    ],
)
def test_a_refusal_is_told_and_not_asked_again(
    kms: Any, code: str, message: str
) -> None:
    signer = AwsKmsSigner(new_key(kms, "ECC_NIST_P256"), client=kms)
    signer.sign(b"x")
    # A second call would find the stub without an answer, and say so.
    with Stubber(signer._client) as stub:
        stub.add_client_error("sign", code, service_message="arn:canary")
        with pytest.raises(SignerError, match=message) as caught:
            signer.sign(b"x")
        stub.assert_no_pending_responses()
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    signer.sign(b"x")


def test_a_service_that_does_not_answer_is_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{port}")
            patch.setattr(aws_kms, "READ_SECONDS", 0.3)
            signer = AwsKmsSigner(KmsKey(arn=ARN, region=REGION))
            with pytest.raises(SignerError, match="ReadTimeoutError"):
                signer.sign(b"x")
        first, _ = listener.accept()
        first.close()
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_service_that_is_not_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{port}")
    with pytest.raises(SignerError, match="EndpointConnectionError") as caught:
        AwsKmsSigner(KmsKey(arn=ARN, region=REGION)).sign(b"x")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_profile_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SignerError, match="ProfileNotFound"):
        AwsKmsSigner(KmsKey(arn=ARN, region=REGION, profile="nobody"))


class TestEd25519:
    """By botocore's model of KMS, with a key of the tests behind it."""

    KEY = PrivateKey.generate(KeyKind.ED25519)

    def described(self) -> dict[str, Any]:
        lines = self.KEY.public_key.to_pem().splitlines()
        return {
            "KeyId": ARN,
            "KeyUsage": "SIGN_VERIFY",
            "KeySpec": "ECC_NIST_EDWARDS25519",
            "PublicKey": base64.decode("".join(lines[1:-1])),
            "SigningAlgorithms": ["ED25519_SHA_512", "ED25519_PH_SHA_512"],
        }

    @pytest.fixture
    def stubbed(self, moto: Any) -> Iterator[tuple[AwsKmsSigner, Stubber]]:
        with Stubber(moto) as stub:
            stub.add_response("get_public_key", self.described(), {"KeyId": ARN})
            yield AwsKmsSigner(KmsKey(arn=ARN, region=REGION), client=moto), stub

    def expect(self, stub: Stubber, message: bytes, signature: bytes) -> None:
        asked = {
            "KeyId": ARN,
            "Message": message,
            "MessageType": "RAW",
            "SigningAlgorithm": "ED25519_SHA_512",
        }
        stub.add_response("sign", {"KeyId": ARN, "Signature": signature}, asked)

    def test_the_message_is_signed_as_it_is(
        self, stubbed: tuple[AwsKmsSigner, Stubber]
    ) -> None:
        signer, stub = stubbed
        message = b"m" * MAX_RAW
        self.expect(stub, message, self.KEY.sign(message))
        signer.public_key.verify(signer.sign(message), message)

    def test_a_wrong_answer_is_not_given_out(
        self, stubbed: tuple[AwsKmsSigner, Stubber]
    ) -> None:
        signer, stub = stubbed
        self.expect(stub, b"x", self.KEY.sign(b"y"))
        with pytest.raises(SignerError, match="does not verify"):
            signer.sign(b"x")

    def test_a_message_that_kms_does_not_take_is_not_sent(
        self, stubbed: tuple[AwsKmsSigner, Stubber]
    ) -> None:
        signer, _ = stubbed
        with pytest.raises(SignerError, match="at most 4096 bytes"):
            signer.sign(bytes(MAX_RAW + 1))


def test_a_signer_is_neither_pickled_nor_shown(kms: Any) -> None:
    signer = AwsKmsSigner(new_key(kms, "ECC_NIST_P256"), client=kms)
    with pytest.raises(TypeError):
        pickle.dumps(signer)
    assert SECRET not in repr(signer)


def test_a_name_says_which_key_and_where() -> None:
    assert parse(f"aws-kms:{ARN}") == KmsKey(arn=ARN, region=REGION)
    assert parse(f"aws-kms:{ARN}?region=us-east-1&profile=board") == KmsKey(
        arn=ARN, region="us-east-1", profile="board"
    )


@pytest.mark.parametrize(
    "name",
    [
        "aws-kms:",
        "aws-kms:1234abcd",
        ARN,
        f"aws-kms:{ARN} ",
        f"aws-kms:{ARN}?region=",
        f"aws-kms:{ARN}?endpoint=http://evil",
        f"aws-kms:{ARN}?region=a&region=b",
        f"aws-kms:{ARN}?region=a\n",
        f"aws-kms:{ARN.replace(':kms:', ':s3:')}",
        f"aws-kms:{ARN.replace(ACCOUNT, '1')}",
        "aws-kms:" + ARN.replace("key/", "key/" + "x" * 3000),
    ],
)
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(name)
    assert caught.value.path == "--key"


@given(st.text(max_size=40))
def test_only_medid_errors_come_out(tail: str) -> None:
    for name in (f"aws-kms:{tail}", f"aws-kms:{ARN}?{tail}", tail):
        try:
            parse(name)
        except MedidError as error:
            assert error.code == "CONFIGURATION_ERROR"  # noqa: PT017 - or it is good
