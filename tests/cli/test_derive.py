from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.json import dumps
from medid.dids.methods import web as did_web
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey, keyfile
from tests.access.world import AT, START, World, as_doc
from tests.cli.conftest import CHEAP, PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

NOW = str(START)
KINDS = {"ecdsa-sd-2023": KeyKind.P256, "bbs-2023": KeyKind.BLS12381_G2}
LICENSE = "/credentialSubject/license"
FACTS = ["--disclose", f"{LICENSE}/profession", "--disclose", f"{LICENSE}/jurisdiction"]


@pytest.fixture
def signing(keys: Path) -> list[str]:
    return ["--password-file", str(keys / "password")]


@pytest.fixture(params=KINDS)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def board(suite: str, tmp_path: Path) -> Controller:
    """A board with a key for the suite in ``board.key``."""
    key = PrivateKey.generate(KINDS[suite])
    path = tmp_path / "board.key"
    keyfile.save(path, key, password=PASSWORD.encode(), protection=CHEAP)
    return Controller.did_key(key)


def drafted(world: World, issuer: str, holder: str) -> dict[str, Any]:
    document = {n: v for n, v in as_doc(world.license).items() if n != "proof"}
    subject = {**as_doc(document["credentialSubject"]), "id": holder}
    return {**document, "issuer": issuer, "credentialSubject": subject}


@pytest.fixture
def whole(
    medid: Command,
    world: World,
    keys: Path,
    board: Controller,
    suite: str,
    signing: list[str],
    tmp_path: Path,
) -> Path:
    """A license as the board sends it to its holder."""
    holder = keyfile.load(keys / "holder.key", password=PASSWORD.encode())
    draft, out = tmp_path / "draft.json", tmp_path / "license.json"
    holder_did = Controller.did_key(holder).did
    draft.write_text(dumps(drafted(world, board.did, holder_did)))
    told = medid(
        "issue",
        draft,
        *("--securing", suite, "--now", NOW, "--out", out),
        *("--mandatory", f"{LICENSE}/licenseNumber"),
        *("--key", tmp_path / "board.key", *signing),
    )
    assert (told.code, told.err) == (0, "")
    return out


def test_a_part_is_derived_and_verified(
    medid: Command, whole: Path, tmp_path: Path
) -> None:
    part = tmp_path / "part.json"
    told = medid("derive", whole, *FACTS, "--offline", "--out", part)
    assert (told.code, told.out, told.err) == (0, "", "")
    shown = json.loads(part.read_text())["credentialSubject"]["license"]
    assert set(shown) == {
        "type",
        "licenseNumber",
        "jurisdiction",
        "profession",
        "registrationType",
        "licenseStatus",
    }
    found = medid("verify", part, "--now", AT, "--status", "off", "--offline")
    assert found.code == 0
    assert "may be kept back" in found.out


def test_the_whole_is_not_for_a_verifier(medid: Command, whole: Path) -> None:
    found = medid(
        "verify", whole, "--now", AT, "--status", "off", "--offline", "--json"
    )
    assert found.code == 1
    (error,) = found.json()["errors"]
    assert error["code"] == "PROOF_VERIFICATION_ERROR"
    assert "medid derive" in error["fix"]


def test_a_nonce(medid: Command, whole: Path, suite: str, tmp_path: Path) -> None:
    part = tmp_path / "part.json"
    told = medid("derive", whole, *FACTS, "--nonce", "n-1", "--offline", "--out", part)
    if suite == "ecdsa-sd-2023":
        assert told.code == 1
        assert "binds a proof to no nonce" in told.err
        assert "medid.present(challenge=...)" in told.err
        return
    asked = ["--now", AT, "--status", "off", "--offline", "--json"]
    assert medid("verify", part, *asked, "--nonce", "n-1").code == 0
    replayed = medid("verify", part, *asked, "--nonce", "n-2")
    assert replayed.code == 1
    (error,) = replayed.json()["errors"]
    assert error["code"] == "INVALID_CHALLENGE_ERROR"


def test_presenting_derives_first(
    medid: Command, whole: Path, keys: Path, signing: list[str], tmp_path: Path
) -> None:
    shown = tmp_path / "shown.json"
    about = ["--challenge", "c-1", "--domain", "gw.example", "--now", AT]
    told = medid(
        "present",
        whole,
        *FACTS,
        *(*about, "--key", keys / "holder.key", *signing, "--out", shown),
    )
    assert (told.code, told.err) == (0, "")
    (credential,) = json.loads(shown.read_text())["verifiableCredential"]
    assert "practitionerIdentifier" not in credential["credentialSubject"]
    found = medid(
        *("verify", shown, "--status", "off", "--offline"),
        *("--require-holder-binding", *about),
    )
    assert found.code == 0
    undisclosed = medid(
        "present", whole, *about, "--key", keys / "holder.key", *signing
    )
    assert undisclosed.code == 1
    assert "derive from it first" in undisclosed.err


