"""broker_check.py - the Front End's side of the contract (tools/frontend)
against a recorder that is told how to behave. Speaks TAP.

Times are those of docs/front-end-contract.md; what may only be late is given
a second, what may not be early is given nothing.
"""
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

FRONTEND = os.path.join(os.path.dirname(__file__), '../../tools/frontend')
sys.path.insert(0, FRONTEND)
import contract                                             # noqa: E402
from asker import NOTHING, PAUSE, Asker, Verdict    # noqa: E402
from policy import Policy                                   # noqa: E402

DEADLINE = 0.4
OPEN, CLOSED = 'sip:bob@x.test', 'sip:alice@x.test'
REFUSED = Verdict(503, 'Recording Unavailable')
tests = 0


def is_ok(what, good, *seen):
    global tests
    tests += 1
    print('%sok %d - %s' % ('' if good else 'not ', tests, what))
    if not good:
        print('#', *seen, file=sys.stderr)


def same(what, got, wanted):
    is_ok(what, got == wanted, 'got', got, 'not', wanted)


def await_true(what, condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit('waited in vain: ' + what)
        time.sleep(0.01)


def message(caller=OPEN, callee='sip:carol@x.test', method='INVITE', more='',
            tag=''):
    return ('%s %s SIP/2.0\r\nFrom: "A" <%s>;tag=1\r\nTo: <%s>%s\r\n%s'
            'Call-ID: 1\r\nCSeq: 1 %s\r\n\r\nbody\r\n' %
            (method, callee, caller, callee, tag, more, method)).encode()


class Tap:
    """`answer` gets a request's chunks and returns what to send; heartbeats
    are answered while `beats`."""

    def __init__(self, tls):
        self.context = ssl.create_default_context(
            ssl.Purpose.CLIENT_AUTH, cafile=tls + '/ca.pem')
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.load_cert_chain(tls + '/tap.pem', tls + '/tap.key')
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.beats, self.version, self.deaf = True, 1, False
        self.answer = self.passes
        self.met, self.heard, self.requests = [], [], []
        self.links = []
        threading.Thread(target=self.accept, daemon=True).start()

    @staticmethod
    def passes(request):
        return verdict(request, contract.PASS)

    def accept(self):
        while True:
            plain = self.listener.accept()[0]
            self.met.append(time.monotonic())
            if self.deaf:
                plain.close()
                continue
            threading.Thread(target=self.serve, args=(plain,),
                             daemon=True).start()

    def serve(self, plain):
        try:
            link = self.context.wrap_socket(plain, server_side=True)
            self.links.append(link)
            while True:
                self.take(link, self.read(link))
        except OSError:
            pass

    @staticmethod
    def read(link):
        def exactly(n):
            data = b''
            while len(data) < n:
                more = link.recv(n - len(data))
                if not more:
                    raise OSError
                data += more
            return data
        return contract.chunks_of(exactly(contract.length(exactly(6))))

    def take(self, link, asked):
        if contract.value(asked, contract.KIND) == contract.HEARTBEAT:
            self.heard.append(time.monotonic())
            if self.beats:
                link.sendall(self.frame(contract.HEARTBEAT_ANSWER, asked))
            return
        self.requests.append(asked)
        data = self.answer(asked)
        if data:
            link.sendall(data)

    def frame(self, kind, asked):
        data = contract.frame(kind, contract.value(asked, contract.ID))
        own = struct.pack('!HHHH', contract.VENDOR, contract.VERSION, 8, 1)
        return data.replace(own, own[:-1] + bytes([self.version]))

    def drop(self):
        for link in self.links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.links.clear()


def verdict(request, code, *more):
    return contract.frame(contract.ANSWER,
                          contract.value(request, contract.ID),
                          contract.ours(contract.VERDICT, code), *more)


def certificates(tls):
    def openssl(*args):
        subprocess.run(['openssl', *args], check=True, capture_output=True)
    new = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
           '-nodes', '-subj', '/CN=any']
    openssl(*new, '-x509', '-keyout', tls + '/ca.key', '-out', tls + '/ca.pem')
    for name in 'tap', 'fe':
        end = '%s/%s.' % (tls, name)
        with open(end + 'ext', 'w', encoding='ascii') as f:
            f.write('subjectAltName=DNS:%s.x.test\n' % name)
        openssl(*new, '-keyout', end + 'key', '-out', end + 'csr')
        openssl('x509', '-req', '-in', end + 'csr', '-CA', tls + '/ca.pem',
                '-CAkey', tls + '/ca.key', '-CAcreateserial', '-extfile',
                end + 'ext', '-out', end + 'pem')


