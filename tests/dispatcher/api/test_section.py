"""``[process.http]``: which files, hosts and webhooks are refused before anything listens."""

import pytest

from dispatcher.api.section import HttpSection, PlainTokensError, file_faults, http_settings
from tests.certificates import Authority

TOKENS = {"ROBOVAN_HTTP_TOKENS": "screen view 0123456789abcdef0123"}


def section(**keys) -> HttpSection:
    """Return the section that a file with these keys makes."""
    return HttpSection.model_validate(keys)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("http")
    authority = Authority(made)
    authority.issue("http")
    authority.issue("other")
    authority.issue("locked", passphrase="open sesame")
    (made / "junk.pem").write_text("no certificate")
    return made


OWN = {"certificate": "http.pem", "key": "http.key"}


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        ({}, ""),
        (OWN, ""),
        ({"certificate": "http.pem"}, "key"),
        ({"key": "http.key"}, "certificate"),
        ({"certificate": "no.pem", "key": "no.key"}, "certificate key"),
        ({"certificate": "no.pem"}, "certificate key"),
        ({"certificate": "junk.pem", "key": "http.key"}, "certificate"),
        ({"certificate": "http.pem", "key": "other.key"}, "key"),
        ({"certificate": "locked.pem", "key": "locked.key"}, "key"),
        ({"certificate": 5, "key": "http.key"}, ""),
    ],
)
def test_faults_are_laid_to_the_right_files(folder, names, wrong):
    assert sorted(dict(file_faults(names, folder, {}))) == wrong.split()


def test_an_encrypted_key_takes_its_passphrase_from_the_environment(folder):
    names = {"certificate": "locked.pem", "key": "locked.key"}
    known = {"ROBOVAN_HTTP_KEY_PASSPHRASE": "open sesame"}
    assert file_faults(names, folder, known) == ()
    tls = http_settings(section(**names), folder, known).tls
    assert tls is not None
    assert tls.passphrase == "open sesame"
    assert "sesame" not in repr(tls)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "dispatch.example"])
def test_tokens_beyond_this_machine_want_tls_or_somebodys_word(folder, host):
    with pytest.raises(PlainTokensError, match="DSP-617"):
        http_settings(section(host=host), folder, TOKENS)
    for allowed in (section(host=host, plain_text=True), section(host=host, **OWN)):
        assert http_settings(allowed, folder, TOKENS).host == host
    assert http_settings(section(host=host), folder, {}).tokens == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_on_this_machine_tokens_need_no_tls(folder, host):
    assert http_settings(section(host=host), folder, TOKENS).tls is None
