"""Pages and WordPress posts: complete text, exact links, facts only where stated."""

import json
from datetime import UTC, datetime

import pytest

from annotations.importers import limits
from annotations.importers.markup import parse_fragment, read_tree
from tests.importers.inputs import articles, only_article, only_problem, problems, records

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Dam leaks | Ivel Daily Post</title>
<meta property="og:site_name" content="Ivel Daily Post"><meta property="og:title" content="Dam leaks">
<meta property="article:published_time" content="2024-03-13T17:05:00+01:00">
<link rel="canonical" href="https://ivel.example/dam"><script>alert(1)</script></head><body>
<nav><a href="/">Home</a></nav><article><h1>Dam leaks</h1><p class="byline">By Ada Quill</p>
<figure><img src="a.jpg"><figcaption>The dam on 3 November 2022. Photo: Post</figcaption></figure>
<p>Twelve mayors — 📈 — have <a href="/letter">asked the <em>minister</em></a> to act before the spring.
They wrote that leakage had tripled in the space of a year, and that nobody had shown them that it would hold.</p>
<h2>A drawer</h2><ul><li>42&nbsp;litres a second</li><li>one engineer</li></ul>
<blockquote><p>Nobody has shown us that it will not fail, and we have asked for a year.</p></blockquote>
<p onclick="alert(2)">The ministry said no.<script>alert(3)</script></p><form><input value="x"></form></article>
<footer>© 2024</footer></body></html>"""


def test_a_page_gives_its_whole_article_and_what_it_states() -> None:
    article = only_article("dam.html", PAGE)

    assert article.title == "Dam leaks"
    assert (article.publisher, article.language, article.direction) == ("Ivel Daily Post", "en", "ltr")
    assert article.published_at == datetime(2024, 3, 13, 16, 5, tzinfo=UTC)
    assert article.external_id == "https://ivel.example/dam"
    assert article.text.split("\n\n")[:3] == ["Dam leaks", "By Ada Quill", "The dam on 3 November 2022. Photo: Post"]
    assert "A drawer\n\n42\u00a0litres a second\none engineer\n\nNobody" in article.text
    assert "alert" not in article.text
    assert "Home" not in article.text


def test_links_and_zones_of_a_page_cover_their_words() -> None:
    article = only_article("dam.html", PAGE)

    assert [(article.text[link.start : link.end], link.url) for link in article.links] == [
        ("asked the minister", "https://ivel.example/letter")
    ]
    assert {zone.kind: article.text[zone.start : zone.end] for zone in article.zones} == {
        "headline": "Dam leaks",
        "byline": "By Ada Quill",
        "caption": "The dam on 3 November 2022. Photo: Post",
        "excerpt": "Nobody has shown us that it will not fail, and we have asked for a year.",
    }


def test_a_captions_date_stays_a_candidate() -> None:
    article = only_article("dam.html", PAGE.replace("article:published_time", "other"))

    assert article.published_at is None
    assert [each["place"]["zone"] for each in article.candidates["published_at"]] == ["caption"]


@pytest.mark.parametrize(
    "void", ["<embed src=film.swf>", "<wbr>", "<source src=a>", "<track src=a>", "<hr>", "<keygen>"]
)
def test_an_element_that_needs_no_end_swallows_nothing(void) -> None:
    page = f"<html><body><article><h1>Dam</h1><p>Before it.</p>{void}<p>After it.</p></article></body></html>"

    assert only_article("dam.html", page).text == "Dam\n\nBefore it.\n\nAfter it."


def test_a_page_without_a_title_is_named_by_its_first_line() -> None:
    assert only_article("a.html", "<html><body>Only these words</body></html>").title == "Only these words"


def test_a_page_nested_beyond_reading_is_refused_whole() -> None:
    assert "too deep" in only_problem("a.html", "<html>" + "<div>" * 5_000 + "deep").message


def test_two_line_breaks_end_a_paragraph_and_one_a_line() -> None:
    marked = read_tree(
        parse_fragment("one<br>two<br> <br>three<p>&nbsp;</p><div> four&nbsp;</div><table><tr><td>a<td>b</table>")
    )

    assert marked.text == "one\ntwo\n\nthree\n\nfour\n\na\tb"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "#part", "mailto:a@b.example", "", "data:text/html,x", "/relative"]
)
def test_a_link_that_leads_to_no_page_is_not_kept_but_its_words_are(href: str) -> None:
    marked = read_tree(parse_fragment(f'<p>See <a href="{href}">this</a>.</p>'))

    assert (marked.text, marked.links) == ("See this.", ())


def post(**fields: object) -> dict[str, object]:
    return {
        "id": 7,
        "date": "2024-03-18T09:14:52",
        "date_gmt": "2024-03-18T08:14:52",
        "link": "https://rivercommons.example/dam/?utm_source=feed",
        "title": {"rendered": "The &#8220;Leaking&#8221; Dam"},
        "content": {
            "rendered": '<p>By&nbsp;<a href="https://ternwire.example/dam">Tern <b>Wire</b></a>.</p>\n<div>&nbsp;</div>'
        },
        "author": 3,
        **fields,
    }


def test_a_post_begins_with_its_title_and_keeps_its_links() -> None:
    article = only_article("post.txt", json.dumps(post()))

    assert article.text == "The “Leaking” Dam\n\nBy\u00a0Tern Wire."
    assert [(article.text[link.start : link.end], link.url) for link in article.links] == [
        ("Tern Wire", "https://ternwire.example/dam")
    ]
    assert article.published_at == datetime(2024, 3, 18, 8, 14, 52, tzinfo=UTC)
    assert article.external_id == "https://rivercommons.example/dam/"
    assert article.metadata["author"] == 3
    assert article.publisher is None
    assert article.candidates["publisher"] == [{"value": "rivercommons.example", "place": {"field": "url"}}]


def test_a_site_name_in_the_data_is_the_publisher() -> None:
    assert (
        only_article("p.json", json.dumps(post(yoast_head_json={"og_site_name": "River Commons"}))).publisher
        == "River Commons"
    )


def test_posts_of_a_list_are_read_one_by_one_and_bad_ones_named() -> None:
    data = [
        post(),
        post(link="https://a.example/2", content={"rendered": "", "protected": True}),
        post(link="javascript:x"),
        post(link="https://a.example/4", date_gmt="2024-02-31T00:00:00"),
        post(link="https://a.example/5", content=5),
        post(link="https://a.example/6"),
        7,
    ]

    found = records("posts.json", json.dumps(data, indent=1))

    assert [article.url[-1] for article in articles(found)] == ["d", "6"]
    assert [problem.field for problem in problems(found)] == [
        "content.rendered",
        "link",
        "date_gmt",
        "content.rendered",
        "",
    ]
    assert all(problem.line for problem in problems(found))


def test_a_page_of_too_many_elements_to_sift_is_taken_whole_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIFTED_ELEMENTS", 5)

    with_article = records("dam.html", PAGE)
    without = records("dam.html", PAGE.replace("<article>", "<div>").replace("</article>", "</div>"))

    for found, has_menu in ((with_article, False), (without, True)):
        [article] = articles(found)
        assert "Twelve mayors — 📈 — have asked" in article.text
        assert ("Home" in article.text) == has_menu
        assert [("elements" in each.message, each.is_rejection) for each in problems(found)] == [(True, False)]


def test_a_page_of_more_tags_than_memory_has_room_for_is_refused_before_its_tree_is_made() -> None:
    assert "tags" in only_problem("a.html", "<p>" + "<b>a</b>" * 150_000).message
