// Formulas: their trees as MathML, with names or with this run's numbers, and their value.
const MATHML = "http://www.w3.org/1998/Math/MathML";
const GREEK = {alpha: "α", beta: "β", gamma: "γ", delta: "δ", eps: "ε", epsilon: "ε", lambd: "λ", lambda: "λ", mu: "μ", sigma: "σ",
               rho: "ρ", tau: "τ", theta: "θ", pi: "π", inf: "∞", b1: "β₁", b2: "β₂"};
const math = (name, ...children) => {
  const element = document.createElementNS(MATHML, name);
  element.append(...children);
  return element;
};
const mo = (text, space) => { const sign = math("mo", text); if (space) { sign.setAttribute("lspace", space); sign.setAttribute("rspace", space); } return sign; };
const row = (...children) => math("mrow", ...children);
const bracketed = (inside, open = "(", close = ")") => row(mo(open), inside, mo(close));
const joined = (parts, between) => row(...parts.flatMap((part, i) => i ? [between(), part] : [part]));
const whole = (...children) => { const element = math("math", row(...children)); element.setAttribute("displaystyle", "true"); return element; };

// A name: Greek letters, subscripts, hats; dx as the slope of L in x.
const nameMath = (name) => {
  if (name in GREEK) return math("mi", GREEK[name]);
  const hat = /^(\w+)\^$/.exec(name), below = /^([A-Za-z]+)_(\w+)$/.exec(name);
  if (hat) { const over = math("mover", nameMath(hat[1]), mo("^")); over.setAttribute("accent", "true"); return over; }
  if (below && below[1].length <= 2) return math("msub", nameMath(below[1]), math("mi", below[2]));
  const letter = math("mi", name);
  if (name.length > 1) letter.setAttribute("mathvariant", "normal");
  return letter;
};
const slopeMath = (name) => math("mfrac", row(math("mi", "∂"), math("mi", "L")), row(math("mi", "∂"), nameMath(name)));
const LEVEL = {"^": 4, function: 4, "power of": 4, call: 6, "+": 1, "-": 1, minus: 1, "*": 2, "@": 2, "/": 3, over: 2, cases: 0, "=": 0, "<": 0, ">": 0, "<=": 0, ">=": 0, and: -1, or: -1, not: -1};
const levelOf = (tree) => tree[0] === "over" && tree[1] !== "sum" ? 4 : LEVEL[tree[0]] ?? 9;

