"""Django's settings for the standalone product, filled from the environment.

Nothing needs to be set. README.md tells what can be.
"""

import os
import socket
from urllib.parse import urlsplit

import django
from csp.constants import NONCE, NONE, SELF

from . import environment

DATA = environment.folder("HALLWAY_DATA", "data")
SECRET_KEY = environment.secret("HALLWAY_SECRET_KEY", DATA / "secret_key")
DEBUG = environment.switch("HALLWAY_DEBUG", False)

# Where people reach this server, when that is not the address it listens at.
ORIGIN = environment.origin("HALLWAY_ORIGIN")
IS_HTTPS = ORIGIN.startswith("https://")

LOOPBACK = ["localhost", ".localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = environment.words(
    "HALLWAY_ALLOWED_HOSTS",
    [*LOOPBACK, urlsplit(ORIGIN).hostname or socket.gethostname()],
)
# Proxies whose word on address and scheme is taken (X-Forwarded-For, X-Forwarded-Proto). Whoever
# has an address of its own has a proxy in front; it is on this machine unless told otherwise.
PROXIES = environment.words("HALLWAY_PROXIES", ["127.0.0.1", "::1"] if ORIGIN else [])
CSRF_TRUSTED_ORIGINS = [ORIGIN] if ORIGIN else []

INSTALLED_APPS = [
    "hallway",
    "hallway_server.apps.HallwayAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "js_asset",
    "csp",
]
MIDDLEWARE = [
    # It pads answers against BREACH.
    "hallway_server.middleware.CompressionMiddleware",
    "hallway_server.policy.PagePolicyMiddleware",
    "hallway_server.middleware.SessionMiddleware",
    "hallway_server.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hallway_server.middleware.AdminMessagesMiddleware",
]
ROOT_URLCONF = "hallway_server.urls"
ASGI_APPLICATION = "hallway_server.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# SQLite: the write-ahead log lets readers go on while one writes; FULL puts every acknowledged
# message on disk. IMMEDIATE takes the write lock when a transaction begins, so that waiting for it
# works. Only the server's checkpointer moves the log into the database (see checkpoint.py).
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": (
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=FULL;"
        "PRAGMA wal_autocheckpoint=0;"
        "PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-16000;"
    ),
}
DATABASES = {
    "default": environment.database("DATABASE_URL", f"sqlite:///{DATA / 'hallway.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    # Requests run in a few threads that live as long as the server; each keeps its connection.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    # A file and not memory: tests write from several threads and processes, as the server does.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "test.sqlite3")}
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    from .postgres import Connection  # psycopg is only there where it is asked for

    # Requests, streams and the log's writers of a process share so many connections: three
    # processes stay below 20. Each goes back after its use, and is looked at before the next one.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        # A network that swallows everything is noticed: the kernel asks, and gives up what is not
        # taken (postgres.py looks after what is taken and not answered).
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 8000,
        # A statement that comes again is read and planned once: half the processor of a post there.
        "prepare_threshold": 1,
        # Whoever waits for the log's turn is told after as long as with SQLite, and a process that
        # is frozen in its turn loses it.
        "options": (
            "-c lock_timeout=5s -c statement_timeout=7s -c idle_in_transaction_session_timeout=10s"
        ),
        # Who finds no server looks again whenever somebody wants a connection. The pool's own way,
        # twice as long a pause each time, would leave us without one long after it is back.
        "pool": {
            "min_size": 1,
            "max_size": 5,
            "timeout": 5,
            "reconnect_timeout": 1,
            "connection_class": Connection,
        },
        **DATABASES["default"].get("OPTIONS", {}),
    }
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]

