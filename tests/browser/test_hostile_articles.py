"""XS-1: hostile markup goes in by every way and is shown on every page; nothing of it runs, loads or stays an element.

The watch of `conftest.py` fails a test on any dialog, console error, policy violation or request to elsewhere.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Sequence

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export, start_import
from annotations.models import (
    Annotation,
    Article,
    GuidelinesVersion,
    Job,
    JobProblem,
    Membership,
    Publisher,
    Source,
    User,
)
from annotations.tasks import KINDS
from annotations.workflow.claiming import NewMention, make_claim
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.projects import NewLabel, current_labels, publish_guidelines, revise_label_set
from tests import factories
from tests.security.vectors import UNCLOSED, VECTORS, payloads, words_of

SHORT = "\"'><img src=x onerror=alert(1)><svg onload=alert(2)>{{7}}</script><script>alert(3)</script>"
INTRUDERS = """() => {
  const found = [];
  const loads = /^(src|srcset|data|poster|background|action|formaction|manifest|ping|srcdoc|archive|codebase)$/i;
  const tags = "iframe,frame,frameset,object,embed,applet,base,meta[http-equiv],style,math,foreignObject,marquee,"
    + "portal,video,audio,area,isindex,plaintext,noembed,animate,set,use:not([*|href^='#'])";
  for (const element of document.querySelectorAll(tags)) found.push(element.outerHTML.slice(0, 200));
  for (const element of document.querySelectorAll("*")) {
    if (element.localName === "script" && !element.src && !/^application\\/json$/.test(element.type)) {
      found.push(`script: ${element.textContent.slice(0, 100)}`);
    }
    if (element.shadowRoot) found.push(`shadow root: ${element.localName}`);
    for (const { name, value } of element.attributes) {
      const words = `${element.localName} ${name}=${value.slice(0, 100)}`;
      if (/^on/i.test(name)) found.push(words);
      if (name === "style" && /url|expression|import|animation|inset/i.test(value)) found.push(words);
      if (/href$/i.test(name) && !/^https?:$/.test(new URL(value, location.href).protocol)) found.push(words);
      const elsewhere = loads.test(name) || (element.localName === "link" && name === "href");
      if (elsewhere && new URL(value, location.href).origin !== location.origin) found.push(words);
      if (element.localName === "a" && name === "href" && new URL(value, location.href).origin !== location.origin) {
        const rel = (element.getAttribute("rel") ?? "").split(" ");
        if (!["noopener", "noreferrer", "nofollow"].every((word) => rel.includes(word))) found.push(`no rel: ${words}`);
      }
    }
  }
  if (document.cookie.includes("planted")) found.push("a cookie was planted");
  if (document.baseURI !== location.href.split("#")[0]) found.push(`base: ${document.baseURI}`);
  return found;
}"""
PLANT = """() => {
  const plant = (tag, name, value) => {
    const element = document.createElement(tag);
    if (name) element.setAttribute(name, value);
    document.querySelector("main").append(element);
  };
  plant("b", "onclick", "alert(1)");
  plant("a", "href", "javascript:alert(1)");
  plant("a", "href", "https://elsewhere.test/");
  plant("form", "action", "https://elsewhere.test/");
  plant("base");
  plant("style");
}"""


def page_of_html(number: int, vectors: Sequence[str]) -> str:
    """Return an article as a page, with vectors in its head, its title and between its paragraphs."""
    parts = "".join(
        f"<p>{words_of(n)} Die Leute trugen ihre Sachen in den ersten Stock und warteten auf Boote.</p>{vector}\n"
        for n, vector in enumerate(vectors)
    )
    head = (
        f"<title>Flut {number}</title>"
        f"<meta property='og:title' content=\"Flut {number} &lt;img src=x onerror=alert(1)&gt;\">"
        '<link rel="canonical" href="javascript:alert(document.domain)">'
    )
    return (
        f"<!doctype html><html><head>{head}</head><body><article><h1>Flut {number}</h1>{parts}</article></body></html>"
    )


def post_of(number: int, vectors: Sequence[str]) -> dict:
    """Return an article as a WordPress post."""
    parts = "\n".join(f"<p>{words_of(n)}</p>{vector}" for n, vector in enumerate(vectors))
    return {
        "id": number,
        "link": f"https://bote.example/{number}",
        "date_gmt": "2024-03-13T17:05:00",
        "title": {"rendered": f"Flut {number} {vectors[0]}"},
        "content": {"rendered": parts},
        "excerpt": {"rendered": vectors[-1]},
    }


def text_of(vectors: Sequence[str]) -> str:
    """Return vectors as plain text, each beside words that must be kept."""
    return "\n\n".join(f"{words_of(n)} {vector}" for n, vector in enumerate(vectors))


def address_of(vector: str) -> str:
    """Return an address that is accepted and holds as much of the vector as an address may."""
    return "https://bote.example/?q=" + vector[:300].replace("\\", "/")


def item_of(number: int, vectors: Sequence[str]) -> dict:
    """Return an article in our own fields; each field is hostile."""
    first, last = vectors[0], vectors[-1]
    return {
        "external_id": f"{number} {first}"[:200],
        "title": f"Flut {number} {last}",
        "publisher": f"{first} {number}"[:200],
        "url": f"{address_of(first)}&n={number}",
        "text": text_of(vectors),
        "metadata": {last[:100]: first},
    }


def table_of(items: Iterable[dict]) -> bytes:
    """Return articles as a CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ["external_id", "title", "publisher", "url", "text"], extrasaction="ignore")
    writer.writeheader()
    for item in items:
        writer.writerow(item | {"external_id": f"csv {item['external_id']}"[:200]})
    return out.getvalue().encode("utf-8", "replace")


