"""What the deployer's own code brings to a case, as an evidence bundle writes it down.

A **passport**: its bytes, and as whom the deployer authenticated the presenter. Its
visas are judged again when the bundle is replayed.

A site's own **policy**: its digest, what it said, and to which question. A policy whose
content can be written down is written down, and whoever replays can ask it again; of a
function or an endpoint there is only its word.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from medid.access.consent_types import Obligation
from medid.access.passport import Passport
from medid.access.site_policy import Narrowing, SitePolicy, question
from medid.core import jcs
from medid.core.fields import as_object, no_others, optional_str, required, required_str
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    SitePolicyDenied,
    SitePolicyUnavailable,
    located,
)

if TYPE_CHECKING:
    from medid.access.decision import Decision
    from medid.access.judge import Prejudged
    from medid.core.json import JsonObject, JsonValue

_POLICY: str = "$.policy"
_PASSPORT: str = "$.passport"


@runtime_checkable
class WrittenPolicy(SitePolicy, Protocol):
    """A site's own policy that is all in a text.

    Attributes:
        content: All that it decides by; ``digest`` is the SHA-256 of its canonical
            form (RFC 8785).
    """

    @property
    def content(self) -> JsonObject:
        """All that it decides by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPolicy:
    """What a bundle says about the site's own policy.

    Attributes:
        digest: Of the policy that was in force.
        content: All that it decides by, where it could be written down.
        question: SHA-256 (hex) of the question that it was asked, in its canonical
            form; ``None`` where it was not asked.
        answer: What it said; ``None`` where it gave no answer.
    """

    digest: str
    content: JsonObject | None = field(default=None, repr=False, hash=False)
    question: str | None = None
    answer: Narrowing | None = None

    def narrow(self, asked: JsonObject) -> Narrowing:
        """What was said to ``asked`` then.

        Raises:
            SitePolicyUnavailable: Another question was asked, or there was no answer.
        """
        if self.answer is None or self.question != digest_of(asked):
            raise SitePolicyUnavailable("the policy's answer to this is not recorded")
        return self.answer


def digest_of(value: JsonObject) -> str:
    """The SHA-256 (hex) of ``value`` in its canonical form."""
    return hashlib.sha256(jcs.canonicalize(value)).hexdigest()


# The policy.


def write_policy(
    prejudged: Prejudged, decision: Decision, digest: str, policy: SitePolicy | None
) -> JsonObject:
    """The policy of a case, as JSON that ``read_policy`` reads back.

    Args:
        prejudged: The judgement of the case.
        decision: What came of it.
        digest: Of the policy, as the case states it.
        policy: The policy itself, whose content is written down if it can be.

    Raises:
        ConfigurationError: It is another policy than the one that decided, or has a
            digest that is not that of its content.
    """
    written: JsonObject = {"digest": digest}
    if policy is not None and policy.digest != digest:
        message = "this is not the policy that decided"
        raise ConfigurationError(message, path=_POLICY)
    if isinstance(policy, WrittenPolicy):
        if digest_of(policy.content) != digest:
            message = "the digest of this policy is not that of its content"
            raise ConfigurationError(message, path=_POLICY)
        written["content"] = policy.content
    permit = prejudged.decision()
    if permit:
        written["question"] = digest_of(question(prejudged, permit))
        answer = _answer(permit, decision)
        if answer is not None:
            written["answer"] = answer
    return written


def _answer(permit: Decision, decision: Decision) -> JsonObject | None:
    """What the policy said, by what became of ``permit``; ``None``: no answer."""
    said = [one for one in decision.findings if one.about == "policy"]
    denied = any(one.code == SitePolicyDenied.code for one in said)
    if not denied and not decision.permitted:
        return None
    added = [one for one in decision.obligations if one not in permit.obligations]
    return {
        "denied": denied,
        "reasons": [one.rule for one in said if one.rule is not None],
        "obligations": [{"system": one.system, "code": one.code} for one in added],
    }


def read_policy(value: JsonValue) -> RecordedPolicy:
    """What a bundle says about the site's own policy.

    Raises:
        MalformedValue: Not of the form that ``write_policy`` gives.
    """
    members = as_object(value, _POLICY)
    no_others(members, {"digest", "content", "question", "answer"}, _POLICY)
    content = members.get("content")
    return RecordedPolicy(
        digest=required_str(members, "digest", _POLICY),
        content=None if content is None else as_object(content, f"{_POLICY}.content"),
        question=optional_str(members, "question", _POLICY),
        answer=_read_answer(members["answer"]) if "answer" in members else None,
    )


def _read_answer(value: JsonValue) -> Narrowing:
    path = f"{_POLICY}.answer"
    members = as_object(value, path)
    no_others(members, {"denied", "reasons", "obligations"}, path)
    obligations = [
        _obligation(as_object(one, f"{path}.obligations[{place}]"), place, path)
        for place, one in enumerate(required(members, "obligations", list, path))
    ]
    try:
        return Narrowing(
            denied=required(members, "denied", bool, path),
            reasons=tuple(required(members, "reasons", list, path)),  # type: ignore[arg-type]
            obligations=tuple(obligations),
        )
    except ConfigurationError as error:
        raise MalformedValue(error.message, path=path) from None


def _obligation(members: JsonObject, place: int, path: str) -> Obligation:
    here = f"{path}.obligations[{place}]"
    no_others(members, {"system", "code"}, here)
    code, system = (required_str(members, name, here) for name in ("code", "system"))
    return Obligation(code, system)


# The passport.


def write_passport(passport: Passport) -> JsonObject:
    """A passport, as JSON that ``read_passport`` reads back."""
    return {
        "source": passport.source,
        "presenter": passport.presenter,
        "identities": [[*one] for one in sorted(passport.identities)],
    }


def read_passport(value: JsonValue) -> Passport:
    """The passport of a bundle. Its visas are verified when it is decided with.

    Raises:
        MalformedValue: Not of the form that ``write_passport`` gives.
        TooLarge: It has more visas than a passport may have.
    """
    members = as_object(value, _PASSPORT)
    no_others(members, {"source", "presenter", "identities"}, _PASSPORT)
    source, presenter = members.get("source"), members.get("presenter")
    if presenter is not None and not isinstance(presenter, str):
        raise MalformedValue("not a DID", path=f"{_PASSPORT}.presenter")
    found = required(members, "identities", list, _PASSPORT)
    identities: list[tuple[str, str]] = [
        tuple(one) if isinstance(one, list) else one  # type: ignore[misc]
        for one in found
    ]
    try:
        if isinstance(source, str):
            return Passport.from_token(
                source, presenter=presenter, identities=identities
            )
        with located(f"{_PASSPORT}.source"):
            return Passport.from_userinfo(
                as_object(source, "$"), presenter=presenter, identities=identities
            )
    except ConfigurationError as error:
        raise MalformedValue(error.message, path=_PASSPORT) from None
