"""The rounds of a project: which there are, which one an article is in, and closing and opening them again."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere
from annotations.models import Annotation, Assignment, Membership, Project, Round

from .acts import Request, carry_out_once, record

FIRST_NAME = "Main round"


def rounds_of(project: Project) -> list[Round]:
    """Return a project's rounds in their order; 1 query."""
    return list(Round.objects.filter(project=project).order_by("number"))


def find_round(by: Membership, uuid: UUID | str) -> Round:
    """Find a round of the project, or raise `NotThere`; 1 query."""
    rows = Round.objects.select_related("label_set", "guidelines", "repeats", "created_by")
    found = rows.filter(project_id=by.project_id, uuid=uuid).first()
    if found is None:
        raise NotThere("round_not_found", _("There is no such round in this project."), field="round")
    return found


def first_round(project_id: int) -> Round:
    """Return the round that takes what is new, which is made where there is none; 1 query."""
    defaults = {"number": 1, "kind": Round.Kind.MAIN, "name": FIRST_NAME}
    found, _made = Round.objects.select_related("label_set", "guidelines", "repeats").get_or_create(
        project_id=project_id, takes_new=True, defaults=defaults
    )
    return found


def round_id_of(stated: int | None, project_id: int) -> int:
    """Return the round of an article, by the one that its row states; at most 1 query."""
    return stated if stated is not None else first_round(project_id).pk


def close_round(uuid: UUID, *, by: Membership, request: Request | None = None) -> Round:
    """Let the queue serve a round no more. What people have open stays theirs to finish. Twice is no error."""
    return _set_closed(uuid, by, request, closes=True)


def reopen_round(uuid: UUID, *, by: Membership, request: Request | None = None) -> Round:
    """Let the queue serve a closed round again. Twice is no error."""
    return _set_closed(uuid, by, request, closes=False)


def _set_closed(uuid: UUID, by: Membership, request: Request | None, *, closes: bool) -> Round:
    def act() -> Round:
        Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.project_id)
        found = find_round(by, uuid)
        if found.is_open == closes:
            found.closed_at = timezone.now() if closes else None
            found.revision += 1
            found.save(update_fields=["closed_at", "revision"])
            verb = "round.closed" if closes else "round.reopened"
            record(by, verb, "round", found.uuid, after={"name": found.name}, request=request)
        return found

    require(by, Act.ASSIGN)
    return carry_out_once(by, request, act, lambda: find_round(by, uuid))


def stands_in(of_round: int) -> Q:
    """Match the judgements, of any kind that has a layer, that were left to a round or stand on what is in it now."""
    given = Assignment.objects.filter(
        round_id=of_round, version_id=OuterRef("version_id"), annotator_id=OuterRef("created_by_id")
    )
    present = Q(past_round__isnull=True) & (Q(layer=Annotation.Layer.GOLD) | Exists(given))
    return Q(Q(past_round_id=of_round) | present)
