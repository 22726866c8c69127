"""``medid did log``: the history of a did:webvh, checked, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import did_webvh
from medid.cli.options import AsJson
from medid.cli.output import printable, say, show_json
from medid.dids.webvh import writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.dids.webvh.history import Version


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(log)


def log(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The did.jsonl.")],
    as_json: AsJson = False,
) -> None:
    """Check a log, with the did-witness.json beside it, and show its history.

    Exit codes: 0 all of it verifies, 1 it does not, 2 it cannot be read.

    Example:
        medid did log site/.well-known/did.jsonl
    """
    published = did_webvh.read(file)
    versions = writing.verified(published).versions
    states = writing.states(published.log)
    shown = [_shown(version, versions, states) for version in versions]
    if as_json:
        show_json({"did": str(published.did), "versions": [*shown]})
        return
    say(printable(str(published.did)))
    for one in shown:
        say(printable(f"{one['versionId']} {one['versionTime']}"))
        say(f"  {', '.join(map(str, _list(one['changed']))) or 'nothing changed'}")
        say(f"  {printable(_in_force(one))}")


def _shown(
    version: Version, versions: Sequence[Version], states: Sequence[JsonObject]
) -> JsonObject:
    now = version.parameters
    asked = version.witnesses
    return {
        "versionId": version.version_id,
        "versionTime": version.time_text,
        "changed": [*_changed(version, versions, states)],
        "did": version.did,
        "keys": [*_keys(states[version.number - 1])],
        "updateKeys": [*now.update_keys],
        "nextKeyHashes": [*now.next_key_hashes],
        "witness": {} if asked is None else asked.stated,
        "deactivated": now.deactivated,
    }


def _changed(
    version: Version, versions: Sequence[Version], states: Sequence[JsonObject]
) -> list[str]:
    """What is otherwise than in the version before, in the specification's words."""
    if version.number == 1:
        return ["created"]
    before = versions[version.number - 2]
    old, new = before.parameters, version.parameters
    document = states[version.number - 1] != states[version.number - 2]
    told = {
        "moved": version.did != before.did,
        "state": document,
        "updateKeys": new.update_keys != old.update_keys,
        "nextKeyHashes": new.next_key_hashes != old.next_key_hashes,
        "witness": new.witness != old.witness,
        "watchers": new.watchers != old.watchers,
        "portable": new.portable != old.portable,
        "ttl": new.ttl != old.ttl,
        "deactivated": new.deactivated,
    }
    return [name for name, changed in told.items() if changed]


def _keys(state: JsonObject) -> list[str]:
    """The fragments of the keys that the document lists, in its order."""
    listed = state.get("verificationMethod")
    methods = listed if isinstance(listed, list) else []
    ids = [one.get("id") for one in methods if isinstance(one, dict)]
    return [str(name).rpartition("#")[2] for name in ids]


def _in_force(one: JsonObject) -> str:
    """What holds from this version on, in one line."""
    asked = one["witness"]
    told = [
        f"keys {' '.join(map(str, _list(one['keys']))) or 'none'}",
        f"update keys {len(_list(one['updateKeys']))}",
        f"next keys {len(_list(one['nextKeyHashes']))}",
    ]
    if isinstance(asked, dict) and asked:
        told.append(
            f"witnesses {asked['threshold']} of {len(_list(asked['witnesses']))}"
        )
    return ", ".join(told)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
