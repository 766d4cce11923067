"""A repository as Foundry leaves it in 2026: no paths in its shrinkwrap, transforms in a generator, a model. No JVM."""

RAW = "ri.foundry.main.dataset.00000000-0000-0000-0000-00000000000"


def test_transforms_of_a_generator_are_built_from_datasets_that_only_rids_name(repository, tmp_path):
    clinic = repository("clinic")
    (tmp_path / "visits.csv").write_text("ward\n1\n1\n2\n\n")
    (tmp_path / "wards.csv").write_text("ward,name\n1,A\n2,B\n")
    clinic.run("import", tmp_path / "visits.csv", "--dataset", f"{RAW}1")
    clinic.run("import", tmp_path / "wards.csv", "--dataset", f"{RAW}2")
    report = clinic.run("build", code=1)
    states = {job["transform"]: job["state"] for job in report["jobs"]}
    assert clinic.rows("/Clinic/totals") == [("A", 2), ("B", 1)]
    assert states["clinic.datasets.model:train"] == "failed"
