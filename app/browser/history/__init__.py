"""The browser side of History: the id of the window, which only the browser has."""
