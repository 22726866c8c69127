"""Keys in a real token: SoftHSM, its sessions, its PINs, and what it must not do."""

from __future__ import annotations

import copy
import pickle
import threading
import time
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.signers import pkcs11 as adapter
from medid.adapters.signers.pkcs11 import Pkcs11Signer, generate
from medid.errors import SignerError
from medid.issuing import Controller, issue
from medid.keys import KeyKind
from medid.keys.held import MAX_MESSAGE
from medid.verifying.verifier import Verifier
from tests.adapters.signers import tokens
from tests.adapters.signers.tokens import PIN, asked, of_id, pin
from tests.verifying.world import NOW, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.adapters.signers.tokens import Hsm

KINDS = (KeyKind.ED25519, KeyKind.P256, KeyKind.P384)


@pytest.fixture(scope="session")
def board(hsm: Hsm) -> str:
    """A token with a key of each kind, called as the kind."""
    token = hsm.token()
    for number, kind in enumerate(KINDS):
        key = replace(hsm.key(token, kind.value), id=bytes([number + 1]))
        generate(key, kind, pin=pin)
    return token


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_in_a_token_signs(hsm: Hsm, board: str, kind: KeyKind) -> None:
    signer = Pkcs11Signer(hsm.key(board, kind.value), pin=pin)
    assert signer.public_key.kind is kind
    for message in (b"", b"a license", b"x" * 100_000):
        signer.public_key.verify(signer.sign(message), message)
    signer.close()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_issued_with_it_verifies(hsm: Hsm, board: str, kind: KeyKind) -> None:
    who = Controller.did_key(Pkcs11Signer(hsm.key(board, kind.value), pin=pin))
    suite = "eddsa-rdfc-2022" if kind is KeyKind.ED25519 else "ecdsa-rdfc-2019"
    draft = {**plain(), "issuer": who.did}
    issued = issue(draft, who, securing=suite, at=NOW)
    assert Verifier(clock=lambda: NOW).verify(issued).verified


def test_a_key_is_found_by_its_id_too(hsm: Hsm, board: str) -> None:
    by_label = Pkcs11Signer(hsm.key(board, "P-256"), pin=pin)
    by_id = Pkcs11Signer(of_id(hsm.key(board), b"\x02"), pin=pin)
    assert by_id.public_key == by_label.public_key


def test_a_token_is_found_by_its_serial_number_too(hsm: Hsm, board: str) -> None:
    from pkcs11 import lib

    serial = lib(hsm.module).get_token(token_label=board).serial.decode()
    key = replace(hsm.key(board, "P-256"), serial=serial)
    assert Pkcs11Signer(key, pin=pin).public_key.kind is KeyKind.P256
    other = replace(key, serial="0" * 16)
    with pytest.raises(SignerError, match="no such token"):
        Pkcs11Signer(other, pin=pin).sign(b"x")


def test_a_generated_key_is_not_given_out(hsm: Hsm, board: str) -> None:
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.exceptions import PKCS11Error

    with hsm.session(board) as session:
        private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label="P-256")
        assert private[Attribute.SENSITIVE]
        assert private[Attribute.NEVER_EXTRACTABLE]
        with pytest.raises(PKCS11Error):
            private[Attribute.VALUE]


def made(hsm: Hsm, token: str, label: str, **template: bool) -> None:
    """A key pair made by other means than medid's."""
    from pkcs11 import Attribute, KeyType

    curve = bytes.fromhex("06082a8648ce3d030107")
    named = {getattr(Attribute, name.upper()): on for name, on in template.items()}
    with hsm.session(token) as session:
        domain = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: curve}, local=True
        )
        domain.generate_keypair(store=True, label=label, private_template=named)


@pytest.mark.parametrize(
    "template",
    [
        {"sensitive": True, "extractable": True},
        {"sensitive": False, "extractable": False},
    ],
)
def test_a_key_that_can_leave_is_refused(hsm: Hsm, template: dict[str, bool]) -> None:
    token = hsm.token()
    made(hsm, token, "loose", **template)
    with pytest.raises(SignerError, match="would give this private key out"):
        Pkcs11Signer(hsm.key(token, "loose"), pin=pin).sign(b"x")