class Rig:
    def __init__(self, directory):
        self.dir = directory
        certificates(directory)
        self.tap = Tap(directory)
        self.closed = directory + '/closed'
        with open(self.closed, 'w', encoding='utf-8') as f:
            f.write('# who must not talk unrecorded\n%s\n' % CLOSED)
        os.environ.update(
            EDGETAPE_BROKER=directory + '/sock', EDGETAPE_TLS=directory,
            EDGETAPE_TAP='127.0.0.1:%d' % self.tap.port,
            EDGETAPE_TAP_NAME='tap.x.test', EDGETAPE_NAME='fe.x.test',
            EDGETAPE_DEADLINE=str(int(DEADLINE * 1000)),
            EDGETAPE_CLOSED=self.closed)
        self.said, self.broker = [], None
        self.start()
        self.asker = self.worker()

    def worker(self):
        """With more patience for the broker than in life: a busy machine."""
        asker = Asker(self.said.append)
        asker.wait = DEADLINE + 1
        return asker

    def start(self, **more):
        self.log = open(self.dir + '/log', 'w+', encoding='utf-8')
        self.broker = subprocess.Popen(
            ['/usr/bin/python3', FRONTEND + '/broker.py'], stdout=self.log,
            stderr=self.log, env={**os.environ, **more})
        await_true('the broker', lambda: 'the recorder is' in self.told())

    def stop(self, number=signal.SIGTERM):
        self.broker.send_signal(number)
        return self.broker.wait(10)

    def told(self):
        with open(self.dir + '/log', encoding='utf-8') as f:
            return f.read()

    def ask(self, text, asker=None):
        """The verdict and the seconds it took."""
        begun = time.monotonic()
        got = (asker or self.asker).ask(text, 1700000000000000,
                                        ('192.0.2.1', 5061),
                                        ('192.0.2.2', 5061))
        return got, time.monotonic() - begun

    def is_away(self):
        last = [line for line in self.told().splitlines()
                if 'the recorder is' in line and 'alone' not in line]
        return last[-1].endswith('away')


def check_verdicts(rig):
    tap, ask = rig.tap, lambda text: rig.ask(text)[0]
    same('pass', ask(message()), NOTHING)
    asked = tap.requests[-1]
    same('the message arrives as it was', asked[contract.PAYLOAD], message())
    same('the request has version, deadline and name',
         [contract.value(asked, kind) for kind in
          (contract.VERSION, contract.DEADLINE, contract.NAME)],
         [1, int(DEADLINE * 1000), 'fe.x.test'])
    new = contract.chunk(*contract.PAYLOAD, b'INVITE...\r\n\r\nnew')
    at = contract.ours(contract.BODY_AT, 13)
    tap.answer = lambda r: verdict(r, contract.REPLACED, new, at)
    same('replaced: the body', ask(message()).body, b'new')
    tap.answer = lambda r: verdict(
        r, contract.REFUSE, contract.ours(contract.STATUS, 488),
        contract.ours(contract.REASON, 'no relay'))
    same('refuse', ask(message()), Verdict(488, 'no relay'))
    tap.answer = lambda r: verdict(r, 9, contract.chunk(
        contract.VENDOR, 10, b'\xff\xff\xff\xff'))
    same('a verdict that is not known is pass', ask(message(CLOSED)), NOTHING)
    tap.answer = lambda r: verdict(r, contract.REPLACED)
    same('replaced without a message, fail-closed',
         ask(message(CLOSED))[:1], (500,))
    same('replaced without a message, fail-open', ask(message()), NOTHING)
    tap.answer = tap.passes


def check_order(rig):
    """Two workers; the second is answered first."""
    held = []

    def hold(request):
        held.append(request)
        if len(held) == 1:
            return None
        return b''.join(verdict(r, contract.REFUSE,
                                contract.ours(contract.STATUS, 600 + i))
                        for i, r in reversed(list(enumerate(held))))
    rig.tap.answer = hold
    got = {}

    def worker(n):
        got[n] = rig.ask(message(), rig.worker())[0].status
    first = threading.Thread(target=worker, args=(0,))
    first.start()
    await_true('the first request', lambda: held)
    worker(1)
    first.join()
    same('each worker gets its own answer', got, {0: 600, 1: 601})
    rig.tap.answer = rig.tap.passes


