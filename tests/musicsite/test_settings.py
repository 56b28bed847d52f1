"""The settings file, run with an environment of the test's own."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]
KEY = "fifty characters at least, as everybody can count here"


@pytest.fixture
def read(monkeypatch, tmp_path):
    """A function that reads the settings with the given variables."""

    def read_settings(**variables):
        for name, value in ({"DATA_DIR": str(tmp_path), "SECRET_KEY": KEY} | variables).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "musicsite/settings.py"))

    return read_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("DEBUG", "maybe"),
        ("HTTPS", "2"),
        ("SHOWCASE", "six"),
        ("PROXIES", "-1"),
        ("COMPOSERS", "0"),
        ("MOST_UNFINISHED", "0"),
        ("MOST_SIGN_UPS", "none"),
        ("COMPOSE_TIMEOUT", "5"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("LOG_LEVEL", "loud"),
        ("REDIS_URL", "http://localhost"),
        ("SECRET_KEY", "short"),
    ],
)
def test_a_wrong_value_stops_the_start(read, name, value):
    with pytest.raises(ImproperlyConfigured, match=name):
        read(**{name: value})


def test_the_defaults_are_for_one_machine_and_closed(read, tmp_path):
    settings = read()
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["MEDIA_ROOT"] == tmp_path / "media"
    assert settings["REDIS_URL"] == f"unix://{tmp_path}/redis.sock"
    assert settings["SOUNDFONT"] == ROOT / "soundfont/FluidR3_GM.sf2"
    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"


def test_models_are_named_with_commas_between(read):
    assert read()["OFFERED_MODELS"] == []
    assert read(OFFERED_MODELS="open, concert")["OFFERED_MODELS"] == ["open", "concert"]


def test_the_state_folder_is_var_in_the_repository(read):
    assert read(DATA_DIR="")["DATA_DIR"] == ROOT / "var"
    assert read(DATA_DIR="elsewhere")["DATA_DIR"] == ROOT / "elsewhere"


def test_the_key_comes_from_the_file_of_the_set_up(read, tmp_path):
    (tmp_path / "secret-key").write_text(KEY + "\n")
    assert read(SECRET_KEY="")["SECRET_KEY"] == KEY


def test_without_a_key_it_says_what_to_run(read):
    with pytest.raises(ImproperlyConfigured, match="make setup"):
        read(SECRET_KEY="")


def test_sqlite_locks_at_once_and_waits(read):
    options = read()["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 5
    assert "journal_mode=WAL" in options["init_command"]


def test_another_database_is_taken_from_its_address(read):
    database = read(DATABASE_URL="postgres://me:secret@db.example/music")["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["HOST"] == "db.example"


def test_a_socket_path_that_is_too_long_is_explained(read):
    with pytest.raises(ImproperlyConfigured, match="shorter DATA_DIR"):
        read(DATA_DIR="/" + "x" * 100)
    assert read(DATA_DIR="/" + "x" * 100, REDIS_URL="redis://localhost")["REDIS_URL"]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("redis://h", "redis://h?socket_timeout=1&socket_connect_timeout=1"),
        ("redis://h?db=3", "redis://h?db=3&socket_timeout=1&socket_connect_timeout=1"),
        ("redis://h?socket_timeout=9", "redis://h?socket_timeout=9"),
    ],
)
def test_a_web_request_waits_a_second_for_redis(read, given, asked):
    assert read(REDIS_URL=given)["RQ_QUEUES"]["compositions"]["URL"] == asked


def test_jobs_travel_as_json(read):
    assert read()["RQ_QUEUES"]["compositions"]["SERIALIZER"] == "rq.serializers.JSONSerializer"


def test_https_closes_the_cookies_and_binds_browsers(read):
    settings = read(HTTPS="1")
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert settings["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert "SECURE_PROXY_SSL_HEADER" not in settings


def test_a_proxys_word_on_tls_is_believed_only_behind_one(read):
    assert read(PROXIES="1")["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_mail_goes_where_the_address_says(read):
    settings = read(EMAIL_URL="smtp+tls://me:secret@mail.example:587")
    assert settings["EMAIL_HOST"] == "mail.example"
    assert settings["EMAIL_USE_TLS"] is True


def manage(*command, **variables):
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_djangos_own_review_for_production_is_clean():
    review = ["check", "--deploy", "--fail-level", "WARNING"]
    tags = [f"--tag={tag}" for tag in ("security", "admin", "models", "templates", "urls")]
    answer = manage(*review, *tags, HTTPS="1", ALLOWED_HOSTS="nocturne.example.org")
    assert answer.returncode == 0, answer.stderr


def test_the_env_file_is_read_and_the_environment_wins(tmp_path):
    env_file = tmp_path / "env"
    env_file.write_text("PORT=8100\nexport MOST_UNFINISHED=3\n# a remark\nLOG_LEVEL='ERROR'\n")
    show = "from django.conf import settings as s; print(s.PORT, s.MOST_UNFINISHED, s.LOG_LEVEL)"
    answer = manage("shell", "--no-imports", "-c", show, ENV_FILE=str(env_file), PORT="8200")
    assert answer.stdout.split() == ["8200", "3", "ERROR"], answer.stderr


def test_every_setting_is_documented_in_both_places():
    source = "".join(
        (ROOT / path).read_text()
        for path in ("musicsite/settings.py", "deploy/gunicorn.py", "deploy/run.py")
    )
    table = (ROOT / "docs/configuration.md").read_text()
    for line in (ROOT / ".env.example").read_text().splitlines():
        if line.startswith("#") and "=" in line:
            name = line[1:].split("=")[0]
            assert f'"{name}"' in source or f"'{name}'" in source, f"{name} is read nowhere"
            assert f"| `{name}` |" in table, f"{name} is not in docs/configuration.md"


def test_every_migration_is_there():
    answer = manage("makemigrations", "--check", "--dry-run")
    assert answer.returncode == 0, answer.stdout
