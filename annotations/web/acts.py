"""The record of acts in words: who did what to which thing, and what was there before and after.

For people who may see the acts of a project; they see all work in it. People inside a project are named by their
pseudonyms, whatever the page; only acts outside any project, which administrators see, name an account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Left, NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import (
    AccountCell,
    AccountRow,
    Annotation,
    Article,
    ArticleLabel,
    Assignment,
    AuditEvent,
    Capture,
    Claim,
    ClaimDesk,
    ClaimMention,
    CommentThread,
    EvidenceItem,
    Job,
    Label,
    Membership,
    Project,
    Publisher,
    Relation,
    Round,
    Ruling,
    Source,
    SourceCheck,
    Story,
    User,
    Verdict,
)

LONGEST_NAME = 80
LONGEST_VALUE = 200
NOTHING = "–"

#: what each act is called; `what` is the thing it was done to
SENTENCES: dict[str, Promise | str] = {
    "account.added": gettext_lazy("made the account %(what)s"),
    "account.changed": gettext_lazy("changed the account %(what)s"),
    "act.refused": gettext_lazy("was refused"),
    "adjudication.finished": gettext_lazy("finished the review of %(what)s"),
    "adjudication.reopened": gettext_lazy("reopened the review of %(what)s"),
    "adjudication.take_over_undone": gettext_lazy("took back what all agree on in %(what)s"),
    "adjudication.taken_over": gettext_lazy("took over what all agree on in %(what)s"),
    "agreement.cancelled": gettext_lazy("cancelled measuring agreement"),
    "agreement.continued": gettext_lazy("let measuring agreement begin again"),
    "agreement.ended": gettext_lazy("had agreement measured, which ended"),
    "agreement.measured": gettext_lazy("got figures of agreement"),
    "agreement.requested": gettext_lazy("asked for agreement to be measured"),
    "annotation.changed": gettext_lazy("changed the annotation %(what)s"),
    "annotation.created": gettext_lazy("annotated %(what)s"),
    "annotation.placed": gettext_lazy("placed the annotation %(what)s in a corrected text"),
    "annotation.reverted": gettext_lazy("brought an earlier state of the annotation %(what)s back"),
    "annotation.restored": gettext_lazy("brought the annotation %(what)s back"),
    "annotation.waits": gettext_lazy("let the annotation %(what)s wait to be placed again"),
    "annotation.withdrawn": gettext_lazy("withdrew the annotation %(what)s"),
    "article.added": gettext_lazy("added the article %(what)s"),
    "article.withheld": gettext_lazy("withheld the article %(what)s"),
    "capture.withheld": gettext_lazy("withheld a capture"),
    "erasing.cancelled": gettext_lazy("cancelled the erasing of a person"),
    "erasing.continued": gettext_lazy("let the erasing of a person go on"),
    "erasing.ended": gettext_lazy("had a person erased, which ended"),
    "erasing.requested": gettext_lazy("asked for a person to be erased"),
    "erasure.asked": gettext_lazy("asked to be erased"),
    "erasure.done": gettext_lazy("had a person erased"),
    "erasure.not_asked": gettext_lazy("took back having asked to be erased"),
    "erasure.ordered": gettext_lazy("ordered the erasing of a person"),
    "own_data.cancelled": gettext_lazy("cancelled the gathering of own data"),
    "own_data.continued": gettext_lazy("let the gathering of own data begin again"),
    "own_data.ended": gettext_lazy("had own data gathered, which ended"),
    "own_data.requested": gettext_lazy("asked for own data"),
    "project.deleted": gettext_lazy("deleted the project"),
    "project.removed": gettext_lazy("had a deleted project removed for good"),
    "project.undeleted": gettext_lazy("restored the deleted project"),
    "removal.cancelled": gettext_lazy("cancelled the removal of a project"),
    "removal.continued": gettext_lazy("let the removal of a project go on"),
    "removal.requested": gettext_lazy("asked for a project to be removed"),
    "removal.ended": gettext_lazy("had a project removed, which ended"),
    "article.changed": gettext_lazy("changed what is known of the article %(what)s"),
    "article.reverted": gettext_lazy("brought back what was known of the article %(what)s before"),
    "article.corrected": gettext_lazy("corrected the text of the article %(what)s"),
    "article.merged": gettext_lazy("merged the article %(what)s into another"),
    "article.split": gettext_lazy("parted the article %(what)s from the one it was merged into"),
    "article.put": gettext_lazy("sent the article %(what)s by program"),
    "article_label.changed": gettext_lazy("changed the label %(what)s on the article"),
    "article_label.created": gettext_lazy("gave the article the label %(what)s"),
    "article_label.restored": gettext_lazy("gave the article the label %(what)s again"),
    "article_label.reverted": gettext_lazy("brought an earlier state of the label %(what)s on the article back"),
    "article_label.withdrawn": gettext_lazy("took the label %(what)s off the article"),
    "articles.changed": gettext_lazy("changed what is known of many articles at once"),
    "articles.imported": gettext_lazy("imported articles"),
    "assignment.given": gettext_lazy("gave articles to people"),
    "assignment.given_by_rule": gettext_lazy("gave articles to people by a rule"),
    "assignment.given_in_part": gettext_lazy("gave some of the articles of a rule to people"),
    "assignment.handed_in_late": gettext_lazy("handed the article %(what)s in after its place had gone to others"),
    "assignment.confirmed": gettext_lazy("took in the article %(what)s, which was handed in late"),
    "assignment.reassigned": gettext_lazy("passed the article %(what)s on to somebody else"),
    "round.opened": gettext_lazy("opened the round %(what)s"),
    "round.taken": gettext_lazy("had articles taken into the round %(what)s"),
    "round.closed": gettext_lazy("closed the round %(what)s"),
    "round.reopened": gettext_lazy("opened the round %(what)s again"),
    "round.cancelled": gettext_lazy("cancelled the taking of articles into a round"),
    "round.continued": gettext_lazy("let the taking of articles into a round go on"),
    "round.ended": gettext_lazy("had articles taken into a round, which ended"),
    "round.requested": gettext_lazy("asked for articles to be taken into a round"),
    "giving.cancelled": gettext_lazy("cancelled a giving of articles"),
    "giving.continued": gettext_lazy("let a giving of articles go on"),
    "giving.ended": gettext_lazy("had articles given, which ended"),
    "giving.requested": gettext_lazy("asked for articles to be given by a rule"),
    "assignment.opened": gettext_lazy("began the article %(what)s"),
    "assignment.reopened": gettext_lazy("reopened the article %(what)s"),
    "assignment.returned": gettext_lazy("gave the article %(what)s back to its annotator"),
    "assignment.given_back": gettext_lazy("gave the skipped article %(what)s back"),
    "assignment.skipped": gettext_lazy("skipped the article %(what)s"),
    "assignment.submitted": gettext_lazy("submitted the article %(what)s"),
    "assignment.taken": gettext_lazy("got the article %(what)s from the queue"),
    "assignments.lapsed": gettext_lazy("freed places that nobody worked on in time"),
    "claim.changed": gettext_lazy("reworded the claim %(what)s"),
    "claim.created": gettext_lazy("made the claim %(what)s"),
    "claim.reverted": gettext_lazy("brought an earlier state of the claim %(what)s back"),
    "claim.restored": gettext_lazy("brought the claim %(what)s back"),
    "claim.withdrawn": gettext_lazy("withdrew the claim %(what)s"),
    "comment.changed": gettext_lazy("reworded a comment"),
    "comment.created": gettext_lazy("answered a comment"),
    "comment.removed": gettext_lazy("removed a comment"),
    "demonstration.loaded": gettext_lazy("loaded the demonstration"),
    "evidence.changed": gettext_lazy("changed the source %(what)s"),
    "evidence.created": gettext_lazy("added the source %(what)s"),
    "evidence.reverted": gettext_lazy("brought an earlier state of the source %(what)s back"),
    "evidence.restored": gettext_lazy("brought the source %(what)s back"),
    "evidence.withdrawn": gettext_lazy("withdrew the source %(what)s"),
    "relation.changed": gettext_lazy("changed the relation %(what)s"),
    "relation.created": gettext_lazy("linked two annotations by %(what)s"),
    "relation.restored": gettext_lazy("brought the relation %(what)s back"),
    "relation.reverted": gettext_lazy("brought an earlier state of the relation %(what)s back"),
    "relation.withdrawn": gettext_lazy("withdrew the relation %(what)s"),
    "claim.merged": gettext_lazy("merged the claim %(what)s into another"),
    "claim.moved": gettext_lazy("worked on the claim %(what)s"),
    "claim.parted": gettext_lazy("parted the claim %(what)s from another"),
    "page.published": gettext_lazy("published the page of the claim %(what)s"),
    "page.corrected": gettext_lazy("corrected the page of the claim %(what)s"),
    "page.withdrawn": gettext_lazy("withdrew the page of the claim %(what)s"),
    "page.restored": gettext_lazy("published the page of the claim %(what)s again"),
    "preview.made": gettext_lazy("made a preview link to the claim %(what)s"),
    "preview.revoked": gettext_lazy("revoked a preview link to the claim %(what)s"),
    "scale.revised": gettext_lazy("put version %(key)s of the verdict scale in force"),
    "verdict.published": gettext_lazy("published a verdict on the claim %(what)s"),
    "verdict.reached": gettext_lazy("reached a verdict on the claim %(what)s"),
    "export.cancelled": gettext_lazy("cancelled an export"),
    "export.continued": gettext_lazy("let an export begin again"),
    "export.ended": gettext_lazy("had an export, which ended"),
    "export.requested": gettext_lazy("asked for an export"),
    "export.written": gettext_lazy("got the file of an export"),
    "filter.removed": gettext_lazy("removed a saved filter"),
    "filter.saved": gettext_lazy("saved a filter"),
    "guidelines.published": gettext_lazy("put version %(key)s of the guidelines in force"),
    "identity.linked": gettext_lazy("linked an identity at a provider to their account"),
    "identity.unlinked": gettext_lazy("took an identity at a provider off the account %(what)s"),
    "import.cancelled": gettext_lazy("cancelled an import"),
    "import.continued": gettext_lazy("let an import go on"),
    "import.ended": gettext_lazy("had an import, which ended"),
    "import.requested": gettext_lazy("started an import"),
    "import.undone": gettext_lazy("undid an import"),
    "suggestion.accepted": gettext_lazy("accepted a suggestion"),
    "suggestion.dismissed": gettext_lazy("dismissed a suggestion"),
    "suggestion.reopened": gettext_lazy("took back a decision about a suggestion"),
    "passage.confirmed": gettext_lazy("confirmed a shared passage"),
    "passage.linked": gettext_lazy("linked two passages by hand"),
    "passage.rejected": gettext_lazy("rejected a shared passage"),
    "passage.reopened": gettext_lazy("took back a decision about a shared passage"),
    "quotation.original": gettext_lazy("called a place the original of a quotation"),
    "quotation.not_original": gettext_lazy("said of a place that it is not the original of a quotation"),
    "quotation.reopened": gettext_lazy("took back a decision about the original of a quotation"),
    "quotation.shown": gettext_lazy("showed the original of a quotation"),
    "quotations.checked": gettext_lazy("had quotations looked up"),
    "attribution.made": gettext_lazy("said who says something"),
    "attribution.changed": gettext_lazy("changed who says something"),
    "attribution.withdrawn": gettext_lazy("took back who says something"),
    "attribution.restored": gettext_lazy("brought back who says something"),
    "speaker.changed": gettext_lazy("changed a speaker"),
    "speaker.merged": gettext_lazy("merged a speaker into another"),
    "speaker.parted": gettext_lazy("parted a speaker from another"),
    "spelling.added": gettext_lazy("added spellings that count as one"),
    "spelling.changed": gettext_lazy("changed spellings that count as one"),
    "spelling.withdrawn": gettext_lazy("removed spellings that count as one"),
    "boilerplate.ruled": gettext_lazy("said of words whether they are boilerplate"),
    "passages.found": gettext_lazy("had shared passages found"),
    "story.articles_changed": gettext_lazy("changed which articles the story %(what)s has"),
    "story.changed": gettext_lazy("changed the story %(what)s"),
    "story.created": gettext_lazy("made the story %(what)s"),
    "story.merged": gettext_lazy("merged the story %(what)s into another"),
    "story.parted": gettext_lazy("parted the story %(what)s from another"),
    "story.restored": gettext_lazy("brought the story %(what)s back"),
    "story.withdrawn": gettext_lazy("withdrew the story %(what)s"),
    "account_row.changed": gettext_lazy("changed the question %(what)s"),
    "account_row.created": gettext_lazy("asked the question %(what)s"),
    "account_row.proposed": gettext_lazy("had answers to %(what)s read from the texts"),
    "account_row.restored": gettext_lazy("brought the question %(what)s back"),
    "account_row.withdrawn": gettext_lazy("withdrew the question %(what)s"),
    "account_cell.answered": gettext_lazy("said what an article answers to %(what)s"),
    "story_suggestion.confirmed": gettext_lazy("confirmed a suggested story"),
    "story_suggestion.refused": gettext_lazy("refused a suggested story"),
    "story_suggestion.reopened": gettext_lazy("opened a refused story again"),
    "stories.suggested": gettext_lazy("had stories suggested"),
    "stories.cancelled": gettext_lazy("cancelled the suggesting of stories"),
    "stories.continued": gettext_lazy("let the suggesting of stories go on"),
    "stories.ended": gettext_lazy("had stories suggested, which ended"),
    "stories.requested": gettext_lazy("asked for stories to be suggested"),
    "reuse.cancelled": gettext_lazy("cancelled the finding of shared passages"),
    "reuse.continued": gettext_lazy("let the finding of shared passages go on"),
    "reuse.ended": gettext_lazy("had a finding of shared passages, which ended"),
    "reuse.requested": gettext_lazy("asked for shared passages to be found"),
    "ruling.made": gettext_lazy("settled a difference in %(what)s"),
    "ruling.withdrawn": gettext_lazy("took back how a difference in %(what)s was settled"),
    "source.added": gettext_lazy("added the source %(what)s"),
    "source.captured": gettext_lazy("captured the source %(what)s"),
    "source.changed": gettext_lazy("changed what is known of the source %(what)s"),
    "source.checked": gettext_lazy("had the source %(what)s looked at"),
    "source.holdable": gettext_lazy("said that the source %(what)s can be held after all"),
    "source.not_held": gettext_lazy("said that the source %(what)s is not held"),
    "capture.archived": gettext_lazy("said where an archive keeps %(what)s"),
    "fetch.cancelled": gettext_lazy("cancelled the fetching of a page"),
    "fetch.continued": gettext_lazy("let the fetching of a page go on"),
    "fetch.ended": gettext_lazy("had a page fetched, which ended"),
    "fetch.requested": gettext_lazy("asked for a page to be fetched"),
    "suggestions.made": gettext_lazy("had suggestions made"),
    "labels.cancelled": gettext_lazy("cancelled a merging of labels"),
    "labels.continued": gettext_lazy("let a merging of labels go on"),
    "labels.ended": gettext_lazy("had a merging of labels, which ended"),
    "labels.merged": gettext_lazy("gave what stood under one label another"),
    "labels.parted": gettext_lazy("gave what had been merged into another label its own again"),
    "labels.requested": gettext_lazy("merged a label into another, or undid that"),
    "invitation.made": gettext_lazy("made an invitation"),
    "invitation.withdrawn": gettext_lazy("withdrew an invitation"),
    "label_set.revised": gettext_lazy("put version %(key)s of the labels in force"),
    "login.wait_lifted": gettext_lazy("let somebody log in without waiting"),
    "member.added": gettext_lazy("made %(what)s a member"),
    "member.ended": gettext_lazy("ended the part of %(what)s"),
    "member.joined": gettext_lazy("joined by an invitation"),
    "member.joined_as_admin": gettext_lazy("joined as an administrator"),
    "member.matched": gettext_lazy("said who %(what)s, known from a file, is"),
    "member.role_changed": gettext_lazy("gave %(what)s another role"),
    "mention.changed": gettext_lazy("changed how an annotation expresses the claim %(what)s"),
    "mention.created": gettext_lazy("tied an annotation to the claim %(what)s"),
    "mention.reverted": gettext_lazy("brought back how an annotation expressed the claim %(what)s before"),
    "mention.restored": gettext_lazy("tied an annotation to the claim %(what)s again"),
    "mention.withdrawn": gettext_lazy("took an annotation off the claim %(what)s"),
    "password.changed": gettext_lazy("changed their password"),
    "password.link_made": gettext_lazy("made a link for a new password of %(what)s"),
    "password.reset": gettext_lazy("set a new password by a link"),
    "project.archived": gettext_lazy("put the project into the archive"),
    "project.changed": gettext_lazy("changed the settings of the project"),
    "project.created": gettext_lazy("made the project"),
    "project.restored": gettext_lazy("took the project out of the archive"),
    "project.revealed": gettext_lazy("revealed everybody’s work"),
    "question.asked": gettext_lazy("asked the managers about %(what)s"),
    "question.announced": gettext_lazy("made an example of the guidelines of a question about %(what)s"),
    "publisher.changed": gettext_lazy("changed the publisher %(what)s"),
    "second_factor.code_used": gettext_lazy("used a recovery code"),
    "second_factor.codes_made": gettext_lazy("made new recovery codes"),
    "second_factor.removed": gettext_lazy("turned the second factor of %(what)s off"),
    "second_factor.set_up": gettext_lazy("turned their second factor on"),
    "thread.created": gettext_lazy("commented on the article %(what)s"),
    "thread.created_on_claim": gettext_lazy("commented on the claim %(what)s"),
    "thread.reopened": gettext_lazy("opened a comment again"),
    "thread.resolved": gettext_lazy("resolved a comment"),
    "token.issued": gettext_lazy("made an API key"),
    "token.revoked": gettext_lazy("revoked an API key"),
    "zone.marked": gettext_lazy("marked a zone"),
    "zone.changed": gettext_lazy("changed a zone"),
    "zone.withdrawn": gettext_lazy("removed a zone"),
    "zone.reverted": gettext_lazy("brought an earlier state of a zone back"),
    "zone.restored": gettext_lazy("brought a zone back"),
    "zones.requested": gettext_lazy("asked to mark zones in many articles"),
    "zones.marked": gettext_lazy("marked zones in many articles"),
    "zones.cancelled": gettext_lazy("cancelled the marking of zones"),
    "zones.continued": gettext_lazy("let the marking of zones go on"),
    "zones.ended": gettext_lazy("had a marking of zones, which ended"),
    "undo.cancelled": gettext_lazy("cancelled the undoing of an import"),
    "undo.continued": gettext_lazy("let the undoing of an import go on"),
    "undo.ended": gettext_lazy("had an undoing of an import, which ended"),
    "undo.requested": gettext_lazy("asked to undo an import"),
}
FIELDS: dict[str, Promise | str] = {
    "added": gettext_lazy("added"),
    "accepted": gettext_lazy("assignments accepted"),
    "agreed": gettext_lazy("on which all agree"),
    "annotation": gettext_lazy("annotation"),
    "annotations": gettext_lazy("annotations"),
    "annotators": gettext_lazy("people"),
    "annotators_per_article": gettext_lazy("annotators per article"),
    "article_labels": gettext_lazy("labels on articles"),
    "articles": gettext_lazy("articles"),
    "assignee": gettext_lazy("given to"),
    "overlaps": gettext_lazy("overlapping spans"),
    "hides_outlets": gettext_lazy("outlets hidden until handed in"),
    "assignments": gettext_lazy("assignments"),
    "bytes": gettext_lazy("bytes"),
    "called": gettext_lazy("called"),
    "carried": gettext_lazy("carried over"),
    "changed": gettext_lazy("changed"),
    "claim": gettext_lazy("claim"),
    "claim_date": gettext_lazy("date of the claim"),
    "claimant": gettext_lazy("claimant"),
    "claim_type": gettext_lazy("type of claim"),
    "check_worthiness": gettext_lazy("check-worthiness"),
    "evidence_cutoff": gettext_lazy("evidence until"),
    "due_on": gettext_lazy("due"),
    "edition": gettext_lazy("edition"),
    "expires_at": gettext_lazy("expires"),
    "publishes": gettext_lazy("publishes claims for readers"),
    "published_as": gettext_lazy("name that readers see"),
    "published_from": gettext_lazy("address of the newsroom"),
    "value": gettext_lazy("verdict"),
    "code": gettext_lazy("reason"),
    "method": gettext_lazy("method"),
    "route": gettext_lazy("route"),
    "status": gettext_lazy("status"),
    "created": gettext_lazy("new"),
    "count": gettext_lazy("number"),
    "description": gettext_lazy("description"),
    "differing": gettext_lazy("on which they differ"),
    "display_name": gettext_lazy("name shown to colleagues"),
    "domain": gettext_lazy("domain"),
    "earlier_text": gettext_lazy("earlier wording"),
    "error_category": gettext_lazy("kind of error"),
    "email": gettext_lazy("e-mail"),
    "failures": gettext_lazy("failed log-ins"),
    "author": gettext_lazy("author"),
    "capture": gettext_lazy("capture"),
    "how": gettext_lazy("how"),
    "medium": gettext_lazy("medium"),
    "source": gettext_lazy("source"),
    "attributes_dropped": gettext_lazy("attributes that did not fit"),
    "from": gettext_lazy("merged label"),
    "into": gettext_lazy("into the label"),
    "moved": gettext_lazy("given the other label"),
    "retired": gettext_lazy("retired"),
    "guideline_unclear": gettext_lazy("the guidelines are unclear here"),
    "is_active": gettext_lazy("may log in"),
    "issuer": gettext_lazy("provider"),
    "is_staff": gettext_lazy("may enter the admin"),
    "is_superuser": gettext_lazy("administrator"),
    "kind": gettext_lazy("kind"),
    "label": gettext_lazy("label"),
    "lease_hours": gettext_lazy("hours that a place is kept"),
    "queue_order": gettext_lazy("order of the queue"),
    "queue_seed": gettext_lazy("seed of the shuffling"),
    "return_note": gettext_lazy("what the reviewer wrote"),
    "skip_note": gettext_lazy("words to the reason"),
    "skip_reason": gettext_lazy("reason for skipping"),
    "skip_reasons": gettext_lazy("reasons to skip"),
    "submit_rules": gettext_lazy("checks before submitting"),
    "warnings": gettext_lazy("warnings that were set aside"),
    "language": gettext_lazy("language"),
    "memo": gettext_lazy("for whom"),
    "most_uses": gettext_lazy("how many people may take it"),
    "use_count": gettext_lazy("how many took it"),
    "days": gettext_lazy("days it works"),
    "name": gettext_lazy("name"),
    "note": gettext_lazy("note"),
    "outcome": gettext_lazy("outcome"),
    "place": gettext_lazy("offsets"),
    "published_at": gettext_lazy("published"),
    "publisher": gettext_lazy("publisher"),
    "quote": gettext_lazy("quote"),
    "rationale": gettext_lazy("rationale"),
    "correction_note": gettext_lazy("correction"),
    "read_only": gettext_lazy("read only"),
    "rejected": gettext_lazy("refused"),
    "relations": gettext_lazy("relations"),
    "beyond": gettext_lazy("articles with more people than wanted"),
    "each": gettext_lazy("people an article"),
    "given": gettext_lazy("assignments given"),
    "seed": gettext_lazy("seed"),
    "set_aside": gettext_lazy("judgements left to earlier rounds"),
    "taken": gettext_lazy("articles taken"),
    "reopened": gettext_lazy("assignments opened again"),
    "role": gettext_lazy("role"),
    "settled": gettext_lazy("settled"),
    "skipped": gettext_lazy("assignments ended"),
    "stance": gettext_lazy("stance"),
    "starter": gettext_lazy("label set"),
    "state": gettext_lazy("state"),
    "suggestions": gettext_lazy("suggestions"),
    "taken_over": gettext_lazy("taken over"),
    "text": gettext_lazy("wording"),
    "title": gettext_lazy("title"),
    "uncertain": gettext_lazy("to be placed by hand"),
    "unchanged": gettext_lazy("unchanged"),
    "updated": gettext_lazy("changed"),
    "url": gettext_lazy("address"),
    "username": gettext_lazy("user name"),
    "visibility": gettext_lazy("visibility"),
}
#: what is stored for programs, or said by the sentence already
UNSAID = {
    "article",
    "revision",
    "chunk",
    "comment",
    "given_up",
    "invitation",
    "is_same_text",
    "fields",
    "gold",
    "mention",
    "ruling",
    "sets",
    "published_precision",
    "posted_precision",
    "sha256",
    "supersedes",
    "thread",
    "version",
    "withdrawn",
    "assignment",
    "annotator",
    "job",
    "reopened_at",
    "repeats",
    "round",
    "submitted_at",
}
CHOICES: dict[tuple[str, str], type[Any]] = {
    ("assignment", "state"): Assignment.State,
    ("claim", "check_worthiness"): Claim.CheckWorthiness,
    ("claim", "claim_type"): Claim.Type,
    ("claim", "state"): ClaimDesk.State,
    ("evidence", "stance"): EvidenceItem.Stance,
    ("invitation", "role"): Membership.Role,
    ("job", "state"): Job.State,
    ("membership", "role"): Membership.Role,
    ("mention", "stance"): ClaimMention.Stance,
    ("project", "queue_order"): Project.QueueOrder,
    ("project", "visibility"): Project.Visibility,
    ("publisher", "kind"): Publisher.Kind,
    ("round", "kind"): Round.Kind,
    ("article", "error_category"): Ruling.ErrorCategory,
    ("source", "outcome"): SourceCheck.Outcome,
    ("source", "state"): Source.State,
    ("source", "how"): Capture.How,
    ("source", "medium"): Source.Medium,
    ("verdict", "state"): ClaimDesk.State,
    ("article", "outcome"): Ruling.Outcome,
}
#: a thing is known by its kind, its project and its key
Thing = tuple[str, int | None, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that an act set; `before` is empty where it was not kept."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """An act in words."""

    event: AuditEvent
    who: str
    sentence: str
    changes: tuple[Change, ...]
    acting_for: str = ""


TITLED = frozenset({"article", "assignment", "thread"})
"""Things that are named by an article's title, which may name its outlet."""


