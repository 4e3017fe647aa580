// Has Streamlit change a page's address without adding to the history, and leaves what the browser keeps there.
//
// Streamlit pushes an entry for each change that Python makes of the address, which Back does not undo. Opening another
// page still adds an entry. The server writes this into each page, and the names of the browser's own parameters after
// it: a component of Streamlit's would come too late for the corrections that the first script run makes.
{
  const replace = history.replaceState.bind(history);
  const push = history.pushState.bind(history);

  /** The page-wide keeper: the browser's own replaceState, and names of the parameters that no script run knows. */
  const keeper = (globalThis.tvaeAddress = { replace, names: [] });

  /** The address that is asked for, with the browser's own parameters as they stand now. */
  const kept = (url) => {
    const target = new URL(url ?? location.href, location.href);
    if (target.pathname !== location.pathname) return target;
    const current = new URLSearchParams(location.search);
    for (const name of keeper.names) {
      if (current.has(name)) target.searchParams.set(name, current.get(name));
      else if (target.searchParams.has(name)) target.searchParams.delete(name);
    }
    return target;
  };

  /** The address that a link leaves: the next page's parameters may come before its name, and are none of this one's. */
  let left = null;
  addEventListener("click", ({ target }) => (left = target.closest?.("a[href]") ? location.href : null), true);
  addEventListener("popstate", () => (left = null), true);

  history.pushState = (state, title, url) => {
    const target = kept(url);
    if (target.pathname === location.pathname) return replace(state, title, target.href);
    if (left && new URL(left).pathname === location.pathname) replace(history.state, title, left);
    left = null;
    push(state, title, target.href);
  };
  history.replaceState = (state, title, url) => replace(state, title, kept(url).href);
}
