"""Publish and change status: a board's suspension, a patient's withdrawal.

A status list is itself a signed credential. Changing a status means signing a new list
that differs in one bit; what was published before stays as it was.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import as_object
from medid.core.instant import Instant, Window, system_clock
from medid.credentials import parse_credential
from medid.errors import ConfigurationError, MalformedValue
from medid.issuing.credential import (
    DEFAULT_SECURING,
    check_whole,
    issue,
    refused_as_unsigned,
)
from medid.status import StatusList, list_credential

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential, StatusEntry
    from medid.issuing.controller import Controller

# A verifier accepts a list for at most its own maximum age, a day by default; a list
# that says it holds for longer than a month helps nobody but an attacker.
LIST_LIFETIME: Final = 7 * 86_400  # seconds


def new_list(
    url: str,
    purpose: str,
    controller: Controller,
    *,
    at: Instant | None = None,
    securing: str = DEFAULT_SECURING,
    allow_ml_dsa: bool = False,
) -> JsonObject | str:
    """A new signed status list in which nothing is set.

    Args:
        url: Where it will be published; entries name it by this URL.
        purpose: ``revocation``, ``suspension`` or ``message``.
        controller: Who signs it; the issuer of the credentials that name it.
        at: From when it holds; the present by default.
        securing: As for ``issue``.
        allow_ml_dsa: As for ``issue``.

    Raises:
        ProofGenerationError: medid would refuse the list.
        SignerError: The key store refused, or could not be reached.
    """
    issued = at if at is not None else system_clock()
    statuses = StatusList(purpose=purpose)
    check_whole(securing)
    sign = partial(issue, securing=securing, allow_ml_dsa=allow_ml_dsa)
    return _signed(statuses, url, controller, at=issued, sign=sign)


def set_status(  # noqa: PLR0913 - what changes and who signs it, each by name
    status_list: Mapping[str, JsonValue],
    index: int,
    controller: Controller,
    *,
    value: bool = True,
    at: Instant | None = None,
    securing: str = DEFAULT_SECURING,
    allow_ml_dsa: bool = False,
) -> JsonObject | str:
    """A new signed list that differs from ``status_list`` in the bit ``index``.

    Args:
        status_list: The list as it was last published; not modified.
        index: Position in the list, from 0.
        controller: Who signs; the list's own issuer.
        value: Set or clear.
        at: From when the new list holds; the present by default.
        securing: As for ``issue``.
        allow_ml_dsa: As for ``issue``.

    Raises:
        MalformedValue: Not a bitstring status list.
        StatusRangeError: The index lies outside the list.
        ConfigurationError: The list is somebody else's, or a revocation would be taken
            back.
        SignerError: The key store refused, or could not be reached.
    """
    credential = _read(status_list)
    if credential.issuer.id != controller.did:
        message = "the status list is another issuer's"
        raise ConfigurationError(message, path="$.issuer")
    known = StatusList.from_credential(credential)
    issued = at if at is not None else system_clock()
    changed = known.with_bit(index, value)
    if credential.id is None:
        raise MalformedValue("the status list has no id", path="$.id")
    check_whole(securing)
    sign = partial(issue, securing=securing, allow_ml_dsa=allow_ml_dsa)
    return _signed(changed, credential.id, controller, at=issued, sign=sign)


def withdraw(
    consent: Mapping[str, JsonValue],
    status_list: Mapping[str, JsonValue],
    controller: Controller,
    *,
    at: Instant | None = None,
) -> JsonObject | str:
    """A new signed list in which ``consent`` is revoked: the patient takes it back.

    Args:
        consent: The consent credential that was given.
        status_list: The list that its revocation entry names, as last published.
        controller: The patient, who issued both.
        at: From when the withdrawal holds; the present by default.

    Raises:
        MalformedValue: The consent has no revocation entry in this list.
        ConfigurationError: The consent or the list is somebody else's.
        SignerError: The key store refused, or could not be reached.
    """
    credential = _read(consent)
    if credential.issuer.id != controller.did:
        message = "the consent is another issuer's"
        raise ConfigurationError(message, path="$.issuer")
    index = _revocation_index(credential.status, status_list.get("id"))
    return set_status(status_list, index, controller, at=at)


def _revocation_index(entries: tuple[StatusEntry, ...], list_url: JsonValue) -> int:
    for entry in entries:
        named = entry.purpose == "revocation" and entry.list_url == list_url
        if named and entry.index is not None:
            return entry.index
    message = "the consent has no revocation entry in this status list"
    raise MalformedValue(message, path="$.credentialStatus")


def _read(document: Mapping[str, JsonValue]) -> Credential:
    return parse_credential(as_object(strict_json.check(dict(document)), "$"))


def _signed(
    statuses: StatusList,
    url: str,
    controller: Controller,
    *,
    at: Instant,
    sign: Callable[..., JsonObject | str],
) -> JsonObject | str:
    with refused_as_unsigned():
        draft = list_credential(
            statuses,
            url=url,
            issuer=controller.did,
            validity=Window(at, at.plus(LIST_LIFETIME)),
        )
    return sign(draft, controller, at=at)
