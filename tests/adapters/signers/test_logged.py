"""Every use of a key is on record before it, and a failure half way harms nothing."""

from __future__ import annotations

import copy
import hashlib
import pickle
import threading
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.audit import FileAuditLog
from medid.adapters.signers.logged import LoggedSigner
from medid.adapters.signing_log import SigningLog, Use
from medid.errors import (
    AuditLogAltered,
    AuditUnavailable,
    ConfigurationError,
    MalformedProof,
    MalformedValue,
    SignerError,
    WeakCryptography,
)
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from medid.verifying.verifier import Verifier
from tests.keys.strategies import key
from tests.server.signing_server import Failing, MemoryUses
from tests.support import sha256
from tests.verifying.world import NOW, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from medid.core.json import JsonObject
    from medid.keys import Signer

KEY = b"k" * 32


def logged(signer: Signer, log: Any, **options: Any) -> LoggedSigner:
    chosen = {"purpose": "license", "clock": lambda: NOW, **options}
    return LoggedSigner(signer, log, **chosen)


def test_a_use_is_on_record_before_the_key_is_used() -> None:
    seen: list[int] = []
    uses = MemoryUses()

    class Watching(Failing):
        def sign(self, message: bytes) -> bytes:
            seen.append(len(uses.uses))
            return super().sign(message)

    private = key(KeyKind.ED25519)
    signer = logged(Watching(private), uses, client="c" * 64)
    private.public_key.verify(signer.sign(b"x"), b"x")
    assert seen == [1]
    (use,) = uses.uses
    assert use.sha256 == hashlib.sha256(b"x").hexdigest()
    assert (use.purpose, use.client, use.time) == ("license", "c" * 64, NOW)
    assert (
        use.key == private.public_key.to_multikey() == signer.public_key.to_multikey()
    )


def test_what_cannot_be_put_on_record_is_not_signed() -> None:
    uses = MemoryUses()
    uses.broken = True
    store = Failing(key(KeyKind.ED25519))
    with pytest.raises(SignerError, match="cannot be put on record") as caught:
        logged(store, uses).sign(b"x")
    assert store.uses == 0
    assert caught.value.__cause__ is None


def test_a_failure_is_on_record_too() -> None:
    uses = MemoryUses()
    store = Failing(key(KeyKind.ED25519), 1)
    with pytest.raises(SignerError, match="pulled out"):
        logged(store, uses).sign(b"x")
    assert [use.failed for use in uses.uses] == [False, True]
    assert len({use.id for use in uses.uses}) == 1


def test_lists_of_messages_are_on_record() -> None:
    uses = MemoryUses()
    private = key(KeyKind.BLS12381_G2)
    signer = logged(private, uses)
    made = signer.sign_messages(header=b"h", messages=[b"a", b"b"])
    assert made == private.sign_messages(header=b"h", messages=[b"a", b"b"])
    each = sha256(b"h") + sha256(b"a") + sha256(b"b")
    assert uses.uses[0].sha256 == sha256(each).hex()
    with pytest.raises(MalformedProof):
        signer.sign_committed(
            header=b"h",
            messages=[b"a"],
            commitment_with_proof=b"none",
            signer_nym_entropy=None,
        )
    assert [use.failed for use in uses.uses] == [False, False, True]


def test_a_store_of_single_messages_signs_no_lists() -> None:
    uses = MemoryUses()
    signer = logged(Failing(key(KeyKind.ED25519)), uses)
    with pytest.raises(WeakCryptography, match="no lists"):
        signer.sign_messages(header=b"", messages=[])
    with pytest.raises(WeakCryptography, match="no lists"):
        signer.sign_committed(
            header=b"", messages=[], commitment_with_proof=b"", signer_nym_entropy=None
        )
    assert uses.uses == []


COPIERS: list[Callable[[Any], object]] = [pickle.dumps, copy.copy, copy.deepcopy]


@pytest.mark.parametrize("copier", COPIERS)
def test_it_is_neither_pickled_nor_shown(copier: Callable[[Any], object]) -> None:
    private = key(KeyKind.ED25519)
    signer = logged(private, MemoryUses())
    with pytest.raises(TypeError):
        copier(signer)
    assert repr(signer) == f"<LoggedSigner over {private!r}>"


