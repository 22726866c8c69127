"""``medid serve``: the HTTP face, in the foreground until it is told to stop."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medid.access.catalogue import Actions
from medid.adapters.cache import CachedFetch
from medid.adapters.catalogues import read_catalogue
from medid.adapters.challenges import SqliteChallenges
from medid.adapters.continued import ContinuedFetch
from medid.adapters.seen_versions import SqliteSeenVersions
from medid.adapters.supplied import SuppliedFetch
from medid.adapters.trust_file import LOOK_SECONDS, TrustFile
from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, one_each, uses_keys
from medid.cli.issue import controller
from medid.cli.options import (
    Archive,
    AuditKeyFile,
    Contexts,
    Documents,
    FetchWith,
    HybridProofs,
    MlDsaTokens,
    Offline,
    Skew,
    Trust,
)
from medid.cli.output import say
from medid.cli.sources import Sources
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


# The options that this command alone has.

_Host = Annotated[str, typer.Option(help="The address to listen on.")]
_Port = Annotated[
    int, typer.Option(min=0, max=65_535, help="The port; 0 takes a free one.")
]
_Served = Annotated[Profile, typer.Option(help="conformance is for test suites only.")]
_Keys = Annotated[list[str], typer.Option(help="A key to sign with; repeatable.")]
_PasswordFiles = Annotated[
    list[str],
    typer.Option(help="Password of the key; one for each --key, or for all."),
]
_Methods = Annotated[
    list[str],
    typer.Option(help="DID URL of the key, one for each --key; else its did:key's."),
]
_TokenFile = Annotated[
    str | None, typer.Option(help="Who may sign: a JSON file of mode 0600.")
]
_SeenVersions = Annotated[
    str | None,
    typer.Option(help="Remember here how long logs of did:webvh were."),
]
_TrustSeconds = Annotated[
    float, typer.Option(help="Seconds until the trust file is read again.")
]
_Audience = Annotated[
    str | None,
    typer.Option(help="Domain of presentations for decisions; else the base URL."),
]
_ChallengeFile = Annotated[
    str | None,
    typer.Option(help="Challenges of decisions, in a file that processes share."),
]
_Audit = Annotated[
    str | None, typer.Option(help="Record each decision in this audit log.")
]
_CatalogueFile = Annotated[
    str | None,
    typer.Option(help="Resources to search: a file of JSON lines, mode 0600."),
]
_ActionsFile = Annotated[
    str | None, typer.Option(help="Actions to search among: a JSON file.")
]
_SignMetadata = Annotated[
    str | None,
    typer.Option(help="DID of the --key that attests the AuthZEN metadata."),
]
_Trqp = Annotated[
    str | None,
    typer.Option(help="Answer TRQP queries, of anybody, as this authority_id."),
]
_Status = Annotated[StatusPolicy, typer.Option(help="Whether status is asked for.")]
_Told = Annotated[
    Reasons, typer.Option(help="Who is told why something does not verify.")
]
_StatusLists = Annotated[
    str | None, typer.Option(help="Folder of status lists to host and to change.")
]
_StatusHistory = Annotated[
    str | None,
    typer.Option(help="Folder that keeps every version of the status lists."),
]
_NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Fetch for each request anew.")
]
_BaseUrl = Annotated[
    str | None, typer.Option(help="Where others reach it, behind a proxy.")
]
_TlsCert = Annotated[
    str | None, typer.Option(help="Certificate chain, PEM: serve https.")
]
_TlsKey = Annotated[
    str | None, typer.Option(help="Private key of the certificate, PEM.")
]
_MaxBody = Annotated[int, typer.Option(help="Bytes of a request body, at most.")]
_MaxSeconds = Annotated[float, typer.Option(help="Seconds for a request, at most.")]
_MaxConcurrent = Annotated[int, typer.Option(help="Requests at once, at most.")]
_Seed = Annotated[
    str | None,
    typer.Option(help="conformance: the same keys for the same text."),
]
_IKnow = Annotated[
    bool,
    typer.Option(
        "--i-know",
        help="Let other machines reach plain http, or the conformance profile.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What the conformance profile is told; everything else is fixed."""

    seed: str | None
    fetch: Fetch
    limits: Limits


