"""Real PKCS #11 tokens of SoftHSM, of the tests' own, in a folder that is thrown away.

SoftHSM reads its settings once in a process, so all tokens of a run stand in one
folder, and each test takes one by a label of its own.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.signers.pkcs11_uri import TokenKey

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = shutil.which("softhsm2-util")
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
MODULE = next((name for name in MODULES if Path(name).exists()), None)
PIN = b"9471-canary"
_numbers = itertools.count()


@dataclass(frozen=True)
class Hsm:
    """Where the tokens are."""

    folder: Path
    module: str

    def token(self, label: str = "board") -> str:
        """The label of a new token, whose PIN is ``PIN``."""
        from pkcs11 import lib

        name = f"{label}-{next(_numbers)}"
        self.util("--init-token", "--free", "--label", name)
        lib(self.module).reinitialize()
        return name

    def util(self, *argv: str) -> None:
        assert PROGRAM is not None
        pins = ("--pin", PIN.decode(), "--so-pin", "so-pin-1234")
        subprocess.run([PROGRAM, *argv, *pins], check=True, capture_output=True)

    def key(self, token: str, label: str = "license") -> TokenKey:
        return TokenKey(module=self.module, token=token, label=label)

    def uri(self, key: TokenKey, pin_file: Path | None = None) -> str:
        named = f"pkcs11:token={key.token};object={key.label}?module-path={key.module}"
        return named if pin_file is None else f"{named}&pin-source=file:{pin_file}"

    def session(self, token: str) -> Any:
        """A session of the test's own; a signer of the process may have logged in."""
        from pkcs11 import lib
        from pkcs11.exceptions import UserAlreadyLoggedIn

        found = lib(self.module).get_token(token_label=token)
        try:
            return found.open(rw=True, user_pin=PIN.decode())
        except UserAlreadyLoggedIn:
            return found.open(rw=True)

    def remove(self, token: str) -> None:
        """Take the token ``token`` away, as somebody pulls a card out."""
        for folder in self.folder.iterdir():
            if token.encode() in (folder / "token.object").read_bytes():
                shutil.rmtree(folder)


def hsm(folder: Path) -> Hsm:
    """SoftHSM with its tokens in ``folder``; skips where it is not installed."""
    if PROGRAM is None or MODULE is None:
        pytest.skip("SoftHSM is not installed: apt-get install softhsm2")
    tokens = folder / "tokens"
    tokens.mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\n"
        "log.level = ERROR\n"
    )
    os.environ["SOFTHSM2_CONF"] = str(settings)
    return Hsm(tokens, MODULE)


def pin() -> bytes:
    return PIN


def of_id(key: TokenKey, key_id: bytes) -> TokenKey:
    """As ``key``, found by its id."""
    return replace(key, label=None, id=key_id)


def asked(answers: list[bytes]) -> tuple[Callable[[], bytes], list[int]]:
    """A PIN that is given as ``answers`` say, and how often it was asked for."""
    times: list[int] = []

    def give() -> bytes:
        times.append(1)
        return answers[min(len(times), len(answers)) - 1]

    return give, times
