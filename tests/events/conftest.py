"""What holds on one kind of database only is not collected on another."""

import os

collect_ignore = [] if os.environ.get("TEST_DATABASE") == "postgres" else ["test_commit_order.py"]
