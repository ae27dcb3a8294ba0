#!/usr/bin/env python3
"""SRTP and SRTCP packets under a key derivation rate, by RFC 3711's own words
and nothing else: no library that can do it is at hand. Prints the table of
dec_srtp_vectors_test.c: index, packet in hex; the payload is "rate" each time."""
import hashlib
import hmac

KDR = 3                                 # keys last 2^3 packets
KEY = bytes.fromhex('E1F97A0D3E018BE0D64FA32C06DE4139')
SALT = int('0EC675AD498AFEEBB6960B3AABE6', 16)
SSRC = 0xCAFEBABE


def gf(a, b):
    r = 0
    while b:
        r ^= a if b & 1 else 0
        a = a << 1 ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return r


def sbox(x):
    inv = next((y for y in range(256) if gf(x, y) == 1), 0)
    bits = 0x63
    for i in range(5):
        bits ^= (inv << i | inv >> (8 - i)) & 0xff
    return bits


S = [sbox(x) for x in range(256)]


def aes(key, block):
    """FIPS 197, 128 bits."""
    w = [list(key[i:i + 4]) for i in range(0, 16, 4)]
    rcon = 1
    for i in range(4, 44):
        t = w[i - 1]
        if i % 4 == 0:
            t = [S[b] for b in t[1:] + t[:1]]
            t[0] ^= rcon
            rcon = gf(rcon, 2)
        w.append([a ^ b for a, b in zip(w[i - 4], t)])
    keys = [sum(w[i:i + 4], []) for i in range(0, 44, 4)]
    s = [a ^ b for a, b in zip(block, keys[0])]
    for r in range(1, 11):
        s = [S[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if r < 10:
            s = [gf(s[i], 2) ^ gf(s[i // 4 * 4 + (i + 1) % 4], 3) ^
                 s[i // 4 * 4 + (i + 2) % 4] ^ s[i // 4 * 4 + (i + 3) % 4]
                 for i in range(16)]
        s = [a ^ b for a, b in zip(s, keys[r])]
    return bytes(s)


def stream(key, start, n):
    """RFC 3711 4.1.1: E(k, IV) || E(k, IV + 1) || ..."""
    out = b''
    while len(out) < n:
        out += aes(key, (start + len(out) // 16).to_bytes(16, 'big'))
    return out[:n]


def derive(label, r, n):
    """RFC 3711 4.3.1, 4.3.3."""
    return stream(KEY, (SALT ^ (label << 48 | r)) << 16, n)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def protect(first, head, index, trailer, signed):
    r = index >> KDR
    key, auth = derive(first, r, 16), derive(first + 1, r, 20)
    salt = int.from_bytes(derive(first + 2, r, 14), 'big')
    iv = salt << 16 ^ SSRC << 64 ^ index << 16
    body = head + xor(b'rate', stream(key, iv, 4)) + trailer
    return body + hmac.new(auth, body + signed, hashlib.sha1).digest()[:10]


assert aes(bytes(range(16)), bytes.fromhex('00112233445566778899aabbccddeeff')
           ).hex() == '69c4e0d86a7b0430d8cdb78070b4c55a'      # FIPS 197 C.1
assert derive(0, 0, 16).hex() == 'c61e7a93744f39ee10734afe3ff7a087'  # B.3
for index in 0, 7, 8, 65535, 65536, 1 << 40:
    head = b'\x80\x00' + (index & 0xffff).to_bytes(2, 'big') + bytes(4)
    head += SSRC.to_bytes(4, 'big')
    roc = (index >> 16).to_bytes(4, 'big')
    print('\t{%d, "%s"},' % (index, protect(0, head, index, b'', roc).hex()))
print()
for index in 0, 7, 8, 0x7fffffff:
    head = b'\x80\xc9\x00\x02' + SSRC.to_bytes(4, 'big')
    word = (1 << 31 | index).to_bytes(4, 'big')
    out = protect(3, head, index, b'', word)
    print('\t{%d, "%s"},' % (index, (out[:-10] + word + out[-10:]).hex()))
