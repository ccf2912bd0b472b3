"""A Snowflake for tests: fakesnow runs the statements, and this file speaks the protocol of the Node.js driver around it.

fakesnow's own server answers in Arrow, which that driver does not read, and knows neither several statements in a request, nor canceling, nor passwords.
Tables are locked as Snowflake locks them: one statement that changes rows at a time, and a MERGE happens as a whole or not at all.
"""

import base64
import hashlib
import json
import re
import socket
import sys
import threading
import uuid
import zlib
from datetime import date, datetime, time, timezone
from string import Template

import duckdb
import fakesnow.cursor
import fakesnow.info_schema
import fakesnow.macros
import jwt
import snowflake.connector.errors
import sqlglot
import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from fakesnow.instance import FakeSnow
from fakesnow.rowtype import describe_as_rowtype
from fakesnow.statement_type import statement_type_id
from sqlglot import exp
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

USER, PASSWORD = sys.argv[1:3]
# The names would have to be quoted within the text.
fakesnow.cursor.SQL_CREATED_TABLE = Template("SELECT 'Table successfully created.' as 'status'")
LENGTHS = fakesnow.info_schema.insert_text_lengths_sql
fakesnow.info_schema.insert_text_lengths_sql = lambda catalog, schema, table, lengths: LENGTHS(
    catalog, schema.replace("'", "''"), table.replace("'", "''"), lengths
)
# Of lists only, without what takes time that grows with the square of their length.
fakesnow.macros.FS_FLATTEN = Template(
    """CREATE OR REPLACE MACRO ${catalog}._fs_flatten(input) AS TABLE SELECT NULL AS SEQ, NULL AS KEY, NULL AS PATH,
    NULL AS INDEX, UNNEST(CAST(TO_JSON(input) AS JSON[])) AS VALUE, NULL AS THIS"""
)

store = FakeSnow()
sessions: dict[str, "Session"] = {}
results: dict[str, dict] = {}
public_keys: list[str] = []
seen = {"telemetry": 0, "logins": 0}
changing = threading.Lock()

PARAMETERS = [
    {"name": "BINARY_OUTPUT_FORMAT", "value": "HEX"},
    {"name": "TIME_OUTPUT_FORMAT", "value": "HH24:MI:SS"},
    {"name": "DATE_OUTPUT_FORMAT", "value": "YYYY-MM-DD"},
    {"name": "TIMESTAMP_OUTPUT_FORMAT", "value": "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM"},
]


class Refused(Exception):
    def __init__(self, code: str, message: str, state: str = "42000") -> None:
        super().__init__(message)
        self.code, self.message, self.state = code, message, state


