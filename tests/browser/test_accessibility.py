"""What everyone needs: a page that fits its screen, can be read aloud and used without a mouse, checked by axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PATHS = (
    "/",
    "/?deal=OPP-00000001",
    "/?part=lost&quarter=All",
    "/deals",
    "/coaching",
    "/team",
    "/build?dataset=/RevOps/Analytics/dashboard_kpis",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_no_barrier_that_axe_knows(open_page, dashboards, path, width, scheme):
    page = open_page(dashboards.url + path, width, scheme)
    page.locator("h1").wait_for()
    if path.startswith("/build"):
        page.locator(".graph > svg").wait_for()
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()


@pytest.mark.parametrize("width", [1280, 800, 390])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_no_wider_than_its_screen(open_page, dashboards, path, width):
    page = open_page(dashboards.url + path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 1150, 1000, 700, 390])
def test_no_table_is_wider_than_its_card(open_page, dashboards, width):
    page = open_page(dashboards.url, width)
    wide = page.evaluate(
        """() => [...document.querySelectorAll("main .card table")].filter(
             table => table.getBoundingClientRect().right > table.closest(".card").getBoundingClientRect().right)
           .map(table => table.getAttribute("aria-label"))"""
    )
    assert wide == []


@pytest.mark.parametrize("path", PATHS[:6])
def test_targets_for_a_finger_are_at_least_24_pixels_high(open_page, dashboards, path):
    page = open_page(dashboards.url + path, 390)
    small = page.evaluate(
        """() => [...document.querySelectorAll("main select, main button, main input, main summary, main .tool, "
           + "main th a, main .pager a")].filter(one => one.offsetParent && one.getBoundingClientRect().height < 24)
           .map(one => one.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_the_first_thing_that_the_keyboard_reaches_skips_to_the_content(open_page, dashboards):
    page = open_page(dashboards.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_changed_choice_is_announced_to_screen_readers(open_page, dashboards):
    page = open_page(dashboards.url)
    page.locator("#team").select_option("Rachel Green")
    page.get_by_role("status").filter(has_text="Shown for the new choice").wait_for()


def test_a_figure_explains_itself_by_keyboard_and_escape_returns_to_it(open_page, dashboards):
    page = open_page(dashboards.url)
    page.get_by_label("What is Pipeline coverage?").focus()
    page.keyboard.press("Enter")
    page.locator("#kpi_cards details[open] .popover", has_text="How often the open pipeline holds").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("details[open]").count() == 0
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "What is Pipeline coverage?"


def test_a_deal_opens_and_closes_by_keyboard(open_page, dashboards):
    page = open_page(dashboards.url)
    page.locator("#stuck_deals tbody a").first.focus()
    page.keyboard.press("Enter")
    page.locator("#deal h3.name").wait_for()
    expect(page.locator("#deal")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("#deal").wait_for(state="detached")


def test_colours_follow_the_setting_of_the_system(open_page, dashboards):
    colours = {
        scheme: open_page(dashboards.url, 1280, scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert colours == {"light": "rgb(246, 247, 249)", "dark": "rgb(10, 10, 10)"}


def test_a_print_is_dark_on_white_whatever_the_setting_and_has_no_controls(open_page, dashboards):
    page = open_page(dashboards.url, 1280, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(22, 24, 29)"
    for control in ("#filters", ".tool", ".explain", ".pager"):
        assert not page.locator(control).first.is_visible(), control


def test_content_dims_while_a_choice_loads(open_page, dashboards):
    page = open_page(dashboards.url)
    waiting = []
    page.route("**/*team=*", lambda route: waiting.append(route))  # answered below
    page.locator("#team").select_option("Rachel Green")
    page.locator("main[aria-busy]").wait_for()
    expect(page.locator(".body")).to_have_css("opacity", "0.4")
    waiting[0].continue_()
    page.locator("main:not([aria-busy])").wait_for()
    expect(page.locator(".body")).to_have_css("opacity", "1")


def test_without_scripts_tables_sort_and_filters_work(open_page, dashboards):
    page = open_page(f"{dashboards.url}/deals", scripts=False)
    page.locator("thead a", has_text="Amount").click()
    page.locator("thead a", has_text="Amount").click()
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Amount")
    page.locator("#q, #deals-q").fill("acme")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody th a").all_inner_texts() == ["Acme Corporation"]
    assert page.locator("#copy").is_hidden()
