import sys
import types

import polars as pl
import pytest

from transforms import expectations as E
from transforms.api import Check, Input, Output, transform_df
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.plan import make_plan
from transforms_api.errors import ChecksFailedError, ImportMappingError
from transforms_api.importing.crm import run_import
from transforms_api.project.graph import build_graph

DEALS = Output("/A/deals", checks=Check(E.col("amount").gte(0), "no negative amount"))
DEMO = transform_df(Output("/A/deals"))(lambda ctx: None)
NEXT = transform_df(Output("/A/next"), deals=Input("/A/deals"))(lambda deals: deals)
FILE = types.SimpleNamespace(encoding=None, separator=None, quote=None, header_row=None, sheet=None)
MAPPING = {"loader": "loaders:load"}


@pytest.fixture
def graph():
    return build_graph([DEMO, NEXT])


@pytest.fixture
def load(warehouse, tmp_path, monkeypatch):
    """load(text of deals.csv) → rows published by dataset."""

    def loader(files, mapping, today, text, name):
        if "unknown" in mapping:
            raise ValueError("unknown: no such column")
        frame = files.read(files.find("DEALS*")[0], FILE).frame
        return {DEALS: frame.select("_row", pl.col("amount").cast(pl.Float64))}

    monkeypatch.setitem(sys.modules, "loaders", types.SimpleNamespace(load=loader))

    def run(text, mapping=MAPPING):
        (tmp_path / "deals.csv").write_text(text)
        return run_import(tmp_path, mapping, warehouse)

    return run


def test_an_import_publishes_what_the_mapping_s_loader_returns(load):
    assert load('amount,note\n5,"two\nlines"\n7,b\n') == {"/A/deals": 2}


def test_a_build_leaves_imported_datasets_and_runs_what_reads_them(load, warehouse, graph):
    load("amount\n5\n")
    plan = make_plan(graph, BuildEnvironment(None, warehouse, "build"))
    assert (plan.imported, plan.jobs) == ([DEMO], [NEXT])


def test_imported_rows_have_to_keep_the_dataset_s_contract(load, warehouse, graph):
    with pytest.raises(ChecksFailedError, match="no negative amount"):
        load("amount\n-5\n")
    assert make_plan(graph, BuildEnvironment(None, warehouse, "build")).imported == []


def test_a_mapping_that_does_not_fit_is_an_error_with_the_loader_s_words(load):
    with pytest.raises(ImportMappingError, match="no such column"):
        load("amount\n5\n", {**MAPPING, "unknown": 1})


@pytest.mark.parametrize("loader", [None, "nowhere.at.all:load", "loaders:other", "loaders"])
def test_a_mapping_has_to_name_its_loader(load, loader):
    with pytest.raises(ImportMappingError, match="has to name the function"):
        load("amount\n5\n", {"loader": loader} if loader else {})
