"""What the pages say and ask, and that nothing of others' gets out of its place: attacks A13 and L5."""

from __future__ import annotations

import html.parser
import re
from dataclasses import dataclass, field, replace

import pytest

from plugwright.auth.pages.brand import Brand
from plugwright.auth.pages.models import (
    ConsentScope,
    ErrorKind,
    ErrorPage,
    Page,
    ReturnLink,
    SignedOutPage,
    SignInPage,
    SignInProblem,
)
from tests.auth.pages import samples

EVERY_PAGE = pytest.mark.parametrize("page", samples.every_page().values(), ids=samples.every_page().keys())
EVERY_LANGUAGE = pytest.mark.parametrize("language", ["en", "zh-CN"])
FETCHING = {"src", "srcset", "data", "poster", "background", "manifest", "ping", "formaction", "action"}
VOID = {"meta", "link", "img", "input", "br", "hr"}


@dataclass
class Parsed(html.parser.HTMLParser):
    """A page as its elements and its visible words."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list[tuple[str, dict[str, str | None]]])
    words: list[str] = field(default_factory=list[str])
    open: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice on {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "title" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        """The words that are seen."""
        return " ".join("".join(self.words).split())

    def all(self, tag: str, **having: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a kind."""
        return [found for name, found in self.elements if name == tag and having.items() <= found.items()]


def source(page: Page, language: str | None = None, brand: Brand = samples.BRAND) -> str:
    """A page's HTML."""
    return bytes(samples.pages(brand).respond(page, accept_language=language).body).decode()


def parsed(page: Page, language: str | None = None, brand: Brand = samples.BRAND) -> Parsed:
    """A page, parsed; its elements are closed in order."""
    parser = Parsed()
    parser.feed(source(page, language, brand))
    parser.close()
    assert parser.open == []
    return parser


@EVERY_PAGE
@EVERY_LANGUAGE
def test_every_page_is_one_document_with_one_heading_landmarks_and_its_language(page: Page, language: str):
    found = parsed(page, language)
    assert found.all("html") == [{"lang": "zh-Hans" if language == "zh-CN" else "en"}]
    assert [len(found.all(tag)) for tag in ("title", "h1", "main", "header", "footer")] == [1] * 5
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    for _, attributes in found.elements:
        for reference in ("for", "aria-describedby", "aria-labelledby"):
            assert set((attributes.get(reference) or "").split()) <= set(ids)


@EVERY_PAGE
@EVERY_LANGUAGE
def test_no_page_has_a_script_or_fetches_anything_of_another_host(page: Page, language: str):
    found = parsed(page, language)
    assert found.all("script") == []
    for tag, attributes in found.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in FETCHING & attributes.keys():
            assert re.match(r"/[^/]", attributes[name] or "")
        if tag == "link":
            assert attributes == {"rel": "icon", "href": "/logo.png"}
        if tag == "a" and (attributes["href"] or "").startswith("http"):
            assert "noreferrer" in (attributes["rel"] or "")
    assert "url(" not in source(page, language)
    assert "@import" not in source(page, language)


@EVERY_PAGE
def test_every_field_has_a_label_and_every_form_its_ticket(page: Page):
    found = parsed(page)
    labelled = {attributes["for"] for attributes in found.all("label")}
    visible = [attributes for attributes in found.all("input") if attributes["type"] != "hidden"]
    assert {attributes["id"] for attributes in visible} == labelled
    assert len(found.all("input", name="ticket")) == len(found.all("form"))
    assert all(form["method"] == "post" for form in found.all("form"))


def test_sign_in_asks_for_a_username_and_a_password_that_password_managers_know():
    found = parsed(samples.sign_in())
    username, password = found.all("input", name="username"), found.all("input", name="password")
    assert [field["autocomplete"] for field in (*username, *password)] == ["username", "current-password"]
    assert "value" not in password[0]
    assert "Sign in to Weather to continue to ChatGPT" in found.text
    assert found.all("div", role="alert") == []


