"""No locked package is under the GPL or AGPL alone. The LGPL is fine: we use such packages unchanged, as libraries."""

import re
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from workbench.environment import BASE_DIR

STRICT = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)
CHOICES = {"tld": "MPL 1.1, LGPL 2.1 or GPL 2.0, as one likes"}
LOCK = (BASE_DIR / "requirements-dev.lock").read_text(encoding="utf-8")
PACKAGES = re.findall(r"^([\w.-]+)(?:\[[^]]*])?==", LOCK, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in PACKAGES if name not in CHOICES])
def test_the_licence_allows_what_ours_allows(name):
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return  # locked for another system or version of Python

    classifiers = [line for line in said.get_all("Classifier") or [] if line.startswith("License")]
    named = [said["License-Expression"] or "", (said["License"] or "").split("\n")[0], *classifiers]

    assert not [line for line in named if STRICT.search(line)]
