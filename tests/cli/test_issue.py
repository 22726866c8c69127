from __future__ import annotations

import json
import stat
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.json import dumps
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey, keyfile
from medid.verifying.opening import open_document
from tests.access.world import AT, START, World, as_doc
from tests.cli.conftest import CHEAP, PASSWORD
from tests.verifying.world import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command, Told

URL = "https://board.example/status/1"
NOW = str(START)


@pytest.fixture
def sign(medid: Command, keys: Path) -> Any:
    """A command that signs, with its key and password."""

    def call(*argv: str | Path, key: str = "board.key") -> Told:
        return medid(*argv, "--key", keys / key, "--password-file", keys / "password")

    return call


def who(keys: Path, name: str = "board.key") -> Controller:
    return Controller.did_key(keyfile.load(keys / name, password=PASSWORD.encode()))


@pytest.fixture
def draft(world: World, keys: Path, tmp_path: Path) -> Path:
    """An unsigned license of the board whose key is on file."""
    document = {n: v for n, v in world.license.items() if n != "proof"}
    document["issuer"] = who(keys).did
    subject = as_doc(document["credentialSubject"])
    document["credentialSubject"] = {**subject, "id": who(keys, "holder.key").did}
    file = tmp_path / "draft.json"
    file.write_text(dumps(document))
    return file