class Session:
    def __init__(self, database: str | None, schema: str | None) -> None:
        self.connection = store.connect(database, schema)
        self.duck = self.connection._duck_conn
        # Snowflake's own default, so that whoever forgets to ask for UTC is found out.
        self.duck.execute("SET TimeZone = 'America/Los_Angeles'")
        self.parameters = {"TIMEZONE": "America/Los_Angeles"}
        self.lock = threading.Lock()
        self.running: str | None = None
        self.canceled: set[str] = set()

    def cancel(self, request: str) -> None:
        self.canceled.add(request)
        if self.running == request:
            self.duck.interrupt()

    def close(self) -> None:
        if self.running is not None:
            self.duck.interrupt()
        with self.lock:
            self.duck.close()

    def run(self, request: str, sql: str, values: list) -> list[dict]:
        with self.lock:
            self.running = request
            try:
                return [self.one(request, statement, values) for statement in sql_statements(sql)]
            except duckdb.InterruptException:
                raise Refused("000604", "SQL execution canceled", "57014") from None
            except snowflake.connector.errors.Error as error:
                raise Refused(f"{error.errno:06d}", error.msg, error.sqlstate) from None
            except duckdb.CatalogException as error:
                raise Refused("002003", f"SQL compilation error: {error}", "42S02") from None
            except (duckdb.Error, sqlglot.errors.SqlglotError, AssertionError, RuntimeError) as error:
                raise Refused("000603", f"{type(error).__name__}: {error}") from None
            finally:
                self.running = None

    def one(self, request: str, sql: str, values: list) -> dict:
        if request in self.canceled:
            raise Refused("000604", "SQL execution canceled", "57014")
        if found := re.match(r"\s*ALTER\s+SESSION\s+SET\s(.*)", sql, re.I | re.S):
            return self.alter(found[1])
        tree = sqlglot.parse_one(sql, read="snowflake")
        if isinstance(tree, exp.Create) and tree.args.get("kind") == "SCHEMA":
            return self.create_schema(tree)
        if isinstance(tree, exp.Describe) and isinstance(tree.this, exp.Table):
            return self.describe(tree.this)
        if isinstance(tree, exp.Merge):
            with changing:
                return self.merge(tree, values)
        if isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Create)):
            with changing:
                return self.execute(sql, values)
        return self.execute(sql, values)

    def alter(self, settings: str) -> dict:
        for name, value in re.findall(r"(\w+)\s*=\s*'?([^',\s]*)'?", settings):
            self.parameters[name.upper()] = value
        self.duck.execute(f"SET TimeZone = '{self.parameters['TIMEZONE']}'")
        return status("Statement executed successfully.", 0x4100)

    def create_schema(self, tree: exp.Create) -> dict:
        names = [part.name if part.quoted else part.name.upper() for part in tree.this.parts]
        path = names if len(names) == 2 else [self.connection.database, *names]
        quoted = ".".join('"' + name.replace('"', '""') + '"' for name in path)
        self.duck.execute(f"CREATE SCHEMA {'IF NOT EXISTS ' if tree.args.get('exists') else ''}{quoted}")
        return status("Schema successfully created.", 0x6000)

    def describe(self, table: exp.Table) -> dict:
        """Names are compared as they are spelled, which DuckDB itself does not."""
        names = [part.name if part.quoted else part.name.upper() for part in table.parts]
        path = [self.connection.database, self.connection.schema, None][: 3 - len(names)] + names
        self.duck.execute(
            """SELECT column_name, data_type FROM duckdb_columns()
            WHERE upper(database_name) = upper(?) AND schema_name = ? AND table_name = ? ORDER BY column_index""",
            path,
        )
        rows = [[name, SNOWFLAKE_TYPES.get(kind, kind)] for name, kind in self.duck.fetchall()]
        if not rows:
            name = ".".join(path)
            raise Refused("002003", f"SQL compilation error:\nTable '{name}' does not exist or not authorized.", "42S02")
        columns = [{"name": name, "type": "text", "nullable": True} for name in ("name", "type")]
        return answer(columns, rows, 0x4500)

    def merge(self, tree: exp.Merge, values: list) -> dict:
        # fakesnow makes several statements of a MERGE; DuckDB has one of its own, which happens as a whole.
        source = tree.args["using"]
        if isinstance(source, exp.Subquery):
            self.execute(f"CREATE OR REPLACE TEMPORARY TABLE _MERGE_SOURCE AS {source.this.sql('snowflake')}", values)
            tree.set("using", exp.to_table("_MERGE_SOURCE", alias=source.alias))
        cursor = self.connection.cursor()
        for when in tree.args["whens"].expressions:
            if isinstance(update := when.args["then"], exp.Update):
                for assignment in update.expressions:
                    assignment.set("this", exp.column(assignment.this.this))
        self.duck.execute(cursor._transform(tree, None).sql("duckdb"))
        (count,) = self.duck.fetchall()[0]
        column = {"name": "number of rows inserted", "type": "fixed", "nullable": True, "scale": 0, "precision": 19}
        return answer([column], [[str(count)]], 0x3400)

    def execute(self, sql: str, values: list) -> dict:
        cursor = self.connection.cursor()
        cursor.execute(sql, binding_params=tuple(values), server=True)
        type_id = statement_type_id(sqlglot.parse_one(sql, read="snowflake"))
        rowtype = describe_as_rowtype(cursor._describe_last_sql())
        table = cursor._arrow_table
        rows = [] if table is None else list(zip(*[column.to_pylist() for column in table.columns], strict=True))
        if table is not None and not table.columns:
            rows = []
        rowset = [[text(value, column["type"]) for value, column in zip(row, rowtype, strict=True)] for row in rows]
        return answer(rowtype, rowset, type_id)


