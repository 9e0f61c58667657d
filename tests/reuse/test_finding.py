"""Shared passages stored: found as articles come, once, proportional to what changed, within the project."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.errors import Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import IndexedText, Job, QuoteDecision, QuoteLink, Region
from annotations.reuse import index
from annotations.reuse.asking import where_else
from annotations.reuse.finding import start_finding, start_where_due
from annotations.reuse.showing import passages_among, passages_of
from annotations.reuse.words import words_of
from annotations.tasks import KINDS
from annotations.text.spans import Span
from annotations.workflow.correcting import correct_article
from annotations.workflow.merging import merge_articles
from tests import factories
from tests.reuse import planted

pytestmark = pytest.mark.django_db
REPORT = (
    "📈 A group of fifteen ambassadors wants to meet the party secretary of the region, a draft of the letter says."
)
MORE = "Nobody in the capital had answered it by Thursday evening, two people who saw the letter said."
FOOTER = "Subscribe to our letter and read every morning what the editors of this paper think of the day."
IMPRINT = "The Morgenblatt is printed in the old house by the river, and has been so for more than a hundred years."


def done(job: Job) -> Job:
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return job


def spans(link):
    text, other = link.from_version.text, link.to_version.text
    for a, b, c, d in link.parts:
        assert 0 <= a < b <= len(text)
        assert 0 <= c < d <= len(other)
    return text[link.from_start : link.from_end], other[link.to_start : link.to_end]


def test_a_passage_is_found_when_its_second_text_comes_and_only_once():
    mia = factories.project()
    factories.article(mia, text=f"First.\n\n{REPORT}\n\n{MORE}", external_id="a")
    factories.article(mia, text="Something else altogether stands here, in more than eight words, you see.")
    assert done(start_finding(mia)).n_created == 0
    factories.article(mia, text=f"Elsewhere. {REPORT} […] {MORE} Last.", external_id="b")

    jobs = [done(start_finding(mia)) for _time in range(2)]

    assert [(job.n_read, job.n_created) for job in jobs] == [(1, 1), (0, 0)]
    link = QuoteLink.objects.get()
    assert (link.relation, link.n_words, link.score, len(link.parts)) == ("verbatim", 37, 1.0, 2)
    first, second = spans(link)
    assert first == f"{REPORT}\n\n{MORE}"[2:-1]
    assert second == f"{REPORT} […] {MORE}"[2:-1]
    assert done(start_finding(mia, again=True)).n_unchanged == 1


def test_workers_start_it_where_articles_came_and_nowhere_else(settings):
    settings.WORKBENCH_FIND_REUSE = True
    mia = factories.project()
    factories.project("empty")
    factories.article(mia, text=REPORT)

    assert (start_where_due(), start_where_due()) == (1, 0)
    done(Job.objects.get(kind="reuse"))
    assert start_where_due() == 0
    with CaptureQueriesContext(
        connection,
    ) as queries:
        start_where_due()
    assert len(queries) == 1
    factories.article(mia, text=MORE)
    assert start_where_due() == 1


def test_a_corrected_article_is_looked_at_anew_and_what_was_decided_stays():
    mia = factories.project()
    one = factories.article(mia, text=f"{REPORT}\n\n{MORE}")
    factories.article(mia, text=REPORT)
    factories.article(mia, text=MORE)
    done(start_finding(mia))
    decided = QuoteLink.objects.get(n_words=20)
    QuoteDecision.objects.create(project=mia.project, link=decided, decided_by=mia, state="rejected")
    one.refresh_from_db()
    correct_article(one, REPORT.replace("wants", "hopes"), by=mia, base_version=one.current_version.uuid)

    done(start_finding(mia))

    one.refresh_from_db()
    rows = QuoteLink.objects.order_by("pk")
    assert rows[0].pk == decided.pk
    assert [(row.relation, row.n_words, row.to_version_id) for row in rows[1:]] == [
        ("altered", 19, one.current_version_id)
    ]
    assert IndexedText.objects.count() == 3


def test_what_an_article_shares_with_one_that_was_merged_into_another_is_shown_no_more():
    mia = factories.project()
    first, second, third = (factories.article(mia, text=f"{n}.\n\n{REPORT}") for n in ("One", "Two", "Three"))
    done(start_finding(mia))
    assert len(passages_of(first, mia)) == 2

    merge_articles(second, third, by=mia)

    assert [each.article for each in passages_of(first, mia)] == [second]
    assert passages_among(mia.project_id).count() == 1


def test_what_a_publisher_puts_under_all_its_articles_is_left_out_later_and_before():
    mia = factories.project()
    for n in range(3):
        own = planted.Writer(n).paragraph(planted.Writer(n).some(60))
        factories.article(mia, text=f"{own}\n\n{REPORT if n else MORE}\n\n{FOOTER}", publisher="Morgenblatt")
        done(start_finding(mia))

    found = [spans(link)[0] for link in QuoteLink.objects.all()]

    assert found == [REPORT[2:-1]]
    with pytest.raises(Refused):
        where_else(mia, text=" ".join(FOOTER.split()[:7]))
    assert where_else(mia, text=FOOTER).places == ()


def test_what_becomes_boilerplate_by_a_later_text_of_the_same_chunk_is_in_the_index_of_none():
    mia = factories.project()
    for n in range(4):
        own = planted.Writer(n).paragraph(planted.Writer(n).some(60))
        factories.article(mia, text=f"{own}\n\n{IMPRINT}", publisher="Morgenblatt")

    done(start_finding(mia))

    footer = index.hashes_of(words_of(IMPRINT), mia.project_id)
    assert footer
    assert index.texts_with(footer).texts == {}
    assert not QuoteLink.objects.exists()


def test_who_took_it_is_told_by_a_citation_before_a_date():
    mia = factories.project()
    dated = {"published_at": datetime(2018, 11, 16, tzinfo=UTC)}
    source = factories.article(mia, text=REPORT, publisher="Globe", **dated)
    copy = factories.article(mia, text=f"It says:\n\n{REPORT}", **{"published_at": datetime(2018, 11, 14, tzinfo=UTC)})
    done(start_finding(mia))
    by_date = QuoteLink.objects.get()
    assert (by_date.from_version.article_id, by_date.ground) == (copy.pk, "date")
    version = copy.current_version
    Region.objects.create(
        project=mia.project, version=version, length=version.length, kind="excerpt", start=10, end=version.length,
        publisher=source.publisher,
    )  # fmt: skip

    done(start_finding(mia, again=True))

    by_citation = QuoteLink.objects.latest("pk")
    assert (by_citation.from_version.article_id, by_citation.ground) == (source.pk, "citation")


def test_where_else_answers_with_exact_places_in_few_queries_and_stays_in_the_project(django_assert_max_num_queries):
    mia, other = factories.project(), factories.project("other")
    one = factories.article(mia, text=f"📈 {MORE}\n\n{REPORT}")
    factories.article(mia, text=REPORT.replace("party secretary", "secretary"), title="Copy")
    factories.article(other, text=REPORT)
    for each in (mia, other):
        done(start_finding(each))
    start = one.current_version.text.index("fifteen")
    span = Span(start, start + len("fifteen ambassadors wants to meet the party secretary of the region"))

    n_hashes = 12 if connection.vendor == "sqlite" else 0
    with django_assert_max_num_queries(10 + n_hashes):
        answer = where_else(mia, version=one.current_version, span=span)

    (place,) = answer.places
    assert (place.article.title, place.relation, place.n_words) == ("Copy", "trimmed", 10)
    assert place.quote == "fifteen ambassadors wants to meet the secretary of the region"
    assert len(where_else(mia, text=REPORT).places) == 2


def test_planted_passages_are_all_asked_for_and_found():
    mia = factories.project()
    made = planted.corpus(seed=1, n_texts=60, least=25)
    articles = [factories.article(mia, text=text, title=f"n{n}") for n, text in enumerate(made.texts)]
    done(start_finding(mia))

    missed = 0
    for each in made.planted:
        version = articles[each.target].current_version
        answer = where_else(mia, version=version, span=Span(*each.target_span))
        missed += all(place.article.pk != articles[each.source].pk for place in answer.places)
    pairs = {tuple(sorted((each.source, each.target))) for each in made.planted}
    ids = {article.current_version_id: n for n, article in enumerate(articles)}
    found = {tuple(sorted((ids[a], ids[b]))) for a, b in QuoteLink.objects.values_list("from_version", "to_version")}

    assert missed <= 0.05 * len(made.planted)
    assert len(found & pairs) >= 0.95 * len(pairs)
    chains = _joined_pairs(pairs)
    assert len(found & chains) >= 0.95 * len(found)


def _joined_pairs(pairs):
    """Copies of one text share what they took with each other too."""
    groups = [set(pair) for pair in pairs]
    return {tuple(sorted((a, b))) for one in groups for two in groups if one & two for a in one for b in two if a != b}
