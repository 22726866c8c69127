"""A site policy written in Cedar.

::

    principal   Practitioner::"<DID of the presenter>", attributes of the license
    action      Action::"<action of the request>"
    resource    Resource::"<id>", attributes of the request's resource
    context     what the request and the facts say beside that

Cedar denies what no policy permits, and a ``forbid`` outweighs every ``permit``. A
policy that cannot be evaluated is passed over by Cedar, and a ``forbid`` would be
passed over with it, so here such an error denies.

Annotations name what Cedar has no words for: ``@id("name")`` becomes the reason, and
``@obligation("CODE")`` (several with a space between them) what a permit obliges to, in
the code system of FHIR's obligations, or ``system|CODE`` in another.

Spec: https://docs.cedarpolicy.com/policies/syntax-policy.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from medid.access.consent_types import Obligation
from medid.access.site_policy import FACTS, Narrowing
from medid.core import jcs
from medid.core import json as strict_json
from medid.core.fields import as_str, no_others, required_str
from medid.core.json import JsonLimits
from medid.errors import (
    ConfigurationError,
    MedidError,
    MissingExtra,
    SitePolicyUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

MAX_POLICY_BYTES: Final = 262_144  # 256 KiB of text; a policy has some hundred bytes
# The same as cedarpy writes it in JSON, an object for each operator.
_WRITTEN: Final = JsonLimits(max_bytes=2**25, max_depth=256, max_members=2**20)


class CedarPolicy:
    """A site policy of Cedar policies. Safe to share between threads.

    Args:
        text: The policies.
        schema: A Cedar schema that the policies have to fit.

    Raises:
        ConfigurationError: The text is no Cedar, holds no policy or a template, does
            not fit the schema, or is too long.
        MissingExtra: cedarpy is not installed.
    """

    pure: Final = True

    def __init__(self, text: str, *, schema: str | None = None) -> None:
        cedarpy = _cedarpy()
        if len(text.encode()) > MAX_POLICY_BYTES:
            message = f"a policy has at most {MAX_POLICY_BYTES} bytes"
            raise ConfigurationError(message, path="$.policy")
        try:
            written = cedarpy.policies_to_json_str(text)
            found: Any = strict_json.load_object(written, limits=_WRITTEN)
            self._policies: Final = cedarpy.PolicySet.from_str(text)
        except (ValueError, MedidError):
            message = "the text is not a set of Cedar policies"
            raise ConfigurationError(message, path="$.policy") from None
        annotations = found["staticPolicies"]
        if found["templates"] or not annotations:
            message = "a site policy has at least one policy, and no templates"
            raise ConfigurationError(message, path="$.policy")
        if schema is not None:
            _check_schema(cedarpy, text, schema)
        self._asked: Final = cedarpy.is_authorized
        self._allow: Final = cedarpy.Decision.Allow
        self._rules: Final = {
            name: _Rule.of(name, policy.get("annotations", {}))
            for name, policy in annotations.items()
        }
        self.content: Final[JsonObject] = {"cedar": text, "schema": schema}
        self.digest: Final = hashlib.sha256(jcs.canonicalize(self.content)).hexdigest()

    @classmethod
    def of_content(cls, content: JsonObject) -> CedarPolicy:
        """The policy that an evidence bundle holds as ``content``.

        Raises:
            MalformedValue: It is not the content of a policy in Cedar.
            ConfigurationError: It is no policy, as for a new one.
            MissingExtra: cedarpy is not installed.
        """
        no_others(content, {"cedar", "schema"}, "$")
        text, schema = required_str(content, "cedar", "$"), content.get("schema")
        return cls(text, schema=None if schema is None else as_str(schema, "$.schema"))

    def narrow(self, question: JsonObject) -> Narrowing:
        """What Cedar answers.

        Raises:
            SitePolicyUnavailable: A policy could not be evaluated for this question.
        """
        asked, entities = _terms(question)
        found = self._asked(asked, self._policies, entities)
        if found.diagnostics.errors:
            raise SitePolicyUnavailable("a Cedar policy could not be evaluated")
        rules = [self._rules[name] for name in found.diagnostics.reasons]
        reasons = tuple(rule.name for rule in rules)
        if found.decision is not self._allow:
            return Narrowing(denied=True, reasons=reasons)
        obligations = dict.fromkeys(one for rule in rules for one in rule.obligations)
        return Narrowing(reasons=reasons, obligations=tuple(obligations))


class _Rule:
    """What the annotations of one policy say."""

    def __init__(self, name: str, obligations: tuple[Obligation, ...]) -> None:
        self.name: Final = name
        self.obligations: Final = obligations
        # What could not be said of a decision is refused now, and not at the first one.
        Narrowing(reasons=(name,), obligations=obligations)

    @classmethod
    def of(cls, number: str, annotations: Mapping[str, str | None]) -> _Rule:
        words = (annotations.get("obligation") or "").split()
        return cls(annotations.get("id") or number, tuple(map(_obligation, words)))


def _obligation(word: str) -> Obligation:
    system, bar, code = word.rpartition("|")
    return Obligation(code, system) if bar else Obligation(code)


def _terms(question: JsonObject) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The question in Cedar's terms: who, what, which, and everything beside."""
    context = _object(question, "context")
    facts = _object(context, FACTS)
    principal = {"type": "Practitioner", "id": str(facts.get("presenter", ""))}
    part = _object(question, "resource")
    resource = {"type": "Resource", "id": str(part.get("id", ""))}
    about = {"type": part.get("type"), **_object(part, "properties")}
    action = _object(question, "action")
    entities = [
        {"uid": principal, "attrs": _plain(_object(facts, "license")), "parents": []},
        {"uid": resource, "attrs": _plain(about), "parents": []},
    ]
    beside = {name: value for name, value in context.items() if name != FACTS}
    beside |= {name: facts[name] for name in ("time", "obligations") if name in facts}
    asked = {
        "principal": principal,
        "action": {"type": "Action", "id": str(action.get("name", ""))},
        "resource": resource,
        "context": _plain(
            {
                "subject": _object(_object(question, "subject"), "properties"),
                "action": _object(action, "properties"),
                **beside,
            }
        ),
    }
    return asked, entities


def _object(whole: JsonObject, name: str) -> JsonObject:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _plain(value: JsonValue) -> Any:
    """``value`` as Cedar has it: no null, and no number but whole ones.

    A number with a fraction becomes text, which no policy takes for a number. Members
    that Cedar would read as more than data (``__entity``, ``__extn``) are left out: a
    policy that asks for them finds nothing, and denies.
    """
    if isinstance(value, dict):
        return {
            name: _plain(one)
            for name, one in value.items()
            if one is not None and not name.startswith("__")
        }
    if isinstance(value, list):
        return [_plain(one) for one in value if one is not None]
    whole = isinstance(value, int) and -(2**63) <= value < 2**63
    return value if whole else str(value)


def _check_schema(cedarpy: Any, text: str, schema: str) -> None:
    if not cedarpy.validate_policies(text, schema).validation_passed:
        message = "the policies do not fit the schema, or it is no Cedar schema"
        raise ConfigurationError(message, path="$.schema")


def _cedarpy() -> Any:
    try:
        import cedarpy
    except ImportError:
        message = "policies in Cedar need cedarpy"
        raise MissingExtra(message, fix="pip install 'medid[cedar]'") from None
    return cedarpy
