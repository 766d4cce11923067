import pytest


@pytest.fixture(scope="module")
def benchmarks(story):
    return {(row.level, row.name): row for row in story["/RevOps/Reference/stage_benchmarks"].collect()}


def test_there_are_six_open_stages_and_eleven_activities_in_order(benchmarks):
    stages = [row.sort_order for (level, _), row in sorted(benchmarks.items(), key=lambda item: item[1].sort_order)
              if level == "stage"]  # fmt: skip
    activities = [row.sort_order for (level, _), row in benchmarks.items() if level == "activity"]
    assert stages == [1, 2, 3, 4, 5, 6]
    assert sorted(activities) == list(range(1, 12))


@pytest.mark.parametrize(("review", "days"), [("Legal Review", 5), ("Security Review", 3)])
def test_a_review_should_take(benchmarks, review, days):
    assert benchmarks["activity", review].benchmark_days == days


def test_an_activity_has_the_chance_of_its_stage(benchmarks):
    legal_review = benchmarks["activity", "Legal Review"]
    assert (legal_review.stage_name, legal_review.win_probability) == ("Verbal Commit", 0.80)


def test_closed_stages_have_a_certain_outcome(benchmarks):
    assert benchmarks["activity", "Closed Won"].win_probability == 1
    assert benchmarks["activity", "Closed Lost"].win_probability == 0


def test_the_days_of_a_stages_activities_add_up_to_the_stages(benchmarks):
    for (level, name), stage in benchmarks.items():
        if level == "stage":
            days = [
                row.benchmark_days
                for (kind, _), row in benchmarks.items()
                if kind == "activity" and row.stage_name == name
            ]
            assert sum(days) == stage.benchmark_days