def check_deadline(rig):
    kept = []
    rig.tap.answer = kept.append    # no answer
    got, took = rig.ask(message(CLOSED))
    same('no verdict in time, fail-closed', got, REFUSED)
    is_ok('the deadline is kept', DEADLINE <= took < DEADLINE + 1, took)
    same('no verdict in time, fail-open', rig.ask(message())[0], NOTHING)
    # The next answer brings the late ones with it.
    rig.tap.answer = lambda r: b''.join(
        verdict(k, contract.REFUSE, contract.ours(contract.STATUS, 499))
        for k in kept) + verdict(r, contract.PASS)
    same('late verdicts are ignored', rig.ask(message(CLOSED))[0], NOTHING)
    rig.tap.answer = rig.tap.passes


def check_policy_cases(rig):
    cases = (
        ('caller', message(CLOSED), True),
        ('callee', message(callee=CLOSED), True),
        ('somebody else', message(), False),
        ('letters and parameters', message(
            'SIPS:Alice@X.test:5061;transport=tls'), True),
        ('asserted identity', message(more='P-Asserted-Identity: <tel:+1>, '
                                           '<sip:alice@x.test>\r\n'), True),
        ('in a dialog', message(CLOSED, tag=';tag=2'), False),
        ('BYE', message(CLOSED, method='BYE'), False),
        ('no request', message(CLOSED).replace(
            b'INVITE sip:carol@x.test SIP/2.0', b'SIP/2.0 200 OK'), False),
        ('an emergency', message(CLOSED, 'sip:112@x.test'), False),
        ('an emergency in another form', message(
            CLOSED, 'sip:+911;phone-context=x@x.test;user=phone'), False),
        ('no SIP at all', b'\xff\xfe\r\n\r\n', False),
    )
    for what, text, refused in cases:
        got, took = rig.ask(text)
        same('away: %s is %s' % (what, 'refused' if refused else 'passed'),
             got, REFUSED if refused else NOTHING)
        if took > DEADLINE:
            is_ok('away: nobody waits', False, took)


def check_silence(rig):
    rig.tap.beats = False
    begun = time.monotonic()
    await_true('down', rig.is_away)
    took = time.monotonic() - begun
    is_ok('four heartbeats without an answer, and it is away',
          0.75 <= took < 2.25, took)
    is_ok('and why is said', 'no answer to 4 heartbeats' in rig.told())
    check_policy_cases(rig)
    rig.tap.beats = True
    await_true('back', lambda: not rig.is_away())
    same('back: asked again', rig.ask(message(CLOSED))[0], NOTHING)
    rig.tap.heard.clear()
    time.sleep(2)
    is_ok('a heartbeat each 250 ms', 6 <= len(rig.tap.heard) <= 9,
          len(rig.tap.heard))


def check_disconnection(rig):
    """At once, then after 0.25, 0.5, 1, 2 and 2 s, 20 % more or less."""
    tap = rig.tap
    tap.deaf = True
    tap.met.clear()
    begun = time.monotonic()
    tap.drop()
    await_true('down', rig.is_away)
    same('disconnected, fail-closed', rig.ask(message(CLOSED))[0], REFUSED)
    await_true('six attempts', lambda: len(tap.met) >= 6)
    gaps = [b - a for a, b in zip([begun] + tap.met, tap.met)]
    delays = (0, 0.25, 0.5, 1, 2, 2)
    is_ok('it connects again, ever more slowly',
          all(delay * 0.8 <= gap < delay * 1.2 + 1
              for delay, gap in zip(delays, gaps)), gaps)
    tap.deaf = False
    await_true('back', lambda: not rig.is_away())
    for what, data in (('no HEP3', b'SIP/2.0 200 OK\r\n'),
                       ('a chunk beyond its frame', b'HEP3' + struct.pack(
                           '!HHHH', 12, 0x4554, 1, 99))):
        tap.answer = lambda r, data=data: data
        met = len(tap.met)
        same(what + ': as not connected', rig.ask(message(CLOSED))[0],
             REFUSED)
        tap.answer = tap.passes
        await_true('back', lambda met=met: len(tap.met) > met and
                   not rig.is_away())
        same(what + ': it connects again', rig.ask(message(CLOSED))[0],
             NOTHING)
    tap.version = 2
    await_true('another version', rig.is_away)
    is_ok('another version of the contract is as not connected',
          'speaks version 2' in rig.told(), rig.told())
    tap.version = 1
    await_true('back', lambda: not rig.is_away())


