// A square to draw on. Points are kept in 256ths of its side; Python is told once a stroke ends.

const STEPS = 255;
/** Points nearer than this to the last one, in steps, add nothing that could be seen. */
const LEAST_STEP = 3;
const HINT = "Draw here";

/** Squares by the element that holds them: a new message from Python must not wipe what is being drawn. */
const squares = new WeakMap();

class Square {
  #stroke = null;
  #pointer = null;
  #abort = new AbortController();
  strokes = [];

  constructor(parent, data) {
    this.pen = data.pen;
    this.root = document.createElement("div");
    this.root.className = "drawing";
    this.canvas = document.createElement("canvas");
    this.canvas.className = "square";
    this.canvas.tabIndex = 0;
    this.canvas.dataset.testid = "drawing";
    this.canvas.setAttribute("role", "img");
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    this.undo = button("Undo", "Take the last stroke back (Ctrl+Z)", () => this.#take(this.strokes.slice(0, -1)));
    this.clear = button("Clear", "Take all strokes back", () => this.#take([]));
    buttons.append(this.undo, this.clear);
    this.root.append(this.canvas, buttons);
    parent.append(this.root);
    this.#listen();
    this.sizes = new ResizeObserver(() => this.#draw());
    this.sizes.observe(this.canvas);
    whenRatioChanges(() => this.#draw(), this.#abort.signal);
    this.lay(data);
  }

  /** Put a sheet on the square, unless it is the one that is there: on that, the hand has the last word. */
  lay({ sheet, strokes }) {
    if (sheet === this.sheet) return;
    this.sheet = sheet;
    this.strokes = strokes.map((flat) => [...flat]);
    this.#draw();
  }

  remove() {
    this.#abort.abort();
    this.sizes.disconnect();
    this.root.remove();
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (this.#pointer !== null || event.button > 0) return; // a second finger, a palm beside the pen, another button
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.#pointer = event.pointerId;
      this.#stroke = [];
      this.#add(event);
      this.#draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.#pointer) return;
      // A browser gathers quick moves into one event; all of them make the line.
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length ? moves : [event]) this.#add(move);
      this.#draw();
    });
    const ended = (event) => {
      if (event.pointerId !== this.#pointer) return;
      const stroke = this.#stroke;
      this.#pointer = this.#stroke = null;
      if (stroke.length) this.#take([...this.strokes, stroke]);
    };
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(name, ended);
    canvas.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || !this.strokes.length) return;
      event.preventDefault();
      this.#take(this.strokes.slice(0, -1));
    });
  }

  /** Add the pointer's place to the stroke, unless it has hardly moved. */
  #add(event) {
    const box = this.canvas.getBoundingClientRect();
    const place = [event.clientX - box.left, event.clientY - box.top].map((at) =>
      Math.round(Math.max(0, Math.min(1, at / box.width)) * STEPS),
    );
    const [x, y] = this.#stroke.slice(-2);
    if (x === undefined || Math.hypot(place[0] - x, place[1] - y) >= LEAST_STEP) this.#stroke.push(...place);
  }

  /** Have these strokes, and tell Python. */
  #take(strokes) {
    this.strokes = strokes;
    this.#draw();
    this.send?.("drawn", { sheet: this.sheet, strokes });
  }

  #draw() {
    const { canvas } = this;
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!side) return;
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    const all = this.#stroke ? [...this.strokes, this.#stroke] : this.strokes;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#fff";
    context.lineWidth = this.pen * side;
    for (const stroke of all) {
      context.beginPath();
      for (let i = 0; i < stroke.length; i += 2) context.lineTo((stroke[i] / STEPS) * side, (stroke[i + 1] / STEPS) * side);
      if (stroke.length === 2) context.lineTo((stroke[0] / STEPS) * side + 0.01, (stroke[1] / STEPS) * side);
      context.stroke();
    }
    if (!all.length) {
      context.fillStyle = "#9aa3af";
      context.font = `${Math.round(side / 16)}px sans-serif`;
      context.textAlign = "center";
      context.fillText(HINT, side / 2, side / 2);
    }
    canvas.dataset.strokes = String(this.strokes.length);
    canvas.setAttribute("aria-label", `A square to draw on; ${this.strokes.length} strokes so far`);
    this.undo.disabled = this.clear.disabled = !this.strokes.length;
  }
}

function button(text, title, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = title;
  made.addEventListener("click", act);
  return made;
}

export default function ({ data, parentElement, setStateValue }) {
  if (!squares.has(parentElement)) squares.set(parentElement, new Square(parentElement, data));
  const square = squares.get(parentElement);
  square.send = setStateValue;
  square.lay(data);
  return () => {
    squares.get(parentElement)?.remove();
    squares.delete(parentElement);
  };
}
