"""``medid board``: the register of a licensing board, and all that it decides."""

from __future__ import annotations

from typing import Final

from medid.cli.groups import Group

GROUP: Final = Group(
    text="Keep a licensing board's register, and issue its licenses.",
    files={
        "medid.cli.board_register": (
            "init",
            "upgrade",
            "backup",
            "head",
            "verify-register",
        ),
        "medid.cli.board_map": ("map",),
        "medid.cli.board_import": ("import",),
        "medid.cli.board_applications": ("apply",),
        "medid.cli.board_orders": (
            "approve",
            "deny",
            "suspend",
            "reinstate",
            "probation",
            "restrict",
            "revoke",
            "surrender",
            "retire",
            "deactivate",
            "deceased",
            "expire",
        ),
        "medid.cli.board_credentials": ("issue", "renew", "amend"),
        "medid.cli.board_keys": ("rotate-key", "compromise"),
        "medid.cli.board_lookup": ("status", "find", "history"),
        "medid.cli.board_publish": ("publish",),
        "medid.cli.board_serve": ("serve",),
        "medid.cli.board_feed": ("feed",),
        "medid.cli.board_card": ("card",),
    },
)
