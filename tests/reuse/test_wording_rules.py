"""What a project says of words: spellings count as one in search and passages, boilerplate goes and comes back."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from annotations.models import IndexedText, QuoteDecision, QuoteLink
from annotations.reuse.asking import where_else
from annotations.reuse.finding import start_finding
from annotations.reuse.ruling import rule
from annotations.search.article_filters import ArticleFilters
from annotations.search.claim_filters import ClaimFilters, claim_page, lines_of, similar_claims
from annotations.search.everywhere import SearchFilters, find_rows
from annotations.search.indexing import index_waiting
from annotations.text.spans import Span
from annotations.workflow.claiming import make_claim
from annotations.workflow.correcting import correct_article
from annotations.workflow.passages import PassageDecision, decide_passage
from annotations.workflow.wording_rules import add_spelling
from annotations.workflow.zoning import NewZone, mark_zone
from tests import factories
from tests.reuse.test_finding import MORE, REPORT, done

pytestmark = pytest.mark.django_db
NAMED = "The group asked the Uighur envoys to come and to tell what they know of it"


def test_equivalent_spellings_are_one_in_passages_and_in_search():
    mia = factories.project()
    one = factories.article(mia, f"First. {NAMED}.")
    two = factories.article(mia, f"Second. {NAMED.replace('Uighur', 'Uygur')}.")
    done(start_finding(mia))
    link = QuoteLink.objects.get()
    assert (link.relation, link.n_words) == ("altered", 15)
    index_waiting()

    def found(words):
        rows = ArticleFilters.parse({"text": words}).articles(mia)
        return {article.pk for article in rows}

    assert found("uighur") == {one.pk}
    add_spelling(uuid.uuid4(), ["Uighur", "Uyghur", "Uygur"], by=mia)
    done(start_finding(mia))
    link = QuoteLink.objects.get()
    assert (link.relation, link.n_words) == ("verbatim", 16)
    assert found("uyghur") == found('"Uygur envoys"') == {one.pk, two.pk}


def test_claims_and_what_is_said_of_them_are_found_in_other_spellings_and_tell_which(django_assert_num_queries):
    mia = factories.project()
    add_spelling(uuid.uuid4(), ["Uighur", "Uyghur", "Zoë"], by=mia)
    one, two, three = (
        make_claim(uuid.uuid4(), text, by=mia)
        for text in ("Uighur envoys came.", "Two UYGHUR envoys, they say.", "Envoys of others came.")
    )
    other = make_claim(uuid.uuid4(), "Envoys met.", claimant="Zoë", by=mia)
    asked = ClaimFilters.parse({"q": "uighur envoys"})
    page = claim_page(asked, mia)
    assert [claim.pk for claim in page.claims] == [other.pk, two.pk, one.pk]
    with django_assert_num_queries(5):
        lines = lines_of(page.claims, mia, asked.q)
    assert [line.spelled for line in lines] == [["Zoë"], ["UYGHUR"], []]
    similar = similar_claims(one, "Uighur", mia)
    assert [(line.claim.pk, line.spelled) for line in similar] == [(other.pk, ["Zoë"]), (two.pk, ["UYGHUR"])]
    client = Client()
    client.force_login(mia.user)
    listed = client.get(f"/p/river/claims/{one.key}/", {"same": "Uighur envoys"}).content.decode()
    assert "found as “UYGHUR”" in listed
    found = find_rows("claims", SearchFilters.parse({"text": '"Uighur envoys"'}), mia)
    assert [[piece.text for piece in hit.title.pieces if piece.is_hit] for hit in found.hits] == [
        ["UYGHUR envoys"],
        ["Uighur envoys"],
    ]
    article = factories.article(mia, "The Uyghur envoys came to the town.")
    noted = factories.annotation(mia, article, 0, 24)
    page = client.get(f"/p/river/claims/{one.key}/", {"find": "uighur"}).content.decode()
    assert f"#a={noted.key}" in page or noted.quote in page
    assert three.text not in listed.partition("same-words")[2]  # though it may be suggested above


def test_words_that_somebody_calls_boilerplate_are_no_passage_until_that_is_taken_back():
    mia = factories.project()
    for name in "ab":
        factories.article(mia, f"Article {name}.\n\n{REPORT}\n\n{MORE}", external_id=name)
    done(start_finding(mia))
    assert [link.n_words for link in QuoteLink.objects.all()] == [37]
    index_waiting()
    rule(MORE, True, by=mia)
    done(start_finding(mia))
    assert [link.n_words for link in QuoteLink.objects.all()] == [20]
    rule(MORE, None, by=mia)
    done(start_finding(mia))
    assert [link.n_words for link in QuoteLink.objects.all()] == [37]


def test_a_zone_that_is_marked_lets_its_text_be_compared_anew():
    mia = factories.project()
    one, _two = (factories.article(mia, f"Article {name}.\n\n{REPORT}", external_id=name) for name in "ab")
    done(start_finding(mia))
    assert QuoteLink.objects.count() == 1
    version = one.current_version
    start = version.text.index(REPORT)
    span = Span(start, start + len(REPORT))
    mark_zone(NewZone(uuid.uuid4(), version.uuid, "boilerplate", span, REPORT), by=mia)
    assert IndexedText.objects.get(pk=version.pk).method == ""
    done(start_finding(mia))
    assert QuoteLink.objects.count() == 0


def test_a_passage_that_was_decided_about_goes_along_when_a_text_is_corrected():
    mia = factories.project()
    one, two = (factories.article(mia, f"Article {name}.\n\n{REPORT}", external_id=name) for name in "ab")
    done(start_finding(mia))
    link = QuoteLink.objects.get()
    decide_passage(link.key, PassageDecision("rejected", 0, note="no"), by=mia)
    text = two.current_version.text
    correct_article(two, f"Corrected: {text}", by=mia, base_version=two.current_version.uuid)
    done(start_finding(mia))
    two.refresh_from_db()
    (carried,) = QuoteLink.objects.filter(to_version=two.current_version) | QuoteLink.objects.filter(
        from_version=two.current_version
    )
    assert QuoteDecision.objects.get(link=carried).state == "rejected"
    side = "to" if carried.to_version_id == two.current_version_id else "from"
    start, end = (getattr(carried, f"{side}_{name}") for name in ("start", "end"))
    assert two.current_version.text[start:end] == REPORT[2:-1]
    assert one.pk


def test_a_report_that_is_cited_and_not_there_is_one_node_from_which_its_copies_hang():
    mia = factories.project()
    made = []
    for name in "ab":
        article = factories.article(mia, f"Article {name}.\n\n{REPORT}\n\nThe wire", publisher=f"Outlet {name}")
        version = article.current_version
        start = version.text.index("📈")
        words = version.text[start : start + len(REPORT)]
        zone = NewZone(uuid.uuid4(), version.uuid, "excerpt", Span(start, start + len(REPORT)), words, "Great Wire")
        mark_zone(zone, by=mia)
        made.append(article)
    done(start_finding(mia))
    answer = where_else(mia, text=REPORT)
    (node,) = answer.not_held
    assert (node.name, {row.article_id for row in node.cited_by}) == ("Great Wire", {each.pk for each in made})
    factories.article(mia, f"The report.\n\n{REPORT}", publisher="Great Wire")
    done(start_finding(mia))
    assert where_else(mia, text=REPORT).not_held == ()
    links = QuoteLink.objects.filter(ground="citation")
    assert links.count() == 2
