"""manager.py PIDFILE COMMAND... - a service manager as systemd is one: keeps
the descriptors that its service gives it (sd_notify(3), FDSTORE=1), and starts
the service again when it dies, with them (sd_listen_fds(3)).

PIDFILE holds the service's process. SIGTERM ends the service, and then us;
SIGHUP ends it and starts it again, in order; a service that ends by itself is
not started again.
"""
import array
import os
import select
import signal
import socket
import subprocess
import sys

FIRST = 3
SOON_S = 0.1

pidfile, command = sys.argv[1], sys.argv[2:]
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind('\0edgetape-manager-%d' % os.getpid())
store = []
stopping = restarting = False


def say(text):
    print('manager:', text, flush=True)


def hear():
    size = socket.CMSG_SPACE(array.array('i', [0]).itemsize)
    data, parcels, _, _ = notify.recvmsg(4096, size)
    said = dict(line.split('=', 1) for line in data.decode().splitlines())
    fds = array.array('i')
    for _, _, content in parcels:
        fds.frombytes(content)
    name = said.get('FDNAME', 'stored')
    if said.get('FDSTOREREMOVE') == '1':
        for kept in [k for k in store if k[0] == name]:
            os.close(kept[1])
            store.remove(kept)
        say('forgets ' + name)
    elif said.get('FDSTORE') == '1':
        store.append((name, fds[0]))
        say('keeps ' + name)


def hand_over():
    """In the child: the descriptors become 3, 4, ..."""
    high = [os.dup(os.dup2(fd, 100 + i)) for i, (_, fd) in enumerate(store)]
    for i, fd in enumerate(high):
        os.dup2(fd, FIRST + i)
    os.closerange(FIRST + len(high), 256)


def start():
    """The shell becomes the service: so it knows its own number."""
    env = dict(os.environ, NOTIFY_SOCKET='@edgetape-manager-%d' % os.getpid(),
               LISTEN_FDS=str(len(store)),
               LISTEN_FDNAMES=':'.join(name for name, _ in store))
    service = subprocess.Popen(
        ['sh', '-c', 'export LISTEN_PID=$$; exec "$@"', 'sh'] + command,
        env=env, close_fds=False, preexec_fn=hand_over)
    with open(pidfile, 'w') as f:
        f.write('%d\n' % service.pid)
    return service


def stop(*_):
    global stopping
    stopping = True
    service.terminate()


def restart(*_):
    global restarting
    restarting = True
    service.terminate()


service = start()
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGHUP, restart)
while True:
    if select.select([notify], [], [], SOON_S)[0]:
        hear()
        continue
    status = service.poll()
    if status is None:
        continue
    say('the service ended with %d, %d kept' % (status, len(store)))
    if stopping or (status >= 0 and not restarting):
        sys.exit(abs(status))
    restarting = False
    service = start()