@uses_keys
def serve(
    host: _Host = "127.0.0.1",
    port: _Port = 8080,
    profile: _Served = Profile.DEFAULT,
    key: _Keys = [],  # noqa: B006 - typer copies it
    password_file: _PasswordFiles = [],  # noqa: B006 - typer copies it
    verification_method: _Methods = [],  # noqa: B006 - typer copies it
    tokens: _TokenFile = None,
    trust: Trust = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    seen_versions: _SeenVersions = None,
    trust_seconds: _TrustSeconds = LOOK_SECONDS,
    audience: _Audience = None,
    challenges: _ChallengeFile = None,
    audit: _Audit = None,
    audit_key_file: AuditKeyFile = None,
    catalogue: _CatalogueFile = None,
    actions: _ActionsFile = None,
    sign_metadata: _SignMetadata = None,
    trqp: _Trqp = None,
    status: _Status = StatusPolicy.IF_PRESENT,
    skew: Skew = 0,
    require_hybrid_proofs: HybridProofs = False,
    allow_ml_dsa: MlDsaTokens = False,
    reasons: _Told = Reasons.TOKENS,
    status_lists: _StatusLists = None,
    status_history: _StatusHistory = None,
    context: Contexts = [],  # noqa: B006 - typer copies it
    fetch_with: FetchWith = None,
    archive: Archive = None,
    offline: Offline = False,
    no_cache: _NoCache = False,
    base_url: _BaseUrl = None,
    tls_cert: _TlsCert = None,
    tls_key: _TlsKey = None,
    max_body: _MaxBody = MAX_BODY,
    max_seconds: _MaxSeconds = MAX_SECONDS,
    max_concurrent: _MaxConcurrent = MAX_CONCURRENT,
    seed: _Seed = None,
    i_know: _IKnow = False,
    access: Access = NO_ACCESS,
) -> None:
    """Serve VC-API, DID resolution and status lists over HTTP, until Ctrl-C.

    Verifying and resolving is open to everybody who can reach the address; signing
    and changing a status needs a bearer token of --tokens. With --trust, access is
    decided too, by AuthZEN, for tokens that allow to decide. With --trqp, everybody is
    answered by TRQP whom the trust file accepts.

    Example:
        medid serve --key board.key --password-file board.password --tokens tokens.json
    """
    sources = Sources(
        document=document,
        fetch_with=fetch_with,
        archive=archive,
        offline=offline,
        cached=not no_cache,
    )
    fetch, cache = _fetching(sources, seen_versions)
    limits = Limits(body_bytes=max_body, seconds=max_seconds, concurrent=max_concurrent)
    address = Address(
        host=host, port=port, certificate=tls_cert, key=tls_key, exposed=i_know
    )
    searched = (catalogue, actions, sign_metadata)
    deciding = (audience, challenges, audit, audit_key_file, trqp, *searched)
    if profile is Profile.CONFORMANCE:
        told = (key, tokens, trust, status_lists, status_history, verification_method)
        if any((*told, *deciding)) or status is not StatusPolicy.IF_PRESENT:
            message = "the conformance profile makes its own keys and has no policy"
            raise ConfigurationError(message, path="--profile")
        measured = _Measured(seed=seed, fetch=fetch, limits=limits)
        _measure(measured, address, base_url)
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
        trqp_authority=trqp,
        contexts=files.with_contexts(contexts(), context),
        fetch=fetch,
        cache=cache,
        expect=Expectations(
            status=status,
            skew=skew,
            ml_dsa_tokens=allow_ml_dsa,
            hybrid_proofs=require_hybrid_proofs,
        ),
        reasons=reasons,
        status_lists=_folder(status_lists),
        status_history=_folder(status_history),
        limits=limits,
    )
    run(lambda url: working.at(base_url or url), address, ready=_ready)


def _fetching(
    sources: Sources, seen_versions: str | None
) -> tuple[Fetch, CachedFetch | None]:
    """What the server fetches with, and the cache in it that the metrics count."""
    fetch = sources.now()
    behind = getattr(fetch, "cache", fetch)  # of what follows feeds
    cache = behind if isinstance(behind, CachedFetch) else None
    fetch = sources.with_history(fetch)
    if seen_versions is not None:
        fetch = ContinuedFetch(fetch, SqliteSeenVersions(seen_versions))
    if sources.document:
        fetch = SuppliedFetch(fetch, sources.known(system_clock()))
    return fetch, cache


def _measure(measured: _Measured, address: Address, base_url: str | None) -> None:
    sys.stderr.write(WARNING + "\n")
    run(lambda url: _measuring(base_url or url, measured), address, ready=_ready)


def _check_working(
    seed: str | None, trust: str | None, deciding: Sequence[str | None]
) -> None:
    if seed is not None:
        message = "--seed is for the conformance profile: its keys are no secret"
        raise ConfigurationError(message, path="--seed")
    if trust is None and any(it is not None for it in deciding):
        message = "without a trust registry nothing is decided or answered"
        raise ConfigurationError(message, path="--trust")


def _folder(name: str | None) -> Path | None:
    return None if name is None else Path(name)


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
