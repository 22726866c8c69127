"""Offline packs: ``medid evidence pack`` writes one, ``--pack`` verifies from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.access import pack as packs
from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.fetching import fetcher
from medid.cli.options import FetchWith
from medid.cli.output import printable, say
from medid.core import json as strict_json
from medid.core.fetch import Fetched
from medid.core.instant import Instant, Window
from medid.dids import resolver
from medid.dids.syntax import DidUrl
from medid.errors import ConfigurationError, InvalidVerificationMethod
from medid.health import contexts
from medid.issuing import Controller
from medid.keys import keyfile
from medid.trust import TrustRegistry
from medid.verifying.judging import Judgement
from medid.verifying.packing import Wanted, collect

if TYPE_CHECKING:
    from medid.core.evidence import Evidence, Need
    from medid.errors import MedidError
    from medid.keys import PublicKey


@uses_keys
def pack(
    issuer: Annotated[
        list[str], typer.Option(help="A DID, or the https URL of an issuer.")
    ],
    out: Annotated[str, typer.Option(help="Write the pack to this new file.")],
    key: Annotated[str, typer.Option(help="The key that signs the pack.")],
    status: Annotated[list[str], typer.Option(help="The URL of a status list.")] = [],  # noqa: B006 - typer copies it
    document_url: Annotated[
        list[str], typer.Option(help="The URL of a schema or another document.")
    ] = [],  # noqa: B006 - typer copies it
    trust: Annotated[
        str | None, typer.Option(help="Pack what those whom it names say of them.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="The instant at which it ends: in 7 days.")
    ] = None,
    evidence: Annotated[
        str | None, typer.Option(help="Sealed evidence that is at hand already.")
    ] = None,
    fetch_with: FetchWith = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch nothing; use --evidence only.")
    ] = False,
    now: Annotated[
        str | None, typer.Option(help="Made at this instant; the present.")
    ] = None,
    access: Access = NO_ACCESS,
) -> None:
    """Collect and sign all that verifying the documents of some issuers takes.

    DID documents and logs, key sets, status lists, schemas and who signed those; with
    --trust also the recognitions that it names, what its federations state about the
    issuers, and what its trust registries answer. Each keeps the time at which it was
    fetched: a status list does not become fresher, and an answer lasts for minutes.
    Nothing is written where a document is missing. medid verify and medid decide take
    the file with --pack.

    Exit codes: 0 written, 1 an issuer does not resolve, 2 wrong call, 3 a document
    could not be obtained.

    Example:
        medid evidence pack --issuer did:web:board.example --out b.pack --key my.key
    """
    began = files.instant(now)
    wanted = _wanted(issuer, status, document_url)
    judgement = Judgement(
        at=began,
        contexts=contexts(),
        evidence=files.evidence((), began, sealed=evidence),
        trust=None if trust is None else TrustRegistry.from_file(trust),
    )
    # A pack is used for days: what goes into it is asked for now.
    fetch = fetcher(offline=offline, chosen=fetch_with, cached=False)
    found = collect(wanted, judgement, fetch, tell=_tell)
    made = files.instant(now)
    window = Window(made, _end(until, made))
    controller = Controller.did_key(access.signer(key))
    written = packs.write(wanted, found, window=window, controller=controller)
    files.write_private(out, strict_json.dumps(written) + "\n")
    say(printable(f"wrote {out}: {len(found.answers)} documents, until {window.end}"))


def _wanted(issuers: list[str], lists: list[str], documents: list[str]) -> Wanted:
    with files.argument("--issuer"):
        return Wanted(
            issuers=tuple(issuers), lists=tuple(lists), documents=tuple(documents)
        )


def _end(until: str | None, made: Instant) -> Instant:
    if until is None:
        return made.plus(packs.DEFAULT_VALIDITY)
    with files.argument("--until"):
        return Instant.parse(until)


def _tell(need: Need, answer: Fetched | MedidError) -> None:
    told = "ok" if isinstance(answer, Fetched) else answer.code
    say(printable(f"  {need.kind}  {need.url}  {told}"))


def with_pack(
    known: Evidence, name: str | None, trusted: str | None, *, at: Instant
) -> Evidence:
    """``known``, and what is in the pack ``name`` beside it.

    Args:
        known: What the user gave by itself.
        name: The file of the pack.
        trusted: Whose packs count: a DID that resolves from itself, or a public key's
            file. Never what the pack says.
        at: As of when it has to count.

    Raises:
        ConfigurationError: One of the two is missing, or a file cannot be read.
        MedidError: It does not count, as ``access.pack.Pack.open`` says.
    """
    if name is None or trusted is None:
        message = "a pack has a file, and somebody whose packs count here"
        raise ConfigurationError(message, fix="give --pack and --pack-signer")
    found = packs.read(files.read(name, limit=packs.MAX_PACK_BYTES + 1))
    opened = found.open(_key(found, trusted), at=at)
    return known.with_answers(opened.answers.items())


def _key(found: packs.Pack, trusted: str) -> PublicKey:
    if trusted.startswith("did:"):
        return _key_of_did(trusted, found.kid, files.evidence((), found.packed_at))
    with files.argument("--pack-signer"):
        return keyfile.load_public(trusted)


def _key_of_did(did: str, kid: str, evidence: Evidence) -> PublicKey:
    """The key ``kid``, where it is one that ``did`` asserts with.

    Args:
        did: Whose signature counts.
        kid: The verification method that is said to have signed.
        evidence: What the user gave; never what was signed.

    Raises:
        InvalidVerificationMethod: Another DID is said to have signed.
        MedidError: It does not resolve, or has no such key.
    """
    path = "$.signature.kid"
    signed_by = DidUrl.parse(kid, path=path).did
    if str(signed_by) != did:
        message = "another DID is said to have signed this"
        raise InvalidVerificationMethod(message, path=path)
    found = resolver.resolve(signed_by, evidence)
    return found.method_for(kid, "assertionMethod", path=path).key
