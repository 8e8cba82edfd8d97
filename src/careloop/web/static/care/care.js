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
      button.addEventListener("click", function () { sortBy(table, at, head.getAttribute("aria-sort") === "ascending"); });
    }, table);
  }

  function sortBy(table, at, down) {
    each("thead th", function (other) { other.removeAttribute("aria-sort"); }, table);
    table.tHead.rows[0].cells[at].setAttribute("aria-sort", down ? "descending" : "ascending");
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    rows.sort(function (a, b) { return (down ? -1 : 1) * compare(valueOf(a, at), valueOf(b, at)); });
    body.append.apply(body, rows);
  }

  function nameOf(table) { return (table.dataset.table || "rows").replace(/[^a-z0-9]+/gi, "-").toLowerCase(); }

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
    field.id = "filter-" + nameOf(table);
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
    table.careFilter = { field: field, apply: filter };
    save.addEventListener("click", function () {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([exported(table)], { type: "text/csv" }));
      link.download = nameOf(table) + ".csv";
      link.click();
      window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
    });
    bar.append(label, field, save, count);
    (table.closest(".table-responsive") || table).before(bar);
    filter();
  }

  // On a phone a row is a card: each cell then says what its column is. The cell's own content stays one block.
  function labelled(table) {
    var names = Array.prototype.map.call(table.tHead ? table.tHead.rows[0].cells : [], function (head) { return head.textContent.trim(); });
    each("tbody tr", function (row) { labelledRow(row, names); }, table);
    table.careNames = names;
  }

  function labelledRow(row, names) {
    row.careSaid = said(row);
    Array.prototype.forEach.call(row.cells, function (cell, at) {
      if (cell.colSpan > 1 || !names[at]) { return; }
      cell.dataset.label = names[at];
      var content = document.createElement("div");
      content.append.apply(content, Array.prototype.slice.call(cell.childNodes));
      cell.appendChild(content);
    });
  }

  // What the server said of each cell, by which a later answer is compared.
  function said(row) { return Array.prototype.map.call(row.cells, function (cell) { return (cell.dataset.sort || "") + "|" + cell.innerHTML; }); }

  function dressTables(within) {
    each("table[data-table]", function (table) {
      if (table.dataset.dressed || !table.tBodies.length) { return; }
      table.dataset.dressed = "yes";
      labelled(table);
      sortable(table);
      tools(table);
    }, within);
  }

  // --- how long ago: counted on here, by the server's clock; red when it is longer than it should be -----------------
  var ahead = 0, STALE_S = 180;

  function ago(seconds) {
    var s = Math.max(0, Math.round(seconds));
    if (s < 120) { return s + " s ago"; }
    if (s < 7200) { return Math.round(s / 60) + " min ago"; }
    return s < 172800 ? Math.round(s / 3600) + " h ago" : Math.round(s / 86400) + " d ago";
  }

  function ages() {
    var now = Date.now() / 1000 + ahead;
    each("[data-fresh]", function (place) {  // figures are renewed every minute at least; older ones say so
      var old = now - Number(place.dataset.at || now), late = old > STALE_S;
      if (place.dataset.bad || !place.dataset.said) { return; }
      place.classList.toggle("care-red", late);
      place.textContent = place.dataset.said + (late ? ", " + ago(old) + ": the figures are old" : "");
    });
    each("[data-age]", function (place) {
      var old = now - Number(place.dataset.age), after = Number(place.dataset.after || 0), silent = after > 0 && old > after;
      var text = ago(old);
      if (place.textContent !== text) { place.textContent = text; }
      var around = place.closest("[data-aged]");
      if (around && around.classList.contains("care-silent") !== silent) {
        around.classList.toggle("care-silent", silent);
        if (silent) { announce((around.dataset.aged || "A system") + " is silent"); }
      }
    });
  }

  function announce(text) {
    var place = document.getElementById("care-said");
    if (place) { place.textContent = text; }
  }

  // --- parts of a page that are fetched again: one request a page, and what the reader chose stays -------------------
  var LEAST_MS = 2000, fetched = 0, waits = null;

  function choices(part) {
    var kept = { tables: {}, open: [], scroll: [], focus: null }, active = document.activeElement;
    each("table[data-table]", function (table) {
      var sorted = table.querySelector("th[aria-sort]");
      kept.tables[nameOf(table)] = {
        filter: table.careFilter ? table.careFilter.field.value : "",
        at: sorted ? sorted.cellIndex : -1, down: sorted ? sorted.getAttribute("aria-sort") === "descending" : false
      };
    }, part);
    each("details", function (one, at) { if (one.open) { kept.open.push(at); } }, part);
    each(".table-responsive, .care-scroll", function (one, at) { kept.scroll.push([at, one.scrollLeft, one.scrollTop]); }, part);
    if (part.contains(active)) {
      kept.focus = active.id ? "#" + CSS.escape(active.id) : active.getAttribute("href") ? 'a[href="' + CSS.escape(active.getAttribute("href")) + '"]' : null;
      kept.caret = active.tagName === "INPUT" ? [active.selectionStart, active.selectionEnd] : null;
    }
    return kept;
  }

  function restore(part, kept) {
    each("table[data-table]", function (table) {
      var was = kept.tables[nameOf(table)];
      if (!was) { return; }
      if (was.at >= 0) { sortBy(table, was.at, was.down); }
      if (was.filter && table.careFilter) { table.careFilter.field.value = was.filter; table.careFilter.apply(); }
    }, part);
    each("details", function (one, at) { one.open = one.open || kept.open.indexOf(at) >= 0; }, part);
    var places = part.querySelectorAll(".table-responsive, .care-scroll");
    kept.scroll.forEach(function (one) { var place = places[one[0]]; if (place) { place.scrollLeft = one[1]; place.scrollTop = one[2]; } });
    var focus = kept.focus ? part.querySelector(kept.focus) : null;
    if (focus) { focus.focus({ preventScroll: true }); if (kept.caret) { focus.setSelectionRange(kept.caret[0], kept.caret[1]); } }
  }

  // --- only what changed is put in: of two hundred rows most say what they said before --------------------------------
  // A row is the one with the same first link; of several the first is the first.
  function keysOf(rows) {
    var times = {};
    return Array.prototype.map.call(rows, function (row) {
      var link = row.querySelector("a[href]"), key = link ? link.getAttribute("href") : "";
      times[key] = (times[key] || 0) + 1;
      return key + " " + times[key];
    });
  }

  function patchedRow(row, fresh, names) {
    var news = said(fresh), changed = [];
    Array.prototype.slice.call(fresh.cells).forEach(function (cell, at) {
      var old = row.cells[at];
      if (news[at] === row.careSaid[at]) { return; }
      var place = old.dataset.label && old.firstElementChild ? old.firstElementChild : old;
      place.replaceChildren.apply(place, Array.prototype.slice.call(cell.childNodes));
      if (cell.dataset.sort !== undefined) { old.dataset.sort = cell.dataset.sort; }
      changed.push(at);
    });
    row.careSaid = news;
    return changed;
  }

  function patchedTable(table, fresh) {
    var body = table.tBodies[0], old = {}, changed = {}, order, sorted = table.querySelector("th[aria-sort]");
    var known = keysOf(body.rows), keys = keysOf(fresh.tBodies[0].rows);
    Array.prototype.forEach.call(body.rows, function (row, at) { old[known[at]] = row; });
    order = Array.prototype.slice.call(fresh.tBodies[0].rows).map(function (row, at) {
      var key = keys[at], there = old[key];
      delete old[key];
      if (there && there.cells.length === row.cells.length) {
        patchedRow(there, row, table.careNames).forEach(function (column) { changed[column] = true; });
        return there;
      }
      if (there) { there.remove(); }
      changed.rows = true;
      labelledRow(row, table.careNames);
      return row;
    });
    Object.keys(old).forEach(function (key) { old[key].remove(); changed.rows = true; });
    if (sorted && (changed.rows || changed[sorted.cellIndex])) {
      body.append.apply(body, order);
      sortBy(table, sorted.cellIndex, sorted.getAttribute("aria-sort") === "descending");
    } else if (!sorted) {
      order.forEach(function (row, at) { if (body.rows[at] !== row) { body.insertBefore(row, body.rows[at] || null); } });
    }
    if (table.careFilter && (changed.rows || table.careFilter.field.value)) { table.careFilter.apply(); }
  }

  function patched(part, text) {
    var now = part.children.length === 1 ? part.firstElementChild : null, tables = part.querySelectorAll("table[data-dressed]");
    if (!now || !now.id || part.dataset.select !== "#" + now.id || !tables.length) { return false; }
    var fresh = new DOMParser().parseFromString(text, "text/html").getElementById(now.id);
    if (!fresh || fresh.children.length !== now.children.length || fresh.querySelectorAll("table[data-table]").length !== tables.length) { return false; }
    var pairs = Array.prototype.map.call(now.children, function (one, at) { return [one, fresh.children[at], one.querySelectorAll("table[data-dressed]"), fresh.children[at].querySelectorAll("table[data-table]")]; });
    if (pairs.some(function (pair) { return pair[2].length !== pair[3].length; })) { return false; }
    pairs.forEach(function (pair) {
      if (pair[2].length) { Array.prototype.forEach.call(pair[2], function (table, at) { patchedTable(table, pair[3][at]); }); }
      else if (pair[0].innerHTML !== pair[1].innerHTML && !pair[0].contains(document.activeElement)) {
        if (pair[0].open) { pair[1].open = true; }
        pair[0].replaceWith(pair[1]);
      }
    });
    ages();
    return true;
  }

  function swap(part, text) {
    if (patched(part, text)) { return; }
    var kept = choices(part);
    window.htmx.swap(part, text, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 }, { select: part.dataset.select });
    dressTables(part);
    restore(part, kept);
    ages();
  }

  function writes(part) {
    var active = document.activeElement;
    return part.contains(active) && /TEXTAREA|SELECT/.test(active.tagName);
  }

  function renew() {
    var pages = {}, wait = fetched + LEAST_MS - Date.now();
    if (waits) { return; }
    if (wait > 0 || document.hidden) {
      waits = setTimeout(function () { waits = null; renew(); }, Math.max(wait, document.hidden ? LEAST_MS : 0));
      return;
    }
    fetched = Date.now();
    each("[data-renew]", function (part) { (pages[part.dataset.renew] = pages[part.dataset.renew] || []).push(part); });
    Object.keys(pages).forEach(function (page) {
      fetch(page + window.location.search, { credentials: "same-origin", redirect: "error" })
        .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.text(); })
        .then(function (text) { pages[page].forEach(function (part) { if (part.isConnected && !writes(part)) { swap(part, text); } }); document.dispatchEvent(new CustomEvent("care:renewed")); })
        .catch(function () { /* the stream says when the server is away */ });
    });
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
    if (!place) { return; }
    if (bad && place.textContent !== text) { announce(text); }
    place.textContent = text;
    place.classList.toggle("care-red", bad);
    place.dataset.bad = bad ? "yes" : "";
  }

  function live(body) {
    var seen = body.dataset.seen, mark = null, lost = 0;
    var about = document.querySelector("[data-about]"), source = new EventSource(body.dataset.live + (about ? "?about=" + encodeURIComponent(about.dataset.about) : ""));
    source.addEventListener("board", function (event) {
      var told = JSON.parse(event.data);
      lost = 0;
      ahead = told.now - Date.now() / 1000;
      var place = document.querySelector("[data-fresh]");
      if (place) { place.dataset.said = told.fresh; place.dataset.at = told.computed_at; }
      fresh(told.fresh, told.failed);
      if (mark === null) { mark = String(told.number) === seen ? told.mark : null; }
      if (String(told.number) !== seen) {
        seen = String(told.number);
        document.dispatchEvent(new CustomEvent("care:changed", { detail: told }));
        if (!told.mark || told.mark !== mark) { renew(); }
        mark = told.mark;
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
    ahead = Number(document.body.dataset.now || 0) ? Number(document.body.dataset.now) - Date.now() / 1000 : 0;
    ages();
    setInterval(ages, 1000);
    if (document.body.dataset.live) { live(document.body); }
  });
})();
