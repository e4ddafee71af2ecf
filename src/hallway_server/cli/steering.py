"""Which of several processes a new connection comes to: one that serves.

Their sockets share one port, and the kernel throws dice among all of them. One whose process has
died goes on taking its part, which waits for seconds until another process is there. A few words
for the kernel's packet filter let it throw dice among the others meanwhile. Linux only; elsewhere,
or where it is forbidden, all is as it was.
"""

import ctypes
import socket
import struct
import sys
from collections.abc import Sequence

# linux/filter.h and asm-generic/socket.h; Python has no names for them.
SO_ATTACH_REUSEPORT_CBPF = 51
LOAD_WORD, MODULO, IF_EQUAL, RETURN = 0x20, 0x94, 0x15, 0x06
RANDOM = 0xFFFFF000 + 56


def steer(listeners: Sequence[socket.socket], among: Sequence[int]) -> bool:
    """Let new connections come to these of the listeners (by number) only; whether that is so.

    The kernel numbers sockets in the order in which they began to listen, and all of them have to
    stay open. Who waits at another one already goes on waiting there.
    """
    if sys.platform != "linux" or not among:
        return False
    *others, last = among
    words = [(LOAD_WORD, 0, 0, RANDOM), (MODULO, 0, 0, len(among))]
    for place, number in enumerate(others):
        words += [(IF_EQUAL, 0, 1, place), (RETURN, 0, 0, number)]
    words.append((RETURN, 0, 0, last))
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *word) for word in words))
    # struct sock_fprog: how many words, and where they are.
    pointer = struct.pack("HP", len(words), ctypes.addressof(program))
    try:
        listeners[0].setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, pointer)
    except OSError:
        return False
    return True
