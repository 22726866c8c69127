"""What the server does, apart from HTTP: one method for each operation.

A request comes in as bytes beside whoever sent it, an answer goes out as a status and a
JSON object. What is wrong is raised; nothing here knows how it is written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.authzen_pages import Pages
from medid.core import base64
from medid.core.records import replace
from medid.credentials import CONTEXT_V2
from medid.errors import (
    MalformedValue,
    MedidError,
    Refused,
    Unchecked,
    located,
)
from medid.issuing import derive, present
from medid.keys.sealing import KEY_SIZE
from medid.securing.catalogue import SELECTIVE
from medid.server import negotiation, requests
from medid.server.calls import JSON, Answer, Call
from medid.server.deciding import access_verifier, described
from medid.server.lists import MEDIA_TYPE, Lists, etag_of, is_known
from medid.server.own_lists import OwnLists
from medid.server.problems import http_problem
from medid.server.resolution import resolve
from medid.server.settings import Reasons
from medid.server.signing import (
    presentation_mechanism,
    sign,
    sign_for_suites,
    signer_for,
)
from medid.server.tokens import Operation
from medid.verifying.checks import Outcome, Verification
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.issuing import Controller
    from medid.issuing.credential import Issued
    from medid.server.settings import Settings


class Service:
    """Answers requests under fixed settings. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        """Read the hosted lists.

        Raises:
            ConfigurationError: One is not a list that a key here may sign.
            MedidError: The key that attests the metadata cannot be used.
        """
        self.settings = settings
        self.lists = Lists(
            settings.controllers,
            base_url=settings.base_url,
            folder=settings.status_lists,
            history=settings.status_history,
            fetch=settings.fetch,
            entropy=settings.entropy,
        )
        self.access = access_verifier(settings)
        self.metadata = described(settings)
        key = settings.page_key
        self.pages = Pages(
            key=settings.entropy(KEY_SIZE) if key is None else key,
            entropy=settings.entropy,
        )
        self._rules = (
            requests.CONFORMANCE_RULES if settings.measuring else requests.DEFAULT_RULES
        )

    # Signing.

    def issue(self, call: Call) -> Answer:
        """``POST /credentials/issue``."""
        asked = requests.read_issue(call.body, self._rules)
        if self.settings.measuring:
            secured = self._issue_for_suites(asked, call)
        else:
            secured = self._issue(asked, call)
        return Answer.json(
            201, {"verifiableCredential": _enveloped(secured, "Credential")}
        )

    def _issue(self, asked: requests.IssueRequest, call: Call) -> Issued:
        issuer = asked.credential.get("issuer")
        named = issuer.get("id") if isinstance(issuer, dict) else issuer
        controller, securing = self._signer(named, "$.credential.issuer", call)
        _check_mandatory(asked.mandatory, securing)
        with located("$.credential"):
            return sign(
                asked.credential,
                controller,
                securing=securing,
                mandatory=asked.mandatory,
                at=self.settings.clock(),
                contexts=self.settings.contexts,
            )

    def _issue_for_suites(self, asked: requests.IssueRequest, call: Call) -> Issued:
        controller, securing = signer_for(
            self.settings.controllers, call.securing, call.kind
        )
        _check_mandatory(asked.mandatory, securing)
        at, draft = self.settings.clock(), asked.credential
        if asked.status_purpose is not None:
            entry = self.lists.entry(
                controller, asked.status_purpose, securing=securing, at=at
            )
            draft = {**draft, "credentialStatus": entry}
        with located("$.credential"):
            return sign_for_suites(
                draft,
                controller,
                securing=securing,
                mandatory=asked.mandatory,
                at=at,
                contexts=self.settings.contexts,
            )

    def derive(self, call: Call) -> Answer:
        """``POST /credentials/derive``."""
        asked = requests.read_derive(call.body)
        with located("$.verifiableCredential"):
            derived = derive(
                asked.credential, asked.disclose, contexts=self.settings.contexts
            )
        return Answer.json(
            201, {"verifiableCredential": _enveloped(derived, "Credential")}
        )

    def present(self, call: Call) -> Answer:
        """``POST /presentations``."""
        asked = requests.read_present(call.body)
        controller, securing = self._signer(asked.holder, "$.presentation.holder", call)
        with located("$.presentation"):
            presented = present(
                asked.credentials,
                controller,
                challenge=asked.challenge,
                domain=asked.domain,
                securing=presentation_mechanism(securing),
                at=self.settings.clock(),
                contexts=self.settings.contexts,
                entropy=self.settings.entropy,
            )
        envelope = _enveloped(presented, "Presentation")
        return Answer.json(201, {"verifiablePresentation": envelope})

    def _signer(self, did: JsonValue, path: str, call: Call) -> tuple[Controller, str]:
        """The key for ``did``, if the caller may have it sign at all."""
        known = [one for one in self.settings.controllers if one.did == did]
        # Whether the server has the key is told only to who may use it.
        if not known or not self._may_sign(known[0].did, call):
            message = "the token does not allow to sign under this DID"
            raise http_problem("FORBIDDEN", message, path=path)
        return signer_for(known, call.securing, call.kind)

    def _may_sign(self, did: str, call: Call) -> bool:
        token = call.token
        return self.settings.measuring or (token is not None and did in token.dids)

    # Status.

    def update_status(self, call: Call) -> Answer:
        """``POST /credentials/status``."""
        asked = requests.read_status(call.body)
        hosted = self.lists.at_url(asked.list_url)
        path = "$.credentialStatus.statusListCredential"
        if hosted is None:
            message = "no such status list is hosted here"
            raise http_problem("NOT_FOUND", message, path=path)
        if not self._may_sign(hosted.issuer, call):
            message = "the token does not allow to change this status list"
            raise http_problem("FORBIDDEN", message, path=path)
        if asked.purpose != hosted.purpose:
            message = "the list is for another purpose"
            raise MalformedValue(message, path="$.credentialStatus.statusPurpose")
        self.lists.change(
            hosted.name, asked.index, value=asked.value, at=self.settings.clock()
        )
        return Answer.json(200, {"status": asked.value})

    def status_list(self, call: Call) -> Answer:
        """``GET /status/{name}``, as of the time that the query names if it does."""
        now = self.settings.clock()
        at = requests.read_list_time(call.query)
        if at is None:
            hosted = self.lists.get(call.name, at=now)
            content = None if hosted is None else hosted.content
        elif not self.lists.keeps_history:
            message = "this server does not keep what a list said earlier"
            raise http_problem("NOT_IMPLEMENTED", message)
        else:
            content = self.lists.find(call.name, at=at, now=now)
        if content is None:
            raise http_problem("NOT_FOUND", "no such status list is hosted here")
        offered = (MEDIA_TYPE, "application/ld+json", JSON)
        media_type = negotiation.choose(call.accept, offered)
        if media_type is None:
            raise http_problem("NOT_ACCEPTABLE", "a status list is application/vc")
        etag = etag_of(content)
        headers = {
            "ETag": etag,
            "Cache-Control": "public, max-age=300",
            "Vary": "Accept",
        }
        fresh = is_known(etag, call.if_none_match)
        return Answer(
            status=304 if fresh else 200,
            content=b"" if fresh else content,
            media_type=media_type,
            headers=headers,
        )

    # Verifying.

    def verify_credential(self, call: Call) -> Answer:
        """``POST /credentials/verify``."""
        asked = requests.read_verify(call.body, "verifiableCredential", self._rules)
        return self._verify(asked, ("credential", "sd-jwt"), call)

    def verify_presentation(self, call: Call) -> Answer:
        """``POST /presentations/verify``."""
        asked = requests.read_verify(call.body, "verifiablePresentation", self._rules)
        return self._verify(asked, ("presentation", "sd-jwt"), call)

    def _verify(
        self, asked: requests.VerifyRequest, kinds: tuple[str, ...], call: Call
    ) -> Answer:
        at, policy = self.settings.clock(), self.settings.expect
        verifier = Verifier(
            contexts=self.settings.contexts,
            trust=self.settings.trust,
            fetch=OwnLists(self.lists, self.settings.fetch, at),
            expect=replace(
                policy,
                challenge=_either(asked.challenge, policy.challenge),
                domain=_either(asked.domain, policy.domain),
                holder_binding=asked.holder_binding or policy.holder_binding,
                key_binding=asked.key_binding or policy.key_binding,
                vct=_either(asked.vct, policy.vct),
            ),
        )
        answer = verifier.verify(asked.document, at=at)
        if answer.kind not in (*kinds, "unknown"):
            message = f"not a {kinds[0]}"
            raise MalformedValue(message, path="$.type")
        code = answer.errors[0].code if answer.errors else "OK"
        body = answer.as_json() if self._told(call, answer) else _public(answer)
        return Answer.json(200 if answer.verified else 400, body, code=code)

    def _told(self, call: Call, answer: Verification) -> bool:
        """Whether the caller is told the reasons.

        What a document's form is wrong about he can see himself; what this server
        thinks of its issuer, status and key is for those who may ask.
        """
        token = call.token
        if self.settings.reasons is Reasons.EVERYONE or answer.kind == "unknown":
            return True
        return token is not None and Operation.VERIFY in token.operations

    # DID resolution.

    def resolve(self, call: Call) -> Answer:
        """``GET /1.0/identifiers/{did}``."""
        return resolve(call, self.settings.fetch)


