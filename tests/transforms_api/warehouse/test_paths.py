import subprocess
import sys
from pathlib import Path

import pytest

from transforms_api.errors import EnvironmentProblem
from transforms_api.warehouse.paths import storage_of, storage_path


@pytest.mark.parametrize("location", ["warehouse", "./warehouse", "/data/warehouse", "a:b", "C:/warehouse"])
def test_a_location_without_a_scheme_is_a_folder(tmp_path, location):
    path = storage_path(location, tmp_path)
    assert isinstance(path, Path)
    assert path == tmp_path / location
    assert storage_of(path).spark_uri(path) == str(tmp_path / location)


@pytest.mark.parametrize("url", ["s3a://lake/tables", "s3://lake/tables/", "s3n://lake/tables"])
def test_a_url_is_a_path_on_an_object_store_with_a_uri_for_spark(url):
    path = storage_path(url)
    assert storage_of(path).is_remote
    assert (str(path), storage_of(path).spark_uri(path)) == ("s3://lake/tables", "s3a://lake/tables")
    assert storage_of(path).spark_uri(path / "master" / "A") == "s3a://lake/tables/master/A"


def test_a_url_that_a_shell_s_path_has_shortened_is_meant_all_the_same():
    assert str(storage_path(Path("s3a://lake/tables"))) == "s3://lake/tables"


def test_a_url_with_an_unknown_scheme_is_refused():
    with pytest.raises(EnvironmentProblem, match="https://lake/tables cannot be a warehouse"):
        storage_path("https://lake/tables")


def test_a_store_whose_library_is_missing_names_what_to_install():
    with pytest.raises(EnvironmentProblem, match="adlfs"):
        storage_path("abfss://lake@account.dfs.core.windows.net/tables")


def test_a_build_on_a_disk_imports_no_library_for_object_stores():
    code = "import sys, transforms_api.cli.build; print(sorted({'upath', 'fsspec', 's3fs'} & sys.modules.keys()))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n"
