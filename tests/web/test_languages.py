"""The language of pages and of refusals: the browser's, the cookie's, the account's; what is stored is in none."""

import json

from django.test import Client

from annotations.models import AuditEvent, User
from tests import factories

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-CH,de;q=0.9,en;q=0.5"}


def test_pages_follow_the_browser_until_somebody_chooses(team, browser):
    ada = browser("ada")

    german = ada.get("/account/", **GERMAN).content.decode()
    unknown = ada.get("/account/", HTTP_ACCEPT_LANGUAGE="fr").content.decode()
    ada.post("/account/", {"display_name": "Ada", "email": "", "language": "en"}, **GERMAN)
    chosen = ada.get("/account/", **GERMAN).content.decode()
    ada.post("/account/", {"display_name": "Ada", "email": "", "language": ""}, **GERMAN)
    again = ada.get("/account/", **GERMAN).content.decode()

    assert '<html lang="de"' in german
    assert "<h1>Ihr Konto</h1>" in german
    assert '<html lang="en"' in unknown
    assert "<h1>Your account</h1>" in chosen
    assert "<h1>Ihr Konto</h1>" in again


def test_a_language_is_chosen_before_the_log_in_and_the_way_on_is_kept(client, db):
    response = client.post("/language/", {"language": "de", "next": "/p/harbour/"})
    away = client.post("/language/", {"language": "xx", "next": "https://elsewhere.example/"})

    page = client.get(response["Location"]).content.decode()
    assert response["Location"] == "/login/?next=%2Fp%2Fharbour%2F"
    assert response.cookies["django_language"]["httponly"]
    assert "<title>Anmelden" in page
    assert 'name="next" value="/p/harbour/"' in page
    assert away["Location"] == "/login/"
    assert not away.cookies


def test_the_language_of_an_account_goes_with_it_to_another_browser(team):
    User.objects.filter(username="ada").update(language="de")
    elsewhere = Client()

    elsewhere.post("/login/", {"username": "ada", "password": factories.PASSWORD})

    assert "Ihre Projekte" in elsewhere.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()


def test_the_words_of_the_script_come_in_the_language_of_the_page(client):
    words = client.get("/words/de.js").content.decode()

    assert "Abgeben" in words
    assert client.get("/words/fr.js").status_code == 404


def test_the_api_refuses_in_the_callers_language_with_the_same_code(client, db):
    english, german = (client.get("/api/v1/projects/", **extra).json() for extra in ({}, GERMAN))

    assert english["problems"][0]["code"] == german["problems"][0]["code"]
    assert english["problems"][0]["message"] != german["problems"][0]["message"]


def test_acts_are_stored_without_language_and_told_in_the_readers_with_its_dates(team, browser):
    mia = browser("mia")
    before = set(AuditEvent.objects.values_list("pk", flat=True))

    mia.post("/p/river/guidelines/edit/", {"text": "One rule.", "base": "1", "save": "yes"}, **GERMAN)

    event = AuditEvent.objects.exclude(pk__in=before).values().get()
    german = mia.get("/p/river/acts/", **GERMAN).content.decode()
    english = mia.get("/p/river/acts/").content.decode()
    assert "Richtlinien" not in json.dumps(event, default=str)
    assert "Richtlinien in Kraft gesetzt" in german
    assert "guidelines in force" in english
    assert f"{event['created_at']:%d.%m.%Y %H:%M:%S}" in german
    assert f"{event['created_at']:%Y-%m-%d %H:%M:%S}" in english
