
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const [filter, search, state, shown, table] = ["filter", "search", "state", "shown", "all"].map(byId);
  const body = table.tBodies[0];
  const hosts = Array.from(body.rows, (row) => ({ row, text: row.textContent.toLowerCase(), state: row.cells[1].textContent.trim() }));

  // The filter is in the address, so that a view can be kept and sent.
  const show = (keep) => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const host of hosts) {
      const fits = (!state.value || host.state === state.value) && words.every((word) => host.text.includes(word));
      if (host.row.hidden === fits) host.row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${hosts.length} hosts`;
    if (keep) {
      const view = new URLSearchParams();
      if (search.value) view.set("q", search.value);
      if (state.value) view.set("state", state.value);
      const hash = view.toString();
      try { history.replaceState(null, "", hash ? `#${hash}` : location.pathname); } catch { /* a page without an address */ }
    }
  };
  const read = () => {
    const view = new URLSearchParams(location.hash.slice(1));
    search.value = view.get("q") ?? "";
    state.value = view.get("state") ?? "";
    if (state.selectedIndex < 0) state.value = "";
    show(false);
  };
  const find = (text) => {
    search.value = text;
    state.value = "";
    show(true);
    byId("hosts").scrollIntoView();
    search.focus({ preventScroll: true });
  };

  let later;
  search.addEventListener("input", () => { clearTimeout(later); later = setTimeout(show, 120, true); });
  state.addEventListener("change", () => show(true));
  filter.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => { if (/[=]/.test(location.hash)) read(); });
  filter.hidden = false;

  for (const cell of document.querySelectorAll("[data-find]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "find";
    button.title = "Show these hosts";
    button.append(...cell.childNodes);
    button.addEventListener("click", () => find(button.textContent));
    cell.append(button);
  }

  for (const pre of document.querySelectorAll(".remedy pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy the remedy for ${pre.parentElement.querySelector("h3").textContent}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = "Selected; press Ctrl+C";
      }
    });
    pre.after(button);
  }

  const order = new Intl.Collator("en", { numeric: true });
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = hosts.map((host) => [host.row.cells[column].textContent, host.row]);
      keyed.sort(([one], [other]) => (down ? order.compare(other, one) : order.compare(one, other)));
      body.append(...keyed.map(([, row]) => row));
    });
    head.append(button);
  });

  read();
})();
