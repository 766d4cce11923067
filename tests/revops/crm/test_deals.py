"""Which deals can be used, and why the others cannot."""

from datetime import date

import pytest

from transforms.revops.crm.deals import judged_deals

WON = {
    "rep": "Zane", "stage": "Won", "opened_on": "5/2/2017", "close_date": "6/1/2017", "amount": "54",
}  # fmt: skip
LOST = {**WON, "stage": "Lost"}
OPEN = {"rep": "Zane", "stage": "Engaging"}

USABLE = {
    "a won deal": WON,
    "a won deal that nobody dated the opening of": {**WON, "opened_on": None},
    "a won deal for nothing": {**WON, "amount": "0"},
    "a deal won on the day on which it opened": {**WON, "opened_on": "6/1/2017"},
    "a deal won today": {**WON, "close_date": "12/31/2017"},
    "a lost deal without amount": {**LOST, "amount": None},
    "an open deal of which nothing else is known": OPEN,
    "an open deal opened today": {**OPEN, "opened_on": "12/31/2017"},
    "an open deal expected to close next year": {**OPEN, "close_date": "2/15/2018"},
    "an open deal overdue": {**OPEN, "close_date": "2/15/2017"},
}
UNUSABLE = {
    "its stage is not in the mapping": [{**WON, "stage": "On Hold"}, {**WON, "stage": None}],
    "its rep is not in the reps file": [{**WON, "rep": "Nobody"}, {**WON, "rep": None}],
    "its opening date is no date": [{**WON, "opened_on": "2/30/2017"}, {**OPEN, "opened_on": "soon"}],
    "its close date is no date": [{**WON, "close_date": "2017-06-01"}, {**OPEN, "close_date": "next year"}],
    "its amount is no number": [{**WON, "amount": "fifty"}, {**OPEN, "amount": "€54"}],
    "its amount is negative": [{**WON, "amount": "-54"}, {**OPEN, "amount": "-0.01"}],
    "it is closed but has no close date": [{**WON, "close_date": None}, {**LOST, "close_date": None}],
    "it is won but has no amount": [{**WON, "amount": None}],
    "it closes before it opens": [{**WON, "close_date": "5/1/2017"}],
    "it is closed but its close date is in the future": [{**WON, "close_date": "1/1/2018"}],
    "its opening date is in the future": [{**OPEN, "opened_on": "1/1/2018"}],
}


REPEATED = [{**WON, "amount": "-54", "id": "twice"}, {**WON, "id": "twice"}]


@pytest.fixture(scope="module")
def judged(spark, text_rows, export):
    """All these deals as read, where Zane is the only rep, in order."""
    reps = spark.createDataFrame(
        [("Zane", "Zane Levy", "Summer", "West")], "rep_id string, rep_name string, manager_name string, region string"
    )
    deals = [
        *[{**deal, "id": name} for name, deal in USABLE.items()],
        *[{**deal, "id": f"{reason} {place}"} for reason in UNUSABLE for place, deal in enumerate(UNUSABLE[reason])],
        *REPEATED,
    ]
    return judged_deals(text_rows("opportunities", *deals), reps, export).orderBy("row_number").collect()


@pytest.mark.parametrize("name", USABLE)
def test_a_deal_with_this_text_can_be_used(judged, name):
    assert [deal.reason for deal in judged if deal.text.id == name] == [None]


@pytest.mark.parametrize("reason", UNUSABLE)
def test_a_deal_with_this_text_cannot_be_used(judged, reason):
    reasons = [deal.reason for deal in judged if deal.text.id.startswith(reason)]
    assert reasons == [reason] * len(UNUSABLE[reason])


def test_a_repeated_deal_is_rejected_even_where_the_first_one_is_unusable(judged):
    reasons = [deal.reason for deal in judged if deal.text.id == "twice"]
    assert reasons == ["its amount is negative", "an earlier row has the same id"]


def test_a_usable_deal_comes_with_its_stage_dates_amount_and_rep(judged):
    [deal] = [deal for deal in judged if deal.text.id == "a won deal"]
    assert (deal.stage_name, deal.opened_on, deal.close_date, deal.amount, deal.rep_name, deal.region) == (
        "Closed Won", date(2017, 5, 2), date(2017, 6, 1), 54.0, "Zane Levy", "West",
    )  # fmt: skip
