"""``medid consent grant|withdraw|list|show|publish``: the patient's side of a consent.

What is granted is told back in sentences, with what it does not allow, and is signed
when the patient agrees. Nothing is made or written before that.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medid.adapters.consents import MAX_CONSENTS, SqliteConsents
from medid.adapters.wallet import Granting, Wallet
from medid.cli import files
from medid.cli.consent_receipts import receipt_command
from medid.cli.consent_words import (
    agree,
    credential_of,
    grant_of,
    line,
    names_in,
    open_store,
    open_wallet,
    patient_of,
    row,
    show_preview,
    tell,
    told_of,
    with_mandate,
)
from medid.cli.output import printable, say, show_json
from medid.cli.scenarios import consent_app as app
from medid.core import json as strict_json
from medid.errors import ConfigurationError
from medid.health.grant_fhir import check_mandate, credential_window
from medid.health.grant_preview import preview
from medid.issuing import Controller
from medid.keys.keyfile import FileSigner
from medid.status.check import MAX_LIST_DOCUMENT

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.core.json import JsonValue
    from medid.health.grants import Grant

# The flags of every command of the patient.
WalletFolder = Annotated[
    str, typer.Option("--wallet", help="The folder of keys and consents.")
]
Contacts = Annotated[
    str | None, typer.Option(help="The address book: names and who they are, YAML.")
]
PasswordFile = Annotated[
    str | None, typer.Option(help="Holds the wallet's password in its first line.")
]
Store = Annotated[
    str | None, typer.Option(help="Tell this consent store of a custodian, too.")
]
Now = Annotated[str | None, typer.Option(help="As of this instant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before signing.")]
Which = Annotated[
    str, typer.Argument(metavar="CONSENT", help="Its number in the list, or its id.")
]


@app.command("grant")
def grant_command(
    grant: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="The grant: YAML or JSON; - for stdin."),
    ] = None,
    say_it: Annotated[
        str | None,
        typer.Option("--say", help="The grant as a sentence, in the place of FILE."),
    ] = None,
    custodian: Annotated[
        str, typer.Option(help="Who keeps the records; each is shown another DID.")
    ] = "custodian",
    contacts: Contacts = None,
    wallet: WalletFolder = "wallet",
    lists: Annotated[
        str | None,
        typer.Option(help="The https URL below which your status lists are published."),
    ] = None,
    behalf: Annotated[
        str | None,
        typer.Option(
            "--for", help="You represent a patient: the mandate, a YAML or JSON file."
        ),
    ] = None,
    patient: Annotated[
        str | None,
        typer.Option(help="You record for a patient: their DID; see --recorder-key."),
    ] = None,
    recorder_key: Annotated[
        str | None, typer.Option(help="The recorder's key file, in its own wallet.")
    ] = None,
    verification_method: Annotated[
        str | None,
        typer.Option(help="DID URL of --recorder-key; else that of its did:key."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(help="What the custodian calls the patient: Patient/p-9."),
    ] = None,
    store: Store = None,
    password_file: PasswordFile = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    now: Now = None,
    out: Annotated[
        str | None, typer.Option(help="Write the signed consent here, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Allow somebody to see records of yours, after it was told back to you.

    The grant is a short file, or a sentence: "X may see Y but not Z for PURPOSE from D
    until D". Names come from --contacts. A word that is not known is pointed at, and
    nothing is guessed.

    Exit codes: 0 granted, 1 you said no, or it cannot be granted, 2 wrong call.

    Example:
        medid consent grant --say "my cardiologist may see everything until June 2027"
          --contacts contacts.yaml --lists https://wallet.example/status
    """
    at = files.instant(now)
    names = names_in(contacts)
    read = with_mandate(grant_of(grant, say_it, names, today=at), behalf)
    _check_days(read, at=at)
    told = preview(read, names=names)
    if dry_run:
        show_preview(read, told, as_json=as_json)
        return
    agree(told, yes=yes)
    files.check_writable(out)
    opened = open_wallet(wallet, password_file, make=True)
    _adopt(opened, custodian, recorder_key, verification_method, lists)
    if patient is not None and recorder_key is None and not _known(opened, custodian):
        message = "whoever records for a patient has a key that verifiers accept"
        raise ConfigurationError(message, path="--patient", fix="give --recorder-key")
    to = Granting(
        custodian=custodian,
        patient=patient,
        reference=reference,
        store=None if store is None else SqliteConsents(store, custodian=custodian),
    )
    kept = opened.grant(read, to, at=at, lists=lists)
    if out is not None:
        text = strict_json.dumps(credential_of(kept), indent=2)
        files.write(out, f"{text}\n", private=True)
    tell(kept, as_json=as_json, more=patient_of(kept))


