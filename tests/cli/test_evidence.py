"""Decisions that were written down, checked and made again from the command line."""

from __future__ import annotations

import json
import ssl
import sys
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.bundle import FORM, read
from medid.access.bundle_timestamps import digest_to_stamp, with_timestamp
from medid.adapters.archives import SqliteArchive
from medid.adapters.timestamps import TimestampAuthority
from medid.cli.demo_world import PATIENT, PRACTITIONER
from medid.core.fetch import Fetched, FetchRequest
from medid.core.instant import Instant
from medid.core.json import dumps
from medid.dids.methods import web as did_web
from medid.dids.syntax import Did
from medid.dids.webvh.location import locate
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey, keyfile
from tests.access import test_visa_decisions as visas
from tests.access.test_bundle import GOLDEN
from tests.access.visa_world import EVERYBODY, passport
from tests.cli.conftest import PASSWORD
from tests.dids.webvh import logs
from tests.keys.tsa import ROOT, drafted
from tests.verifying import world as web

if TYPE_CHECKING:
    from pathlib import Path

    from tests.access.world import World
    from tests.cli.conftest import Command

pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture
def call(folder: Path, keys: Path) -> list[str]:
    """A call that permits, without the file to write the bundle to."""
    return [
        "decide",
        *("--presentation", str(folder / "presentation.json")),
        *("--request", str(folder / "request.json")),
        *("--trust", str(folder / "trust.json")),
        *("--evidence", str(folder / "evidence.json")),
        "--offline",
        *("--bundle-key", str(keys / "board.key")),
        *("--password-file", str(keys / "password")),
    ]


@pytest.fixture
def bundle(medid: Command, call: list[str], tmp_path: Path) -> Path:
    file = tmp_path / "bundle.json"
    assert medid(*call, "--bundle", file).code == 0
    return file


def did_of(file: Path) -> str:
    return read(file.read_bytes()).kid.partition("#")[0]


def test_a_decision_is_written_down_and_made_again(
    medid: Command, bundle: Path
) -> None:
    assert bundle.stat().st_mode & 0o777 == 0o600
    told = medid("evidence", "verify", bundle, "--did", did_of(bundle))
    assert (told.code, told.out, told.err) == (
        0,
        "signed as said; the same is decided: permit\n",
        "",
    )


def test_what_the_caller_cannot_perform_is_recorded_as_it_is_told(
    medid: Command, call: list[str], folder: Path, tmp_path: Path
) -> None:
    """The bundle holds what was judged: what a caller can do is none of a case's."""
    request = json.loads((folder / "request.json").read_text())
    request["action"]["properties"]["purposeOfUse"][0]["code"] = "BTG"
    glass = {"declared": True, "authorised": True, "reason": "unconscious"}
    request["context"] |= {"breakGlass": glass, "supported_obligations": []}
    asked, log, key = (tmp_path / name for name in ("r.json", "log", "log.key"))
    asked.write_text(dumps(request))
    key.write_text(f"{'ab' * 32}\n")
    key.chmod(0o600)
    file = tmp_path / "bundle.json"
    audit = ("--audit", log, "--audit-key-file", key)
    for kept in ((), audit):
        file.unlink(missing_ok=True)
        given = medid(*call, "--request", asked, "--bundle", file, *kept)
        assert given.code == 1, given
        codes = [one["code"] for one in given.json()["context"]["reasons"]]
        assert codes[0] == "OBLIGATION_NOT_SUPPORTED"
        told = medid("evidence", "verify", file, "--did", did_of(file))
        assert told.code == 0, told
    (record,) = medid("audit", "export", log, "--key-file", key).lines()
    assert record["id"] == given.json()["context"]["id"]
    assert (record["outcome"], record["obligations"]) == ("deny", [])


