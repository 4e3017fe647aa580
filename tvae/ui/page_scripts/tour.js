// Three steps that explain the overview at a first visit, and never again in that browser.
//
// None opens on another page, in a lesson, or where an address asks for more than a run: who follows such a link has
// something to look at already. The card stands beside what it explains and never over it; the page goes on working.
{
  const SEEN = "tvaeTourSeen";
  const SIDEBAR = '[data-testid="stSidebar"][data-collapsed="false"]';
  /** What a step explains: the elements of the first selector that finds any. */
  const STEPS = [
    {
      targets: [".st-key-answer, .key-figures"],
      title: "The answer first",
      text: "What the triplet loss did to this run, and what it cost. Words with a dotted line explain themselves.",
    },
    {
      targets: [".st-key-moving-triplet-place", ".st-key-answer, .key-figures"],
      title: "One triplet, two models",
      text: "Real images and their measured distances. Have another one drawn, and watch in which model it is in order.",
    },
    {
      targets: [`${SIDEBAR} .stVerticalBlock .stVerticalBlock:has(a)`, '[data-testid="stExpandSidebarButton"]'],
      title: "A page for each question",
      text: "In the menu: “Which weight” says what to take, “Latent map” shows which images moved, “Training” trains your own.",
    },
  ];
  const STYLE = `
    .tvae-tour { position: fixed; z-index: 2147483645; box-sizing: border-box; width: min(20rem, calc(100vw - 24px));
      padding: 0.9rem 1rem; border-radius: 0.5rem; border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
      box-shadow: 0 6px 24px rgb(0 0 0 / 0.25); font: 0.95rem/1.45 "Source Sans", sans-serif; }
    @media (max-width: 640px) { .tvae-tour { width: calc(100vw - 24px); padding: 0.6rem 0.8rem; font-size: 0.9rem; } }
    .tvae-tour p { margin: 0.25rem 0 0.7rem; }
    .tvae-tour .row { display: flex; gap: 0.5rem; align-items: center; }
    .tvae-tour .count { margin-right: auto; opacity: 0.8; }
    .tvae-tour button { font: inherit; padding: 0.3rem 0.8rem; border-radius: 0.4rem; cursor: pointer; color: inherit;
      background: transparent; border: 1px solid color-mix(in srgb, currentColor 45%, transparent); }
    .tvae-tour button:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    .tvae-tour-target { outline: 2px solid currentColor; outline-offset: 6px; border-radius: 4px; }`;
  const GAP = 14; // pixels between the card and what it explains
  const NARROW = 640; // pixels of a window in which the card stands at the bottom, as wide as it
  const EVERY = 300;
  const LONGEST = 60_000;

  const wanted = () => {
    const page = location.pathname.split("/").pop();
    const asked = [...new URLSearchParams(location.search).keys()];
    try {
      return page === "" && asked.every((name) => name === "run") && localStorage.getItem(SEEN) === null;
    } catch {
      return false; // a browser that keeps nothing would show it for ever
    }
  };

  const explained = (step) => {
    for (const selector of step.targets) {
      const elements = [...document.querySelectorAll(selector)].filter((one) => one.getBoundingClientRect().height);
      if (elements.length) return elements;
    }
    return [];
  };
  /** The box around elements. */
  const around = (elements) => {
    const boxes = elements.map((element) => element.getBoundingClientRect());
    const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
    const [right, bottom] = [Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom))];
    return { left, top, right, bottom };
  };

  /** Where the card stands: the first side of a box with room for it; undefined where none has. */
  const placed = (card, it) => {
    const { offsetWidth: width, offsetHeight: height } = card;
    const across = Math.max(12, Math.min(it.left, innerWidth - width - 12));
    const down = Math.max(12, Math.min(it.top, innerHeight - height - 12));
    const places = [
      [across, it.bottom + GAP],
      [it.right + GAP, down],
      [it.left - GAP - width, down],
      [across, it.top - GAP - height],
    ];
    if (innerWidth <= NARROW && it.bottom + GAP <= innerHeight - height - 12) return [12, innerHeight - height - 12];
    const fits = ([x, y]) => x >= 0 && y >= 0 && x + width <= innerWidth && y + height <= innerHeight;
    return places.find(fits);
  };

  const show = () => {
    localStorage.setItem(SEEN, new Date().toISOString());
    const card = document.createElement("div");
    card.className = "tvae-tour";
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-labelledby", "tvae-tour-title");
    const title = document.createElement("strong");
    title.id = "tvae-tour-title";
    const text = document.createElement("p");
    const row = document.createElement("div");
    row.className = "row";
    const count = document.createElement("span");
    count.className = "count";
    const button = (words, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = words;
      made.addEventListener("click", act);
      return made;
    };
    const before = document.activeElement;
    let place = 0;
    let marked = [];
    /** How far the page was scrolled before a step moved it, to which the last step returns; null while none has. */
    let scrolled = null;
    const page = document.querySelector('[data-testid="stMain"]');
    const scrollTo = (step, block) => {
      scrolled ??= page.scrollTop;
      explained(step)[0]?.scrollIntoView({ block });
    };
    const end = () => {
      if (scrolled !== null && page.isConnected) page.scrollTop = scrolled;
      for (const element of marked) element.classList.remove("tvae-tour-target");
      clearInterval(following);
      document.removeEventListener("keydown", onKey, true);
      card.remove();
      before?.focus?.({ preventScroll: true });
    };
    const close = button("Close", end);
    const next = button("Next", () => {
      place += 1;
      if (place === STEPS.length) end();
      else draw(true);
    });
    const follow = () => {
      if (location.pathname.split("/").pop() !== "") {
        scrolled = null; // another page
        return end();
      }
      const elements = explained(STEPS[place]);
      for (const element of marked) if (!elements.includes(element)) element.classList.remove("tvae-tour-target");
      for (const element of elements) element.classList.add("tvae-tour-target");
      marked = elements;
      const at = elements.length ? placed(card, around(elements)) : undefined;
      card.style.visibility = at ? "visible" : "hidden"; // scrolled away, or in too small a window
      if (at) [card.style.left, card.style.top] = at.map((pixels) => `${pixels}px`);
      return at !== undefined;
    };
    const draw = (moved) => {
      const step = STEPS[place];
      title.textContent = step.title;
      text.textContent = step.text;
      count.textContent = `${place + 1} of ${STEPS.length}`;
      next.textContent = place + 1 === STEPS.length ? "Done" : "Next";
      const app = getComputedStyle(document.querySelector(".stApp") ?? document.body);
      card.style.background = app.backgroundColor;
      card.style.color = app.color;
      if (moved) scrollTo(step, "center");
      if (!follow()) {
        scrollTo(step, "start");
        follow();
      }
      next.focus({ preventScroll: true });
    };
    const onKey = (event) => {
      if (event.key === "Escape") end();
    };
    row.append(count, close, next);
    card.append(title, text, row);
    document.body.append(card);
    document.addEventListener("keydown", onKey, true);
    const following = setInterval(follow, 100);
    draw(false);
  };

  const begin = (since) => {
    if (!wanted()) return;
    if (document.querySelector(".st-key-answer p") && document.querySelector(".key-figures")) {
      const style = document.createElement("style");
      style.textContent = STYLE;
      document.head.append(style);
      show();
    } else if (performance.now() - since < LONGEST) {
      setTimeout(begin, EVERY, since);
    }
  };
  document.addEventListener("DOMContentLoaded", () => begin(performance.now()));
}
