// One image of a sheet as the background of an element; sharp-edged as the pixels are.

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text; // names are other people's text, never HTML
  return made;
}

/** Show the sheet's image at this place as the element's background. */
function showTile(target, sheet, place) {
  const { columns, rows } = sheet;
  const [column, row] = [place % columns, Math.floor(place / columns)];
  const part = (at, count) => (count > 1 ? `${(100 * at) / (count - 1)}%` : "0");
  target.style.backgroundPosition = `${part(column, columns)} ${part(row, rows)}`;
}

/** An element that shows images of the sheet, as wide for its height as they are. */
function tileElement(name, className, sheet, place) {
  const made = element(name, `tile ${className}`);
  made.style.backgroundImage = `url(${sheet.address})`;
  made.style.backgroundSize = `${sheet.columns * 100}% ${sheet.rows * 100}%`;
  made.style.aspectRatio = `${sheet.width} / ${sheet.height}`;
  showTile(made, sheet, place);
  return made;
}
