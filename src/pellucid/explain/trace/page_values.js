// The trace, its values as numbers, and places in them. All files of the page share one scope; this one comes first.
const holding = (id) => JSON.parse(document.getElementById(id).textContent);
const trace = holding("trace"), formulas = holding("formulas");
const KINDS = {f4: Float32Array, f8: Float64Array, i1: Int8Array, i2: Int16Array, i4: Int32Array, i8: BigInt64Array, u1: Uint8Array};
const SPECIAL = {nan: NaN, inf: Infinity, "-inf": -Infinity};
const plain = (x) => typeof x === "string" && x in SPECIAL ? SPECIAL[x] : typeof x === "boolean" ? Number(x) : x;

const decoded = new Map();
// All numbers of a value in row-major order, or null where the trace kept only a summary.
const numbersOf = (id) => {
  if (!decoded.has(id)) {
    const {data, coding} = trace.values[id];
    let found = null;
    if (Array.isArray(data)) found = data.map(plain);
    else if (typeof data === "string") {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      found = new KINDS[coding](bytes.buffer);
      if (coding === "i8") found = Array.from(found, Number);
    }
    decoded.set(id, found);
  }
  return decoded.get(id);
};

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const stridesOf = (shape) => {
  const strides = new Array(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i], i--) strides[i] = step;
  return strides;
};
const unravel = (flat, shape) => {
  const index = new Array(shape.length);
  for (let i = shape.length - 1; i >= 0; i--) { index[i] = flat % shape[i]; flat = Math.floor(flat / shape[i]); }
  return index;
};
const ravel = (index, shape) => index.reduce((flat, at, i) => flat * shape[i] + at, 0);
// Every index of a shape, in order.
const indices = (shape) => Array.from({length: sizeOf(shape)}, (_, flat) => unravel(flat, shape));
// Where the cell of a result reads from an input that was broadcast to it.
const narrowed = (index, shape) => {
  const extra = index.length - shape.length;
  return ravel(shape.map((size, i) => size === 1 ? 0 : index[i + extra]), shape);
};
const broadcast = (...shapes) => {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({length: rank}, (_, i) => {
    const sizes = shapes.map((shape) => shape[i - rank + shape.length] ?? 1);
    return sizes.includes(0) ? 0 : Math.max(...sizes);
  });
};
const same = (a, b) => a.length === b.length && a.every((size, i) => size === b[i]);

class Missing extends Error {}          // a number that was not kept, or that this page cannot work out

// One number of a value: from all of it, or from the corner that was kept.
const numberAt = (id, flat) => {
  const value = trace.values[id], all = numbersOf(id);
  if (all) return all[flat];
  if (value.corner) {
    const index = unravel(flat, value.shape);
    if (index.every((at, i) => at < value.corner.shape[i])) return plain(value.corner.data[ravel(index, value.corner.shape)]);
  }
  throw new Missing(`this number of ${value.name} was not kept, only a summary of all; keep="all" and budget=None keep every number`);
};

const minus = (text) => text.replace(/-/g, "\u2212");
const SUPERS = {"-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹"};
// A number for reading: four digits, powers of ten where it is very small or large.
const short = (x, digits = 4) => {
  if (x === null || x === undefined) return "–";
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  if (x !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [head, tail] = x.toExponential(Math.max(1, digits - 2)).split("e");
    return minus(String(Number(head))) + "×10" + [...String(Number(tail))].map((letter) => SUPERS[letter]).join("");
  }
  return minus(String(Number(x.toPrecision(digits))));
};
// The same number with every digit that its dtype holds.
const exact = (x, dtype) => {
  if (!Number.isFinite(x)) return short(x);
  if (dtype !== "float32" && dtype !== "float16") return minus(String(x));
  for (let digits = 1; digits <= 9; digits++) {
    const text = x.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(x)) return minus(String(Number(text)));
  }
  return minus(String(x));
};
const shapeText = (shape) => shape.length ? shape.join("×") : "one number";
const placeText = (flat, shape) => shape.length ? `[${unravel(flat, shape).join(", ")}]` : "";
const plural = (count, one, many = one + "s") => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

// Constants of a step as plain JavaScript: {"tuple": [1, 2]} is [1, 2].
const unwrapped = (json) => {
  if (Array.isArray(json)) return json.map(unwrapped);
  if (json && typeof json === "object") {
    if ("tuple" in json) return json.tuple.map(unwrapped);
    return json;
  }
  return plain(json);
};

// What a forward step was given, by name: an input's value id, or a setting.
class Call {
  constructor(step) {
    this.step = step;
    this.ids = step.inputs.map((input) => "value" in input ? input.value : null);
    this.constants = step.inputs.map((input) => "constant" in input ? unwrapped(input.constant) : undefined);
    this.shapes = this.ids.map((id) => id === null ? null : trace.values[id].shape);
    this.outShapes = step.outputs.map((id) => id === null ? [] : trace.values[id].shape);
  }
  place(name) { return this.step.input_names.indexOf(name); }
  has(name) { const place = this.place(name); return place >= 0 && this.ids[place] !== null && this.ids[place] !== undefined; }
  shape(name) { return this.shapes[this.place(name)]; }
  // A setting, whether it was passed by name or by position.
  setting(name, otherwise = null) {
    if (name in this.step.params) return unwrapped(this.step.params[name]);
    const place = this.place(name);
    const found = place >= 0 ? this.constants[place] : undefined;
    return found === undefined ? formulas.defaults[this.step.op]?.[name] ?? otherwise : found;
  }
  // An array of whole numbers that may be a tensor or a constant.
  at(name, flat) {
    const place = this.place(name);
    if (place >= 0 && this.ids[place] !== null && this.ids[place] !== undefined) return numberAt(this.ids[place], flat);
    const given = this.setting(name);
    return Array.isArray(given) ? given.flat(Infinity)[flat] : given;
  }
}
const axis = (dim, rank) => dim < 0 ? dim + rank : dim;
const axesOf = (dim, rank) => dim === null || dim === undefined ? [...Array(rank).keys()]
  : (Array.isArray(dim) ? dim.length ? dim : [...Array(rank).keys()] : [dim]).map((one) => axis(one, rank));
const maker = new Map();                // value id -> the step that made it
for (const step of trace.steps) {
  for (const id of step.outputs || []) if (id !== null && !maker.has(id)) maker.set(id, step.id);
  if (step.phase === "backward") for (const id of step.gradients) if (id !== null && !maker.has(id)) maker.set(id, step.id);
  if (step.phase === "update") for (const id of [step.after, step.update]) if (id !== null && !maker.has(id)) maker.set(id, step.id);
}
