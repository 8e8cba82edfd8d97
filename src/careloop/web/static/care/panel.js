// One panel of charts: fetches a system's numbers, draws what is on the screen, and keeps what the reader chose.
(function () {
  "use strict";

  var care = window.careCharts, made = care.made;
  var AGAIN_S = 10;
  var SPANS = { day: care.DAY, week: 7 * care.DAY, month: 30 * care.DAY };

  function Panel(place) {
    var self = this, wait = null;
    this.place = place; this.parts = {}; this.told = null; this.busy = false; this.again = false; this.chosen = null; this.mark = null;
    this.group = document.querySelector("[data-group-choice]");
    this.time = document.querySelector("[data-span-choice]");
    this.fromAddress();
    [this.group, this.time].forEach(function (choice) {
      if (choice) { choice.addEventListener("change", function () { self.chosen = null; self.toAddress(); self.draw(true); }); }
    });
    document.addEventListener("care:changed", function (event) {
      if (event.detail.mark && event.detail.mark === self.mark) { return; }
      self.mark = event.detail.mark || null;
      self.load();
    });
    document.addEventListener("care:theme", function () { self.draw(true); });
    window.addEventListener("resize", function () { clearTimeout(wait); wait = setTimeout(function () { self.draw(true); }, 150); });
    this.near = new IntersectionObserver(function (found) {
      found.forEach(function (one) {
        var state = self.parts[one.target.dataset.part];
        state.near = one.isIntersecting;
        if (state.near && state.stale) { self.plot(state); }
      });
    }, { rootMargin: "300px" });
    this.load();
  }

  Panel.prototype.only = function () { return this.group ? this.group.value : ""; };

  // --- what the reader chose stands in the address ---------------------------------------------------------------------
  Panel.prototype.fromAddress = function () {
    var asked = new URLSearchParams(window.location.search);
    [[this.group, "group"], [this.time, "time"]].forEach(function (one) {
      var wanted = asked.get(one[1]);
      if (one[0] && wanted && Array.prototype.some.call(one[0].options, function (option) { return option.value === wanted; })) { one[0].value = wanted; }
    });
    var from = Number(asked.get("from")), to = Number(asked.get("to"));
    if (from && to > from) { this.chosen = [from, to]; }
  };

  Panel.prototype.toAddress = function () {
    var kept = new URLSearchParams();
    if (this.only()) { kept.set("group", this.only()); }
    if (this.chosen) { kept.set("from", Math.round(this.chosen[0])); kept.set("to", Math.round(this.chosen[1])); }
    else if (this.time && this.time.value) { kept.set("time", this.time.value); }
    var words = kept.toString();
    window.history.replaceState(null, "", window.location.pathname + (words ? "?" + words : ""));
  };

  Panel.prototype.zoom = function (span) {
    this.chosen = span;
    if (!span && this.time) { this.time.value = ""; }
    this.toAddress();
    this.draw(true);
  };

  // The stretch that all charts show, where the reader chose one; else each shows all it has.
  Panel.prototype.span = function (low, high) {
    if (this.chosen) { return this.chosen; }
    var seconds = SPANS[this.time ? this.time.value : ""];
    if (!seconds || low === null || low === undefined) { return null; }
    var end = this.told.charts.reduce(function (most, chart) {
      return chart.parts.reduce(function (m, part) { return part.x.length ? Math.max(m, part.x[part.x.length - 1] + chart.seconds) : m; }, most);
    }, high);
    return [end - seconds, end];
  };

  // --- fetch and draw --------------------------------------------------------------------------------------------------
  Panel.prototype.load = function () {
    var self = this;
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    fetch(this.place.dataset.charts, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.json(); })
      .then(function (told) { self.told = told; self.say(""); return self.draw(false); })
      .catch(function (why) {
        self.place.dataset.state = "unread";
        self.say("The numbers of the charts could not be read (" + why.message + ")" + (self.told ? "; what is shown is older" : "") + ". They are asked for again every " + AGAIN_S + " seconds.");
        setTimeout(function () { self.load(); }, 1000 * AGAIN_S);
      })
      .finally(function () { self.busy = false; if (self.again) { self.again = false; self.load(); } });
  };

  Panel.prototype.say = function (text) {
    if (!this.said && text) {
      this.said = made("p", "care-red");
      this.said.setAttribute("role", "status");
      this.place.before(this.said);
    }
    if (this.said) { this.said.textContent = text; this.said.hidden = !text; }
  };

  // A chart a turn, so that keys and scrolling are never kept waiting for all of them.
  Panel.prototype.draw = async function (anew) {
    var told = this.told;
    if (!told) { return; }
    for (var chart of told.charts) {
      var card = this.place.querySelector('[data-chart="' + chart.monitor + '"]');
      if (!card) { continue; }
      this.note(card, chart);
      for (var part of chart.parts.concat(chart.reliability || [])) { this.part(card, chart, part, anew); }
      this.standing(chart);
      await new Promise(function (go) { setTimeout(go, 0); });
      if (told !== this.told) { return; }
    }
    this.rest();
    this.place.dataset.markers = told.markers.map(function (one) { return one.kind; }).join(" ");
    this.place.dataset.watermark = String(told.watermark);
    this.place.dataset.state = "drawn";
  };

  // What is off the screen is drawn once when nothing else is to do, for printing and fast scrolling; then when it comes near.
  Panel.prototype.rest = function () {
    var self = this, idle = window.requestIdleCallback || function (act) { setTimeout(act, 200); };
    idle(function () {
      var state = Object.values(self.parts).find(function (one) { return !one.plot; });
      if (state) { self.plot(state); self.rest(); }
    });
  };

  Panel.prototype.note = function (card, chart) {
    var note = [chart.not_charted, chart.not_watched ? "Not watched: " + chart.not_watched : null].filter(Boolean).join(". ");
    var some = chart.parts.some(function (part) { return part.lines.length > 2 && part.limits.length; });
    var bare = chart.windows && chart.by && !chart.parts.some(function (part) { return part.x.length; });
    if (bare) { note = [note, "No row says its " + chart.by.replace(/_/g, " ") + ", so there is nothing to draw: is the field sent, and does events.protected_basis let it be kept?"].filter(Boolean).join(". "); }
    var told = chart.windows.toLocaleString("en") + " windows; one of fewer than " + chart.minimum_n + " rows decides nothing" + (some ? "; choose a group to see what the detector accepts of it" : "") +
      (chart.reliability ? "; a row counts in the window in which its label came; few rows raise the error by chance, so it is too large where the whole band lies above the dashes" : "") + ".";
    care.inline(card.querySelector("[data-chart-note]"), chart.told || [note, chart.windows ? told : chart.not_charted ? "" : "No rows yet: they come with the system's events (care ingest, the SDK, or POST /api/v1/events)."].filter(Boolean).join(". "));
    card.dataset.rows = String(chart.parts.reduce(function (all, part) {
      return Math.max(all, part.lines.reduce(function (sum, line) {
        return sum + line.n.reduce(function (a, b) { return a + b; }, 0) + line.also.reduce(function (a, b) { return a + b.n; }, 0);
      }, 0));
    }, 0));
    card.dataset.alarms = String(chart.alarms.length);
    var list = card.querySelector("[data-alarm-list]");
    if (!list) { list = made("ul", "care-alarms"); list.dataset.alarmList = ""; list.setAttribute("aria-label", "Alarms of " + chart.monitor); card.querySelector("[data-parts]").before(list); }
    list.hidden = !chart.alarms.length;
    list.replaceChildren.apply(list, chart.alarms.slice(-3).reverse().map(function (alarm) {
      var item = made("li"), link = made("a", "", "Alarm of " + care.when(alarm.at) + " UTC");
      link.href = "/incidents/" + alarm.id + "/";
      item.append(link, ": " + (alarm.group || "all rows") + " moved " + alarm.moved + (alarm.plan ? ", answered by " + alarm.plan.replace(/_/g, " ") : ""));
      return item;
    }));
  };

  function last(line) {
    for (var at = line.value.length - 1; at >= 0; at -= 1) { if (line.value[at] !== null && line.enough[at]) { return at; } }
    return -1;
  }

  // What stands in the row of families: the newest value of what is watched, and whether it is accepted.
  Panel.prototype.standing = function (chart) {
    var cell = document.querySelector('[data-standing="' + chart.monitor + '"]'), part = chart.parts[0];
    if (!cell) { return; }
    if (chart.told) { cell.textContent = chart.now; cell.classList.toggle("care-red", chart.stale); return; }
    var only = this.only(), worst = null;
    (part ? part.lines : []).forEach(function (line) {
      var at = last(line);
      if (at < 0 || !care.fits(line, part.lines.some(function (one) { return one.group === only; }) ? only : "")) { return; }
      var over = part.limits.reduce(function (most, limit) {
        if (limit.group !== line.group || limit.values[at] === null) { return most; }
        return Math.max(most, limit.side === "low" ? limit.values[at] - line.value[at] : line.value[at] - limit.values[at]);
      }, -Infinity);
      if (!worst || over > worst.over) { worst = { over: over, line: line, at: at, sure: beyond(part, line, at) }; }
    });
    cell.classList.toggle("care-red", Boolean(worst && worst.sure));
    cell.replaceChildren(!worst ? (chart.not_charted ? "not measured" : chart.windows ? "too few rows" : "no rows yet") :
      (worst.line.group ? worst.line.group.replace(/_/g, " ") + " " : "") + care.written(part, worst.line.value[worst.at]) +
      (worst.sure ? ", outside" : worst.over > 0 ? ", outside, perhaps by chance" : worst.over > -Infinity ? ", accepted" : ""));
    if (worst) { cell.appendChild(made("small", "", "n " + worst.line.n[worst.at].toLocaleString("en") + ", window of " + care.moment(part.x[worst.at], chart.seconds))); }
  };

  // Whether the whole interval of a window lies outside of what is accepted; without an interval, its value.
  function beyond(part, line, at) {
    return part.limits.some(function (limit) {
      if (limit.group !== line.group || limit.values[at] === null) { return false; }
      var low = line.low[at] === null ? line.value[at] : line.low[at], high = line.high[at] === null ? line.value[at] : line.high[at];
      return limit.side === "low" ? high < limit.values[at] : low > limit.values[at];
    });
  }

  Panel.prototype.part = function (card, chart, part, anew) {
    if (!part.x.length) { return; }
    var self = this, id = chart.monitor + "/" + part.role, state = this.parts[id];
    if (!state) {
      var how = part.role === "reliability" ? care.byScore : care.overTime;
      var title = chart.monitor + ", " + part.title, figure = made("figure", "care-figure"), numbers = care.tableOf(title, how.columns);
      state = this.parts[id] = { place: made("div", "care-chart"), how: how, note: made("p", "care-chart-note"), numbers: numbers, plot: null, shape: "", near: false, at: part.x.length };
      state.place.dataset.part = id;
      state.place.tabIndex = 0;
      state.place.setAttribute("role", "slider");
      state.place.setAttribute("aria-label", "Chart of " + title + "; arrow keys go from " + how.steps);
      state.place.setAttribute("aria-valuemin", "0");
      figure.append(made("figcaption", "", how.title(part, chart)), state.note, state.place, numbers.details);
      card.querySelector("[data-parts]").appendChild(figure);
      care.walk(state.place, state);
      numbers.details.addEventListener("toggle", function () { self.numbers(state); });
      this.near.observe(state.place);
    }
    var walked = state.at < (state.part ? state.part.x.length - 1 : 0);
    state.chart = chart; state.part = part;
    state.only = part.lines.some(function (line) { return line.group === this.only(); }, this) ? this.only() : "";
    state.anew = state.anew || anew; state.stale = true;
    if (!walked) { state.at = part.x.length - 1; }
    state.place.setAttribute("aria-valuemax", String(part.x.length - 1));
    if (!walked) { state.place.setAttribute("aria-valuenow", String(state.at)); state.place.setAttribute("aria-valuetext", state.how.newest(part)); }
    state.note.textContent = state.how.note(part, state.only);
    state.note.hidden = !state.note.textContent;
    this.numbers(state);
    if (state.near) { this.plot(state); }
  };

  Panel.prototype.numbers = function (state) {
    if (state.numbers.details.open) { state.how.filled(state.numbers.body, state.part, state.only); }
  };

  Panel.prototype.plot = function (state) {
    var how = state.how, shape = JSON.stringify([state.only, this.told.markers, state.chart.alarms, how.shape(state.part, state.only)]);
    if (state.plot && !state.anew && state.shape === shape) {
      state.plot.setData(how.data(state.part, state.only));
    } else {
      if (state.plot) { state.plot.destroy(); }
      state.shape = shape;
      state.plot = new uPlot(how.options(state.part, state.chart, state.place, state.only, this), how.data(state.part, state.only), state.place);
    }
    state.anew = false; state.stale = false;
  };

  document.addEventListener("DOMContentLoaded", function () {
    Array.prototype.forEach.call(document.querySelectorAll("[data-charts]"), function (place) { return new Panel(place); });
  });
})();
