"""detour.py LISTEN-IP:PORT IP:PORT MILLISECONDS - passes TCP connections on,
and what comes back only after so long."""
import asyncio
import sys


async def carry(reader, writer, delay):
    """Keeps the pace: each piece is late by the same time."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(due - loop.time(), 0))
            if not data:
                writer.close()
                return
            writer.write(data)
    delivering = asyncio.create_task(deliver())
    data = b'-'
    while data:
        try:
            data = await reader.read(1 << 16)
        except OSError:
            data = b''
        queue.put_nowait((loop.time() + delay, data))
    await delivering


async def main(listen, target, delay):
    async def serve(reader, writer):
        try:
            there = await asyncio.open_connection(*target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, there[1], 0),
                             carry(there[0], writer, delay))
    server = await asyncio.start_server(serve, *listen)
    await server.serve_forever()


if __name__ == '__main__':
    ends = [(ip, int(port)) for ip, _, port in
            (end.rpartition(':') for end in sys.argv[1:3])]
    asyncio.run(main(*ends, int(sys.argv[3]) / 1000))
