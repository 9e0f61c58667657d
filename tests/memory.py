"""The most memory that a process of its own takes for one act, above what it had before, as the system counts it."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
BASE_DIR = Path(__file__).resolve().parent.parent
AROUND = """
import gc, json, sys
import django
django.setup()
from tests.memory import forget_peak, resident
{before}
gc.collect()
forget_peak()
idle = resident()
{act}
print(json.dumps({{"above": resident("VmHWM") - idle, "said": said}}))
"""


def taken_by(act: str, *, before: str = "", environment: dict[str, str] | None = None) -> tuple[float, Any]:
    """Run code in a process of its own; return its peak above idle in MiB, and what it left in `said`.

    What stands in `before` counts as idle: imports, and data that is no part of the act.
    """
    done = subprocess.run(
        [sys.executable, "-c", AROUND.format(before=before, act=act)],
        cwd=BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "workbench.settings", **(environment or {})},
        capture_output=True,
        text=True,
        timeout=1_800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return found["above"] / MIB, found["said"]


def above_idle(act: Callable[[], object]) -> int:
    """Run an act here and return its peak above idle in bytes."""
    gc.collect()
    forget_peak()
    idle = resident()
    act()
    return resident("VmHWM") - idle


def resident(name: str = "VmRSS", pid: int | str = "self") -> int:
    """Return a process's resident memory in bytes; `VmHWM` is the most that it ever had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def forget_peak(pid: int | str = "self") -> None:
    """Let the peak be counted from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
