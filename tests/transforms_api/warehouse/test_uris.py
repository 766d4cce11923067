import subprocess
import sys
from pathlib import Path

import pytest

from transforms_api.errors import EnvironmentProblem
from transforms_api.warehouse.uris import for_spark, is_on_store, storage_path


@pytest.mark.parametrize("location", ["warehouse", "./warehouse", "/data/warehouse", "a:b", "C:/warehouse"])
def test_a_location_that_is_no_url_is_a_folder(tmp_path, location):
    place = storage_path(location, tmp_path)
    assert isinstance(place, Path)
    assert place == tmp_path / location
    assert for_spark(place) == str(tmp_path / location)


@pytest.mark.parametrize("url", ["s3a://lake/tables", "s3://lake/tables/", "s3n://lake/tables"])
def test_a_url_is_a_place_on_a_store_that_each_library_spells_in_its_own_way(url):
    place = storage_path(url)
    assert is_on_store(place)
    assert (str(place), for_spark(place)) == ("s3://lake/tables", "s3a://lake/tables")
    assert for_spark(place / "master" / "A") == "s3a://lake/tables/master/A"


def test_a_url_that_a_shell_s_path_has_shortened_is_meant_all_the_same():
    assert str(storage_path(Path("s3a://lake/tables"))) == "s3://lake/tables"


def test_a_place_that_no_warehouse_can_be_at_is_refused():
    with pytest.raises(EnvironmentProblem, match="https://lake/tables is no place for a warehouse"):
        storage_path("https://lake/tables")


def test_a_store_whose_library_is_missing_is_told_with_what_to_install():
    with pytest.raises(EnvironmentProblem, match="adlfs"):
        storage_path("abfss://lake@account.dfs.core.windows.net/tables")


def test_a_build_on_a_disk_does_not_import_the_libraries_of_object_stores():
    code = "import sys, transforms_api.cli.build; print(sorted({'upath', 'fsspec', 's3fs'} & sys.modules.keys()))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n"
