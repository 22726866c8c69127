"""One name for every signer, and clear words where one cannot be had."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.https import ClientCertificate
from medid.adapters.signers.aws_kms import AwsKmsSigner
from medid.adapters.signers.naming import Opening, generate, is_file, named_signer
from medid.adapters.signers.remote import RemoteSigner
from medid.errors import ConfigurationError, MissingExtra, SignerError
from medid.keys import KeyKind
from medid.keys.keyfile import FileSigner
from tests.adapters.hosts import Authority
from tests.adapters.signers.tokens import PIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.signers.tokens import Hsm

URI = "pkcs11:token=a;object=b?module-path=/lib/x.so"
ARN = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def opening(**changes: Any) -> Opening:
    return Opening(password=lambda: PIN, **changes)


@pytest.mark.parametrize("name", ["board.key", "./board.key", "/a/b", "C:\\a", "-", ""])
def test_what_has_no_scheme_is_a_file(name: str) -> None:
    assert is_file(name)
    assert isinstance(named_signer(name, opening()), FileSigner)


@pytest.mark.parametrize("name", [URI, f"aws-kms:{ARN}", "https://a.example/keys/b"])
def test_what_has_a_known_scheme_is_none(name: str) -> None:
    assert not is_file(name)


@pytest.mark.parametrize(
    "name",
    ["http://a.example/keys/b", "pkcs12:a", "PKCS11:a", "vault:a", "file:/a", "kms:a"],
)
def test_an_unknown_scheme_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="pkcs11:, aws-kms:, https:") as caught:
        named_signer(name, opening())
    assert "./" in caught.value.fix


def test_a_signing_server_needs_to_know_who_asks(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path / "ca")
    pem = authority.pem(subject="board")
    client = ClientCertificate(certificate=pem, key=pem)
    name = "https://signer.example/keys/license"
    for given in ({}, {"client": client}, {"ca_file": str(authority.file)}):
        with pytest.raises(ConfigurationError) as caught:
            named_signer(name, opening(**given))
        assert caught.value.path == "--signer-cert"
    whole = opening(client=client, ca_file=str(authority.file))
    assert isinstance(named_signer(name, whole), RemoteSigner)
    assert PIN.decode() not in repr(whole)


def test_a_token_takes_its_pin_from_a_file_or_as_a_password(
    hsm: Hsm, tmp_path: Path
) -> None:
    key = hsm.key(hsm.token())
    pins = tmp_path / "pin"
    pins.write_bytes(PIN + b"\r\nsecond line\n")
    public = generate(hsm.uri(key, pins), KeyKind.P256, opening())
    by_file = named_signer(hsm.uri(key, pins), Opening(password=lambda: b"wrong"))
    by_password = named_signer(hsm.uri(key), opening())
    for signer in (by_file, by_password):
        assert signer.public_key == public
        public.verify(signer.sign(b"x"), b"x")


def test_a_file_without_a_pin_is_an_error(hsm: Hsm, tmp_path: Path) -> None:
    key = hsm.key(hsm.token())
    (tmp_path / "empty").write_text("\n1234\n")
    for name, message in (("none", "cannot read"), ("empty", "empty first line")):
        signer = named_signer(hsm.uri(key, tmp_path / name), opening())
        with pytest.raises(SignerError, match=message):
            signer.sign(b"x")


def test_keys_are_made_in_tokens_only() -> None:
    for name in ("board.key", f"aws-kms:{ARN}", "https://a.example/keys/b"):
        with pytest.raises(ConfigurationError, match="in files and in tokens"):
            generate(name, KeyKind.P256, opening())


def test_a_key_of_kms_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert isinstance(named_signer(f"aws-kms:{ARN}", opening()), AwsKmsSigner)


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [(URI, "pkcs11", r"medid\[pkcs11\]"), (f"aws-kms:{ARN}", "boto3", r"medid\[aws\]")],
)
def test_what_is_not_installed_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, package: str, extra: str
) -> None:
    real = builtins.__import__

    def without(wanted: str, *rest: Any, **options: Any) -> Any:
        if wanted.partition(".")[0] == package:
            raise ModuleNotFoundError(wanted)
        return real(wanted, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=extra):
        named_signer(name, opening())
    if name == URI:
        with pytest.raises(MissingExtra, match=extra):
            generate(name, KeyKind.P256, opening())
