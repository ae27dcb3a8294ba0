"""asker.py - what a worker of a SIP server asks about each message.

It asks the broker (broker.py), which holds the connection to the recorder. A
broker that hangs or is gone never stops a call: this side has a deadline and
the policy too.

Environment:
  EDGETAPE_BROKER     socket of the broker
  EDGETAPE_DEADLINE   milliseconds that the broker waits for a verdict (1000)
  EDGETAPE_CLOSED     file with one URI a line: users whose calls are refused
                      while the recorder is away; everybody else's go on
"""
import collections
import os
import socket
import time

import contract
from contract import (BODY_AT, HEAD, ID, KIND, PAYLOAD, REASON, REFUSE,
                      REPLACED, REQUEST, STATUS, VERDICT)
from policy import Policy

MARGIN = 0.25       # seconds more than the broker's own deadline
PAUSE = 1           # after a silence: nobody else waits for it so long

# What is to become of a message: it is refused with a status, or gets another
# body, or goes on as it is (NOTHING).
Verdict = collections.namedtuple('Verdict', 'status reason body',
                                 defaults=(0, '', None))
NOTHING = Verdict()
AWAY = Verdict(503, 'Recording Unavailable')


def verdict_of(answer):
    verdict = contract.value(answer, VERDICT)
    if verdict == REFUSE:
        return Verdict(contract.value(answer, STATUS) or AWAY.status,
                       contract.value(answer, REASON) or 'Refused')
    at, text = contract.value(answer, BODY_AT), answer.get(PAYLOAD)
    if verdict == REPLACED and at is not None and text is not None:
        return Verdict(body=text[at:])
    return NOTHING


class Asker:
    """One connection to the broker, one question at a time; what goes wrong
    is told to `log`."""

    def __init__(self, log):
        env = os.environ
        self.path = env['EDGETAPE_BROKER']
        self.wait = int(env.get('EDGETAPE_DEADLINE', '1000')) / 1000 + MARGIN
        self.policy = Policy(env.get('EDGETAPE_CLOSED'), log)
        self.log = log
        self.sock = None
        self.number = 0
        self.silent_until = 0

    def ask(self, text, now, source, destination):
        """The verdict on a message; always one, and never late."""
        begun = time.monotonic()
        if begun < self.silent_until:
            return self.alone(text)
        try:
            chunks = contract.sip(text, now, source, destination)
            return verdict_of(self.exchange(chunks, begun + self.wait))
        except Exception as e:      # whatever it is, calls must go on
            self.close()
            if isinstance(e, TimeoutError):
                self.silent_until = time.monotonic() + PAUSE
            self.log('broker: %s; deciding alone' %
                     (str(e) or type(e).__name__))
            return self.alone(text)

    def alone(self, text):
        try:
            return AWAY if self.policy.refuses(text) else NOTHING
        except Exception as e:
            self.log('policy: %s; the message goes on' % e)
            return NOTHING

    def exchange(self, chunks, until):
        self.number += 1
        data = contract.frame(REQUEST, self.number, *chunks)
        if self.sock:
            try:
                return self.send(data, until)
            except TimeoutError:
                raise
            except OSError:
                self.close()    # the broker was started again: once more
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(max(until - time.monotonic(), 0.001))
        self.sock.connect(self.path)
        return self.send(data, until)

    def send(self, data, until):
        self.sock.settimeout(max(until - time.monotonic(), 0.001))
        self.sock.sendall(data)
        while True:
            size = contract.length(self.read(HEAD, until))
            answer = contract.chunks_of(self.read(size, until))
            if (contract.value(answer, KIND) == contract.ANSWER and
                    contract.value(answer, ID) == self.number):
                return answer

    def read(self, n, until):
        data = b''
        while len(data) < n:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError('silent')
            self.sock.settimeout(left)
            more = self.sock.recv(n - len(data))
            if not more:
                raise ConnectionError('has gone')
            data += more
        return data

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None
