"""Writes the small, well-formed inputs that the fuzzers start from (packages: numpy, pillow, safetensors).

Inputs that once failed are kept in the same folders under names that say what they are; this script leaves them alone.
"""

import gzip
import io
import json
import pathlib
import struct
import zipfile
import zlib

import numpy
import safetensors.numpy
from PIL import Image

corpus = pathlib.Path(__file__).parent / "corpus"


def write(fuzzer, name, content):
    folder = corpus / fuzzer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def idx():
    images = struct.pack(">BBBB3I", 0, 0, 8, 3, 2, 3, 4) + bytes(range(24))
    labels = struct.pack(">BBBBI", 0, 0, 8, 1, 5) + bytes([1, 2, 3, 4, 5])
    for name, content in {"images": images, "labels": labels}.items():
        write("idx", name, content)
        write("idx", name + ".gz", gzip.compress(content, mtime=0))


def cifar10():
    record = bytes([7]) + bytes(3072)
    write("cifar10", "one", record)
    write("cifar10", "three.gz", gzip.compress(3 * record, mtime=0))


def element(kind, content):
    if 0 < len(content) <= 4:
        return struct.pack("<HH", kind, len(content)) + content.ljust(4, b"\0")
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def array(name, sizes, data, array_class=9, storage=2):
    content = (
        element(6, struct.pack("<II", array_class, 0))
        + element(5, struct.pack(f"<{len(sizes)}i", *sizes))
        + element(1, name)
        + element(storage, data)
    )
    return struct.pack("<II", 14, len(content)) + content


def compressed(content):
    packed = zlib.compress(content)
    return struct.pack("<II", 15, len(packed)) + packed


def mat():
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
    images = array(b"X", [32, 32, 3, 2], bytes(2 * 3072))
    labels = array(b"y", [2, 1], bytes([1, 10]))
    doubles = array(b"y", [2, 1], struct.pack("<2d", 1, 10), array_class=6, storage=9)
    write("mat", "set", header + compressed(images) + compressed(labels))
    write("mat", "doubles", header + doubles)
    write("mat", "compact_doubles", header + array(b"y", [2, 1], bytes([1, 10]), array_class=6))
    write("mat", "int32", header + array(b"a", [1, 1], b"\1") + array(b"y", [3, 1], struct.pack("<3i", 1, 2, 3), 12, 5))
    write("mat", "int64", header + compressed(array(b"y", [1, 2], struct.pack("<2q", -1, 2), 14, 12)))


def picture():
    ramp = numpy.arange(8 * 9 * 3, dtype=numpy.uint8).reshape(8, 9, 3)
    rgb = Image.fromarray(ramp)
    variants = {
        "rgb.png": (rgb, {}),
        "grey.png": (rgb.convert("L"), {}),
        "bit.png": (rgb.convert("1"), {}),
        "palette.png": (rgb.convert("P"), {"transparency": 0}),
        "alpha.png": (rgb.convert("RGBA"), {}),
        "grey_alpha.png": (rgb.convert("LA"), {}),
        "deep.png": (Image.fromarray(ramp[:, :, 0].astype(numpy.uint16) * 257), {}),
        "baseline.jpg": (rgb, {"quality": 20}),
        "whole.jpg": (rgb, {"quality": 20, "subsampling": 0}),
        "grey.jpg": (rgb.convert("L"), {"quality": 20}),
        "progressive.jpg": (rgb, {"quality": 20, "progressive": True}),
        "restart.jpg": (rgb, {"quality": 20, "restart_marker_blocks": 1}),
        "cmyk.jpg": (rgb.convert("CMYK"), {"quality": 20}),
        "rgb.bmp": (rgb, {}),
        "palette.bmp": (rgb.convert("P"), {}),
        "bit.bmp": (rgb.convert("1"), {}),
        "alpha.bmp": (rgb.convert("RGBA"), {}),
        "rgb.tga": (rgb, {}),
        "packed.tga": (rgb, {"compression": "tga_rle"}),
        "palette.tga": (rgb.convert("P"), {}),
        "grey.gif": (rgb.convert("L"), {}),
        "transparent.gif": (rgb.quantize(8), {"transparency": 1}),
        "two.gif": (rgb.quantize(8), {"save_all": True, "append_images": [rgb.rotate(180).quantize(8)]}),
        "interlaced.gif": (rgb.quantize(8), {"interlace": 1}),
        "alpha.tga": (rgb.convert("RGBA"), {"compression": "tga_rle"}),
        "grey_alpha.tga": (rgb.convert("LA"), {"orientation": 1}),
    }
    for name, (image, options) in variants.items():
        buffer = io.BytesIO()
        image.save(buffer, {"jpg": "JPEG"}.get(name.split(".")[1], name.split(".")[1].upper()), **options)
        write("picture", name, buffer.getvalue())

    cmyk = (corpus / "picture" / "cmyk.jpg").read_bytes()
    at = cmyk.index(b"\xff\xee")
    write("picture", "cmyk_without_adobe.jpg", cmyk[:at] + cmyk[at + 16:])

    # Clear codes before every pixel: a frame inside its screen, and one beyond it.
    palette = bytes(range(12))
    for name, frame in {"inside.gif": (1, 1, 1, 1), "beyond.gif": (3, 3, 1, 1)}.items():
        control = b"\x21\xf9\x04\x01\0\0\2\0"
        write("picture", name, b"GIF89a" + struct.pack("<HH", 3, 3) + b"\x81\1\0" + palette + control
              + b"," + struct.pack("<4H", *frame) + b"\0" + b"\x02\x02\x5c\x01\0" + b";")

    def bitmap(header, bits, data, palette=b"", compression=0, masks=b""):
        size = struct.pack("<HHHH" if header == 12 else "<iiHH", 3, 2, 1, bits)
        rest = b"" if header == 12 else struct.pack("<IIiiII", compression, 0, 0, 0, 0, 0)
        content = (struct.pack("<I", header) + size + rest + masks).ljust(header, b"\0") + palette
        return b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + len(content)) + content + data

    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    write("picture", "os2.bmp", bitmap(12, 4, bytes(8), bytes(48)))
    write("picture", "masks.bmp", bitmap(40, 16, bytes(range(16)), b"", 3, struct.pack("<3I", 0xF800, 0x7E0, 0x1F)))
    write("picture", "alpha_mask.bmp", bitmap(124, 32, bytes(range(24)), b"", 3, masks))


