"""What happened to an article, or to a claim, in one list: the acts on it and on all that hangs on it.

Where work is blind, who does not see everybody's is shown their own acts, and of others only that the article itself
was changed: an act on it tells that somebody worked on it, and its numbers how much there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, F, Func, Q, QuerySet
from django.db.models.functions import Cast

from annotations.access import hides_outlets, sees_all_work, visible_to
from annotations.models import (
    Annotation,
    Article,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    AuditArticle,
    AuditEvent,
    Claim,
    ClaimMention,
    Comment,
    CommentThread,
    EvidenceItem,
    Job,
    Membership,
    Region,
    Relation,
    Suggestion,
    Verdict,
)

ARTICLE_KINDS = (
    *("article", "zone", "annotation", "relation", "article_label", "suggestion"),
    *("assignment", "thread", "comment", "claim"),
)
CLAIM_KINDS = ("claim", "mention", "evidence", "verdict")
OF_ARTICLE = ("added", "put", "changed", "reverted", "corrected", "merged", "split")
"""What is done to an article itself, which is shown to everybody who may read it."""
SHOWN_TO_ALL = frozenset(f"article.{what}" for what in OF_ARTICLE) | {"articles.changed"}


NAMING_OUTLETS = frozenset({"articles.changed", "import.requested"})
"""Acts on many articles whose values, or the name of their file, may name an outlet."""


class KeyText(Func):
    """A UUID column written as the record of acts names things; SQLite keeps UUIDs without dashes."""

    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Put the dashes in."""
        one = "%(expressions)s"
        parts = " || '-' || ".join(f"substr({one}, {start}, {n})" for start, n in _GROUPS)
        column, params = compiler.compile(self.source_expressions[0])
        return parts.replace(one, column), [*params] * len(_GROUPS)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Let the database write it."""
        return compiler.compile(Cast(self.source_expressions[0], CharField()))


_GROUPS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def acts_on_article(article: Article, by: Membership) -> QuerySet[AuditEvent]:
    """Return the acts on an article that a membership may see, as one query: newest last by their ids."""
    versions = ArticleVersion.objects.filter(article=article).values("pk")
    on_text: dict[str, tuple[QuerySet[Any], str]] = {
        "zone": (Region.objects.all(), "uuid"),
        "annotation": (Annotation.every.all(), "key"),
        "relation": (Relation.every.all(), "key"),
        "article_label": (ArticleLabel.every.all(), "key"),
        "suggestion": (Suggestion.objects.all(), "key"),
        "assignment": (Assignment.every.all(), "uuid"),
        "thread": (CommentThread.objects.all(), "key"),
    }
    mentions = visible_to(by, ClaimMention.objects.filter(annotation__version__in=versions))
    comments = visible_to(by, Comment.objects.filter(thread__version__in=versions))
    keys = [
        (kind, _keys(visible_to(by, rows.filter(version__in=versions)), key)) for kind, (rows, key) in on_text.items()
    ]
    keys.append(("comment", _keys(comments, "key")))
    keys.append(("claim", _keys(visible_to(by, Claim.objects.filter(pk__in=mentions.values("claim"))), "key")))
    return _acts(by, [("article", [str(article.uuid)]), *keys], [*_acts_on_many(article), *_imports_of(article)])


def _acts_on_many(article: Article) -> list[QuerySet[Any]]:
    """Return the acts on many articles that were done to this one, too."""
    return [AuditArticle.objects.filter(article=article.pk).order_by().values("event_id")]


def _imports_of(article: Article) -> list[QuerySet[Any]]:
    """Return that an import was started by which the article came, or one of its texts."""
    versions = ArticleVersion.objects.filter(article=article, created_by_job__isnull=False)
    jobs = Job.objects.filter(Q(pk=article.created_by_job_id) | Q(pk__in=versions.values("created_by_job")))
    rows = AuditEvent.objects.filter(project_id=article.project_id, object_type="job", verb="import.requested")
    return [rows.filter(object_key__in=_keys(jobs, "uuid")).order_by().values("pk")]


def with_before(events: list[AuditEvent], article: Article) -> list[AuditEvent]:
    """Give acts on many articles, in memory, what was known of this one before; return the acts. 1 query."""
    rows = AuditArticle.objects.filter(article=article.pk, event__in=[event.pk for event in events])
    known = dict(rows.values_list("event_id", "before"))
    for event in events:
        event.before = event.before | known.get(event.pk, {})
    return events


def acts_on_claim(claim: Claim, by: Membership) -> QuerySet[AuditEvent]:
    """Return the acts on a claim that a membership may see, on its mentions, evidence and verdicts.

    Those on claims that were merged into it are among them, for who sees all work: that somebody merged them tells
    that somebody worked on them.
    """
    which = Q(pk=claim.pk)
    if sees_all_work(by):
        which |= Q(desk__merged_into=claim.key)
    claims = visible_to(by, Claim.objects.filter(which))
    ids = claims.order_by().values("pk")
    keys = [
        ("claim", _keys(claims, "key")),
        ("mention", _keys(visible_to(by, ClaimMention.objects.filter(claim__in=ids)), "key")),
        ("evidence", _keys(visible_to(by, EvidenceItem.objects.filter(evidence_set__claim__in=ids)), "key")),
        ("verdict", _keys(visible_to(by, Verdict.objects.filter(claim__in=ids)), "key")),
    ]
    return _acts(by, keys)


def hide_values(events: list[AuditEvent], by: Membership) -> list[AuditEvent]:
    """Empty, in memory, what acts of others say in numbers and words; return the acts.

    Where work is blind of all of them, where outlets are hidden of those that name one.
    """
    for event in events:
        names_outlet = (event.object_type in ("article", "zone") or event.verb in NAMING_OUTLETS) and hides_outlets(by)
        if event.actor_id != by.pk and (names_outlet or not sees_all_work(by)):
            event.before, event.after = {}, {}
            text = getattr(event, "text", None)
            if text is not None:
                text.values = {}
    return events


def _acts(by: Membership, keys: list[tuple[str, Any]], others: Sequence[QuerySet[Any]] = ()) -> QuerySet[AuditEvent]:
    """Join the acts on things of several kinds, named by their keys; each part is found by the index of objects."""
    inside = AuditEvent.objects.filter(project_id=by.project_id).order_by()
    parts = [inside.filter(object_type=kind, object_key__in=some).values("pk") for kind, some in keys]
    rows = AuditEvent.objects.filter(pk__in=parts[0].union(*parts[1:], *others, all=True))
    if not sees_all_work(by):
        rows = rows.filter(Q(actor=by) | Q(verb__in=SHOWN_TO_ALL))
    return rows


def _keys(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    return rows.order_by().annotate(named=KeyText(F(name))).values("named")
