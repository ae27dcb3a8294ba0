#!/usr/bin/env python3
"""lyncfe.py - the least Lync Front End that two pidgin-sipe clients accept.

SIP over TLS: a registrar that believes everybody, in-band provisioning with
the URI of an MRAS, the MRAS itself (credentials of the media relay), and a
proxy between the registered clients that stays in their dialogs. Every
message of a dialog is shown to the broker (../frontend/broker.py) before it
goes on, by docs/front-end-contract.md.

Environment, besides that of ../frontend/asker.py:
  EDGETAPE_TLS        directory with fe.pem and fe.key
  EDGETAPE_LOG        file for what the endpoints sent, as `edgetape replay`
                      reads it; without it nothing is logged
"""
import argparse
import base64
import os
import re
import socket
import socketserver
import ssl
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../frontend'))
from asker import NOTHING, Asker   # noqa: E402
from contract import log_entry     # noqa: E402
from message import Message, user_of    # noqa: E402

ASKED = {'INVITE', 'ACK', 'BYE', 'CANCEL', 'PRACK', 'UPDATE', 'INFO', 'REFER'}
PROVISIONING = (
    '<?xml version="1.0"?><provisionGroupList xmlns="http://schemas.microsoft'
    '.com/2006/09/sip/provisiongrouplist-notification">'
    '<provisionGroup name="ServerConfiguration">'
    '<mrasUri>sip:mras@{domain}</mrasUri>'
    '<ucPC2PCAVEncryption>RequireEncryption</ucPC2PCAVEncryption>'
    '<ucPortRangeEnabled>true</ucPortRangeEnabled>'
    '<ucMinMediaPort>40000</ucMinMediaPort>'
    '<ucMaxMediaPort>49999</ucMaxMediaPort>'
    '<ucMinAudioPort>40000</ucMinAudioPort>'
    '<ucMaxAudioPort>49999</ucMaxAudioPort>'
    '</provisionGroup></provisionGroupList>')
CONTACTS = ('<contactList deltaNum="1"><group id="1" name="~" externalURI=""/>'
            '</contactList>')
CREDENTIALS = (
    '<?xml version="1.0"?><response xmlns="http://schemas.microsoft.com/2006/'
    '09/sip/mrasp" requestID="{id}" version="1.0" serverVersion="2.0" '
    'to="sip:mras@{domain}" from="{user}" reasonPhrase="OK">'
    '<credentialsResponse credentialsRequestID="{id}"><credentials>'
    '<username>{name}</username><password>{password}</password>'
    '<duration>480</duration></credentials><mediaRelayList><mediaRelay>'
    '<location>intranet</location><hostName>{relay}</hostName>'
    '<udpPort>{udp}</udpPort>{tcp}'
    '</mediaRelay></mediaRelayList></credentialsResponse></response>')


def log(text):
    print('lyncfe: ' + text, flush=True)


class Client(socketserver.StreamRequestHandler):
    """One TLS connection."""

    def setup(self):
        self.request.do_handshake()
        super().setup()
        self.name = '%X' % id(self)
        self.server.clients[self.name] = self
        self.writing = threading.Lock()

    def read(self):
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            line = self.rfile.readline()
            if not line:
                return None
            if head or line != b'\r\n':     # keep-alives are empty lines
                head += line
        length = re.search(rb'^content-length\s*:\s*(\d+)', head,
                           re.I | re.M)
        return head + self.rfile.read(int(length[1]) if length else 0)

    def handle(self):
        try:
            while raw := self.read():
                with self.server.lock:
                    self.server.take(self, Message(raw))
        except OSError as e:
            log('%s: %s' % (self.client_address, e))

    def finish(self):
        self.server.clients.pop(self.name, None)
        try:
            super().finish()
        except OSError:
            pass

    def send(self, message):
        with self.writing:
            self.wfile.write(message.octets())

    def answer(self, request, status, *headers, body='', kind=None):
        tag = '' if 'tag=' in request.get('to') else ';tag=fe%x' % id(request)
        lines = ['SIP/2.0 ' + status]
        lines += ['Via: ' + via for via in request.all('via')]
        lines += ['From: ' + request.get('from'),
                  'To: ' + request.get('to') + tag,
                  'Call-ID: ' + request.get('call-id'),
                  'CSeq: ' + request.get('cseq'), 'Server: RTC/5.0', *headers]
        if kind:
            lines.append('Content-Type: ' + kind)
        text = '\r\n'.join(lines) + '\r\n\r\n' + body
        self.send(Message(text.encode('utf-8', 'surrogateescape')))


