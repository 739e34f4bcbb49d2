// A value as a heat map: blue below zero, orange above, exact numbers under the pointer or the arrow keys.
const hexes = (name) => {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
};
let palette = null;
const colours = () => palette ??= {zero: hexes("--zero"), plus: hexes("--plus"), minus: hexes("--minus"), ink: hexes("--ink"), paper: hexes("--card"), bad: hexes("--bad")};
const mixed = (a, b, share) => a.map((from, i) => Math.round(from + (b[i] - from) * share));
const rgb = (colour) => `rgb(${colour.join(" ")})`;
const brightness = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b) / 255;
const shade = (x, most) => {
  const {zero, plus, minus: below, bad} = colours();
  if (Number.isNaN(x)) return bad;
  const share = most ? Math.min(1, Math.abs(x) / most) ** 0.8 : 0;
  return mixed(zero, x < 0 ? below : plus, share);
};

const WIDEST = 400, SLICES = 8;
class HeatMap {
  constructor(id, {pick = null, reads = null, cell = null, title = null, said = () => {}} = {}) {
    const value = trace.values[id], all = numbersOf(id);
    Object.assign(this, {id, value, pick, reads, cell, said, whole: Boolean(all), at: cell ?? -1});
    this.shape = all ? value.shape : value.corner?.shape ?? [0];
    const [rows, columns] = this.shape.length > 1 ? this.shape.slice(-2) : [1, this.shape[0] ?? 1];
    this.flatLine = this.shape.length === 1 && columns > 32;
    this.columns = this.flatLine ? 32 : columns;
    this.rows = this.flatLine ? Math.ceil(columns / 32) : rows;
    this.slices = rows * columns ? sizeOf(this.shape) / (rows * columns) : 0;
    this.most = Math.max(Math.abs(plain(value.min) ?? 0), Math.abs(plain(value.max) ?? 0));
    if (!Number.isFinite(this.most)) this.most = Math.max(0, ...Array.from({length: sizeOf(this.shape)}, (_, i) => Math.abs(this.number(i))).filter(Number.isFinite));
    this.title = title ?? value.name;
    this.element = element("figure", {class: `value${pick ? " target" : ""}`, "data-value": id}, this.caption());
    if (this.slices) this.grid(); else this.element.append(element("p", {class: "quiet"}, sizeOf(value.shape) ? "Its numbers were not kept." : "It is empty."));
    this.element.append(this.details());
  }
  // The flat place in the whole value of a shown cell, which differ where only a corner was kept.
  place(shown) { return this.whole ? shown : ravel(unravel(shown, this.shape), this.value.shape); }
  shown(flat) {
    if (this.whole) return flat;
    const index = unravel(flat, this.value.shape);
    return index.every((at, i) => at < this.shape[i]) ? ravel(index, this.shape) : -1;
  }
  number(shown) { return this.whole ? numbersOf(this.id)[shown] : plain(this.value.corner.data[shown]); }
  caption() {
    const {value} = this;
    return element("figcaption", {}, element("b", {}, this.title), element("span", {class: "shape"}, shapeText(value.shape)),
                   element("span", {class: "kind"}, value.dtype === "float32" ? value.role : `${value.role}, ${value.dtype}`));
  }
  grid() {
    const size = Math.max(3, Math.min(40, Math.floor(WIDEST / this.columns), Math.floor(320 / this.rows)));
    const many = this.slices > 1, small = this.columns * size * Math.min(this.slices, SLICES) < 3 * WIDEST;
    this.size = many && this.columns > 4 ? Math.max(3, Math.min(size, Math.floor(150 / Math.max(this.columns, this.rows)) || 3)) : size;
    const seen = this.cell ?? this.reads?.values().next().value ?? 0;     // the slices begin where there is something to see
    this.page = many ? Math.floor(Math.max(0, this.shown(seen)) / (this.rows * this.columns)) : 0;
    this.per = small || many ? Math.min(this.slices, SLICES) : 1;
    this.first = Math.floor(this.page / this.per) * this.per;
    this.maps = element("div", {class: "maps", tabindex: 0, role: "group", "aria-roledescription": "heat map", "aria-label": this.spoken(),
                                onkeydown: (event) => this.key(event), onfocus: () => this.tell(), onblur: () => hideTip()});
    const pager = this.slices > this.per ? this.pager() : null;
    this.element.append(...[pager, this.maps, this.legend()].filter(Boolean));
    this.fill();
  }
  spoken() {
    const {value} = this;
    return `${this.title}, ${shapeText(value.shape)}, from ${short(plain(value.min))} to ${short(plain(value.max))}, mean ${short(plain(value.mean))}. `
      + `The arrow keys read its numbers${this.pick ? " and show how each came about" : ""}.`;
  }
  pager() {
    const text = element("span"), show = (by) => { this.first = Math.max(0, Math.min(this.slices - 1, this.first + by)); this.first -= this.first % this.per; this.fill(); label(); };
    const label = () => { text.textContent = `${this.sliceName(this.first)} to ${this.sliceName(Math.min(this.slices, this.first + this.per) - 1)} of ${shapeText(this.shape.slice(0, -2))}`; };
    this.label = label;
    label();
    return element("div", {class: "pager"}, element("button", {type: "button", "aria-label": "Earlier slices", onclick: () => show(-this.per)}, "‹"), text,
                   element("button", {type: "button", "aria-label": "Later slices", onclick: () => show(this.per)}, "›"));
  }
  sliceName(slice) { return `[${[...unravel(slice, this.shape.slice(0, -2)), "·", "·"].join(", ")}]`; }
  fill() {
    const last = Math.min(this.slices, this.first + this.per);
    this.canvases = [];
    this.maps.replaceChildren(...Array.from({length: last - this.first}, (_, i) => {
      const slice = this.first + i, canvas = element("canvas", {role: "img", "aria-label": `${this.title} ${this.slices > 1 ? this.sliceName(slice) : ""}`});
      this.canvases.push({canvas, slice});
      for (const kind of ["pointermove", "pointerleave", "click"]) canvas.addEventListener(kind, (event) => this.pointer(kind, event, canvas, slice));
      return element("div", {class: "slice"}, canvas, this.slices > 1 ? element("small", {}, this.sliceName(slice)) : null);
    }));
    const beside = this.slices > 1 ? this.shape.at(-3) : 1;                // channels of one sample stand in one row
    if (beside > 1 && beside <= 8 && beside < last - this.first) this.maps.style.maxWidth = `min(100%, ${beside * (this.columns * this.size + 8) + 14}px)`;
    for (const {canvas, slice} of this.canvases) this.paint(canvas, slice);
  }
  paint(canvas, slice) {
    const {size, rows, columns} = this, ratio = Math.max(1, window.devicePixelRatio || 1), context = canvas.getContext("2d");
    canvas.width = columns * size * ratio; canvas.height = rows * size * ratio;
    canvas.style.width = `${columns * size}px`; canvas.style.height = `${rows * size}px`;
    context.scale(ratio, ratio);
    const gap = size > 9 ? 1 : 0, count = sizeOf(this.shape), integers = !this.value.dtype.startsWith("float");
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) {
      const shown = (slice * rows + i) * columns + j;
      if (shown >= count) continue;
      const x = this.number(shown), read = !this.reads || this.reads.has(this.place(shown)), fill = read ? shade(x, this.most) : mixed(shade(x, this.most), colours().paper, .72);
      context.fillStyle = rgb(fill);
      context.beginPath();
      context.roundRect(j * size + gap / 2, i * size + gap / 2, size - gap, size - gap, size > 16 ? 3 : 0);
      context.fill();
      if (size >= 30) {
        context.fillStyle = brightness(fill) > .52 ? "#14181d" : "#fff";
        if (!read) context.globalAlpha = .5;
        context.font = `${size >= 38 ? 11 : 9.5}px ${getComputedStyle(document.body).fontFamily}`;
        context.textAlign = "center"; context.textBaseline = "middle";
        context.fillText(inCell(x, integers), (j + .5) * size, (i + .53) * size, size - 3);
        context.globalAlpha = 1;
      }
    }
    if (this.reads && this.reads.size < count) this.outline(context, slice);
    for (const [flat, wide] of [[this.cell === null ? -1 : this.shown(this.cell), 2.5], [this.at, 1.5]]) this.frame(context, slice, flat, wide);
  }
  // A line around the cells that were read, where they border on others.
  outline(context, slice) {
    const {size, rows, columns} = this, within = new Set([...this.reads].map((flat) => this.shown(flat) - slice * rows * columns).filter((at) => at >= 0 && at < rows * columns));
    context.strokeStyle = rgb(colours().ink);
    context.lineWidth = size > 9 ? 2 : 1.5;
    context.beginPath();
    for (const at of within) {
      const x = at % columns * size, y = Math.floor(at / columns) * size, [left, right] = [at % columns > 0, at % columns < columns - 1];
      for (const [beside, x1, y1, x2, y2] of [[left && within.has(at - 1), x + 1, y, x + 1, y + size], [right && within.has(at + 1), x + size - 1, y, x + size - 1, y + size],
                                              [within.has(at - columns), x, y + 1, x + size, y + 1], [within.has(at + columns), x, y + size - 1, x + size, y + size - 1]]) {
        if (!beside) { context.moveTo(x1, y1); context.lineTo(x2, y2); }
      }
    }
    context.stroke();
  }
  frame(context, slice, shown, wide) {
    const {size, rows, columns} = this, within = shown - slice * rows * columns;
    if (shown < 0 || within < 0 || within >= rows * columns) return;
    context.strokeStyle = rgb(colours().paper);
    context.lineWidth = wide + 2;
    const box = [within % columns * size + wide / 2, Math.floor(within / columns) * size + wide / 2, size - wide, size - wide];
    context.strokeRect(...box);
    context.strokeStyle = rgb(colours().ink);
    context.lineWidth = wide;
    context.strokeRect(...box);
  }
  pointer(kind, event, canvas, slice) {
    if (kind === "pointerleave") { hideTip(); return; }
    const box = canvas.getBoundingClientRect(), j = Math.floor((event.clientX - box.left) / this.size), i = Math.floor((event.clientY - box.top) / this.size);
    const shown = (slice * this.rows + i) * this.columns + j;
    if (i < 0 || j < 0 || i >= this.rows || j >= this.columns || shown >= sizeOf(this.shape)) return;
    showTip(this.text(shown), event.clientX, event.clientY);
    if (kind === "click") { this.at = shown; this.chosen(); }
  }
  text(shown) { return `${this.title}${placeText(this.place(shown), this.value.shape)} = ${exact(this.number(shown), this.value.dtype)}`; }
  key(event) {
    const count = sizeOf(this.shape), step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns}[event.key];
    if (event.key === "Escape") { this.maps.blur(); document.getElementById("steps").querySelector("[aria-selected=true]")?.focus(); }
    if (event.key === "Enter" || step) { event.preventDefault(); event.stopPropagation(); }
    if (event.key === "Enter" && this.at >= 0) this.chosen();
    if (!step) return;
    this.at = this.at < 0 ? 0 : Math.max(0, Math.min(count - 1, this.at + step));
    const slice = Math.floor(this.at / (this.rows * this.columns));
    if (slice < this.first || slice >= this.first + this.per) { this.first = slice - slice % this.per; this.fill(); this.label?.(); }
    if (this.pick) this.chosen();
    else { for (const one of this.canvases) this.paint(one.canvas, one.slice); this.tell(); }
  }
  chosen() { (this.pick ?? this.inquire)?.call(null, this.place(this.at), this); }
  tell() {
    if (this.at < 0 && this.cell === null) return;
    const shown = this.at >= 0 ? this.at : this.shown(this.cell);
    if (shown < 0) return;
    this.said(this.text(shown));
    const slice = Math.floor(shown / (this.rows * this.columns)), one = this.canvases.find((other) => other.slice === slice);
    if (!one || this.pick) return;
    const box = one.canvas.getBoundingClientRect(), within = shown % (this.rows * this.columns);
    showTip(this.text(shown), box.left + (within % this.columns + .5) * this.size, box.top + (Math.floor(within / this.columns) + 1) * this.size);
  }
  legend() {
    const ends = this.most ? [short(-this.most, 3), "0", short(this.most, 3)] : ["0"];
    return element("p", {class: "legend", "aria-hidden": "true"}, ...(this.most ? [ends[0], element("i", {class: "ramp"}), ends[2]] : ["every number is 0"]));
  }
  details() {
    const {value} = this, rows = ["min", "max", "mean", "std", "norm"].map((name) => [name, short(plain(value[name]), 5)]);
    if (value.nan) rows.push(["NaN", String(value.nan)]);
    if (value.inf) rows.push(["infinite", String(value.inf)]);
    const list = element("dl", {}, ...rows.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text))));
    return element("details", {open: !this.whole}, element("summary", {}, this.whole ? "statistics" : `statistics; only a corner was kept of ${shapeText(value.shape)}`), list, histogram(value));
  }
}
// A number as it fits into a cell: three digits at most.
const inCell = (x, integers) => {
  if (!Number.isFinite(x)) return short(x);
  if (integers) return String(x);
  const size = Math.abs(x);
  if (size && size < 0.0095) return minus(x.toExponential(0).replace("e-", "e−"));
  return minus(size >= 1000 ? x.toExponential(0).replace("+", "") : size >= 100 ? x.toFixed(0) : size >= 10 ? x.toFixed(1) : x.toFixed(2));
};
const histogram = (value) => {
  if (!value.histogram) return null;
  const {edges, counts} = value.histogram, ends = [plain(edges[0]), plain(edges.at(-1))], high = Math.max(...counts, 1), bar = 200 / counts.length;
  const bars = counts.map((count, i) => svg("rect", {x: i * bar, y: 44 - 44 * count / high, width: Math.max(.5, bar - 1), height: 44 * count / high}, svg("title", {}, `${short(plain(edges[i]))} to ${short(plain(edges[i + 1]))}: ${count}`)));
  return element("div", {class: "histogram"}, svg("svg", {viewBox: "0 0 200 46", role: "img", "aria-label": `Histogram of ${value.name}: ${counts.join(", ")}`}, ...bars),
                 element("p", {class: "legend"}, short(ends[0], 3), element("span"), short(ends[1], 3)));
};

let tipBox = null;
const showTip = (text, x, y) => {
  if (!tipBox) document.body.append(tipBox = element("div", {class: "tip"}));
  tipBox.textContent = text;
  tipBox.hidden = false;
  const room = document.documentElement.clientWidth - tipBox.offsetWidth - 8;
  tipBox.style.left = `${Math.max(4, Math.min(room, x + 14))}px`;
  tipBox.style.top = `${y + 16}px`;
};
const hideTip = () => { if (tipBox) tipBox.hidden = true; };
