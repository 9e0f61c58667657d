"""All settings, read from the environment once; what is unset gets the embedded default (SQLite, no broker, loopback).

`docs/settings.md` explains each variable. Which values are refused is decided in `safety.py`.
"""

from datetime import timedelta
from typing import Any

import dj_database_url

from workbench.environment import BASE_DIR, environment
from workbench.logs import logging_settings, password_of
from workbench.mail import mail_server
from workbench.safety import generated_key, refuse_unsafe

refuse_unsafe(environment)

WORKBENCH_MODE = environment.text("WORKBENCH_MODE")
IS_PRODUCTION = WORKBENCH_MODE == "production"
VAR_DIR = environment.folder("WORKBENCH_VAR_DIR")
VAR_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = environment.text("SECRET_KEY") or generated_key(VAR_DIR)
DEBUG = environment.flag("DEBUG")
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
WORKBENCH_FAILPOINTS = environment.names("WORKBENCH_FAILPOINTS")

INSTALLED_APPS = [
    "annotations",  # before the admin, whose templates it replaces
    "workbench.admin_config.WorkbenchAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]
MIDDLEWARE = [
    "workbench.request_id.RequestIdMiddleware",
    "workbench.headers.HeadersMiddleware",
    "workbench.compression.CompressionMiddleware",
    "workbench.proxies.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "workbench.session_limits.SessionLimitsMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "annotations.web.factor_door.SecondFactorMiddleware",
    "annotations.web.refusals.RefusalMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "workbench.urls"
WSGI_APPLICATION = "workbench.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database. No ATOMIC_REQUESTS: each act in `workflow/` has its own transaction, as short as it can be.
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        environment.text("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'workbench.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
# FULL, because an acknowledged save must survive a power cut; NORMAL may lose the last ones in WAL mode.
# The log is written back at 32 MiB, not at 4: imports change the same pages of indexes again and again.
SQLITE_AT_FIRST = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=8000;"
)
DATABASE_IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if DATABASE_IS_SQLITE:
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        # A transaction takes the write lock at once. One that starts reading and writes later cannot wait for the
        # lock and fails with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "init_command": SQLITE_AT_FIRST,
    }
elif environment.number("WORKBENCH_DATABASE_POOL"):
    # For the events server, which has more tasks than connections; threads are better off with one connection each.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": environment.number("WORKBENCH_DATABASE_POOL"),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People
WORKBENCH_PROJECT_CREATION = environment.text("WORKBENCH_PROJECT_CREATION") or ("staff" if IS_PRODUCTION else "anyone")
# who may take an invitation: anyone, who then makes an account, or only those known by one already
WORKBENCH_INVITATIONS = environment.text("WORKBENCH_INVITATIONS")
# of whom a second factor is asked: managers (with staff and administrators), or of nobody who did not set one up
WORKBENCH_SECOND_FACTOR = environment.text("WORKBENCH_SECOND_FACTOR") or ("managers" if IS_PRODUCTION else "optional")
AUTH_USER_MODEL = "annotations.User"
AUTHENTICATION_BACKENDS = ["annotations.access.people.PeopleBackend"]
SESSION_ENGINE = "workbench.sessions"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=1).total_seconds())

# --- Log-in at a provider (OpenID Connect), beside passwords. Without an issuer there is none.
OIDC_ISSUER = environment.text("OIDC_ISSUER")
OIDC_CLIENT_ID = environment.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = environment.text("OIDC_CLIENT_SECRET")
OIDC_NAME = environment.text("OIDC_NAME") or "OpenID Connect"

# --- Mail. Without a server nothing is sent, and links are handed out by people.
MAIL_SERVER = mail_server(environment.text("EMAIL_URL"))
WORKBENCH_SENDS_MAIL = MAIL_SERVER is not None
if MAIL_SERVER is None:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
else:
    EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL_SERVER.starts_tls, MAIL_SERVER.is_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM") or f"workbench@{ALLOWED_HOSTS[0]}"
WORKBENCH_URL = environment.text("WORKBENCH_URL").rstrip("/")

WORKBENCH_SESSION_IDLE = timedelta(hours=12)
WORKBENCH_SESSION_AGE = timedelta(days=14)
SESSION_COOKIE_AGE = int(WORKBENCH_SESSION_AGE.total_seconds())

