#!/usr/bin/env python3
"""latekeys.py JOURNAL PAUSE LATER - changes a call's journal: the second half
of its packets, and its end, come PAUSE seconds later; its descriptions and
keys stand in a second session file, LATER seconds after they were."""
import os
import struct
import sys
import zlib

HEADER, FRAME = 60, 28
HALF, KEYS, END, MEDIA = 4, 5, 8, 32


def records(data):
    at = HEADER
    while at < len(data):
        size, kind, flags, mono, wall, _ = struct.unpack_from('>IHHqqI', data,
                                                              at)
        yield kind, mono, wall, data[at + FRAME:at + FRAME + size]
        at += FRAME + size


def record(kind, mono, wall, payload, later):
    later *= 10**9
    head = struct.pack('>IHHqq', len(payload), kind, 0, mono + later,
                       wall + later)
    return head + struct.pack('>I', zlib.crc32(head + payload)) + payload


def split_session(journal, pause, later):
    path = os.path.join(journal, 'session-001.etj')
    data = open(path, 'rb').read()
    stay, move = data[:HEADER], data[:HEADER]
    for kind, *rest in records(data):
        if kind in (HALF, KEYS):
            move += record(kind, *rest, later)
        else:
            stay += record(kind, *rest, pause if kind == END else 0)
    open(os.path.join(journal, 'session-002.etj'), 'wb').write(move)
    open(path, 'wb').write(stay)


def stretch_media(journal, pause):
    path = os.path.join(journal, 'media-001.etj')
    data = open(path, 'rb').read()
    every = list(records(data))
    out = data[:HEADER]
    for i, (kind, *rest) in enumerate(every):
        out += record(kind, *rest, pause if i >= len(every) // 2 else 0)
    open(path, 'wb').write(out)


def main(journal, pause, later):
    split_session(journal, int(pause), int(later))
    stretch_media(journal, int(pause))


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
