"""``medid verify``: is this document what it says, as of now or of another time?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import files
from medid.cli.options import (
    Archive,
    Challenge,
    Contexts,
    Documents,
    DocumentsOnly,
    Domain,
    FetchWith,
    HybridProofs,
    MlDsaTokens,
    PackSigner,
    Sealed,
    Skew,
    Trust,
)
from medid.cli.output import Exit, exit_of, printable, say, show_json, worst
from medid.cli.sources import Sources
from medid.errors import ConfigurationError, MedidError
from medid.health import contexts
from medid.trust import TrustRegistry
from medid.verifying.checks import Outcome, Result, Verification
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from medid.core.evidence import Evidence
    from medid.core.instant import Instant
    from medid.core.json import JsonObject

_EXITS = {
    Outcome.VERIFIED: Exit.YES,
    Outcome.REFUSED: Exit.NO,
    Outcome.UNDECIDED: Exit.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    verifier: Verifier
    at: Instant
    evidence: Evidence
    as_json: bool


def verify(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Credential, presentation, JWT, SD-JWT, COSE or DID document; - for "
            "stdin.",
        ),
    ],
    now: Annotated[str | None, typer.Option(help="Answer as of this instant.")] = None,
    challenge: Challenge = None,
    domain: Domain = None,
    nonce: Annotated[
        str | None, typer.Option(help="As --challenge, for JWT, SD-JWT, COSE.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option(help="As --domain, for JWT, SD-JWT, COSE.")
    ] = None,
    require_holder_binding: Annotated[
        bool,
        typer.Option(
            "--require-holder-binding",
            help="Every credential must be about its presenter.",
        ),
    ] = False,
    require_key_binding: Annotated[
        bool,
        typer.Option(
            "--require-key-binding",
            help="An SD-JWT must come with its holder's key binding.",
        ),
    ] = False,
    require_hybrid_proofs: HybridProofs = False,
    status: Annotated[
        StatusPolicy, typer.Option(help="Whether status is asked for.")
    ] = StatusPolicy.IF_PRESENT,
    document: Documents = [],  # noqa: B006 - typer copies it
    evidence: Sealed = None,
    context: Contexts = [],  # noqa: B006 - typer copies it
    vct: Annotated[
        str | None, typer.Option(help="The type an SD-JWT VC must have.")
    ] = None,
    trust: Trust = None,
    skew: Skew = 0,
    allow_ml_dsa: MlDsaTokens = False,
    pack: Annotated[
        str | None, typer.Option(help="Verify from this pack; nothing is fetched.")
    ] = None,
    pack_signer: PackSigner = None,
    fetch_with: FetchWith = None,
    archive: Archive = None,
    offline: DocumentsOnly = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Fetch for each file anew.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a file.")
    ] = False,
) -> None:
    """Verify credentials, presentations, JWTs, SD-JWTs, COSE and DID documents.

    Each question is answered with ok, NO, ?? (could not be checked) or -- (not asked).

    Exit codes: 0 verified, 1 refused, 2 wrong call or unreadable file, 3 could not
    check.

    Example:
        medid verify license.json --now 2026-06-15T12:00:00Z --offline
    """
    at = files.instant(now)
    expect = Expectations(
        challenge=_same(challenge, nonce, "--challenge and --nonce"),
        domain=_same(domain, audience, "--domain and --audience"),
        holder_binding=require_holder_binding,
        key_binding=require_key_binding,
        vct=vct,
        status=status,
        skew=skew,
        ml_dsa_tokens=allow_ml_dsa,
        hybrid_proofs=require_hybrid_proofs,
    )
    sources = Sources(
        document=document,
        evidence=evidence,
        pack=pack,
        pack_signer=pack_signer,
        fetch_with=fetch_with,
        archive=archive,
        offline=offline,
        cached=not no_cache,
    )
    verifier = Verifier(
        contexts=files.with_contexts(contexts(), context),
        trust=_trust(trust),
        fetch=sources.fetch(),
        expect=expect,
    )
    session = _Session(
        verifier=verifier,
        at=at,
        evidence=sources.known(at),
        as_json=as_json,
    )
    raise typer.Exit(worst([_verify_file(name, session) for name in names]))


def _same(one: str | None, other: str | None, names: str) -> str | None:
    if one is not None and other is not None and one != other:
        raise ConfigurationError(f"{names} are the same thing, and differ")
    return one if one is not None else other


def _trust(name: str | None) -> TrustRegistry | None:
    return TrustRegistry.from_file(name) if name is not None else None


def _verify_file(name: str, session: _Session) -> Exit:
    try:
        content = files.read(name)
    except MedidError as error:
        return _unreadable(name, error, session)
    answer = session.verifier.verify(content, at=session.at, evidence=session.evidence)
    if session.as_json:
        show_json({"file": name, **answer.as_json()})
    else:
        _tell(name, answer)
    return _EXITS[answer.outcome]


def _unreadable(name: str, error: MedidError, session: _Session) -> Exit:
    if session.as_json:
        unread: JsonObject = {
            "file": name,
            "kind": "unknown",
            "verified": False,
            "outcome": Outcome.UNDECIDED.value,
            "errors": [dict(error.as_json())],
            "warnings": [],
            "checks": [],
        }
        show_json(unread)
    else:
        say(printable(f"{name}: {error}"))
    return exit_of(error)


_MARKS = {
    Result.PASS: "ok",
    Result.FAIL: "NO",
    Result.UNKNOWN: "??",
    Result.NOT_ASKED: "--",
}


def _tell(name: str, answer: Verification) -> None:
    say(f"{printable(name)}: {answer.outcome.value} ({answer.kind})")
    for check in answer.checks:
        code = f"  {check.code}" if check.code else ""
        say(f"  {_MARKS[check.result]} {check.check:12} {check.path}{code}")
        for chain in check.chains:
            for sentence in chain.sentences():
                say(printable(f"     {sentence}"))
    for error in answer.errors:
        say(f"  error: {error}")
    for warning in answer.warnings:
        say(f"  warning: {warning}")