def test_a_name_is_not_given_twice(hsm: Hsm) -> None:
    token = hsm.token()
    generate(hsm.key(token), KeyKind.P256, pin=pin)
    with pytest.raises(SignerError, match="already"):
        generate(hsm.key(token), KeyKind.ED25519, pin=pin)
    made(hsm, token, "license", sensitive=True)
    with pytest.raises(SignerError, match="already"):
        generate(hsm.key(token), KeyKind.ED25519, pin=pin)
    with pytest.raises(SignerError, match="more than one key"):
        Pkcs11Signer(hsm.key(token), pin=pin).sign(b"x")


def test_only_kinds_that_sign_are_made(hsm: Hsm, board: str) -> None:
    with pytest.raises(SignerError, match="no key of kind X25519"):
        generate(hsm.key(board, "new"), KeyKind.X25519, pin=pin)


def test_a_wrong_pin_is_tried_once_and_not_shown(hsm: Hsm) -> None:
    token = hsm.token()
    generate(hsm.key(token), KeyKind.P256, pin=pin)
    give, times = asked([b"wrong-canary"])
    signer = Pkcs11Signer(hsm.key(token), pin=give)
    with pytest.raises(SignerError, match="the PIN is wrong") as caught:
        signer.sign(b"x")
    assert len(times) == 1
    text = "".join(traceback.format_exception(caught.value))
    assert "wrong-canary" not in text + repr(signer) + repr(caught.value.as_json())
    assert caught.value.__cause__ is None


def test_a_pin_that_is_no_text_is_refused(hsm: Hsm, board: str) -> None:
    from pkcs11 import lib

    lib(hsm.module).reinitialize()
    with pytest.raises(SignerError, match="not text"):
        Pkcs11Signer(hsm.key(board, "P-256"), pin=lambda: b"\xff").sign(b"x")


def test_a_lost_session_is_opened_once_more(hsm: Hsm, board: str) -> None:
    give, times = asked([PIN])
    signer = Pkcs11Signer(hsm.key(board, "Ed25519"), pin=give)
    signer.sign(b"x")
    signer._session.close()  # as a card does that was pulled out and put back
    signer.public_key.verify(signer.sign(b"y"), b"y")
    assert len(times) == 2


def test_a_session_that_is_lost_again_is_an_error(hsm: Hsm, board: str) -> None:
    from pkcs11 import lib

    signer = Pkcs11Signer(hsm.key(board, "Ed25519"), pin=pin)
    signer.sign(b"x")
    opened: list[int] = []
    original = signer._open

    def spoiled() -> None:
        original()
        opened.append(1)
        signer._session.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pkcs11Signer, "_open", lambda _self: spoiled())
        with pytest.raises(SignerError, match="SessionHandleInvalid"):
            signer.sign(b"y")
    assert len(opened) == 2
    lib(hsm.module).reinitialize()


def test_a_token_that_is_gone_is_an_error(hsm: Hsm) -> None:
    from pkcs11 import lib

    token = hsm.token()
    generate(hsm.key(token), KeyKind.ED25519, pin=pin)
    signer = Pkcs11Signer(hsm.key(token), pin=pin)
    signer.sign(b"x")
    hsm.remove(token)
    with pytest.raises(SignerError):
        signer.sign(b"y")
    with pytest.raises(SignerError):
        Pkcs11Signer(hsm.key(token), pin=pin).sign(b"y")
    lib(hsm.module).reinitialize()


def test_what_is_not_there_is_an_error(hsm: Hsm, board: str) -> None:
    cases = {
        "no such token": hsm.key("nobody's"),
        "no such private key": hsm.key(board, "nobody's"),
        "cannot be loaded": replace(hsm.key(board), module="/no/such/library.so"),
    }
    for message, key in cases.items():
        with pytest.raises(SignerError, match=message):
            Pkcs11Signer(key, pin=pin).sign(b"x")


