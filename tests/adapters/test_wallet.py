"""The wallet: grants that verifiers accept, withdrawals that count at once."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.adapters import wallet as wallets
from medid.adapters.challenges import MemoryChallenges
from medid.adapters.consents import KeptLists, SqliteConsents
from medid.adapters.identities import Identities
from medid.adapters.wallet import Granting, Wallet
from medid.cli.demo_world import AUDIENCE, PATIENT
from medid.core import json as strict_json
from medid.core.instant import Instant
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    MalformedValue,
    SignerError,
)
from medid.health.grant_reading import read_grant
from medid.issuing import Controller
from medid.issuing.status_token import LIST_LIFETIME
from medid.keys import KeyKind, PrivateKey, keyfile
from medid.keys.keyfile import MIN_COST, Protection
from medid.trust import TrustRegistry
from tests.access.world import AT, NOTE, World, as_doc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from medid.access.decision import Decision
    from medid.core.entropy import Entropy
    from medid.health.grants import Grant

LISTS: Final = "https://wallet.example/status"
PASSWORD: Final = b"a password for trying out"
CHEAP: Final = Protection(cost=MIN_COST)
HOSPITAL: Final = "Example Hospital"


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def open_wallet(tmp_path: Path) -> Callable[[], Wallet]:
    """Opens the one wallet of a test, as another process would."""

    def opened() -> Wallet:
        return Wallet(tmp_path / "wallet", password=lambda: PASSWORD, protection=CHEAP)

    return opened


@pytest.fixture
def wallet(open_wallet: Callable[[], Wallet]) -> Wallet:
    return open_wallet()


def allowed(world: World, **members: Any) -> Grant:
    stated = {"who": {"did": world.practitioner.did}, "what": "everything", **members}
    return read_grant(stated)


def asked(
    world: World,
    wallet: Wallet,
    *,
    at: Instant = AT,
    resource: str = "Observation/blood-pressure",
    shown: Any = (),
    store: SqliteConsents | None = None,
    **consent: Any,
) -> Decision:
    """What a hospital decides that keeps its patients' consents."""
    patients: list[Any] = [it.did for it in wallet.identities.all()]
    trust = world.trust()
    trust["consent"] = {"patientDids": {PATIENT: patients}, **consent}
    kept = store or wallet.store
    verifier = world.verifier(
        trust=TrustRegistry.from_json(trust),
        consents=kept,
        fetch=KeptLists(world.net, kept, clock=lambda: at),
        challenges=MemoryChallenges(),
        clock=lambda: at,
    )
    presentation = world.shown(
        world.license, *shown, challenge=verifier.challenge(), domain=AUDIENCE, at=at
    )
    request = world.request({"purpose": "TREAT", "resource": resource}, at)
    return verifier.decide(presentation, request)


def to(**members: Any) -> Granting:
    return Granting(custodian=HOSPITAL, reference=PATIENT, **members)


def test_a_grant_permits_and_its_withdrawal_counts_at_the_next_check(
    world: World, wallet: Wallet, open_wallet: Callable[[], Wallet]
) -> None:
    granted = wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    permitted = asked(world, wallet)
    assert permitted.codes == ("LICENSE_OK", "CONSENT_PERMIT")
    # Another process, and after a restart: the same.
    assert asked(world, open_wallet())
    again = open_wallet()
    done = again.withdraw(str(granted.number), at=AT.plus(1))
    assert done.withdrawn == AT.plus(1)
    for one in (wallet, again, open_wallet()):
        denied = asked(world, one, at=AT.plus(1))
        assert not denied
        assert "CONSENT_REVOKED" in denied.codes


def test_what_is_presented_is_withdrawn_too(world: World, wallet: Wallet) -> None:
    granted = wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    assert asked(world, wallet, shown=[granted.document])
    wallet.withdraw(granted.credential_id, at=AT.plus(1))
    assert not asked(world, wallet, at=AT.plus(1), shown=[granted.document])


