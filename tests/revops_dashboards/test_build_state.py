import threading

from revops_dashboards.build_state import BuildState, BuildStatePoller


class Project:
    """Something to look at whose looks can be awaited."""

    def __init__(self):
        self.versions, self.code, self.looks, self.looked = 1, 1, 0, threading.Semaphore(0)

    def look(self):
        self.looks += 1
        self.looked.release()
        return BuildState(problem=f"look {self.looks}")

    def follow(self):
        return BuildStatePoller(self.look, lambda: self.versions, lambda: self.code)


def followed(project):
    poller = project.follow()
    poller.read_if_changed()
    assert project.looked.acquire(timeout=10)
    wait_until_due(poller)
    return poller


def wait_until_due(poller):
    for _ in range(10_000):
        if not poller._is_reading.locked():
            poller._pauses_until = 0
            return
        threading.Event().wait(0.001)
    raise AssertionError("it looks for ever")


def test_the_follower_knows_no_state_before_the_first_reading():
    assert BuildStatePoller(BuildState, lambda: 1, lambda: 1).build == BuildState()


def test_a_look_changes_the_token():
    project = Project()
    before = project.follow().token()
    assert followed(project).token() != before


def test_a_new_version_changes_the_token_at_once():
    project = Project()
    poller = followed(project)
    before = poller.token()
    project.versions = 2
    assert poller.token() != before


def test_changed_code_is_looked_at():
    project = Project()
    poller = followed(project)
    project.code = 2
    poller.read_if_changed()
    assert project.looked.acquire(timeout=10)
    assert project.looks == 2


def test_nothing_is_read_again_without_a_change():
    project = Project()
    followed(project).read_if_changed()
    assert not project.looked.acquire(timeout=0.05)


def test_the_follower_rests_after_reading_the_state():
    project = Project()
    poller = followed(project)
    poller._pauses_until = float("inf")
    project.code = 2
    poller.read_if_changed()
    assert not project.looked.acquire(timeout=0.05)
