"""Write the page of errors from the tree of errors.

``python -m tools.reference_pages`` rewrites ``docs/errors.md``; a test sees that the
page is what this would write.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from medid import errors
from medid.errors import MedidError, Misuse, Refused, Unchecked

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "errors.md"

HEAD: Final = """\
# Errors

Everything that medid raises on purpose is a `medid.MedidError` and carries four things:

* `code`: stable and machine-readable. A code never changes its meaning.
* `message`: one line for people. It never holds a value of the document.
* `path`: where in the document, as a JSONPath from its root `$`.
* `fix`: what the reader can do next.

There are two kinds of no. *Refused* means that the check ran and its answer is no;
*unchecked* means that the check could not run. Neither is ever a permit. *Misuse* is
the caller's own call or configuration.

`medid verify` and `medid decide` exit with 1 for a refusal, 3 for what could not be
checked and 2 for misuse or input that cannot be read.
"""


def rows(root: type[MedidError]) -> list[str]:
    """One row for each code below ``root``, by code."""
    found = []
    for code, error in sorted(errors.codes().items()):
        if issubclass(error, root) and error is not root:
            meaning = (error.__doc__ or "").strip().splitlines()[0].rstrip(".")
            found.append(
                f"| `{code}` | `{error.__name__}` | {meaning} | {error.default_fix} |"
            )
    return found


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, root in (
        ("Refused", Refused),
        ("Unchecked", Unchecked),
        ("Misuse", Misuse),
    ):
        head = ["| code | class | meaning | usual fix |", "|---|---|---|---|"]
        parts.append("\n".join([f"## {title}\n", *head, *rows(root)]) + "\n")
    return "\n".join(parts)


def main() -> int:
    """Rewrite the page."""
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
