"""contract.py - docs/front-end-contract.md, as a Front End speaks it.

Environment:
  EDGETAPE_TAP        IP:PORT of the recorder
  EDGETAPE_TAP_NAME   the name in the recorder's certificate
  EDGETAPE_TLS        directory with ca.pem, fe.pem and fe.key
  EDGETAPE_NAME       our own name
"""
import os
import socket
import ssl
import struct
import time

VENDOR = 0x4554
VERSION, KIND, ID, DEADLINE, VERDICT, STATUS, REASON, BODY_AT, NAME = range(1, 10)
REQUEST, HEARTBEAT, HEARTBEAT_ANSWER = 1, 3, b'\x04'
REPLACED, REFUSE = b'\x01', b'\x02'     # anything else is pass


def chunk(vendor, kind, value):
    return struct.pack('!HHH', vendor, kind, 6 + len(value)) + value


def frame(*chunks):
    body = b''.join(chunks)
    return b'HEP3' + struct.pack('!H', 6 + len(body)) + body


def ours(kind, fmt, value):
    return chunk(VENDOR, kind, struct.pack(fmt, value))


def transport(now, source, destination):
    """When the message came, in microseconds, and from and to which (IP, port);
    generic chunks."""
    return (chunk(0, 1, b'\x02'), chunk(0, 2, b'\x06'),
            chunk(0, 3, socket.inet_aton(source[0])),
            chunk(0, 4, socket.inet_aton(destination[0])),
            chunk(0, 7, struct.pack('!H', source[1])),
            chunk(0, 8, struct.pack('!H', destination[1])),
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


def new_body(answer):
    """The body in a verdict "replaced"; None when it has no message."""
    at = answer.get((VENDOR, BODY_AT))
    text = answer.get((0, 0xf))
    return text[struct.unpack('!I', at)[0]:] if at and text else None


def refusal(answer):
    """(status, reason) of a verdict "refuse"."""
    reason = answer.get((VENDOR, REASON), b'').decode('utf-8', 'replace')
    return (struct.unpack('!H', answer[VENDOR, STATUS])[0],
            reason or 'Refused')


def log_entry(now, source_ip, text):
    """What an endpoint sent, as `edgetape replay` reads it."""
    head = '### %d.%06d front-end received from %s\n' % (
        now // 1000000, now % 1000000, source_ip)
    return head.encode() + text + b'\n'


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
