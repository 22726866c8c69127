"""Whatever is signed, asked or configured, ``medid decide`` answers or says why not."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings

from medid.cli.main import run
from tests.attacks.decisions import (
    consent_of,
    decision,
    licensed,
    request_of,
    trust_file,
)
from tests.attacks.documents import BOARD, PATIENT
from tests.attacks.honest import signed
from tests.attacks.test_signed_mutants import changed
from tests.support import examples

if TYPE_CHECKING:
    from tests.attacks.case import Case, Doc

pytestmark = pytest.mark.campaign

LICENSE: Final = licensed(
    condition=[{"type": "LicenseCondition", "kind": "supervision", "text": "x"}]
)
CONSENT: Final = consent_of()


def answered(case: Case) -> None:
    """Decide ``case``; any answer will do, but there must be one."""
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, content in case.files.items():
            (Path(folder) / name).write_bytes(content)
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            code = run(list(case.argv))
    assert code in {0, 1, 2, 3}
    answer = json.loads(shown.getvalue())
    assert (code == 0) is (answer.get("decision") is True)
    assert code != 2 or answer["error"]["code"] != "INTERNAL_ERROR"


def unsigned(document: Doc) -> Doc:
    return {name: value for name, value in document.items() if name != "proof"}


def resigned(draft: Any, document: Doc) -> Doc:
    """``draft`` signed by whoever signed ``document``."""
    party = BOARD if document is LICENSE else PATIENT
    try:
        return signed(draft, party)
    except UnicodeEncodeError:
        return document


@given(changed(request_of()))
@settings(max_examples=examples(30), deadline=None)
def test_any_request_gets_an_answer(request: Doc) -> None:
    answered(decision("request", LICENSE, CONSENT, request=_plain(request)))


@given(changed(trust_file()))
@settings(max_examples=examples(30), deadline=None)
def test_any_trust_file_gets_an_answer(trust: Doc) -> None:
    answered(decision("trust", LICENSE, CONSENT, trust=_plain(trust)))


@given(changed(unsigned(LICENSE)))
@settings(max_examples=examples(50), deadline=None)
def test_any_license_gets_an_answer(draft: Doc) -> None:
    answered(decision("license", resigned(_plain(draft), LICENSE), CONSENT))


@given(changed(unsigned(CONSENT)))
@settings(max_examples=examples(50), deadline=None)
def test_any_consent_gets_an_answer(draft: Doc) -> None:
    answered(decision("consent", LICENSE, resigned(_plain(draft), CONSENT)))


@given(changed(CONSENT["credentialSubject"]["consent"]))
@settings(max_examples=examples(75), deadline=None)
def test_any_fhir_consent_gets_an_answer(resource: Doc) -> None:
    draft = unsigned(CONSENT)
    subject = {**draft["credentialSubject"], "consent": _plain(resource)}
    draft = {**draft, "credentialSubject": subject}
    answered(decision("fhir", LICENSE, resigned(draft, CONSENT)))


def _plain(value: Any) -> Any:
    """``value`` without lone surrogates, which no file can hold."""
    return json.loads(json.dumps(value).replace("\\ud800", "x"))
