"""What a format cannot carry: counted while the records pass, said in words before anybody takes the file away."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Row = dict[str, Any]

FEATURES: dict[str, StrPromise] = {
    "annotations": _("annotations"),
    "annotators": _("names of annotators"),
    "layers": _("layers of annotations other than the annotators' own"),
    "fragments": _("gaps of discontinuous annotations"),
    "overlaps": _("annotations that overlap another"),
    "notes": _("notes"),
    "attributes": _("attributes"),
    "confidence": _("confidences"),
    "withdrawn": _("withdrawn judgements"),
    "relations": _("relations"),
    "article_labels": _("labels on whole articles"),
    "suggestions": _("suggestions"),
    "assignments": _("assignments"),
    "regions": _("regions"),
    "links": _("links of the original"),
    "sentences": _("stated sentences"),
    "metadata": _("articles with further metadata"),
    "claims": _("claims"),
    "mentions": _("mentions of claims"),
    "evidence": _("pieces of evidence"),
    "verdicts": _("verdicts"),
    "misaligned": _("annotations that do not fit whole tokens"),
    "widened": _("annotations widened to whole sentences"),
    "split": _("annotations split at a line end"),
    "renamed_labels": _("labels written in other characters"),
    "annotations_on_earlier_texts": _("annotations on earlier texts of these articles"),
}
"""What can be lost, by key, with the words a person reads. A format names those it carries."""
EVERYTHING = frozenset(FEATURES)


class Losses:
    """Counts what the format does not carry. `carried` holds keys of FEATURES."""

    def __init__(self, carried: frozenset[str] = EVERYTHING) -> None:
        self.carried = carried
        self.counts: Counter[str] = Counter()

    def lose(self, feature: str, count: int = 1) -> None:
        """Note something that a writer had to leave out or change."""
        if feature not in FEATURES:
            raise KeyError(feature)
        self.counts[feature] += count

    def meet_article(self, article: Row) -> None:
        """Count what the format cannot carry of an article; take withdrawn judgements out where it has no place."""
        if self.carried >= EVERYTHING:
            return
        self._without_withdrawn(article)
        self._count(article, "annotations", "relations", "article_labels", "suggestions", "assignments")
        self._count(article, "regions", "links", "sentences")
        self._add("metadata", bool(article.get("metadata")))
        for name in ("annotations", "relations", "article_labels"):
            for each in article.get(name, ()) if name in self.carried else ():
                self._add("annotators", bool(each["annotator"]))
                self._add("layers", each["layer"] != "annotator")
                self._add("fragments", bool(each.get("fragments")))
                self._add("notes", bool(each["note"]))
                self._add("attributes", bool(each["attributes"]))
                self._add("confidence", each.get("confidence") is not None)

    def meet_claim(self, claim: Row) -> None:
        """Count what the format cannot carry of a claim."""
        if self.carried >= EVERYTHING:
            return
        if "withdrawn" not in self.carried:
            for name in ("mentions", "verdicts"):
                claim[name] = self._standing(claim.get(name, []))
            for each in claim["evidence_sets"]:
                each["items"] = self._standing(each["items"])
        self._add("claims", True)
        self._count(claim, "mentions", "verdicts")
        self._add("evidence", sum(len(each["items"]) for each in claim["evidence_sets"]))

    def as_dict(self) -> dict[str, int]:
        """Return what was lost, the empty left out."""
        return {feature: count for feature, count in sorted(self.counts.items()) if count}

    def _without_withdrawn(self, article: Row) -> None:
        if "withdrawn" in self.carried:
            return
        for name in ("annotations", "relations", "article_labels"):
            if name in article:
                article[name] = self._standing(article[name])
        # a relation cannot outlive an annotation at one of its ends
        keys = {each["key"] for each in article["annotations"]}
        if article.get("relations"):
            article["relations"] = [
                each for each in article["relations"] if each["from"] in keys and each["to"] in keys
            ]

    def _standing(self, rows: list[Row]) -> list[Row]:
        standing = [each for each in rows if each["withdrawn_at"] is None]
        self._add("withdrawn", len(rows) - len(standing))
        return standing

    def _count(self, row: Row, *features: str) -> None:
        for feature in features:
            self._add(feature, len(row.get(feature) or ()))

    def _add(self, feature: str, count: int) -> None:
        if count and feature not in self.carried:
            self.counts[feature] += count


def sentence_of(left_out: dict[str, int]) -> str:
    """Say what was lost, the largest first: "12 notes, 3 relations"."""
    ordered = sorted(left_out.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {FEATURES.get(feature, feature)}" for feature, count in ordered)