@pytest.mark.parametrize("problem", SignInProblem)
def test_a_problem_is_announced_and_tied_to_both_fields(problem: SignInProblem):
    found = parsed(samples.sign_in(username="mina", problem=problem, wait_seconds=30))
    assert found.all("div", role="alert") == [{"class": "notice alert", "id": "problem", "role": "alert"}]
    for name in ("username", "password"):
        assert len(found.all("input", **{"name": name, "aria-describedby": "problem"})) == 1
    assert found.all("input", name="username")[0]["value"] == "mina"
    assert ("Wait 30 seconds" in found.text) == (problem in {SignInProblem.TOO_MANY_TRIES, SignInProblem.BUSY})


def test_an_outside_provider_is_a_link_beside_the_password_or_in_its_place():
    both, alone = (parsed(samples.sign_in(provider="Example ID", has_password=has)) for has in (True, False))
    assert len(both.all("form")) == 1
    assert alone.all("form") == []
    for found in (both, alone):
        assert len(found.all("a", href="/oauth/openid/start?ticket=ticket-1")) == 1
        assert "Continue with Example ID" in found.text


@pytest.mark.parametrize("wrong", [{"has_password": False}, {"openid_href": "/x"}, {"openid_name": "Example ID"}])
def test_a_sign_in_page_without_a_way_to_sign_in_cannot_be_made(wrong: dict[str, object]):
    with pytest.raises(ValueError, match="SignInPage"):
        SignInPage("ticket-1", "/oauth/sign-in", None, "ChatGPT", **wrong)  # type: ignore[arg-type] - the point of the test


def test_consent_names_the_client_its_hosts_the_account_and_each_permission():
    page = replace(samples.consent(samples.READ, samples.WRITE), client_host="ids.chatgpt.example")
    text = parsed(page).text
    for words in (
        "Allow ChatGPT to use your Weather account?",
        "Signed in as mina",
        "Identified by ids.chatgpt.example",
        "You go back to chatgpt.com",
        "Registered by Weather",
        "See the places you have saved Required",
        "Save places and remove them Makes changes Optional",
    ):
        assert words in text
    assert "your own computer" not in text
    assert "Not checked" not in text


def test_consent_in_chinese_says_the_same():
    brand = samples.CHINESE_BRAND
    text = parsed(samples.local_consent(samples.CHINESE_READ, samples.CHINESE_WRITE), "zh-CN", brand).text
    for words in (
        "使用您的天气账号吗",
        "当前账号",
        "未经天气核实",
        "127.0.0.1:53682",
        "您这台电脑上的程序",
        "会更改数据",
        "必需",
    ):
        assert words in text


def test_consent_warns_of_a_clone_and_of_a_program_on_this_computer():
    found = parsed(samples.local_consent(samples.READ))
    assert "Not checked by Weather" in found.text
    assert "The app chose this name itself, so go by the address below." in found.text
    assert "This goes to a program on your own computer." in found.text
    allow = found.all("button", name="decision", value="allow")[0]
    assert allow["aria-describedby"] == "localhost"
    assert "127.0.0.1:53682" in found.text


def test_optional_permissions_can_be_unticked_and_required_ones_are_sent_anyway():
    found = parsed(samples.consent(samples.READ, samples.WRITE))
    required, optional = found.all("input", type="checkbox")
    assert "disabled" in required
    assert "name" not in required
    assert {"disabled", "name"} & optional.keys() == {"name"}
    assert "checked" in required
    assert "checked" in optional
    assert found.all("input", type="hidden", name="scope") == [
        {"type": "hidden", "name": "scope", "value": "places:read"}
    ]
    assert "Untick what you do not want to allow." in found.text
    assert "Untick" not in parsed(samples.consent(samples.READ)).text


def test_consent_without_permissions_says_so():
    found = parsed(samples.consent())
    assert found.all("fieldset") == []
    assert "it is you, and asks for nothing more" in found.text


def test_who_presses_enter_in_a_box_allows_nothing():
    buttons = parsed(samples.consent(samples.WRITE)).all("button", name="decision")
    assert [button["value"] for button in buttons] == ["deny", "allow"]  # Enter presses a form's first button


HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</title></style><h1>Verified by Weather</h1>",
    "{{ 7*7 }}{% raw %}{client}{0}",
    "&lt;b&gt;",
    "a\r\nSet-Cookie: x=y\x00",
]