def tell(events: Iterable[AuditEvent], *, hides_titles: bool = False) -> list[Told]:
    """Put acts into words; their actors and texts are loaded already. At most 3 queries, however many acts."""
    listed = list(events)
    names, people = _names(listed), _people(listed)
    if hides_titles:
        names = {thing: "…" if thing[0] in TITLED else name for thing, name in names.items()}
    return [_told(event, names, people) for event in listed]


def _told(event: AuditEvent, names: dict[Thing, str], people: dict[tuple[int | None, UUID], str]) -> Told:
    if event.actor is not None:
        who = event.actor.pseudonym
    elif event.user_uuid is not None:
        who = people.get((event.project_id, event.user_uuid), _("somebody"))
    else:
        who = _("the server")
    what = names.get((event.object_type, event.project_id, _plain(event.object_key)))
    values = {
        "what": _("“%(what)s”") % {"what": _isolated(what)} if what else _("(no longer here)"),
        "key": event.object_key,
    }
    sentence = str(SENTENCES.get(event.verb, event.verb))
    acting_for = event.acting_for.pseudonym if event.acting_for else ""
    return Told(event, who, sentence % values, tuple(_changes(event, names)), acting_for)


def _changes(event: AuditEvent, names: dict[Thing, str]) -> Iterable[Change]:
    text = getattr(event, "text", None)
    texts = dict(text.values) if text else {}
    before = _with_place(event.before) | _with_place(texts.pop("earlier", {}))
    after = _with_place(event.after) | _with_place(texts)
    after = {**dict.fromkeys(after.get("fields", ()), _("changed")), **after}
    for name in sorted({*before, *after}):  # databases keep JSON in orders of their own
        if name in UNSAID or (name in before and before.get(name) == after.get(name)):
            continue
        label = str(FIELDS.get(name, name.replace("_", " ")))
        values = [_said(event, name, one[name], names) if name in one else "" for one in (before, after)]
        yield Change(label, *values)


