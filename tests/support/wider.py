#!/usr/bin/env python3
"""wider.py - a call whose codec becomes a better one, and what is heard of it.

  wider.py make SIP PCAP    the call: PCMU for 3 s, then the callee speaks L16 at
                            16 kHz: a tone of 6000 Hz, which PCMU cannot carry
  wider.py hear WAV         rate, and level of that tone from 4 s to 5 s in dB of
                            full scale
"""
import itertools
import math
import struct
import sys
import wave

import mkcapture

LENGTH = 6000                   # ms
WIDER = 3000
FRAME = 20
TONE = 6000                     # Hz


def pcmu(side):
    for ms in range(0, LENGTH if side == 0 else WIDER, FRAME):
        yield ms + FRAME, side, 0, ms * 8, b'\xff' * 160


def l16():
    for ms in range(WIDER, LENGTH, FRAME):
        x = (round(16000 * math.sin(2 * math.pi * TONE * i / 16000))
             for i in range(ms * 16, (ms + FRAME) * 16))
        yield ms + FRAME, 1, 96, ms * 16, struct.pack('>320h', *x)


def packets():
    seq = itertools.count(), itertools.count()
    for at, side, pt, ts, payload in sorted([*pcmu(0), *pcmu(1), *l16()]):
        yield at, side, mkcapture.rtp_packet(pt, next(seq[side]), ts,
                                             side + 1 + pt, payload)


def make(sip, pcap):
    mkcapture.conversation(sip, pcap, LENGTH, '0 96',
                           'a=rtpmap:96 L16/16000\r\n', packets())


def hear(path):
    with wave.open(path) as file:
        rate = file.getframerate()
        file.setpos(4 * rate)
        pcm = struct.unpack(f'<{rate * 2}h', file.readframes(rate))[1::2]
    turn = 2 * math.pi * TONE / rate
    re = sum(v * math.cos(turn * i) for i, v in enumerate(pcm))
    im = sum(v * math.sin(turn * i) for i, v in enumerate(pcm))
    level = 2 * math.hypot(re, im) / rate / 32768
    print(rate, round(20 * math.log10(level + 1e-6)))


if __name__ == '__main__':
    if len(sys.argv) == 4 and sys.argv[1] == 'make':
        make(*sys.argv[2:])
    elif len(sys.argv) == 3 and sys.argv[1] == 'hear':
        hear(sys.argv[2])
    else:
        sys.exit(__doc__)
