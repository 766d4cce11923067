"""The enumerations of the contracts and of the demo scenario, each named once."""

ALL = "All"
"""The row of a filter that leaves nothing out (DashboardFilters)."""
UNKNOWN = "Unknown"
"""Text for a value that the source does not record."""

SEGMENTS = ("Enterprise", "Mid-Market", "SMB")
OPEN_STAGES = ("Prospecting", "Discovery", "Solution Design", "Proposal", "Negotiation", "Verbal Commit")
CLOSED_WON, CLOSED_LOST = "Closed Won", "Closed Lost"
STAGES = (*OPEN_STAGES, CLOSED_WON, CLOSED_LOST)
FORECAST_CATEGORIES = ("Pipeline", "Best Case", "Commit", "Closed", "Omitted")
PROCESS_ACTIVITIES = (
    "Lead Created",
    "Qualified",
    "Discovery",
    "Solution Design",
    "Proposal",
    "Negotiation",
    "Legal Review",
    "Security Review",
    "Procurement",
    CLOSED_WON,
    CLOSED_LOST,
)
DEAL_TYPES = ("New Business", "Expansion", "Renewal")
CHAMPION_STATUSES = ("Strong", "Engaged", "Silent", "None", UNKNOWN)
LOSS_REASONS = ("Price", "Features", "No Decision", "Timing", "Competitor", "Not Lost", UNKNOWN)
CONTACT_ROLES = (
    "Champion", "Economic Buyer", "Technical Evaluator", "Executive Sponsor", "Legal", "End User", UNKNOWN,
)  # fmt: skip
ACTIVITY_TYPES = ("call", "email", "meeting", "demo")

HEALTH_BANDS = ("healthy", "monitor", "at_risk", "critical")
RISK_FLAGS = (
    "STUCK", "NEVER_CONTACTED", "GOING_DARK", "NO_EB", "NO_CHAMPION", "CHAMPION_SILENT", "SINGLE_THREADED",
    "COMPETITOR", "OVERDUE", "AGED", "PUSHED", "REGRESSED",
)  # fmt: skip
CONTACTED, NEVER_CONTACTED, NOT_RECORDED = "Contacted", "Never contacted", "Not recorded"
CONTACT_STATUSES = (CONTACTED, NEVER_CONTACTED, NOT_RECORDED)
"""Whether a deal has an activity; 'Not recorded' if the source records no activity of any deal."""
RISK_LEVELS = ("Low", "Medium", "High", "Critical")
TREND_DIRECTIONS = ("improving", "stable", "worsening")
STATUS_INDICATORS = ("green", "yellow", "red")
URGENCIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
SLIP_RISKS = ("HIGH", "MEDIUM", "LOW")
PRIMARY_ACTIONS = ("call", "email", "meeting", "escalate")
PERFORMANCE_TIERS = ("Top Performer", "On Track", "Needs Improvement", "At Risk")
FORMAT_TYPES = ("decimal", "percent", "days")
GOOD_DIRECTIONS = ("higher", "lower")
PERIODS = ("30d", "7d", "today")
ACTION_TYPES = ("call", "email", "meeting", "task")
ACTION_URGENCIES = ("today", "this_week", "soon")
