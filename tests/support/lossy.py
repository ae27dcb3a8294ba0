#!/usr/bin/env python3
"""lossy.py - a call that loses packets at random, and whether its sidecar tells.

  lossy.py make KIND PERCENT SIP PCAP LOST
                            the caller speaks for 30 s: KIND pcmu, pcmu400
                            (400 ms a packet), red (PCMU with the packet before
                            in each), opus, or l8 (RFC 3551 4.5.10, which only
                            a plug-in knows); which ones are lost goes to LOST
  lossy.py check JSON LOST  fails when not every lost millisecond is counted,
                            and marked as made up, repaired or silent; tells
                            what became of them
  lossy.py snr WAV WAV      decibels of the first one's left channel over the
                            difference
"""
import json
import math
import os
import random
import struct
import sys
import wave

import mkcapture

LENGTH = 30000                  # ms
LONG = 300000                   # where a percent must be sure
CONCEAL = 80                    # ms, then silence
CODECS = os.path.join(os.path.dirname(__file__), '../golden/codecs')
FORMATS = {
    'pcmu': ('0', '', 20, 8),
    'pcmu400': ('0', '', 400, 8),
    'red': ('97 0', 'a=rtpmap:97 red/8000\r\na=fmtp:97 0/0\r\n', 20, 8),
    'opus': ('106', 'a=rtpmap:106 opus/48000/2\r\na=fmtp:106 useinbandfec=1\r\n',
             20, 48),
    'l8': ('107', 'a=rtpmap:107 L8/8000\r\n', 20, 8),
}


def payloads(name):
    data = open(f'{CODECS}/{name}.pkts', 'rb').read()
    at = 0
    while at < len(data):
        size, = struct.unpack_from('>H', data, at)
        yield data[at + 2:at + 2 + size]
        at += 2 + size


def length(kind):
    return LONG if kind == 'red' else LENGTH


def l8():
    """The voice in frames of 20 ms, offset binary."""
    data = open(f'{CODECS}/voice8.raw', 'rb').read()
    octets = bytes(b ^ 0x80 for b in data[1::2])
    return [octets[i:i + 160] for i in range(0, len(octets) - 159, 160)]


def stream(kind):
    """Payload type and octets of each packet."""
    ms = FORMATS[kind][2]
    once = l8() if kind == 'l8' else \
        list(payloads('opus' if kind == 'opus' else 'pcmu'))
    if kind == 'opus':
        once = once[:-1]        # the last one is short
    frames = [once[i % len(once)] for i in range(length(kind) // 20)]
    if kind == 'pcmu400':
        frames = [b''.join(frames[i:i + ms // 20])
                  for i in range(0, len(frames), ms // 20)]
    for i, frame in enumerate(frames):
        if kind == 'red':
            older = frames[i - 1] if i else frame
            head = struct.pack('>I', 0x80 << 24 | 160 << 10 | len(older))
            yield 97, head + b'\0' + older + frame
        else:
            yield {'opus': 106, 'l8': 107}.get(kind, 0), frame


def make(kind, percent, sip, pcap, lost):
    formats, lines, ms, clock = FORMATS[kind]
    dice = random.Random(7)
    gone, packets = [], []
    for i, (pt, payload) in enumerate(stream(kind)):
        # The ends are there: what is missing there nobody can know.
        if 2 < i < length(kind) // ms - 3 and dice.random() * 100 < int(percent):
            gone.append(i * ms)
            continue
        packets.append(((i + 1) * ms, 0, mkcapture.rtp_packet(
            pt, i, i * ms * clock, 1, payload)))
    mkcapture.conversation(sip, pcap, length(kind), formats, lines, packets)
    with open(lost, 'w') as file:
        json.dump({'ms': ms, 'lost': gone, 'length': length(kind)}, file)


def covered(marks, kinds, ms):
    return any(m['kind'] in kinds and m['at_ms'] <= ms + 0.5 and
               ms + 0.5 <= m['at_ms'] + m['length_ms'] for m in marks)


def check(sidecar, lost):
    side = json.load(open(sidecar))
    truth = json.load(open(lost))
    ms, gone = truth['ms'], set(truth['lost'])
    stream_of = side['streams'][0]
    caller = side['recording']['caller']
    marks = [m for m in side['timeline'] if m['side'] == 'caller']
    assert stream_of['lost'] == len(gone), 'each lost packet is counted'
    assert sum(g['packets'] for g in side['gaps']) == len(gone), 'in a gap too'
    repaired, made = stream_of['repaired'], caller['concealed_ms']
    holes = sum(m['length_ms'] for m in marks if m['kind'] == 'hole')
    # A repaired packet is the sender's own sound; of the others each
    # millisecond is made up or silent, and says so.
    missing = (len(gone) - repaired) * ms
    assert abs(missing - made - holes) < 1, 'nothing besides'
    assert stream_of['decoded_ms'] == truth['length'] - missing, 'nor more'
    silent = [at + part for at in gone for part in range(0, ms, 10)
              if not covered(marks, ('concealed', 'hole'), at + part)]
    assert len(silent) * 10 <= repaired * ms, 'what is neither was repaired'
    assert all(covered(marks, ('gap',), at) for at in gone), 'gaps in place'
    runs = sum(at - ms not in gone for at in gone)
    if ms > CONCEAL:
        assert stream_of['concealed_ms'] == runs * CONCEAL, 'no more than that'
    else:
        assert stream_of['concealed_ms'] == made, 'one count'
    print(f'{len(gone)} lost, {repaired} repaired, {made} ms made up, '
          f'{holes:.0f} ms silent, {(made + holes) * 100 / truth["length"]:.2f}'
          ' %')


def left(path):
    with wave.open(path) as file:
        n = file.getnframes()
        pcm = struct.unpack(f'<{n * file.getnchannels()}h', file.readframes(n))
        return pcm[::file.getnchannels()]


def snr(path, other):
    want, got = left(path), left(other)
    noise = sum((a - b) ** 2 for a, b in zip(want, got))
    print(f'{10 * math.log10(sum(a * a for a in want) / max(noise, 1)):.1f}')


if __name__ == '__main__':
    if len(sys.argv) == 7 and sys.argv[1] == 'make':
        make(*sys.argv[2:])
    elif len(sys.argv) == 4 and sys.argv[1] in ('check', 'snr'):
        {'check': check, 'snr': snr}[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(__doc__)
