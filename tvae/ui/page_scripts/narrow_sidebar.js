// Folds the sidebar on narrow windows as a page opens and when a run was started.
//
// Streamlit keeps in the browser whether it is folded, and has it open where nothing is kept and the window is wider than
// 768 pixels: beside it no chart has room up to 1000. A wide window finds it as it was left there.
{
  const NARROW = 1000;
  const PREFIX = "stSidebarCollapsed-";
  const FOLDED_HERE = "tvaeSidebarFolded";
  const narrow = () => window.innerWidth <= NARROW;

  try {
    const kept = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    const folded = JSON.parse(localStorage.getItem(FOLDED_HERE) ?? "{}");
    if (narrow()) {
      for (const key of new Set([PREFIX, ...kept])) {
        if (!(key in folded)) folded[key] = localStorage.getItem(key);
        localStorage.setItem(key, "true");
      }
      localStorage.setItem(FOLDED_HERE, JSON.stringify(folded));
    } else {
      for (const [key, before] of Object.entries(folded)) {
        if (before === null) localStorage.removeItem(key);
        else localStorage.setItem(key, before);
      }
      localStorage.removeItem(FOLDED_HERE);
    }
  } catch {
    // a browser that keeps nothing
  }

  const EVERY = 150; // milliseconds between two looks
  const LONGEST = 15_000;
  const sidebar = () => document.querySelector('[data-testid="stSidebar"]');

  /** Fold the sidebar once the page shows the run; it stays open where it says why none was started. */
  const foldOnceStarted = (since) => {
    if (sidebar()?.querySelector('.st-key-train-form [data-testid="stAlert"]')) return;
    if (document.querySelector('[class*="st-key-status-on-page"] [data-testid="stProgress"]')) {
      sidebar()?.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
    } else if (performance.now() - since < LONGEST) {
      setTimeout(foldOnceStarted, EVERY, since);
    }
  };
  document.addEventListener("click", (event) => {
    if (narrow() && event.target.closest?.('[data-testid="stSidebar"] .st-key-train-start button'))
      setTimeout(foldOnceStarted, EVERY, performance.now());
  });
}