# --- Cookies and transport. `__Host-` names are taken by browsers only over HTTPS, for this host and the whole site.
COOKIES_ARE_SECURE = environment.flag("WORKBENCH_SECURE_COOKIES", default=IS_PRODUCTION)
COOKIE_PREFIX = "__Host-" if COOKIES_ARE_SECURE else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = COOKIES_ARE_SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = COOKIES_ARE_SECURE
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "workbench.errors.csrf_failure"
LANGUAGE_COOKIE_SECURE = COOKIES_ARE_SECURE
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())

WORKBENCH_TRUSTED_PROXIES = environment.names("WORKBENCH_TRUSTED_PROXIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if WORKBENCH_TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = environment.number("WORKBENCH_HSTS_SECONDS") if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SECURE_HSTS_PRELOAD = IS_PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Limits at the door. A pasted article may have 10 MiB; files are streamed to disk and not counted here.
DATA_UPLOAD_MAX_MEMORY_SIZE = environment.number("WORKBENCH_REQUEST_MIB") * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = environment.number("WORKBENCH_FORM_FIELDS")
DATA_UPLOAD_MAX_NUMBER_FILES = environment.number("WORKBENCH_FORM_FILES")
WORKBENCH_UPLOAD_MAX_SIZE = environment.number("WORKBENCH_IMPORT_MIB") * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "workbench.uploads.SizeUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o640
WORKBENCH_DELETED_DAYS = environment.number("WORKBENCH_DELETED_DAYS")
WORKBENCH_IMPORTS_PER_HOUR = environment.number("WORKBENCH_IMPORTS_PER_HOUR")
WORKBENCH_EXPORTS_PER_HOUR = environment.number("WORKBENCH_EXPORTS_PER_HOUR")
WORKBENCH_FETCHES_PER_HOUR = environment.number("WORKBENCH_FETCHES_PER_HOUR")
WORKBENCH_STATEMENT_SECONDS = environment.number("WORKBENCH_STATEMENT_SECONDS")
PUBLIC_URL = environment.text("WORKBENCH_PUBLIC_URL").rstrip("/")
WORKBENCH_FIND_REUSE = environment.flag("WORKBENCH_FIND_REUSE")

# --- Pages of the outside. Off, no connection is ever opened; what is given by hand is captured all the same.
WORKBENCH_FETCHING = environment.flag("WORKBENCH_FETCHING")
WORKBENCH_FETCH_PORTS = [int(port) for port in environment.names("WORKBENCH_FETCH_PORTS")]
WORKBENCH_FETCH_PROXY = environment.text("WORKBENCH_FETCH_PROXY")
WORKBENCH_FETCH_ROBOTS = environment.flag("WORKBENCH_FETCH_ROBOTS")
WORKBENCH_FETCH_AGENT = environment.text("WORKBENCH_FETCH_AGENT")
WORKBENCH_FETCH_MAX_SIZE = 5 * 1024 * 1024
WORKBENCH_CAPTURE_MAX_SIZE = environment.number("WORKBENCH_CAPTURE_MIB") * 1024 * 1024

# --- Language and time
LANGUAGE_CODE = "en"
# each by its own name, so that people find theirs on a page they cannot read
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "annotations" / "locale"]
FORMAT_MODULE_PATH = ["workbench.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- Files. Outside production static files are read where they lie, so that nothing is to be collected first.
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
STATIC_URL = "/static/"
STATIC_ROOT = environment.folder("WORKBENCH_STATIC_ROOT")
STATIC_IS_COLLECTED = IS_PRODUCTION or environment.flag("WORKBENCH_STATIC_COLLECTED")
MEDIA_ROOT = environment.folder("WORKBENCH_MEDIA_ROOT", default=VAR_DIR / "media")
MEDIA_URL = ""
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "workbench.static_files.HashedStaticFiles"
        if STATIC_IS_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not STATIC_IS_COLLECTED
WHITENOISE_AUTOREFRESH = not STATIC_IS_COLLECTED

# --- Background work. Rows are the truth, a broker only wakes workers; without one the embedded worker looks itself.
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL") or None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_EVENT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
# A message is taken off as soon as a worker has it: whether its work was done is told by the chunk's lease, so that
# reading a corpus may take longer than a broker waits for an answer, and a lost message costs a sweep.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
# KiB: a process that still holds more than a job may take, once a task is over, makes room for a new one.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 512 * 1024
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_DEFAULT_QUEUE = "quick"
CELERY_TASK_QUEUES = {name: {"exchange": name, "routing_key": name} for name in ("import", "export", "quick")}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
# A web process that cannot reach the broker says so within seconds; the job row is there and is found later.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
# A wire that is dead without a word is noticed within the minute.
CELERY_BROKER_HEARTBEAT = 20
if (CELERY_BROKER_URL or "").startswith(("redis:", "rediss:")):
    # By default Redis gives a lost worker's message to another after an hour, and looks only now and then.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 20,
        "socket_keepalive": True,
    }

