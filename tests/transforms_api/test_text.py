import pytest

from transforms_api.text import visible


def test_a_terminal_s_commands_are_shown_as_escapes():
    assert visible("\x1b[2Jgone\x07\x9b1m") == "\\x1b[2Jgone\\x07\\x9b1m"


@pytest.mark.parametrize(
    "character", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c"]
)
def test_a_character_that_turns_the_direction_of_writing_is_shown_as_an_escape(character):
    assert visible(f"a{character}b") == f"a\\u{ord(character):04x}b"


@pytest.mark.parametrize(
    "character", ["\u200b", "\u200d", "\u00ad", "\ufeff", "\u2028", "\u3164", "\U000e0041", "\ud800"]
)
def test_a_character_without_a_glyph_is_shown_as_an_escape(character):
    assert visible(f"a{character}b").isascii()
    assert visible(f"a{character}b") != "ab"


def test_line_breaks_tabs_spaces_and_letters_of_all_scripts_stay():
    assert visible("Müller\t東京\nשלום\u00a0été 🔥") == "Müller\t東京\nשלום\u00a0été 🔥"


def test_a_text_on_one_line_shows_its_line_breaks_as_escapes():
    assert visible("first\nsecond\tthird", on_one_line=True) == "first\\nsecond\\tthird"
