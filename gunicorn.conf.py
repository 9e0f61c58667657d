"""How the thread server runs; read by `gunicorn` when it is started in this folder. Options on its command line win."""

import os

from workbench.environment import environment
from workbench.logs import logging_settings, password_of

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 60
graceful_timeout = 30
keepalive = 5
forwarded_allow_ips = ""  # workbench.proxies decides whom to believe
control_socket_disable = True  # nobody manages it at run time, and a container has no place to write
access_log_format = "%(m)s %(U)s %(s)s %(b)s bytes %(M)s ms {%({x-request-id}o)s}"  # the path without its query
logconfig_dict = logging_settings(
    level=environment.text("WORKBENCH_LOG_LEVEL").upper(),
    secrets=[
        environment.text("SECRET_KEY"),
        password_of(environment.text("DATABASE_URL")),
        password_of(environment.text("CELERY_BROKER_URL")),
        password_of(environment.text("EMAIL_URL")),
        environment.text("OIDC_CLIENT_SECRET"),
    ],
)
