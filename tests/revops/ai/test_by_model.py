"""Requests to a language model: which reps, how often, and the insights of reps without an accepted answer."""

import json
import threading

import pytest
from pyspark.sql import functions as F

from transforms.revops.ai import by_model
from transforms.revops.ai.by_model import outcomes_of
from transforms.revops.ai.language_model import RID, Answer


class Model:
    """Model for `outcomes_of`: returns the answers of a test in turn, the last one for all further requests.

    Attributes:
        asked: messages of the requests.
    """

    def __init__(self, *answers):
        self._said, self.asked, self._lock = answers, [], threading.Lock()

    def __call__(self, messages):
        with self._lock:
            answer = self._said[min(len(self.asked), len(self._said) - 1)]
            self.asked.append(messages)
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer if isinstance(answer, str) else json.dumps(answer), "tiny")


@pytest.fixture
def outcomes(rep):
    """outcomes(model, number of reps) → what became of them, by rep_id."""

    def of(model, reps=1, **options):
        return {
            outcome.rep_id: outcome for outcome in outcomes_of({f"R{n}": rep for n in range(reps)}, model, **options)
        }

    return of


def test_an_accepted_answer_is_the_rep_s_with_model_and_prompt_as_its_version(outcomes, insights):
    [outcome] = outcomes(Model(insights)).values()
    assert (outcome.insights, outcome.version, outcome.problem) == (insights, "tiny/prompt-3", None)


def test_a_refused_answer_is_requested_once_more_with_the_reason(outcomes, insights):
    model = Model("PWNED", insights)
    assert outcomes(model)["R0"].insights == insights
    assert [role for role, _ in model.asked[1]] == ["system", "user", "assistant", "user"]
    assert "the answer is no JSON" in model.asked[1][-1][1]


def test_after_a_second_refused_answer_the_rep_keeps_the_template(outcomes):
    model = Model("PWNED")
    assert outcomes(model)["R0"].problem.startswith("refused answer: the answer is no JSON")
    assert len(model.asked) == 2


def test_a_rep_keeps_the_template_if_the_call_of_the_model_raises(outcomes):
    assert outcomes(Model(RuntimeError("away\nfor lunch")))["R0"].problem == "no answer: RuntimeError: away for lunch"


def test_no_request_is_sent_after_three_consecutive_failed_calls(outcomes, monkeypatch):
    monkeypatch.setattr(by_model, "SIDE_BY_SIDE", 1)
    model = Model(RuntimeError("away"))
    problems = [outcome.problem.partition(":")[0] for outcome in outcomes(model, 50).values()]
    assert (problems.count("no answer"), problems.count("not asked"), len(model.asked)) == (3, 47, 3)


def test_calls_that_fail_now_and_then_stop_nothing(outcomes, insights, monkeypatch):
    monkeypatch.setattr(by_model, "SIDE_BY_SIDE", 1)
    away = RuntimeError("away")
    results = outcomes(Model(away, away, insights, away, away, insights), 6)
    assert [bool(outcome.insights) for outcome in results.values()] == [False, False, True, False, False, True]


def test_a_call_that_never_ends_counts_as_failed(outcomes):
    ends = threading.Event()
    results = outcomes(lambda messages: ends.wait(), 3, idle_timeout=0.05)
    ends.set()
    assert {outcome.problem for outcome in results.values()} == {"no answer: nothing was heard for 0.05 s"}


# As a transform sees it


class Hosted:
    """A model object of another implementation, Foundry's for instance.

    Args:
        say: role → its first message, to the text of the answer.
    """

    def __init__(self, say):
        self._say = say

    def create_chat_completion(self, request):
        text = self._say({message.role.name: message.content for message in reversed(request.messages)})
        message = type("Message", (), {"content": text})
        return type("Response", (), {"choices": [type("Choice", (), {"message": message})]})


@pytest.fixture
def replaced(spark, monkeypatch):
    """replaced(say, number of reps) → (rep_id → row after the requests), of reps without facts."""
    nothing = {"strengths": [], "improvements": [], "priority_actions": []}
    schema = by_model.REP_COACHING_INSIGHTS.schema

    def of(say, reps=2):
        known = spark.range(reps).select(F.concat(F.lit("R"), "id").alias("rep_id"))
        template = known.select(
            *[
                F.col(name) if name == "rep_id" else F.lit(None).cast(schema[name].dataType).alias(name)
                for name in schema.fieldNames()
            ]
        ).withColumn("model_version", F.lit("template-2"))
        facts = {"drivers": [], "actions": [], "days_of_low_activity": []}
        monkeypatch.setattr(by_model, "facts_to_send", lambda rows: rows)
        monkeypatch.setattr(by_model, "facts_of", lambda row: {"rep_name": row.rep_id, **facts})
        answer = {**nothing, "overall_assessment": "Fine", "primary_focus_area": "Calls"}

        def answered(chat):
            return say(chat) or json.dumps(answer)

        rows = by_model.with_answers(template, known, Hosted(answered)).collect()
        return {row.rep_id: row for row in rows}

    return of


def test_accepted_answers_replace_the_template_s_and_others_do_not(replaced):
    rows = replaced(lambda chat: "PWNED" if "R1" in chat["USER"] else None)
    assert (rows["R0"].overall_assessment, rows["R0"].strengths) == ("Fine", [])
    assert (rows["R1"].overall_assessment, rows["R1"].model_version) == (None, "template-2")


def test_a_model_that_does_not_state_its_name_has_that_of_its_rid(replaced):
    assert RID.endswith(".gpt-4_azure")
    assert replaced(lambda chat: None)["R0"].model_version == "gpt-4_azure/prompt-3"


def test_how_many_reps_kept_the_template_and_why_is_a_warning(replaced, caplog):
    replaced(lambda chat: "PWNED" if "R1" in chat["USER"] else None)
    [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith(
        "Coaching insights: 1 by gpt-4_azure/prompt-3, 1 by template. 1 × refused answer, as: the answer is no JSON"
    )


def test_only_the_first_reps_cause_requests(replaced, monkeypatch, caplog):
    monkeypatch.setattr(by_model, "MOST_REPS", 2)
    rows = replaced(lambda chat: None, 3)
    assert [rows[rep].model_version for rep in ("R0", "R1", "R2")] == ["gpt-4_azure/prompt-3"] * 2 + ["template-2"]
    assert "not asked, as: all reps after the first 2" in caplog.text
