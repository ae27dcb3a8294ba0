"""tell.py SOURCE-IP DESTINATION-IP <MESSAGE - shows a SIP message to the
recorder, as a Front End that saw it would; prints the message's new body, or
the status of a refusal. Environment: that of tools/frontend/asker.py."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__),
                                '../../tools/frontend'))
from asker import Asker     # noqa: E402


def complain(text):
    sys.exit('tell: ' + text)


def main():
    ends = [(ip, 5061) for ip in sys.argv[1:3]]
    text = sys.stdin.buffer.read()
    verdict = Asker(complain).ask(text, time.time_ns() // 1000, *ends)
    if verdict.status:
        print(verdict.status, verdict.reason)
    elif verdict.body is not None:
        sys.stdout.buffer.write(verdict.body)


if __name__ == '__main__':
    main()
