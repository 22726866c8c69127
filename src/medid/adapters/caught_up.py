"""A wallet's status list, with what another copy of the wallet withdrew since.

A wallet that was put back from a copy does not know of every withdrawal. Where its list
has been given to others, what they have says so: it is signed by the wallet's own key.
A withdrawal is for good, so the two lists are joined, and nothing is taken back.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#statuspurpose
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core import json as strict_json
from medid.core.instant import Window
from medid.credentials import parse_credential
from medid.credentials.status_entry import status_entries
from medid.errors import ConfigurationError, MalformedValue, MedidError
from medid.issuing import issue
from medid.issuing.status_token import LIST_LIFETIME
from medid.jsonld import ContextStore
from medid.securing.data_integrity import read_proofs, verify_proof
from medid.status import StatusList, list_credential

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.access.consent_store import KeptConsent
    from medid.adapters.identities import Identity
    from medid.core.instant import Instant
    from medid.issuing import Controller


def caught_up(
    kept: str, there: str | None, identity: Identity, signer: Controller, *, at: Instant
) -> str:
    """The list ``kept``, with every withdrawal that ``there`` says and it does not.

    Args:
        kept: The list of the wallet.
        there: What somebody else has under its URL. What the wallet's own key did not
            sign says nothing.
        identity: Whose list it is.
        signer: Signs it anew where something was missing.
        at: From when it holds then.

    Returns:
        ``kept`` itself where nothing was missing.

    Raises:
        MalformedValue: ``kept`` is no list.
        SignerError: The key cannot be used.
    """
    if there is None or there == kept:
        return kept
    known, said = _read(kept), _stated(there, identity)
    # The key is opened only where it is needed.
    if said is None or not known.lacks(said) or not _is_signed(there, signer):
        return kept
    draft = list_credential(
        known.joined(said),
        url=identity.status_list,
        issuer=identity.did,
        validity=Window(at, at.plus(LIST_LIFETIME)),
    )
    made = issue(draft, signer, at=at)
    if not isinstance(made, dict):
        raise ConfigurationError("only a list with a Data Integrity proof is kept")
    return strict_json.dumps(made)


def says_withdrawn(content: str, url: str) -> Callable[[KeptConsent], bool]:
    """Whether the list ``content``, published at ``url``, takes back a consent on file.

    Raises:
        MalformedValue: It is no list.
    """
    said = _read(content)

    def asked(kept: KeptConsent) -> bool:
        document = kept.document
        # A wallet signs no tokens.
        entries = () if isinstance(document, str) else status_entries(document, "$")
        places = [one.index for one in entries if one.list_url == url]
        return any(place is not None and said.status(place) for place in places)

    return asked


def _stated(text: str, identity: Identity) -> StatusList | None:
    """What a list says, if it says that it is this identity's."""
    try:
        credential = parse_credential(strict_json.load_object(text))
        if (credential.issuer.id, credential.id) != (
            identity.did,
            identity.status_list,
        ):
            raise MalformedValue("the list is another one")
        return StatusList.from_credential(credential)
    except MedidError:
        return None


def _is_signed(text: str, signer: Controller) -> bool:
    """Whether the key signed a list; its times are not asked for.

    What was withdrawn stays withdrawn.
    """
    key = signer.signer.public_key
    document = strict_json.load_object(text)
    try:
        (proof,) = read_proofs(document)
        verify_proof(document, proof, key, contexts=ContextStore.bundled())
    except (MedidError, ValueError):  # or another number of proofs than it was given
        return False
    return True


def _read(text: str) -> StatusList:
    return StatusList.from_credential(parse_credential(strict_json.load_object(text)))
