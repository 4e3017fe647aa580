"""Strategies of changed files: JSON, text, bytes, pictures, arrays, zips, safetensors.

Each takes a valid file and gives the bytes of one that differs from it in a few places, in the structure of its format
as well as in its bytes.
"""

from __future__ import annotations

import io
import json
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

MOST_CHANGES = 3

ODD_TEXTS = (
    "",
    " ",
    "0",
    "nan",
    "two\nlines",
    "carriage\rreturn",
    "a\u2028line",
    "\x00",
    "\x1b[31mred",
    "\u202egnp.exe",
    "\ud800",
    "👩‍👩‍👧‍👦",
    "../../etc/passwd",
    "/etc/passwd",
    "=HYPERLINK(1)",
    "<script>alert(1)</script>",
    "x" * 10_000,
    "é" * 300,
)
ODD_NUMBERS = (0, 1, -1, 2, 255, 256, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, 10**15, 10**19, 0.5, -0.0, 1e-320, 1e308)


@dataclass(frozen=True)
class Raw:
    """Text that stands in a JSON file as it is."""

    text: str


ODD_TOKENS = tuple(
    map(Raw, ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 401, "1" + "0" * 5_000, "1" + "0" * 400 + ".5"))
)
DEEP = Raw("[" * 100_000 + "]" * 100_000)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [None], {"": None}, {"a": {"b": []}}),
    *ODD_TEXTS,
    *ODD_NUMBERS,
    *ODD_TOKENS,
    DEEP,
)


def some_value() -> SearchStrategy[Any]:
    """A JSON value that a field is not expected to have, or any."""
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    any_value = st.recursive(plain, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
    return st.one_of(st.sampled_from(ODD_VALUES), st.sampled_from(ODD_VALUES), any_value)


@st.composite
def changed_json(draw: DrawFn, plain: Any) -> bytes:
    """JSON of this value with one to three of its places changed: another value, none, one more, twice, moved."""
    tree = _as_pairs(plain)
    for _ in range(draw(st.integers(1, MOST_CHANGES))):
        places = [*_places(tree)]
        holder, index = draw(st.sampled_from(places)) if places else ([], 0)
        kind = draw(st.sampled_from(("replace", "replace", "replace", "remove", "add", "twice", "move", "wrap")))
        if not places:
            tree = _as_pairs(draw(some_value()))
        elif kind == "remove":
            del holder[index]
        elif kind == "add":
            value = _as_pairs(draw(some_value()))
            holder.insert(
                index, _Pair(draw(st.sampled_from(ODD_TEXTS) | st.text()), value) if _is_pairs(holder) else value
            )
        elif kind == "twice":
            holder.insert(index, _copied(holder[index]))
        else:
            if kind == "replace":
                value = _as_pairs(draw(some_value()))
            elif kind == "wrap":
                value = [_value(holder[index])]
            else:
                from_holder, from_index = draw(st.sampled_from(places))
                value = _copied(_value(from_holder[from_index]))
            holder[index] = _Pair(holder[index].name, value) if _is_pairs(holder) else value
    return _encoded(tree)


@dataclass(frozen=True)
class _Pair:
    name: str
    value: Any


class _Pairs(list):
    """An object of JSON, in which a name may stand twice."""


def _as_pairs(plain: Any) -> Any:
    """A copy of a value that can be changed, its objects as pairs."""
    if isinstance(plain, Mapping):
        return _Pairs(_Pair(name, _as_pairs(value)) for name, value in plain.items())
    return [_as_pairs(value) for value in plain] if isinstance(plain, list | tuple) else plain


def _is_pairs(holder: list) -> bool:
    return isinstance(holder, _Pairs)


def _value(entry: Any) -> Any:
    return entry.value if isinstance(entry, _Pair) else entry


def _copied(entry: Any) -> Any:
    if isinstance(entry, _Pair):
        return _Pair(entry.name, _copied(entry.value))
    return type(entry)(map(_copied, entry)) if isinstance(entry, list) else entry


def _places(tree: Any) -> Sequence[tuple[list, int]]:
    """Every list or object of a tree with each place in it, itself and what is inside."""
    found, waiting = [], [tree]
    while waiting and len(found) < 5_000:
        holder = waiting.pop()
        if isinstance(holder, list):
            found += [(holder, index) for index in range(len(holder))]
            waiting += [_value(entry) for entry in holder]
    return found


def _encoded(tree: Any) -> bytes:
    return _text(tree).encode("utf-8", "surrogatepass")


def _text(tree: Any) -> str:
    if isinstance(tree, Raw):
        return tree.text
    if isinstance(tree, _Pairs):
        return "{" + ", ".join(f"{json.dumps(pair.name)}: {_text(pair.value)}" for pair in tree) + "}"
    if isinstance(tree, dict):
        return _text(_as_pairs(tree))
    if isinstance(tree, list):
        return "[" + ", ".join(map(_text, tree)) + "]"
    return json.dumps(tree)


@st.composite
def changed_bytes(draw: DrawFn, content: bytes) -> bytes:
    """These bytes with one to three of them flipped, cut off, left out, put in, or standing elsewhere."""
    for _ in range(draw(st.integers(1, MOST_CHANGES))):
        kind = draw(st.sampled_from(("flip", "set", "cut", "leave out", "insert", "repeat", "move")))
        start = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from((1, 2, 4, 8, 64, 1_000)))
        if kind == "flip" and start < len(content):
            flipped = content[start] ^ draw(st.integers(1, 255))
            content = content[:start] + bytes([flipped]) + content[start + 1 :]
        elif kind == "set":
            length = min(length, len(content) - start)
            content = (
                content[:start]
                + draw(st.sampled_from((b"\0", b"\xff", b"\x7f", b"0", b" "))) * length
                + content[start + length :]
            )
        elif kind == "cut":
            content = content[:start]
        elif kind == "leave out":
            content = content[:start] + content[start + length :]
        elif kind == "insert":
            content = content[:start] + draw(st.binary(min_size=1, max_size=16)) + content[start:]
        elif kind == "repeat":
            content = (
                content[:start]
                + content[start : start + length] * draw(st.sampled_from((2, 3, 50)))
                + content[start + length :]
            )
        else:
            to = draw(st.integers(0, len(content)))
            content = content[:to] + content[start : start + length] + content[to:]
    return content


