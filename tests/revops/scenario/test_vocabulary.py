import pytest
from pyspark.sql import functions as F

from transforms.revops.scenario.vocabulary import companies, first_and_last_names, hashed, people, picked


@pytest.mark.parametrize(("words", "count"), [(people, 400), (companies, 500)])
def test_words_of_a_seed_differ_from_each_other_and_from_another_seeds(words, count):
    assert len(set(words(1))) == count
    assert words(1) == words(1)
    assert words(1) != words(2)


def test_first_and_last_names_do_not_repeat():
    assert [len(set(names)) for names in first_and_last_names(1)] == [400, 400]


def test_a_word_is_picked_by_number_round_and_round(spark):
    picks = spark.range(4).select(picked(["a", "b", "c"], F.col("id")).alias("word"))
    assert sorted(row.word for row in picks.collect()) == ["a", "a", "b", "c"]


def test_names_with_commas_stay_whole(spark):
    [row] = spark.range(1).select(picked(["Smith, Lee and Sons", "b"], F.col("id")).alias("word")).collect()
    assert row.word == "Smith, Lee and Sons"


def test_a_hash_hangs_on_seed_use_and_number(spark):
    [row] = spark.range(1).select(
        hashed(1, "use", F.col("id")).alias("a"),
        hashed(1, "use", F.col("id")).alias("same"),
        hashed(2, "use", F.col("id")).alias("other_seed"),
        hashed(1, "other", F.col("id")).alias("other_use"),
        hashed(1, "use", F.col("id") + 1).alias("other_number"),
    ).collect()  # fmt: skip
    assert row.a == row.same
    assert len({row.a, row.other_seed, row.other_use, row.other_number}) == 4
