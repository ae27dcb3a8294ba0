#!/usr/bin/env python3
"""msturn.py - the media relay of a Lync Edge, as far as its clients see it.

MS-TURN over UDP and TCP with long-term credentials, IPv4. What differs from
RFC 5766: every message carries the attribute 000f = 72c64bc6, attributes are
not padded, NONCE and REALM have changed places, the integrity is that of RFC
3489 (HMAC-SHA1, zeros up to 64 octets, length not adjusted), MAPPED-ADDRESS
is the relayed address, and Set Active Destination takes the wrapping off what
goes to and comes from one peer.

On TCP a unit is 02 (control) or 03 (data), 00, a length of 16 bits, payload;
a stream may begin with a pseudo-TLS handshake. Media inside is framed by RFC
4571; the relayed side is UDP for all clients, so the frame is taken off and
put on here.
"""
import argparse
import hashlib
import hmac
import os
import selectors
import signal
import socket
import struct
import sys

ALLOCATE, SEND, ACTIVE = 0x0003, 0x0004, 0x0006
ALLOCATED, REFUSED, ACTIVATED, DATA_IND = 0x0103, 0x0113, 0x0106, 0x0115
MAPPED, USERNAME, INTEGRITY, ERROR, LIFETIME = 1, 6, 8, 9, 0xd
COOKIE, DESTINATION, REMOTE, DATA = 0xf, 0x11, 0x12, 0x13
NONCE, REALM, MS_VERSION, XOR_MAPPED, SEQUENCE = (0x14, 0x15, 0x8008, 0x8020,
                                                  0x8050)
MAGIC = b'\x72\xc6\x4b\xc6'
CONTROL_UNIT, DATA_UNIT = 2, 3
LIFE = 600      # seconds

# MS-TURN's hello: the octets are fixed, only the client's random differs.
HELLO = bytes.fromhex('160301002d010000290301')
HELLO_SIZE = 50
HELLO_ANSWER = (bytes.fromhex('160301004e020000460301') + bytes(32) + b'\x20' +
                bytes(32) + bytes.fromhex('0018000e000000'))


def attr(kind, value):
    return struct.pack('!HH', kind, len(value)) + value


def address(kind, where, xor=0):
    ip, = struct.unpack('!I', socket.inet_aton(where[0]))
    return attr(kind, struct.pack('!BBHI', 0, 1, where[1] ^ xor >> 16,
                                  ip ^ xor))


def address_of(value):
    port, ip = struct.unpack('!xxH4s', value)
    return socket.inet_ntoa(ip), port


def is_control(data):
    return (len(data) >= 28 and data[0] < 2 and
            data[20:28] == attr(COOKIE, MAGIC))


def parse(data):
    """(method, transaction, {attribute: value}, octets before the HMAC)."""
    method, length, transaction = struct.unpack_from('!HH16s', data)
    found, at, before = {}, 20, None
    while at + 4 <= min(20 + length, len(data)):
        kind, size = struct.unpack_from('!HH', data, at)
        if kind == INTEGRITY:
            before = data[:at]
        found[kind] = data[at + 4:at + 4 + size]
        at += 4 + size
    return method, transaction, found, before


class Framing:
    """Cuts a TCP stream into (kind, payload)."""

    def __init__(self):
        self.bytes = b''
        self.greeted = False

    def greeting(self):
        """The answer to a pseudo-TLS hello, once it is whole."""
        if self.greeted or not self.bytes:
            return b''
        if self.bytes[0] != HELLO[0]:
            self.greeted = True
            return b''
        if len(self.bytes) < HELLO_SIZE:
            return b''
        if not self.bytes.startswith(HELLO):
            raise ValueError('neither MS-TURN nor its hello')
        self.bytes = self.bytes[HELLO_SIZE:]
        self.greeted = True
        return HELLO_ANSWER

    def units(self):
        while self.greeted and len(self.bytes) >= 4:
            kind, size = struct.unpack_from('!BxH', self.bytes)
            if len(self.bytes) < 4 + size:
                return
            unit, self.bytes = self.bytes[4:4 + size], self.bytes[4 + size:]
            yield kind, unit


