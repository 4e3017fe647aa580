// Heading of the drawer beside the maps, with the button that opens and closes it.

const TABS = '[data-testid="stTab"]';

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text; // classes' names are other people's text, never HTML
  return made;
}

/** What the page keeps of the drawer: one heading at a time. */
const shown = (globalThis.tvaeMapDrawer ??= { picked: null, gesture: null });

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
  const byGesture = shown.gesture !== null && shown.gesture !== data.gesture;
  Object.assign(shown, { picked: data.picked, gesture: data.gesture });
  if (changed && data.picked) set(true);
  // A gesture's answer is seen at once; the table stays, which shows the picked rows too.
  if (changed && byGesture && drawer) {
    const tabs = [...drawer.querySelectorAll(TABS)];
    if (tabs.find((tab) => tab.getAttribute("aria-selected") === "true")?.textContent !== "Table") tabs[0]?.click();
  }

  const pressed = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !isOpen() || !drawer?.isConnected) return;
    if (document.activeElement?.getAttribute("aria-expanded") === "true" && document.activeElement !== parentElement.host) return;
    const inside = drawer.contains(document.activeElement);
    if (inside || !isDocked(drawer)) close();
  };
  document.addEventListener("keydown", pressed);
  return () => {
    document.removeEventListener("keydown", pressed);
  };
}
