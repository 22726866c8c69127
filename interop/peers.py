"""How a test speaks to a peer, and to medid as a stranger would: by its command."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from medid.core import base64url
from medid.core.instant import Instant, system_clock
from medid.keys import KeyKind, PrivateKey

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
    """What ``script`` answers to ``command``."""
    done = subprocess.run(
        [_node(), HERE / script, command],
        input=json.dumps(request),
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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
    """Run ``medid`` with ``arguments``, offline, in a process of its own."""
    done = subprocess.run(
        [Path(sys.executable).parent / "medid", *arguments],
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.strip(), f"exit {done.returncode}: {done.stderr}"
    return Answer(
        status=done.returncode, body=json.loads(done.stdout), error=done.stderr
    )


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


def request(**parties: str) -> dict[str, Any]:
    """May the practitioner read an observation of the patient's, for treatment?"""
    return filled("request", **parties)


def trust(**parties: str) -> dict[str, Any]:
    """A hospital that relies on the board, and knows the patient's DID."""
    return filled("trust", **parties)