class UdpClient:
    def __init__(self, sock, where):
        self.sock, self.where = sock, where

    def send_control(self, data):
        self.sock.sendto(data, self.where)

    send_data = send_control

    @staticmethod
    def wrap(data):
        return data

    unwrap = wrap


class TcpClient:
    def __init__(self, sock, where):
        self.sock, self.where = sock, where
        self.framing = Framing()

    def unit(self, kind, data):
        try:
            self.sock.sendall(struct.pack('!BxH', kind, len(data)) + data)
        except OSError:
            pass        # the reader finds out, too

    def send_control(self, data):
        self.unit(CONTROL_UNIT, data)

    def send_data(self, data):
        self.unit(DATA_UNIT, self.wrap(data))

    @staticmethod
    def wrap(data):
        return struct.pack('!H', len(data)) + data

    @staticmethod
    def unwrap(data):
        size = struct.unpack_from('!H', data)[0] if len(data) > 2 else -1
        if size != len(data) - 2:
            raise ValueError('not one RFC 4571 frame')
        return data[2:]


class Allocation:
    def __init__(self, client, sock):
        self.client, self.sock = client, sock
        self.allowed = set()
        self.active = None
        self.connection = os.urandom(20)
        self.sequence = 0

    def next_sequence(self):
        self.sequence += 1
        return attr(SEQUENCE, self.connection +
                    struct.pack('!I', self.sequence))


