"""``medid evidence``: was a decision written down truly, and does it come out again?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.access import bundle as bundles
from medid.access.bundle_timestamps import existed_at
from medid.access.replay import replay
from medid.cli import files, site
from medid.cli.bundle_signers import Existed, SignedBy, signed_by
from medid.cli.output import Exit, printable, say, show_json
from medid.cli.packs import pack
from medid.core.fetch import Fetched
from medid.core.fields import as_object
from medid.core.instant import Instant, system_clock
from medid.core.version import VERSION
from medid.errors import ConfigurationError
from medid.keys import keyfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.bundle import Bundle
    from medid.core.json import JsonObject, JsonValue

_POLICY = {
    "asked-again": "asked again",
    "as-recorded": "not asked again; what it said is recorded",
}

File = Annotated[str, typer.Argument(metavar="FILE", help="An evidence bundle.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and errors too.")]

app = typer.Typer(
    help="Pack evidence; check and replay decisions that were written down."
)


@app.callback()
def _group() -> None:
    """Pack evidence; check and replay written decisions."""


app.command("pack")(pack)


@app.command("verify")
def verify(
    file: File,
    key: Annotated[
        str | None, typer.Option(help="The signer's public key: JWK, PEM or Multikey.")
    ] = None,
    did: Annotated[str | None, typer.Option(help="The signer's DID.")] = None,
    document: Annotated[
        list[str], typer.Option(help="URL=FILE: the signer's DID document.")
    ] = [],  # noqa: B006 - typer copies it
    timestamp_anchors: Annotated[
        str | None,
        typer.Option(help="PEM file: whose time-stamps count. One is then required."),
    ] = None,
    existed_at: Annotated[
        str | None,
        typer.Option(help="You know that the bundle existed at this instant."),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option(help="Tells which keys --did had at that time: medid's archive."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Was this bundle signed by that verifier, and is the same decided again?

    Nothing is fetched: the decision is made again from what the bundle holds. Whose
    signature counts is for you to say, with --key or --did. With --timestamp-anchors
    it is told since when the bundle exists at the latest.

    A did:webvh is asked for the key of then, by its log. One that was replaced since
    counts where a time-stamp, or --existed-at, shows that the bundle is older than
    that. Of a did:web the keys of today count, or with --archive those of then.

    Exit codes: 0 the same, 1 another decision, or not what was signed, 2 wrong call or
    unreadable file, 3 cannot be replayed here.

    Example:
        medid evidence verify bundle.json --did did:key:z6Mk...
    """
    bundle = _read(file)
    now = system_clock()
    existed = _existed(bundle, timestamp_anchors, now)
    bound = _bound(existed, existed_at)
    signed = _signed_by(bundle, key, did, document, bound, now, archive)
    bundle.check(signed.key)
    found = replay(bundle, policy=site.policy_of(bundle))
    if as_json:
        stamped: JsonObject = {} if existed is None else {"existedAt": str(existed)}
        show_json({**found.as_json(), **stamped, **signed.as_json()})
    else:
        answer = "the same is decided" if found else "another decision"
        say(f"signed as said; {answer}: {found.decision.outcome.value}")
        if (told := signed.told()) is not None:
            say(f"  {told}")
        if existed is not None:
            say(f"  exists since {existed} at the latest")
        if found.policy is not None:
            say(f"  the site's own policy: {_POLICY[found.policy]}")
        for name in found.differences:
            say(f"  differs: {printable(name)}")
        if not found.same_library:
            decided = printable(found.library)
            say(f"  decided by medid {decided}, replayed by {VERSION}")
    raise typer.Exit(Exit.YES if found else Exit.NO)


@app.command("show")
def show(file: File, as_json: AsJson = False) -> None:
    """What is in a bundle, without anything about the patient. It verifies nothing.

    Addresses are left out: some are of practitioners or patients.

    Example:
        medid evidence show bundle.json
    """
    found = _summary(_read(file))
    if as_json:
        show_json(found)
        return
    for name, value in found.items():
        if not isinstance(value, list):
            say(printable(f"{name}: {value}"))
            continue
        say(f"{name}: {len(value)}")
        for one in value:
            say(printable("  " + _line(one)))


def _line(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "  ".join(str(part) for part in value.values())
    return str(value)


def _read(name: str) -> Bundle:
    content = files.read(name, limit=bundles.MAX_BUNDLE_BYTES + 1)
    return bundles.read(content)


def _signed_by(
    bundle: Bundle,
    key: str | None,
    did: str | None,
    documents: Sequence[str],
    existed: Existed | None,
    now: Instant,
    archive: str | None,
) -> SignedBy:
    if (key is None) is (did is None):
        message = "either a key or a DID says whose signature counts"
        raise ConfigurationError(message, fix="give --key or --did")
    if key is not None:
        with files.argument("--key"):
            return SignedBy(key=keyfile.load_public(key))
    given = files.evidence(documents, now)
    return signed_by(bundle, str(did), given, existed=existed, now=now, archive=archive)


def _existed(bundle: Bundle, anchors: str | None, now: Instant) -> Instant | None:
    if anchors is None:
        return None
    trusted = [files.anchor(anchors, "--timestamp-anchors")]
    return existed_at(bundle.document, anchors=trusted, at=now)


def _bound(stamped: Instant | None, stated: str | None) -> Existed | None:
    """Since when the bundle exists at the latest: the earlier of both."""
    found: list[Existed] = []
    if stamped is not None:
        found.append(Existed(at=stamped, shown_by="time-stamp"))
    if stated is not None:
        with files.argument("--existed-at"):
            found.append(Existed(at=Instant.parse(stated), shown_by="your word"))
    return min(found, key=lambda one: one.at, default=None)


def _summary(bundle: Bundle) -> JsonObject:
    context = as_object(bundle.decision.get("context"), "$.decision.context")
    answers = bundle.evidence.answers.values()
    documents: list[JsonValue] = [
        {
            "sha256": one.digest,
            "bytes": len(one.content),
            "fetchedAt": str(one.fetched_at),
        }
        for one in answers
        if isinstance(one, Fetched)
    ]
    missing: list[JsonValue] = [
        one.code for one in answers if not isinstance(one, Fetched)
    ]
    reasons = context.get("reasons")
    codes: list[JsonValue] = [
        one.get("code")
        for one in (reasons if isinstance(reasons, list) else [])
        if isinstance(one, dict)
    ]
    return {
        "signedBy": bundle.kid,
        "signedAt": str(bundle.signed_at),
        "decidedAt": str(bundle.at),
        "decidedBy": bundle.library,
        "outcome": context.get("outcome"),
        "reasons": codes,
        "basis": [f"{name} {one}" for name, one in _basis(context)],
        "documents": documents,
        "missing": missing,
    }


def _basis(context: JsonObject) -> list[tuple[str, str]]:
    basis = as_object(context.get("basis", {}), "$.decision.context.basis")
    return [(name, one) for name, one in basis.items() if isinstance(one, str)]