@st.composite
def changed_text(draw: DrawFn, text: str) -> bytes:
    """This text with one to three of its words, marks or lines changed, in an encoding of some kind."""
    for _ in range(draw(st.integers(1, MOST_CHANGES))):
        parts = re.findall(r"\w+|\W", text)
        start = draw(st.integers(0, max(0, len(parts) - 1)))
        kind = draw(
            st.sampled_from(("replace", "replace", "remove", "insert", "line twice", "line out", "lines mixed"))
        )
        odd = draw(
            st.sampled_from((*ODD_TEXTS, *(str(number) for number in ODD_NUMBERS), '"', ",", ";", "\t", "\r\n"))
            | st.text(max_size=6)
        )
        if kind.startswith("line"):
            lines: list[str] = [*text.splitlines(keepends=True)]
            at = draw(st.integers(0, max(0, len(lines) - 1)))
            if kind == "line twice":
                lines[at:at] = lines[at : at + 1] * draw(st.sampled_from((1, 2, 200)))
            elif kind == "line out":
                del lines[at : at + 1]
            else:
                lines.insert(draw(st.integers(0, len(lines))), odd + "\n")
            text = "".join(lines)
            continue
        parts[start : start + (kind != "insert")] = [odd] if kind != "remove" else []
        text = "".join(parts)
    encoding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")))
    return text.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")


ODD_TYPES = (
    "<f2",
    "<f4",
    "<f8",
    ">f4",
    "<i1",
    "<i4",
    ">i8",
    "<i8",
    "<u1",
    "<u8",
    "?",
    "<c8",
    "<U3",
    "|S2",
    "<M8[s]",
    "<m8[s]",
    "|V4",
)
ODD_SHAPES = (
    *("()", "(0,)", "(-1,)", "(1, -1)", "(True,)", "(1.0,)", "('a',)", "(2, 0)", "5", "[3]", "None", "(((("),
    *("(1000000, 10000000)", "(99999999999999999999,)", "(9" + "9" * 5_000 + ",)", "(4611686018427387904, 4)"),
    "(0, 99999999999999999999)",
    f"({'1, ' * 70})",
)
ODD_DESCRIPTIONS = (
    "'<f4'",
    "'|O'",
    "'<i4,<f4'",
    "[('a', '<f4')]",
    "'<f4000'",
    "'<U1000000000'",
    "'x'",
    "5",
    "'V0'",
    "'<U0'",
    "{}",
    "('<f4', (2,))",
)


