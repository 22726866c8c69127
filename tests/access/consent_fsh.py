"""Just enough FHIR Shorthand to read IHE PCF's consents and their stated residuals."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = dict[str, Any]

_CONCEPTS = {"scope", "category", "role"}
_LISTS = {"category", "performer", "organization", "policy", "purpose", "actor"}
_LISTS |= {"securityLabel", "data"}
_LINE = re.compile(r"\* (?P<path>[\w.\[\]+=]+) = (?P<value>.+)")
_STEP = re.compile(r"(?P<name>\w+)(?:\[(?P<slice>[a-z]\w*)\])?(?:\[(?P<index>[+=])\])?")


def consents(folder: Path) -> dict[str, Json]:
    """The Consent instances of the guide, by id."""
    text = (folder / "input/fsh/consent.fsh").read_text()
    found = {}
    for block in re.split(r"^(?=Instance: )", text, flags=re.MULTILINE)[1:]:
        id = block.split(maxsplit=2)[1]
        if re.search(r"^InstanceOf: \w+Consent$", block, re.MULTILINE):
            found[id] = _instance(id, block)
    return found


def _instance(id: str, block: str) -> Json:
    consent: Json = {"resourceType": "Consent", "id": id}
    for match in _LINE.finditer(block):
        if not match["path"].startswith("meta"):
            _assign(consent, match["path"].split("."), match["value"])
    return consent


def _assign(target: Json, steps: list[str], value: str) -> None:
    step = _STEP.fullmatch(steps[0])
    assert step is not None
    name, nested = step["name"], target is not None
    listed = name in _LISTS or (name == "provision" and "type" in target and nested)
    if name == "reference" and len(steps) == 1:
        target[name] = _value(name, value)
        return
    if not listed:
        if len(steps) == 1:
            target[name] = _value(name, value)
        else:
            _assign(target.setdefault(name, {}), steps[1:], value)
        return
    items = target.setdefault(name, [])
    if step["index"] == "+" or not items:
        items.append({} if len(steps) > 1 else _value(name, value))
    elif len(steps) == 1:
        items[-1] = _value(name, value)
    if len(steps) > 1:
        _assign(items[-1], steps[1:], value)


def _value(name: str, text: str) -> Any:
    text = text.strip()
    if match := re.match(r"Reference\((.+)\)", text):
        return {"reference": match[1]}
    if match := re.match(r"(http\S+)#(\S+)", text):
        coding = {"system": match[1], "code": match[2]}
        return {"coding": [coding]} if name in _CONCEPTS else coding
    return text.strip('"').removeprefix("#")


def residual(folder: Path, id: str) -> list[Json] | None:
    """The residual rules that the example's notes state; ``None`` where none."""
    text = (folder / f"input/pagecontent/Consent-{id}-notes.md").read_text()
    found = re.search(r'"residual" : (\[.*\])\s*\}\s*\}', text, re.DOTALL)
    if found is None:
        return None
    loaded: list[Json] = json.loads(re.sub(r",(\s*[}\]])", r"\1", found[1]))
    return loaded


def allowed(rules: list[Json], resource: Json) -> bool:
    """Whether a token with these residual rules shows ``resource``; the last wins."""
    verdict = True
    for rule in rules:
        if all(_holds(name, rule[name], resource) for name in rule if name != "type"):
            verdict = rule["type"] == "permit"  # one page writes "deny" for "forbid"
    return verdict


def _holds(name: str, stated: Any, resource: Json) -> bool:
    if name == "securityLabel":
        have = {label["code"] for label in resource["securityLabel"]}
        return bool(have & {label["code"] for label in stated})
    if name == "dataPeriod":
        return bool(stated["start"] <= resource["clinicalDate"] <= stated["end"])
    return any(_datum(item, resource) for item in stated)


def _datum(item: Json, resource: Json) -> bool:
    about = item["reference"]["reference"].removeprefix("http://example.org/fhir/")
    where = {"instance": "id", "related": "refersTo", "authoredby": "author"}
    return about in resource[where[item["meaning"]]]


def resources() -> Iterator[Json]:
    """Data of every kind that the examples tell apart."""
    named = {"bloodSugar": "N", "alcoholUse": "R", "weight": "N", "unlisted": "V"}
    for name, labels in named.items():
        for date in ("2021-12-31", "2022-01-01", "2022-12-31", "2023-01-01"):
            for author in ("Practitioner/ex-practitioner", "Practitioner/ex-author"):
                for visit in (["Encounter/ex-encounter"], []):
                    yield {
                        "type": "Observation",
                        "id": f"Observation/ex-{name}",
                        "securityLabel": [label(labels)],
                        "clinicalDate": date,
                        "author": [author],
                        "refersTo": visit,
                    }


def label(code: str) -> Json:
    kind = "v3-Confidentiality" if len(code) == 1 else "v3-ActCode"
    return {"system": f"http://terminology.hl7.org/CodeSystem/{kind}", "code": code}