def test_the_signers_key_may_be_given_as_a_file(
    medid: Command, bundle: Path, keys: Path, tmp_path: Path
) -> None:
    public = tmp_path / "public.jwk"
    key = keyfile.load(keys / "board.key", password=PASSWORD.encode()).public_key
    keyfile.save_public(public, key)
    found = medid("evidence", "verify", bundle, "--key", public, "--json")
    assert found.code == 0
    assert found.json() == {
        "same": True,
        "outcome": "permit",
        "differences": [],
        "decidedBy": "0.1.0",
        "replayedBy": found.json()["replayedBy"],
    }


def test_a_bundle_of_an_earlier_run_is_made_again_without_a_network(
    medid: Command,
) -> None:
    assert medid("evidence", "verify", GOLDEN, "--did", did_of(GOLDEN)).code == 0


def test_a_forged_member_is_named_and_refused(
    medid: Command, bundle: Path, tmp_path: Path
) -> None:
    document = json.loads(bundle.read_text())
    document["trust"]["description"] = "another"
    forged = tmp_path / "forged.json"
    forged.write_text(dumps(document))
    told = medid("evidence", "verify", forged, "--did", did_of(bundle))
    assert told.code == 1
    assert "$.trust" in told.err
    assert PATIENT not in told.err


def test_another_signer_is_refused(
    medid: Command, bundle: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jwk"
    keyfile.save_public(other, PrivateKey.generate(KeyKind.ED25519).public_key)
    assert medid("evidence", "verify", bundle, "--key", other).code == 1
    told = medid("evidence", "verify", bundle, "--did", did_of(GOLDEN))
    assert told.code == 1
    assert "$.signature.kid" in told.err


def test_somebody_has_to_say_whose_signature_counts(
    medid: Command, bundle: Path, tmp_path: Path
) -> None:
    for flags in ((), ("--did", did_of(bundle), "--key", tmp_path / "x")):
        assert medid("evidence", "verify", bundle, *flags).code == 2


def signed_again(document: dict[str, Any], keys: Path, file: Path) -> tuple[Path, str]:
    """What a signer with the key could write, whatever it decided."""
    key = keyfile.load(keys / "board.key", password=PASSWORD.encode())
    controller = Controller.did_key(key)
    kid = controller.verification_method
    document["signature"] = FORM.sign(document, key, kid=kid)
    file.write_text(dumps(document))
    return file, controller.did


def test_another_decision_is_shown_with_what_differs(
    medid: Command, bundle: Path, keys: Path, tmp_path: Path
) -> None:
    document = json.loads(bundle.read_text())
    document["decision"]["context"]["outcome"] = "deny"
    document["library"] = "0.0.1"
    file, did = signed_again(document, keys, tmp_path / "other.json")
    told = medid("evidence", "verify", file, "--did", did)
    assert told.code == 1
    assert "another decision: permit\n  differs: outcome\n" in told.out
    assert "decided by medid 0.0.1" in told.out


def test_what_cannot_be_replayed_here_is_neither_same_nor_other(
    medid: Command, bundle: Path, keys: Path, tmp_path: Path
) -> None:
    document = json.loads(bundle.read_text())
    document["contexts"]["bundled"]["https://gone.example/v1"] = "00"
    file, did = signed_again(document, keys, tmp_path / "other.json")
    assert medid("evidence", "verify", file, "--did", did).code == 3


def test_what_is_shown_is_nothing_of_the_patient(
    medid: Command, bundle: Path, world: World
) -> None:
    for flags in ((), ("--json",)):
        told = medid("evidence", "show", bundle, *flags)
        assert told.code == 0
        assert "LICENSE_OK" in told.out
        assert "2026-06-15T12:01:00Z" in told.out
        for secret in (PATIENT, PRACTITIONER, world.practitioner.did, "status"):
            assert secret not in told.out
    found = medid("evidence", "show", bundle, "--json").json()
    assert found["outcome"] == "permit"
    assert len(found["documents"]) == len(world.web.documents)
    assert found["missing"] == []


def test_missing_evidence_and_odd_decisions_are_shown(
    medid: Command, bundle: Path, keys: Path, tmp_path: Path
) -> None:
    document = json.loads(bundle.read_text())
    documents = document["evidence"]["documents"]
    documents[next(iter(documents))] = {"code": "FETCH_FAILED", "message": "m"}
    document["decision"]["context"]["reasons"] = 1
    file, _ = signed_again(document, keys, tmp_path / "other.json")
    found = medid("evidence", "show", file, "--json").json()
    assert found["missing"] == ["FETCH_FAILED"]
    assert found["reasons"] == []


def test_a_bundle_is_never_written_over_another(
    medid: Command, call: list[str], bundle: Path
) -> None:
    before = bundle.read_bytes()
    told = medid(*call, "--bundle", bundle)
    assert (told.code, told.out) == (2, "")
    assert bundle.read_bytes() == before


def test_a_bundle_has_a_file_and_a_key(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    assert medid(*call).code == 2
    where = call.index("--bundle-key")
    without = [*call[:where], *call[where + 2 :]]
    assert medid(*without, "--bundle", tmp_path / "b.json").code == 2


def test_what_cannot_be_opened_cannot_be_written_down(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    place = call.index("--presentation") + 1
    changed = [*call[:place], str(broken), *call[place + 1 :]]
    told = medid(*changed, "--bundle", tmp_path / "b.json")
    assert (told.code, told.out) == (2, "")
    assert not (tmp_path / "b.json").exists()


def test_a_time_stamp_shows_since_when_a_bundle_exists(
    medid: Command, bundle: Path, tmp_path: Path
) -> None:
    root, stamped = tmp_path / "root.pem", tmp_path / "stamped.json"
    root.write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    document = json.loads(bundle.read_text())
    token = drafted(imprint=digest_to_stamp(document)).token()
    stamped.write_text(dumps(with_timestamp(document, token)))
    call = ("evidence", "verify", "--did", did_of(bundle), "--timestamp-anchors", root)
    told = medid(*call, stamped)
    assert told.code == 0
    assert "  exists since 2026-06-15T12:00:00Z at the latest\n" in told.out
    assert medid(*call, stamped, "--json").json()["existedAt"] == "2026-06-15T12:00:00Z"
    assert medid(*call, bundle).code == 1
    for odd in (b"", b"\xff"):
        root.write_bytes(odd)
        assert medid(*call, stamped).code == 2


def test_a_time_stamp_has_a_bundle_an_authority_and_anchors(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    root, file = tmp_path / "root.pem", tmp_path / "b.json"
    root.write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    url = ("--timestamp-url", "http://tsa.example/")
    anchors = ("--timestamp-anchors", root)
    for flags in (url, anchors, (*url, *anchors)):
        assert medid(*call, "--bundle", file, *flags).code == 2
        assert not file.exists()


def test_a_bundle_is_stamped_before_it_is_written(
    medid: Command, call: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stands in for an authority on the network; its client has its own tests."""
    root, file = tmp_path / "root.pem", tmp_path / "b.json"
    root.write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    monkeypatch.setattr(
        TimestampAuthority,
        "stamp",
        lambda _self, digest: drafted(imprint=digest).token(),
    )
    flags = ("--timestamp-url", "https://tsa.example/", "--timestamp-anchors", root)
    assert medid(*call, "--bundle", file, *flags).code == 0
    told = medid(
        *("evidence", "verify", file, "--did", did_of(file)),
        *("--timestamp-anchors", root),
    )
    assert (told.code, "exists since" in told.out) == (0, True)


# A site's own policy, and a passport.

CEDAR = '@id("everything") permit(principal, action, resource);\n'
CLOSED = '@id("closed") forbid(principal, action, resource);\n'


@pytest.mark.parametrize(("text", "code"), [(CEDAR, 0), (CEDAR + CLOSED, 1)])
def test_a_policy_is_written_down_and_asked_again(
    medid: Command, call: list[str], tmp_path: Path, text: str, code: int
) -> None:
    policy, file = tmp_path / "site.cedar", tmp_path / "bundle.json"
    policy.write_text(text)
    told = medid(*call, "--policy", policy, "--bundle", file)
    assert told.code == code
    reasons = [one["code"] for one in told.json()["context"]["reasons"]]
    assert ("SITE_POLICY_DENIED" in reasons) is (code == 1)
    again = medid("evidence", "verify", file, "--did", did_of(file))
    assert again.code == 0
    assert "the site's own policy: asked again" in again.out
    as_json = medid("evidence", "verify", file, "--did", did_of(file), "--json")
    assert as_json.json()["policy"] == "asked-again"


def test_without_cedar_what_the_policy_said_counts(
    medid: Command, call: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, file = tmp_path / "site.cedar", tmp_path / "bundle.json"
    policy.write_text(CEDAR)
    assert medid(*call, "--policy", policy, "--bundle", file).code == 0
    monkeypatch.setitem(sys.modules, "cedarpy", None)
    told = medid("evidence", "verify", file, "--did", did_of(file))
    assert told.code == 0
    assert "not asked again; what it said is recorded" in told.out
    told = medid(*call, "--policy", policy, "--bundle", tmp_path / "other.json")
    assert told.code == 2
    assert "MISSING_EXTRA" in told.err


def test_a_policy_of_no_known_kind_is_not_asked_again(
    medid: Command, call: list[str], tmp_path: Path, keys: Path
) -> None:
    policy, file = tmp_path / "site.cedar", tmp_path / "bundle.json"
    policy.write_text(CEDAR)
    assert medid(*call, "--policy", policy, "--bundle", file).code == 0
    document = json.loads(file.read_text())
    document["policy"]["content"] = {"rego": "package site"}
    key = keyfile.load(keys / "board.key", password=PASSWORD.encode())
    kid = read(file.read_bytes()).kid
    document["signature"] = FORM.sign(document, key, kid=kid)
    other = tmp_path / "other.json"
    other.write_text(dumps(document))
    told = medid("evidence", "verify", other, "--did", did_of(file))
    assert told.code == 0
    assert "not asked again" in told.out
    # A content that is not the one of the digest cannot be asked in its place.
    document["policy"]["content"] = {"cedar": CEDAR + CLOSED, "schema": None}
    document["signature"] = FORM.sign(document, key, kid=kid)
    other.write_text(dumps(document))
    told = medid("evidence", "verify", other, "--did", did_of(file))
    assert told.code == 3
    assert "another policy" in told.err


def test_a_policy_that_is_none_is_a_wrong_call(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    wrong, text, binary = (tmp_path / name for name in ("wrong", "text", "binary"))
    wrong.write_text("permit(")
    text.write_text(CEDAR)
    binary.write_bytes(b"\xff")
    whole = (*call, "--bundle", tmp_path / "bundle.json")
    for arguments, said in (
        (("--policy", wrong), "not a set of Cedar policies"),
        (("--policy", binary), "not text in UTF-8"),
        (("--policy", tmp_path / "absent"), "cannot read"),
        (("--policy", text, "--policy-schema", wrong), "do not fit the schema"),
        (("--policy-schema", wrong), "a schema is one of a policy"),
    ):
        told = medid(*whole, *arguments)
        assert told.code == 2
        assert said in told.err
    assert medid(*whole, "--policy", text).code == 0


@pytest.fixture
def researched(world: World, call: list[str], tmp_path: Path) -> list[str]:
    """A call that permits research with a passport, and not without."""
    request, trust = tmp_path / "request.json", tmp_path / "trust.json"
    request.write_text(dumps(visas.plain(world).document))
    trust.write_text(dumps(visas.registry(world).document))
    changed = list(call)
    changed[changed.index("--request") + 1] = str(request)
    changed[changed.index("--trust") + 1] = str(trust)
    return changed


def identities() -> list[str]:
    found: list[str] = []
    for iss, sub in EVERYBODY:
        found += ["--identity", f"{iss} {sub}"]
    return found


def test_a_decision_on_a_passport_is_written_down_and_made_again(
    medid: Command, researched: list[str], tmp_path: Path
) -> None:
    handed, file = tmp_path / "passport.json", tmp_path / "bundle.json"
    handed.write_text(json.dumps({"ga4gh_passport_v1": [*visas.ALL]}))
    with_visas = (*researched, "--passport", handed)
    assert medid(*researched, "--bundle", tmp_path / "1").code == 1
    # Nobody said whose the visas are.
    assert medid(*with_visas, "--bundle", tmp_path / "2").code == 1
    assert medid(*with_visas, *identities(), "--bundle", file).code == 0
    told = medid("evidence", "verify", file, "--did", did_of(file))
    assert (told.code, told.out) == (
        0,
        "signed as said; the same is decided: permit\n",
    )
    document = json.loads(file.read_text())
    document["passport"]["source"]["ga4gh_passport_v1"].pop()
    file.write_text(json.dumps(document))
    refused = medid("evidence", "verify", file, "--did", did_of(file))
    assert refused.code == 1
    assert "$.passport" in refused.err


def test_a_passport_in_a_jwt_is_read(
    medid: Command, researched: list[str], tmp_path: Path
) -> None:
    handed, file = tmp_path / "passport.jwt", tmp_path / "bundle.json"
    handed.write_text(passport(*visas.ALL) + "\n")
    call = (*researched, "--passport", handed, *identities(), "--bundle", file)
    assert medid(*call).code == 0
    assert medid("evidence", "verify", file, "--did", did_of(file)).code == 0


def test_a_passport_that_is_none_is_a_wrong_call(
    medid: Command, researched: list[str], tmp_path: Path
) -> None:
    handed, bad = tmp_path / "passport.json", tmp_path / "bad.json"
    handed.write_text(json.dumps({"ga4gh_passport_v1": [*visas.ALL]}))
    bad.write_text("{}")
    good = ("--identity", "https://broker.example user-7")
    whole = (*researched, "--bundle", tmp_path / "bundle.json")
    for arguments, said in (
        (("--passport", bad), "--passport"),
        (("--passport", tmp_path / "absent"), "cannot read"),
        (good, "identities are those of a passport"),
        (("--passport", handed, "--identity", "user-7"), "--identity"),
        (("--passport", handed, "--identity", " user-7"), "--identity"),
        (("--passport", handed, "--identity", "https://broker.example "), "--identity"),
    ):
        told = medid(*whole, *arguments)
        assert told.code == 2
        assert said in told.err
    assert medid(*whole, "--passport", handed, *identities()).code == 0


# The key that a DID had when the bundle was signed.

SIGNED = Instant.parse("2026-06-15T12:00:00Z")  # as every token of the tests states
DAY = 86_400


def stamped(document: Any) -> Any:
    """The bundle with a time-stamp of ``SIGNED``."""
    token = drafted(imprint=digest_to_stamp(document)).token()
    return with_timestamp(document, token)


@pytest.fixture
def verifiers(bundle: Path, tmp_path: Path) -> Any:
    """Writes the bundle as a gateway with a key of this DID would have signed it."""

    def write(key: PrivateKey, kid: str, *, at: Instant = SIGNED) -> list[str]:
        document = json.loads(bundle.read_text())
        document["signedAt"] = str(at)
        document["signature"] = FORM.sign(document, key, kid=kid)
        file, root = tmp_path / "signed.json", tmp_path / "root.pem"
        file.write_text(dumps(stamped(document)))
        root.write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
        return ["evidence", "verify", str(file), "--did", kid.partition("#")[0]]

    return write


def anchored(tmp_path: Path) -> list[str]:
    return ["--timestamp-anchors", str(tmp_path / "root.pem")]


def log_of(tmp_path: Path, *changes: float) -> tuple[str, list[str]]:
    """A gateway's log whose key was replaced so many days after ``SIGNED``."""
    entries = [logs.first("a", at=str(SIGNED.plus(-DAY)))]
    did = str(logs.did_of(entries))
    for number, days in enumerate(changes):
        document = logs.state(did, key_name=f"key of change {number}")
        at = str(SIGNED.plus(days * DAY))
        entries.append(logs.after(entries[-1], "a", document=document, at=at))
    file = tmp_path / "did.jsonl"
    file.write_bytes(logs.lines(entries))
    url = locate(logs.did_of(entries)).log_url
    return f"{did}#key-1", ["--document", f"{url}={file}"]


def test_a_bundle_of_a_gateway_under_did_webvh(
    medid: Command, verifiers: Any, tmp_path: Path
) -> None:
    kid, log = log_of(tmp_path)
    call = (*verifiers(logs.key("signing"), kid), *log)
    told = medid(*call)
    assert told.code == 0
    assert f"by a key that the DID had at {SIGNED}, by the bundle itself" in told.out
    assert medid(*call, "--json").json()["keyOf"] == str(SIGNED)
    assert medid(*call[:-2]).code == 3  # without the log


def test_a_key_that_was_replaced_since_counts_with_a_time_stamp(
    medid: Command, verifiers: Any, tmp_path: Path
) -> None:
    kid, log = log_of(tmp_path, 30)
    call = (*verifiers(logs.key("signing"), kid), *log)
    alone = medid(*call)
    assert alone.code == 3
    assert "HISTORY_UNKNOWN" in alone.err
    assert "--timestamp-anchors" in alone.err
    told = medid(*call, *anchored(tmp_path))
    assert told.code == 0
    assert f"by a key that the DID had at {SIGNED}, by time-stamp" in told.out
    stated = medid(*call, "--existed-at", str(SIGNED.plus(29 * DAY)), "--json")
    assert stated.code == 0
    assert stated.json()["shownBy"] == "your word"
    # The key was replaced already then.
    late = medid(*call, "--existed-at", str(SIGNED.plus(31 * DAY)))
    assert late.code == 1
    both = ("--existed-at", str(SIGNED.plus(31 * DAY)), *anchored(tmp_path))
    assert medid(*call, *both).code == 0
    assert medid(*call, "--existed-at", "then").code == 2


def test_a_key_that_came_later_signed_nothing_before(
    medid: Command, verifiers: Any, tmp_path: Path
) -> None:
    """Whoever has today's key cannot sign for a day on which it was not there."""
    kid, log = log_of(tmp_path, 30)
    call = (*verifiers(logs.key("key of change 0"), kid), *log)
    assert medid(*call).code == 3
    assert medid(*call, *anchored(tmp_path)).code == 1
    later = (*verifiers(logs.key("key of change 0"), kid, at=SIGNED.plus(31 * DAY)),)
    told = medid(*later, *log)
    assert told.code == 0
    assert "by the bundle itself" in told.out


def test_a_stolen_key_that_was_replaced_dates_nothing_back(
    medid: Command, verifiers: Any, tmp_path: Path
) -> None:
    """It says of itself that it is older than the change; nothing else does."""
    kid, log = log_of(tmp_path, -0.5)
    call = (*verifiers(logs.key("signing"), kid, at=SIGNED.plus(-0.6 * DAY)), *log)
    assert medid(*call).code == 3
    assert medid(*call, *anchored(tmp_path)).code == 1


def test_a_signer_that_was_given_up_counts_as_of_before(
    medid: Command, verifiers: Any, tmp_path: Path
) -> None:
    entries = [logs.first("a", at=str(SIGNED.plus(-DAY)))]
    entries.append(
        logs.after(entries[-1], "a", at=str(SIGNED.plus(DAY)), deactivated=True)
    )
    did = logs.did_of(entries)
    file = tmp_path / "did.jsonl"
    file.write_bytes(logs.lines(entries))
    log = ("--document", f"{locate(did).log_url}={file}")
    call = (*verifiers(logs.key("signing"), f"{did}#key-1"), *log)
    assert medid(*call).code == 3
    assert medid(*call, *anchored(tmp_path)).code == 0


def test_a_signing_time_that_has_not_come_is_the_present(
    medid: Command, verifiers: Any, tmp_path: Path
) -> None:
    kid, log = log_of(tmp_path)
    later = Instant.parse("2990-01-01T00:00:00Z")
    told = medid(*verifiers(logs.key("signing"), kid, at=later), *log)
    assert told.code == 0
    assert "2990" not in told.out


def test_of_a_did_web_the_keys_of_today_count_and_that_is_said(
    medid: Command, verifiers: Any, tmp_path: Path
) -> None:
    gateway = web.web_controller("gateway.example", "key-1")
    call = verifiers(gateway.signer, gateway.verification_method)
    published = tmp_path / "did.json"
    published.write_text(dumps(web.web_document(gateway)))
    given = ("--document", f"{gateway.did}={published}")
    told = medid(*call, *given)
    assert told.code == 0
    assert "by a key that the DID has today; of then it tells nothing" in told.out
    assert medid(*call, *given, "--json").json()["keyOf"] == "today"
    # When it existed does not tell which keys there were then.
    stated = medid(*call, *given, "--existed-at", str(SIGNED), "--json")
    assert (stated.code, stated.json()["keyOf"]) == (0, "today")
    other = web.web_controller("gateway.example", "key-2")
    published.write_text(dumps(web.web_document(other)))
    assert medid(*call, *given).code == 1
    assert medid(*call).code == 3


def test_an_archive_tells_the_keys_that_a_did_web_had(
    medid: Command, verifiers: Any, tmp_path: Path
) -> None:
    gateway = web.web_controller("gateway.example", "key-1")
    other = web.web_controller("gateway.example", "key-2")
    call = verifiers(gateway.signer, gateway.verification_method)
    file = tmp_path / "archive.db"
    archive = SqliteArchive(file)
    url = did_web.document_url(Did.parse(gateway.did))
    asked = FetchRequest(url=url, accept=did_web.ACCEPT, max_bytes=10_000)
    for controller, days in ((gateway, -0.5), (other, 30)):
        content = dumps(web.web_document(controller)).encode()
        seen = Fetched.of(url, content, fetched_at=SIGNED.plus(days * DAY))
        archive.record(asked, seen)
    then = ("--archive", file)
    told = medid(*call, *then, *anchored(tmp_path))
    assert told.code == 0
    assert f"by a key that the DID had at {SIGNED}, by time-stamp" in told.out
    at = str(SIGNED.plus(30 * DAY))
    assert medid(*call, *then, "--existed-at", at).code == 1
    # Nobody looked near enough to that day, or nothing tells which day it is.
    at = str(SIGNED.plus(15 * DAY))
    unknown = medid(*call, *then, "--existed-at", at)
    assert unknown.code == 3
    assert "HISTORY_UNKNOWN" in unknown.err
    assert medid(*call, *then).code == 3


def test_a_gateway_signs_under_a_did_of_its_own(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    method = "did:web:gateway.example#key-1"
    given = ("--verification-method", method)
    assert medid(*call, *given, "--bundle", file).code == 0
    found = read(file.read_bytes())
    assert found.kid == method
    shown = medid("evidence", "show", file, "--json").json()
    assert shown["signedAt"] == str(found.signed_at)
    where = call.index("--bundle-key")
    without = [*call[:where], *call[where + 4 :]]
    assert medid(*without, *given).code == 2
