"""Stories: made, renamed, merged and parted by people; their articles; and what people say to suggested ones.

Every act locks the story first. Whoever edits stories sees them all, so that nobody learns of one by an act.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import Article, Membership, Story, StoryArticle, StorySuggestion

from .acts import Request, carry_out_once, record
from .judging import check_version, find_visible, supersede

MAX_NAME = 300
MAX_NOTE = 10_000
MOST_ARTICLES = 500
State = StorySuggestion.State
VERBS = {
    State.CONFIRMED: "story_suggestion.confirmed",
    State.REFUSED: "story_suggestion.refused",
    State.OPEN: "story_suggestion.reopened",
}


@dataclass(frozen=True, slots=True)
class StoryChange:
    """What is to be different about a story; None leaves it as it is."""

    name: str | None = None
    note: str | None = None
    withdrawn: bool | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody says to a suggested story.

    `articles` are those that tell it, `related` those beside it; None takes both as they were suggested. `key` and
    `name` are of the story that is made, where the suggestion is not for one that is there.
    """

    state: str
    base_version: int
    key: UUID | None = None
    name: str = ""
    articles: tuple[UUID, ...] | None = None
    related: tuple[UUID, ...] = ()


def find_story(by: Membership, key: UUID) -> Story:
    """Find a story one may see, or raise `NotThere`; 1 query."""
    found = visible_to(by, Story.objects.select_related("created_by", "project")).filter(key=key).first()
    if found is None:
        raise NotThere("story_not_found", _("There is no such story, or you may not see it."))
    return found


def story_rows(by: Membership) -> QuerySet[Story]:
    """Return the stories one may see that stand for themselves, the newest first."""
    rows = visible_to(by, Story.objects.filter(withdrawn_at__isnull=True, merged_into__isnull=True))
    return rows.select_related("created_by").order_by("-pk")


def counted_stories(by: Membership) -> QuerySet[Any]:
    """Return the same with `n_articles` that tell each, an article and those merged into it as one, and `n_rows`."""
    standing = Coalesce("articles__article__merged_into_id", "articles__article_id")
    told = Q(articles__withdrawn_at__isnull=True, articles__is_related=False)
    return story_rows(by).annotate(
        n_articles=Count(standing, filter=told, distinct=True),
        n_rows=Count("rows", filter=Q(rows__withdrawn_at__isnull=True), distinct=True),
    )


