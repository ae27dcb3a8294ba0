#!/usr/bin/env python3
"""latekeys.py JOURNAL SECONDS - moves the descriptions and keys of a call's
journal into a second session file, that much later than they were."""
import os
import struct
import sys
import zlib

HEADER, FRAME = 60, 28
HALF, KEYS = 4, 5


def records(data):
    at = HEADER
    while at < len(data):
        size, kind, flags, mono, wall, _ = struct.unpack_from('>IHHqqI', data,
                                                              at)
        yield kind, mono, wall, data[at + FRAME:at + FRAME + size]
        at += FRAME + size


def record(kind, mono, wall, payload):
    head = struct.pack('>IHHqq', len(payload), kind, 0, mono, wall)
    return head + struct.pack('>I', zlib.crc32(head + payload)) + payload


def main(journal, seconds):
    first = os.path.join(journal, 'session-001.etj')
    data = open(first, 'rb').read()
    stay, move = data[:HEADER], data[:HEADER]
    later = int(seconds) * 10**9
    for kind, mono, wall, payload in records(data):
        if kind in (HALF, KEYS):
            move += record(kind, mono + later, wall + later, payload)
        else:
            stay += record(kind, mono, wall, payload)
    open(os.path.join(journal, 'session-002.etj'), 'wb').write(move)
    open(first, 'wb').write(stay)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
