"""CF-1: production mode starts with safe settings only, and names every fault in a plain sentence."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from workbench import demonstration, safety
from workbench.environment import Environment
from workbench.safety import UnsafeSettings, find_faults, generated_key

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SAFE = {
    "WORKBENCH_MODE": "production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "workbench.news.test",
}
FAULTS = {
    "no key": ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
    "a short key": ({"SECRET_KEY": "k3y-of-a-few-letters"}, "SECRET_KEY is too short"),
    "a regular key": ({"SECRET_KEY": "abc" * 30}, "too regular"),
    "Django's default key": ({"SECRET_KEY": "django-insecure-" + secrets.token_urlsafe(50)}, "placeholder"),
    "debug": ({"DEBUG": "1"}, "DEBUG is on"),
    "no host": ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
    "any host": ({"ALLOWED_HOSTS": "workbench.news.test,*"}, 'the wildcard "*"'),
    "any subdomain": ({"ALLOWED_HOSTS": ".news.test"}, 'the wildcard ".news.test"'),
    "plain-text cookies": ({"WORKBENCH_SECURE_COOKIES": "0"}, "WORKBENCH_SECURE_COOKIES is off"),
    "fail-points": ({"WORKBENCH_FAILPOINTS": "before-commit"}, "WORKBENCH_FAILPOINTS is set"),
    "no insisting on HTTPS": ({"WORKBENCH_HSTS_SECONDS": "0"}, "WORKBENCH_HSTS_SECONDS is 0"),
    "a number that is none": ({"WORKBENCH_HSTS_SECONDS": "a year"}, 'WORKBENCH_HSTS_SECONDS is "a year"'),
    "a proxy that is none": ({"WORKBENCH_TRUSTED_PROXIES": "proxy"}, 'names "proxy"'),
    "creators that are none": ({"WORKBENCH_PROJECT_CREATION": "all"}, 'WORKBENCH_PROJECT_CREATION is "all"'),
    "invited that are none": ({"WORKBENCH_INVITATIONS": "all"}, 'WORKBENCH_INVITATIONS is "all"'),
    "a factor that is none": ({"WORKBENCH_SECOND_FACTOR": "yes"}, 'WORKBENCH_SECOND_FACTOR is "yes"'),
    "a mail server that is none": ({"EMAIL_URL": "mail.news.test"}, "EMAIL_URL is no address"),
    "an issuer in plain text": (
        {"OIDC_ISSUER": "http://id.news.test", "OIDC_CLIENT_ID": "w"},
        'OIDC_ISSUER is "http://id.news.test"',
    ),
    "an issuer without a client": ({"OIDC_ISSUER": "https://id.news.test"}, "OIDC_CLIENT_ID is not"),
    "an unknown mode": ({"WORKBENCH_MODE": "staging"}, 'WORKBENCH_MODE is "staging"'),
}


def start(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own, with nothing inherited but the path."""
    clean = {"PATH": os.environ["PATH"], "WORKBENCH_VAR_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=BASE_DIR, env=clean | environment, capture_output=True, text=True, timeout=60
    )


def test_cf1_safe_production_settings_pass_the_deployment_check_without_a_warning(tmp_path):
    finished = start(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "DEBUG", **SAFE)

    assert finished.returncode == 0, finished.stderr
    assert "no issues (0 silenced)" in finished.stdout


@pytest.mark.parametrize(("changed", "sentence"), FAULTS.values(), ids=FAULTS)
def test_cf1_each_unsafe_value_is_named_in_a_sentence(changed, sentence):
    faults = list(find_faults(Environment(SAFE | changed)))

    assert len(faults) == 1
    assert sentence in faults[0]
    assert faults[0].endswith(".")


def test_cf1_a_key_that_stands_in_a_committed_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(safety, "BASE_DIR", tmp_path)
    (tmp_path / "docker-compose.yml").write_text(f"SECRET_KEY: {SAFE['SECRET_KEY']}", encoding="utf-8")

    faults = list(find_faults(Environment(SAFE)))

    assert len(faults) == 1
    assert "SECRET_KEY stands in docker-compose.yml" in faults[0]


def test_cf1_safe_values_have_no_fault():
    assert list(find_faults(Environment(SAFE))) == []


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "check"),
        ("manage.py", "migrate"),
        ("-c", "import workbench.wsgi"),
        ("-c", "import workbench.asgi"),
        ("-m", "celery", "-A", "workbench", "report"),
    ],
    ids=["check", "migrate", "web", "events", "worker"],
)
def test_cf1_no_process_starts_with_unsafe_settings_and_all_faults_are_told_at_once(tmp_path, command):
    finished = start(tmp_path, *command, WORKBENCH_MODE="production", SECRET_KEY="short", DEBUG="1", ALLOWED_HOSTS="*")

    assert finished.returncode != 0
    for part in ("SECRET_KEY is too short", "DEBUG is on", 'the wildcard "*"'):
        assert part in finished.stderr


def test_cf1_a_refused_command_gives_no_stack_trace(tmp_path):
    finished = start(tmp_path, "manage.py", "check", WORKBENCH_MODE="production")

    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr


def test_cf1_the_demonstration_serves_this_machine_only():
    faults = list(find_faults(Environment({"ALLOWED_HOSTS": "localhost,10.0.0.4"})))

    assert len(faults) == 1
    assert '"10.0.0.4"' in faults[0]


def test_cf1_the_demonstration_makes_its_key_once_and_for_its_owner_only(tmp_path):
    first, second = generated_key(tmp_path), generated_key(tmp_path)

    assert first == second
    assert len(first) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.django_db
def test_cf1_production_refuses_an_account_with_the_public_password(settings):
    settings.WORKBENCH_MODE = "production"
    get_user_model().objects.create_user("ada", password=demonstration.PASSWORD)
    get_user_model().objects.create_user("ben", password=secrets.token_urlsafe(16))

    with pytest.raises(UnsafeSettings, match=r'The account "ada" still has') as refusal:
        demonstration.refuse_public_passwords()

    assert '"ben"' not in str(refusal.value)
    assert [error.id for error in demonstration.check_public_passwords()] == ["workbench.E001"]


@pytest.mark.django_db
def test_cf1_the_demonstration_itself_may_have_its_accounts(settings):
    settings.WORKBENCH_MODE = "demo"
    get_user_model().objects.create_user("ada", password=demonstration.PASSWORD)

    demonstration.refuse_public_passwords()


@pytest.mark.parametrize(
    ("environment", "who"),
    [
        pytest.param({}, "anyone", id="demo", marks=pytest.mark.long),
        pytest.param(SAFE, "staff", id="production"),
        pytest.param(SAFE | {"WORKBENCH_PROJECT_CREATION": "anyone"}, "anyone", id="chosen", marks=pytest.mark.long),
    ],
)
def test_in_production_staff_create_projects_unless_anyone_is_said_to(tmp_path, environment, who):
    asked = "from django.conf import settings; print(settings.WORKBENCH_PROJECT_CREATION)"

    finished = start(tmp_path, "manage.py", "shell", "--no-imports", "--command", asked, **environment)

    assert finished.stdout.strip() == who, finished.stderr
