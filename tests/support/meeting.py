#!/usr/bin/env python3
"""meeting.py - recordings of a conference's legs, and whether they lie together.

  meeting.py make DIR     sidecars and stereo recordings: alice calls her own
                          conference, bob comes 1.5 s later, and at 2.04 s the
                          server calls carol, at another rate. Each has a tone
                          of his own; what the server sends is 2000 Hz. Then
                          a meeting under the same identifier an hour later, and
                          a call of bob and dave at the same time. Two hours
                          later erin calls frank, who sends her on to grace
  meeting.py hear WAV     the tones in each channel and when they begin, ms
"""
import array
import hashlib
import json
import math
import os
import sys
import wave

BEGIN = 1795300000.0
SERVER = 2000
MEET = {'conference': 'MEET'}
# call, links, caller, callee, begin, seconds, rate, left Hz, right Hz
CALLS = [
    ('a', MEET, 'alice', 'alice', 0, 4, 8000, 500, SERVER),
    ('b', MEET, 'bob', 'alice', 1.5, 2, 8000, 900, SERVER),
    ('c', MEET, 'alice', 'carol', 2.04, 1, 16000, SERVER, 1300),
    ('later', MEET, 'dave', 'alice', 3600, 1, 8000, 700, SERVER),
    ('other', {}, 'bob', 'dave', 1, 1, 8000, 700, 1100),
    ('first', {}, 'erin', 'frank', 7200, 2, 8000, 500, 900),
    ('second', {'referred-by': '"Frank" <sip:Frank@example.com;opaque=u>;x=1',
                'conversation': ''},
     'erin', 'grace', 7203, 1, 8000, 1300, 2000),
]


def iso(seconds):
    whole = int(seconds // 1)
    import datetime
    t = datetime.datetime.fromtimestamp(whole, datetime.timezone.utc)
    return t.strftime('%Y-%m-%dT%H:%M:%S') + \
        '.%03dZ' % round((seconds - whole) * 1000)


def make(where):
    os.makedirs(where, exist_ok=True)
    for name, links, caller, callee, at, secs, rate, left, right in CALLS:
        pcm = array.array('h')
        for i in range(secs * rate):
            for hz in left, right:
                pcm.append(round(8000 * math.sin(2 * math.pi * hz * i / rate)))
        path = os.path.join(where, name + '.wav')
        with wave.open(path, 'wb') as w:
            w.setparams((2, 2, rate, 0, 'NONE', ''))
            w.writeframes(pcm.tobytes())
        with open(path, 'rb') as f:
            data = f.read()
        facts = {'caller.uri': 'sip:%s@example.com' % caller,
                 'callee.uri': 'sip:%s@example.com' % callee, **links}
        begin = BEGIN + at
        with open(os.path.join(where, name + '.json'), 'w') as f:
            json.dump({
                'version': 1, 'outcome': 'RECORDED', 'why': '',
                'call': {'id': name, 'call_id': name + '@example.com',
                         'begun': iso(begin - 1), 'answered': iso(begin),
                         'ended': iso(begin + secs),
                         'end': {'cause': 'bye', 'by': 'caller'},
                         'facts': facts},
                'decision': {'record': True, 'rule': '', 'reason':
                             'Why. [mode=always scope=internal keep=9%s '
                             'owners=sip:x]' % (' announce' * (name == 'b'))},
                'recording': {
                    'begin': iso(begin), 'end': iso(begin + secs),
                    'duration_ms': secs * 1000, 'rate': rate,
                    'files': [{'name': name + '.wav', 'channels': 2,
                               'bytes': len(data),
                               'sha256': hashlib.sha256(data).hexdigest()}]},
            }, f)


def energy(samples, rate, hz):
    """Of a tone, in a piece of a hundredth of a second; full scale 1."""
    re = sum(s * math.cos(2 * math.pi * hz * i / rate)
             for i, s in enumerate(samples))
    im = sum(s * math.sin(2 * math.pi * hz * i / rate)
             for i, s in enumerate(samples))
    return 2 * math.hypot(re, im) / len(samples) / 32768


def hear(path):
    with wave.open(path) as w:
        channels, rate = w.getnchannels(), w.getframerate()
        pcm = array.array('h', w.readframes(w.getnframes()))
    tones = sorted({hz for call in CALLS for hz in call[7:9]})
    piece = rate // 100
    for channel in range(channels):
        mine = pcm[channel::channels]
        found = []
        for hz in tones:
            loud = [i for i in range(0, len(mine) - piece + 1, piece)
                    if energy(mine[i:i + piece], rate, hz) > 0.12]
            if loud:
                found.append('%d from %d to %d' % (
                    hz, loud[0] * 1000 // rate,
                    (loud[-1] + piece) * 1000 // rate))
        print('; '.join(found))


if sys.argv[1] == 'make':
    make(sys.argv[2])
else:
    hear(sys.argv[2])