def check_broker_away(rig):
    os.kill(rig.broker.pid, signal.SIGSTOP)
    got, took = rig.ask(message(CLOSED))
    same('broker hung, fail-closed', got, REFUSED)
    is_ok('broker hung: a worker keeps its deadline',
          took < rig.asker.wait + 1, took)
    got, took = rig.ask(message())
    is_ok('broker hung, fail-open: nobody waits again',
          got == NOTHING and took < DEADLINE, got, took)
    os.kill(rig.broker.pid, signal.SIGCONT)
    await_true('here', lambda: not rig.is_away())
    time.sleep(PAUSE)
    asked = len(rig.tap.requests)
    rig.ask(message())
    is_ok('broker goes on: asked again', len(rig.tap.requests) == asked + 1)
    rig.stop(signal.SIGKILL)
    same('broker dead, fail-closed', rig.ask(message(CLOSED))[0], REFUSED)
    same('broker dead, fail-open', rig.ask(message())[0], NOTHING)
    rig.start()
    await_true('here', lambda: not rig.is_away())
    asked = len(rig.tap.requests)
    rig.ask(message())
    is_ok('another broker: asked again', len(rig.tap.requests) == asked + 1)
    same('a message too long for a frame, fail-closed',
         rig.ask(message(CLOSED) + b'x' * 70000)[0], REFUSED)
    check_observed(rig)
    same('it ends when told', rig.stop(), 0)
    is_ok('its socket is gone', not os.path.exists(rig.dir + '/sock'))
    rig.start(EDGETAPE_TAP_NAME='somebody.else.test')
    is_ok('a recorder of another name is not talked to', rig.is_away())
    rig.stop()


def check_observed(rig):
    rig.stop()
    rig.start(EDGETAPE_OBSERVE='192.0.2.1')
    await_true('here', lambda: not rig.is_away())
    rig.tap.answer = lambda r: verdict(r, contract.REFUSE, contract.ours(
        contract.STATUS, 499))
    same('observed: not obeyed', rig.ask(message())[0], NOTHING)
    same('observed: and the recorder knows', contract.value(
        rig.tap.requests[-1], contract.FLAGS), contract.OBSERVE)
    rig.tap.answer = rig.tap.passes


def check_table(directory):
    """The file is read again when it changes, and one that goes stays."""
    path, said = directory + '/table', []
    policy = Policy(path, said.append)
    is_ok('no table: everybody may', not policy.refuses(message(CLOSED)))
    policy.refuses(message(CLOSED))
    same('and that is said once a minute', len(said), 1)
    for user, refused in ((CLOSED, True), ('sip:zoe@x.test', False)):
        with open(path + '.new', 'w', encoding='utf-8') as f:
            f.write(user + '\n')
        os.rename(path + '.new', path)
        same('the table is read again: ' + user,
             policy.refuses(message(CLOSED)), refused)
    os.unlink(path)
    is_ok('a table that has gone is still obeyed',
          policy.refuses(message('sip:zoe@x.test')))


def check_programs():
    run = subprocess.run(
        ['/usr/bin/python3', '-c', 'import asker, sys; sys.exit('
         'any(m in sys.modules for m in ("ssl", "_ssl", "_hashlib")))'],
        cwd=FRONTEND, check=False)
    same('a worker gets no TLS library', run.returncode, 0)
    run = subprocess.run(['/usr/bin/python3', FRONTEND + '/broker.py'],
                         env={}, capture_output=True, check=False)
    is_ok('the broker says what is not set',
          run.returncode == 1 and b'EDGETAPE_BROKER is not set' in run.stderr,
          run.stderr)
    run = subprocess.run(
        ['/usr/bin/python3', FRONTEND + '/broker.py', '--help'],
        capture_output=True, check=False)
    is_ok('--help', run.returncode == 0 and b'EDGETAPE_TAP ' in run.stdout)


def main():
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory() as directory:
        rig = Rig(directory)
        try:
            check_verdicts(rig)
            check_order(rig)
            check_deadline(rig)
            check_silence(rig)
            check_disconnection(rig)
            check_broker_away(rig)
        finally:
            rig.broker.kill()
            rig.broker.wait()
        check_table(directory)
        check_programs()
    print('1..%d' % tests)


if __name__ == '__main__':
    main()