// `fill(tree)` may give a number for a part of the tree, which then stands in its place.
const mathOf = (tree, fill = () => undefined, least = -2) => {
  const number = fill(tree);
  if (number !== undefined) {
    const text = math("mn", short(number));
    text.setAttribute("title", exact(number, "float64"));
    return number < 0 && least > 0 ? bracketed(text) : text;
  }
  const drawn = drawnPart(tree, fill);
  return levelOf(tree) < least ? bracketed(drawn) : drawn;
};
const SIGN = {"<=": "≤", ">=": "≥", is: "is", "=": "="};
const drawnPart = (tree, fill) => {
  const [kind, a, b, c] = tree, part = (inner, least) => mathOf(inner, fill, least);
  switch (kind) {
    case "number": return math("mn", b);
    case "name": return /^d[a-z]\w*$/.test(a) && drawnPart.slopes.has(a.slice(1)) ? slopeMath(a.slice(1)) : nameMath(a);
    case "words": return math("mtext", a);
    case "dots": return mo("…");
    case "+": return row(part(a, 1), mo("+"), part(b, 1));
    case "-": return row(part(a, 1), mo("−"), part(b, 2));
    case "minus": return row(mo("−"), part(a, 2));
    case "*": return row(part(a, 2), filled(fill, a, b) ? mo("·", ".15em") : mo("\u2062", ".08em"), part(b, 2.5));
    case "@": return row(part(a, 2), mo("\u2062", ".1em"), part(b, 3));
    case "/": return math("mfrac", part(a, -2), part(b, -2));
    case "^": return math("msup", part(a, 5), part(b, -2));
    case "at": return math("msub", part(a, 4), joined(tree.slice(2).map((one) => part(one, -2)), () => mo(",")));
    case "abs": return bracketed(part(a, -2), "|", "|");
    case "list": return bracketed(joined(tree.slice(1).map((one) => part(one, -2)), () => mo(",")), "[", "]");
    case "function": return functionMath(a, part(b, a === "sqrt" || a === "floor" || tree[2][0] === "^" ? -2 : 4));
    case "power of": return row(math("msup", math("mi", a), part(b, -2)), mo("\u2061"), part(c, 4));
    case "over": return overMath(a, b, part(c, a === "sum" ? 2 : 4));
    case "call": return row(nameMath(a), mo("\u2061"), bracketed(joined(tree.slice(2).map((one) => part(one, -2)), () => mo(","))));
    case "cases": return casesMath(a, b, part);
    case "not": return row(math("mtext", "not "), part(a, 0));
    case "and": case "or": return row(part(a, -1), math("mtext", ` ${kind} `), part(b, -1));
    default: return row(part(a, 1), mo(SIGN[kind] || kind), part(b, 1));
  }
};
drawnPart.slopes = new Set();           // the names whose d is a slope here
// A number next to a number needs a dot between.
const filled = (fill, a, b) => fill(b) !== undefined || b[0] === "number" || (fill(a) !== undefined && /^[/(^]/.test(b[0]))
  || (b[0] === "^" && fill(b[1]) !== undefined);
const thin = (inside) => { const space = math("mspace"); if (!/^\(|^\|/.test(inside.textContent)) space.setAttribute("width", ".17em"); return space; };
const functionMath = (name, inside) => {
  if (name === "sqrt") return math("msqrt", inside);
  if (name === "floor") return bracketed(inside, "⌊", "⌋");
  if (name === "!") return row(inside, mo("!"));
  const log = /^log_(\d+)$/.exec(name);
  return row(log ? math("msub", math("mi", "log"), math("mn", log[1])) : math("mi", name), mo("\u2061"), thin(inside), inside);
};
const overMath = (name, below, inside) => {
  if (name !== "sum") return row(math("mi", name), mo("\u2061"), thin(inside), inside);
  const sign = mo("∑");
  return row(below ? math("munder", sign, math("mi", below)) : sign, inside);
};
const casesMath = (found, otherwise, part) => {
  const line = (value, words) => math("mtr", math("mtd", part(value, -2)), math("mtd", words));
  const lines = found.map(([value, when]) => line(value, row(math("mtext", "where "), part(when, -1))));
  if (otherwise) lines.push(line(otherwise, math("mtext", "else")));
  const table = math("mtable", ...lines);
  table.setAttribute("columnalign", "left left");
  return row(mo("{"), table);
};

const erf = (x) => {
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; n < 120; n++) { term *= -x * x / n; sum += term / (2 * n + 1); }
  return 2 / Math.sqrt(Math.PI) * sum;
};
const FUNCTIONS = {sin: Math.sin, cos: Math.cos, tan: Math.tan, sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh, sqrt: Math.sqrt,
                   ln: Math.log, log: Math.log, log_10: Math.log10, log_2: Math.log2, exp: Math.exp, sign: Math.sign,
                   floor: Math.floor, trunc: Math.trunc, erf, sigmoid: (x) => 1 / (1 + Math.exp(-x))};
const INVERSES = {sin: Math.asin, cos: Math.acos, tan: Math.atan};
const CALLS = {max: Math.max, min: Math.min};

// What the names of a formula are for one cell. `get(name, k)` gives a number, k being the place in the row that a sum runs over.
class Names {
  constructor(get, length = 0, definitions = {}) { Object.assign(this, {get, length, definitions, sums: new Map(), used: new Map()}); }
  number(name, k) {
    const found = this.get(name, k);
    if (found !== undefined) return found;
    const bare = name.replace(/_[a-z]$/, "");
    if (bare !== name && bare in this.definitions || this.get(bare, k) !== undefined) return this.number(bare, k);
    if (name in this.definitions) {
      const value = this.value(this.definitions[name], k);
      if (k === this.own) this.used.set(name, value);
      return value;
    }
    const constant = {e: Math.E, pi: Math.PI, inf: Infinity, N: this.length || undefined, C: this.length || undefined}[name];
    if (constant === undefined) throw new Missing(`${name} is not known here`);
    return constant;
  }
  over(tree) {
    const key = JSON.stringify(tree);
    if (!this.sums.has(key)) {
      if (!this.length) throw new Missing("no row to sum over");
      const terms = Array.from({length: this.length}, (_, k) => this.value(tree[3], k));
      const sum = terms.reduce((a, b) => a + b, 0), mean = sum / this.length;
      const result = {sum, mean, max: terms.reduce((a, b) => Math.max(a, b), -Infinity), min: terms.reduce((a, b) => Math.min(a, b), Infinity),
                      var: terms.reduce((a, b) => a + (b - mean) ** 2, 0) / this.length}[tree[1]];
      this.sums.set(key, {tree, terms, result});
    }
    return this.sums.get(key).result;
  }
  value(tree, k = this.own) {
    const [kind, a, b, c] = tree, of = (inner) => this.value(inner, k);
    switch (kind) {
      case "number": return a;
      case "name": return this.number(a, k);
      case "+": return of(a) + of(b);
      case "-": return of(a) - of(b);
      case "minus": return -of(a);
      case "*": return of(a) * of(b);
      case "/": return of(a) / of(b);
      case "^": return a[0] === "name" && a[1] === "e" ? Math.exp(of(b)) : of(a) ** of(b);
      case "abs": return Math.abs(of(a));
      case "over": return this.over(tree);
      case "function": return this.applied(a, b, k);
      case "power of": {
        const inverse = b[0] === "minus" && b[1][1] === 1;
        if (inverse && !INVERSES[a]) throw new Missing(`${a} has no inverse here`);
        return inverse ? INVERSES[a](of(c)) : this.applied(a, c, k) ** of(b);
      }
      case "call": if (CALLS[a]) return CALLS[a](...tree.slice(2).map(of)); throw new Missing(`${a} is not worked out here`);
      case "cases": {
        for (const [value, when] of a) if (this.holds(when, k)) return of(value);
        if (b) return of(b);
        throw new Missing("no case holds");
      }
      case "at": case "list": case "dots": case "words": case "@": throw new Missing("a formula of whole arrays");
      default: return Number(this.holds(tree, k));
    }
  }
  applied(name, inside, k) {
    if (name === "softmax") return Math.exp(this.value(inside, k)) / this.over(["over", "sum", "", ["^", ["name", "e"], inside]]);
    if (!FUNCTIONS[name]) throw new Missing(`${name} is not worked out here`);
    return FUNCTIONS[name](this.value(inside, k));
  }
  holds(when, k) {
    const [kind, a, b] = when;
    if (kind === "and") return this.holds(a, k) && this.holds(b, k);
    if (kind === "or") return this.holds(a, k) || this.holds(b, k);
    if (kind === "not") return !this.holds(a, k);
    if (kind === "is" && b[1] === "nan") return Number.isNaN(this.value(a, k));
    const compare = {"=": (x, y) => x === y, is: (x, y) => x === y, "<": (x, y) => x < y, ">": (x, y) => x > y, "<=": (x, y) => x <= y, ">=": (x, y) => x >= y}[kind];
    return compare ? compare(this.value(a, k), this.value(b, k)) : this.value(when, k) !== 0;
  }
}
