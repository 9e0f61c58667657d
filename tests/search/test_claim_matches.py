"""Claims that may say the same are suggested by the rarer words that they share, with the ground; a person merges."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import ClaimDesk
from annotations.search.claim_matches import matching_claims
from annotations.workflow.claiming import make_claim
from annotations.workflow.wording_rules import add_spelling
from tests import factories

pytestmark = pytest.mark.django_db
ASKED = "Der Damm in Brenik hält 4 Meter Hochwasser stand."


@pytest.fixture
def mia():
    return factories.project(visibility="open")


def claims(by, *texts, **values):
    return [make_claim(uuid.uuid4(), text, by=by, **values) for text in texts]


def texts(found):
    return [each.claim.text for each in found]


def test_the_likeliest_come_first_with_their_ground(mia, django_assert_num_queries):
    made = [f"Der Preis von Ware {n} stieg gegenüber dem Vorjahr." for n in range(6)]
    claims(
        mia, *made, "Der Damm bei Brenik hält 5 Meter stand.", "In Brenik regnet es.", "Hochwasser am Damm in BRENIK!"
    )
    (claim,) = claims(mia, ASKED, claimant="Amt")

    with django_assert_num_queries(3):
        found = matching_claims(claim, mia)

    assert texts(found) == ["Der Damm bei Brenik hält 5 Meter stand.", "Hochwasser am Damm in BRENIK!"]
    first, second = found
    assert first.shared == ("Damm", "Brenik", "hält", "Meter", "stand")
    assert (first.numbers_here, first.numbers_there) == (("4",), ("5",))
    assert second.shared == ("Damm", "BRENIK", "Hochwasser")
    assert first.share > second.share > 0.33
    assert not first.has_same_claimant


def test_spellings_that_count_as_one_and_claimants_are_told(mia):
    add_spelling(uuid.uuid4(), ["Brenik", "Brjenik"], by=mia)
    (other,) = claims(mia, "Damm von Brjenik: Hochwasser hält er stand.", claimant="amt")
    (claim,) = claims(mia, ASKED, claimant="Amt")

    (found,) = matching_claims(claim, mia)

    assert found.claim == other
    assert "Brjenik" in found.shared
    assert found.has_same_claimant


@pytest.mark.parametrize("text", ["Der Damm.", "Ja.", "!"])
def test_a_claim_of_few_words_has_no_match(mia, text):
    claims(mia, ASKED, "Der Damm.")
    (claim,) = claims(mia, text)

    assert matching_claims(claim, mia) == []


def test_words_within_words_are_none_and_signs_mean_nothing_else(mia):
    claims(mia, "Dammbruch, Brenikstraße, Meterware: Standhaftes Hochwasserhaus hälten", "100% _ \\ '")
    (claim,) = claims(mia, ASKED)

    assert matching_claims(claim, mia) == []


def test_where_work_is_blind_only_ones_own_are_named(client):
    mia = factories.project(visibility="blind")
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    claims(ben, ASKED)
    (own, claim) = claims(ada, "Der Damm in Brenik hält stand.", ASKED)

    assert texts(matching_claims(claim, ada)) == [own.text]
    client.force_login(ada.user)
    page = client.get(f"/p/{mia.project.slug}/claims/{claim.key}/").content.decode()
    assert page.count("Der Damm in Brenik hält stand.") == 1
    assert "same-merge" not in page


def test_a_reviewer_merges_what_is_suggested_and_it_is_suggested_no_more(mia, client):
    rosa = factories.member(mia, "rosa", "reviewer")
    (other, claim) = claims(mia, "Der Damm in Brenik hält 5 Meter stand.", ASKED)
    client.force_login(rosa.user)
    place = f"/p/{mia.project.slug}/claims/{claim.key}/"

    page = client.get(place).content.decode()
    told = client.get(f"/api/v1/projects/{mia.project.slug}/claims/{claim.key}/matches/").json()["results"]
    assert "These may say the same" in page
    assert [(each["key"], each["shared"], each["numbers_there"]) for each in told] == [
        (str(other.key), ["Damm", "Brenik", "hält", "Meter", "stand"], ["5"])
    ]
    client.post(place, {"act": "same-merge", "into": str(other.key), "base": 0, "form_key": str(uuid.uuid4())})

    assert ClaimDesk.objects.get(claim=claim).merged_into == other.key
    assert matching_claims(other, rosa) == []