def archive_of(pages: Iterable[str]) -> bytes:
    """Return pages in a .zip, under hostile names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, page in enumerate(pages):
            archive.writestr(f"{number} <img src=x onerror=alert(1)>.html", page.encode("utf-8", "replace"))
    return out.getvalue()


def pages_file(groups: Sequence[Sequence[str]]) -> tuple[str, bytes]:
    return '"><img src=x onerror=alert(1)>.zip', archive_of(page_of_html(n, group) for n, group in enumerate(groups))


def posts_file(groups: Sequence[Sequence[str]]) -> tuple[str, bytes]:
    return "posts.json", json.dumps([post_of(n, group) for n, group in enumerate(groups)]).encode()


def items_file(groups: Sequence[Sequence[str]], *others: dict) -> tuple[str, bytes]:
    items = [item_of(n, group) for n, group in enumerate(groups)]
    return "items.jsonl", "\n".join(json.dumps(item) for item in [*items, *others]).encode()


def import_all(mia: Membership, groups: Sequence[Sequence[str]]) -> Job:
    """Import the groups as pages, posts, a table and JSON, beside files that are refused; return the job."""
    whole = (VECTORS, UNCLOSED)
    unusable = [{"title": SHORT, "text": "", "external_id": SHORT}, {"title": "T", "text": "x", "published_at": SHORT}]
    files = [
        pages_file(groups),
        posts_file(groups),
        ("table.csv", table_of(item_of(n, group) for n, group in enumerate(whole))),
        items_file(whole, *unusable),
        ("refused.json", json.dumps([post_of(99, VECTORS) | {"link": "javascript:alert('link')"}]).encode()),
        (f"{SHORT}.txt", b""),
        (f"{SHORT}.json", b'{"broken": <script>alert(1)</script>'),
    ]
    job = start_import(mia, [(name, io.BytesIO(content)) for name, content in files])
    assert run_job(job.pk, KINDS, owner="this test")
    job.refresh_from_db()
    assert job.state == Job.State.DONE_WITH_PROBLEMS, job.message
    return job


def work_on(ada: Membership, article: Article, vectors: Sequence[str]) -> None:
    """Annotate the words beside each vector; note, claim and evidence are hostile."""
    assert article.current_version is not None
    text, place = article.current_version.text, 0
    for n, vector in enumerate(vectors):
        start = text.index(words_of(n), place)
        place = start + len(words_of(n))
        made = factories.annotation(ada, article, start, place, f"label{n % 10}", note=vector)
        claim = make_claim(uuid.uuid4(), vector, by=ada, mention=NewMention(uuid.uuid4(), made.key))
        link = SourceLink(address_of(vector), title=vector[:900], quote=vector, note=vector)
        attach_source(NewEvidence(uuid.uuid4(), link, claim=claim.key), by=ada)


@pytest.fixture
def mia() -> Membership:
    """Give the manager of an open project, staff too; her name and the project's are hostile."""
    mia = factories.project("river", name=SHORT, visibility="open", description=SHORT)
    User.objects.filter(pk=mia.user_id).update(
        display_name=SHORT, first_name=SHORT, email=SHORT, is_staff=True, is_superuser=True
    )
    labels = [
        NewLabel(f"label{n}", VECTORS[n * 6][:100], shortcut=str(n) if n else "", description="\n".join(VECTORS))
        for n in range(10)
    ]
    revise_label_set(labels, by=mia)
    publish_guidelines("\n\n".join((*VECTORS, *(f"[{n}]({v})" for n, v in enumerate(VECTORS)), *UNCLOSED)), by=mia)
    return mia


