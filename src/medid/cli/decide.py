"""``medid decide``: may this person, for this purpose, see this patient's data?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from medid.access import bundle as bundles
from medid.access.authzen_request import (
    OBLIGATION_NOT_SUPPORTED,
    Evaluation,
    read_evaluation,
)
from medid.access.bundle_timestamps import digest_to_stamp, with_timestamp
from medid.access.decision import Decision, Outcome
from medid.access.judge import prejudge
from medid.access.request import AccessRequest
from medid.access.site_policy import SitePolicy, concluded
from medid.access.sources import MemoryConsents
from medid.access.verifier import AccessVerifier
from medid.cli import files, site
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.issue import controller
from medid.cli.options import (
    Archive,
    AsJson,
    AuditKeyFile,
    Challenge,
    Documents,
    Domain,
    FetchWith,
    HybridProofs,
    MlDsaTokens,
    Offline,
    PackSigner,
    Sealed,
)
from medid.cli.output import Exit, show_json
from medid.cli.sources import Sources
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.records import replace
from medid.errors import ConfigurationError, MedidError
from medid.issuing import Controller
from medid.trust import TrustRegistry

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    evidence: Sealed = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    policy: Annotated[
        str | None, typer.Option(help="The site's own policy, in Cedar.")
    ] = None,
    policy_schema: Annotated[
        str | None, typer.Option(help="A Cedar schema that --policy has to fit.")
    ] = None,
    passport: Annotated[
        str | None,
        typer.Option(help="A GA4GH passport: a JWT, or what UserInfo answered."),
    ] = None,
    identity: Annotated[
        list[str],
        typer.Option(help="ISS SUB: as whom you authenticated the presenter."),
    ] = [],  # noqa: B006 - typer copies it
    challenge: Challenge = None,
    domain: Domain = None,
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
    verification_method: Annotated[
        str | None,
        typer.Option(help="The DID URL of --bundle-key; its did:key by default."),
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
    audit_key_file: AuditKeyFile = None,
    require_hybrid_proofs: HybridProofs = False,
    allow_ml_dsa: MlDsaTokens = False,
    pack: Annotated[
        str | None, typer.Option(help="Decide from this pack; nothing is fetched.")
    ] = None,
    pack_signer: PackSigner = None,
    fetch_with: FetchWith = None,
    archive: Archive = None,
    offline: Offline = False,
    public: Annotated[
        bool, typer.Option("--public", help="Print no reasons, as for an outsider.")
    ] = False,
    as_json: AsJson = False,
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
    sources = Sources(
        document=document,
        evidence=evidence,
        pack=pack,
        pack_signer=pack_signer,
        fetch_with=fetch_with,
        archive=archive,
        offline=offline,
    )
    signs = _controller(bundle, bundle_key, access, verification_method)
    authority = _authority(bundle, timestamp_url, timestamp_anchors)
    shown = files.read(presentation)
    on_file = [files.read(one) for one in consent]
    evaluation, asked = _request(request, shown)
    visas = site.passport(passport, identity, presenter=asked.subject)
    asked = asked if visas is None else asked.with_passport(visas)
    at = files.instant(now, asked.time)
    known = sources.known(at)
    verifier = AccessVerifier(
        trust=TrustRegistry.from_file(trust),
        audience=domain,
        fetch=sources.fetch(),
        ml_dsa_tokens=allow_ml_dsa,
        hybrid_proofs=require_hybrid_proofs,
        consents=MemoryConsents({asked.patient: on_file}),
        policy=site.policy(policy, policy_schema),
        audit=files.audit_log(audit, audit_key_file),
    )
    narrow = _Narrow(evaluation)
    decision, used, case = _decide(
        verifier, shown, asked, at, known, challenge, narrow=narrow
    )
    if seal is not None:
        text = strict_json.dumps(used.as_json(), indent=1)
        files.write(seal, f"{text}\n", private=True)
    if bundle is not None and signs is not None:
        held = _Held(shown, on_file, verifier.policy)
        _write(bundle, (case, narrow.judged(decision), held), signs, authority)
    answer = decision.as_public_json() if public else decision.as_json()
    show_json(answer, indent=None if as_json else 2)
    raise typer.Exit(_EXITS[decision.outcome])


@dataclass(slots=True)
class _Narrow:
    """What becomes of a permit at whoever asks; keeps what was judged before."""

    evaluation: Evaluation
    permit: Decision | None = None

    def __call__(self, permit: Decision) -> Decision:
        """``permit``, or the denial where its obligations are beyond the caller."""
        self.permit = permit
        return self.evaluation.concluded(permit)

    def judged(self, decision: Decision) -> Decision:
        """What a replay of the case comes to: no bundle says what a caller can do."""
        if self.permit is None or OBLIGATION_NOT_SUPPORTED not in decision.codes[:1]:
            return decision
        return replace(self.permit, id=decision.id)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a bundle holds beside the decision and its evidence."""

    presentation: bytes
    consents: Sequence[bytes]
    policy: SitePolicy | None


def _write(
    file: str,
    decided: tuple[Case | None, Decision, _Held],
    signs: Controller,
    authority: TimestampAuthority | None,
) -> None:
    """Write the bundle of a decision.

    Raises:
        ConfigurationError: There was nothing to decide about, or the file is there
            already.
        MedidError: The authority does not stamp it.
    """
    case, decision, held = decided
    if case is None:
        message = "what cannot be opened cannot be written down"
        raise ConfigurationError(message, path="--bundle", fix="leave --bundle out")
    written = bundles.write(
        case,
        decision,
        presentation=held.presentation,
        consents=held.consents,
        policy=held.policy,
        controller=signs,
    )
    if authority is not None:
        token = authority.stamp(digest_to_stamp(written))
        written = with_timestamp(written, token)
    files.write_private(file, strict_json.dumps(written, indent=1) + "\n")


def _controller(
    bundle: str | None, key: str | None, access: Access, method: str | None
) -> Controller | None:
    """Who signs the bundle; ``None`` where none is asked for."""
    if (bundle, key, method) == (None, None, None):
        return None
    if bundle is None or key is None:
        message = "a bundle has a file, and a key that signs it"
        raise ConfigurationError(message, fix="give --bundle and --bundle-key")
    return controller(key, access, method)


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
    *,
    narrow: _Narrow,
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
        # A name would tell this denial from the others of a dry run.
        named = refused.id if verifier.audit is not None else None
        return replace(refused, id=named), evidence, None
    # Without a log it is a dry run, whose decision has no name.
    if verifier.audit is None:
        found = concluded(prejudge(case), verifier.policy)
        found = narrow(found) if found else found
    else:
        found = verifier.conclude(case, narrow=narrow)
    return found, case.judgement.evidence, case
