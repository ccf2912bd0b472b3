"""A BigQuery for tests: bqemulator on a free port of the loopback, which it writes to standard output. It ends when its standard input does."""

import json
import os
import socket
import sys
import threading

from bqemulator.cli import main
from bqemulator.storage.engine import DuckDBEngine

# Both would be downloaded, and no test has shapes or Avro files.
DuckDBEngine._load_spatial = lambda self: None
DuckDBEngine._load_format_extensions = lambda self: None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
port, grpc_port = free_port(), free_port()
print(json.dumps({"port": port}), flush=True)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
main(["start", "--rest-port", str(port), "--grpc-port", str(grpc_port), "--log-level", "error"])
