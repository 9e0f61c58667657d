"""Passages that an article shares with a capture: found from either side, kept in files, gone with what held them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import orjson
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from annotations.models import Capture, IndexedText, QuoteLink
from annotations.removing.withholding import Demand, withhold_capture
from annotations.reuse.finding import start_finding
from annotations.reuse.showing import passages_of, signs_of
from annotations.text.urls import canonical_url, url_sha256
from annotations.workflow.correcting import correct_article
from annotations.workflow.merging import merge_articles
from annotations.workflow.passages import PassageDecision, decide_passage
from annotations.workflow.sources import add_source
from tests import factories
from tests.api.test_quotations import captured
from tests.corpora import exported, imported, undone
from tests.exporters.test_round_trip import held, validator
from tests.reuse.test_finding import MORE, REPORT, done

pytestmark = pytest.mark.django_db
FIRST = f"📈 First.\n\n{REPORT}\n\n{MORE}"
SPEECH = f"📎 Speech.\n\n{REPORT.replace('wants', 'hopes')}\n\nAnd then they all went home again."


def made(visibility="open"):
    mia = factories.project("river", visibility=visibility)
    ada = factories.member(mia, "ada")
    article = factories.article(mia, FIRST, external_id="one", title="One")
    source = add_source("https://wire.example/speech", by=ada)
    return mia, ada, article, source


def words_of(link):
    return (
        link.from_version.text[link.from_start : link.from_end],
        link.to_capture.text[link.to_start : link.to_end],
    )


@pytest.mark.parametrize("is_capture_first", [True, False])
def test_a_passage_is_found_whichever_of_the_two_comes_first_and_only_once(is_capture_first):
    mia, ada, article, source = made()
    if is_capture_first:
        captured(source, ada, SPEECH)
        other = factories.article(mia, "Nothing of eight words stands here.")
        done(start_finding(mia))
        article = factories.article(mia, f"Later. {REPORT}", external_id="later", title="Later")
        done(start_finding(mia))
        assert not passages_of(other, mia)
    else:
        done(start_finding(mia))
        captured(source, ada, SPEECH)
        done(start_finding(mia))

    link = QuoteLink.objects.get(from_version=article.current_version, to_capture__isnull=False)
    first, second = words_of(link)
    assert (first, second) == (REPORT[2:-1], REPORT[2:-1].replace("wants", "hopes"))
    assert (link.relation, link.n_words, link.to_version) == ("altered", 19, None)
    before = QuoteLink.objects.count()
    assert done(start_finding(mia, again=True)).n_created == 0
    assert QuoteLink.objects.count() == before


def test_the_article_that_was_captured_itself_is_no_other_place():
    mia, ada, _article, source = made()
    article = factories.article(mia, REPORT, external_id="same")
    address = "https://wire.example/speech"
    type(article).objects.filter(pk=article.pk).update(url=address, url_sha256=url_sha256(canonical_url(address)))
    captured(source, ada, SPEECH)

    done(start_finding(mia))

    assert not [each for each in passages_of(article, mia) if each.capture]
    assert QuoteLink.objects.filter(to_capture__isnull=False).count() == 1


def test_a_changed_page_is_compared_anew_and_the_newest_capture_is_shown_for_its_source():
    mia, ada, article, source = made()
    captured(source, ada, SPEECH)
    done(start_finding(mia))
    old = QuoteLink.objects.get()
    captured(source, ada, SPEECH.replace("hopes", "wants"))

    done(start_finding(mia))

    assert QuoteLink.objects.count() == 2
    (shown,) = passages_of(article, mia)
    assert (shown.relation, shown.article) == ("verbatim", None)
    decide_passage(old.key, PassageDecision("confirmed", 0, direction="backward"), by=mia)
    both = passages_of(article, mia)
    assert [each.state for each in both] == ["confirmed", "open"]
    (sign,) = signs_of(both)
    assert (sign.n_articles, sign.n_sources) == (0, 1)


def test_it_is_told_who_took_it_from_whom_by_a_link_or_a_date():
    mia, ada, article, source = made()
    type(article).objects.filter(pk=article.pk).update(published_at=datetime(2024, 3, 5, tzinfo=UTC))
    page = captured(source, ada, SPEECH)
    Capture.objects.filter(pk=page.pk).update(published_at=datetime(2024, 3, 2, tzinfo=UTC))

    done(start_finding(mia))

    link = QuoteLink.objects.get()
    assert (link.direction, link.ground, link.from_version) == ("backward", "date", article.current_version)


def test_what_was_decided_goes_along_when_the_text_is_corrected_or_the_article_merged():
    mia, ada, article, source = made()
    captured(source, ada, SPEECH)
    done(start_finding(mia))
    decide_passage(QuoteLink.objects.get().key, PassageDecision("rejected", 0), by=mia)

    correct_article(article, f"Corrected: {FIRST}", by=mia, base_version=article.current_version.uuid)
    done(start_finding(mia))

    article.refresh_from_db()
    assert [each.state for each in passages_of(article, mia)] == ["rejected"]
    keep = factories.article(mia, article.current_version.text, external_id="same-text")
    done(start_finding(mia))
    merge_articles(keep, article, by=mia)
    assert [each.state for each in passages_of(keep, mia) if each.capture] == ["rejected"]


def test_what_is_withheld_is_shown_no_more_and_found_no_more():
    mia, ada, article, source = made()
    page = captured(source, ada, SPEECH)
    done(start_finding(mia))
    assert len(passages_of(article, mia)) == 1

    withhold_capture(page, Demand("https://wire.example/speech", "Wire", "Rights."), by=mia)

    assert not passages_of(article, mia)
    assert not IndexedText.objects.filter(pk=-page.pk).exists()
    done(start_finding(mia, again=True))
    assert not passages_of(article, mia)


def test_it_goes_into_a_file_and_comes_back_to_the_byte_and_goes_with_its_import():
    mia, ada, _article, source = made()
    captured(source, ada, SPEECH)
    done(start_finding(mia))
    link = QuoteLink.objects.get()
    decide_passage(link.key, PassageDecision("rejected", 0, note="No."), by=ada)
    decide_passage(link.key, PassageDecision("confirmed", 1, "paraphrased", "backward"), by=ada)
    export = exported(None, project=mia.project)
    type(mia.project).objects.filter(pk=mia.project_id).update(slug="river-first")

    again = held(export, "river")

    assert exported(None, project=again) == export
    for line in export.splitlines():
        validator().validate(orjson.loads(line))
    there = QuoteLink.objects.get(project=again)
    assert words_of(there) == words_of(link)
    made_in = factories.project("lake", manager="lea")
    job = imported(made_in, {"corpus.jsonl": export})
    assert job.n_problems == 0
    found = QuoteLink.objects.get(project=made_in.project)
    done(start_finding(made_in))
    assert QuoteLink.objects.get(project=made_in.project).pk == found.pk
    undone(made_in, job)
    assert not QuoteLink.objects.filter(project=made_in.project).exists()
    assert not Capture.objects.filter(project=made_in.project).exists()


def test_the_database_holds_a_passage_to_one_place_of_its_project():
    mia, ada, article, source = made()
    page = captured(source, ada, SPEECH)
    other = factories.article(mia, MORE)
    elsewhere = factories.project("lake", manager="lea")
    foreign = captured(add_source("https://x.example/", by=elsewhere), elsewhere, SPEECH)
    version = article.current_version
    fields = {"project": mia.project, "from_version": version, "from_length": version.length, "from_start": 0}
    fields |= {"from_end": 5, "to_start": 0, "to_end": 5, "relation": "verbatim", "found_by": "words-1"}
    place = {"to_capture": page, "to_length": page.length}

    for wrong in (
        {"to_length": 5},
        {**place, "to_version": other.current_version},
        {**place, "to_length": page.length + 1},
        {"to_capture": foreign, "to_length": foreign.length},
        {**place, "to_end": page.length + 1},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            QuoteLink.objects.create(key=uuid.uuid4(), **fields | wrong)
    QuoteLink.objects.create(key=uuid.uuid4(), **fields | place)


def test_showing_takes_as_many_queries_however_many_captures_there_are():
    mia, ada, article, _source = made()
    counts = []
    for n in range(2):
        for m in range(1 + 3 * n):
            captured(add_source(f"https://wire.example/{n}/{m}", by=ada), ada, SPEECH)
        done(start_finding(mia))
        with CaptureQueriesContext(connection) as found:
            passages_of(article, mia)
        counts.append(len(found))
    assert counts[0] == counts[1]
