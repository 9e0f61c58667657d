"""Files that nobody here wrote: the five seed articles, pages with gold, and strings that break programs."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime
from html import unescape

import pytest

from annotations.importers.formats import read_inputs
from annotations.importers.markup import drop_unseen, parse_page, read_tree
from annotations.importers.page_facts import facts_of
from annotations.importers.records import ImportedArticle
from annotations.text.anchoring import anchor
from annotations.text.spans import Span
from tests.importers.inputs import SHARED, articles, only_article, only_problem, problems, records

SEEDS = SHARED / "seeds"
PAGES = SHARED / "data" / "readability-pages"
OTHERS = SHARED / "data"
NAUGHTY = SHARED / "data" / "naughty-strings" / "blns.json"
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="the shared seed articles are not on this machine")
needs_pages = pytest.mark.skipif(
    not PAGES.is_dir(), reason="the shared data (readability-pages) are not on this machine"
)
needs_others = pytest.mark.skipif(
    not (OTHERS / "gum-wikinews").is_dir(),
    reason="the shared data (GUM, schema.org and others) are not on this machine",
)
needs_naughty = pytest.mark.skipif(
    not NAUGHTY.is_file(), reason="the shared data (naughty-strings) are not on this machine"
)


def seeds() -> list[ImportedArticle]:
    return articles(read_inputs([SEEDS]))


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


@needs_seeds
def test_the_five_seed_files_are_five_articles_with_their_titles() -> None:
    assert [article.title for article in seeds()] == [
        "Report: Western Coalition Pressures China to Meet About Muslim Re-Education Camps",
        "East Turkestan: Western Envoys in Coordinated Move to Pressure China on Treatment of Uyghurs",
        "Western Countries Turn Up the Heat on Xinjiang",
        "U.N. Rights Chief, Envoy Seeking Access to Xinjiang",
        "Beijing lashes out after diplomats seek explanation for Uyghur crackdown",
    ]


@needs_seeds
def test_every_visible_word_of_the_seed_files_is_in_their_text() -> None:
    for article in seeds():
        source = (SEEDS / article.file).read_bytes().decode()
        if article.file.startswith("001"):
            given = json.loads(source)
            html = given["title"]["rendered"] + "\n" + given["content"]["rendered"]
            assert words(article.text) == words(unescape(re.sub(r"<[^>]*>", " ", html)))
        else:
            assert article.text == source.replace("\r\n", "\n")


@needs_seeds
def test_dates_and_publishers_of_the_seed_files_are_known_only_where_stated() -> None:
    found = seeds()

    assert [article.publisher for article in found] == [None] * 5
    assert [article.published_at for article in found] == [
        None,
        datetime(2018, 11, 20, 18, 27, 7, tzinfo=UTC),
        None,
        None,
        date(2018, 11, 15),
    ]
    assert [each["place"]["zone"] for each in found[0].candidates["published_at"]] == ["caption"]


@needs_seeds
def test_the_zones_of_the_seed_files_are_found() -> None:
    kinds = [Counter(zone.kind for zone in article.zones) for article in seeds()]

    assert kinds[0] == {"headline": 1, "caption": 1, "boilerplate": 1}
    assert kinds[1] == {"headline": 1, "editors_insertion": 1}
    assert kinds[2] == {"headline": 2, "excerpt": 6, "citation_marker": 6, "editors_insertion": 3, "boilerplate": 1}
    assert kinds[3] == {"headline": 2, "excerpt": 5, "citation_marker": 5, "editors_insertion": 2, "boilerplate": 1}
    assert kinds[4] == {"headline": 1, "date_line": 1}


@needs_pages
def test_pages_give_nearly_the_words_of_their_gold() -> None:
    for folder in sorted(each for each in PAGES.iterdir() if each.is_dir()):
        tree = parse_page((folder / "expected.html").read_text())
        drop_unseen(tree)
        gold = words(read_tree(tree).text)

        [article] = articles(read_inputs([folder / "source.html"]))

        shared = 2 * sum((words(article.text) & gold).values())
        assert shared / (sum(words(article.text).values()) + sum(gold.values())) >= 0.9, folder.name


@needs_pages
def test_pages_state_what_their_gold_says() -> None:
    for folder in sorted(each for each in PAGES.iterdir() if each.is_dir()):
        expected = json.loads((folder / "expected-metadata.json").read_text())

        facts = facts_of(parse_page((folder / "source.html").read_text()))

        stated = facts.published_at.strftime("%Y-%m-%dT%H:%M:%SZ") if facts.published_at else None
        assert facts.title == expected["title"]
        assert (facts.byline or None) == expected["byline"]
        assert (facts.site_name or None) == expected["siteName"]
        assert (facts.language, facts.direction) == (expected.get("lang"), expected["dir"])
        assert stated == expected["publishedTime"]


@needs_naughty
def test_naughty_strings_come_through_as_title_and_text() -> None:
    for string in json.loads(NAUGHTY.read_text()):
        data = json.dumps({"external_id": "x", "title": string, "text": f"a {string} b", "note": string})

        found = records("a.jsonl", data)

        assert problems(found) == []
        [article] = articles(found)
        assert article.text == f"a {string} b"
        assert article.title == (" ".join(string.split()) or article.title)
        assert article.metadata.get("note", "") == string


def test_a_title_and_text_keep_their_emoji_and_marks() -> None:
    article = only_article("a.txt", "👩‍👩‍👧 e\u0301\u200d\r\n\r\nשלום\u2028x")

    assert article.title == "👩‍👩‍👧 e\u0301\u200d"
    assert article.text == "👩‍👩‍👧 e\u0301\u200d\n\nשלום\u2028x"


# Samples of formats that are not read, or read in part


@needs_others
def test_coreference_and_xml_of_gum_are_refused_by_name_and_its_other_two_formats_read() -> None:
    folder = OTHERS / "gum-wikinews"

    found = {each.name: list(read_inputs([each])) for each in sorted(folder.iterdir()) if each.is_dir()}

    for name, words in (("conll-coref", "coreference"), ("xml", "XML of this kind")):
        assert articles(found[name]) == []
        assert [words in each.message for each in problems(found[name])] == [True] * 10
    assert len(articles(found["conllu"])) == len(articles(found["webanno-tsv"])) == 10


@needs_others
def test_the_linked_data_of_a_news_article_are_the_facts_of_a_page() -> None:
    data = (OTHERS / "schemaorg-newsarticle" / "eg-0245.0.jsonld").read_text()

    [article] = articles(records("a.html", f"<script type='application/ld+json'>{data}</script><p>{'Rain. ' * 99}"))

    assert article.title == "Trump Russia claims: FBI's Comey confirms investigation of election 'interference'"
    assert article.publisher == "BBC News"
    assert article.published_at == datetime(2017, 3, 20, 20, 30, 54, tzinfo=UTC)
    assert article.external_id == "http://www.bbc.com/news/world-us-canada-39324587"


@needs_others
def test_the_quotes_of_hypothesis_anchor_in_the_text_of_the_page_beside() -> None:
    folder = OTHERS / "hypothesis-anchoring"
    [page] = articles(read_inputs([folder / "minimal.html"]))
    [row] = json.loads((folder / "minimal.json").read_text())["rows"]
    stated = {each["type"]: each for each in row["target"][0]["selector"]}
    quote, position = stated["TextQuoteSelector"], stated["TextPositionSelector"]

    found = anchor(page.text, quote["exact"], quote["prefix"], quote["suffix"], near=position["start"])

    assert found.span == Span(position["start"], position["end"])
    assert found.span.text_of(page.text) == "Two"


def test_xml_of_an_unknown_kind_is_read_as_text_where_that_is_asked_for() -> None:
    assert "XML" in only_problem("a.xml", "<story><p>Rain</p></story>").message
    [article] = articles(records("a.xml", "<story><p>Rain</p></story>", format_name="text"))
    assert article.text == "<story><p>Rain</p></story>"
