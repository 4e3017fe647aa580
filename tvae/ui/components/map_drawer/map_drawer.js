// Heading of the drawer beside the maps, with the button that opens and closes it.

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text; // classes' names are other people's text, never HTML
  return made;
}

/** What the page keeps of the drawer: one heading at a time. */
const shown = (globalThis.tvaeMapDrawer ??= { picked: null });

/** The share of the window's height that the drawer covers at most as a sheet; `page.css` of the maps says the same. */
const SHEET = 0.45;

const isOpen = () => document.body.dataset.mapDrawer !== "closed";

/** Whether the drawer stands in its own column, so that it covers nothing. */
const isDocked = (drawer) => getComputedStyle(drawer).getPropertyValue("--docked").trim() === "1";

export default function ({ data, parentElement }) {
  const drawer = parentElement.host.closest(".st-key-map-drawer");
  let root = parentElement.querySelector(".heading");
  if (!root) {
    const words = element("span", "words");
    words.setAttribute("role", "status");
    const toggle = element("button", "toggle");
    toggle.type = "button";
    root = element("div", "heading");
    root.append(words, toggle);
    parentElement.append(root);
    drawer?.setAttribute("role", "region");
    drawer?.setAttribute("aria-label", "What is picked on the maps");
  }
  const toggle = root.querySelector(".toggle");
  const set = (open) => {
    document.body.dataset.mapDrawer = open ? "open" : "closed";
    toggle.setAttribute("aria-expanded", String(open));
    toggle.setAttribute("aria-label", open ? "Close the drawer" : "Open the drawer");
    toggle.title = open ? "Close (Escape)" : "Open";
  };
  const close = () => {
    set(false);
    document.dispatchEvent(new CustomEvent("latent-map:focus", { detail: { memory: data.memory } }));
  };
  root.querySelector(".words").textContent = data.text;
  toggle.onclick = () => (isOpen() ? close() : set(true));

  if (document.body.dataset.mapDrawer === undefined) set(!drawer || isDocked(drawer));
  else set(isOpen());
  const changed = shown.picked !== null && shown.picked !== data.picked;
  shown.picked = data.picked;
  if (changed && data.picked) {
    set(true);
    const covered = drawer && !isDocked(drawer) ? innerHeight * SHEET : 0;
    document.dispatchEvent(new CustomEvent("latent-map:in-window", { detail: { memory: data.memory, covered } }));
  }
  if (changed && !data.picked && drawer && !isDocked(drawer)) set(false);

  const pressed = (event) => {
    if (event.key !== "Escape" || !isOpen() || !drawer?.isConnected) return;
    const active = document.activeElement;
    const inside = drawer.contains(active);
    // In the drawer an open list takes the key first; a docked drawer, which covers nothing, closes from within alone.
    const taken = event.defaultPrevented || (active !== parentElement.host && active?.getAttribute("aria-expanded") === "true");
    if (inside ? !taken : !isDocked(drawer)) close();
    else if (!inside) return;
    event.preventDefault(); // maps on the full screen leave it only when nobody else takes the key
  };
  document.addEventListener("keydown", pressed);
  return () => {
    document.removeEventListener("keydown", pressed);
  };
}
