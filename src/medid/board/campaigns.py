"""Credentials for a whole register, act by act, and each of them once.

A campaign asks which licenses are due: those in force on which no credential says what
is in force. Each act takes some of them, looks once more whether they are, and records
what it signed. So a campaign that was broken off is begun again, and goes on where it
stopped; two of them at once share the work.

Spec: https://w3id.org/medid/health/v1#PractitionerLicenseCredential
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from medid.board.outcomes import outcomes, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.board.office import Office
    from medid.board.outcomes import Outcome
    from medid.board.records import Reason
    from medid.board.workshop import Workshop

BATCH: Final = 2_000  # licenses of one act: some 12 MB, and a commit for each


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Credentials for every license that is due.

    Attributes:
        workshop: Where they are signed.
        reason: Who issues them.
        batch: Licenses of one act.
    """

    workshop: Workshop
    reason: Reason
    batch: int = BATCH

    def run(self, office: Office) -> Iterator[Sequence[Outcome]]:
        """Issue what is due; after each act, what became of its licenses.

        A license on which nothing can be issued says why, and never stops the rest.

        Raises:
            SignerError: The key store refused. What was said before was recorded; of
                the act that failed, nothing was.
            RegisterUnavailable: The register cannot be used, and likewise.
        """
        after = ""
        while numbers := office.due(after=after, limit=self.batch):
            yield self.take(office, numbers)
            after = numbers[-1]

    def take(self, office: Office, numbers: Sequence[str]) -> Sequence[Outcome]:
        """Issue, in one act, what is due of these licenses.

        Raises:
            MedidError: As ``run`` says; then nothing of it was recorded.
        """
        with office.act(self.reason) as act:
            act.read(numbers)
            # Somebody else may have issued them since they were found to be due.
            due = [one for one in numbers if not act.has_credential(one)]
            ready = [row(one, partial(act.check_issuable, one)) for one in due]
            able = [number for number, error in ready if error is None]
            refused = act.issue(able, self.workshop)
            act.write()
        made = [(number, error or refused.get(number)) for number, error in ready]
        return outcomes(made, act)
