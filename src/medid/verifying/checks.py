"""What a verification found: one Check for each question, and their sum.

Three answers to one question are possible, and only one of them is yes. ``fail`` means
checked and false, ``unknown`` means that it could not be checked. Neither verifies.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from medid.errors import MedidError, MissingExtra, Unchecked, located

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonObject
    from medid.trust import ToldChain


class Result(StrEnum):
    """The answer to one question."""

    PASS = "pass"  # noqa: S105 - the word of the public contract, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_ASKED = "not-asked"


class Outcome(StrEnum):
    """The sum of all answers."""

    VERIFIED = "verified"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question, its answer, and where in the document it was asked.

    Attributes:
        check: ``parse``, ``proof``, ``issuer``, ``time``, ``status``, ``schema``,
            ``trust``, ``challenge``, ``domain``, ``holder`` or ``key-binding``.
        result: The answer.
        path: The part of the document that the question is about.
        error: Why, where the answer is ``fail`` or ``unknown``.
        advisory: The answer is told and does not decide.
        chains: By whose word the issuer is believed, where no trust entry names it.
    """

    check: str
    result: Result
    path: str = "$"
    error: MedidError | None = None
    advisory: bool = False
    chains: tuple[ToldChain, ...] = ()

    @property
    def code(self) -> str | None:
        """The stable code of the error, if there is one."""
        return self.error.code if self.error else None

    def as_json(self) -> JsonObject:
        """The check as the command line prints it."""
        return {
            "check": self.check,
            "result": self.result.value,
            "code": self.code,
            "path": self.path,
            **told_chains(self.chains),
        }


def told_chains(chains: tuple[ToldChain, ...]) -> JsonObject:
    """The member ``chains``, where there are any."""
    return {"chains": [one.as_json() for one in chains]} if chains else {}


def ask(check: str, path: str, question: Callable[[], object]) -> Check:
    """The Check that running ``question`` answers: it passes by returning."""
    try:
        question()
    except MedidError as error:
        return _missed(check, error)
    return _answered(check, Result.PASS, path)


def _missed(check: str, error: MedidError) -> Check:
    unknown = isinstance(error, Unchecked | MissingExtra)
    result = Result.UNKNOWN if unknown else Result.FAIL
    return Check(check=check, result=result, path=error.path, error=error)


def ask_about(check: str, path: str, question: Callable[[], object]) -> Check:
    """As ``ask``, about the document at ``path``: errors have their paths in it."""
    try:
        with located(path):
            question()
    except MedidError as error:
        return _missed(check, error)
    return _answered(check, Result.PASS, path)


def not_asked(check: str, path: str) -> Check:
    """The Check of a question that the caller did not ask."""
    return _answered(check, Result.NOT_ASKED, path)


@lru_cache(maxsize=512)
def _answered(check: str, result: Result, path: str) -> Check:
    """A Check that says no more than this: every verification has the same ones."""
    return Check(check=check, result=result, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The answer of ``medid.verify``; truthy only when verified.

    Attributes:
        kind: ``credential``, ``presentation``, ``sd-jwt``, ``did-document`` or
            ``unknown``.
        checks: Every question that was asked, in the order of asking; never empty.
        warnings: What a reader should know and what does not decide.
    """

    kind: str
    checks: tuple[Check, ...]
    warnings: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[MedidError, ...]:
        """Why it did not verify, in the order of asking."""
        return tuple(
            check.error for check in self.checks if check.error and not check.advisory
        )

    @property
    def outcome(self) -> Outcome:
        """Verified when every question that decides was answered with yes."""
        deciding = [check.result for check in self.checks if not check.advisory]
        if Result.FAIL in deciding:
            return Outcome.REFUSED
        if Result.UNKNOWN in deciding or Result.PASS not in deciding:
            return Outcome.UNDECIDED
        return Outcome.VERIFIED

    @property
    def verified(self) -> bool:
        """Whether the outcome is ``verified``."""
        return self.outcome is Outcome.VERIFIED

    def __bool__(self) -> bool:
        """Whether the outcome is ``verified``."""
        return self.verified

    def raise_for_errors(self) -> None:
        """Return if verified; otherwise raise the first error.

        Raises:
            MedidError: The first thing that stood in the way.
            Unchecked: Nothing did, because nothing that decides was asked.
        """
        for error in self.errors:
            raise error
        if not self.verified:
            raise Unchecked("nothing that decides was asked")

    def as_json(self) -> JsonObject:
        """The verification as ``medid verify --json`` prints it, without the file."""
        return {
            "kind": self.kind,
            "verified": self.verified,
            "outcome": self.outcome.value,
            "errors": [dict(error.as_json()) for error in self.errors],
            "warnings": list(self.warnings),
            "checks": [check.as_json() for check in self.checks],
        }
