"""A way to the emulator on which everything goes wrong that can go wrong with Kinesis.

No emulator throttles, expires iterators or fails parts of a put on demand. This proxy does, at
random and with a seed: it answers in the emulator's place, or spoils its answer.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

JSON = "application/x-amz-json-1.1"
THROTTLED = "ProvisionedThroughputExceededException"


class QuietServer(ThreadingHTTPServer):
    """Programs are killed while they wait for an answer: that is expected."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class FaultProxy:
    """Passes requests on; a share `rate` of them meets a fault."""

    def __init__(self, target: str, rate: float, seed: int) -> None:
        parts = urlsplit(target)
        self.target = (parts.hostname, parts.port)
        self.rate = rate
        self.faults: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._server = QuietServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def draw(self, operation: str) -> str | None:
        """The fault that this request meets, if any."""
        kinds = ["throttle", "server_error", "server_error_late", "slow", "cut", "cut_late"]
        if operation == "GetRecords":
            kinds += ["expire", "expire"]
        if operation == "PutRecords":
            kinds += ["partial", "partial", "partial"]
        with self._lock:
            if self._random.random() >= self.rate:
                return None
            kind = self._random.choice(kinds)
            self.faults[kind] += 1
            return kind

    def shuffled(self, count: int) -> list[int]:
        """Some of the numbers below `count`, at least one."""
        with self._lock:
            chosen = [number for number in range(count) if self._random.random() < 0.5]
        return chosen or [0]

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        connection = http.client.HTTPConnection(*self.target, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()


def handler(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            fault = proxy.draw(operation)
            match fault:
                case "throttle":
                    return self.fail(400, THROTTLED)
                case "expire":
                    return self.fail(400, "ExpiredIteratorException")
                case "server_error":
                    return self.fail(503, "ServiceUnavailable")
                case "cut":
                    return self.cut()
                case "slow":
                    time.sleep(0.5)
            if fault == "partial":
                return self.put_in_part(body)
            status, headers, answer = self.forward(body)
            # The request was carried out, and only its answer is lost.
            if fault == "server_error_late":
                return self.fail(500, "InternalFailure")
            if fault == "cut_late":
                return self.cut()
            self.answer(status, headers.get("Content-Type", JSON), answer)

        def put_in_part(self, body: bytes) -> None:
            request = json.loads(body)
            records = request["Records"]
            refused = set(proxy.shuffled(len(records)))
            kept = [record for index, record in enumerate(records) if index not in refused]
            accepted = iter(())
            if kept:
                request["Records"] = kept
                status, headers, answer = self.forward(json.dumps(request).encode())
                if status != 200:
                    return self.answer(status, headers.get("Content-Type", JSON), answer)
                accepted = iter(json.loads(answer)["Records"])
            error = {"ErrorCode": THROTTLED, "ErrorMessage": "on demand"}
            outcomes = [
                error if index in refused else next(accepted) for index in range(len(records))
            ]
            answer = {"FailedRecordCount": len(refused), "Records": outcomes}
            self.answer(200, JSON, json.dumps(answer).encode())

        def forward(self, body: bytes) -> Any:
            headers = {name: text for name, text in self.headers.items()}
            for name in ("Content-Length", "Host", "Connection"):
                headers = {key: text for key, text in headers.items() if key.lower() != name.lower()}
            return proxy.forward("POST", self.path, headers, body)

        def fail(self, status: int, code: str) -> None:
            text = json.dumps({"__type": code, "message": "on demand"})
            self.answer(status, JSON, text.encode())

        def answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def cut(self) -> None:
            self.close_connection = True
            self.connection.close()

    return Handler
