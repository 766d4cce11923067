import pytest

from transforms_api.porting.export.source import Part, port_tests


@pytest.fixture
def moved(folder):
    """moved({file of the tests: text}) → the tests of the package transforms.shop, which becomes shop."""

    def move(files, above=""):
        root = folder({"tests/conftest.py": above, **{f"tests/shop/{name}": text for name, text in files.items()}})
        return port_tests(root / "tests" / "shop", [Part("shop", root, "transforms.shop")])

    return move


def test_modules_have_their_new_names_in_imports_and_texts(moved):
    text = b"from transforms.shop.a import b\nfrom transforms.shops import c\npath = 'transforms.shop.a:b'\n"
    new = b"from shop.a import b\nfrom transforms.shops import c\npath = 'shop.a:b'\n"
    assert moved({"test_a.py": text.decode()}).files["test/shop/test_a.py"] == new


def test_data_files_among_tests_are_exported_unchanged(moved):
    assert moved({"data.json": '["transforms.shop"]'}).files["test/shop/data.json"] == b'["transforms.shop"]'


def test_a_test_of_the_local_runtime_is_left_out(moved):
    tests = moved({"test_a.py": "from transforms_api.builds import plan", "test_b.py": "import transforms.api"})
    assert "test/shop/test_a.py" not in tests.files
    assert "test/shop/test_b.py" in tests.files
    assert tests.left_out == ("`test_a.py`: test_a.py imports transforms_api, the local runtime.",)


@pytest.mark.parametrize(
    ("file", "levels", "stays"),
    [("test_a.py", 0, True), ("test_a.py", 1, False), ("sub/test_a.py", 1, True), ("sub/test_a.py", 2, False)],
)
def test_a_test_that_reads_files_outside_the_folder_is_left_out(moved, file, levels, stays):
    tests = moved({file: f"from pathlib import Path\nROOT = Path(__file__).parents[{levels}]\n"})
    assert (f"test/shop/{file}" in tests.files) == stays


def test_fixtures_that_cannot_work_take_their_folder_with_them(moved):
    tests = moved({"sub/conftest.py": "import transforms_api", "sub/test_a.py": "", "test_b.py": ""})
    assert {path for path in tests.files if path.endswith("py")} == {"test/shop/test_b.py"}


def test_a_spark_fixture_above_the_folder_becomes_foundry_s(moved):
    assert "test/conftest.py" not in moved({"test_a.py": ""}).files
    tests = moved({"test_a.py": ""}, above="@pytest.fixture\ndef spark(tmp_path):\n    ...\n")
    assert b"def spark(spark_session):" in tests.files["test/conftest.py"]
    assert tests.added == ("pytest.ini", "test/conftest.py")


FRAME = "import pytest\n\n@pytest.fixture\ndef frame():\n    ...\n\n@pytest.fixture\ndef spark():\n    ...\n"


def test_a_test_whose_fixture_is_above_the_folder_is_left_out(moved):
    tests = moved({"test_a.py": "def test_it(frame):\n    ...\n", "test_b.py": "def test_it(spark):\n    ...\n"}, FRAME)
    assert tests.left_out == (
        "`test_a.py`: test_a.py uses the fixture frame, which is defined outside the folder of tests.",
    )
    assert "test/shop/test_b.py" in tests.files


def test_a_fixture_of_the_tests_own_counts_before_one_above(moved):
    own = "import pytest\n\n@pytest.fixture\ndef frame():\n    ...\n"
    assert moved({"conftest.py": own, "test_a.py": "def test_it(frame):\n    ...\n"}, FRAME).left_out == ()


def test_an_argument_that_parametrize_fills_is_no_fixture(moved):
    text = "import pytest\n\n@pytest.mark.parametrize('frame, n', [(1, 2)])\ndef test_it(frame, n):\n    ...\n"
    assert moved({"test_a.py": text}, FRAME).left_out == ()


def test_a_snapshot_is_of_the_local_runtime(moved):
    [reason] = moved({"test_a.py": "def test_it(assert_snapshot):\n    ...\n"}).left_out
    assert "uses the fixture assert_snapshot" in reason


@pytest.mark.parametrize("fixture", ["run_transform", "compute_transform"])
def test_an_exported_test_runs_transforms_by_a_fixture_with_the_test_kit_s_name(moved, fixture):
    tests = moved({"test_a.py": f"def test_it({fixture}):\n    ...\n"}, FRAME)
    assert f"def {fixture}(".encode() in tests.files["test/conftest.py"]
    assert "test/shop/test_a.py" in tests.files


def test_where_no_name_changes_tests_stay_byte_for_byte(folder):
    text = "import transforms_api\nROOT = __file__.parents[9]\n"
    root = folder({"test/test_a.py": text})
    tests = port_tests(root / "test", [Part("shop", root, "shop")])
    assert tests.files == {"test/test_a.py": text.encode()}
