"""contract.py - the frames of docs/front-end-contract.md, and nothing else.

No TLS in here: a worker of the SIP server imports this.
"""
import socket
import struct

VENDOR, CONTRACT = 0x4554, 1
(VERSION, KIND, ID, DEADLINE, VERDICT, STATUS, REASON, BODY_AT, NAME,
 FLAGS) = range(1, 11)
SOURCE, PAYLOAD = (0, 3), (0, 0xf)      # generic chunks: IPv4, SIP message
REQUEST, ANSWER, HEARTBEAT, HEARTBEAT_ANSWER = range(1, 5)
PASS, REPLACED, REFUSE = range(3)
OBSERVE = 1             # of the flags: the verdict will not be obeyed
HEAD = 6                # octets in front of a frame's chunks
FORMATS = {VERSION: '!H', KIND: '!B', ID: '!Q', DEADLINE: '!H',
           VERDICT: '!B', STATUS: '!H', BODY_AT: '!I', FLAGS: '!I'}


def chunk(vendor, kind, value):
    if 6 + len(value) > 0xffff:
        raise ValueError('%d octets are too many for a chunk' % len(value))
    return struct.pack('!HHH', vendor, kind, 6 + len(value)) + value


def ours(kind, value):
    """A chunk of ours with a number or a text in it."""
    if kind in FORMATS:
        return chunk(VENDOR, kind, struct.pack(FORMATS[kind], value))
    return chunk(VENDOR, kind, value.encode())


def frame(kind, number, *chunks):
    body = b''.join((*chunks, ours(VERSION, CONTRACT), ours(KIND, kind),
                     ours(ID, number)))
    if HEAD + len(body) > 0xffff:
        raise ValueError('a message of %d octets is too long' % len(body))
    return b'HEP3' + struct.pack('!H', HEAD + len(body)) + body


def length(head):
    """Octets of the chunks behind the head of a frame."""
    magic, total = struct.unpack('!4sH', head)
    if magic != b'HEP3' or total < HEAD:
        raise ValueError('not a HEP3 frame')
    return total - HEAD


def chunks_of(data):
    """{(vendor, type): value} of a frame without its head."""
    found = {}
    while data:
        if len(data) < 6:
            raise ValueError('half a chunk')
        vendor, kind, size = struct.unpack_from('!HHH', data)
        if size < 6 or size > len(data):
            raise ValueError('chunk of %d octets' % size)
        found[vendor, kind] = data[6:size]
        data = data[size:]
    return found


def value(chunks, kind):
    """The number or the text in a chunk of ours; None when it is not there."""
    octets = chunks.get((VENDOR, kind))
    if octets is None:
        return None
    if kind not in FORMATS:
        return octets.decode('utf-8', 'replace')
    if len(octets) != struct.calcsize(FORMATS[kind]):
        raise ValueError('chunk %d has %d octets' % (kind, len(octets)))
    return struct.unpack(FORMATS[kind], octets)[0]


def octets_of(ip):
    return socket.inet_pton(
        socket.AF_INET6 if ':' in ip else socket.AF_INET, ip)


def sip(text, now, source, destination):
    """A SIP message over TCP, when it came (microseconds), from and to which
    (IP, port); generic chunks."""
    family, first = (10, 5) if ':' in source[0] else (2, 3)
    return (chunk(0, 1, bytes([family])), chunk(0, 2, b'\x06'),
            chunk(0, first, octets_of(source[0])),
            chunk(0, first + 1, octets_of(destination[0])),
            chunk(0, 7, struct.pack('!H', source[1])),
            chunk(0, 8, struct.pack('!H', destination[1])),
            chunk(0, 9, struct.pack('!I', now // 1000000)),
            chunk(0, 0xa, struct.pack('!I', now % 1000000)),
            chunk(0, 0xb, b'\x01'), chunk(*PAYLOAD, text))


def log_entry(now, source_ip, text):
    """What an endpoint sent, as `edgetape replay` reads it."""
    head = '### %d.%06d front-end received from %s\n' % (
        now // 1000000, now % 1000000, source_ip)
    return head.encode() + text + b'\n'
