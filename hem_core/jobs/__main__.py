"""The process of a job: python -m hem_core.jobs JOB_FOLDER WORKSPACE."""

import sys
from pathlib import Path

from hem_core.jobs.job import read_job
from hem_core.jobs.work import work

if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))  # where the user's own modules are
    sys.exit(0 if work(read_job(Path(sys.argv[1]), Path(sys.argv[2]))) else 2)
