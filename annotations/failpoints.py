"""Named places at which a test can have the process killed, to see that nothing is lost. Off by default.

`WORKBENCH_FAILPOINTS` names a folder. A file in it, named after a point, arms that point once. Production refuses
to start with the variable set.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from django.conf import settings

#: every point there is: after the first of several related writes, before the commit, after it, amid an upload;
#: of a fetched page before it is kept, once its file is, and before all is written
POINTS = (
    *("act.between_writes", "act.before_commit", "act.after_commit", "upload.half_stored"),
    *("fetch.fetched", "fetch.stored", "fetch.before_commit"),
)


def failpoint(name: str) -> None:
    """Die at once, as by kill -9, where this point is armed."""
    if not settings.WORKBENCH_FAILPOINTS:
        return
    assert name in POINTS
    try:
        Path(settings.WORKBENCH_FAILPOINTS[0], name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
