"""The rules that every file keeps, read from the files themselves.

What ruff and mypy can say is left to them. Here is what they cannot: sizes, names, one heading for
every error and command, where the packages come from, and that the layer check really bites.
"""

import ast
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import typer

from dispatcher.cli import COMMANDS_GROUP, DISTRIBUTION, build_app
from maps.errors import RobovanError

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("maps", "routing", "vehicles", "dispatcher", "simulations")
CODE_PREFIXES = dict(zip(PACKAGES, ("MAP", "RTE", "VAN", "DSP", "SIM"), strict=True))
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
NAMES_THAT_SAY_NOTHING = {"base", "common", "helper", "helpers", "manager", "util", "utils"}
TEXT_SUFFIXES = {".cfg", ".css", ".csv", ".html", ".js", ".json", ".md", ".py", ".toml", ".yaml"}
# Written so that the patterns do not find themselves.
NOT_FOR_OTHERS = {
    "a path of one machine": re.compile(r"(?<![\w.~-])/(?:work|root|home)/"),
    "a download address": re.compile(r"python[h]osted|pypi[.]org"),
}


def package_sources() -> list[Path]:
    return sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def all_sources() -> list[Path]:
    folders = [ROOT / name for name in ("tests", "benchmarks", ".ci", "examples")]
    return package_sources() + sorted(path for folder in folders for path in folder.rglob("*.py"))


def project_texts() -> list[Path]:
    """Return every text that belongs to the project, whether or not git is there to ask."""
    folders = [*PACKAGES, "tests", "benchmarks", "docs", "examples", ".ci"]
    inside = [path for name in folders for path in (ROOT / name).rglob("*") if path.is_file()]
    others = ("uv.lock", ".git")  # in a linked worktree, .git is a file that says where it lies
    beside = [path for path in ROOT.iterdir() if path.is_file() and path.name not in others]
    texts = [path for path in inside + beside if path.suffix in TEXT_SUFFIXES or not path.suffix]
    return sorted(path for path in texts if "__pycache__" not in path.parts)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- sizes and names ------------------------------------------------------------------------------


def test_no_file_is_too_long():
    lengths = {shown(path): len(path.read_text("utf-8").splitlines()) for path in all_sources()}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def test_no_function_is_too_long():
    too_long = {}
    for path in all_sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    too_long[f"{shown(path)}:{node.lineno} {node.name}"] = lines
    assert too_long == {}


def test_every_file_is_named_by_what_it_is_about():
    parts = {shown(path): set(path.stem.removeprefix("test_").split("_")) for path in all_sources()}
    assert [name for name, words in parts.items() if words & NAMES_THAT_SAY_NOTHING] == []


def test_nothing_names_a_machine_or_a_download_address():
    found = []
    for path in project_texts():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            found += [
                f"{shown(path)}:{number} {what}"
                for what, pattern in NOT_FOR_OTHERS.items()
                if pattern.search(line)
            ]
    assert found == []


# --- errors ---------------------------------------------------------------------------------------


def expected_errors() -> list[type[RobovanError]]:
    """Return every expected error of the five packages, after importing all their modules."""
    for name in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found: dict[type[RobovanError], None] = {}
    waiting = [RobovanError]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found |= {cls: None for cls in below if cls.__module__.partition(".")[0] in PACKAGES}
    return list(found)


def test_every_error_has_its_own_code_with_the_letters_of_its_folder():
    errors = expected_errors()
    assert len(errors) > 5, "the errors were not found at all"
    # A class that others derive from may leave the code to them.
    final = [cls for cls in errors if "code" in cls.__dict__ or not cls.__subclasses__()]
    assert [cls.__name__ for cls in final if "code" not in cls.__dict__] == []
    wrong = [
        f"{cls.__module__}.{cls.__name__} {cls.code}"
        for cls in final
        if not re.fullmatch(
            CODE_PREFIXES[cls.__module__.partition(".")[0]] + r"-[0-9]{3}", cls.code
        )
    ]
    assert wrong == []
    assert [code for code, count in Counter(cls.code for cls in final).items() if count > 1] == []


def test_the_docs_have_one_heading_for_every_error_code():
    headings = re.findall(r"^## (\S+)$", (ROOT / "docs/errors.md").read_text("utf-8"), re.MULTILINE)
    codes = [cls.code for cls in expected_errors() if "code" in cls.__dict__]
    assert sorted(headings) == sorted(codes), "run `make docs`"


# --- commands -------------------------------------------------------------------------------------


def commands():
    """Return every command that does something, by the words that call it."""
    app = build_app(importlib.metadata.entry_points(group=COMMANDS_GROUP))
    found, waiting = {}, {"robovan": typer.main.get_command(app)}
    while waiting:
        words, command = waiting.popitem()
        below = getattr(command, "commands", None)
        if below is None:
            found[words] = command
        else:
            waiting |= {f"{words} {name}": inner for name, inner in below.items()}
    return found


def test_every_command_shows_an_example_and_speaks_json():
    silent, without_json = [], []
    for words, command in commands().items():
        example = re.search(rf"Example.*\b{words} ", command.help or "", re.DOTALL)
        silent += [] if example else [words]
        flags = [flag for option in command.params for flag in option.opts]
        without_json += [] if "--json" in flags else [words]
    assert silent == [], "no example in the help"
    assert without_json == []


def test_every_option_of_a_command_says_what_it_is_for():
    assert [
        f"{words} {option.opts[0]}"
        for words, command in commands().items()
        for option in command.params
        if option.param_type_name == "option" and not getattr(option, "help", None)
    ] == []


