"""The people of a project: a manager, two annotators, a reviewer. Tests of other roles define their own."""

from __future__ import annotations

import pytest

from tests import factories


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


@pytest.fixture
def rosa(mia):
    return factories.member(mia, "rosa", "reviewer")
