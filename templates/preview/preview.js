// The preview's own script: it tells livereload.js which state of the store this page shows, and works the panel.
(() => {
  const { stamp } = document.currentScript.dataset;

  // A plugin in livereload's protocol 7: what analyze() returns is sent when a connection stands. So the server knows
  // when a page is older than the store, even if it changed while nobody was connected.
  window.LiveReloadPluginAppshelf = class {
    static identifier = "appshelf";
    static version = "1";
    analyze() { return { stamp }; }
    // Only ever a whole page: the browser keeps the place, the address keeps the tab.
    reload() { location.reload(); return true; }
  };

  const panel = document.querySelector("appshelf-preview")?.shadowRoot;
  if (!panel) return;

  const problems = panel.querySelector(".problems");
  const hide = () => problems?.remove();
  panel.querySelector("[data-hide]")?.addEventListener("click", hide);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.querySelector("[data-hide]")) hide();
  });

  // Addresses begin at the top of the view; where the visitor is below it stays the same, and so does the tab.
  panel.querySelectorAll(".bar a").forEach((a) => {
    a.addEventListener("click", () => { a.hash = location.hash; });
  });

  const button = panel.querySelector("[data-sources]");
  const remembered = (value) => {
    try {
      if (value === undefined) return sessionStorage.getItem("appshelf-sources") === "on";
      sessionStorage.setItem("appshelf-sources", value ? "on" : "off");
    } catch { /* Forbidden: it holds for this page only. */ }
    return Boolean(value);
  };
  const show = (on) => {
    document.documentElement.classList.toggle("appshelf-sources", on);
    button.setAttribute("aria-pressed", String(on));
  };
  button.addEventListener("click", () => show(remembered(button.getAttribute("aria-pressed") !== "true")));
  show(remembered());
})();
