import pytest

from transforms_api.builds.sandbox import parse_sample, sample_of
from transforms_api.errors import DeclarationError


@pytest.mark.parametrize(("text", "sample"), [("1", 1), ("1000", 1000), ("0.1", 0.1), ("1e-3", 0.001)])
def test_a_whole_number_is_of_rows_and_one_below_1_a_fraction(text, sample):
    assert parse_sample(text) == sample


@pytest.mark.parametrize("text", ["0", "-1", "1.0", "1.5", "0.0", "nan", "inf", "all", ""])
def test_anything_else_is_refused(text):
    with pytest.raises(DeclarationError, match=f"but not '{text}'"):
        parse_sample(text)


def test_so_many_rows_are_the_first(write):
    assert sample_of(write("/A/x", n=[1, 2, 3]), 2).to_pylist() == [{"n": 1}, {"n": 2}]


def test_more_rows_than_there_are_is_all_of_them(write):
    assert sample_of(write("/A/x", n=[1, 2, 3]), 9).num_rows == 3


def test_a_fraction_is_about_that_part_and_the_same_rows_each_time(write):
    version = write("/A/x", n=list(range(10_000)))
    sample = sample_of(version, 0.1)
    assert 800 < sample.num_rows < 1200
    assert sample_of(version, 0.1) == sample
