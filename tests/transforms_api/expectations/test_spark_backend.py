from transforms import expectations as E
from transforms_api.expectations.evaluate import evaluate_checks
from transforms_api.expectations.tree import Check


def test_times_without_a_zone_count_as_utc(spark):
    frame = spark.sql("select timestamp_ntz '2024-11-15 12:00:00' as at")
    at_noon = E.col("at").equals("2024-11-15T12:00:00Z")
    last_is_noon = E.col("at").max_value().equals("2024-11-15T13:00:00+01:00")
    results = evaluate_checks("/d", frame, [Check(at_noon, "noon"), Check(last_is_noon, "last")])
    assert [result.problem for result in results] == [None, None]


def test_an_input_may_be_looked_up_in_itself(spark):
    employees = spark.createDataFrame([(1, None), (2, 1), (3, 9)], "id int, boss int")
    known = Check(E.col("boss").is_in_foreign_col(E.dataset_ref("employees").col("id")), "the boss is known")
    [result] = evaluate_checks("/d", employees, [known], {"employees": employees})
    assert (result.problem, result.sample) == ("1 row breaks it", [{"boss": 9, "id": 3}])