def test_a_key_of_another_kind_is_refused(hsm: Hsm) -> None:
    from pkcs11 import Attribute, KeyType, ObjectClass

    token = hsm.token()
    with hsm.session(token) as session:
        sealed = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
        session.generate_keypair(
            KeyType.RSA, 2048, store=True, label="rsa", private_template=sealed
        )
        domain = session.create_domain_parameters(
            KeyType.EC,
            {Attribute.EC_PARAMS: bytes.fromhex("06052b81040023")},
            local=True,
        )
        domain.generate_keypair(store=True, label="P-521", private_template=sealed)
        made(hsm, token, "bare", sensitive=True)
        for public in session.get_objects(
            {Attribute.LABEL: "bare", Attribute.CLASS: ObjectClass.PUBLIC_KEY}
        ):
            public.destroy()
    for label, message in {
        "rsa": "no key pair of an elliptic curve",
        "P-521": "curve that is not signed with",
        "bare": "no such public key",
    }.items():
        with pytest.raises(SignerError, match=message):
            Pkcs11Signer(hsm.key(token, label), pin=pin).sign(b"x")


def test_a_public_key_that_is_not_its_own_is_noticed(hsm: Hsm, board: str) -> None:
    signer = Pkcs11Signer(hsm.key(board, "P-256"), pin=pin)
    other = Pkcs11Signer(hsm.key(board, "P-384"), pin=pin).public_key
    signer._public_key = other
    with pytest.raises(SignerError, match="does not verify"):
        signer.sign(b"x")


def test_points_are_read_in_both_spellings() -> None:
    assert adapter._point(b"\x04\x02ab") == b"ab"
    assert adapter._point(b"\x04" * 65) == b"\x04" * 65
    assert adapter._point(b"\x13\x02ab") == b"\x13\x02ab"


def test_many_threads_share_one_signer(hsm: Hsm, board: str) -> None:
    signer = Pkcs11Signer(hsm.key(board, "P-256"), pin=pin)
    wrong: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(10):
                message = f"{number}:{step}".encode()
                signer.public_key.verify(signer.sign(message), message)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []


def test_a_session_is_used_by_one_thread_at_a_time(
    hsm: Hsm, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PKCS #11 keeps one operation for each session: two would mix their parts."""
    signer = Pkcs11Signer(hsm.key(board, "P-256"), pin=pin)
    signer.sign(b"x")
    at_once: list[int] = []
    inside = [0]
    real = Pkcs11Signer._signed

    def watched(self: Pkcs11Signer, message: bytes) -> bytes:
        inside[0] += 1
        at_once.append(inside[0])
        time.sleep(0.02)
        made = real(self, message)
        inside[0] -= 1
        return made

    monkeypatch.setattr(Pkcs11Signer, "_signed", watched)
    threads = [threading.Thread(target=signer.sign, args=(b"x",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert at_once == [1, 1, 1, 1]


def test_a_forked_process_opens_its_own(
    hsm: Hsm, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = Pkcs11Signer(hsm.key(board, "P-256"), pin=pin)
    signer.sign(b"x")
    monkeypatch.setattr("os.getpid", lambda: -1)
    with pytest.raises(SignerError, match="forked"):
        signer.sign(b"x")


COPIERS: list[Callable[[Any], object]] = [
    pickle.dumps,
    copy.copy,
    copy.deepcopy,
    lambda signer: signer.__getstate__(),
]


@pytest.mark.parametrize("copier", COPIERS)
def test_a_signer_is_neither_pickled_nor_shown(
    hsm: Hsm, board: str, copier: Callable[[Any], object]
) -> None:
    signer = Pkcs11Signer(hsm.key(board, "P-256"), pin=pin)
    assert repr(signer) == "<Pkcs11Signer of a key not yet asked for>"
    assert signer.public_key.to_multikey() in repr(signer)
    assert not hasattr(signer, "__dict__")
    with pytest.raises(TypeError) as caught:
        copier(signer)
    assert PIN.decode() not in f"{caught.value}{signer!r}"


def test_too_much_is_not_sent(hsm: Hsm, board: str) -> None:
    signer = Pkcs11Signer(hsm.key(board, "P-256"), pin=pin)
    with pytest.raises(SignerError, match="at most"):
        signer.sign(bytes(MAX_MESSAGE + 1))
    signer.sign(bytes(MAX_MESSAGE))


def test_without_softhsm_the_tests_say_so(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PROGRAM", None)
    with pytest.raises(pytest.skip.Exception, match="not installed"):
        tokens.hsm(tmp_path)