def test_two_processes_see_one_wallet(
    world: World, wallet: Wallet, tmp_path: Path
) -> None:
    granted = wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    assert asked(world, wallet)
    script = (
        "import sys\n"
        "from medid.adapters.wallet import Wallet\n"
        "from medid.core.instant import Instant\n"
        "wallet = Wallet(sys.argv[1], password=lambda: sys.argv[2].encode())\n"
        "wallet.withdraw(sys.argv[3], at=Instant.parse(sys.argv[4]))\n"
    )
    arguments = [str(tmp_path / "wallet"), PASSWORD.decode(), granted.credential_id]
    subprocess.run(
        [sys.executable, "-c", script, *arguments, str(AT.plus(1))],
        check=True,
        timeout=60,
    )
    assert not asked(world, wallet, at=AT.plus(1))


def test_what_is_kept_back_is_denied(world: World, wallet: Wallet) -> None:
    grant = allowed(world, butNot={"labels": "mental health"})
    wallet.grant(grant, to(), at=AT, lists=LISTS)
    assert asked(world, wallet)
    denied = asked(world, wallet, resource=NOTE)
    assert "CONSENT_DENY" in denied.codes


def test_a_second_grant_after_a_withdrawal_permits(
    world: World, wallet: Wallet
) -> None:
    wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    wallet.withdraw("1", at=AT.plus(1))
    wallet.grant(allowed(world), to(), at=AT.plus(2))
    assert asked(world, wallet, at=AT.plus(2))
    assert len(wallet.identities.all()) == 1


def test_each_custodian_knows_another_patient(world: World, wallet: Wallet) -> None:
    one = wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    two = wallet.grant(allowed(world), Granting(custodian="Clinic"), at=AT, lists=LISTS)
    first, second = wallet.identities.all()
    assert first.did != second.did
    assert first.key_file != second.key_file
    assert first.status_list != second.status_list
    told = (
        strict_json.dumps(as_doc(one.document)),
        strict_json.dumps(as_doc(two.document)),
    )
    for identity in (first, second):
        assert sum(identity.did in it for it in told) == 1
        assert sum(identity.status_list in it for it in told) == 1
        assert HOSPITAL not in "".join(told)
    # Without another name the store calls a patient by their DID.
    assert wallet.store.find("2").patient in {first.did, second.did}


