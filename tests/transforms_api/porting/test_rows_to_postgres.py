"""Rows written to a table of a Postgres server, which the tests start."""

import os
import shutil
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from transforms_api.errors import ExportError
from transforms_api.porting.row_writers import IfExists, writer_for

DEALS = pa.table(
    {
        "deal": ["A", None],
        "amount": pa.array([Decimal("1200.55"), None], pa.decimal128(38, 2)),
        "tags": [["new"], None],
    }
)


@pytest.fixture(scope="module")
def server():
    """URL of a server that listens on a socket of its own; Postgres refuses to run as root."""
    pytest.importorskip("adbc_driver_postgresql", reason="pip install 'transforms-anywhere[postgres]'")
    programs = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"))), None)
    initdb = shutil.which("initdb") or (programs and str(programs / "initdb"))
    if initdb is None:
        pytest.skip("Postgres is not installed: apt-get install postgresql")
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        os.chmod(folder, 0o777)  # the server runs as another user, who makes its folder in it
        data, control = f"{folder}/data", str(Path(initdb).with_name("pg_ctl"))
        options = f"-k {folder} -c listen_addresses="
        quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, **user}
        subprocess.run([initdb, "-D", data, "-U", "me", "-A", "trust"], check=True, **quiet)
        subprocess.run([control, "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start"], check=True, **quiet)
        yield f"postgresql://me@/postgres?host={folder}"
        subprocess.run([control, "-D", data, "-m", "immediate", "stop"], check=True, **quiet)


def rows_in(server, table):
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT deal, amount::text, tags FROM {table} ORDER BY deal")
        return cursor.fetchall()


def test_a_table_of_postgres_has_the_rows_with_their_numbers_exact_and_lists_as_json(server):
    assert writer_for(server, "sales.deals").write(DEALS.to_reader(), IfExists.FAIL) == 2
    assert rows_in(server, "sales.deals") == [("A", "1200.55", '["new"]'), (None, None, None)]


def test_a_table_of_postgres_that_exists_is_kept_added_to_or_replaced(server):
    def write(if_exists):
        return writer_for(server, "kept").write(DEALS.to_reader(), if_exists)

    write(IfExists.FAIL)
    with pytest.raises(ExportError, match="already exists"):
        write(IfExists.FAIL)
    write(IfExists.APPEND)
    assert len(rows_in(server, "kept")) == 4
    write(IfExists.REPLACE)
    assert len(rows_in(server, "kept")) == 2


def test_a_server_that_does_not_answer_is_named_without_the_password():
    with pytest.raises(ExportError, match=r"cannot be written to 127\.0\.0\.1") as caught:
        writer_for("postgresql://me:secret@127.0.0.1:1/db", "deals").write(DEALS.to_reader(), IfExists.FAIL)
    assert "secret" not in str(caught.value)
