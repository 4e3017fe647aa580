// The first link of a page, which leads past the sidebar: to the map on its page, else to the content.
//
// It is seen while it has the focus, which Tab gives it before anything else.
{
  const STYLE = `
    .tvae-skip { position: fixed; z-index: 2147483646; top: 8px; left: 8px; padding: 0.5rem 0.9rem; border-radius: 0.4rem;
      font: 600 1rem "Source Sans", sans-serif; background: #1d2430; color: #ffffff; text-decoration: underline;
      outline: 2px solid #ffffff; outline-offset: -4px; }
    .tvae-skip:not(:focus) { clip-path: inset(50%); width: 1px; height: 1px; padding: 0; overflow: hidden; }`;

  const map = () => {
    if (!location.pathname.endsWith("/Latent_map")) return null;
    for (const host of document.querySelectorAll('[data-testid="stBidiComponentIsolated"]')) {
      const canvas = host.shadowRoot?.querySelector('[data-testid="map-left"]');
      if (canvas) return canvas;
    }
    return null;
  };
  const content = () => document.querySelector('[data-testid="stMain"]');

  document.addEventListener("DOMContentLoaded", () => {
    const style = document.createElement("style");
    style.textContent = STYLE;
    const link = document.createElement("a");
    link.className = "tvae-skip";
    link.href = "#content";
    link.textContent = "Skip to the content";
    link.addEventListener("focus", () => {
      link.textContent = map() ? "Skip to the map" : "Skip to the content";
    });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const target = map() ?? content();
      if (!target) return;
      if (target.tabIndex < 0) target.tabIndex = -1;
      target.focus();
      target.scrollIntoView({ block: "nearest" });
    });
    const place = document.createElement("nav");
    place.setAttribute("aria-label", "Past the sidebar");
    place.append(link);
    document.body.prepend(style, place);
  });
}
