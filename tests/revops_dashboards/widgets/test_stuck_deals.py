from revops_dashboards.filters import HEALTH, Choice
from revops_dashboards.widgets.stuck_deals import MOST, STUCK, content

DEALS = {  # urgency, amount, team
    "A": ("LOW", 900.0, "Lee"),
    "B": ("CRITICAL", 10.0, "Lee"),
    "C": ("HIGH", 20.0, "Torres"),
    "D": ("HIGH", 30.0, "Lee"),
    "E": ("MEDIUM", 40.0, "Lee"),
}


def write_deals(write, deals):
    write(
        STUCK,
        [{"opportunity_id": key, "urgency": urgency, "amount": amount} for key, (urgency, amount, _) in deals.items()],
    )
    write(HEALTH, [
        {"opportunity_id": key, "quarter": "Q4 2024", "manager_name": team, "segment": "SMB", "region": "West"}
        for key, (_, _, team) in deals.items()
    ])  # fmt: skip


def test_the_most_urgent_stand_first_and_the_largest_of_equal_ones(tables, write):
    write_deals(write, DEALS)
    found = content(tables, Choice(quarter="Q4 2024"))
    assert [deal["opportunity_id"] for deal in found["deals"]] == ["B", "D", "C", "E", "A"]


def test_all_filters_narrow_the_stuck_deals(tables, write):
    write_deals(write, DEALS)
    found = content(tables, Choice(quarter="Q4 2024", team="Torres", segment="SMB", region="West"))
    assert (found["count"], found["amount"]) == (1, 20.0)
    assert content(tables, Choice(quarter="Q4 2024", segment="Enterprise")) is None


def test_stuck_deals_that_are_not_shown_are_counted(tables, write):
    write_deals(write, {f"{number:03}": ("LOW", 1.0, "Lee") for number in range(MOST + 5)})
    found = content(tables, Choice(quarter="Q4 2024"))
    assert (len(found["deals"]), found["count"], found["amount"]) == (MOST, MOST + 5, MOST + 5)
