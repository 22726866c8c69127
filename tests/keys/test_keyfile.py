from __future__ import annotations

import json
import os
import stat
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import base64url
from medid.errors import InvalidKey, MedidError, SignerError
from medid.keys import KeyKind, keyfile
from medid.keys.keyfile import FileSigner, Protection
from tests.keys.strategies import EVERY, PRIVATE, key, public, seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = Protection(cost=keyfile.MIN_COST, entropy=seeded(b"salt"))
PASSWORD = b"correct horse battery staple"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("keys") / "key"
    keyfile.save(path, key(KeyKind.ED25519), password=PASSWORD, protection=QUICK)
    return path.read_bytes()


@pytest.mark.parametrize("kind", PRIVATE)
def test_what_was_saved_is_loaded(tmp_path: Path, kind: KeyKind) -> None:
    path = tmp_path / "key"
    keyfile.save(path, key(kind), password=PASSWORD, protection=QUICK)
    assert keyfile.load(path, password=PASSWORD).to_jwk() == key(kind).to_jwk()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_by_default_guessing_is_expensive(tmp_path: Path) -> None:
    keyfile.save(tmp_path / "key", key(KeyKind.P256), password=PASSWORD)
    header = header_of((tmp_path / "key").read_bytes())
    assert header["cost"] == 2**17
    assert len(base64url.decode(header["salt"])) == 16
    loaded = keyfile.load(tmp_path / "key", password=PASSWORD)
    assert loaded.public_key == key(KeyKind.P256).public_key


def test_the_mode_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keyfile.save(
            tmp_path / "key", key(KeyKind.P256), password=PASSWORD, protection=QUICK
        )
        keyfile.save_public(tmp_path / "public", key(KeyKind.P256).public_key)
    finally:
        os.umask(before)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_existing_file_is_kept_unless_allowed(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("something else")
    with pytest.raises(SignerError, match="exists"):
        keyfile.save(path, key(KeyKind.P256), password=PASSWORD, protection=QUICK)
    assert path.read_text() == "something else"
    assert len(list(tmp_path.iterdir())) == 1
    keyfile.save(
        path, key(KeyKind.P256), password=PASSWORD, overwrite=True, protection=QUICK
    )
    assert keyfile.load(path, password=PASSWORD).kind == KeyKind.P256
    assert len(list(tmp_path.iterdir())) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "key").symlink_to(target)
    with pytest.raises(SignerError, match="exists"):
        keyfile.save_public(tmp_path / "key", key(KeyKind.P256).public_key)
    keyfile.save_public(tmp_path / "key", key(KeyKind.P256).public_key, overwrite=True)
    assert target.read_text() == "mine"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SignerError, match="cannot write"):
        keyfile.save_public(tmp_path / "no" / "key", key(KeyKind.P256).public_key)
    with pytest.raises(SignerError, match="cannot read"):
        keyfile.load(tmp_path / "no" / "key", password=PASSWORD)


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(SignerError, match="cannot write the key file: not a file name"):
        keyfile.save_public(tmp_path / name, key(KeyKind.P256).public_key)
    with pytest.raises(SignerError, match="cannot read the key file: not a file name"):
        keyfile.load(tmp_path / name, password=PASSWORD)


def test_an_empty_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SignerError, match="needs a password"):
        keyfile.save(tmp_path / "key", key(KeyKind.P256), password=b"")


@pytest.mark.parametrize("cost", [0, 2**13, 2**14 + 1, 2**19, 2**30, True])
def test_a_cost_outside_its_bounds_is_not_written(tmp_path: Path, cost: int) -> None:
    with pytest.raises(SignerError, match="power of two"):
        keyfile.save(
            tmp_path / "key",
            key(KeyKind.P256),
            password=PASSWORD,
            protection=Protection(cost=cost),
        )
    assert not list(tmp_path.iterdir())


def header_of(data: bytes) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(base64url.decode(data.decode().split(".")[0]))
    return header


