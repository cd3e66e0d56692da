"""The browser side of Help: the sheet of keys, the link to the documentation, the hints of the first visit."""
