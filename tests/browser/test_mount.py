"""A component ends when its element has left the page, and not when a call of Streamlit overtakes another."""

import pytest


@pytest.mark.parametrize(("is_on_page", "ended"), [(True, 0), (False, 1)])
def test_a_cleanup_ends_only_what_has_left_the_page(run_js, is_on_page, ended):
    body = """
      let ended = 0;
      const element = { isConnected: true };
      m.whenRemoved(element, () => ended++)();
      element.isConnected = v.isOnPage;
      await new Promise((resolve) => setTimeout(resolve));
      return ended;
    """
    assert run_js("shared/mount.js", body, isOnPage=is_on_page) == ended
