"""stepclock.py SECONDS JOURNAL-DIR... - the journal as it would be if the wall
clock had jumped so far in the middle of the call. docs/journal.md has the
layout."""
import glob
import os
import struct
import sys
import zlib

HEAD = struct.Struct('>4sHH16s16sQQ')
RECORD = struct.Struct('>IHHQQ')
CRC = struct.Struct('>I')


def records(data):
    at = HEAD.size + CRC.size
    while at < len(data):
        head = RECORD.unpack_from(data, at)
        body = at + RECORD.size + CRC.size
        at = body + head[0]
        yield head, data[body:at]


def checked(head, body=b''):
    return head + CRC.pack(zlib.crc32(head + body)) + body


def stepped(data, middle, ns):
    out = [data[:HEAD.size + CRC.size]]
    moved = 0
    for (size, kind, flags, mono, wall), body in records(data):
        if mono >= middle:
            wall += ns
            moved += 1
        out.append(checked(RECORD.pack(size, kind, flags, mono, wall), body))
    return b''.join(out), moved


def main():
    ns = int(sys.argv[1]) * 10 ** 9
    for folder in sys.argv[2:]:
        files = {path: open(path, 'rb').read()
                 for path in glob.glob(os.path.join(folder, '*.etj'))}
        times = [head[3] for data in files.values()
                 for head, _ in records(data)]
        middle = (min(times) + max(times)) // 2
        moved = 0
        for path, data in files.items():
            assert checked(data[:HEAD.size]) == data[:HEAD.size + CRC.size]
            new, n = stepped(data, middle, ns)
            moved += n
            with open(path, 'wb') as f:
                f.write(new)
        print(moved, 'of', len(times), 'records moved')


if __name__ == '__main__':
    main()
