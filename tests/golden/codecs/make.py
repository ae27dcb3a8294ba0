#!/usr/bin/env python3
"""make.py VOICES OUT - encode three seconds of a voice with other people's encoders.

VOICES holds ref8.raw and ref16.raw (the voice at 8 and 16 kHz) and the
streams whose encoders Debian does not package; OUT is this folder. Needs
ffmpeg, gst-launch-1.0 with voamrwbenc, libopencore-amrnb0 and libsndfile1.

A .pkts file is one RTP payload after another, each behind its length (16 bits,
big-endian); a .raw file is 16-bit little-endian sound.
"""
import ctypes, os, struct, subprocess, sys

if len(sys.argv) != 3:
    sys.exit(__doc__)
voices, out = sys.argv[1:]
SECONDS = 3


def save(name, payloads):
    with open(f"{out}/{name}.pkts", "wb") as f:
        for p in payloads:
            f.write(struct.pack(">H", len(p)) + p)


def source(name, size=None):
    with open(f"{voices}/{name}", "rb") as f:
        return f.read() if size is None else f.read(size)


def cut(data, size):
    return [data[i:i + size] for i in range(0, len(data) // size * size, size)]


def ffmpeg(rate, *args, channels=1):
    """The voice of 8 or 16 kHz through an encoder of ffmpeg."""
    voice = source("ref8.raw" if rate == 8000 else "ref16.raw",
                   SECONDS * rate * 2)
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(rate), "-i", "-",
         "-ac", str(channels), "-bitexact", *args, "-"],
        input=voice, stdout=subprocess.PIPE, check=True).stdout


def ogg_packets(data):
    """The packets of one Ogg stream (RFC 3533 6), its two headers dropped."""
    packets, part, at = [], b"", 0
    while at < len(data):
        lace = data[at + 27:at + 27 + data[at + 26]]
        at += 27 + len(lace)
        for n in lace:
            part += data[at:at + n]
            at += n
            if n < 255:
                packets.append(part)
                part = b""
    return packets[2:]


def amr_frames(data, sizes, magic):
    """Frames of an AMR file: table-of-contents octet, then the bits."""
    frames, at = [], len(magic)
    assert data.startswith(magic)
    while at < len(data):
        size = sizes[data[at] >> 3 & 15]
        frames.append((data[at], data[at + 1:at + 1 + size]))
        at += 1 + size
    return frames


def amr_aligned(frames):
    """RFC 4867 4.4: CMR 15, table of contents, octet-aligned frames."""
    toc = [t & 0x7c | 0x80 for t, _ in frames]
    toc[-1] &= 0x7f
    return bytes([0xf0, *toc]) + b"".join(d for _, d in frames)


def amr_packed(frames, bits):
    """RFC 4867 4.3: the same without a bit of padding."""
    s = "1111"
    for i, (t, _) in enumerate(frames):
        s += str(int(i < len(frames) - 1)) + f"{t >> 2 & 31:05b}"
    for t, d in frames:
        s += "".join(f"{b:08b}" for b in d)[:bits[t >> 3 & 15]]
    s += "0" * (-len(s) % 8)
    return bytes(int(s[i:i + 8], 2) for i in range(0, len(s), 8))


def amr(name, frames, bits):
    save(name + "_aligned", [amr_aligned([f]) for f in frames])
    pairs = [frames[i:i + 2] for i in range(0, len(frames), 2)]
    save(name + "_packed", [amr_packed(p, bits) for p in pairs])


NB_BITS = [95, 103, 118, 134, 148, 159, 204, 244, 39] + [0] * 7
WB_BITS = [132, 177, 253, 285, 317, 365, 397, 461, 477, 40] + [0] * 6


def amrnb_encode(mode):
    lib = ctypes.CDLL("libopencore-amrnb.so.0")
    lib.Encoder_Interface_init.restype = ctypes.c_void_p
    enc = ctypes.c_void_p(lib.Encoder_Interface_init(0))
    data, to = b"#!AMR\n", ctypes.create_string_buffer(64)
    for frame in cut(source("ref8.raw", SECONDS * 16000), 320):
        n = lib.Encoder_Interface_Encode(enc, mode, frame, to, 0)
        data += to.raw[:n]
    return data


def amrwb_encode():
    voice = f"{out}/wb.tmp"
    with open(voice, "wb") as f:
        f.write(source("ref16.raw", SECONDS * 32000))
    data = subprocess.run(
        ["gst-launch-1.0", "-q", "filesrc", "location=" + voice, "!",
         "rawaudioparse", "sample-rate=16000", "num-channels=1", "!",
         "voamrwbenc", "band-mode=8", "!", "fdsink", "fd=1"],
        stdout=subprocess.PIPE, check=True).stdout
    os.remove(voice)
    return b"#!AMR-WB\n" + data.removeprefix(b"#!AMR-WB\n")