class FrontEnd(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, options):
        self.o = options
        self.asker = Asker(log)
        self.lock = threading.Lock()
        self.clients = {}       # name: Client
        self.registered = {}    # user: Client
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls = os.environ['EDGETAPE_TLS']
        self.tls.load_cert_chain(tls + '/fe.pem', tls + '/fe.key')
        super().__init__((options.ip, options.port), Client)

    def get_request(self):
        plain, where = super().get_request()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(plain, server_side=True,
                                    do_handshake_on_connect=False), where

    def take(self, client, message):
        now = time.time_ns() // 1000
        self.keep(now, client, message)
        verdict = NOTHING
        if message.method in ASKED:
            verdict = self.asker.ask(message.octets(), now,
                                     client.client_address,
                                     self.server_address)
        if verdict.body is not None:
            message.body = verdict.body
        if not message.is_request:
            self.pass_answer(message)
        elif verdict.status and message.method == 'INVITE':
            self.mark(client, message)
            client.answer(message, '%d %s' % verdict[:2])
        else:
            self.mark(client, message)
            self.serve(client, message)

    def keep(self, now, client, message):
        path = os.environ.get('EDGETAPE_LOG')
        if path:
            with open(path, 'ab') as f:
                f.write(log_entry(now, client.client_address[0],
                                  message.octets()))

    @staticmethod
    def mark(client, message):
        """Says in the Via where the answer is to go."""
        message.lines[message.at('via')[0]] += (
            ';ms-received-port=%d;ms-received-cid=%s' %
            (client.client_address[1], client.name))

    def serve(self, client, message):
        to = user_of(message.get('to'))
        if message.method == 'REGISTER':
            self.register(client, message, to)
        elif message.method == 'SUBSCRIBE':
            self.subscribe(client, message)
        elif to in self.registered and message.method != 'SERVICE':
            self.pass_request(client, message, self.registered[to])
        elif b'credentialsRequest' in message.body:
            self.credentials(client, message)
        elif message.method == 'INVITE':
            client.answer(message, '404 Not Found')
        elif message.method != 'ACK':
            client.answer(message, '200 OK')

    def register(self, client, message, user):
        contact = message.get('contact')
        uuid = re.search(r'urn:uuid:([0-9A-Fa-f-]+)', contact)
        epid = uuid[1].replace('-', '')[:22] if uuid else '0'
        gruu = 'sip:%s;opaque=user:epid:%s;gruu' % (user, epid)
        self.registered[user] = client
        log('%s is here' % user)
        client.answer(
            message, '200 OK', 'Contact: %s;expires=600;gruu="%s"' %
            (contact.partition(';expires')[0], gruu), 'Expires: 600',
            'Allow-Events: vnd-microsoft-provisioning-v2,'
            'vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-self,'
            'vnd-microsoft-roaming-ACL,presence,presence.wpending',
            'Supported: adhoclist', 'Supported: msrtc-event-categories')

    def subscribe(self, client, message):
        event = message.get('event').lower()
        headers = ['Expires: 600', 'Event: ' + event,
                   'Subscription-State: active;expires=600',
                   'Contact: <sip:fe.%s:%d;transport=tls>' %
                   (self.o.domain, self.o.port)]
        body, kind = '', None
        if event.endswith('provisioning-v2'):
            kind = 'application/vnd-microsoft-roaming-provisioning-v2+xml'
            body = PROVISIONING.format(domain=self.o.domain)
        elif event.endswith('roaming-contacts'):
            kind = 'application/vnd-microsoft-roaming-contacts+xml'
            body = CONTACTS
        if body:
            headers.append('ms-piggyback-cseq: 1')
        client.answer(message, '200 OK', *headers, body=body, kind=kind)

    def credentials(self, client, message):
        number = re.search(rb'requestID="(\d+)"', message.body)[1].decode()
        name, password = (base64.b64encode(text.encode()).decode()
                          for text in self.o.account.split(':', 1))
        tcp = '<tcpPort>%d</tcpPort>' % self.o.tcp if self.o.tcp else ''
        client.answer(
            message, '200 OK', kind='application/msrtc-media-relay-auth+xml',
            body=CREDENTIALS.format(
                id=number, domain=self.o.domain, name=name, password=password,
                user=user_of(message.get('from')), relay=self.o.relay,
                udp=self.o.udp, tcp=tcp))

    def pass_request(self, client, message, callee):
        own = '%s:%d' % (self.o.ip, self.o.port)
        message.remove('route')
        if message.method == 'INVITE' and 'tag=' not in message.get('to'):
            client.answer(message, '100 Trying')
            message.lines.insert(0, 'Record-Route: <sip:%s;transport=tls;lr>' %
                                 own)
        # pidgin-sipe gives some requests no branch; CANCEL has its INVITE's.
        branch = '%s-%s' % (message.get('call-id'),
                            message.get('cseq').split()[0])
        message.lines.insert(message.at('via')[0],
                             'Via: SIP/2.0/TLS %s;branch=z9hG4bK%s' %
                             (own, branch))
        callee.send(message)

    def pass_answer(self, message):
        via = message.at('via')
        del message.lines[via[0]]
        name = re.search(r'ms-received-cid=(\w+)', message.get('via'))
        caller = self.clients.get(name[1]) if name else None
        if caller:
            caller.send(message)


def options():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--ip', required=True)
    p.add_argument('--port', type=int, default=5061)
    p.add_argument('--domain', required=True)
    p.add_argument('--relay', required=True, help='address of the media relay')
    p.add_argument('--udp', type=int, default=3478, help='its port')
    p.add_argument('--tcp', type=int, help='its TCP port, if it has one')
    p.add_argument('--account', required=True, metavar='USER:PASSWORD',
                   help='on the relay')
    return p.parse_args()


def main():
    o = options()
    try:
        FrontEnd(o).serve_forever()
    except KeyError as e:
        sys.exit('lyncfe: %s is not set (see --help)' % e.args)
    except OSError as e:
        sys.exit('lyncfe: %s:%d: %s' % (o.ip, o.port, e))


if __name__ == '__main__':
    main()