class Relay:
    def __init__(self, options):
        self.o = options
        self.nonce = os.urandom(20)
        secret = '%s:%s:%s' % (options.user, options.realm, options.password)
        self.key = hashlib.md5(secret.encode()).digest()
        self.selector = selectors.DefaultSelector()
        self.udp_clients = {}   # address: UdpClient
        self.allocations = {}   # client: Allocation
        self.count = dict.fromkeys(('allocated', 'denied', 'unauthorized',
                                    'up', 'down'), 0)

    # Messages.

    def hmac(self, data):
        padded = data + bytes(-len(data) % 64)
        return hmac.new(self.key, padded, hashlib.sha1).digest()

    @staticmethod
    def message(method, transaction, *attrs):
        body = (attr(COOKIE, MAGIC) + attr(MS_VERSION, b'\0\0\0\3') +
                b''.join(attrs))
        return struct.pack('!HH', method, len(body)) + transaction + body

    def answer(self, client, method, transaction, *attrs):
        """With our own integrity, which clients demand."""
        data = self.message(method, transaction, *attrs)
        data = data[:2] + struct.pack('!H', len(data) - 20 + 24) + data[4:]
        client.send_control(data + attr(INTEGRITY, self.hmac(data)))

    def refuse(self, client, transaction, code, reason):
        client.send_control(self.message(
            REFUSED, transaction,
            attr(ERROR, struct.pack('!HBB', 0, code // 100, code % 100) +
                 reason),
            attr(NONCE, self.nonce),
            attr(REALM, b'"%s"' % self.o.realm.encode())))

    def bind(self):
        for _ in range(1000):
            port = self.o.ports[0] + int.from_bytes(os.urandom(2), 'big') % (
                self.o.ports[1] - self.o.ports[0] + 1)
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                sock.bind((self.o.ip, port))
                return sock
            except OSError:
                sock.close()
        raise OSError('no relayed port is free')

    def allocate(self, client, transaction, found, before):
        if before is None:
            return self.refuse(client, transaction, 401, b'Unauthorized')
        if not hmac.compare_digest(self.hmac(before), found[INTEGRITY]):
            self.count['unauthorized'] += 1
            return self.refuse(client, transaction, 431, b'Integrity')
        a = self.allocations.get(client)
        if not a:
            a = Allocation(client, self.bind())
            self.allocations[client] = a
            self.selector.register(a.sock, selectors.EVENT_READ,
                                   (self.on_relayed, a))
            self.count['allocated'] += 1
        life = min(LIFE, int.from_bytes(found.get(LIFETIME, b'\2\x58'), 'big'))
        self.answer(client, ALLOCATED, transaction,
                    attr(LIFETIME, struct.pack('!I', life)),
                    address(MAPPED, a.sock.getsockname()),
                    address(XOR_MAPPED, client.where,
                            int.from_bytes(transaction[:4], 'big')),
                    a.next_sequence())
        if not life:
            self.release(client)
        return None

    def release(self, client):
        a = self.allocations.pop(client, None)
        if a:
            self.selector.unregister(a.sock)
            a.sock.close()

    def peer_key(self, where):
        return where if self.o.perm == 'ipport' else where[0]

    def to_peer(self, a, data, where):
        self.count['up'] += 1
        try:
            a.sock.sendto(data, where)
        except OSError:
            pass        # an address that nobody can send to

    def on_control(self, client, data):
        method, transaction, found, before = parse(data)
        a = self.allocations.get(client)
        if method == ALLOCATE:
            self.allocate(client, transaction, found, before)
        elif a and method in (SEND, ACTIVE) and DESTINATION in found:
            where = address_of(found[DESTINATION])
            a.allowed.add(self.peer_key(where))
            if method == SEND and DATA in found:
                self.to_peer(a, client.unwrap(found[DATA]), where)
            elif method == ACTIVE:
                a.active = where
                self.answer(client, ACTIVATED, transaction)

    # Packets.

    def on_client(self, client, data):
        """A datagram or a data unit."""
        a = self.allocations.get(client)
        if a and a.active:
            self.to_peer(a, client.unwrap(data), a.active)

    def on_relayed(self, a):
        data, where = a.sock.recvfrom(65535)
        if self.peer_key(where) not in a.allowed:
            self.count['denied'] += 1
            return
        self.count['down'] += 1
        if where == a.active:
            a.client.send_data(data)
            return
        a.client.send_control(self.message(
            DATA_IND, os.urandom(16), address(REMOTE, where),
            a.next_sequence(), attr(DATA, a.client.wrap(data))))

    def on_udp(self, sock):
        data, where = sock.recvfrom(65535)
        client = self.udp_clients.setdefault(where, UdpClient(sock, where))
        if is_control(data):
            self.on_control(client, data)
        else:
            self.on_client(client, data)

    def on_accept(self, listener):
        sock, where = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = TcpClient(sock, where)
        self.selector.register(sock, selectors.EVENT_READ,
                               (self.on_tcp, client))

    def on_tcp(self, client):
        try:
            data = client.sock.recv(65536)
            if not data:
                raise ConnectionError('closed')
            client.framing.bytes += data
            client.sock.sendall(client.framing.greeting())
            for kind, unit in client.framing.units():
                if kind == CONTROL_UNIT and is_control(unit):
                    self.on_control(client, unit)
                elif kind == DATA_UNIT:
                    self.on_client(client, unit)
        except (OSError, ValueError) as e:
            print('msturn: %s:%d: %s' % (*client.where, e), flush=True)
            self.selector.unregister(client.sock)
            client.sock.close()
            self.release(client)

    def listen(self, kind, port, action):
        sock = socket.socket(socket.AF_INET, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.o.ip, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(16)
        self.selector.register(sock, selectors.EVENT_READ, (action, sock))

    def run(self):
        self.listen(socket.SOCK_DGRAM, self.o.udp, self.on_udp)
        for port in self.o.tcp:
            self.listen(socket.SOCK_STREAM, port, self.on_accept)
        while True:
            for key, _ in self.selector.select():
                action, subject = key.data
                if key.fileobj.fileno() >= 0:   # not released meanwhile
                    action(subject)


def numbers(sep):
    return lambda text: [int(n) for n in text.split(sep)]


def options():
    p = argparse.ArgumentParser(description='An MS-TURN relay.')
    p.add_argument('--ip', required=True, help='served and relayed address')
    p.add_argument('--udp', type=int, default=3478, metavar='PORT')
    p.add_argument('--tcp', type=numbers(','), default=[443, 3478],
                   metavar='PORT,...')
    p.add_argument('--ports', type=numbers('-'), default=[50000, 59999],
                   metavar='FIRST-LAST', help='relayed ports')
    p.add_argument('--user', required=True)
    p.add_argument('--password', required=True)
    p.add_argument('--realm', default='rtcmedia')
    p.add_argument('--perm', choices=('ip', 'ipport'), default='ip',
                   help='whom a permission lets in: the address of a peer, or '
                   'its address and port')
    return p.parse_args()


def main():
    relay = Relay(options())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        relay.run()
    finally:
        print('msturn: %s' % relay.count, flush=True)


if __name__ == '__main__':
    main()
