"""A sentence for each code that is added where a decision leaves medid.

Spec: https://openid.github.io/authzen/authzen-obligations-profile-1_0.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.explain_words import Kind, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHANGE: Final = (
    "Whoever enforces the decision would have to carry out what the permit obliges to."
)

EDGE: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "OBLIGATION_NOT_SUPPORTED": Sentence(
            kind=Kind.REFUSED,
            found="The permit has obligations of a type that the caller does not "
            "support, so it is none.",
            change=_CHANGE,
            rule="obligations profile, negotiation",
            see="docs/how-to/authzen.md#do-what-a-permit-obliges-you-to",
        ),
        "OBLIGATION_NOT_FULFILLED": Sentence(
            kind=Kind.REFUSED,
            found="The permit has an obligation that the application does not carry "
            "out, so it is none.",
            change=_CHANGE,
            rule="obligations of a guard",
            see="docs/how-to/guards/index.md#what-a-guard-leaves-to-you",
        ),
    }
)
