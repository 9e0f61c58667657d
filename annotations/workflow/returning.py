"""Giving handed-in work back to its annotator, with a note that says what is to be done."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere, Refused
from annotations.models import Adjudication, Assignment, Membership, Notice

from .acts import Request, carry_out_once, record
from .differing import note_changed
from .inbox import tell

State = Assignment.State
LONGEST_NOTE = 2_000


def return_work(assignment: UUID, note: str, *, by: Membership, request: Request | None = None) -> Assignment:
    """Give an assignment back that was handed in: it is its annotator's again, and no longer counts as handed in.

    Raises `Refused` for one's own work, one that is not handed in, an empty note, or a text that is adjudicated.
    """

    def act() -> Assignment:
        found = _find(assignment, by)
        # the text's adjudication, then the assignment: the order in which whoever finishes takes them
        adjudication = Adjudication.objects.select_for_update().filter(version=found.version_id).first()
        if adjudication is not None and adjudication.state == Adjudication.State.FINISHED:
            message = _("This article is adjudicated. Reopen it before you give work back.")
            raise Refused("adjudication_finished", message)
        row = Assignment.objects.select_for_update(of=("self",)).select_related("version__article", "annotator")
        locked = row.defer("version__text").get(pk=found.pk)
        if locked.annotator_id == by.pk:
            raise Refused("own_work", _("This is your own work. Reopen it on the page of the article."))
        if locked.state == State.RETURNED and locked.return_note == words:
            return locked
        if locked.state not in Assignment.HANDED_IN:
            message = _("This article is %(state)s: only what was handed in can be given back.")
            raise Refused("assignment_state", message % {"state": locked.get_state_display()})
        before = {"state": locked.state}
        locked.state, locked.returned_at, locked.return_note = State.RETURNED, timezone.now(), words
        locked.lease_until = None
        locked.state_number += 1
        locked.save(update_fields=["state", "returned_at", "return_note", "lease_until", "state_number"])
        note_changed([locked.version_id], by.project_id)
        record(
            by,
            "assignment.returned",
            "assignment",
            locked.uuid,
            before=before,
            after={"state": State.RETURNED},
            text={"return_note": words},
            request=request,
        )
        tell(locked.annotator, Notice.Kind.RETURNED, locked.uuid)
        return locked

    require(by, Act.ADJUDICATE)
    words = note.strip()
    if not words:
        raise Refused("note_missing", _("Say what is to be done."), field="note")
    if len(words) > LONGEST_NOTE:
        raise Refused("note_too_long", _("A note may have 2,000 characters at most."), field="note")
    return carry_out_once(by, request, act, lambda: _find(assignment, by))


def _find(uuid: UUID, by: Membership) -> Assignment:
    rows = Assignment.objects.select_related("version__article", "annotator").defer("version__text")
    found = rows.filter(project_id=by.project_id, uuid=uuid).first()
    if found is None:
        raise NotThere("assignment_not_found", _("There is no such assignment in this project."))
    return found
