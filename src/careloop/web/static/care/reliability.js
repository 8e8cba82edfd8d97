// The reliability diagram of a monitor of calibration: by bin of the score, how often what was foretold came true, with
// the interval of each bin and its rows. A release that says 80 % and is right in 80 of 100 lies on the diagonal.
(function () {
  "use strict";

  var care = window.careCharts, colour = care.colour;

  function percent(value) { return care.written({ unit: "share" }, value); }

  // Lines of the release that answers; where only one of them shows, also that of the release before it, to compare.
  function shown(part, only) {
    var ours = part.lines.filter(function (line) { return care.fits(line, only); });
    var current = ours.filter(function (line) { return line.current; });
    return current.length === 1 ? ours : current;
  }

  function nameOf(line) { return (line.group ? line.group + ", " : "") + "release " + line.release; }

  function ink(part, line) { return line.current ? colour(care.LINES[part.lines.indexOf(line) % care.LINES.length]) : colour("--care-secondary"); }

  function data(part, only) {
    return [part.x, part.x].concat(shown(part, only).map(function (line) { return line.value; }));
  }

  function seriesOf(part, only) {
    var diagonal = { label: "right as often as it says", stroke: colour("--care-secondary"), width: 1, dash: [2, 4], points: { show: false }, value: function (_, one) { return one === null || one === undefined ? "-" : percent(one); } };
    return [{ label: "score", value: function (_, __, ___, at) { return at === null || at === undefined ? "-" : range(part, at); } }, diagonal].concat(shown(part, only).map(function (line) {
      return {
        label: nameOf(line), stroke: ink(part, line), width: line.current ? 2 : 1.5, spanGaps: true,
        dash: line.current ? care.DASHES[part.lines.indexOf(line) % care.DASHES.length] : [6, 4], points: { show: true, size: 7, fill: line.current ? ink(part, line) : colour("--care-paper") },
        value: care.readout(part, line)
      };
    }));
  }

  function range(part, at) { return percent(part.edges[at][0]) + " to " + percent(part.edges[at][1]); }

  // Rows of each bin as bars at the foot, and each bin's interval as an upright line with caps.
  function drawn(part, only) {
    return function (plot) {
      var pen = plot.ctx, box = plot.bbox, ratio = window.devicePixelRatio || 1, lines = shown(part, only), first = lines[0];
      pen.save();
      pen.beginPath(); pen.rect(box.left, box.top, box.width, box.height); pen.clip();
      if (lines.filter(function (line) { return line.current; }).length === 1) {
        var most = Math.max.apply(null, first.n), foot = box.top + box.height;
        pen.fillStyle = care.faded(ink(part, first), 0.22);
        part.edges.forEach(function (edge, at) {
          if (!first.n[at]) { return; }
          var left = plot.valToPos(edge[0], "x", true), right = plot.valToPos(edge[1], "x", true), high = first.n[at] / most * box.height * 0.2;
          pen.fillRect(left + ratio, foot - high, right - left - 2 * ratio, high);
        });
      }
      lines.forEach(function (line, place) {
        var aside = (place - (lines.length - 1) / 2) * 4 * ratio;
        pen.strokeStyle = ink(part, line); pen.lineWidth = 1.25 * ratio;
        part.x.forEach(function (x, at) {
          if (!line.n[at]) { return; }
          var to = plot.valToPos(x, "x", true) + aside, low = plot.valToPos(line.low[at], "y", true), high = plot.valToPos(line.high[at], "y", true), cap = 3 * ratio;
          pen.beginPath(); pen.moveTo(to, low); pen.lineTo(to, high);
          pen.moveTo(to - cap, low); pen.lineTo(to + cap, low); pen.moveTo(to - cap, high); pen.lineTo(to + cap, high);
          pen.stroke();
        });
      });
      pen.restore();
    };
  }

  function options(part, chart, place, only) {
    function shares(_, at) { return at.map(function (one) { return Math.round(100 * one) + " %"; }); }
    var axis = Object.assign({ values: shares, space: 50 }, care.axisOf()), whole = { time: false, range: [0, 1] };
    return {
      width: Math.max(240, place.clientWidth), height: 320, series: seriesOf(part, only), legend: care.legend(), cursor: { drag: { x: false, y: false } },
      scales: { x: whole, y: whole },
      axes: [Object.assign({}, axis, { label: "score: foretold chance of " + part.positive.join(" or ") }), Object.assign({}, axis, { label: "came true", size: 46 })],
      hooks: { draw: [drawn(part, only)] }
    };
  }

  function filled(body, part, only) {
    var rows = document.createDocumentFragment();
    shown(part, only).forEach(function (line) {
      part.x.forEach(function (x, at) {
        if (!line.n[at]) { return; }
        var row = care.made("tr");
        [range(part, at), line.group || "all", line.release, percent(x), percent(line.value[at]), care.band(part, line, at), line.hits[at].toLocaleString("en") + " of " + line.n[at].toLocaleString("en")]
          .forEach(function (text) { row.appendChild(care.made("td", "", text)); });
        rows.appendChild(row);
      });
    });
    body.replaceChildren(rows);
  }

  function spoken(_, part, only, at) {
    var said = shown(part, only).filter(function (line) { return line.n[at]; }).map(function (line) {
      return nameOf(line) + ": " + percent(line.value[at]) + " came true, " + care.band(part, line, at) + ", n " + line.n[at];
    });
    return "score " + range(part, at) + ": " + (said.join("; ") || "no rows");
  }

  function note(part, only) {
    return shown(part, only).map(function (line) {
      return nameOf(line) + (line.current ? " (answers now)" : " (before it)") + ": error " + percent(line.error) + " (95 % interval " + percent(line.error_low) + " to " + percent(line.error_high) + "), n " + line.rows.toLocaleString("en") +
        ", labels of " + care.when(line.since).slice(0, 10) + " to " + care.when(line.until).slice(0, 10) + " UTC";
    }).join(". ") + ". Below the dotted diagonal the score promises more than comes true; upright lines are 95 % intervals" + (shown(part, only).filter(function (line) { return line.current; }).length === 1 ? ", bars at the foot the rows of each bin" : "") + ".";
  }

  care.byScore = {
    columns: ["Score", "Group", "Release", "Foretold", "Came true", "95 % interval", "Rows"], title: function (part) { return part.title + ": what came true against what the score foretold"; },
    data: data, options: options, filled: filled, spoken: spoken, note: note, steps: "bin to bin of the score",
    shape: function (part, only) { return [part.x, shown(part, only).map(nameOf)]; },
    newest: function (part) { return part.x.length + " bins of the score"; }
  };
})();
