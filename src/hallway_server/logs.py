"""What is not worth a line in the log."""

import logging


class NotACutStream(logging.Filter):
    """uvicorn takes a response that was not finished for a fault of the application. A stream whose
    reader takes no bytes cannot be finished; it is cut on purpose, and its reader resumes."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "ASGI callable returned without completing response."
