"""A web server on the loopback address: a Nominatim, and extracts to fetch."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from maps.builtin import extract_of
from maps.places import BoundingBox

PBF = extract_of("helsinki").read_bytes()

CENTRE = BoundingBox(24.935, 60.165, 24.945, 60.172)


def square(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def found(name, geometry, importance=0.5):
    return {
        "display_name": name, "importance": importance, "lat": "60.17", "lon": "24.94",
        "boundingbox": ["60.165", "60.172", "24.935", "24.945"], "geojson": geometry,
    }  # fmt: skip


@dataclass
class Web:
    """What the server answers, and what it was asked.

    ``files`` by path; ``cuts`` are how many bytes each answer in turn stops after; ``places`` by
    name; ``statuses`` of paths that are refused.
    """

    url: str = ""
    files: dict = field(default_factory=dict)
    cuts: list = field(default_factory=list)
    places: dict = field(default_factory=dict)
    statuses: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)


def handler(web):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = urlsplit(self.path).path
            web.asked.append((path, self.headers.get("Range")))
            if path in web.statuses:
                self.send_error(web.statuses[path])
            elif path == "/search":
                name = parse_qs(urlsplit(self.path).query)["q"][0]
                self.answer(200, json.dumps(web.places.get(name, [])).encode(), {})
            elif path in web.files:
                self.file(path)
            else:
                self.send_error(404)

        def file(self, path):
            body, tag = web.files[path], web.tags.get(path, '"one"')
            asked = self.headers.get("Range")
            extra = {"ETag": tag} if tag else {}
            if asked and self.headers.get("If-Range") == tag:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
                if start >= len(body):
                    self.send_error(416)
                    return
                extra["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                self.answer(206, body[start:], extra)
            else:
                self.answer(200, body, extra)

        def answer(self, status, body, extra):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()
            cut = web.cuts.pop(0) if web.cuts and status in (200, 206) and extra else None
            self.wfile.write(body if cut is None else body[:cut])
            self.close_connection = cut is not None

        def log_message(self, *_):
            pass

    return Handler


class QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that hang up before they have all."""

    def handle_error(self, request, client_address):
        pass


@contextmanager
def serving(web) -> Iterator[None]:
    server = QuietServer(("127.0.0.1", 0), handler(web))
    web.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def offer(name, geometry, about):
    return {"type": "Feature", "properties": {"name": name, **about}, "geometry": geometry}


@contextmanager
def town_on_the_web() -> Iterator[Web]:
    """Serve a town, a region around it that is larger, and a catalogue of both."""
    web = Web()
    with serving(web):
        web.places["Centre, Helsinki"] = [
            found("a bus stop", {"type": "Point", "coordinates": [24.94, 60.17]}, 0.9),
            found("Centre, Finland", square(CENTRE.west, CENTRE.south, CENTRE.east, CENTRE.north)),
        ]
        web.files["/town.osm.pbf"] = web.files["/region.osm.pbf"] = PBF
        features = [
            offer("region", square(20, 59, 30, 61), {"urls": {"pbf": f"{web.url}/region.osm.pbf"}}),
            offer("town", square(24.9, 60.1, 25, 60.2), {"pbf": f"{web.url}/town.osm.pbf"}),
            offer("half", square(24.9, 60.1, 24.94, 60.2), {"pbf": f"{web.url}/half.osm.pbf"}),
            offer("no file", square(24.9, 60.1, 25, 60.2), {}),
            {"type": "Feature", "properties": None, "geometry": None},
        ]
        web.files["/index.json"] = json.dumps({"features": features}).encode()
        yield web
