// The shell of the Jupyter widget: draws the maps in an output, and keeps their selection equal to Python's.

/** What the maps' style sheet calls the colours and the font of a page, as JupyterLab's themes have them. */
const THEME = {
  "--st-background-color": "var(--jp-layout-color0, #fff)",
  "--st-text-color": "var(--jp-ui-font-color0, #1d2430)",
  "--st-primary-color": "var(--jp-brand-color1, #3d4859)",
  "--st-red-color": "var(--jp-error-color1, #b3261e)",
  "--st-font": "var(--jp-ui-font-family, sans-serif)",
};

/** Keep the blocks from Python where the maps find them, as long as the widget lives. */
function initialize({ model }) {
  const { memory } = model.get("_settings");
  const blocks = Object.entries(model.get("_blocks"));
  for (const [name, { buffer, byteOffset, byteLength }] of blocks) {
    hold(`${memory} ${name}`, new Uint8Array(buffer, byteOffset, byteLength));
  }
  return () => blocks.forEach(([name]) => release(`${memory} ${name}`));
}

/** Draw the maps in one output. */
function render({ model, el }) {
  const settings = model.get("_settings");
  offer(settings.version);
  const code = shelf.code.get(settings.version);
  // Without the attribute JupyterLab's keys act on the cell, such as D twice, which deletes it.
  const place = el.appendChild(element("div", { "data-lm-suppress-shortcuts": "true" }));
  for (const [name, value] of Object.entries(THEME)) place.style.setProperty(name, value);
  const host = place.attachShadow({ mode: "open" });
  const setStateValue = (name, value) => {
    if (name !== "selection") return; // Python asks for no filters
    model.set("_picked", value);
    model.save_changes();
  };
  const send = { setStateValue, screen: place };
  const show = () => code.show(host, { ...settings, picked: model.get("_picked"), filtersGesture: 0 }, send);
  show();
  const words = element("p", { textContent: settings.told, style: "margin: 0; color: var(--quiet); font-size: 0.8125rem" });
  host.querySelector(".foot").append(words);
  model.on("change:_picked", show);
  const themes = new MutationObserver(show);
  themes.observe(document.body, { attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
  return () => {
    model.off("change:_picked", show);
    themes.disconnect();
    code.remove(host);
    place.remove();
  };
}

export default { initialize, render };
