"""Browsers of the named people, and a project they share: Mia manages, Ada and Ben annotate, Rosa reviews."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from annotations.models import Membership, Project
from tests import factories


@dataclass
class Team:
    """The members of one project."""

    mia: Membership
    ada: Membership
    ben: Membership
    rosa: Membership

    @property
    def project(self) -> Project:
        return self.mia.project


@pytest.fixture
def team(db) -> Team:
    """Make the blind project "river"."""
    mia = factories.project("river")
    return Team(
        mia, factories.member(mia, "ada"), factories.member(mia, "ben"), factories.member(mia, "rosa", "reviewer")
    )


@pytest.fixture
def browser(db) -> Callable[[str], Client]:
    """Give a logged-in browser of a named person."""

    def of(name: str) -> Client:
        client = Client()
        client.force_login(factories.user(name))
        client.get("/healthz")  # notes the session's start, so that no later count of queries has it
        return client

    return of
