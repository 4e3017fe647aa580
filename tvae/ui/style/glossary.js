// Underlines each word of the glossary at its first place on the page and explains it on hover, focus and tap.
//
// Streamlit's text is React's. So its text nodes stay where they are: one with a word keeps what stands before the word,
// and the rest follows in nodes of ours, which go again as soon as Streamlit changes or removes the text.
globalThis.tvaeGlossary = ({ words, forms, pattern }) => {
  const AREAS = [
    '[data-testid="stMain"], [data-testid="stPopoverBody"], [data-testid="stDialog"]',
    '[data-testid="stSidebar"]',
  ];
  /** What is no running text, or already does something when it is clicked. */
  const LEFT_ALONE =
    'a, button, summary, h1, code, pre, svg, canvas, script, style, input, textarea, .katex, .js-plotly-plot, ' +
    'label:not([data-testid="stMetricLabel"]), [role="button"], [role="tab"], [aria-hidden="true"], ' +
    ["WidgetLabel", "MultiSelect", "Selectbox", "ButtonGroup", "DataFrame"].map((id) => `[data-testid="st${id}"]`);
  const STYLE = `
    .tvae-word { text-decoration: underline dotted color-mix(in srgb, currentColor 60%, transparent); cursor: help;
      text-underline-offset: 0.2em; border-radius: 2px; }
    .tvae-word:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    #tvae-word-card { position: fixed; z-index: 2147483647; box-sizing: border-box; width: max-content;
      max-width: min(21rem, calc(100vw - 16px)); padding: 0.6rem 0.8rem; border-radius: 0.5rem; font-size: 0.875rem;
      line-height: 1.45; border: 1px solid color-mix(in srgb, currentColor 25%, transparent);
      box-shadow: 0 4px 16px rgb(0 0 0 / 0.18); }
    #tvae-word-card[hidden] { display: none; }`;
  const EVERY = 200; // milliseconds between two looks at a page that changes
  const GRACE = 150; // in which a pointer may move from the word to its explanation

  const matcher = new RegExp(pattern, "gu");
  /** Text nodes of the page with a word: their whole text, the nodes put behind them, and the words with their places. */
  const split = new Map();
  const ours = new WeakSet();
  const card = document.createElement("div");
  const descriptions = document.createElement("div");
  let owner = null; // the word whose explanation is open
  let closing = 0;
  let waiting = 0;

  const forget = (node) => {
    for (const piece of split.get(node).pieces) piece.remove();
    split.delete(node);
  };
  const restore = (node) => {
    const { text } = split.get(node);
    forget(node);
    node.nodeValue = text;
  };

  const underlined = (word, text) => {
    const mark = document.createElement("span");
    mark.className = "tvae-word";
    mark.dataset.word = words[word].name;
    mark.tabIndex = 0;
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-describedby", `tvae-word-${word}`);
    mark.textContent = text;
    return mark;
  };

  const divide = (node, text, found) => {
    const pieces = [];
    found.forEach(({ word, start, end }, index) => {
      pieces.push(underlined(word, text.slice(start, end)));
      const rest = document.createTextNode(text.slice(end, found[index + 1]?.start));
      ours.add(rest);
      pieces.push(rest);
    });
    node.nodeValue = text.slice(0, found[0].start);
    node.after(...pieces);
    split.set(node, { text, pieces, key: JSON.stringify(found) });
  };

  const texts = (root) => {
    const accept = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return ours.has(node) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
      return node.matches(LEFT_ALONE) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
    };
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, accept);
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    return nodes;
  };

  const look = () => {
    waiting = 0;
    for (const area of AREAS) {
      const seen = new Set();
      for (const root of document.querySelectorAll(area)) {
        for (const node of texts(root)) {
          const text = split.get(node)?.text ?? node.nodeValue;
          const found = [];
          for (const match of text.matchAll(matcher)) {
            const word = forms[match[0]];
            if (seen.has(word) || !node.parentElement.checkVisibility()) continue;
            seen.add(word);
            found.push({ word, start: match.index, end: match.index + match[0].length });
          }
          if (split.has(node) && split.get(node).key === JSON.stringify(found)) continue;
          if (split.has(node)) restore(node);
          if (found.length) divide(node, text, found);
        }
      }
    }
    observer.takeRecords(); // what was changed here is no change of the page
    if (owner && !owner.isConnected) close();
  };

  const observer = new MutationObserver((records) => {
    for (const { type, target } of records) if (type === "characterData" && split.has(target)) forget(target);
    for (const [node, { pieces }] of [...split]) {
      if (!node.isConnected) forget(node);
      else if (node.nextSibling !== pieces[0]) restore(node);
    }
    observer.takeRecords();
    waiting ||= setTimeout(look, EVERY);
  });

  const place = () => {
    const word = owner.getClientRects()[0];
    if (!word) return close();
    const { width, height } = card.getBoundingClientRect();
    const left = Math.max(8, Math.min(word.left, innerWidth - width - 8));
    const top = word.bottom + 6 + height > innerHeight ? word.top - 6 - height : word.bottom + 6;
    Object.assign(card.style, { left: `${left}px`, top: `${Math.max(8, top)}px` });
  };
  const open = (mark) => {
    clearTimeout(closing);
    if (owner === mark) return;
    owner = mark;
    const app = getComputedStyle(document.querySelector('[data-testid="stApp"]'));
    const { backgroundColor, color, fontFamily } = app;
    const background = `color-mix(in srgb, ${color} 6%, ${backgroundColor})`;
    Object.assign(card.style, { background, color, fontFamily });
    const { name, text } = words.find((word) => word.name === mark.dataset.word);
    const title = document.createElement("strong");
    title.textContent = name;
    card.replaceChildren(title, `: ${text}`);
    card.hidden = false;
    place();
  };
  const close = () => {
    clearTimeout(closing);
    owner = null;
    card.hidden = true;
  };
  const markOf = (event) => event.target.closest?.(".tvae-word");

  const start = () => {
    const style = document.createElement("style");
    style.textContent = STYLE;
    document.head.append(style);
    card.id = "tvae-word-card";
    card.hidden = true;
    card.setAttribute("role", "tooltip");
    descriptions.hidden = true; // what `aria-describedby` names is read although it is not seen
    words.forEach(({ text }, word) => {
      const description = document.createElement("div");
      description.id = `tvae-word-${word}`;
      description.textContent = text;
      descriptions.append(description);
    });
    document.body.append(card, descriptions);

    document.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "mouse") return;
      const mark = markOf(event);
      if (mark) open(mark);
      else if (card.contains(event.target)) clearTimeout(closing);
    });
    document.addEventListener("pointerout", (event) => {
      if (event.pointerType !== "mouse" || !owner) return;
      clearTimeout(closing);
      closing = setTimeout(close, GRACE);
    });
    document.addEventListener("focusin", (event) => (markOf(event) ? open(markOf(event)) : owner && close()));
    document.addEventListener("focusout", (event) => markOf(event) === owner && close());
    document.addEventListener("click", (event) => {
      if (markOf(event)) open(markOf(event));
      else if (owner) close(); // also on the explanation itself, which may cover what a finger wants next
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      else if ((event.key === "Enter" || event.key === " ") && markOf(event)) {
        event.preventDefault();
        open(markOf(event));
      }
    });
    addEventListener("scroll", () => owner && place(), { capture: true, passive: true });
    addEventListener("resize", () => owner && place());
    observer.observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["open", "hidden"],
    });
    look();
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
};
