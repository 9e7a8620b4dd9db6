"""zmq_raw.py - a ZeroMQ publisher and subscriber through the library itself, and headers of each version."""
import ctypes
import ctypes.util
import struct
import time

from live_net import Skipped

PUB, SUB = 1, 2
LINGER, SUBSCRIBE, SNDHWM, RCVTIMEO = 17, 6, 23, 27
CURVE_SERVER, CURVE_PUBLICKEY, CURVE_SECRETKEY, CURVE_SERVERKEY = 47, 48, 49, 50
SNDMORE = 2


def library():
    name = ctypes.util.find_library('zmq')
    if not name:
        raise Skipped('libzmq is not installed')
    lib = ctypes.CDLL(name, use_errno=True)
    lib.zmq_ctx_new.restype = lib.zmq_socket.restype = ctypes.c_void_p
    for f in (lib.zmq_socket, lib.zmq_bind, lib.zmq_connect, lib.zmq_close, lib.zmq_ctx_term, lib.zmq_setsockopt,
              lib.zmq_send, lib.zmq_recv):
        f.argtypes = None
    return lib


class Socket:
    def __init__(self, kind, options=()):
        self.lib = library()
        self.context = ctypes.c_void_p(self.lib.zmq_ctx_new())
        self.socket = ctypes.c_void_p(self.lib.zmq_socket(self.context, kind))
        self.set(LINGER, 2000)
        for option, value in options:
            self.set(option, value)

    def set(self, option, value):
        if isinstance(value, int):
            value = struct.pack('=i', value)
        if self.lib.zmq_setsockopt(self.socket, option, value, ctypes.c_size_t(len(value))):
            raise AssertionError('option %d: error %d' % (option, ctypes.get_errno()))

    def bind(self, endpoint):
        if self.lib.zmq_bind(self.socket, endpoint.encode()):
            raise AssertionError('%s: error %d' % (endpoint, ctypes.get_errno()))

    def connect(self, endpoint):
        self.lib.zmq_connect(self.socket, endpoint.encode())

    def send(self, *parts):
        for i, part in enumerate(parts):
            more = SNDMORE if i < len(parts) - 1 else 0
            if self.lib.zmq_send(self.socket, part, ctypes.c_size_t(len(part)), more) == -1:
                raise AssertionError('send: error %d' % ctypes.get_errno())

    def receive(self):
        """The two parts of a message; None when none came in time (RCVTIMEO)."""
        parts = []
        for _ in range(2):
            buffer = ctypes.create_string_buffer(1 << 20)
            n = self.lib.zmq_recv(self.socket, buffer, ctypes.c_size_t(len(buffer)), 0)
            if n == -1:
                return None
            parts.append(buffer.raw[:n])
        return parts

    def close(self):
        self.lib.zmq_close(self.socket)
        self.lib.zmq_ctx_term(self.context)


def keypair():
    public, secret = ctypes.create_string_buffer(41), ctypes.create_string_buffer(41)
    if library().zmq_curve_keypair(public, secret):
        raise Skipped('libzmq has no CURVE')
    return public.value, secret.value


def header(version, payload, number, topic=b'flow', source=7, tlv=False, packed=None):
    """The first part of a message in header version 0, 1, 2 or 3. packed: the payload's size before it was
    compressed."""
    if version == 0:
        return struct.pack('<32sII', topic, 0, len(payload))
    if version == 1:
        return struct.pack('<16sBBH', topic, 3 if tlv else 2, source, len(payload) & 0xffff) + struct.pack('>I', number)
    if version == 2:
        return (struct.pack('<16sBxH', topic, 3 if tlv else 2, len(payload) & 0xffff) + struct.pack('>I', number)
                + struct.pack('<I', source))
    flags = (2 if tlv else 0) | (4 if packed is not None else 0)
    return (struct.pack('<16sBBxxII', topic, 4, flags, packed or len(payload), len(payload) if packed else 0)
            + struct.pack('>I', number) + struct.pack('<I', source))


def tlv(*records):
    """Records (dicts of whole numbers, floats and text) as nDPI's serializer has them."""
    out = b'\1\1'
    for record in records:
        for key, value in record.items():
            out += item(key, value)
        out += b'\1'
    return out


def whole(value):
    for kind, size in ((2, 1), (3, 2), (4, 4), (5, 8)):
        if value < 1 << 8 * size:
            return kind, value.to_bytes(size, 'big')
    raise ValueError(value)


def item(key, value):
    key_kind, key_bytes = whole(key) if isinstance(key, int) else (11, struct.pack('>H', len(key)) + key.encode())
    if isinstance(value, float):
        kind, value_bytes = 10, struct.pack('<f', value)
    elif isinstance(value, int):
        kind, value_bytes = whole(value)
    else:
        kind, value_bytes = 11, struct.pack('>H', len(value)) + value.encode()
    return bytes([key_kind << 4 | kind]) + key_bytes + value_bytes


def publisher(port, options=()):
    s = Socket(PUB, options)
    s.bind('tcp://127.0.0.1:%d' % port)
    return s


def settle():
    """A subscriber that was there before its publisher connects again after 0.1 s."""
    time.sleep(0.5)