def config():
    everything = """\
root: data
model:
  name: cebm
  bias: {name: mixture, components: 3, statistics: per_component}
  channels: [64, 32]
train:
  steps: 10
  offset: -1
  scale: 1.5e-3
  optimizer: {lr: 1.0e-4}
  fast: false
"""
    write("config", "everything", everything.encode())
    write("config", "quotes", b"root: \"a\\n\\u00e9\"\nmodel: 'plain'\n")
    write("config", "block", b"# comment\nroot: |\n  a\n  b\nmodel:\n  name: cebm\n  channels:\n    - 1\n    - 2\n")
    write("config", "override", b"train: {steps: 5}\n\0train.optimizer.lr=0.1")
    write("config", "short", b"model: cebm\0model.bias=mixture")


def safetensors_files():
    tensors = {
        "w": numpy.arange(6, dtype=numpy.float32).reshape(2, 3),
        "flag": numpy.array([True, False]),
        "half": numpy.ones(3, numpy.float16),
        "empty": numpy.zeros((0, 3), numpy.int64),
        "scalar": numpy.array(2.0),
    }
    write("safetensors", "python", safetensors.numpy.save(tensors, metadata={"a": "b"}))
    write("safetensors", "none", struct.pack("<Q", 8) + b"{}      ")
    write("safetensors", "pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as entries:
        entries.writestr(zipfile.ZipInfo("archive/data.pkl"), b"\x80\2}.")
    write("safetensors", "pytorch", archive.getvalue())


def npy():
    for name, values in {
        "f4": numpy.arange(6, dtype=numpy.float32).reshape(2, 3),
        "f8": numpy.array([1.5]),
        "i8": numpy.zeros((2, 0), numpy.int64),
        "u1": numpy.array(7, numpy.uint8),
        "f2": numpy.ones(3, numpy.float16),
        "big_endian": numpy.array([1.5, -2.0], ">f8"),
        "u8": numpy.array([2**63], numpy.uint64),
        "bool": numpy.array([True, False]),
        "fortran": numpy.asfortranarray(numpy.arange(6, dtype=numpy.int16).reshape(2, 3)),
        "records": numpy.zeros(2, [("a", "<f4"), ("b", "<i4")]),
    }.items():
        buffer = io.BytesIO()
        numpy.save(buffer, values)
        write("npy", name, buffer.getvalue())
    for version in (2, 3):
        buffer = io.BytesIO()
        numpy.lib.format.write_array(buffer, numpy.array([1.5]), version=(version, 0))
        write("npy", f"version{version}", buffer.getvalue())
    header = b"{\"shape\": (2L,), \"fortran_order\": False, \"descr\": \"<u2\"}\n"
    write("npy", "python2", b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(4))


def json_files():
    def text(value):
        return json.dumps(value, indent=1).encode()

    entry = {"bytes": 5, "sha256": "0" * 64}
    names = ["config.yaml", "model.safetensors", "state.json"]
    write("checkpoint_manifest", "whole",
          text({"format": "cebm checkpoint", "version": 1, "files": {name: entry for name in names}}))
    write("checkpoint_manifest", "outside",
          text({"format": "cebm checkpoint", "version": 1, "files": {"../a": entry, "/a": entry, "..": entry}}))
    write("checkpoint_state", "whole", text({"step": 3, "parts": {"model": {"image": [1, 2, 2]}}}))
    write("checkpoint_state", "outside", text({"step": 3, "parts": {"../model": {}, "/model": None}}))
    write("data_manifest", "whole",
          text({"format": "cebm data manifest", "version": 1, "archive": "a.tar.gz",
                "files": [{"path": "a/b.jpg", "size": 3, "sha256": "0" * 64}]}))
    write("data_manifest", "outside",
          text({"format": "cebm data manifest", "version": 1, "archive": "a.tar.gz",
                "files": [{"path": "a/../../b.jpg", "size": 3, "sha256": "0" * 64}]}))
    write("result", "whole", text({"evaluator": "ood", "options": {"a": [1]}, "provenance": {}, "result": {"x": 0.5}}))


for make in (idx, cifar10, mat, picture, config, safetensors_files, npy, json_files):
    make()
