"""The configuration file: every fault named at once, secrets from the environment only."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.clocksection import ClockSection
from dispatcher.config import (
    BrokerSection,
    ConfigError,
    ProcessSection,
    load_config,
)
from dispatcher.core.settings import PlanSettings
from dispatcher.live.clock import ClockSettings
from maps.units import parse_rfc3339
from tests.certificates import Authority

WHOLE = """
[process]
city = "helsinki"
fleet = "fleet.toml"
journal = "state/journal.db"
workers = 2

[process.broker]
host = "127.0.0.1"
port = 1884
username = "dispatcher"

[process.clock]
epoch = 2026-03-02T07:00:00+02:00
machine_epoch_s = 1772427600.5
speed = 60

[plan]
wave_parcels = 12
depot_charge_until_ratio = 0.8
"""


def load(tmp_path, text, environment=None):
    path = tmp_path / "serve.toml"
    path.write_text(text)
    return load_config(path, environment or {})


def faults_of(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    return caught.value.faults


def test_a_whole_file(tmp_path):
    config = load(tmp_path, WHOLE, {"ROBOVAN_MQTT_PASSWORD": "secret"})
    assert config.city == "helsinki"
    assert config.fleet == tmp_path / "fleet.toml"
    assert config.journal == tmp_path / "state" / "journal.db"
    assert (config.broker.port, config.broker.password) == (1884, "secret")
    epoch = parse_rfc3339("2026-03-02T05:00:00Z")
    assert config.clock == ClockSettings(epoch, 1772427600.5, 60.0)
    assert config.plan == PlanSettings(wave_parcels=12, depot_charge_until_ratio=0.8)


def test_the_least_a_file_can_say(tmp_path):
    config = load(tmp_path, '[process]\ncity = "helsinki"\nfleet = "f.toml"\n')
    assert config.plan == PlanSettings()
    assert config.clock == ClockSettings.real()
    assert config.broker.password is None


def test_a_session_is_named_so_that_it_is_found_again_and_not_guessed(tmp_path):
    least = '[process]\ncity = "helsinki"\nfleet = "f.toml"\n'
    named = least + 'client_id = "ours"\n'
    secret = {"ROBOVAN_MQTT_PASSWORD": "secret"}
    made = load(tmp_path, least, secret).client_id
    assert made == load(tmp_path, least, secret).client_id
    assert len(made) == len("robovan-dispatcher-") + 24
    assert "secret" not in made
    assert made != load(tmp_path, least, {"ROBOVAN_MQTT_PASSWORD": "other"}).client_id
    assert load(tmp_path, least).client_id == "robovan-dispatcher", "there is nothing to make it of"
    assert load(tmp_path, named, secret).client_id == "ours"
    secret["ROBOVAN_MQTT_CLIENT_ID"] = "theirs"
    assert load(tmp_path, named, secret).client_id == "theirs"


def test_speeds_are_a_word_or_a_file_beside_the_configuration(tmp_path):
    assert load(tmp_path, WHOLE).speeds == "none"
    assert load(tmp_path, WHOLE + 'speeds = "usual"\n').speeds == "usual"
    seen = load(tmp_path, WHOLE + 'speeds = "seen.csv"\n')
    assert seen.speeds == str(tmp_path / "seen.csv")
    assert seen.plan == load(tmp_path, WHOLE).plan
    (fault,) = faults_of(tmp_path, WHOLE + "speeds = 3\n")
    assert fault.startswith("plan.speeds = 3:")


def test_a_city_file_is_found_beside_the_configuration(tmp_path):
    (tmp_path / "my.city").touch()
    assert load(tmp_path, WHOLE.replace('"helsinki"', '"my.city"')).city == str(
        tmp_path / "my.city"
    )


def test_all_faults_come_at_once_with_key_value_and_rule(tmp_path):
    faults = faults_of(
        tmp_path,
        """
