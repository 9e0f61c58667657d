"""Where an event server (uvicorn) finds the streams; pages and API run faster on threads, see `wsgi.py`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")

application = get_asgi_application()

from workbench.demonstration import refuse_public_passwords  # noqa: E402 - needs the models to be ready
from workbench.statement_limit import limit_statements  # noqa: E402

limit_statements()
refuse_public_passwords()
