// Makes the drawings over time zoomable. Without it the still pictures stay.
(function () {
  "use strict";

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Many of them would hide the lines behind bars.
  const marksDistinctMax = 30;

  // The stretches that do not count and the marks, under the lines.
  function drawGround(data) {
    return function (context, area, chart) {
      context.fillStyle = style("--idle");
      for (const [phase, begin, end] of data.phases) {
        if (phase === "measurement") continue;
        const left = Math.max(chart.toDomXCoord(begin), area.x);
        const right = Math.min(chart.toDomXCoord(end), area.x + area.w);
        if (right > left) context.fillRect(left, area.y, right - left, area.h);
      }
      context.strokeStyle = style("--soft");
      context.globalAlpha = data.marks.length > marksDistinctMax ? 0.3 : 1;
      for (const mark of data.marks) {
        const at = chart.toDomXCoord(mark.at_ms / 1000);
        if (at < area.x || at > area.x + area.w) continue;
        context.setLineDash(mark.kind === "checkpoint" ? [4, 3] : [1, 3]);
        context.beginPath();
        context.moveTo(at, area.y);
        context.lineTo(at, area.y + area.h);
        context.stroke();
      }
      context.setLineDash([]);
      context.globalAlpha = 1;
    };
  }

  // The marks of the moment under the pointer.
  function marksNear(data, seconds, reach) {
    return data.marks
      .filter((mark) => Math.abs(mark.at_ms / 1000 - seconds) <= reach)
      .map((mark) => mark.member + " " + mark.kind)
      .join(", ");
  }

  function chartOptions(data, columns) {
    return {
      labels: ["s"].concat(columns.map((column) => column.label)),
      colors: columns.map((column) => style(column.colour)),
      series: Object.fromEntries(columns.map((column) => [column.label, column.look || {}])),
      underlayCallback: drawGround(data),
      includeZero: true,
      labelsKMB: true,
      legend: "follow",
      gridLineColor: style("--faint"),
      axisLineColor: style("--faint"),
      strokeWidth: 1.75,
      axisLabelWidth: 52,
      axes: { x: { valueFormatter: (at) => at.toFixed(2) + " s " + marksNear(data, at, 0.25) } },
      animatedZooms: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    };
  }

  function addChart(figure, data, columns, unit) {
    const place = document.createElement("div");
    place.className = "zoom";
    const caption = figure.querySelector("figcaption").cloneNode(true);
    caption.querySelector("strong").append(" in " + unit);
    const rows = data.at.map((at, row) => [at].concat(columns.map((column) => column.values[row])));
    const holder = document.createElement("div");
    holder.className = "zoomable";
    holder.append(caption, place);
    figure.closest(".timeline").append(holder);
    return new Dygraph(place, rows, chartOptions(data, columns));
  }

  // Both charts always show the same stretch of time.
  function tie(charts) {
    let busy = false;
    for (const chart of charts) {
      chart.updateOptions({
        drawCallback: function (drawn, initial) {
          if (busy || initial) return;
          busy = true;
          const dateWindow = drawn.isZoomed("x") ? drawn.xAxisRange() : null;
          for (const other of charts) if (other !== drawn) other.updateOptions({ dateWindow });
          busy = false;
        },
      });
    }
  }

  function upgrade(timeline) {
    if (timeline.classList.contains("zoomed")) return;
    const data = JSON.parse(timeline.querySelector("script").textContent);
    const [throughput, latency] = timeline.querySelectorAll("figure");
    const served = [{ label: "served", values: data.served, colour: "--c1" }];
    if (data.offered) {
      const look = { strokePattern: [6, 4] };
      served.unshift({ label: "offered", values: data.offered, colour: "--c3", look });
    }
    const latencies = [
      { label: "max", values: data.max, colour: "--c3", look: { strokeWidth: 1 } },
      { label: "p99", values: data.p99, colour: "--c2" },
      { label: "p50", values: data.p50, colour: "--c1" },
    ];
    const charts = [
      addChart(throughput, data, served, "events a second"),
      addChart(latency, data, latencies, "milliseconds"),
    ];
    timeline.classList.add("zoomed");
    tie(charts);
    const hint = document.createElement("p");
    hint.className = "zoom-hint";
    hint.textContent = "Drag across a chart to zoom in, double-click to see all of it again.";
    timeline.append(hint);
  }

  // A chart needs a size, so a folded one is drawn when it is opened.
  for (const timeline of document.querySelectorAll(".timeline")) {
    const folded = timeline.closest("details");
    if (!folded || folded.open) upgrade(timeline);
    else folded.addEventListener("toggle", () => upgrade(timeline), { once: true });
  }
})();
