"""``medid serve``: the HTTP face, in the foreground until it is told to stop."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medid.access.catalogue import Actions
from medid.adapters.catalogues import read_catalogue
from medid.adapters.challenges import SqliteChallenges
from medid.adapters.continued import ContinuedFetch
from medid.adapters.seen_versions import SqliteSeenVersions
from medid.adapters.supplied import SuppliedFetch
from medid.adapters.trust_file import LOOK_SECONDS, TrustFile
from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, one_each, uses_keys
from medid.cli.fetching import fetcher
from medid.cli.issue import controller
from medid.cli.output import say
from medid.core.instant import system_clock
from medid.errors import ConfigurationError
from medid.health import contexts
from medid.issuing import Controller
from medid.server import Limits, Profile, Reasons, Settings, Tokens, conformance
from medid.server.running import Address
from medid.server.running import serve as run
from medid.server.settings import MAX_BODY, MAX_CONCURRENT, MAX_SECONDS
from medid.verifying.judging import Expectations, StatusPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.fetch import Fetch

WARNING = (
    "warning: the conformance profile asks nobody who they are and signs for "
    "everybody; it is for test suites only"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What the conformance profile is told; everything else is fixed."""

    seed: str | None
    fetch: Fetch
    limits: Limits


@uses_keys
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes a free one.")
    ] = 8080,
    profile: Annotated[
        Profile, typer.Option(help="conformance is for test suites only.")
    ] = Profile.DEFAULT,
    key: Annotated[
        list[str], typer.Option(help="A key to sign with; repeatable.")
    ] = [],  # noqa: B006 - typer copies it
    password_file: Annotated[
        list[str],
        typer.Option(help="Password of the key; one for each --key, or for all."),
    ] = [],  # noqa: B006 - typer copies it
    verification_method: Annotated[
        list[str],
        typer.Option(
            help="DID URL of the key, one for each --key; else its did:key's."
        ),
    ] = [],  # noqa: B006 - typer copies it
    tokens: Annotated[
        str | None, typer.Option(help="Who may sign: a JSON file of mode 0600.")
    ] = None,
    trust: Annotated[
        str | None, typer.Option(help="Trust registry: who may issue what.")
    ] = None,
    document: Annotated[
        list[str], typer.Option(help="URL=FILE: evidence supplied offline.")
    ] = [],  # noqa: B006 - typer copies it
    seen_versions: Annotated[
        str | None,
        typer.Option(help="Remember here how long logs of did:webvh were."),
    ] = None,
    trust_seconds: Annotated[
        float, typer.Option(help="Seconds until the trust file is read again.")
    ] = LOOK_SECONDS,
    audience: Annotated[
        str | None,
        typer.Option(help="Domain of presentations for decisions; else the base URL."),
    ] = None,
    challenges: Annotated[
        str | None,
        typer.Option(help="Challenges of decisions, in a file that processes share."),
    ] = None,
    audit: Annotated[
        str | None, typer.Option(help="Record each decision in this audit log.")
    ] = None,
    audit_key_file: Annotated[
        str | None, typer.Option(help="Holds the key that the log is chained with.")
    ] = None,
    catalogue: Annotated[
        str | None,
        typer.Option(help="Resources to search: a file of JSON lines, mode 0600."),
    ] = None,
    actions: Annotated[
        str | None, typer.Option(help="Actions to search among: a JSON file.")
    ] = None,
    sign_metadata: Annotated[
        str | None,
        typer.Option(help="DID of the --key that attests the AuthZEN metadata."),
    ] = None,
    status: Annotated[
        StatusPolicy, typer.Option(help="Whether status is asked for.")
    ] = StatusPolicy.IF_PRESENT,
    skew: Annotated[float, typer.Option(help="Seconds the clocks may differ.")] = 0,
    require_hybrid_proofs: Annotated[
        bool,
        typer.Option(
            "--require-hybrid-proofs",
            help="Everything must have a classical and an ML-DSA proof.",
        ),
    ] = False,
    allow_ml_dsa: Annotated[
        bool,
        typer.Option(
            "--allow-ml-dsa", help="Take JWTs and SD-JWTs that are signed with ML-DSA."
        ),
    ] = False,
    reasons: Annotated[
        Reasons, typer.Option(help="Who is told why something does not verify.")
    ] = Reasons.TOKENS,
    status_lists: Annotated[
        str | None, typer.Option(help="Folder of status lists to host and to change.")
    ] = None,
    context: Annotated[
        list[str], typer.Option(help="URL=FILE: a JSON-LD context you trust.")
    ] = [],  # noqa: B006 - typer copies it
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing.")] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Fetch for each request anew.")
    ] = False,
    base_url: Annotated[
        str | None, typer.Option(help="Where others reach it, behind a proxy.")
    ] = None,
    tls_cert: Annotated[
        str | None, typer.Option(help="Certificate chain, PEM: serve https.")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(help="Private key of the certificate, PEM.")
    ] = None,
    max_body: Annotated[
        int, typer.Option(help="Bytes of a request body, at most.")
    ] = MAX_BODY,
    max_seconds: Annotated[
        float, typer.Option(help="Seconds for a request, at most.")
    ] = MAX_SECONDS,
    max_concurrent: Annotated[
        int, typer.Option(help="Requests at once, at most.")
    ] = MAX_CONCURRENT,
    seed: Annotated[
        str | None,
        typer.Option(help="conformance: the same keys for the same text."),
    ] = None,
    i_know: Annotated[
        bool,
        typer.Option(
            "--i-know",
            help="Let other machines reach plain http, or the conformance profile.",
        ),
    ] = False,
    access: Access = NO_ACCESS,
) -> None:
    """Serve VC-API, DID resolution and status lists over HTTP, until Ctrl-C.

    Verifying and resolving is open to everybody who can reach the address; signing
    and changing a status needs a bearer token of --tokens. With --trust, access is
    decided too, by AuthZEN, for tokens that allow to decide.

    Example:
        medid serve --key board.key --password-file board.password --tokens tokens.json
    """
    fetch: Fetch = fetcher(offline=offline, cached=not no_cache)
    if seen_versions is not None:
        fetch = ContinuedFetch(fetch, SqliteSeenVersions(seen_versions))
    if document:
        fetch = SuppliedFetch(fetch, files.evidence(document, system_clock()))
    limits = Limits(body_bytes=max_body, seconds=max_seconds, concurrent=max_concurrent)
    address = Address(
        host=host, port=port, certificate=tls_cert, key=tls_key, exposed=i_know
    )
    searched = (catalogue, actions, sign_metadata)
    deciding = (audience, challenges, audit, audit_key_file, *searched)
    if profile is Profile.CONFORMANCE:
        told = (key, tokens, trust, status_lists, verification_method)
        if any((*told, *deciding)) or status is not StatusPolicy.IF_PRESENT:
            message = "the conformance profile makes its own keys and has no policy"
            raise ConfigurationError(message, path="--profile")
        sys.stderr.write(WARNING + "\n")
        measured = _Measured(seed=seed, fetch=fetch, limits=limits)
        run(lambda url: _measuring(base_url or url, measured), address, ready=_ready)
        return
    _check_working(seed, trust, deciding)
    working = Settings(
        controllers=_controllers(key, password_file, verification_method, access),
        tokens=Tokens.from_file(tokens) if tokens is not None else Tokens(),
        trust=_trust_file(trust, trust_seconds),
        audience=audience,
        challenges=SqliteChallenges(challenges) if challenges is not None else None,
        audit=files.audit_log(audit, audit_key_file),
        catalogue=read_catalogue(catalogue) if catalogue is not None else None,
        actions=_actions(actions) if actions is not None else None,
        metadata_did=sign_metadata,
        contexts=files.with_contexts(contexts(), context),
        fetch=fetch,
        expect=Expectations(
            status=status,
            skew=skew,
            ml_dsa_tokens=allow_ml_dsa,
            hybrid_proofs=require_hybrid_proofs,
        ),
        reasons=reasons,
        status_lists=Path(status_lists) if status_lists is not None else None,
        limits=limits,
    )
    run(lambda url: working.at(base_url or url), address, ready=_ready)


