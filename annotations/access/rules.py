"""The one table of acts, the roles that may do them, and what an archived project still takes.

Pages, API, admin actions and commands ask here.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext as _

from annotations.errors import Forbidden
from annotations.models import Membership, Project

ANNOTATOR, REVIEWER = Membership.Role.ANNOTATOR, Membership.Role.REVIEWER
MANAGER, VIEWER = Membership.Role.MANAGER, Membership.Role.VIEWER
EVERYBODY = frozenset({ANNOTATOR, REVIEWER, MANAGER, VIEWER})
WORKING = frozenset({ANNOTATOR, REVIEWER, MANAGER})


class Act(StrEnum):
    """What can be done in a project."""

    VIEW = "view"
    ANNOTATE = "annotate"
    DISCUSS = "discuss"
    ASK = "ask"
    FOLLOW = "follow"
    SEE_ALL_WORK = "see_all_work"
    SEE_OUTLETS = "see_outlets"
    ADD_ARTICLES = "add_articles"
    EDIT_ARTICLES = "edit_articles"
    JUDGE_CLAIMS = "judge_claims"
    EDIT_STORIES = "edit_stories"
    MARK_ZONES = "mark_zones"
    MARK_ZONES_EVERYWHERE = "mark_zones_everywhere"
    ASSIGN = "assign"
    EXPORT = "export"
    SEE_JOBS = "see_jobs"
    SAVE_FILTERS = "save_filters"
    EDIT_GUIDELINES = "edit_guidelines"
    EDIT_LABELS = "edit_labels"
    EDIT_SCALE = "edit_scale"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_PROJECT = "manage_project"
    WITHHOLD = "withhold"
    SEE_AUDIT = "see_audit"
    SEE_AGREEMENT = "see_agreement"
    MEASURE_AGREEMENT = "measure_agreement"
    SEE_REVIEWS = "see_reviews"
    ADJUDICATE = "adjudicate"


ROLES: dict[Act, frozenset[str]] = {
    Act.VIEW: EVERYBODY,
    Act.ANNOTATE: WORKING,
    # where work is blind, of these only those who see all of it: see `visibility.who_talk`
    Act.DISCUSS: WORKING,
    # the managers, about an article or a span: in a blind project the others see nothing of it
    Act.ASK: WORKING,
    # to be shown as one who has an article open, and be shown the others
    Act.FOLLOW: EVERYBODY,
    Act.SEE_ALL_WORK: frozenset({REVIEWER, MANAGER}),
    # publisher, author and date before one has handed an article in, where the project hides them: see `outlets`
    Act.SEE_OUTLETS: frozenset({REVIEWER, MANAGER, VIEWER}),
    Act.ADD_ARTICLES: frozenset({MANAGER}),
    Act.EDIT_ARTICLES: frozenset({MANAGER}),
    # verdicts, where the work on a claim stands, which claims are one
    Act.JUDGE_CLAIMS: frozenset({REVIEWER, MANAGER}),
    # which articles tell one story, and what each says to its questions
    Act.EDIT_STORIES: frozenset({REVIEWER, MANAGER}),
    Act.MARK_ZONES: WORKING,
    Act.MARK_ZONES_EVERYWHERE: frozenset({MANAGER}),
    Act.ASSIGN: frozenset({MANAGER}),
    # what an export holds is what its requester may see, so everybody may ask for one
    Act.EXPORT: EVERYBODY,
    Act.SEE_JOBS: EVERYBODY,
    # for oneself: nobody else is shown them
    Act.SAVE_FILTERS: EVERYBODY,
    Act.EDIT_GUIDELINES: frozenset({MANAGER}),
    Act.EDIT_LABELS: frozenset({MANAGER}),
    Act.EDIT_SCALE: frozenset({MANAGER}),
    Act.MANAGE_MEMBERS: frozenset({MANAGER}),
    Act.MANAGE_PROJECT: frozenset({MANAGER}),
    # on a rights-holder's demand, which an archive does not answer
    Act.WITHHOLD: frozenset({MANAGER}),
    Act.SEE_AUDIT: frozenset({MANAGER}),
    # figures tell of everybody's work, matrices and pairs span by span
    Act.SEE_AGREEMENT: frozenset({REVIEWER, MANAGER}),
    Act.MEASURE_AGREEMENT: frozenset({REVIEWER, MANAGER}),
    # what annotators handed in, side by side, and how it was settled
    Act.SEE_REVIEWS: frozenset({REVIEWER, MANAGER}),
    Act.ADJUDICATE: frozenset({REVIEWER, MANAGER}),
}

#: what everybody who reads a text is shown: in a blind project annotators would learn of one another by it
SHOWN_TO_ALL = frozenset({Act.MARK_ZONES})

#: what an archived project still takes: it is read and exported, and its managers say who may read it
IN_ARCHIVE = frozenset(
    {
        Act.VIEW,
        Act.SEE_ALL_WORK,
        Act.SEE_OUTLETS,
        Act.EXPORT,
        Act.SEE_JOBS,
        Act.SEE_AUDIT,
        Act.SEE_AGREEMENT,
        Act.SEE_REVIEWS,
        Act.MANAGE_MEMBERS,
        Act.MANAGE_PROJECT,
        Act.WITHHOLD,
    }
)


def allows(membership: Membership, act: Act) -> bool:
    """Tell whether the membership may do the act: by its role, and in a project that takes it."""
    return has_role_for(membership, act) and (act in IN_ARCHIVE or takes(membership.project, act))


def has_role_for(membership: Membership, act: Act) -> bool:
    """Tell whether the membership's role may do the act, archived or not; a membership that ended may nothing."""
    if membership.ended_at is not None or membership.role not in ROLES[act]:
        return False
    is_hidden = membership.role == ANNOTATOR and act in SHOWN_TO_ALL
    return not (is_hidden and membership.project.is_blind)


def takes(project: Project, act: Act) -> bool:
    """Tell whether the project takes the act from anybody: an archived one takes no work."""
    return project.deleted_at is None and (project.archived_at is None or act in IN_ARCHIVE)


def require(membership: Membership, act: Act) -> None:
    """Raise `Forbidden` where the role may not do the act, or the project is archived."""
    if not has_role_for(membership, act):
        message = _("Your part in this project (%(role)s) does not allow this. Ask a manager of the project.")
        raise Forbidden("not_allowed", message % {"role": membership.get_role_display()})
    require_taken(membership.project, act)


def require_taken(project: Project, act: Act) -> None:
    """Raise `Forbidden` where the project is archived and the act is work on it."""
    if not takes(project, act):
        message = _("This project is archived: it can be read and exported. A manager can take it out of the archive.")
        raise Forbidden("project_archived", message)
