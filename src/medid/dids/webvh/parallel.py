"""The did:web document that is published beside the log, for who reads did:web only.

It says what the last version says, without the history that proves it: whoever resolves
the did:web trusts the web server again.

Spec: https://identity.foundation/didwebvh/v1.0/#publishing-a-parallel-didweb-did
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.dids.webvh.location import locate
from medid.dids.webvh.services import services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.dids.syntax import Did

_ALIASES: Final = "alsoKnownAs"
_SERVICES: Final = "service"


def is_parallel(did: Did, state: Mapping[str, JsonValue]) -> bool:
    """Whether ``state``, a document of ``did``, says that there is a did:web of it."""
    return str(locate(did).web) in _texts(state.get(_ALIASES))


def document(did: Did, state: Mapping[str, JsonValue]) -> JsonObject:
    """The document to publish as ``did.json``, beside the log.

    Args:
        did: The did:webvh.
        state: What it resolves to, as its log states it.
    """
    # The steps are numbered as in the specification.
    # 2. The services that every did:webvh has.
    result = {**state, _SERVICES: services(did, state)}
    # 3. The other name, wherever the first one stood.
    scid = locate(did).scid
    result = {
        name: _replaced(value, f"did:webvh:{scid}:", "did:web:")
        for name, value in result.items()
    }
    # 4. and 5. The first name as an alias, and no name twice.
    own = str(result["id"])
    names = dict.fromkeys([*_texts(result.get(_ALIASES)), str(did)])
    return {**result, _ALIASES: [name for name in names if name != own]}


def _texts(value: JsonValue) -> list[str]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]


def _replaced(value: JsonValue, old: str, new: str) -> JsonValue:
    if isinstance(value, dict):
        return {name: _replaced(member, old, new) for name, member in value.items()}
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    return value.replace(old, new) if isinstance(value, str) else value
