"""CF-1: a log line is one line, whatever is in it, and holds no secret."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workbench.test_production_settings import start
from workbench.logs import EventFormatter, password_of

KEY = "canary-key-5f0c1f" + "x" * 40


def written(message: str, *args: object, secrets=(KEY,), **extra: object) -> str:
    """Format one record the way the program does."""
    record = logging.makeLogRecord({"name": "test", "levelname": "INFO", "msg": message, "args": args, **extra})
    return EventFormatter(secrets).format(record)


@pytest.mark.parametrize("broken", ["\n", "\r\n", "\r", "\v", "\f", "\x1b[2J", "\x85", "\u2028", "\u2029", "\u202e"])
def test_cf1_line_breaks_and_controls_cannot_forge_a_second_line(broken):
    line = written("Not Found: %s", f"/a{broken}INFO forged", label=f"x{broken}y")

    assert len(line.splitlines()) == 1
    assert broken not in line
    assert json.loads(line)["event"] == f"Not Found: /a{broken}INFO forged"


@pytest.mark.parametrize(
    "text",
    [
        f"refused {KEY}",
        "password=canary-1a",
        "{'password': 'canary-1a'}",
        "Authorization: Token canary-1a",
        "cookie: sessionid=canary-1a; csrftoken=canary-1a",
        "could not reach postgres://web:canary-1a@db/workbench",
        "/reset?token=canary-1a&next=/",
        "api_key: canary-1a",
    ],
)
def test_cf1_secrets_are_blotted_out(text):
    line = written(text, detail=text)

    assert "canary" not in line
    assert "[hidden]" in line


def test_cf1_other_words_stay_as_they_are():
    line = written("import finished", n_created=3, title="Größe 📈")

    assert json.loads(line)["title"] == "Größe 📈"
    assert json.loads(line)["n_created"] == 3


def test_cf1_a_stack_is_one_line_without_secrets():
    try:
        raise RuntimeError(f"first\nsecond {KEY}")
    except RuntimeError:
        line = written("failed", exc_info=sys.exc_info())

    assert len(line.splitlines()) == 1
    assert KEY not in line
    assert "RuntimeError" in json.loads(line)["error"]


def test_cf1_the_password_in_an_address_is_a_secret():
    assert password_of("amqp://worker:hop%2Fhop@rabbit//") == "hop/hop"
    assert password_of("sqlite:///var/workbench.sqlite3") == ""


def test_cf1_what_a_real_process_logs_holds_no_secret(tmp_path: Path):
    program = (
        "import os, django; django.setup()\n"
        "from django.test import Client\n"
        "Client(raise_request_exception=False, headers={'host': 'localhost', 'authorization': 'Token canary-2b'})"
        ".post('/nowhere/%0Aforged?token=canary-2b', {'password': 'canary-2b'})\n"
        "import logging; logging.getLogger('x').error('cannot use %s', os.environ['SECRET_KEY'])\n"
        "from django.db import connection; connection.ensure_connection()\n"
    )

    finished: subprocess.CompletedProcess[str] = start(
        tmp_path, "-c", program, SECRET_KEY=KEY, DJANGO_SETTINGS_MODULE="workbench.settings"
    )

    lines = finished.stderr.splitlines()
    assert finished.returncode == 0, finished.stderr
    assert "canary" not in finished.stderr
    assert [json.loads(line)["level"] for line in lines] == ["WARNING", "ERROR"]
    assert json.loads(lines[0])["request_id"]
