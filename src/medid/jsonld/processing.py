"""Context processing: from ``@context`` to the active context.

Contexts come from a loader that knows trusted ones only. Knows no documents.

Spec: https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.records import replace
from medid.jsonld.definitions import (
    SETTINGS,
    Definitions,
    boolean,
    direction,
    language,
    refuse,
)
from medid.jsonld.references import resolve
from medid.jsonld.state import Rules, State
from medid.jsonld.terms import ABSOLUTE_IRI

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

MAX_REMOTE: Final = 16  # contexts that name each other, deeper than any in use


def process(active: State, local: JsonValue, rules: Rules) -> State:
    """The active context after ``local``.

    Spec: https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm

    Raises:
        ContextNotTrusted: A context that is named is not known to the loader.
        CanonicalizationError: ``local`` breaks a rule of JSON-LD 1.1.
    """
    if type(local) is dict and "@propagate" in local:
        rules = replace(rules, propagate=boolean(local["@propagate"], "@propagate"))
    result = active.copy()
    if not rules.propagate and result.previous is None:
        result.previous = active
    for context in local if type(local) is list else [local]:
        result = _process_one(result, context, active, rules)
    return result


def _process_one(
    result: State, context: JsonValue, outer: State, rules: Rules
) -> State:
    if context is None:
        return _nullify(result, outer, rules)
    if type(context) is str:
        return _process_remote(result, context, rules)
    if type(context) is not dict:
        refuse("a context is a URL, an object or null")
    if "@import" in context:
        context = {**_imported(context["@import"], rules), **context}
    _settings(result, context, rules)
    maker = Definitions(result, context, rules, process)
    for name in context:
        if name not in SETTINGS:
            maker.define(name)
    return result


def _nullify(result: State, outer: State, rules: Rules) -> State:
    if not rules.override_protected and result.has_protected:
        refuse("a context with protected terms cannot be cleared")
    cleared = State(base=outer.original_base, original_base=outer.original_base)
    if not rules.propagate:
        cleared.previous = result
    return cleared


def _process_remote(result: State, context: str, rules: Rules) -> State:
    url = resolve(rules.base_url, context) if rules.base_url else context
    if not rules.validate and url in rules.remote:
        return result
    if len(rules.remote) >= MAX_REMOTE:
        refuse("contexts name each other too deeply")
    document = rules.load(url)  # which has a context: a store takes no other
    inner = replace(
        rules,
        base_url=url,
        remote=(*rules.remote, url),
        propagate=True,
        override_protected=False,
    )
    return process(result, document["@context"], inner)


def _imported(url: JsonValue, rules: Rules) -> JsonObject:
    if type(url) is not str:
        refuse("@import names a context by its URL")
    document = rules.load(resolve(rules.base_url, url) if rules.base_url else url)
    context = document.get("@context")
    if type(context) is not dict or "@import" in context:
        refuse("an imported context is one object that imports nothing")
    return context


def _settings(result: State, context: JsonObject, rules: Rules) -> None:
    """Steps 5.5 to 5.11: what a context says beside its terms."""
    if "@version" in context:
        version = context["@version"]
        # true and 1.1 are both numbers to Python, and only one is a version.
        if type(version) is not float or version != 1.1:
            refuse("the @version of a context is 1.1")
    if "@base" in context and not rules.remote:
        result.base = _base(context["@base"], result)
    if "@vocab" in context:
        result.vocab = _vocab(context["@vocab"], result, rules)
    if "@language" in context:
        result.language = language(context["@language"])
    if "@direction" in context:
        result.direction = direction(context["@direction"])
    if "@propagate" in context:
        boolean(context["@propagate"], "@propagate")
    if "@protected" in context:
        boolean(context["@protected"], "@protected")


def _base(value: JsonValue, result: State) -> str | None:
    if value is None:
        return None
    if type(value) is str and ABSOLUTE_IRI.fullmatch(value):
        return value
    if type(value) is str and result.base is not None:
        return resolve(result.base, value)
    return refuse("@base is an IRI or null")


def _vocab(value: JsonValue, result: State, rules: Rules) -> str | None:
    if value is None:
        return None
    if type(value) is str:
        found = Definitions(result, {}, rules, process).expand(
            value, vocab=True, relative=True
        )
        if value == "" or (found is not None and ":" in found):
            return found or ""
    return refuse("@vocab is an IRI or null")
