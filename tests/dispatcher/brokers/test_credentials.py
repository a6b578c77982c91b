"""Credentials: the same from one secret, kept once drawn, and private where they stand."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.brokers.credentials import (
    SECRET_BYTES_MIN,
    Credential,
    credentials_for,
    derived,
    drawn,
    read_credentials,
    write_credentials,
)
from dispatcher.brokers.errors import BadCredentialsError, WeakSecretError

SECRET = "s" * SECRET_BYTES_MIN
names = st.text("abcXYZ019-_", min_size=1, max_size=70)


@given(st.lists(names, min_size=2, max_size=2, unique=True))
def test_from_one_secret_everybody_has_words_of_his_own(two):
    one, other = (derived(name, SECRET) for name in two)
    assert derived(two[0], SECRET) == one
    assert derived(two[0], SECRET + "s").password != one.password
    words = {one.password, other.password, one.client_id, other.client_id}
    assert len(words) == 4
    assert len(one.password) == 32
    assert one.password not in one.client_id
    assert one.client_id.startswith(two[0])


def test_drawn_words_never_come_again():
    made = {(one.client_id, one.password) for one in (drawn("van-1") for _ in range(50))}
    assert len({word for pair in made for word in pair}) == 100


def test_a_short_secret_is_refused():
    with pytest.raises(WeakSecretError, match="DSP-701"):
        derived("van-1", SECRET[1:])


def test_who_had_a_password_keeps_it(tmp_path):
    path = tmp_path / "credentials.csv"
    assert read_credentials(path) == {}
    first = credentials_for(["a", "b"], secret=None, known={})
    write_credentials(first, path)
    assert path.stat().st_mode & 0o777 == 0o600
    again = credentials_for(["b", "c"], secret=None, known=read_credentials(path))
    assert again[0] == first[1]
    assert again[1].username == "c"


def test_a_file_that_everybody_could_read_is_not_kept_so(tmp_path):
    path = tmp_path / "credentials.csv"
    path.write_text("")
    path.chmod(0o644)
    write_credentials([drawn("a")], path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_passwords_are_not_shown():
    assert "word" not in repr(Credential("a", "a-1", "word"))


@pytest.mark.parametrize(
    "content",
    ["", "a,b\n", "username,client_id,password\na,b\n", "username,client_id,password\na,b,\n"],
)
def test_another_file_is_refused_rather_than_written_over(tmp_path, content):
    path = tmp_path / "credentials.csv"
    path.write_text(content)
    with pytest.raises(BadCredentialsError, match="DSP-702"):
        read_credentials(path)


def test_the_file_is_one_that_any_program_reads(tmp_path):
    path = tmp_path / "credentials.csv"
    write_credentials([derived("van-1", SECRET)], path)
    (row,) = csv.DictReader(path.read_text().splitlines())
    assert row["password"] == derived("van-1", SECRET).password
