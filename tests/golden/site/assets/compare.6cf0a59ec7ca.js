const compareWords = {"compare.added": "{name} added", "compare.listless": "The list of apps cannot be loaded at the moment.", "compare.many": "Only the first four of {count} apps are shown.", "compare.none": "No app matches “{words}”.", "compare.remove": "Remove", "compare.remove_app": "Remove {name}", "compare.removed": "{name} removed", "compare.room": "Four apps at most: the one that was chosen first has made room.", "compare.unknown": "There is no app “{name}” in this store.", "compare.unloaded": "“{name}” cannot be loaded at the moment."};
// Apps side by side. Which ones stands in the address; each comes as a script of its own, made by the build, as a page
// that is opened from a file may load scripts, but may fetch nothing.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

  const MOST = 4;
  const SUGGESTED = 8;
  const main = $("[data-compare]");
  const table = $("table", main);
  const adding = $("[data-adding]");
  const input = $("[role=combobox]");
  const options = $("[role=listbox]");
  const region = $("[data-columns]");
  const only = $("[data-only]");
  const root = new URL(main.dataset.root, location.href);
  const title = document.title;

  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  // The words of the store's language: the build puts those that are named here, as `words`, before the first line.
  const say = (key, values = {}) => compareWords[key].replace(/\{(\w+)\}/g, (_, it) => values[it]);
  const tell = (text) => { $("[data-done]").textContent = text; };

  // --------------------------------------------------------------------------------------------- which apps, and how

  const isName = (it) => /^[a-z0-9][a-z0-9_-]{0,99}$/.test(it);
  const read = () => {
    const given = new URLSearchParams(location.search);
    return { names: [...new Set(given.getAll("app"))].filter(Boolean), isOnly: given.get("only") === "differences" };
  };
  const address = (names, isOnly) => {
    const given = new URLSearchParams(names.map((name) => ["app", name]));
    if (isOnly) given.set("only", "differences");
    return String(given) ? `?${given}` : location.pathname;
  };
  // Until the window is closed, an app that is chosen on another page joins those that were chosen before.
  const memory = {
    get() {
      try { return (sessionStorage.getItem("appshelf-compare") || "").split(" ").filter(isName); } catch { return []; }
    },
    set(names) {
      try { sessionStorage.setItem("appshelf-compare", names.join(" ")); } catch { /* Forbidden: then none joins. */ }
    },
  };

  // ------------------------------------------------------------------------------------------------- what is loaded

  const arrived = new Map();
  const asked = new Map();
  let receive;
  window.appshelf = {
    compared: (name, app) => arrived.set(name, { ...app, slug: name, page: new URL(`apps/${name}/index.html`, root) }),
    found: (list) => receive(list),
  };
  const run = (src) => new Promise((resolve, reject) => {
    document.head.append(make("script", { src, onload: resolve, onerror: reject }));
  });
  // What cannot be loaded is asked for again the next time.
  const once = (key, work) => {
    if (!asked.has(key)) asked.set(key, work().catch(() => { asked.delete(key); }));
    return asked.get(key);
  };
  const load = (name) => once(name, async () => {
    await run(new URL(`apps/${name}/compare.js`, root));
    if (!arrived.has(name)) throw new Error(name);
    return arrived.get(name);
  });
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const wordsOf = (text) => plain(text).match(/[\p{L}\p{N}]+/gu);
  const spaced = (text) => ` ${(wordsOf(text) || []).join(" ")}`;
  const listed = () => once("the list", async () => {
    let list;
    receive = (it) => { list = it; };
    await run(new URL(main.dataset.list, location.href));
    return list.apps.map((app) => {
      const by = list.publishers[app.publisher];
      const categories = (app.category || []).map((it) => list.categories[it]);
      return {
        ...app,
        slug: app.path.split("/")[1],
        by,
        plain: plain(app.name),
        words: spaced(app.name),
        about: spaced([by, app.line || "", ...categories].join(" ")),
      };
    });
  });

  // ------------------------------------------------------------------------------------------------------ the table

  const absolute = (href, page) => {
    try { return new URL(href, page).href; } catch { return href; }
  };
  // This HTML is the build's own, from our own file: every name in it is escaped, every text has passed the list of
  // what may stand in a page. Nothing in a template loads or runs; what leaves it meets the policy of the page, which
  // runs no inline script. (A host that asks for Trusted Types would have to allow scripts' addresses, too.)
  const piece = (html, app) => {
    const { content } = make("template", { innerHTML: html });
    for (const it of $$("[id]", content)) it.removeAttribute("id"); // two apps may use the same ones
    for (const a of $$("[href]", content)) a.setAttribute("href", absolute(a.getAttribute("href"), app.page));
    for (const img of $$("img", content)) {
      img.setAttribute("src", absolute(img.getAttribute("src"), app.page));
      const sizes = (img.getAttribute("srcset") || "").split(", ").filter(Boolean).map((part) => part.split(" "));
      if (sizes.length) img.setAttribute("srcset", sizes.map(([src, width]) => `${absolute(src, app.page)} ${width}`).join(", "));
      if (!img.classList.contains("picture")) img.setAttribute("sizes", "22rem");
    }
    for (const it of $$("[aria-label][role=region]", content)) it.setAttribute("aria-label", `${it.getAttribute("aria-label")}, ${app.name}`);
    return content;
  };

  const cell = (app, html, blank) => {
    const td = document.createElement("td");
    if (html) td.append(piece(html, app));
    else Object.assign(td, { className: "none", textContent: blank });
    return td;
  };
  const head = (app) => {
    const th = make("th", { scope: "col" });
    th.append(piece(app.head, app));
    return th;
  };
  const acts = (app, slugs) => {
    const td = cell(app, app.get);
    const name = say("compare.remove_app", { name: app.name });
    const remove = make("button", { type: "button", className: "plain remove", textContent: say("compare.remove"), ariaLabel: name });
    remove.addEventListener("click", () => {
      const at = slugs.indexOf(app.slug);
      tell(say("compare.removed", { name: app.name }));
      go(slugs.filter((it) => it !== app.slug)).then(() => {
        const left = $$(".remove", table);
        (left[Math.min(at, left.length - 1)] || input).focus();
      });
    });
    td.append(" ", remove);
    return td;
  };
  const wordsIn = (it) => it.textContent.replace(/\s+/g, " ").trim();

  // What was declared about a topic that only these apps know gets its row here.
  const addRows = (apps) => {
    const group = $("[data-others]");
    const known = new Set($$("[data-row]", group).map((row) => row.dataset.row));
    const keys = new Set(apps.flatMap((app) => Object.keys(app.cells)).filter((key) => key.startsWith(group.dataset.others)));
    const others = [...keys].filter((key) => !known.has(key)).sort((a, b) => (plain(a) < plain(b) ? -1 : 1));
    for (const key of others) {
      const row = $("[data-topic]").content.firstElementChild.cloneNode(true);
      row.dataset.row = key;
      row.dataset.added = "";
      row.classList.toggle("long", key.length > 45);
      $(".row-name", row).prepend(key.slice(group.dataset.others.length));
      $("[data-row='']", group).before(row);
    }
  };

  const fill = (row, apps) => {
    const key = row.dataset.row;
    const blank = row.dataset.blank || row.parentElement.dataset.blank;
    const cells = apps.map((app) => cell(app, app.cells[key], blank));
    row.append(...cells);
    row.dispatchEvent(new Event("appshelf-added", { bubbles: true }));
    const differs = new Set(cells.map(wordsIn)).size > 1;
    for (const mark of $$("[data-mark]", row)) mark.hidden = !differs;
    row.toggleAttribute("data-differs", differs);
    row.hidden = !apps.some((app) => app.cells[key]);
  };

  const show = (apps, isOnly) => {
    const slugs = apps.map((app) => app.slug);
    $$("[data-added]", table).forEach((row) => row.remove());
    $$("td", table).forEach((td) => td.remove());
    $("[data-heads]").replaceChildren(document.createElement("td"), ...apps.map(head));
    $("[data-acts]").replaceChildren(document.createElement("td"), ...apps.map((app) => acts(app, slugs)));
    $$("[data-across]", table).forEach((th) => { th.colSpan = apps.length + 1; });
    addRows(apps);
    const rows = $$("[data-row]", table);
    rows.forEach((row) => fill(row, apps));
    for (const any of rows.filter((row) => !row.dataset.row)) {
      any.hidden = rows.some((row) => row.parentElement === any.parentElement && row.dataset.row.includes(" ") && !row.hidden);
    }
    const silent = $("[data-silent]");
    const unsaid = rows.filter((row) => row.dataset.row.startsWith("said ") && row.hidden);
    const names = unsaid.map((row) => $(".row-name", row).firstChild.data.trim()).join(", ");
    silent.append(make("td", { colSpan: apps.length, className: "none", textContent: names }));
    silent.hidden = !names || unsaid.length === rows.filter((row) => row.dataset.row.startsWith("said ")).length;

    const isComparing = apps.length > 1;
    only.checked = isOnly;
    if (isOnly && isComparing) $$("[data-row], [data-silent]", table).forEach((row) => { row.hidden ||= !row.hasAttribute("data-differs"); });
    for (const group of table.tBodies) group.hidden = ![...group.rows].some((row) => row.matches("tr:not(.rows-of, [hidden])"));
    $("[data-same]").hidden = $$("[data-differs]", table).length > 0 || !isOnly || !isComparing;
    $("[data-over]").hidden = !apps.length;
    $("[data-over]").classList.toggle("alone", !isComparing);
    main.dataset.apps = apps.length;
    above.replaceChildren(...apps.map((app) => make("span", { textContent: app.name })));
    region.hidden = !apps.length;
  };

  // Names stand above columns that scroll sideways, once their heads have left the window.
  const above = $("[data-names]");
  const follow = () => { above.scrollLeft = region.scrollLeft; };
  region.addEventListener("scroll", follow, { passive: true });
  new IntersectionObserver((entries) => {
    const { isIntersecting, boundingClientRect } = entries.pop();
    above.hidden = isIntersecting || boundingClientRect.top >= 0;
    follow();
  }).observe($("[data-heads]"));

  // Where the visitor's account is known, "Get this app" leads to where it is got.
  const fillAccount = () => {
    let account = "";
    try { account = localStorage.getItem("appshelf-account") || ""; } catch { /* Forbidden: the app's page asks. */ }
    if (!/^[a-z0-9-]{1,64}$/.test(account)) return;
    for (const a of $$("[data-address]", table)) {
      const filled = a.dataset.address.replaceAll("{account}", account);
      if (filled.startsWith("https://")) a.href = filled;
    }
  };

  const suggestNear = (apps) => {
    const near = $("[data-near]");
    const chips = (apps.length === 1 ? apps[0].near : []).map(([slug, name]) => {
      const chip = make("button", { type: "button", className: "chip" });
      chip.append(make("span", { textContent: name }));
      chip.addEventListener("click", () => add(slug, name).then(() => region.focus({ preventScroll: true })));
      return chip;
    });
    near.hidden = apps.length !== 1;
    near.replaceChildren(near.firstElementChild, ...chips);
  };

  // -------------------------------------------------------------------------------------------------- what is shown

  let shown = [];
  let turn = 0;
  const draw = async (note = "") => {
    turn += 1;
    const mine = turn;
    const { names, isOnly } = read();
    const wanted = names.slice(0, MOST);
    const loaded = await Promise.all(wanted.map((name) => (isName(name) ? load(name) : undefined)));
    const missing = wanted.filter((_, i) => !loaded[i]);
    const known = missing.length ? await listed() : [];
    if (mine !== turn) return;
    const apps = loaded.filter(Boolean);
    const told = missing.map((name) => {
      const app = known && known.find((it) => it.slug === name);
      return known && !app ? say("compare.unknown", { name }) : say("compare.unloaded", { name: app ? app.name : name });
    });
    if (names.length > MOST) told.push(say("compare.many", { count: names.length }));
    if (note) told.push(note);
    $("[data-told]").textContent = told.join(" ");
    shown = apps.map((app) => app.slug);
    memory.set(shown);
    show(apps, isOnly);
    fillAccount();
    suggestNear(apps);
    adding.hidden = apps.length >= MOST;
    $("[data-full]").hidden = apps.length < MOST;
    $("[data-empty]").hidden = apps.length > 0;
    document.title = [apps.map((app) => app.name).join(", "), title].filter(Boolean).join(" · ");
    $("[data-copy]", main).dataset.copy = location.href;
    $("[data-here]").textContent = location.href;
    $("[data-here]").hidden = true;
    $("[data-paper]").textContent = location.href;
    main.dataset.ready = "";
  };
  const go = (names, isOnly = only.checked) => {
    history.pushState(null, "", address(names, isOnly));
    return draw();
  };
  const add = async (name, appName) => {
    tell(say("compare.added", { name: appName }));
    await go([...shown, name]);
    if (adding.hidden) region.focus({ preventScroll: true }); // the field that had the focus is gone
  };

  // ---------------------------------------------- adding one by its name (ARIA authoring practices, "Combobox", list)

  let active = -1;
  const activate = (i) => {
    const all = [...options.children];
    active = all.length ? (i + all.length) % all.length : -1;
    all.forEach((it, n) => it.setAttribute("aria-selected", String(n === active)));
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    }
  };
  const close = () => {
    options.replaceChildren();
    options.hidden = true;
    $("[data-hint]").textContent = "";
    input.setAttribute("aria-expanded", "false");
    activate(-1);
  };
  const option = (app, i) => {
    const it = make("li", { id: `suggestion-${i}` });
    it.setAttribute("role", "option");
    it.append(make("img", { className: "picture", src: new URL(app.picture, root).href, width: 32, height: 32, alt: "" }), make("span", { className: "long", textContent: app.name }), " ", make("span", { className: "by", textContent: app.by }));
    it.addEventListener("click", () => choose(app));
    return it;
  };
  // Each word must stand in the name, or begin one of the publisher, the card description or a category. Apps with all of
  // them in the name come first, and of these the ones whose name begins so.
  const matching = (apps, text) => {
    const wanted = wordsOf(text) || plain(text).match(/\S+/g) || [];
    const joined = ` ${wanted.join(" ")}`;
    const rank = (app) => {
      if (!wanted.every((word) => app.plain.includes(word))) return 3;
      return app.words.startsWith(joined) ? 0 : app.words.includes(joined) ? 1 : 2;
    };
    const fits = (app) => wanted.every((word) => app.plain.includes(word) || app.about.includes(` ${word}`));
    const found = apps.filter((app) => !shown.includes(app.slug) && fits(app));
    return wanted.length ? found.sort((a, b) => rank(a) - rank(b)) : found;
  };
  const suggest = async () => {
    const text = input.value.trim();
    const apps = await listed();
    if (text !== input.value.trim() || document.activeElement !== input) return;
    const found = apps ? matching(apps, text).slice(0, SUGGESTED) : [];
    close();
    if (!found.length) $("[data-hint]").textContent = apps ? say("compare.none", { words: text }) : say("compare.listless");
    options.append(...found.map(option));
    options.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    activate(found.length ? 0 : -1);
  };
  const choose = (app) => {
    input.value = "";
    close();
    return add(app.slug, app.name);
  };

  input.addEventListener("input", () => (input.value.trim() ? suggest() : close()));
  input.addEventListener("focus", () => listed(), { once: true });
  input.addEventListener("click", () => { if (options.hidden) suggest(); });
  input.addEventListener("blur", close);
  options.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (options.hidden) suggest();
      else activate(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape" && (input.value || !options.hidden)) {
      event.preventDefault();
      if (options.hidden) input.value = "";
      close();
    }
  });
  adding.addEventListener("submit", (event) => {
    event.preventDefault();
    if (active >= 0) options.children[active].click();
  });

  // -------------------------------------------------------------------------------------------------------- by whom

  only.addEventListener("change", () => go(shown, only.checked));
  $("[data-clear]").addEventListener("click", () => go([], false).then(() => input.focus()));
  addEventListener("popstate", () => draw());

  // From another page comes one app more; without any, the comparison is as it was left.
  const begin = () => {
    const given = new URLSearchParams(location.search);
    const before = memory.get();
    const added = given.get("add");
    if (!added && (given.has("app") || !before.length)) return draw();
    const names = added ? [...before.filter((name) => name !== added), added] : before;
    history.replaceState(null, "", address(names.slice(-MOST), false));
    return draw(names.length > MOST ? say("compare.room") : "");
  };
  begin();
})();
