"""The two services that every did:webvh has, unless its document says otherwise.

Spec: https://identity.foundation/didwebvh/v1.0/#did-url-path-resolution,
https://identity.foundation/didwebvh/v1.0/#whois-linkedvp-service
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.dids.syntax import absolute
from medid.dids.webvh.location import locate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.dids.syntax import Did

FILES: Final = "files"
WHOIS: Final = "whois"
_LINKED_VP: Final = "https://identity.foundation/linked-vp/contexts/v1"


def services(did: Did, state: Mapping[str, JsonValue]) -> list[JsonValue]:
    """The services of ``state``, a document of ``did``, and those that it implies.

    Only a service of the DID itself stands in the place of an implied one; one that has
    the same fragment behind another DID does not.
    """
    base = f"{locate(did).base_url}/"
    given = state.get("service")
    stated = [*given] if isinstance(given, list) else []
    # Of a DID that moved, the document names itself by its newer name.
    names = (str(did), str(state.get("id")))
    ids = [str(one.get("id")) for one in stated if isinstance(one, dict)]
    given_ids = {absolute(one, name) for one in ids for name in names}
    implicit: dict[str, JsonObject] = {
        FILES: {
            "id": f"{did}#{FILES}",
            "type": "relativeRef",
            "serviceEndpoint": base,
        },
        WHOIS: {
            "@context": _LINKED_VP,
            "id": f"{did}#{WHOIS}",
            "type": "LinkedVerifiablePresentation",
            "serviceEndpoint": f"{base}whois.vp",
        },
    }
    lent = (
        one
        for fragment, one in implicit.items()
        if given_ids.isdisjoint(f"{name}#{fragment}" for name in names)
    )
    return [*stated, *lent]
