"""What a project wants to be there when an article is submitted: the rules, and what of them an article lacks.

Each rule is a name, a sentence and a query for what is missing; a project lists those it wants, each as an error, which
refuses, or as a warning, which asks. Only one's own work is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.errors import Refused
from annotations.models import (
    Annotation,
    ArticleLabel,
    ArticleVersion,
    ClaimMention,
    EvidenceItem,
    Label,
    Membership,
    Relation,
    SuggestionDecision,
)
from annotations.text.attributes import Definition, asks_for_any, missing_of, name_of

from .labels import label_ids_on

ERROR, WARNING = "error", "warning"
LEVELS = (ERROR, WARNING)
MOST_LISTED = 50
MOST_RULES = 50
SHOWN = 60


class Setting(TypedDict):
    """One rule as a project wants it; `label` and `attribute` are keys, or empty."""

    rule: str
    level: str
    label: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is not there. `kind` and `key` say where: a judgement, a suggestion, or the whole article."""

    rule: str
    level: str
    message: str
    kind: str = "article"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What is looked at: one person's work on one text."""

    version: ArticleVersion
    by: Membership

    def annotations(self, label: str = "") -> QuerySet[Annotation]:
        """Return the annotations that stand, with a label or with any, in the order of the text."""
        rows = Annotation.objects.filter(version=self.version, created_by=self.by, withdrawn_at__isnull=True)
        rows = rows.filter(label__key=label) if label else rows
        return rows.select_related("label").order_by("start", "end", "pk")

    def relations(self) -> QuerySet[Relation]:
        """Return the relations that stand, between annotations that stand, in the order they were made."""
        rows = Relation.objects.filter(version=self.version, created_by=self.by, withdrawn_at__isnull=True)
        rows = rows.filter(from_annotation__withdrawn_at__isnull=True, to_annotation__withdrawn_at__isnull=True)
        return rows.select_related("label", "from_annotation", "to_annotation").order_by("pk")

    def article_labels(self) -> QuerySet[ArticleLabel]:
        """Return the labels on the whole text that stand."""
        rows = ArticleLabel.objects.filter(version=self.version, created_by=self.by, withdrawn_at__isnull=True)
        return rows.select_related("label").order_by("pk")


Found = Iterator[tuple[str, str, str]]
"""A sentence, and the kind and key of what it is about."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that a project may choose; some are about a label, and about one of its attributes."""

    name: str
    title: Promise | str
    find: Callable[[Work, Setting], Found]
    needs_label: bool = False
    takes_label: bool = False
    needs_attribute: bool = False


class Incomplete(Refused):
    """Something that the project wants is missing; `can_be_set_aside` where all of it are warnings."""

    def __init__(self, missing: list[Missing]) -> None:
        self.can_be_set_aside = all(each.level == WARNING for each in missing)
        code = "submit_warnings" if self.can_be_set_aside else "submit_incomplete"
        super().__init__(code, " ".join(each.message for each in missing[:3]))
        self.missing = missing


def missing_on(version: ArticleVersion, *, by: Membership) -> list[Missing]:
    """List what a person's work on a text lacks, errors first, at most 50; 1 or 2 queries for each rule."""
    work = Work(version, by)
    found: list[Missing] = []
    for setting in sorted(by.project.submit_rules, key=lambda each: LEVELS.index(each["level"])):
        rule = RULES.get(setting["rule"])
        for message, kind, key in rule.find(work, setting) if rule else ():
            found.append(Missing(setting["rule"], setting["level"], message, kind, key))
            if len(found) == MOST_LISTED:
                return found
    return found


def checked_rules(sent: Any) -> list[Setting]:
    """Return the rules of a project as they are stored; raise `Refused` for what is none."""
    if not isinstance(sent, list) or len(sent) > MOST_RULES:
        raise Refused("rules_unknown", _("Give a list of at most 50 rules."), field="submit_rules")
    return [_checked(each, f"submit_rules.{n}") for n, each in enumerate(sent)]


def _checked(sent: Any, field: str) -> Setting:
    values = sent if isinstance(sent, dict) else {}
    rule = RULES.get(str(values.get("rule", "")))
    if rule is None:
        message = _("“%(name)s” is no rule. Choose one of: %(all)s.")
        raise Refused("rule_unknown", message % {"name": values.get("rule", ""), "all": ", ".join(RULES)}, field=field)
    level = str(values.get("level", ERROR))
    if level not in LEVELS:
        raise Refused("level_unknown", _("A rule is an “error” or a “warning”."), field=field)
    label, attribute = str(values.get("label", "") or ""), str(values.get("attribute", "") or "")
    if rule.needs_label and not label:
        raise Refused("label_missing", _("This rule needs a label."), field=field)
    if rule.needs_attribute and not attribute:
        raise Refused("attribute_missing", _("This rule needs an attribute of the label."), field=field)
    takes_label = rule.needs_label or rule.takes_label
    return Setting(
        rule=rule.name,
        level=level,
        label=label if takes_label else "",
        attribute=attribute if rule.needs_attribute else "",
    )


def _no_annotation(work: Work, setting: Setting) -> Found:
    if not work.annotations(setting["label"]).exists():
        label = setting["label"]
        yield (
            (_("No span has the label “%(label)s”.") % {"label": label}) if label else _("Nothing is annotated yet."),
            "article",
            "",
        )


