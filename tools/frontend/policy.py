"""policy.py - who may telephone while the recorder does not answer.

The table is a file with one URI a line: these users' calls are refused then
(fail-closed), everybody else's go on. It is read again when it changes.
"""
import os
import time

from message import Message, user_of

EMERGENCY = {'000', '110', '112', '118', '119', '911', '999'}
COMPLAIN_EVERY = 60     # seconds


class Policy:
    """The file at `path`, or nobody when there is none; complaints go to
    `log`."""

    def __init__(self, path, log):
        self.path, self.log = path, log
        self.stamp = None       # of the file that `closed` was read from
        self.closed = set()
        self.complained = None

    def read(self):
        """A file that has gone leaves what was last in it."""
        try:
            now = os.stat(self.path)
            stamp = now.st_ino, now.st_size, now.st_mtime_ns
            if stamp == self.stamp:
                return
            with open(self.path, encoding='utf-8') as f:
                self.closed = {user_of(line) for line in f} - {''}
            self.stamp = stamp
        except (OSError, ValueError) as e:
            self.complain(e)

    def complain(self, what):
        now = time.monotonic()
        if self.complained is None or now - self.complained > COMPLAIN_EVERY:
            self.complained = now
            self.log('%s: %s' % (what, 'the users that were last in it are '
                                 'refused' if self.stamp else
                                 'every call may go on'))

    def refuses(self, text):
        """A call that exists goes on; a new one does, unless one of its
        parties must not talk unrecorded."""
        if not self.path:
            return False
        self.read()
        message = Message(text)
        if not message.begins_call:
            return False
        callee = message.start.split(' ')[1:2]
        called = user_of(*callee) if callee else ''
        if called.partition('@')[0].lstrip('+') in EMERGENCY:
            return False
        parties = {user_of(uri) for name in ('from', 'to',
                                             'p-asserted-identity')
                   for line in message.all(name) for uri in line.split(',')}
        return bool((parties | {called}) & self.closed)
