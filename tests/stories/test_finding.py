"""Stories suggested from shared passages, rare names and dates; what is new only, and never what was refused."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from annotations.jobs.starting import start_import
from annotations.models import AuditEvent, Job, QuoteDecision, QuoteLink, StorySuggestion, SuggestedArticle
from annotations.reuse.finding import start_finding
from annotations.stories.finding import start_finding_stories, start_where_due
from annotations.workflow.stories import Decision, change_articles, decide_suggestion
from tests import factories
from tests.reuse.test_finding import done
from tests.stories.made_up import WIRE, tell

pytestmark = pytest.mark.django_db


def parts(suggestion):
    rows = SuggestedArticle.objects.filter(suggestion=suggestion).select_related("article")
    return {
        name: {row.article.external_id for row in rows if row.is_related is is_related}
        for name, is_related in (("told", False), ("related", True))
    }


def test_a_story_is_suggested_from_passages_with_its_ground_and_what_is_related_beside_it():
    mia = factories.project()
    made = tell(mia)

    job = done(start_finding_stories(mia))

    suggestion = StorySuggestion.objects.get()
    assert (job.n_read, job.n_created, job.n_updated) == (5, 1, 0)
    assert parts(suggestion) == {"told": {"wire", "copy", "third"}, "related": {"other"}}
    row = SuggestedArticle.objects.get(suggestion=suggestion, article=made["copy"])
    ground = {each["article"]: each for each in row.ground}[str(made["wire"].uuid)]
    link = QuoteLink.objects.get(from_version=made["wire"].current_version, to_version=made["copy"].current_version)
    assert ground["passages"] == [{"key": str(link.key), "words": link.n_words}]
    assert (ground["words"], ground["days"]) == (link.n_words, 2)
    beside = SuggestedArticle.objects.get(suggestion=suggestion, article=made["other"])
    assert [each["names"] for each in beside.ground if not each["passages"]] == [["arlo", "benna"], ["arlo", "benna"]]
    assert AuditEvent.objects.get(verb="stories.suggested").after["suggestions_created"] == 1


def test_only_what_is_new_is_looked_at_and_joins_the_open_suggestion():
    mia = factories.project()
    tell(mia)
    done(start_finding_stories(mia))
    Job.objects.filter(kind__in=("reuse", "stories")).update(created_at=datetime(2024, 1, 1, tzinfo=UTC))
    factories.article(mia, text=f"Late. {WIRE} Very late.", external_id="late", title="Late")
    done(start_finding(mia))
    Job.objects.filter(kind="stories").update(created_at=datetime.now(UTC))
    again = done(start_finding_stories(mia, again=True))

    suggestion = StorySuggestion.objects.get()
    assert parts(suggestion)["told"] == {"wire", "copy", "third", "late"}
    assert (again.n_created, again.n_updated, suggestion.version_number) == (0, 1, 2)
    assert (done(start_finding_stories(mia, again=True)).n_updated, StorySuggestion.objects.count()) == (0, 1)


def test_what_was_refused_does_not_come_again_and_what_was_rejected_is_no_ground():
    mia = factories.project()
    made = tell(mia)
    done(start_finding_stories(mia))
    refused = StorySuggestion.objects.get()
    decide_suggestion(refused.key, Decision("refused", 1), by=mia)

    assert done(start_finding_stories(mia, again=True)).n_created == 0
    late = factories.article(mia, text=f"Late. {WIRE} Very late.", external_id="late", title="Late")
    done(start_finding(mia))
    done(start_finding_stories(mia))
    newer = StorySuggestion.objects.get(state="open")
    assert late.external_id in parts(newer)["told"]
    assert len(parts(newer)["told"]) == 2  # with one of the three: those were refused together

    for link in QuoteLink.objects.all():
        QuoteDecision.objects.create(project=mia.project, link=link, decided_by=mia, state="rejected")
    newer.articles.all().delete()
    newer.delete()
    assert done(start_finding_stories(mia, again=True)).n_created == 0
    assert made["wire"].external_id == "wire"


def test_what_comes_later_is_suggested_for_the_story_that_is_there_but_nothing_that_was_taken_out():
    mia = factories.project()
    made = tell(mia)
    done(start_finding_stories(mia))
    told = (made["wire"].uuid, made["copy"].uuid, made["third"].uuid)
    decision = Decision("confirmed", 1, key=uuid4(), name="The letter", articles=told)
    story = decide_suggestion(StorySuggestion.objects.get().key, decision, by=mia).story
    assert done(start_finding_stories(mia, again=True)).n_created == 0
    late = factories.article(mia, text=f"Late. {WIRE} Very late.", external_id="late", title="Late")
    done(start_finding(mia))

    done(start_finding_stories(mia))

    more = StorySuggestion.objects.get(state="open")
    assert (more.story, parts(more)["told"]) == (story, {"late"})
    decide_suggestion(more.key, Decision("confirmed", more.version_number), by=mia)
    change_articles(story.key, by=mia, remove=[late.uuid])
    assert done(start_finding_stories(mia, again=True)).n_created == 0


def test_rare_names_tell_one_story_where_the_dates_are_near():
    mia = factories.project()
    names = "Ilse Brandt met Otto Fenn in Oskahaven before Brenik was flooded"
    for name, text, day in (
        ("one", f"Yesterday {names}, it said.", 3),
        ("two", f"It was cold when {names}, people told us.", 5),
        ("old", f"Long ago {names}, they wrote.", 28),
    ):
        factories.article(mia, text=text, external_id=name, title=name, published_at=datetime(2024, 5, day, tzinfo=UTC))

    done(start_finding_stories(mia))

    assert parts(StorySuggestion.objects.get()) == {"told": {"one", "two"}, "related": {"old"}}


def test_workers_start_it_after_passages_were_looked_for(settings):
    mia = factories.project()
    tell(mia)
    assert start_where_due() == 0
    settings.WORKBENCH_FIND_REUSE = True
    assert (start_where_due(), start_where_due()) == (1, 0)
    done(Job.objects.get(kind="stories"))
    assert start_where_due() == 0


def test_of_five_real_articles_four_tell_one_story_and_the_fifth_is_related(shared_samples):
    folder = shared_samples / "seeds"
    if not folder.is_dir():
        pytest.skip("the seed articles are not at hand")
    mia = factories.project()
    paths = sorted(folder.glob("0*.txt"))
    done(start_import(mia, [(path.name, io.BytesIO(path.read_bytes())) for path in paths]))
    done(start_finding(mia))

    done(start_finding_stories(mia))

    suggestion = StorySuggestion.objects.get()
    found = parts(suggestion)
    assert {name[:3] for name in found["told"]} == {"000", "002", "004", "htt"}  # 001 is known by its address
    assert {name[:3] for name in found["related"]} == {"003"}
    for row in SuggestedArticle.objects.filter(suggestion=suggestion).select_related("article"):
        words = [each["words"] for each in row.ground]
        assert row.ground
        assert (max(words) >= 20) is not row.is_related
        if row.is_related:  # nothing of the site's footer of 108 words: names alone
            assert all(each["words"] < 20 and each["names"] for each in row.ground)