def test_the_docs_have_one_heading_for_every_command():
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/cli.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(commands()), "run `make docs`"


def test_the_written_pages_of_the_docs_are_up_to_date():
    done = run(sys.executable, ".ci/docs.py", "--check", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


# --- imports --------------------------------------------------------------------------------------


def run(*command: str, cwd: Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, input=given, capture_output=True, text=True, check=False, timeout=120
    )


def lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert program, "import-linter is not installed beside this Python"
    return run(program, "--no-logo", "--no-cache", *options, cwd=folder)


def test_imports_keep_to_the_layers_and_doors():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


IMPORTS_THE_WRONG_WAY = [
    ("layers", "maps.units", "dispatcher.cli"),
    ("layers", "routing.plan", "vehicles.spec"),
    ("layers", "dispatcher.cli", "simulations"),
    ("core", "dispatcher.core.events", "random"),
    ("core", "maps.places", "pydantic"),
    ("core-alone", "dispatcher.core.decisions", "dispatcher.live"),
    ("vehicles-network", "vehicles.trip", "socket"),
    ("simulated-day", "simulations", "dispatcher.live"),
    ("door-osmium", "maps.travel", "osmium"),
    ("door-scipy", "routing.problem", "scipy"),
    ("door-numba", "vehicles.spec", "numba"),
    ("door-vroom", "routing.plan", "vroom"),
    ("door-mqtt", "vehicles.spec", "aiomqtt"),
    ("door-database", "dispatcher.cli", "sqlite3"),
    ("door-logs", "dispatcher.live", "structlog"),
    ("door-http", "dispatcher.live.loop", "fastapi"),
    ("door-http", "dispatcher.cli", "httpx"),
    ("door-metrics", "dispatcher.live.loop", "prometheus_client"),
    ("door-absent", "maps.units", "pyrosm"),
]


@pytest.fixture(scope="module")
def report_of_wrong_imports(tmp_path_factory) -> str:
    """Return what the layer check says of a copy of the packages with many wrong imports."""
    folder = tmp_path_factory.mktemp("wrong")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for _, importer, imported in IMPORTS_THE_WRONG_WAY:
        path = folder / importer.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        path.write_text(path.read_text("utf-8") + f"\nimport {imported}\n", encoding="utf-8")
    done = lint_imports(folder)
    assert done.returncode == 1, done.stdout + done.stderr
    return " ".join(done.stdout.split())  # lines are wrapped at the width of the terminal


@pytest.mark.parametrize(("contract", "importer", "imported"), IMPORTS_THE_WRONG_WAY)
def test_an_import_the_wrong_way_is_found(report_of_wrong_imports, contract, importer, imported):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (name,) = (each["name"] for each in contracts if each["id"] == contract)
    assert f"{name} BROKEN" in report_of_wrong_imports
    assert f"{importer} -> {imported}" in report_of_wrong_imports


def test_the_core_imports_nothing_else_of_the_dispatcher():
    outside = []
    for path in (ROOT / "dispatcher/core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = [name for name in names if name.partition(".")[0] == "dispatcher"]
            outside += [f"{shown(path)} {name}" for name in ours if "dispatcher.core" not in name]
    assert outside == []


def test_every_folder_with_sources_is_a_package():
    # The layer check overlooks folders without __init__.py.
    folders = {path.parent for path in package_sources()}
    assert [shown(path) for path in sorted(folders) if not (path / "__init__.py").exists()] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_the_packages_come_from_this_tree_and_from_no_other_distribution(name):
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.origin == str(ROOT / name / "__init__.py")
    others = importlib.metadata.packages_distributions().get(name, [])
    assert set(others) <= {DISTRIBUTION}


@pytest.mark.parametrize(
    "statement",
    [
        "import time\n\nNOW = time.time()",
        "import time\n\nNOW = time.monotonic()",
        "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)",
        "import random\n\nDRAWN = random.random()",
        "import uuid\n\nMADE = uuid.uuid4()",
    ],
)
def test_clocks_and_chance_are_read_in_their_own_files_only(statement):
    def complaint(name: str) -> str:
        ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251"]
        return run(*ruff, "--stdin-filename", name, "-", cwd=ROOT, given=statement + "\n").stdout

    assert "TID251" in complaint("dispatcher/core/waiting.py")
    assert "TID251" not in complaint("simulations/clock.py")


# --- docstrings, pins, README ---------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Unknown section:UserWarning")  # GL06 finds these as well
def test_docstrings_follow_numpydoc():
    from numpydoc.hooks.validate_docstrings import parse_config, process_file

    config = parse_config(ROOT)
    found = [
        f"{shown(Path(where.rpartition(':')[0]))}:{where.rpartition(':')[2]} {name} {check} {what}"
        for path in package_sources()
        for where, name, check, what in process_file(path, config)
    ]
    assert found == []


def test_every_dependency_is_pinned_to_one_version_without_an_address():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    pins = project["tool"]["uv"]["constraint-dependencies"]
    names = {re.split(r"[<>=!~\[; ]", text, maxsplit=1)[0].lower() for text in wanted}
    assert names <= {pin.partition("==")[0] for pin in pins}, "run `make pins`"
    assert [pin for pin in pins if "==" not in pin or "://" in pin or "@" in pin] == []


def test_ci_runs_the_test_command_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    command = "pip install uv && uv run pytest"
    assert f"'{command}'" in (ROOT / ".ci/run").read_text("utf-8")
    assert f"\n{command}\n" in readme
