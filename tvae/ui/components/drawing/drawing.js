// A square to draw on. Points are kept in 256ths of its side; Python is told once a stroke ends.

const STEPS = 255;
/** Points nearer than this to the last one, in steps, add nothing that could be seen. */
const LEAST_STEP = 3;
const HINT = ["Draw here", "or press Space and use the arrow keys"];
/** Steps that the pen goes at a press of an arrow key, and with Shift. */
const ARROW_STEPS = 10;
const FINE_STEPS = 3;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Squares by the element that holds them: a new message from Python must not wipe what is being drawn. */
const squares = new WeakMap();

class Square {
  #stroke = null;
  #pointer = null;
  /** The pen that the keys move: its place in steps, and whether it is seen; it is down while it has a stroke. */
  #pen = { place: [128, 64], seen: false };
  #abort = new AbortController();
  strokes = [];

  constructor(parent, data) {
    this.pen = data.pen;
    this.mark = data.mark;
    this.root = document.createElement("div");
    this.root.className = "drawing";
    this.canvas = document.createElement("canvas");
    this.canvas.className = "square";
    this.canvas.tabIndex = 0;
    this.canvas.dataset.testid = "drawing";
    this.canvas.setAttribute("role", "application");
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
      this.#lift();
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
      if (this.#key(event)) event.preventDefault();
    });
    canvas.addEventListener("focus", () => {
      this.#pen.seen = canvas.matches(":focus-visible");
      this.#draw();
    });
    canvas.addEventListener("blur", () => {
      if (this.#pointer === null) this.#lift();
      this.#pen.seen = false;
      this.#draw();
    });
  }

  /** What a key does; whether it does anything. */
  #key(event) {
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
      if (this.#stroke) this.#stroke = null;
      else if (this.strokes.length) this.#take(this.strokes.slice(0, -1));
      else return false;
      this.#draw();
      return true;
    }
    if (this.#pointer !== null || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === " " || event.key === "Enter") {
      if (event.repeat) return true;
      this.#pen.seen = true;
      if (this.#stroke) this.#lift();
      else this.#stroke = [...this.#pen.place];
    } else if (event.key in ARROWS) {
      const by = event.shiftKey ? FINE_STEPS : ARROW_STEPS;
      this.#pen.place = this.#pen.place.map((at, axis) =>
        Math.max(0, Math.min(STEPS, at + by * ARROWS[event.key][axis])),
      );
      this.#pen.seen = true;
      this.#stroke?.push(...this.#pen.place);
    } else if (event.key === "Escape" && this.#stroke) {
      this.#stroke = null;
    } else return false;
    this.#draw();
    return true;
  }

  /** End the stroke of the keys. */
  #lift() {
    const stroke = this.#stroke;
    this.#stroke = null;
    if (stroke) this.#take([...this.strokes, stroke]);
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
    if (!all.length && !this.#pen.seen) {
      context.fillStyle = "#9aa3af";
      context.textAlign = "center";
      for (const [line, size] of [[0, side / 16], [1, side / 22]]) {
        context.font = `${Math.round(size)}px sans-serif`;
        context.fillText(HINT[line], side / 2, side * (0.5 + 0.09 * line));
      }
    }
    const down = this.#stroke !== null && this.#pointer === null;
    if (this.#pen.seen) {
      const [x, y] = this.#pen.place.map((at) => (at / STEPS) * side);
      context.beginPath();
      context.arc(x, y, (this.pen * side) / 2 + 3 * devicePixelRatio, 0, 2 * Math.PI);
      context.lineWidth = 2 * devicePixelRatio;
      context.strokeStyle = down ? this.mark : "#9aa3af";
      context.stroke();
    }
    canvas.dataset.strokes = String(this.strokes.length);
    const { length } = this.strokes;
    const place = this.#pen.place.map((at) => Math.round((100 * at) / STEPS));
    canvas.setAttribute(
      "aria-label",
      `A square to draw on; ${length} ${length === 1 ? "stroke" : "strokes"} so far. Arrow keys move the pen, with Shift ` +
        `finely; Space sets it down and lifts it. The pen is ${down ? "down" : "up"}, ${place[0]} % across, ${place[1]} % down.`,
    );
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
