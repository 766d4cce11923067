import pytest

from transforms_api.builds.sandbox import parse_sample, sample_of
from transforms_api.errors import DeclarationError


@pytest.mark.parametrize(("text", "sample"), [("1", 1), ("1000", 1000), ("0.1", 0.1), ("1e-3", 0.001)])
def test_a_sample_is_a_whole_number_of_rows_or_a_fraction_below_1(text, sample):
    assert parse_sample(text) == sample


@pytest.mark.parametrize("text", ["0", "-1", "1.0", "1.5", "0.0", "nan", "inf", "all", ""])
def test_a_sample_that_is_neither_a_number_of_rows_nor_a_fraction_is_refused(text):
    with pytest.raises(DeclarationError, match=f"but not '{text}'"):
        parse_sample(text)


def test_a_sample_by_number_has_the_first_rows(write):
    assert sample_of(write("/A/x", n=[1, 2, 3]), 2).to_pylist() == [{"n": 1}, {"n": 2}]


def test_a_sample_of_more_rows_than_the_dataset_has_is_the_dataset(write):
    assert sample_of(write("/A/x", n=[1, 2, 3]), 9).num_rows == 3


def test_a_sample_by_fraction_has_about_that_part_of_the_rows_and_the_same_each_time(write):
    version = write("/A/x", n=list(range(10_000)))
    sample = sample_of(version, 0.1)
    assert 800 < sample.num_rows < 1200
    assert sample_of(version, 0.1) == sample
