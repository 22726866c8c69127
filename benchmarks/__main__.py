"""``python -m benchmarks``: the cost of importing, verifying and deciding."""

from __future__ import annotations

import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from benchmarks import imports, own, peers, work
from benchmarks.rounds import Contestant, here, run, table

if TYPE_CHECKING:
    from collections.abc import Mapping


NODE: Final = "@digitalbazaar/vc (node)"


def node_work(what: str, document: Mapping[str, object]) -> dict[str, object]:
    """The first line that the contestant in node reads."""
    health = files("medid.health") / "contexts" / "medid-health-v1.jsonld"
    return {
        "what": what,
        "document": document,
        "contexts": {work.HEALTH: str(health)},
        "challenge": work.CHALLENGE,
        "domain": work.DOMAIN,
        "now": str(work.NOW),
    }


def main() -> int:
    """Measure and print."""
    print(imports.report(), end="\n\n", flush=True)
    pyld = peers.Pyld(work.contexts())
    made = work.prepare(pyld)
    bare = peers.openssl(bytes(64))
    verify = contestants(
        bare,
        Contestant(
            name="medid, proof, time, status, schema",
            times=here(own.verify_work(made)),
            note="the status list's proof included",
        ),
        Contestant(
            name="pyld, proof only", times=here(lambda: pyld.verify(made.license))
        ),
        Contestant(
            name="didkit",
            times=here(peers.didkit_work(made.license)),
            note="VCDM 1.1, Ed25519Signature2018",
        ),
        peers.node_contestant(NODE, node_work("credential", made.license)),
    )
    run(verify)
    print(table("verify one license", verify, base=bare), end="\n\n", flush=True)
    decide = contestants(
        bare,
        Contestant(
            name="medid, the whole decision",
            times=here(own.decide_work(made)),
            note="four proofs, status and all rules",
        ),
        Contestant(
            name="pyld, proofs only",
            times=here(lambda: pyld.verify_presentation(made.presentation)),
        ),
        peers.node_contestant(NODE, node_work("presentation", made.presentation)),
    )
    run(decide)
    print(table("decide on license and consent", decide, base=bare), flush=True)
    return 0


def contestants(*given: Contestant | None) -> list[Contestant]:
    """Those that are there, each with no samples yet."""
    present = [contestant for contestant in given if contestant is not None]
    for contestant in present:
        contestant.samples.clear()
    return present


if __name__ == "__main__":
    sys.exit(main())
