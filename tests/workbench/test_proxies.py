"""AU-1: an address or scheme that the client claims is believed only from a configured proxy."""

import pytest
from django.http import HttpRequest, HttpResponse

from workbench.proxies import TrustedProxyMiddleware


@pytest.fixture
def seen(settings, rf):
    """Give a function that says which address and scheme the program sees."""
    settings.WORKBENCH_TRUSTED_PROXIES = ["10.0.0.0/8", "fd00::/8"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    def see(peer: str, forwarded: str, scheme: str = "https") -> tuple[str, str]:
        requests: list[HttpRequest] = []
        middleware = TrustedProxyMiddleware(lambda request: requests.append(request) or HttpResponse())
        headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": scheme}
        middleware(rf.get("/", headers=headers, REMOTE_ADDR=peer))
        return requests[0].META["REMOTE_ADDR"], requests[0].scheme or ""

    return see


def test_au1_a_stranger_cannot_choose_an_address_or_scheme(seen):
    assert seen("203.0.113.9", "198.51.100.1") == ("203.0.113.9", "http")


def test_au1_a_proxy_tells_the_address_of_the_client(seen):
    assert seen("10.0.0.2", "198.51.100.1") == ("198.51.100.1", "https")
    assert seen("fd00::2", "2001:db8::7") == ("2001:db8::7", "https")


def test_au1_what_the_client_put_left_of_its_address_is_not_believed(seen):
    assert seen("10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.3") == ("198.51.100.1", "https")


def test_au1_nonsense_from_a_proxy_leaves_the_proxys_address(seen):
    assert seen("10.0.0.2", "<script>") == ("10.0.0.2", "https")
    assert seen("10.0.0.2", "") == ("10.0.0.2", "https")


def test_au1_without_configured_proxies_nobody_is_believed(seen, settings):
    settings.WORKBENCH_TRUSTED_PROXIES = []

    assert seen("127.0.0.1", "198.51.100.1") == ("127.0.0.1", "http")
