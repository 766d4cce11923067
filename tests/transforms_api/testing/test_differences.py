from transforms_api.testing.assertions import Table, difference

COLUMNS = ("deal_id : string", "amount : double", "band : string")
D1, D2 = ("D1", "10.0", "good"), ("D2", "20.0", "bad")


def compared(actual, expected):
    return difference(Table(COLUMNS, actual), Table(COLUMNS, expected))


def test_the_order_of_rows_is_no_difference():
    assert compared([D1, D2], [D2, D1]) == []


def test_a_row_with_another_value_is_reported_with_equal_and_different_columns():
    assert compared([D1, D2], [D1, ("D2", "25.0", "bad")]) == [
        "where deal_id=D2, band=bad: amount is 20.0, expected 25.0"
    ]


def test_rows_that_have_little_in_common_are_reported_as_removed_and_added():
    assert compared([D1], [D2]) == [
        "missing: deal_id=D2, amount=20.0, band=bad",
        "not expected: deal_id=D1, amount=10.0, band=good",
    ]


def test_a_repeated_row_is_one_too_many():
    assert compared([D1, D1], [D1]) == ["not expected: deal_id=D1, amount=10.0, band=good"]


def test_a_difference_of_columns_is_shown_without_rows():
    actual = Table(("deal_id : string", "amount : int", "extra : int"), [("D1", "10", "1")])
    assert difference(actual, Table(COLUMNS, [D1])) == [
        "column missing: amount : double",
        "column missing: band : string",
        "column not expected: amount : int",
        "column not expected: extra : int",
    ]


def test_columns_in_a_different_order_are_reported():
    lines = difference(Table(("b : int", "a : int"), []), Table(("a : int", "b : int"), []))
    assert lines == ["columns are b, a, expected in the order a, b"]


def test_many_differences_are_cut_and_counted():
    lines = compared([(f"D{number}", "1.0", "good") for number in range(25)], [])
    assert (len(lines), lines[-1]) == (21, "… and 5 more rows")
