// What pages do beside showing: menu, theme, sortable and filterable tables, the live stream. No page needs it to be read.
(function () {
  "use strict";

  function each(selector, act, within) { Array.prototype.forEach.call((within || document).querySelectorAll(selector), act); }

  // --- menu and theme -----------------------------------------------------------------------------------------------
  function menu(button) {
    var target = document.getElementById(button.getAttribute("aria-controls"));
    function show(open) {
      button.setAttribute("aria-expanded", String(open));
      target.classList.toggle("care-open", open);
    }
    button.addEventListener("click", function () { show(button.getAttribute("aria-expanded") !== "true"); });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") { show(false); button.focus(); }
    });
  }

  function theme(button) {
    button.addEventListener("click", function () {
      var root = document.documentElement;
      var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      root.setAttribute("data-bs-theme", next);
      try { localStorage.setItem("care-theme", next); } catch (refused) { /* kept for this page only */ }
      document.dispatchEvent(new CustomEvent("care:theme"));
    });
  }

  // --- tables: every one sorts, filters and exports -----------------------------------------------------------------
  function valueOf(row, at) {
    var cell = row.cells[at];
    if (!cell) { return ""; }
    return cell.dataset.sort !== undefined ? cell.dataset.sort : cell.textContent.trim();
  }

  function compare(a, b) {
    var x = Number(a), y = Number(b);
    if (a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y)) { return x - y; }
    return a.localeCompare(b, "en", { numeric: true });
  }

  function sortable(table) {
    each("thead th", function (head, at) {
      if (head.dataset.plain !== undefined) { return; }
      var button = document.createElement("button");
      button.type = "button";
      button.className = "care-sort";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        each("thead th", function (other) { other.removeAttribute("aria-sort"); }, table);
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
        rows.sort(function (a, b) { return (down ? -1 : 1) * compare(valueOf(a, at), valueOf(b, at)); });
        rows.forEach(function (row) { body.appendChild(row); });
      });
    }, table);
  }

  function quoted(text) { return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; }

  function exported(table) {
    var rows = Array.prototype.filter.call(table.rows, function (row) { return !row.hidden; });
    return rows.map(function (row) {
      return Array.prototype.map.call(row.cells, function (cell) {
        var text = cell.textContent.replace(/\s+/g, " ").trim();
        return quoted(/^[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text);
      }).join(",");
    }).join("\r\n") + "\r\n";
  }

  function tools(table) {
    var bar = document.createElement("div");
    bar.className = "care-tools d-print-none";
    var label = document.createElement("label");
    label.className = "visually-hidden";
    label.textContent = "Filter " + (table.dataset.table || "rows");
    var field = document.createElement("input");
    field.type = "search";
    field.className = "form-control form-control-sm";
    field.placeholder = "Filter";
    field.id = "filter-" + Math.random().toString(36).slice(2);
    label.htmlFor = field.id;
    var count = document.createElement("span");
    count.className = "text-secondary";
    count.setAttribute("role", "status");
    var save = document.createElement("button");
    save.type = "button";
    save.className = "btn btn-sm";
    save.textContent = "Export CSV";
    function filter() {
      var wanted = field.value.trim().toLowerCase(), shown = 0, all = table.tBodies[0].rows;
      Array.prototype.forEach.call(all, function (row) {
        row.hidden = wanted !== "" && row.textContent.toLowerCase().indexOf(wanted) < 0;
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = wanted === "" ? all.length + " rows" : shown + " of " + all.length + " rows";
    }
    field.addEventListener("input", filter);
    save.addEventListener("click", function () {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([exported(table)], { type: "text/csv" }));
      link.download = (table.dataset.table || "table").replace(/[^a-z0-9]+/gi, "-").toLowerCase() + ".csv";
      link.click();
      window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
    });
    bar.append(label, field, save, count);
    (table.closest(".table-responsive") || table).before(bar);
    filter();
  }

  function dressTables(within) {
    each("table[data-table]", function (table) {
      if (table.dataset.dressed || !table.tBodies.length) { return; }
      table.dataset.dressed = "yes";
      sortable(table);
      tools(table);
    }, within);
  }

  // --- forms that act: nothing is sent twice ------------------------------------------------------------------------
  function once(form) {
    form.addEventListener("submit", function () {
      each("button", function (button) { window.setTimeout(function () { button.disabled = true; }, 0); }, form);
    });
  }

  // --- the live stream ----------------------------------------------------------------------------------------------
  function fresh(text, bad) {
    var place = document.querySelector("[data-fresh]");
    if (place) { place.textContent = text; place.classList.toggle("care-red", bad); }
  }

  function live(body) {
    var seen = body.dataset.seen, source = new EventSource(body.dataset.live), lost = 0;
    source.addEventListener("board", function (event) {
      var told = JSON.parse(event.data);
      lost = 0;
      fresh(told.fresh, told.failed);
      if (String(told.number) !== seen) {
        seen = String(told.number);
        document.dispatchEvent(new CustomEvent("care:changed", { detail: told }));
        each("[data-renew]", function (part) {
          if (part.contains(document.activeElement) && /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) { return; }
          window.htmx.ajax("GET", part.dataset.renew, { target: part, swap: "innerHTML", select: part.dataset.select });
        });
      }
    });
    source.addEventListener("signed_out", function () { source.close(); window.location.reload(); });
    source.onerror = function () {
      lost += 1;
      if (lost > 1) { fresh("no connection to the server: the figures are old", true); }
    };
    window.addEventListener("pagehide", function () { source.close(); });
  }

  document.addEventListener("DOMContentLoaded", function () {
    each("[data-menu]", menu);
    each("[data-theme-button]", theme);
    each("form[data-once]", once);
    dressTables(document);
    if (document.body.dataset.live) { live(document.body); }
  });
  document.addEventListener("htmx:afterSwap", function (event) { dressTables(event.target); });
})();
