"""``medid did``: resolve DIDs, create them, and change them."""

from __future__ import annotations

from typing import Final

from medid.cli.groups import Group

GROUP: Final = Group(
    text="Resolve, create and change DIDs.",
    files={
        "medid.cli.did_resolve": ("resolve",),
        "medid.cli.did_dereference": ("dereference",),
        "medid.cli.did_create": ("create",),
        "medid.cli.did_change": ("update", "rotate", "deactivate"),
        "medid.cli.did_log": ("log",),
        "medid.cli.did_witness": ("witness",),
    },
)
