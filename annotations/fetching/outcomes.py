"""How the fetching of a page can end, and what each end says of the page."""

from __future__ import annotations

from annotations.models import SourceCheck

Outcome = SourceCheck.Outcome
PASSING = frozenset({Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.SERVER_ERROR, Outcome.BUSY})
"""Ends that may be others in a minute."""


class FetchFailed(Exception):
    """A page was not brought; `outcome` says the class of why, and nothing of what stands behind an address."""

    def __init__(
        self, outcome: Outcome, *, status: int | None = None, hops: tuple[dict[str, object], ...] = ()
    ) -> None:
        super().__init__(str(outcome.value))
        self.outcome = outcome
        self.status = status
        self.hops = hops
