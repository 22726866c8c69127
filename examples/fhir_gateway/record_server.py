"""A FHIR R4 server that reads its resources from files: it knows nobody's rights.

It answers a read, a search by type and patient with ``_count``, ``_include`` and
``_revinclude``, and says the total. Whoever reaches it sees everything, which is why
only the gateway may.
"""

from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from medid.core import json as strict_json
from medid.core.json import JsonObject, JsonValue

DATA = Path(__file__).parent / "data"
Records = dict[str, JsonObject]  # by type and id, such as Observation/heart-rate


def load(folder: Path = DATA) -> Records:
    """Every resource of the folder, in the order of their names."""
    found = map(strict_json.load_object, map(Path.read_bytes, sorted(folder.glob("*"))))
    return {f"{one['resourceType']}/{one['id']}": one for one in found}


def names(value: JsonValue) -> set[str]:
    """Every reference in a value."""
    if isinstance(value, list):
        return set().union(*map(names, value))
    if not isinstance(value, dict):
        return set()
    stated = value.get("reference")
    found = {stated} if isinstance(stated, str) else set()
    return found.union(*map(names, value.values()))


def answer(body: JsonObject, status: int = 200) -> JSONResponse:
    """A resource, as FHIR's own media type."""
    return JSONResponse(body, status, media_type="application/fhir+json")


def record_server(records: Records) -> Starlette:
    """The server of these records."""

    async def read(request: Request) -> JSONResponse:
        found = records.get("{kind}/{id}".format(**request.path_params))
        if found is None:
            return answer({"resourceType": "OperationOutcome", "issue": []}, 404)
        return answer(found)

    async def search(request: Request) -> JSONResponse:
        kind, asked = request.path_params["kind"], request.query_params
        matches = [
            name
            for name, one in records.items()
            if one["resourceType"] == kind
            and f"Patient/{asked['patient']}" in names(one)
        ]
        offset, count = int(asked.get("_offset", 0)), int(asked.get("_count", 2))
        page = matches[offset : offset + count]
        entries = [entry(request, name, "match") for name in page]
        entries += [entry(request, name, "include") for name in included(page, asked)]
        links: list[JsonValue] = [{"relation": "self", "url": str(request.url)}]
        if offset + count < len(matches):
            more = urlencode({**asked, "_offset": offset + count})
            links.append({"relation": "next", "url": f"{request.url.path}?{more}"})
        bundle: JsonObject = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(matches),
            "link": links,
            "entry": [*entries],
        }
        return answer(bundle)

    def entry(request: Request, name: str, mode: str) -> JsonObject:
        url = f"{request.base_url}{name}"
        return {"fullUrl": url, "resource": records[name], "search": {"mode": mode}}

    def included(page: list[str], asked: QueryParams) -> list[str]:
        found: set[str] = set()
        if "_include" in asked:  # of Observations, where a report names them
            found = {name for one in page for name in names(records[one])}
            found = {name for name in found if name.startswith("Observation/")}
        if "_revinclude" in asked:
            kind = asked["_revinclude"].partition(":")[0]
            found |= {
                name
                for name, one in records.items()
                if one["resourceType"] == kind and names(one) & {*page}
            }
        return sorted(found - {*page})

    return Starlette(routes=[Route("/{kind}", search), Route("/{kind}/{id}", read)])
