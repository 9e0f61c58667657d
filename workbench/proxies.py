"""Believes forwarding headers from configured proxies only, so that nobody picks their own address or scheme."""

import ipaddress
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxyMiddleware:
    """Put the client's address into REMOTE_ADDR, and drop what an untrusted peer says about itself.

    `WORKBENCH_TRUSTED_PROXIES` lists the proxies. X-Forwarded-For is read from the right: the first address
    that is not one of them is the client. Everything left of it could have been made up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        forwarded = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        if not _is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
            return self.get_response(request)
        client = next((address for address in _from_the_right(forwarded) if not _is_trusted(address)), None)
        if client and _is_address(client):
            request.META["REMOTE_ADDR"] = client
        return self.get_response(request)


def _from_the_right(forwarded: str) -> list[str]:
    return [part.strip() for part in reversed(forwarded.split(",")) if part.strip()]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(text: str) -> bool:
    if not _is_address(text):
        return False
    address = ipaddress.ip_address(text)
    return any(address in network for network in _networks(tuple(settings.WORKBENCH_TRUSTED_PROXIES)))


@lru_cache
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(proxy) for proxy in proxies)
