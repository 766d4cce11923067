from revops_dashboards.filters import Choice
from revops_dashboards.widgets.activity_analysis import METRICS, content

MONTH = {
    "rep_id": "R1", "period": "30d", "call_count": 51, "email_count": 78, "meeting_count": 0, "demo_count": 16,
    "monday_avg": 10.5, "tuesday_avg": 6.8, "wednesday_avg": 9.2, "thursday_avg": 5.4, "friday_avg": 9.0,
    "low_activity_days": ["Thursday"],
}  # fmt: skip


def test_pictures_say_the_mix_and_which_weekdays_are_low(tables, write):
    write(METRICS, [MONTH])
    found = content(tables, Choice(rep="R1"))
    assert found["mix"].description == "51 calls, 78 emails, 0 meetings, 16 demos"
    assert found["weekdays"].description == (
        "Activities on an average day: Mon 10.5, Tue 6.8, Wed 9.2, Thu 5.4 low, Fri 9.0"
    )


def test_each_period_of_activity_has_a_row_of_its_own(tables, write):
    write(METRICS, [MONTH])
    assert content(tables, Choice(rep="R1", period="7d")) is None
