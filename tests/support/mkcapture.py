#!/usr/bin/env python3
"""mkcapture.py - captures for the tests, from what the tests have as files.

  mkcapture.py sip KIND LOG OUT       the SIP messages of a text log as packets;
                                      KIND udp, tcp, hep-udp, hep-tcp; TCP in
                                      segments that fit no message; HEP3 frames
                                      are captured late, but tell the time
  mkcapture.py rtp FILE OUT           RTP packets (16-bit length, packet), 33 ms
                                      apart, from 192.0.2.1:4000 to 192.0.2.2:5000
"""
import re
import struct
import sys

SEGMENT = 700


def ip_packet(proto, payload, src, dst):
    """IPv4, as LINKTYPE_RAW has it; nobody here reads the checksum."""
    return struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 0, 0, 64,
                       proto, 0, src, dst) + payload


def udp(payload, ports):
    return struct.pack('>HHHH', *ports, 8 + len(payload), 0) + payload


def tcp(payload, seq, flags):
    return struct.pack('>HHIIBBHHH', 5060, 5062, seq, 0, 5 << 4, flags, 8192,
                       0, 0) + payload


class Capture:
    """A pcap file of raw IP packets."""

    def __init__(self, path):
        self.file = open(path, 'wb')
        self.file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                                    101))

    def add(self, when, packet):
        self.file.write(struct.pack('<IIII', int(when),
                                    round(when % 1 * 1e6) % 1000000,
                                    len(packet), len(packet)) + packet)


def messages(path):
    """Time and octets of each message of a log, cut by Content-Length."""
    text = open(path, 'rb').read()
    for part in re.split(rb'(?m)^### ', text)[1:]:
        head, _, rest = part.partition(b'\n')
        top, gap, body = rest.partition(b'\r\n\r\n')
        found = re.search(rb'(?mi)^content-length *: *(\d+)', top)
        yield (float(head.split()[0]),
               top + gap + body[:int(found.group(1)) if found else 0])


def hep(when, message):
    """A HEP3 frame of SIP, and one of RTCP statistics before it."""
    def chunk(kind, value):
        return struct.pack('>HHH', 0, kind, 6 + len(value)) + value

    def frame(*chunks):
        body = b''.join(chunks)
        return b'HEP3' + struct.pack('>H', 6 + len(body)) + body

    return (frame(chunk(0xb, b'\5'), chunk(0xf, b'{}')) +
            frame(chunk(1, b'\2'), chunk(2, b'\6'),
                  chunk(9, struct.pack('>I', int(when))),
                  chunk(0xa, struct.pack('>I', round(when % 1 * 1e6))),
                  chunk(0xb, b'\1'), chunk(0xf, message)))


def carried(kind, log):
    """When each packet is captured, and what it carries."""
    for when, message in messages(log):
        if kind.startswith('hep-'):
            yield when + 0.005, hep(when, message)
        else:
            yield when, message


def sip(kind, log, out):
    capture = Capture(out)
    src, dst = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
    seq = 1000
    if kind.endswith('tcp'):
        first = next(messages(log))[0]
        capture.add(first, ip_packet(6, tcp(b'', seq - 1, 2), src, dst))
    for when, message in carried(kind, log):
        if kind.endswith('udp'):
            capture.add(when, ip_packet(17, udp(message, (5060, 5062)), src,
                                        dst))
            continue
        for at in range(0, len(message), SEGMENT):
            piece = message[at:at + SEGMENT]
            capture.add(when, ip_packet(6, tcp(piece, seq, 0x18), src, dst))
            seq += len(piece)


def rtp(path, out):
    capture = Capture(out)
    data = open(path, 'rb').read()
    when = 1795300001.0
    at, stamp = 0, None
    while at < len(data):
        size, = struct.unpack_from('>H', data, at)
        packet = data[at + 2:at + 2 + size]
        at += 2 + size
        now, = struct.unpack_from('>I', packet, 4)
        if stamp is not None and now > stamp:
            when += (now - stamp) / 90000
        stamp = now if stamp is None else max(stamp, now)
        capture.add(when, ip_packet(17, udp(packet, (4000, 5000)),
                                    bytes([192, 0, 2, 1]),
                                    bytes([192, 0, 2, 2])))


if __name__ == '__main__':
    if len(sys.argv) == 5 and sys.argv[1] == 'sip':
        sip(*sys.argv[2:])
    elif len(sys.argv) == 4 and sys.argv[1] == 'rtp':
        rtp(*sys.argv[2:])
    else:
        sys.exit(__doc__)
