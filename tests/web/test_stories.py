"""The pages of stories: the list with what is suggested, the matrix, an answer beside the texts; by form alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import AccountCell, AccountRow, Job, QuoteLink, Statement, Story, StorySuggestion
from annotations.reuse.finding import start_finding
from annotations.stories.finding import start_finding_stories
from annotations.stories.reading import SIGNS
from annotations.workflow.answering import NewAnswer, NewStatement, add_row, answer
from annotations.workflow.sources import add_source
from annotations.workflow.stories import change_articles, make_story
from tests import factories
from tests.api.test_quotations import captured
from tests.reuse.test_finding import done
from tests.stories.made_up import TEXTS, tell


@pytest.fixture
def told(team):
    return tell(team.mia)


@pytest.fixture
def story(team, told):
    return make_story(uuid4(), "The letter", by=team.mia, articles=[told[n].uuid for n in ("wire", "copy", "third")])


def body(page) -> str:
    return page.content.decode()


def test_what_is_suggested_shows_its_ground_and_becomes_a_story(team, browser, told):
    rosa = browser("rosa")
    assert "No stories" in body(rosa.get("/p/river/stories/"))
    job = rosa.post("/p/river/stories/", {"act": "find"})
    made = Job.objects.get(kind="stories")
    assert job["Location"] == f"/p/river/jobs/{made.uuid}/"
    done(made)
    page = body(rosa.get("/p/river/stories/"))
    assert "shared words" in page
    assert "rare names: <bdi>arlo, benna</bdi>" in page
    assert "1 day apart" in page

    suggestion = StorySuggestion.objects.get()
    sent = {"suggestion": str(suggestion.key), "base": "1", "name": "The letter"}
    ticked = {"article": [str(told["wire"].uuid), str(told["copy"].uuid)], "related": [str(told["other"].uuid)]}
    reply = rosa.post("/p/river/stories/", {**sent, **ticked, "act": "confirm"})
    story = Story.objects.get()
    assert reply["Location"] == f"/p/river/stories/{story.key}/"
    page = body(rosa.get(reply["Location"]))
    assert "The wire article" in page
    assert "The third article" not in page
    again = rosa.post("/p/river/stories/", {**sent, **ticked, "act": "confirm"})
    assert (again.status_code, Story.objects.count()) == (409, 1)


def test_a_suggestion_is_refused_and_opened_again(team, browser, told):
    done(start_finding_stories(team.mia))
    key = str(StorySuggestion.objects.get().key)
    mia = browser("mia")
    page = body(mia.post("/p/river/stories/", {"act": "refuse", "suggestion": key, "base": "1"}, follow=True))
    assert "It is not suggested again." in page
    assert 'id="suggested"' not in page
    mia.post("/p/river/stories/", {"act": "reopen", "suggestion": key, "base": "2"})
    assert StorySuggestion.objects.get().state == "open"


def test_annotators_of_a_blind_project_see_none_and_nobody_but_reviewers_and_managers_changes_one(
    team, browser, told, story
):
    path = f"/p/river/stories/{story.key}/"
    ada = browser("ada")
    assert "The letter" not in body(ada.get("/p/river/stories/"))
    row = add_row(story.key, uuid4(), "How many?", "number", by=team.mia)
    cell = f"?cell={str(row.key)[-6:]}-{str(told['wire'].uuid)[-6:]}"
    assert [ada.get(f"{path}{more}").status_code for more in ("", "matrix.csv", cell)] == [404, 404, 404]
    assert ada.post("/p/river/stories/", {"act": "new", "name": "Mine"}).status_code == 403
    factories.set_project(team.mia, visibility="open")
    page = ada.get(path)
    assert (page.status_code, "Change the story" in body(page)) == (200, False)
    assert ada.post(path, {"act": "story-withdraw"}).status_code == 403
    assert ada.get(f"{path}{cell}").status_code == 302
    assert ada.get(f"{path}?question={row.key}", headers={"HX-Request": "true"}).status_code == 403


def test_a_matrix_is_filled_by_forms_and_shows_what_prevails(team, browser, told, story):
    rosa = browser("rosa")
    path = f"/p/river/stories/{story.key}/"
    sent = {"act": "row-add", "text": "How many mayors signed?", "kind": "number", "cues": "sign", "fill": "on"}
    assert rosa.post(path, sent).status_code == 302
    row = AccountRow.objects.get()
    page = body(rosa.get(path))
    assert "3 of 3 say: <bdi>Fourteen mayors</bdi>" in " ".join(page.split())
    assert page.count("state-agrees") >= 3

    there = f"/p/river/stories/rows/{row.key}/answers/{told['copy'].uuid}/"
    page = body(rosa.get(there))
    assert '<mark id="here-1">Fourteen mayors</mark>' in page
    assert '<mark id="other-1">Fourteen mayors</mark>' in page
    forms = {"s-TOTAL_FORMS": "2", "s-INITIAL_FORMS": "1", "base": "1", "note": ""}
    words = {"s-0-text": "15", "s-0-voice": "source", "s-0-said_by": "the minister", "s-0-quote": "400 moved out"}
    reply = rosa.post(there, {**forms, **words, "state": "other_source", "s-1-text": ""})
    name = f"{str(row.key)[-6:]}-{str(told['copy'].uuid)[-6:]}"
    assert reply["Location"] == f"{path}?at={name}#at"
    assert f'<a href="?cell={name}" id="at">' in body(rosa.get(reply["Location"]))
    assert rosa.get(f"{path}?cell={name}")["Location"] == there
    assert rosa.get(f"{path}?cell=000000-000000").status_code == 404
    statement = Statement.objects.get(cell__article=told["copy"])
    assert (statement.value, statement.said_by) == ({"low": 15, "high": 15}, "the minister")
    assert TEXTS["copy"][statement.start : statement.end] == "400 moved out"
    page = " ".join(body(rosa.get(path)).split())
    assert "2 of 3 say:" in page
    assert "1 outlier" in page
    assert "different source" in page
    assert "Fourteen mayors" in body(rosa.get(there))  # in its history

    stale = rosa.post(there, {**forms, **words, "state": "agrees"})
    assert (stale.status_code, "Somebody answered this meanwhile" in body(stale)) == (409, True)
    wrong = rosa.post(there, {**forms, **words, "base": "2", "s-0-quote": "not there", "state": "agrees"})
    assert (wrong.status_code, "do not stand in the article" in body(wrong)) == (422, True)
    assert 'value="the minister"' in body(wrong)


def test_the_matrix_as_a_table_holds_every_statement_and_no_formula(team, browser, told, story):
    row = add_row(story.key, uuid4(), "=How many?", "number", by=team.mia)
    answer(row.key, told["wire"].uuid, NewAnswer("agrees", 0, [NewStatement("9"), NewStatement("-8")]), by=team.mia)
    reply = browser("rosa").get(f"/p/river/stories/{story.key}/matrix.csv")
    lines = list(csv.DictReader(io.StringIO(body(reply).removeprefix("\ufeff"))))
    assert [(line["article"], line["statement"]) for line in lines] == [
        ("wire", "9"),
        ("wire", "'-8"),
        ("third", ""),
        ("copy", ""),
    ]
    assert {line["question"] for line in lines} == {"'=How many?"}
    assert reply["Content-Disposition"] == f'attachment; filename="story-{story.key}.csv"'


def test_questions_and_articles_are_changed_on_the_page(team, browser, told, story):
    mia = browser("mia")
    path = f"/p/river/stories/{story.key}/"
    one = add_row(story.key, uuid4(), "One?", "name", by=team.mia)
    two = add_row(story.key, uuid4(), "Two?", "name", by=team.mia)
    mia.post(path, {"act": "row-move", "key": str(two.key), "place": "1"})
    page = body(mia.get(path))
    assert page.index("Two?") < page.index("One?")
    assert 'value="row-change"' not in page
    opened = body(mia.get(f"{path}?question={one.key}"))
    assert (opened.count('value="row-change"'), opened.count('value="row-move"'), opened.count("<h1")) == (1, 1, 1)
    part = mia.get(f"{path}?question={one.key}", headers={"HX-Request": "true"})
    assert (body(part).strip().startswith("<li"), 'value="row-withdraw"' in body(part)) == (True, True)
    other = add_row(make_story(uuid4(), "Else", by=team.mia).key, uuid4(), "Else?", "name", by=team.mia)
    asked = {"HX-Request": "true"}
    assert mia.get(f"{path}?question={other.key}", headers=asked).status_code == 404
    assert browser("rosa").get(f"{path}?question={one.key}", headers=asked).status_code == 200
    mia.post(path, {"act": "row-change", "key": str(one.key), "text": "Who?", "kind": "name", "cues": ""})
    mia.post(path, {"act": "row-withdraw", "key": str(two.key)})
    page = body(mia.get(path))
    assert "Who?" in page
    assert "Withdrawn questions" in page
    found = body(mia.get(f"{path}?find=other"))
    assert "The other article" in found
    mia.post(path, {"act": "articles-add", "key": str(told["other"].uuid)})
    mia.post(path, {"act": "articles-remove", "key": str(told["copy"].uuid)})
    page = body(mia.get(path))
    assert ("The other article" in page, "The copy article" in page) == (True, False)
    bad = mia.post(path, {"act": "row-add", "text": " ", "kind": "name"})
    assert (bad.status_code, "This field is required" in body(bad)) == (422, True)
    assert mia.post(path, {"act": "nothing"}).status_code == 404


def test_cells_whose_keys_end_alike_have_their_whole_address(team, browser, told, story):
    keys = [UUID(f"{n}0000000-0000-4000-8000-000000abcdef") for n in (1, 2)]
    rows = [add_row(story.key, key, "How many?", "number", by=team.mia) for key in keys]
    path = f"/p/river/stories/{story.key}/"
    rosa = browser("rosa")

    page = body(rosa.get(path))

    for row in rows:
        assert f'href="/p/river/stories/rows/{row.key}/answers/{told["wire"].uuid}/"' in page
    assert rosa.get(f"{path}?cell=abcdef-{str(told['wire'].uuid)[-6:]}").status_code == 404


def test_the_style_sheet_has_the_sign_of_each_state():
    css = Path(finders.find("annotations/css/stories.css")).read_text()
    for state, sign in SIGNS.items():
        assert f'.account-matrix .state-{state} > a::before {{ content: "{sign}";' in css


def test_two_stories_are_merged_and_parted_on_their_page(team, browser, told, story):
    other = make_story(uuid4(), "The letter again", by=team.mia, articles=[told["other"].uuid])
    mia = browser("mia")
    there = f"/p/river/stories/{other.key}/"
    assert str(story.key) in body(mia.get(f"{there}?same=letter"))
    mia.post(there, {"act": "same-merge", "key": str(story.key)})
    assert "Merged into another story" in body(mia.get(there))
    assert "merged into this one" in body(mia.get(f"/p/river/stories/{story.key}/"))
    mia.post(there, {"act": "same-part"})
    assert "Merged into another story" not in body(mia.get(there))


def test_the_picture_has_words_and_a_list_behind_it(team, browser, told, story):
    page = body(browser("rosa").get(f"/p/river/stories/{story.key}/"))
    assert '<title id="takings-title">Who took what from whom</title>' in page
    assert page.count('class="story-arc"') == 3
    assert "it is dated later" in page
    assert "story-dot-page" not in page


def test_a_captured_page_stands_in_the_picture_and_is_opened_from_the_list(team, browser, told, story):
    path = f"/p/river/stories/{story.key}/"
    with CaptureQueriesContext(connection) as without:
        browser("rosa").get(path)
    sources = [add_source(f"https://town.example/letter/{n}", by=team.mia) for n in range(3)]
    pages = [captured(source, team.mia, f"Letter {source.pk}. {TEXTS['wire']}") for source in sources]
    done(start_finding(team.mia))

    with CaptureQueriesContext(connection) as with_pages:
        page = body(browser("rosa").get(path))

    assert len(with_pages) == len(without)
    assert page.count('class="story-dot-page"') == 3
    assert "https://town.example/letter/1 (source page)" in page
    assert f'/p/river/sources/{sources[1].uuid}/captures/{pages[1].uuid}/"' in page
    link = QuoteLink.objects.get(to_capture=pages[1], from_version=told["wire"].current_version)
    assert f"/articles/{told['wire'].uuid}/passages/?passage={link.key}#p-{link.key}" in page


def test_twenty_articles_and_thirty_questions_take_as_many_queries_as_two(team, browser):
    articles = [
        factories.article(
            team.mia, text=f"It says {n}.", external_id=f"a{n}", title=f"Title {n}", publisher=f"P{n % 7}"
        )
        for n in range(20)
    ]
    story = make_story(uuid4(), "Large", by=team.mia, articles=[each.uuid for each in articles[:2]])
    path = f"/p/river/stories/{story.key}/"
    rosa = browser("rosa")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert rosa.get(path).status_code == 200
        return len(captured)

    row = add_row(story.key, uuid4(), "First?", "number", by=team.mia)
    answer(row.key, articles[0].uuid, NewAnswer("agrees", 0, [NewStatement("0", quote="says 0")]), by=team.mia)
    few = queries()
    change_articles(story.key, by=team.mia, add=[each.uuid for each in articles])
    rows = [row] + [add_row(story.key, uuid4(), f"Question {n}?", "number", by=team.mia) for n in range(29)]
    cells = [
        AccountCell(project=team.project, created_by=team.mia, row=each, article=article)
        for each in rows
        for article in articles
        if (each, article) != (row, articles[0])
    ]
    AccountCell.objects.bulk_create(cells)
    Statement.objects.bulk_create(
        Statement(project=team.project, cell=cell, n=n, text=str(n), value={"low": n, "high": n})
        for cell in AccountCell.objects.exclude(statements__isnull=False)
        for n in range(2)
    )
    assert AccountCell.objects.count() == 600
    assert queries() == few <= 24
    assert len(rosa.get(path).content) < 200_000
    with CaptureQueriesContext(connection) as captured:
        assert rosa.get(f"{path}?question={row.key}", headers={"HX-Request": "true"}).status_code == 200
        name = f"{str(row.key)[-6:]}-{str(articles[3].uuid)[-6:]}"
        assert rosa.get(f"{path}?cell={name}").status_code == 302
    assert len(captured) <= 24
    with CaptureQueriesContext(connection) as captured:
        assert rosa.get(f"/p/river/stories/rows/{row.key}/answers/{articles[3].uuid}/").status_code == 200
    assert len(captured) <= 26


def test_what_prevails_and_who_differs_is_seen_at_a_glance_and_what_has_no_rules_is_said(team, browser, told, story):
    arabic = factories.article(team.mia, text="انتقل 900 شخص.", language="ar", external_id="ar", title="Arabic")
    change_articles(story.key, by=team.mia, add=[arabic.uuid])
    for text, third in (("How many moved?", "15"), ("How many stayed?", "14")):
        row = add_row(story.key, uuid4(), text, "number", by=team.mia)
        for name, said in (("wire", "14"), ("copy", "14"), ("third", third)):
            answer(row.key, told[name].uuid, NewAnswer("unchecked", 0, [NewStatement(said)]), by=team.mia)
    rosa = browser("rosa")

    page = body(rosa.get(f"/p/river/stories/{story.key}/"))

    assert "On 2 of 2 questions an answer prevails." in page
    assert '<span class="account-outliers">1 outlier</span>, most of them: <bdi>Courier</bdi> (1)' in page
    assert page.count('class="account-outliers"') == 3  # in all, in its row, at the head of its column
    assert page.count('class="account-glance" aria-hidden="true"') == 1
    at = page.partition('<a class="state-contradicts is-outlier" tabindex="-1" href="#')[2].partition('"')[0]
    assert f'id="{at}">contradicts <small>proposed</small><p>15 ' in page
    cell = body(rosa.get(f"/p/river/stories/rows/{row.key}/answers/{arabic.uuid}/"))
    assert "there are no rules for its language (ar)" in cell
    sent = {"act": "row-propose", "key": str(row.key), "base": "1"}
    done = body(rosa.post(f"/p/river/stories/{story.key}/", sent, follow=True))
    assert "Nothing is proposed for 1 article, as there are no rules for its language (ar)." in done
