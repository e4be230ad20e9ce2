"""What keeps an eye on a server, with the projects' own code: `metrics` reads OpenMetrics text from standard input and
prints its families as JSON; `traces` is a collector that takes OTLP and prints each span as JSON, its port first."""
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


def metrics():
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    families = {}
    for family in text_string_to_metric_families(sys.stdin.read()):
        samples = [[s.name, s.labels, s.value] for s in family.samples]
        families[family.name] = {"type": family.type, "samples": samples}
    print(json.dumps(families))


def traces():
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTraceServiceRequest,
        ExportTraceServiceResponse,
    )

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            request = ExportTraceServiceRequest()
            request.ParseFromString(self.rfile.read(int(self.headers["content-length"])))
            for resource in request.resource_spans:
                service = {a.key: a.value.string_value for a in resource.resource.attributes}.get("service.name")
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        value = lambda v: getattr(v, v.WhichOneof("value"))
                        attributes = {a.key: value(a.value) for a in span.attributes}
                        print(json.dumps({
                            "path": self.path, "service": service, "name": span.name,
                            "trace": span.trace_id.hex(), "parent": span.parent_span_id.hex(),
                            "nanoseconds": span.end_time_unix_nano - span.start_time_unix_nano,
                            "attributes": attributes,
                        }), flush=True)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    print(server.server_port, flush=True)
    server.serve_forever()


{"metrics": metrics, "traces": traces}[sys.argv[1]]()
