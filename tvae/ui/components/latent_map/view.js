// The map's place on the page. Its code travels in a component of its own, once; this only finds it.

const shelf = (globalThis.tvaeLatentMap ??= {
  blobs: new Map(),
  held: new Map(),
  code: new Map(),
  memory: new Map(),
  listeners: new Set(),
});

/** Per place on the page: the last message not yet shown because the code has not arrived. */
const waiting = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const show = () => {
    const code = shelf.code.get(data.version);
    if (!code) return;
    shelf.listeners.delete(show);
    code.show(parentElement, data, { setStateValue, setTriggerValue });
  };
  shelf.listeners.delete(waiting.get(parentElement));
  waiting.set(parentElement, show);
  shelf.listeners.add(show);
  show();
  return () => {
    shelf.listeners.delete(waiting.get(parentElement));
    for (const code of shelf.code.values()) code.remove(parentElement);
  };
}
