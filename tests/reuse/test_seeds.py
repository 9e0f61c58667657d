"""Five real articles of four outlets: every run of eight words that two share is found, none of the site's own."""

from __future__ import annotations

import io

import pytest

from annotations.jobs.starting import start_import
from annotations.models import Article, QuoteLink, Region
from annotations.reuse.finding import start_finding
from tests import factories
from tests.reuse import oracle
from tests.reuse.test_finding import done

pytestmark = pytest.mark.django_db
#: which of them are of one site
ONE_SITE = {("002", "003")}


def test_every_run_that_two_outlets_share_is_found_and_nothing_of_the_footer(shared_samples):
    folder = shared_samples / "seeds"
    if not folder.is_dir():
        pytest.skip("the seed articles are not at hand")
    mia = factories.project()
    files = [(path.name, io.BytesIO(path.read_bytes())) for path in sorted(folder.glob("0*.txt"))]
    done(start_import(mia, files))
    done(start_finding(mia))
    articles = {article.external_id[:3]: article for article in Article.objects.select_related("current_version")}
    names = {article.current_version_id: name for name, article in articles.items()}
    assert len(names) == 5
    links = list(QuoteLink.objects.all())
    parts = {}
    for link in links:
        pair = names[link.from_version_id], names[link.to_version_id]
        for a, b, c, d in link.parts:
            parts.setdefault(pair, []).append((a, b, c, d))
            parts.setdefault(pair[::-1], []).append((c, d, a, b))

    pieces = {}
    for name, article in articles.items():
        zones = Region.objects.filter(version=article.current_version).values_list("kind", "start", "end")
        pieces[name] = oracle.pieces(article.current_version.text, list(zones))
    n_runs = 0
    for one in names.values():
        for other in names.values():
            if one >= other or (one, other) in ONE_SITE:
                continue
            for a, b, c, d in oracle.shared(pieces[one], pieces[other]):
                n_runs += 1
                found = parts.get((one, other), [])
                quote = articles[one].current_version.text[a:b]
                assert any(x <= a and b <= y and u <= c and d <= v for x, y, u, v in found), (one, other, quote)

    assert n_runs >= 14
    for link in links:
        text = link.from_version.text[link.from_start : link.from_end]
        assert "subscribe" not in text.casefold()
        assert link.n_words >= 8
    assert {pair for pair in parts if "003" in pair} <= {("002", "003"), ("003", "002")}
    of_the_site = [link for link in links if {names[link.from_version_id], names[link.to_version_id]} == {"002", "003"}]
    assert sum(link.n_words for link in of_the_site) < 30
