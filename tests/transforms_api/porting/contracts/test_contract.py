import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import types as T

from transforms import expectations as E
from transforms.api import Check, Input, Output, transform_df
from transforms_api.errors import DeclarationError, DiscoveryError
from transforms_api.porting.contracts import base_of, collect_contracts, datasets_under, own_fields
from transforms_api.project.sql_files import parse_sql
from transforms_api.project.sql_transforms import SqlTransform

MODULE = """
from types import SimpleNamespace
from pyspark.sql.types import StructType
{name} = SimpleNamespace(name="{name}", grain="one row per {name}", primary_key=("id",), schema=StructType())
"""


@pytest.fixture
def promises(tmp_path, monkeypatch):
    """promises(path=text, …) → the name of a package of these modules."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(**modules):
        (tmp_path / "promises").mkdir()
        for name, text in {"__init__": "", **modules}.items():
            (tmp_path / "promises" / f"{name}.py").write_text(text)
        return "promises"

    yield write
    for name in [name for name in sys.modules if name.split(".")[0] == "promises"]:
        del sys.modules[name]


def deals_transform(*expectations):
    checks = [Check(expectation, f"check {number}") for number, expectation in enumerate(expectations)]

    @transform_df(Output("/Sales/deals", checks=checks))
    def compute(): ...

    return compute


def test_contracts_of_all_modules_of_a_package_are_found_each_once(promises):
    package = promises(a=MODULE.format(name="Deal"), b="from .a import Deal\n" + MODULE.format(name="Rep"))
    assert [contract.name for contract in collect_contracts(package)] == ["Deal", "Rep"]


def test_an_object_that_lacks_an_attribute_of_contracts_is_no_contract(promises):
    package = promises(a="from types import SimpleNamespace\nDeal = SimpleNamespace(name='Deal')\n")
    with pytest.raises(DiscoveryError, match="No contract in promises"):
        collect_contracts(package)


def test_two_contracts_of_one_name_are_refused_with_the_file(promises):
    package = promises(a=MODULE.format(name="Deal"), b=MODULE.format(name="Deal"))
    with pytest.raises(DeclarationError, match=r"b\.py has another contract called 'Deal'"):
        collect_contracts(package)


def test_a_module_that_cannot_be_imported_is_named(promises):
    with pytest.raises(DiscoveryError, match=r"promises\.a cannot be imported"):
        collect_contracts(promises(a="import nothing_of_that_name"))


def test_a_dataset_extends_the_type_whose_fields_it_ends_with(deals, stamps):
    assert base_of(deals, [deals, stamps]) is stamps
    assert [field.name for field in own_fields(deals, stamps)][-1] == "notes"


def test_a_dataset_with_other_last_fields_extends_nothing(deals, stamps):
    deals.schema = T.StructType(list(reversed(deals.schema.fields)))
    assert base_of(deals, [deals, stamps]) is None
    assert own_fields(deals, None) == deals.schema.fields


@pytest.fixture
def pairs():
    schema = T.StructType([T.StructField("id", T.LongType()), T.StructField("name", T.StringType())])
    return SimpleNamespace(name="Pair", grain="one row per pair", primary_key=("id",), schema=schema)


COLUMNS = {"id": T.LongType(), "name": T.StringType()}


def test_a_dataset_is_under_the_contract_whose_columns_and_key_its_checks_demand(pairs):
    compute = deals_transform(E.primary_key("id"), E.schema().equals(COLUMNS))
    assert datasets_under(pairs, [compute]) == ["/Sales/deals"]


@pytest.mark.parametrize(
    "expectations",
    [
        [E.schema().equals(COLUMNS)],
        [E.primary_key("name"), E.schema().equals(COLUMNS)],
        [E.primary_key("id"), E.schema().contains(COLUMNS)],
        [E.primary_key("id"), E.schema().equals({**COLUMNS, "name": T.DateType()})],
    ],
    ids=["no key", "another key", "may have more columns", "another type"],
)
def test_a_dataset_whose_checks_demand_less_is_not(pairs, expectations):
    assert datasets_under(pairs, [deals_transform(*expectations)]) == []


def test_the_contract_of_a_dataset_of_sql_is_demanded_by_what_reads_it(deals):
    text = "CREATE TABLE `/Sales/deals` AS SELECT * FROM `/Sales/raw`"
    [statement] = parse_sql(Path("deals.sql"), text).statements
    sql = SqlTransform(statement, Path("deals.sql"), "deals.sql")
    types = {field.name: field.dataType for field in deals.schema.fields}
    checks = [Check(E.schema().equals(types), "columns"), Check(E.primary_key("deal_id"), "key")]

    others = [Check(check.expectation, f"{check.name} of raw") for check in checks]

    @transform_df(
        Output("/Sales/report"),
        deals=Input("/Sales/deals", checks=checks),
        raw=Input("/Sales/raw", checks=others),
    )
    def report(deals, raw): ...

    assert datasets_under(deals, [sql, report]) == ["/Sales/deals"]
    assert datasets_under(deals, [report]) == []
