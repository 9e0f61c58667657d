"""Who may: the table of roles and acts, and `visible_to`, the one query layer over judgements."""

from .creating import may_create
from .rules import Act, allows, require
from .visibility import may_see, membership_of, projects_of, sees_all_work, visible_to

__all__ = [
    "Act",
    "allows",
    "may_create",
    "may_see",
    "membership_of",
    "projects_of",
    "require",
    "sees_all_work",
    "visible_to",
]
