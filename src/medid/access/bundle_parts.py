"""What an evidence bundle says about settings, contexts and the challenge, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core import base64url
from medid.core import json as strict_json
from medid.core.fields import as_object, no_others, required, required_str
from medid.errors import (
    EvidenceUnavailable,
    MalformedValue,
    MedidError,
    child,
    codes,
    located,
)
from medid.jsonld import ContextStore
from medid.jsonld.bundle import BUNDLED
from medid.verifying.checks import Check, Result
from medid.verifying.judging import Expectations, StatusPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.judge import Case
    from medid.core.json import JsonObject, JsonValue
    from medid.verifying.opening import Secured

_EXPECTATIONS: Final = tuple(
    name
    for name in Expectations.__slots__
    if name not in ("status", "accepted_statuses")
)


def bytes_of(value: JsonValue, path: str) -> bytes:
    """The bytes that ``value`` spells in base64url.

    Raises:
        MalformedValue: It is no such text.
    """
    if not isinstance(value, str):
        raise MalformedValue("not base64url text", path=path)
    return base64url.decode(value, path=path)


# The settings that mattered.


def write_expectations(expect: Expectations) -> JsonObject:
    """What was expected, as JSON that ``read_expectations`` reads back."""
    return {
        **{name: getattr(expect, name) for name in _EXPECTATIONS},
        "status": expect.status.value,
        "accepted_statuses": [*sorted(expect.accepted_statuses)],
    }


def read_expectations(members: JsonObject) -> Expectations:
    """What was expected.

    Raises:
        MalformedValue: A setting is unknown or of another type.
        ConfigurationError: It is one that nothing could meet.
    """
    path = "$.expectations"
    no_others(members, {*_EXPECTATIONS, "status", "accepted_statuses"}, path)
    # A setting that was added since was not there to be set: its default is what was.
    settings: dict[str, object] = {
        name: _setting(members, name, path) for name in _EXPECTATIONS if name in members
    }
    statuses = required(members, "accepted_statuses", list, path)
    if not all(type(one) is int for one in statuses):
        raise MalformedValue("not status types", path=f"{path}.accepted_statuses")
    policy = required_str(members, "status", path)
    if policy not in {one.value for one in StatusPolicy}:
        raise MalformedValue("no such status policy", path=f"{path}.status")
    return Expectations(
        **settings,  # type: ignore[arg-type]
        status=StatusPolicy(policy),
        accepted_statuses=frozenset(statuses),  # type: ignore[arg-type]
    )


def _setting(members: JsonObject, name: str, path: str) -> JsonValue:
    """A setting of the type that it has by default."""
    default = getattr(Expectations(), name)
    value = members[name]
    kinds: tuple[type, ...] = (int, float)
    if default is None:
        kinds = (str, type(None))
    elif isinstance(default, bool):
        kinds = (bool,)
    if type(value) not in kinds:
        raise MalformedValue("not of this setting's type", path=child(path, name))
    return value


def _texts(case: Case) -> Iterator[str]:
    """The text of everything in which a context may be named."""
    opened: list[Secured] = [case.presented, *case.kept]
    for one in opened:
        yield strict_json.dumps(one.document)
        opened.extend(one.children)
    for answer in case.judgement.evidence.answers.values():
        if not isinstance(answer, MedidError):
            yield answer.content.decode("utf-8", "replace")


def write_contexts(case: Case) -> JsonObject:
    """Registered contexts whole; those that travel with medid by their digests."""
    store = case.judgement.contexts
    texts = tuple(_texts(case))
    bundled: JsonObject = {
        url: digest
        for url, (_, digest) in sorted(BUNDLED.items())
        if any(f'"{url}"' in text for text in texts)
    }
    registered: JsonObject = {
        url: base64url.encode(content) for url, content in store.registered.items()
    }
    return {
        "allowInline": store.allow_inline,
        "registered": registered,
        "bundled": bundled,
    }


def read_contexts(members: JsonObject) -> ContextStore:
    """The contexts that were trusted.

    Raises:
        EvidenceUnavailable: One is not in this version of medid, or is another.
        MalformedValue: Not of the form that ``write_contexts`` gives.
        ConfigurationError: A context that cannot be registered.
    """
    path = "$.contexts"
    no_others(members, {"allowInline", "registered", "bundled"}, path)
    for url, digest in required(members, "bundled", dict, path).items():
        if url not in BUNDLED or BUNDLED[url][1] != digest:
            message = "a context is not, or not as it was, in this version of medid"
            fix = "replay with the version that decided"
            raise EvidenceUnavailable(message, path=f"{path}.bundled", fix=fix)
    store = ContextStore.bundled()
    registered = required(members, "registered", dict, path)
    for url, content in registered.items():
        with located(f"{path}.registered"):
            store = store.register_context(url, bytes_of(content, "$"))
    if required(members, "allowInline", bool, path):
        return store.with_inline_contexts()
    return store


# What the challenge store said.


def write_challenge(check: Check | None) -> JsonValue:
    """What the challenge store said, as JSON; ``None`` where nobody was asked."""
    if check is None:
        return None
    found: JsonObject = {"result": check.result.value, "path": check.path}
    if check.error is not None:
        found["code"] = check.error.code
        found["message"] = check.error.message
    return found


def read_challenge(value: JsonValue) -> Check | None:
    """What the challenge store said.

    Raises:
        MalformedValue: Not of the form that ``write_challenge`` gives.
    """
    if value is None:
        return None
    path = "$.challenge"
    members = as_object(value, path)
    no_others(members, {"result", "path", "code", "message"}, path)
    place, result = (required_str(members, name, path) for name in ("path", "result"))
    if result == Result.PASS.value and "code" not in members:
        return Check(check="replay", result=Result.PASS, path=place)
    kind = codes().get(required_str(members, "code", path))
    if kind is None or result not in (Result.FAIL.value, Result.UNKNOWN.value):
        raise MalformedValue("no such answer of a challenge store", path=path)
    error = kind(required_str(members, "message", path), path=place)
    return Check(check="replay", result=Result(result), path=place, error=error)