def _claims_without_source(work: Work, setting: Setting) -> Found:
    mentions = ClaimMention.objects.filter(annotation=OuterRef("pk"), withdrawn_at__isnull=True)
    mentions = mentions.filter(claim__withdrawn_at__isnull=True, created_by=work.by)
    items = EvidenceItem.objects.filter(evidence_set__claim=OuterRef("claim"), withdrawn_at__isnull=True)
    wanted = Q(Exists(mentions))
    if setting["label"]:
        wanted |= Q(label__key=setting["label"])
    for row in work.annotations().filter(wanted).exclude(Exists(mentions.filter(Exists(items))))[:MOST_LISTED]:
        yield _("“%(quote)s” has no source.") % {"quote": _short(row.quote)}, "annotation", str(row.key)


def _spans_without_note(work: Work, setting: Setting) -> Found:
    for row in work.annotations(setting["label"]).filter(note="")[:MOST_LISTED]:
        values = {"quote": _short(row.quote), "label": row.label.name}
        yield _("“%(quote)s” (%(label)s) has no note.") % values, "annotation", str(row.key)


def _spans_without_attribute(work: Work, setting: Setting) -> Found:
    name = setting["attribute"]
    for row in work.annotations(setting["label"]):
        if row.attributes.get(name) in (None, "", []):
            values = {"quote": _short(row.quote), "label": row.label.name, "attribute": name}
            yield _("“%(quote)s” (%(label)s) lacks “%(attribute)s”.") % values, "annotation", str(row.key)


def _without_required_attributes(work: Work, setting: Setting) -> Found:
    """Look at what the labels in force ask for: what was made before an attribute was required lacks it too."""
    labels = Label.objects.filter(label_set__in=label_ids_on(work.version.pk, work.by.project_id))
    wanted = {label.key: label for label in labels if asks_for_any(label.attributes)}
    wanted = {key: label for key, label in wanted.items() if setting["label"] in ("", key)}
    if not wanted:
        return
    for row in work.annotations():
        for each in _lacking(wanted, row):
            values = {"quote": _short(row.quote), "label": row.label.name, "attribute": name_of(each)}
            yield _("“%(quote)s” (%(label)s) lacks “%(attribute)s”.") % values, "annotation", str(row.key)
    for relation in work.relations():
        for each in _lacking(wanted, relation):
            values = {
                "one": _short(relation.from_annotation.quote),
                "other": _short(relation.to_annotation.quote),
                "label": relation.label.name,
                "attribute": name_of(each),
            }
            message = _("“%(one)s” → “%(other)s” (%(label)s) lacks “%(attribute)s”.")
            yield message % values, "relation", str(relation.key)
    for on_article in work.article_labels():
        for each in _lacking(wanted, on_article):
            values = {"label": on_article.label.name, "attribute": name_of(each)}
            message = _("The label “%(label)s” of the article lacks “%(attribute)s”.")
            yield message % values, "article_label", str(on_article.key)


def _lacking(wanted: dict[str, Label], row: Annotation | Relation | ArticleLabel) -> list[Definition]:
    label = wanted.get(row.label.key)
    return missing_of(label.attributes, row.attributes) if label is not None else []


def _article_without_label(work: Work, setting: Setting) -> Found:
    if not work.article_labels().filter(label__key=setting["label"]).exists():
        yield _("The article has no label “%(label)s”.") % {"label": setting["label"]}, "article", ""


def _open_suggestions(work: Work, setting: Setting) -> Found:
    from .suggesting import suggestions_on  # accepting one opens an assignment, whose submitting asks here

    decided = SuggestionDecision.objects.filter(suggestion=OuterRef("pk"), decided_by=work.by)
    closed = decided.exclude(state=SuggestionDecision.State.OPEN)
    rows = suggestions_on(work.version, work.by).prefetch_related(None).exclude(Exists(closed))
    for row in rows[:MOST_LISTED]:
        message = _("The suggestion “%(quote)s” waits for your decision.") % {"quote": _short(row.quote)}
        yield message, "suggestion", str(row.key)


def _unplaced(work: Work, setting: Setting) -> Found:
    from .placing import count_unplaced  # placing opens one too

    count = count_unplaced(work.version.article, by=work.by)
    if count:
        message = ngettext(
            "%(n)s annotation of the earlier text waits to be placed.",
            "%(n)s annotations of the earlier text wait to be placed.",
            count,
        )
        yield message % {"n": count}, "article", ""


def _short(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


RULES = {
    rule.name: rule
    for rule in (
        Rule("has_annotation", gettext_lazy("at least one annotation"), _no_annotation, takes_label=True),
        Rule("claims_have_sources", gettext_lazy("every claim has a source"), _claims_without_source, takes_label=True),
        Rule("spans_have_note", gettext_lazy("every span of a label has a note"), _spans_without_note, True),
        Rule(
            "spans_have_attribute",
            gettext_lazy("every span of a label has an attribute"),
            _spans_without_attribute,
            True,
            needs_attribute=True,
        ),
        Rule(
            "required_attributes",
            gettext_lazy("every attribute that has to be given is given"),
            _without_required_attributes,
            takes_label=True,
        ),
        Rule("article_has_label", gettext_lazy("the article has a label"), _article_without_label, True),
        Rule("no_open_suggestions", gettext_lazy("no suggestion is open"), _open_suggestions),
        Rule("nothing_unplaced", gettext_lazy("nothing of an earlier text waits to be placed"), _unplaced),
    )
}
