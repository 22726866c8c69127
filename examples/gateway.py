"""A hospital's gateway in ten lines: may this practitioner see this record?

The demo's artefacts stand in for the practitioner's wallet and for the network.
"""

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


def read(name: str) -> dict[str, object]:
    """One of the demo's JSON files."""
    return dict(json.loads((folder / name).read_text()))


# The gateway, from here on.
verifier = medid.AccessVerifier(
    trust=medid.TrustRegistry.from_file(folder / "trust.json"),
    audience="https://gateway.hospital.example",
)
for case in ("treatment", "research", "treatment-after-withdrawal"):
    request = medid.AccessRequest.from_json(
        (folder / case / "request.json").read_bytes()
    )
    decision = verifier.decide(
        (folder / case / "presentation.json").read_bytes(),
        request,
        at=request.time,
        evidence=medid.Evidence.from_json(read(f"{case}/evidence.json")),  # type: ignore[arg-type]
    )
    print(case, "->", "permit" if decision else "deny", ", ".join(decision.codes))

# In service, the gateway issues a challenge for each presentation and fetches by
# itself: pass challenges=medid.SqliteChallenges(path) and fetch=medid.HttpsFetch().
