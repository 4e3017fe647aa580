// The page-wide shelf, where the parts of a page that belong to its maps find each other.

/** Blocks by name, who holds them, code by version, what to call when something arrives. */
const shelf = (globalThis.tvaeLatentMap ??= {
  blobs: new Map(),
  held: new Map(),
  code: new Map(),
  memory: new Map(),
  listeners: new Set(),
});

/** Put a block from Python on the shelf, in place of what its owner held before. */
function hold(owner, block) {
  const size = new DataView(block.buffer, block.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(block.subarray(4, 4 + size)));
  if (shelf.held.get(owner) === header.id) return;
  release(owner);
  shelf.held.set(owner, header.id);
  // A copy: the bytes given lie inside a whole message, at any offset, and would keep it alive.
  if (!shelf.blobs.has(header.id)) shelf.blobs.set(header.id, { header, bytes: block.slice(4 + size) });
  for (const arrived of [...shelf.listeners]) arrived();
}

/** Forget what `owner` held, unless another one holds the same block. */
function release(owner) {
  const name = shelf.held.get(owner);
  shelf.held.delete(owner);
  if (name !== undefined && ![...shelf.held.values()].includes(name)) shelf.blobs.delete(name);
}
