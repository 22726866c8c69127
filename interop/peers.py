"""How a test speaks to a peer, and to medid as a stranger would: by its command."""

from __future__ import annotations

import atexit
import gzip
import json
import shutil
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import StringIO
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Final

from medid.cli.main import run
from medid.core import base64url
from medid.core.instant import Instant, system_clock
from medid.keys import KeyKind, PrivateKey
from tests.health.documents import (
    BOARD,
    HOLDER,
    PATIENT,
    consent_document,
    license_document,
    trust_document,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE: Final = Path(__file__).resolve().parent
HEALTH_CONTEXT: Final = "https://w3id.org/medid/health/v1"
CHALLENGE: Final = "q83vEjRWeJCrze8SNFZ4kA"
DOMAIN: Final = "gateway.hospital.example"
AT_THE_GATEWAY: Final = ("--challenge", CHALLENGE, "--domain", DOMAIN)
SECONDS: Final = 60  # for one exchange
DAY: Final = 86_400  # seconds


def node(script: str, command: str, request: dict[str, Any]) -> Any:
    """What ``script`` answers to ``command``; it is started once and kept."""
    peer = _started(script)
    assert peer.stdin is not None
    assert peer.stdout is not None
    impatient = Timer(SECONDS, peer.kill)
    impatient.start()
    try:
        peer.stdin.write(json.dumps({"command": command, "request": request}) + "\n")
        peer.stdin.flush()
        told = peer.stdout.readline()
    finally:
        impatient.cancel()
    assert told, f"{script} ended, or took more than {SECONDS} s"
    answer = json.loads(told)
    assert "failed" not in answer, answer["failed"]
    return answer.get("answer")


def lines(script: str, requests: Sequence[str]) -> list[Any]:
    """What ``script`` answers to many requests, the first of which gets no answer."""
    done = subprocess.run(
        [_node(), HERE / script],
        input="\n".join([*requests, ""]),
        cwd=HERE,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS * 5,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line]


@lru_cache(maxsize=8)
def _started(script: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    peer = subprocess.Popen(
        [_node(), HERE / script], cwd=HERE, stdin=pipe, stdout=pipe, text=True
    )
    atexit.register(peer.communicate)  # its input ends, and so does it
    return peer


def _node() -> str:
    found = shutil.which("node")
    assert found is not None, "node is absent"
    assert (HERE / "node_modules").is_dir(), "the peers are absent: make interop"
    return found


def health_contexts() -> dict[str, str]:
    """The project's own context, as the file that the package ships."""
    shipped = files("medid.health") / "contexts" / "medid-health-v1.jsonld"
    return {HEALTH_CONTEXT: str(shipped)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the command line answered."""

    status: int
    body: dict[str, Any]
    error: str

    @property
    def codes(self) -> list[str]:
        """The codes of the errors of a verification."""
        return [error["code"] for error in self.body["errors"]]


def medid(*arguments: str | Path) -> Answer:
    """Run the command ``medid`` with ``arguments``, in this process."""
    out, error = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        status = run([str(argument) for argument in arguments])
    told = out.getvalue()
    assert told.strip(), f"exit {status}: {error.getvalue()}"
    return Answer(status=status, body=json.loads(told), error=error.getvalue())


def verify(file: Path, *arguments: str | Path) -> Answer:
    """``medid verify FILE --json``, offline."""
    return medid("verify", file, "--offline", "--json", *arguments)


def decide(
    folder: Path,
    *,
    presentation: dict[str, Any],
    request: dict[str, Any],
    trust: dict[str, Any],
    arguments: Sequence[str],
) -> Answer:
    """``medid decide`` on files, offline, as a gateway would ask."""
    files = {"presentation": presentation, "request": request, "trust": trust}
    named = [
        argument
        for name, content in files.items()
        for argument in (f"--{name}", str(written(folder, f"{name}.json", content)))
    ]
    return medid("decide", *named, *arguments, "--offline", "--json")


def written(folder: Path, name: str, content: dict[str, Any] | str) -> Path:
    """``content`` as the file ``name`` of ``folder``."""
    file = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    file.write_text(text, "utf-8")
    return file


def seed(key: PrivateKey) -> str:
    """The secret of an Ed25519 key, as the hex that a peer makes its key of."""
    assert key.kind is KeyKind.ED25519
    return base64url.decode(str(key.to_jwk()["d"])).hex()


def did_key(key: PrivateKey) -> str:
    """The did:key of ``key``."""
    return f"did:key:{key.public_key.to_multikey()}"


def did_key_method(key: PrivateKey) -> str:
    """The one verification method of the did:key of ``key``."""
    return f"{did_key(key)}#{key.public_key.to_multikey()}"


def peer_key(key: PrivateKey) -> dict[str, Any]:
    """``key`` as @digitalbazaar writes it."""
    made = _peer_key(seed(key))
    assert made["controller"] == did_key(key)
    return dict(made)


@lru_cache(maxsize=64)
def _peer_key(secret: str) -> dict[str, Any]:
    return dict(node("digitalbazaar.mjs", "key", {"seed": secret}))


STATUS_LIST: Final = "https://board.example/status/3"
LIST_BYTES: Final = 16_384  # 131,072 entries, the shortest list that is allowed


def status_list_draft(*, issuer: str) -> dict[str, Any]:
    """The status list that the license names, with nothing set, to be signed."""
    packed = gzip.compress(bytes(LIST_BYTES), mtime=0)
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": STATUS_LIST,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": str(now().plus(-60)),
        "validUntil": str(now().plus(DAY)),
        "credentialSubject": {
            "id": f"{STATUS_LIST}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "u" + base64url.encode(packed),
        },
    }


def now() -> Instant:
    """The whole second it is: some peers read the clock themselves."""
    return Instant.from_seconds(int(system_clock().seconds))


def filled(name: str, **marks: str) -> dict[str, Any]:
    """``documents/<name>.json`` with its ``{MARKS}`` replaced."""
    text = (HERE / "documents" / f"{name}.json").read_text("utf-8")
    for mark, value in marks.items():
        text = text.replace(f"{{{mark.upper()}}}", value)
    return dict(json.loads(text))


def draft(name: str, *, issuer: str, subject: str) -> dict[str, Any]:
    """The credential ``documents/<name>.json``, to be signed by ``issuer``."""
    window = {"from": str(now().plus(-30 * DAY)), "until": str(now().plus(330 * DAY))}
    return filled(name, issuer=issuer, subject=subject, **window)


def credentials(*, issuer: str, subject: str) -> dict[str, dict[str, Any]]:
    """Every kind of credential of the health context, and a status list, by name."""
    plain, nurse = (draft("license", issuer=issuer, subject=subject) for _ in "12")
    _as_nurse_of_a_compact(nurse["credentialSubject"]["license"])
    whole = _renamed(license_document(), issuer, subject)
    whole["credentialStatus"][1]["statusListIndex"] = "94568"  # a place of its own
    return {
        "license": plain,
        "nurse of a compact": nurse,
        "every term of a license": whole,
        "consent": draft("consent", issuer=issuer, subject=subject),
        "every term of a consent": _renamed(consent_document(), issuer, subject),
        "trust registry": _renamed(trust_document(), issuer, subject),
        "status list": status_list_draft(issuer=issuer),
    }


def _as_nurse_of_a_compact(license_: dict[str, Any]) -> None:
    license_["jurisdiction"] = "US-TX"
    license_["profession"] = [
        {
            "type": "Code",
            "system": "http://nucc.org/provider-taxonomy",
            "code": "163W00000X",
            "display": "Registered Nurse",
        }
    ]
    license_["compact"] = [
        {
            "type": "CompactPrivilege",
            "compactName": "NLC",
            "multistate": True,
            "primaryStateOfResidence": "US-TX",
        }
    ]
    license_["encumbered"] = False


def _renamed(document: dict[str, Any], issuer: str, subject: str) -> dict[str, Any]:
    text = json.dumps(document)
    for name, party in ((BOARD, issuer), (PATIENT, issuer), (HOLDER, subject)):
        text = text.replace(name, party)
    window = {"validFrom": str(now().plus(-DAY)), "validUntil": str(now().plus(DAY))}
    return {**json.loads(text), **window}


def request(**parties: str) -> dict[str, Any]:
    """May the practitioner read an observation of the patient's, for treatment?"""
    return filled("request", **parties)


def trust(**parties: str) -> dict[str, Any]:
    """A hospital that relies on the board, and knows the patient's DID."""
    return filled("trust", **parties)


def multikey(key: PrivateKey) -> dict[str, Any]:
    """``key`` with its secret, as @digitalbazaar writes a key of any kind."""
    return {
        "type": "Multikey",
        "id": did_key_method(key),
        "controller": did_key(key),
        "publicKeyMultibase": key.public_key.to_multikey(),
        "secretKeyMultibase": key.to_multikey(),
    }


def by_suite(
    command: str, suite: str, credential: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """What ``cryptosuites.mjs`` answers to ``command`` about ``credential``."""
    request = {
        "suite": suite,
        "credential": credential,
        "contexts": health_contexts(),
        "now": str(now()),
        **more,
    }
    return dict(node("cryptosuites.mjs", command, request))
