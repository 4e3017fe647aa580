// Has Streamlit change a page's address without adding to the history, and leaves what the browser keeps there.
//
// Streamlit pushes an entry for each change that Python makes of the address, which Back does not undo. A link that is
// followed still adds an entry, also one to other parameters of the same page. The server writes this into each page, and the names of the browser's own parameters after
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

  /** The link that was followed last, and the address where it stands, until the address has changed for it. */
  let link = null;
  const follow = ({ target, ctrlKey, metaKey, shiftKey }) => {
    const anchor = target.closest?.("a[href]");
    if (anchor && !ctrlKey && !metaKey && !shiftKey) link = { from: location.href, to: anchor.href };
  };
  addEventListener("click", follow, true);
  addEventListener("popstate", () => (link = null), true);

  /** Whether the link leads to this address of the page that it stands on: by parameters that the page had otherwise. */
  const leadsTo = (target) => {
    const [from, to] = [new URL(link.from), new URL(link.to)];
    if (from.pathname !== target.pathname || to.pathname !== target.pathname) return false;
    const asked = [...to.searchParams].filter(([name, text]) => !from.searchParams.getAll(name).includes(text));
    return asked.length > 0 && asked.every(([name, text]) => target.searchParams.getAll(name).includes(text));
  };

  history.pushState = (state, title, url) => {
    const target = kept(url);
    const samePage = target.pathname === location.pathname;
    // Where no link was followed, a page sent the person on: Back must not lead to it, it would send on again.
    if (!link || (samePage && !leadsTo(target))) return replace(state, title, target.href);
    // The next page's parameters may come before its name, and are none of the page that the link leaves.
    if (new URL(link.from).pathname === location.pathname) replace(history.state, title, link.from);
    link = null;
    push(state, title, target.href);
  };
  history.replaceState = (state, title, url) => replace(state, title, kept(url).href);
}
