"""The numbers of scenario_story.md, counted in the datasets themselves."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from transforms.revops.scenario.story import quarter_of, segment_of

TODAY = date(2024, 11, 15)


def won(deals):
    return [deal for deal in deals if deal.is_won]


def lost(deals):
    return [deal for deal in deals if deal.is_closed and not deal.is_won]


def still_open(deals):
    return [deal for deal in deals if not deal.is_closed]


def mean(numbers):
    return sum(numbers) / len(numbers)


def of_account(deals, name):
    [deal] = [deal for deal in deals if deal.account_name == name]
    return deal


def of_rep(deals, name):
    return [deal for deal in deals if deal.owner_name == name]


def days_since(day):
    return (TODAY - day).days


def test_500_opportunities_are_89_won_230_lost_and_181_open(deals):
    assert (len(won(deals)), len(lost(deals)), len(still_open(deals))) == (89, 230, 181)


def test_8_2_million_are_won_of_a_target_of_13(deals):
    assert sum(deal.amount for deal in won(deals)) == 8_200_000
    assert {deal.quarter_target for deal in deals if deal.quarter == "Q4 2024"} == {13_000_000}


def test_everything_closed_closed_in_this_quarter(deals):
    assert all(date(2024, 10, 1) <= deal.close_date <= TODAY for deal in won(deals) + lost(deals))


def test_open_deals_are_expected_in_this_quarter_or_the_next(deals):
    assert {deal.quarter for deal in still_open(deals)} == {"Q4 2024", "Q1 2025"}


def test_a_few_open_deals_are_overdue(deals):
    assert len([deal for deal in still_open(deals) if deal.close_date < TODAY]) == 4


def test_45_deals_are_enterprise_180_mid_market_and_275_smb(deals):
    assert Counter(deal.segment for deal in deals) == {"Enterprise": 45, "Mid-Market": 180, "SMB": 275}
    assert all(deal.segment == segment_of(deal.amount) for deal in deals)


def test_deals_open_this_quarter_do_not_make_the_target(story, deals):
    stages = story["/RevOps/Reference/stage_benchmarks"].where("level = 'stage'").collect()
    chance = {stage.name: stage.win_probability for stage in stages}
    expected = sum(deal.amount * chance[deal.stage_name] for deal in still_open(deals) if deal.quarter == "Q4 2024")
    assert 2_500_000 < expected < 3_500_000


@pytest.mark.parametrize(
    ("rep", "attainment"),
    [
        ("Jessica Taylor", 142),
        ("Emily Rodriguez", 115),
        ("David Kim", 108),
        ("Daniel Martinez", 95),
        ("Sarah Chen", 92),
        ("Robert Johnson", 88),
        ("James Wilson", 78),
        ("Amanda Foster", 72),
        ("Lisa Wang", 65),
        ("Kevin Brown", 55),
    ],
)
def test_a_rep_attains_of_the_year_to_date(deals, reps, rep, attainment):
    [quarters] = [row.quarters for row in reps if row.rep_name == rep]
    closed = sum(quarter.closed_amount for quarter in quarters) + sum(d.amount for d in won(of_rep(deals, rep)))
    assert round(100 * closed / sum(quarter.quota for quarter in quarters)) == attainment


def test_the_quotas_of_the_quarter_add_up_to_the_target(reps):
    assert sum(rep.quarters[-1].quota for rep in reps) == 13_000_000


def test_prior_ranks_follow_from_the_earlier_quarters(reps):
    def attainment(rep):
        earlier = rep.quarters[:3]
        return sum(quarter.closed_amount for quarter in earlier) / sum(quarter.quota for quarter in earlier)

    ranked = sorted(reps, key=attainment, reverse=True)
    assert [rep.prior_quarter_rank for rep in ranked] == list(range(1, 11))


def test_robert_was_never_above_his_quota(reps):
    [robert] = [rep for rep in reps if rep.rep_name == "Robert Johnson"]
    assert all(0.95 < quarter.closed_amount / quarter.quota < 1 for quarter in robert.quarters[:3])


def test_jessica_wins_38_percent(deals):
    hers = of_rep(deals, "Jessica Taylor")
    assert len(won(hers)) / len(won(hers) + lost(hers)) == 0.38


def test_two_very_large_deals_carry_emily(deals):
    amounts = sorted((deal.amount for deal in won(of_rep(deals, "Emily Rodriguez"))), reverse=True)
    assert amounts[:2] == [780_000, 650_000]
    assert sum(amounts) == 1_900_000


def test_stakeholders_are_2_1_a_deal_jessicas_4_2_and_kevins_1_3(deals):
    assert mean([deal.stakeholder_count for deal in deals]) == pytest.approx(2.1, abs=0.2)
    assert round(mean([deal.stakeholder_count for deal in of_rep(deals, "Jessica Taylor")]), 1) == 4.2
    assert round(mean([deal.stakeholder_count for deal in of_rep(deals, "Kevin Brown")]), 1) == 1.3


def test_won_deals_have_four_stakeholders_or_more_and_an_economic_buyer(deals):
    assert all(deal.stakeholder_count >= 4 and deal.has_economic_buyer for deal in won(deals))


def test_lost_deals_have_one_stakeholder_or_two_except_jessicas(deals):
    others = [deal for deal in lost(deals) if deal.owner_name != "Jessica Taylor"]
    assert {deal.stakeholder_count for deal in others} == {1, 2}


def test_acme_is_in_commit_with_a_silent_champion_and_was_touched_8_days_ago(deals, activities_by_deal):
    acme = of_account(deals, "Acme Corporation")
    assert (acme.amount, acme.forecast_category, acme.champion_status) == (1_200_000, "Commit", "Silent")
    assert days_since(activities_by_deal[acme.opportunity_id][-1].activity_date) == 8


def test_acme_was_touched_on_the_days_that_its_health_needs(deals, activities_by_deal):
    acme = of_account(deals, "Acme Corporation")
    days = [days_since(activity.activity_date) for activity in activities_by_deal[acme.opportunity_id]]
    assert days[-6:] == [19, 16, 13, 11, 9, 8]


def test_pacific_is_an_open_new_logo_with_a_competitor(deals):
    pacific = of_account(deals, "Pacific Financial")
    assert (pacific.amount, pacific.is_closed, pacific.deal_type) == (950_000, False, "New Business")
    assert pacific.competitor != "None"


def test_globaltech_is_an_open_expansion_with_many_stakeholders_and_an_executive_sponsor(deals):
    globaltech = of_account(deals, "GlobalTech Industries")
    assert (globaltech.amount, globaltech.is_closed, globaltech.deal_type) == (850_000, False, "Expansion")
    assert globaltech.stakeholder_count == 8
    assert globaltech.primary_contact_role == "Executive Sponsor"


def test_meridian_waits_in_legal_review(deals, events_by_deal):
    meridian = of_account(deals, "Meridian Healthcare")
    assert (meridian.amount, meridian.stage_name) == (720_000, "Verbal Commit")
    last = events_by_deal[meridian.opportunity_id][-1]
    assert (last.activity, last.ended_on) == ("Legal Review", None)


def test_summit_is_an_open_expansion_with_a_strong_champion(deals):
    summit = of_account(deals, "Summit Education")
    assert (summit.amount, summit.is_closed, summit.deal_type) == (220_000, False, "Expansion")
    assert summit.champion_status == "Strong"


def test_vertex_is_in_proposal_for_45_days(deals):
    vertex = of_account(deals, "Vertex Software")
    assert (vertex.amount, vertex.stage_name, days_since(vertex.stage_entered_on)) == (180_000, "Proposal", 45)


def test_techrival_took_four_deals_worth_1_2_million_three_on_price(deals):
    taken = [deal for deal in lost(deals) if deal.competitor == "TechRival"]
    assert sorted(deal.amount for deal in taken) == [260_000, 290_000, 310_000, 340_000]
    assert Counter(deal.loss_reason for deal in taken) == {"Price": 3, "Features": 1}
    assert [deal.loss_reason for deal in taken if deal.amount == 340_000] == ["Price"]


def test_six_open_deals_worth_2_8_million_wait_in_legal_review(deals, events_by_deal):
    def waits(deal):
        last = events_by_deal[deal.opportunity_id][-1]
        return last.activity == "Legal Review" and last.ended_on is None

    waiting = [deal for deal in deals if waits(deal)]
    assert (len(waiting), sum(deal.amount for deal in waiting)) == (6, 2_800_000)


@pytest.mark.parametrize(("review", "days"), [("Legal Review", 12), ("Security Review", 8)])
def test_a_finished_review_takes_on_average(story, review, days):
    events = story["/RevOps/Scenario/process_events"].where(f"activity = '{review}' and ended_on is not null")
    assert mean([event.duration_days for event in events.collect()]) == days


def test_40_percent_of_the_deals_in_proposal_fall_back_to_discovery(events_by_deal):
    paths = [[event.activity for event in events] for events in events_by_deal.values()]
    reached = [path for path in paths if "Proposal" in path]
    fell_back = [path for path in reached if "Discovery" in path[path.index("Proposal") :]]
    assert (len(reached), len(fell_back)) == (260, 104)


def test_kevins_lost_deals_die_in_solution_design(deals, events_by_deal):
    left = Counter(events_by_deal[deal.opportunity_id][-2].activity for deal in lost(of_rep(deals, "Kevin Brown")))
    assert left["Solution Design"] == 16


def test_james_has_nine_deals_or_more_in_negotiation_for_twice_its_benchmark(deals):
    negotiated = [deal for deal in still_open(of_rep(deals, "James Wilson")) if deal.stage_name == "Negotiation"]
    assert len([deal for deal in negotiated if days_since(deal.stage_entered_on) > 28]) >= 9


def test_sarahs_cycle_is_longer_than_the_teams(deals):
    def cycle(of):
        return mean([(deal.close_date - deal.opened_on).days for deal in won(of)])

    assert cycle(of_rep(deals, "Sarah Chen")) > cycle(deals) + 7


def test_activities_lie_between_opening_and_closing_or_today(deals, activities_by_deal):
    for deal in deals:
        last = deal.close_date if deal.is_closed else TODAY
        assert all(deal.opened_on <= a.activity_date <= last for a in activities_by_deal[deal.opportunity_id])


def test_there_are_about_ten_activities_a_deal(deals, activities_by_deal):
    assert mean([len(activities_by_deal[deal.opportunity_id]) for deal in deals]) == pytest.approx(10, abs=1)


def longest_gap(activities):
    return max((later.activity_date - earlier.activity_date).days for earlier, later in pairwise(activities))


def test_won_deals_are_touched_every_five_days_at_least(deals, activities_by_deal):
    assert all(longest_gap(activities_by_deal[deal.opportunity_id]) <= 5 for deal in won(deals))


def test_lost_deals_have_a_gap_of_seven_days_or_more(deals, activities_by_deal):
    assert all(longest_gap(activities_by_deal[deal.opportunity_id]) >= 7 for deal in lost(deals))


def test_each_band_of_touches_is_there_from_today_to_never(deals, activities_by_deal):
    def last_touch(deal):
        activities = activities_by_deal[deal.opportunity_id]
        if not activities:
            return "never"
        days = days_since(activities[-1].activity_date)
        return "3 days" if days <= 3 else "4 to 7" if days <= 7 else "8 to 21" if days <= 21 else "longer"

    touched = Counter(last_touch(deal) for deal in still_open(deals))
    assert touched == {"3 days": 63, "4 to 7": 54, "8 to 21": 45, "longer": 16, "never": 3}


def test_deals_quiet_for_10_to_21_days_know_one_contact(deals, activities_by_deal):
    quiet = [activities_by_deal[deal.opportunity_id] for deal in still_open(deals)]
    quiet = [activities for activities in quiet if activities and 10 <= days_since(activities[-1].activity_date) <= 21]
    assert len(quiet) == 44
    assert all(len({activity.contact_name for activity in activities}) == 1 for activities in quiet)


def test_deals_touched_in_the_last_3_days_are_touched_3_to_5_times_a_week(deals, activities_by_deal):
    for deal in still_open(deals):
        days = [days_since(activity.activity_date) for activity in activities_by_deal[deal.opportunity_id]]
        if days and days[-1] <= 3:
            assert 3 <= len([day for day in days if day <= 6]) <= 5
            assert 3 <= len([day for day in days if 7 <= day <= 13]) <= 5


def test_kevins_and_lisas_week_ends_on_wednesday(story):
    activities = story["/RevOps/Scenario/activities"].where("rep_id in ('REP-00000009', 'REP-00000010')").collect()
    days = Counter(activity.activity_date.weekday() for activity in activities)
    assert max(days[3], days[4]) < min(days[0], days[1], days[2])


def test_there_are_activities_today_in_the_last_week_and_in_the_last_month(activities_by_deal):
    days = [days_since(activity.activity_date) for activities in activities_by_deal.values() for activity in activities]
    assert 0 < days.count(0) < len([day for day in days if day < 7]) < len([day for day in days if day < 30])


def test_events_follow_each_other_from_opening_to_the_present_stage(deals, events_by_deal):
    for deal in deals:
        events = events_by_deal[deal.opportunity_id]
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert events[0].started_on == deal.opened_on
        assert all(earlier.ended_on == later.started_on for earlier, later in pairwise(events))
        assert all(e.duration_days == (e.ended_on - e.started_on).days for e in events if e.ended_on)


def test_closed_deals_end_their_events_on_their_close_date(deals, events_by_deal):
    for deal in won(deals) + lost(deals):
        last = events_by_deal[deal.opportunity_id][-1]
        assert (last.activity, last.started_on, last.ended_on) == (deal.stage_name, deal.close_date, deal.close_date)
        assert deal.stage_entered_on == deal.close_date


def test_open_deals_are_still_in_their_last_event(deals, events_by_deal):
    assert all(events_by_deal[deal.opportunity_id][-1].ended_on is None for deal in still_open(deals))


def test_champions_fell_silent_while_the_deal_was_on(deals):
    silent = [deal for deal in deals if deal.champion_status == "Silent"]
    assert all(deal.opened_on <= deal.champion_silent_since <= TODAY for deal in silent)
    assert all(deal.champion_silent_since is None for deal in deals if deal.champion_status != "Silent")


@pytest.mark.parametrize(
    ("amount", "segment"), [(500_001, "Enterprise"), (500_000, "Mid-Market"), (100_000, "Mid-Market"), (99_999, "SMB")]
)
def test_a_segment_begins_at(amount, segment):
    assert segment_of(amount) == segment


@pytest.mark.parametrize(("day", "quarter"), [(date(2024, 12, 31), "Q4 2024"), (date(2025, 1, 1), "Q1 2025")])
def test_a_day_is_in_quarter(day, quarter):
    assert quarter_of(day) == quarter


def test_a_contact_of_a_deal_keeps_the_same_role(activities_by_deal):
    for activities in activities_by_deal.values():
        roles = {(activity.contact_name, activity.contact_role) for activity in activities}
        assert len(roles) == len({name for name, _ in roles})
