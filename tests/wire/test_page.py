"""The page's addresses on a real server, whether it was built with its page or without."""

import gzip
import http.client
import re

from http_wire import http_port


def get(port, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.headers, body


def test_the_page(make_server):
    port = http_port(make_server("--http-listen", "127.0.0.1:0"))
    status, headers, index = get(port, "/")
    assert status == 200 and "default-src 'none'" in headers["Content-Security-Policy"]
    for path in ("/studies/digits", "/studies/a%2Fb", "/studies/digits/trials/17", "/?x=1"):
        assert get(port, path)[2] == index, path
    for path in ("/studies.html", "/../etc/passwd", "/%2e%2e/etc/passwd", "/assets/../../etc/passwd", "//", "/assets", "/index.html/x", "/parzen.v1.Optimizer/"):
        assert get(port, path)[0] == 404, path
    assert get(port, "/", method="POST")[0] == 405
    if b"built without its page" in index:
        return
    assert headers["Content-Type"] == "text/html; charset=utf-8" and headers["Cache-Control"] == "no-cache"
    assert get(port, "/", If_None_Match=headers["ETag"])[0] == 304
    scripts = re.findall(rb'(?:src|href)="(/[^"]+)"', index)
    assert scripts, "the page has a script"
    for script in scripts:
        status, headers, plain = get(port, script.decode())
        assert status == 200 and plain
        status, headers, packed = get(port, script.decode(), Accept_Encoding="gzip")
        assert status == 200
        assert (gzip.decompress(packed) if headers["Content-Encoding"] == "gzip" else packed) == plain
    assert not re.search(rb'(src|href)="(https?:)?//', index), "nothing is loaded from elsewhere"
