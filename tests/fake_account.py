"""A Foundry account on this machine: the part of the public REST API that `pull` reads, with its errors.

Written from Foundry's public description of its API: paths, parameters, fields of answers, and names of errors.
"""

import io
import json
import socket
import threading
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

TOKEN = "eyJ-secret-token"
TIME = "2026-11-30T08:00:00Z"
NAMES = {
    pa.binary(): "BINARY",
    pa.bool_(): "BOOLEAN",
    pa.int8(): "BYTE",
    pa.date32(): "DATE",
    pa.float64(): "DOUBLE",
    pa.float32(): "FLOAT",
    pa.int32(): "INTEGER",
    pa.int64(): "LONG",
    pa.int16(): "SHORT",
    pa.string(): "STRING",
    pa.timestamp("us", "UTC"): "TIMESTAMP",
}


def rid(kind):
    return f"ri.foundry.main.{kind}.{uuid.uuid4()}"


def field(name, kind):
    """Return a column of a schema as the API describes it."""
    schema = {"name": name, "nullable": True, "type": NAMES.get(kind)}
    if pa.types.is_decimal(kind):
        schema |= {"type": "DECIMAL", "precision": kind.precision, "scale": kind.scale}
    elif pa.types.is_struct(kind):
        schema |= {"type": "STRUCT", "subSchemas": [field(part.name, part.type) for part in kind]}
    elif pa.types.is_map(kind):
        parts = {"mapKeyType": field(None, kind.key_type), "mapValueType": field(None, kind.item_type)}
        schema |= {"type": "MAP", **parts}
    elif pa.types.is_list(kind):
        schema |= {"type": "ARRAY", "arraySubtype": field(None, kind.value_type)}
    return schema


def schema_of(columns, **metadata):
    """Return a schema as the API describes it; `metadata` are the options of its parser."""
    schema = {"fieldSchemaList": [field(column.name, column.type) for column in columns]}
    return {**schema, "customMetadata": metadata} if metadata else schema


def parquet(table, **options):
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


class Refused(Exception):
    """An answer with an error status."""

    def __init__(self, status, name, headers=None, body=None):
        self.status, self.name, self.headers, self.body = status, name, headers or {}, body