def test_keys_are_random_and_protected(world: World, wallet: Wallet) -> None:
    identity = wallet.identities.of(HOSPITAL, lists=LISTS)
    assert wallet.identities.of(HOSPITAL) == identity
    assert stat.S_IMODE(identity.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(wallet.folder.stat().st_mode) == 0o700
    key = keyfile.load(identity.key_file, password=PASSWORD)
    assert Controller.did_key(key).did == identity.did
    with pytest.raises(SignerError):
        keyfile.load(identity.key_file, password=b"another password")
    assert identity.did not in repr(identity)


def test_a_wrong_password_signs_nothing(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "wallet"
    first = Wallet(folder, password=lambda: PASSWORD, protection=CHEAP)
    first.grant(allowed(world), to(), at=AT, lists=LISTS)
    wrong = Wallet(folder, password=lambda: b"wrong", protection=CHEAP)
    with pytest.raises(SignerError):
        wrong.grant(allowed(world), to(), at=AT)
    with pytest.raises(SignerError):
        wrong.withdraw("1", at=AT)
    assert [it.number for it in first.store.kept()] == [1]
    assert first.store.find("1").withdrawn is None


def test_a_moved_wallet_finds_its_keys(world: World, wallet: Wallet) -> None:
    wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    moved = wallet.folder.rename(wallet.folder.with_name("moved"))
    again = Wallet(moved, password=lambda: PASSWORD, protection=CHEAP)
    assert again.withdraw("1", at=AT.plus(1)).withdrawn is not None


@pytest.mark.parametrize(
    "lists",
    [
        None,
        "",
        "http://wallet.example",
        "ftp://x",
        "https://",
        "https://wallet.example/a b",
        "https://wallet.example/%",
        "https://wallet.example/#lists",
        "https://wallet.example/lists?of=me",
        "https://me@wallet.example/lists",
        "https://127.0.0.1/lists",
    ],
)
def test_a_new_identity_needs_a_place_for_its_list(
    world: World, wallet: Wallet, lists: str | None
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        wallet.grant(allowed(world), to(), at=AT, lists=lists)
    assert refused.value.path == "--lists"
    assert wallet.identities.all() == []
    assert list((wallet.folder / "keys").iterdir()) == []
    wallet.grant(allowed(world), to(), at=AT, lists=LISTS)  # as if nothing was tried


def test_a_list_is_not_said_to_be_elsewhere(world: World, wallet: Wallet) -> None:
    wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    with pytest.raises(ConfigurationError) as refused:
        wallet.grant(allowed(world), to(), at=AT, lists="https://other.example/lists")
    assert refused.value.path == "--lists"
    again = wallet.grant(allowed(world), to(), at=AT, lists=f"{LISTS}/")
    assert again.number == 2


def test_a_withdrawal_is_made_once(world: World, wallet: Wallet) -> None:
    wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    wallet.withdraw("1", at=AT.plus(1))
    with pytest.raises(ConfigurationError, match="withdrawn before"):
        wallet.withdraw("1", at=AT.plus(2))
    with pytest.raises(ConfigurationError, match="no such consent"):
        wallet.withdraw("2", at=AT.plus(2))


def test_a_list_of_many_consents_withdraws_just_one(
    world: World, wallet: Wallet
) -> None:
    for _ in range(3):
        wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    wallet.withdraw("2", at=AT.plus(1))
    assert asked(world, wallet, at=AT.plus(1))
    wallet.withdraw("1", at=AT.plus(1))
    wallet.withdraw("3", at=AT.plus(1))
    assert not asked(world, wallet, at=AT.plus(1))


class Busy:
    """Another process that changes the list whenever it was read, some times."""

    def __init__(self, wallet: Wallet, times: int) -> None:
        self._wallet, self.left = wallet, times
        self._read = partial(SqliteConsents.status_list, wallet.store)
        self._reading = False

    def __call__(self, url: str) -> str | None:
        found = self._read(url)
        if found is not None and self.left and not self._reading:
            self.left -= 1
            self._reading = True
            self._wallet.store.put_list(url, found + " ", before=found)
            self._reading = False
        return found


@pytest.mark.parametrize("what", ["withdraw", "publish"])
def test_who_meets_another_writer_tries_again(
    world: World, wallet: Wallet, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    act: Callable[[], Any] = {
        "withdraw": lambda: wallet.withdraw("1", at=AT.plus(1)),
        "publish": lambda: wallet.publish(at=AT.plus(1)),
    }[what]
    monkeypatch.setattr(wallet.store, "status_list", Busy(wallet, 1_000))
    with pytest.raises(ConfigurationError, match="keep changing"):
        act()
    assert wallet.store.find("1").withdrawn is None
    monkeypatch.setattr(wallet.store, "status_list", Busy(wallet, 1))
    assert act()


def test_lists_are_signed_anew(world: World, wallet: Wallet) -> None:
    wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    late = AT.plus(3 * 86_400)
    ((url, content),) = wallet.publish(at=late).items()
    assert url.startswith(LISTS + "/")
    document = strict_json.load_object(content)
    assert (document["id"], document["validFrom"]) == (url, str(late))
    assert wallet.store.status_list(url) == content


def test_a_list_that_was_not_signed_anew_permits_nothing(
    world: World, wallet: Wallet
) -> None:
    wallet.grant(allowed(world), to(), at=AT.plus(-LIST_LIFETIME), lists=LISTS)
    assert not asked(world, wallet)
    wallet.publish(at=AT)
    assert asked(world, wallet)


def test_of_two_withdrawals_at_once_one_is_the_withdrawal(
    world: World,
    wallet: Wallet,
    open_wallet: Callable[[], Wallet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wallet.grant(allowed(world), to(), at=AT, lists=LISTS)
    found = wallet.store.find("1")
    open_wallet().withdraw("1", at=AT.plus(1))
    monkeypatch.setattr(wallet.store, "find", lambda which: found)
    with pytest.raises(ConfigurationError, match="withdrawn before"):
        wallet.withdraw("1", at=AT.plus(2))
    assert open_wallet().store.find("1").withdrawn == AT.plus(1)


# A custodian's own store.


def test_a_custodians_store_hears_of_both(
    world: World, wallet: Wallet, tmp_path: Path
) -> None:
    store = SqliteConsents(tmp_path / "hospital.db")
    granted = wallet.grant(allowed(world), to(store=store), at=AT, lists=LISTS)
    assert asked(world, wallet, store=store)
    wallet.withdraw(granted.credential_id, at=AT.plus(1), store=store)
    assert store.find(granted.credential_id).withdrawn == AT.plus(1)
    assert not asked(world, wallet, at=AT.plus(1), store=store)
    with pytest.raises(ConfigurationError, match="withdrawn before"):
        wallet.withdraw("1", at=AT.plus(1), store=store)


def test_a_store_that_missed_a_withdrawal_is_told_again(
    world: World, wallet: Wallet, tmp_path: Path
) -> None:
    store = SqliteConsents(tmp_path / "hospital.db")
    wallet.grant(allowed(world), to(store=store), at=AT, lists=LISTS)
    wallet.withdraw("1", at=AT.plus(1))
    wallet.withdraw("1", at=AT.plus(2), store=store)
    assert not asked(world, wallet, at=AT.plus(2), store=store)


def test_a_grant_does_not_undo_a_withdrawal_at_a_custodians(
    world: World,
    wallet: Wallet,
    open_wallet: Callable[[], Wallet],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = SqliteConsents(tmp_path / "hospital.db")
    first = wallet.grant(allowed(world), to(store=store), at=AT, lists=LISTS)
    take = partial(SqliteConsents.take_index, wallet.store)

    def taken(url: str, *, entropy: Entropy) -> int:
        # Another process withdraws while this one asks for the password.
        open_wallet().withdraw("1", at=AT.plus(1), store=store)
        return take(url, entropy=entropy)

    monkeypatch.setattr(wallet.store, "take_index", taken)
    hidden = allowed(world, what={"labels": "hiv"})
    wallet.grant(hidden, to(store=store), at=AT.plus(1))
    assert store.find(first.credential_id).withdrawn == AT.plus(1)
    assert not asked(world, wallet, at=AT.plus(2), store=store)


class BeforeCopy:
    """A custodian's store that something happens to before it gets its first list."""

    def __init__(self, store: SqliteConsents, act: Callable[[], object]) -> None:
        self._put, self._left = store.put_list, [act]

    def __call__(self, url: str, content: str, *, before: str | None) -> None:
        if self._left:
            self._left.pop()()
        self._put(url, content, before=before)


def test_a_withdrawal_does_not_undo_another_at_a_custodians(
    world: World,
    wallet: Wallet,
    open_wallet: Callable[[], Wallet],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = SqliteConsents(tmp_path / "hospital.db")
    for _ in range(2):
        wallet.grant(allowed(world), to(store=store), at=AT, lists=LISTS)
    there = SqliteConsents(tmp_path / "hospital.db")
    quick = partial(open_wallet().withdraw, "1", at=AT.plus(1), store=there)
    monkeypatch.setattr(store, "put_list", BeforeCopy(store, quick))
    wallet.withdraw("2", at=AT.plus(1), store=store)
    assert not asked(world, wallet, at=AT.plus(2), store=store)


@pytest.fixture
def older(
    world: World, wallet: Wallet, open_wallet: Callable[[], Wallet], tmp_path: Path
) -> tuple[Wallet, SqliteConsents, str]:
    """A wallet that was put back from before a withdrawal that a custodian knows of.

    With the custodian's store, and the list that says so.
    """
    store = SqliteConsents(tmp_path / "hospital.db")
    wallet.grant(allowed(world), to(store=store), at=AT, lists=LISTS)
    somebody = allowed(world, who={"did": "did:example:somebody"})
    wallet.grant(somebody, to(store=store), at=AT, lists=LISTS)
    shutil.copytree(wallet.folder, tmp_path / "copy")
    wallet.withdraw("1", at=AT.plus(1), store=store)
    (newest,) = wallet.publish(at=AT.plus(1)).values()
    shutil.rmtree(wallet.folder)
    shutil.copytree(tmp_path / "copy", wallet.folder)
    return open_wallet(), store, newest


@pytest.mark.parametrize("what", ["grant", "withdraw", "publish"])
def test_a_wallet_that_was_put_back_undoes_no_withdrawal(
    world: World, older: tuple[Wallet, SqliteConsents, str], what: str
) -> None:
    wallet, store, _ = older
    somebody = allowed(world, who={"did": "did:example:somebody"})
    act: Callable[[], Any] = {
        "grant": lambda: wallet.grant(somebody, to(store=store), at=AT.plus(2)),
        "withdraw": lambda: wallet.withdraw("2", at=AT.plus(2), store=store),
        "publish": lambda: wallet.publish(at=AT.plus(2), store=store),
    }[what]
    act()
    for one in (store, wallet.store):
        denied = asked(world, wallet, at=AT.plus(3), store=one)
        assert not denied
        assert "CONSENT_REVOKED" in denied.codes
    # The wallet itself says so of the first, and of no other one.
    first, second, *_ = wallet.store.kept()
    assert first.withdrawn == AT.plus(2)
    assert (second.withdrawn is not None) is (what == "withdraw")
    # And what it grants from now on is good.
    wallet.grant(allowed(world), to(store=store), at=AT.plus(3))
    assert asked(world, wallet, at=AT.plus(4), store=store)


def test_what_is_published_tells_a_wallet_that_was_put_back(
    world: World, older: tuple[Wallet, SqliteConsents, str]
) -> None:
    wallet, _, newest = older
    wallet.publish(at=AT.plus(2), published=lambda _url: newest)
    assert not asked(world, wallet, at=AT.plus(3))


def _altered(newest: str) -> str:
    return newest.replace('"validUntil":"2', '"validUntil":"3')


def _unsigned(newest: str) -> str:
    document = strict_json.load_object(newest)
    del document["proof"]
    return strict_json.dumps(document)


def _twice(newest: str) -> str:
    document = strict_json.load_object(newest)
    document["proof"] = [document["proof"], document["proof"]]
    return strict_json.dumps(document)


def _elsewhere(newest: str) -> str:
    document = strict_json.load_object(newest)
    document["id"] = f"{LISTS}/another"
    return strict_json.dumps(document)


@pytest.mark.parametrize(
    "change",
    [_altered, _unsigned, _twice, _elsewhere, lambda newest: newest[:99], str.upper],
)
def test_what_the_wallet_did_not_sign_tells_it_nothing(
    world: World,
    older: tuple[Wallet, SqliteConsents, str],
    change: Callable[[str], str],
) -> None:
    wallet, _, newest = older
    assert change(newest) != newest
    wallet.publish(at=AT.plus(2), published=lambda _url: change(newest))
    assert asked(world, wallet, at=AT.plus(3))


def test_a_custodians_store_is_given_the_lists_that_are_signed_anew(
    world: World, wallet: Wallet, tmp_path: Path
) -> None:
    store = SqliteConsents(tmp_path / "hospital.db")
    begin = AT.plus(-LIST_LIFETIME)
    wallet.grant(allowed(world), to(store=store), at=begin, lists=LISTS)
    elsewhere = Granting(custodian="Another Hospital")
    wallet.grant(allowed(world), elsewhere, at=begin, lists=LISTS)
    assert not asked(world, wallet, store=store)
    published = wallet.publish(at=AT, store=store)
    assert asked(world, wallet, store=store)
    # It learns nothing of what was shown to another custodian.
    kept = {url for url in published if store.status_list(url) is not None}
    assert kept == {wallet.identities.of(HOSPITAL).status_list}


def test_two_custodians_of_one_file_decide_by_their_own_consents(
    world: World, wallet: Wallet, tmp_path: Path
) -> None:
    file = tmp_path / "shared.db"
    stores = {
        name: SqliteConsents(file, custodian=name) for name in (HOSPITAL, "Clinic")
    }
    # Both call their patient the same, and the patient has said yes to one of them.
    wallet.grant(allowed(world), to(store=stores[HOSPITAL]), at=AT, lists=LISTS)
    assert asked(world, wallet, store=stores[HOSPITAL])
    assert not asked(world, wallet, store=stores["Clinic"])
    clinic = Granting(custodian="Clinic", reference=PATIENT, store=stores["Clinic"])
    granted = wallet.grant(allowed(world), clinic, at=AT, lists=LISTS)
    assert asked(world, wallet, store=stores["Clinic"])
    # Who does not say whose consents count gets no answer, and nobody a permission.
    unsure = asked(world, wallet, store=SqliteConsents(file))
    assert not unsure
    assert "CONSENT_PERMIT" not in unsure.codes
    wallet.withdraw(granted.credential_id, at=AT.plus(1), store=stores["Clinic"])
    assert not asked(world, wallet, at=AT.plus(1), store=stores["Clinic"])
    assert asked(world, wallet, at=AT.plus(1), store=stores[HOSPITAL])


# Who signs.


def test_a_recorder_signs_for_a_patient_whom_verifiers_know(
    world: World, wallet: Wallet, tmp_path: Path
) -> None:
    key = PrivateKey.generate(KeyKind.ED25519)
    recorder = Controller.did_key(key)
    keyfile.save(tmp_path / "r.key", key, password=PASSWORD, protection=CHEAP)
    stated: dict[str, Any] = {
        "key_file": tmp_path / "r.key",
        "method": recorder.verification_method,
        "lists": LISTS,
    }
    adopted = wallet.identities.adopt(HOSPITAL, **stated)
    assert wallet.identities.adopt(HOSPITAL, **stated) == adopted
    patient = world.patient.did
    granted = wallet.grant(allowed(world), to(patient=patient), at=AT)
    assert as_doc(granted.document)["issuer"] == recorder.did
    known: dict[str, Any] = {"patientDids": {PATIENT: patient}}
    accepted: dict[str, Any] = {"acceptedConsentRecorders": [recorder.did]}
    assert asked(world, wallet, **known, **accepted)
    denied = asked(world, wallet, **known)
    assert not denied
    assert "CONSENT_PERMIT" not in denied.codes
    stated["method"] = world.board.verification_method
    with pytest.raises(ConfigurationError, match="another identity"):
        wallet.identities.adopt(HOSPITAL, **stated)


def guarded(world: World, **members: Any) -> Grant:
    mandate = {"of": world.patient.did, "kind": "guardian", **members}
    return allowed(world, representation=mandate)


def as_guardian(world: World, wallet: Wallet, at: Instant, **dates: str) -> Decision:
    guardian = wallet.identities.of(HOSPITAL).did
    return asked(
        world,
        wallet,
        at=at,
        patientDids={PATIENT: world.patient.did},
        representatives=[{"did": guardian, "of": PATIENT, "kind": "guardian", **dates}],
    )


def test_a_guardian_grants_within_the_dates(world: World, wallet: Wallet) -> None:
    grant = guarded(world, **{"from": "2026-01-01"}, majority="2026-06-16")
    granted = wallet.grant(grant, to(), at=AT, lists=LISTS)
    subject = as_doc(as_doc(granted.document)["credentialSubject"])
    assert subject["onBehalfOf"] == world.patient.did
    dates = {
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2026-06-16T00:00:00Z",
    }
    assert as_guardian(world, wallet, AT, **dates)
    # The grant ends on the day on which the patient comes of age.
    last = Instant.parse("2026-06-15T23:59:59Z")
    assert as_guardian(world, wallet, last, **dates)
    assert not as_guardian(world, wallet, last.plus(1), **dates)


@pytest.mark.parametrize(
    "dates",
    [
        {"validUntil": "2026-06-15T12:00:30Z"},
        {"validFrom": "2026-06-16T00:00:00Z"},
        {"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-02-01T00:00:00Z"},
    ],
)
def test_a_guardian_who_was_not_one_when_signing_permits_nothing(
    world: World, wallet: Wallet, dates: dict[str, str]
) -> None:
    wallet.grant(guarded(world), to(), at=AT, lists=LISTS)
    assert as_guardian(world, wallet, AT)
    denied = as_guardian(world, wallet, AT, **dates)
    assert not denied
    assert "CONSENT_PERMIT" not in denied.codes


def test_a_guardian_does_not_sign_outside_the_mandate(
    world: World, wallet: Wallet
) -> None:
    with pytest.raises(MalformedValue):
        wallet.grant(guarded(world, until="2026-01-01"), to(), at=AT, lists=LISTS)
    other = to(patient=world.practitioner.did)
    with pytest.raises(ConfigurationError, match="another patient"):
        wallet.grant(guarded(world), other, at=AT, lists=LISTS)
    assert wallet.store.kept() == []


# The folder.


def test_something_else_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wallet").write_text("mine")
    with pytest.raises(EvidenceUnavailable, match="cannot be made"):
        Wallet(tmp_path / "wallet", password=lambda: PASSWORD)
    with pytest.raises(EvidenceUnavailable, match="cannot be made"):
        Identities(tmp_path / "no" / "parent", password=lambda: PASSWORD)


def test_a_folder_that_others_may_use_is_refused_and_not_changed(
    tmp_path: Path,
) -> None:
    for mode in (0o750, 0o705, 0o755):
        folder = tmp_path / f"wallet-{mode:o}"
        folder.mkdir()
        folder.chmod(mode)
        with pytest.raises(ConfigurationError, match="others may use"):
            Wallet(folder, password=lambda: PASSWORD)
        assert stat.S_IMODE(folder.stat().st_mode) == mode
        assert not (folder / "wallet.db").exists()


def test_a_wallet_has_a_bounded_number_of_identities(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medid.adapters.identities.MAX_IDENTITIES", 1)
    wallet.identities.of("one", lists=LISTS)
    with pytest.raises(ConfigurationError, match="at most 1"):
        wallet.identities.of("two", lists=LISTS)
    assert len(list((wallet.folder / "keys").iterdir())) == 1


def test_whoever_is_second_to_make_an_identity_takes_the_first(
    wallet: Wallet,
    open_wallet: Callable[[], Wallet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = open_wallet()
    save = keyfile.save

    def slow(*args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(keyfile, "save", save)
        other.identities.of(HOSPITAL, lists=LISTS)
        save(*args, **kwargs)

    monkeypatch.setattr(keyfile, "save", slow)
    assert wallet.identities.of(HOSPITAL, lists=LISTS) == other.identities.of(HOSPITAL)
    assert len(list((wallet.folder / "keys").iterdir())) == 1


def test_a_list_that_vanishes_is_no_empty_list(
    world: World, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallet.store, "status_list", lambda url: None)
    with pytest.raises(EvidenceUnavailable):
        wallet.grant(allowed(world), to(), at=AT, lists=LISTS)


def test_what_is_signed_otherwise_is_not_kept() -> None:
    with pytest.raises(ConfigurationError, match="Data Integrity"):
        wallets._object("a token")


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_folder_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvidenceUnavailable, match="not a file name"):
        Wallet(tmp_path / name, password=lambda: b"x")
