"""Settings of the site, read from the environment or `.env`; docs/configuration.md lists them.

A wrong value stops the start: better no site than one that runs on a guess.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_PATH = 100  # bytes; the kernel's limit is 107 on Linux and 103 on macOS
REDIS_PATIENCE = 1  # seconds a web request waits for Redis; a worker lengthens it for itself
YEAR = 365 * 24 * 3600  # seconds

env = environ.Env()
env_file = Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")
if env_file.is_file():
    env.read_env(env_file)  # what the environment already says wins


def a_number(name, default, lowest, highest):
    """The whole number in variable `name`."""
    try:
        number = env.int(name, default=default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None
    if not lowest <= number <= highest:
        raise ImproperlyConfigured(f"{name} must be from {lowest} to {highest}, not {number}.")
    return number


def a_switch(name, default):
    """The yes or no in variable `name`; django-environ would read any unknown word as no."""
    word = env.str(name, default="yes" if default else "no").strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off", ""):
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {word!r}.")


def a_path(name, default):
    """The absolute path in variable `name`; a relative one starts at the repository."""
    return BASE_DIR / Path(env.str(name, default="") or default).expanduser()


def a_folder(name):
    """One of the folders in a list; a relative one starts at the repository."""
    return (BASE_DIR / Path(name.strip()).expanduser()).resolve()


def a_choice(name, default, choices):
    word = env.str(name, default=default)
    if word not in choices:
        raise ImproperlyConfigured(f"{name} cannot be {word!r}.")
    return word


def read_secret_key(data_dir):
    """SECRET_KEY itself, or the key that the set-up wrote into the state folder."""
    key = env.str("SECRET_KEY", default="")
    key_file = data_dir / "secret-key"
    if not key and key_file.is_file():
        key = key_file.read_text().strip()
    if len(key) < 50:
        raise ImproperlyConfigured(
            f"No SECRET_KEY of at least 50 characters, and none in {key_file}. "
            "Run `make setup`, which writes one."
        )
    return key


def read_redis_url(data_dir):
    """REDIS_URL, or the private socket on which `make run` starts Redis."""
    url = env.str("REDIS_URL", default="")
    if url:
        if not url.startswith(("redis://", "rediss://", "unix://")):
            raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
        return url
    socket = data_dir / "redis.sock"
    if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
        raise ImproperlyConfigured(
            f"The path of the Redis socket, {socket}, is longer than {LONGEST_SOCKET_PATH} bytes, "
            "more than a socket may have. Choose a shorter DATA_DIR, or give a REDIS_URL."
        )
    return "unix://" + quote(str(socket))


def impatient(redis_url):
    """`redis_url` with short timeouts, unless it names its own."""
    if "socket_timeout" in redis_url:
        return redis_url
    timeouts = urlencode(
        {"socket_timeout": REDIS_PATIENCE, "socket_connect_timeout": REDIS_PATIENCE}
    )
    return f"{redis_url}{'&' if '?' in redis_url else '?'}{timeouts}"


def read_database(data_dir):
    if not env.str("DATABASE_URL", default=""):
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": data_dir / "nocturne.sqlite3"}
    else:
        database = env.db("DATABASE_URL")
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # A write takes its lock at once and waits for it; deferred locks end in "locked".
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return database


def read_site_url(port):
    url = env.str("SITE_URL", default="").rstrip("/") or f"http://localhost:{port}"
    if not url.startswith(("http://", "https://")):
        raise ImproperlyConfigured("SITE_URL must begin with http:// or https://.")
    return url


# The site.

DEBUG = a_switch("DEBUG", default=False)
HTTPS = a_switch("HTTPS", default=False)
DATA_DIR = a_path("DATA_DIR", default="var")
SECRET_KEY = read_secret_key(DATA_DIR)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORT = a_number("PORT", default=8000, lowest=1, highest=65535)
PROXIES = a_number("PROXIES", default=0, lowest=0, highest=9)
SITE_URL = read_site_url(PORT)  # for links in mails, which know no request

ROOT_URLCONF = "musicsite.urls"
WSGI_APPLICATION = "musicsite.wsgi.application"

INSTALLED_APPS = [
    "musicsite.accounts",
    "gallery",
    "generator",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_rq",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "musicsite.middleware.LoginRequired",
    "musicsite.accounts.sessions.note_logins",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "musicsite.middleware.explain_wrong_methods",
    "gallery.middleware.keep_out_of_searches",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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

LANGUAGE_CODE = "en-gb"
TIME_ZONE = a_choice("TIME_ZONE", default="UTC", choices=available_timezones())
USE_TZ = True
USE_I18N = False

# What is kept.

DATABASES = {"default": read_database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = DATA_DIR / "media"  # no MEDIA_URL: gallery/media.py asks who may hear a piece
MODELS_ROOT = DATA_DIR / "models"
STATIC_ROOT = DATA_DIR / "static"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# The queue. Ids only travel on it, as JSON: a pickle from Redis would be code.

REDIS_URL = read_redis_url(DATA_DIR)
COMPOSERS = a_number("COMPOSERS", default=1, lowest=1, highest=64)
COMPOSE_TIMEOUT = a_number("COMPOSE_TIMEOUT", default=900, lowest=30, highest=24 * 3600)
RQ_QUEUES = {
    name: {
        "URL": impatient(REDIS_URL),
        "DEFAULT_TIMEOUT": COMPOSE_TIMEOUT,
        "SERIALIZER": "rq.serializers.JSONSerializer",
    }
    for name in ("compositions", "training", "studio")
}
RQ_SHOW_ADMIN_LINK = False  # that door opens for all staff; ours, /admin/queues/, for superusers

# The generator.

SOUNDFONT = a_path("SOUNDFONT", default="soundfont/FluidR3_GM.sf2")
OFFERED_MODELS = [name.strip() for name in env.list("OFFERED_MODELS", default=[])]  # []: all
MOST_UNFINISHED = a_number("MOST_UNFINISHED", default=8, lowest=1, highest=10_000)
SHOWCASE = a_switch("SHOWCASE", default=True)

# The studio: what staff train, measure and upload.

STUDIO_ROOT = DATA_DIR / "studio"
DATA_FOLDERS = [a_folder(name) for name in env.list("DATA_FOLDERS", default=[])]
TRAINING_CORES = a_number(
    "TRAINING_CORES", default=max((os.cpu_count() or 1) - 1, 1), lowest=1, highest=1024
)
TRAINING_MEMORY = a_number("TRAINING_MEMORY", default=4000, lowest=500, highest=10_000_000)  # MB
EVALUATION_PIECES = a_number("EVALUATION_PIECES", default=20, lowest=2, highest=1000)
MOST_ARCHIVE = a_number("MOST_ARCHIVE", default=500, lowest=1, highest=100_000)  # MB of a ZIP
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# People.

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "musicsite.accounts.sessions"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "musicsite.accounts.backends.PasswordBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {
            "user_attributes": ["username", "email", "unconfirmed_email"]
        },
        "MinimumLengthValidator": {},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "gallery:mine"
LOGOUT_REDIRECT_URL = "gallery:browse"
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds
MOST_SIGN_UPS = a_number("MOST_SIGN_UPS", default=20, lowest=1, highest=1_000_000)

AXES_HANDLER = "musicsite.accounts.limits.LoginLimits"
AXES_FAILURE_LIMIT = 20
AXES_COOLOFF_TIME = timedelta(days=1)  # for a name; limits.py forgets an address after an hour
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "email"]
AXES_USERNAME_CALLABLE = "musicsite.accounts.limits.name_tried"
AXES_CLIENT_IP_CALLABLE = "musicsite.accounts.limits.client_address"
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_VERBOSE = False

EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Nocturne <nocturne@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Walls.

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
FILE_UPLOAD_HANDLERS = ["generator.uploads.LargeFiles", "generator.uploads.SmallFiles"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|metrics)$"]  # asked from the machine itself, without TLS
    SECURE_HSTS_SECONDS = YEAR
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    # Entering browsers' preload lists binds the whole domain: the owner's decision, not ours.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Logs go to standard error, for whoever started the process to keep.

LOG_LEVEL = a_choice(
    "LOG_LEVEL", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        "axes": {"level": "WARNING"},
        "django.db.backends": {"level": "INFO"},  # its debug lines hold every value
    },
}
