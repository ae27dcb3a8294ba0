#!/usr/bin/env python3
"""mkcapture.py - captures for the tests, from what the tests have as files.

  mkcapture.py sip KIND LOG OUT       the SIP messages of a text log as packets;
                                      KIND udp, tcp, hep-udp, hep-tcp; TCP in
                                      segments that fit no message, two of three
                                      in the wrong order, UDP in IP fragments;
                                      HEP3 frames are captured late, but tell
                                      the time. KIND tls:SUITE or tls13:SUITE
                                      (OpenSSL's name; the server's PEM file in
                                      OUT.pem): TLS, its keys in OUT.keys
  mkcapture.py trace KIND LOG OUT     the same as a log of another program:
                                      KIND server, client, pbx
  mkcapture.py merge OUT FILE...      pcap files as one pcapng, an interface each,
                                      in nanoseconds
  mkcapture.py halves FILE OUT OUT    a pcap file in two
  mkcapture.py rtp FILE OUT           RTP packets (16-bit length, packet), 33 ms
                                      apart, from 192.0.2.1:4000 to 192.0.2.2:5000
  mkcapture.py simulcast FILE OUT     the same, and each packet of X-H264UC once
                                      more, as the camera's smaller stream
"""
import datetime
import os
import re
import ssl
import struct
import sys

BEGIN = 1795300001      # when the made calls are answered, Unix time
SEGMENT = 700
FRAGMENT = 560          # octets, a multiple of eight
ENDS = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
PORTS = 4000, 5000      # of the media


def ip_packet(proto, payload, src, dst):
    """IPv4, as LINKTYPE_RAW has it; nobody here reads the checksum."""
    return struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 0, 0, 64,
                       proto, 0, src, dst) + payload


def udp(payload, ports):
    return struct.pack('>HHHH', *ports, 8 + len(payload), 0) + payload


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


def message(when, call_id, first, cseq, body=''):
    kind = 'Content-Type: application/sdp\r\n' if body else ''
    tag = '' if first.startswith('INVITE') else ';tag=b'
    return (f'### {when:.6f} front-end\n{first}\r\n'
            'Via: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1\r\n'
            'From: <sip:alice@example.com>;tag=a\r\n'
            f'To: <sip:bob@example.com>{tag}\r\n'
            f'Call-ID: {call_id}\r\nCSeq: {cseq}\r\n{kind}'
            f'Content-Length: {len(body)}\r\n\r\n{body}\n')


def call(begin, seconds, call_id, offer, answer):
    """The log of a call that is answered at `begin`."""
    bob = 'sip:bob@example.com SIP/2.0'
    return ''.join((
        message(begin - 1, call_id, f'INVITE {bob}', '1 INVITE', offer),
        message(begin, call_id, 'SIP/2.0 200 OK', '1 INVITE', answer),
        message(begin + 0.05, call_id, f'ACK {bob}', '1 ACK'),
        message(begin + seconds, call_id, f'BYE {bob}', '2 BYE')))


def rtp_packet(pt, seq, ts, ssrc, payload):
    return struct.pack('>BBHII', 0x80, pt, seq, ts, ssrc) + payload


def description(address, port, formats, lines):
    return (f'v=0\r\no=- 0 0 IN IP4 {address}\r\ns=session\r\n'
            f'c=IN IP4 {address}\r\nt=0 0\r\n'
            f'm=audio {port} RTP/AVP {formats}\r\n{lines}')


def conversation(sip, pcap, ms, formats, lines, packets):
    """A call of two parties: its SIP as a text log, its media as a pcap.
    `formats` and `lines` are the SDP's; each packet is the time in ms from the
    answer on, the side that sends, 0 or 1, and the RTP."""
    capture = Capture(pcap)
    for at, side, packet in packets:
        capture.add(BEGIN + at / 1000,
                    ip_packet(17, udp(packet, PORTS[::-1 if side else 1]),
                              *ENDS[::-1 if side else 1]))
    with open(sip, 'w', newline='') as out:
        out.write(call(BEGIN, ms / 1000, 'made@example.com',
                       description('192.0.2.1', PORTS[0], formats, lines),
                       description('192.0.2.2', PORTS[1], formats, lines)))


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


