// Draws a system's monitors with uPlot: windows with their bands, limits, alarms, and markers of releases and rollbacks.
// The same numbers stand in the table below each chart; nothing is only drawn.
(function () {
  "use strict";

  var LINES = ["--care-line", "--care-line-2", "--care-line-3", "--care-line-4", "--care-line-5", "--care-line-6"];
  var DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 4]];
  var MOST_ROWS = 200;

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function faded(hex, share) {
    var number = parseInt(hex.slice(1), 16);
    return "rgba(" + (number >> 16) + "," + ((number >> 8) & 255) + "," + (number & 255) + "," + share + ")";
  }

  function made(name, className, text) {
    var element = document.createElement(name);
    if (className) { element.className = className; }
    if (text !== undefined) { element.textContent = text; }
    return element;
  }

  function fits(line, only) { return only === "" || line.group === only; }

  function written(part, value) {
    if (value === null || value === undefined) { return "-"; }
    if (part.unit === "share") { return (100 * value).toFixed(1) + " %"; }
    var size = Math.abs(value);
    return (size >= 1000 ? Math.round(value).toLocaleString("en") : size >= 1 ? value.toFixed(2) : value.toPrecision(3)) +
      (part.unit ? " " + part.unit : "");
  }

  // --- what uPlot wants ----------------------------------------------------------------------------------------------
  function dataOf(part, only) {
    var data = [part.x];
    part.lines.forEach(function (line) { if (fits(line, only)) { data.push(line.value, line.low, line.high); } });
    part.limits.forEach(function (limit) { if (fits(limit, only)) { data.push(limit.values); } });
    return data;
  }

  function seriesOf(part, only) {
    var share = Number(colour("--care-band")), series = [{ label: "window (UTC)" }], bands = [];
    function value(_, one) { return written(part, one); }
    var edge = { class: "care-edge", stroke: "transparent", width: 0, points: { show: false }, value: value };
    part.lines.forEach(function (line, place) {
      if (!fits(line, only)) { return; }
      var ink = colour(LINES[place % LINES.length]), at = series.length;
      series.push({ label: line.group || part.title, stroke: ink, width: 2, dash: DASHES[place % DASHES.length], points: { size: 5 }, value: value });
      series.push(Object.assign({ label: "from" }, edge), Object.assign({ label: "to" }, edge));
      bands.push({ series: [at + 2, at + 1], fill: faded(ink, share) });
    });
    part.limits.forEach(function (limit) {
      if (!fits(limit, only)) { return; }
      series.push({ label: (limit.side === "high" ? "most" : "least") + (limit.group ? " of " + limit.group : ""), stroke: colour("--care-red"),
        width: 1.5, dash: [4, 4], points: { show: false }, value: value });
    });
    return { series: series, bands: bands };
  }

  function markers(told, alarms) {
    return function (plot) {
      var pen = plot.ctx, box = plot.bbox, ratio = window.devicePixelRatio || 1, last = -1e9, row = 0;
      pen.save();
      pen.font = 11 * ratio + "px system-ui, sans-serif";
      pen.textBaseline = "top";
      pen.textAlign = "left";
      told.markers.forEach(function (marker) {
        var x = Math.round(plot.valToPos(marker.at, "x", true));
        if (x < box.left || x > box.left + box.width) { return; }
        pen.strokeStyle = pen.fillStyle = colour(marker.kind === "deploy" ? "--care-blue" : "--care-red");
        pen.lineWidth = 1.5 * ratio;
        pen.setLineDash(marker.kind === "deploy" ? [] : [5 * ratio, 3 * ratio]);
        pen.beginPath(); pen.moveTo(x, box.top); pen.lineTo(x, box.top + box.height); pen.stroke();
        var word = (marker.kind === "rollback" ? "rollback to " : "") + marker.label, wide = pen.measureText(word).width;
        row = x - last < wide + 8 * ratio ? (row + 1) % 4 : 0;
        last = x;
        pen.fillText(word, Math.min(x + 4 * ratio, box.left + box.width - wide), box.top + row * 13 * ratio);
      });
      pen.setLineDash([]);
      alarms.forEach(function (alarm) {
        var x = plot.valToPos(alarm.at, "x", true), y = box.top + box.height;
        if (x < box.left || x > box.left + box.width) { return; }
        pen.fillStyle = colour("--care-red");
        pen.beginPath(); pen.moveTo(x, y - 11 * ratio); pen.lineTo(x - 6 * ratio, y); pen.lineTo(x + 6 * ratio, y); pen.closePath(); pen.fill();
      });
      pen.restore();
    };
  }

  function ranged(part, low, high) {
    if (low === null || high === null || low === undefined) { return [0, 1]; }
    var room = (high - low || Math.abs(high) || 1) * 0.14;
    return [low - room, high + room];
  }

  function spanned(told, seconds, low, high) {
    if (low === null || low === undefined) { return [0, 1]; }
    var last = told.markers.reduce(function (most, one) { return Math.max(most, one.at); }, high);
    return [low, Math.max(high + seconds * 0.5, Math.min(last, high + 3 * seconds) + seconds * 0.1)];
  }

  function optionsOf(part, told, chart, place, only) {
    var alarms = chart.alarms, seconds = chart.seconds;
    var parts = seriesOf(part, only), grid = colour("--care-grid");
    var axis = { stroke: colour("--care-secondary"), grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "11px system-ui, sans-serif" };
    return {
      width: Math.max(240, place.clientWidth), height: 230, series: parts.series, bands: parts.bands,
      tzDate: function (at) { return uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"); },
      cursor: { sync: { key: "care" } }, legend: { live: true },
      scales: { x: { time: true, range: function (_, low, high) { return spanned(told, seconds, low, high); } }, y: { range: function (_, low, high) { return ranged(part, low, high); } } },
      axes: [axis, Object.assign({ size: 66, values: function (_, at) { return at.map(function (one) { return written(part, one); }); } }, axis)],
      hooks: { draw: [markers(told, alarms)] }
    };
  }

  // --- the table below -----------------------------------------------------------------------------------------------
  function filled(body, part) {
    var rows = document.createDocumentFragment();
    for (var at = part.x.length - 1; at >= 0 && rows.childNodes.length < MOST_ROWS; at -= 1) {
      part.lines.forEach(function (line) {
        if (!line.n[at]) { return; }
        var row = made("tr"), band = line.low[at] === null ? "-" : written(part, line.low[at]) + " to " + written(part, line.high[at]);
        [new Date(part.x[at] * 1000).toISOString().slice(0, 16).replace("T", " "), line.group || "all", written(part, line.value[at]), band,
          line.n[at].toLocaleString("en") + (line.enough[at] ? "" : " (too few)")].forEach(function (text) { row.appendChild(made("td", "", text)); });
        rows.appendChild(row);
      });
    }
    body.replaceChildren(rows);
  }

  function tableOf(title) {
    var details = made("details"), table = made("table", "table table-sm"), head = made("tr"), top = made("thead"), body = made("tbody");
    details.appendChild(made("summary", "", "Numbers of " + title));
    ["Window (UTC)", "Group", "Value", "95 % interval", "n"].forEach(function (word) {
      var cell = made("th", "", word);
      cell.scope = "col";
      head.appendChild(cell);
    });
    top.appendChild(head); table.append(top, body);
    var scroll = made("div", "table-responsive care-numbers");
    scroll.tabIndex = 0; scroll.setAttribute("role", "region"); scroll.setAttribute("aria-label", "Numbers of " + title);
    scroll.appendChild(table); details.appendChild(scroll);
    return { details: details, body: body };
  }

  // --- one panel of charts -------------------------------------------------------------------------------------------
  function Panel(place) {
    this.place = place; this.drawn = {}; this.told = null; this.busy = false; this.again = false;
    var self = this, choice = document.querySelector("[data-group-choice]"), wait = null;
    this.only = function () { return choice ? choice.value : ""; };
    if (choice) { choice.addEventListener("change", function () { self.draw(true); }); }
    document.addEventListener("care:changed", function () { self.load(); });
    document.addEventListener("care:theme", function () { self.draw(true); });
    window.addEventListener("resize", function () { clearTimeout(wait); wait = setTimeout(function () { self.draw(true); }, 150); });
    this.load();
  }

  Panel.prototype.load = function () {
    var self = this;
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    fetch(this.place.dataset.charts, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.json(); })
      .then(function (told) { self.told = told; self.draw(false); })
      .catch(function () { self.place.dataset.state = "unread"; })
      .finally(function () { self.busy = false; if (self.again) { self.again = false; self.load(); } });
  };

  Panel.prototype.draw = function (anew) {
    var self = this, told = this.told;
    if (!told) { return; }
    told.charts.forEach(function (chart) {
      var card = self.place.querySelector('[data-chart="' + chart.monitor + '"]');
      if (!card) { return; }
      var note = [chart.not_charted, chart.not_watched ? "Not watched: " + chart.not_watched : null].filter(Boolean).join(". ");
      card.querySelector("[data-chart-note]").textContent = note || chart.windows + " windows; a window of fewer than " + chart.minimum_n + " rows decides nothing.";
      chart.parts.forEach(function (part) { self.part(card, chart, part, anew); });
      card.dataset.rows = String(chart.parts.reduce(function (all, part) {
        return Math.max(all, part.lines.reduce(function (sum, line) { return sum + line.n.reduce(function (a, b) { return a + b; }, 0); }, 0));
      }, 0));
      card.dataset.alarms = String(chart.alarms.length);
    });
    this.place.dataset.markers = told.markers.map(function (one) { return one.kind; }).join(" ");
    this.place.dataset.watermark = String(told.watermark);
    this.place.dataset.state = "drawn";
  };

  Panel.prototype.part = function (card, chart, part, anew) {
    if (!part.x.length) { return; }
    var id = chart.monitor + "/" + part.role, before = this.drawn[id];
    if (!before) {
      var title = chart.monitor + ", " + part.title, figure = made("figure", "care-figure"), numbers = tableOf(title);
      before = this.drawn[id] = { place: made("div", "care-chart"), body: numbers.body, plot: null, shape: "" };
      before.place.setAttribute("role", "img");
      before.place.setAttribute("aria-label", "Chart of " + title + "; the numbers stand below");
      figure.append(made("figcaption", "", part.title), before.place, numbers.details);
      card.querySelector("[data-parts]").appendChild(figure);
    }
    var only = part.lines.some(function (line) { return line.group === this.only(); }, this) ? this.only() : "";
    var shape = JSON.stringify([only, this.told.markers, chart.alarms.length, part.lines.length, part.limits.length]);
    if (before.plot && !anew && before.shape === shape) {
      before.plot.setData(dataOf(part, only));
    } else {
      if (before.plot) { before.plot.destroy(); }
      before.shape = shape;
      before.plot = new uPlot(optionsOf(part, this.told, chart, before.place, only), dataOf(part, only), before.place);
    }
    filled(before.body, part);
  };

  document.addEventListener("DOMContentLoaded", function () {
    Array.prototype.forEach.call(document.querySelectorAll("[data-charts]"), function (place) { return new Panel(place); });
  });
})();
