"""The pages in Chromium, without JavaScript: layout, contrast, the keyboard, and where a form may lead (L3, A14)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request
from playwright.sync_api import Page as Tab

from plugwright.auth.pages.brand import Brand
from plugwright.auth.pages.models import SignInProblem
from plugwright.auth.pages.render import Pages
from plugwright.web.page_headers import OpenerPolicy
from tests.auth.pages import samples
from tests.auth.pages.site import Site, serving

WIDTHS: Final = (320, 1280)
# Texts with less contrast than WCAG AA wants, controls too small for a finger, and what is wider than the page.
FAULTS: Final = """() => {
    const channels = text => text.match(/[\\d.]+/g).map(Number);
    const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const light = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    const ground = element => {
        for (; element; element = element.parentElement) {
            const color = channels(getComputedStyle(element).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const faults = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const judge = (element, text) => {
        const [one, other] = [light(channels(getComputedStyle(element).color)), light(ground(element))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (!(ratio >= 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ${text}`);
    };
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim();
        if (text) judge(walker.currentNode.parentElement, text);
    }
    for (const input of document.querySelectorAll("input:not([type=hidden])")) judge(input, input.id);
    const controls = "main button:not(.link), main .button, main label:has(input), .field input";
    for (const control of document.querySelectorAll(controls)) {
        if (control.getBoundingClientRect().height < 44) faults.push(`small: ${control.outerHTML}`);
    }
    for (const element of document.querySelectorAll("main *:not(.unseen)")) {
        const box = element.getBoundingClientRect();
        if (box.right > innerWidth || box.left < 0) faults.push(`sticks out: ${element.outerHTML.slice(0, 80)}`);
    }
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) faults.push(`scrolls: ${root.scrollWidth} > ${root.clientWidth}`);
    return faults;
}"""
FOCUSED: Final = """() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const has_outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return [element.id || element.value || element.textContent.trim().split("\\n")[0], has_outline];
}"""


@dataclass
class Watched:
    """A tab, and what it complained of or asked of other hosts."""

    tab: Tab
    problems: list[str] = field(default_factory=list[str])


@contextmanager
def opened(browser: Browser, site: Site, *, locale: str = "en-US", scripts: bool = False) -> Generator[Watched]:
    """A tab of its own."""
    context = browser.new_context(locale=locale, java_script_enabled=scripts)
    context.set_default_timeout(10_000)
    tab = context.new_page()
    watched = Watched(tab)

    def on_console(message: ConsoleMessage) -> None:
        watched.problems.append(f"{message.type}: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith(site.address):
            watched.problems.append(f"asked for {request.url}")

    tab.on("console", on_console)
    tab.on("request", on_request)
    try:
        yield watched
    finally:
        context.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Every page under the usual brand."""
    with serving(samples.pages(), samples.every_page()) as site:
        yield site


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_page_fits_and_can_be_read_on_phone_and_desktop_light_and_dark(browser: Browser, site: Site, locale: str):
    with opened(browser, site, locale=locale) as watched:
        for path in site.pages:
            watched.tab.goto(f"{site.address}/{path}")
            assert watched.tab.locator("html").get_attribute("lang") == ("zh-Hans" if locale == "zh-CN" else "en")
            for width in WIDTHS:
                watched.tab.set_viewport_size({"width": width, "height": 800})
                for theme in ("light", "dark"):
                    watched.tab.emulate_media(color_scheme=theme)
                    assert watched.tab.evaluate(FAULTS) == [], (path, width, theme)
        assert watched.problems == []


@pytest.mark.parametrize("color", ["#ffffff", "#000000", "#ffe600", "#00ff00", "#7f7f7f", "#e4002b", "#1a1a2e"])
def test_any_colour_of_the_author_leaves_every_text_readable(browser: Browser, color: str):
    pages = {"sign-in": samples.sign_in(provider="Example ID"), "consent": samples.consent(samples.WRITE)}
    with serving(Pages(Brand("Weather", color=color)), pages) as site, opened(browser, site) as watched:
        for path in pages:
            watched.tab.goto(f"{site.address}/{path}")
            for theme in ("light", "dark"):
                watched.tab.emulate_media(color_scheme=theme)
                assert watched.tab.evaluate(FAULTS) == []
        assert watched.problems == []


def tab_path(tab: Tab) -> list[str]:
    """What the Tab key reaches, in order, each with a visible focus."""
    reached: list[str] = []
    for _ in range(20):
        name, has_outline = tab.evaluate(FOCUSED)
        if reached and name in reached:
            break
        if tab.evaluate("document.activeElement !== document.body"):
            assert has_outline, name
            reached.append(name)
        tab.keyboard.press("Tab")
        if reached and tab.evaluate("document.activeElement === document.body"):
            break
    return reached


def test_the_tab_key_walks_sign_in_and_consent_in_reading_order(browser: Browser, site: Site):
    with opened(browser, site) as watched:
        watched.tab.goto(f"{site.address}/sign-in/openid")
        assert tab_path(watched.tab)[:4] == ["username", "password", "Sign in", "Continue with Example ID"]
        watched.tab.goto(f"{site.address}/consent")
        assert tab_path(watched.tab)[:4] == ["Not you? Sign out", "scope-2", "deny", "allow"]
        assert watched.problems == []


def test_a_person_signs_in_with_the_keyboard_alone(browser: Browser, site: Site):
    site.posts.clear()
    with opened(browser, site) as watched:
        watched.tab.goto(f"{site.address}/sign-in")
        watched.tab.keyboard.type("mina")
        watched.tab.keyboard.press("Tab")
        watched.tab.keyboard.type("correct horse")
        watched.tab.keyboard.press("Enter")
        watched.tab.wait_for_url("**/done")
        assert watched.problems == []
    path, form, headers = site.posts[0]
    assert path == "/oauth/sign-in"
    assert form == [("ticket", "ticket-1"), ("username", "mina"), ("password", "correct horse")]
    assert "Referer" not in headers
    # Without a referrer a browser gives no origin either: who checks the post has to go by Sec-Fetch-Site.
    assert (headers["Origin"], headers["Sec-Fetch-Site"]) == ("null", "same-origin")


def test_after_a_wrong_password_the_name_is_kept_and_the_password_is_next(browser: Browser, site: Site):
    with opened(browser, site) as watched:
        watched.tab.goto(f"{site.address}/sign-in/{SignInProblem.WRONG_CREDENTIALS}")
        assert watched.tab.get_by_label("Username").input_value() == "mina"
        assert watched.tab.evaluate(FOCUSED)[0] == "password"
        alert = watched.tab.get_by_role("alert").inner_text()
        described = watched.tab.get_by_label("Password").get_attribute("aria-describedby")
        assert watched.tab.locator(f"#{described}").inner_text() == alert


@pytest.mark.parametrize(
    ("is_unticked", "button", "posted"),
    [
        (False, "Allow", [("scope", "places:read"), ("scope", "places:write"), ("decision", "allow")]),
        (True, "Allow", [("scope", "places:read"), ("decision", "allow")]),
        (False, "Do not allow", [("scope", "places:read"), ("scope", "places:write"), ("decision", "deny")]),
    ],
)
def test_a_person_decides_with_the_keyboard_alone(
    browser: Browser, site: Site, is_unticked: bool, button: str, posted: list[tuple[str, str]]
):
    site.posts.clear()
    with opened(browser, site) as watched:
        watched.tab.goto(f"{site.address}/consent")
        if is_unticked:
            watched.tab.get_by_label("Save places and remove them").focus()
            watched.tab.keyboard.press("Space")
        watched.tab.get_by_role("button", name=button, exact=True).focus()
        watched.tab.keyboard.press("Enter")
        watched.tab.wait_for_url("**/done")
        assert watched.problems == []
    assert site.posts[0][:2] == ("/oauth/consent", [("ticket", "ticket-2"), *posted])


def test_who_is_someone_else_signs_out_by_post(browser: Browser, site: Site):
    site.posts.clear()
    with opened(browser, site) as watched:
        watched.tab.goto(f"{site.address}/consent")
        watched.tab.get_by_role("button", name="Not you? Sign out").click()
        watched.tab.wait_for_url("**/done")
    assert site.posts[0][:2] == ("/oauth/sign-out", [("ticket", "ticket-2")])


def test_the_answer_reaches_the_clients_origin_and_no_other(browser: Browser):
    with serving(samples.pages(), {}) as client, serving(samples.pages(), {}) as site:
        site.pages["named"] = samples.consent(redirect_origin=client.address)
        site.pages["unnamed"] = samples.consent()
        site.redirects["/oauth/consent"] = f"{client.address}/callback?code=c"
        with opened(browser, site) as watched:
            watched.tab.goto(f"{site.address}/named")
            watched.tab.get_by_role("button", name="Allow", exact=True).click()
            watched.tab.wait_for_url(f"{client.address}/callback?code=c")
            watched.problems.clear()
            watched.tab.goto(f"{site.address}/unnamed")
            with watched.tab.expect_console_message(lambda message: "form-action" in message.text):
                watched.tab.get_by_role("button", name="Allow", exact=True).click()
            assert watched.tab.url == f"{site.address}/unnamed"


def test_a_client_that_sends_the_person_on_at_once_needs_that_origin_named_too(browser: Browser):
    pages = samples.pages()
    with serving(pages, {}) as last, serving(pages, {}) as client, serving(pages, {}) as site:
        client.redirects["callback"] = f"{last.address}/arrived"
        site.redirects["/oauth/consent"] = f"{client.address}/callback"
        page = samples.consent(redirect_origin=client.address)
        site.pages["consent"] = page
        site.pages["onward"] = replace(page, onward_origins=(last.address,))
        with opened(browser, site) as watched:
            watched.tab.goto(f"{site.address}/onward")
            watched.tab.get_by_role("button", name="Allow", exact=True).click()
            watched.tab.wait_for_url(f"{last.address}/arrived")
            watched.tab.goto(f"{site.address}/consent")
            with watched.tab.expect_console_message(lambda message: "form-action" in message.text):
                watched.tab.get_by_role("button", name="Allow", exact=True).click()


@pytest.mark.parametrize(("policy", "is_kept"), [("same-origin", False), ("unsafe-none", True)])
def test_whether_a_pop_up_keeps_its_opener_is_the_servers_choice(browser: Browser, policy: OpenerPolicy, is_kept: bool):
    pages = Pages(samples.BRAND, opener_policy=policy)
    with serving(pages, {}) as client, serving(pages, {}) as site:
        client_address = client.address.replace("127.0.0.1", "localhost")  # another site, not only another origin
        site.pages["consent"] = samples.consent(redirect_origin=client_address)
        site.redirects["/oauth/consent"] = f"{client_address}/callback"
        with opened(browser, client, scripts=True) as watched:
            watched.tab.goto(f"{client_address}/home")
            with watched.tab.expect_popup() as opening:
                watched.tab.evaluate(
                    "url => { window.open(url, '', 'width=500,height=700') }", f"{site.address}/consent"
                )
            opening.value.get_by_role("button", name="Allow", exact=True).click()
            opening.value.wait_for_url(f"{client_address}/callback")
            assert opening.value.evaluate("window.opener !== null") == is_kept


def test_a_page_in_a_frame_is_not_shown(browser: Browser, site: Site):
    with opened(browser, site) as watched:
        frame = f'<iframe src="{site.address}/consent"></iframe>'
        watched.tab.goto(f"{site.address}/done")
        with watched.tab.expect_console_message(lambda message: "frame-ancestors" in message.text):
            watched.tab.evaluate("html => { document.body.innerHTML = html }", frame)
        assert watched.tab.frame_locator("iframe").get_by_role("button").count() == 0
