"""Where a thread server (gunicorn) finds the pages and the API."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")

application = get_wsgi_application()

from workbench.demonstration import refuse_public_passwords  # noqa: E402 - needs the models to be ready
from workbench.statement_limit import limit_statements  # noqa: E402

limit_statements()
refuse_public_passwords()
