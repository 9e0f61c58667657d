"""The one table of acts and the roles that may do them. Pages, API, admin actions and commands ask here."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext as _

from annotations.errors import Forbidden
from annotations.models import Membership

ANNOTATOR, REVIEWER = Membership.Role.ANNOTATOR, Membership.Role.REVIEWER
MANAGER, VIEWER = Membership.Role.MANAGER, Membership.Role.VIEWER
EVERYBODY = frozenset({ANNOTATOR, REVIEWER, MANAGER, VIEWER})
WORKING = frozenset({ANNOTATOR, REVIEWER, MANAGER})


class Act(StrEnum):
    """What can be done in a project."""

    VIEW = "view"
    ANNOTATE = "annotate"
    SEE_ALL_WORK = "see_all_work"
    ADD_ARTICLES = "add_articles"
    EDIT_ARTICLES = "edit_articles"
    ASSIGN = "assign"
    EXPORT = "export"
    SEE_JOBS = "see_jobs"
    SAVE_FILTERS = "save_filters"
    EDIT_GUIDELINES = "edit_guidelines"
    EDIT_LABELS = "edit_labels"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_PROJECT = "manage_project"
    SEE_AUDIT = "see_audit"


ROLES: dict[Act, frozenset[str]] = {
    Act.VIEW: EVERYBODY,
    Act.ANNOTATE: WORKING,
    Act.SEE_ALL_WORK: frozenset({REVIEWER, MANAGER}),
    Act.ADD_ARTICLES: frozenset({MANAGER}),
    Act.EDIT_ARTICLES: frozenset({MANAGER}),
    Act.ASSIGN: frozenset({MANAGER}),
    # what an export holds is what its requester may see, so everybody may ask for one
    Act.EXPORT: EVERYBODY,
    Act.SEE_JOBS: EVERYBODY,
    # for oneself: nobody else is shown them
    Act.SAVE_FILTERS: EVERYBODY,
    Act.EDIT_GUIDELINES: frozenset({MANAGER}),
    Act.EDIT_LABELS: frozenset({MANAGER}),
    Act.MANAGE_MEMBERS: frozenset({MANAGER}),
    Act.MANAGE_PROJECT: frozenset({MANAGER}),
    Act.SEE_AUDIT: frozenset({MANAGER}),
}


def allows(membership: Membership, act: Act) -> bool:
    """Tell whether the membership's role may do the act; a membership that ended may nothing."""
    return membership.ended_at is None and membership.role in ROLES[act]


def require(membership: Membership, act: Act) -> None:
    """Raise `Forbidden` where the role may not do the act."""
    if not allows(membership, act):
        message = _("Your part in this project (%(role)s) does not allow this. Ask a manager of the project.")
        raise Forbidden("not_allowed", message % {"role": membership.get_role_display()})
