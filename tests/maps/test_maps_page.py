"""The examples of docs/maps.md do what the page says."""

import re
import shlex
from pathlib import Path

import pytest

from dispatcher.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "maps.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("page")
    (path / "examples").symlink_to(ROOT / "examples")
    return path


@pytest.fixture(autouse=True)
def there(folder, monkeypatch):
    monkeypatch.chdir(folder)


def test_every_command_runs_and_every_program_after_it(capsys, folder):
    assert len(COMMANDS) >= 8
    for command in COMMANDS:
        program, *words = shlex.split(command)
        assert program == "robovan"
        assert main(words) == 0, capsys.readouterr().err
        assert (folder / words[-1]).stat().st_size > 100
    for program in blocks("python"):
        exec(program, {})


def test_places_to_fetch_are_written_as_the_command_takes_them(capsys):
    (text,) = blocks("text")
    for command in text.splitlines():
        words = shlex.split(command)[1:]
        assert main([*words[: words.index("build") + 1], "--help"]) == 0
        options = [word for word in words if word.startswith("--")]
        assert all(option in capsys.readouterr().out for option in options[:1])


def test_the_picture_is_small_and_says_whose_map_it_is():
    picture = (ROOT / "docs" / "roads.svg").read_text(encoding="utf-8")
    assert len(picture) < 400_000
    assert "© OpenStreetMap contributors" in picture
    assert "Before" in picture
    assert "After" in picture
