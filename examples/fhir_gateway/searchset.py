"""A searchset Bundle of what may leave, built anew from the server's pages. Pure."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from describing import NAME, name_of, named

from medid.core.json import JsonObject, JsonValue
from medid.errors import EvidenceUnavailable

MOST = 50  # matches of one page at most
ByName = dict[str, JsonObject]


def found_in(bundles: list[JsonObject]) -> tuple[ByName, ByName]:
    """The matches of a search, and what came with them.

    Raises:
        EvidenceUnavailable: Not the pages of a search, or an entry of another form.
    """
    matches: ByName = {}
    included: ByName = {}
    for mode, resource in _entries(bundles):
        name = name_of(resource)
        if mode not in {"match", "include"} or not NAME.fullmatch(name):
            raise EvidenceUnavailable("an entry of a Bundle is not known here")
        (matches if mode == "match" else included)[name] = resource
    return matches, included


def _entries(bundles: list[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    for bundle in bundles:
        entries = bundle.get("entry", [])
        if bundle.get("type") != "searchset" or not isinstance(entries, list):
            raise EvidenceUnavailable("upstream answers with another kind of Bundle")
        for entry in entries:
            search = entry.get("search") if isinstance(entry, dict) else None
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(search, dict) or not isinstance(resource, dict):
                raise EvidenceUnavailable("an entry of a Bundle is not known here")
            yield str(search.get("mode")), resource


def page_of(
    matches: ByName, included: ByName, *, at: str, asked: Mapping[str, str]
) -> tuple[JsonObject, list[str]]:
    """One page of what is permitted, and the names of what is in it.

    It pages over what is permitted alone: a short page would tell of what is withheld.
    What was included because of a match that is not in the page is not in it either.
    """
    start, count = int(asked.get("_offset", 0)), int(asked.get("_count", MOST))
    end = start + min(max(count, 1), MOST)
    page = dict(list(matches.items())[start:end])
    beside = {
        name: one
        for name, one in included.items()
        if name not in page
        and (named(one) & page.keys() or any(name in named(it) for it in page.values()))
    }
    links: list[JsonValue] = [{"relation": "self", "url": f"{at}?{urlencode(asked)}"}]
    if end < len(matches):
        more = urlencode({**asked, "_offset": str(end)})
        links.append({"relation": "next", "url": f"{at}?{more}"})
    root = at.rpartition("/")[0]
    entries: list[JsonValue] = [
        {"fullUrl": f"{root}/{name}", "resource": one, "search": {"mode": mode}}
        for mode, some in (("match", page), ("include", beside))
        for name, one in some.items()
    ]
    # No total: how many there are tells how many are withheld.
    bundle: JsonObject = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": links,
        "entry": entries,
    }
    return bundle, [*page, *beside]
