"""The bar in the terminal: drawn for a person, absent in a pipe, gone at the end."""

from __future__ import annotations

import io

import pytest

from annotations.management import progress
from annotations.management.progress import CLEAR_LINE, bar, progress_bar
from annotations.models import Job
from tests import factories


class Screen(io.StringIO):
    """A terminal that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("done", "total", "seconds", "line"),
    [
        (0, None, 65, "reading …  1:05"),
        (0, 10, 0, "[------------------------------]   0 %  0 of 10  0/s"),
        (10_000, 10_000, 8, "[##############################] 100 %  10,000 of 10,000  1,250/s  0:00 left"),
        (1, 7_201, 1, "[------------------------------]   0 %  1 of 7,201  1/s  2:00:00 left"),
    ],
)
def test_a_bar_says_share_count_pace_and_time_left(done, total, seconds, line):
    assert bar(done, total, seconds, width=120) == line


def test_a_bar_is_never_wider_than_its_terminal():
    assert all(len(bar(123_456, 1_000_000, 77, width=width)) < width for width in range(10, 120))


@pytest.mark.django_db(transaction=True)
def test_a_terminal_is_drawn_on_and_cleared_and_a_pipe_is_left_alone(monkeypatch):
    monkeypatch.setattr(progress, "REDRAW_SECONDS", 0.02)
    mia = factories.project()
    job = Job.objects.create(project=mia.project, kind="import", done=3, total=12)
    screen, pipe = Screen(), io.StringIO()

    with progress_bar(screen, job.pk), progress_bar(pipe, job.pk):
        for _n in range(200):
            if "25 %" in screen.getvalue():
                break
            progress.time.sleep(0.02)

    assert "3 of 12" in screen.getvalue()
    assert screen.getvalue().endswith(CLEAR_LINE)
    assert pipe.getvalue() == ""
