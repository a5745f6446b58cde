"""Header lines, and which of them are remembered."""

from plugwright.serving.heads import Lines


def test_lines_that_return_are_remembered_and_those_of_one_reply_are_not():
    lines = Lines()
    assert lines[b"content-type", b"application/json"] == b"content-type: application/json\r\n"
    for number in range(3):
        assert lines[b"x-request-id", b"%d" % number] == b"x-request-id: %d\r\n" % number
    assert lines[b"set-cookie", b"session=secret"] == b"set-cookie: session=secret\r\n"
    assert dict(lines) == {(b"content-type", b"application/json"): b"content-type: application/json\r\n"}