def with_header(data: bytes, **changes: object) -> bytes:
    header = {**header_of(data), **changes}
    encoded = base64url.encode(json.dumps(header).encode())
    return b".".join([encoded.encode(), *data.split(b".")[1:]])


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda data: b"",
    lambda data: b"....",
    lambda data: b"{}",
    lambda data: b"\xff" + data,
    lambda data: data[:-10],
    lambda data: data + b"AAAA",
    lambda data: data + b".",
    lambda data: data.replace(b"..", b".AAAA."),
    lambda data: with_header(data, cost=2**30),
    lambda data: with_header(data, cost=2**10),
    lambda data: with_header(data, cost=2**14 + 1),
    lambda data: with_header(data, cost=float(2**14)),
    lambda data: with_header(data, cost=True),
    lambda data: with_header(data, cost=2**15),
    lambda data: with_header(data, salt=None),
    lambda data: with_header(data, salt="!"),
    lambda data: with_header(data, salt="AAAA"),
    lambda data: with_header(data, kdf="none"),
    lambda data: with_header(data, alg="PBES2-HS256+A128KW"),
    lambda data: with_header(data, enc="A128GCM"),
    lambda data: with_header(data, zip="DEF"),
    lambda data: with_header(data, crit=["exp"]),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_answers_like_a_wrong_password(
    tmp_path: Path, written: bytes, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "key"
    path.write_bytes(written)
    with pytest.raises(SignerError) as wrong:
        keyfile.load(path, password=b"wrong")
    path.write_bytes(damage(written))
    with pytest.raises(SignerError) as damaged:
        keyfile.load(path, password=PASSWORD)
    assert str(damaged.value) == str(wrong.value)
    shown = "".join(traceback.format_exception(damaged.value))
    assert str(key(KeyKind.ED25519).to_jwk()["d"]) not in shown
    assert damaged.value.__suppress_context__


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"A" * (keyfile.MAX_FILE_BYTES + 1))
    with pytest.raises(SignerError, match="at most 65536 bytes"):
        keyfile.load(tmp_path / "key", password=PASSWORD)


def test_an_opened_file_without_a_key_is_refused(tmp_path: Path) -> None:
    class Hollow:
        kind = KeyKind.P384

        @staticmethod
        def to_jwk() -> dict[str, str]:
            return {"kty": "EC", "crv": "P-224"}

    keyfile.save(tmp_path / "key", Hollow(), password=PASSWORD, protection=QUICK)  # type: ignore[arg-type]
    with pytest.raises(InvalidKey):
        keyfile.load(tmp_path / "key", password=PASSWORD)


def test_encrypted_pem_is_read_and_plain_pem_is_not(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(key(KeyKind.P384).to_pem(PASSWORD))
    opened = keyfile.load(path, password=PASSWORD)
    assert opened.public_key == key(KeyKind.P384).public_key
    with pytest.raises(SignerError, match="cannot be opened"):
        keyfile.load(path, password=b"wrong")
    path.write_text(key(KeyKind.P384).to_pem(None))
    with pytest.raises(SignerError, match="not protected"):
        keyfile.load(path, password=PASSWORD)


@pytest.mark.parametrize("kind", EVERY)
def test_public_keys_are_read_in_three_spellings(tmp_path: Path, kind: KeyKind) -> None:
    one = public(kind)
    keyfile.save_public(tmp_path / "jwk", one)
    (tmp_path / "pem").write_text(one.to_pem())
    (tmp_path / "multikey").write_text(one.to_multikey() + "\n")
    for name in ("jwk", "pem", "multikey"):
        assert keyfile.load_public(tmp_path / name) == one


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"\xff", b"-----BEGIN", b"z6Mk"])
def test_what_is_no_public_key(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(MedidError):
        keyfile.load_public(tmp_path / "key")


def test_a_file_signer_opens_its_file_once_and_late(
    tmp_path: Path, written: bytes
) -> None:
    path, asked = tmp_path / "key", []

    def password() -> bytes:
        asked.append("asked")
        return PASSWORD

    public = key(KeyKind.ED25519).public_key
    signer = FileSigner(path, password=password, public_key=public)
    assert signer.public_key == public
    assert not asked
    path.write_bytes(written)
    for _ in range(2):
        signer.public_key.verify(signer.sign(b"a license"), b"a license")
    assert asked == ["asked"]


def test_a_file_signer_finds_its_public_key(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(written)
    signer = FileSigner(path, password=lambda: PASSWORD)
    assert signer.public_key == key(KeyKind.ED25519).public_key


def test_a_file_signer_refuses_another_key(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(written)
    other = key(KeyKind.P256).public_key
    signer = FileSigner(path, password=lambda: PASSWORD, public_key=other)
    with pytest.raises(SignerError, match="another key"):
        signer.sign(b"a license")


def test_a_file_signer_says_that_it_cannot_sign(tmp_path: Path) -> None:
    signer = FileSigner(tmp_path / "none", password=lambda: PASSWORD)
    with pytest.raises(SignerError, match="cannot read"):
        signer.sign(b"a license")
    with pytest.raises(SignerError, match="cannot read"):
        _ = signer.public_key