@app.command("withdraw")
def withdraw_command(
    which: Which,
    wallet: WalletFolder = "wallet",
    store: Store = None,
    password_file: PasswordFile = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    now: Now = None,
    out: Annotated[
        str | None, typer.Option(help="Write the new status list here, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take a consent back: it ends at the next check.

    The status list that the consent names is signed anew. Publish it, or have
    verifiers read it from --store.

    Example:
        medid consent withdraw 1 --yes
    """
    opened = open_wallet(wallet, password_file, make=False)
    found = opened.store.find(which)
    if found.withdrawn is not None and store is None:
        raise ConfigurationError("the consent was withdrawn before")
    told = (f"Consent {found.number} for {found.custodian} ends at the next check.",)
    if dry_run:
        if as_json:
            show_json({"withdraws": found.credential_id, "dryRun": True})
        else:
            say(printable(told[0]))
        return
    agree(told, yes=yes)
    files.check_writable(out)
    other = None
    if store is not None:
        other = SqliteConsents(store, custodian=found.custodian)
    kept = opened.withdraw(which, at=files.instant(now), store=other)
    url = opened.identities.of(kept.custodian).status_list
    if out is not None:
        files.write(out, f"{opened.store.status_list(url)}\n")
    tell(kept, as_json=as_json, more={"statusList": url})


@app.command("list")
def list_command(
    wallet: WalletFolder = "wallet",
    contacts: Contacts = None,
    store: Annotated[
        str | None, typer.Option(help="List this consent store, not the wallet's.")
    ] = None,
    custodian: Annotated[
        str | None, typer.Option(help="Only for this custodian.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Only of this patient: Patient/p-9, or a DID.")
    ] = None,
    recipient: Annotated[
        str | None,
        typer.Option(help="Only those that name them: a DID, or SYSTEM|VALUE."),
    ] = None,
    after: Annotated[
        int | None, typer.Option(min=0, help="A page: those behind this number.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=MAX_CONSENTS, help="For how many at most.")
    ] = MAX_CONSENTS,
    as_json: AsJson = False,
) -> None:
    """List your consents, one in a line: number, state, custodian, sentence.

    Of many, the newest are listed; with --recipient or --after, page by page from the
    oldest on. Whom a consent names is no answer to who may see what.

    Example:
        medid consent list --contacts contacts.yaml
    """
    names = names_in(contacts)
    opened = open_store(wallet, store, custodian=custodian)
    if reference is not None and (recipient is not None or after is not None):
        message = "the consents of one patient are not listed page by page"
        raise ConfigurationError(message, path="--reference")
    if recipient is None and after is None:
        listed = opened.kept(reference)[-limit:]
    else:
        listed = opened.page(recipient=recipient, after=after or 0, limit=limit)
    for kept in listed:
        if as_json:
            show_json(row(kept))
        else:
            say(printable(line(kept, names)))


@app.command("show")
def show_command(
    which: Which,
    wallet: WalletFolder = "wallet",
    contacts: Contacts = None,
    store: Annotated[
        str | None, typer.Option(help="From this consent store, not the wallet's.")
    ] = None,
    credential: Annotated[
        bool, typer.Option("--credential", help="Print the signed credential alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one consent: in sentences, with all that happened to it.

    Example:
        medid consent show 1 --contacts contacts.yaml
    """
    opened = open_store(wallet, store)
    kept = opened.find(which)
    if credential:
        show_json(credential_of(kept), indent=2)
        return
    events = opened.history(kept.credential_id)
    if as_json:
        happened: list[JsonValue] = [
            {"kind": one.kind, "at": str(one.at)} for one in events
        ]
        show_json({**row(kept), "grant": kept.grant, "history": happened}, indent=2)
        return
    say(printable(f"{kept.number}. {kept.credential_id} for {kept.custodian}"))
    for told in told_of(kept, names_in(contacts)):
        say(printable(told))
    for one in events:
        say(f"{one.at} {one.kind}")


app.command("receipt")(receipt_command)


@app.command("publish")
def publish_command(
    out: Annotated[str, typer.Option(help="The folder to write them to.")],
    wallet: WalletFolder = "wallet",
    store: Annotated[
        str | None,
        typer.Option(help="A consent store of a custodian: renew its lists, too."),
    ] = None,
    password_file: PasswordFile = None,
    now: Now = None,
    as_json: AsJson = False,
) -> None:
    """Sign your status lists anew and write them, each under the last part of its URL.

    Verifiers take no list that has ended: run it each day, where they fetch from. A
    custodian that reads its store itself needs --store.

    Example:
        medid consent publish --out public/status
    """
    opened = open_wallet(wallet, password_file, make=False)
    there = None if store is None else open_store(wallet, store)
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot write to {printable(out)}"
        raise ConfigurationError(message, path="--out") from error
    lists = opened.publish(
        at=files.instant(now), store=there, published=partial(_published, folder)
    )
    for url, content in lists.items():
        path = folder / url.rpartition("/")[2]
        files.write(str(path), content)
        if as_json:
            show_json({"url": url, "file": str(path)})
        else:
            say(printable(f"wrote {path} for {url}"))


def _published(folder: Path, url: str) -> str | None:
    """What the folder has of the list at ``url``; ``None`` where it has none."""
    path = folder / url.rpartition("/")[2]
    if not files.exists(path):
        return None
    return files.read(str(path), limit=MAX_LIST_DOCUMENT).decode("utf-8", "replace")


# The wallet.


def _known(wallet: Wallet, custodian: str) -> bool:
    return any(one.custodian == custodian for one in wallet.identities.all())


def _check_days(grant: Grant, *, at: Instant) -> None:
    """Refuse before anybody is asked, and in a dry run, what is not signed then.

    Raises:
        MalformedValue: The grant is over, or the mandate has not begun.
    """
    credential_window(grant, at=at)
    if grant.representation is not None:
        check_mandate(grant, patient=grant.representation.of, at=at)


def _adopt(
    wallet: Wallet,
    custodian: str,
    key: str | None,
    method: str | None,
    lists: str | None,
) -> None:
    if key is None:
        return
    named = method
    if named is None:
        signer = FileSigner(key, password=wallet.identities.password)
        named = Controller.did_key(signer).verification_method
    wallet.identities.adopt(
        custodian, key_file=key, method=named, lists="" if lists is None else lists
    )