def test_several_are_presented_and_the_pointers_are_for_those_that_let_choose(
    medid: Command, whole: Path, keys: Path, signing: list[str], tmp_path: Path
) -> None:
    holder = keyfile.load(keys / "holder.key", password=PASSWORD.encode())
    plain, shown = tmp_path / "plain.json", tmp_path / "shown.json"
    who = Controller.did_key(holder)
    plain.write_text(dumps(drafted(World(), who.did, who.did)))
    signed = tmp_path / "signed.json"
    medid(
        *("issue", plain, "--now", NOW, "--out", signed),
        *("--key", keys / "holder.key", *signing),
    )
    arguments = ["--now", AT, "--key", keys / "holder.key", *signing, "--out", shown]
    arguments += ["--securing", "eddsa-jcs-2022"]
    told = medid("present", whole, signed, whole, *FACTS, *arguments)
    assert (told.code, told.err) == (0, "")
    first, second, third = json.loads(shown.read_text())["verifiableCredential"]
    assert first["credentialSubject"] == third["credentialSubject"]
    assert second == json.loads(signed.read_text())
    wrong = medid("present", whole, signed, "--disclose", "/nothing", *arguments)
    assert wrong.code == 1
    assert "leads to nothing" in wrong.err
    nothing = medid("present", signed, "--disclose", "/name", *arguments)
    assert nothing.code == 2
    assert "lets its holder choose" in nothing.err


@pytest.mark.parametrize("content", ["{", "{}", '{"proof": []}', "a.b.c", "", "~"])
def test_what_nothing_can_be_derived_from(
    medid: Command, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "file"
    file.write_text(content)
    told = medid("derive", file, "--disclose", "/name", "--offline")
    assert told.code in {1, 2}
    assert told.err.startswith("error: ")
    assert told.out == ""


def test_a_credential_without_a_readable_proof_is_not_derived_from(
    medid: Command, keys: Path, signing: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text('{"proof": []}')
    told = medid(
        *("present", file, "--disclose", "/name"),
        *("--key", keys / "holder.key", *signing),
    )
    assert told.code == 2
    assert "lets its holder choose" in told.err


def test_the_issuer_s_document_may_be_handed_in(
    medid: Command, world: World, signing: list[str], tmp_path: Path
) -> None:
    key = PrivateKey.generate(KeyKind.P256)
    keyfile.save(tmp_path / "k", key, password=PASSWORD.encode(), protection=CHEAP)
    did = did_web.create("sd.example")
    url = did_web.document_url(did)
    draft, out = tmp_path / "draft.json", tmp_path / "license.json"
    draft.write_text(dumps(drafted(world, str(did), world.practitioner.did)))
    told = medid(
        *("issue", draft, "--securing", "ecdsa-sd-2023", "--now", NOW, "--out", out),
        *("--key", tmp_path / "k", *signing, "--verification-method", f"{did}#k"),
    )
    assert (told.code, told.err) == (0, "")
    for public, code in (
        (key.public_key, 0),
        (PrivateKey.generate(KeyKind.P256).public_key, 1),
    ):
        named = did_web.NamedKey(fragment="k", key=public)
        (tmp_path / "did.json").write_text(dumps(did_web.document(did, [named])))
        given = ["--document", f"{url}={tmp_path / 'did.json'}", "--offline"]
        assert medid("derive", out, *FACTS, *given).code == code


def test_an_sd_jwt(
    medid: Command, keys: Path, signing: list[str], tmp_path: Path
) -> None:
    board = keyfile.load(keys / "board.key", password=PASSWORD.encode())
    holder = keyfile.load(keys / "holder.key", password=PASSWORD.encode())
    draft, token = tmp_path / "draft.json", tmp_path / "license.sd-jwt"
    claims = {
        "iss": Controller.did_key(board).did,
        "vct": LICENSE_CREDENTIAL.iri,
        "name": "Chen",
        "city": "Columbus",
    }
    draft.write_text(json.dumps(claims))
    medid(
        *("issue", draft, "--securing", "dc+sd-jwt", "--now", NOW, "--out", token),
        *("--disclosable", "/name", "--disclosable", "/city"),
        *("--holder-key", holder.public_key.to_multikey()),
        *("--key", keys / "board.key", *signing),
    )
    told = medid(
        *("derive", token, "--disclose", "/city", "--now", AT, "--offline"),
        *("--nonce", "n", "--audience", "https://gw.example"),
        *("--key", keys / "holder.key", *signing),
    )
    assert told.code == 0
    assert told.out.count("~") == 2
    shown = tmp_path / "shown"
    shown.write_text(told.out)
    found = medid(
        *("verify", shown, "--now", AT, "--offline", "--require-key-binding"),
        *("--nonce", "n", "--audience", "https://gw.example"),
    )
    assert found.code == 0


def test_a_key_for_bbs_is_made_and_kept(
    medid: Command, signing: list[str], tmp_path: Path
) -> None:
    arguments = ["--kind", "BLS12-381-G2", "--out", tmp_path / "k", *signing]
    told = medid("key", "generate", *arguments, "--json")
    assert told.code == 0
    found = told.json()
    assert found["kind"] == "BLS12-381-G2"
    assert "publicKeyJwk" not in found
    assert [did.split(":")[1] for did in found["dids"]] == ["key"]
