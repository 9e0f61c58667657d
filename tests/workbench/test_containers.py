"""CF-1 and CF-2: the shipped containers hold no secret, run without privileges, and tell their health."""

import re

import pytest
import yaml

from workbench.environment import BASE_DIR, VARIABLES

COMPOSE = (BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(COMPOSE)["services"]
OURS = {"migration", "web", "events", "worker"}


def test_the_compose_file_has_every_part_of_the_program():
    assert set(SERVICES) == OURS | {"database", "broker"}


@pytest.mark.parametrize("name", SERVICES)
def test_cf2_no_password_stands_in_the_compose_file(name):
    for variable, value in SERVICES[name]["environment"].items():
        if re.search("PASS|KEY|URL", variable):
            assert ":?" in value or value == f"${{{variable}:-}}", f"{variable} of {name} must come from outside"


@pytest.mark.parametrize("name", SERVICES)
def test_every_lasting_service_tells_its_health(name):
    check = SERVICES[name]["healthcheck"]

    assert "test" in check or (name == "migration" and check["disable"])


@pytest.mark.parametrize("name", ["database", "broker"])
def test_cf2_database_and_broker_are_reachable_from_inside_only(name):
    assert SERVICES[name]["networks"] == ["inside"]
    assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("name", ["web", "events"])
def test_cf2_the_servers_listen_to_this_machine_only(name):
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_have_no_privileges_and_known_settings(name):
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert set(service["environment"]) <= {*VARIABLES, "PORT"}


def test_the_image_does_not_run_as_root_and_installs_hashed_packages_only():
    steps = (BASE_DIR / "Dockerfile").read_text(encoding="utf-8")

    assert steps.rindex("\nUSER workbench") < steps.rindex("\nCMD ")
    assert "HEALTHCHECK" in steps
    assert all("--require-hashes" in line or "--no-deps" in line for line in re.findall(r".*pip install.*", steps))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_cf2_every_locked_package_has_hashes_and_no_index_is_named(name):
    lock = (BASE_DIR / name).read_text(encoding="utf-8")
    packages = re.findall(r"^\S+==\S+.*(?:\n    .*)*", lock, re.MULTILINE)

    assert len(packages) > 40
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in lock
    assert "find-links" not in lock