def _with_place(values: Any) -> dict[str, Any]:
    """Write start and end as one value."""
    found = dict(values) if isinstance(values, dict) else {}
    if "start" in found and "end" in found:
        found["place"] = f"{found.pop('start')}–{found.pop('end')}"
    return found


def _said(event: AuditEvent, name: str, value: Any, names: dict[Thing, str]) -> str:
    choices = CHOICES.get((event.object_type, name))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or value == "":
        return NOTHING
    if isinstance(value, list):
        return ", ".join(_said(event, name, one, names) for one in value) or NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')}: {_said(event, key, one, names)}" for key, one in value.items())
    if choices is not None and value in choices.values:
        return str(choices(value).label)
    kind = {"annotators": "membership", "called": "membership", "assignee": "membership"}.get(name, name)
    known = names.get((kind, event.project_id, _plain(str(value))))
    return _isolated(known or str(value))


def _isolated(words: str) -> str:
    """Cut words to a line, and keep their direction to themselves."""
    line = " ".join(words.split())
    shown = line if len(line) <= LONGEST_VALUE else f"{line[: LONGEST_VALUE - 1]}…"
    return f"\u2068{shown}\u2069"


def _plain(key: str) -> str:
    """Write a key in one way: databases give UUIDs with and without dashes."""
    return key.replace("-", "") if len(key) == 36 else key


