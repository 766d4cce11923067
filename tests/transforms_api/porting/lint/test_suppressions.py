import pytest

from transforms_api.porting.lint.check import suppressions, without_suppressed


@pytest.fixture
def left(module):
    """left(line) → the codes that are left where this line breaks F201 and F204."""

    def run(line):
        read = module(line)
        findings = [read.finding_at(2, 0, code, "") for code in ("F201", "F204")]
        return [finding.code for finding in without_suppressed(read.file, findings, suppressions(read))]

    return run


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("work()", ["F201", "F204"]),
        ("work()  # lint: ignore[F201]", ["F204"]),
        ("work()  # lint: ignore[F201, F204]", []),
        ("work()  # noqa: E501  # lint: ignore[F201] as agreed", ["F204"]),
        ("work()  #lint:ignore[F204]", ["F201"]),
        ("work('# lint: ignore[F201]')", ["F201", "F204"]),
        ("work()  # noqa: F201", ["F201", "F204"]),
    ],
)
def test_a_comment_suppresses_the_rules_that_it_names_on_its_line(left, line, codes):
    assert left(line) == codes


@pytest.mark.parametrize(
    "line",
    [
        "work()  # lint: ignore[F101]",
        "work()  # lint: ignore",
        "work()  # lint: ignore[]",
        "work()  # lint: ignore[F999]",
    ],
)
def test_a_comment_that_suppresses_nothing_is_a_finding(left, line):
    assert left(line) == ["F201", "F204", "F901"]


def test_a_comment_half_of_whose_rules_suppress_something_is_a_finding_for_the_other(module):
    read = module("work()  # lint: ignore[F201, F101]")
    [finding] = without_suppressed(read.file, [read.finding_at(2, 0, "F201", "")], suppressions(read))
    assert (finding.code, finding.column) == ("F901", 9)
    assert "nothing on this line breaks F101" in finding.message


def test_a_comment_on_another_line_suppresses_nothing(module):
    read = module("# lint: ignore[F201]\nwork()")
    findings = without_suppressed(read.file, [read.finding_at(3, 0, "F201", "")], suppressions(read))
    assert [finding.code for finding in findings] == ["F201", "F901"]