@st.composite
def changed_array(draw: DrawFn, array: np.ndarray) -> bytes:
    """An .npy file of this array changed in its values, type, shape, header or bytes."""
    kind = draw(st.sampled_from(("values", "values", "type", "shape", "header", "version", "bytes", "object")))
    if kind == "values" and array.size and array.dtype.kind in "fiub":
        array = array.copy()
        flat = array.reshape(-1)
        where = slice(None) if draw(st.booleans()) else draw(st.integers(0, array.size - 1))
        numbers = (
            (np.nan, np.inf, -np.inf, 1e38, -1e38, 6e4, -1.0, 0.0, 2.0)
            if array.dtype.kind == "f"
            else (0, 1, -1, 127, 2**31, 2**63 - 1, -(2**63))
        )
        flat[where] = np.array(draw(st.sampled_from(numbers))).astype(array.dtype)
    elif kind == "type":
        wanted = draw(st.sampled_from(ODD_TYPES))
        try:
            array = array.astype(wanted)
        except (TypeError, ValueError):
            array = np.zeros(array.shape, wanted)
    elif kind == "shape":
        changes: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
            *(np.ravel, np.transpose, lambda a: a[:0], lambda a: a[:1], lambda a: a[1:], lambda a: a[None]),
            *(lambda a: np.concatenate([a, a]), lambda a: a[..., None], lambda a: np.asfortranarray(a)),
            lambda a: np.asarray(a.reshape(-1)[0] if a.size else 0),
        )
        array = draw(st.sampled_from(changes))(np.atleast_1d(array))
    elif kind == "object":
        array = np.array([{"a": 1}], object)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.lib.format.write_array(
            stream, array, version=draw(st.sampled_from(((2, 0), (3, 0)))) if kind == "version" else None
        )
    content = stream.getvalue()
    if kind == "header":
        shape = draw(st.just(str(array.shape)) | st.sampled_from(ODD_SHAPES))
        description = draw(st.just(repr(array.dtype.str)) | st.sampled_from(ODD_DESCRIPTIONS))
        order = draw(st.sampled_from(("False", "True", "None", "0")))
        header = f"{{'descr': {description}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content[128:]
    return draw(changed_bytes(content)) if kind == "bytes" else content


