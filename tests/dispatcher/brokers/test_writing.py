"""From a fleet file to a broker's folder: rights, hashes, modes of files, and the command."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from dispatcher.brokers import mosquitto, nats
from dispatcher.brokers.credentials import SECRET_VARIABLE, read_credentials
from dispatcher.brokers.errors import BrokerFilesError
from dispatcher.brokers.listening import Listening
from dispatcher.brokers.users import STATES, users_of
from dispatcher.brokers.writing import write_broker
from dispatcher.cli import main
from dispatcher.inputs.fleet import read_fleet
from dispatcher.live.switchboard import VAN_KINDS
from vehicles.vda5050.topics import subscriptions

FLEET = Path(__file__).parents[3] / "examples" / "fleet.toml"


def test_names_are_one_each_and_rights_are_their_own():
    users = users_of(read_fleet(FLEET))
    assert len({user.name for user in users}) == len(users)
    vans = [user for user in users if user.name.startswith("van-")]
    assert vans
    for van in vans:
        van_id = van.name.removeprefix("van-")
        assert all(topic.split("/")[3] == van_id for topic in (*van.says, *van.hears))
        assert not set(van.says) & set(van.hears)
    assert not any("#" in topic for user in users for topic in (*user.says, *user.hears))
    assert all(user.says for user in users), "on NATS an empty list would allow everything"


def test_a_van_has_the_topics_of_the_version_that_it_speaks(tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text(FLEET.read_text().replace("count = 2", 'count = 2\nvda5050 = "3.0"'))
    topics = {
        user.name: {topic.split("/")[1] for topic in (*user.says, *user.hears)}
        for user in users_of(read_fleet(path))
    }
    assert topics["van-robovan-l-01"] == {"v3"}
    assert topics["van-robovan-m-01"] == {"v2"}
    assert topics["dispatcher-states"] == {"v1", "v2", "v3"}  # v1: where nobody listens


def test_who_hears_the_vans_may_hear_all_that_is_asked_for():
    assert set(STATES.hears) == set(subscriptions(*VAN_KINDS))


def test_topics_become_subjects():
    assert nats.subject("uagv/v2/+/+/order") == "uagv.v2.*.*.order"
    assert nats.subject("a.b/c") == "a//b.c"


def test_mosquitto_can_check_the_hash():
    first, second = mosquitto.hashed("word"), mosquitto.hashed("word")
    assert first != second, "a salt of its own"
    _, kind, rounds, salt, digest = first.split("$")
    assert kind == "7"
    again = hashlib.pbkdf2_hmac("sha512", b"word", base64.b64decode(salt), int(rounds))
    assert base64.b64decode(digest) == again


@pytest.mark.parametrize(("depots", "most"), [(1, 1000), (15, 1000), (16, 992), (300, 54)])
def test_nats_refuses_no_depot_of_many(depots, most):
    assert nats.pending_max(depots) == most
    assert most * (4 * depots + 2) <= nats.PENDING_SUM_MAX


def test_nats_can_check_the_hash():
    bcrypt = pytest.importorskip("bcrypt")
    assert bcrypt.checkpw(b"word", nats.hashed("word").encode())
    assert not bcrypt.checkpw(b"other", nats.hashed("word").encode())


def listening(folder, **files):
    return Listening("127.0.0.1", 1883, folder, **files)


def test_drawn_passwords_stand_in_one_private_file_and_stay(tmp_path):
    first = write_broker(FLEET, "mosquitto", tmp_path, listening(tmp_path), environment={})
    assert first.credentials is not None
    assert first.new_count == first.user_count > 3
    known = read_credentials(first.credentials)
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.iterdir())
    for path in first.files:
        assert not any(one.password in path.read_text() for one in known.values())
    again = write_broker(FLEET, "mosquitto", tmp_path, listening(tmp_path), environment={})
    assert again.new_count == 0
    assert read_credentials(first.credentials) == known


def test_with_a_secret_no_password_is_written(tmp_path):
    environment, where = {SECRET_VARIABLE: "s" * 40}, listening(tmp_path)
    written = write_broker(FLEET, "mosquitto", tmp_path, where, environment=environment)
    assert written.credentials is None
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "access",
        "mosquitto.conf",
        "passwords",
    ]
    asked = write_broker(
        FLEET,
        "mosquitto",
        tmp_path,
        where,
        with_credentials=True,
        environment=environment,
    )
    assert asked.credentials is not None


@pytest.mark.parametrize("files", [{"certificate": FLEET}, {"key": FLEET}, {"ca": FLEET}])
def test_tls_files_that_make_no_sense_are_refused(tmp_path, files):
    with pytest.raises(BrokerFilesError, match="DSP-703"):
        write_broker(FLEET, "mosquitto", tmp_path, listening(tmp_path, **files), environment={})


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    command = ["broker", "config", str(FLEET), "--broker", "mosquitto", "-o", str(tmp_path)]
    assert main([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert Path(document["credentials"]).is_file()
    assert document["users"] == document["new"]
    assert main([*command, "--certificate", "alone.pem"]) == 1
    assert main([*command[:-2], "-o", "/proc/nowhere"]) == 1
