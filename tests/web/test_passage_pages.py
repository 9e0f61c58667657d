"""The pages of shared passages: side by side, decided by form, those of the whole project, and finding them."""

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from annotations.models import Job, QuoteDecision, QuoteLink
from annotations.removing.withholding import Demand, withhold_capture
from annotations.reuse.finding import start_finding
from annotations.reuse.grouping import groups_in
from annotations.workflow.sources import add_source
from tests import factories
from tests.api.test_quotations import captured
from tests.reuse.test_captures import SPEECH
from tests.reuse.test_finding import MORE, REPORT, done


@pytest.fixture
def shared(team):
    one = factories.article(team.mia, text=f"{REPORT}\n\n{MORE}", title="Report", publisher="Wire", external_id="one")
    two = factories.article(team.mia, text=f"So. {REPORT.replace('wants', 'hopes')}", title="Copy", external_id="two")
    three = factories.article(team.mia, text=f"Look. {REPORT} End.", title="Third", external_id="three")
    done(start_finding(team.mia))
    return one, two, three


def body(page) -> str:
    return page.content.decode()


def test_passages_of_an_article_stand_side_by_side_and_each_member_decides_for_themselves(team, browser, shared):
    path = f"/p/river/articles/{shared[1].uuid}/passages/"
    ada, ben = browser("ada"), browser("ben")
    page = body(ada.get(path))
    assert "stand in 2 other articles too" in page
    assert page.count("<mark>hopes </mark>") == page.count("<mark>wants </mark>") == 2
    link = QuoteLink.objects.get(from_version=shared[0].current_version, to_version=shared[1].current_version)
    assert f"#at={link.to_start}-{link.to_end}" in page
    assert f"#at={link.from_start}-{link.from_end}" in page

    sent = {"passage": str(link.key), "base_version": "0", "state": "confirmed", "direction": "forward"}
    reply = ada.post(path, sent | {"relation": "paraphrased", "note": "by hand"})
    assert reply["Location"] == f"{path}?passage={link.key}#p-{link.key}"
    page = body(ada.get(reply["Location"]))
    assert "this article took it from the other" in page  # it is the second of the two
    assert "a person said so" in page
    assert "by hand" not in body(ben.get(path))
    assert f"{team.ada.pseudonym}</bdi>: confirmed" in body(browser("rosa").get(path))
    again = body(ada.post(path, sent, follow=True))
    assert "in another window meanwhile" in again

    ada.post(path, {"passage": str(link.key), "base_version": "1", "state": "rejected"})
    page = body(ada.get(path))
    assert "stand in 1 other article too" in page
    assert page.index('id="rejected"') < page.index(f'id="p-{link.key}"')
    assert 'id="rejected"' not in body(ben.get(path))
    assert QuoteDecision.objects.get().state == "rejected"


def test_no_one_but_members_who_annotate_decides(team, browser, shared):
    factories.member(team.mia, "vera", "viewer")
    path = f"/p/river/articles/{shared[0].uuid}/passages/"
    sent = {"passage": str(QuoteLink.objects.earliest("pk").key), "base_version": "0", "state": "confirmed"}

    assert 'name="state"' not in body(browser("vera").get(path))
    assert browser("vera").post(path, sent).status_code == 403
    assert browser("ada").post(path, {**sent, "passage": "no"}).status_code == 404
    assert not QuoteDecision.objects.exists()


def test_a_project_lists_what_stands_in_most_articles_and_managers_have_it_looked_for(
    team, browser, shared, django_assert_max_num_queries
):
    path = "/p/river/passages/"
    with CaptureQueriesContext(connection) as first:
        page = body(browser("ada").get(path))
    assert "in 3 articles" in page
    assert "fifteen ambassadors" in page
    assert "Find shared passages" not in page
    for n in range(3):
        factories.article(team.mia, text=f"{n}. {MORE}", title=f"More {n}")
    done(start_finding(team.mia))
    with django_assert_max_num_queries(len(first)):
        page = body(browser("ada").get(path))
    assert page.index("in 4 articles") < page.index("in 3 articles")

    copy = shared[1].current_version
    for each in QuoteLink.objects.filter(Q(to_version=copy) | Q(from_version=copy)):
        QuoteDecision.objects.create(project=team.project, link=each, decided_by=team.ada, state="rejected")
    assert sorted(group.n_articles for group in groups_in(team.ada)[0]) == [2, 4]
    assert sorted(group.n_articles for group in groups_in(team.ben)[0]) == [3, 4]

    assert browser("ada").post(path).status_code == 403
    reply = browser("mia").post(path, {"again": "on"})
    job = Job.objects.latest("pk")
    assert (reply["Location"], job.kind, job.parameters["again"]) == (f"/p/river/jobs/{job.uuid}/", "reuse", True)