def _names(events: Sequence[AuditEvent]) -> dict[Thing, str]:
    """Name the things that acts were done to and that their values mention; 1 query for all kinds."""
    asked: dict[str, set[str]] = {}
    for event in events:
        asked.setdefault(event.object_type, set()).add(event.object_key)
        for one in (event.before, event.after):
            for name in ("claim", "annotation", "label", "capture", "source", "publisher"):
                if isinstance(one.get(name), str):
                    asked.setdefault(name, set()).add(one[name])
            asked.setdefault("membership", set()).update(one.get("annotators", ()), one.get("called", ()))
            if one.get("assignee"):
                asked["membership"].add(one["assignee"])
    projects = {event.project_id for event in events}
    queries = [
        query(_keys(kind, asked[kind]), projects)
        for kind, query in _QUERIES.items()
        if _keys(kind, asked.get(kind, ()))
    ]
    if not queries:
        return {}
    found = queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]
    return {(kind, project, _plain(key)): name for kind, project, key, name in found}


def _keys(kind: str, keys: Iterable[str]) -> list[Any]:
    """Return keys that can be looked up: UUIDs, but for labels, which have words."""
    if kind == "label":
        return list(keys)
    return [uuid for uuid in map(_uuid, keys) if uuid is not None]


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


def _of(kind: str, model: type[Any], key: str, name: Any) -> Callable[[list[Any], set[int | None]], QuerySet[Any]]:
    """Return a query for (kind, project, key, name) of rows of a project, or of accounts."""

    def query(keys: list[Any], projects: set[int | None]) -> QuerySet[Any]:
        rows = model._base_manager.filter(**{f"{key}__in": keys}).order_by()
        if model is not User:
            rows = rows.filter(project_id__in=[project for project in projects if project is not None])
        project = F("project_id") if model is not User else Cast(Value(None), BigIntegerField())
        columns = {"thing": Value(kind, CharField()), "place": project, "ref": Cast(key, CharField())}
        return rows.annotate(**columns, words=Left(name, LONGEST_NAME)).values_list("thing", "place", "ref", "words")

    return query


