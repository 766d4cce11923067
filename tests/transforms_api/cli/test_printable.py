from transforms_api.cli.printable import printable, visible


def test_a_terminal_s_commands_are_shown_and_not_obeyed():
    assert visible("\x1b[2Jgone\x07\x9b1m") == "\\x1b[2Jgone\\x07\\x9b1m"


def test_line_breaks_tabs_and_all_letters_stay():
    assert visible("Müller\t東京\n") == "Müller\t東京\n"


def test_markup_is_shown_and_not_obeyed():
    assert printable("[red]deal[/]") == "\\[red]deal\\[/]"
