"""How gunicorn serves the demonstration: threads, this machine only, and an end when its supervisor is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = 1
threads = 8
graceful_timeout = 5
loglevel = "warning"
errorlog = "-"


def when_ready(server: Any) -> None:
    """Watch the pipe from the supervisor, in gunicorn's first process."""
    threading.Thread(target=_end_with_the_supervisor, daemon=True).start()


def _end_with_the_supervisor() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
