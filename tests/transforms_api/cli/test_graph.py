from transforms_api.builds.states import State


def test_the_graph_of_the_pipeline_is_printed_with_its_states(on_warehouse):
    code, printed, _ = on_warehouse("graph")
    assert code == 0
    assert "  ○ missing   /RevOps/Scenario/opportunities\n              it has not been built yet\n" in printed
    assert "\x1b" not in printed


def test_the_graph_of_targets_has_only_the_datasets_that_they_need(on_warehouse):
    _, printed, _ = on_warehouse("graph", "forecast_history")
    assert printed.endswith("2 datasets: 2 missing\n")


def test_the_graph_is_written_to_a_file_in_each_notation(on_warehouse, tmp_path):
    for notation, beginning in [("text", "layer 1\n"), ("mermaid", "flowchart LR\n"), ("svg", "<svg ")]:
        file = tmp_path / notation
        assert on_warehouse("graph", "--format", notation, "--output", file)[:2] == (0, "")
        assert file.read_text(encoding="utf-8").startswith(beginning)


def test_a_file_that_cannot_be_written_is_reported(on_warehouse, tmp_path):
    code, _, error = on_warehouse("graph", "--output", tmp_path / "nowhere" / "graph.txt")
    assert code == 2
    assert "The graph cannot be written" in error


def test_an_imported_dataset_is_shown_as_imported(on_warehouse, write):
    write("/RevOps/Scenario/opportunities", made_from={"kind": "import"}, n=[1, 2])
    _, printed, _ = on_warehouse("graph", "opportunities")
    assert f"↓ {State.IMPORTED.value}  /RevOps/Scenario/opportunities" in printed