_QUERIES = {
    "annotation": _of("annotation", Annotation, "key", "quote"),
    "article": _of("article", Article, "uuid", "title"),
    "article_label": _of("article_label", ArticleLabel, "key", "label__name"),
    "assignment": _of("assignment", Assignment, "uuid", "version__article__title"),
    "capture": _of("capture", Capture, "uuid", "source__canonical_url"),
    "claim": _of("claim", Claim, "key", "text"),
    "evidence": _of("evidence", EvidenceItem, "key", Coalesce(NullIf("title", Value("")), "url")),
    "label": _of("label", Label, "key", "name"),
    "membership": _of("membership", Membership, "uuid", "pseudonym"),
    "mention": _of("mention", ClaimMention, "key", "claim__text"),
    "publisher": _of("publisher", Publisher, "uuid", "name"),
    "story": _of("story", Story, "key", "name"),
    "account_row": _of("account_row", AccountRow, "key", "text"),
    "account_cell": _of("account_cell", AccountCell, "key", "row__text"),
    "source": _of("source", Source, "uuid", Coalesce(NullIf("title", Value("")), "canonical_url")),
    "thread": _of("thread", CommentThread, "key", Coalesce("version__article__title", "claim__text")),
    "user": _of("user", User, "uuid", "username"),
    "relation": _of("relation", Relation, "key", "label__name"),
    "round": _of("round", Round, "uuid", "name"),
    "verdict": _of("verdict", Verdict, "key", "claim__text"),
}


def _people(events: Sequence[AuditEvent]) -> dict[tuple[int | None, UUID], str]:
    """Name who did what was done without a part: inside a project by pseudonym, outside by account; 2 queries."""
    asked = {event.user_uuid for event in events if event.actor_id is None and event.user_uuid is not None}
    if not asked:
        return {}
    projects = {event.project_id for event in events if event.project_id is not None}
    parts = Membership.objects.filter(user__uuid__in=asked, project_id__in=projects)
    accounts = User.objects.filter(uuid__in=asked).values_list("uuid", "username")
    return {(None, uuid): name for uuid, name in accounts} | {
        (project, uuid): name for project, uuid, name in parts.values_list("project_id", "user__uuid", "pseudonym")
    }