class FakeAccount:
    """The account: its datasets, the requests that came, and the errors that it answers with.

    Attributes:
        requests: path and query of each request, in this order.
        token: the one that it accepts.
        host: its address, while it is served.
        stalled: a request has come that `stall` holds back.
        goes_on: set it to let such requests go on.
        page: how many files and transactions a page has.
    """

    parquet, schema_of = staticmethod(parquet), staticmethod(schema_of)
    """For tests, which have no import of this file."""

    def __init__(self):
        self.datasets, self.paths, self.requests, self.faults, self.page = {}, {}, [], [], 1000
        self.token, self.host = TOKEN, ""
        self.stalled, self.goes_on = threading.Event(), threading.Event()
        self._lock = threading.Lock()

    def add(self, path, content, branch="master", kind="SNAPSHOT", status="COMMITTED", schema=None, table=None):
        """Add a transaction to a dataset, and the dataset if it is new; return the transaction's RID.

        Args:
            content: an Arrow table, which becomes a Parquet file, or name of a file → its bytes.
            schema: JSON; None: that of the table, or none.
            table: what readTable returns; None: the rows of the Parquet files.
        """
        dataset = self.paths.setdefault(path, rid("dataset"))
        own = self.datasets.setdefault(
            dataset, {"branches": {}, "schema": None, "table": None, "type": "FOUNDRY_DATASET"}
        )
        transaction = rid("transaction")
        if isinstance(content, pa.Table):
            schema = schema or schema_of(content.schema)
            content = {f"spark/part-{uuid.uuid4().hex}.snappy.parquet": parquet(content)}
        own["branches"].setdefault(branch, []).append(
            {"rid": transaction, "kind": kind, "status": status, "files": dict(content)}
        )
        own["schema"], own["table"] = schema or own["schema"], table or own["table"]
        return transaction

    def add_view(self, path, paths, resolution=None, schema=None):
        """Add a view of datasets, with a primary key if there is a `resolution`, and with a transaction if a schema."""
        dataset = self.paths.setdefault(path, rid("dataset"))
        backing = [{"datasetRid": self.paths[path], "stopPropagatingMarkingIds": []} for path in paths]
        view = {"viewName": path, "datasetRid": dataset, "parentFolderRid": rid("folder"), "backingDatasets": backing}
        if resolution:
            view["primaryKey"] = {"columns": ["id"], "resolution": resolution}
        own = {"rid": rid("transaction"), "kind": "SNAPSHOT", "status": "COMMITTED", "files": {}}
        branches = {"master": [own] if schema else []}
        self.datasets[dataset] = {
            "branches": branches,
            "schema": schema,
            "table": None,
            "view": view,
            "type": "GPS_VIEW",
        }

    def fail(self, part, status=500, name="Default:Internal", times=1, headers=None, body=None, cut=None):
        """Answer the next requests whose path contains `part` by an error, or cut the answer after `cut` bytes."""
        self.faults.append({"part": part, "times": times, "cut": cut, "error": Refused(status, name, headers, body)})

    def stall(self, part):
        """Hold back the requests whose path contains `part` after half of their answer."""
        self.faults.append({"part": part, "times": 99, "cut": None, "stalls": True})

    def requests_with(self, part):
        """Return the requests whose path contains `part`."""
        return [request for request in self.requests if part in request]

    # Answers

    def fault(self, path):
        with self._lock:
            for fault in self.faults:
                if fault["part"] in path and fault["times"] > 0:
                    fault["times"] -= 1
                    return fault
        return None

    def answer(self, path, query):
        """Return the answer to a request: JSON, or bytes."""
        parts = [unquote(part) for part in path.removeprefix("/api/v2/").split("/")]
        if parts[:2] == ["filesystem", "resources"]:
            return self.resource(query["path"])
        if parts[:2] == ["datasets", "views"]:
            view = self.datasets.get(parts[2], {}).get("view")
            return view or self.refuse(404, "ViewNotFound")
        if parts[0] != "datasets" or parts[1] not in self.datasets:
            raise Refused(404, "DatasetNotFound")
        return self.of_dataset(parts[1], self.datasets[parts[1]], parts[2:], query)

    def refuse(self, status, name):
        raise Refused(status, name)

    def resource(self, path):
        dataset = self.paths.get(path) or self.refuse(404, "PathNotFound")
        folders = {name: rid("folder") for name in ("parentFolderRid", "projectRid", "spaceRid")}
        people = {"createdBy": "me", "updatedBy": "me", "createdTime": TIME, "updatedTime": TIME}
        kind = self.datasets[dataset]["type"]
        named = {"rid": dataset, "displayName": path.rpartition("/")[2], "path": path, "type": kind}
        return {**named, **folders, **people, "trashStatus": "NOT_TRASHED"}

    def of_dataset(self, dataset, own, parts, query):
        match parts:
            case ["branches"]:
                return {"data": [self.branch(own, name) for name in own["branches"]]}
            case ["branches", name]:
                return self.branch(own, name)
            case ["branches", name, "transactions"]:
                history = [self.transaction(transaction) for transaction in reversed(own["branches"][name])]
                return self.paged(history, query)
            case ["transactions", wanted]:
                return self.transaction(self.transactions_until(own, wanted)[-1])
            case ["getSchema"]:
                if own["schema"] is None:
                    raise Refused(404, "SchemaNotFound")
                end = query.get("endTransactionRid") or rid("transaction")
                version = {"branchName": query["branchName"], "endTransactionRid": end, "versionId": "1"}
                return {**version, "schema": own["schema"]}
            case ["files"]:
                files = self.files(own, query["endTransactionRid"])
                listed = [
                    {"path": name, "transactionRid": made, "sizeBytes": str(len(content)), "updatedTime": TIME}
                    for name, (made, content) in files.items()
                ]
                return self.paged(listed, query)
            case ["files", name, "content"]:
                files = self.files(own, query["endTransactionRid"])
                return files[name][1] if name in files else self.refuse(404, "FileNotFound")
            case ["readTable"]:
                return self.table(own, query)
        raise Refused(404, "Default:NotFound")

    def branch(self, own, name):
        if name not in own["branches"]:
            raise Refused(404, "BranchNotFound")
        known = [transaction["rid"] for transaction in own["branches"][name] if transaction["status"] != "ABORTED"]
        return {"name": name, **({"transactionRid": known[-1]} if known else {})}

    def transaction(self, transaction):
        return {
            "rid": transaction["rid"],
            "transactionType": transaction["kind"],
            "status": transaction["status"],
            "createdTime": TIME,
        }

    def transactions_until(self, own, wanted):
        """Return the transactions of a branch up to one of them."""
        for history in own["branches"].values():
            for position, transaction in enumerate(history):
                if transaction["rid"] == wanted:
                    return history[: position + 1]
        raise Refused(404, "TransactionNotFound")

    def files(self, own, end):
        files = {}
        for transaction in self.transactions_until(own, end):
            if transaction["status"] == "COMMITTED":
                files = {} if transaction["kind"] == "SNAPSHOT" else files
                files |= {name: (transaction["rid"], content) for name, content in transaction["files"].items()}
        return files

    def paged(self, entries, query):
        begin = int(query.get("pageToken", 0))
        end = begin + self.page
        return {"data": entries[begin:end], **({"nextPageToken": str(end)} if end < len(entries) else {})}

    def table(self, own, query):
        if own["schema"] is None:
            raise Refused(404, "SchemaNotFound")
        if "view" in own:
            raise Refused(400, "DatasetReadNotSupported")
        files = self.files(own, query["endTransactionRid"])
        rows = own["table"]
        if rows is None:
            contents = [content for name, (_, content) in files.items() if name.endswith(".parquet")]
            if len(contents) != len(files):
                raise Refused(400, "DatasetReadNotSupported")
            rows = pa.concat_tables([pq.read_table(io.BytesIO(content)) for content in contents])
        if "columns" in query:
            rows = rows.select(query["columns"] if isinstance(query["columns"], list) else [query["columns"]])
        rows = rows.slice(0, int(query.get("rowLimit", rows.num_rows)))
        stream = io.BytesIO()
        with pa.ipc.new_stream(stream, rows.schema) as writer:
            writer.write_table(rows)
        return stream.getvalue()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Print nothing: clients that end a connection are a part of the tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", 1 << 16, True

    def do_GET(self):
        parts, account = urlsplit(self.path), self.server.account
        query = {name: values if len(values) > 1 else values[0] for name, values in parse_qs(parts.query).items()}
        account.requests.append(unquote(self.path))
        fault, status, headers = account.fault(unquote(self.path)), 200, {}
        try:
            if self.headers["Authorization"] != f"Bearer {account.token}":
                raise Refused(401, "Unauthorized")
            if fault and "error" in fault and fault["cut"] is None:
                raise fault["error"]
            answer = account.answer(parts.path, query)
        except Refused as error:
            status, headers = error.status, error.headers
            described = {
                "errorCode": "X",
                "errorName": error.name,
                "errorInstanceId": str(uuid.uuid4()),
                "parameters": {},
            }
            answer = described if error.body is None else error.body
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if fault and "stalls" in fault:
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            account.stalled.set()
            account.goes_on.wait(30)
            self.close_connection = True
        elif fault and fault["cut"] is not None:
            self.wfile.write(content[: fault["cut"]])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def serve(tls=None):
    """Serve an account without datasets and yield it; by TLS if `tls` is a server's context."""
    account = FakeAccount()
    with Server(("127.0.0.1", 0), Handler) as server:
        server.account = account
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            account.host = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
            yield account
        finally:
            account.goes_on.set()
            server.shutdown()
            thread.join()
