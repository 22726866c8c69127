"""``medid decide``: may this person, for this purpose, see this patient's data?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.access import bundle as bundles
from medid.access.authzen_request import Evaluation, read_evaluation
from medid.access.bundle_timestamps import digest_to_stamp, with_timestamp
from medid.access.decision import Decision, Outcome
from medid.access.judge import judge
from medid.access.request import AccessRequest
from medid.access.sources import MemoryConsents
from medid.access.verifier import AccessVerifier
from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.fetching import fetcher
from medid.cli.output import Exit, show_json
from medid.cli.packs import with_pack
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.errors import ConfigurationError, MedidError
from medid.issuing import Controller
from medid.trust import TrustRegistry

if TYPE_CHECKING:
    from medid.access.judge import Case
    from medid.adapters.timestamps import TimestampAuthority
    from medid.core.instant import Instant

_EXITS = {
    Outcome.PERMIT: Exit.YES,
    Outcome.DENY: Exit.NO,
    Outcome.NOT_APPLICABLE: Exit.NO,
    Outcome.INDETERMINATE: Exit.UNKNOWN,
}


@uses_keys
def decide(
    presentation: Annotated[str, typer.Option(help="What the practitioner presents.")],
    request: Annotated[str, typer.Option(help="The AuthZEN request, as JSON.")],
    trust: Annotated[str, typer.Option(help="The trust registry: JSON or YAML.")],
    consent: Annotated[
        list[str],
        typer.Option(help="A consent on file: a credential, or a FHIR Consent."),
    ] = [],  # noqa: B006 - typer copies it
    evidence: Annotated[
        str | None, typer.Option(help="Sealed evidence of an earlier decision.")
    ] = None,
    document: Annotated[
        list[str], typer.Option(help="URL=FILE: evidence supplied offline.")
    ] = [],  # noqa: B006 - typer copies it
    challenge: Annotated[
        str | None, typer.Option(help="The challenge it must answer.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="The domain it must be made for.")
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(help="Answer as of this instant, before the request's own time."),
    ] = None,
    seal: Annotated[
        str | None, typer.Option(help="Write the evidence that was used here.")
    ] = None,
    bundle: Annotated[
        str | None, typer.Option(help="Write an evidence bundle to this new file.")
    ] = None,
    bundle_key: Annotated[
        str | None, typer.Option(help="The key that signs the bundle.")
    ] = None,
    timestamp_url: Annotated[
        str | None, typer.Option(help="Have the bundle time-stamped there, by https.")
    ] = None,
    timestamp_anchors: Annotated[
        str | None, typer.Option(help="PEM file: whose time-stamps count.")
    ] = None,
    audit: Annotated[
        str | None, typer.Option(help="Record the decision in this audit log.")
    ] = None,
    audit_key_file: Annotated[
        str | None, typer.Option(help="Holds the key that the log is chained with.")
    ] = None,
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
    pack: Annotated[
        str | None, typer.Option(help="Decide from this pack; nothing is fetched.")
    ] = None,
    pack_signer: Annotated[
        str | None, typer.Option(help="Whose packs count: a DID, or a key's file.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing.")] = False,
    public: Annotated[
        bool, typer.Option("--public", help="Print no reasons, as for an outsider.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One line instead of many.")
    ] = False,
    access: Access = NO_ACCESS,
) -> None:
    """Print the AuthZEN response for one presentation and one request.

    A dry run on files: whether the challenge was used before is not asked, and a
    challenge or domain that is not given is not compared. With --audit the decision is
    recorded before it is printed, and denied where it cannot be. With --bundle it is
    written down with all that it stood on; see medid evidence.

    Exit codes: 0 permit, 1 deny, 2 wrong call or unreadable file, 3 could not check.

    Example:
        medid decide --presentation vp.json --request request.json --trust trust.json
    """
    controller = _controller(bundle, bundle_key, access)
    authority = _authority(bundle, timestamp_url, timestamp_anchors)
    shown = files.read(presentation)
    on_file = [files.read(one) for one in consent]
    evaluation, asked = _request(request, shown)
    at = files.instant(now, asked.time)
    known = files.evidence(document, at, sealed=evidence)
    known = with_pack(known, pack, pack_signer, at=at)
    verifier = AccessVerifier(
        trust=TrustRegistry.from_file(trust),
        audience=domain,
        fetch=fetcher(offline=offline or pack is not None),
        ml_dsa_tokens=allow_ml_dsa,
        hybrid_proofs=require_hybrid_proofs,
        consents=MemoryConsents({asked.patient: on_file}),
        audit=files.audit_log(audit, audit_key_file),
    )
    decided, used, case = _decide(verifier, shown, asked, at, known, challenge)
    decision = evaluation.concluded(decided)
    if seal is not None:
        files.write(seal, strict_json.dumps(used.as_json(), indent=1) + "\n")
    if bundle is not None and controller is not None:
        if case is None:
            message = "what cannot be opened cannot be written down"
            raise ConfigurationError(message, path="--bundle", fix="leave --bundle out")
        written = bundles.write(
            case, decided, presentation=shown, consents=on_file, controller=controller
        )
        if authority is not None:
            token = authority.stamp(digest_to_stamp(written))
            written = with_timestamp(written, token)
        files.write_private(bundle, strict_json.dumps(written, indent=1) + "\n")
    answer = decision.as_public_json() if public else decision.as_json()
    show_json(answer, indent=None if as_json else 2)
    raise typer.Exit(_EXITS[decision.outcome])


def _controller(
    bundle: str | None, key: str | None, access: Access
) -> Controller | None:
    """Who signs the bundle; ``None`` where none is asked for."""
    if bundle is None and key is None:
        return None
    if bundle is None or key is None:
        message = "a bundle has a file, and a key that signs it"
        raise ConfigurationError(message, fix="give --bundle and --bundle-key")
    return Controller.did_key(access.signer(key))


def _authority(
    bundle: str | None, url: str | None, anchors: str | None
) -> TimestampAuthority | None:
    """Who stamps the bundle; ``None`` where nobody is to."""
    if url is None and anchors is None:
        return None
    if bundle is None or url is None or anchors is None:
        message = "a time-stamp has a bundle, an authority, and its anchors"
        fix = "give --bundle, --timestamp-url and --timestamp-anchors"
        raise ConfigurationError(message, fix=fix)
    from medid.adapters.timestamps import TimestampAuthority

    trusted = [files.anchor(anchors, "--timestamp-anchors")]
    return TimestampAuthority(url, anchors=trusted)


def _request(name: str, presentation: bytes) -> tuple[Evaluation, AccessRequest]:
    with files.argument(name):
        found = read_evaluation(files.read_object(name), presentation)
        return found, AccessRequest.from_json(found.request)


def _decide(
    verifier: AccessVerifier,
    presentation: bytes,
    request: AccessRequest,
    at: Instant,
    evidence: Evidence,
    challenge: str | None,
) -> tuple[Decision, Evidence, Case | None]:
    try:
        case = verifier.prepare(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
    except MedidError:
        # Nothing could be opened: the decision says why, and nothing was used.
        refused = verifier.decide(
            presentation, request, at=at, evidence=evidence, challenge=challenge
        )
        return refused, evidence, None
    # Without a log it is a dry run, whose decision has no name.
    found = judge(case) if verifier.audit is None else verifier.conclude(case)
    return found, case.judgement.evidence, case
