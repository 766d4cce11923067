"""`dashboard`: the dashboards and the build's state in a browser."""

from __future__ import annotations

import socket
import threading
import webbrowser
from contextlib import closing
from typing import Annotated

import typer

from transforms_api.cli.arguments import BranchOption, RepoOption, WarehouseOption
from transforms_api.cli.console import say
from transforms_api.cli.extras import needs_extra
from transforms_api.cli.settings import read_settings
from transforms_api.errors import EnvironmentProblem

LOCAL = "127.0.0.1"


def dashboard(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; the default is reached from here alone.")
    ] = LOCAL,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: any that is free.")
    ] = 8050,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="Whether to open it in a browser.")] = True,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
) -> None:
    """Show the dashboards and the build's state in a browser, until Ctrl-C. Starts no Spark.

    Pages follow a rebuild by themselves. Examples: `dashboard`, `dashboard --branch feature --port 9000 --no-open`
    """
    with needs_extra("dashboard"):
        import uvicorn

        from revops_dashboards.following import Following
        from revops_dashboards.server import application, warm_up
        from revops_dashboards.tables import Tables
        from transforms_api.cli.project_state import look_at
    settings = read_settings(repo)
    place = settings.warehouse_at(warehouse, branch)
    listener = _listener(host, port)
    address, port = listener.getsockname()[:2]
    tables, following = Tables(place), Following(*look_at(repo, place))
    hosts = [LOCAL, "localhost"] if host == LOCAL else ["*"]
    app = application(tables, following, hosts, is_ours=settings.repository is None)
    url = f"http://{LOCAL if address == '0.0.0.0' else address}:{port}/"
    with closing(listener):
        warm_up(tables)
        say(f"Dashboards of {place.root} on branch '{place.branch}': {url}  (Ctrl-C ends them)")
        if opens:
            threading.Timer(0.2, webbrowser.open, [url]).start()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        server.run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise EnvironmentProblem(
            f"Nobody can listen on {host}, port {port}: {error}. Choose another --port."
        ) from error
