"""Options that several commands have: one name, one help, one meaning."""

from __future__ import annotations

from typing import Annotated

import typer

# What is at hand, and where the rest comes from.

Documents = Annotated[
    list[str], typer.Option(help="URL=FILE: evidence supplied offline.")
]
Contexts = Annotated[
    list[str], typer.Option(help="URL=FILE: a JSON-LD context you trust.")
]
Sealed = Annotated[
    str | None, typer.Option(help="Sealed evidence of an earlier decision.")
]
PackSigner = Annotated[
    str | None, typer.Option(help="Whose packs count: a DID, or a key's file.")
]
FetchWith = Annotated[
    str | None,
    typer.Option(help="Nodes, resolver and cache to fetch with: a JSON file, 0600."),
]
Archive = Annotated[
    str | None,
    typer.Option(help="Keep what is fetched here; answer other times from it."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Fetch nothing.")]
DocumentsOnly = Annotated[
    bool, typer.Option("--offline", help="Fetch nothing; use --document only.")
]

# What is expected.

Trust = Annotated[str | None, typer.Option(help="Trust registry: who may issue what.")]
Challenge = Annotated[str | None, typer.Option(help="The challenge it must answer.")]
Domain = Annotated[str | None, typer.Option(help="The domain it must be made for.")]
Skew = Annotated[float, typer.Option(help="Seconds the clocks may differ.")]
HybridProofs = Annotated[
    bool,
    typer.Option(
        "--require-hybrid-proofs",
        help="Everything must have a classical and an ML-DSA proof.",
    ),
]
MlDsaTokens = Annotated[
    bool,
    typer.Option(
        "--allow-ml-dsa", help="Take JWTs and SD-JWTs that are signed with ML-DSA."
    ),
]

# What is told.

AuditKeyFile = Annotated[
    str | None, typer.Option(help="Holds the key that the log is chained with.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One line instead of many.")]