[process]
city = "helsinki"
workers = "two"
worker = 3
[process.broker]
port = 70000
password = "oops"
[process.clock]
epoch = 2026-03-02T07:00:00
machine_epoch_s = 0
spede = 2
[plan]
wave_size = 3
wave_age_s = -1
charge_margin_ratio_min = 1.5
overdue_s = 0
effort = 2.5
batching = "siez"
charging = "never"
replanning = "off"
wave_interval_s = 0
[other]
""",
    )
    assert sorted(faults) == sorted(
        [
            "process.fleet: is missing",
            "process.workers = 'two': input should be a valid integer",
            "process.worker: unknown key; did you mean 'workers'?",
            "process.broker.port = 70000: input should be less than or equal to 65535",
            (
                "process.broker.password: unknown key; the password comes from the "
                "environment variable ROBOVAN_MQTT_PASSWORD"
            ),
            ("process.clock.epoch = '2026-03-02T07:00:00': input should have timezone info"),
            "process.clock.spede: unknown key; did you mean 'speed'?",
            "plan.wave_size: unknown key; did you mean 'wave_age_s'?",
            "plan.wave_age_s = -1: input should be greater than or equal to 0",
            "plan.charge_margin_ratio_min = 1.5: input should be less than or equal to 1",
            "plan.overdue_s = 0: input should be greater than or equal to 1",
            "plan.effort = 2.5: input should be a valid integer",
            (
                "plan.batching = 'siez': no batching policy; did you mean 'size'? There are also "
                "mixed, timer, due-slack, must-go"
            ),
            (
                "plan.charging = 'never': no charging policy; one of threshold, opportunity, "
                "overnight-full"
            ),
            "plan.replanning = 'off': input should be a valid boolean",
            "plan.wave_interval_s = 0: input should be greater than or equal to 1",
            "other: unknown key; known here: plan, process",
        ]
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[process", "no TOML"),
        ("x = 1\nx = 2", "no TOML"),
        ("", "process: is missing"),
        (WHOLE.replace("2026-03-02T07:00:00+02:00", '"soon"'), "no date and time such as"),
    ],
)
def test_what_is_no_configuration_is_said_so(tmp_path, text, words):
    assert any(words in fault for fault in faults_of(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "nowhere.toml", {})
    (tmp_path / "latin.toml").write_bytes(b'a = "\xe4"')
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path / "latin.toml", {})


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_junk_raises_nothing_but_our_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("config") / "serve.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError):
        load_config(path, {})


def test_every_setting_of_the_core_can_be_configured(tmp_path):
    lines = [
        f"{field.name} = {json.dumps(field.default)}"  # as TOML writes it
        for field in dataclasses.fields(PlanSettings)
        if field.name != "prices"
    ]
    head = '[process]\ncity = "helsinki"\nfleet = "f.toml"\n[plan]\n'
    assert load(tmp_path, head + "\n".join(lines)).plan == PlanSettings()


def test_the_docs_list_every_key_with_its_default():
    page = Path("docs/configuration.md")
    text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
    for field in dataclasses.fields(PlanSettings):
        if field.name != "prices":
            default = json.dumps(field.default)
            shown = f"`{default}`" if isinstance(field.default, bool | str) else default
            assert f"| `{field.name}` | {shown.replace(chr(34), '')} |" in text, field.name
    assert "| `speeds` | `none` |" in text
    for section in (ProcessSection, BrokerSection, ClockSection):
        for name in section.model_fields:
            assert f"`{name}`" in text or f"[process.{name}]" in text, name


def test_tls_files_are_looked_at_with_everything_else(tmp_path):
    authority = Authority(tmp_path)
    authority.issue("dispatcher", passphrase="open sesame")
    tls = 'ca = "ca.pem"\ncertificate = "dispatcher.pem"\nkey = "dispatcher.key"\n[process.clock]'
    text = WHOLE.replace("[process.clock]", tls)
    secrets = {"ROBOVAN_MQTT_PASSWORD": "p", "ROBOVAN_MQTT_KEY_PASSPHRASE": "open sesame"}
    broker = load(tmp_path, text, secrets).broker
    assert broker.tls is not None
    assert (broker.tls.ca, broker.tls.key) == (tmp_path / "ca.pem", tmp_path / "dispatcher.key")
    assert "open sesame" not in repr(broker)
    assert "'p'" not in repr(broker)
    (key,) = faults_of(tmp_path, text)  # no passphrase in the environment
    assert key.startswith("process.broker.key = 'dispatcher.key': cannot be decrypted")
    wrong = text.replace('"ca.pem"', '"none.pem"').replace("workers = 2", "workers = 0")
    ca, key, workers = sorted(faults_of(tmp_path, wrong))
    assert ca == "process.broker.ca = 'none.pem': cannot be read (No such file or directory)"
    assert key.startswith("process.broker.key")
    assert workers.startswith("process.workers = 0")


HTTP = """
[process.http]
port = 8090
[[process.http.webhooks]]
name = "shop"
url = "https://shop.example/hook"
kinds = ["delivered"]

