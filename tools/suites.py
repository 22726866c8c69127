"""Run the public W3C test suites against ``medid serve --profile conformance``.

``python -m tools.suites FOLDER`` expects checkouts of the suites side by side in
FOLDER, under their repositories' names, with ``vc-test-suite-implementations`` (and
what else their package.json takes from a repository) beside them. ``--install`` gets
their npm packages first, taking those repositories from FOLDER. Nothing of a suite is
changed but its dependencies' addresses and the ``localConfig.cjs`` that each of them
ignores.

Prints passes against the suite's own number of tests, and every test that failed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from medid.core.instant import system_clock
from medid.keys import KeyKind
from medid.server import conformance

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED: Final = "public test suites"
NAME: Final = "medid"
REPORT: Final = "medid-report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite: where it is, what it is told, and which vectors it needs."""

    name: str
    folder: str
    tests: int
    tags: tuple[str, ...]
    securing: str
    kinds: tuple[KeyKind, ...] = (KeyKind.ED25519,)
    options: tuple[tuple[str, Any], ...] = ()
    vectors: str = ""


REVOCABLE: Final = (
    (
        "credentialStatus",
        {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
    ),
)
EC: Final = (KeyKind.P256, KeyKind.P384)
SUITES: Final = (
    Suite(
        name="vc-data-model-2.0",
        folder="vc-data-model-2.0-test-suite",
        tests=59,
        tags=("vc2.0",),
        securing="eddsa-rdfc-2022",
    ),
    Suite(
        name="vc-data-model-2.0, enveloped",
        folder="vc-data-model-2.0-test-suite",
        tests=6,
        tags=("EnvelopingProof",),
        securing="vc+jwt",
    ),
    Suite(
        name="eddsa-rdfc-2022",
        folder="vc-di-eddsa-test-suite",
        tests=44,
        tags=("eddsa-rdfc-2022",),
        securing="eddsa-rdfc-2022",
    ),
    Suite(
        name="eddsa-jcs-2022",
        folder="vc-di-eddsa-test-suite",
        tests=13,
        tags=("eddsa-jcs-2022",),
        securing="eddsa-jcs-2022",
    ),
    Suite(
        name="bitstring-status-list",
        folder="vc-bitstring-status-list-test-suite",
        tests=27,
        tags=("BitstringStatusList",),
        securing="eddsa-rdfc-2022",
        options=REVOCABLE,
    ),
    Suite(
        name="ecdsa-rdfc-2019",
        folder="vc-di-ecdsa-test-suite",
        tests=69,
        tags=("ecdsa-rdfc-2019",),
        securing="ecdsa-rdfc-2019",
        vectors="vc-di-ecdsa",
        kinds=EC,
    ),
    Suite(
        name="ecdsa-jcs-2019",
        folder="vc-di-ecdsa-test-suite",
        tests=16,
        tags=("ecdsa-jcs-2019",),
        securing="ecdsa-jcs-2019",
        vectors="vc-di-ecdsa",
        kinds=EC,
    ),
    Suite(
        name="ecdsa-sd-2023",
        folder="vc-di-ecdsa-test-suite",
        tests=58,
        tags=("ecdsa-sd-2023",),
        securing="ecdsa-sd-2023",
        vectors="vc-di-ecdsa",
        kinds=(KeyKind.P256,),
    ),
    Suite(
        name="bbs-2023",
        folder="vc-di-bbs-test-suite",
        tests=87,
        tags=("bbs-2023",),
        securing="bbs-2023",
        vectors="vc-di-bbs",
        kinds=(),
    ),
)


def implementation(suite: Suite, base_url: str) -> dict[str, Any]:
    """What a suite is told about medid, in the form of its localConfig.cjs."""
    dids = {
        controller.signer.public_key.kind: controller.did
        for controller in conformance(base_url=base_url, seed=SEED.encode()).controllers
    }
    known = [kind for kind in suite.kinds if kind in dids] or [*dids][-1:]
    common: dict[str, Any] = {
        "tags": [*suite.tags],
        "supports": {"vc": ["1.1", "2.0"]},
        "supportedEcdsaKeyTypes": [kind.value for kind in known],
        "cryptosuites": [suite.securing],
    }
    issuers = [
        {
            **common,
            "id": dids[kind],
            "endpoint": f"{base_url}/{suite.securing}/{kind.value}/credentials/issue",
            "supportedEcdsaKeyTypes": [kind.value],
            "options": dict(suite.options),
        }
        for kind in known
    ]
    below = f"{base_url}/{suite.securing}"
    verify = {**common, "id": dids[known[0]], "options": {}}
    return {
        "name": NAME,
        "implementation": NAME,
        "issuers": issuers,
        "verifiers": [{**verify, "endpoint": f"{below}/credentials/verify"}],
        "vpVerifiers": [{**verify, "endpoint": f"{below}/presentations/verify"}],
        "vcHolders": [
            {
                **verify,
                "endpoint": f"{below}/credentials/derive",
                "tags": ["vcHolder", *suite.tags],
            }
        ],
    }


def configure(suite: Suite, folder: Path, base_url: str) -> None:
    """Write the suite's localConfig.cjs."""
    told = json.dumps(
        {"settings": {}, "implementations": [implementation(suite, base_url)]}, indent=2
    )
    (folder / "localConfig.cjs").write_text(f"module.exports = {told};\n", "utf-8")
    runner = folder / "config/runner.json"
    if runner.exists():
        # It names whose holder derives credentials for the exchanges.
        text = runner.read_text("utf-8")
        named = re.sub(r'("holderName": )"[^"]*"', rf'\1"{NAME}"', text)
        runner.write_text(named, "utf-8")


def install(folder: Path) -> None:
    """Get a suite's packages; those of other repositories come from beside it."""
    file = folder / "package.json"
    package = json.loads(file.read_text("utf-8"))
    wanted = package["dependencies"]
    for name, version in wanted.items():
        if version.startswith("github:"):
            wanted[name] = f"file:../{name}"
    wanted.setdefault("mocha", package.get("devDependencies", {}).get("mocha", "^10"))
    package["devDependencies"] = {}
    file.write_text(json.dumps(package, indent=2) + "\n", "utf-8")
    (folder / "package-lock.json").unlink(missing_ok=True)
    subprocess.run(
        [
            "npm",
            "install",
            "--ignore-scripts",
            "--install-links",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ],
        cwd=folder,
        check=True,
    )


def link_vectors(suite: Suite, folder: Path) -> None:
    """Put the vectors that a suite would clone where it looks for them."""
    inside, beside = folder / "tests/input" / suite.vectors, folder.parent
    if suite.vectors and not inside.exists() and (beside / suite.vectors).is_dir():
        inside.parent.mkdir(exist_ok=True)
        inside.symlink_to((beside / suite.vectors).resolve())


def run(suite: Suite, folder: Path) -> dict[str, Any]:
    """Run a suite; what mocha reports."""
    report = folder / REPORT
    report.unlink(missing_ok=True)
    subprocess.run(
        [
            "node_modules/.bin/mocha",
            "tests/",
            "--reporter=json",
            f"--reporter-option=output={REPORT}",
            "--timeout=30000",
            "--preserve-symlinks",
            "--exit",
        ],
        cwd=folder,
        env={**os.environ, "NODE_TLS_REJECT_UNAUTHORIZED": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if not report.exists():
        raise SystemExit(f"{suite.name}: mocha wrote no report; is it installed?")
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found


def show(suite: Suite, report: dict[str, Any], *, verbose: bool) -> None:
    """One line for the suite, and one for each test that did not pass."""
    stats = report["stats"]
    pending = f", {stats['pending']} pending" if stats["pending"] else ""
    # A test that its set-up kept from running is in no report, and did not pass.
    total = max(suite.tests, stats["tests"])
    print(f"{suite.name}: {stats['passes']} of {total}{pending}")
    for test in report["failures"]:
        print(f"  failed: {test['fullTitle']}")
        print(f"          {test['err'].get('message', '')[:300]}")
    for test in report["pending"] if verbose else ():
        print(f"  pending: {test['fullTitle']}")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """``medid serve`` with a certificate of its own; gives the base URL."""
    certificate = folder / "server.pem"
    certificate.write_bytes(self_signed())
    certificate.chmod(0o600)
    command = [
        *(sys.executable, "-m", "medid.cli.main", "serve", "--port=0", "--offline"),
        *("--profile=conformance", f"--seed={SEED}"),
        *(f"--tls-cert={certificate}", f"--tls-key={certificate}"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            yield first_line(server).split()[-1]
        finally:
            server.terminate()


def first_line(server: subprocess.Popen[str]) -> str:
    """What the server says once it listens."""
    line = server.stdout.readline() if server.stdout is not None else ""
    if not line:
        raise SystemExit("medid serve did not start")
    return line


def self_signed() -> bytes:
    """A key and a certificate of a day for the loopback interface, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.fromtimestamp(system_clock().seconds, dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def main() -> int:
    """Run what was asked for; 0 where no test failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the suites are checked out")
    parser.add_argument("--suite", action="append", help="run this one; repeatable")
    parser.add_argument("--install", action="store_true", help="get npm packages first")
    parser.add_argument("--verbose", action="store_true", help="name pending tests")
    asked = parser.parse_args()
    chosen = [suite for suite in SUITES if not asked.suite or suite.name in asked.suite]
    present = [s for s in chosen if (asked.folder / s.folder).is_dir()]
    failed = 0
    for folder in {suite.folder for suite in present} if asked.install else ():
        install(asked.folder / folder)
    with tempfile.TemporaryDirectory() as made, serving(Path(made)) as base_url:
        for suite in present:
            folder = asked.folder / suite.folder
            link_vectors(suite, folder)
            configure(suite, folder, base_url)
            report = run(suite, folder)
            failed += report["stats"]["failures"]
            show(suite, report, verbose=asked.verbose)
    return 1 if failed or not present else 0


if __name__ == "__main__":
    sys.exit(main())
