"""Redirect URIs: attacks A2 and A3."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugwright.auth.server.redirects import RedirectRefused, check_redirect_uri, check_template, matches

REGISTERED = "https://client.example/callback"
TEMPLATES = (
    "https://chatgpt.com/connector/oauth/{id}",
    "https://chatgpt.com/aip/{id}/oauth/callback",
    "https://chat.openai.com/aip/plugin-{id}/oauth/callback",
)


@pytest.mark.parametrize(
    "uri",
    [
        *(REGISTERED, "https://client.example", "https://client.example/", "https://client.example:8443/cb?a=b&c=%20"),
        *("http://127.0.0.1/cb", "http://127.0.0.1:3000/cb", "http://[::1]:3000/cb", "http://localhost:3000/cb"),
        *("com.example.app:/callback", "com.example.app://callback", "https://xn--bcher-kva.example/cb"),
        *("https://192.0.2.1/cb", "https://[2001:db8::1]/cb", "https://chatgpt.com/connector_platform_oauth_redirect"),
    ],
)
def test_a_good_redirect_uri_may_be_registered(uri: str):
    check_redirect_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        # other schemes, and none
        *(
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:x",
        ),
        *("about:blank", "ftp://client.example/", "ws://client.example/", "myapp:/cb", "urn:ietf:wg:oauth:2.0:oob"),
        *("javascript.:alert(1)", ".js:x", "", "/cb", "//client.example/cb", "client.example/cb", "https", "https:"),
        *(
            "HTTPS://client.example/cb",
            "Https://client.example/cb",
            " https://client.example/cb",
            "https:client.example",
        ),
        *("https:/client.example", "https:///client.example/cb", "https://"),
        # http to another machine (A3)
        *(
            "http://client.example/cb",
            "http://127.0.0.2/cb",
            "http://0.0.0.0/cb",
            "http://127.1/cb",
            "http://2130706433/cb",
        ),
        *(
            "http://localhost.example/cb",
            "http://localhost./cb",
            "http://[::ffff:127.0.0.1]/cb",
            "http://127.0.0.1.example/cb",
        ),
        *("http://LOCALHOST/cb", "http://[0:0:0:0:0:0:0:1]/cb", "http://0177.0.0.1/cb"),
        # wildcard, fragment, userinfo
        *(
            "https://*.client.example/cb",
            "https://client.example/*",
            "https://client.example/cb?*",
            "https://client.example/cb#",
        ),
        *("https://client.example/cb#x", "https://user@client.example/cb", "https://client.example@evil.example/cb"),
        *("https://a:b@client.example/cb", "https://client.example:80@evil.example/"),
        # odd characters
        *("https://client.example\\@evil.example/cb", "https://client.example/\\cb", "https://client.example/c b"),
        *(
            "https://client.example/cb\n",
            "https://client.example/cb\r\nX: y",
            "https://client.example/\tcb",
            "https://client.example/\x00",
        ),
        *(
            "https://client.example/%00",
            "https://client.example/cb?a=%0d%0a",
            "https://client.example/%",
            "https://client.example/%zz",
        ),
        *(
            "https://client.example/é",
            "https://clïent.example/cb",
            "https://client.example/<script>",
            'https://client.example/"',
        ),
        *("https://client.example/{id}", "https://client。example/cb", "https://client.example/cb\u202e"),
        # dot segments
        *("https://client.example/../cb", "https://client.example/a/./cb", "https://client.example/%2e%2e/cb"),
        *(
            "https://client.example/.%2E",
            "https://client.example/a%2fb",
            "https://client.example/a%5cb",
            "com.example.app:/../x",
        ),
        # hosts and ports
        *(
            "https://client..example/cb",
            "https://.client.example/cb",
            "https://client.example:0/cb",
            "https://client.example:/cb",
        ),
        *(
            "https://client.example:65536/cb",
            "https://client.example:080/cb",
            "https://0x7f.1/cb",
            "https://010.0.0.1/cb",
        ),
        *("https://[::1/cb", "https://[x]/cb", "https://client.example:a/cb", "https://client.example./cb"),
        *("https://client.example?a=b" + "c" * 2000, "https://client.examplecb:443:1/"),
    ],
)
def test_a3_a_bad_redirect_uri_is_refused(uri: str):
    with pytest.raises(RedirectRefused):
        check_redirect_uri(uri)


@pytest.mark.parametrize(
    "near_miss",
    [
        *(
            "https://client.example/callback/",
            "https://client.example/callback?",
            "https://client.example/callback?a=b",
        ),
        *("https://client.example/callback#", "https://client.example/callback#x", "https://client.example/callback/x"),
        *(
            "https://client.example/callback/../callback",
            "https://client.example/%2e/callback",
            "https://client.example//callback",
        ),
        *("https://client.example/Callback", "https://client.example/callbac%6b", "https://client.example/callbac"),
        *("https://CLIENT.example/callback", "HTTPS://client.example/callback", "http://client.example/callback"),
        *(
            "https://client.example:443/callback",
            "https://client.example:8443/callback",
            "https://client.example./callback",
        ),
        *(
            "https://evil.client.example/callback",
            "https://client.example.evil.example/callback",
            "https://evilclient.example/callback",
        ),
        *("https://client.example@evil.example/callback", "https://evil.example/@client.example/callback"),
        *(
            "https://evil.example\\@client.example/callback",
            "https://client.example\\callback",
            "https://client.example/callback\\",
        ),
        *(
            "https://client.example/callback\n",
            "\thttps://client.example/callback",
            "https://client.example/call\tback",
        ),
        *(
            "https://client.example/callback%00",
            "https://client.example/callback ",
            "https://cl\u0456ent.example/callback",
        ),
        *("https://xn--clent-n1a.example/callback", "//client.example/callback", "/callback", ""),
        *("https://client.example/callback;x", "https://client.example/callback&x", "https:client.example/callback"),
    ],
)
def test_a2_a_near_miss_is_not_the_registered_one(near_miss: str):
    assert matches([REGISTERED], [], REGISTERED)
    assert not matches([REGISTERED], TEMPLATES, near_miss)


@given(st.data())
def test_a2_any_other_text_is_not_the_registered_one(data: st.DataObject):
    position = data.draw(st.integers(0, len(REGISTERED)))
    removed = data.draw(st.integers(0, 3))
    inserted = data.draw(st.text(max_size=4) | st.text("./\\@#?%:2eEfF*\t\n\r\x00 ", max_size=6))
    mutated = REGISTERED[:position] + inserted + REGISTERED[position + removed :]
    assume(mutated != REGISTERED)

    assert not matches([REGISTERED], TEMPLATES, mutated)


@given(st.integers(1, 65535), st.sampled_from(["127.0.0.1", "[::1]"]))
def test_the_port_of_a_loopback_address_may_differ(port: int, host: str):
    presented = f"http://{host}:{port}/cb?x=y"

    assert matches([f"http://{host}/cb?x=y"], [], presented)
    assert matches([f"http://{host}:1234/cb?x=y"], [], presented)
    assert matches([presented], [], f"http://{host}/cb?x=y")


@pytest.mark.parametrize(
    ("registered", "presented"),
    [
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/other"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb?x"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb/"),
        ("http://127.0.0.1:1/cb", "http://[::1]:1/cb"),
        ("http://127.0.0.1:1/cb", "http://localhost:1/cb"),
        ("http://127.0.0.1:1/cb", "https://127.0.0.1:2/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:0/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:65536/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:02/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2@evil.example/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/../cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb#x"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2\\/cb"),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1.evil.example:2/cb"),
        ("http://localhost:1/cb", "http://localhost:2/cb"),
        ("https://127.0.0.1:1/cb", "https://127.0.0.1:2/cb"),
        ("https://client.example:8443/cb", "https://client.example:8444/cb"),
        ("com.example.app:/cb", "com.example.app://cb"),
    ],
)
def test_a2_nothing_but_the_port_of_a_loopback_address_may_differ(registered: str, presented: str):
    assert not matches([registered], [], presented)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True), st.sampled_from(TEMPLATES))
def test_a_template_stands_for_one_identifier_in_its_path(identifier: str, template: str):
    assert matches([], TEMPLATES, template.replace("{id}", identifier))


@pytest.mark.parametrize(
    "presented",
    [
        *(
            "https://chatgpt.com/connector/oauth/",
            "https://chatgpt.com/connector/oauth/a/b",
            "https://chatgpt.com/connector/oauth/a?b",
        ),
        *(
            "https://chatgpt.com/connector/oauth/a#b",
            "https://chatgpt.com/connector/oauth/..",
            "https://chatgpt.com/connector/oauth/%61",
        ),
        *(
            "https://chatgpt.com/connector/oauth/a.b",
            "https://chatgpt.com/connector/oauth/{id}",
            "https://chatgpt.com/connector/oauth/a\n",
        ),
        *("https://chatgpt.com/connector/oauth/" + "a" * 129, "https://chatgpt.com.evil.example/connector/oauth/a"),
        *(
            "https://evil.example/connector/oauth/a",
            "http://chatgpt.com/connector/oauth/a",
            "https://chatgptxcom/connector/oauth/a",
        ),
        *(
            "https://chatgpt.com/aip/a/b/oauth/callback",
            "https://chatgpt.com/aip//oauth/callback",
            "https://chatgpt.com/aip/a/oauth/callback/",
        ),
        *("https://chat.openai.com/aip/plugin-/oauth/callback", "https://chat.openai.com/aip/g-1/oauth/callback"),
        *("https://chatgpt.com/connector/oauth/\u0661", "https://chatgpt.com/connector/oauth/a@evil.example"),
    ],
)
def test_a2_a_template_stands_for_nothing_else(presented: str):
    assert not matches([], TEMPLATES, presented)


@given(st.text(max_size=12), st.sampled_from(TEMPLATES))
def test_a2_a_template_never_stands_for_odd_characters(text: str, template: str):
    is_identifier = bool(text) and text.isascii() and text.replace("_", "a").replace("-", "a").isalnum()

    assert matches([], [template], template.replace("{id}", text)) == is_identifier


def test_a_template_without_placeholder_matches_nothing():
    assert not matches([], [REGISTERED], REGISTERED)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_of_the_operator_is_taken(template: str):
    check_template(template)


@pytest.mark.parametrize(
    "template",
    [
        *("https://client.example/cb", "https://client.example/{id}/{id}", "https://{id}.example/cb", "https://{id}"),
        *("https://client.example/cb?x={id}", "http://127.0.0.1/{id}", "com.example.app:/{id}", "{id}"),
        *("https://client.example/*/{id}", "https://client.example/../{id}", "https://user@client.example/{id}"),
    ],
)
def test_a3_a_template_with_its_placeholder_elsewhere_is_refused(template: str):
    with pytest.raises(RedirectRefused):
        check_template(template)