def make_story(
    key: UUID,
    name: str,
    *,
    by: Membership,
    articles: Sequence[UUID] = (),
    note: str = "",
    request: Request | None = None,
) -> Story:
    """Make a story of articles. Raises `NotThere` for an article that is not in the project."""

    def act() -> Story:
        story = _create(key, name, note, by)
        _put(story, _articles(articles, by), by, is_related=False)
        after = {"articles": len(articles)}
        record(by, "story.created", "story", key, after=after, text={"name": story.name}, request=request)
        return story

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def change_story(
    key: UUID, change: StoryChange, *, by: Membership, base_version: int, request: Request | None = None
) -> Story:
    """Rename a story, change its note, withdraw it or bring it back."""

    def act() -> Story:
        story = _lock(key, by, must_stand=change.withdrawn is None)
        check_version(story, base_version)
        new: dict[str, object] = {}
        if change.name is not None and _checked_name(change.name) != story.name:
            new["name"] = _checked_name(change.name)
        if change.note is not None and change.note.strip()[:MAX_NOTE] != story.note:
            new["note"] = change.note.strip()[:MAX_NOTE]
        if change.withdrawn is not None and change.withdrawn != (story.withdrawn_at is not None):
            new["withdrawn_at"] = timezone.now() if change.withdrawn else None
        if new:
            supersede(story, by=by, **new)
            verb = "story.changed"
            if "withdrawn_at" in new:
                verb = "story.withdrawn" if change.withdrawn else "story.restored"
            text = {name: str(value) for name, value in new.items() if name in ("name", "note")}
            record(by, verb, "story", key, text=text or None, request=request)
        return story

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def change_articles(
    key: UUID,
    *,
    by: Membership,
    add: Sequence[UUID] = (),
    relate: Sequence[UUID] = (),
    remove: Sequence[UUID] = (),
    request: Request | None = None,
) -> Story:
    """Let articles tell a story, be related to it, or be neither; doing so twice is no error. At most 12 queries."""

    def act() -> Story:
        story = _lock(key, by)
        _put(story, _articles(add, by), by, is_related=False)
        _put(story, _articles(relate, by), by, is_related=True)
        taken_out = StoryArticle.objects.filter(story__in=ids_of(story), withdrawn_at__isnull=True)
        gone = [article.pk for article in _articles(remove, by)]
        taken_out.filter(Q(article__in=gone) | Q(article__merged_into__in=gone)).update(withdrawn_at=timezone.now())
        after = {
            name: [str(each) for each in given]
            for name, given in (("added", add), ("related", relate), ("removed", remove))
            if given
        }
        record(by, "story.articles_changed", "story", key, after=after, request=request)
        return story

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def merge_stories(key: UUID, into: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Story:
    """Let another story stand for this one: its articles and questions show there; nobody's rows are moved."""

    def act() -> Story:
        if key == into:
            raise Refused("merge_with_itself", _("A story cannot be merged into itself."), field="into")
        first, second = (_lock(each, by) for each in sorted((key, into)))  # one order, so that two do not wait
        story, kept = (first, second) if first.key == key else (second, first)
        check_version(story, base_version)
        supersede(story, by=by, merged_into=kept.key)
        for earlier in Story.objects.select_for_update().filter(project_id=by.project_id, merged_into=key):
            supersede(earlier, by=by, merged_into=kept.key)
        record(by, "story.merged", "story", key, after={"story": str(kept.key)}, request=request)
        return story

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def part_story(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Story:
    """Let a story that was merged into another stand for itself again. Doing so twice is no error."""

    def act() -> Story:
        story = find_visible(Story.objects.select_for_update(of=("self",)), by=by, key=key)
        if story.merged_into is None:
            return story
        check_version(story, base_version)
        before = {"story": str(story.merged_into)}
        supersede(story, by=by, merged_into=None)
        record(by, "story.parted", "story", key, before=before, request=request)
        return story

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def ids_of(story: Story) -> list[int]:
    """Return the ids of a story and of those it stands for, its own first; 1 query."""
    merged = Story.objects.filter(project_id=story.project_id, merged_into=story.key, withdrawn_at__isnull=True)
    return [story.pk, *merged.order_by("pk").values_list("pk", flat=True)]


# Suggested stories


def suggestion_rows(by: Membership) -> QuerySet[StorySuggestion]:
    """Return the suggested stories one may see."""
    return visible_to(by, StorySuggestion.objects.select_related("story", "decided_by"))


def decide_suggestion(
    key: UUID, decision: Decision, *, by: Membership, request: Request | None = None
) -> StorySuggestion:
    """Confirm a suggested story, which makes it or adds to the one that is there; refuse it; or open a refused one.

    Raises `Conflict` where somebody decided meanwhile.
    """

    def act() -> StorySuggestion:
        rows = visible_to(by, StorySuggestion.objects.select_for_update(of=("self",)).select_related("story"))
        found = rows.filter(key=key).first()
        if found is None:
            raise NotThere("suggestion_not_found", _("There is no such suggested story, or you may not see it."))
        if found.version_number != decision.base_version:
            message = _("Somebody decided about this meanwhile. Look at what is there now.")
            raise Conflict("stale_version", message, current=found, field="base_version")
        if found.state == State.CONFIRMED:
            message = _("This suggestion was confirmed. Change its story.")
            raise Refused("suggestion_confirmed", message, field="state")
        before = {"state": found.state}
        if decision.state == State.CONFIRMED:
            _confirm(found, decision, by)
        found.state, found.decided_by, found.decided_at = decision.state, by, timezone.now()
        found.version_number += 1
        found.save(update_fields=["state", "decided_by", "decided_at", "version_number", "story"])
        after = {"state": found.state, **({"story": str(found.story.key)} if found.story else {})}
        record(by, VERBS[State(found.state)], "story_suggestion", key, before=before, after=after, request=request)
        return found

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: suggestion_rows(by).filter(key=key).first())


def _confirm(found: StorySuggestion, decision: Decision, by: Membership) -> None:
    suggested = list(found.articles.select_related("article"))
    told, related = decision.articles, decision.related
    if told is None:
        told = tuple(each.article.uuid for each in suggested if not each.is_related)
        related = tuple(each.article.uuid for each in suggested if each.is_related)
    if not told and not related:
        raise Refused("no_articles", _("Choose at least one article, or refuse the suggestion."), field="articles")
    if found.story is None:
        found.story = _create(decision.key or found.key, decision.name, "", by)
    else:
        _lock(found.story.key, by)
    _put(found.story, _articles(told, by), by, is_related=False)
    _put(found.story, _articles(related, by), by, is_related=True)


# Shared


def _create(key: UUID, name: str, note: str, by: Membership) -> Story:
    return Story.objects.create(
        key=key, project_id=by.project_id, created_by=by, name=_checked_name(name), note=note.strip()[:MAX_NOTE]
    )


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused("name_missing", _("A story needs a name."), field="name")
    if len(name) > MAX_NAME:
        message = _("A name has at most %(most)s characters; this has %(n)s.")
        raise Refused("name_too_long", message % {"most": MAX_NAME, "n": len(name)}, field="name")
    return name


def _lock(key: UUID, by: Membership, *, must_stand: bool = True) -> Story:
    story = find_visible(Story.objects.select_for_update(of=("self",)), by=by, key=key)
    if must_stand and story.withdrawn_at is not None:
        raise Refused("story_withdrawn", _("This story was withdrawn."))
    if story.merged_into is not None:
        raise Refused("story_merged", _("This story was merged into another. Work on that one, or part them first."))
    return story


def _articles(uuids: Iterable[UUID], by: Membership) -> list[Article]:
    wanted = list(dict.fromkeys(uuids))
    if not wanted:
        return []
    if len(wanted) > MOST_ARTICLES:
        message = _("At most %(most)s articles at once.")
        raise Refused("too_many_articles", message % {"most": MOST_ARTICLES}, field="articles")
    rows = Article.objects.filter(project_id=by.project_id, uuid__in=wanted)
    rows = rows.defer("metadata", "candidates", "merged_into__metadata", "merged_into__candidates")
    found = {article.uuid: article for article in rows.select_related("merged_into")}
    if len(found) < len(wanted):
        raise NotThere("article_not_found", _("There is no such article in this project."), field="articles")
    standing = [found[uuid].merged_into or found[uuid] for uuid in wanted]  # an article's id leads to the one kept
    return list(dict.fromkeys(standing))


def _put(story: Story, articles: list[Article], by: Membership, *, is_related: bool) -> None:
    """Add articles or bring them back; 4 queries, none where there is none."""
    if not articles:
        return
    pks = [article.pk for article in articles]
    known = StoryArticle.objects.filter(story=story, article__in=pks)
    known.update(is_related=is_related, withdrawn_at=None)
    merged = StoryArticle.objects.filter(story=story, article__merged_into__in=pks, withdrawn_at__isnull=True)
    merged.update(is_related=is_related)  # one of them would show still as it was
    there = set(known.values_list("article_id", flat=True))
    StoryArticle.objects.bulk_create(
        [
            StoryArticle(project_id=by.project_id, story=story, article_id=pk, is_related=is_related, added_by=by)
            for pk in pks
            if pk not in there
        ]
    )


def _own(by: Membership, key: UUID) -> Story | None:
    return visible_to(by, Story.objects.select_related("created_by")).filter(key=key).first()
