def test_the_demo_has_amounts_in_dollars_and_in_no_other_currency(story):
    [row] = story["/RevOps/Reference/reporting_currency"].collect()
    assert (row.currency, row.currency_sign, row.converted_from, row.without_rate) == ("USD", "$", [], [])