# How long a chunk stays with a worker that says nothing; workers renew it in long work.
WORKBENCH_LEASE_SECONDS = environment.number("WORKBENCH_LEASE_SECONDS") or 30

# --- API. JSON only; who may do what is asked of `annotations.access`.
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["annotations.api.encoding.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["annotations.api.encoding.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotations.api.authentication.TokenAuthentication",
        "annotations.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_SCHEMA_CLASS": "annotations.api.schema.WorkbenchSchema",
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "annotations.api.problems.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Claim Workbench",
    "DESCRIPTION": "Articles, annotations, claims, evidence. Offsets are Unicode code points, zero-based, half-open.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "annotations.api.schema.let_any_shape_fit",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AssignmentState": "annotations.models.assignments.Assignment.State",
        "SuggestionState": "annotations.models.suggestions.SuggestionDecision.State",
        "QuotationState": "annotations.models.quotations.Quotation.State",
        "QuotationPlaceState": "annotations.models.quotations.QuotationDecision.State",
        "PassageState": "annotations.models.reuse.QuoteDecision.State",
        "PassageRelation": "annotations.models.reuse.QuoteLink.Relation",
        "PassageDirection": "annotations.models.reuse.QuoteLink.Direction",
        "PassageGround": "annotations.models.reuse.QuoteLink.Ground",
        "ArticleDirection": "annotations.models.articles.Article.Direction",
        "JobState": "annotations.models.jobs.Job.State",
        "JobKind": "annotations.models.jobs.Job.Kind",
        "RoundKind": "annotations.models.rounds.Round.Kind",
        "RegionKind": "annotations.models.articles.Region.Kind",
        "PublisherKind": "annotations.models.articles.Publisher.Kind",
        "MentionStance": "annotations.models.claims.ClaimMention.Stance",
        "PieceKind": "annotations.api.shapes.PIECE_KINDS",
        "SourceState": "annotations.models.articles.Source.State",
        "CaptureHow": "annotations.models.sources.Capture.How",
        "LookOutcome": "annotations.models.sources.SourceCheck.Outcome",
        "DatePrecision": "annotations.models.articles.Article.Precision",
        "EvidenceStance": "annotations.models.claims.EvidenceItem.Stance",
        "QuestionKind": "annotations.models.stories.AccountRow.Kind",
        "AnswerState": "annotations.models.stories.AccountCell.State",
        "AttributionVoice": "annotations.models.quotations.Attribution.Voice",
        "StatementVoice": "annotations.models.stories.Statement.Voice",
        "StorySuggestionState": "annotations.models.stories.StorySuggestion.State",
        "AnnotationLayer": "annotations.models.judgements.Annotation.Layer",
        "ExportLayer": "annotations.jobs.export_options.LAYERS",
    },
    "SERVE_INCLUDE_SCHEMA": False,
}

# --- Logs
LOGGING = logging_settings(
    level=environment.text("WORKBENCH_LOG_LEVEL").upper(),
    secrets=[
        SECRET_KEY,
        password_of(environment.text("DATABASE_URL")),
        password_of(CELERY_BROKER_URL or ""),
        MAIL_SERVER.password if MAIL_SERVER else "",
        environment.text("OIDC_CLIENT_SECRET"),
    ],
)
