"""The job that finds shared passages, with the check of quotations as its last stage."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from annotations.reuse import finding

from .checking import check_chunk, texts_to_check

REUSE = replace(
    finding.REUSE,
    stages=(partial(finding.plan, to_check=texts_to_check), *finding.REUSE.stages[1:], check_chunk),
)
