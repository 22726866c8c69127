"""The patient's commands: nothing is signed unseen, and nothing shows a traceback."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.access.consent_store import NewConsent
from medid.adapters.consents import SqliteConsents
from medid.cli.consent_words import credential_of
from medid.core.instant import Instant
from medid.core.records import replace
from medid.errors import ConfigurationError
from medid.keys import KeyKind, PrivateKey, keyfile
from tests.cli.conftest import CHEAP, PASSWORD
from tests.health.grants import CARDIOLOGIST, PATIENT
from tests.health.test_receipts import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Command, Told

SENTENCE: Final = "my cardiologist may see everything but mental health until June 2027"
NOW: Final = "2026-11-28T09:00:00Z"
LISTS: Final = "https://wallet.example/status"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The patient's folder: an address book, and a password."""
    monkeypatch.chdir(tmp_path)
    # As cheap as a key file may be: each command opens one.
    monkeypatch.setattr(keyfile, "Protection", lambda: CHEAP)
    book = {"my cardiologist": {"did": CARDIOLOGIST}}
    (tmp_path / "contacts.yaml").write_text(json.dumps(book))
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    (tmp_path / "hospital.yaml").write_text(json.dumps(FACTS))
    return tmp_path


@pytest.fixture
def grant(medid: Command, place: Path) -> Callable[..., Told]:
    def granted(*more: object, words: str = SENTENCE, yes: bool = True) -> Told:
        argv: list[object] = ["consent", "grant", "--contacts", "contacts.yaml"]
        argv += ["--password-file", "password", "--lists", LISTS, "--now", NOW]
        argv += ["--say", words] if words else []
        argv += ["--yes"] if yes else []
        return medid(*argv, *more)

    return granted


def on(medid: Command, what: str, *more: object) -> Told:
    return medid("consent", what, *more, "--password-file", "password", "--now", NOW)


