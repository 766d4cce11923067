import pytest

from transforms.revops.ai.answers import foreign_digits, not_among, numbers_in


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("$2.1M", "money", 2_100_000),
        ("$431K", "money", 431_000),
        ("$1,234", "money", 1_234),
        ("2.1 million", "money", 2_100_000),
        ("500 dollars", "money", 500),
        ("€2,134,000", "money", 2_134_000),
        ("R$431K", "money", 431_000),
        ("CHF 2,134,000", "money", 2_134_000),
        ("$.5M", "money", 500_000),
        ("38%", "percent", 38),
        ("38 percent", "percent", 38),
        ("45d", "days", 45),
        ("45 days", "days", 45),
        ("a 45-day cycle", "days", 45),
        ("4.2", "plain", 4.2),
        ("1,234 calls", "plain", 1_234),
        ("three deals", "plain", 3),
        ("Twelve deals", "plain", 12),
        ("twenty-five deals", "plain", 25),
        ("twenty-one deals", "plain", 21),
        ("two days", "days", 2),
        ("thirty percent", "percent", 30),
        ("1st", "plain", 1),
        ("Q4", "plain", 4),
        ("until 2024-11-22", "date", 20_241_122),
    ],
)
def test_a_number_is_read_with_its_unit(text, kind, value):
    [number] = numbers_in(text)
    assert (number.kind, number.value) == (kind, pytest.approx(value))


def test_a_rank_is_two_numbers():
    assert [number.value for number in numbers_in("#4/12")] == [4, 12]


@pytest.mark.parametrize("text", ["one more call", "a dated plan", "someone", "often", "the tenth"])
def test_words_that_only_look_like_numbers_are_none(text):
    assert numbers_in(text) == []


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("45 days", "45d"),
        ("38 percent", "38%"),
        ("13 a day", "13.0"),
        ("rank 4 of 12", "#4/12"),
        ("$2,100,000", "$2.1M"),
        ("$2.13M", "$2,134,000"),
        ("three deals", "3 deals"),
    ],
)
def test_a_number_of_the_facts_may_be_written_otherwise(text, facts):
    assert not_among(text, numbers_in(facts)) is None


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("39%", "38%"),
        ("38", "38%"),
        ("38%", "38d"),
        ("$38", "38%"),
        ("$1M", "$1.4M"),
        ("$2.2M", "$2,134,000"),
        ("4", "4.2"),
        ("45.5 days", "45d"),
        ("2024-11-23", "2024-11-22"),
        ("five deals", "3 deals"),
        ("24 deals", "2024-11-22"),
    ],
)
def test_a_number_or_unit_that_differs_from_the_facts_is_found(text, facts):
    assert not_among(text, numbers_in(facts)) is not None


def test_numbers_in_other_characters_are_seen():
    assert foreign_digits("½ of ３ and 五, not 4") == "½３五"