def given(name, raw, frame, per_second, reference=None, rate=8000):
    """A stream whose encoder is not packaged, and its reference decode."""
    save(name, cut(source(raw, SECONDS * per_second * frame), frame))
    if reference:
        with open(f"{out}/{name}.raw", "wb") as f:
            f.write(source(reference, SECONDS * rate * 2))


def len8(name, limit):
    data, at, payloads = source(name), 0, []
    while len(payloads) < limit:
        payloads.append(data[at + 1:at + 1 + data[at]])
        at += 1 + data[at]
    return payloads


# ffmpeg's 40 kbit/s does not follow the standard; libsndfile's does.
SUN_G726 = {24: 0x31, 32: 0x30, 40: 0x32}  # SF_FORMAT_G723_24 and so on


class SfInfo(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64)] + [
        (n, ctypes.c_int) for n in
        ("samplerate", "channels", "format", "sections", "seekable")]


def sun_g726(kbit):
    """The code words of a Sun AU file, behind its header."""
    lib, au = ctypes.CDLL("libsndfile.so.1"), f"{out}/au.tmp"
    voice = source("ref8.raw", SECONDS * 16000)
    info = SfInfo(0, 8000, 1, 0x030000 | SUN_G726[kbit], 0, 0)
    lib.sf_open.restype = ctypes.c_void_p
    f = ctypes.c_void_p(lib.sf_open(au.encode(), 0x20, ctypes.byref(info)))
    lib.sf_write_short(f, voice, ctypes.c_int64(len(voice) // 2))
    lib.sf_close(f)
    with open(au, "rb") as f:
        data = f.read()
    os.remove(au)
    return data[struct.unpack(">I", data[4:8])[0]:]


for rate in 8, 16:
    with open(f"{out}/voice{rate}.raw", "wb") as f:
        f.write(source(f"ref{rate}.raw", SECONDS * rate * 2000))

given("siren", "mssiren_16k.bin", 40, 50, "mssiren_16k.ref.raw", 16000)
given("g7221_24", "g7221_24k.bin", 60, 50, "g7221_24k.ref.raw", 16000)
given("g7221_32", "g7221_32k.bin", 80, 50, "g7221_32k.ref.raw", 16000)
given("g726_32_aal2", "g726_aal2.bin", 80, 50, "g726_aal2.ref.raw")
given("ilbc20", "ilbc20.bin", 38, 50)
given("ilbc30", "ilbc30.bin", 50, 33)
speech = len8("g729a.len8", SECONDS * 100)
save("g729a", [a + b for a, b in zip(speech[::2], speech[1::2])])
save("g729b", len8("g729b_vad.len8", SECONDS * 100))

save("pcmu", cut(ffmpeg(8000, "-f", "mulaw"), 160))
save("pcma", cut(ffmpeg(8000, "-f", "alaw"), 160))
save("g722", cut(ffmpeg(16000, "-c:a", "g722", "-f", "g722"), 160))
save("g723", cut(ffmpeg(8000, "-c:a", "g723_1", "-b:a", "6300", "-f",
                        "g723_1"), 24))
save("gsm", cut(ffmpeg(8000, "-c:a", "libgsm", "-f", "gsm"), 33))
save("l16_stereo", cut(ffmpeg(16000, "-af", "pan=stereo|c0=c0|c1=c0", "-f",
                              "s16be", channels=2), 1280)[:10])
save("g726_16", cut(ffmpeg(8000, "-c:a", "g726le", "-b:a", "16k", "-f",
                           "g726le"), 40))
for kbit in SUN_G726:
    save(f"g726_{kbit}", cut(sun_g726(kbit), kbit * 5 // 2))
save("opus", ogg_packets(ffmpeg(16000, "-ar", "48000", "-c:a", "libopus",
                                "-b:a", "32k", "-application", "voip",
                                "-fec", "1", "-packet_loss", "10",
                                "-f", "ogg")))
for rate in 8000, 16000:
    save(f"speex{rate // 1000}", ogg_packets(
        ffmpeg(rate, "-c:a", "libspeex", "-f", "ogg")))
save("speex32", ogg_packets(ffmpeg(16000, "-ar", "32000", "-c:a", "libspeex",
                                   "-f", "ogg")))
amr("amr", amr_frames(amrnb_encode(7), [(n + 7) // 8 for n in NB_BITS],
                      b"#!AMR\n"), NB_BITS)
rates = []      # a second of each rate of AMR, in five packets
for mode in range(8):
    one = amr_frames(amrnb_encode(mode), [(n + 7) // 8 for n in NB_BITS],
                     b"#!AMR\n")
    rates += [amr_aligned(one[i:i + 10]) for i in range(0, 50, 10)]
save("amr_rates", rates)
amr("amrwb", amr_frames(amrwb_encode(), [(n + 7) // 8 for n in WB_BITS],
                        b"#!AMR-WB\n"), WB_BITS)