def fragments(packet, number):
    """An IPv4 packet in pieces, the last one first."""
    head, body = packet[:20], packet[20:]
    for at in reversed(range(0, len(body), FRAGMENT)):
        piece = body[at:at + FRAGMENT]
        more = 0x2000 if at + FRAGMENT < len(body) else 0
        yield (head[:2] + struct.pack('>HHH', 20 + len(piece), number & 0xffff,
                                      more | at >> 3) + head[8:] + piece)


class Stream:
    """One direction of a TCP connection; its segments come in odd order."""

    def __init__(self, capture, when, ports, ends):
        self.capture, self.ports, self.ends = capture, ports, ends
        self.seq = 0xfffffc00           # the numbers wrap soon
        self.put(when, b'', 2)
        self.seq += 1

    def put(self, when, piece, flags=0x18):
        self.capture.add(when, ip_packet(6, struct.pack(
            '>HHIIBBHHH', *self.ports, self.seq & 0xffffffff, 0, 5 << 4, flags,
            8192, 0, 0) + piece, *self.ends))

    def send(self, when, data):
        first, pieces = self.seq, []
        for at in range(0, len(data), SEGMENT):
            pieces.append((first + at, data[at:at + SEGMENT]))
        for group in range(0, len(pieces), 3):
            for self.seq, piece in pieces[group:group + 3][::-1]:
                self.put(when, piece)
        self.seq = first + len(data)


def sip(kind, log, out):
    if kind.startswith('tls'):
        return tls(kind, log, out)
    capture = Capture(out)
    stream = None
    for number, (when, message) in enumerate(carried(kind, log)):
        if kind.endswith('udp'):
            packet = ip_packet(17, udp(message, (5060, 5062)), *ENDS)
            for piece in fragments(packet, number):
                capture.add(when, piece)
            continue
        if not stream:
            stream = Stream(capture, when, (5060, 5062), ENDS)
        stream.send(when, message)


class TlsEnd:
    """One end of a TLS connection that is kept in memory."""

    def __init__(self, kind, out, server):
        version, suite = kind.split(':')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server
                                 else ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if version == 'tls':
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(suite)
        if server:
            context.load_cert_chain(out + '.pem')
        else:
            context.keylog_filename = out + '.keys'
        self.heard, self.said = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.heard, self.said, server_side=server)

    def shake(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self):
        try:
            while self.tls.read(65536):
                pass
        except ssl.SSLWantReadError:
            pass


def tls(kind, log, out):
    """The messages alternate between the ends."""
    if os.path.exists(out + '.keys'):
        os.remove(out + '.keys')
    capture = Capture(out)
    when = next(messages(log))[0] - 0.1
    ends = [TlsEnd(kind, out, False), TlsEnd(kind, out, True)]
    ways = [Stream(capture, when, (40000, 5061), ENDS),
            Stream(capture, when, (5061, 40000), ENDS[::-1])]

    def carry(when):
        moved = False
        for i in range(2):
            data = ends[i].said.read()
            if data:
                ways[i].send(when, data)
                ends[1 - i].heard.write(data)
                moved = True
        return moved

    while not all([end.shake() for end in ends]) or carry(when):
        carry(when)
    for number, (when, message) in enumerate(messages(log)):
        ends[number % 2].tls.write(message)
        carry(when)
        ends[1 - number % 2].read()


def stamp(when, form):
    at = datetime.datetime.fromtimestamp(round(when * 1e6) // 1000 / 1000,
                                         datetime.timezone.utc)
    return at.strftime(form)[:-3]


def trace(kind, log, out):
    """As other programs write it, to the millisecond."""
    with open(out, 'wb') as file:
        for when, message in messages(log):
            top, _, body = message.partition(b'\r\n\r\n')
            start, _, headers = top.partition(b'\r\n')
            if kind == 'server':
                file.write(
                    b'TL_INFO(TF_PROTOCOL) [POOL\\FE]0B60.1F64::' +
                    stamp(when, '%m/%d/%Y-%H:%M:%S.%f').encode() +
                    b'.0000D8F1 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:'
                    b'ProtocolRecord.cpp(265)) [236184] $$begin_record\r\n'
                    b'Trace-Correlation-Id: 236184\r\nInstance-Id: 5D4C\r\n'
                    b'Direction: incoming;source="internal edge"\r\n'
                    b'Peer: 192.0.2.1:50123\r\nMessage-Type: request\r\n'
                    b'Start-Line: ' + start + b'\r\n' + headers +
                    b'\r\nMessage-Body: ' + (body or b'-') +
                    b'\r\n$$end_record\r\n\r\n')
                continue
            if kind == 'client':
                mark = (stamp(when, '%m/%d/%Y|%H:%M:%S.%f') +
                        ' 15A8:1B2C INFO  :: ').encode()
                file.write(mark + b'Sending Packet - 192.0.2.1:443 (From Local '
                           b'Address: 192.0.2.2:50123) 1 bytes:\r\n' + mark +
                           message + b'\r\n' + mark +
                           b'End of Sending Packet - 192.0.2.1:443\r\n')
                continue
            file.write(b'[' + stamp(when, '%Y-%m-%d %H:%M:%S.%f').encode() +
                       b'] VERBOSE[12] logger.c: <--- Received SIP --->\n' +
                       message.replace(b'\r\n', b'\n') + b'\n\n')


