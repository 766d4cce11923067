"""The rows of the story's datasets, so that its numbers can be counted in plain Python."""

import pytest


@pytest.fixture(scope="session")
def deals(story):
    return story["/RevOps/Scenario/opportunities"].collect()


@pytest.fixture(scope="session")
def reps(story):
    return story["/RevOps/Scenario/sales_reps"].collect()


@pytest.fixture(scope="session")
def activities_by_deal(story, deals):
    activities = {deal.opportunity_id: [] for deal in deals}
    for activity in story["/RevOps/Scenario/activities"].orderBy("activity_date", "activity_id").collect():
        activities[activity.opportunity_id].append(activity)
    return activities


@pytest.fixture(scope="session")
def events_by_deal(story, deals):
    events = {deal.opportunity_id: [] for deal in deals}
    for event in story["/RevOps/Scenario/process_events"].orderBy("opportunity_id", "sequence").collect():
        events[event.opportunity_id].append(event)
    return events