SNOWFLAKE_TYPES = {
    "VARCHAR": "VARCHAR(16777216)",
    "DOUBLE": "FLOAT",
    "TIMESTAMP": "TIMESTAMP_NTZ(9)",
    "TIMESTAMP_MS": "TIMESTAMP_NTZ(3)",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_TZ(9)",
}


def sql_statements(sql: str) -> list[str]:
    trees = sqlglot.parse(sql, read="snowflake")
    real = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    return [sql] if len(real) == 1 else [tree.sql("snowflake", comments=False) for tree in real]


EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def text(value, kind: str) -> str | None:
    if value is None:
        return None
    if kind == "boolean":
        return "1" if value else "0"
    if kind == "real":
        # Snowflake shortens doubles in results of this format.
        return f"{value:.13g}"
    if kind == "date":
        return str((value - date(1970, 1, 1)).days)
    if kind == "time":
        return f"{value.hour * 3600 + value.minute * 60 + value.second}.{value.microsecond:06d}000"
    if kind.startswith("timestamp"):
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        micros = (moment - EPOCH) // (datetime.resolution)
        seconds = f"{'-' if micros < 0 else ''}{abs(micros) // 1_000_000}.{abs(micros) % 1_000_000:06d}000"
        return f"{seconds} 1440" if kind == "timestamp_tz" else seconds
    if kind == "binary":
        return value.hex().upper()
    return str(value)


def answer(rowtype: list, rowset: list, type_id: int) -> dict:
    data = {
        "queryId": str(uuid.uuid4()),
        "parameters": PARAMETERS,
        "rowtype": rowtype,
        "rowset": rowset,
        "total": len(rowset),
        "returned": len(rowset),
        "statementTypeId": type_id,
        "version": 1,
        "queryResultFormat": "json",
    }
    results[data["queryId"]] = data
    return data


def status(message: str, type_id: int) -> dict:
    column = {"name": "status", "type": "text", "nullable": True, "scale": None, "precision": None, "length": 99}
    return answer([column], [[message]], type_id)


def failure(refused: Refused) -> JSONResponse:
    data = {"errorCode": refused.code, "sqlState": refused.state}
    return JSONResponse({"data": data, "code": refused.code, "message": refused.message, "success": False})


async def body_of(request) -> dict:
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = zlib.decompress(body, zlib.MAX_WBITS | 16)
    return json.loads(body) if body else {}