@pytest.fixture
def ada(mia) -> Membership:
    """Give an annotator whose names are hostile."""
    ada = factories.member(mia, "ada", pseudonym=SHORT)
    User.objects.filter(pk=ada.user_id).update(username=SHORT, display_name=VECTORS[-1])
    return ada


def groups_of(vectors: Sequence[str], size: int) -> list[Sequence[str]]:
    return [vectors[start : start + size] for start in range(0, len(vectors), size)]


#: each document ends with a piece that would swallow what comes after it
GROUPS = [(*group, last) for group, last in zip(groups_of(VECTORS, 7), UNCLOSED, strict=True)]


def open_all(page: Page, paths: Iterable[str]) -> None:
    """Open the pages one after the other; each must come, and hold no element that a vector made."""
    for path in paths:
        response = page.goto(path)
        assert response is not None
        assert response.ok, f"{response.status} {path}"
        assert page.evaluate(INTRUDERS) == [], path


def paths_of_project(job: Job) -> Iterator[str]:
    rooms = ["", "?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "?nonsense=<script>alert(1)</script>"]
    rooms += [
        "guidelines/",
        "guidelines/1/",
        "guidelines/1/text/",
        "guidelines/edit/",
        "labels/",
        "labels/edit/",
        "import/",
        "export/",
    ]
    rooms += ["jobs/", f"jobs/{job.uuid}/", "members/", "settings/", "acts/", "articles/add/"]
    yield from (f"/p/river/{room}" for room in rooms)
    yield from ("/", "/account/", "/projects/new/", "/api/v1/docs/")
    annotation = Annotation.objects.first()
    if annotation is not None:
        yield f"/p/river/annotations/{annotation.key}/history/"


def paths_of_articles() -> Iterator[str]:
    for n, article in enumerate(Article.objects.order_by("pk")):
        base = f"/p/river/articles/{article.uuid}/"
        yield base if n % 3 == 0 else f"{base}marks/"
    yield f"{base}details/"
    pasted = Article.objects.order_by("pk").last()
    yield f"/p/river/articles/{pasted.uuid}/marks/"


@pytest.fixture
def hostile(mia, ada) -> Job:
    """Give the import of all vectors, with work on them."""
    job = import_all(mia, GROUPS)
    pasted = factories.article(mia, text_of(VECTORS), title=VECTORS[0], publisher=VECTORS[1], url="https://a.example/")
    work_on(ada, pasted, VECTORS)
    Article.objects.filter(pk=pasted.pk).update(
        candidates={"published_at": [{"value": SHORT, "place": {"snippet": SHORT}}]}, metadata={SHORT: SHORT}
    )
    return job


def test_what_looks_for_intruders_finds_them(mia, page_of, watch):
    page = page_of(mia.user)
    page.goto("/p/river/")

    page.evaluate(PLANT)

    found = page.evaluate(INTRUDERS)
    expected = ["<base>", "<style>", "b onclick", "a href=javascript", "no rel: a href=https", "form action"]
    assert [part for part in expected if not any(one.startswith(part) for one in found)] == []
    watch.problems.clear()


def test_xs1_no_page_of_a_project_gives_hostile_texts_a_life(hostile, mia, page_of):
    assert Article.objects.count() >= 2 * len(GROUPS) + 5
    assert JobProblem.objects.count() >= 3
    export = start_export(mia)
    run_job(export.pk, KINDS, owner="this test")
    page = page_of(mia.user)

    open_all(page, [*paths_of_project(hostile), f"/p/river/jobs/{export.uuid}/"])


def test_xs1_no_article_page_gives_hostile_texts_a_life_and_words_are_kept(hostile, mia, page_of):
    page = page_of(mia.user)

    open_all(page, paths_of_articles())

    for article in Article.objects.filter(title__startswith="Flut").select_related("current_version"):
        text, group = article.current_version.text, GROUPS[int(article.title.split()[1])]
        assert [n for n in range(len(group)) if words_of(n) not in text] == [], article.title
    page.goto(f"/p/river/articles/{Article.objects.get(title=VECTORS[0]).uuid}/")
    shown = page.locator("article.article").text_content()
    assert [vector for vector in VECTORS if not set(vector) & set("\n\x0c") and vector not in shown] == []


def test_xs1_the_panel_beside_the_text_shows_hostile_work_as_text(hostile, mia, page_of):
    page = page_of(mia.user)
    page.goto(f"/p/river/articles/{Article.objects.get(title=VECTORS[0]).uuid}/")
    page.locator("#tab-list").click()
    rows = page.locator("span-list .span-row")
    expect(rows).to_have_count(len(VECTORS))

    for n in range(0, len(VECTORS), 6):
        page.locator("#tab-list").click()
        rows.nth(n).click()
        expect(page.locator("span-panel .span-quote")).to_have_text(words_of(n))
        expect(page.locator("span-panel")).to_contain_text(VECTORS[n].strip("\u202e\u202c").split("\x01")[0].split()[0])
        assert page.evaluate(INTRUDERS) == [], VECTORS[n]

    page.evaluate("""() => {
      const text = document.querySelector("p[data-b]").firstChild;
      getSelection().setBaseAndExtent(text, 0, text, 9);
    }""")
    expect(page.locator("label-popup button").first).to_be_visible()
    assert page.evaluate(INTRUDERS) == []


def test_xs1_pages_that_show_what_is_typed_or_chosen_show_it_as_text(mia, page_of):
    page = page_of(mia.user)
    page.goto("/p/river/articles/add/")
    page.get_by_label("Title").fill(SHORT)
    page.get_by_label("Text", exact=True).fill(text_of((*VECTORS, *UNCLOSED)))
    page.get_by_role("button", name="Look at it before saving").click()
    expect(page.locator(".frozen-text")).to_contain_text("alert('s1')")
    assert page.evaluate(INTRUDERS) == []
    page.get_by_role("button", name="Save the article").click()
    expect(page.get_by_text("onerror=alert(1)").first).to_be_visible()
    assert page.evaluate(INTRUDERS) == []

    page.goto("/p/river/import/")
    page.get_by_label("Files").set_input_files([{"name": f"{SHORT}.txt", "mimeType": "text/html", "buffer": b"x"}])
    expect(page.get_by_text("onerror=alert(1)").first).to_be_visible()
    assert page.evaluate(INTRUDERS) == []


ADMIN_LISTS = (Annotation, Article, Job, Membership, Publisher, Source, User)


def admin_paths() -> Iterator[str]:
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:annotations_{model._meta.model_name}"
        if model in ADMIN_LISTS:
            yield reverse(f"{name}_changelist")
        row = model._default_manager.order_by("-pk").first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
            if model in (Annotation, Article, Membership):
                yield reverse(f"{name}_history", args=[row.pk])


@pytest.mark.long
def test_xs1_no_page_of_the_admin_gives_hostile_texts_a_life(hostile, mia, page_of):
    page = page_of(mia.user)

    open_all(page, admin_paths())


@pytest.mark.long
@pytest.mark.parametrize("way", ["text", "html", "wordpress"])
def test_xs1_thousands_of_payloads_run_nowhere(shared_samples, mia, ada, page_of, way):
    """The large list, a hundred payloads an article; some swallow what follows, so each also stands as text."""
    lines = [line for line in payloads(shared_samples) if line.strip()]
    assert len(lines) > 6_000
    groups = groups_of(lines, 100)
    name, content = {"text": items_file, "html": pages_file, "wordpress": posts_file}[way](groups)
    job = start_import(mia, [(name, io.BytesIO(content))])
    run_job(job.pk, KINDS, owner="this test")
    assert Article.objects.count() >= len(groups) * 0.9
    if way == "text":
        for article, group in itertools.islice(zip(Article.objects.order_by("pk"), groups, strict=False), 8):
            work_on(ada, article, group[:60])
        publish_guidelines("\n\n".join(lines)[:199_000], by=mia)
    page = page_of(mia.user)

    open_all(page, [*paths_of_project(job), *paths_of_articles()])

    assert GuidelinesVersion.objects.exists()
    assert current_labels(mia.project)
