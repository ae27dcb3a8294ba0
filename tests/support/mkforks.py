#!/usr/bin/env python3
"""mkforks.py LOG PCAP [END] - a call of 8 s that two phones are offered, as a SIP log
and as a capture of SRTP. Both phones send media before the answer, at 3 s: the
first one, which loses, a tone of 500 Hz from 0.6 s to 6 s, the second one 900 Hz
from 1.1 s on. The caller sends 1300 Hz from 1.1 s on.

With END nobody answers: at 3 s the call is cancelled or busy, and all media
ends, or it is forged: cancelled for the signalling alone."""
import base64
import hashlib
import hmac
import math
import struct
import subprocess
import sys

BEGIN = 1795300000.0
SUITE = 'AES_CM_128_HMAC_SHA1_80'
CALLER, FIRST, SECOND = ('192.0.2.1', 4000), ('192.0.2.2', 5000), \
    ('192.0.2.3', 6000)


def aes(key, blocks):
    """AES-128 of blocks that stand side by side."""
    return subprocess.run(['openssl', 'enc', '-aes-128-ecb', '-nopad', '-K',
                           key.hex()], input=blocks, capture_output=True,
                          check=True).stdout


def counter(iv, octets):
    return b''.join((iv + i).to_bytes(16, 'big')
                    for i in range((octets + 15) // 16))


def derived(master, label, octets):
    """RFC 3711 4.3.1, key derivation rate 0."""
    salt = int.from_bytes(master[16:], 'big')
    return aes(master[:16], counter((salt ^ label << 48) << 16,
                                    octets))[:octets]


def ulaw(v):
    sign, x = (0x80, -v) if v < 0 else (0, v)
    x = min(x + 132, 32767)
    exponent = x.bit_length() - 8
    return ~(sign | exponent << 4 | x >> exponent + 3 & 15) & 255


def address(host):
    return bytes(int(part) for part in host.split('.'))


class Phone:
    def __init__(self, ssrc, hz):
        self.ssrc, self.hz = ssrc, hz
        self.master = hashlib.sha256(b'%d' % ssrc).digest()[:30]

    def payload(self, number):
        return bytes(ulaw(round(8000 * math.sin(
            2 * math.pi * self.hz * (160 * number + i) / 8000)))
            for i in range(160))

    def packets(self, count):
        """RFC 3711 3.1 and 4.1.1; no rollover in so few."""
        key, auth, salt = (derived(self.master, label, octets)
                           for label, octets in ((0, 16), (1, 20), (2, 14)))
        salt = int.from_bytes(salt, 'big') << 16
        stream = aes(key, b''.join(
            counter(salt ^ self.ssrc << 64 ^ number << 16, 160)
            for number in range(count)))
        for number in range(count):
            head = struct.pack('>BBHII', 0x80, 0, number, 160 * number,
                               self.ssrc)
            packet = head + bytes(a ^ b for a, b in zip(
                self.payload(number), stream[160 * number:]))
            yield packet + hmac.new(auth, packet + bytes(4),
                                    hashlib.sha1).digest()[:10]

    def frames(self, begin, end, source, target):
        for number, packet in enumerate(self.packets(
                round((end - begin) * 50))):
            udp = struct.pack('>HHHH', source[1], target[1], 8 + len(packet),
                              0) + packet
            yield BEGIN + begin + 0.02 * number, struct.pack(
                '>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                address(source[0]), address(target[0])) + udp

    def sdp(self, at):
        key = base64.b64encode(self.master).decode()
        return ('v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n'
                'm=audio {1} RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n'
                'a=crypto:1 {2} inline:{3}\r\n').format(*at, SUITE, key)


def message(when, first, cseq, tag='', body=''):
    kind = 'Content-Type: application/sdp\r\n' if body else ''
    return (f'### {BEGIN + when:.6f} front-end\n{first}\r\n'
            'Via: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1\r\n'
            'From: <sip:alice@example.com>;tag=a\r\n'
            f'To: <sip:bob@example.com>{tag}\r\n'
            f'Call-ID: forked@192.0.2.1\r\nCSeq: {cseq}\r\n{kind}'
            f'Content-Length: {len(body)}\r\n\r\n{body}\n')


def ending(end, second, bob):
    if end == 'busy':
        for tag in (';tag=b1', ';tag=b2'):
            yield message(3, 'SIP/2.0 486 Busy Here', '1 INVITE', tag)
            yield message(3.1, f'ACK {bob}', '1 ACK', tag)
    elif end:
        yield message(3, f'CANCEL {bob}', '1 CANCEL')
        yield message(3.1, 'SIP/2.0 487 Request Terminated', '1 INVITE',
                      ';tag=b2')
    else:
        yield message(3, 'SIP/2.0 200 OK', '1 INVITE', ';tag=b2',
                      second.sdp(SECOND))
        yield message(3.1, f'ACK {bob}', '1 ACK', ';tag=b2')
        yield message(8, f'BYE {bob}', '2 BYE', ';tag=b2')


def main(log, pcap, end=''):
    caller, first, second = Phone(1, 1300), Phone(2, 500), Phone(3, 900)
    bob = 'sip:bob@example.com SIP/2.0'
    with open(log, 'w', newline='') as file:
        file.write(message(0, f'INVITE {bob}', '1 INVITE', '',
                           caller.sdp(CALLER)))
        file.write(message(0.5, 'SIP/2.0 183 Session Progress', '1 INVITE',
                           ';tag=b1', first.sdp(FIRST)))
        file.write(message(1, 'SIP/2.0 183 Session Progress', '1 INVITE',
                           ';tag=b2', second.sdp(SECOND)))
        file.write(''.join(ending(end, second, bob)))
    over = 3 if end in ('busy', 'cancelled') else 8
    every = [*first.frames(0.6, min(over, 6), FIRST, CALLER),
             *second.frames(1.1, over, SECOND, CALLER),
             *caller.frames(1.1, over, CALLER, SECOND)]
    with open(pcap, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for when, packet in sorted(every):
            file.write(struct.pack('<IIII', int(when), round(when % 1 * 1e6),
                                   len(packet), len(packet)) + packet)


if __name__ == '__main__':
    main(*sys.argv[1:])
