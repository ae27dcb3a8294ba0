"""message.py - as much of a SIP message as a Front End has to know."""
import re


class Message:
    """A SIP message; header names are told apart without case."""

    SHORT = {'from': 'f', 'to': 't', 'via': 'v', 'call-id': 'i',
             'contact': 'm', 'content-length': 'l', 'event': 'o'}

    def __init__(self, raw):
        head, _, self.body = raw.partition(b'\r\n\r\n')
        self.start, *self.lines = head.decode(
            'utf-8', 'surrogateescape').split('\r\n')

    @property
    def is_request(self):
        return not self.start.startswith('SIP/2.0 ')

    @property
    def method(self):
        return (self.get('cseq').split() or [''])[-1]

    @property
    def begins_call(self):
        """An INVITE without a To-tag."""
        return (self.start.startswith('INVITE ') and
                not re.search(r';\s*tag\s*=', self.get('to'), re.I))

    def at(self, name):
        """Indexes of the lines of that header."""
        names = name, self.SHORT.get(name)
        return [i for i, line in enumerate(self.lines)
                if line.partition(':')[0].strip().lower() in names]

    def all(self, name):
        return [self.lines[i].partition(':')[2].strip()
                for i in self.at(name)]

    def get(self, name):
        return (self.all(name) or [''])[0]

    def remove(self, name):
        for i in reversed(self.at(name)):
            del self.lines[i]

    def octets(self):
        self.remove('content-length')
        head = '\r\n'.join([self.start, *self.lines,
                            'Content-Length: %d' % len(self.body), '', ''])
        return head.encode('utf-8', 'surrogateescape') + self.body


def user_of(uri):
    """user@host of a SIP URI, the number of a tel URI, or ''; it may stand in
    <> behind a name."""
    uri = uri.rpartition('<')[2].strip().lower()
    found = re.match(r'sips?:([^@;:>]+)(?:[;:][^@>]*)?@([^;:?>\s]+)', uri)
    if found:
        return '%s@%s' % found.groups()
    found = re.match(r'tel:([^;?>\s]+)', uri)
    return found[1] if found else ''
