"""How states look, the same in every notation: a colour, and a mark for those who do not see it."""

from transforms_api.build.states import State

BACKGROUND, CARD, BORDER = "#0a0a0a", "#1a1a1a", "#2e2e2e"
TEXT, FAINT_TEXT, LINE = "#ffffff", "#a3a3a3", "#737373"

COLOURS = {
    State.FRESH: "#22c55e",
    State.STALE: "#eab308",
    State.FAILED: "#ef4444",
    State.MISSING: "#a3a3a3",
    State.IMPORTED: "#3b82f6",
}

MARKS = {
    State.FRESH: "✓",
    State.STALE: "~",
    State.FAILED: "✗",
    State.MISSING: "○",
    State.IMPORTED: "↓",
}
