"""``medid consent receipt``: what remains of a consent with whoever gave or took it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.consent_words import credential_of, open_store, open_wallet, read_yaml
from medid.cli.issue import controller, show
from medid.core.entropy import uuid_urn
from medid.core.instant import Window
from medid.credentials import parse_credential
from medid.errors import ConfigurationError
from medid.health.consent import ConsentRecord
from medid.health.drafts import Frame
from medid.health.receipt_controller import read_controller
from medid.health.receipts import MAKERS, Outline, receipt_credential
from medid.issuing import DEFAULT_SECURING, issue

if TYPE_CHECKING:
    from medid.access.consent_store import KeptConsent
    from medid.issuing import Controller

_MAKERS = dict(MAKERS)


@uses_keys
def receipt_command(
    which: Annotated[
        str,
        typer.Argument(metavar="CONSENT", help="Its number in the list, or its id."),
    ],
    custodian_facts: Annotated[
        str,
        typer.Option("--controller", help="What the custodian says of itself: YAML."),
    ],
    form: Annotated[str, typer.Option(help="iso-27560 or kantara-1.1.")] = "iso-27560",
    wallet: Annotated[
        str, typer.Option(help="The folder of keys and consents.")
    ] = "wallet",
    store: Annotated[
        str | None, typer.Option(help="From this consent store; needs --key.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The custodian's key; else the patient's.")
    ] = None,
    verification_method: Annotated[
        str | None, typer.Option(help="DID URL of --key; else that of its did:key.")
    ] = None,
    securing: Annotated[
        str, typer.Option(help="A cryptosuite such as eddsa-rdfc-2022, or vc+jwt.")
    ] = DEFAULT_SECURING,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="The receipt alone, as plain JSON.")
    ] = False,
    now: Annotated[str | None, typer.Option(help="As of this instant.")] = None,
    out: Annotated[str | None, typer.Option(help="Write it here.")] = None,
    access: Access = NO_ACCESS,
) -> None:
    """Make a receipt of a consent: by ISO/IEC TS 27560, or in Kantara's form.

    What the consent does not say comes from --controller; what neither says is not made
    up. The receipt is signed by the patient, or with --key by the custodian.

    Example:
        medid consent receipt 1 --controller hospital.yaml --out receipt.json
    """
    if form not in _MAKERS:
        message = f"a receipt is one of {', '.join(_MAKERS)}"
        raise ConfigurationError(message, path="--form", fix="choose one of them")
    at = files.instant(now)
    kept = open_store(wallet, store).find(which)
    value = read_yaml(custodian_facts)
    with files.argument(custodian_facts):
        facts = read_controller(value)
    record = ConsentRecord.from_credential(parse_credential(credential_of(kept)))
    name = uuid_urn()
    with files.argument("--form"):
        receipt = _MAKERS[form](
            record,
            facts,
            Outline(given=kept.given, withdrawn=kept.withdrawn),
            receipt_id=name,
        )
    if unsigned:
        show(receipt, out)
        return
    signer = _signer(kept, wallet, key, verification_method, access)
    frame = Frame(id=name, issuer=signer.did, window=Window(at, None))
    draft = receipt_credential(frame, receipt, form=form, patient=record.patient)
    show(issue(draft, signer, securing=securing, at=at), out)


def _signer(
    kept: KeptConsent,
    wallet: str,
    key: str | None,
    method: str | None,
    access: Access,
) -> Controller:
    if key is not None:
        return controller(key, access, method)
    identities = open_wallet(wallet, access.password_file, make=False).identities
    for one in identities.all():
        if one.custodian == kept.custodian:
            return identities.controller(one)
    message = "the wallet has no key for this custodian"
    raise ConfigurationError(message, path="--key", fix="name the custodian's key")
