import pytest

from transforms_api.api.project_engines import logs_of
from transforms_api.errors import EnvironmentProblem
from transforms_api.project.settings import PROJECT, choose_project, read_settings
from transforms_api.warehouse.paths import storage_path
from transforms_api.warehouse.warehouse import Warehouse


def test_the_profile_of_the_command_line_goes_before_that_of_the_settings():
    assert read_settings().spark["spark.master"] == "local[*]"
    assert "spark.master" not in read_settings(profile="cluster").spark


def test_a_cluster_profile_does_not_bind_to_this_machine_only():
    assert not [value for value in read_settings(profile="cluster").spark.values() if "127.0.0.1" in value]


def test_an_unknown_profile_is_reported_with_the_known_ones():
    with pytest.raises(EnvironmentProblem, match=r"no profile 'clster', but local, .*cluster"):
        _ = read_settings(profile="clster").spark


def test_a_warehouse_is_relative_to_the_settings_folder_or_where_the_command_line_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_settings().warehouse_at(None, None).root == PROJECT / "warehouse"
    assert read_settings().warehouse_at("mine", None).root == tmp_path / "mine"


def test_a_project_in_the_current_folder_is_the_one_that_is_meant(tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "orders.py").touch()
    monkeypatch.chdir(tmp_path)
    assert read_settings().folder == PROJECT
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "run.toml").write_text('branch = "main"')
    assert (read_settings().folder, read_settings().file.branch) == (tmp_path, "main")


SETUP = "from setuptools import setup\nsetup(entry_points={'transforms.pipelines': ['root = shop.pipeline:shop']})"


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """stand_in(folder, file=text, …) → the current folder is `folder` of a git work tree with these files."""

    def stand(folder, files):
        for name, text in {".git/HEAD": "", **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / folder)

    return stand


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("conf/run.toml", ""),
        ("transforms-python/src/a.py", ""),
        ("transform-python/src/a.py", ""),
        ("transforms-sql/src/a.sql", ""),
        ("transforms-shrinkwrap.yml", ""),
        ("setup.py", SETUP),
        ("build.gradle", "apply plugin: 'com.palantir.transforms.lang'"),
    ],
)
def test_a_folder_in_a_foundry_repository_means_that_repository(stand_in, tmp_path, file, text):
    stand_in("docs/deep", {file: text})
    assert choose_project(None).folder == tmp_path


def test_a_sub_project_of_a_foundry_repository_means_the_repository(stand_in, tmp_path):
    stand_in("group/repository/transforms-python/src", {"group/repository/transforms-python/setup.py": SETUP})
    assert choose_project(None).folder == tmp_path / "group" / "repository"


def test_a_project_with_a_conf_run_toml_inside_of_a_repository_means_itself(stand_in, tmp_path):
    stand_in("transforms-python", {"transforms-python/conf/run.toml": ""})
    assert choose_project(None).folder == tmp_path / "transforms-python"


@pytest.mark.parametrize(("file", "text"), [("setup.py", "setup()"), ("build.gradle", "plugins { id 'java' }")])
def test_a_folder_of_another_kind_of_project_means_the_demo(stand_in, file, text):
    stand_in(".", {file: text})
    assert choose_project(None).folder is None


def test_a_repository_above_the_git_work_tree_is_not_meant(stand_in, tmp_path):
    stand_in("clone/src", {"transforms-shrinkwrap.yml": "", "clone/.git/HEAD": ""})
    assert choose_project(None).folder is None


