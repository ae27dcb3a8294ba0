"""edgetape_filter.py - Kamailio's side of docs/front-end-contract.md.

Every SIP message is shown to the broker (broker.py), and goes on when the
verdict is there. Kamailio has a TLS library of its own, whose memory it
manages itself: nothing that is imported here may use that library too.

Environment, besides that of asker.py:
  EDGETAPE_LOG        file for what the endpoints sent, as `edgetape replay`
                      reads it; without it nothing is logged
"""
import os
import time

import KSR

from asker import Asker
from contract import log_entry

HERE = ('127.0.0.1', 5061)


def mod_init():
    """Kamailio calls this once and keeps the object."""
    return Filter()


def log(text):
    KSR.err('edgetape: %s\n' % text)


class Filter:
    """What Kamailio's script calls; see kamailio.cfg.in."""

    def child_init(self, rank):
        self.asker = Asker(log)
        return 0

    def ask(self, msg):
        """1: the message goes on; -1: the script refuses it."""
        pv = KSR.pv.get
        verdict = self.show((pv('$si'), pv('$sp')), (pv('$Ri'), pv('$Rp')))
        if verdict.status:
            KSR.pv.seti('$var(status)', verdict.status)
            KSR.pv.sets('$var(reason)', verdict.reason)
            return -1
        if verdict.body is not None:    # only the body differs from ours
            KSR.textops.set_body(
                verdict.body.decode('utf-8', 'surrogateescape'), pv('$cT'))
        return 1

    def tell(self, msg):
        """A response that Kamailio made itself: it goes on, in any case."""
        self.show(HERE, HERE)
        return 1

    def show(self, source, destination):
        now = time.time_ns() // 1000
        text = KSR.pv.get('$mb').encode('utf-8', 'surrogateescape')
        self.keep(now, source[0], text)
        return self.asker.ask(text, now, source, destination)

    def keep(self, now, source_ip, text):
        path = os.environ.get('EDGETAPE_LOG')
        if not path:
            return
        with open(path, 'ab') as f:     # one write: workers do not mix
            f.write(log_entry(now, source_ip, text))
