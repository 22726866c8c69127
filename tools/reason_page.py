"""Write the page of reasons from the sentences that explain them.

``python -m tools.reason_page`` rewrites ``docs/reasons.md``; a test sees that the page
is what this would write.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.access.explain_checks import LICENSE_QUESTIONS, QUESTIONS
from medid.access.explain_consent import CONSENT
from medid.access.explain_duties import DUTIES
from medid.access.explain_edge import EDGE
from medid.access.explain_errors import ERRORS
from medid.access.explain_license import LICENSE
from medid.access.license_checks import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.access.explain_words import Sentence

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "reasons.md"

HEAD: Final = """\
# Reasons

Every code that a decision can carry, in a sentence: what was found, and what would have
to change. `medid explain` tells those of one decision; see
[Explain a decision](how-to/explain.md). A code never changes its meaning; the sentences
may be worded better.

*Granted* is good. *Refused* means that a check ran and its answer is no, *unchecked*
that it could not run or that something could not be understood, *misuse* that a setting
or a call is wrong. None of the last three is ever a permit.
"""
_COLUMNS: Final = (
    "| code | | found | what would have to change |",
    "|---|---|---|---|",
)
ALL: Final = "all"


def license_sections() -> Iterator[str]:
    """A section for each check of the license rules, in their order."""
    yield "## License rules"
    rules = {ALL: "all license checks"}
    rules |= {name: f"license check {name}" for name, _ in CHECKS}
    for name, rule in rules.items():
        told = {code: one for code, one in LICENSE.items() if one.rule == rule}
        asked = LICENSE_QUESTIONS["license" if name == ALL else name]
        yield _section(f"### License check {name}", asked, told)


def consent_section() -> str:
    """The codes of the consent rules, with the clauses that they stand on."""
    rows = [
        f"| `{code}` | {one.kind.value} | {one.rule} | {one.found} | {one.change} |"
        for code, one in CONSENT.items()
    ]
    head = [
        "| code | | rule | found | what would have to change |",
        "|---|---|---|---|---|",
    ]
    about = (
        "The rules are those of [the consent profile](explanation/consent-profile.md)."
    )
    return "\n".join(["## Consent rules", "", about, "", *head, *rows])


def edge_section() -> str:
    """The codes that are added where a decision leaves medid."""
    about = (
        "Whoever asks, or stands before an application, has to do what a permit asks."
    )
    return _section("## At the edge", about, EDGE)


def error_section() -> str:
    """The codes of ``medid.errors``, with the steps that raise them."""
    rows = [
        f"| `{code}` | {one.kind.value} | {one.rule} | {one.found} | {one.change} |"
        for code, one in sorted(ERRORS.items())
    ]
    head = [
        "| code | | step | found | what would have to change |",
        "|---|---|---|---|---|",
    ]
    about = (
        "The steps are those of [the path](explanation/path.md), and the codes those\n"
        "of [the errors](errors.md). The license rules yield three of them as well:\n"
        "`ISSUER_NOT_TRUSTED`, `ISSUER_NOT_AUTHORIZED_FOR_TYPE` and `STATUS_STALE`.\n"
        "\n"
        "A board that is accepted and goes beyond its entry gets the code of what it\n"
        "lacks. Where the entry is for other types of credentials, or authorities\n"
        "recognize the board for something else than what it issued, that is\n"
        "`ISSUER_NOT_AUTHORIZED_FOR_TYPE`. One type of credential licenses every\n"
        "profession, so a nursing board that licenses a physician with it gets\n"
        "`ISSUER_NOT_AUTHORIZED_FOR_PROFESSION`, and one outside its place\n"
        "`ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION`. `ISSUER_NOT_TRUSTED` is for whom\n"
        "nobody named."
    )
    return "\n".join(["## Verification", "", about, "", *head, *rows])


def duty_section() -> str:
    """What a permit can oblige to."""
    rows = [
        f"| `{one.code}` | `{one.system}` | {it.duty} | {it.found} | {it.change} |"
        for one, it in DUTIES.items()
    ]
    head = [
        "| code | system | what has to be done | found | what would have to change |",
        "|---|---|---|---|---|",
    ]
    about = "Whoever does not understand an obligation of a permit denies."
    return "\n".join(["## Obligations", "", about, "", *head, *rows])


def check_section() -> str:
    """What the other checks of the tree ask."""
    rows = [f"| `{name}` | {asked} |" for name, asked in QUESTIONS.items()]
    return "\n".join(["## Checks", "", "| check | question |", "|---|---|", *rows])


def _section(title: str, about: str, told: Mapping[str, Sentence]) -> str:
    rows = [
        f"| `{code}` | {one.kind.value} | {one.found} | {one.change} |"
        for code, one in told.items()
    ]
    return "\n".join([title, "", about, "", *_COLUMNS, *rows])


def page() -> str:
    """The whole page."""
    parts = [
        HEAD.rstrip("\n"),
        *license_sections(),
        consent_section(),
        edge_section(),
        error_section(),
        duty_section(),
        check_section(),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Rewrite the page."""
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