@pytest.mark.parametrize(
    "securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt", "vc+cose"]
)
def test_what_is_issued_verifies(
    sign: Any, medid: Command, draft: Path, tmp_path: Path, securing: str
) -> None:
    out = tmp_path / "license"
    told = sign("issue", draft, "--securing", securing, "--now", NOW, "--out", out)

    assert (told.code, told.out, told.err) == (0, "", "")
    # It is somebody's; one that was there keeps the mode that somebody chose.
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    out.chmod(0o640)
    sign("issue", draft, "--securing", securing, "--now", NOW, "--out", out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    # Of a name to which nothing can be added, too.
    longest = tmp_path / ("x" * 250)
    sign("issue", draft, "--securing", securing, "--now", NOW, "--out", longest)
    assert stat.S_IMODE(longest.stat().st_mode) == 0o600
    checked = medid("verify", out, "--now", AT, "--status", "off", "--offline")
    assert checked.code == 0


def test_by_default_it_is_printed(sign: Any, draft: Path, keys: Path) -> None:
    found = sign("issue", draft, "--now", NOW).json()

    assert found["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    assert found["proof"]["created"] == NOW
    assert found["proof"]["verificationMethod"] == who(keys).verification_method


def test_what_is_issued_is_never_too_large_to_be_read(
    sign: Any, medid: Command, keys: Path, tmp_path: Path
) -> None:
    claims = {f"a{n}": n for n in range(5_000)}
    document = plain(who(keys), credentialSubject={**claims, "alumniOf": "x" * 970_000})
    draft, out = tmp_path / "large.json", tmp_path / "issued.json"
    draft.write_text(dumps(document))
    told = sign(
        *("issue", draft, "--securing", "eddsa-jcs-2022", "--now", NOW, "--out", out)
    )
    assert (told.code, told.err) == (0, "")
    assert len(dumps(json.loads(out.read_text()), indent=2)) > 1_048_576
    checked = medid("verify", out, "--now", AT, "--offline")
    assert checked.code == 0


def test_a_cose_message_is_bytes_in_a_file_and_base64_on_the_screen(
    sign: Any, medid: Command, draft: Path, tmp_path: Path, stdin: Any
) -> None:
    out = tmp_path / "license.cose"
    flags = ("--securing", "vc+cose", "--now", NOW)
    assert sign("issue", draft, *flags, "--out", out).code == 0
    told = sign("issue", draft, *flags)

    assert out.read_bytes()[:2] == b"\xd2\x84"
    assert told.out == b64encode(out.read_bytes()).decode() + "\n"
    asked = ("--now", AT, "--status", "off", "--offline")
    stdin(told.out.encode())
    assert medid("verify", "-", *asked).code == 0
    stdin(out.read_bytes())
    assert medid("verify", "-", *asked).code == 0
    for content in (out.read_bytes(), told.out.encode()):
        out.write_bytes(content)
        asking = ("--challenge", "c", "--now", str(AT), "--securing", "vp+cose")
        shown = sign("present", out, *asking, key="holder.key")
        stdin(shown.out.encode())
        assert medid("verify", "-", *asked, "--challenge", "c").code == 0


def test_an_sd_jwt_is_issued_presented_and_verified(
    sign: Any, medid: Command, keys: Path, tmp_path: Path
) -> None:
    holder = who(keys, "holder.key")
    draft, token = tmp_path / "draft.json", tmp_path / "license.sd-jwt"
    draft.write_text(
        json.dumps(
            {
                "iss": who(keys).did,
                "vct": LICENSE_CREDENTIAL.iri,
                "sub": holder.did,
                "name": "Chen",
                "city": "Columbus",
            }
        )
    )
    told = sign(
        "issue",
        draft,
        *("--securing", "dc+sd-jwt", "--now", NOW, "--out", token),
        *("--disclosable", "/name", "--disclosable", "/city"),
        *("--holder-key", holder.signer.public_key.to_multikey()),
    )
    assert told.code == 0
    shown = sign(
        "present",
        token,
        *("--challenge", "n", "--domain", "https://gw.example"),
        *("--disclose", "/city", "--now", str(AT)),
        key="holder.key",
    )
    assert shown.code == 0
    file = tmp_path / "shown"
    file.write_text(shown.out)
    asked = ["--nonce", "n", "--audience", "https://gw.example", "--offline"]
    asked += ["--require-key-binding", "--vct", LICENSE_CREDENTIAL.iri]
    found = medid("verify", file, "--now", AT, *asked, "--json")

    assert found.code == 0
    assert found.json()["kind"] == "sd-jwt"
    assert shown.out.count("~") == 2
    assert medid("verify", token, "--now", AT, *asked).code == 1
    assert medid("verify", file, "--now", AT, "--vct", "urn:other").code == 1


def test_a_refused_draft_is_not_signed(sign: Any, draft: Path, tmp_path: Path) -> None:
    document = json.loads(draft.read_text())
    del document["credentialStatus"]
    draft.write_text(json.dumps(document))
    out = tmp_path / "never"
    told = sign("issue", draft, "--out", out)

    assert (told.code, told.out) == (1, "")
    assert "PROOF_GENERATION_ERROR at $.credentialStatus" in told.err
    assert not out.exists()


@pytest.mark.parametrize(
    "flags",
    [
        ["--securing", "rsa"],
        ["--securing", "dc+sd-jwt", "--holder-key", "z6Mk"],
        ["--now", "soon"],
        ["--context", "x"],
        ["--verification-method", "did:web:board.example"],
        ["--out", "/no/such/folder/x"],
    ],
)
def test_a_wrong_call_signs_nothing(sign: Any, draft: Path, flags: list[str]) -> None:
    told = sign("issue", draft, *flags)

    assert (told.code, told.out) == (2, "")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize("content", ["", "[]", "5", "{"])
def test_a_draft_that_is_no_object_is_a_wrong_call(
    sign: Any, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "draft.json"
    file.write_text(content)

    assert sign("issue", file).code == 2


def test_another_did_may_be_named_as_signer(sign: Any, draft: Path) -> None:
    document = json.loads(draft.read_text())
    document["issuer"] = "did:web:board.example"
    draft.write_text(json.dumps(document))
    method = "did:web:board.example#key-1"
    found = sign("issue", draft, "--verification-method", method).json()

    assert found["proof"]["verificationMethod"] == method


# Present.


@pytest.mark.parametrize(
    "securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vp+jwt", "vp+cose"]
)
def test_what_is_presented_verifies(
    sign: Any, medid: Command, draft: Path, tmp_path: Path, securing: str
) -> None:
    credentials = []
    for how in ("eddsa-rdfc-2022", "vc+jwt", "vc+cose"):
        file = tmp_path / how
        sign("issue", draft, "--securing", how, "--now", NOW, "--out", file)
        credentials.append(file)
    shown = tmp_path / "vp"
    told = sign(
        "present",
        *credentials,
        *("--challenge", "c", "--domain", "d", "--securing", securing),
        *("--now", str(AT), "--out", shown),
        key="holder.key",
    )
    assert told.code == 0
    checked = medid(
        *("verify", shown, "--now", AT, "--status", "off", "--offline"),
        *("--challenge", "c", "--domain", "d", "--require-holder-binding"),
    )
    assert checked.code == 0


def test_a_credential_may_come_from_standard_input(
    sign: Any, draft: Path, stdin: Any
) -> None:
    stdin(sign("issue", draft, "--now", NOW).out.encode())
    told = sign("present", "-", "--challenge", "c", key="holder.key")

    assert told.code == 0
    assert told.json()["proof"]["challenge"] == "c"


def test_disclose_is_for_an_sd_jwt_alone(
    sign: Any, draft: Path, tmp_path: Path
) -> None:
    file = tmp_path / "license.json"
    sign("issue", draft, "--now", NOW, "--out", file)
    told = sign("present", file, "--disclose", "/name")

    assert told.code == 2
    assert "--disclose" in told.err


@pytest.mark.parametrize("content", ["{", "", "a.b.c", "é", "{}", "0oRA", "0oR"])
def test_what_is_no_credential_is_not_presented(
    sign: Any, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "x"
    file.write_text(content)
    told = sign("present", file, "--challenge", "c")

    assert told.code in {1, 2}
    assert told.out == ""


# Status.


def test_a_list_is_made_and_changed(sign: Any, medid: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    made = sign("status", "create", "--url", URL, "--now", NOW, "--out", file)
    assert made.code == 0
    assert file.stat().st_mode & stat.S_IROTH, "a list is for everybody"
    first = json.loads(file.read_text())
    assert first["credentialSubject"]["statusPurpose"] == "revocation"
    assert medid("verify", file, "--now", AT, "--offline").code == 0

    assert sign("status", "set", file, "--index", "7", "--out", file).code == 0
    second = json.loads(file.read_text())
    assert second["id"] == first["id"] == URL
    assert second["credentialSubject"] != first["credentialSubject"]
    told = sign("status", "set", file, "--index", "131072")
    assert (told.code, told.out) == (1, "")
    assert sign("status", "set", file, "--index", "-1").code == 1
    assert sign("status", "set", file, "--index", "x").code == 2
    assert sign("status", "set", file, "--index", "8", key="holder.key").code == 2


@pytest.mark.parametrize("securing", ["statuslist+jwt", "statuslist+cwt"])
def test_a_token_list_is_made_and_changed(
    sign: Any, medid: Command, keys: Path, tmp_path: Path, securing: str
) -> None:
    file, token, draft = tmp_path / "list", tmp_path / "token", tmp_path / "draft"
    flags = ("--purpose", "suspension", "--securing", securing, "--now", NOW)
    assert sign("status", "create", "--url", URL, *flags, "--out", file).code == 0
    status = {"status_list": {"idx": 7, "uri": URL}}
    vct = LICENSE_CREDENTIAL.iri
    draft.write_text(json.dumps({"vct": vct, "status": status}))
    as_sd_jwt = ("--securing", "dc+sd-jwt", "--now", NOW, "--out", token)
    assert sign("issue", draft, *as_sd_jwt).code == 0
    asked = ("verify", token, "--now", AT, "--offline", "--document", f"{URL}={file}")
    assert medid(*asked).code == 0

    change = ("status", "set", file, "--index", "7", "--now", NOW, "--out", file)
    assert sign(*change, "--value", "2").code == 0
    told = medid(*asked)
    assert told.code == 1
    assert "SUSPENDED" in told.out
    assert sign(*change, "--clear").code == 0
    assert medid(*asked).code == 0
    assert sign(*change, "--value", "9").code == 2
    assert sign(*change, key="holder.key").code == 2


def test_a_list_that_is_none_is_not_changed(sign: Any, tmp_path: Path) -> None:
    file = tmp_path / "list"
    for content in ("", "x", "a.b.c", "0oRA", "[]"):
        file.write_text(content)
        told = sign("status", "set", file, "--index", "7")
        assert told.code in {1, 2}
        assert told.out == ""


def test_a_suspension_can_be_cleared(sign: Any, tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    call = ["status", "create", "--url", URL, "--purpose", "suspension"]
    sign(*call, "--now", NOW, "--out", file)
    before = json.loads(file.read_text())["credentialSubject"]
    sign("status", "set", file, "--index", "7", "--out", file)
    sign("status", "set", file, "--index", "7", "--clear", "--out", file)

    assert json.loads(file.read_text())["credentialSubject"] == before


DAY_LATER = "2026-06-17T12:00:00Z"


@pytest.mark.parametrize("securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_a_list_is_renewed_with_nothing_changed(
    sign: Any, medid: Command, tmp_path: Path, securing: str
) -> None:
    file, renewed = tmp_path / "list.json", tmp_path / "renewed.json"
    sign("status", "create", "--url", URL, "--now", NOW, "--out", file)
    sign("status", "set", file, "--index", "7", "--now", NOW, "--out", file)
    flags = ("--securing", securing, "--now", DAY_LATER, "--out", renewed)
    told = sign("status", "renew", file, *flags)
    assert (told.code, told.out, told.err) == (0, "", "")
    before, after = (json.loads(one.read_text()) for one in (file, renewed))
    assert after["credentialSubject"] == before["credentialSubject"]
    assert (after["id"], after["validFrom"]) == (before["id"], DAY_LATER)
    assert after["validUntil"] > before["validUntil"]
    assert after["proof"]["cryptosuite"] == securing
    late = "2026-06-23T12:00:00Z"
    assert medid("verify", file, "--now", late, "--offline").code == 1
    assert medid("verify", renewed, "--now", late, "--offline").code == 0
    assert sign("status", "renew", file, key="holder.key").code == 2


@pytest.mark.parametrize("securing", ["statuslist+jwt", "statuslist+cwt"])
def test_a_token_list_is_renewed_as_what_it_is(
    sign: Any, medid: Command, tmp_path: Path, securing: str
) -> None:
    file, token, draft = tmp_path / "list", tmp_path / "token", tmp_path / "draft"
    flags = ("--purpose", "suspension", "--securing", securing, "--now", NOW)
    sign("status", "create", "--url", URL, *flags, "--out", file)
    sign("status", "set", file, "--index", "7", "--value", "2", "--out", file)
    status = {"status_list": {"idx": 7, "uri": URL}}
    draft.write_text(json.dumps({"vct": LICENSE_CREDENTIAL.iri, "status": status}))
    sign("issue", draft, "--securing", "dc+sd-jwt", "--now", NOW, "--out", token)
    renewed = ("--now", DAY_LATER, "--out", file)
    assert sign("status", "renew", file, *renewed).code == 0
    late = "2026-06-23T12:00:00Z"
    known = ("--offline", "--document", f"{URL}={file}")
    told = medid("verify", token, "--now", late, *known)
    assert told.code == 1
    assert "SUSPENDED" in told.out


def test_what_is_no_list_is_not_renewed(sign: Any, tmp_path: Path) -> None:
    file = tmp_path / "list"
    for content in ("", "x", "a.b.c", "0oRA", "[]", "{}"):
        file.write_text(content)
        told = sign("status", "renew", file)
        assert told.code in {1, 2}
        assert told.out == ""


def test_a_list_of_another_kind_of_key_is_changed_and_renewed(
    sign: Any, tmp_path: Path, pq: str
) -> None:
    file, suite = tmp_path / "list.json", ("--securing", "mldsa44-jcs-2024")
    create = ("status", "create", "--url", URL, "--out", file)
    assert sign(*create, key=pq).code == 2
    assert sign(*create, *suite, key=pq).code == 0
    change = ("status", "set", file, "--index", "7", "--out", file)
    assert sign(*change, key=pq).code == 2
    assert sign(*change, *suite, key=pq).code == 0
    assert sign("status", "renew", file, *suite, "--out", file, key=pq).code == 0
    proof = json.loads(file.read_text())["proof"]
    assert proof["cryptosuite"] == "mldsa44-jcs-2024"


@pytest.mark.parametrize("securing", ["statuslist+jwt", "statuslist+cwt"])
def test_a_token_list_with_ml_dsa_is_made_changed_and_renewed_where_allowed(
    sign: Any, tmp_path: Path, pq: str, securing: str
) -> None:
    file, allow = tmp_path / "list", "--allow-ml-dsa"
    create = ("status", "create", "--url", URL, "--securing", securing, "--out", file)
    assert sign(*create, key=pq).code == 2
    assert sign(*create, allow, key=pq).code == 0
    change = ("status", "set", file, "--index", "7", "--out", file)
    renew = ("status", "renew", file, "--out", file)
    for call in (change, renew):
        told = sign(*call, key=pq)
        assert told.code == 2
        assert allow in told.err
        assert sign(*call, allow, key=pq).code == 0


def test_an_unknown_purpose_makes_no_list(sign: Any) -> None:
    told = sign("status", "create", "--url", URL, "--purpose", "fun")

    assert told.code in {1, 2}
    assert told.out == ""


@pytest.fixture
def pq(keys: Path) -> str:
    """An ML-DSA key beside the others."""
    if not (keys / "pq.key").exists():
        made = PrivateKey.generate(KeyKind.ML_DSA_44)
        keyfile.save(
            keys / "pq.key", made, password=PASSWORD.encode(), protection=CHEAP
        )
    return "pq.key"


def test_ml_dsa_signs_and_verifies_tokens_where_it_is_allowed(
    sign: Any, medid: Command, draft: Path, keys: Path, tmp_path: Path, pq: str
) -> None:
    document = {**json.loads(draft.read_text()), "issuer": who(keys, pq).did}
    draft.write_text(json.dumps(document))
    made, shown = tmp_path / "license.jwt", tmp_path / "shown.jwt"
    flags = ["--now", NOW, "--allow-ml-dsa"]
    argv = ["issue", draft, "--securing", "vc+jwt", "--out", made]
    refused = sign(*argv, "--now", NOW, key=pq)
    assert (refused.code, refused.out) == (2, "")
    assert "--allow-ml-dsa" in refused.err
    assert sign(*argv, *flags, key=pq).code == 0

    asked = ["--now", AT, "--status", "off", "--offline"]
    told = medid("verify", made, *asked, "--json")
    assert told.code == 1
    (error,) = told.json()["errors"]
    assert error["code"] == "CRYPTOGRAPHIC_SECURITY_ERROR"
    assert "--allow-ml-dsa" in error["fix"]
    assert medid("verify", made, *asked, "--allow-ml-dsa").code == 0

    argv = ["present", made, "--securing", "vp+jwt", "--out", shown]
    assert sign(*argv, "--now", NOW, key=pq).code == 2
    assert sign(*argv, *flags, key=pq).code == 0
    assert medid("verify", shown, *asked).code == 1
    assert medid("verify", shown, *asked, "--allow-ml-dsa").code == 0


def test_an_sd_jwt_with_ml_dsa_on_both_sides(
    sign: Any, medid: Command, keys: Path, tmp_path: Path, pq: str
) -> None:
    draft, token, shown = (tmp_path / name for name in ("draft", "token", "shown"))
    draft.write_text(json.dumps({"vct": "urn:x", "name": "Chen"}))
    key = who(keys, pq).signer.public_key.to_multikey()
    argv = ["issue", draft, "--securing", "dc+sd-jwt", "--holder-key", key]
    flags = ["--now", NOW, "--allow-ml-dsa"]
    assert sign(*argv, "--now", NOW, key=pq).code == 2
    assert sign(*argv, *flags, "--out", token, key=pq).code == 0
    argv = ["present", token, "--challenge", "n", "--domain", "https://gw.example"]
    assert sign(*argv, "--now", NOW, key=pq).code == 2
    assert sign(*argv, *flags, "--out", shown, key=pq).code == 0
    asked = ["--now", AT, "--nonce", "n", "--audience", "https://gw.example"]
    assert medid("verify", shown, *asked, "--offline").code == 1
    assert medid("verify", shown, *asked, "--offline", "--allow-ml-dsa").code == 0


# Further envelopes

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"


def written(path: Path, **document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def credential(keys: Path, **members: Any) -> dict[str, Any]:
    subject = {"id": who(keys, "holder.key").did, "name": "Chen"}
    base = {"type": ["VerifiableCredential"], "issuer": who(keys).did}
    return {**base, "credentialSubject": subject, **members}


def test_a_credential_of_version_1_1_travels_in_a_jwt(
    sign: Any, medid: Command, keys: Path, tmp_path: Path
) -> None:
    subject = {"id": who(keys, "holder.key").did}
    document = credential(
        keys,
        **{"@context": [V1], "issuanceDate": NOW, "credentialSubject": subject},
    )
    draft, token = written(tmp_path / "draft", **document), tmp_path / "token.jwt"
    told = sign("issue", draft, "--securing", "JWT", "--now", NOW, "--out", token)
    assert told.code == 0, told.err
    found = medid("verify", token, "--now", AT, "--offline", "--json")
    assert (found.code, found.json()["kind"]) == (0, "credential")
    shown = sign(
        "present",
        token,
        *("--securing", "JWT", "--challenge", "n", "--domain", "gw.example"),
        *("--now", str(AT), "--out", tmp_path / "shown"),
        key="holder.key",
    )
    assert shown.code == 0, shown.err
    asked = ["--nonce", "n", "--audience", "gw.example", "--require-holder-binding"]
    found = medid("verify", tmp_path / "shown", "--now", AT, *asked, "--json")
    assert (found.code, found.json()["kind"]) == (0, "presentation")
    as_newer = sign("present", token, "--securing", "vp+jwt", key="holder.key")
    assert as_newer.code == 1
    assert "JWT" in as_newer.err


def test_a_credential_travels_in_an_sd_jwt(
    sign: Any, medid: Command, keys: Path, tmp_path: Path
) -> None:
    draft = written(
        tmp_path / "draft", **credential(keys, **{"@context": [V2], "validFrom": NOW})
    )
    token = tmp_path / "token"
    told = sign(
        "issue",
        draft,
        *("--securing", "vc+sd-jwt", "--now", NOW, "--out", token),
        *("--disclosable", "/credentialSubject/name"),
        *(
            "--holder-key",
            who(keys, "holder.key").signer.public_key.to_multikey(),
        ),
    )
    assert told.code == 0, told.err
    shown = sign(
        "present",
        token,
        *("--challenge", "n", "--domain", "gw.example", "--now", str(AT)),
        *("--out", tmp_path / "shown"),
        key="holder.key",
    )
    assert shown.code == 0, shown.err
    asked = ["--nonce", "n", "--audience", "gw.example", "--require-key-binding"]
    found = medid("verify", tmp_path / "shown", "--now", AT, *asked, "--json")
    assert (found.code, found.json()["kind"]) == (0, "credential")
    inside = sign(
        "present",
        token,
        tmp_path / "shown",
        *("--securing", "vp+sd-jwt", "--now", str(AT)),
        key="holder.key",
    )
    assert inside.code == 0, inside.err


NAMES = (
    *("--disclosable", "/credentialSubject/name"),
    *("--disclosable", "/credentialSubject/description"),
)
NAMES_SHOWN = (
    *("--disclose", "/credentialSubject/description"),
    *("--disclose", "/credentialSubject/name"),
)


@pytest.fixture
def chosen(sign: Any, keys: Path, tmp_path: Path) -> Path:
    """An SD-JWT of whose subject the name and description can be kept back."""
    members: dict[str, Any] = {
        "@context": [V2],
        "validFrom": NOW,
    }
    document = credential(keys, **members)
    document["credentialSubject"]["description"] = "on call"
    draft = written(tmp_path / "draft", **document)
    token = tmp_path / "token"
    flags = ("--securing", "vc+sd-jwt", "--now", NOW, "--out", token, *NAMES)
    told = sign("issue", draft, *flags)
    assert told.code == 0, told.err
    return token


def shown_inside(presentation: str) -> Any:
    """The claims that the SD-JWT in a presentation shows."""
    opened = open_document(presentation)
    return opened.children[0].document


@pytest.mark.parametrize("outer", ["vp+sd-jwt", "eddsa-jcs-2022"])
def test_a_presentation_shows_what_is_disclosed_and_no_more(
    sign: Any, medid: Command, chosen: Path, tmp_path: Path, outer: str
) -> None:
    call = ("present", chosen, "--securing", outer, "--challenge", "n")
    file = tmp_path / "shown"
    flags = ("--now", str(AT), "--out", file)
    for disclose, names in (
        ((), ()),
        (NAMES_SHOWN[:2], ("description",)),
        (NAMES_SHOWN[2:], ("name",)),
        (NAMES_SHOWN, ("description", "name")),
    ):
        told = sign(*call, *disclose, *flags, key="holder.key")
        assert told.code == 0, told.err
        subject = shown_inside(file.read_text())["credentialSubject"]
        assert subject.keys() - {"id"} == set(names)
        asked = ("--now", AT, "--offline", "--challenge", "n", "--json")
        answer = medid("verify", file, *asked)
        assert (answer.code, answer.json()["kind"]) == (0, "presentation")
    told = sign(*call, "--disclose", "/validFrom", *flags, key="holder.key")
    assert told.code == 1


def test_of_several_none_shows_more_than_is_disclosed(sign: Any, chosen: Path) -> None:
    call = ("present", chosen, chosen, "--now", str(AT))
    told = sign(*call, key="holder.key")
    assert told.code == 0, told.err
    for child in open_document(told.out).children:
        subject: Any = child.document["credentialSubject"]
        assert subject.keys() == {"id"}


def test_what_its_holder_has_bound_is_shown_as_it_was_chosen(
    sign: Any, keys: Path, tmp_path: Path
) -> None:
    members: dict[str, Any] = {"@context": [V2], "validFrom": NOW}
    draft = written(tmp_path / "draft", **credential(keys, **members))
    token, part = tmp_path / "token", tmp_path / "part"
    key = who(keys, "holder.key").signer.public_key.to_multikey()
    flags = ("--securing", "vc+sd-jwt", "--now", NOW, "--out", token)
    assert sign("issue", draft, *flags, *NAMES[:2], "--holder-key", key).code == 0
    chosen = ("--disclose", "/credentialSubject/name", "--out", part)
    asked = ("--challenge", "n", "--domain", "d", "--now", str(AT))
    assert sign("present", token, *chosen, *asked, key="holder.key").code == 0
    wrapped = ("present", part, "--securing", "vp+sd-jwt", *asked)
    told = sign(*wrapped, key="holder.key")
    assert told.code == 0, told.err
    assert "name" in shown_inside(told.out)["credentialSubject"]
    refused = sign(*wrapped, "--disclose", "/credentialSubject/name", key="holder.key")
    assert (refused.code, refused.out) == (2, "")


@pytest.mark.parametrize(
    ("securing", "document"),
    [
        ("vc+sd-jwt", {"vct": "urn:example:license"}),
        ("dc+sd-jwt", {"@context": [V2]}),
        ("vc+sd-jwt", {}),
    ],
)
def test_a_draft_is_what_the_flag_says(
    sign: Any, tmp_path: Path, securing: str, document: dict[str, Any]
) -> None:
    told = sign("issue", written(tmp_path / "x", **document), "--securing", securing)
    assert (told.code, told.out) == (2, "")
    assert "--securing" in told.err


def test_evidence_for_a_type_is_supplied_by_its_name(
    sign: Any, medid: Command, keys: Path, tmp_path: Path
) -> None:
    vct = "https://credentials.example/license"
    claims = written(tmp_path / "claims", vct=vct, iss=who(keys).did, name="Chen")
    token = tmp_path / "token"
    told = sign(
        "issue", claims, "--securing", "dc+sd-jwt", "--now", NOW, "--out", token
    )
    assert told.code == 0, told.err
    rules = [{"path": ["name"], "sd": "always"}]
    page = written(tmp_path / "type.json", vct=vct, claims=rules)
    argv = ("verify", token, "--now", AT, "--offline", "--json")
    assert medid(*argv).code == 0
    found = medid(*argv, "--document", f"{vct}={page}")
    assert found.code == 1
    [error] = found.json()["errors"]
    assert (error["code"], error["path"]) == ("SCHEMA_VALIDATION_ERROR", "$.name")


def test_what_is_printed_drives_no_terminal_and_is_the_same_document(
    sign: Any, medid: Command, keys: Path, tmp_path: Path
) -> None:
    name = "a\x9b2J\u202eb\x7f\U000e0001"
    draft, out = tmp_path / "draft.json", tmp_path / "out.json"
    draft.write_text(dumps(plain(who(keys), name=name)))
    told = sign("issue", draft, "--now", NOW)
    assert told.code == 0, told.err
    assert all(one.isprintable() or one == "\n" for one in told.out)
    assert told.json()["name"] == name
    out.write_text(told.out)
    assert medid("verify", out, "--offline", "--now", AT).code == 0
    # A file holds it as it was drafted.
    assert sign("issue", draft, "--now", NOW, "--out", out).code == 0
    assert name in out.read_text()
