"""An HTTP proxy in front of Azurite that lets requests through and then loses the answer."""

import http.client
import http.server
import socket
import threading


class LossyProxy:
    """Answers of requests for which `loses(method, path)` holds are lost after the request was served:
    with `status` another answer is given, else the connection ends without any."""

    def __init__(self, port, loses, status=None):
        proxy = self
        self.lost = 0
        lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                with lock:
                    lost = answer.status < 300 and loses(self.command, self.path)
                    proxy.lost += lost
                if lost and status is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.send_response(status if lost else answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "keep-alive"):
                        self.send_header(name, value)
                # A HEAD's length is that of what it does not send.
                length = answer.getheader("Content-Length") if self.command == "HEAD" else len(content)
                self.send_header("Content-Length", str(length or 0))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def endpoint(self, account):
        return f"http://127.0.0.1:{self.server.server_port}/{account}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
