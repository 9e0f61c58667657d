"""Says whether this server can do its work: /healthz for load balancers, `python -m workbench.health` in containers."""

import json
import os
import sys
from datetime import timedelta
from http.client import HTTPConnection

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

WORKER_IS_FRESH = timedelta(minutes=2)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database answers; without a worker, pages and saving still work. Two queries."""
    database = _database_answers()
    worker = database and _worker_was_seen()
    status = 200 if database else 503
    return JsonResponse({"database": database, "worker": worker}, status=status)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _worker_was_seen() -> bool:
    from annotations.models import Worker

    try:
        return Worker.objects.filter(last_seen_at__gt=timezone.now() - WORKER_IS_FRESH).exists()
    except DatabaseError:
        return False


def main() -> int:
    """Ask the server of this container, under a host name that it serves; 0 when it is healthy."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    port = int(os.environ.get("PORT", "8000"))
    server = HTTPConnection("127.0.0.1", port, timeout=5)
    server.request("GET", "/healthz", headers={"Host": host})
    reply = server.getresponse()
    print(json.dumps({"status": reply.status, "said": reply.read().decode()}))  # noqa: T201
    return 0 if reply.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
