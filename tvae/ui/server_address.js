// Tells Streamlit the address of its server on a page that is not the first.
//
// By itself it looks below the page's own address first, such as /Triplets/_stcore/health, where nothing is: two errors
// on the console, and a second request before the page can begin. Where this is not understood, it looks as before.
globalThis.tvaeServerAddress = (pages) => {
  const parts = location.pathname.split("/");
  if (!pages.includes(decodeURIComponent(parts.pop()))) return;
  globalThis.__streamlit ??= { BACKEND_BASE_URL: `${location.origin}${parts.join("/")}/` };
};
