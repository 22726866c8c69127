"""From the bytes of a request to what is asked: typed, with the path of what is wrong.

What a client may say is an allow-list. A member or option that is not on it refuses the
whole request, because a misspelt or unknown one would otherwise be taken for agreed:
``{"skipStatus": true}`` is an error here, never a wish. Nothing on the list can make a
check weaker than the server's own settings.

Spec: https://w3c-ccg.github.io/vc-api/#api-summary
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core import json as strict_json
from medid.core.fields import (
    as_object,
    as_str,
    no_others,
    optional,
    optional_str,
    required,
    required_str,
    strings,
)
from medid.core.instant import Instant
from medid.core.json import DOCUMENT, JsonLimits, JsonObject, JsonValue
from medid.errors import MalformedValue, ParsingError, child

if TYPE_CHECKING:
    from collections.abc import Sequence

# A document stands one level inside its request, beside a few members.
LIMITS: Final = JsonLimits(
    max_depth=DOCUMENT.max_depth + 2, max_members=DOCUMENT.max_members + 64
)
MAX_POINTERS: Final = 256  # of one request; a license has about 40 claims

_JSON: Final = re.compile(r"[ \t\r\n]*[{\[\"\ufeff]")
# Seconds since 1970, before the year 2514.
_UNIX_TIME: Final = re.compile(r"0|[1-9][0-9]{0,10}")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,17}")

Credential: TypeAlias = "JsonObject | str"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which options the clients of a profile may send.

    Attributes:
        issue: At ``/credentials/issue``.
        verify: Where credentials and presentations are verified.
    """

    issue: frozenset[str]
    verify: frozenset[str]


