/* Draws charts from what stands beside them: the numbers, their names and the addresses of their rows are the page's. */
(() => {
  "use strict";

  const FONT = getComputedStyle(document.body).fontFamily;
  const INK = "#1f2933";
  const SOFT = "#51606f";
  const LINE = "#d7dee6";
  /* Told apart by every kind of eye, and by their patterns in print. */
  const COLOURS = ["#1f5fa8", "#d98200", "#1a8a6c", "#a34a8f", "#6b5b95", "#b23a48", "#5b7f1c", "#0f7f9c"];
  const HEAT = ["#dbe7f5", "#a9c8ea", "#6ba1d8", "#2f72b5", "#123f73"];
  const MONTHS = [...Array(12).keys()].map((month) =>
    new Date(2000, month, 1).toLocaleDateString(document.documentElement.lang, { month: "short" })
  );
  const EMPTY = "#f1f4f7";

  /* A table as series: one for each column of numbers, one value for each line. */
  function read(table) {
    const text = (cell) => cell.textContent.trim();
    const lines = [...table.tBodies[0].rows].filter((row) => row.querySelector("th"));
    const names = [...table.tHead.rows[0].cells].slice(1).map(text);
    return {
      labels: lines.map((row) => text(row.cells[0])),
      series: names.map((name, column) => ({
        name,
        data: lines.map((row) => {
          const cell = row.cells[column + 1];
          const link = cell.querySelector("a");
          return { value: Number(text(cell)), address: link ? link.href : "" };
        }),
      })),
    };
  }

  /* The calendar's numbers come as data: a table of them would be thousands of cells. */
  function readCalendar(section) {
    const { columns, days, rows } = JSON.parse(section.querySelector("script").textContent);
    const found = columns.map(([name]) => ({ name, data: [] }));
    for (const [day, place, value] of days) {
      const cell = new URLSearchParams({ "in.day": day, "in.column": columns[place][1] });
      found[place].data.push({ value: [day, value], address: `${rows}&${cell}` });
    }
    return found;
  }

  function common() {
    return {
      color: COLOURS,
      textStyle: { fontFamily: FONT, color: INK },
      animation: false,
      aria: { enabled: true, decal: { show: true } },
      /* As text drawn by the chart itself: the page's rules let nothing insert HTML with a style. */
      tooltip: { renderMode: "richText", confine: true, textStyle: { fontFamily: FONT, color: INK, fontSize: 14 } },
    };
  }

  function axes(found) {
    return {
      grid: { left: 8, right: 8, top: 44, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, type: "scroll", textStyle: { color: INK, fontSize: 13 } },
      xAxis: {
        type: "category",
        data: found.labels,
        axisLabel: { color: SOFT, hideOverlap: true },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: "#9fb0c2" } },
      },
      yAxis: {
        type: "value",
        minInterval: 1,
        axisLabel: { color: SOFT },
        splitLine: { lineStyle: { color: LINE } },
      },
    };
  }

  function bars(found, stack) {
    const base = common();
    return {
      ...base,
      ...axes(found),
      tooltip: { ...base.tooltip, trigger: "axis", axisPointer: { type: "shadow" } },
      series: found.series.map((one) => ({ ...one, type: "bar", stack, barMaxWidth: stack ? 36 : 22, cursor: "pointer" })),
    };
  }

  /* Whole numbers up to the largest in as many steps as there are colours, or fewer. */
  function steps(most) {
    const size = Math.ceil(most / HEAT.length);
    return HEAT.map((color, place) => {
      const min = place * size + 1;
      const max = min + size - 1;
      return { min, max, color, label: size === 1 ? `${min}` : `${min}–${max}` };
    }).filter((step) => step.min <= most);
  }

  /* One calendar for each column that has anything, below each other; wider than the page where days would be dots. */
  function calendars(shown, section, room) {
    const most = Math.max(1, ...shown.map((one) => Math.max(...one.data.map((cell) => cell.value[1]))));
    const { first, last } = section.dataset;
    const weeks = Math.ceil((Date.parse(last) - Date.parse(first)) / 604800000) + 1;
    const isNarrow = room < 640;
    const side = isNarrow ? 4 : 112;
    const cell = Math.max(11, Math.min(18, Math.floor((room - side - 8) / weeks)));
    const step = 7 * cell + (isNarrow ? 56 : 34);
    const top = (place) => (isNarrow ? 78 : 56) + place * step;
    const base = common();
    const option = {
      ...base,
      aria: { enabled: true },
      tooltip: { ...base.tooltip, formatter: (point) => `${point.value[0]}  ${point.seriesName}  ${point.value[1]}` },
      visualMap: {
        type: "piecewise",
        pieces: steps(most),
        orient: "horizontal",
        left: side,
        top: 0,
        itemWidth: 14,
        itemHeight: 14,
        textStyle: { color: SOFT },
        selectedMode: false,
      },
      calendar: shown.map((one, place) => ({
        range: [first, last],
        left: side,
        top: top(place),
        cellSize: [cell, cell],
        itemStyle: { color: EMPTY, borderColor: "#fff", borderWidth: 1 },
        splitLine: { lineStyle: { color: "#8899aa", width: 1 } },
        yearLabel: { show: false },
        dayLabel: { show: false },
        monthLabel: { color: SOFT, nameMap: MONTHS, fontSize: 12 },
      })),
      graphic: shown.map((one, place) => ({
        type: "text",
        left: isNarrow ? side : 0,
        top: isNarrow ? top(place) - 42 : top(place) + 3.5 * cell - 8,
        style: { text: one.name, fill: INK, font: `14px ${FONT}`, width: isNarrow ? room : side - 12, overflow: "truncate" },
      })),
      series: shown.map((one, place) => ({
        type: "heatmap",
        coordinateSystem: "calendar",
        calendarIndex: place,
        name: one.name,
        cursor: "pointer",
        data: one.data,
      })),
    };
    return { option, size: { width: side + weeks * cell + 8, height: top(shown.length) } };
  }

  function draw(section) {
    const isCalendar = section.dataset.chart === "calendar";
    const found = isCalendar ? readCalendar(section) : read(section.querySelector("table"));
    const frame = section.querySelector(".drawn");
    if (!isCalendar && !found.labels.length) return null;
    frame.hidden = false;
    section.classList.add("is-drawn");
    const place = frame.appendChild(document.createElement("div"));
    let option;
    if (isCalendar) {
      const drawn = calendars(found, section, frame.clientWidth);
      place.style.height = `${drawn.size.height}px`;
      place.style.minWidth = `${drawn.size.width}px`;
      option = drawn.option;
    } else {
      option = bars(found, section.dataset.chart === "stacked" ? "all" : undefined);
    }
    const chart = echarts.init(place);
    chart.setOption(option);
    chart.on("click", (point) => {
      if (point.data && point.data.address) location.assign(point.data.address);
    });
    return () => {
      chart.dispose();
      place.remove();
    };
  }

  const sections = [...document.querySelectorAll("[data-chart]")];
  let drawn = sections.map(draw);
  let width = innerWidth;
  let waiting;
  addEventListener("resize", () => {
    /* On telephones the bar of the browser comes and goes; that changes the height alone. */
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      drawn.forEach((remove) => remove && remove());
      drawn = sections.map(draw);
    }, 200);
  });
})();
