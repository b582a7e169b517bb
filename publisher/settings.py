"""Settings of the program: the only place that reads the environment.

What an office may change stands in its configuration file (``config/office.toml``), not here.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url

from channels.errors import ConfigurationError

PACKAGE = Path(__file__).resolve().parent

PUBLISHER_DEFAULTS = next(
    (path for path in (PACKAGE / "defaults", PACKAGE.parent / "config") if path.is_dir()), PACKAGE / "defaults"
)
"""The folder ``config`` that came with the program: the model office, counting rules and whatever else is data."""

POSTGRESQL_LIMITS = {
    "synchronous_commit": "on",
    "statement_timeout": "30s",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
}
"""What the server is asked to keep to in each of our sessions."""

POSTGRESQL_CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 40_000,
}
"""When a server that is silently gone is noticed: seconds, the last one in milliseconds (PostgreSQL manual, 34.1.2)."""

POSTGRESQL_STATEMENTS = {"prepare_threshold": 2}
"""How often our plain statements run in a session before the server keeps their plans; Django's own are always planned
anew."""


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def env(name: str, default: str = "") -> str:
    """Return ``NAME``, or the contents of the file ``NAME_FILE`` points to, or ``default``."""
    if value := os.environ.get(name, "").strip():
        return value
    if path := os.environ.get(f"{name}_FILE", "").strip():
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                "{name}_FILE={path} cannot be read ({reason}): create the file or unset it.",
                name=name,
                path=path,
                reason=error.strerror,
            ) from None
    return default


def env_float(name: str, default: float) -> float:
    """Return a positive number. Raises ConfigurationError: anything else."""
    text = env(name, str(default))
    with suppress(ValueError):
        if 0 < float(text) < 1e6:
            return float(text)
    raise ConfigurationError(
        "{name}={value} is no number above 0: set one such as 1, or unset it.", name=name, value=text
    )


def env_list(name: str) -> list[str]:
    """Return what stands between the commas."""
    return [part for part in map(str.strip, env(name).split(",")) if part]


def log_level() -> str:
    """Return the name of a level of logging. Raises ConfigurationError: there is none of that name."""
    level = env("PUBLISHER_LOG_LEVEL", "WARNING").upper()
    if level not in LOG_LEVELS:
        raise ConfigurationError(
            "PUBLISHER_LOG_LEVEL={value} is no level: use one of {known}.", value=level, known=", ".join(LOG_LEVELS)
        )
    return level


def broker() -> str:
    """Return the broker's address. Raises ConfigurationError: it is none."""
    url = env("BROKER_URL", "bell://localhost")
    if "://" not in url:
        # Not the address itself: it may hold a password.
        raise ConfigurationError("BROKER_URL is not the address of a broker: write redis://host:6379/0, or unset it.")
    return url


def web_origins() -> list[str]:
    """Return the addresses of our pages. Raises ConfigurationError: one has no scheme, so no form would be accepted."""
    origins = env_list("PUBLISHER_ORIGINS")
    for origin in origins:
        if not origin.startswith(("http://", "https://")):
            raise ConfigurationError(
                "PUBLISHER_ORIGINS={value} is no origin: write it like https://desk.example.gov.cn.", value=origin
            )
    return origins


def web_hosts() -> list[str]:
    """Return the names our pages answer to. Raises ConfigurationError: one is an address, which no request names."""
    hosts = env_list("PUBLISHER_HOSTS")
    for host in hosts:
        if "/" in host:
            raise ConfigurationError(
                "PUBLISHER_HOSTS={value} is no host name: write it without https:// and path.", value=host
            )
    return hosts


def default_config() -> Path:
    """``config/office.toml`` here, or the one that came with the program."""
    here = Path("config/office.toml")
    packed = PUBLISHER_DEFAULTS / "office.toml"
    return next((path for path in (here, packed) if path.is_file()), here).resolve()


def home() -> Path:
    """The folder of everything the program keeps; made where it does not exist."""
    path = Path(env("PUBLISHER_HOME", "var")).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            "PUBLISHER_HOME={path} cannot be made ({reason}): name a folder you may write to.",
            path=path,
            reason=error.strerror,
        ) from None
    return path