_VERIFY: Final = frozenset(
    {"challenge", "domain", "requireHolderBinding", "requireKeyBinding", "vct"}
)
DEFAULT_RULES: Final = Rules(issue=frozenset({"mandatoryPointers"}), verify=_VERIFY)
# The public suites also say which checks they care about; all of them run anyway.
CONFORMANCE_RULES: Final = Rules(
    issue=frozenset({"mandatoryPointers", "credentialStatus"}),
    verify=_VERIFY | {"checks"},
)
_DERIVE: Final = frozenset({"selectivePointers"})
_PRESENT: Final = frozenset({"challenge", "domain"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRequest:
    """A draft to be signed.

    Attributes:
        credential: The draft.
        mandatory: JSON pointers to what every derived credential discloses.
        status_purpose: A status entry for this purpose is asked for.
    """

    credential: JsonObject
    mandatory: tuple[str, ...] = ()
    status_purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeriveRequest:
    """A credential of which only a part is to be disclosed."""

    credential: JsonObject
    disclose: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentRequest:
    """Credentials to be presented by ``holder``."""

    credentials: tuple[Credential, ...]
    holder: str
    challenge: str | None
    domain: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """A document to be verified, and what is expected of it beside."""

    document: Credential
    challenge: str | None
    domain: str | None
    holder_binding: bool
    key_binding: bool
    vct: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRequest:
    """One entry of a hosted status list to be set or cleared."""

    list_url: str
    index: int
    purpose: str
    value: bool


def read_issue(body: bytes, rules: Rules) -> IssueRequest:
    """What ``POST /credentials/issue`` asks for.

    Raises:
        ParsingError: Not strict JSON.
        MalformedValue: A member or option that is missing, unknown or of another form.
    """
    obj = _body(body, {"credential", "options"})
    options = _options(obj, rules.issue)
    return IssueRequest(
        credential=required(obj, "credential", dict, "$"),
        mandatory=_pointers(options, "mandatoryPointers"),
        status_purpose=_status_purpose(options),
    )


def read_derive(body: bytes) -> DeriveRequest:
    """What ``POST /credentials/derive`` asks for.

    Raises:
        ParsingError: Not strict JSON.
        MalformedValue: A member or option that is missing, unknown or of another form.
    """
    obj = _body(body, {"verifiableCredential", "options"})
    options = _options(obj, _DERIVE)
    return DeriveRequest(
        credential=required(obj, "verifiableCredential", dict, "$"),
        disclose=_pointers(options, "selectivePointers"),
    )


def read_present(body: bytes) -> PresentRequest:
    """What ``POST /presentations`` asks for.

    Raises:
        ParsingError: Not strict JSON.
        MalformedValue: A member or option that is missing, unknown or of another form.
    """
    obj = _body(body, {"presentation", "options"})
    options = _options(obj, _PRESENT)
    path = "$.presentation"
    draft = required(obj, "presentation", dict, "$")
    no_others(draft, {"@context", "type", "holder", "verifiableCredential"}, path)
    _check_plain(draft, path)
    return PresentRequest(
        credentials=_credentials(draft, path),
        holder=_holder(draft, path),
        challenge=optional_str(options, "challenge", "$.options"),
        domain=optional_str(options, "domain", "$.options"),
    )


def read_verify(body: bytes, member: str, rules: Rules) -> VerifyRequest:
    """What a verifying endpoint asks for.

    Args:
        body: The request body.
        member: ``verifiableCredential`` or ``verifiablePresentation``.
        rules: Which options are allowed.

    Raises:
        ParsingError: Not strict JSON.
        MalformedValue: A member or option that is missing, unknown or of another form.
    """
    obj = _body(body, {member, "options"})
    options = _options(obj, rules.verify)
    if "checks" in options:
        required(options, "checks", list, "$.options")
    if member not in obj:
        message = f"the member {member!r} is missing"
        raise MalformedValue(message, path=child("$", member))
    return VerifyRequest(
        document=_document(obj[member], child("$", member)),
        challenge=optional(options, "challenge", str, "$.options"),
        domain=optional(options, "domain", str, "$.options"),
        holder_binding=_flag(options, "requireHolderBinding"),
        key_binding=_flag(options, "requireKeyBinding"),
        vct=optional_str(options, "vct", "$.options"),
    )


def read_status(body: bytes) -> StatusRequest:
    """What ``POST /credentials/status`` asks for.

    Raises:
        ParsingError: Not strict JSON.
        MalformedValue: A member that is missing, unknown or of another form.
    """
    obj = _body(body, {"credentialId", "credentialStatus", "status"})
    optional_str(obj, "credentialId", "$")
    path = "$.credentialStatus"
    entry = required(obj, "credentialStatus", dict, "$")
    no_others(entry, _ENTRY, path)
    optional_str(entry, "id", path)
    if required_str(entry, "type", path) != "BitstringStatusListEntry":
        message = "the type must be BitstringStatusListEntry"
        raise MalformedValue(message, path=child(path, "type"))
    text = required_str(entry, "statusListIndex", path)
    if not _INDEX.fullmatch(text):
        message = "not a whole number in decimal digits, written as a string"
        raise MalformedValue(message, path=child(path, "statusListIndex"))
    return StatusRequest(
        list_url=required_str(entry, "statusListCredential", path),
        index=int(text),
        purpose=required_str(entry, "statusPurpose", path),
        value=required(obj, "status", bool, "$"),
    )


_ENTRY: Final = (
    "id",
    "type",
    "statusPurpose",
    "statusListIndex",
    "statusListCredential",
)


def _body(body: bytes, members: set[str]) -> JsonObject:
    # The limits on bytes are the server's own; those on structure are a document's.
    limits = JsonLimits(
        max_bytes=len(body),
        max_depth=LIMITS.max_depth,
        max_members=LIMITS.max_members,
    )
    value = strict_json.loads(body, limits=limits)
    if not isinstance(value, dict):
        raise ParsingError("the body must be a JSON object")
    no_others(value, members, "$")
    return value


def _options(obj: JsonObject, allowed: frozenset[str]) -> JsonObject:
    options = optional(obj, "options", dict, "$") or {}
    no_others(options, allowed, "$.options")
    return options


def _pointers(options: JsonObject, name: str) -> tuple[str, ...]:
    if name not in options:
        return ()
    path = child("$.options", name)
    items = required(options, name, list, "$.options")
    if len(items) > MAX_POINTERS:
        raise MalformedValue(f"more than {MAX_POINTERS} pointers", path=path)
    # The pointer to the whole document is the empty string.
    return tuple(_pointer(item, child(path, n)) for n, item in enumerate(items))


def _pointer(value: JsonValue, path: str) -> str:
    return value if value == "" else as_str(value, path)


def _status_purpose(options: JsonObject) -> str | None:
    wanted = optional(options, "credentialStatus", dict, "$.options")
    if wanted is None:
        return None
    path = "$.options.credentialStatus"
    no_others(wanted, {"type", "statusPurpose"}, path)
    if required_str(wanted, "type", path) != "BitstringStatusListEntry":
        message = "the type must be BitstringStatusListEntry"
        raise MalformedValue(message, path=child(path, "type"))
    return required_str(wanted, "statusPurpose", path)


def _flag(options: JsonObject, name: str) -> bool:
    return optional(options, name, bool, "$.options") is True


def _document(value: JsonValue, path: str) -> Credential:
    """A JSON object, or the text of a token; text that holds JSON is neither."""
    if isinstance(value, dict):
        return value
    if isinstance(value, str) and not _JSON.match(value):
        return value
    raise ParsingError("neither a JSON object nor a JWT nor an SD-JWT", path=path)


def _check_plain(draft: JsonObject, path: str) -> None:
    """Return if the draft says no more about itself than what will be signed."""
    from medid.credentials import CONTEXT_V2

    for name, expected in (
        ("@context", CONTEXT_V2),
        ("type", "VerifiablePresentation"),
    ):
        place = child(path, name)
        if name in draft and strings(draft[name], place) != [expected]:
            message = "presentations are signed with this member as it always is"
            raise MalformedValue(message, path=place, fix=f"write [{expected!r}]")


def _holder(draft: JsonObject, path: str) -> str:
    holder = draft.get("holder")
    if isinstance(holder, dict):
        no_others(holder, {"id"}, child(path, "holder"))
        return required_str(holder, "id", child(path, "holder"))
    return required_str(draft, "holder", path)


def _credentials(draft: JsonObject, path: str) -> tuple[Credential, ...]:
    place = child(path, "verifiableCredential")
    value = draft.get("verifiableCredential")
    items: Sequence[JsonValue] = value if isinstance(value, list) else [value]
    return tuple(
        item if isinstance(item, str) else as_object(item, where)
        for n, item in enumerate(items)
        for where in (child(place, n) if isinstance(value, list) else place,)
    )


def read_list_time(query: Sequence[tuple[str, str]]) -> Instant | None:
    """As of when a status list is wanted; ``None`` for what is published now.

    The two kinds of status lists have a parameter each: ``timestamp`` is a date-time,
    ``time`` a number of seconds.

    Raises:
        MalformedValue: Both, one of them twice, or a value that is no time.

    Spec: https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm,
    https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-8.4
    """
    asked = [(name, value) for name, value in query if name in ("timestamp", "time")]
    if not asked:
        return None
    if len(asked) > 1:
        raise MalformedValue("the time is given twice", path="$.query")
    [(name, value)] = asked
    path = child("$.query", name)
    if name == "timestamp":
        return Instant.parse(value, path=path)
    if _UNIX_TIME.fullmatch(value) is None:
        raise MalformedValue("not a number of seconds since 1970", path=path)
    return Instant(int(value) * 1_000_000_000)
