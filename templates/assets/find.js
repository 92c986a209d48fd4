// Finding apps: search, choices and sort, over a list that is loaded when it is first needed.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  // The words of the store's language: the build puts those that are named here, as `words`, before the first line.
  const say = (key, values = {}) => findWords[key].replace(/\{(\w+)\}/g, (_, it) => values[it]);

  const form = $("[data-search]");
  const input = $("input", form);
  const tools = $("[data-finder]");
  const root = document.documentElement;

  addEventListener("keydown", (event) => {
    const isWriting = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isWriting) return;
    event.preventDefault();
    input.focus();
    input.select();
  });

  if (!tools) {
    // Elsewhere in the store, a search leads to the list.
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const words = input.value.trim();
      try { sessionStorage.setItem("appshelf-sent", words); } catch { /* Forbidden: then the list begins at its top. */ }
      location.assign(form.dataset.search + (words ? `?${new URLSearchParams({ q: words })}` : ""));
    });
    return;
  }

  // ---------------------------------------------------------------------------------------------- matching words

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const wordsOf = (text) => plain(text).match(/[\p{L}\p{N}]+/gu) || [];

  // Letters that are missing, too many or wrong, or neighbours that are swapped, between two words: at most `most`.
  const distance = (a, b, most) => {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let before = [];
    let last = Array.from({ length: b.length + 1 }, (_, i) => i);
    for (let i = 1; i <= a.length; i += 1) {
      const row = [i];
      let least = i;
      for (let j = 1; j <= b.length; j += 1) {
        const differs = a[i - 1] === b[j - 1] ? 0 : 1;
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + differs);
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
        least = Math.min(least, row[j]);
      }
      if (least > most) return most + 1;
      before = last;
      last = row;
    }
    return last[b.length];
  };
  const slips = (length) => (length < 3 ? 0 : length < 8 ? 1 : 2);

  // How well one word of a search fits the words of an app: 0 is not at all. A short word is taken as it stands, unless
  // it is still being written: “on call” is not about one callback.
  const fit = (word, app, isLast) => {
    if (word.length < 3 && !isLast) return app.words.includes(word) ? 400 : app.about.includes(word) ? 120 : app.text.includes(` ${word} `) ? 90 : 0;
    let best = 0;
    for (const name of app.words) {
      if (name === word) return 400;
      if (name.startsWith(word)) best = Math.max(best, 350);
      else if (word.length > 1 && name.includes(word)) best = Math.max(best, 250);
    }
    for (const other of app.about) {
      if (other === word) best = Math.max(best, 120);
      else if (other.startsWith(word)) best = Math.max(best, 110);
    }
    if (best < 100 && (app.text.includes(` ${word}`) || (word.length > 2 && app.text.includes(word)))) best = 90;
    const most = slips(word.length);
    if (best || !most) return best;
    const near = (it) => {
      const far = Math.min(distance(word, it, most), distance(word, it.slice(0, word.length), most) + 0.5);
      return far <= most ? far : Infinity;
    };
    for (const name of app.words) best = Math.max(best, 200 - 40 * near(name));
    if (best || word.length < 5) return best;
    return [...app.about, ...app.text.split(" ")].some((it) => it[0] === word[0] && near(it) <= most) ? 40 : 0;
  };

  const score = (app, search) => {
    const { joined, words } = search;
    if (app.joined === joined) return 1000;
    if (app.joined.startsWith(joined)) return 800;
    let whole = joined.length > 2 && app.joined.includes(joined) ? 500 : 0;
    if (!whole && joined.length > 4) {
      const most = Math.min(3, Math.ceil(joined.length / 8));
      const far = distance(joined, app.joined, most);
      if (far <= most) whole = 480 - 30 * far;
    }
    const fits = words.map((word, i) => fit(word, app, i === words.length - 1));
    const all = fits.every(Boolean) ? fits.reduce((sum, it) => sum + it, 0) / fits.length : 0;
    return Math.max(whole, all);
  };

  // ------------------------------------------------------------------------------------------ the list, when needed

  // As store.js marks what the build has written.
  const isOver = (day) => new Date(`${day}T23:59:59`) < new Date();

  let listed;
  const load = () => {
    listed ||= new Promise((resolve, reject) => {
      window.appshelf = {
        found: (list) => {
          for (const app of list.apps) {
            const [topics, until] = [app.declared || [], app.until || {}];
            app.expired = topics.filter((it) => until[it] && isOver(until[it]));
            app.declared = topics.filter((it) => !app.expired.includes(it));
            app.words = wordsOf(app.name);
            app.joined = app.words.join("");
            const around = [list.publishers[app.publisher], ...(app.category || []).map((it) => list.categories[it])];
            app.about = wordsOf([...around, ...app.declared, ...(app.status || [])].join(" "));
            app.text = ` ${wordsOf(app.line || "").join(" ")} `;
          }
          resolve(list);
        },
      };
      const script = document.createElement("script");
      script.src = tools.dataset.finder;
      script.onerror = reject;
      document.head.append(script);
    });
    return listed;
  };

  // -------------------------------------------------------------------------------- what stands in texts, after that

  let index;
  // The full-text index knows words and their beginnings: what it finds comes after what the list has found. It is
  // loaded by the first search of two letters; from a file, a page may not load it.
  const canSearchTexts = tools.dataset.texts && location.protocol !== "file:";
  const TEXTS = 24;
  const inTexts = async (words) => {
    index ||= import(new URL(tools.dataset.texts, location.href));
    const { results } = await (await index).search(words);
    return Promise.all(results.slice(0, TEXTS).map((it) => it.data()));
  };

  // Where nothing has a word, the index takes its beginning, down to a letter: that is no answer. Another ending is
  // (“shredding” is found as “shredded”), and so is what the last word may become.
  const answers = ({ content, locations }, asks) => {
    const words = content.split(/\s+/);
    const located = locations.flatMap((it) => wordsOf(words[it] || ""));
    return asks.every((ask, i) => {
      const isWritten = i === asks.length - 1 && ask.length > 2;
      const stem = ask.length > 5 ? ask.slice(0, Math.max(5, ask.length - 3)) : "";
      return located.some((word) => word === ask || `${word}s` === ask || word === `${ask}s` || (isWritten && word.startsWith(ask)) || (stem && word.startsWith(stem)));
    });
  };

  // The words around the place where most was found, and the heading that it stands under, or else the text.
  const passage = ({ content, locations, anchors }) => {
    const words = content.split(/\s+/);
    const near = (place) => locations.filter((it) => it >= place && it < place + 18).length;
    const place = locations.reduce((best, it) => (near(it) > near(best) ? it : best), locations[0] || 0);
    const from = Math.max(0, place - 3);
    const above = anchors.filter((it) => it.location <= place && /^(h|text)-/.test(it.id)).at(-1);
    const shown = words.slice(from, from + 24).map((word, i) => [word, locations.includes(from + i)]);
    return { shown, starts: !from, ends: from + 24 >= words.length, id: above ? above.id : "" };
  };

  // ------------------------------------------------------------------------------------------- what is asked for

  const choices = $("[data-choices]");
  const sort = $("[data-sort]");
  const found = $("[data-found]");
  const shelf = $("[data-shelf]");
  const more = $("[data-more]");
  const chips = $$("[data-category]");
  const MANY = ["declared", "has", "publisher"];
  const ALL = { category: "", within: "", declared: [], has: [], publisher: [] }; // apps: nothing is chosen
  const STEP = 48; // cards, until more are asked for
  const PIECE = 12; // of them at once
  const PAUSE = 150; // ms: then who types has paused
  const told = $("[data-told]");
  const before = told.textContent;
  let asked;
  let matches = [];

  const read = () => {
    const given = new URLSearchParams(location.search);
    asked = { q: given.get("q") || "", category: given.get("category") || "", within: given.get("within") || "", sort: given.get("sort") || "" };
    for (const key of MANY) asked[key] = given.getAll(key);
  };
  const address = () => {
    const given = new URLSearchParams();
    for (const [key, value] of Object.entries(asked)) {
      for (const it of [value].flat()) if (it) given.append(key, it);
    }
    return String(given);
  };
  const isChosen = () => MANY.some((key) => asked[key].length) || asked.within;

  const isFiltered = () => isChosen() || asked.category;

  const show = () => {
    if (input !== document.activeElement || input.value.trim() !== asked.q) input.value = asked.q;
    for (const box of $$("input", choices)) box.checked = [asked[box.name]].flat().includes(box.value);
    if (![...sort.options].some((option) => option.value === asked.sort)) asked.sort = "";
    sort.value = asked.sort;
    sort.options[0].textContent = asked.q ? say("finder.best") : say("finder.by_name");
    for (const chip of chips) {
      const isChosen = chip.dataset.category === asked.category;
      if (isChosen === chip.hasAttribute("aria-current")) continue;
      chip.removeAttribute("aria-current");
      if (!isChosen) continue;
      chip.setAttribute("aria-current", "true");
      const row = chip.closest("[data-scroll]"); // a phone shows some of them
      if (row) row.scrollLeft = chip.offsetLeft - row.offsetLeft - (row.clientWidth - chip.offsetWidth) / 2;
    }
    const chosen = MANY.reduce((sum, key) => sum + asked[key].length, asked.within ? 1 : 0);
    const number = $("[data-chosen]");
    number.hidden = !chosen;
    number.textContent = chosen;
    $("[data-reset]").hidden = !isFiltered();
  };

  // One test a choice; an app is found when it passes all of them.
  const tests = () => {
    const since = Date.now() - asked.within * 86_400_000;
    const hasAll = (key) => (app) => asked[key].every((it) => (app[key] || []).includes(it));
    return {
      category: (app) => !asked.category || (app.category || []).includes(asked.category),
      declared: hasAll("declared"),
      has: hasAll("has"),
      publisher: (app) => !asked.publisher.length || asked.publisher.includes(app.publisher),
      within: (app) => !asked.within || Date.parse(app.updated) >= since,
    };
  };

  const ordered = (scored) => {
    const key = { updated: "updated", new: "created" }[asked.sort];
    const time = ({ app }) => Date.parse(app[key]) || -Infinity;
    if (key) return [...scored].sort((a, b) => (time(b) === time(a) ? 0 : time(b) - time(a)));
    return asked.q ? [...scored].sort((a, b) => b.score - a.score) : scored;
  };

  const count = (scored) => {
    const passes = Object.entries(tests());
    const counted = {};
    const add = (key, value) => { counted[`${key} ${value}`] = (counted[`${key} ${value}`] || 0) + 1; };
    for (const { app } of scored) {
      const failed = passes.filter(([, test]) => !test(app)).map(([key]) => key);
      const others = (key) => failed.every((it) => it === key);
      if (others("category")) for (const it of ["", ...(app.category || [])]) add("category", it);
      if (others("publisher")) add("publisher", app.publisher);
      if (!failed.length) for (const key of ["declared", "has"]) for (const it of app[key] || []) add(key, it);
      if (others("within")) {
        for (const days of [31, 183, 365]) if (Date.parse(app.updated) >= Date.now() - days * 86_400_000) add("within", days);
      }
    }
    for (const box of $$("input", choices)) {
      const number = counted[`${box.name} ${box.value}`] || 0;
      const shown = $("[data-count]", box.parentElement);
      if (!shown) continue;
      shown.textContent = number;
      box.disabled = !number && !box.checked;
    }
    for (const chip of chips) $(".count", chip).textContent = counted[`category ${chip.dataset.category}`] || 0;
  };

  // -------------------------------------------------------------------------------------------------- what is found

  const base = new URL(form.dataset.search, location.href);
  const quote = ({ shown, starts, ends }) => {
    const words = document.createElement("q");
    words.append(starts ? "" : "… ");
    for (const [i, [word, isFound]] of shown.entries()) {
      const [, before, inside, after] = /^([^\p{L}\p{N}]*)(.*?)([^\p{L}\p{N}]*)$/u.exec(word);
      words.append(i ? " " : "", ...(isFound ? [before, Object.assign(document.createElement("mark"), { textContent: inside }), after] : [word]));
    }
    words.append(ends ? "" : " …");
    return words;
  };
  // As the pages write it: the day as it was where the time was written.
  const days = new Intl.DateTimeFormat(root.lang === "en" ? "en-GB" : root.lang, { dateStyle: "long", timeZone: "UTC" });
  const dayOf = (moment) => days.format(new Date(moment.slice(0, 10)));
  const parted = (name) => (name.length > 60 && name.includes(" – ") ? name.split(/(?= – )/) : [name, ""]);
  const card = ({ app, said }, list) => {
    const it = $("[data-card]").content.firstElementChild.cloneNode(true);
    const [link, by, badges] = [$("a", it), $(".by", it), $(".badges", it)];
    const [short, rest] = parted(app.name);
    $("img", it).src = new URL(app.picture, base);
    link.href = new URL(app.path, base);
    link.textContent = short;
    if (rest) link.append(Object.assign(document.createElement("span"), { className: "hidden", textContent: app.name.slice(short.length) }));
    $(".line", it).textContent = app.line || "";
    if (said) {
      const words = quote(said);
      $(".line", it).replaceChildren(words);
      if (said.id) {
        // The name leads to the app, as on every card; what is quoted leads to its place.
        const place = Object.assign(link.cloneNode(), { hash: said.id });
        words.replaceWith(place);
        place.append(words);
      }
    }
    const publisher = Object.keys(list.publishers).length > 1 ? [list.publishers[app.publisher]] : [];
    const moment = asked.sort === "new" ? app.created : asked.sort || asked.within ? app.updated : "";
    const day = moment ? [dayOf(moment)] : [];
    by.textContent = [...publisher, ...(app.featured ? [say("card.featured")] : []), ...day].join(" · ");
    if (app.draft) by.append(" ", Object.assign(document.createElement("span"), { className: "draft", textContent: say("card.draft") }));
    if (!by.textContent) by.remove();
    const has = app.has || [];
    const quiet = [...(has.includes("form") ? [say("card.configurable")] : []), ...(has.includes("person") ? [say("card.person")] : [])];
    const topic = asked.declared.find((it) => app.declared.includes(it)) || app.declared[0];
    const expired = app.expired.slice(0, 1).map((it) => say("card.expired", { topic: it }));
    const first = topic ? [say("card.declared", { topic })] : expired;
    for (const words of [...first, ...quiet.slice(0, 2 - first.length)]) {
      const item = document.createElement("li");
      item.textContent = words;
      if (topic && words === first[0]) item.className = "declared";
      badges.append(item);
    }
    if (!badges.firstChild) badges.remove();
    return it;
  };

  const after = (ms) => new Promise((done) => setTimeout(done, ms));
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

  // What a window shows comes at once, and the rest piece by piece in a pause: a card costs a slow phone 10 ms and
  // more, and no letter should wait for 48 of them.
  const fill = async (list, until, atOnce = PIECE) => {
    const mine = turn;
    const add = (many) => {
      const from = shelf.children.length;
      shelf.append(...matches.slice(from, Math.min(from + many, until)).map((it) => card(it, list)));
    };
    const isOver = () => mine !== turn || shelf.children.length >= Math.min(until, matches.length);
    more.hidden = true;
    add(atOnce);
    if (!isOver()) await after(PAUSE);
    while (!isOver()) {
      add(PIECE);
      await painted();
    }
    if (mine !== turn) return;
    const left = matches.length - shelf.children.length;
    more.hidden = left <= 0;
    more.textContent = say("finder.more_of", { count: Math.min(left, STEP), left });
  };

  const nothing = (list) => {
    $("[data-none]").hidden = matches.length > 0;
    if (matches.length) return;
    const filtered = isFiltered() ? say("finder.none_both", { words: asked.q }) : say("finder.none", { words: asked.q });
    $("[data-nothing]").textContent = asked.q ? filtered : say("finder.none_chosen");
    const joined = wordsOf(asked.q).join("");
    const most = Math.min(5, Math.floor(joined.length / 2.5));
    const far = (app) => Math.min(...[...app.words, app.joined].map((word) => distance(joined, word, most)));
    const near = list.apps.map((app) => [far(app), app]).filter(([it]) => it <= most && most).sort((a, b) => a[0] - b[0]).slice(0, 3);
    suggest($("[data-near]"), near.map(([, app]) => app));
    const words = wordsOf(asked.q).filter((it) => it.length > 2);
    const fits = (app) => words.map((word) => fit(word, app, false)).filter((it) => it > 40);
    const some = list.apps.map((app) => [fits(app), app]).filter(([it]) => it.length * 2 > words.length)
      .sort(([a], [b]) => b.length - a.length || Math.max(...b) - Math.max(...a));
    suggest($("[data-some]"), near.length || isFiltered() || words.length < 2 ? [] : some.slice(0, 3).map(([, app]) => app));
  };

  const suggest = (place, apps) => {
    const names = apps.map((app) => Object.assign(document.createElement("a"), { href: new URL(app.path, base), textContent: parted(app.name)[0] }));
    place.hidden = !names.length;
    $("[data-names]", place).replaceChildren(...names.flatMap((it, i) => [i ? (i === names.length - 1 ? say("finder.or") : ", ") : "", it]));
  };

  let turn = 0;
  let texts; // resolves once they, too, have been looked through
  let busy = Promise.resolve();
  const find = async (atOnce = PIECE) => {
    turn += 1;
    const mine = turn;
    show();
    const isAsked = address() !== "";
    if (!isAsked) delete root.dataset.finding;
    if (!isAsked && !listed) return true;
    let list;
    try {
      list = await load();
    } catch {
      delete root.dataset.finding;
      told.textContent = say("finder.broken");
      return false;
    }
    if (mine !== turn) return false;
    const words = wordsOf(asked.q);
    const search = { words, joined: words.join("") };
    const scored = list.apps.map((app) => ({ app, score: words.length ? score(app, search) : asked.q ? 0 : 1 })).filter((it) => it.score);
    const looksOn = canSearchTexts && asked.q.length > 1;
    shelf.replaceChildren();
    draw(list, scored, looksOn, atOnce);
    texts = looksOn && addFromTexts(list, scored, mine);
    return true;
  };

  const draw = (list, scored, isMoreToCome, atOnce) => {
    const isAsked = address() !== "";
    const shown = matches.slice(0, shelf.children.length);
    const passes = Object.values(tests());
    matches = ordered(scored.filter(({ app }) => passes.every((test) => test(app))));
    const focused = shelf.contains(document.activeElement) && document.activeElement.href;
    if (!shown.every(({ app }, i) => matches[i]?.app === app)) shelf.replaceChildren();
    if (isAsked) fill(list, Math.max(STEP, shelf.children.length), atOnce);
    if (focused) $$("a", shelf).find((it) => it.href === focused)?.focus();
    if (matches.length || !isMoreToCome) nothing(list);
    count(scored);
    found.hidden = !isAsked;
    if (isAsked) root.dataset.finding = "";
    if (!isAsked) told.textContent = before;
    else if (matches.length || !isMoreToCome) told.textContent = say("finder.of", { found: matches.length, apps: told.dataset.told });
  };

  const addFromTexts = async (list, scored, mine) => {
    await after(PAUSE); // not for every letter
    if (mine !== turn) return;
    // One search after the other: two at once would write their places into the same answer.
    busy = busy.then(() => (mine === turn ? inTexts(asked.q) : [])).catch(() => []);
    const hits = await busy;
    if (mine !== turn) return;
    const known = new Set(scored.map(({ app }) => app.path));
    const byPath = new Map(list.apps.map((app) => [app.path, app]));
    const words = wordsOf(asked.q);
    const added = hits
      .filter((hit) => answers(hit, words))
      .map((hit, i) => ({ app: byPath.get(hit.raw_url.replace(/^\//, "")), said: passage(hit), score: 1 - i / TEXTS }))
      .filter(({ app }) => app && !known.has(app.path));
    draw(list, [...scored, ...added], false, Math.max(PIECE, shelf.children.length));
  };

  const ask = (how, changes) => {
    Object.assign(asked, changes);
    const given = address();
    // Always at this page's own path: in another folder, every relative link of the page would lead elsewhere.
    history[how](null, "", given ? `?${given}` : location.pathname);
    return find();
  };

  // ------------------------------------------------------------------------------------------------------- by whom

  // A letter shows first, and then what it finds: typing never waits, not even on a slow phone.
  let isDue = false;
  const answer = () => {
    isDue = false;
    if (input.value.trim() !== asked.q) ask("replaceState", { q: input.value.trim() });
  };
  input.addEventListener("focus", () => load().catch(() => {}), { once: true });
  input.addEventListener("input", () => {
    if (isDue) return;
    isDue = true;
    painted().then(answer);
  });
  // To the first card: it is opened from there, or left alone. On a phone, this puts the keyboard away.
  const toFirst = async () => {
    answer(); // else what the last letter finds would take the place of what has the focus
    const [mine, from] = [turn, document.activeElement];
    await load().catch(() => {});
    if (!matches.length) await texts;
    const isWriting = isDue || mine !== turn;
    if (!found.hidden && !isWriting && from === document.activeElement) $("a", shelf)?.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    toFirst();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && input.value) {
      event.preventDefault();
      input.value = "";
      ask("replaceState", { q: "" });
    } else if (event.key === "Escape") input.blur();
    else if (event.key === "ArrowDown") {
      event.preventDefault();
      toFirst();
    }
  });
  // Arrows go from card to card: sideways to the neighbour, up and down to the one that stands there.
  shelf.addEventListener("keydown", (event) => {
    const cards = [...shelf.children];
    const at = cards.indexOf(event.target.closest(".card"));
    const columns = cards.findIndex((it) => it.offsetTop !== cards[0].offsetTop);
    const wide = columns < 0 ? cards.length : columns;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[event.key];
    if (event.key === "Escape" || (event.key === "ArrowUp" && at < wide)) input.focus();
    else if (step && cards[at + step]) $("a", cards[at + step]).focus();
    else return;
    event.preventDefault();
  });

  const opener = $("[data-switch]");
  const fold = (isOpen) => {
    opener.setAttribute("aria-expanded", String(isOpen));
    choices.hidden = !isOpen;
  };
  opener.addEventListener("click", async () => {
    fold(choices.hidden);
    await load().catch(() => {});
    find();
  });
  choices.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    fold(false);
    opener.focus();
  });
  choices.addEventListener("submit", (event) => event.preventDefault());
  choices.addEventListener("change", ({ target }) => {
    const given = new FormData(choices);
    ask("pushState", { [target.name]: target.name === "within" ? given.get("within") : given.getAll(target.name) });
  });
  sort.addEventListener("change", () => ask("pushState", { sort: sort.value }));
  for (const chip of chips) {
    chip.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (!chip.dataset.category && !address()) return; // from a later page to the first
      event.preventDefault();
      const folded = chip.closest("details");
      if (folded) folded.open = false;
      ask("pushState", { category: chip.dataset.category });
    });
  }
  more.addEventListener("click", async () => {
    const first = shelf.children.length;
    fill(await load(), first + STEP);
    $("a", shelf.children[first]).focus();
  });
  $("[data-clear]").addEventListener("click", () => {
    ask("pushState", { ...ALL, q: "", sort: "" });
    input.focus();
  });
  $("[data-reset]").addEventListener("click", () => {
    ask("pushState", ALL);
    opener.focus(); // where choosing begins; the button itself is gone
  });

  addEventListener("popstate", () => {
    read();
    find();
  });
  // Back from an app: to where the visitor was. With words that were sent from another page: to what they find.
  const isSent = (words) => {
    try {
      const sent = sessionStorage.getItem("appshelf-sent");
      sessionStorage.removeItem("appshelf-sent");
      return Boolean(words) && sent === words;
    } catch { return false; }
  };
  addEventListener("pagehide", () => history.replaceState({ y: scrollY }, ""));
  const back = history.state;
  read();
  if (isChosen()) fold(true);
  find(STEP).then((isShown) => {
    if (isShown && back && address()) scrollTo(0, back.y);
    else if (isShown && isSent(asked.q)) toFirst();
  });
})();
