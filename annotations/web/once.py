"""What makes a filled form known when a browser sends it twice: by a double click, or by loading the reply again."""

from __future__ import annotations

from uuid import uuid5

from django.http import HttpRequest

from annotations.access.requests import Request, sha256_of

from .forms.fields import FormKeyField

FORM_KEY = "form_key"


def request_of(request: HttpRequest) -> Request | None:
    """Return the key and the digest of a filled form; None where its page gave it no key.

    Both count everything in it: whoever goes back to a form and sends it with other answers asks for something else.
    """
    key = FormKeyField().clean(request.POST.get(FORM_KEY))
    if key is None:
        return None
    sent = [pair for pair in sorted(request.POST.lists()) if pair[0] != "csrfmiddlewaretoken"]
    files = [(name, file.name, sha256_of(file)) for name, given in request.FILES.lists() for file in given]
    digest = Request.of(key, request.get_full_path(), sent, files).digest
    return Request(uuid5(key, digest.hex()), digest)
