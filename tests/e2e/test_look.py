"""What holds for every page: names for all controls, readable text in both themes, help that is in nobody's way."""

from pathlib import Path

import pytest

from app.views import views

pytestmark = [pytest.mark.browser, pytest.mark.looks]
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")
CONTROLS = {"button", "textbox", "combobox", "checkbox", "radio", "slider", "spinbutton", "searchbox", "link", "tab",
            "menuitem", "switch", "listbox", "option"}  # fmt: skip
READY = {"explore": ".hem-explorer[data-ready]", "review": ".hem-review .body[data-id] .look"}
FOLLOWED = """(isDark) => {
  const explorer = document.querySelector('.hem-explorer');
  return !explorer || explorer.classList.contains('is-dark') === isDark;
}"""
FADED = "document.getAnimations().every((one) => !(one instanceof CSSTransition))"
STILL = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"


def settled(page, name=""):
    page.wait_for_selector(READY.get(name, ".hem-guide .hem-menu-place"))
    page.wait_for_selector("[data-testid=stSkeleton]", state="detached")
    page.wait_for_function(STILL)
    return page


@pytest.mark.slow
def test_every_control_has_a_name_every_text_can_be_read_and_no_page_is_wider_than_the_window(opened):
    page = settled(opened("documentation"))
    reader, trouble = page.context.new_cdp_session(page), []
    site = page.url.partition("/documentation")[0]
    for name in views():
        page.goto(f"{site}/{name}")
        settled(page, name)
        for node in reader.send("Accessibility.getFullAXTree")["nodes"]:
            role = node.get("role", {}).get("value")
            if not node.get("ignored") and role in CONTROLS and not node.get("name", {}).get("value", "").strip():
                trouble.append(f"{name}: a {role} without a name")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(
                "(isDark) => (getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
                " === 'rgb(255, 255, 255)') !== isDark", arg=scheme == "dark")  # fmt: skip
            page.wait_for_function(FOLLOWED, arg=scheme == "dark")
            page.wait_for_function(FADED)
            trouble += [f"{name}, {scheme}: {low}" for low in page.evaluate(CONTRAST)]
        wide = "[document.documentElement, document.querySelector('[data-testid=stMain]')].some((one) => " \
               "one.scrollWidth > one.clientWidth + 1)"  # fmt: skip
        trouble += [f"{name} is wider than the window"] if page.evaluate(wide) else []
    assert not trouble, "\n".join(trouble)


def test_hints_are_shown_once_and_let_clicks_through_and_the_sheet_of_keys_opens_on_every_page(opened):
    page = settled(opened("", hints=True))
    hint = page.locator(".hem-hint")
    assert hint.inner_text().startswith("1 of 3")
    inside = "(one) => document.elementFromPoint(one.x + 20, one.y + 20).closest('.hem-hint') !== null"
    assert not page.evaluate(inside, hint.bounding_box())
    hint.get_by_role("button", name="Got it").click()
    hint.wait_for(state="hidden")
    page.get_by_role("link", name="Sets", exact=True).click()
    page.wait_for_url("**/sets*")
    settled(page)
    assert hint.is_hidden()
    page.keyboard.press("?")
    sheet = page.locator("dialog.hem-sheet")
    sheet.wait_for()
    titles = sheet.locator("h3").all_inner_texts()
    assert {"Everywhere", "Review", "Explore: drawer"} <= set(titles)
    page.keyboard.press("?")
    sheet.wait_for(state="detached")
    page.get_by_label("Name").first.click()
    page.keyboard.type("why?")
    page.reload()
    settled(page)
    assert sheet.count() == 0
