from transforms.revops.scenario.generate_process_events import process_events


def test_every_opportunity_has_events(story):
    events = story["/RevOps/Scenario/process_events"]
    assert events.select("opportunity_id").distinct().count() == 500


def test_event_ids_are_unique(story):
    events = story["/RevOps/Scenario/process_events"]
    assert events.select("event_id").distinct().count() == events.count()


def test_an_event_without_end_has_no_duration(story):
    events = story["/RevOps/Scenario/process_events"]
    assert events.where("(ended_on is null) != (duration_days is null)").count() == 0


def test_twice_the_deals_have_twice_the_events(spark, story):
    assert process_events(spark, 1000, 20241115).count() == 2 * story["/RevOps/Scenario/process_events"].count()
