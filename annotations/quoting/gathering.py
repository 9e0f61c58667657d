"""Which quotations stand in a text: what people annotated as one, excerpts, and what the marks around it tell."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from annotations.models import Annotation, Article, Label, Quotation, Region, TextLink
from annotations.reuse.texts import Text
from annotations.suggesters import rules
from annotations.suggesters.english import propose
from annotations.text.fingerprints import quotation_key
from annotations.text.spans import Span
from annotations.text.urls import canonical_url, url_sha256

NAMES = ("quotation", "quote", "zitat")
"""Keys and names of labels, and of the labels above them, by which an annotation is a quotation."""
NEAR = 200
"""So many code points behind a quotation a marker of its source may stand."""
Origin = Quotation.Origin


@dataclass(frozen=True, slots=True)
class Named:
    """The source that stands beside a quotation: a publisher, an address, or both."""

    publisher: int | None = None
    url: str = ""
    url_sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quotation that is to be looked up."""

    key: uuid.UUID
    span: Span
    origin: str
    annotation: int | None = None
    speaker: str = ""
    named: Named = Named()


@dataclass(slots=True)
class Beside:
    """What lies on a text by which sources are named: excerpts and markers, and links, in the order of the text."""

    zones: list[tuple[str, int, int, int | None, str]]
    links: list[tuple[int, int, str]]
    own_url: bytes | None
    own_publisher: int | None


def quotation_labels(project_id: int) -> QuerySet[Label]:
    """Return the labels of a project that mark quotations, in any version of its label set."""
    mine = Q(key__in=NAMES)
    for name in NAMES:
        mine |= Q(name__iexact=name)
    above = Label.objects.filter(mine, label_set__project_id=project_id)
    rows = Label.objects.filter(label_set__project_id=project_id, applies_to=Label.AppliesTo.SPAN)
    return rows.filter(mine | Q(parent__in=above))


def annotated(project_id: int) -> QuerySet[Annotation]:
    """Return the annotations of a project that mark quotations and stand."""
    labels = quotation_labels(project_id).values("pk")
    return Annotation.objects.filter(project_id=project_id, label__in=labels, withdrawn_at__isnull=True)


def gather(texts: Mapping[int, Text]) -> dict[int, list[Wanted]]:
    """Return the quotations of some texts of one project, each with the source that is named beside it; 5 queries."""
    if not texts:
        return {}
    project_id = next(iter(texts.values())).project_id
    found: dict[int, list[Wanted]] = {pk: [] for pk in texts}
    beside = _beside(texts)
    rows = annotated(project_id).filter(version__in=list(texts)).order_by("pk")
    for pk, key, version, start, end in rows.values_list("pk", "key", "version_id", "start", "end"):
        name = quotation_key("annotation", str(key), start, end)
        found[version].append(Wanted(name, Span(start, end), Origin.ANNOTATION, pk))
    for pk, text in texts.items():
        found[pk] += _of_text(text)
        found[pk] = [_with_source(each, text, beside[pk]) for each in found[pk]]
    return found


def _of_text(text: Text) -> Iterator[Wanted]:
    """Yield excerpts, and what stands between marks; not what no passage is looked for in."""
    for zone in text.zones:
        if zone.kind == Region.Kind.EXCERPT:
            yield _wanted(text, Origin.ZONE, zone.start, zone.end)
    left_out = [Span(zone.start, zone.end) for zone in text.zones if zone.kind in rules.LEFT_OUT]
    for one in propose(text.text, kinds=("quotation",), left_out=left_out):
        yield _wanted(text, Origin.RULE, one.start, one.end, dict(one.attributes).get("speaker", ""))


def _wanted(text: Text, origin: str, start: int, end: int, speaker: str = "") -> Wanted:
    return Wanted(quotation_key(origin, text.uuid, start, end), Span(start, end), origin, None, speaker)


def _beside(texts: Mapping[int, Text]) -> dict[int, Beside]:
    """Return what names sources on the texts; 2 queries."""
    found = {pk: Beside([], [], text.url_sha256, text.publisher_id) for pk, text in texts.items()}
    kinds = (Region.Kind.EXCERPT, Region.Kind.CITATION_MARKER)
    zones = Region.objects.filter(version__in=list(texts), kind__in=kinds, withdrawn_at__isnull=True)
    columns = ("version_id", "kind", "start", "end", "publisher_id", "url")
    for version, kind, start, end, publisher, url in zones.order_by("start", "-end", "pk").values_list(*columns):
        found[version].zones.append((kind, start, end, publisher, url))
    links = TextLink.objects.filter(version__in=list(texts)).order_by("start", "end", "pk")
    for version, start, end, url in links.values_list("version_id", "start", "end", "url"):
        found[version].links.append((start, end, url))
    return found


def _with_source(each: Wanted, text: Text, beside: Beside) -> Wanted:
    named = named_source(each.span, text.text, beside)
    return Wanted(each.key, each.span, each.origin, each.annotation, each.speaker, named)


def named_source(span: Span, text: str, beside: Beside) -> Named:
    """Return the source that is named beside words: by the excerpt around them, the marker behind, a link by them.

    The article's own publisher and address name no other source.
    """
    publisher, urls = None, []
    for kind, start, end, named, url in beside.zones:
        if kind == Region.Kind.EXCERPT and start < span.end and span.start < end:
            publisher = publisher or (named if named != beside.own_publisher else None)
            urls.append(url)
    paragraph = _paragraph(text, span)
    for kind, start, _end, named, url in beside.zones:
        if kind == Region.Kind.CITATION_MARKER and span.start <= start <= span.end + NEAR:
            publisher = publisher or (named if named != beside.own_publisher else None)
            urls.append(url)
    urls += [url for start, end, url in beside.links if start < paragraph.end and paragraph.start < end]
    for url in filter(None, urls):
        digest = url_sha256(canonical_url(url))
        if digest != beside.own_url:
            return Named(publisher, url, digest)
    return Named(publisher)


def _paragraph(text: str, span: Span) -> Span:
    start = text.rfind("\n\n", 0, span.start)
    end = text.find("\n\n", span.end)
    return Span(start + 2 if start >= 0 else 0, end if end >= 0 else len(text))


def held(named: Iterable[Named], text: Text) -> dict[Named, bool]:
    """Tell of which named sources other articles are in the project; 1 query, 2 where publishers are named alone."""
    wanted = [each for each in set(named) if each.publisher or each.url_sha256]
    others = Article.objects.filter(project_id=text.project_id, merged_into__isnull=True).exclude(pk=text.article_id)
    others = others.filter(current_version__isnull=False)
    urls = {each.url_sha256 for each in wanted if each.url_sha256}
    named_urls = others.filter(url_sha256__in=urls).values_list("url_sha256", flat=True)
    known_urls = {bytes(url) for url in named_urls if url}
    publishers = {each.publisher for each in wanted if each.publisher and not each.url_sha256}
    known = set(others.filter(publisher__in=publishers).values_list("publisher_id", flat=True)) if publishers else set()
    return {each: each.url_sha256 in known_urls if each.url_sha256 else each.publisher in known for each in wanted}


def by_version(rows: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    """Put pairs of version and id together."""
    found: dict[int, list[int]] = defaultdict(list)
    for version, pk in rows:
        found[version].append(pk)
    return found
