#!/usr/bin/env python3
"""chain.py SIP PCAP - conversations of several calls, as Front Ends tell them,
and an empty capture.

  alice calls bob, who asks carol and sends alice to her (REFER, Replaces)
  dave calls erin, who does not answer; the call goes on to frank and is linked
  by History-Info
  a call from outside reaches grace in two dialogs, one at each Front End, with
  one Ms-Conversation-ID
  alice calls bob once more, later: that is a call of its own
"""
import struct
import sys

BEGIN = 1795300000.0
SDP = ('v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n'
       't=0 0\r\nm=audio 4000 RTP/AVP 0\r\n')


def who(name):
    return f'<sip:{name}@example.com>'


class Call:
    def __init__(self, name, caller, callee, front_end, *headers):
        self.name, self.caller, self.callee = name, caller, callee
        self.front_end, self.headers = front_end, headers
        self.told = []

    def message(self, when, first, cseq, tag=True, *more, body=''):
        to = f';tag=t-{self.name}' if tag else ''
        kind = 'Content-Type: application/sdp\r\n' if body else ''
        lines = ''.join(h + '\r\n' for h in more)
        self.told.append((when, (
            f'### {BEGIN + when:.6f} {self.front_end}\n{first}\r\n'
            f'Via: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK{self.name}\r\n'
            f'From: {who(self.caller)};tag=f-{self.name}\r\n'
            f'To: {who(self.callee)}{to}\r\nCall-ID: {self.name}@h\r\n'
            f'CSeq: {cseq}\r\n{lines}{kind}Content-Length: {len(body)}'
            f'\r\n\r\n{body}\n')))

    def request(self, when, method, number, *more, tag=True, body=''):
        self.message(when, f'{method} sip:{self.callee}@example.com SIP/2.0',
                     f'{number} {method}', tag, *more, body=body)

    def invite(self, when):
        self.request(when, 'INVITE', 1, *self.headers, tag=False, body=SDP)

    def answered(self, begin, end):
        self.invite(begin)
        self.message(begin + 1, 'SIP/2.0 200 OK', '1 INVITE', body=SDP)
        self.request(begin + 1.1, 'ACK', 1)
        self.request(end, 'BYE', 9)
        return self

    def declined(self, begin):
        self.invite(begin)
        self.message(begin + 5, 'SIP/2.0 480 Temporarily Unavailable',
                     '1 INVITE')
        self.request(begin + 5.1, 'ACK', 1)
        return self


def calls():
    first = Call('first', 'alice', 'bob', 'fe1').answered(0, 21)
    first.request(20, 'REFER', 2, f'Refer-To: {who("carol")}',
                  f'Referred-By: {who("bob")}')
    yield first
    yield Call('asked', 'bob', 'carol', 'fe2').answered(10, 22)
    yield Call('sent', 'alice', 'carol', 'fe2', f'Referred-By: {who("bob")}',
               'Replaces: asked@h;from-tag=f-asked;to-tag=t-asked'
               ).answered(20.5, 40)
    yield Call('rang', 'dave', 'erin', 'fe1').declined(50)
    yield Call('moved', 'dave', 'frank', 'fe2',
               f'History-Info: {who("erin")};index=1, {who("frank")};index=1.1'
               ).answered(55.5, 70)
    one = 'Ms-Conversation-ID: AdEaBc=='
    yield Call('outer', '+4930123', 'grace', 'fe1', one).answered(80, 90)
    yield Call('inner', 'gateway', 'grace', 'fe2', one).answered(80.5, 90)
    yield Call('own', 'alice', 'bob', 'fe1').answered(600, 610)


def main(sip, pcap):
    told = sorted(t for call in calls() for t in call.told)
    with open(sip, 'w', newline='') as file:
        file.writelines(text for _, text in told)
    with open(pcap, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
