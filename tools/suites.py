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
from medid.dids.webvh.location import locate
from medid.server import conformance
from tests.dids.webvh import logs
from tools.suite_list import SUITES, Suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEED: Final = "public test suites"
NAME: Final = "medid"
REPORT: Final = "medid-report.json"
PRELOAD: Final = "medid-preload.mjs"
# What every suite is built from.
BESIDE: Final = (
    "vc-test-suite-implementations",
    "data-integrity-test-suite-assertion",
)
# A did:webvh whose log ends with its deactivation.
_FIRST: Final = logs.first("a")
_LOG: Final = (_FIRST, logs.after(_FIRST, updateKeys=[], deactivated=True))
GIVEN_UP: Final = logs.did_of(_LOG)
# What a suite marks its tests with for a report that is not made here.
STAND_INS: Final = {
    "mocha-w3c-interop-reporter": (
        "export const helpers = {setupMatrix() {}, setupRow() {}};\n"
    ),
}
# Issuers and verifiers are tried against each other; medid alone is both.
SETTINGS: Final = {"enableInteropTests": True}


def implementation(suite: Suite, base_url: str) -> dict[str, Any]:
    """What a suite is told about medid, in the form of its localConfig.cjs."""
    dids = {
        controller.signer.public_key.kind: controller.did
        for controller in conformance(base_url=base_url, seed=SEED.encode()).controllers
    }
    known = suite.kinds
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
            # A suite writes into options that are there, and reads them again later.
            **({"options": dict(suite.options)} if suite.options else {}),
        }
        for kind in known
    ]
    below = f"{base_url}/{suite.securing}"
    verify = {**common, "id": dids[known[0]]}
    return {
        "name": NAME,
        "implementation": NAME,
        "issuers": issuers,
        "verifiers": [{**verify, "endpoint": f"{below}/credentials/verify"}],
        "didResolvers": [
            {
                "id": NAME,
                "endpoint": f"{base_url}/1.0/identifiers",
                "tags": ["did-resolution"],
                "supportedDids": {
                    "valid": [{"did": dids[known[0]], "resolutionOptions": {}}],
                    "notFound": f"{GIVEN_UP}?versionId=9-none",
                    "deactivated": str(GIVEN_UP),
                },
            }
        ],
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
        {"settings": SETTINGS, "implementations": [implementation(suite, base_url)]},
        indent=2,
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
            stand_in(folder.parent / name)
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


def stand_in(folder: Path) -> None:
    """Put a package that only reports beside the suites, where it is not there."""
    if folder.name in STAND_INS and not folder.exists():
        folder.mkdir()
        package = {"name": folder.name, "version": "1.0.0", "type": "module"}
        text = json.dumps({**package, "exports": "./index.js"})
        (folder / "package.json").write_text(text, "utf-8")
        (folder / "index.js").write_text(STAND_INS[folder.name], "utf-8")


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
    (folder / PRELOAD).write_text(suite.preload, "utf-8")
    subprocess.run(
        [
            "node_modules/.bin/mocha",
            "tests/",
            f"--require=./{PRELOAD}",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of one suite.

    Attributes:
        suite: Which.
        report: What mocha reported.
        commits: Of its checkout, and of what was taken from beside it.
    """

    suite: Suite
    report: dict[str, Any]
    commits: dict[str, str]

    @property
    def passes(self) -> int:
        """How many tests passed."""
        return int(self.report["stats"]["passes"])

    @property
    def pending(self) -> int:
        """How many the suite skipped."""
        return int(self.report["stats"]["pending"])

    @property
    def failures(self) -> int:
        """How many failed, set-ups included."""
        return int(self.report["stats"]["failures"])

    @property
    def total(self) -> int:
        """How many there are.

        A test that its set-up kept from running is in no report, and did not pass.
        """
        return max(self.suite.tests, int(self.report["stats"]["tests"]))


def measure(chosen: Iterable[Suite], checkouts: Path) -> Iterator[Measured]:
    """Run those of ``chosen`` that are checked out, against one server."""
    with tempfile.TemporaryDirectory() as made, serving(Path(made)) as base_url:
        for suite in chosen:
            folder = checkouts / suite.folder
            if folder.is_dir():
                link_vectors(suite, folder)
                configure(suite, folder, base_url)
                report = run(suite, folder)
                beside = (suite.folder, suite.vectors, *BESIDE)
                commits = {name: commit(checkouts / name) for name in beside if name}
                yield Measured(suite=suite, report=report, commits=commits)


def commit(folder: Path) -> str:
    """The commit that ``folder`` is a checkout of."""
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def show(one: Measured, *, verbose: bool) -> None:
    """One line for the suite, and one for each test that did not pass."""
    pending = f", {one.pending} pending" if one.pending else ""
    print(f"{one.suite.name}: {one.passes} of {one.total}{pending}")
    for test in one.report["failures"]:
        print(f"  failed: {test['fullTitle']}")
        print(f"          {test['err'].get('message', '')[:300]}")
    for test in one.report["pending"] if verbose else ():
        print(f"  pending: {test['fullTitle']}")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """``medid serve`` with a certificate of its own; gives the base URL."""
    log = folder / "did.jsonl"
    log.write_bytes(logs.lines(_LOG))
    certificate = folder / "server.pem"
    certificate.write_bytes(self_signed())
    certificate.chmod(0o600)
    command = [
        *(sys.executable, "-m", "medid.cli.main", "serve", "--port=0", "--offline"),
        *("--profile=conformance", f"--seed={SEED}"),
        *(f"--tls-cert={certificate}", f"--tls-key={certificate}"),
        f"--document={locate(GIVEN_UP).log_url}={log}",
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
    if asked.install:
        for name in {suite.folder for suite in chosen}:
            if (asked.folder / name).is_dir():
                install(asked.folder / name)
    failed = ran = 0
    for one in measure(chosen, asked.folder):
        ran += 1
        failed += one.failures
        show(one, verbose=asked.verbose)
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
