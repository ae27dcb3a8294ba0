"""edgetape_filter.py - Kamailio's side of docs/front-end-contract.md.

Every SIP message goes to `edgetape tap` over mutual TLS as a HEP3 frame; the
message goes on when the verdict is there. One connection per worker process,
and one for the heartbeat, which runs beside the workers: these only wake up
for a message. When the recorder is away, the policy that this side holds
decides.

Environment, besides that of contract.py:
  EDGETAPE_DEADLINE   milliseconds to wait for a verdict (1000)
  EDGETAPE_CLOSED     file with one URI a line: users whose calls are refused
                      while the recorder is away; everybody else's go on
  EDGETAPE_LOG        file for what the endpoints sent, as `edgetape replay`
                      reads it; without it nothing is logged
"""
import os
import random
import time

import KSR

from contract import (HEARTBEAT, HEARTBEAT_ANSWER, KIND, REFUSE, REPLACED,
                      REQUEST, VENDOR, VERDICT, Recorder, chunk, log_entry,
                      new_body, refusal, transport)

EMERGENCY = {'000', '110', '112', '118', '119', '911', '999'}


def mod_init():
    """Kamailio calls this once and keeps the object."""
    return Filter()


def ends():
    """Where the message came from and went to."""
    pv = KSR.pv.get
    return (pv('$si'), pv('$sp')), (pv('$Ri'), pv('$Rp'))


def is_down():
    return bool(KSR.htable.sht_get('tap', 'down'))


def refuse(status, reason):
    """Tells the script what to answer."""
    KSR.pv.seti('$var(status)', status)
    KSR.pv.sets('$var(reason)', reason)
    return -1


class Filter:
    """What Kamailio's script calls; see kamailio.cfg.in."""

    def child_init(self, rank):
        self.recorder = Recorder()
        self.deadline = int(os.environ.get('EDGETAPE_DEADLINE', '1000'))
        self.delay = 0          # seconds to the next attempt to connect
        self.attempt_at = 0
        return 0

    # A function that the script calls returns 1 (true) or -1 (false).

    def ask(self, msg):
        now = time.time_ns() // 1000
        text = KSR.pv.get('$mb').encode('utf-8', 'surrogateescape')
        self.keep(now, text)
        if is_down():
            return self.alone()
        try:
            answer = self.recorder.exchange(REQUEST, self.deadline,
                                            *transport(now, *ends()),
                                            chunk(0, 0xf, text))
        except Exception as e:      # whatever it is, the call must go on
            KSR.err('edgetape: %s; deciding alone\n' % e)
            return self.alone()
        return self.obey(answer)

    def obey(self, answer):
        verdict = answer.get((VENDOR, VERDICT))
        if verdict == REPLACED:
            return self.replace(answer)
        if verdict == REFUSE:
            return refuse(*refusal(answer))
        return 1

    def replace(self, answer):
        """Only the body differs from what we have."""
        body = new_body(answer)
        if body is None:
            KSR.err('edgetape: a verdict "replaced" without a message\n')
            return self.alone(500, 'Server Internal Error')
        KSR.textops.set_body(body.decode('utf-8', 'surrogateescape'),
                             KSR.pv.get('$cT'))
        return 1

    def alone(self, status=503, reason='Recording Unavailable'):
        """Nobody answers: a call that exists goes on; a new one does, unless
        one of its parties must not talk unrecorded."""
        begins = KSR.pv.get('$rm') == 'INVITE' and not KSR.pv.get('$tt')
        if begins and KSR.pv.get('$mt') == 1 and self.is_closed():
            return refuse(status, reason)
        return 1

    def is_closed(self):
        path = os.environ.get('EDGETAPE_CLOSED')
        if not path or KSR.pv.get('$rU') in EMERGENCY:
            return False
        try:
            with open(path) as f:
                users = {line.strip().lower() for line in f}
        except OSError as e:
            KSR.err('edgetape: %s: every call may go on\n' % e)
            return False
        return any((KSR.pv.get(uri) or '').lower() in users
                   for uri in ('$fu', '$tu'))

    def heartbeat(self, msg):
        """Every 250 ms in a process of its own: is the recorder there?"""
        now = time.monotonic()
        if now < self.attempt_at:
            return 1
        try:
            answer = self.recorder.exchange(HEARTBEAT, 1000)
            if answer.get((VENDOR, KIND)) != HEARTBEAT_ANSWER:
                raise ValueError('not a heartbeat answer')
        except Exception as e:
            self.attempt_at = now + self.delay * random.uniform(0.8, 1.2)
            self.delay = min(max(0.25, self.delay * 2), 2)
            if not is_down():
                KSR.err('edgetape: %s: the recorder is away\n' % e)
            KSR.htable.sht_seti('tap', 'down', 1)
            return 1
        self.delay = 0
        if is_down():
            KSR.err('edgetape: the recorder is back\n')
            KSR.htable.sht_rm('tap', 'down')
        return 1

    def keep(self, now, text):
        path = os.environ.get('EDGETAPE_LOG')
        if not path:
            return
        with open(path, 'ab') as f:     # one write: workers do not mix
            f.write(log_entry(now, KSR.pv.get('$si'), text))
