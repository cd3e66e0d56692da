"""The environment variable that says where the tags are."""

TAGS_URL = "HEM_TAGS_URL"
"""The URL of the database, for every command and every job that the app starts."""
