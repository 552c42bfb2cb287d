"""S3 as moto serves it, with one bucket; and the same for those who may not list it."""

import http.client
import http.server
import threading
import urllib.request

import icechunk
from server import Server, services

BUCKET = "tiles"
PREFIX = "world"
KEY, SECRET = "floetest", "floetest-secret-key"
REFUSED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message>'
    b"<RequestId>0</RequestId></Error>"
)


class Moto:
    def __init__(self):
        self.server = Server([services() / "moto_server", "--host", "127.0.0.1", "--port", "0"])
        self.endpoint = self.server.said(r"Running on (http://127\.0\.0\.1:\d+)")[1]
        self.port = int(self.endpoint.rpartition(":")[2])
        self.create_bucket()

    def create_bucket(self):
        request = urllib.request.Request(f"{self.endpoint}/{BUCKET}", method="PUT")
        with urllib.request.urlopen(request, timeout=60):
            pass

    def reset(self):
        """Forgets all objects."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")
        with urllib.request.urlopen(request, timeout=60):
            pass
        self.create_bucket()

    def environment(self, endpoint=None):
        """What the processor needs to write here."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ALLOW_HTTP": "true",
        }

    def repository(self):
        """The repository, without the processor."""
        storage = icechunk.s3_storage(
            bucket=BUCKET,
            prefix=PREFIX,
            region="us-east-1",
            endpoint_url=self.endpoint,
            allow_http=True,
            force_path_style=True,
            access_key_id=KEY,
            secret_access_key=SECRET,
        )
        return icechunk.Repository.open(storage)

    def stop(self):
        self.server.stop()


class Unlisted:
    """A server before moto that behaves as S3 does to those without s3:ListBucket: it refuses to list, and
    refuses in place of saying that an object is absent.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
    """

    def __init__(self, moto):
        proxy = self
        self.refused = []
        # Objects that may be written and not read.
        self.hidden = set()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.split("?")[0].strip("/")
                status, headers, content = 403, [], REFUSED
                # A request for the bucket itself is one for its list.
                if self.command != "GET" or path != BUCKET:
                    upstream = http.client.HTTPConnection("127.0.0.1", moto.port, timeout=60)
                    upstream.request(self.command, self.path, body, dict(self.headers))
                    answer = upstream.getresponse()
                    content = answer.read()
                    upstream.close()
                    status, headers = answer.status, answer.getheaders()
                    if (status == 404 or path in proxy.hidden) and self.command in ("GET", "HEAD"):
                        status, headers, content = 403, [], REFUSED
                if status == 403:
                    proxy.refused.append(path)
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "keep-alive"):
                        self.send_header(name, value)
                length = dict(headers).get("Content-Length", 0) if self.command == "HEAD" else len(content)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
