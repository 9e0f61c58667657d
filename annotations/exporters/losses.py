"""What a format cannot carry: counted while the records pass, said in words before anybody takes the file away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import product
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Row = dict[str, Any]

FEATURES: dict[str, StrPromise] = {
    "articles": _("articles"),
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
    "threads": _("comment threads"),
    "rulings": _("rulings on differences"),
    "past_rounds": _("work of past rounds"),
    "regions": _("regions"),
    "links": _("links of the original"),
    "sentences": _("stated sentences"),
    "metadata": _("articles with further metadata"),
    "claims": _("claims"),
    "mentions": _("mentions of claims"),
    "evidence": _("pieces of evidence"),
    "verdicts": _("verdicts"),
    "desks": _("where the work on claims stands"),
    "captures": _("captures of sources"),
    "stories": _("stories and suggested ones"),
    "details": _("claims or pieces of evidence with further details"),
    "evidence_details": _("strengths, origins and enquiries of pieces of evidence"),
    "misaligned": _("annotations that do not fit whole tokens"),
    "widened": _("annotations widened to whole sentences"),
    "split": _("annotations split at a line end"),
    "texts": _("texts of articles"),
    "withheld": _("articles whose text is withheld"),
    "between_sentences": _("stretches of space between sentences"),
    "illegal_characters": _("characters that XML cannot hold"),
    "renamed_labels": _("labels written in other characters"),
    "revisions": _("earlier states of judgements"),
    "earlier_texts": _("earlier texts of these articles"),
    "annotations_on_earlier_texts": _("annotations on earlier texts of these articles"),
    "passages": _("shared passages linked by hand"),
    "passage_decisions": _("decisions about shared passages"),
    "attributions": _("who says what"),
    "quotation_decisions": _("decisions about where quotations stand"),
    "wording_rules": _("equivalent spellings and rulings about boilerplate"),
    "assignment_notes": _("reasons and notes of skipped or returned work"),
    "times": _("times spent on articles"),
    "capture_files": _("files of captures"),
    "publications": _("pages of claims for readers"),
}
"""What can be lost, by key, with the words a person reads. A format names those it carries."""
NOWHERE = frozenset({"assignment_notes", "times", "capture_files", "publications"})
"""What our own format has no place for either."""
APART = NOWHERE | {"passages", "passage_decisions", "attributions", "quotation_decisions", "wording_rules"}
"""What is counted once an export is written, unless the format names it."""
EVERYTHING = frozenset(FEATURES) - NOWHERE
ITEM_DETAILS = ("strength", "origin", "asked_whom", "asked_on", "answer_by", "answered_on")
ZONE = ("kind", "start", "end", "publisher", "url")
COUNTED = {
    "articles": ngettext_lazy("%(n)s article", "%(n)s articles", "n"),
    "annotations": ngettext_lazy("%(n)s annotation", "%(n)s annotations", "n"),
    "annotators": ngettext_lazy("%(n)s name of an annotator", "%(n)s names of annotators", "n"),
    "layers": ngettext_lazy(
        "%(n)s layer of annotations other than the annotators' own",
        "%(n)s layers of annotations other than the annotators' own",
        "n",
    ),
    "fragments": ngettext_lazy(
        "gaps of %(n)s discontinuous annotation", "gaps of %(n)s discontinuous annotations", "n"
    ),
    "overlaps": ngettext_lazy("%(n)s annotation that overlaps another", "%(n)s annotations that overlap another", "n"),
    "notes": ngettext_lazy("%(n)s note", "%(n)s notes", "n"),
    "attributes": ngettext_lazy("attributes of %(n)s judgement", "attributes of %(n)s judgements", "n"),
    "confidence": ngettext_lazy("%(n)s confidence", "%(n)s confidences", "n"),
    "withdrawn": ngettext_lazy("%(n)s withdrawn judgement", "%(n)s withdrawn judgements", "n"),
    "relations": ngettext_lazy("%(n)s relation", "%(n)s relations", "n"),
    "article_labels": ngettext_lazy("%(n)s label on a whole article", "%(n)s labels on whole articles", "n"),
    "suggestions": ngettext_lazy("%(n)s suggestion", "%(n)s suggestions", "n"),
    "assignments": ngettext_lazy("%(n)s assignment", "%(n)s assignments", "n"),
    "threads": ngettext_lazy("%(n)s comment thread", "%(n)s comment threads", "n"),
    "rulings": ngettext_lazy("%(n)s ruling on a difference", "%(n)s rulings on differences", "n"),
    "past_rounds": ngettext_lazy("%(n)s judgement of past rounds", "%(n)s judgements of past rounds", "n"),
    "regions": ngettext_lazy("%(n)s region", "%(n)s regions", "n"),
    "links": ngettext_lazy("%(n)s link of the original", "%(n)s links of the original", "n"),
    "sentences": ngettext_lazy("%(n)s stated sentence", "%(n)s stated sentences", "n"),
    "metadata": ngettext_lazy("%(n)s article with further metadata", "%(n)s articles with further metadata", "n"),
    "claims": ngettext_lazy("%(n)s claim", "%(n)s claims", "n"),
    "mentions": ngettext_lazy("%(n)s mention of a claim", "%(n)s mentions of claims", "n"),
    "evidence": ngettext_lazy("%(n)s piece of evidence", "%(n)s pieces of evidence", "n"),
    "verdicts": ngettext_lazy("%(n)s verdict", "%(n)s verdicts", "n"),
    "desks": ngettext_lazy("where the work on %(n)s claim stands", "where the work on %(n)s claims stands", "n"),
    "details": ngettext_lazy(
        "%(n)s claim or piece of evidence with further details",
        "%(n)s claims or pieces of evidence with further details",
        "n",
    ),
    "evidence_details": ngettext_lazy(
        "strength, origin or enquiry of %(n)s piece of evidence",
        "strengths, origins or enquiries of %(n)s pieces of evidence",
        "n",
    ),
    "misaligned": ngettext_lazy(
        "%(n)s annotation that does not fit whole tokens", "%(n)s annotations that do not fit whole tokens", "n"
    ),
    "widened": ngettext_lazy(
        "%(n)s annotation widened to whole sentences", "%(n)s annotations widened to whole sentences", "n"
    ),
    "split": ngettext_lazy("%(n)s annotation split at a line end", "%(n)s annotations split at a line end", "n"),
    "texts": ngettext_lazy("%(n)s text of an article", "%(n)s texts of articles", "n"),
    "withheld": ngettext_lazy("%(n)s article whose text is withheld", "%(n)s articles whose texts are withheld", "n"),
    "between_sentences": ngettext_lazy(
        "%(n)s stretch of space between sentences", "%(n)s stretches of space between sentences", "n"
    ),
    "illegal_characters": ngettext_lazy(
        "%(n)s character that XML cannot hold", "%(n)s characters that XML cannot hold", "n"
    ),
    "renamed_labels": ngettext_lazy(
        "%(n)s label written in other characters", "%(n)s labels written in other characters", "n"
    ),
    "revisions": ngettext_lazy("%(n)s earlier state of a judgement", "%(n)s earlier states of judgements", "n"),
    "earlier_texts": ngettext_lazy(
        "%(n)s earlier text of these articles", "%(n)s earlier texts of these articles", "n"
    ),
    "annotations_on_earlier_texts": ngettext_lazy(
        "%(n)s annotation on earlier texts of these articles",
        "%(n)s annotations on earlier texts of these articles",
        "n",
    ),
    "passages": ngettext_lazy("%(n)s shared passage linked by hand", "%(n)s shared passages linked by hand", "n"),
    "passage_decisions": ngettext_lazy(
        "%(n)s decision about a shared passage", "%(n)s decisions about shared passages", "n"
    ),
    "attributions": ngettext_lazy("who says what of %(n)s annotation", "who says what of %(n)s annotations", "n"),
    "quotation_decisions": ngettext_lazy(
        "%(n)s decision about where a quotation stands", "%(n)s decisions about where quotations stand", "n"
    ),
    "wording_rules": ngettext_lazy(
        "%(n)s list of spellings or ruling about boilerplate",
        "%(n)s lists of spellings and rulings about boilerplate",
        "n",
    ),
    "assignment_notes": ngettext_lazy(
        "reasons and notes of %(n)s skipped or returned assignment",
        "reasons and notes of %(n)s skipped or returned assignments",
        "n",
    ),
    "times": ngettext_lazy("time spent on %(n)s assignment", "time spent on %(n)s assignments", "n"),
    "captures": ngettext_lazy("%(n)s capture of a source", "%(n)s captures of sources", "n"),
    "stories": ngettext_lazy("%(n)s story or suggested one", "%(n)s stories and suggested ones", "n"),
    "capture_files": ngettext_lazy("%(n)s file of a capture", "%(n)s files of captures", "n"),
    "publications": ngettext_lazy("%(n)s page for readers", "%(n)s pages for readers", "n"),
}
"""The same with their number, as they stand in a sentence."""


class Losses:
    """Counts what the format does not carry. `carried` holds keys of FEATURES.

    `keeps_past` says that the work of one round was asked for: then it is written, past or not.
    """

    def __init__(self, carried: frozenset[str] = EVERYTHING, *, keeps_past: bool = False) -> None:
        self.carried = carried
        self._keeps_past = keeps_past
        self.carries_everything = carried >= EVERYTHING
        self.counts: Counter[str] = Counter()

    def lose(self, feature: str, count: int = 1) -> None:
        """Note something that a writer had to leave out or change."""
        if feature not in FEATURES:
            raise KeyError(feature)
        self.counts[feature] += count

    def meet_article(self, article: Row) -> None:
        """Count what the format cannot carry of an article, and take out what would mislead a writer.

        These are earlier texts, earlier states and withdrawn judgements, where the format has no place for them.
        """
        if self.carries_everything:
            return
        self._without_earlier_texts(article)
        self._without_past(article)
        self._without_withdrawn(article)
        for name in ("annotations", "relations", "article_labels"):
            self._without_revisions(article.get(name, ()))
        self._plain_zones(article)
        self._count(article, "annotations", "relations", "article_labels", "suggestions", "assignments")
        self._count(article, "regions", "links", "sentences", "threads", "rulings")
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
        if self.carries_everything:
            return
        if "withdrawn" not in self.carried:
            for name in ("mentions", "verdicts"):
                claim[name] = self._standing(claim.get(name, []))
            for each in claim["evidence_sets"]:
                each["items"] = self._standing(each["items"])
        for rows in ([claim], claim["mentions"], *(each["items"] for each in claim["evidence_sets"])):
            self._without_revisions(rows)
        self._add("claims", True)
        self._count(claim, "mentions", "verdicts")
        self._add("desks", bool(claim.pop("desk", None)))
        self._add("threads", len(claim.pop("threads", ())))
        items = [item for each in claim["evidence_sets"] for item in each["items"]]
        self._add("evidence", len(items))
        if "evidence" in self.carried:
            self._add("evidence_details", sum(any(name in item for name in ITEM_DETAILS) for item in items))
        if "evidence_details" not in self.carried:
            for item, name in product(items, ITEM_DETAILS):
                item.pop(name, None)

    def as_dict(self) -> dict[str, int]:
        """Return what was lost, the empty left out."""
        return {feature: count for feature, count in sorted(self.counts.items()) if count}

    def _without_earlier_texts(self, article: Row) -> None:
        if "earlier_texts" in self.carried:
            return
        earlier = article.pop("earlier_versions", ())
        self._add("earlier_texts", len(earlier))
        self._add("annotations_on_earlier_texts", sum(len(each["annotations"]) for each in earlier))

    def _without_revisions(self, rows: Iterable[Row]) -> None:
        if "revisions" not in self.carried:
            for each in rows:
                self._add("revisions", len(each.pop("revisions", ())))

    def _plain_zones(self, article: Row) -> None:
        """Keep what a zone marks: who marked it and what it was before is told in our own format alone."""
        zones = self._standing(article.get("regions") or []) if article.get("regions") else []
        self._without_revisions(zones)
        if "regions" in article:
            article["regions"] = [{name: zone[name] for name in ZONE if name in zone} for zone in zones]

    def _without_past(self, article: Row) -> None:
        """Leave out what belongs to past rounds, which a reader would take for present work."""
        if "past_rounds" in self.carried or self._keeps_past:
            return
        for name in ("annotations", "relations", "article_labels"):
            if name in article:
                present = [each for each in article[name] if "past_round" not in each]
                self._add("past_rounds", len(article[name]) - len(present))
                article[name] = present

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
        standing = [each for each in rows if each.get("withdrawn_at") is None]
        self._add("withdrawn", len(rows) - len(standing))
        return standing

    def _count(self, row: Row, *features: str) -> None:
        for feature in features:
            self._add(feature, len(row.get(feature) or ()))

    def _add(self, feature: str, count: int) -> None:
        if count and feature not in self.carried:
            self.counts[feature] += count


def sentence_of(left_out: dict[str, int]) -> str:
    """Say what was lost, the largest first: "12 notes, 1 relation"."""
    ordered = sorted(left_out.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(_counted(feature, count) for feature, count in ordered)


def _counted(feature: str, count: int) -> str:
    if feature not in COUNTED:  # a job of an earlier release may name what is called otherwise now
        return f"{count} {feature}"
    return str(COUNTED[feature] % {"n": count})