@st.composite
def changed_zip(
    draw: DrawFn, members: Mapping[str, bytes], inside: Callable[[str, bytes], SearchStrategy[bytes]]
) -> bytes:
    """A zip of these members with one to three of them changed, gone, renamed, doubled or packed otherwise.

    Args:
        inside: changed contents of a member, from its name and its content.
    """
    files = [(name, content, {}) for name, content in members.items()]
    method = draw(st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    for _ in range(draw(st.integers(1, MOST_CHANGES))):
        at = draw(st.integers(0, max(0, len(files) - 1)))
        kind = draw(
            st.sampled_from(
                ("inside", "inside", "inside", "gone", "name", "twice", "more", "packing", "attributes", "end")
            )
        )
        if kind == "end" or not files:
            return draw(changed_bytes(_zipped(files, method)))
        name, content, fields = files[at]
        if kind == "inside":
            known = members.get(name)
            files[at] = (name, draw(changed_bytes(content) if known is None else inside(name, known)), fields)
        elif kind == "gone":
            del files[at]
        elif kind == "name":
            odd = draw(st.sampled_from(ODD_TEXTS) | st.sampled_from([*members]) | st.text(max_size=8))
            files[at] = (draw(st.sampled_from((odd, f"{odd}/{name}", f"{name}{odd}"))), content, fields)
        elif kind == "twice":
            files.append(files[at])
        elif kind == "more":
            files.append((draw(st.text(min_size=1, max_size=8)), draw(st.binary(max_size=40)), {}))
        elif kind == "packing":
            files[at] = (
                name,
                content,
                {**fields, "compress_type": draw(st.sampled_from((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))},
            )
        else:
            odd = draw(
                st.sampled_from(({"external_attr": 0o120777 << 16}, {"external_attr": 0o40755 << 16}, {"flag_bits": 1}))
            )
            files[at] = (name, content, {**fields, **odd})
    return _zipped(files, method)


def _zipped(files: Sequence[tuple[str, bytes, Mapping[str, int]]], method: int) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")
        for name, content, fields in files:
            member = zipfile.ZipInfo(name.encode(errors="replace").decode()[:10_000])
            member.compress_type = method
            for field, value in fields.items():
                setattr(member, field, value)
            archive.writestr(member, content)
    return stream.getvalue()


def changed_npz(arrays: Mapping[str, np.ndarray]) -> SearchStrategy[bytes]:
    """Strategy of damaged .npz files: these arrays, with changes to the arrays or to the zip around them."""
    members = {}
    for name, array in arrays.items():
        stream = io.BytesIO()
        np.lib.format.write_array(stream, np.asarray(array))
        members[f"{name}.npy"] = stream.getvalue()
    return changed_zip(members, lambda name, content: _changed_member(arrays, name, content))


def _changed_member(arrays: Mapping[str, np.ndarray], name: str, content: bytes) -> SearchStrategy[bytes]:
    array = arrays.get(name.removesuffix(".npy"))
    return changed_bytes(content) if array is None else changed_array(np.asarray(array))


@st.composite
def changed_safetensors(draw: DrawFn, content: bytes) -> bytes:
    """Strategy of damaged safetensors files: with changes to the header, the values or the bytes."""
    kind = draw(st.sampled_from(("header", "header", "metadata", "values", "bytes")))
    if kind == "bytes":
        return draw(changed_bytes(content))
    length = int.from_bytes(content[:8], "little")
    plain, rest = json.loads(content[8 : 8 + length]), content[8 + length :]
    if kind == "values":
        at = draw(st.integers(0, max(0, len(rest) - 4)))
        odd = draw(st.sampled_from((np.nan, np.inf, 3e38, -1.0, 0.0)))
        return content[: 8 + length] + rest[:at] + np.float32(odd).tobytes() + rest[at + 4 :]
    if kind == "metadata" and "__metadata__" in plain:
        key = draw(st.sampled_from([*plain["__metadata__"]]))
        text = plain["__metadata__"][key]
        try:
            new = draw(changed_json(json.loads(text)))
        except json.JSONDecodeError:
            new = draw(changed_text(text))
        plain["__metadata__"][key] = new.decode(errors="replace")
        header = json.dumps(plain).encode()
    else:
        header = draw(changed_json(plain))
    return len(header).to_bytes(8, "little") + header + rest


@st.composite
def changed_png(draw: DrawFn, content: bytes) -> bytes:
    """A PNG with its chunks changed, each with a right checksum."""
    chunks, at = [], 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    for _ in range(draw(st.integers(1, MOST_CHANGES))):
        place = draw(st.integers(0, max(0, len(chunks) - 1)))
        kind = draw(st.sampled_from(("size", "form", "inside", "twice", "gone", "text")))
        if kind == "text" or not chunks:
            odd = draw(
                st.sampled_from((b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tRNS", b"PLTE", b"acTL", b"fcTL", b"iCCP"))
            )
            chunks.insert(
                place, (odd, draw(st.binary(max_size=40) | st.just(b"a\0\0" + zlib.compress(bytes(10_000_000)))))
            )
        elif kind == "size":
            size = [draw(st.sampled_from((0, 1, 8, 1_000, 16_000_000, 2**31 - 1, 2**32 - 1))) for _ in range(2)]
            chunks[0] = (chunks[0][0], struct.pack(">2I", *size) + chunks[0][1][8:])
        elif kind == "form":
            chunks[0] = (chunks[0][0], chunks[0][1][:8] + draw(st.binary(min_size=5, max_size=5)))
        elif kind == "inside":
            chunks[place] = (chunks[place][0], draw(changed_bytes(chunks[place][1])))
        elif kind == "twice":
            chunks.insert(place, chunks[place])
        else:
            del chunks[place]
    parts = (
        struct.pack(">I", len(inside)) + name + inside + struct.pack(">I", zlib.crc32(name + inside))
        for name, inside in chunks
    )
    return content[:8] + b"".join(parts)
