#!/usr/bin/env python3
"""keys.py - a call in which keys are pressed, and what is heard of them.

  keys.py make SIP PCAP     the call: PCMU, RFC 4733 on payload type 101
  keys.py hear WAV          a line for each key: when its tone begins and ends
                            in milliseconds, and how loud it is, -dBm0; `none`
                            when there is no tone of it
"""
import itertools
import math
import struct
import sys
import wave

import mkcapture

RATE = 8000
LENGTH = 9500                   # ms
FRAME = 20
FULL_DBM0 = 3.14                # of a sine of full scale
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = '123A456B789C*0#D'
EVENTS = '0123456789*#ABCD'

# When it goes down (ms), how long, which, -dBm0, and what is odd about it:
# most senders are quiet meanwhile ("hole"), some go on speaking ("beside"),
# some put the tone into their sound as well ("inband"). The network may hold
# a press back for a while ("held-back").
PRESSES = (
    (1000, 200, '5', 10, 'hole'),
    (2000, 100, '#', 20, 'beside first-lost'),
    (3000, 150, '1', 10, 'hole end-lost'),
    (4000, 200, '9', 13, 'inband'),
    (5000, 2600, 'D', 16, 'hole'),
    (8100, 120, '*', 10, 'hole segments'),
    (8600, 150, '8', 10, 'hole held-back'),
)


def pitches(key):
    return ROWS[KEYS.index(key) // 4], COLUMNS[KEYS.index(key) % 4]


def mulaw(x):
    sign, x = (0x80, -x) if x < 0 else (0, x)
    x = min(int(x), 32635) + 132
    exponent = x.bit_length() - 8
    return ~(sign | exponent << 4 | x >> exponent + 3 & 15) & 0xff


def amplitude(dbm0):
    return 32768 / math.sqrt(2) * 10 ** (-(FULL_DBM0 + dbm0) / 20)


def inband(ms):
    return next((p for p in PRESSES if 'inband' in p[4] and
                 p[0] <= ms < p[0] + p[1]), None)


def sound(at, hum):
    """A hum, or the tone that the sender makes himself."""
    out = bytearray()
    for i in range(at * 8, (at + FRAME) * 8):
        press = inband(i / 8)
        if press:
            x = sum(amplitude(press[3]) * math.sin(2 * math.pi * f * i / RATE)
                    for f in pitches(press[2]))
        else:
            x = 3000 * math.sin(2 * math.pi * hum * i / RATE)
        out.append(mulaw(x))
    return bytes(out)


def voice(ssrc, hum):
    for ms in range(0, LENGTH, FRAME):
        if ssrc == 1 and any('hole' in p[4] and p[0] <= ms < p[0] + p[1]
                             for p in PRESSES):
            continue
        yield ms + FRAME, 0, ms * 8, sound(ms, hum)


def reports(press):
    """When each packet of a press is sent, and what it says."""
    begin, length, key, volume, how = press
    steps = list(range(50, length, 50))
    if 'first-lost' in how:
        steps = steps[1:]
    event = EVENTS.index(key)
    for ms in steps:
        yield begin + ms, begin * 8, struct.pack('>BBH', event, volume, ms * 8)
    if 'end-lost' in how:
        return
    half = 100 if 'segments' in how else 0
    for again in range(3):
        yield (begin + length + again * FRAME, (begin + half) * 8,
               struct.pack('>BBH', event, 0x80 | volume, (length - half) * 8))


def keyed():
    for press in PRESSES:
        late = 70 if 'held-back' in press[4] else 0
        for at, ts, payload in reports(press):
            yield at + late, 101, ts, payload


def packets():
    seq = itertools.count(), itertools.count()
    sent = [(p, 0) for p in voice(1, 300)] + [(p, 0) for p in keyed()] + \
        [(p, 1) for p in voice(2, 200)]
    for (at, pt, ts, payload), side in sorted(sent):
        yield at, side, mkcapture.rtp_packet(pt, next(seq[side]), ts, side + 1,
                                             payload)


def make(sip, pcap):
    mkcapture.conversation(sip, pcap, LENGTH, '0 101',
                           'a=rtpmap:101 telephone-event/8000\r\n', packets())


def goertzel(x, hz):
    """Amplitude of one pitch."""
    turn, a, b = 2 * math.cos(2 * math.pi * hz / RATE), 0.0, 0.0
    for v in x:
        a, b = v + turn * a - b, a
    return math.sqrt(max(a * a + b * b - turn * a * b, 0)) * 2 / len(x)


def is_tone(x, key):
    """Both pitches, and no third as loud as they are."""
    low, high = (goertzel(x, f) for f in pitches(key))
    return min(low, high) > 300 and 0.5 < low / high < 2


def hear(path):
    with wave.open(path) as file:
        assert file.getframerate() == RATE and file.getnchannels() == 2
        pcm = struct.unpack(f'<{file.getnframes() * 2}h',
                            file.readframes(file.getnframes()))[::2]
    for begin, length, key, _, _ in PRESSES:
        step = 10 * RATE // 1000
        at = range((begin - 200) * 8, (begin + length + 300) * 8, step // 2)
        hits = [i for i in at if is_tone(pcm[i:i + step], key)]
        if not hits:
            print(key, 'none')
            continue
        first, last = hits[0], hits[-1] + step
        middle = pcm[first + step:last - step]
        power = sum(goertzel(middle, f) ** 2 for f in pitches(key))
        level = 10 * math.log10(power / 32768 ** 2) + FULL_DBM0
        print(key, first // 8, last // 8, f'{-level:.1f}')


if __name__ == '__main__':
    if len(sys.argv) == 4 and sys.argv[1] == 'make':
        make(*sys.argv[2:])
    elif len(sys.argv) == 3 and sys.argv[1] == 'hear':
        hear(sys.argv[2])
    else:
        sys.exit(__doc__)
