"""Stories and their matrix: made, merged, parted; questions moved; answers with versions, keys, revisions."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import (
    AccountCell,
    AccountRow,
    Article,
    AuditEvent,
    Capture,
    Publisher,
    QuoteLink,
    Region,
    Source,
    Statement,
    Story,
    StoryArticle,
    StoryRevision,
)
from annotations.removing.withholding import Demand, withhold_capture
from annotations.reuse.finding import start_finding
from annotations.stories.asking import fill_row
from annotations.stories.reading import story_view
from annotations.workflow.answering import NewAnswer, NewStatement, RowChange, add_row, answer, change_row
from annotations.workflow.merging import merge_articles, split_articles
from annotations.workflow.passages import PassageDecision, decide_passage
from annotations.workflow.sources import add_source
from annotations.workflow.stories import (
    StoryChange,
    change_articles,
    change_story,
    counted_stories,
    find_story,
    make_story,
    merge_stories,
    part_story,
    story_rows,
)
from tests import factories
from tests.api.test_quotations import captured
from tests.reuse.test_finding import done
from tests.stories.made_up import TEXTS, WIRE, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def told(mia):
    return tell(mia)


@pytest.fixture
def story(mia, told):
    return make_story(uuid4(), "  The  letter ", by=mia, articles=[told[n].uuid for n in ("wire", "copy", "third")])


def row_of(story, mia, text="How many moved out?", kind="number", **values):
    return add_row(story.key, uuid4(), text, kind, by=mia, **values)


def test_a_story_is_made_renamed_withdrawn_and_brought_back_with_its_history(mia, told, story):
    assert (story.name, StoryArticle.objects.count()) == ("The letter", 3)
    change_story(story.key, StoryChange(name="The mayors’ letter"), by=mia, base_version=1)
    with pytest.raises(Conflict) as stale:
        change_story(story.key, StoryChange(name="Other"), by=mia, base_version=1)
    assert stale.value.current.name == "The mayors’ letter"
    change_story(story.key, StoryChange(withdrawn=True), by=mia, base_version=2)
    assert not story_rows(mia).exists()
    with pytest.raises(Refused):
        change_articles(story.key, by=mia, add=[told["far"].uuid])
    change_story(story.key, StoryChange(withdrawn=False), by=mia, base_version=3)
    assert list(StoryRevision.objects.values_list("version_number", "name")) == [
        (1, "The letter"),
        (2, "The mayors’ letter"),
        (3, "The mayors’ letter"),
    ]
    verbs = AuditEvent.objects.filter(object_key=str(story.key)).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["story.created", "story.changed", "story.withdrawn", "story.restored"]


def test_a_repeated_request_makes_one_story_and_a_strange_article_none(mia, told):
    key = uuid4()
    once = Request.of(key, "make")
    made = [make_story(key, "One", by=mia, request=once) for _time in range(2)]
    assert (made[0].pk, Story.objects.count()) == (made[1].pk, 1)
    other = factories.project("lake", manager="lea")
    with pytest.raises(NotThere):
        make_story(uuid4(), "Two", by=mia, articles=[factories.article(other).uuid])
    assert Story.objects.count() == 1


def test_articles_are_added_related_and_taken_out_and_come_back_as_the_same_row(mia, told, story):
    change_articles(story.key, by=mia, relate=[told["other"].uuid], remove=[told["copy"].uuid])
    view = story_view(story, mia)
    assert [each.article.external_id for each in view.told] == ["wire", "third"]  # in order of time
    assert [each.article.external_id for each in view.related] == ["other"]
    change_articles(story.key, by=mia, add=[told["copy"].uuid, told["other"].uuid])
    assert (StoryArticle.objects.count(), len(story_view(story, mia).told)) == (4, 4)
    assert [column.publisher for column in story_view(story, mia).columns] == ["Wire", "Courier", ""]


def test_of_two_stories_one_stands_for_both_until_they_are_parted(mia, told, story):
    other = make_story(uuid4(), "A road", by=mia, articles=[told["other"].uuid])
    row = row_of(other, mia, "Who?", "name")
    merge_stories(other.key, story.key, by=mia, base_version=1)

    view = story_view(find_story(mia, story.key), mia)
    assert ({each.article.external_id for each in view.told}, [each.row for each in view.rows]) == (
        {"wire", "copy", "third", "other"},
        [row],
    )
    assert [each.pk for each in story_rows(mia)] == [story.pk]
    answer(row.key, told["wire"].uuid, NewAnswer("omits", 0), by=mia)  # of the other story's article
    with pytest.raises(Refused):
        row_of(other, mia)
    part_story(other.key, by=mia, base_version=2)
    part_story(other.key, by=mia, base_version=2)
    assert len(story_view(find_story(mia, story.key), mia).told) == 3
    with pytest.raises(Refused):
        merge_stories(story.key, story.key, by=mia, base_version=1)


def test_who_took_what_from_whom_is_told_by_passages_in_order_of_dates(mia, told, story):
    view = story_view(story, mia)
    known = {(each.source.article.external_id, each.taker.article.external_id) for each in view.takings}
    assert known == {("wire", "copy"), ("wire", "third"), ("third", "copy")}
    assert all(each.is_known and each.n_words >= 30 and each.grounds for each in view.takings)


SPEECH = f"The letter.\n\n{WIRE}\n\nSo it was read out."


def page_of(mia, address, text=SPEECH, day=1):
    source = add_source(address, by=mia)
    page = captured(source, mia, text)
    Capture.objects.filter(pk=page.pk).update(published_at=datetime(2024, 5, day, tzinfo=UTC))
    done(start_finding(mia))
    return page


def taken(story, mia):
    """Return who took what from whom where a page or an outlet is one of the two, with ~ where that is not known."""
    return {
        " -> ".join(_name(node) for node in (each.source, each.taker)) if each.is_known else _name(each.source) + " ~"
        for each in story_view(story, mia).takings
        if each.article is None or each.source.article is None or each.taker.article is None
    }


def _name(node):
    return node.article.external_id if node.article else "page" if node.capture else node.name


def test_a_captured_page_that_shares_their_passage_stands_in_the_picture_once_and_in_its_time(mia, told, story):
    old = page_of(mia, "https://town.example/letter", SPEECH.replace("Fourteen", "Some"), day=4)
    page = page_of(mia, "https://town.example/letter", day=4)

    view = story_view(story, mia)

    assert taken(story, mia) == {"wire -> page", "third ~", "page -> copy"}
    assert [_name(node) for node in view.nodes] == ["wire", "third", "page", "copy"]
    assert [node.capture for node in view.nodes if node.capture] == [page]  # not the older one
    for each in (page, old):
        withhold_capture(each, Demand("https://town.example/letter", "Town", "Rights."), by=mia)
    assert [_name(node) for node in story_view(story, mia).nodes] == ["wire", "third", "copy"]


def test_a_rejected_passage_and_the_captured_page_of_an_article_of_the_story_make_no_node(mia, told, story):
    page_of(mia, "https://town.example/letter")
    links = list(QuoteLink.objects.filter(to_capture__isnull=False))
    assert taken(story, mia) == {"page -> wire", "page -> copy", "page -> third"}
    for link in links:
        decide_passage(link.key, PassageDecision("rejected", 0), by=mia)
    assert not taken(story, mia)
    for link in links:
        decide_passage(link.key, PassageDecision("confirmed", 1, direction="forward"), by=mia)
    assert taken(story, mia) == {"wire -> page", "copy -> page", "third -> page"}
    Article.objects.filter(pk=told["wire"].pk).update(url_sha256=Source.objects.get().url_sha256)
    assert not taken(story, mia)


def test_an_original_that_is_captured_stands_for_the_outlet_that_is_not_held_and_reposts_hang_from_it(mia, told, story):
    town = Publisher.objects.create(project=mia.project, name="Town")
    change_articles(story.key, by=mia, add=[told["other"].uuid])
    for name, quoted in (("copy", WIRE), ("other", "She said nothing of any letter.")):
        version = told[name].current_version
        start = version.text.index(quoted)
        zone = Region(project=mia.project, version=version, length=version.length, publisher=town, kind="excerpt")
        zone.start, zone.end = start, start + len(quoted)
        zone.save()
    assert taken(story, mia) == {"Town -> copy", "Town -> other"}
    source = add_source("https://town.example/letter", by=mia)
    Source.objects.filter(pk=source.pk).update(publisher=town)

    page_of(mia, "https://town.example/letter", day=9)  # dated last: what is cited counts before the date

    assert taken(story, mia) == {"page -> copy", "page -> other", "wire -> page", "third -> page"}
    view = story_view(story, mia)
    grounds = {_name(each.taker): each.grounds for each in view.takings if _name(each.source) == "page"}
    assert grounds == {"copy": {"the excerpt names its publisher"}, "other": {"an excerpt names it"}}
    assert [_name(node) for node in view.nodes] == ["wire", "third", "copy", "page", "other"]


def test_only_reviewers_and_managers_edit_and_in_a_blind_project_annotators_see_nothing(mia, told, story):
    ada, rosa = factories.member(mia, "ada"), factories.member(mia, "rosa", "reviewer")
    vera = factories.member(mia, "vera", "viewer")
    row = row_of(story, rosa)
    for by in (ada, vera):
        assert find_story(by, story.key) == story
        with pytest.raises(Forbidden):
            make_story(uuid4(), "Mine", by=by)
        with pytest.raises(Forbidden):
            answer(row.key, told["wire"].uuid, NewAnswer("omits", 0), by=by)
    factories.set_project(mia, visibility="blind")
    for name in ("ada", "vera"):
        by = type(mia).objects.select_related("project").get(project=mia.project, user__username=name)
        assert not story_rows(by).exists()
        with pytest.raises(NotThere):
            find_story(by, story.key)


def test_questions_are_moved_reworded_and_withdrawn(mia, told, story):
    one, two, three = (row_of(story, mia, f"Question {n}?", "name") for n in (1, 2, 3))

    def order():
        return [each.row.text for each in story_view(story, mia).rows]

    change_row(three.key, RowChange(position=1), by=mia, base_version=1)
    assert order() == ["Question 3?", "Question 1?", "Question 2?"]
    change_row(three.key, RowChange(position=3), by=mia, base_version=2)
    assert order() == ["Question 1?", "Question 2?", "Question 3?"]
    change_row(one.key, RowChange(text="Who  signed?", kind="set", cues=" sign, ,mayor"), by=mia, base_version=1)
    change_row(two.key, RowChange(withdrawn=True), by=mia, base_version=1)
    assert order() == ["Who signed?", "Question 3?"]
    one.refresh_from_db()
    assert (one.kind, one.cues, one.version_number, one.revisions.get().text) == (
        "set",
        "sign, mayor",
        2,
        "Question 1?",
    )
    with pytest.raises(Refused):
        answer(two.key, told["wire"].uuid, NewAnswer("omits", 0), by=mia)


def test_an_answer_is_kept_whole_with_what_was_there_before(mia, told, story):
    row = row_of(story, mia)
    text = TEXTS["wire"]
    said = NewStatement("Up to 900", "source", "the mayors", "2024-05", quote="Up to 900")
    cell = answer(row.key, told["wire"].uuid, NewAnswer("agrees", 0, [said], "checked"), by=mia)
    statement = Statement.objects.get()
    assert (statement.value, text[statement.start : statement.end]) == ({"low": None, "high": 900}, "Up to 900")
    with pytest.raises(Conflict):
        answer(row.key, told["wire"].uuid, NewAnswer("agrees", 0), by=mia)
    two = [NewStatement("900"), NewStatement("400", start=text.index("0 moved"), quote="0 moved")]
    answer(row.key, told["wire"].uuid, NewAnswer("differs", 1, two), by=mia)

    cell.refresh_from_db()
    before = cell.revisions.get()
    assert (cell.version_number, cell.state, Statement.objects.count()) == (2, "differs", 2)
    assert (before.state, before.note, before.statements[0]["quote"]) == ("agrees", "checked", "Up to 900")
    assert Statement.objects.get(n=1).start == text.index("0 moved")
    assert Statement.objects.get(n=0).version is None


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        (NewStatement(" "), "statements.0.text"),
        (NewStatement("9", voice="nobody"), "statements.0.voice"),
        (NewStatement("9", as_of="May"), "statements.0.as_of"),
        (NewStatement("9", quote="words that are not there"), "statements.0.quote"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(mia, told, story, statement, field):
    row = row_of(story, mia)
    with pytest.raises(Refused) as refusal:
        answer(row.key, told["wire"].uuid, NewAnswer("agrees", 0, [statement]), by=mia)
    assert refusal.value.field == field
    assert not AccountCell.objects.exists()


def test_a_statement_stands_on_an_annotation_where_one_names_it(mia, told, story):
    row = row_of(story, mia)
    made = factories.annotation(mia, told["wire"], 4, 10)
    answer(row.key, told["wire"].uuid, NewAnswer("agrees", 0, [NewStatement("9", annotation=made.key)]), by=mia)
    statement = Statement.objects.get()
    assert (statement.start, statement.end, statement.annotation) == (4, 10, made)
    with pytest.raises(NotThere):
        answer(row.key, told["copy"].uuid, NewAnswer("agrees", 0, [NewStatement("9", annotation=made.key)]), by=mia)
    with pytest.raises(NotThere):
        answer(row.key, told["far"].uuid, NewAnswer("agrees", 0), by=mia)  # not of the story


def test_answers_are_read_from_the_texts_and_give_way_to_nobody(mia, told, story):
    row = row_of(story, mia, "How many moved out?")
    answer(row.key, told["third"].uuid, NewAnswer("agrees", 0, [NewStatement("nobody")]), by=mia)

    assert fill_row(AccountRow.objects.select_related("story").get(pk=row.pk), by=mia).n == 2

    read = {
        cell.article.external_id: [(each.text, each.value) for each in cell.statements.all()]
        for cell in AccountCell.objects.filter(row=row)
    }
    assert read["wire"] == [("Up to 900", {"low": None, "high": 900})]
    assert read["copy"] == [("At least 400", {"low": 400, "high": None})]
    assert read["third"] == [("nobody", {"low": 0, "high": 0})]
    cells = {each.article.external_id: each for each in story_view(story, mia).rows[0].cells}
    assert (cells["wire"].is_checked, cells["third"].is_checked) == (False, True)
    assert cells["wire"].cell.proposed_by == "claim-workbench/accounts 2"
    assert fill_row(AccountRow.objects.select_related("story").get(pk=row.pk), by=mia).n == 0


def test_sets_and_yes_or_no_are_read_too(mia, told, story):
    signed = row_of(story, mia, "Which mayors?", "set", cues="mayor")
    sent = row_of(story, mia, "Was it sent?", "yes_no")
    for row in (signed, sent):
        fill_row(AccountRow.objects.select_related("story").get(pk=row.pk), by=mia)
    found = {row.row.text: {c.article.external_id: c for c in row.cells} for row in story_view(story, mia).rows}
    assert found["Which mayors?"]["wire"].statements[0].value == {"items": ["Arlo", "Benna", "Corvo"]}
    values = {name: [each.value for each in cell.statements] for name, cell in found["Was it sent?"].items()}
    assert values == {"wire": [{"yes": True}], "copy": [{"yes": False}], "third": []}


def test_answers_are_read_in_the_language_of_the_article_and_for_others_it_is_said_that_none_are(mia, told, story):
    german = factories.article(mia, text="Rund 1,2 Mio. Menschen zogen um.", language="de", external_id="de")
    arabic = factories.article(mia, text="انتقل 900 شخص.", language="ar", external_id="ar")
    change_articles(story.key, by=mia, add=[german.uuid, arabic.uuid])
    row = row_of(story, mia, "How many moved out?", cues="moved, zogen")

    filled = fill_row(AccountRow.objects.select_related("story").get(pk=row.pk), by=mia)

    assert (filled.n, filled.not_read) == (4, {"ar": 1})
    read = AccountCell.objects.get(row=row, article=german).statements.get()
    assert (read.text, read.value["low"], read.value["about"]) == ("Rund 1,2 Mio. Menschen", 1_200_000, True)
    assert not AccountCell.objects.filter(row=row, article=arabic).exists()


def test_an_article_that_is_merged_stands_in_the_story_as_the_one_kept_until_they_are_parted(mia, told, story):
    row = row_of(story, mia, "How many moved out?")
    answer(row.key, told["third"].uuid, NewAnswer("differs", 0, [NewStatement("900")]), by=mia)
    kept = factories.article(mia, text="Another wording altogether.", external_id="kept", title="Kept")
    told["third"].refresh_from_db()

    merge_articles(kept, told["third"], by=mia)

    view = story_view(story, mia)
    assert {each.article.external_id for each in view.told} == {"wire", "copy", "kept"}
    shown = {each.article.external_id: each for each in view.rows[0].cells}["kept"]
    assert (shown.state, [each.text for each in shown.statements]) == ("differs", ["900"])
    assert counted_stories(mia).get().n_articles == 3
    with pytest.raises(Conflict):
        answer(row.key, kept.uuid, NewAnswer("agrees", 0, [NewStatement("400")]), by=mia)
    own = answer(row.key, told["third"].uuid, NewAnswer("agrees", 1, [NewStatement("400")]), by=mia)
    assert own.article == kept  # the id of the one leads to the other
    assert fill_row(AccountRow.objects.select_related("story").get(pk=row.pk), by=mia).n == 2

    split_articles(Article.objects.get(pk=told["third"].pk), by=mia)

    view = story_view(story, mia)
    back = {each.article.external_id: each for each in view.rows[0].cells}["third"]
    assert {each.article.external_id for each in view.told} == {"wire", "copy", "third"}
    assert [each.text for each in back.statements] == ["900"]


def test_two_articles_of_a_story_that_become_one_are_one_there_and_are_taken_out_together(mia, told, story):
    change_articles(story.key, by=mia, relate=[told["copy"].uuid])
    merge_articles(told["wire"], told["copy"], by=mia)

    view = story_view(story, mia)
    assert ([each.article.external_id for each in view.told], view.related) == (["wire", "third"], [])
    change_articles(story.key, by=mia, relate=[told["copy"].uuid])
    assert [each.article.external_id for each in story_view(story, mia).related] == ["wire"]
    change_articles(story.key, by=mia, remove=[told["wire"].uuid])
    view = story_view(story, mia)
    assert [each.article.external_id for each in (*view.told, *view.related)] == ["third"]
