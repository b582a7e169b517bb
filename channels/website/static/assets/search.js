"use strict";

// The full text and the catalogue are searched here, in small files the site brings along; no server is asked. How they
// are made says index.py of the program that publishes the site.
(() => {
  const BLOCK = 32;
  const PART = 128;
  const JOIN = 32;
  const SHARDS = { s: 16, l: 256 };
  const SHOWN = 20;
  const MOST = 200;
  const MONTHS_AT_ONCE = 6;
  const RUN = /[0-9a-z]+|[\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]+/gu;

  const top = document.documentElement.dataset.root;
  const status = document.querySelector("[data-status]");
  const waiting = new Map();
  const loaded = new Map();

  // Files are scripts that hand their content to this function: that works where a page may fetch nothing.
  self.portalData = (name, content) => {
    if (waiting.has(name)) {
      waiting.get(name)(content);
    }
  };

  const load = (folder, name, version) => {
    if (!loaded.has(name)) {
      loaded.set(name, new Promise((resolve) => {
        const script = document.createElement("script");
        const end = (content) => {
          waiting.delete(name);
          script.remove();
          resolve(content);
        };
        waiting.set(name, end);
        script.addEventListener("error", () => end(null));
        script.addEventListener("load", () => end(null));
        script.src = `${top}assets/${folder}/${name}.js?v=${version}`;
        document.head.append(script);
      }));
    }
    return loaded.get(name);
  };

  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const words = (query) => [...new Set(fold(query).match(RUN) || [])];

  // A word of letters is found by its beginning, one Chinese character by the pairs that begin with it.
  const termsOf = (word) => {
    const characters = [...word];
    if (word[0] <= "z" || characters.length === 1) {
      return [{ text: word, isBeginning: true }];
    }
    return characters.slice(1).map((character, place) => ({ text: characters[place] + character, isBeginning: false }));
  };

  const unpack = (values, each) => {
    let total = 0;
    for (const value of values) {
      total += value;
      each(total);
    }
  };

  // Number of an item → whether its title has the term.
  const inPart = async (part, term, version) => {
    const shard = term.text.codePointAt(0) % SHARDS[part.kind];
    const content = (await load("search", `${part.kind}${part.number}-${shard}`, version)) || {};
    const found = new Map();
    for (const [text, values] of Object.entries(content)) {
      if (term.isBeginning ? text.startsWith(term.text) : text === term.text) {
        unpack(values, (value) => {
          const number = part.first + (value >> 1);
          found.set(number, Boolean(value & 1) || found.get(number) || false);
        });
      }
    }
    return found;
  };

  const searchPart = async (part, terms, version) => {
    const found = await Promise.all(terms.map((term) => inPart(part, term, version)));
    const scores = new Map();
    for (const number of found[0].keys()) {
      if (found.every((one) => one.has(number))) {
        scores.set(number, found.filter((one) => one.get(number)).length / found.length);
      }
    }
    return scores;
  };

  const searchTexts = async (block, sought, first, version) => {
    const texts = (await load("search", `t${block}`, version)) || {};
    const scores = new Map();
    for (const [number, [title, text]] of Object.entries(texts)) {
      if (Number(number) >= first && sought.every((word) => title.includes(word) || text.includes(word))) {
        scores.set(Number(number), sought.filter((word) => title.includes(word)).length / sought.length);
      }
    }
    return scores;
  };

  const search = async (query) => {
    const contents = (await load("search", "contents", Date.now())) || { closed: 0, joined: 0, last: 0, version: 0 };
    const sought = words(query);
    if (!sought.length) {
      return { numbers: [], version: contents.version };
    }
    const terms = sought.flatMap(termsOf);
    const parts = [];
    for (let number = 0; number < contents.joined; number += 1) {
      parts.push({ kind: "l", number, first: number * PART * JOIN });
    }
    for (let number = contents.joined * JOIN; number < contents.closed; number += 1) {
      parts.push({ kind: "s", number, first: number * PART });
    }
    const first = contents.closed * PART;
    const asked = parts.map((part) => searchPart(part, terms, contents.version));
    for (let block = Math.floor(first / BLOCK); block * BLOCK <= contents.last; block += 1) {
      asked.push(searchTexts(block, sought, first, contents.version));
    }
    const scores = (await Promise.all(asked)).flatMap((found) => [...found]);
    scores.sort((one, other) => other[1] - one[1] || other[0] - one[0]);
    return { numbers: scores.map(([number]) => number), version: contents.version };
  };

  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) {
      made.setAttribute(name, value);
    }
    return made;
  };

  const tag = (mark) => (mark ? [element("span", mark, { class: "tag" })] : []);

  // Text with what was sought marked in it.
  const marked = (tag, text, sought) => {
    const made = document.createElement(tag);
    const folded = fold(text);
    let place = 0;
    // Folding that changes the length would mark the wrong characters.
    const places = folded.length === text.length ? sought : [];
    while (place < text.length) {
      const next = places
        .map((word) => [folded.indexOf(word, place), word.length])
        .filter(([at]) => at >= 0)
        .sort((one, other) => one[0] - other[0] || other[1] - one[1])[0];
      const end = next ? next[0] : text.length;
      made.append(text.slice(place, end));
      if (next) {
        made.append(element("mark", text.slice(end, end + next[1])));
      }
      place = next ? end + next[1] : end;
    }
    return made;
  };

  const turning = (nav, page, pages, go) => {
    nav.replaceChildren();
    const button = (text, target) => {
      const made = element("button", text, { type: "button" });
      made.addEventListener("click", () => go(target));
      nav.append(made);
    };
    if (page > 1) {
      button("首页", 1);
      button("上一页", page - 1);
    }
    nav.append(element("span", `第 ${page} 页 / 共 ${pages} 页`, { class: "place" }));
    if (page < pages) {
      button("下一页", page + 1);
    }
    nav.hidden = pages < 2;
  };

  const results = document.querySelector("[data-results]");
  if (results) {
    const form = document.querySelector("[data-here]");
    const nav = document.querySelector("[data-turning]");
    let asked = 0;

    const show = async (query, found, page) => {
      const own = asked;
      const numbers = found.numbers.slice((page - 1) * SHOWN, page * SHOWN);
      const rows = await Promise.all(numbers.map((number) =>
        load("search", `r${Math.floor(number / BLOCK)}`, found.version).then((block) => block && block[number])));
      if (own !== asked) {
        return;
      }
      const sought = words(query);
      results.replaceChildren(...rows.filter(Boolean).map(([path, title, day, column, summary, number, mark]) => {
        const item = document.createElement("li");
        const link = element("a", "", { href: top + path });
        link.append(...tag(mark), ...marked("span", title, sought).childNodes);
        const head = element("h2", "");
        head.append(link);
        const facts = element("p", [column, number, day].filter(Boolean).join("　"), { class: "small" });
        item.append(head, marked("p", summary, sought), facts);
        return item;
      }));
      results.start = (page - 1) * SHOWN + 1;
      turning(nav, page, Math.ceil(found.numbers.length / SHOWN), (target) => {
        show(query, found, target);
        status.scrollIntoView();
      });
    };

    const run = async (query) => {
      asked += 1;
      const own = asked;
      form.elements.q.value = query;
      results.replaceChildren();
      nav.hidden = true;
      status.textContent = query ? "正在搜索……" : "";
      if (!query) {
        return;
      }
      const found = await search(query);
      if (own === asked) {
        status.textContent = found.numbers.length
          ? `“${query}”：找到 ${found.numbers.length} 条结果。`
          : `没有找到与“${query}”有关的内容。请换一个说法，或减少几个字再试。`;
        await show(query, found, 1);
      }
    };

    const asks = () => (new URLSearchParams(location.search).get("q") || "").trim();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const query = form.elements.q.value.trim();
      history.pushState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
      run(query);
    });
    window.addEventListener("popstate", () => run(asks()));
    run(asks());
  }

  const sift = document.querySelector("[data-catalogue]");
  const body = document.querySelector("[data-rows]");
  if (sift && body) {
    const nav = document.querySelector("[data-turning]");
    const before = { rows: [...body.children], nav: [...nav.childNodes] };
    const isNumbered = "numbered" in body.dataset;
    const names = [...(isNumbered ? ["索引号"] : []), "名称", "文号", "发布机构", "生成日期", "发布日期"];
    sift.hidden = false;

    const reset = () => {
      body.replaceChildren(...before.rows);
      nav.replaceChildren(...before.nav);
      status.textContent = "";
    };

    const wished = () => {
      const data = new FormData(sift);
      const value = (name) => fold(data.get(name).trim());
      return { number: value("number"), title: value("title"), organ: value("organ"), from: value("from"), to: value("to") };
    };

    const fits = (wish, [, title, index, number, organ, , day]) =>
      (!wish.number || fold(index).includes(wish.number) || fold(number).includes(wish.number)) &&
      wish.title.split(/\s+/).every((word) => fold(title).includes(word)) &&
      (!wish.organ || fold(organ).includes(wish.organ)) &&
      (!wish.from || day >= wish.from) && (!wish.to || day <= wish.to);

    const rowOf = ([path, title, index, number, organ, made, day, , mark]) => {
      const row = document.createElement("tr");
      const cells = [...(isNumbered ? [index || "—"] : []), title, number || "—", organ || "—", made || "—", day];
      cells.forEach((text, place) => {
        const cell = element("td", names[place] === "名称" ? "" : text, { "data-name": names[place] });
        if (text === "—") {
          cell.dataset.empty = "";
        }
        if (names[place] === "名称") {
          const link = element("a", "", { href: top + path });
          link.append(...tag(mark), text);
          cell.append(link);
        }
        row.append(cell);
      });
      return row;
    };

    const find = async (wish) => {
      const months = ((await load("catalogue", "months", Date.now())) || []).filter((month) =>
        (!wish.from || month >= wish.from.slice(0, 7).replace("-", "")) &&
        (!wish.to || month <= wish.to.slice(0, 7).replace("-", "")));
      const found = [];
      for (let place = 0; place < months.length && found.length <= MOST; place += MONTHS_AT_ONCE) {
        status.textContent = "正在查找……";
        const some = months.slice(place, place + MONTHS_AT_ONCE);
        const read = await Promise.all(some.map((month) => load("catalogue", `c${month}`, Date.now())));
        found.push(...read.flatMap((rows) => (rows || []).filter((row) => fits(wish, row))));
      }
      return found;
    };

    sift.addEventListener("submit", async (event) => {
      event.preventDefault();
      const wish = wished();
      if (Object.values(wish).every((value) => !value)) {
        reset();
        return;
      }
      const found = await find(wish);
      nav.replaceChildren();
      body.replaceChildren(...found.slice(0, MOST).map(rowOf));
      status.textContent = found.length > MOST
        ? `找到的信息较多，显示最新的 ${MOST} 条，请补充条件。`
        : found.length ? `找到 ${found.length} 条信息。` : "没有找到符合条件的信息，请放宽条件再试。";
    });
    sift.addEventListener("reset", reset);
  }
})();
