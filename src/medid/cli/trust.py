"""``medid trust``: what a trust file says, and why an issuer is believed or not."""

from __future__ import annotations

from typing import Final

from medid.cli.groups import Group

GROUP: Final = Group(
    text="Check a trust file; explain why an issuer is believed or not.",
    files={
        "medid.cli.trust_check": ("check",),
        "medid.cli.trust_explain": ("explain",),
    },
)
