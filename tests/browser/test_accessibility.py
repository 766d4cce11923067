"""What everyone needs: a page that fits its screen, can be read aloud and used without a mouse, checked by axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe

PATHS = ("/", "/coaching", "/build?dataset=/RevOps/Analytics/dashboard_kpis")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_no_barrier_that_axe_knows(open_page, dashboards, path, width):
    page = open_page(dashboards.url + path, width)
    page.locator("h1").wait_for()
    if path.startswith("/build"):
        page.locator(".graph > svg").wait_for()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_no_wider_than_its_screen(open_page, dashboards, path, width):
    page = open_page(dashboards.url + path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_thing_that_the_keyboard_reaches_skips_to_the_content(open_page, dashboards):
    page = open_page(dashboards.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_changed_choice_is_announced_to_screen_readers(open_page, dashboards):
    page = open_page(dashboards.url)
    page.get_by_role("combobox", name="Team").select_option("Rachel Green")
    page.get_by_role("status").filter(has_text="Shown for the new choice").wait_for()
