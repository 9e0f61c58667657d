"""WordPress exports: posts with their facts, what is left out, and files that try to reach outside."""

from __future__ import annotations

import io
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from annotations.importers.formats import format_of, read_input
from annotations.importers.opening import InputFile, Upload, open_inputs
from tests.conftest import BASE_DIR
from tests.importers.inputs import articles, only_article, problems, records, upload
from tests.importers.test_safe_xml import NAMES, Listener, attacks, listener

__all__ = ["listener"]

SAMPLE = (BASE_DIR / "fixtures" / "samples" / "wxr.xml").read_bytes()
HEAD = b"""<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Post</title>"""
END = b"</channel></rss>"


def post(content: str, fields: str = "", link: str = "https://a.example/1") -> bytes:
    item = f"<item><title>Rain</title><link>{link}</link>{fields}"
    return (item + f"<content:encoded><![CDATA[{content}]]></content:encoded></item>").encode()


def test_a_published_post_becomes_an_article_with_its_facts() -> None:
    [article] = articles(records("export.xml", SAMPLE))

    assert article.title == "Mayors ask for a lower lake & an answer"
    assert article.text == (
        "Mayors ask for a lower lake & an answer\n\n"
        "The water is too high 🌊, the mayors write.\nThey want it three metres lower.\n\n"
        "We do not say the dam will fail.\n\nThe dam in February.\n\nThe minister has until March 20."
    )
    assert article.url == "https://ivelpost.example/2024/03/lower-lake/"
    assert article.published_at == datetime(2024, 3, 12, 7, 30, tzinfo=UTC)
    assert (article.publisher, article.language) == ("Ivel Daily Post", "en-GB")
    [link] = article.links
    assert (article.text[link.start : link.end], link.url) == ("March 20", "https://ministry.example/calendar")
    assert {zone.kind: article.text[zone.start : zone.end] for zone in article.zones} == {
        "headline": "Mayors ask for a lower lake & an answer",
        "excerpt": "We do not say the dam will fail.",
        "caption": "The dam in February.",
    }


def test_all_else_of_a_post_is_kept_in_its_metadata() -> None:
    [article] = articles(records("export.xml", SAMPLE))

    assert article.metadata == {
        "byline": "Rosa Venn",
        "creator": "rosa",
        "guid": "https://ivelpost.example/?p=11",
        "excerpt": "Fourteen towns, one letter.",
        "post_id": "11",
        "post_date": "2024-03-12 08:30:00",
        "post_name": "lower-lake",
        "pubDate": "Tue, 12 Mar 2024 07:30:00 +0000",
        "status": "publish",
        "post_type": "post",
        "categories": ["Valley"],
        "tags": ["dam", "water"],
        "postmeta": {"desk": "regional"},
    }


def test_drafts_pages_and_attachments_are_left_out_and_named() -> None:
    found = problems(records("export.xml", SAMPLE))

    assert [(each.field, each.value, each.is_rejection) for each in found] == [
        ("status", "Not finished", False),
        ("status", "About us", False),
        ("post_type", "attachment", False),
    ]
    assert found[0].line == 48


def test_an_export_is_known_by_its_beginning() -> None:
    [source] = open_inputs([upload("anything.txt", SAMPLE)])

    assert isinstance(source, InputFile)
    assert format_of(source) == "wxr"


def test_the_raw_pointer_covers_the_post() -> None:
    data = HEAD + b"".join(post(f"Words {n}", link=f"https://a.example/{n}") for n in range(5_000)) + END

    for number, article in enumerate(articles(records("a.xml", data))):
        assert article.raw is not None
        assert f"Words {number}]]".encode() in data[article.raw.start : article.raw.end]


def test_a_post_with_a_password_a_bad_date_or_no_text_is_rejected_and_its_neighbour_stands() -> None:
    data = (
        HEAD
        + post("a", "<wp:post_password>x</wp:post_password>")
        + post("a", "<wp:post_date_gmt>2024-99-01 00:00:00</wp:post_date_gmt>")
        + post(" ")
        + post("Good.", link="https://a.example/2")
        + END
    )

    found = records("a.xml", data)

    assert [article.text for article in articles(found)] == ["Rain\n\nGood."]
    assert [each.field for each in problems(found)] == ["post_password", "post_date_gmt", "content:encoded"]
    assert all(each.is_rejection for each in problems(found))


def test_scripts_of_a_post_are_no_words() -> None:
    article = only_article(
        "a.xml", HEAD + post("<p>One</p><script>alert(1)</script><p onclick='x'>two e\u0301</p>") + END
    )

    assert article.text == "Rain\n\nOne\n\ntwo e\u0301"


def test_a_feed_that_breaks_off_gives_the_posts_before() -> None:
    found = records("a.xml", HEAD + post("One.") + b"<item><title>Tw")

    assert len(articles(found)) == 1
    assert [each.is_rejection for each in problems(found)] == [True]


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_in_an_export_gives_a_problem_and_reaches_nothing(
    name: str, tmp_path: Path, listener: Listener
) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("the-canary-sings")
    data = attacks(canary, listener.port)[name].replace(b"<i", b"<item").replace(b"</i>", b"</item>")

    found = records("a.xml", data, format_name="wxr")

    assert articles(found) == []
    assert problems(found)
    assert not any("canary-sings" in f"{each.message}{each.value}" for each in problems(found))
    assert not listener.was_reached


@pytest.mark.long
def test_memory_does_not_grow_with_the_posts() -> None:
    data = HEAD + b"".join(post("word " * 100, link=f"https://a.example/{n}") for n in range(20_000)) + END
    source = Upload("a.xml", lambda: io.BytesIO(data))
    [opened] = open_inputs([source])
    assert isinstance(opened, InputFile)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    count = sum(1 for _record in read_input(opened, "wxr"))

    assert count == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024
