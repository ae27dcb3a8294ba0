#!/usr/bin/python3
"""broker.py - holds a Front End's connection to the recorder.

One process a Front End speaks docs/front-end-contract.md with `edgetape tap`
over mutual TLS: it keeps the connection up, sends the heartbeat, waits for a
verdict as long as the deadline lets it, and decides by the policy when there
is none. The workers of the SIP server ask it over a Unix socket, with the
frames of the same contract (asker.py). So no TLS library gets into the SIP
server, which may have one of its own, with its own idea of memory.

Environment:
  EDGETAPE_BROKER     the Unix socket to make
  EDGETAPE_TAP        IP:PORT of the recorder
  EDGETAPE_TAP_NAME   the name in the recorder's certificate
  EDGETAPE_TLS        directory with ca.pem, fe.pem and fe.key
  EDGETAPE_NAME       our own name
  EDGETAPE_DEADLINE   milliseconds to wait for a verdict (1000)
  EDGETAPE_CLOSED     file with one URI a line: users whose calls are refused
                      while the recorder is away; everybody else's go on
  EDGETAPE_OBSERVE    IP of an endpoint whose messages are only shown to the
                      recorder and go on unchanged: to measure what it is worth
                      that both sides' are rewritten
"""
import argparse
import asyncio
import os
import random
import signal
import ssl
import sys

import contract
from asker import AWAY
from contract import (ANSWER, DEADLINE, FLAGS, HEAD, HEARTBEAT,
                      HEARTBEAT_ANSWER, ID, KIND, NAME, OBSERVE, PASS,
                      PAYLOAD, REASON, REFUSE, REPLACED, REQUEST, SOURCE,
                      STATUS, VENDOR, VERDICT, VERSION)
from policy import Policy

BEAT, MISSED = 0.25, 4          # seconds; unanswered in a row
CONNECT = 1                     # seconds for TCP and TLS
FIRST_DELAY, LAST_DELAY = 0.25, 2
UNSENT = 1 << 20                # octets that may wait for a slow recorder


def log(text):
    print('broker: ' + text, flush=True)


async def read_frame(reader):
    size = contract.length(await reader.readexactly(HEAD))
    return contract.chunks_of(await reader.readexactly(size))


class Recorder:
    """The connection to the tap: made again whenever it breaks."""

    def __init__(self, env):
        host, _, port = env['EDGETAPE_TAP'].rpartition(':')
        self.where = host, int(port)
        self.server_name = env['EDGETAPE_TAP_NAME']
        self.name = contract.ours(NAME, env['EDGETAPE_NAME'])
        tls = env['EDGETAPE_TLS']
        self.context = ssl.create_default_context(cafile=tls + '/ca.pem')
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(tls + '/fe.pem', tls + '/fe.key')
        self.number = int.from_bytes(os.urandom(4), 'big') << 32
        self.writer = None
        self.is_here = None     # it answers heartbeats; None: not known yet
        self.waiting = {}       # number of a request: Future of its answer

    async def keep(self):
        """Runs for ever."""
        delay = 0
        while True:
            try:
                await self.serve()
            except (OSError, ValueError) as e:
                delay = 0 if self.is_here else delay
                self.went_away(e)
            await asyncio.sleep(delay * random.uniform(0.8, 1.2))
            delay = min(max(FIRST_DELAY, delay * 2), LAST_DELAY)

    async def serve(self):
        """One connection, from its beginning to its end."""
        async with asyncio.timeout(CONNECT):
            reader, self.writer = await asyncio.open_connection(
                *self.where, ssl=self.context,
                server_hostname=self.server_name)
        self.beats = 0          # since the last answer
        beating = asyncio.create_task(self.beat())
        try:
            while True:
                self.take(await read_frame(reader))
        except EOFError as e:
            raise ConnectionError('no answer to %d heartbeats' % MISSED
                                  if self.beats == MISSED else
                                  'it closed the connection') from e
        finally:
            beating.cancel()
            self.writer.transport.abort()

    async def beat(self):
        while self.beats < MISSED:
            self.beats += 1
            self.send(HEARTBEAT)
            await asyncio.sleep(BEAT)
        # serve() is waiting to read: this ends it.
        self.writer.transport.abort()

    def send(self, kind, *chunks):
        """Returns the number of the frame."""
        self.number += 1
        self.writer.write(contract.frame(kind, self.number, self.name,
                                         *chunks))
        return self.number

    def take(self, answer):
        version = contract.value(answer, VERSION)
        if version != contract.CONTRACT:
            raise ValueError('speaks version %s of the contract' % version)
        if contract.value(answer, KIND) == HEARTBEAT_ANSWER:
            self.beats = 0
            if not self.is_here:
                log('the recorder is here')
            self.is_here = True
            return
        waits = self.waiting.pop(contract.value(answer, ID), None)
        if waits and not waits.done():  # else it is late: ignored
            waits.set_result(answer)

    def went_away(self, why):
        if self.is_here is not False:
            log('%s: the recorder is away' % (
                str(why) or type(why).__name__))
        self.is_here = False
        for waits in self.waiting.values():
            if not waits.done():
                waits.set_exception(ConnectionError('the recorder went away'))
        self.waiting.clear()

    async def ask(self, chunks, deadline):
        """The answer to a request; raises when there is none in time."""
        if not self.is_here:
            raise ConnectionError('the recorder is away')
        if self.writer.transport.get_write_buffer_size() > UNSENT:
            raise ConnectionError('the recorder does not read')
        waits = asyncio.get_running_loop().create_future()
        number = self.send(REQUEST, contract.ours(DEADLINE, deadline),
                           *chunks)
        self.waiting[number] = waits
        try:
            async with asyncio.timeout(deadline / 1000):
                return await waits
        finally:
            self.waiting.pop(number, None)


