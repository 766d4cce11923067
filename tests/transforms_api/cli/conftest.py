import pytest

from transforms_api.cli import app


@pytest.fixture
def command(capsys):
    """command(argument, …) → (exit code, what it printed on stdout, on stderr)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            app.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return run


@pytest.fixture
def on_warehouse(command, warehouse):
    """on_warehouse(argument, …) → (exit code, stdout, stderr) of the command on the test's own warehouse."""
    return lambda *arguments: command(*arguments, "--warehouse", warehouse.root)
