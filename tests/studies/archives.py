"""Zip archives, good and bad, and a server on this machine that hands them out, well or badly."""

import io
import re
import threading
import time
import zipfile
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STUDY = {"images/00001.png": b"one", "images/00002.png": b"two", "metadata.csv": b"nsd_id\n1\n2\n"}


def zipped(files, compression=zipfile.ZIP_STORED):
    """Bytes of an archive; keys of `files` are names or `ZipInfo`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Site:
    """What a server answers, and what it was asked.

    `steps` are used up one a request, the last for ever: a status, or a dict with `cut` (bytes after which
    the connection ends), `ranges` (False: ignored), `longer` (bytes that Content-Length is wrong by), `etag`,
    `stall` (seconds before the body), `type`, `body`, `modified`, `start` (where a range starts,
    whatever was asked), `careless` (True: ranges of whatever is there now).
    """

    def __init__(self, body, steps=({},)):
        self.body = body
        self.steps = list(steps)
        self.asked = []
        self.url = ""

    def next_step(self):
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


@contextmanager
def serve(body, steps=({},)):
    """A server on an ephemeral port, with `body` at every path."""
    site = Site(body, steps)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            site.asked.append({"path": self.path, **{key: self.headers[key] for key in self.headers}})
            step = site.next_step()
            if isinstance(step, int):
                self.send_response(step)
                self.send_header("Retry-After", "3600")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = step.get("body", site.body)
            if isinstance(body, dict):
                body = body[self.path]
            tag = step.get("etag", '"v1"')
            start = 0
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            unchanged = self.headers.get("If-Range") in (tag, step.get("modified")) or step.get("careless")
            if wanted and step.get("ranges", True) and unchanged:
                start = step.get("start", int(wanted[1]))
            if start >= len(body) > 0:
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            if tag:
                self.send_header("ETag", tag)
            if "modified" in step:
                self.send_header("Last-Modified", step["modified"])
            self.send_header("Content-Type", step.get("type", "application/zip"))
            self.send_header("Content-Length", str(len(body) - start + step.get("longer", 0)))
            self.end_headers()
            time.sleep(step.get("stall", 0))
            # Who asked may have turned away.
            with suppress(OSError):
                self.wfile.write(body[start : start + step["cut"]] if "cut" in step else body[start:])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}/study.zip"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