def fingerprint(pem: str) -> str:
    der = load_pem_public_key(pem.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def check_login(data: dict) -> None:
    if data.get("AUTHENTICATOR") == "SNOWFLAKE_JWT":
        for pem in public_keys:
            try:
                # The driver writes its times in milliseconds.
                ignored = {"verify_iat": False, "verify_exp": False}
                claims = jwt.decode(data["TOKEN"], pem, algorithms=["RS256"], options=ignored)
            except jwt.InvalidTokenError:
                continue
            if claims["iss"].endswith(f".{USER.upper()}.{fingerprint(pem)}"):
                return
        raise Refused("390144", "JWT token is invalid.")
    if data.get("AUTHENTICATOR") == "PROGRAMMATIC_ACCESS_TOKEN":
        if data.get("TOKEN") != PASSWORD:
            raise Refused("394400", "Programmatic access token is invalid.")
        return
    if data.get("LOGIN_NAME", "").upper() != USER.upper() or data.get("PASSWORD") != PASSWORD:
        raise Refused("390100", "Incorrect username or password was specified.")


async def login(request) -> JSONResponse:
    data = (await body_of(request))["data"]
    try:
        check_login(data)
    except Refused as refused:
        return failure(refused)
    query = request.query_params
    seen["logins"] += 1
    seen["login"] = {"query": dict(query), "account": data.get("ACCOUNT_NAME"), "environment": data.get("CLIENT_ENVIRONMENT")}
    token = uuid.uuid4().hex
    sessions[token] = await run_in_threadpool(Session, query.get("databaseName"), query.get("schemaName"))
    lifetime = {"validityInSeconds": 3600, "masterValidityInSeconds": 14400}
    return JSONResponse(
        {
            "success": True,
            "data": {"token": token, "masterToken": token, "sessionId": len(sessions), "parameters": PARAMETERS, **lifetime},
        }
    )


def session_of(request) -> Session:
    found = re.search(r'Token="(.*)"', request.headers.get("Authorization", ""))
    session = sessions.get(found[1]) if found else None
    if session is None:
        raise Refused("390111", "Session no longer exists.  New login required to access the service.")
    return session


def bound(bindings: dict | None) -> list:
    if not bindings:
        return []
    return [bindings[str(n + 1)]["value"] for n in range(len(bindings))]


async def query(request) -> JSONResponse:
    body = await body_of(request)
    try:
        session = session_of(request)
        sql = body["sqlText"]
        count = int(body.get("parameters", {}).get("MULTI_STATEMENT_COUNT", 1))
        if count == 1 and len(sql_statements(sql)) > 1:
            raise Refused("000008", "Actual statement count did not match the desired statement count 1.")
        seen["statement_parameters"] = body.get("parameters", {})
        values = bound(body.get("bindings"))
        all_results = await run_in_threadpool(session.run, request.query_params["requestId"], sql, values)
    except Refused as refused:
        return failure(refused)
    except sqlglot.errors.SqlglotError as error:
        return failure(Refused("001003", f"SQL compilation error: {error}"))
    if len(all_results) == 0:
        return failure(Refused("000900", "SQL compilation error: Empty SQL Statement."))
    if len(all_results) == 1:
        return JSONResponse({"success": True, "data": all_results[0]})
    parent = status("Multiple statements executed successfully.", 0xA000)
    parent = {**parent, "resultIds": ",".join(each["queryId"] for each in all_results)}
    return JSONResponse({"success": True, "data": parent})


async def result(request) -> JSONResponse:
    try:
        session_of(request)
    except Refused as refused:
        return failure(refused)
    return JSONResponse({"success": True, "data": results[request.path_params["id"]]})


async def abort(request) -> JSONResponse:
    try:
        session_of(request).cancel((await body_of(request)).get("requestId", ""))
    except Refused as refused:
        return failure(refused)
    return JSONResponse({"success": True, "data": None})


async def end_session(request) -> JSONResponse:
    try:
        session = session_of(request)
    except Refused as refused:
        return failure(refused)
    if request.query_params.get("delete"):
        for token in [token for token, each in sessions.items() if each is session]:
            del sessions[token]
        await run_in_threadpool(session.close)
    return JSONResponse({"success": True, "data": None})


async def telemetry(_request) -> JSONResponse:
    seen["telemetry"] += 1
    return JSONResponse({"success": True, "data": None})


async def state(_request) -> JSONResponse:
    running = sum(session.running is not None for session in sessions.values())
    return JSONResponse({**seen, "sessions": len(sessions), "running": running})


async def add_key(request) -> JSONResponse:
    public_keys.append((await request.body()).decode())
    return JSONResponse({})


async def expire(_request) -> JSONResponse:
    for session in sessions.values():
        await run_in_threadpool(session.close)
    sessions.clear()
    return JSONResponse({})


app = Starlette(
    routes=[
        Route("/session/v1/login-request", login, methods=["POST"]),
        Route("/session", end_session, methods=["POST"]),
        Route("/session/heartbeat", end_session, methods=["POST"]),
        Route("/queries/v1/query-request", query, methods=["POST"]),
        Route("/queries/v1/abort-request", abort, methods=["POST"]),
        Route("/queries/{id}/abort-request", abort, methods=["POST"]),
        Route("/queries/{id}/result", result, methods=["GET"]),
        Route("/telemetry/send", telemetry, methods=["POST"]),
        Route("/test/state", state, methods=["GET"]),
        Route("/test/public-key", add_key, methods=["POST"]),
        Route("/test/expire", expire, methods=["POST"]),
    ]
)


def end_with_parent() -> None:
    # The pipe closes when whoever started this has ended, however it ended.
    sys.stdin.buffer.read()
    sys.stderr.flush()
    import os

    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
