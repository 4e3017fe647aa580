// The map's place on the page. Its code travels in a component of its own, once; this only finds it.

/** The page-wide keeper of the address, which the app's server writes into each page (see `address_keeper.js`). */
const keeper = globalThis.tvaeAddress ?? { replace: history.replaceState.bind(history) };

/** A parameter of the page's address, `null` where there is none. */
function readAddress(name) {
  return new URLSearchParams(location.search).get(name);
}

/** Set parameters of the page's address, or remove them where the text is empty; adds nothing to the history. */
function writeAddress(texts) {
  const target = new URL(location.href);
  for (const [name, text] of Object.entries(texts)) {
    if (text) target.searchParams.set(name, text);
    else target.searchParams.delete(name);
  }
  if (Object.entries(texts).some(([name, text]) => (readAddress(name) ?? "") !== text)) {
    keeper.replace(history.state, "", target.href);
  }
}

/** Per place on the page: the last message not yet shown because the code has not arrived. */
const waiting = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const show = () => {
    const code = shelf.code.get(data.version);
    if (!code) return;
    shelf.listeners.delete(show);
    code.show(parentElement, data, { setStateValue, setTriggerValue, readAddress, writeAddress });
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
