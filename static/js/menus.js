// The menus' editor without loading the page anew, with drag and keys. Without this script every
// button is a form of its own and every link a page.
"use strict";

(() => {
  const find = (id) => document.getElementById(id);
  const isIn = (element) => element.closest("#menu");
  document.body.classList.add("is-live");

  // One change after the other: each is made on the menu as the one before it left it.
  let last = Promise.resolve();
  const next = (work) => (last = last.then(work, work));

  const tell = (sentence) => (find("menu-told").textContent = sentence);
  const say = (sentence) => {
    document.querySelector(".menu-said").textContent = sentence;
    tell(sentence);
  };

  // What had the focus has it again, or else what stands where it stood.
  const show = (html, focus, before) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("menu");
    if (!fresh) return location.reload();
    const menu = find("menu");
    const { activeElement } = document;
    // Who has gone on meanwhile stays where they are.
    if (activeElement !== before && menu.contains(activeElement)) focus = [activeElement.id, ...focus];
    const open = [...menu.querySelectorAll("details[open] > summary")].map((it) => it.textContent);
    const typed = activeElement?.matches("input[data-typing]")
      ? [activeElement.selectionStart, activeElement.value]
      : null;
    menu.replaceWith(fresh);
    for (const summary of fresh.querySelectorAll("details:not([open]) > summary")) {
      if (open.includes(summary.textContent)) summary.parentElement.open = true;
    }
    const target = focus.map(find).find((it) => it && !it.disabled && it.offsetParent !== null);
    if (!target) return;
    target.focus({ preventScroll: target.matches("[data-typing]") });
    if (typed && target.matches("[data-typing]")) {
      target.value = typed[1];
      target.setSelectionRange(typed[0], typed[0]);
    }
  };

  const ask = async (address, options, focus) => {
    const before = document.activeElement;
    find("menu").setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, {
        ...options,
        headers: { "HX-Request": "true", Accept: "text/html" },
        credentials: "same-origin",
      });
      const type = answer.headers.get("content-type") || "";
      if (answer.redirected || !type.startsWith("text/html")) return location.reload();
      show(await answer.text(), focus, before);
      const error = document.querySelector("#menu > .error");
      error?.scrollIntoView({ block: "nearest" });
      return answer.ok;
    } catch {
      say("That did not reach the server. Nothing was changed; try it again.");
    } finally {
      find("menu").removeAttribute("aria-busy");
    }
  };

  const look = (address, focus) =>
    next(async () => {
      await ask(address, {}, focus);
      history.replaceState(null, "", address);
    });

  // Sends a form as it is now, which may be another than when the button was pressed.
  const send = (formId, fields, focus) =>
    next(async () => {
      const form = typeof formId === "string" ? find(formId) : formId;
      if (!form) return;
      const [way, id] = fields.do.split(" ");
      const step = STEPS[way] && find(`${way}-${id}`);
      if (step?.disabled) return say(STEPS[way]);
      const data = new FormData(form);
      data.set("version", find("menu").dataset.version);
      for (const [name, value] of Object.entries(fields)) data.set(name, value);
      const here = new URL(location.href);
      if (/^(save|remove)/.test(data.get("do") || "")) here.searchParams.delete("entry");
      if (/^save/.test(data.get("do") || "")) here.searchParams.delete("lead");
      const isDone = await ask(
        form.getAttribute("action") + here.search,
        { method: "POST", body: new URLSearchParams(data) },
        focus,
      );
      if (isDone) {
        history.replaceState(null, "", here);
        tell(document.querySelector(".menu-said").textContent);
      }
    });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!isIn(form) || !("live" in form.dataset)) return;
    event.preventDefault();
    const focus = [document.activeElement?.id, "undo"].filter(Boolean);
    if (form.method === "get") {
      const query = new URLSearchParams(new FormData(form));
      return look(`${form.getAttribute("action")}?${query}`, focus);
    }
    const doing = button?.value || "";
    const [what, id] = doing.split(" ");
    // What was just moved keeps the focus, if not on its button then on its name.
    if (id && /^\d+$/.test(id)) focus.unshift(...(button?.id ? [button.id] : []), `name-${id}`);
    if (what === "add" && id.includes(":")) focus.unshift("q");
    send(form.id === "tree" || form.id === "entry-form" ? form.id : form, { do: doing }, focus);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-live]");
    if (!link || !isIn(link) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const address = new URL(link.getAttribute("href"), location.href);
    const focus = address.searchParams.has("lead")
      ? ["q"]
      : address.searchParams.has("under")
        ? ["q"]
        : address.searchParams.has("entry")
          ? [link.id, "entry-label"]
          : [`name-${address.hash.slice(2)}`];
    look(address.pathname + address.search, focus).then(() => {
      if (address.hash === "#add") find("add")?.scrollIntoView({ block: "nearest" });
    });
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("#menu select[data-now]")) event.target.form.requestSubmit();
  });

  let typing = 0;
  document.addEventListener("input", (event) => {
    if (!event.target.matches("#menu input[data-typing]")) return;
    clearTimeout(typing);
    typing = setTimeout(() => find("q")?.form.requestSubmit(), 250);
  });

  // Keys in the tree: up and down go from line to line, with Alt they move the line.
  const names = () => [...document.querySelectorAll("#tree .menu-name")];
  const STEPS = {
    up: "It is the first of its level already.",
    down: "It is the last of its level already.",
    out: "It is at the top already.",
    in: "There is no entry above it to go under.",
  };
  const WAYS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" };

  document.addEventListener("keydown", (event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z";
    if (isUndo && !event.target.matches("input, textarea, select") && find("undo")) {
      event.preventDefault();
      return find("undo").click();
    }
    const line = event.target.closest?.(".menu-line");
    const way = WAYS[event.key];
    if (!line || !way || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.altKey) {
      event.preventDefault();
      const { id } = line.parentElement.dataset;
      return send("tree", { do: `${way} ${id}` }, [`name-${id}`]);
    }
    if (!event.target.matches(".menu-name") || way === "in" || way === "out") return;
    event.preventDefault();
    const all = names();
    all[all.indexOf(event.target) + (way === "up" ? -1 : 1)]?.focus();
  });

  // Drag: by its grip a line is carried to a gap between two others; how far to the side it is
  // carried says how deep it goes there.
  const INDENT = 25; // pixels

  let drag = null;

  const gapAt = (x, y) => {
    const { lines, depth, startX } = drag;
    let at = lines.findIndex(({ box }) => y < box.top + box.height / 2);
    if (at < 0) at = lines.length;
    const above = lines[at - 1];
    const below = lines[at];
    const most = above ? above.depth + 1 : 1;
    const least = below ? below.depth : 1;
    const wanted = depth + Math.round((x - startX) / INDENT);
    const level = Math.max(Math.min(wanted, most), Math.min(least, most));
    let parent = null;
    for (let i = at - 1; i >= 0 && !parent; i -= 1) {
      if (lines[i].depth === level - 1) parent = lines[i];
    }
    let index = 0;
    for (let i = at - 1; i >= 0 && lines[i].depth >= level; i -= 1) {
      if (lines[i].depth === level) index += 1;
    }
    return { at, level, index, parent: parent ? parent.id : "0" };
  };

  const measure = () => {
    const moving = new Set(drag.node.querySelectorAll(".menu-node"));
    moving.add(drag.node);
    drag.lines = [...document.querySelectorAll("#tree .menu-node")]
      .filter((node) => !moving.has(node))
      .map((node) => ({
        id: node.dataset.id,
        depth: Number(node.dataset.depth),
        box: node.querySelector(".menu-line").getBoundingClientRect(),
      }));
  };

  const paint = (x, y) => {
    measure();
    const gap = (drag.gap = gapAt(x, y));
    const tree = find("tree");
    const frame = tree.getBoundingClientRect();
    const edge = gap.at < drag.lines.length
      ? drag.lines[gap.at].box.top
      : drag.lines.at(-1)?.box.bottom ?? frame.top;
    drag.mark.style.top = `${edge - frame.top}px`;
    drag.mark.style.left = `${(gap.level - 1) * INDENT + 8}px`;
    drag.mark.style.right = "0";
    drag.carried.style.translate = `${x + 12}px ${y + 8}px`;
  };

  const drop = (isMeant) => {
    if (!drag) return;
    const { node, mark, carried, gap, hasMoved } = drag;
    cancelAnimationFrame(drag.frame);
    drag = null;
    mark.remove();
    carried.remove();
    node.classList.remove("is-dragged");
    document.body.classList.remove("is-dragging");
    if (isMeant && hasMoved && gap) {
      const { id } = node.dataset;
      send("tree", { do: `move ${id} ${gap.parent} ${gap.index}` }, [`name-${id}`]);
    }
  };

  // Near the edges of the window the page goes along.
  const creep = () => {
    if (!drag) return;
    const speed = drag.y < 60 ? -8 : drag.y > innerHeight - 60 ? 8 : 0;
    if (speed && drag.hasMoved) {
      scrollBy(0, speed);
      paint(drag.x, drag.y);
    }
    drag.frame = requestAnimationFrame(creep);
  };

  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest?.(".grip");
    if (!grip || event.button !== 0 || !find("tree")) return;
    event.preventDefault();
    const node = grip.closest(".menu-node");
    const mark = document.createElement("div");
    mark.className = "menu-mark";
    const carried = document.createElement("div");
    carried.className = "menu-carried";
    carried.style.cssText = "left:0;top:0";
    carried.textContent = node.querySelector(".menu-name").textContent;
    drag = {
      node, mark, carried, gap: null, hasMoved: false, lines: [], frame: 0,
      depth: Number(node.dataset.depth), startX: event.clientX, startY: event.clientY,
      x: event.clientX, y: event.clientY,
    };
    grip.setPointerCapture(event.pointerId);
    drag.frame = requestAnimationFrame(creep);
  });

  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.x = event.clientX;
    drag.y = event.clientY;
    const far = Math.hypot(event.clientX - drag.startX, event.clientY - drag.startY);
    if (!drag.hasMoved && far < 4) return;
    if (!drag.hasMoved) {
      drag.hasMoved = true;
      find("tree").style.position = "relative";
      find("tree").append(drag.mark);
      document.body.append(drag.carried);
      drag.node.classList.add("is-dragged");
      document.body.classList.add("is-dragging");
    }
    paint(event.clientX, event.clientY);
  });

  document.addEventListener("pointerup", () => drop(true));
  document.addEventListener("pointercancel", () => drop(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) drop(false);
  });

  // Somebody else may have changed the menu while this page was not looked at.
  document.addEventListener("visibilitychange", () => {
    const isAtWork = document.activeElement?.closest?.(".menu-form, .menu-side");
    if (document.visibilityState === "visible" && !isAtWork) {
      look(location.pathname + location.search, [document.activeElement?.id].filter(Boolean));
    }
  });
})();
