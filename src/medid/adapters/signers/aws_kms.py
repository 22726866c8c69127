"""A signer over AWS KMS: the key is made there, and no call gives it out.

P-256, P-384 and secp256k1 sign the digest (``MessageType: DIGEST``), so KMS never sees
the document; the signature comes in DER and leaves as two numbers side by side. Ed25519
signs messages (``RAW``), which KMS takes up to 4,096 bytes of.

A call is made once. Throttling and timeouts are errors for whoever asked, who knows
whether asking again is wanted: nothing is signed behind their back.

Needs the extra ``aws``.

Spec: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from medid.adapters.signers.store import StoreSigner
from medid.errors import ConfigurationError, MissingExtra, SignerError
from medid.keys import KeyKind, held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.keys import PublicKey

SCHEME: Final = "aws-kms:"
CONNECT_SECONDS: Final = 3.0  # until there is a connection
READ_SECONDS: Final = 5.0  # until the answer; KMS takes some 20 ms
MAX_RAW: Final = 4_096  # bytes of a message that KMS takes as it is
_MAX_NAME: Final = 2_048  # characters, as KMS has it for a KeyId

_ALGORITHMS: Final[Mapping[KeyKind, str]] = MappingProxyType(
    {
        KeyKind.P256: "ECDSA_SHA_256",
        KeyKind.P384: "ECDSA_SHA_384",
        KeyKind.SECP256K1: "ECDSA_SHA_256",
        KeyKind.ED25519: "ED25519_SHA_512",
    }
)
_ARN: Final = re.compile(
    r"arn:aws[a-z-]{0,16}:kms:(?P<region>[a-z0-9-]{1,32}):[0-9]{12}:"
    r"(?:key/[A-Za-z0-9-]{1,64}|alias/[A-Za-z0-9/_-]{1,250})"
)
_OPTION: Final = re.compile(
    r"(?P<name>region|profile)=(?P<value>[A-Za-z0-9@+=,._-]{1,128})"
)
_CODE: Final = re.compile(r"[A-Za-z0-9.]{1,64}")
# What a reader can do something about; of everything else the code alone is told.
_TOLD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AccessDeniedException": "KMS does not let this identity use the key",
        "DisabledException": "the key is disabled",
        "KMSInvalidStateException": "the key is disabled, or about to be deleted",
        "NotFoundException": "KMS has no such key",
        "ThrottlingException": "KMS answers no more requests at present",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KmsKey:
    """Which key it is, and as whom KMS is asked.

    Attributes:
        arn: Of the key, or of an alias.
        region: Where it is; by default as the ARN says.
        profile: A profile of the AWS configuration; ``None`` leaves it to boto3.
    """

    arn: str
    region: str
    profile: str | None = None


def parse(name: str) -> KmsKey:
    """The key of ``aws-kms:ARN``, with ``?region=`` and ``&profile=`` where given.

    Raises:
        ConfigurationError: Not of that form.
    """
    arn, _, query = name.removeprefix(SCHEME).partition("?")
    match = _ARN.fullmatch(arn) if len(name) <= _MAX_NAME else None
    if match is None or not name.startswith(SCHEME):
        raise _refused("this is not the ARN of a KMS key")
    given: dict[str, str] = {}
    for part in query.split("&") if query else ():
        option = _OPTION.fullmatch(part)
        if option is None or option["name"] in given:
            raise _refused("behind the ARN stand region and profile, each once")
        given[option["name"]] = option["value"]
    return KmsKey(
        arn=arn,
        region=given.get("region", match["region"]),
        profile=given.get("profile"),
    )


class AwsKmsSigner(StoreSigner):
    """A ``Signer`` for one key in AWS KMS. Safe to share between threads.

    Who asks is known by boto3's own means (environment, profile, role); nothing of it
    is looked at here. It takes ``kms:GetPublicKey`` and ``kms:Sign`` on the key.

    Args:
        key: Which key.
        client: A KMS client of boto3; by default one that ``client_for`` makes.

    Raises:
        MissingExtra: There is no client, and ``medid[aws]`` is not installed.
        SignerError: boto3 has no such profile, or cannot be set up.
    """

    __slots__ = ("_client", "_key")

    def __init__(self, key: KmsKey, *, client: Any = None) -> None:
        super().__init__()
        self._key = key
        self._client = client_for(key) if client is None else client

    def _find(self) -> PublicKey:
        with _told():
            answer = self._client.get_public_key(KeyId=self._key.arn)
        if answer.get("KeyUsage") != "SIGN_VERIFY":
            raise SignerError("this key of KMS is not for signing")
        found = held.key_of_spki(bytes(answer["PublicKey"]))
        algorithm = _ALGORITHMS.get(found.kind)
        if algorithm not in answer.get("SigningAlgorithms", ()):
            message = f"medid does not sign through KMS with a key of kind {found.kind}"
            raise SignerError(message, fix="make a key of spec ECC_NIST_P256")
        return found

    def _ask(self, message: bytes) -> bytes:
        kind = self.public_key.kind
        raw = kind is KeyKind.ED25519
        if raw and len(message) > MAX_RAW:
            text = f"KMS signs at most {MAX_RAW} bytes with Ed25519"
            raise SignerError(text, fix="sign with a key of P-256")
        with _told():
            answer = self._client.sign(
                KeyId=self._key.arn,
                Message=message if raw else held.digest(kind, message),
                MessageType="RAW" if raw else "DIGEST",
                SigningAlgorithm=_ALGORITHMS[kind],
            )
        signature = bytes(answer["Signature"])
        return signature if raw else held.from_der(kind, signature)


def client_for(key: KmsKey) -> Any:
    """A KMS client of boto3 that asks once, and not for long.

    Raises:
        MissingExtra: ``medid[aws]`` is not installed.
        SignerError: boto3 has no such profile, or cannot be set up.
    """
    try:
        from boto3.session import Session
        from botocore.config import Config
    except ModuleNotFoundError as error:
        message = "AWS KMS needs: pip install 'medid[aws]'"
        raise MissingExtra(message) from error
    patience = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    with _told():
        session = Session(profile_name=key.profile, region_name=key.region)
        return session.client("kms", config=patience)


@contextmanager
def _told() -> Iterator[None]:
    """Whatever KMS refuses is one error, without a word of its own: it names accounts.

    Raises:
        SignerError: KMS refused, or was not reached.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        shown = code if _CODE.fullmatch(code) else "no code"
        message = _TOLD.get(code, f"KMS refused ({shown})")
        raise SignerError(message, fix="see docs/how-to/keys.md") from None
    except BotoCoreError as error:
        message = f"KMS was not reached, or not asked ({type(error).__name__})"
        raise SignerError(message, fix="see docs/how-to/keys.md") from None


def _refused(message: str) -> ConfigurationError:
    fix = "write aws-kms:arn:aws:kms:REGION:ACCOUNT:key/ID"
    return ConfigurationError(message, path="--key", fix=fix)
