"""The gateway's way to the FHIR server: bounded in time, size, pages and requests."""

import http.client
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from medid.core import json as strict_json
from medid.core.json import JsonObject
from medid.errors import EvidenceUnavailable

MAX_BYTES = 1_000_000  # of one answer
MAX_REQUESTS = 100  # for one request of a client
SECONDS = 5


@dataclass(slots=True)
class Upstream:
    """One client's reading of a server; it remembers what it has read."""

    host: str
    port: int
    read: dict[str, JsonObject | None] = field(default_factory=dict)
    requests: int = 0

    def resource(self, name: str) -> JsonObject | None:
        """The resource ``Type/id``; None where there is none.

        Raises:
            EvidenceUnavailable: The server does not answer as it should.
        """
        if name not in self.read:
            found = self._get(f"/{name}")
            if found and f"{found.get('resourceType')}/{found.get('id')}" != name:
                raise EvidenceUnavailable("upstream answers with another resource")
            self.read[name] = found
        return self.read[name]

    def search(self, kind: str, asked: dict[str, str]) -> list[JsonObject]:
        """The Bundles of a search, to the last page.

        Whoever pages over what is permitted has to know all of it.

        Raises:
            EvidenceUnavailable: The server does not answer as it should.
        """
        found, offset = [], "0"
        while True:
            query = urlencode({**asked, "_offset": offset})
            page = self._get(f"/{kind}?{query}")
            if page is None:
                raise EvidenceUnavailable("upstream has no such search")
            found.append(page)
            following = _next(page)
            if following is None:
                return found
            # Only the offset is taken from the link: it cannot lead elsewhere.
            (offset,) = parse_qs(urlsplit(following).query).get("_offset", [""])
            if not offset.isdecimal():
                raise EvidenceUnavailable("upstream pages in a way not known here")

    def _get(self, target: str) -> JsonObject | None:
        self.requests += 1
        if self.requests > MAX_REQUESTS:
            raise EvidenceUnavailable("too much would have to be read for this answer")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)
        try:
            with closing(connection):
                connection.request("GET", target)
                reply = connection.getresponse()
                body = reply.read(MAX_BYTES + 1)
        except (OSError, http.client.HTTPException):
            raise EvidenceUnavailable("upstream does not answer") from None
        if reply.status == 404:
            return None
        if reply.status != 200 or len(body) > MAX_BYTES:
            raise EvidenceUnavailable("upstream answers with an error, or too much")
        return strict_json.load_object(body)


def _next(bundle: JsonObject) -> str | None:
    links = bundle.get("link", [])
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            return str(link.get("url"))
    return None
