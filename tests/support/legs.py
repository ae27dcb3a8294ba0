#!/usr/bin/env python3
"""legs.py - a meeting of real packets, and a call in which keys are pressed.

  legs.py make SIP PCAP DIR  alice, bob and carol call alice's conference, each
                             with a noise of his own: alice for 8 s, bob 1.5 s
                             later for 5 s, carol 2.74 s later for 3 s. SRTP,
                             delayed at random by up to 8 ms. To each the server
                             sends the others, 60 ms late. dave's call lasts 2 s
                             and has no packet. DIR/NAME.wav is what each said,
                             from alice's answer on; DIR/server.wav what alice
                             was sent
  legs.py wall JOURNAL MS    the wall clock of a journal was stepped by so much
  legs.py boot JOURNAL MS    its host was started anew: the monotonic clock is
                             another one, by so much
"""
import array
import glob
import os
import random
import struct
import sys
import wave
import zlib

import mkforks

BEGIN, RATE = mkforks.BEGIN, 8000
LENGTH = 9                      # s, of everything that is said
LATE = 480                      # samples that the server needs
# who, when answered and when over (s after BEGIN), host
CALLS = (('alice', 0.5, 8.5, 11), ('bob', 2, 7, 12), ('carol', 3.24, 6.24, 13),
         ('dave', 4, 6, 14))
SPEAKERS = 'alice', 'bob', 'carol'
FOCUS = 'sip:alice@example.com;gruu;opaque=app:conf:audio-video:id:MEET'


class Memo(dict):
    def __missing__(self, v):
        self[v] = mkforks.ulaw(v)
        return self[v]


ULAW = Memo()


def noise(name):
    """Some 2 kHz wide, so that a shift of half a sample is seen."""
    rng, out, a, b = random.Random(name), array.array('h'), 0.0, 0.0
    for _ in range(LENGTH * RATE):
        a += 0.5 * (rng.uniform(-9000, 9000) - a)
        b += 0.5 * (a - b)
        out.append(round(b))
    return out


def others(voices, name):
    """What the server sends to him: who is in the meeting, but himself."""
    out = array.array('h', bytes(2 * LENGTH * RATE))
    for who, begin, end, _ in CALLS:
        if who == name or who not in voices:
            continue
        for i in range(round(begin * RATE), round(end * RATE)):
            if i + LATE < len(out):
                out[i + LATE] += voices[who][i]
    return out


class Talker(mkforks.Phone):
    """Says `pcm`, from its sample number `first` on."""

    def __init__(self, ssrc, pcm, first):
        super().__init__(ssrc, 0)
        self.pcm, self.first = pcm, first

    def payload(self, number):
        at = self.first + 160 * number
        return bytes(ULAW[v] for v in self.pcm[at:at + 160])

    def sent(self, begin, end, source, target):
        """A packet is there when all of it was said, or somewhat later."""
        rng = random.Random(self.ssrc)
        for when, packet in self.frames(begin, end, source, target):
            yield when + 0.02 + rng.uniform(0, 0.008), packet


def message(name, when, first, cseq, tag='', body=''):
    kind = 'Content-Type: application/sdp\r\n' if body else ''
    return when, (
        f'### {BEGIN + when:.6f} front-end\n{first}\r\n'
        f'Via: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK{name}\r\n'
        f'From: <sip:{name}@example.com>;tag={name}\r\n'
        f'To: <{FOCUS}>{tag}\r\nCall-ID: {name}@192.0.2.9\r\n'
        f'CSeq: {cseq}\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}\n')


def signalling(name, begin, end, sdp, answer):
    yield message(name, begin - 0.4, f'INVITE {FOCUS} SIP/2.0', '1 INVITE', '',
                  sdp)
    yield message(name, begin, 'SIP/2.0 200 OK', '1 INVITE', ';tag=s', answer)
    yield message(name, begin + 0.05, f'ACK {FOCUS} SIP/2.0', '1 ACK', ';tag=s')
    yield message(name, end, f'BYE {FOCUS} SIP/2.0', '2 BYE', ';tag=s')


def write_wav(path, pcm):
    with wave.open(path, 'wb') as w:
        w.setparams((1, 2, RATE, 0, 'NONE', ''))
        w.writeframes(pcm.tobytes())


def truth(where, voices):
    start, stop = (round(CALLS[0][i] * RATE) for i in (1, 2))
    for name, begin, end, _ in CALLS[:3]:
        pcm = array.array('h', bytes(2 * LENGTH * RATE))
        cut = slice(round(begin * RATE), round(end * RATE))
        pcm[cut] = voices[name][cut]
        write_wav(f'{where}/{name}.wav', pcm[start:stop])
    write_wav(f'{where}/server.wav', others(voices, 'alice')[start:stop])


def make(sip, pcap, where):
    voices = {name: noise(name) for name in SPEAKERS}
    told, packets = [], []
    for number, (name, begin, end, host) in enumerate(CALLS):
        first = round(begin * RATE)
        user = Talker(2 * number + 1, voices.get(name), first)
        server = Talker(2 * number + 2, others(voices, name), first)
        here, there = (f'192.0.2.{host}', 4000), ('192.0.2.9', 5000 + 2 * number)
        told += signalling(name, begin, end, user.sdp(here), server.sdp(there))
        if name in voices:
            packets += user.sent(begin, end, here, there)
            packets += server.sent(begin, end, there, here)
    with open(sip, 'w', newline='') as file:
        file.writelines(text for _, text in sorted(told))
    with open(pcap, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for when, packet in sorted(packets):
            file.write(struct.pack('<IIII', int(when), round(when % 1 * 1e6),
                                   len(packet), len(packet)) + packet)
    truth(where, voices)


def checked(head, rest=b''):
    return head + struct.pack('>I', zlib.crc32(head + rest)) + rest


def step(journal, wall_ms=0, mono_ms=0):
    """docs/journal.md: where a header and a record have them."""
    def at_times(data, at):
        mono, wall = struct.unpack_from('>qq', data, at)
        return struct.pack('>qq', mono + mono_ms * 10**6,
                           wall + wall_ms * 10**6)

    for path in glob.glob(os.path.join(journal, '*.etj')):
        with open(path, 'rb') as file:
            data = file.read()
        boot = b'another boot id.' if mono_ms else data[24:40]
        out = checked(data[:24] + boot + at_times(data, 40))
        at = 60
        while at < len(data):
            size, = struct.unpack_from('>I', data, at)
            out += checked(data[at:at + 8] + at_times(data, at + 8),
                           data[at + 28:at + 28 + size])
            at += 28 + size
        with open(path, 'wb') as file:
            file.write(out)


if __name__ == '__main__':
    if len(sys.argv) == 5 and sys.argv[1] == 'make':
        make(*sys.argv[2:])
    elif len(sys.argv) == 4 and sys.argv[1] == 'wall':
        step(sys.argv[2], wall_ms=int(sys.argv[3]))
    elif len(sys.argv) == 4 and sys.argv[1] == 'boot':
        step(sys.argv[2], mono_ms=int(sys.argv[3]))
    else:
        sys.exit(__doc__)
