"""How a journal's database is connected to: a route that died holds no write, and no lock."""

from dispatcher.journal.engines import SERVER_LASTING, UNHEARD_S_MAX, connect_args

URL = "postgresql+psycopg://robovan@db/journal"


def test_a_dead_route_ends_a_write_after_seconds_and_the_lock_at_the_server():
    args = connect_args(URL)
    assert (args["keepalives"], args["tcp_user_timeout"]) == (1, UNHEARD_S_MAX * 1000)
    told = args["options"]
    assert isinstance(told, str)
    for word in ("idle", "interval", "count"):
        assert f"-c tcp_keepalives_{word}=" in told
    assert "-c tcp_user_timeout=" in told


def test_what_the_url_says_goes_before():
    args = connect_args(f"{URL}?keepalives_idle=20&options=-c%20tcp_keepalives_idle%3D20")
    assert "keepalives_idle" not in args  # it comes from the URL
    assert args["options"] == f"{SERVER_LASTING} -c tcp_keepalives_idle=20"