def package_folder(name: str) -> Path:
    """Where the files of a Python package lie, without loading it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ConfigurationError("The package {name} is missing: install the program again.", name=name)
    return Path(spec.origin).parent


def secret_key(folder: Path) -> str:
    """The key that signs sessions, made once and kept in the home, readable by its owner only."""
    if key := env("PUBLISHER_SECRET_KEY"):
        return key
    path = folder / "secret-key"
    if not path.exists():
        _make_key(path)
    if key := path.read_text(encoding="utf-8").strip():
        return key
    raise ConfigurationError(
        "The file {path} is empty: put the key of a backup into it, or delete it and sign in everywhere anew.",
        path=path,
    )


def _make_key(path: Path) -> None:
    """Whole or not at all, and the first of several processes makes it: the others must not read half a key."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-key-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def database(folder: Path) -> dict[str, Any]:
    """Connection settings with durable commits: a commit the database forgets could publish twice."""
    url = env("DATABASE_URL") or f"sqlite:///{folder / 'publisher.sqlite3'}"
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True))
        if not config["ENGINE"].endswith(("sqlite3", "postgresql")):
            raise ValueError(config["ENGINE"])
    except ValueError:
        # Not the address itself: it may hold a password.
        raise ConfigurationError(
            "DATABASE_URL is not the address of a database: write postgres://user@host/name, or unset it."
        ) from None
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        }
    elif config["ENGINE"].endswith("postgresql"):
        given = config.get("OPTIONS", {})
        wanted = " ".join(f"-c {name}={value}" for name, value in POSTGRESQL_LIMITS.items())
        # What the address itself asks for comes last, and so has the last word.
        options = f"{wanted} {given.get('options', '')}".strip()
        config["OPTIONS"] = {**POSTGRESQL_CONNECTION, **POSTGRESQL_STATEMENTS, **given, "options": options}
    return config


PUBLISHER_HOME = home()
PUBLISHER_CONFIG = Path(env("PUBLISHER_CONFIG") or default_config()).resolve()
PUBLISHER_TIME_SCALE = env_float("PUBLISHER_TIME_SCALE", 1)
"""Multiplies every waiting time; below 1 only where no channel speaks to an official host."""

BROKER_URL = broker()
"""``bell://`` is the embedded broker, in the process itself; any broker Celery supports may stand here."""

SECRET_KEY = secret_key(PUBLISHER_HOME)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *web_hosts()]
CSRF_TRUSTED_ORIGINS = web_origins()
PUBLISHER_PROXY = env("PUBLISHER_PROXY")
"""Address of the web server in front of ours, which is believed about who asks and whether by https."""

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # What processes tell each other about the platforms; the table is the model queue.Common.
    "common": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "queue_common",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_prose_editor",
    "django_otp.plugins.otp_totp",
    "publisher.log",
    "publisher.people",
    "publisher.credentials",
    "publisher.notices",
    "publisher.items",
    "publisher.review",
    "publisher.queue",
    "publisher.reports",
    "publisher.api",
    "publisher.web",
]
MIDDLEWARE = [
    "publisher.web.security.SecurityHeaders",
    "publisher.api.problems.ProblemAnswers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "publisher.urls"
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024**2
"""Bytes of a form without its files: a long text with tables, or what the clipboard holds, pictures included."""
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "publisher.web.access.may",
            ]
        },
    }
]
DATABASES = {"default": database(PUBLISHER_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
# As an application, all of it would be loaded into each process, for the sake of its files for the browser.
STATICFILES_DIRS = [("ninja", package_folder("ninja") / "static" / "ninja")]
WHITENOISE_USE_FINDERS = True
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "login"
SESSION_ENGINE = "publisher.people.sessions"
SESSION_COOKIE_AGE = 12 * 3600
"""Seconds; the office's configuration shortens it for whoever signs in on a page."""
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = any(origin.startswith("https:") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # of accounts made before; renewed when they sign in
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
"""Who guesses at a name from one place is locked out there: the person it belongs to still comes in from elsewhere."""
AXES_FAILURE_LIMIT = 6
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "publisher.web.sessions.address_of"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "password", "current", "chosen", "again", "code"]
"""Fields of our forms that are not kept with a wrong attempt."""
AXES_LOCKOUT_CALLABLE = "publisher.web.signing_in.locked_out"
AXES_VERBOSE = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}},
    # A reader's mistyped address is no warning of ours.
    # What axes would say of each wrong password names nobody; who is locked out is said where they are told.
    "loggers": {"django.request": {"level": "ERROR"}, "axes": {"level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": log_level()},
}