class Broker:
    """What the workers see."""

    def __init__(self, env):
        self.recorder = Recorder(env)
        self.deadline = int(env.get('EDGETAPE_DEADLINE', '1000'))
        self.policy = Policy(env.get('EDGETAPE_CLOSED'), log)
        self.observed = [contract.octets_of(ip) for ip in
                         env.get('EDGETAPE_OBSERVE', '').split()]
        self.quiet = None       # what was last said of requests in vain

    async def worker(self, reader, writer):
        """Answers are in the order of the questions."""
        try:
            while True:
                asked = await read_frame(reader)
                if contract.value(asked, ID) is None:
                    raise ValueError('a frame without a message id')
                if contract.value(asked, KIND) == REQUEST:
                    writer.write(await self.answer(asked))
                    await writer.drain()
        except (OSError, EOFError):
            pass                # the worker has gone
        except ValueError as e:
            log('a worker: %s' % e)
        finally:
            writer.close()

    async def answer(self, asked):
        request = [contract.chunk(*key, octets)
                   for key, octets in asked.items() if key[0] != VENDOR]
        observed = asked.get(SOURCE) in self.observed
        if observed:
            request.append(contract.ours(FLAGS, OBSERVE))
        try:
            answer = await self.recorder.ask(request, self.deadline)
        except (OSError, ValueError) as e:
            self.tell(str(e) or 'no verdict in time')
            return self.alone(asked, *AWAY[:2])
        self.quiet = None
        if observed:
            return self.says(asked, contract.ours(VERDICT, PASS))
        if (contract.value(answer, VERDICT) == REPLACED and
                PAYLOAD not in answer):
            log('a verdict "replaced" without a message')
            return self.alone(asked, 500, 'Server Internal Error')
        return self.says(asked, *(
            contract.chunk(*key, octets) for key, octets in answer.items()
            if key not in ((VENDOR, KIND), (VENDOR, ID), (VENDOR, VERSION))))

    @staticmethod
    def says(asked, *chunks):
        return contract.frame(ANSWER, contract.value(asked, ID), *chunks)

    def tell(self, why):
        if why != self.quiet:
            log('%s: deciding alone' % why)
        self.quiet = why

    def alone(self, asked, status, reason):
        if not self.policy.refuses(asked.get(PAYLOAD, b'')):
            return self.says(asked, contract.ours(VERDICT, PASS))
        return self.says(asked, contract.ours(VERDICT, REFUSE),
                         contract.ours(STATUS, status),
                         contract.ours(REASON, reason))


async def run(env):
    path = env['EDGETAPE_BROKER']
    broker = Broker(env)
    if os.path.exists(path):
        os.unlink(path)         # of a broker that was killed
    os.umask(0o077)             # only our user's workers may ask
    server = await asyncio.start_unix_server(broker.worker, path)
    keeping = asyncio.create_task(broker.recorder.keep())
    end = asyncio.Event()
    for number in signal.SIGTERM, signal.SIGINT:
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    stopped = asyncio.create_task(end.wait())
    await asyncio.wait((keeping, stopped),
                       return_when=asyncio.FIRST_COMPLETED)
    server.close()
    os.unlink(path)
    if keeping.done():
        keeping.result()        # raises what must not have happened


def main():
    argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        asyncio.run(run(os.environ))
    except KeyError as e:
        sys.exit('broker: %s is not set (see --help)' % e.args)
    except (OSError, ValueError) as e:
        sys.exit('broker: %s' % e)


if __name__ == '__main__':
    main()
