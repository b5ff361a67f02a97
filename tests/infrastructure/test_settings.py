"""What an operator may set, and the sentence that answers what may not be set."""

import stat
from pathlib import Path

import pytest

from infrastructure.settings import Settings, SettingsError, load_settings

KEY = "0123456789abcdef"
ADMIN_KEY = f"{'a1' * 12}:{'b2' * 32}"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_FOLDER", str(tmp_path / "var"))


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    return str(raised.value)


ORIGIN = "an absolute http:// or https:// address without query or fragment"


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("ENVIRONMENT", "staging", "'development', 'test' or 'production'"),
        ("SERVER", "gunicorn", "'hypercorn' or 'granian'"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("PORT", "eighty", "a valid integer, unable to parse string as an integer"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("PORT", "0", "greater than or equal to 1"),
        ("WEB_CONCURRENCY", "0", "greater than or equal to 1"),
        ("GHOST_RECONCILE_SECONDS", "1", "greater than or equal to 5"),
        ("SHUTDOWN_SECONDS", "soon", "a valid number, unable to parse string as a number"),
        ("SAMPLE_CONTENT", "perhaps", "a valid boolean, unable to interpret input"),
        ("SITE_URL", "rose-ash.example", ORIGIN),
        ("SITE_URL", "ftp://rose-ash.example", ORIGIN),
        ("MARKET_INTERNAL_URL", "http://market/?a=b", ORIGIN),
        ("GHOST_API_URL", "http://[::1", ORIGIN),
        ("GHOST_API_URL", "http://host:port", ORIGIN),
        ("GHOST_API_URL", "http://host:99999", ORIGIN),
        (
            "MEDIA_URL",
            "s3://bucket",
            "a folder (this version keeps uploads in no object store such as s3://…)",
        ),
    ],
)
def test_a_bad_value_is_answered_with_its_name_what_was_given_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str, allowed: str
) -> None:
    sentence = f"{name} cannot be '{given}': it must be {allowed}."
    assert refusal(monkeypatch, **{name: given}) == sentence


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("SECRET_KEY", "hunter2", "keys of at least 16 characters each"),
        ("SECRET_KEY", f"{KEY},hunter2", "keys of at least 16 characters each"),
        ("DATABASE_URL", "mysql://blog:hunter2@db/blog", "postgresql://user:password@host"),
        ("DATABASE_URL", "postgresql://blog:hunter2@db", "postgresql://user:password@host"),
        ("DATABASE_URL", "postgresql://blog:hunter2@[db/blog", "postgresql://user:password@host"),
        ("DATABASE_DIRECT_URL", "blog:hunter2", "postgresql://user:password@host"),
        ("REDIS_URL", "http://:hunter2@redis/0", "'redis'"),
        ("REDIS_URL", "hunter2", "valid URL"),
        ("SMTP_URL", "mail:hunter2", "smtp://user:password@host:587"),
        ("SMTP_URL", "smtp://blog:hunter2@[mail", "smtp://user:password@host:587"),
        ("GHOST_ADMIN_API_KEY", "hunter2", "24 hexadecimal digits, a colon and 64 more"),
    ],
)
def test_a_secret_is_never_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str, allowed: str
) -> None:
    sentence = refusal(monkeypatch, **{name: given})
    assert sentence.startswith(f"{name} cannot be what was given: it must be ")
    assert allowed in sentence
    assert "hunter2" not in sentence


def test_each_bad_value_has_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, PORT="70000", SERVER="nginx") == (
        "PORT cannot be '70000': it must be less than or equal to 65535. "
        "SERVER cannot be 'nginx': it must be 'hypercorn' or 'granian'."
    )


def test_production_does_not_start_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, ENVIRONMENT="production") == (
        "SECRET_KEY is not set: production needs one of at least 16 characters "
        "(for example the output of: openssl rand -hex 32)."
    )


def test_development_makes_a_key_once_and_keeps_it_to_its_owner(tmp_path: Path) -> None:
    first, second = load_settings(), load_settings()
    kept = tmp_path / "var" / "secret_key"
    assert first.secret_key == second.secret_key == (kept.read_text(),)
    assert len(first.secret_key[0]) == 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "var"
    assert refusal(monkeypatch, VAR_FOLDER=str(folder)) == (
        f"The folder {folder} cannot be written (Not a directory)."
    )


def test_ghost_without_its_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, GHOST_API_URL="http://127.0.0.1:2368") == (
        "GHOST_ADMIN_API_KEY is not set, but GHOST_API_URL is: "
        "without a key of its Admin API nothing can be mirrored."
    )


def test_lists_are_separated_by_commas_and_blanks_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", f" {KEY}-new , {KEY}-old,, ")
    monkeypatch.setenv("GHOST_WEBHOOK_SECRET", "new,old")
    settings = load_settings()
    assert settings.secret_key == (f"{KEY}-new", f"{KEY}-old")
    assert settings.ghost_webhook_secret == ("new", "old")


def test_what_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("GHOST_API_URL", "")
    settings = load_settings()
    assert settings.port == 8000
    assert settings.ghost_api_url is None


def test_a_file_sets_what_the_environment_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("# ours\nPORT=9000\nHOST='0.0.0.0'\nSOMEBODY_ELSES=1\n")
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    monkeypatch.setenv("PORT", "9001")
    settings = load_settings()
    assert (settings.host, settings.port) == ("0.0.0.0", 9001)


def test_a_bad_value_in_a_file_is_answered_alike(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("SERVER=nginx\n")
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    assert refusal(monkeypatch) == "SERVER cannot be 'nginx': it must be 'hypercorn' or 'granian'."


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.environment == "development"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.media_folder == tmp_path / "var" / "media"
    assert settings.with_sample_content


def test_the_sample_site_is_for_development_without_ghost(monkeypatch: pytest.MonkeyPatch) -> None:
    ghost = {"ghost_api_url": "http://ghost", "ghost_admin_api_key": ADMIN_KEY}
    assert not load_settings(**ghost).with_sample_content
    assert not load_settings(environment="test").with_sample_content
    assert load_settings(environment="test", sample_content=True).with_sample_content
    monkeypatch.setenv("SAMPLE_CONTENT", "0")
    assert not load_settings().with_sample_content


def test_addresses_lose_their_closing_slash() -> None:
    settings = load_settings(site_url="https://rose-ash.example/", market_url="https://market/")
    assert settings.public_url == "https://rose-ash.example"
    assert settings.sibling_internal_url("market") == settings.sibling_url("market")
    assert settings.sibling_url("market") == "https://market"
    assert settings.sibling_url("cart") is None


def test_both_names_of_postgresql_mean_the_same() -> None:
    settings = load_settings(database_url="postgres://blog@/blog?host=/run/postgresql")
    assert settings.database_url == "postgresql://blog@/blog?host=/run/postgresql"
