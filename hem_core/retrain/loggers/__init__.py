"""Loggers: experiment trackers that a finished retraining is told to, one a file.

`loggers/<name>.py` defines `log(record) -> str`, which hands a `_record.Record` to a tracker by its own library and
says where it is to be seen, and PACKAGE, what to install for it. An installed package adds a logger with an entry point
of the group `hem.loggers`.
"""

PLUGINS = "hem.loggers"
DEFINES = ("log", "PACKAGE")
