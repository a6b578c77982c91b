"""What TLS needs: every fault of the files found, and each laid to the right one."""

import pytest

from dispatcher.live.tls import (
    KeptTls,
    TlsSettings,
    section_faults,
    tls_context,
    tls_faults,
    tls_of,
)
from tests.certificates import Authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("tls")
    authority = Authority(made)
    authority.issue("dispatcher")
    authority.issue("other")
    authority.issue("locked", passphrase="open sesame")
    (made / "junk.pem").write_text("no certificate")
    (made / "empty.pem").write_text("")
    return made


def faults(folder, passphrase=None, **names):
    return dict(section_faults(names, folder, passphrase))


def test_good_files_have_no_faults(folder):
    own = {"ca": "ca.pem", "certificate": "dispatcher.pem", "key": "dispatcher.key"}
    assert faults(folder, ca="ca.pem") == {}
    assert faults(folder, **own) == {}
    settings = tls_of({**own, "port": 8883}, folder, None)
    assert settings is not None
    assert tls_context(settings).check_hostname
    assert tls_of({"port": 1883}, folder, None) is None


def test_an_encrypted_key_wants_its_passphrase(folder):
    locked = {"ca": "ca.pem", "certificate": "locked.pem", "key": "locked.key"}
    assert faults(folder, "open sesame", **locked) == {}
    for word in (None, "", "wrong"):
        assert "passphrase" in faults(folder, word, **locked)["key"]


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        ({"ca": "no.pem", "certificate": "no2.pem", "key": "no3.key"}, "ca certificate key"),
        ({"ca": "junk.pem", "certificate": "junk.pem", "key": "dispatcher.key"}, "ca certificate"),
        ({"ca": "empty.pem"}, "ca"),
        ({"ca": "."}, "ca"),
        ({"ca": "ca.pem", "certificate": "dispatcher.pem"}, "key"),
        ({"ca": "ca.pem", "key": "dispatcher.key"}, "certificate"),
        ({"ca": "ca.pem", "certificate": "dispatcher.pem", "key": "other.key"}, "key"),
        ({"ca": "ca.pem", "certificate": "dispatcher.pem", "key": "junk.pem"}, "key"),
        ({"certificate": "dispatcher.pem", "key": "dispatcher.key"}, "certificate key"),
        ({"ca": 5}, ""),
    ],
)
def test_faults_are_laid_to_the_right_files(folder, names, wrong):
    assert sorted(faults(folder, **names)) == wrong.split()


def test_a_passphrase_is_never_shown(folder):
    settings = TlsSettings(folder / "ca.pem", passphrase="open sesame")
    assert "sesame" not in repr(settings)
    assert tls_faults(settings) == {}


def test_a_client_goes_on_with_what_was_good_when_its_new_files_are_not(tmp_path, caplog):
    authority = Authority(tmp_path)
    own = authority.issue("dispatcher")
    kept = KeptTls(TlsSettings(own["ca"], own["certificate"], own["key"]))
    first = kept.context()
    assert kept.context() is not first, "the files are read for every connection"
    good = kept.context()
    own["key"].write_text("junk")
    assert kept.context() is good
    (said,) = [one for one in caplog.records if one.message == "broker_certificate_refused"]
    assert "key" in vars(said)["faults"]
    authority.issue("dispatcher")
    assert kept.context() is not good
    own["ca"].unlink()
    with pytest.raises(OSError, match="No such file"):
        KeptTls(TlsSettings(own["ca"])).context()
