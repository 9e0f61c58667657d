"""The article: its data, the plain view with marks, history, pasting one, what is known of one."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Article, AuditEvent
from annotations.text.blocks import blocks
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.assigning import submit
from tests import factories

LONG = "\n\n".join(f"Absatz {number}: Die Flut kam um {number} Uhr. 🌊" for number in range(35))
AWKWARD = "  Titel\n \nErste Zeile\nzweite Zeile\n\n\n\nZoë kam 👩‍👩‍👧‍👦.\n"


def data_of(response) -> dict:
    found = re.search(r'<script id="annotate-data" type="application/json">(.*?)</script>', response.content.decode())
    return json.loads(found.group(1))


def addresses_of(response) -> dict:
    """Give where the page leads, in its markup or by its script."""
    return response.context["data"]["urls"]


def text_of(response) -> str:
    """Put the text together from what the page holds: lead, blocks and gaps."""
    data = data_of(response)
    parts = [data["lead"]]
    for section in response.context["sections"]:
        for block in section:
            parts += [block.text, data["gaps"].get(str(block.n), "\n\n")]
    return "".join(parts)


def test_a_managers_link_with_a_filter_that_one_may_not_ask_still_opens_the_article(team, browser):
    made = factories.article(team.mia)

    response = browser("ada").get(f"/p/river/articles/{made.uuid}/?state=open&language=de")

    assert response.status_code == 200
    assert data_of(response)["urls"]["list"] == "/p/river/?language=de"


@pytest.mark.parametrize("text", [factories.GERMAN, factories.COMBINING, factories.HEBREW, LONG, AWKWARD])
def test_lead_blocks_and_gaps_of_the_page_are_the_whole_text(team, browser, text):
    made = factories.article(team.mia, text)

    response = browser("ada").get(f"/p/river/articles/{made.uuid}/")

    assert text_of(response) == made.current_version.text
    assert data_of(response)["version"]["length"] == len(text)


def test_sections_have_ten_blocks(team, browser):
    made = factories.article(team.mia, LONG)

    sections = browser("ada").get(f"/p/river/articles/{made.uuid}/").context["sections"]

    assert [len(section) for section in sections] == [10, 10, 10, 5]
    assert [block.text for section in sections for block in section] == [
        LONG[block.start : block.end] for block in blocks(LONG)
    ]


def test_the_page_holds_ones_own_work_and_nothing_of_others(team, browser):
    made = factories.article(team.mia)
    mine = factories.annotation(team.ada, made, 2, 11, note="meins")
    factories.annotation(team.ben, made, 2, 11, note="geheim")

    response = browser("ada").get(f"/p/river/articles/{made.uuid}/")
    data = data_of(response)

    assert [row["key"] for row in data["annotations"]] == [str(mine.key)]
    assert data["me"]["pseudonym"] == team.ada.pseudonym
    assert data["me"]["can_annotate"] is True
    assert "geheim" not in response.content.decode()
    assert team.ben.pseudonym not in response.content.decode()


def test_a_viewer_reads_but_is_offered_no_annotating(team, browser):
    factories.member(team.mia, "sam", "viewer")
    made = factories.article(team.mia)

    assert data_of(browser("sam").get(f"/p/river/articles/{made.uuid}/"))["me"]["can_annotate"] is False


def test_next_and_previous_keep_to_the_filter_of_the_list(team, browser):
    first, _other, third = (
        factories.article(team.mia, title=title, language=language)
        for title, language in (("A", "de"), ("B", "en"), ("C", "de"))
    )

    urls = addresses_of(browser("ada").get(f"/p/river/articles/{first.uuid}/?language=de&sort=title"))

    assert urls["next"] == f"/p/river/articles/{third.uuid}/?language=de&sort=title"
    assert urls["previous"] is None
    assert urls["list"] == "/p/river/?language=de&sort=title"


def test_the_queries_of_the_page_do_not_grow_with_its_annotations(team, browser):
    made = factories.article(team.mia, LONG)
    ada = browser("ada")
    factories.annotation(team.ada, made, 0, 6)
    with CaptureQueriesContext(connection) as few:
        ada.get(f"/p/river/articles/{made.uuid}/")
    for start in range(1, 30):
        factories.annotation(team.ada, made, start, start + 6)
    with CaptureQueriesContext(connection) as many:
        ada.get(f"/p/river/articles/{made.uuid}/")

    assert len(many) == len(few) <= 20


def test_xs3_trusted_types_are_enforced_where_texts_are_annotated(team, browser):
    made = factories.article(team.mia)

    annotate = browser("ada").get(f"/p/river/articles/{made.uuid}/")
    marks = browser("ada").get(f"/p/river/articles/{made.uuid}/marks/")

    assert "require-trusted-types-for 'script'" in annotate["Content-Security-Policy"]
    assert b"htmx" not in annotate.content
    assert "script-src 'self'" in marks["Content-Security-Policy"]


def test_the_next_article_is_the_first_that_is_open_for_oneself(team, browser):
    factories.article(team.mia)
    given = factories.article(team.mia)
    factories.assigned(team.mia, team.ada, given)

    assert browser("ada").get("/p/river/next/")["Location"] == f"/p/river/articles/{given.uuid}/"
    assert browser("ben").get("/p/river/next/")["Location"] == "/p/river/"


def test_who_asks_for_the_next_article_gets_one_from_the_queue(team, browser):
    first, given = factories.article(team.mia), factories.article(team.mia)
    factories.assigned(team.mia, team.ada, given)

    urls = addresses_of(browser("ada").get(f"/p/river/articles/{given.uuid}/"))

    assert urls["after_submit"] == urls["queue"] == "/p/river/next/"
    assert browser("ben").post("/p/river/next/")["Location"] == f"/p/river/articles/{first.uuid}/"
    assert b'action="/p/river/next/"' in browser("ben").get("/").content


def test_after_submitting_one_goes_on_with_what_is_still_open_not_with_what_was_handed_in(team, browser):
    first, handed_in, still_open = (factories.article(team.mia, title=title) for title in "ABC")
    for made in (first, handed_in, still_open):
        factories.assigned(team.mia, team.ada, made)
    submit(handed_in, by=team.ada)
    ada = browser("ada")

    urls = addresses_of(ada.get(f"/p/river/articles/{first.uuid}/?sort=title"))
    last = addresses_of(ada.get(f"/p/river/articles/{still_open.uuid}/?sort=title"))

    assert urls["next"] == f"/p/river/articles/{handed_in.uuid}/?sort=title"
    assert urls["after_submit"] == f"/p/river/articles/{still_open.uuid}/?sort=title"
    assert last["after_submit"] == f"/p/river/articles/{first.uuid}/?sort=title"


def test_who_finished_the_last_given_article_is_not_sent_to_others(team, browser):
    given, _free = (factories.article(team.mia, title=title) for title in "AB")
    factories.assigned(team.mia, team.ada, given)
    factories.set_project(team.mia, queue_order="none")

    given_urls = addresses_of(browser("ada").get(f"/p/river/articles/{given.uuid}/?sort=title"))
    free_urls = addresses_of(browser("ben").get(f"/p/river/articles/{given.uuid}/?sort=title"))

    assert given_urls["after_submit"] is None
    assert free_urls["after_submit"] == free_urls["next"]


def test_the_view_with_marks_holds_the_text_and_names_each_span(team, browser):
    made = factories.article(team.mia, factories.GERMAN)
    factories.annotation(team.ada, made, 2, 24, "claim")
    factories.annotation(team.ada, made, 12, 30, "number")

    page = browser("ada").get(f"/p/river/articles/{made.uuid}/marks/").content.decode()

    article = re.search(r"<article.*?</article>", page, re.S).group(0)
    plain = re.sub(r'<span class="(?:mark-open )?visually-hidden".*?</span>|<sup.*?</sup>', "", article)
    paragraphs = [re.sub(r"<[^>]+>", "", one) for one in re.findall(r'<p dir="auto">(.*?)</p>', plain, re.S)]
    assert paragraphs == [block.replace("’", "’") for block in factories.GERMAN.split("\n\n")]
    assert "[Claim 1: " in article
    assert "Number 2]" in article


def test_the_view_with_marks_shows_a_blind_annotator_nothing_of_others(team, browser):
    made = factories.article(team.mia)
    factories.annotation(team.ben, made, 2, 24, note="geheim")

    page = browser("ada").get(f"/p/river/articles/{made.uuid}/marks/").content.decode()

    assert "<mark" not in page
    assert "geheim" not in page


def test_the_history_of_an_annotation_shows_every_state(team, browser):
    made = factories.article(team.mia)
    row = factories.annotation(team.ada, made, 2, 11, note="zuerst")
    change_annotation(row.key, AnnotationChange(label="number", note="danach"), by=team.ada, base_version=1)

    page = browser("ada").get(f"/p/river/annotations/{row.key}/history/").content.decode()

    assert "zuerst" in page
    assert "danach" in page
    assert browser("ben").get(f"/p/river/annotations/{row.key}/history/").status_code == 404


MARKER = "\"'><img src=x onerror=alert(1)></script><script>alert(2)</script>{{ 7|add:7 }}&amp;"


def test_xs2_a_text_full_of_signs_stands_on_every_page_as_text_only(team, browser):
    made = factories.article(
        team.mia, f"Titel\n\n{MARKER}", title=MARKER, publisher=MARKER, url="https://post.example/?a=%3Cscript%3E"
    )
    row = factories.annotation(team.mia, made, 7, 7 + len(MARKER), note=MARKER)
    Article.objects.filter(pk=made.pk).update(
        metadata={MARKER: MARKER}, candidates={"published_at": [{"value": MARKER, "place": MARKER}]}
    )
    mia = browser("mia")
    mia.post("/p/river/settings/", _settings(name=MARKER))
    mia.post("/account/", {"display_name": MARKER, "email": "mia@newsroom.example"})
    mia.post(
        "/p/river/guidelines/edit/",
        {"text": MARKER + "\n\n[x](javascript:alert(3)) ![i](https://a.example/i.png)", "save": "yes"},
    )

    base = f"/p/river/articles/{made.uuid}"
    paths = [f"{base}/", f"{base}/marks/", f"{base}/details/", "/p/river/", f"/p/river/annotations/{row.key}/history/"]
    for path in [
        *paths,
        "/",
        "/p/river/guidelines/",
        "/p/river/acts/",
        "/p/river/members/",
        "/account/",
        "/p/river/settings/",
    ]:
        page = mia.get(path).content.decode()
        assert "<img src=x" not in page, path
        assert "<script>alert" not in page, path
        assert "javascript:alert" not in re.sub(r"<textarea.*?</textarea>", "", page, flags=re.S).replace(
            "[x](javascript:alert(3))", ""
        ), path
        assert "14&amp;amp;" not in page, path


def _settings(**changes) -> dict:
    return {
        "name": "River",
        "description": "",
        "language": "",
        "visibility": "blind",
        "annotators_per_article": 2,
    } | changes


def test_xs2_links_out_of_the_pages_tell_nothing_and_give_no_handle_back(team, browser):
    made = factories.article(team.mia, url="https://post.example/a")
    browser("mia").post("/p/river/guidelines/edit/", {"text": "[house style](https://style.example/)", "save": "yes"})

    pages = [
        browser("ada").get(path).content.decode()
        for path in (f"/p/river/articles/{made.uuid}/marks/", "/p/river/guidelines/")
    ]

    for page in pages:
        outside = re.findall(r'<a [^>]*href="https://[^>]*>', page)
        assert outside
        assert all('rel="noopener noreferrer nofollow"' in link for link in outside)


def test_a_pasted_text_is_first_shown_as_it_will_be_frozen(team, browser):
    text = "Fire in the harbour\r\n\r\nPosted at 7:25 AM, Nov 15, 2018\r\n\r\nMARL – It burned. [Source]"

    response = browser("mia").post(
        "/p/river/articles/add/", {"title": "Fire in the harbour", "text": text, "preview": "yes"}
    )

    shown = "".join(piece.text for block in response.context["preview"]["blocks"] for piece in block.pieces)
    assert response.context["preview"]["length"] == len(text.replace("\r\n", "\n"))
    assert "headline" in response.content.decode()
    assert "\r" not in shown
    assert not Article.objects.exists()


def test_a_pasted_text_is_saved_with_what_is_known_of_it(team, browser):
    form = {
        "title": "Fire",
        "text": "It burned.\r\nTwice.",
        "publisher": "Post",
        "published_at": "2018-11-15",
        "save": "yes",
    }

    browser("mia").post("/p/river/articles/add/", form | {"url": "https://post.example/fire#top", "language": "en_gb"})

    made = Article.objects.get()
    assert made.current_version.text == "It burned.\nTwice."
    assert (made.publisher.name, made.language, made.published_precision) == ("Post", "en-GB", "day")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("text", "  \n ", "The text is empty"),
        ("text", "a\x00b", ""),
        ("title", "", "required"),
        ("url", "javascript:alert(1)", "Only addresses that begin with https"),
        ("published_at", "31.02.2018", "is not a date"),
        ("language", "German", "is not a language tag"),
    ],
)
def test_what_is_wrong_with_a_pasted_article_stands_at_its_field(team, browser, field, value, sentence):
    form = {"title": "Fire", "text": "It burned.", "save": "yes"} | {field: value}

    response = browser("mia").post("/p/river/articles/add/", form)

    assert response.status_code == 422
    assert sentence in str(response.context["form"].errors[field])
    assert not Article.objects.exists()


def test_what_is_known_of_an_article_can_be_changed_and_emptied(team, browser):
    made = factories.article(team.mia, publisher="Post", language="de")
    form = {
        "title": "Neu",
        "publisher": "",
        "published_at": "2024-03-18 08:14",
        "language": "de",
        "url": "",
        "revision": 1,
    }

    browser("mia").post(f"/p/river/articles/{made.uuid}/details/", form)

    made.refresh_from_db()
    assert (made.title, made.publisher, made.language) == ("Neu", None, "de")
    assert made.published_at.isoformat() == "2024-03-18T08:14:00+00:00"


def test_after_the_details_the_list_is_filtered_as_before(team, browser):
    made = factories.article(team.mia, language="de")
    form = {"title": "Neu", "publisher": "", "published_at": "", "language": "de", "url": "", "revision": 1}
    mia = browser("mia")
    details = f"/p/river/articles/{made.uuid}/details/?language=de"

    assert f'href="{details}"' in mia.get("/p/river/?language=de").content.decode()
    assert f'action="{details}"' in mia.get(details).content.decode()
    assert mia.post(details, form)["Location"] == "/p/river/?language=de"


def test_what_somebody_else_changed_in_the_meantime_is_not_overwritten(team, browser):
    made = factories.article(team.mia, title="Alt")
    form = {"publisher": "", "published_at": "", "language": "", "url": "", "revision": 1}
    browser("mia").post(f"/p/river/articles/{made.uuid}/details/", form | {"title": "Erste"})

    response = browser("mia").post(f"/p/river/articles/{made.uuid}/details/", form | {"title": "Zweite"})

    made.refresh_from_db()
    assert made.title == "Erste"
    assert response.status_code == 409
    assert b"Somebody changed this article in the meantime" in response.content


def test_who_has_read_what_somebody_else_changed_can_save_again(team, browser):
    made = factories.article(team.mia, title="Alt")
    form = {"publisher": "", "published_at": "", "language": "", "url": ""}
    mia, details = browser("mia"), f"/p/river/articles/{made.uuid}/details/"
    mia.post(details, form | {"title": "Erste", "revision": 1})

    shown = mia.post(details, form | {"title": "Zweite", "revision": 1})
    page = shown.content.decode()
    again = mia.post(details, form | {"title": "Zweite", "revision": shown.context["revision"]})

    made.refresh_from_db()
    assert '<dd dir="auto">Erste</dd>' in page
    assert 'name="revision" value="2"' in page
    assert (again.status_code, made.title) == (302, "Zweite")


def test_details_saved_unchanged_are_no_act(team, browser):
    made = factories.article(team.mia, title="Alt", language="de")
    form = {"title": "Alt", "publisher": "", "published_at": "", "language": "de", "url": "", "revision": 1}

    browser("mia").post(f"/p/river/articles/{made.uuid}/details/", form)

    assert not AuditEvent.objects.filter(verb="article.changed").exists()
