"""A proxy before an SQS that refuses deletes as IAM does, while a file exists. Used by observe.sh.

    refusing_proxy.py PORT SQS_HOST:PORT FILE
"""

import http.client
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, target, switch = sys.argv[1:]
DROPPED = {"connection", "content-length", "date", "host", "server", "transfer-encoding"}
REFUSAL = json.dumps(
    {
        "__type": "com.amazon.coral.service#AccessDeniedException",
        "Message": "no identity-based policy allows the sqs:DeleteMessage action",
    }
).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = self.headers.get("X-Amz-Target")
        if call == "AmazonSQS.DeleteMessageBatch" and os.path.exists(switch):
            refused = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-query-error", "AccessDenied;Sender")]
            self.answer(403, refused, REFUSAL)
            return
        sqs = http.client.HTTPConnection(target, timeout=60)
        try:
            sqs.request("POST", self.path, body, kept(self.headers.items()))
            answer = sqs.getresponse()
            self.answer(answer.status, answer.getheaders(), answer.read())
        finally:
            sqs.close()

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in kept(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def kept(headers):
    return {name: value for name, value in headers if name.lower() not in DROPPED}


ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
