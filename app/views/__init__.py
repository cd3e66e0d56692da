"""The pages: one `page()` each."""
