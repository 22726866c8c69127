"""A small context with one term of every kind, and a store that trusts it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.jsonld import ContextStore

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

V1: Final = "https://www.w3.org/2018/credentials/v1"
V2: Final = "https://www.w3.org/ns/credentials/v2"
TERMS: Final = "https://terms.example/v1"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
NS: Final = "https://terms.example/#"

CONTEXT: Final[JsonObject] = {
    "@version": 1.1,
    "id": "@id",
    "type": "@type",
    "kind": "@type",
    "ns": NS,
    "none": "@none",
    "within": "@included",
    "nest": "@nest",
    "nothing": None,
    "any": "ns:any",
    "of": {"@id": "ns:of", "@type": "@id"},
    "word": {"@id": "ns:word", "@type": "@vocab"},
    "date": {"@id": "ns:date", "@type": XSD + "date"},
    "text": {"@id": "ns:text", "@type": XSD + "string"},
    "flag": {"@id": "ns:flag", "@type": XSD + "boolean"},
    "count": {"@id": "ns:count", "@type": XSD + "integer"},
    "size": {"@id": "ns:size", "@type": XSD + "decimal"},
    "ratio": {"@id": "ns:ratio", "@type": XSD + "double"},
    "free": {"@id": "ns:free", "@type": "@none"},
    "data": {"@id": "ns:data", "@type": "@json"},
    "dataList": {"@id": "ns:dataList", "@type": "@json", "@container": "@list"},
    "list": {"@id": "ns:list", "@container": "@list"},
    "set": {"@id": "ns:set", "@container": "@set"},
    "graph": {"@id": "ns:graph", "@type": "@id", "@container": "@graph"},
    "words": {"@id": "ns:words", "@container": "@language"},
    "german": {"@id": "ns:german", "@language": "de"},
    "rtl": {"@id": "ns:rtl", "@language": "ar", "@direction": "rtl"},
    "byId": {"@id": "ns:byId", "@container": "@id"},
    "byType": {"@id": "ns:byType", "@container": "@type"},
    "byIndex": {"@id": "ns:byIndex", "@container": "@index"},
    "byKey": {"@id": "ns:byKey", "@container": "@index", "@index": "key"},
    "key": "ns:key",
    "graphById": {"@id": "ns:graphById", "@container": ["@graph", "@id"]},
    "folded": {"@id": "ns:folded", "@nest": "fold"},
    "fold": "@nest",
    "back": {"@reverse": "ns:back"},
    "blank": "_:blank",
    "short": "ns:twice",
    "longer": "ns:twice",
    "link": {"@id": "ns:linked", "@type": "@id"},
    "linked": "ns:linked",
    "coerced": {"@id": "ns:coerced", "@type": XSD + "date"},
    "uncoerced": "ns:coerced",
    "said": "ns:said",
    "saidAs": {"@id": "ns:said", "@language": "en"},
    "Thing": {
        "@id": "ns:Thing",
        "@context": {"inner": "ns:inner", "scoped": {"@id": "ns:scoped"}},
    },
    "Other": {"@id": "ns:Other", "@context": {"inner": "ns:otherInner"}},
    "Renamer": {"@id": "ns:Renamer", "@context": {"a": "@type", "type": None}},
    "Valued": {"@id": "ns:Valued", "@context": {"val": "@value"}},
    "Twin": "ns:Twin",
    "Twins": "ns:Twin",
    "colour": {
        "@id": "ns:colour",
        "@type": "@vocab",
        "@context": {"@vocab": NS + "colour/"},
    },
    "box": {"@id": "ns:box", "@context": {"inBox": "ns:inBox"}},
    "open": {"@id": "ns:open", "@context": None},
}


@lru_cache(maxsize=1)
def store() -> ContextStore:
    """The bundled contexts and ``CONTEXT`` under ``TERMS``."""
    return ContextStore.bundled().register_context(TERMS, {"@context": CONTEXT})


def document(**members: JsonValue) -> JsonObject:
    """A document under ``TERMS``."""
    return {"@context": TERMS, **members}


def credential(**members: JsonValue) -> JsonObject:
    """A credential of VCDM 2.0 that may also use ``TERMS``."""
    return {
        "@context": [V2, TERMS],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
        **members,
    }
