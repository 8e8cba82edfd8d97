// Draws a system's monitors with uPlot: windows with their bands, what the detector accepts, alarms, and markers of
// releases and rollbacks. The same numbers stand in the table below each chart; nothing is only drawn.
// Group and stretch of time that the reader chose stand in the address, and stay while numbers stream in.
(function () {
  "use strict";

  var LINES = ["--care-line", "--care-line-2", "--care-line-3", "--care-line-4", "--care-line-5", "--care-line-6"];
  var DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 4]];
  var MOST_ROWS = 200, DAY = 86400;

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

  function plain(value) {
    var size = Math.abs(value);
    if (size >= 1000) { return Math.round(value).toLocaleString("en"); }
    return size >= 100 || value === 0 ? String(Math.round(value)) : size >= 1 ? value.toFixed(size >= 10 ? 1 : 2) : value.toPrecision(2);
  }

  function written(part, value) {
    if (value === null || value === undefined) { return "-"; }
    if (part.unit === "share") { return (100 * value).toFixed(1) + " %"; }
    return plain(value) + (part.unit ? " " + part.unit : "");
  }

  var MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

  function dayOf(date) { return date.getUTCDate() + " " + MONTHS[date.getUTCMonth()]; }

  // A day is never "10/11": the month is a word, the hours stand below the day on which they begin.
  function days(_, splits, __, ___, step) {
    var before = "";
    return splits.map(function (at) {
      var date = new Date(at * 1000), day = dayOf(date), time = date.toISOString().slice(11, step < 60 ? 19 : 16), said;
      said = step >= DAY ? day : time + (day === before ? "" : "\n" + day);
      if (step >= DAY && date.getUTCFullYear() !== Number(before.slice(-4))) { said += "\n" + date.getUTCFullYear(); }
      before = step >= DAY ? String(date.getUTCFullYear()) : day;
      return said;
    });
  }

  function moment(at, seconds) { return dayOf(new Date(at * 1000)) + (seconds % DAY ? " " + when(at).slice(11) + " UTC" : ""); }

  // Text in which what stands between backticks is a name or a command.
  function inline(place, text) {
    place.replaceChildren.apply(place, text.split("`").map(function (part, at) { return at % 2 ? made("code", "", part) : document.createTextNode(part); }));
  }

  function when(at) { return new Date(at * 1000).toISOString().slice(0, 16).replace("T", " "); }

  // Limits of many groups at once would hide the lines; they show when one group is chosen, or there are few.
  function limitsOf(part, only) {
    var few = part.lines.length <= 2;
    return part.limits.filter(function (limit) { return only === "" ? few : limit.group === only; });
  }

  var AXES = { rate: "rate", gap: "gap", impact_ratio: "ratio", drift: "PSI", quantile: "ms", calibration: "error" };

  function axisName(part) { return AXES[part.role] || part.unit || part.title; }

  // --- what uPlot wants ----------------------------------------------------------------------------------------------
  function dataOf(part, only) {
    var data = [part.x];
    part.lines.forEach(function (line) { if (fits(line, only)) { data.push(line.value, line.low, line.high); } });
    limitsOf(part, only).forEach(function (limit) { data.push(limit.values); });
    return data;
  }

  function seriesOf(part, only) {
    var share = Number(colour("--care-band")), series = [{ label: "window", value: function (_, at) { return at === null || at === undefined ? "-" : when(at) + " UTC"; } }], bands = [], sides = {};
    var edge = { class: "care-edge", stroke: "transparent", width: 0, points: { show: false } };
    part.lines.forEach(function (line, place) {
      if (!fits(line, only)) { return; }
      var ink = colour(LINES[place % LINES.length]), at = series.length;
      series.push({ label: line.group || part.title, stroke: ink, width: 2, dash: DASHES[place % DASHES.length], points: { size: 5 }, value: readout(part, line) });
      series.push(Object.assign({ label: "from" }, edge), Object.assign({ label: "to" }, edge));
      bands.push({ series: [at + 2, at + 1], fill: faded(ink, share) });
    });
    limitsOf(part, only).forEach(function (limit) {
      var key = limit.group || "";
      sides[key] = Object.assign(sides[key] || {}, {});
      sides[key][limit.side] = series.length;
      series.push(Object.assign({}, edge, { stroke: colour("--care-red"), width: 1.5, dash: [4, 4] }));
    });
    Object.keys(sides).forEach(function (key) {  // between the two is what the detector accepts
      if (sides[key].low && sides[key].high) { bands.push({ series: [sides[key].high, sides[key].low], fill: faded(colour("--care-accepted"), 0.1) }); }
    });
    return { series: series, bands: bands };
  }

  // What the legend says of the window under the pointer: no value without its interval and its rows.
  function readout(part, line) {
    return function (_, value, __, at) {
      if (at === null || at === undefined || !line.n[at]) { return "-"; }
      return written(part, value) + (line.low[at] === null ? "" : " (" + band(part, line, at) + ")") + ", n " + line.n[at].toLocaleString("en");
    };
  }

  function seen(box, x) { return x >= box.left && x <= box.left + box.width; }

  // All lines first, then their words on paper, so that no line runs through a word.
  function drawMarkers(plot, told) {
    var pen = plot.ctx, box = plot.bbox, ratio = window.devicePixelRatio || 1, ends = [], high = 13 * ratio;
    var shown = told.markers.map(function (marker) { return { marker: marker, x: Math.round(plot.valToPos(marker.at, "x", true)) }; }).filter(function (one) { return seen(box, one.x); });
    function ink(marker) { return colour(marker.kind === "deploy" ? "--care-blue" : "--care-red"); }
    shown.forEach(function (one) {
      var marker = one.marker, x = one.x;
      pen.strokeStyle = ink(marker);
      pen.lineWidth = 1.5 * ratio;
      pen.setLineDash(marker.kind === "deploy" ? [] : [5 * ratio, 3 * ratio]);
      pen.beginPath(); pen.moveTo(x, box.top); pen.lineTo(x, box.top + box.height); pen.stroke();
      pen.setLineDash([]);
    });
    shown.forEach(function (one) {
      var marker = one.marker, x = one.x, word = (marker.kind === "rollback" ? "rollback to " : "") + marker.label, wide = pen.measureText(word).width;
      var left = Math.min(x + 4 * ratio, box.left + box.width - wide), row = 0;
      while (ends[row] !== undefined && left < ends[row] + 6 * ratio) { row += 1; }
      ends[row] = left + wide;
      pen.fillStyle = colour("--care-paper");
      pen.fillRect(left - 2 * ratio, box.top + row * high, wide + 4 * ratio, high);
      pen.fillStyle = ink(marker);
      pen.fillText(word, left, box.top + row * high + ratio);
    });
  }

  function drawAlarms(plot, chart, only) {
    var pen = plot.ctx, box = plot.bbox, ratio = window.devicePixelRatio || 1, foot = box.top + box.height;
    chart.alarms.forEach(function (alarm) {
      if (only !== "" && alarm.group && alarm.group !== only) { return; }
      var x = plot.valToPos(alarm.at, "x", true), first = Math.max(box.left, plot.valToPos(alarm.since, "x", true));
      var last = Math.min(box.left + box.width, plot.valToPos(alarm.at + chart.seconds, "x", true));
      if (last <= first) { return; }
      pen.fillStyle = faded(colour("--care-red"), 0.08);
      pen.fillRect(first, box.top, last - first, box.height);
      if (!seen(box, x)) { return; }
      pen.fillStyle = colour("--care-red");
      pen.beginPath(); pen.moveTo(x, foot - 11 * ratio); pen.lineTo(x - 6 * ratio, foot); pen.lineTo(x + 6 * ratio, foot); pen.closePath(); pen.fill();
    });
  }

  // Windows in a known event: nobody judges them, and nothing is learnt from them.
  function drawEvents(plot, chart) {
    var pen = plot.ctx, box = plot.bbox, ratio = window.devicePixelRatio || 1;
    (chart.events || []).forEach(function (event) {
      var first = Math.max(box.left, plot.valToPos(event.since - chart.seconds / 2, "x", true));
      var last = Math.min(box.left + box.width, plot.valToPos(event.until - chart.seconds / 2, "x", true));
      if (last <= first) { return; }
      pen.fillStyle = faded(colour("--care-accepted"), event.judged ? 0.06 : 0.16);
      pen.fillRect(first, box.top, last - first, box.height);
      pen.fillStyle = colour("--care-secondary");
      pen.fillText(eventWord(event), Math.min(first + 3 * ratio, box.left + box.width - pen.measureText(eventWord(event)).width), box.top + box.height - 26 * ratio);
    });
  }

  function eventWord(event) { return event.event + (event.judged ? " (judged)" : " (not judged)"); }

  function eventAt(chart, at) {
    return (chart.events || []).filter(function (one) { return one.since <= at && at < one.until; }).map(eventWord).join(", ");
  }

  function drawn(told, chart, only) {
    return function (plot) {
      var pen = plot.ctx, ratio = window.devicePixelRatio || 1;
      pen.save();
      pen.font = 11 * ratio + "px system-ui, sans-serif";
      pen.textBaseline = "top";
      pen.textAlign = "left";
      drawEvents(plot, chart);
      drawAlarms(plot, chart, only);
      drawMarkers(plot, told);
      pen.restore();
      var shown = plot.root.parentNode.dataset;
      shown.from = String(Math.round(plot.scales.x.min)); shown.to = String(Math.round(plot.scales.x.max));
    };
  }

  function ranged(low, high) {
    if (low === null || high === null || low === undefined) { return [0, 1]; }
    var room = (high - low || Math.abs(high) || 1) * 0.14;
    return [low - room, high + room];
  }

  function whole(told, seconds, low, high) {
    if (low === null || low === undefined) { return [0, 1]; }
    var last = told.markers.reduce(function (most, one) { return Math.max(most, one.at); }, high);
    return [low, Math.max(high + seconds * 0.5, Math.min(last, high + 3 * seconds) + seconds * 0.1)];
  }

  function ticks(part) {
    return function (_, at, __, ___, step) {
      return at.map(function (one) { return part.unit !== "share" ? plain(one) : (100 * one).toFixed(step < 0.0095 ? 1 : 0) + " %"; });
    };
  }

  // The legend shows how a line is dashed, not its colour alone.
  function legend() {
    return { live: true, markers: { width: 2, dash: function (plot, at) {
      var dash = plot.series[at].dash || [];
      return dash.length === 0 ? "solid" : dash[0] <= 3 ? "dotted" : dash.length > 2 ? "double" : "dashed";
    } } };
  }

  function axisOf() {
    var grid = colour("--care-grid"), font = "11px system-ui, sans-serif";
    return { stroke: colour("--care-secondary"), grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: font, labelFont: font, labelSize: 18, labelGap: 2 };
  }

  function room(_, values) {
    return 16 + 6.4 * (values || []).reduce(function (most, one) { return Math.max(most, String(one).length); }, 3);
  }

  function optionsOf(part, chart, place, only, panel) {
    var parts = seriesOf(part, only), told = panel.told;
    var axis = axisOf();
    function moves(type) { return type === "mousemove" || type === "mouseleave"; }
    return {
      width: Math.max(240, place.clientWidth), height: 250, series: parts.series, bands: parts.bands,
      tzDate: function (at) { return uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"); },
      cursor: {
        sync: { key: "care", filters: { pub: moves, sub: moves } }, drag: { x: true, y: false, setScale: false },
        bind: { dblclick: function () { return function () { panel.zoom(null); return null; }; } }
      },
      legend: legend(),
      scales: {
        x: { time: true, range: function (_, low, high) { return panel.span(low, high) || chart.axis || whole(told, chart.seconds, low, high); } },
        y: { range: function (_, low, high) { return ranged(low, high); } }
      },
      axes: [Object.assign({ label: "start of the window (UTC)", values: days, space: 60 }, axis), Object.assign({ size: room, values: ticks(part), label: axisName(part) }, axis)],
      hooks: {
        draw: [drawn(told, chart, only)],
        setSelect: [function (plot) {
          var box = plot.select;
          if (box.width > 4) { panel.zoom([plot.posToVal(box.left, "x"), plot.posToVal(box.left + box.width, "x")]); }
        }]
      }
    };
  }

  // --- the numbers: in a table, and one window at a time by key ------------------------------------------------------
  function band(part, line, at) { return line.low[at] === null ? "-" : written(part, line.low[at]) + " to " + written(part, line.high[at]); }

  // Of a view others hold the rows; what is told is how many of its samples a point rests on.
  function counted(part, line, at) {
    return line.n[at].toLocaleString("en") + (part.view ? " samples" : "") + labelledOf(line, at) + (line.enough[at] ? "" : part.view ? " (no number)" : " (too few)");
  }

  // Where labels decide, n of these answers have one.
  function labelledOf(line, at) {
    return line.answers && line.answers[at] ? " labelled of " + line.answers[at].toLocaleString("en") + " (" + Math.round(100 * line.n[at] / line.answers[at]) + " %)" : "";
  }

  function filled(body, part, only) {
    var rows = document.createDocumentFragment();
    for (var at = part.x.length - 1; at >= 0 && rows.childNodes.length < MOST_ROWS; at -= 1) {
      part.lines.forEach(function (line) {
        if (!line.n[at] || !fits(line, only)) { return; }
        var row = made("tr"), limits = part.limits.filter(function (one) { return one.group === line.group && one.values[at] !== null; });
        var accepted = limits.map(function (one) { return (one.side === "low" ? "at least " : "at most ") + written(part, one.values[at]); }).join(", ");
        [when(part.x[at]), line.group || "all", written(part, line.value[at]), band(part, line, at), accepted || "-",
          counted(part, line, at)].forEach(function (text) { row.appendChild(made("td", "", text)); });
        rows.appendChild(row);
      });
    }
    body.replaceChildren(rows);
  }

  function tableOf(title, columns) {
    var details = made("details"), table = made("table", "table table-sm"), head = made("tr"), top = made("thead"), body = made("tbody");
    details.appendChild(made("summary", "", "Numbers of " + title));
    columns.forEach(function (word) {
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

  function spoken(chart, part, only, at) {
    var said = part.lines.filter(function (line) { return fits(line, only) && line.n[at]; }).map(function (line) {
      return (line.group || part.title) + " " + written(part, line.value[at]) + ", " + band(part, line, at) + ", n " + line.n[at] + labelledOf(line, at);
    });
    var alarm = chart.alarms.some(function (one) { return one.since <= part.x[at] && part.x[at] <= one.at; });
    return when(part.x[at]) + " UTC: " + (said.join("; ") || "no rows") + (alarm ? "; within an alarm" : "") + (eventAt(chart, part.x[at]) ? "; in " + eventAt(chart, part.x[at]) : "");
  }

  function walk(place, state) {
    function show(at) {
      var part = state.part;
      state.at = Math.max(0, Math.min(part.x.length - 1, at));
      place.setAttribute("aria-valuemax", String(part.x.length - 1));
      place.setAttribute("aria-valuenow", String(state.at));
      place.setAttribute("aria-valuetext", state.how.spoken(state.chart, part, state.only, state.at));
      if (state.plot) { state.plot.setCursor({ left: state.plot.valToPos(part.x[state.at], "x"), top: 40 }); }
    }
    place.addEventListener("keydown", function (event) {
      var to = { ArrowLeft: state.at - 1, ArrowRight: state.at + 1, ArrowDown: state.at - 1, ArrowUp: state.at + 1, PageDown: state.at - 10, PageUp: state.at + 10, Home: 0, End: 1e9 }[event.key];
      if (to !== undefined) { event.preventDefault(); show(to); }
    });
    place.addEventListener("blur", function () { if (state.plot) { state.plot.setCursor({ left: -10, top: -10 }); } });
    state.show = show;
  }

  // How a part is shown; the reliability diagram has ways of its own, under the same names.
  var overTime = {
    columns: ["Window (UTC)", "Group", "Value", "95 % interval", "Accepted", "n"], title: function (part, chart) {
      return part.title + (chart.by && part.role !== "gap" && part.role !== "impact_ratio" ? " by " + chart.by.replace(/_/g, " ") : "") + (part.unit && part.unit !== "share" ? ", in " + part.unit : "");
    },
    data: dataOf, options: optionsOf, filled: filled, spoken: spoken,
    shape: function (part, only) { return [part.lines.length, limitsOf(part, only).length]; },
    newest: function (part) { return when(part.x[part.x.length - 1]) + " UTC, the newest of " + part.x.length + " windows"; },
    note: function () { return ""; }, steps: "window to window"
  };

  window.careCharts = {
    colour: colour, faded: faded, made: made, written: written, when: when, fits: fits, band: band, axisOf: axisOf, readout: readout, legend: legend, inline: inline, moment: moment, tableOf: tableOf, walk: walk, overTime: overTime,
    LINES: LINES, DASHES: DASHES, DAY: DAY
  };
})();
