"""How states look, the same in every notation: a colour, and a mark for those who do not see it."""

from transforms_api.build.states import State
from transforms_api.pictures.colours import BLUE, FAINT_TEXT, GREEN, RED, YELLOW

COLOURS = {
    State.FRESH: GREEN,
    State.STALE: YELLOW,
    State.FAILED: RED,
    State.MISSING: FAINT_TEXT,
    State.IMPORTED: BLUE,
}

MARKS = {
    State.FRESH: "✓",
    State.STALE: "~",
    State.FAILED: "✗",
    State.MISSING: "○",
    State.IMPORTED: "↓",
}
