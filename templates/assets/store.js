// What the pages gain from a script. Without it everything can still be read and reached.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  // The words of the store's language: the build puts those that are named here, as `words`, before the first line.
  const say = (key, values = {}) => storeWords[key].replace(/\{(\w+)\}/g, (_, it) => values[it]);

  const named = (hash) => {
    try { return document.getElementById(decodeURIComponent(hash.slice(1))); } catch { return null; }
  };
  const memory = {
    get(key) {
      try { return localStorage.getItem(`appshelf-${key}`) || ""; } catch { return ""; }
    },
    set(key, value) {
      try {
        if (value) localStorage.setItem(`appshelf-${key}`, value);
        else localStorage.removeItem(`appshelf-${key}`);
      } catch { /* Forbidden: it holds for this page only. */ }
    },
  };

  // On a phone some rows scroll: what is current should be in sight.
  const centre = (row, item) => {
    row.scrollLeft = item.offsetLeft - row.offsetLeft - (row.clientWidth - item.offsetWidth) / 2;
  };
  const chips = $("[data-scroll]");
  const chip = chips && $("[aria-current]", chips);
  if (chip) centre(chips, chip);
  const menu = $(".menu");
  const page = $("[aria-current]", menu);
  if (page) centre(menu, page);

  // The theme: a choice that equals the system's is forgotten, so that the store follows the system again.
  const themeSwitch = $("[data-theme-switch]");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const showTheme = () => themeSwitch.setAttribute("aria-pressed", String(isDark()));
  themeSwitch.addEventListener("click", () => {
    const dark = !isDark();
    const choice = dark === system.matches ? "" : dark ? "dark" : "light";
    if (choice) document.documentElement.dataset.theme = choice;
    else delete document.documentElement.dataset.theme;
    memory.set("theme", choice);
    showTheme();
  });
  system.addEventListener("change", showTheme);
  showTheme();

  // The sections of an offering as tabs (ARIA authoring practices, "Tabs with automatic activation").
  const tablist = $("[data-tabs]");
  if (tablist) {
    const tabs = $$("a", tablist);
    const panels = tabs.map((tab) => named(tab.hash));
    const contents = $$("[data-contents]");
    const aside = $(".facts");
    tablist.setAttribute("role", "tablist");
    tabs.forEach((tab, i) => {
      tab.id = `tab-${panels[i].id}`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panels[i].id);
      panels[i].setAttribute("role", "tabpanel");
      panels[i].setAttribute("aria-labelledby", tab.id);
      // "until-found" lets the browser's own search look into the hidden texts.
      panels[i].addEventListener("beforematch", () => open(i, "replaceState"));
    });

    const show = (shown) => {
      tabs.forEach((tab, i) => {
        tab.setAttribute("aria-selected", String(i === shown));
        tab.tabIndex = i === shown ? 0 : -1;
        if (i === shown) panels[i].removeAttribute("hidden");
        else panels[i].setAttribute("hidden", "until-found");
      });
      centre(tablist, tabs[shown]);
      contents.forEach((list) => { list.hidden = list.parentElement === aside && list.dataset.contents !== panels[shown].id; });
    };
    const open = (i, how) => {
      if (location.hash !== tabs[i].hash) history[how](null, "", tabs[i].hash);
      show(i);
      // From deep inside one text, the next one begins at its beginning.
      if (tablist.getBoundingClientRect().top <= 0) tablist.parentElement.scrollIntoView();
    };
    // An address may name a tab, or a heading inside one.
    const follow = () => {
      const target = named(location.hash);
      const i = panels.findIndex((panel) => panel.contains(target));
      if (target && i < 0) return;
      show(Math.max(i, 0));
      if (target && target !== panels[i]) target.scrollIntoView();
    };

    // Not sooner: an address that names a text would focus it, and draw a ring round the whole of it.
    tablist.addEventListener("focusin", () => panels.forEach((panel) => { panel.tabIndex = 0; }), { once: true });
    tablist.addEventListener("click", (event) => {
      const i = tabs.indexOf(event.target.closest("a"));
      if (i < 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(i, "pushState");
    });
    tablist.addEventListener("keydown", (event) => {
      const i = tabs.indexOf(document.activeElement);
      const forward = getComputedStyle(tablist).direction === "rtl" ? -1 : 1;
      const to = { ArrowRight: i + forward, ArrowLeft: i - forward, Home: 0, End: -1, " ": i }[event.key];
      if (i < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const next = (to + tabs.length) % tabs.length;
      tabs[next].focus();
      open(next, "replaceState");
    });
    addEventListener("hashchange", follow);
    addEventListener("popstate", follow);
    follow();
    tablist.dataset.ready = "";
  }

  // Deep in a text, what stays at the top says whose it is.
  if (tablist) {
    new IntersectionObserver(([{ isIntersecting }]) => tablist.toggleAttribute("data-away", !isIntersecting)).observe($("h1"));
  }

  // What a long text has, where: beside it on a wide page, folded above it on a narrow one.
  const wide = matchMedia("(min-width: 60.01rem)");
  const place = () => $$("[data-contents]").forEach((list) => {
    const panel = named(`#${list.dataset.contents}`);
    list.open = wide.matches;
    list.hidden = wide.matches && panel.hasAttribute("hidden");
    if (wide.matches) $(".facts").append(list);
    else $("h2", panel).after(list);
  });
  wide.addEventListener("change", place);
  place();

  // Which part of the text is being read: the last heading that has passed the upper third of the window.
  const places = new Map($$("[data-contents] li a").map((a) => [named(a.hash), a]));
  if (places.size) {
    const passed = new Set();
    const watcher = new IntersectionObserver((entries) => {
      entries.forEach(({ target, isIntersecting }) => passed[isIntersecting ? "add" : "delete"](target));
      const reading = [...places.keys()].filter((heading) => passed.has(heading)).pop();
      places.forEach((a, heading) => {
        if (heading === reading) a.setAttribute("aria-current", "true");
        else a.removeAttribute("aria-current");
      });
      const list = reading && wide.matches && $("ol", places.get(reading).closest("details"));
      if (list) list.scrollTop = places.get(reading).offsetTop - list.offsetTop - list.clientHeight / 2;
    }, { rootMargin: "1000000px 0px -67%" });
    places.forEach((_, heading) => watcher.observe(heading));
  }

  // A picture with words in it can be opened in its own size.
  $$(".prose img").forEach((img) => {
    if (img.closest("a") || Number(img.getAttribute("width")) < 480) return;
    const sizes = img.srcset.split(", ").map((part) => part.split(" ")).filter((part) => part.length === 2);
    const largest = sizes.sort((a, b) => parseInt(a[1], 10) - parseInt(b[1], 10)).pop();
    const link = document.createElement("a");
    link.className = "enlarge";
    link.href = largest ? largest[0] : img.src;
    img.replaceWith(link);
    link.append(img, " ", Object.assign(document.createElement("span"), { textContent: say("prose.larger") }));
  });

  // Addresses with {account}: the visitor says the account once, and only this browser keeps it.
  const actions = $("[data-actions]");
  if (actions) {
    const form = $("form", actions);
    const input = $("input", form);
    const links = $$("[data-address]", actions);
    const wrong = $("[data-wrong]", form);
    const leads = $("[data-leads]", form);
    let wanted = links[0];
    const valid = (account) => /^[a-z0-9-]{1,64}$/.test(account);
    // What people copy is an address: of one that these links lead to, the account is the beginning of its host.
    const ends = links.map((a) => a.dataset.address.split("/")[2]).filter((it) => it.startsWith("{account}.")).map((it) => it.slice(9));
    const given = () => {
      const [host] = input.value.trim().toLowerCase().replace(/^https?:\/\//, "").split("/");
      const end = ends.find((it) => host.endsWith(it));
      return end ? host.slice(0, -end.length) : host;
    };
    const fill = (account) => {
      for (const a of links) {
        const address = valid(account) ? a.dataset.address.replaceAll("{account}", account) : "";
        a.href = address.startsWith("https://") ? address : "#account";
      }
      $("[data-known]", actions).hidden = !valid(account);
      $("[data-account]", actions).textContent = account;
    };
    const check = (message = "") => {
      wrong.textContent = message;
      input.setAttribute("aria-invalid", String(Boolean(message)));
      const account = given();
      leads.hidden = !valid(account);
      $("b", leads).textContent = wanted.dataset.address.replaceAll("{account}", account).split("/")[2];
    };
    // While the form asks, it stands in the place of what opened it.
    const ask = () => {
      $("[data-aim]", form).textContent = wanted.textContent;
      form.hidden = false;
      actions.dataset.asking = "";
      check();
      input.focus();
      input.select();
    };
    const close = () => {
      form.hidden = true;
      delete actions.dataset.asking;
      wanted.focus();
    };
    $("[data-cancel]", form).addEventListener("click", close);
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    input.addEventListener("input", () => check());
    input.addEventListener("invalid", (event) => {
      event.preventDefault();
      check(say("actions.missing"));
      input.focus();
    });
    links.forEach((a) => a.addEventListener("click", (event) => {
      if (a.getAttribute("href") !== "#account") return;
      event.preventDefault();
      wanted = a;
      ask();
    }));
    $("[data-change]", actions).addEventListener("click", ask);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!valid(given())) {
        check(say("actions.wrong"));
        return input.focus();
      }
      input.value = given();
      memory.set("account", input.value);
      fill(input.value);
      close();
      if (wanted.getAttribute("href") !== "#account") location.assign(wanted.href);
    });
    input.value = memory.get("account");
    fill(input.value);
  }

  // Every code block can be copied.
  $$(".prose pre").forEach((pre) => {
    const box = document.createElement("div");
    const button = document.createElement("button");
    const status = document.createElement("span");
    box.className = "code";
    Object.assign(button, { type: "button", className: "copy-code", textContent: say("copy.do"), ariaLabel: say("copy.code") });
    button.dataset.copy = pre.textContent.replace(/\n$/, "");
    status.className = "hidden";
    status.setAttribute("role", "status");
    pre.replaceWith(box);
    box.append(pre, button, status);
  });

  // Copying, where the browser allows it; elsewhere the text is selected, ready to be copied. A button says that it has
  // copied for a while, or until it would copy something else.
  $$("[data-copy]").forEach((button) => {
    const label = button.textContent;
    const status = button.nextElementSibling;
    let timer;
    const forget = () => {
      clearTimeout(timer);
      button.textContent = label;
      status.textContent = "";
    };
    new MutationObserver(forget).observe(button, { attributeFilter: ["data-copy"] });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        forget();
        button.textContent = status.textContent = say("copy.done");
        timer = setTimeout(forget, 2000);
      } catch {
        const code = $("code", button.parentElement);
        code.hidden = false;
        getSelection().selectAllChildren(code);
      }
    });
  });

  // Printing: the sheet is the text in sight, as the stylesheet has it; where the page does not know its address, the
  // browser does.
  $("[data-print]")?.addEventListener("click", () => print());
  const unfolded = new Set();
  addEventListener("beforeprint", () => {
    const paper = $("[data-paper-address]");
    const day = new Date().toLocaleDateString(document.documentElement.lang, { dateStyle: "long" });
    paper.dataset.address ||= paper.textContent || location.href.split("#")[0];
    paper.textContent = `${paper.dataset.address} · ${day}`;
    $$(".topics details:not([open])").forEach((it) => { it.open = true; unfolded.add(it); });
  });
  addEventListener("afterprint", () => {
    unfolded.forEach((it) => { it.open = false; });
    unfolded.clear();
  });

  // Of all updates only those that changed what is said about security; the address says so, too.
  const only = $("[data-only-compliance]");
  if (only) {
    const months = $(".months");
    const choose = () => { months.toggleAttribute("data-only", only.checked); };
    only.checked = new URLSearchParams(location.search).get("only") === "compliance";
    choose();
    only.addEventListener("change", () => {
      history.replaceState(null, "", only.checked ? "?only=compliance" : location.pathname);
      choose();
    });
  }

  // A build has no clock, a browser has: what was valid until a day that is over is marked.
  const markExpired = (within) => $$("[data-until]", within).forEach((words) => {
    const { topic, until } = words.dataset;
    if (new Date(`${until}T23:59:59`) >= new Date()) return;
    words.textContent = topic ? say("card.expired", { topic }) : say("offering.expired");
    words.className = topic ? "" : "expired";
  });
  markExpired(document);
  // What another script has put into the page is told by an event of this name.
  document.addEventListener("appshelf-added", ({ target }) => markExpired(target));
})();