"""


def test_http_takes_tokens_and_secrets_from_the_environment(tmp_path):
    text = WHOLE.replace("[process.clock]", f"{HTTP}[process.clock]")
    environment = {
        "ROBOVAN_HTTP_TOKENS": "screen view 0123456789abcdef0123",
        "ROBOVAN_WEBHOOK_SECRETS": "shop fedcba9876543210fedc",
    }
    http = load(tmp_path, text, environment).http
    assert http is not None
    assert (http.host, http.port, http.connections_max) == ("127.0.0.1", 8090, 256)
    assert [token.name for token in http.tokens] == ["screen"]
    (hook,) = http.webhooks
    assert (hook.name, hook.kinds) == ("shop", {"delivered"})
    assert (hook.begin, http.tls) == ("now", None)
    assert "fedcba" not in repr(http)
    assert load(tmp_path, WHOLE).http is None
    Authority(tmp_path).issue("http")
    both = text.replace("port = 8090", 'port = 8090\ncertificate = "http.pem"\nkey = "http.key"')
    secured = load(tmp_path, both, environment).http
    assert secured is not None
    assert secured.tls is not None
    assert secured.tls.key == tmp_path / "http.key"
    (missing,) = faults_of(tmp_path, both.replace('key = "http.key"', ""))
    assert missing.startswith("process.http.key = None: is missing")
    wrong = text.replace('"delivered"', '"eaten"').replace("url", "ulr")
    faults = faults_of(tmp_path, wrong)
    assert any("process.http.webhooks.0.kinds.0 = 'eaten'" in fault for fault in faults)
    assert any("did you mean 'url'?" in fault for fault in faults)


def test_two_webhooks_of_one_name_are_a_fault_of_the_file(tmp_path):
    other = '[[process.http.webhooks]]\nname = "NAME"\nurl = "https://b.example/hook"\n\n'
    text = WHOLE.replace("[process.clock]", f"{HTTP}{other}[process.clock]")
    (fault,) = faults_of(tmp_path, text.replace("NAME", "shop"))
    assert fault.startswith("process.http.webhooks = ")
    assert fault.endswith(": more than one is named shop")
    secret = "fedcba9876543210fedc"
    environment = {"ROBOVAN_WEBHOOK_SECRETS": f"shop {secret}\nother {secret}"}
    http = load(tmp_path, text.replace("NAME", "other"), environment).http
    assert http is not None
    assert [hook.name for hook in http.webhooks] == ["shop", "other"]


@pytest.mark.parametrize(
    "url", ["shop.example", "ftp://shop.example", "http://", "http://shop:99999/", "http://[shop/"]
)
def test_a_webhook_that_nobody_can_reach_is_a_fault_of_the_file(tmp_path, url):
    text = WHOLE.replace("[process.clock]", f"{HTTP}[process.clock]")
    (fault,) = faults_of(tmp_path, text.replace("https://shop.example/hook", url))
    assert fault.startswith(f"process.http.webhooks.0.url = {url!r}: ")
