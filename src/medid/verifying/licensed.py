"""For where, and for which profession, a license says that it is: asked of its issuer.

A type of credential alone licenses every profession everywhere, so a board that is
trusted for nurses would be believed about a physician. Read is what it takes to ask
that, and nothing else of a license: what it permits is for the rules of licenses.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_list, as_object, required_str
from medid.errors import (
    IssuerNotAuthorized,
    MedidError,
    MissingFact,
    Unchecked,
    child,
)
from medid.health.claims import only_subject
from medid.health.codes import Coding
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.verifying.opening import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.trust import TrustRegistry
    from medid.verifying.opening import Secured

_LICENSE: Final = "license"


def is_license(secured: Secured) -> bool:
    """Whether it says that it is a license of medid's vocabulary."""
    if secured.kind is Kind.SD_JWT:
        return secured.document.get("vct") == LICENSE_CREDENTIAL.iri
    credential = secured.credential
    return credential is not None and LICENSE_CREDENTIAL.name in credential.types


def check_scope(
    secured: Secured, names: Sequence[str], trust: TrustRegistry, at: Instant
) -> None:
    """Return if the issuer of a license may issue it for its place and profession.

    Args:
        secured: A license, opened.
        names: The types of which its issuer has to be one who may issue them.
        trust: Whom to believe.
        at: The instant as of which is asked.

    Raises:
        IssuerNotTrusted: No entry in force names him.
        IssuerNotAuthorized: He may not, or not for all that it says, or the license
            does not say for what it is.
        Unchecked: He may not, and a source that may allow it has not answered.
    """
    may = partial(
        trust.authorize,
        secured.issuer or "",  # nobody, whom no entry names
        at=at,
        document=secured.digest,
    )
    try:
        jurisdiction, professions = _scope(secured)
    except MedidError:
        # A stranger is told as one, and no source that is silent would change this.
        for name in names:
            with suppress(Unchecked):
                may(name)
        message = "a license that does not say for where and whom is issued by nobody"
        fix = "the license has to show its jurisdiction and its profession"
        raise IssuerNotAuthorized(message, fix=fix) from None
    for name in names:
        allows = partial(may, name, jurisdiction=jurisdiction)
        allowed = allows(professions=professions)
        # One profession may be coded in several systems, of which the trust file knows
        # some. Two codes of one system are two professions, and each is asked about.
        systems = {_system(one) for one in allowed}
        for one in professions:
            if _system(one) in systems:
                allows(professions=(one,))


def is_settled(
    secured: Secured, names: Sequence[str], trust: TrustRegistry, at: Instant
) -> bool:
    """Whether others at hand let its issuer issue this license, for all that it says.

    What one more would add to that is nothing. Where they ask for certain registrations
    alone, it might; and so it might about what says no place and no profession.

    Args:
        secured: A document, opened.
        names: As of ``check_scope``.
        trust: Whom to believe, with whom others recognize for this document.
        at: The instant as of which is asked.
    """
    open_ = [one for one in trust.recognized if one.require_registration is None]
    try:
        check_scope(secured, names, trust.recognizing(open_), at)
    except MedidError:
        return False
    return True


def _system(profession: str) -> str:
    return profession.rpartition("|")[0]


def _scope(secured: Secured) -> tuple[str, tuple[str, ...]]:
    """The jurisdiction, and the codings of the profession.

    Raises:
        MedidError: They are not stated, or not of their form.
    """
    node, path = _node(secured)
    place = child(path, "profession")
    codings = [as_object(one, place) for one in as_list(node.get("profession", []))]
    if not codings:
        raise MissingFact("the license names no profession", path=place)
    professions = [
        Coding(required_str(one, "system", place), required_str(one, "code", place))
        for one in codings
    ]
    jurisdiction = required_str(node, "jurisdiction", path)
    return jurisdiction, tuple(f"{one.system}|{one.code}" for one in professions)


def _node(secured: Secured) -> tuple[JsonObject, str]:
    claims, path = secured.document, "$"
    if secured.credential is not None:
        claims, path = only_subject(secured.credential, LICENSE_CREDENTIAL)
    place = child(path, _LICENSE)
    nodes = as_list(claims.get(_LICENSE, []))
    if len(nodes) != 1:
        raise MissingFact("there is not exactly one license", path=place)
    return as_object(nodes[0], place), place