class TestBatches:
    """A board issues many; the store fails in the middle."""

    def drafts(self, who: Controller, size: int) -> list[JsonObject]:
        subjects = (f"urn:uuid:00000000-0000-4000-8000-{n:012d}" for n in count())
        found: list[JsonObject] = []
        for _, subject in zip(range(size), subjects, strict=False):
            draft = {**plain(), "issuer": who.did, "id": subject}
            found.append(draft)
        return found

    @pytest.mark.parametrize("fails_at", [1, 4, 7])
    def test_nothing_is_lost_and_nothing_doubled(self, fails_at: int) -> None:
        size = 7
        uses = MemoryUses()
        store = Failing(PrivateKey.generate(KeyKind.ED25519), fails_at)
        who = Controller.did_key(logged(store, uses))
        drafts = self.drafts(who, size)
        issued: dict[str, Any] = {}
        attempts = 0
        while len(issued) < size:
            attempts += 1
            try:
                for draft in drafts:
                    name = str(draft["id"])
                    if name not in issued:
                        issued[name] = issue(draft, who, at=NOW)
            except SignerError:
                # What was issued before stands, and the draft that failed is as it was.
                assert len(issued) == fails_at - 1
                assert all("proof" not in draft for draft in drafts)
        assert attempts == 2
        assert list(issued) == [draft["id"] for draft in drafts]
        verifier = Verifier(clock=lambda: NOW)
        assert all(verifier.verify(one).verified for one in issued.values())
        # The log tells of each signature, once, and of the one that failed.
        failed = {use.id for use in uses.uses if use.failed}
        signed = [use.sha256 for use in uses.uses if use.id not in failed]
        assert len(failed) == 1
        assert len(signed) == len(set(signed)) == size


class TestLogFiles:
    def test_uses_are_read_as_they_were_written(self, tmp_path: Path) -> None:
        log = SigningLog(tmp_path / "uses.log", key=KEY)
        signer = logged(Failing(key(KeyKind.P256), 2), log)
        signer.sign(b"canary")
        with pytest.raises(SignerError):
            signer.sign(b"y")
        found = list(log.uses(head=log.head()))
        assert [use.failed for use in found] == [False, False, True]
        assert found[0].sha256 == hashlib.sha256(b"canary").hexdigest()
        file = tmp_path / "uses.log"
        assert b"canary" not in file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_line_that_is_taken_out_or_changed_is_missed(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / "uses.log"
        log = SigningLog(file, key=KEY)
        signer = logged(key(KeyKind.P256), log)
        for n in range(3):
            signer.sign(bytes([n]))
        whole = file.read_bytes()
        lines = whole.splitlines(keepends=True)
        spoiled = [
            b"".join(lines[:2] + lines[3:]),
            whole.replace(b"license", b"another", 1),
            b"".join([lines[0], lines[2], lines[1], lines[3]]),
        ]
        for content in spoiled:
            file.write_bytes(content)
            with pytest.raises(AuditLogAltered):
                list(log.uses())
        file.write_bytes(whole)
        head = log.head()
        file.write_bytes(b"".join(lines[:-1]))  # the last one, which nothing follows
        assert len(list(log.uses())) == 2
        with pytest.raises(AuditLogAltered):
            list(log.uses(head=head))

    def test_the_two_kinds_of_logs_are_not_taken_for_each_other(
        self, tmp_path: Path
    ) -> None:
        SigningLog(tmp_path / "uses.log", key=KEY)
        FileAuditLog(tmp_path / "audit.log", key=KEY)
        with pytest.raises(ConfigurationError):
            FileAuditLog(tmp_path / "uses.log", key=KEY)
        with pytest.raises(ConfigurationError):
            SigningLog(tmp_path / "audit.log", key=KEY)

    def test_a_line_that_this_medid_cannot_read_is_told(self, tmp_path: Path) -> None:
        log = SigningLog(tmp_path / "uses.log", key=KEY)
        log._log.append({"another": "form"})
        with pytest.raises(AuditUnavailable, match="cannot read the line"):
            list(log.uses())

    def test_a_short_key_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError):
            SigningLog(tmp_path / "uses.log", key=b"short")

    def test_many_threads_write_one_log(self, tmp_path: Path) -> None:
        log = SigningLog(tmp_path / "uses.log", key=KEY)
        signer = logged(key(KeyKind.ED25519), log)

        def work(number: int) -> None:
            for step in range(5):
                signer.sign(f"{number}:{step}".encode())

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len({use.sha256 for use in log.uses()}) == 20

    def test_a_use_in_json_is_read_strictly(self) -> None:
        use = Use(id="a", time=NOW, key="z6Mk", sha256="00", purpose="p", client="c")
        assert Use.from_json(use.as_json()) == use
        for name in ("id", "time", "key", "sha256", "purpose"):
            with pytest.raises(MalformedValue):
                Use.from_json({**use.as_json(), name: 1})
        with pytest.raises(MalformedValue):
            Use.from_json({**use.as_json(), "more": 1})
