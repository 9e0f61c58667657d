"""Taking the words out of texts that are withheld; offsets, hashes and judgements stay as they are.

The one place that says which columns hold words of a text. Withholding calls it, and an import that brings a text
which was withheld elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from annotations.models import (
    Annotation,
    AnnotationRevision,
    Article,
    ArticleVersion,
    Capture,
    EvidenceItem,
    EvidenceRevision,
    Fragment,
    Sentence,
    Suggestion,
)
from annotations.text import sentences

AT_ONCE = 500


def take_words_out(versions: Sequence[int], captures: Sequence[int] = (), *, at: datetime) -> dict[str, int]:
    """Empty texts and all quotes of them, in the caller's transaction; return how many rows of each kind lost words.

    The texts' sentences are kept by their offsets first, so that agreement counts by them as before. Whoever keeps up
    with the project is told of each row. A statement for each kind of row.
    """
    _keep_sentences(versions)
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
    suggestions = Suggestion.objects.filter(version__in=versions).exclude(quote="")
    counts["suggestions"] = suggestions.update(quote="", stored_at=told)
    counts |= take_evidence_out(Q(version__in=versions) | Q(capture__in=captures))
    return counts


def take_evidence_out(which: Q) -> dict[str, int]:
    """Empty what pieces of evidence quote, and what they quoted before; 2 statements."""
    former = EvidenceRevision.objects.filter(evidence__in=EvidenceItem.objects.filter(which).values("pk"))
    former.exclude(quote="").update(quote="")
    rows = EvidenceItem.objects.filter(which).exclude(quote="")
    return {"evidence": rows.update(quote="", stored_at=timezone.now())}


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
