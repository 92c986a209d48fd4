// The pictures of a text, one at a time and as large as the window: by mouse, arrow keys or a swipe.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const viewer = $("[data-viewer]");
  const frame = $("figure", viewer);
  const [caption, place, original] = ["figcaption", "[data-place]", "[data-original]"].map((it) => $(it, viewer));
  const steps = [...viewer.querySelectorAll("[data-step]")];
  const picture = document.createElement("img");
  frame.prepend(picture);
  let links = [];
  let at = 0;

  const show = (i) => {
    at = i;
    const link = links[at];
    const small = $("img", link);
    picture.removeAttribute("src"); // else the last picture stays until the next one has come
    picture.src = link.href;
    picture.alt = small.alt;
    picture.width = small.width; // its proportions, before it has come
    picture.height = small.height;
    original.href = link.href;
    caption.textContent = $("figcaption", link.parentElement)?.textContent || small.alt;
    place.textContent = links.length > 1 ? `${at + 1} / ${links.length}` : "";
    for (const step of steps) step.hidden = !links[at + Number(step.dataset.step)];
    // A button that has gone cannot keep the focus.
    if (!viewer.contains(document.activeElement) || document.activeElement.hidden) $("[data-close]", viewer).focus();
  };
  const move = (by) => { if (links[at + by]) show(at + by); };

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".enlarge");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    links = [...(link.closest("[data-panel]") || document).querySelectorAll(".enlarge")];
    viewer.showModal();
    show(links.indexOf(link));
  });
  for (const step of steps) step.addEventListener("click", () => move(Number(step.dataset.step)));
  $("[data-close]", viewer).addEventListener("click", () => viewer.close());
  // What is around the picture closes, too.
  viewer.addEventListener("click", (event) => { if (event.target === viewer || event.target === frame) viewer.close(); });
  viewer.addEventListener("keydown", (event) => {
    const forward = getComputedStyle(viewer).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined || !links[to]) return;
    event.preventDefault();
    show(to);
  });
  viewer.addEventListener("close", () => links[at].focus());

  let from = null;
  viewer.addEventListener("pointerdown", (event) => { from = event.pointerType === "touch" && event.isPrimary ? event : null; });
  viewer.addEventListener("pointerup", (event) => {
    if (!from || visualViewport.scale > 1) return;
    const across = event.clientX - from.clientX;
    if (Math.abs(across) > 48 && Math.abs(across) > 2 * Math.abs(event.clientY - from.clientY)) move(across < 0 ? 1 : -1);
    from = null;
  });
})();
