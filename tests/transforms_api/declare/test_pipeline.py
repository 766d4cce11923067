import importlib
import sys

import pytest

from transforms.api import Output, Pipeline, transform_df
from transforms_api.declare.pipeline import collect_failures, report_failure, transforms_of
from transforms_api.errors import DiscoveryError, DuplicateOutputError
from transforms_api.project.source_files import forget_modules

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
    module = package(
        {"a.py": MODULE + "x = transform_df(Output('/a'))(lambda: None)",
         "deep/__init__.py": "",
         "deep/b.py": MODULE + "y = transform_df(Output('/b'))(lambda: None)"}
    )  # fmt: skip
    assert discovered(module) == ["/a", "/b"]


def test_lists_of_generated_transforms_are_found(package):
    module = package({"a.py": MODULE + "TS = [transform_df(Output(f'/g/{i}'))(lambda: None) for i in range(3)]"})
    assert discovered(module) == ["/g/0", "/g/1", "/g/2"]


MAKE = (
    MODULE
    + """
import collections, itertools, types
def make(name):
    return transform_df(Output(f'/g/{name}'))(lambda: None)
def numbered(names):
    for name in names:
        yield make(name)
"""
)


@pytest.mark.parametrize(
    "kept",
    [
        "(make(n) for n in 'ab')",
        "numbered('ab')",
        "filter(None, [make('a'), None, make('b')])",
        "(make(n) if n != '-' else None for n in '-a-b')",
        "map(make, 'ab')",
        "zip('12', map(make, 'ab'))",
        "enumerate([make('a'), make('b')])",
        "itertools.chain([make('a')], numbered('b'))",
        "itertools.islice(map(make, itertools.cycle('ab')), 2)",
        "iter([make('a'), make('b')])",
        "[numbered('a'), numbered('b')]",
        "{n: make(n) for n in 'ab'}",
        "{n: make(n) for n in 'ab'}.values()",
        "{'first': {'a': make('a')}, 'second': [make('b')]}",
        "types.MappingProxyType({n: make(n) for n in 'ab'})",
        "{make('b'), make('a')}",
        "frozenset([make('a'), make('b')])",
        "collections.deque([make('a'), make('b')])",
        "[(make('a'), 'x'), [[make('b')]]]",
    ],
)
def test_transforms_in_collections_and_iterators_of_a_module_are_found(package, kept):
    assert discovered(package({"a.py": MAKE + f"KEPT = {kept}"})) == ["/g/a", "/g/b"]


def test_transforms_that_a_module_keeps_in_an_iterator_are_found_by_every_pipeline(package):
    module = package({"a.py": MAKE + "KEPT = numbered('ab')", "b.py": "from shop.a import KEPT"})
    first, second = Pipeline(), Pipeline()
    first.discover_transforms(module)
    second.discover_transforms(module)
    assert len(first.transforms) == 2
    assert first.transforms == second.transforms


def test_a_module_that_is_imported_anew_gives_its_transforms_anew(package, tmp_path):
    files = {"a.py": MAKE + "KEPT = numbered('ab')"}
    before = discovered(package(files))
    forget_modules([tmp_path])
    assert discovered(package(files)) == before == ["/g/a", "/g/b"]


@pytest.mark.parametrize("made", ["(line for line in ['x', 'y'])", "map(str, ['x', 'y'])", "iter(['x', 'y'])"])
def test_an_iterator_of_values_that_are_no_transforms_loses_nothing_to_discovery(package, made):
    package({"a.py": MODULE + f"LINES = {made}\nNESTED = [{made}]"})
    module = importlib.import_module("shop.a")
    assert [list(transforms_of(module)) for _ in range(2)] == [[], []]
    assert ([*module.LINES], [*module.NESTED[0]]) == (["x", "y"], ["x", "y"])


def test_files_and_endless_iterators_are_not_read(package):
    package({"a.py": MODULE + "import itertools\nLINES, N = open(__file__), itertools.count()"})
    module = importlib.import_module("shop.a")
    assert list(transforms_of(module)) == []
    assert (module.LINES.readline(), next(module.N)) == (MODULE, 0)


def test_objects_that_raise_when_they_are_looked_at_keep_nothing_from_being_found(package):
    proxy = """
class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("outside of a request")
class Kind(type):
    def __eq__(cls, other):
        return True
class Odd(metaclass=Kind):
    pass
PROXY, ODD, BOTH = Proxy(), Odd(), [Proxy(), Odd(), make('a')]
"""
    assert discovered(package({"a.py": MAKE + proxy})) == ["/g/a"]


def test_collections_that_hold_themselves_end(package):
    assert discovered(package({"a.py": MAKE + "KEPT = [make('a')]\nKEPT.append(KEPT)"})) == ["/g/a"]


@pytest.mark.parametrize("endless", ["map(make, itertools.count())", "(None for _ in itertools.count())"])
def test_an_iterator_that_does_not_end_is_an_error(package, endless):
    with pytest.raises(DiscoveryError, match=r"shop\.a: its 'KEPT' gives more than 10,000 objects and may never end"):
        discovered(package({"a.py": MAKE + f"KEPT = {endless}"}))


def test_an_iterator_that_raises_is_an_error_with_its_module_and_cause(package):
    with pytest.raises(
        DiscoveryError,
        match=r"shop\.a: iterating over its 'KEPT' raised ZeroDivisionError after 1 object: integer division",
    ):
        discovered(package({"a.py": MAKE + "KEPT = (make(1 // n) for n in [1, 0])"}))


def test_modules_whose_names_are_no_identifiers_are_found(package):
    module = package({"1-first step.py": MODULE + "x = transform_df(Output('/a'))(lambda: None)"})
    assert discovered(module) == ["/a"]


def test_a_transform_imported_into_another_module_counts_once(package):
    module = package({"a.py": MODULE + "x = transform_df(Output('/a'))(lambda: None)", "b.py": "from shop.a import x"})
    assert discovered(module) == ["/a"]


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
    with collect_failures() as failures:
        datasets = discovered(
            package({"a.py": "1 / 0", "b.py": MODULE + "x = transform_df(Output('/b'))(lambda: None)"})
        )
    assert (datasets, [(failure.module, type(failure.error)) for failure in failures]) == (
        ["/b"],
        [("shop.a", ZeroDivisionError)],
    )


def test_a_pipeline_refuses_two_writers_of_one_dataset_again_after_failures_were_collected():
    pipeline = Pipeline()
    first, second = (transform_df(Output("/b"))(lambda: None) for _ in range(2))
    with collect_failures():
        pipeline.add_transforms(first, second)
    with pytest.raises(DuplicateOutputError):
        Pipeline().add_transforms(first, second)


def test_a_failure_belongs_to_the_innermost_context_that_collects():
    with collect_failures() as outer:
        with collect_failures() as inner:
            report_failure("shop.inner", ValueError())
        report_failure("shop.outer", ValueError())
    assert ([failure.module for failure in inner], [failure.module for failure in outer]) == (
        ["shop.inner"],
        ["shop.outer"],
    )


def test_outside_of_such_a_context_a_reported_failure_is_raised():
    with pytest.raises(DiscoveryError, match="no luck"):
        report_failure("shop.a", DiscoveryError("no luck"))
