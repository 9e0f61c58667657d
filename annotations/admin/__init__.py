"""The admin: looking, setting up and rescuing. Every change goes through `workflow`; judgements are read-only here."""

from django.contrib.admin import site
from django.contrib.auth.models import Group

from . import (
    agreement,
    articles,
    guidelines,
    jobs,
    judgements,
    labels,
    members,
    passages,
    people,
    projects,
    publishing,
    quotations,
    records,
    reviews,
    saved_filters,
    sources,
    stories,
    talk,
    withholdings,
)

if site.is_registered(Group):
    site.unregister(Group)  # what somebody may do hangs on their part in a project, not on groups

__all__ = [
    "agreement",
    "articles",
    "guidelines",
    "jobs",
    "judgements",
    "labels",
    "members",
    "passages",
    "people",
    "projects",
    "publishing",
    "quotations",
    "records",
    "reviews",
    "saved_filters",
    "sources",
    "stories",
    "talk",
    "withholdings",
]
