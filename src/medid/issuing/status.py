"""Publish and change status: a board's suspension, a patient's withdrawal.

A status list is itself signed: as a credential (a bitstring list, which credentials
name), or as a token (a token status list, which SD-JWTs name). Changing a status means
signing a new list that differs in one entry; what was published before stays as it was.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-5
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from medid.core import json as strict_json
from medid.core.arguments import checked_arguments
from medid.core.instant import Instant, Window, system_clock
from medid.credentials import parse_credential
from medid.errors import ConfigurationError, MalformedValue, StatusRangeError
from medid.issuing.credential import (
    DEFAULT_SECURING,
    issue,
    refused_as_unsigned,
)
from medid.issuing.mechanisms import check_whole
from medid.issuing.status_token import (
    LIST_LIFETIME,
    TOKEN_TYPES,
    change_token,
    empty_statuses,
    sign_token,
)
from medid.status import StatusList, list_credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from medid.core.json import JsonValue
    from medid.credentials import Credential, StatusEntry
    from medid.issuing.controller import Controller
    from medid.issuing.credential import Issued


@checked_arguments
def new_list(
    url: str,
    purpose: str,
    controller: Controller,
    *,
    at: Instant | None = None,
    securing: str = DEFAULT_SECURING,
    allow_ml_dsa: bool = False,
) -> Issued:
    """A new signed status list in which nothing is set.

    Args:
        url: Where it will be published; entries name it by this URL.
        purpose: ``revocation``, ``suspension``, ``message`` or ``refresh``. A token
            status list has room for revocations, or for both in the entries of one for
            ``suspension``.
        controller: Who signs it; the issuer of the credentials that name it.
        at: From when it holds; the present by default.
        securing: As for ``issue``; or ``statuslist+jwt`` or ``statuslist+cwt``, which
            make a token status list.
        allow_ml_dsa: As for ``issue``.

    Raises:
        ConfigurationError: There is no such purpose or securing mechanism, or the key
            does not fit it.
        ProofGenerationError: medid would refuse the list.
        SignerError: The key store refused, or could not be reached.
    """
    issued = at if at is not None else system_clock()
    if securing in TOKEN_TYPES:
        return sign_token(
            empty_statuses(purpose),
            url,
            controller,
            at=issued,
            securing=securing,
            allow_ml_dsa=allow_ml_dsa,
        )
    statuses = StatusList(purpose=purpose)
    sign = _signing(securing, allow_ml_dsa=allow_ml_dsa)
    return _signed(statuses, url, controller, at=issued, sign=sign)


@checked_arguments
def set_status(  # noqa: PLR0913 - what changes and who signs it, each by name
    status_list: Mapping[str, JsonValue] | str | bytes,
    index: int,
    controller: Controller,
    *,
    value: bool | int = True,
    at: Instant | None = None,
    securing: str = DEFAULT_SECURING,
    allow_ml_dsa: bool = False,
) -> Issued:
    """A new signed list that differs from ``status_list`` in the entry ``index``.

    Args:
        status_list: The list as it was last published; not modified. A token status
            list is a text or bytes, and stays what it is.
        index: Position in the list, from 0.
        controller: Who signs; the list's own issuer.
        value: Set or clear. In a token status list, the status type: 0 is valid, 1
            invalid, 2 suspended.
        at: From when the new list holds; the present by default.
        securing: As for ``issue``, for a list that is a credential.
        allow_ml_dsa: As for ``issue``.

    Raises:
        MalformedValue: Not a status list.
        MedidError: What else is wrong with a token that is no Status List Token.
        StatusRangeError: The index lies outside the list.
        ConfigurationError: The list is somebody else's, a status does not fit it, or a
            revocation would be taken back.
        SignerError: The key store refused, or could not be reached.
    """
    issued = at if at is not None else system_clock()
    sign = _signing(securing, allow_ml_dsa=allow_ml_dsa)
    changes = {index: int(value)}
    if isinstance(status_list, str | bytes):
        with _index_of_the_call():
            return change_token(
                status_list, changes, controller, at=issued, allow_ml_dsa=allow_ml_dsa
            )
    url, known = _own(status_list, controller)
    with _index_of_the_call():
        changed = known.with_statuses(changes)
    return _signed(changed, url, controller, at=issued, sign=sign)


@contextmanager
def _index_of_the_call() -> Iterator[None]:
    """An index beyond the list is the caller's here, and no credential's."""
    try:
        yield
    except StatusRangeError as error:
        fix = "pass an index from 0 on, below the number of entries of the list"
        raise StatusRangeError(error.message, path="$.index", fix=fix) from None


@checked_arguments
def renew_list(
    status_list: Mapping[str, JsonValue] | str | bytes,
    controller: Controller,
    *,
    at: Instant | None = None,
    securing: str = DEFAULT_SECURING,
    allow_ml_dsa: bool = False,
) -> Issued:
    """A new signed list with the statuses of ``status_list``, valid from ``at``.

    Verifiers take no list for longer than a day or so: it is published anew also when
    no status has changed.

    Args:
        status_list: The list as it was last published; not modified. A token status
            list is a text or bytes, and stays what it is.
        controller: Who signs; the list's own issuer.
        at: From when the new list holds; the present by default.
        securing: As for ``issue``, for a list that is a credential.
        allow_ml_dsa: As for ``issue``.

    Raises:
        MalformedValue: Not a status list.
        MedidError: What else is wrong with a token that is no Status List Token.
        ConfigurationError: The list is somebody else's.
        SignerError: The key store refused, or could not be reached.
    """
    issued = at if at is not None else system_clock()
    sign = _signing(securing, allow_ml_dsa=allow_ml_dsa)
    if isinstance(status_list, str | bytes):
        return change_token(
            status_list, {}, controller, at=issued, allow_ml_dsa=allow_ml_dsa
        )
    url, known = _own(status_list, controller)
    return _signed(known, url, controller, at=issued, sign=sign)


@checked_arguments
def withdraw(
    consent: Mapping[str, JsonValue],
    status_list: Mapping[str, JsonValue],
    controller: Controller,
    *,
    at: Instant | None = None,
    securing: str = DEFAULT_SECURING,
    allow_ml_dsa: bool = False,
) -> Issued:
    """A new signed list in which ``consent`` is revoked: the patient takes it back.

    Args:
        consent: The consent credential that was given.
        status_list: The list that its revocation entry names, as last published.
        controller: The patient, who issued both.
        at: From when the withdrawal holds; the present by default.
        securing: As for ``issue``; how the new list is secured.
        allow_ml_dsa: As for ``issue``.

    Raises:
        MalformedValue: The consent has no revocation entry in this list.
        ConfigurationError: The consent or the list is somebody else's, there is no
            such securing mechanism, or the key does not fit it.
        SignerError: The key store refused, or could not be reached.
    """
    credential = _read(consent)
    if credential.issuer.id != controller.did:
        message = "the consent is another issuer's"
        raise ConfigurationError(message, path="$.issuer")
    listed = strict_json.check_object(status_list)
    index = _revocation_index(credential.status, listed.get("id"))
    return set_status(
        status_list,
        index,
        controller,
        at=at,
        securing=securing,
        allow_ml_dsa=allow_ml_dsa,
    )


def _own(
    status_list: Mapping[str, JsonValue], controller: Controller
) -> tuple[str, StatusList]:
    """Where the controller's list is published, and what it says."""
    credential = _read(status_list)
    if credential.issuer.id != controller.did:
        message = "the status list is another issuer's"
        raise ConfigurationError(message, path="$.issuer")
    known = StatusList.from_credential(credential)
    if credential.id is None:
        raise MalformedValue("the status list has no id", path="$.id")
    return credential.id, known


def _revocation_index(entries: tuple[StatusEntry, ...], list_url: JsonValue) -> int:
    for entry in entries:
        named = entry.purpose == "revocation" and entry.list_url == list_url
        if named and entry.index is not None:
            return entry.index
    message = "the consent has no revocation entry in this status list"
    raise MalformedValue(message, path="$.credentialStatus")


def _read(document: Mapping[str, JsonValue]) -> Credential:
    return parse_credential(strict_json.check_object(document))


def _signing(securing: str, *, allow_ml_dsa: bool) -> Callable[..., Issued]:
    check_whole(securing)
    return partial(issue, securing=securing, allow_ml_dsa=allow_ml_dsa)


def _signed(
    statuses: StatusList,
    url: str,
    controller: Controller,
    *,
    at: Instant,
    sign: Callable[..., Issued],
) -> Issued:
    with refused_as_unsigned():
        draft = list_credential(
            statuses,
            url=url,
            issuer=controller.did,
            validity=Window(at, at.plus(LIST_LIFETIME)),
        )
    return sign(draft, controller, at=at)
