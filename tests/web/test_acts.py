"""The page of acts: sentences that say who did what, to which thing, and what was there before."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import AuditEvent, Membership
from annotations.web.acts import FIELDS, SENTENCES, tell
from annotations.workflow.accounts import issue_token
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.articles import MetadataChange, edit_article
from annotations.workflow.assigning import assign, submit
from annotations.workflow.projects import change_project, change_role
from annotations.workflow.sealing import forget_personal
from tests import factories
from workbench.environment import BASE_DIR

LATER = ("erasing", "own_data", "removal")
JOBS = (
    "import",
    "export",
    "undo",
    "zones",
    "agreement",
    "reuse",
    "labels",
    "fetch",
    "round",
    "giving",
    "stories",
    *LATER,
)


def told(**which: str) -> tuple[str, str, list[tuple[str, str, str]]]:
    """Return who did the last act, the sentence, and the changes, without the marks around names."""
    event = AuditEvent.objects.select_related("actor", "text").filter(**which).order_by("-pk").first()
    act = tell([event])[0]
    plain = str.maketrans("", "", "\u2068\u2069")
    changes = [(one.name, one.before.translate(plain), one.after.translate(plain)) for one in act.changes]
    return act.who, act.sentence.translate(plain), changes


def page_of(browser, name: str = "mia") -> str:
    return html.unescape(browser(name).get("/p/river/acts/").content.decode())


def verbs() -> Iterator[str]:
    """Find every verb in the code: the second argument of `record`, what `verb` is set to or passed as."""
    for path in sorted((BASE_DIR / "annotations").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 1:
                yield from _strings(node.args[1])
            if path.name == "steering.py" and isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_record":
                yield from (f"{kind}.{node.args[2].value}" for kind in JOBS)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_record_change":
                yield from _strings(node.args[0])
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_chunk":
                yield from _strings(node.args[1])
            if isinstance(node, ast.keyword) and node.arg == "verb":
                yield from _strings(node.value)
            if (
                isinstance(node, ast.AnnAssign | ast.Assign)
                and isinstance(node.value, ast.Dict)
                and _name_of(node) == "VERBS"
            ):
                yield from (text for value in node.value.values for text in _strings(value))
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in (
                *("verb", "VERB", "WROTE", "LOADED"),
            ):
                yield from _strings(node.value)


def _name_of(node: ast.AnnAssign | ast.Assign) -> str:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return getattr(target, "id", "")


def _strings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        ending = node.values[-1].value
        if not isinstance(ending, str):  # the rest of the verb is looked at where it is made
            return
        jobs, judgements = JOBS, ("claim", "mention", "evidence")
        kinds = jobs if ending in (".requested", ".ended") else judgements
        yield from (f"{kind}{ending}" for kind in kinds)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_strings(node.body), *_strings(node.orelse))


def test_every_act_has_a_sentence_and_no_sentence_is_left_over():
    assert set(verbs()) == set(SENTENCES)


def test_an_annotation_is_named_by_its_words_and_a_change_by_both_values(team):
    made = factories.annotation(team.ada, factories.article(team.mia), 1, 10)
    change_annotation(made.key, AnnotationChange(label="number", note="zweiter Blick"), by=team.ada, base_version=1)

    who, sentence, changes = told(verb="annotation.changed")

    assert who == team.ada.pseudonym
    assert sentence == f"changed the annotation “{' '.join(made.quote.split())}”"
    assert changes == [("label", "Claim", "Number"), ("note", "–", "zweiter Blick")]


def test_states_roles_and_settings_are_said_in_words(team):
    article = factories.article(team.mia, title="Der Preis")
    submit(article, by=team.ada)
    change_role(team.ben, Membership.Role.REVIEWER, by=team.mia)
    change_project(team.project, {"visibility": "open", "language": ""}, by=team.mia, base_revision=1)

    assert told(verb="assignment.submitted")[1:] == (
        "submitted the article “Der Preis”",
        [("state", "open", "submitted")],
    )
    assert told(verb="member.role_changed")[1] == f"gave “{team.ben.pseudonym}” another role"
    assert told(verb="member.role_changed")[2] == [("role", "annotator", "reviewer")]
    assert told(verb="project.changed")[2][-1][1:] == (
        "blind: annotators see their own work only",
        "open: everybody sees everybody's work",
    )


def test_people_are_named_by_pseudonym_and_never_by_account(team):
    article = factories.article(team.mia)
    assign([article], [team.ada], by=team.mia)
    issue_token(team.ada.user, "script", expires_at=_in_a_day(), project=team.project)

    assert ("people", "", team.ada.pseudonym) in told(verb="assignment.given")[2]
    assert told(verb="token.issued")[0] == team.ada.pseudonym


def _in_a_day():
    from datetime import timedelta

    from django.utils import timezone

    return timezone.now() + timedelta(days=1)


def test_what_was_changed_is_still_named_after_its_text_was_erased(team):
    article = factories.article(team.mia)
    edit_article(article, MetadataChange(title="Neu", language="de"), by=team.mia, base_revision=1)
    assert ("title", "Der Preis", "Neu") in told(verb="article.changed")[2]
    forget_personal(AuditEvent.objects.filter(verb="article.changed"))

    assert told(verb="article.changed")[2] == [("language", "", "changed"), ("title", "", "changed")]


def test_a_thing_of_another_project_with_the_same_key_is_not_named(team):
    """Keys are unique in a project only."""
    other = factories.project("lake", manager="otto")
    theirs = factories.annotation(other, factories.article(other), 1, 10)
    made = factories.annotation(team.ada, factories.article(team.mia), 11, 14, key=theirs.key)

    assert told(verb="annotation.created", project=team.project)[1] == f"annotated “{made.quote.strip()}”"


def test_the_page_says_acts_in_words_and_shows_no_verb_or_raw_value(team, browser):
    made = factories.annotation(team.ada, factories.article(team.mia, title="Der Preis"), 1, 10)
    change_annotation(made.key, AnnotationChange(label="number"), by=team.ada, base_version=1)

    page = page_of(browser)

    listed = page.partition("</form>")[2].partition("</form>")[2]  # behind the log-out and the filter
    assert "began the article" in listed
    assert not [verb for verb in SENTENCES if verb in listed]
    assert re.search(r"label:</span> <del>\u2068Claim\u2069</del>", page)
    assert "began the article" in page


@pytest.mark.parametrize("name", ["ada", "rosa"])
def test_nobody_but_managers_reads_the_acts_of_a_blind_project(team, browser, name):
    factories.annotation(team.ben, factories.article(team.mia), 2, 11)

    assert browser(name).get("/p/river/acts/").status_code == 403
    assert team.ben.pseudonym not in page_of(browser, name)


def test_the_number_of_queries_does_not_grow_with_the_acts(team, browser):
    mia, counts = browser("mia"), []
    for n in range(2):
        for article in [factories.article(team.mia, title=f"Meldung {n} {k}") for k in range(1 + 9 * n)]:
            factories.annotation(team.ada, article, 2, 11)
            submit(article, by=team.ada)
        with CaptureQueriesContext(connection) as queries:
            mia.get("/p/river/acts/")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 12


def test_words_from_outside_stay_words(team, browser):
    article = factories.article(team.mia, title="<b>\u202eevil")
    submit(article, by=team.ada)

    page = browser("mia").get("/p/river/acts/").content.decode()

    assert "<b>" not in page
    assert "\u2068&lt;b&gt;\u202eevil\u2069" in page


def test_every_field_has_a_name_that_is_not_its_own_with_underscores():
    assert not [name for name, words in FIELDS.items() if "_" in str(words)]
