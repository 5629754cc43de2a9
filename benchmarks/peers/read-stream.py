"""Reads a migration stream as a plain program in Python does: every RAM record, counted, and where the devices begin."""
import json
import struct
import sys

PAGE = 4096


def main(path):
    with open(path, "rb", buffering=1 << 20) as file:
        assert file.read(8) == b"QEVM\0\0\0\3"
        assert file.read(1) == b"\7"
        machine = file.read(struct.unpack(">I", file.read(4))[0]).decode()
        zero = data = 0
        while True:
            kind = file.read(1)
            if kind == b"\1":
                file.read(4)
                file.read(file.read(1)[0])
                file.read(8)
            elif kind in (b"\2", b"\3"):
                file.read(4)
            elif kind == b"\10":
                file.read(struct.unpack(">HH", file.read(4))[1])
                continue
            else:
                break
            while True:
                word = struct.unpack(">Q", file.read(8))[0]
                flags = word & (PAGE - 1)
                if flags & 0x10:
                    break
                if flags & 0x04:
                    total = word & ~(PAGE - 1)
                    while total > 0:
                        file.read(file.read(1)[0])
                        total -= struct.unpack(">Q", file.read(8))[0]
                    continue
                if not flags & 0x20:
                    file.read(file.read(1)[0])
                if flags & 0x02:
                    file.read(1)
                    zero += 1
                elif flags & 0x08:
                    file.read(PAGE)
                    data += 1
            file.read(5)
        rest = file.read()
        at = rest.find(b"\0\6")
        while at >= 0 and struct.unpack(">I", rest[at + 2:at + 6])[0] != len(rest) - at - 6:
            at = rest.find(b"\0\6", at + 1)
        description = json.loads(rest[at + 6:]) if at >= 0 else {"devices": []}
        print(machine, zero, data, len(description["devices"]))


main(sys.argv[1])
