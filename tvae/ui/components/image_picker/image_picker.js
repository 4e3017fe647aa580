// Images to choose from, a button each.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = element("div", "picker");
  root.dataset.testid = "image-picker";
  data.tiles.forEach(({ row, mark }, place) => {
    const button = tileElement("button", mark ? "marked" : "", data.sheet, place);
    button.type = "button";
    button.dataset.row = row;
    button.title = `row ${row}`;
    button.setAttribute("aria-label", mark ? `Row ${row}, ${mark}` : `Row ${row}`);
    if (mark) button.append(element("span", "mark", mark));
    button.addEventListener("click", () => setTriggerValue("pick", row));
    root.append(button);
  });
  parentElement.querySelector(".picker")?.remove();
  parentElement.append(root);
}
