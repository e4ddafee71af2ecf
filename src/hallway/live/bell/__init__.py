"""Tells every hub, in every process, that the log has grown.

A ring carries nothing and may be lost or doubled. Hubs read the log when it rings and every
`POLL_SECONDS` anyway, so a broken bell costs delay, never a message.
"""

from .local import listen, ring
from .signals import Signal, received_by, send

__all__ = ["Signal", "listen", "received_by", "ring", "send"]
