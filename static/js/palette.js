// The command palette: Ctrl-K (or the button) lists the places of the desk, filtered as one types.
// Without this script every place is a plain link in the navigation.
"use strict";

(() => {
  const opener = document.getElementById("open-palette");
  const places = [...document.querySelectorAll(".places nav a, .bar a")];
  if (!opener || !window.HTMLDialogElement) return;

  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Go to a place");
  const input = document.createElement("input");
  input.type = "text";
  input.placeholder = "Go to …";
  input.autocomplete = "off";
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-label", "Place");
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", "palette-list");
  const list = document.createElement("ul");
  list.id = "palette-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Places");
  dialog.append(input, list);
  document.body.append(dialog);

  let chosen = 0;

  const choose = (index) => {
    const items = list.children;
    if (!items.length) return;
    chosen = (index + items.length) % items.length;
    [...items].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    input.setAttribute("aria-activedescendant", items[chosen].id);
    items[chosen].scrollIntoView({ block: "nearest" });
  };

  const fill = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.replaceChildren();
    places.forEach((place, at) => {
      const label = place.textContent.trim();
      if (!words.every((word) => label.toLowerCase().includes(word))) return;
      const item = document.createElement("li");
      item.id = `palette-${at}`;
      item.setAttribute("role", "option");
      const link = document.createElement("a");
      link.href = place.href;
      link.tabIndex = -1;
      link.textContent = label;
      item.append(link);
      list.append(item);
    });
    choose(0);
  };

  const open = () => {
    input.value = "";
    fill();
    dialog.showModal();
    input.focus();
  };

  opener.hidden = false;
  opener.addEventListener("click", open);
  input.addEventListener("input", fill);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") list.children[chosen]?.querySelector("a").click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog.open) dialog.close();
      else open();
    }
  });
})();