def test_a_grant_is_told_signed_and_kept(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    told = grant("--custodian", "Example Hospital", "--out", "consent.json")
    assert told.code == 0, told.err
    assert "Cardiologist may see everything but not mental health" in told.err
    assert "Not allowed: to use, share, collect or correct." in told.err
    assert "granted consent 1 for Example Hospital" in told.out
    credential = json.loads((place / "consent.json").read_text())
    assert credential["credentialSubject"]["id"] in told.out
    listed = medid("consent", "list", "--contacts", "contacts.yaml")
    assert listed.out.startswith("1  given  Example Hospital  cardiologist may see")
    shown = medid("consent", "show", "1", "--credential")
    assert shown.json() == credential
    assert medid("verify", "consent.json", "--offline", "--status", "off").code == 0


def test_json_for_programs(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    made = grant("--json").json()
    assert made["number"] == 1
    assert made["state"] == "given"
    assert made["did"] == made["patient"]
    (row,) = medid("consent", "list", "--json").lines()
    assert row["id"] == made["id"]
    shown = medid("consent", "show", made["id"], "--json").json()
    assert shown["grant"]["butNot"]
    assert [one["kind"] for one in shown["history"]] == ["granted"]
    done = on(medid, "withdraw", 1, "--yes", "--json").json()
    assert (done["state"], done["withdrawn"]) == ("withdrawn", NOW)
    assert done["statusList"].startswith(LISTS)


def test_a_dry_run_makes_nothing(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    told = grant("--dry-run")
    assert told.code == 0
    assert "Nobody else is allowed anything by this." in told.out
    dry = grant("--dry-run", "--json").json()
    assert dry["dryRun"] is True
    assert dry["grant"]["until"] == "2027-06-30"
    assert not (place / "wallet").exists()
    grant()
    assert "ends at the next check" in on(medid, "withdraw", 1, "--dry-run").out
    again = on(medid, "withdraw", 1, "--dry-run", "--json").json()
    assert again["dryRun"] is True
    assert medid("consent", "list").out.startswith("1  given")


def test_withdrawing_is_as_easy(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    grant()
    told = on(medid, "withdraw", "1", "--yes", "--out", "list.json")
    assert told.code == 0
    assert "Consent 1 for custodian ends at the next check." in told.err
    assert "withdrawn consent 1" in told.out
    shown = medid("consent", "show", 1)
    assert f"{NOW} withdrawn" in shown.out
    assert medid("verify", "list.json", "--offline").code == 0
    again = on(medid, "withdraw", "1", "--yes")
    assert again.code == 2
    assert "withdrawn before" in again.err


def test_the_word_that_is_not_known_is_pointed_at(grant: Callable[..., Told]) -> None:
    words = "my cardiologist may see all"
    told = grant(words=words)
    assert told.code == 2
    first, second, third = told.err.splitlines()
    assert first == words
    assert second.index("^") == words.index("all")
    assert "not a known word" in third
    assert "all" not in third.split()


def test_a_sentence_that_never_holds_has_no_caret(grant: Callable[..., Told]) -> None:
    told = grant(words="my cardiologist may see hiv from July 2027 until June 2027")
    assert told.code == 2
    assert "^" not in told.err


def test_a_grant_from_a_file(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    text = "who: my cardiologist\nwhat:\n  types: observations\nuntil: 2027-06-30\n"
    (place / "grant.yaml").write_text(text)
    assert grant("grant.yaml", words="").code == 0
    assert "may see observations for treatment" in medid("consent", "list").out
    (place / "grant.yaml").write_text("who: my cardiologist\nwhat: all\n")
    refused = grant("grant.yaml", words="")
    assert refused.code == 2
    assert "$.what" in refused.err
    (place / "grant.yaml").write_text("who: [\n")
    assert grant("grant.yaml", words="").code == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("grant.yaml",), "a file or a sentence"),
        (("--for", "missing.yaml"), "cannot read"),
        (("--contacts", "password"), "password"),
        (("--patient", PATIENT), "has a key that verifiers accept"),
        (("--now", "2027-08-01T00:00:00Z"), "over already"),
        (("--store", "no/such/folder.db"), "consent store"),
    ],
)
def test_wrong_calls(grant: Callable[..., Told], more: Any, told: str) -> None:
    found = grant(*more)
    assert found.code in {1, 2, 3}
    assert told in found.err
    assert "Traceback" not in found.err


def test_neither_a_file_nor_a_sentence(grant: Callable[..., Told]) -> None:
    assert grant(words="").code == 2


def test_a_new_wallet_needs_a_place_for_its_lists(medid: Command, place: Path) -> None:
    told = on(medid, "grant", "--say", f"{CARDIOLOGIST} may see hiv", "--yes")
    assert told.code == 2
    assert "--lists" in told.err


# Whether the patient agrees.


class Terminal(io.StringIO):
    """Somebody who sits there."""

    def isatty(self) -> bool:
        return True


def test_nobody_to_ask_is_no_yes(grant: Callable[..., Told], place: Path) -> None:
    told = grant(yes=False)
    assert told.code == 2
    assert "--yes" in told.err
    assert not (place / "wallet").exists()


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("\n", 1), ("y\n", 0)])
def test_the_patient_is_asked(
    grant: Callable[..., Told],
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert grant(yes=False).code == code
    assert (place / "wallet").exists() is (code == 0)


# Others who keep or sign.


def test_a_custodians_store(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    grant("--store", "hospital.db", "--reference", "Patient/p-9")
    from_store = ("--store", "hospital.db")
    (row,) = medid("consent", "list", *from_store, "--json").lines()
    assert row["patient"] == "Patient/p-9"
    assert medid("consent", "list", *from_store, "--reference", "x").out == ""
    on(medid, "withdraw", 1, "--yes", *from_store)
    assert medid("consent", "show", 1, *from_store, "--json").json()["withdrawn"] == NOW


def test_the_consents_of_many_are_listed_page_by_page(
    grant: Callable[..., Told], medid: Command
) -> None:
    for number in range(3):
        grant("--store", "hospital.db", "--reference", f"Patient/{number}")
    grant("--custodian", "Clinic", "--store", "hospital.db", "--reference", "Patient/0")

    def listed(*more: object) -> list[int]:
        told = medid("consent", "list", "--store", "hospital.db", "--json", *more)
        assert told.code == 0
        return [row["number"] for row in told.lines()]

    assert listed() == [1, 2, 3, 4]
    assert listed("--limit", 2) == [3, 4]
    assert listed("--after", 0, "--limit", 2) == [1, 2]
    assert listed("--after", 2) == [3, 4]
    assert listed("--custodian", "Clinic") == [4]
    assert listed("--reference", "Patient/0") == [1, 4]
    assert listed("--recipient", CARDIOLOGIST, "--custodian", "custodian") == [1, 2, 3]
    assert listed("--recipient", CARDIOLOGIST, "--after", 2, "--limit", 1) == [3]
    assert listed("--recipient", PATIENT) == []
    both = ("--reference", "Patient/0", "--after", 0)
    told = medid("consent", "list", "--store", "hospital.db", *both)
    assert (told.code, "--reference" in told.err) == (2, True)


@pytest.fixture
def recorder(place: Path) -> str:
    key = PrivateKey.generate(KeyKind.ED25519)
    keyfile.save(place / "r.key", key, password=PASSWORD.encode(), protection=CHEAP)
    return "r.key"


def test_a_recorder_grants_for_a_patient(
    grant: Callable[..., Told], medid: Command, recorder: str, place: Path
) -> None:
    told = grant("--patient", PATIENT, "--recorder-key", recorder, "--json")
    assert told.json()["did"] == PATIENT
    # The second time the wallet knows the recorder.
    assert grant("--patient", PATIENT).code == 0
    assert grant("--patient", PATIENT, "--recorder-key", recorder).code == 0
    # And signs by no other key than the one that is named.
    other = PrivateKey.generate(KeyKind.ED25519)
    keyfile.save(place / "o.key", other, password=PASSWORD.encode(), protection=CHEAP)
    refused = grant("--patient", PATIENT, "--recorder-key", "o.key")
    assert (refused.code, "another identity" in refused.err) == (2, True)
    credential = medid("consent", "show", 1, "--credential").json()
    assert credential["issuer"] != PATIENT
    assert credential["credentialSubject"]["grantor"] == PATIENT
    method = credential["proof"]["verificationMethod"]
    named = ("--recorder-key", recorder, "--verification-method", method)
    assert grant("--custodian", "Clinic", "--patient", PATIENT, *named).code == 3
    missing = grant("--custodian", "C", "--recorder-key", recorder, "--lists", "x")
    assert missing.code == 2


def test_a_guardian_grants_within_the_mandate(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    mandate = {"of": PATIENT, "kind": "guardian", "majority": "2027-03-01"}
    (place / "mandate.yaml").write_text(json.dumps(mandate))
    told = grant("--for", "mandate.yaml")
    assert told.code == 0
    assert "until 28 February 2027; the grant ends then, too" in told.err
    subject = medid("consent", "show", 1, "--credential").json()["credentialSubject"]
    assert subject["onBehalfOf"] == PATIENT
    # Of two mandates none is chosen: they may be those of two patients.
    stated = {"who": "my cardiologist", "what": "everything", "representation": mandate}
    (place / "grant.yaml").write_text(json.dumps(stated))
    assert grant("grant.yaml", words="").code == 0
    twice = grant("grant.yaml", "--for", "mandate.yaml", words="")
    assert (twice.code, "--for" in twice.err) == (2, True)
    mandate["majority"] = "2026-11-01"
    (place / "mandate.yaml").write_text(json.dumps(mandate))
    assert grant("--for", "mandate.yaml").code == 1

    ahead = {"of": PATIENT, "kind": "guardian", "from": "2027-01-01"}
    (place / "mandate.yaml").write_text(json.dumps(ahead))
    dry = grant("--for", "mandate.yaml", "--dry-run", yes=False)
    assert (dry.code, dry.out) == (1, "")
    assert "the mandate has not begun" in dry.err
    assert "may see" not in dry.err


# What was not granted here, what is missing, what is published.


def test_a_store_that_is_not_there_is_not_made(medid: Command, place: Path) -> None:
    for call in (("list",), ("show", "1"), ("list", "--store", "x.db")):
        told = medid("consent", *call)
        assert told.code == 2
        assert "no consent store" in told.err
    assert not (place / "x.db").exists()


def test_lists_are_published(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    grant()
    told = on(medid, "publish", "--out", "public/status")
    assert told.code == 0
    (path,) = (place / "public" / "status").iterdir()
    assert json.loads(path.read_text())["id"] == f"{LISTS}/{path.name}"
    assert on(medid, "publish", "--out", "p", "--json").json()["url"].startswith(LISTS)
    (place / "taken").write_text("x")
    assert on(medid, "publish", "--out", "taken").code == 2


def test_a_wallet_that_was_put_back_publishes_no_withdrawal_away(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    grant()
    shutil.copytree(place / "wallet", place / "copy")
    assert on(medid, "withdraw", "1", "--yes").code == 0
    assert on(medid, "publish", "--out", "p").code == 0
    shutil.rmtree(place / "wallet")
    (place / "copy").rename(place / "wallet")
    (path,) = (place / "p").iterdir()
    before = path.read_text()
    assert on(medid, "publish", "--out", "p").code == 0
    lists = [
        json.loads(text)["credentialSubject"] for text in (before, path.read_text())
    ]
    assert lists[0]["encodedList"] == lists[1]["encodedList"]
    assert medid("consent", "list").out.startswith("1  withdrawn  ")


def test_lists_are_published_to_a_custodians_store(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    grant("--store", "hospital.db")
    store = ("--store", "hospital.db")
    assert on(medid, "publish", "--out", "p", *store).code == 0
    (path,) = (place / "p").iterdir()
    kept = SqliteConsents("hospital.db").status_list(f"{LISTS}/{path.name}")
    assert kept == path.read_text()
    told = on(medid, "publish", "--out", "p", "--store", "other.db")
    assert (told.code, (place / "other.db").exists()) == (2, False)


@pytest.mark.parametrize("form", ["iso-27560", "kantara-1.1"])
def test_a_receipt_is_signed(
    grant: Callable[..., Told], medid: Command, place: Path, form: str
) -> None:
    grant()
    argv: list[object] = ["1", "--controller", "hospital.yaml", "--form", form]
    assert on(medid, "receipt", *argv, "--out", "receipt.json").code == 0
    assert medid("verify", "receipt.json", "--offline").code == 0
    made = json.loads((place / "receipt.json").read_text())
    assert made["type"][1] == "ConsentReceiptCredential"
    plain = on(medid, "receipt", *argv, "--unsigned").json()
    known = made["credentialSubject"]["consentReceipt"]
    assert plain.keys() == known.keys()
    token = on(medid, "receipt", *argv, "--securing", "vc+jwt", "--out", "receipt.jwt")
    assert token.code == 0
    assert medid("verify", "receipt.jwt", "--offline").code == 0


def test_a_custodian_signs_a_receipt_from_its_store(
    grant: Callable[..., Told], medid: Command, recorder: str
) -> None:
    grant("--store", "hospital.db")
    argv = ["1", "--controller", "hospital.yaml", "--store", "hospital.db"]
    made = on(medid, "receipt", *argv, "--key", recorder).json()
    assert made["issuer"] != made["credentialSubject"]["id"]
    assert on(medid, "receipt", *argv, "--wallet", "other").code == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--form", "paper"), "--form"),
        (("--controller", "password"), "password"),
        (("--controller", "contacts.yaml"), "contacts.yaml"),
    ],
)
def test_receipts_that_cannot_be_made(
    grant: Callable[..., Told], medid: Command, more: Any, told: str
) -> None:
    grant()
    argv = ["1", "--controller", "hospital.yaml", *more]
    refused = on(medid, "receipt", *argv)
    assert refused.code == 2
    assert told in refused.err


def test_a_withdrawn_consent_has_no_kantara_receipt(
    grant: Callable[..., Told], medid: Command
) -> None:
    grant()
    on(medid, "withdraw", 1, "--yes")
    argv = ["1", "--controller", "hospital.yaml", "--form", "kantara-1.1"]
    assert on(medid, "receipt", *argv).code == 2


def test_a_consent_that_was_not_granted_here(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    grant("--custodian", "A Clinic")
    grant("--out", "consent.json")
    store = SqliteConsents(place / "other.db")
    document = json.loads((place / "consent.json").read_text())
    store.keep(
        NewConsent(patient=PATIENT, custodian="custodian", document=document),
        at=Instant.parse(NOW),
    )
    other = ("--store", "other.db")
    assert "not granted here" in medid("consent", "list", *other).out
    assert "--credential shows" in medid("consent", "show", 1, *other).out
    argv = ["1", "--controller", "hospital.yaml", *other]
    assert on(medid, "receipt", *argv).code == 0
    # One with a word that an older medid took, and this one does not.
    misspelt: Any = {"who": [{"did": CARDIOLOGIST}], "what": {"types": ["Labs"]}}
    new = NewConsent(
        patient=PATIENT, custodian="custodian", document=document, grant=misspelt
    )
    SqliteConsents(place / "old.db").keep(new, at=Instant.parse(NOW))
    old = ("--store", "old.db")
    assert "cannot be told in words" in medid("consent", "list", *old).out
    assert "cannot be told in words" in medid("consent", "show", 1, *old).out
    token = replace(store.find("1"), document="a token")
    with pytest.raises(ConfigurationError, match="token"):
        credential_of(token)


def test_nothing_is_made_by_looking_for_a_wallet_where_there_is_none(
    medid: Command, place: Path
) -> None:
    """A misspelt folder is told: an empty wallet would publish nothing, and say yes."""
    for what in (
        ("withdraw", 1, "--dry-run"),
        ("withdraw", 1),
        ("publish", "--out", "x"),
    ):
        told = on(medid, *what, "--wallet", "walet")
        assert (told.code, told.out) == (2, "")
        assert "there is no wallet at walet" in told.err
        assert not (place / "walet").exists()


def test_a_dry_run_promises_no_second_withdrawal(
    grant: Callable[..., Told], medid: Command
) -> None:
    grant()
    assert on(medid, "withdraw", 1, "--yes").code == 0
    for flag in ("--dry-run", "--yes"):
        told = on(medid, "withdraw", 1, flag)
        assert (told.code, told.out) == (2, "")
        assert "the consent was withdrawn before" in told.err


@pytest.mark.parametrize("out", ["missing/consent.json", "folder", "x" * 300])
def test_what_cannot_be_reported_is_not_done(
    grant: Callable[..., Told], medid: Command, place: Path, out: str
) -> None:
    (place / "folder").mkdir()
    told = grant("--out", out)
    assert (told.code, told.out) == (2, "")
    assert not (place / "wallet").exists()
    grant()
    assert on(medid, "withdraw", 1, "--yes", "--out", out).code == 2
    assert medid("consent", "list").out.startswith("1  given")


def test_a_grant_in_json_is_read_as_json(
    grant: Callable[..., Told], medid: Command, place: Path
) -> None:
    """YAML knows no tabs between words, and takes an escaped pair for two letters."""
    book = {"Dr. \U0001f600": {"did": CARDIOLOGIST}}
    (place / "book.json").write_text(json.dumps(book))
    wanted = {"who": "dr. \U0001f600", "what": "everything", "until": "2027-06-30"}
    (place / "grant.json").write_text(json.dumps(wanted, indent="\t"))
    told = medid(
        *("consent", "grant", "grant.json", "--contacts", "book.json", "--dry-run"),
        *("--now", NOW, "--json"),
    )
    assert told.code == 0, told.err
    assert told.json()["dryRun"] is True
