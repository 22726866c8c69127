"""``medid trust explain``: on whose word is an issuer believed, or what is missing?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medid.cli import files
from medid.cli.options import (
    Archive,
    Documents,
    DocumentsOnly,
    FetchWith,
    PackSigner,
    Sealed,
)
from medid.cli.output import Exit, printable, say, show_json
from medid.cli.sources import Sources
from medid.core.jurisdictions import check_jurisdiction
from medid.health import contexts
from medid.trust import TrustRegistry
from medid.verifying.admitting import needs_about
from medid.verifying.believing import Answer, Asked, Belief, explain
from medid.verifying.gathering import gather
from medid.verifying.judging import Expectations, Judgement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence, Need
    from medid.core.json import JsonObject

_EXITS: Final = {
    Answer.BELIEVED: Exit.YES,
    Answer.NOT_BELIEVED: Exit.NO,
    Answer.UNKNOWN: Exit.UNKNOWN,
}
_ANSWERS: Final = {
    Answer.BELIEVED: "is believed",
    Answer.NOT_BELIEVED: "is not believed",
    Answer.UNKNOWN: "is not believed: something could not be checked",
}


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("explain")(explain_command)


def explain_command(
    trust: Annotated[str, typer.Option(help="The trust file, in JSON or YAML.")],
    issuer: Annotated[str, typer.Option(help="Its DID, or its web address.")],
    kind: Annotated[
        str, typer.Option("--type", help="The type of credential it would issue.")
    ],
    jurisdiction: Annotated[
        str, typer.Option(help="For where: ISO 3166, such as GB or US-OH.")
    ],
    profession: Annotated[
        str | None, typer.Option(help="For which: a code, or system|code.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="As of this instant.")] = None,
    x5c: Annotated[
        str | None,
        typer.Option(help="Its certificates in PEM, the issuer's own first."),
    ] = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    evidence: Sealed = None,
    pack: Annotated[
        str | None, typer.Option(help="Answer from this pack; nothing is fetched.")
    ] = None,
    pack_signer: PackSigner = None,
    fetch_with: FetchWith = None,
    archive: Archive = None,
    offline: DocumentsOnly = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Tell on whose word an issuer is believed, or every link that is missing.

    It goes the way of a verification, without a credential: the trust file itself, its
    roots of certificates, what its authorities publish, its federations, and the trust
    registries. What only a credential could answer is named as not judged.

    With --x5c the certificates that the issuer signs with are judged too, as those in
    the header of what it signed would be: for a did:x509, and for a web address.

    Exit codes: 0 believed, 1 not believed, 2 wrong call or unreadable file, 3 could not
    check.

    Example:
        medid trust explain --trust trust.json --issuer did:web:board.example
            --type PractitionerLicenseCredential --jurisdiction US-OH
    """
    when = files.instant(at)
    with files.argument("--jurisdiction"):
        check_jurisdiction(jurisdiction, "--jurisdiction")
    asked = Asked(
        issuer=issuer,
        credential_type=kind,
        jurisdiction=jurisdiction,
        profession=profession,
        chain=() if x5c is None else files.pem_chain(x5c),
    )
    sources = Sources(
        document=document,
        evidence=evidence,
        pack=pack,
        pack_signer=pack_signer,
        fetch_with=fetch_with,
        archive=archive,
        offline=offline,
    )
    registry = TrustRegistry.from_file(trust)
    judgement = Judgement(
        at=when,
        contexts=contexts(),
        evidence=sources.known(when),
        trust=registry,
        expect=Expectations().under(registry),
    )
    known = gather(
        judgement.evidence,
        partial(_needs, asked, judgement),
        sources.fetch(),
        at=when,
    )
    found = explain(asked, judgement.knowing(known))
    if as_json:
        show_json(_told(asked, judgement, found))
    else:
        _tell(asked, found)
    raise typer.Exit(_EXITS[found.answer])


def _needs(asked: Asked, judgement: Judgement, known: Evidence) -> Sequence[Need]:
    about = judgement.knowing(known)
    return needs_about(asked.issuer, asked.credential_type, about, chain=asked.chain)


def _told(asked: Asked, judgement: Judgement, found: Belief) -> JsonObject:
    registry = judgement.trust
    return {
        "issuer": asked.issuer,
        "type": asked.credential_type,
        "jurisdiction": asked.jurisdiction,
        "profession": asked.profession,
        "time": str(judgement.at),
        "sha256": None if registry is None else registry.digest(),
        "believed": found.believed,
        "outcome": found.answer.value,
        "entries": [{"path": one.path, "text": one.text} for one in found.entries],
        "chains": [one.as_json() for one in found.chains],
        "missing": [one.as_json() for one in found.missing],
        "notJudged": list(found.not_judged),
    }


def _tell(asked: Asked, found: Belief) -> None:
    of = "" if asked.profession is None else f" of {asked.profession}"
    for_what = f"{asked.credential_type}{of} in {asked.jurisdiction}"
    say(printable(f"{asked.issuer} {_ANSWERS[found.answer]}, for {for_what}"))
    for entry in found.entries:
        say(printable(f"  {entry.path}: {entry.text}"))
    for chain in found.chains:
        first, *others = chain.sentences()
        say(printable(f"  {first}"))
        for sentence in others:
            say(printable(f"    {sentence}"))
    for one in found.missing:
        place = "" if one.path is None else f" at {one.path}"
        code = "" if one.code is None else f" ({one.code})"
        text = f"missing: {one.why}{place}: {one.message}{code} (fix: {one.fix})"
        say(printable(f"  {text}"))
    for words in found.not_judged:
        say(printable(f"  not judged: {words}"))
