import pytest

from transforms_api.cli import app


@pytest.fixture
def on_warehouse(capsys, warehouse):
    """on_warehouse(argument, …) → (exit code, stdout, stderr) of the command on the test's own warehouse."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            app.main([*arguments, "--warehouse", str(warehouse.root)])
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return run
