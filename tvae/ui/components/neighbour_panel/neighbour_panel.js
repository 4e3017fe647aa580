// Neighbours of a row, a button each; resting on one marks it on the maps, clicking it walks there.

const SIGNS = { shared: "=", gained: "+", lost: "−" };

/** Mark a row on both maps; -1 takes the mark away. */
function point(memory, row) {
  document.dispatchEvent(new CustomEvent("latent-map:point", { detail: { memory, row } }));
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text; // names are other people's text, never HTML
  return made;
}

function tile(neighbour, place, data, total, walk) {
  const { row, label, distance, mark } = neighbour;
  const button = element("button", `tile ${mark}`);
  button.type = "button";
  button.dataset.row = row;
  button.setAttribute("aria-label", `Row ${row}, ${label}, distance ${distance.toFixed(3)}, ${mark}. Walk there`);
  button.title = `row ${row} · ${label} · ${mark}`;
  if (data.sheet) {
    const image = element("span", "image");
    image.style.backgroundImage = `url(${data.sheet})`;
    image.style.backgroundSize = `${total * 100}% 100%`;
    image.style.backgroundPosition = total > 1 ? `${(100 * place) / (total - 1)}% 0` : "0 0";
    button.append(image);
  } else {
    button.append(element("span", "name", label));
  }
  button.append(element("span", "distance", distance.toFixed(3)), element("span", "mark", `${SIGNS[mark]} ${mark}`));
  button.addEventListener("pointerenter", () => point(data.memory, row));
  button.addEventListener("focus", () => point(data.memory, row));
  button.addEventListener("click", () => walk(row));
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = element("div", "sides");
  root.dataset.testid = "neighbour-panel";
  const total = data.sides.reduce((sum, side) => sum + side.neighbours.length, 0);
  const walk = (row) => setTriggerValue("walk", row);
  let place = 0;
  for (const side of data.sides) {
    const part = element("section", "side");
    part.style.setProperty("--arm", side.colour);
    part.append(element("h2", "title", side.title));
    const tiles = element("div", "tiles");
    for (const neighbour of side.neighbours) tiles.append(tile(neighbour, place++, data, total, walk));
    part.append(tiles);
    root.append(part);
  }
  const away = () => point(data.memory, -1);
  root.addEventListener("pointerleave", away);
  root.addEventListener("focusout", away);
  parentElement.querySelector(".sides")?.remove();
  parentElement.append(root);
  return away;
}
