// Choosing rows of a list: all of the page at once, a range with Shift, how many are chosen.
// Without this script each row has its box and the form works the same.
"use strict";

(() => {
  const form = document.querySelector("form.choosing");
  if (!form) return;
  const boxes = [...form.querySelectorAll("tbody .check input")];
  const head = form.querySelector("thead .check");
  const told = form.querySelector(".change .count");

  const all = document.createElement("input");
  all.type = "checkbox";
  const label = document.createElement("label");
  label.append(all, Object.assign(document.createElement("span"), { textContent: "All of this page" }));
  head?.replaceChildren(label);

  const tell = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    if (told) told.textContent = count ? `(${count} chosen)` : "";
    boxes.forEach((box) => box.closest("tr").classList.toggle("chosen", box.checked));
  };

  let last = null;
  boxes.forEach((box, at) => {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last !== null) {
        const [from, to] = [Math.min(last, at), Math.max(last, at)];
        boxes.slice(from, to + 1).forEach((it) => { it.checked = box.checked; });
      }
      last = at;
      tell();
    });
  });
  all.addEventListener("change", () => {
    boxes.forEach((box) => { box.checked = all.checked; });
    tell();
  });
  tell();
})();
