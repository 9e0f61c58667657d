"""Outlet blinding: what tells of an article's outlet, author and date is kept from who has not handed it in.

A project may ask for it. Then an annotator meets each article as a text without origin, so that no trust or distrust of
an outlet gets into the work; handing it in shows it. The words of the text itself stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Left, Length

from annotations.models import Article, Assignment, Membership, Region, TextLink

from .rules import Act, has_role_for

SEPARATORS = (" | ", " - ", " – ", " — ", " · ", " :: ")


def hides_outlets(by: Membership) -> bool:
    """Tell whether articles that the membership has not handed in hide their outlets from it."""
    return by.project.hides_outlets and not has_role_for(by, Act.SEE_OUTLETS)


def has_handed_in(by: Membership, article: str = "pk") -> Exists:
    """Match articles, named by a column, that the membership has handed in once; a later reopening changes nothing."""
    own = Assignment.objects.filter(annotator_id=by.pk, submitted_at__isnull=False)
    return Exists(own.filter(version__article_id=OuterRef(article)))


def hide_outlets(by: Membership, articles: Iterable[Article | None]) -> None:
    """Empty, in memory, what the membership may not see yet of loaded articles; 1 query, or none where all is shown.

    An article that is emptied refuses to be saved.
    """
    if not hides_outlets(by):
        return
    named = {id(each): each for each in articles if each is not None}
    ids = sorted({each.pk for each in named.values()})
    rows = Article.objects.filter(has_handed_in(by), pk__among=ids).order_by() if ids else Article.objects.none()
    shown = set(rows.values_list("pk", flat=True))
    for each in named.values():
        if each.pk not in shown:
            _empty(each)


def shown_title(title: str, publisher: str, domain: str = "") -> str:
    """Return a title without the outlet's name at its end.

    >>> shown_title("Der Preis stieg | Der Bote", "Der Bote")
    'Der Preis stieg'
    >>> shown_title("Der Preis stieg - bote.example", "Der Bote", "bote.example")
    'Der Preis stieg'
    >>> shown_title("Der Bote", "Der Bote")
    'Der Bote'
    """
    names = {name.casefold() for name in (publisher, domain, domain.removeprefix("www.")) if name}
    for separator in SEPARATORS:
        before, found, after = title.rpartition(separator)
        if found and before.strip() and after.strip().casefold() in names:
            return before.rstrip()
    return title


def title_holds(word: str) -> Q:
    """Match articles whose title, without the name of their outlet at its end, holds a word.

    The alias `title_shown` is to be there: see `title_alias`.
    """
    with_name = Q(title__iendswith=F("publisher__name"), publisher__isnull=False)
    return (Q(title__icontains=word) & ~with_name) | (with_name & Q(title_shown__icontains=word))


def title_alias() -> Left:
    """Return a title without as many letters at its end as its outlet's name has."""
    return Left("title", Length("title") - Length("publisher__name"))


def links_shown(article: Article, links: Iterable[TextLink]) -> list[TextLink]:
    """Return the links of a text but, where its outlet is hidden, those that lead to the outlet itself."""
    hosts: set[str] = getattr(article, "hidden_hosts", set())
    return [link for link in links if not _leads_to(link.url, hosts)]


def zones_shown(article: Article, zones: Iterable[Region]) -> list[Region]:
    """Return the zones of a text; where its outlet is hidden, none names it or leads to it."""
    found = list(zones)
    if not getattr(article, "outlet_hidden", False):
        return found
    for zone in found:
        if zone.publisher_id == article.hidden_publisher_id:  # type: ignore[attr-defined]
            zone.publisher = None
        if _leads_to(zone.url, article.hidden_hosts):  # type: ignore[attr-defined]
            zone.url = ""
    return found


def _empty(article: Article) -> None:
    publisher = article.publisher
    name, domain = (publisher.name, publisher.domain) if publisher else ("", "")
    hosts = {host.removeprefix("www.") for host in (domain, urlsplit(article.url).hostname or "") if host}
    article.title = shown_title(article.title, name, domain)
    if "/" in article.external_id or any(host in article.external_id for host in hosts):
        article.external_id = str(article.uuid)
    article.hidden_hosts, article.hidden_publisher_id = hosts, article.publisher_id  # type: ignore[attr-defined]
    article.publisher = article.published_at = article.posted_at = None
    article.url, article.metadata, article.candidates = "", {}, {}
    article.outlet_hidden = True


def _leads_to(url: str, hosts: set[str]) -> bool:
    host = (urlsplit(url).hostname or "").removeprefix("www.") if hosts and url else ""
    return any(host == each or host.endswith(f".{each}") for each in hosts)
