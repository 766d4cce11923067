"""The AI Coaching Insights widget: what every rep does well, could do better and is to do first."""

from transforms.api import Input, Output, transform

from ..common.provenance import computed
from ..contracts.reps import REP_COACHING_INSIGHTS
from .by_model import with_answers
from .facts import facts
from .language_model import MODEL_INPUT, can_be_asked
from .templates import write_insights


@transform(
    performance=Input("/RevOps/Analytics/rep_performance_view"),
    drivers=Input("/RevOps/Analytics/rep_driver_comparison"),
    activity=Input("/RevOps/Analytics/rep_activity_metrics"),
    actions=Input("/RevOps/Analytics/next_best_actions"),
    output=Output("/RevOps/Analytics/rep_coaching_insights", checks=REP_COACHING_INSIGHTS.checks()),
    **MODEL_INPUT,
)
def compute(performance, drivers, activity, actions, output, model=None):
    """Write one row per rep: gather the facts, have them written up by template, or by a model where there is one."""
    known = facts(performance.dataframe(), drivers.dataframe(), activity.dataframe(), actions.dataframe())
    insights = write_insights(known)
    if can_be_asked(model):
        insights = with_answers(insights, known, model)
    output.write_dataframe(REP_COACHING_INSIGHTS.conform(computed(insights)))