def test_what_stands_in_a_capture_is_shown_side_by_side_and_decided_about(browser, team):
    source = add_source("https://wire.example/speech", by=team.ada)
    article = factories.article(team.mia, f"First.\n\n{REPORT}", external_id="one", title="One")
    page = captured(source, team.ada, SPEECH)
    done(start_finding(team.mia))
    link = QuoteLink.objects.get()
    path = f"/p/river/articles/{article.uuid}/passages/"

    shown = browser("ada").get(path).content.decode()

    assert "captured of 1 source" in shown
    assert f"/sources/{source.uuid}/captures/{page.uuid}/#at={link.to_start}-{link.to_end}" in shown
    assert "<mark>hopes </mark>" in shown
    sent = {"passage": str(link.key), "base_version": "0", "state": "rejected", "direction": "backward"}
    assert browser("ada").post(path, sent).status_code == 302
    assert QuoteDecision.objects.get().direction == "backward"
    assert 'id="rejected"' in browser("ada").get(path).content.decode()


def test_captures_in_which_a_passage_stands_are_named_with_it_and_counted_apart(browser, team, shared):
    path = "/p/river/passages/"
    with CaptureQueriesContext(connection) as without:
        assert "source page" not in body(browser("ada").get(path))
    sources = [add_source(f"https://wire.example/speech/{n}", by=team.ada) for n in range(2)]
    old = captured(sources[0], team.ada, SPEECH)
    pages = [captured(source, team.ada, f"Page {source.pk}. {SPEECH}") for source in sources]
    done(start_finding(team.mia))

    with CaptureQueriesContext(connection) as with_pages:
        page = body(browser("ada").get(path))

    assert len(with_pages) == len(without) + 1
    assert ("in 3 articles" in page, "and 2 sources" in page) == (True, True)
    link = QuoteLink.objects.filter(to_capture=pages[1]).latest("n_words")
    assert f"/sources/{sources[1].uuid}/captures/{pages[1].uuid}/#at={link.to_start}-{link.to_end}" in page
    assert str(old.uuid) not in page
    group = groups_in(team.ben)[0][0]  # who does not see others' captures
    assert (group.n_articles, min(group.places) > 0) == (3, True)
    assert "source page" not in body(browser("ben").get(path))

    for each in QuoteLink.objects.filter(to_capture=pages[0]):
        QuoteDecision.objects.create(project=team.project, link=each, decided_by=team.ada, state="rejected")
    withhold_capture(pages[1], Demand("https://wire.example/speech/1", "Wire", "Rights."), by=team.mia)
    assert "source page" not in body(browser("ada").get(path))


def test_a_passage_of_one_article_and_a_capture_is_listed_last_and_the_captured_article_is_no_source(
    browser, team, shared
):
    alone = "Nobody but the clerk of the town of Oskahaven had ever read these forty lines."
    article = factories.article(team.mia, text=f"{alone}", title="Alone", external_id="alone")
    captured(add_source("https://town.example/lines", by=team.mia), team.mia, f"Lines. {alone}")
    own = captured(source := add_source("https://wire.example/one", by=team.mia), team.mia, f"Own. {REPORT}")
    type(article).objects.filter(pk=shared[0].pk).update(url_sha256=source.url_sha256)
    done(start_finding(team.mia))

    page = body(browser("mia").get("/p/river/passages/"))

    assert page.index("in 3 articles") < page.index("in 1 article<") < page.index("and 1 source<")
    assert str(own.uuid) not in page
