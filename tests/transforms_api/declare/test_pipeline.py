import importlib
import sys

import pytest

from transforms.api import Output, Pipeline, transform_df
from transforms_api.declare.pipeline import import_errors
from transforms_api.errors import DiscoveryError, DuplicateOutputError

MODULE = "from transforms.api import Output, transform_df\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """package({file: text}) → the imported package `shop` with these files."""
    forget_shop()
    monkeypatch.syspath_prepend(tmp_path)

    def write(files):
        for name, text in {"__init__.py": "", **files}.items():
            file = tmp_path / "shop" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module("shop")

    yield write
    forget_shop()


def forget_shop():
    for name in [name for name in sys.modules if name.split(".")[0] == "shop"]:
        del sys.modules[name]


def discovered(package):
    pipeline = Pipeline()
    pipeline.discover_transforms(package)
    return [spec.alias for transform in pipeline.transforms for spec in transform.outputs.values()]


def test_module_attributes_are_found_however_deep(package):
    found = package(
        {"a.py": MODULE + "x = transform_df(Output('/a'))(lambda: None)",
         "deep/__init__.py": "",
         "deep/b.py": MODULE + "y = transform_df(Output('/b'))(lambda: None)"}
    )  # fmt: skip
    assert discovered(found) == ["/a", "/b"]


def test_lists_of_generated_transforms_are_found(package):
    found = package({"a.py": MODULE + "TS = [transform_df(Output(f'/g/{i}'))(lambda: None) for i in range(3)]"})
    assert discovered(found) == ["/g/0", "/g/1", "/g/2"]


def test_modules_whose_names_are_no_identifiers_are_found(package):
    found = package({"1-first step.py": MODULE + "x = transform_df(Output('/a'))(lambda: None)"})
    assert discovered(found) == ["/a"]


def test_a_transform_imported_into_another_module_counts_once(package):
    found = package({"a.py": MODULE + "x = transform_df(Output('/a'))(lambda: None)", "b.py": "from shop.a import x"})
    assert discovered(found) == ["/a"]


def test_a_module_that_cannot_be_imported_is_named_with_its_error(package):
    with pytest.raises(DiscoveryError, match=r"shop\.broken cannot be imported: ZeroDivisionError"):
        discovered(package({"broken.py": "1 / 0"}))


def test_two_transforms_that_write_one_dataset_are_named_with_their_places():
    pipeline = Pipeline()
    pipeline.add_transforms(transform_df(Output("/a"))(lambda: None))
    with pytest.raises(DuplicateOutputError, match=r"Two transforms write /a: .*test_pipeline\.py:\d+.* and "):
        pipeline.add_transforms(transform_df(Output("/a"))(lambda: None))


def test_generated_transforms_may_share_a_name_but_no_output():
    pipeline = Pipeline()
    pipeline.add_transforms(*[transform_df(Output(f"/{n}"))(lambda: None) for n in "ab"])
    assert len({transform.reference for transform in pipeline.transforms}) == 1
    assert len(pipeline.transforms) == 2


def test_a_module_that_exits_is_an_error_and_does_not_end_the_program(package):
    with pytest.raises(DiscoveryError, match=r"shop\.broken cannot be imported: SystemExit: 3"):
        discovered(package({"broken.py": "raise SystemExit(3)"}))


def test_while_faults_are_collected_modules_that_fail_are_reported_and_the_rest_is_found(package):
    reported = []
    token = import_errors.set(lambda module, error: reported.append((module, type(error))))
    try:
        found = discovered(package({"a.py": "1 / 0", "b.py": MODULE + "x = transform_df(Output('/b'))(lambda: None)"}))
    finally:
        import_errors.reset(token)
    assert (found, reported) == (["/b"], [("shop.a", ZeroDivisionError)])
