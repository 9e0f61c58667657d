"""Taking the words out of texts that are withheld; offsets, hashes and judgements stay as they are.

The one place that says which columns hold words of a text. Withholding calls it, and an import that brings a text
which was withheld elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from annotations.models import (
    AccountCell,
    AccountCellRevision,
    Annotation,
    AnnotationRevision,
    Article,
    ArticleVersion,
    Attribution,
    AttributionRevision,
    AuditText,
    BoilerplateRuling,
    Capture,
    CommentThread,
    EvidenceItem,
    EvidenceRevision,
    Fragment,
    NameInText,
    Quotation,
    Sentence,
    Statement,
    SuggestedArticle,
    Suggestion,
)
from annotations.text import sentences

from .sealing import HOLDS_WORDS, replace_personal

AT_ONCE = 500
SHORTEST = 8
"""Code points of the shortest words of a text that are looked for in what people and jobs wrote."""
GONE = "[…]"
"""What stands where words were that may not be missing altogether."""


def take_words_out(versions: Sequence[int], captures: Sequence[int] = (), *, at: datetime) -> dict[str, int]:
    """Empty texts and all quotes of them, in the caller's transaction; return how many rows of each kind lost words.

    The texts' sentences are kept by their offsets first, so that agreement counts by them as before. Whoever keeps up
    with the project is told of each row. A statement for each kind of row.
    """
    _keep_sentences(versions)
    words = words_of(versions, captures)
    texts = ArticleVersion.objects.filter(pk__in=versions, withheld_at__isnull=True)
    counts = {"texts": texts.update(text="", withheld_at=at)}
    pages = Capture.objects.filter(pk__in=captures, withheld_at__isnull=True)
    told = timezone.now()
    counts["captures"] = pages.update(text="", withheld_at=at, stored_at=told, version_number=F("version_number") + 1)
    annotations = Annotation.every.filter(version__in=versions)
    counts["annotations"] = annotations.exclude(quote="").update(quote="", prefix="", suffix="", stored_at=told)
    Fragment.objects.filter(version__in=versions).exclude(quote="").update(quote="")
    former = AnnotationRevision.objects.filter(annotation__version__in=versions)
    counts["revisions"] = former.exclude(quote="").update(quote="")
    _empty_former_parts(former)
    threads = CommentThread.objects.filter(version__in=versions).exclude(quote="")
    counts["threads"] = threads.update(quote="", stored_at=told)
    suggestions = Suggestion.objects.filter(version__in=versions).exclude(quote="")
    counts["suggestions"] = suggestions.update(quote="", stored_at=told)
    counts |= take_evidence_out(Q(version__in=versions) | Q(capture__in=captures))
    counts["quotations"] = _empty_quotations(versions, told)
    articles = dict(Article.objects.filter(versions__in=versions).distinct().values_list("pk", "uuid"))
    counts["statements"] = _empty_statements(versions, list(articles), words, told)
    _empty_grounds(versions, articles)
    _empty_rulings(versions, words)
    return counts


def words_of(versions: Sequence[int], captures: Sequence[int]) -> list[str]:
    """Return the texts there are of versions and captures; 2 queries."""
    return [
        text
        for model, ids in ((ArticleVersion, versions), (Capture, captures))
        for text in model.objects.filter(pk__in=ids).exclude(text="").values_list("text", flat=True)
    ]


def stands_in(words: str, texts: Sequence[str]) -> bool:
    """Tell whether words, cut at their end or not, stand in one of the texts; those too short never do."""
    found = words.rstrip("…").strip()
    return len(found) >= SHORTEST and any(found in text for text in texts)


def take_evidence_out(which: Q) -> dict[str, int]:
    """Empty what pieces of evidence quote, what they quoted before, and what acts on them say of it; 4 statements."""
    _empty_acts(which)
    former = EvidenceRevision.objects.filter(evidence__in=EvidenceItem.objects.filter(which).values("pk"))
    former.exclude(quote="").update(quote="")
    rows = EvidenceItem.objects.filter(which).exclude(quote="")
    return {"evidence": rows.update(quote="", stored_at=timezone.now())}


def _empty_acts(which: Q) -> None:
    """Take the quotes of evidence out of the texts of acts, whose digests stay."""
    items = EvidenceItem.objects.filter(which).values_list("project_id", "key")
    keys: dict[int, list[str]] = {}
    for project, key in items:
        keys.setdefault(project, []).append(str(key))
    for project, some in keys.items():
        acts = {"event__project": project, "event__object_type": "evidence", "event__object_key__in": some}
        rows = AuditText.objects.select_for_update(of=("self",)).filter(HOLDS_WORDS, **acts)
        replace_personal(
            (row, {name: _without_quote(value) for name, value in row.values.items() if name != "quote"})
            for row in rows
            if "quote" in row.values or "quote" in row.values.get("earlier", {})
        )


def _without_quote(value: Any) -> Any:
    return {name: each for name, each in value.items() if name != "quote"} if isinstance(value, dict) else value


def forget_what_came_along(articles: Iterable[int]) -> None:
    """Empty what files said of articles besides, and what was found in their texts: either may hold words of them."""
    rows = Article.objects.filter(pk__in=list(articles))
    rows.update(metadata={}, candidates={}, revision=F("revision") + 1, stored_at=timezone.now())


def _keep_sentences(versions: Sequence[int]) -> None:
    """Write where the sentences of texts lie, for texts of which no file stated any."""
    stated = Sentence.objects.filter(version__in=versions).values("version")
    texts = ArticleVersion.objects.filter(pk__in=versions, withheld_at__isnull=True).exclude(pk__in=stated)
    splitter = f"{sentences.NAME} {sentences.VERSION}"
    for text in texts.order_by("pk"):
        found = enumerate(sentences.split_sentences(text.text))
        rows = (
            Sentence(
                project_id=text.project_id,
                version=text,
                length=text.length,
                n=n,
                start=each.start,
                end=each.end,
                splitter=splitter,
            )
            for n, each in found
        )
        Sentence.objects.bulk_create(rows, batch_size=AT_ONCE)


def _empty_former_parts(former: Any) -> None:
    """Empty the quotes in the parts that earlier states of annotations had; few have any."""
    changed = []
    for state in former.exclude(fragments=[]).only("pk", "fragments"):
        state.fragments = [{**part, "quote": ""} for part in state.fragments]
        changed.append(state)
    AnnotationRevision.objects.bulk_update(changed, ["fragments"], batch_size=AT_ONCE)


def _empty_quotations(versions: Sequence[int], told: datetime) -> int:
    """Empty quotations, what finds them by their words, and the words of saying; who says it, stays."""
    rows = Quotation.objects.filter(version__in=versions).exclude(quote="")
    n_emptied = rows.update(quote="", speaker="", long_word=None, long_word_too=None)
    Attribution.objects.filter(version__in=versions).exclude(cue="").update(cue="", stored_at=told)
    AttributionRevision.objects.filter(attribution__version__in=versions).exclude(cue="").update(cue="")
    return n_emptied


def _empty_statements(versions: Sequence[int], articles: Sequence[int], texts: Sequence[str], told: datetime) -> int:
    """Take words of the texts out of what stories say of their articles; figures, dates and own words stay.

    Those that stand on a passage lose its quote. Returns how many statements changed, former ones left out.
    """
    changed = []
    for row in Statement.objects.filter(cell__article__in=articles).order_by("pk"):
        quote = "" if row.version_id in versions else row.quote
        was = {"text": row.text, "value": row.value}
        said = _without_words(was, texts)
        if said != was or quote != row.quote:
            row.text, row.value, row.quote = said["text"], said["value"], quote
            changed.append(row)
    Statement.objects.bulk_update(changed, ["text", "value", "quote"], batch_size=AT_ONCE)
    AccountCell.objects.filter(pk__in={row.cell_id for row in changed}).update(stored_at=told)
    former = []
    for state in AccountCellRevision.objects.filter(cell__article__in=articles).order_by("pk"):
        statements = [_without_words(each, texts) for each in state.statements]
        if statements != state.statements:
            state.statements = statements
            former.append(state)
    AccountCellRevision.objects.bulk_update(former, ["statements"], batch_size=AT_ONCE)
    return len(changed)


def _without_words(statement: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
    """Return a statement whose quote, text, and the words in whose value, are not those of the texts."""
    is_of_them = stands_in(statement["text"], texts)
    if statement.get("quote") and any(statement["quote"] in text for text in texts):
        statement = {**statement, "quote": ""}
    value = {
        name: _gone(each, texts, whole=is_of_them) if name in ("name", "items") else each
        for name, each in statement.get("value", {}).items()
    }
    if value:
        statement = {**statement, "value": value}
    return {**statement, "text": GONE} if is_of_them else statement


def _gone(value: Any, texts: Sequence[str], *, whole: bool) -> Any:
    if isinstance(value, list):
        return [_gone(each, texts, whole=whole) for each in value]
    return GONE if whole or stands_in(str(value), texts) else value


def _empty_grounds(versions: Sequence[int], articles: Mapping[int, UUID]) -> None:
    """Forget the names of texts, and take them out of the grounds on which stories are suggested."""
    NameInText.objects.filter(version_id__in=versions).delete()
    keys = set(map(str, articles.values()))
    beside = Q(suggestion__articles__article__in=articles) | Q(suggestion__story__articles__article__in=articles)
    changed = []
    for row in SuggestedArticle.objects.filter(pk__in=SuggestedArticle.objects.filter(beside).values("pk")):
        ground = [
            {**each, "names": []} if row.article_id in articles or each["article"] in keys else each
            for each in row.ground
        ]
        if ground != row.ground:
            row.ground = ground
            changed.append(row)
    SuggestedArticle.objects.bulk_update(changed, ["ground"], batch_size=AT_ONCE)


def _empty_rulings(versions: Sequence[int], texts: Sequence[str]) -> None:
    """Empty what people called boilerplate where no other text of the project has it; 1 query for each in the texts."""
    projects = ArticleVersion.objects.filter(pk__in=versions).values("project")
    for row in BoilerplateRuling.objects.filter(project__in=projects):
        others = ArticleVersion.objects.filter(project=row.project_id, withheld_at__isnull=True)
        if stands_in(row.quote, texts) and not others.filter(text__contains=row.quote).exists():
            row.quote = GONE
            row.save(update_fields=["quote"])
