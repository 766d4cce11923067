import json
import sys


def test_the_pipeline_s_dictionary_has_every_dataset_with_its_contract(on_warehouse, tmp_path):
    code, printed, _ = on_warehouse("docs", tmp_path / "docs")
    assert code == 0
    _, listed, _ = on_warehouse("list", "--json")
    datasets = sum(len(entry["outputs"]) for entry in json.loads(listed)["transforms"])
    assert printed == f"{datasets} datasets in {tmp_path / 'docs' / 'index.html'}\n"
    page = (tmp_path / "docs" / "datasets" / "RevOps.Analytics.dashboard_kpis.html").read_text(encoding="utf-8")
    assert "DashboardKPIs" in page
    assert "transforms/revops/dashboard/compute_dashboard_kpis.py:" in page


def test_a_repository_without_contracts_has_a_dictionary(command, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    source = "from transforms.api import *\n@transform_df(Output('/mine/a'))\ndef compute(): 'What I make.'\n"
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "of_mine.py").write_text(source)
    code, _, _ = command("docs", tmp_path / "docs", "--repo", tmp_path / "repo")
    assert code == 0
    assert "What I make." in (tmp_path / "docs" / "datasets" / "mine.a.html").read_text(encoding="utf-8")


def test_a_folder_of_other_files_is_refused(on_warehouse, tmp_path):
    (tmp_path / "mine.txt").write_text("")
    code, _, error = on_warehouse("docs", tmp_path)
    assert code == 2
    assert "has files and no data dictionary" in error