@pytest.mark.parametrize("text", HOSTILE)
@EVERY_LANGUAGE
def test_foreign_text_stays_text_wherever_it_stands(text: str, language: str):
    shown = " ".join(text.replace("\x00", "").split())
    scope = ConsentScope(text, text)
    consent = samples.consent(scope, client_name=text, client_host=text, account_name=text, redirect_host=text)
    sign_in = samples.sign_in(client_name=text, username=text, provider=text, problem=SignInProblem.WRONG_CREDENTIALS)
    error = ErrorPage(ErrorKind.ACCESS_DENIED, text, ReturnLink("https://a.example/?state=" + text, text))
    for page, plain in (
        (consent, samples.consent(ConsentScope("a", "b"))),
        (sign_in, samples.sign_in(username="u", provider="p", problem=SignInProblem.WRONG_CREDENTIALS)),
        (error, samples.error(ErrorKind.ACCESS_DENIED, has_return=True)),
    ):
        found = parsed(page, language)
        assert shown in found.text
        assert [tag for tag, _ in found.elements] == [tag for tag, _ in parsed(plain, language).elements]
        assert [set(had) for _, had in found.elements] == [set(had) for _, had in parsed(plain, language).elements]
    assert parsed(sign_in, language).all("input", name="username")[0]["value"] == text
    assert parsed(consent, language).all("input", name="scope")[0]["value"] == text


@pytest.mark.parametrize("name", ["M" * 10_000, "\u202e" + "天" * 10_000, "<" * 1_000_000])
def test_a_long_name_is_cut_everywhere(name: str):
    for page in (samples.sign_in(client_name=name), samples.consent(client_name=name)):
        assert max(map(len, re.findall(r"M+|天+|(?:&lt;)+", source(page)))) <= 99 * len("&lt;")
        assert "…" in parsed(page).text


def test_direction_marks_and_tags_in_a_name_do_not_reach_the_page():
    name = "\u202eTPGtahC\u202c\U000e0041\u2066x\u200b"
    for page in (samples.sign_in(client_name=name), samples.consent(client_name=name, account_name=name)):
        html_source = source(page)
        assert not re.search("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]", html_source)
        assert "<bdi>TPGtahCx</bdi>" in html_source


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e"])
def test_a_client_without_a_visible_name_is_called_so(name: str):
    assert "Allow An app without a name to use" in parsed(samples.consent(client_name=name)).text


def test_an_error_says_what_to_do_and_gives_its_reference():
    found = parsed(samples.error())
    assert "Weather has sent nothing there. You can close this window. Reference req_4kT9xQ2m" in found.text
    assert [link["href"] for link in found.all("a")] == [samples.BRAND.legal_url, "mailto:help@weather.example"]


def test_the_way_back_to_a_client_is_a_link_with_its_host_and_never_automatic():
    found = parsed(samples.error(ErrorKind.SCOPE_INVALID, has_return=True))
    links = found.all("a", rel="noreferrer")
    assert [link["href"] for link in links] == ["https://chatgpt.com/connector/oauth/x?error=invalid_scope&state=s"]
    assert "Go back to chatgpt.com" in found.text
    assert [meta for meta in found.all("meta") if "http-equiv" in meta] == []


@pytest.mark.parametrize("href", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "/local", "", "x"])
def test_a_way_back_that_is_no_address_of_a_client_is_refused(href: str):
    with pytest.raises(ValueError, match="no address of a client"):
        ReturnLink(href, "a.example")


def test_who_has_to_wait_is_told_how_long_and_not_to_close_the_window():
    text = parsed(ErrorPage(ErrorKind.TOO_MANY_REQUESTS, "req_1", wait_seconds=120)).text
    assert "Wait 2 minutes, then try again." in text
    assert "close this window" not in text


def test_a_brand_without_logo_and_links_shows_its_initial_and_no_footer():
    found = parsed(SignedOutPage(), brand=Brand("weather"))
    assert found.text.startswith("W weather You are signed out")
    assert found.all("img") == found.all("footer") == found.all("link") == []