def frames(path):
    """Link type, then nanoseconds and octets of each frame of a pcap file."""
    data = open(path, 'rb').read()
    magic, link = struct.unpack_from('<I', data)[0], struct.unpack_from(
        '<I', data, 20)[0]
    unit = {0xa1b2c3d4: 1000, 0xa1b23c4d: 1}[magic]
    yield link
    at = 24
    while at < len(data):
        s, part, size, _ = struct.unpack_from('<IIII', data, at)
        yield s * 10**9 + part * unit, data[at + 16:at + 16 + size]
        at += 16 + size


def merge(out, *paths):
    def block(kind, body):
        body += b'\0' * (-len(body) % 4)
        size = struct.pack('<I', 12 + len(body))
        return struct.pack('<I', kind) + size + body + size

    inputs = [frames(path) for path in paths]
    every = []
    with open(out, 'wb') as file:
        file.write(block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0,
                                                 -1)))
        for number, source in enumerate(inputs):
            file.write(block(1, struct.pack('<HHI', next(source), 0, 0) +
                             struct.pack('<HHB3x', 9, 1, 9) + b'\0' * 4))
            every += [(ns, number, frame) for ns, frame in source]
        for ns, number, frame in sorted(every, key=lambda e: e[0]):
            file.write(block(6, struct.pack('<IIIII', number, ns >> 32,
                                            ns & 0xffffffff, len(frame),
                                            len(frame)) + frame))


def halves(path, first, second):
    data = open(path, 'rb').read()
    ends = [24]
    while ends[-1] < len(data):
        ends.append(ends[-1] + 16 + struct.unpack_from('<I', data,
                                                       ends[-1] + 8)[0])
    cut = ends[len(ends) // 2]
    open(first, 'wb').write(data[:cut])
    open(second, 'wb').write(data[:24] + data[cut:])


def smaller(packet):
    """Another SSRC and PRID; the pictures are an octet shorter."""
    copy = bytearray(packet)
    copy[11] |= 0x40
    kind = copy[12] & 31
    if kind == 30:
        copy[13] |= 8
    elif kind == 24:
        copy[16] |= 8
    elif kind == 28 and copy[13] & 0x40:
        copy.pop()
    return bytes(copy)


def rtp(path, out, simulcast=False):
    capture = Capture(out)
    data = open(path, 'rb').read()
    when = BEGIN
    at, stamp = 0, None
    while at < len(data):
        size, = struct.unpack_from('>H', data, at)
        packet = data[at + 2:at + 2 + size]
        at += 2 + size
        now, = struct.unpack_from('>I', packet, 4)
        if stamp is not None and now > stamp:
            when += (now - stamp) / 90000
        stamp = now if stamp is None else max(stamp, now)
        for one in [smaller(packet)] * simulcast + [packet]:
            capture.add(when, ip_packet(17, udp(one, PORTS), *ENDS))


if __name__ == '__main__':
    if len(sys.argv) == 5 and sys.argv[1] == 'sip':
        sip(*sys.argv[2:])
    elif len(sys.argv) > 3 and sys.argv[1] == 'merge':
        merge(*sys.argv[2:])
    elif len(sys.argv) == 5 and sys.argv[1] == 'halves':
        halves(*sys.argv[2:])
    elif len(sys.argv) == 5 and sys.argv[1] == 'trace':
        trace(*sys.argv[2:])
    elif len(sys.argv) == 4 and sys.argv[1] == 'rtp':
        rtp(*sys.argv[2:])
    elif len(sys.argv) == 4 and sys.argv[1] == 'simulcast':
        rtp(*sys.argv[2:], simulcast=True)
    else:
        sys.exit(__doc__)
