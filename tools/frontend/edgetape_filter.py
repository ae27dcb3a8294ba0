"""edgetape_filter.py - Kamailio's side of docs/front-end-contract.md.

Every SIP message goes to `edgetape tap` over mutual TLS as a HEP3 frame; the
message goes on when the verdict is there. One connection per worker process,
and one for the heartbeat, which runs beside the workers: these only wake up
for a message. When the recorder is away, the policy that this side holds
decides.

Environment:
  EDGETAPE_TAP        IP:PORT of the recorder
  EDGETAPE_TAP_NAME   the name in the recorder's certificate
  EDGETAPE_TLS        directory with ca.pem, fe.pem and fe.key
  EDGETAPE_NAME       our own name
  EDGETAPE_DEADLINE   milliseconds to wait for a verdict (1000)
  EDGETAPE_CLOSED     file with one URI a line: users whose calls are refused
                      while the recorder is away; everybody else's go on
  EDGETAPE_LOG        file for what the endpoints sent, as `edgetape replay`
                      reads it; without it nothing is logged
"""
import os
import random
import socket
import ssl
import struct
import time

import KSR

VENDOR = 0x4554
VERSION, KIND, ID, DEADLINE, VERDICT, STATUS, REASON, BODY_AT, NAME = range(1, 10)
REQUEST, HEARTBEAT, HEARTBEAT_ANSWER = 1, 3, b'\x04'
REPLACED, REFUSE = b'\x01', b'\x02'     # anything else is pass
EMERGENCY = {'000', '110', '112', '118', '119', '911', '999'}


def mod_init():
    """Kamailio calls this once and keeps the object."""
    return Filter()


def chunk(vendor, kind, value):
    return struct.pack('!HHH', vendor, kind, 6 + len(value)) + value


def frame(*chunks):
    body = b''.join(chunks)
    return b'HEP3' + struct.pack('!H', 6 + len(body)) + body


def ours(kind, fmt, value):
    return chunk(VENDOR, kind, struct.pack(fmt, value))


def transport(now):
    """Where the message came from and went to, and when (generic chunks)."""
    return (chunk(0, 1, b'\x02'), chunk(0, 2, b'\x06'),
            chunk(0, 3, socket.inet_aton(KSR.pv.get('$si'))),
            chunk(0, 4, socket.inet_aton(KSR.pv.get('$Ri'))),
            chunk(0, 7, struct.pack('!H', KSR.pv.get('$sp'))),
            chunk(0, 8, struct.pack('!H', KSR.pv.get('$Rp'))),
            chunk(0, 9, struct.pack('!I', now // 1000000)),
            chunk(0, 0xa, struct.pack('!I', now % 1000000)),
            chunk(0, 0xb, b'\x01'))


def chunks_of(data):
    """{(vendor, type): value} of a frame without its head."""
    found = {}
    while data:
        vendor, kind, length = struct.unpack_from('!HHH', data)
        if length < 6 or length > len(data):
            raise ValueError('chunk of %d octets' % length)
        found[vendor, kind] = data[6:length]
        data = data[length:]
    return found


def is_down():
    return bool(KSR.htable.sht_get('tap', 'down'))


def refuse(status, reason):
    """Tells the script what to answer."""
    KSR.pv.seti('$var(status)', status)
    KSR.pv.sets('$var(reason)', reason)
    return -1


class Recorder:
    """One TLS connection to `edgetape tap`; requests in strict order."""

    def __init__(self):
        self.sock = None
        self.next_id = os.getpid() << 32

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None

    def connect(self, left):
        tls = os.environ['EDGETAPE_TLS']
        context = ssl.create_default_context(cafile=tls + '/ca.pem')
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(tls + '/fe.pem', tls + '/fe.key')
        host, port = os.environ['EDGETAPE_TAP'].rsplit(':', 1)
        plain = socket.create_connection((host, int(port)), left)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock = context.wrap_socket(
                plain, server_hostname=os.environ['EDGETAPE_TAP_NAME'])
        except Exception:
            plain.close()
            raise

    def read(self, n, until):
        data = b''
        while len(data) < n:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError('no verdict in time')
            self.sock.settimeout(left)
            more = self.sock.recv(n - len(data))
            if not more:
                raise ConnectionError('the recorder closed the connection')
            data += more
        return data

    def read_frame(self, until):
        magic, length = struct.unpack('!4sH', self.read(6, until))
        if magic != b'HEP3' or length < 6:
            raise ValueError('not a HEP3 frame')
        return chunks_of(self.read(length - 6, until))

    def exchange(self, kind, deadline_ms, *more):
        """The answer to one frame; raises when there is none in time."""
        until = time.monotonic() + deadline_ms / 1000
        self.next_id += 1
        data = frame(*more, ours(VERSION, '!H', 1), ours(KIND, '!B', kind),
                     ours(ID, '!Q', self.next_id),
                     ours(DEADLINE, '!H', deadline_ms),
                     chunk(VENDOR, NAME, os.environ['EDGETAPE_NAME'].encode()))
        if self.sock:
            try:
                return self.send(data, until)
            except TimeoutError:
                raise
            except OSError:
                pass        # the recorder was restarted: once more, anew
        self.connect(max(until - time.monotonic(), 0.001))
        return self.send(data, until)

    def send(self, data, until):
        """Sends one frame and reads until its answer is there."""
        try:
            self.sock.settimeout(max(until - time.monotonic(), 0.001))
            self.sock.sendall(data)
            while True:     # what is not for us is an answer that was late
                answer = self.read_frame(until)
                if answer.get((VENDOR, ID)) == struct.pack('!Q', self.next_id):
                    return answer
        except Exception:
            self.close()
            raise


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
                                            *transport(now),
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
            status = struct.unpack('!H', answer[VENDOR, STATUS])[0]
            reason = answer.get((VENDOR, REASON), b'').decode('utf-8', 'replace')
            return refuse(status, reason or 'Refused')
        return 1

    def replace(self, answer):
        """Only the body differs from what we have."""
        at = answer.get((VENDOR, BODY_AT))
        text = answer.get((0, 0xf))
        if not at or not text:
            KSR.err('edgetape: a verdict "replaced" without a message\n')
            return self.alone(500, 'Server Internal Error')
        body = text[struct.unpack('!I', at)[0]:]
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
        head = '### %d.%06d front-end received from %s\n' % (
            now // 1000000, now % 1000000, KSR.pv.get('$si'))
        with open(path, 'ab') as f:     # one write: workers do not mix
            f.write(head.encode() + text + b'\n')