def _check_working(
    seed: str | None, trust: str | None, deciding: Sequence[str | None]
) -> None:
    if seed is not None:
        message = "--seed is for the conformance profile: its keys are no secret"
        raise ConfigurationError(message, path="--seed")
    if trust is None and any(it is not None for it in deciding):
        message = "access is decided by a trust registry only"
        raise ConfigurationError(message, path="--trust")


def _trust_file(name: str | None, seconds: float) -> TrustFile | None:
    return None if name is None else TrustFile(name, seconds=seconds)


def _measuring(base_url: str, measured: _Measured) -> Settings:
    return conformance(
        base_url=base_url,
        seed=measured.seed.encode() if measured.seed is not None else None,
        fetch=measured.fetch,
        limits=measured.limits,
    )


def _actions(name: str) -> Actions:
    found = files.read_object(name)
    with files.argument(name):
        return Actions.from_json(found)


def _ready(base_url: str) -> None:
    say(f"medid serves at {base_url}")
    sys.stdout.flush()


def _controllers(
    keys: list[str],
    passwords: list[str],
    methods: list[str],
    access: Access,
) -> tuple[Controller, ...]:
    """The controller of each key, which is opened now, not at a request."""
    found = tuple(
        controller(key, replace(access, password_file=password), method)
        for key, password, method in zip(
            keys,
            one_each(passwords, keys, "--password-file", for_all=True),
            one_each(methods, keys, "--verification-method", for_all=False),
            strict=True,
        )
    )
    for one in found:
        one.check_key("assertionMethod")
    return found
