"""The dark theme of pictures and dashboards; the style sheets of pages have the same."""

BACKGROUND, CARD, BORDER = "#0a0a0a", "#1a1a1a", "#2e2e2e"
TEXT, FAINT_TEXT = "#ffffff", "#a3a3a3"
GREEN, YELLOW, ORANGE, RED = "#22c55e", "#eab308", "#f97316", "#ef4444"
BLUE, VIOLET = "#3b82f6", "#8b5cf6"
