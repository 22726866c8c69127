"""The decision inside an asynchronous web handler: nothing blocks the event loop."""

import asyncio
import contextlib
import io
import json
import tempfile
from pathlib import Path

import medid
from medid.cli.main import run

folder = Path(tempfile.mkdtemp()) / "demo"
with contextlib.redirect_stdout(io.StringIO()):
    run(["demo", "--json", "--out", str(folder)])

verifier = medid.AccessVerifier(
    trust=medid.TrustRegistry.from_file(folder / "trust.json"),
    audience="https://gateway.hospital.example",
)


async def handle(case: str) -> tuple[int, dict[str, object]]:
    """What a web framework would call: a status and a JSON body."""
    request = medid.AccessRequest.from_json(
        (folder / case / "request.json").read_bytes()
    )
    evidence = json.loads((folder / case / "evidence.json").read_text())
    decision = await verifier.adecide(
        (folder / case / "presentation.json").read_bytes(),
        request,
        at=request.time,
        evidence=medid.Evidence.from_json(evidence),
    )
    # The reasons stay inside: outside, every denial looks alike.
    return (200 if decision else 403), dict(decision.as_public_json())


async def main() -> None:
    """Several requests at once."""
    cases = ("treatment", "payment", "research", "treatment-psychotherapy")
    answers = await asyncio.gather(*(handle(case) for case in cases))
    for case, (status, body) in zip(cases, answers, strict=True):
        print(case, status, body["decision"])


asyncio.run(main())