def _either(asked: str | None, policy: str | None) -> str | None:
    """The server's own expectation, or else the caller's."""
    return policy if policy is not None else asked


def _check_mandatory(pointers: Sequence[str], securing: str) -> None:
    if pointers and securing not in SELECTIVE:
        message = "the mechanism has no selective disclosure"
        raise MalformedValue(message, path="$.options.mandatoryPointers")


_TYPES: Final = {"Credential": "vc", "Presentation": "vp"}


def _enveloped(secured: Issued, kind: str) -> JsonObject:
    """A JWT or COSE message as it travels in JSON; anything else as it is.

    Spec: https://www.w3.org/TR/vc-data-model-2.0/#enveloped-verifiable-credentials
    """
    if isinstance(secured, dict):
        return secured
    if isinstance(secured, bytes):
        content = f"+cose;base64,{base64.encode(secured)}"
    else:
        content = f"+jwt,{secured}"
    return {
        "@context": CONTEXT_V2,
        "id": f"data:application/{_TYPES[kind]}{content}",
        "type": f"EnvelopedVerifiable{kind}",
    }


def _public(answer: Verification) -> JsonObject:
    """The answer for whoever is not told the reasons: one code for each outcome."""
    if answer.verified:
        return answer.as_json()
    refused = answer.outcome is Outcome.REFUSED
    error: MedidError = (
        Refused("the document does not verify", fix=_ASK)
        if refused
        else Unchecked("the document could not be checked", fix=_ASK)
    )
    return {
        "kind": answer.kind,
        "verified": False,
        "outcome": answer.outcome.value,
        "errors": [dict(error.as_json())],
        "warnings": [],
        "checks": [],
    }


_ASK: Final = "ask with a token that allows to verify, and be told the reasons"