def test_the_choice_of_the_demo_says_why(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(choose_project(None)) == (
        f"Project: the RevOps demo, since {tmp_path} has no conf/run.toml, no transforms, and is no Foundry repository"
    )


def test_the_choice_of_a_repository_says_why(stand_in, tmp_path):
    stand_in(".", {"transforms-python/src/a.py": ""})
    assert str(choose_project(None)) == f"Project: {tmp_path} (it has transforms-python/)"


@pytest.mark.parametrize("folder", [PROJECT, PROJECT / "benchmarks"])
def test_the_checkout_s_own_project_is_the_demo(monkeypatch, folder):
    monkeypatch.chdir(folder)
    assert str(choose_project(None)) == f"Project: the RevOps demo, whose folder is {PROJECT}"


def test_an_object_store_that_does_not_answer_is_reported_before_anything_begins(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("s3fs.core.S3FileSystem.retries", 1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with pytest.raises(EnvironmentProblem, match=r"s3://lake/tables cannot be reached.*AWS_ENDPOINT_URL"):
        read_settings().warehouse_at("s3a://lake/tables", None)


def test_logs_stay_on_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert logs_of(Warehouse(tmp_path / "warehouse")) == tmp_path / "warehouse" / "_logs"
    folder = logs_of(Warehouse(storage_path("s3a://lake/tables")))
    assert folder.parts[-3:] == ("s3", "lake", "tables")


MODULE = "from transforms.api import Output, transform_df\n"


def test_a_work_tree_with_a_module_that_imports_transforms_is_the_project(stand_in, tmp_path):
    stand_in("shop/deep", {"shop/deep/orders.py": MODULE, ".venv/pyvenv.cfg": "", ".venv/first.py": MODULE})
    assert choose_project(None).folder == tmp_path
    assert str(choose_project(None)).endswith("(shop/deep/orders.py imports transforms.api)")


def test_a_work_tree_whose_environment_alone_imports_transforms_means_the_demo(stand_in):
    stand_in(".", {".venv/pyvenv.cfg": "", ".venv/a.py": MODULE, "notes.py": "# from transforms.api import Output"})
    assert choose_project(None).folder is None


def test_without_git_only_the_current_folder_and_the_folders_in_it_are_looked_at(tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a" / "b" / "deep.py").write_text(MODULE)
    assert choose_project(None).folder is None
    (tmp_path / "a" / "near.py").write_text(MODULE)
    assert choose_project(None).folder == tmp_path


def test_a_module_in_the_home_folder_makes_it_no_project(tmp_path, monkeypatch):
    (tmp_path / "orders.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert choose_project(None).folder is None


def test_a_dataset_may_be_named_as_the_shrinkwrap_knows_it(stand_in):
    entry = '{alias: "/P/one", path: "/Real/one", rid: "ri.one"}'
    stand_in(".", {"transforms-shrinkwrap.yml": f"mappings:\n- {entry}", "a.py": ""})
    settings = read_settings()
    assert [settings.called_here(name) for name in ("/P/one", "ri.one", "/other")] == [
        "/Real/one",
        "/Real/one",
        "/other",
    ]


def test_a_setup_py_in_the_src_of_a_sub_project_means_the_repository(stand_in, tmp_path):
    stand_in("transforms-python/src/shop", {"transforms-python/src/setup.py": SETUP})
    assert choose_project(None).folder == tmp_path


def test_a_repository_below_a_marked_folder_that_is_in_no_work_tree_means_itself(stand_in, tmp_path):
    stand_in("clone", {"transforms-shrinkwrap.yml": "", "clone/.git/HEAD": "", "clone/transforms-shrinkwrap.yml": ""})
    assert choose_project(None).folder == tmp_path / "clone"


def test_without_git_the_src_of_the_current_folder_is_looked_at_however_deep(tmp_path, monkeypatch):
    (tmp_path / "src" / "shop" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "shop" / "deep" / "orders.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    assert choose_project(None).folder == tmp_path


def test_without_git_a_project_is_found_from_its_subfolders(tmp_path, monkeypatch):
    (tmp_path / "shop" / "transforms-python" / "src").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "shop" / "transforms-python" / "src")
    assert choose_project(None).folder == tmp_path / "shop"


def test_without_git_the_home_folder_is_no_project(tmp_path, monkeypatch):
    (tmp_path / "transforms-python").mkdir()
    (tmp_path / "notes").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "notes")
    assert choose_project(None).folder is None
