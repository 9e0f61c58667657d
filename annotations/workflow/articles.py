"""Adding an article by hand, and setting what is known about articles: publisher, dates, language."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Conflict, NotThere, Refused
from annotations.jobs.recording import digest_of, note_articles
from annotations.models import (
    Article,
    ArticleVersion,
    AuditEvent,
    Membership,
    Project,
    Publisher,
    Region,
    SearchBacklog,
)
from annotations.text import normalise
from annotations.text.ids import id_from_path
from annotations.text.language import direction_of
from annotations.text.spans import text_sha256
from annotations.text.urls import BadUrl, canonical_url, check_source_url, url_sha256
from annotations.text.zones import find_zones

from .acts import Request, carry_out_once, counted_before, record

NORMALISER = f"{normalise.NAME}/{normalise.VERSION}"


@dataclass(frozen=True, slots=True)
class NewArticle:
    """A text a person pastes, with what they know of it; a date without a time is a `date`.

    `key` is made by the client and becomes the article's UUID, so that a repeated request finds what it made.
    """

    title: str
    text: str
    publisher: str = ""
    url: str = ""
    published_at: datetime | date | None = None
    language: str = ""
    external_id: str = ""
    key: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """What is to be set; `None` leaves it as it is, an empty publisher or language says "not known"."""

    title: str | None = None
    publisher: str | None = None
    url: str | None = None
    published_at: datetime | date | None = None
    clears_published_at: bool = False
    language: str | None = None


def add_article(new: NewArticle, *, by: Membership) -> Article:
    """Freeze a pasted text as a new article; sent again with the same key, it is the same article.

    Raises `Refused` for an unusable text, address or a known id, `Conflict` for a key that came with another body.
    """
    require(by, Act.ADD_ARTICLES)
    request = Request.of(new.key, *astuple(new)) if new.key else None
    return carry_out_once(by, request, lambda: _add_article(new, by, request), lambda: _own_article(by, new.key))


def _add_article(new: NewArticle, by: Membership, request: Request | None) -> Article:
    key = new.key or uuid.uuid4()
    text = frozen_text(new.text)
    if not new.title.strip():
        raise Refused("title_empty", _("Give the article a title."), field="title")
    url = checked_url(new.url)
    external_id = id_from_path(new.external_id or (canonical_url(url) if url else f"pasted-{key}"))
    article = Article(
        uuid=key,
        project_id=by.project_id,
        external_id=external_id,
        title=new.title.strip()[:1000],
        publisher=publisher_named(by.project, new.publisher),
        language=new.language,
        direction=direction_of(text),
        **addressed(url),
        **dated("published", new.published_at),
    )
    _save_new(article, field="external_id" if new.external_id else "url")
    _freeze(article, text, title=article.title)
    record(by, "article.added", "article", article.uuid, text={"title": article.title}, request=request)
    return article


def _own_article(by: Membership, key: uuid.UUID | None) -> Article | None:
    rows = Article.objects.select_related("publisher", "current_version")
    return rows.filter(project_id=by.project_id, uuid=key).first() if key else None


@transaction.atomic
def edit_article(article: Article, change: MetadataChange, *, by: Membership, base_revision: int) -> Article:
    """Set what is known of one article. Raises `Conflict` where somebody changed it in the meantime."""
    require(by, Act.EDIT_ARTICLES)
    return _set_values(article, _values(change, by.project), by=by, base_revision=base_revision, verb="article.changed")


def _set_values(
    article: Article,
    values: dict[str, Any],
    *,
    by: Membership,
    base_revision: int,
    verb: str,
    request: Request | None = None,
) -> Article:
    """Write columns of what is known of an article, and record them with what was there before.

    `values` name columns. Raises `Conflict` where somebody changed it in the meantime.
    """
    rows = Article.objects.select_related("publisher").select_for_update(of=("self",))
    locked = rows.get(pk=article.pk, project_id=by.project_id)
    if locked.revision != base_revision:
        raise Conflict(
            "stale_version",
            _("Somebody changed this article in the meantime. Look at their values, then save again."),
            current=locked,
            field="base_revision",
        )
    if not values:
        return locked
    earlier = _readable({name: getattr(locked, name) for name in values})
    before = {"revision": locked.revision}
    for name, value in values.items():
        setattr(locked, name, value)
    locked.revision += 1
    locked.stored_at = timezone.now()
    locked.save(update_fields=[*values, "revision", "stored_at"])
    if "title" in values:
        SearchBacklog.objects.note_titles(by.project_id, [locked.pk])
    record(
        by,
        verb,
        "article",
        locked.uuid,
        before=before,
        after={"fields": sorted(values.keys() - {"url_sha256"}), "revision": locked.revision},
        text=_readable(values) | {"earlier": earlier},
        request=request,
    )
    return locked


def revert_details(
    article: uuid.UUID, event: AuditEvent, *, by: Membership, base_revision: int, request: Request | None = None
) -> Article:
    """Make what was known of an article before an act current again; the act's text is loaded already.

    Raises `NotThere` where that is not kept, or was erased, and `Conflict` as `edit_article` does.
    """

    def act() -> Article:
        found = _own_article(by, article)
        if found is None:
            raise NotThere("article_not_found", _("There is no such article in this project."))
        text = getattr(event, "text", None)
        earlier = text.values.get("earlier") if text is not None else None
        if earlier is None:
            raise NotThere("state_not_found", _("This earlier state is not kept."))
        values = _values_of(event.after.get("fields", []), earlier, by.project)
        new = {name: value for name, value in values.items() if value != getattr(found, name)}
        return _set_values(found, new, by=by, base_revision=base_revision, verb="article.reverted", request=request)

    require(by, Act.EDIT_ARTICLES)
    return carry_out_once(by, request, act, lambda: _own_article(by, article))


def _values_of(fields: list[str], earlier: dict[str, str], project: Project) -> dict[str, Any]:
    """Return the columns of values that a record of a change kept as words; what is not among them was not known."""
    values: dict[str, Any] = {name: earlier.get(name, "") for name in ("title", "language") if name in fields}
    if "publisher" in fields:
        values["publisher"] = publisher_named(project, earlier.get("publisher", ""))
    if "url" in fields:
        values |= addressed(earlier.get("url", ""))
    if "published_at" in fields:
        said = earlier.get("published_at")
        values["published_at"] = datetime.fromisoformat(said) if said else None
        values["published_precision"] = earlier.get("published_precision", "second")
    return values


def set_metadata(
    articles: QuerySet[Article], change: MetadataChange, *, by: Membership, request: Request | None = None
) -> int:
    """Set what is known of many articles at once; return how many that changed. One event for all.

    Those that have the values already stay as they are, so that setting them again changes nothing and is no act.
    With a `request` the count is the first one.
    """
    require(by, Act.EDIT_ARTICLES)
    return carry_out_once(
        by,
        request,
        lambda: _set_metadata(articles, change, by, request),
        lambda: counted_before(by, request, "articles"),
    )


def _set_metadata(articles: QuerySet[Article], change: MetadataChange, by: Membership, request: Request | None) -> int:
    values = _values(change, by.project)
    if not values:
        raise Refused("nothing_to_set", _("Choose what to set: publisher, date or language."))
    rows = Article.objects.filter(project_id=by.project_id, pk__in=articles.order_by().values("pk")).exclude(**values)
    locked = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    found = list(locked.values("pk", "uuid", "publisher__uuid", "language", "published_at"))
    changed = {row["pk"]: row["uuid"] for row in found}
    count = Article.objects.filter(pk__among=list(changed)).update(
        **values, revision=F("revision") + 1, stored_at=timezone.now()
    )
    after = {"articles": count, "fields": sorted(values.keys() - {"url_sha256"}), "sha256": digest_of(changed.values())}
    if count or request is not None:
        event = record(
            by, "articles.changed", "project", by.project.slug, after=after, text=_readable(values), request=request
        )
        note_articles(event, changed, {row["pk"]: _known_before(row, values) for row in found})
    return count


def _known_before(row: Mapping[str, object], values: dict[str, Any]) -> dict[str, str]:
    """Return what was known of an article before an act on many set `values`; publishers go by their keys."""
    known = {"publisher": row["publisher__uuid"], "language": row["language"], "published_at": row["published_at"]}
    return {name: str(value or "") for name, value in known.items() if name in values}


def frozen_text(raw: str) -> str:
    """Return the text as it will be frozen, or raise `Refused` where it cannot be stored."""
    try:
        text = normalise.normalise(raw).text
    except normalise.UnusableText as error:
        raise Refused(error.code, error.message, field="text") from None
    if not text.strip():
        raise Refused("text_empty", _("The text is empty. Paste the words of the article."), field="text")
    return text


def checked_url(url: str) -> str:
    """Return the address as it may be stored; an empty one stays empty."""
    if not url.strip():
        return ""
    try:
        return check_source_url(url)
    except BadUrl as error:
        raise Refused(error.code, error.message, field="url") from None


def addressed(url: str) -> dict[str, Any]:
    """Return the columns of an address: as given, and the hash by which the same page is found again.

    >>> addressed("")
    {'url': '', 'url_sha256': None}
    """
    return {"url": url, "url_sha256": url_sha256(canonical_url(url)) if url else None}


def publisher_named(project: Project, name: str) -> Publisher | None:
    """Find or make the publisher of this name; an empty name is "not known"."""
    name = name.strip()
    if not name:
        return None
    if len(name) > 200:
        raise Refused("publisher_too_long", _("A publisher's name has at most 200 characters."), field="publisher")
    return Publisher.objects.get_or_create(project=project, name=name)[0]


def dated(name: str, value: datetime | date | None) -> dict[str, Any]:
    """Return the columns of a date: a day is midnight UTC with the precision "day". Raises `Refused` outside 1 to 9999.

    >>> dated("published", date(2024, 2, 29))["published_precision"]
    'day'
    """
    if value is None:
        return {f"{name}_at": None, f"{name}_precision": "second"}
    if isinstance(value, datetime):
        return {f"{name}_at": _in_utc(name, value), f"{name}_precision": "second"}
    return {f"{name}_at": datetime.combine(value, time(), UTC), f"{name}_precision": "day"}


def _save_new(article: Article, *, field: str) -> None:
    """Save a new article. The unique key decides, so that of two people who add one article at once one is told."""
    try:
        with transaction.atomic():
            article.save()
    except IntegrityError:
        if not Article.objects.filter(project_id=article.project_id, external_id=article.external_id).exists():
            raise
        message = _("The project has an article with the id “%(id)s” already.")
        raise Refused("external_id_taken", message % {"id": article.external_id[:200]}, field=field) from None


def _in_utc(name: str, moment: datetime) -> datetime:
    """Return the moment in UTC. PostgreSQL would store one that has no UTC form here, and never read it back."""
    try:
        return moment.astimezone(UTC) if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)
    except OverflowError:
        message = _("“%(value)s” lies outside the years 1 to 9999 in UTC. Write the day alone: YYYY-MM-DD.")
        raise Refused("date_range", message % {"value": moment.isoformat()}, field=f"{name}_at") from None


def _freeze(article: Article, text: str, *, title: str) -> ArticleVersion:
    version = ArticleVersion.objects.create(
        project_id=article.project_id,
        article=article,
        text=text,
        length=len(text),
        text_sha256=text_sha256(text),
        normaliser=NORMALISER,
    )
    SearchBacklog.objects.note(article.project_id, [version.pk])
    article.current_version = version
    article.save(update_fields=["current_version"])
    Region.objects.bulk_create(
        Region(
            project_id=article.project_id,
            version=version,
            length=version.length,
            kind=zone.kind,
            start=zone.start,
            end=zone.end,
        )
        for zone in find_zones(text, title=title)
    )
    return version


def _values(change: MetadataChange, project: Project) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.title is not None:
        if not change.title.strip():
            raise Refused("title_empty", _("Give the article a title."), field="title")
        values["title"] = change.title.strip()[:1000]
    if change.publisher is not None:
        values["publisher"] = publisher_named(project, change.publisher)
    if change.url is not None:
        values |= addressed(checked_url(change.url))
    if change.published_at is not None or change.clears_published_at:
        values |= dated("published", None if change.clears_published_at else change.published_at)
    if change.language is not None:
        values["language"] = change.language.strip()[:35]
    return values


def _readable(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None and name != "url_sha256"}
