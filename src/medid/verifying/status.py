"""Step 9: has the credential been taken back? By every entry that it names.

The lists are evidence like any other: each has to be signed by the credential's issuer,
or by one whom the trust registry accepts in its place, with a key that its own DID
document allows. Whatever cannot be settled is an answer too, and never "valid".

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-8.3
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from medid.core.fields import as_list
from medid.core.memory import Known
from medid.core.records import replace
from medid.credentials.status_entry import STATUS_LIST_CLAIM, token_entries
from medid.errors import (
    HistoryUnknown,
    IssuerNotTrusted,
    MalformedValue,
    MedidError,
    ParsingError,
    Refused,
    StatusRetrievalError,
    StatusVerificationError,
    Unchecked,
)
from medid.status import StatusResult, check_entry
from medid.status.check import VerifiedList, check_distinct
from medid.status.list_token import StatusListToken, check_token_entry, read_token
from medid.verifying.checks import Check, ask_about, not_asked
from medid.verifying.hybrid import refuse_single
from medid.verifying.judging import Judgement, StatusPolicy
from medid.verifying.opening import Kind, Secured, open_document
from medid.verifying.proofs import (
    ASSERTION,
    Signatory,
    check_contexts,
    check_registered,
    verify_envelope,
    verify_proofs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.fetch import Fetched
    from medid.core.instant import Instant, Window
    from medid.credentials import Credential, StatusEntry


def entries_of(secured: Secured) -> tuple[StatusEntry, ...]:
    """Every entry that speaks about ``secured``, whichever mechanism names it.

    Raises:
        MalformedValue: A ``status`` claim is not of the form that it has to be.
        StatusVerificationError: A ``status`` claim names no mechanism that is known.
    """
    stated = secured.credential.status if secured.credential else ()
    return stated + _claimed(secured)


def _claimed(secured: Secured) -> tuple[StatusEntry, ...]:
    """The entry of the registered claim ``status``."""
    claim = secured.registered.status if secured.registered else None
    texts = {type(one) for one in as_list(claim)} == {str}
    if claim is None or texts:
        # Absent; or, in a credential of the data model, a term of its own contexts.
        return ()
    if not isinstance(claim, dict):
        # What names no list must not pass for a credential that has none.
        raise MalformedValue("a status claim is an object", path="$.status")
    entries = token_entries(claim, path="$.status")
    if not entries:
        message = "the status mechanism of this credential is not supported"
        raise StatusVerificationError(message, path="$.status")
    return entries


def judge_status(
    secured: Secured, judgement: Judgement
) -> tuple[list[Check], tuple[StatusResult, ...]]:
    """Each question about the status of ``secured``, and what the lists say."""
    policy, found = judgement.expect.status, list[StatusResult]()
    if policy is StatusPolicy.OFF:
        return [not_asked("status", secured.path)], ()
    entries: list[StatusEntry] = []
    first = ask_about("status", secured.path, partial(_read_entries, secured, entries))
    if first.error is None and not entries and policy is StatusPolicy.IF_PRESENT:
        return [not_asked("status", secured.path)], ()
    checks = [first]
    if first.error is None and not entries:
        checks = [ask_about("status", secured.path, partial(_require_entry, secured))]
    for entry in entries:
        question = partial(_read_status, entry, secured, judgement, found)
        checks.append(ask_about("status", secured.path, question))
    return checks, tuple(found)


def _read_entries(secured: Secured, entries: list[StatusEntry]) -> None:
    entries += entries_of(secured)
    check_distinct(tuple(entries))


def _require_entry(secured: Secured) -> None:
    message = "the credential has no status entry, and one is required"
    name = "status" if secured.kind is Kind.SD_JWT else "credentialStatus"
    raise StatusVerificationError(message, path=f"$.{name}")


def _read_status(
    entry: StatusEntry,
    secured: Secured,
    judgement: Judgement,
    found: list[StatusResult],
) -> None:
    if entry.list_url is None:
        message = "the status type is not supported"
        raise StatusVerificationError(message, path=f"{entry.path}.type")
    try:
        fetched = judgement.evidence.get(
            entry.list_url, at=judgement.at, path=entry.path, shows_time=True
        )
    except MedidError as error:
        message = f"the status list could not be obtained ({error.code})"
        raise StatusRetrievalError(message, path=entry.path) from error
    read = _of_token if entry.type == STATUS_LIST_CLAIM else _of_credential
    found.append(read(entry, fetched, secured, judgement))


def _of_credential(
    entry: StatusEntry, fetched: Fetched, secured: Secured, judgement: Judgement
) -> StatusResult:
    opened, credential = _verified_list(fetched, entry, secured, judgement)
    result = check_entry(
        entry,
        VerifiedList(
            credential=credential,
            fetched_at=fetched.tells_of,
            known=opened.known,
        ),
        issuers=list_issuers(secured, judgement),
        at=judgement.at,
        max_age_seconds=judgement.expect.status_max_age,
        memory=judgement.memory,
    )
    return replace(
        result, valid_until=min([result.valid_until, *_ends(opened, judgement)])
    )


def _ends(opened: Secured, judgement: Judgement) -> Iterator[Instant]:
    """When a list stops to hold by what secures it, whatever it says itself."""
    stated = [proof.expires for proof in opened.proofs] if opened.carries_proofs else []
    if opened.registered is not None:
        stated.append(opened.registered.window.end)
    for end in stated:
        if end is not None:
            yield end.plus(judgement.expect.skew)


def _of_token(
    entry: StatusEntry, fetched: Fetched, secured: Secured, judgement: Judgement
) -> StatusResult:
    return check_token_entry(
        entry,
        _verified_token(fetched, entry, secured, judgement),
        at=judgement.at,
        fetched_at=fetched.tells_of,
        max_age_seconds=judgement.expect.status_max_age,
        accepted=judgement.expect.accepted_statuses,
    )


def _check_of_then(fetched: Fetched, validity: Window) -> None:
    """Return if a list that was asked for as of a time says that it is of that time.

    A host that does not understand the question answers with the list of today, whose
    proof is of today as well: that is no forgery, and so it is asked before.

    Raises:
        HistoryUnknown: It is not, or does not say from when to when it held.
    """
    if fetched.as_of is None:
        return
    stated = validity.start is not None and validity.end is not None
    if not stated or not validity.contains(fetched.as_of):
        message = "the host gave no status list of the time that was asked about"
        raise HistoryUnknown(message)


def list_issuers(secured: Secured, judgement: Judgement) -> tuple[str, ...]:
    """Who may publish status lists about ``secured``: its issuer, and whom it chose."""
    own = (secured.issuer,) if secured.issuer else ()
    if judgement.trust is None or not own:
        return own
    return own + tuple(
        delegate
        for board in judgement.trust.settings.boards
        if board.did == own[0] and board.window.contains(judgement.at)
        for delegate in board.status_list_issuers
    )


def _verified_list(
    fetched: Fetched, entry: StatusEntry, secured: Secured, judgement: Judgement
) -> tuple[Secured, Credential]:
    """The status list credential in ``fetched``, once its own proof has held.

    Of whom hybrid proofs are asked, they are asked of every list about what it issued:
    a list that lost one is no better a witness than a credential that did.

    Raises:
        StatusVerificationError: It is malformed, or its proof does not hold.
        HistoryUnknown: It was asked for as of another time, and is not of it.
        Unchecked: Its issuer's key could not be obtained.
    """
    try:
        opened = open_document(fetched.content, memory=judgement.memory)
        if opened.credential is not None:
            _check_of_then(fetched, opened.credential.validity)
        check_contexts(opened, judgement)
        hybrid = judgement.asks_hybrid(secured.issuer)
        verify_proofs(opened, judgement, hybrid=hybrid)
        check_registered(opened, judgement)
    except Refused as error:
        raise _unreliable(error, entry) from error
    except Unchecked as error:
        error.path = entry.path
        raise
    if opened.credential is None or opened.is_withheld:
        message = "the status list is not a credential that is shown whole"
        raise StatusVerificationError(message, path=entry.path)
    return opened, opened.credential


def _verified_token(
    fetched: Fetched, entry: StatusEntry, secured: Secured, judgement: Judgement
) -> StatusListToken:
    """The status list token in ``fetched``, once one who may has signed it.

    Raises:
        StatusVerificationError: It is malformed, its signature does not hold, or it is
            by somebody else.
        HistoryUnknown: It was asked for as of another time, and is not of it.
        Unchecked: Its signer's key could not be obtained.
    """
    try:
        token, known = judgement.memory.read(
            "status-token",
            fetched.content,
            lambda: (read_token(fetched.content), Known()),
        )
        _check_of_then(fetched, token.validity)
        owner = token_owner(token, secured)
        if owner not in list_issuers(secured, judgement):
            raise IssuerNotTrusted("the list is by another issuer than the credential")
        # Of the credential, which is in an envelope too, it was asked with its proof.
        if judgement.asks_hybrid(owner):
            refuse_single(path="$")
        signatory = Signatory(owner=owner, path="$.iss", purpose=ASSERTION)
        signer = verify_envelope(token.envelope, known, signatory, judgement)
    except Refused as error:
        raise _unreliable(error, entry) from error
    except Unchecked as error:
        error.path = entry.path
        raise
    if signer != owner:
        message = "the list is by another issuer than the credential"
        raise StatusVerificationError(message, path=entry.path)
    return token


def token_owner(token: StatusListToken, secured: Secured) -> str | None:
    """Who is said to have signed ``token``: its ``iss``, its ``kid``, or the issuer.

    The specification asks for no ``iss``, and leaves keys to profiles: what names no
    other signer is by the issuer of the credential itself.
    """
    stated = stated_owner(token)
    return stated if stated is not None else secured.issuer


def stated_owner(token: StatusListToken) -> str | None:
    """Whom ``token`` itself names as who signed it; ``None`` where nobody."""
    kid = token.envelope.kid
    if token.issuer is None and kid is not None and kid.startswith("did:"):
        return kid.partition("#")[0]
    return token.issuer


def _unreliable(error: Refused, entry: StatusEntry) -> StatusVerificationError:
    message = f"the status list does not verify ({error.code})"
    # What is no list at all, nobody who verifies can correct.
    fix = None if isinstance(error, ParsingError) else error.fix
    return StatusVerificationError(message, path=entry.path, fix=fix)