# Who knows it may ask /metrics for figures. Without it nothing is counted.
METRICS_TOKEN = environment.token("HALLWAY_METRICS_TOKEN")
# Where several processes put theirs together; `serve --workers` names it.
METRICS_FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_COOKIE_AGE = 365 * 86400
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "servestatic.storage.CompressedManifestStaticFilesStorage"
    },
}
# Pages ask for files by their content's hash; the others would only be compressed for nobody.
SERVESTATIC_KEEP_ONLY_HASHED_FILES = True
MEDIA_ROOT = DATA / "uploads"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# Over HTTPS cookies and answers are as strict as they can be; plain HTTP is for one's own machine.
SESSION_ENGINE = "hallway_server.sessions"
# A guest is whoever has the cookie. It lasts, so that reading a page never has to write; a name
# is free again when nobody was seen under it for GUEST_DAYS.
SESSION_COOKIE_AGE = 365 * 86400
# Somebody with an account signs in again after so long without a page or a call, and in any case
# after so long; their open streams end with the session.
SESSION_IDLE_SECONDS = environment.number("HALLWAY_SESSION_IDLE_DAYS", 30, least=1) * 86400
SESSION_MOST_SECONDS = environment.number("HALLWAY_SESSION_DAYS", 180, least=1) * 86400
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = IS_HTTPS
if IS_HTTPS:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^up$"]
    MIDDLEWARE[:0] = [
        "hallway_server.policy.ApiOverHttpsMiddleware",
        "django.middleware.security.SecurityMiddleware",
    ]
# What every answer carries is put on around Django (watching.py), what only pages do by their
# policy (policy.py): not a second time by the middlewares that these checks ask for.
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = None
SILENCED_SYSTEM_CHECKS = [f"security.W{number}" for number in ("002", "006", "022")]
# Only the admin has messages. The default makes a signer for each request, used or not.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "hallway.pages.errors.csrf_failed"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [NONCE, "'strict-dynamic'"],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "require-trusted-types-for": ["'script'"],
        "report-uri": ["/policy-reports/"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": "hallway_server.logs.Lines"},
        "json": {"()": "hallway_server.logs.Json"},
    },
    "filters": {
        "not_ours": {"()": "hallway_server.logs.NotACutStream"},
        "told": {"()": "hallway_server.logs.NotToldAlready"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": environment.choice("HALLWAY_LOG", ["lines", "json"]),
            "filters": ["not_ours", "told"],
        }
    },
    # Anybody can ask for a host that we are not; a traceback for each would bury the rest.
    "loggers": {
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # Sign-ins, refused ones too, and what those who run the place do.
        "hallway.security": {"level": "INFO"},
        # Whatever else was refused.
        "hallway.refusals": {"level": "INFO"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}

# Letters: for a forgotten password, and to tell of a new one. Until a server is named they are
# printed where the log goes.
EMAIL = environment.mail("HALLWAY_EMAIL_URL")
MAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL.host else 'console'}.EmailBackend"
MAIL_SECONDS = 20
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": MAIL_BACKEND, "OPTIONS": EMAIL.options(MAIL_SECONDS)}}
else:
    EMAIL_BACKEND = MAIL_BACKEND
    EMAIL_HOST, EMAIL_PORT = EMAIL.host, EMAIL.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL.user, EMAIL.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL.is_starttls, EMAIL.is_tls
    EMAIL_TIMEOUT = MAIL_SECONDS
DEFAULT_FROM_EMAIL = environment.read(
    "HALLWAY_EMAIL_FROM", f"hallway@{urlsplit(ORIGIN).hostname or 'localhost'}", str, "an address"
)
# A link in a letter: long enough to find it, short enough to be of no use in an old mailbox.
PASSWORD_RESET_TIMEOUT = 3600

LOGIN_URL = "hallway:sign_in"

HALLWAY = {
    "ACCOUNTS": True,
    "GUESTS": environment.switch("HALLWAY_GUESTS", True),
    "POST_RATE": environment.number("HALLWAY_POST_RATE", 120),
    "STREAMS_PER_AUTHOR": environment.number("HALLWAY_STREAMS_PER_AUTHOR", 30),
    "STREAMS": environment.number("HALLWAY_STREAMS", 10_000, least=1),
    "MESSAGE_LIMIT": environment.number("HALLWAY_MESSAGE_LIMIT", 8000, least=1),
    "REDIS_URL": environment.redis("REDIS_URL"),
    "EVENT_DAYS": environment.number("HALLWAY_EVENT_DAYS", 7, least=1),
}
