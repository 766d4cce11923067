"""A repository of 2021: Spark, files parsed in workers, RIDs, generated transforms, incremental, legacy dates."""

from datetime import date

FIRST = "person,ward,admitted,days\nAda,A,01-Feb-24,3\nBob,B,02-Feb-24,200\n"
SECOND = "person,ward,admitted,days\nAda,A,01-Mar-24,4\n"


def test_the_hospital_repository_builds_unchanged_and_then_only_new_rows(repository, tmp_path):
    hospital = repository("hospital", branch="develop")
    (tmp_path / "raw" / "2024").mkdir(parents=True)
    (tmp_path / "raw" / "2024" / "february.csv").write_text(FIRST)
    hospital.run("import", tmp_path / "raw", "--dataset", "/Hospital/raw/admissions", "--files")

    jobs = {job["outputs"][0]: job for job in hospital.run("build")["jobs"]}
    assert {job["state"] for job in jobs.values()} == {"completed"}
    assert hospital.rows("/Hospital/clean/admissions") == [
        ("Ada", "A", date(2024, 2, 1), 3),
        ("Bob", "B", date(2024, 2, 2), 200),
    ]
    assert hospital.rows("/Hospital/marts/ward_A") == [("Ada", "A", date(2024, 2, 1), 3)]
    assert len(hospital.rows("/Hospital/marts/all_wards")) == 2
    assert hospital.rows("/Hospital/marts/days_per_person") == [("Ada", 3), ("Bob", 200)]
    [warning] = jobs["/Hospital/clean/admissions"]["checks"]["broken"]
    assert (warning["name"], warning["on_error"]) == ("no endless stays", "WARN")

    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "march.csv").write_text(SECOND)
    hospital.run("import", tmp_path / "more", "--dataset", "/Hospital/raw/admissions", "--files", "--append")
    jobs = {job["outputs"][0]: job for job in hospital.run("build")["jobs"]}
    assert jobs["/Hospital/clean/admissions"]["rows"] == {"/Hospital/clean/admissions": 1}
    assert jobs["/Hospital/marts/days_per_person"]["notes"] == ["ran incrementally"]
    assert hospital.rows("/Hospital/marts/days_per_person") == [("Ada", 7), ("Bob", 200)]


def test_the_list_of_a_repository_needs_neither_spark_nor_data_and_names_the_missing_input(repository):
    listed = repository("hospital").run("list")
    assert len(listed["transforms"]) == 6
    assert [fault["kind"] for fault in listed["faults"]] == ["MissingInputError"]
    assert "/Hospital/raw/admissions" in listed["faults"][0]["text"]
