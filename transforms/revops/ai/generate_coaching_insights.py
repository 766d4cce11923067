"""The AI Coaching Insights widget: what every rep does well, can do better and is to do first."""

from transforms.api import Input, Output, transform

from ..common.provenance import computed
from ..contracts.reps import REP_COACHING_INSIGHTS
from .by_model import with_answers
from .facts import facts
from .language_model import MODEL_INPUT, can_be_asked
from .templates import write_insights


@transform(
    performance=Input("/RevOps/Analytics/rep_performance_view"),
    results=Input("/RevOps/Analytics/rep_performance"),
    drivers=Input("/RevOps/Analytics/rep_driver_comparison"),
    stage_pace=Input("/RevOps/Analytics/rep_stage_pace"),
    activity=Input("/RevOps/Analytics/rep_activity_metrics"),
    actions=Input("/RevOps/Analytics/next_best_actions"),
    deals=Input("/RevOps/Enriched/deal_health_scores"),
    reporting_currency=Input("/RevOps/Reference/reporting_currency"),
    output=Output("/RevOps/Analytics/rep_coaching_insights", checks=REP_COACHING_INSIGHTS.checks()),
    **MODEL_INPUT,
)
def compute(
    performance, results, drivers, stage_pace, activity, actions, deals, reporting_currency, output, model=None
):
    """Write one row per rep from the rep's facts, by template, or by a language model if one is set."""
    known = facts(
        performance.dataframe(),
        results.dataframe(),
        drivers.dataframe(),
        stage_pace.dataframe(),
        activity.dataframe(),
        actions.dataframe(),
        deals.dataframe(),
        reporting_currency.dataframe(),
    )
    insights = write_insights(known)
    if can_be_asked(model):
        insights = with_answers(insights, known, model)
    output.write_dataframe(REP_COACHING_INSIGHTS.conform(computed(insights)))
