"""What SECURITY.md promises."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import polars
import pytest

from transforms_api.errors import EnvironmentProblem, StoreError
from transforms_api.project.settings import read_sources
from transforms_api.warehouse.table import latest_version

PROJECT = Path(__file__).parents[1]
SECRET = "s3cret-t0ken"

# No data becomes code

UNSAFE_MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "tempfile.mktemp"}


def unsafe(code):
    """Return what of Python code lets data become code, or a shell or an archive write where it likes."""
    calls = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            calls += [alias.name for alias in node.names if alias.name in UNSAFE_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in UNSAFE_MODULES:
            calls.append(node.module)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            calls += [name] if name in UNSAFE_CALLS or name.endswith(".extractall") else []
            calls += ["shell" for keyword in node.keywords if keyword.arg == "shell"]
    return calls


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from cloudpickle import loads",
        "def f(text):\n    return eval(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "subprocess.run(command, shell=True)",
        "tarfile.open(file).extractall(folder)",
    ],
)
def test_the_scan_knows_unsafe_code(code):
    assert unsafe(code)


def test_nothing_that_we_run_lets_data_become_code():
    files = [
        file for folder in ("transforms_api", "transforms", "foundry") for file in (PROJECT / folder).rglob("*.py")
    ]
    assert len(files) > 100
    assert {file.name: calls for file in files if (calls := unsafe(file.read_text(encoding="utf-8")))} == {}


def test_a_delta_log_whose_schema_names_python_code_is_refused_before_spark_sees_it(tmp_path):
    polars.DataFrame({"n": [1]}).write_delta(tmp_path)
    log = tmp_path / "_delta_log" / f"{0:020}.json"
    code = {"type": "udt", "pyClass": "os.nothing", "serializedClass": "", "sqlType": "long"}
    log.write_text(log.read_text().replace(r"\"type\":\"long\"", json.dumps(json.dumps({"type": code}))[2:-2]))
    assert "serializedClass" in log.read_text()
    with pytest.raises(StoreError, match="udt"):
        latest_version(tmp_path)


# Secrets of sources

LEAKY = """
from transforms.api import Output, transform
from transforms.external.systems import Source

@transform.using(crm=Source("ri.crm"), out=Output("/Leaky/deals"))
def deals(crm, out):
    try:
        raise ConnectionRefusedError(f"no entry with {crm.get_secret('token')}")
    except ConnectionRefusedError as error:
        raise RuntimeError(f"https://crm.example/?token={crm.get_secret('token')} is away") from error
"""


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """The folder of a repository whose job fails with the secret of its source in the text."""
    folder = tmp_path_factory.mktemp("leaky")
    files = {
        "src/leaky/deals.py": LEAKY,
        "conf/run.toml": 'lineage = "file:lineage.jsonl"',
        "conf/sources.toml": f'[sources."ri.crm"]\nsecrets = {{token = "{SECRET}"}}',
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def printed(leaky):
    """What its build prints, without and with --json."""
    command = [sys.executable, PROJECT / "run_local.py", "build", "--repo", leaky]
    builds = [subprocess.run([*command, *more], capture_output=True, text=True) for more in ([], ["--json"])]
    assert [build.returncode for build in builds] == [1, 1]
    return [build.stdout + build.stderr for build in builds]


def test_screen_and_report_show_an_error_without_the_secret_in_it(printed):
    for text in printed:
        assert "https://crm.example/?token=*** is away" in text
        assert SECRET not in text


def test_log_and_lineage_have_an_error_without_the_secret_in_it(printed, leaky):
    logs = (leaky / "warehouse" / "_logs").glob("*.jsonl")
    assert ["no entry with ***" in log.read_text() for log in logs] == [True, True]
    assert "token=*** is away" in (leaky / "lineage.jsonl").read_text()
    written = [file for file in leaky.rglob("*") if file.is_file() and SECRET in file.read_text(errors="replace")]
    assert written == [leaky / "conf" / "sources.toml"]


@pytest.mark.parametrize("text", [f'"ri.crm" = "{SECRET}"', f'"ri.crm".secrets = "{SECRET}"', f"token = {SECRET}"])
def test_a_wrong_file_of_secrets_is_refused_without_showing_one(tmp_path, text):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "sources.toml").write_text(f"[sources]\n{text}\n")
    with pytest.raises(EnvironmentProblem) as refused:
        read_sources(tmp_path)
    assert SECRET not in str(refused.value)


def test_git_does_not_see_the_secrets():
    assert "conf/sources.toml" in (PROJECT / ".gitignore").read_text().splitlines()
