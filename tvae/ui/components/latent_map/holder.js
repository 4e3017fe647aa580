// A component that shows nothing: it keeps one block of bytes where every map on the page can find it.

/** The page-wide shelf: blocks by name, who holds them, code by version, what to call when something arrives. */
const shelf = (globalThis.tvaeLatentMap ??= {
  blobs: new Map(),
  held: new Map(),
  code: new Map(),
  memory: new Map(),
  listeners: new Set(),
});

/** Forget what `owner` held, unless another component holds the same block. */
function release(owner) {
  const name = shelf.held.get(owner);
  shelf.held.delete(owner);
  if (name !== undefined && ![...shelf.held.values()].includes(name)) shelf.blobs.delete(name);
}

export default function ({ data, key }) {
  const size = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + size)));
  if (shelf.held.get(key) !== header.id) {
    release(key);
    shelf.held.set(key, header.id);
    // A copy: the bytes given lie inside a whole message, at any offset, and would keep it alive.
    if (!shelf.blobs.has(header.id)) shelf.blobs.set(header.id, { header, bytes: data.slice(4 + size) });
    for (const arrived of [...shelf.listeners]) arrived();
  }
  return () => release(key);
}
