"""Who may: the table of roles and acts, and `visible_to`, the one query layer over judgements."""

from .creating import may_create
from .outlets import hide_outlets, hides_outlets
from .rules import Act, allows, has_role_for, require, require_taken, takes
from .visibility import may_see, membership_of, present_parts_of, projects_of, sees_all_work, visible_to

__all__ = [
    "Act",
    "allows",
    "has_role_for",
    "hide_outlets",
    "hides_outlets",
    "may_create",
    "may_see",
    "membership_of",
    "present_parts_of",
    "projects_of",
    "require",
    "require_taken",
    "sees_all_work",
    "takes",
    "visible_to",
]
