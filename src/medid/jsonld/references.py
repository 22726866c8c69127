"""Relative references: resolved against a base, as RFC 3986 does it.

Nothing that is signed has a base; contexts and documents that are only converted may.

Spec: https://www.rfc-editor.org/rfc/rfc3986#section-5.2
"""

from __future__ import annotations

import re
from typing import Final

# RFC 3986 appendix B: scheme, authority, path, query and fragment of any reference.
_PARTS: Final = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?",
    re.DOTALL,
)


def resolve(base: str, reference: str) -> str:
    """``reference`` as seen from ``base``, which has a scheme."""
    scheme, authority, path, query, fragment = _split(reference)
    if scheme is None:
        scheme, base_authority, base_path, base_query, _ = _split(base)
        if authority is None:
            authority = base_authority
            if path == "":
                path = base_path
                query = base_query if query is None else query
            elif not path.startswith("/"):
                path = _merged(base_authority, base_path, path)
                path = _without_dots(path)
            else:
                path = _without_dots(path)
        else:
            path = _without_dots(path)
    else:
        path = _without_dots(path)
    return _joined(scheme, authority, path, query, fragment)


def _split(
    reference: str,
) -> tuple[str | None, str | None, str, str | None, str | None]:
    # The pattern matches the whole of any text, and at once.
    scheme, authority, path, query, fragment = next(_PARTS.finditer(reference)).groups()
    return scheme, authority, path, query, fragment


def _merged(authority: str | None, base_path: str, path: str) -> str:
    if authority is not None and base_path == "":
        return f"/{path}"
    return base_path[: base_path.rfind("/") + 1] + path


def _without_dots(path: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment == "..":
            if len(kept) > 1 or (kept and kept[0] != ""):
                kept.pop()
            if last:
                kept.append("")
        elif segment == ".":
            if last:
                kept.append("")
        else:
            kept.append(segment)
    return "/".join(kept)


def _joined(  # noqa: PLR0917 - the five parts of a reference, in their order
    scheme: str | None,
    authority: str | None,
    path: str,
    query: str | None,
    fragment: str | None,
) -> str:
    found = "" if scheme is None else f"{scheme}:"
    found += "" if authority is None else f"//{authority}"
    found += path
    found += "" if query is None else f"?{query}"
    return found if fragment is None else f"{found}#{fragment}"
