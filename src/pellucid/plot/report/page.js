// Lets the reader probe charts and heat maps with a pointer or the arrow keys. Without it the report is complete, but still.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";

  const make = (name, attributes, parent) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (parent) parent.append(element);
    return element;
  };

  const place = (value, [low, high, start, end, log]) => {
    if (log) [value, low, high] = [Math.log10(value), Math.log10(low), Math.log10(high)];
    return start + (value - low) / ((high - low) || 1) * (end - start);
  };

  const number = (value, share) => {
    if (value === null || value === undefined) return "–";
    if (share) return (100 * value).toFixed(2) + " %";
    const size = Math.abs(value);
    if (value !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace("-", "−");
    return String(+value.toPrecision(4)).replace("-", "−");
  };

  // The box beside the pointer: text only, so a class named <script> stays a name.
  const tip = (chart, heading, rows, x, y, width, height) => {
    let box = chart.querySelector(".tip");
    if (!box) {
      box = document.createElement("div");
      box.className = "tip";
      box.setAttribute("role", "status");
      chart.append(box);
    }
    const title = document.createElement("b");
    title.textContent = heading;
    box.replaceChildren(title, ...rows.map(([name, value, colour]) => {
      const row = document.createElement("div"), label = document.createElement("i"), text = document.createElement("span");
      label.textContent = name;
      if (colour) label.style.setProperty("--hue", colour); else label.style.setProperty("--hue", "transparent");
      text.textContent = value;
      row.append(label, text);
      return row;
    }));
    box.hidden = false;
    const picture = chart.querySelector("svg").getBoundingClientRect();
    const at = x / width * picture.width, room = picture.width - box.offsetWidth;
    const side = at > picture.width / 2 ? at - box.offsetWidth - 14 : at + 14;
    box.style.left = Math.max(0, Math.min(room, side)) + "px";
    box.style.top = Math.max(0, y / height * picture.height) + "px";
  };

  const lines = (chart, values) => {
    const [width, height, top, bottom] = values.frame, cursor = chart.querySelector(".cursor");
    const show = (i) => {
      const x = place(values.x[i], values.sx);
      cursor.replaceChildren();
      make("line", {x1: x, x2: x, y1: top, y2: bottom}, cursor);
      const rows = values.series.map((one) => {
        const y = one.y[i] === null ? NaN : place(one.y[i], values.sy);
        if (Number.isFinite(y)) make("circle", {cx: x, cy: y, r: 4, fill: one.colour}, cursor);
        return [one.name, number(one.y[i], one.share), one.colour];
      });
      tip(chart, values.label + " " + number(values.x[i]), rows, x, top, width, height);
    };
    const find = (px) => {
      let best = 0;
      values.x.forEach((value, i) => {
        if (Math.abs(place(value, values.sx) - px) < Math.abs(place(values.x[best], values.sx) - px)) best = i;
      });
      return best;
    };
    return {count: values.x.length, rows: 0, show, find, width};
  };

  const heat = (chart, values) => {
    const [left, top, wide, high, width, height] = values.frame, cursor = chart.querySelector(".cursor");
    const w = wide / values.columns.length, h = high / values.rows.length, n = values.columns.length;
    const show = (at) => {
      const i = Math.floor(at / n), j = at % n;
      cursor.replaceChildren();
      make("rect", {x: left + j * w, y: top + i * h, width: w, height: h}, cursor);
      tip(chart, values.rows[i], [[values.label + " " + values.columns[j], number(values.values[i][j]), ""]],
          left + (j + 0.5) * w, top + (i + 1) * h + 6, width, height);
    };
    const find = (px, py) => {
      const i = Math.floor((py - top) / h), j = Math.floor((px - left) / w);
      return i < 0 || j < 0 || i >= values.rows.length || j >= n ? -1 : i * n + j;
    };
    return {count: n * values.rows.length, rows: n, show, find, width};
  };

  for (const chart of document.querySelectorAll("[data-chart]")) {
    const source = chart.querySelector('script[type="application/json"]'), picture = chart.querySelector("svg");
    if (!source || !picture) continue;
    const values = JSON.parse(source.textContent);
    const view = chart.dataset.chart === "heat" ? heat(chart, values) : lines(chart, values);
    if (!view.count) continue;
    let at = -1;
    const hide = () => {
      at = -1;
      chart.querySelector(".cursor").replaceChildren();
      const box = chart.querySelector(".tip");
      if (box) box.hidden = true;
    };
    const follow = (event) => {
      const box = picture.getBoundingClientRect(), scale = view.width / box.width;
      const next = view.find((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
      if (next < 0) hide(); else if (next !== at) view.show(at = next);
    };
    picture.addEventListener("pointermove", follow);
    picture.addEventListener("pointerdown", follow);
    picture.addEventListener("pointerleave", hide);
    chart.addEventListener("blur", hide);
    chart.addEventListener("keydown", (event) => {
      const step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: view.rows, ArrowUp: -view.rows}[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      at = Math.max(0, Math.min(view.count - 1, at < 0 ? (step > 0 ? 0 : view.count - 1) : at + step));
      view.show(at);
    });
    const names = chart.parentElement.querySelectorAll(".legend [data-series]"), drawn = picture.querySelectorAll(".line");
    names.forEach((name) => {
      const pick = (on) => {
        chart.classList.toggle("picked", on && drawn.length > 1);
        drawn.forEach((line, i) => line.classList.toggle("on", on && i === Number(name.dataset.series)));
      };
      name.addEventListener("pointerenter", () => pick(true));
      name.addEventListener("pointerleave", () => pick(false));
    });
  }

  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
})();
