// One page of a table of images. Resting on a row marks it on the maps, clicking it shows it there.

/** Mark a row on both maps; -1 takes the mark away. */
function point(memory, row) {
  document.dispatchEvent(new CustomEvent("latent-map:point", { detail: { memory, row } }));
}

function headingOf({ name, title, about, colour }, { sorted }, sort) {
  const cell = element("th");
  const button = element("button", "sort", title);
  button.type = "button";
  button.title = about;
  button.dataset.name = name;
  if (colour) button.style.setProperty("--arm", colour);
  button.classList.toggle("arm", Boolean(colour));
  const here = sorted.name === name;
  cell.setAttribute("aria-sort", here ? (sorted.descending ? "descending" : "ascending") : "none");
  button.addEventListener("click", () => sort(name));
  cell.append(button);
  return cell;
}

function lineOf({ row, cells }, place, { memory, sheet, focus }, pick) {
  const line = element("tr");
  line.dataset.row = row;
  if (row === focus) line.setAttribute("aria-current", "true");
  const image = element("td", "image");
  const button = sheet ? tileElement("button", "", sheet, place) : element("button", "", "Show");
  button.type = "button";
  button.setAttribute("aria-label", `Show row ${row} on the maps`);
  image.append(button);
  line.append(image, ...cells.map((text) => element("td", "", text)));
  line.addEventListener("click", () => pick(row));
  line.addEventListener("pointerenter", () => point(memory, row));
  button.addEventListener("focus", () => point(memory, row));
  return line;
}

/** Which rows of how many are shown, and the buttons to other pages. */
function pagerOf({ page, pages, first, count }, shown, turn) {
  const pager = element("div", "pager");
  pager.setAttribute("role", "group");
  pager.setAttribute("aria-label", "Pages of the table");
  const range = `${Math.min(first + 1, count).toLocaleString("en")} to ${(first + shown).toLocaleString("en")} of ${count.toLocaleString("en")}`;
  pager.append(element("span", "range", range));
  for (const [sign, words, to] of [
    ["«", "First page", 0],
    ["‹", "Page before", page - 1],
    ["›", "Next page", page + 1],
    ["»", "Last page", pages - 1],
  ]) {
    const button = element("button", "", sign);
    button.type = "button";
    button.title = words;
    button.dataset.name = words;
    button.setAttribute("aria-label", words);
    button.disabled = to === page || to < 0 || to >= pages;
    button.addEventListener("click", () => turn(to));
    pager.append(button);
  }
  return pager;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const before = parentElement.querySelector(".rows");
  const left = before?.scrollLeft ?? 0;
  // The heading or the image that had the focus gets it again.
  const active = parentElement.activeElement;
  const [name, row] = [active?.dataset?.name, active?.closest?.("tr")?.dataset.row];
  const root = element("div", "rows");
  root.dataset.testid = "row-table";
  root.tabIndex = 0;
  const head = element("tr");
  head.append(element("th", "image"));
  const sort = (heading) => setTriggerValue("sort", heading);
  head.append(...data.headings.map((heading) => headingOf(heading, data, sort)));
  const body = element("tbody");
  const pick = (line) => {
    document.dispatchEvent(new CustomEvent("latent-map:show", { detail: { memory: data.memory, row: line } }));
    setTriggerValue("pick", line);
  };
  body.append(...data.lines.map((line, place) => lineOf(line, place, data, pick)));
  const table = element("table");
  const top = element("thead");
  top.append(head);
  table.append(top, body);
  root.append(table);
  const whole = element("div", "whole");
  whole.append(root, pagerOf(data.place, data.lines.length, (page) => setTriggerValue("page", page)));
  const away = () => point(data.memory, -1);
  root.addEventListener("pointerleave", away);
  root.addEventListener("focusout", away);
  before?.parentElement.remove();
  parentElement.append(whole);
  root.scrollLeft = left;
  if (name) whole.querySelector(`button[data-name="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
  else if (row) root.querySelector(`tr[data-row="${row}"] button`)?.focus({ preventScroll: true });
  return away;
}
