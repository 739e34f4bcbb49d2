// Operations whose formula is in words: the words with the numbers put in, and what they come to. More of SPECIALS, see page_special.js.

// ln of the absolute value of the gamma function (Lanczos), and its derivatives by recurrence and an asymptotic series.
const LANCZOS = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
const lgamma = (x) => {
  if (x < .5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
  const t = x + 6.5, sum = LANCZOS.reduce((a, b, i) => a + b / (x + i), 0.99999999999980993);
  return Math.log(Math.sqrt(2 * Math.PI)) + (x - .5) * Math.log(t) - t + Math.log(Math.abs(sum));
};
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6];
const digamma = (x) => {
  if (x <= 0) return digamma(1 - x) - Math.PI / Math.tan(Math.PI * x);
  if (x < 8) return digamma(x + 1) - 1 / x;
  return Math.log(x) - 1 / (2 * x) - BERNOULLI.reduce((sum, b, k) => sum + b / (2 * (k + 1) * x ** (2 * (k + 1))), 0);
};
const factorial = (n) => n < 2 ? 1 : n * factorial(n - 1);
const polygamma = (n, x) => {
  if (n === 0) return digamma(x);
  const sign = (-1) ** (n + 1);
  if (x < 12) return polygamma(n, x + 1) + sign * factorial(n) / x ** (n + 1);
  return sign * (factorial(n - 1) / x ** n + factorial(n) / (2 * x ** (n + 1)) + BERNOULLI.reduce((sum, b, k) => sum + b * factorial(2 * k + 1 + n) / factorial(2 * k + 2) / x ** (2 * k + 2 + n), 0));
};
const igamma = (a, x) => {
  if (x <= 0) return 0;
  let term = 1 / a, sum = term;
  for (let n = 1; n < 2000 && Math.abs(term) > 1e-17 * sum; n++) { term *= x / (a + n); sum += term; }
  return Math.min(1, sum * Math.exp(a * Math.log(x) - x - lgamma(a)));
};
const bessel = (x, n) => { const steps = 400; return all(steps).reduce((sum, i) => { const t = 2 * Math.PI * (i + .5) / steps; return sum + Math.exp(x * Math.cos(t) - Math.abs(x)) * Math.cos(n * t); }, 0) / steps; };
const erfinv = (y) => {
  if (Math.abs(y) >= 1) return Math.abs(y) > 1 ? NaN : y * Infinity;
  let low = -6, high = 6;
  for (let i = 0; i < 80; i++) { const mid = (low + high) / 2; if (erf(mid) < y) low = mid; else high = mid; }
  return (low + high) / 2;
};
const evenly = (x) => { const low = Math.floor(x), rest = x - low; return rest > .5 || (rest === .5 && low % 2) ? low + 1 : low; };
const divisor = (a, b) => b ? divisor(b, a % b) : Math.abs(a);
const nextTo = (x, towards, dtype) => {
  if (Number.isNaN(x) || Number.isNaN(towards)) return NaN;
  if (x === towards) return towards;
  const [Floats, Ints] = dtype === "float64" ? [Float64Array, BigInt64Array] : [Float32Array, Int32Array], number = new Floats([x]), bits = new Ints(number.buffer);
  if (x === 0) { bits[0] = dtype === "float64" ? 1n : 1; return Math.sign(towards) * number[0]; }
  bits[0] += (towards > x) === (x > 0) ? (dtype === "float64" ? 1n : 1) : (dtype === "float64" ? -1n : -1);
  return number[0];
};
const bitwise = (work) => (a, b) => Number(work(BigInt(a), BigInt(b ?? 0)));
const signOf = (x) => x < 0 || Object.is(x, -0) ? -1 : 1;

// Of the numbers of the inputs in their order, and the call: what the words come to.
const ELEMENTS = {
  ceil: ([x]) => Math.ceil(x), floor: ([x]) => Math.floor(x), trunc: ([x]) => Math.trunc(x),
  round: ([x], call) => { const power = 10 ** call.setting("decimals", 0); return evenly(x * power) / power; },
  nan_to_num: ([x], call) => { const name = Number.isNaN(x) ? "nan" : x === Infinity ? "posinf" : x === -Infinity ? "neginf" : null; return name === null ? x : call.setting(name) ?? limit(name, call); },
  eq: ([x, y]) => x === y, ne: ([x, y]) => x !== y, isnan: ([x]) => Number.isNaN(x), isinf: ([x]) => Math.abs(x) === Infinity,
  isposinf: ([x]) => x === Infinity, isneginf: ([x]) => x === -Infinity, isreal: () => true, signbit: ([x]) => signOf(x) < 0,
  logical_xor: ([x, y]) => Boolean(x) !== Boolean(y), atan2: ([y, x]) => Math.atan2(y, x), copysign: ([x, y]) => Math.abs(x) * signOf(y),
  bitwise_and: ([x, y]) => bitwise((a, b) => a & b)(x, y), bitwise_or: ([x, y]) => bitwise((a, b) => a | b)(x, y), bitwise_xor: ([x, y]) => bitwise((a, b) => a ^ b)(x, y),
  bitwise_not: ([x], call) => trace.values[call.ids[0]].dtype === "bool" ? !x : -x - 1,
  gcd: ([x, y]) => divisor(Math.abs(x), Math.abs(y)), lcm: ([x, y]) => x && y ? Math.abs(x * y) / divisor(Math.abs(x), Math.abs(y)) : 0,
  nextafter: ([x, towards], call) => nextTo(x, towards, trace.values[call.ids[0]].dtype),
  erf: ([x]) => erf(x), erfinv: ([x]) => erfinv(x), lgamma: ([x]) => lgamma(x), digamma: ([x]) => digamma(x), trigamma_and_beyond: ([x], call) => polygamma(call.setting("n"), x),
  igamma: ([a, x]) => igamma(a, x), igammac: ([a, x]) => 1 - igamma(a, x), scaled_bessel: ([x], call) => bessel(x, call.setting("order")),
};
const LARGEST = {float32: 3.4028234663852886e38, float64: Number.MAX_VALUE, float16: 65504};
const limit = (name, call) => name === "nan" ? 0 : (name === "posinf" ? 1 : -1) * LARGEST[trace.values[call.ids[0]].dtype];
// A sentence of the docstring with numbers for its names: "the largest whole number <= 2.7".
const toldWith = (op, known) => {
  const part = formulas.ops[op].forward.find(({text}) => /^y\s*=/.test(text)), words = (part?.text ?? "").replace(/^y\s*=\s*/, "");
  return words.replace(/[A-Za-z_]\w*/g, (name) => name in known ? short(known[name]) : name);
};
const fromWords = (account, call) => {
  const y = call.outShapes[0], at = unravel(account.cell, y), known = {}, names = call.step.input_names;
  const numbers = call.ids.map((id, i) => {
    if (id === null || id === undefined) return known[names[i]] = call.constants[i];
    return known[names[i]] = account.read(id, narrowed(at, call.shapes[i]), names[i]).number;
  });
  const decimals = call.setting("decimals", null);
  if (decimals !== null) known.decimals = decimals;
  account.result = Number(ELEMENTS[call.step.op](numbers, call));
  account.told = toldWith(call.step.op, known);
};

// The same of slopes: of the numbers of the inputs, the slope that arrived, the result and the call.
const clipped = ([x, y], call) => Math.min(Math.max(x - y, -call.setting("delta", 1)), call.setting("delta", 1));
const SLOPES = {
  copysign: {x: ([x, y], g) => x === 0 ? 0 : signOf(x) === signOf(y) ? g : -g}, nan_to_num: {x: ([x], g) => Number.isFinite(x) ? g : 0},
  fmax: {y: ([x, y], g) => x >= y || Number.isNaN(y) ? 0 : g}, fmin: {y: ([x, y], g) => x <= y || Number.isNaN(y) ? 0 : g},
  hardswish: {x: ([x], g) => x <= -3 ? 0 : x >= 3 ? g : g * (2 * x + 3) / 6},
  huber_error: {x: (numbers, g, y, call) => g * clipped(numbers, call), y: (numbers, g, y, call) => -g * clipped(numbers, call)},
  lgamma: {x: ([x], g) => g * digamma(x)}, digamma: {x: ([x], g) => g * polygamma(1, x)}, trigamma_and_beyond: {x: ([x], g, y, call) => g * polygamma(call.setting("n") + 1, x)},
  igamma: {x: ([a, x], g) => g * Math.exp((a - 1) * Math.log(x) - x - lgamma(a))}, igammac: {x: ([a, x], g) => -g * Math.exp((a - 1) * Math.log(x) - x - lgamma(a))},
  scaled_bessel: {x: ([x], g, y, call) => g * ((bessel(x, call.setting("order") - 1) + bessel(x, call.setting("order") + 1)) / 2 - Math.sign(x) * y)},
};
// Of each cell of the result that read this one, added up where there are several.
const slopesInWords = (account, call, step, wanted, readers) => {
  const names = call.step.input_names, y = call.outShapes[0];
  account.terms = readers.map((cell) => {
    const read = call.ids.map((id, i) => id === null || id === undefined ? {number: call.constants[i]} : account.read(id, narrowed(unravel(cell, y), call.shapes[i]), names[i]));
    const g = account.read(step.g[0], cell, "g").number, out = account.read(call.step.outputs[0], cell, "y").number;
    const number = SLOPES[call.step.op][wanted](read.map((one) => one.number), g, out, call);
    account.told ??= `by the line above, with ${names.map((name, i) => `${name} = ${short(read[i].number)}`).join(", ")} and g = ${short(g)}`;
    account.scale = Math.max(account.scale || 0, Math.abs(number));
    return {factors: [inner("slope", number)], scale: 1, number};
  });
  account.result = total(account.terms);
  account.how = "sum";
  account.sign = ": ";
  if (readers.length > 1) account.told = undefined; else account.terms = null;
};

SPECIALS.huber_error = {forward: (account, call) => {
  const at = unravel(account.cell, call.outShapes[0]), [x, y] = call.ids.map((id, i) => account.read(id, narrowed(at, call.shapes[i]), call.step.input_names[i]).number);
  followed(account, formulas.inner.huber_error, {x, y, delta: call.setting("delta", 1)}, "y");
}, backward: (account, call, step, input) => fromElements(account, call, step, call.step.input_names[input], input)};

// A row counted, or asked a question.
const asking = (how, answer) => ({forward: (account, call) => {
  const cells = reduced(call, call.setting("dim")).row(account.cell);
  account.among = cells.map((cell) => account.read(call.ids[0], cell, "x"));
  account.terms = [];
  account.how = how;
  account.result = Number(answer(account.among.map(({number}) => number)));
}});
SPECIALS.any = asking("is any not zero", (numbers) => numbers.some((x) => x !== 0));
SPECIALS.all = asking("is none zero", (numbers) => numbers.every((x) => x !== 0));
SPECIALS.count_nonzero = asking("how many are not zero", (numbers) => numbers.filter((x) => x !== 0).length);
// The place in a window of pooling that was the largest.
SPECIALS.winning_place = {forward: (account, call) => {
  const [x] = call.shapes, kernel = call.setting("kernel"), [n, c, ...i] = unravel(account.cell, call.outShapes[0]), where = windowed(call, kernel, x.slice(2));
  const seen = indices(kernel).map((k, place) => ({place, at: where(i, k)})).filter(({at}) => at).map(({place, at}) => ({place, one: account.read(call.ids[0], ravel([n, c, ...at], x), "x")}));
  const y = account.read(call.ids[1], account.cell, "y").number, won = seen.find(({one: {number}}) => Number.isNaN(number) || number === y), count = sizeOf(kernel);
  account.among = seen.map(({one: read}) => read);
  account.terms = won ? [{factors: [won.one], scale: 1, number: won.one.number}] : [];
  account.how = `the first place of ${short(y)} in`;
  account.result = won ? won.place : count < 256 ? 255 : count;
}};

// Lines of formulas that follow one another, from numbers that are known: each name on a left joins them.
const followed = (account, lines, known, last) => {
  for (const {left, trees: [tree]} of lines) {
    const now = {...known}, names = new Names((name) => now[name]);    // as they are before this line
    known[left] = names.value(tree);
    account.lines.push({left, tree, value: known[left], names, last: left === last});
  }
  return account.result = known[last];
};
// One half gated by the other.
const halvesOf = (call) => {
  const x = call.shapes[0], d = axis(call.setting("dim", -1), x.length), half = x[d] / 2;
  return {read: (account, at, second) => account.read(call.ids[0], ravel(at.with(d, at[d] % half + (second ? half : 0)), x), second ? "b" : "a").number, half, d};
};
SPECIALS.glu = {
  forward: (account, call) => {
    const {read} = halvesOf(call), at = unravel(account.cell, call.outShapes[0]);
    followed(account, formulas.inner.glu, {a: read(account, at, false), b: read(account, at, true)}, "y");
  },
  backward: (account, call, step) => {
    const {read, half, d} = halvesOf(call), at = unravel(account.cell, call.shapes[0]), second = at[d] >= half;
    const g = account.read(step.g[0], ravel(at.with(d, at[d] % half), call.outShapes[0]), "g").number;
    followed(account, formulas.inner[second ? "glu, second half" : "glu, first half"], {a: read(account, at, false), b: read(account, at, true), g}, second ? "db" : "da");
  },
};
// Running sums of exponentials.
SPECIALS.logcumsumexp = {
  forward: (account, call) => {
    const {row, place} = rowAlong(call), terms = row(account.cell).slice(0, place(account.cell) + 1).map((cell) => account.read(call.ids[0], cell, "x"));
    const top = Math.max(...terms.map(({number}) => number)), shift = Number.isFinite(top) ? top : 0;
    account.sums = [sumOf("s", terms.map(({number}) => ({factors: [inner("e^x", Math.exp(number))], scale: 1, number: Math.exp(number)})))];
    account.lines.push({left: "y", tree: ["function", "ln", ["name", "s"]], value: Math.log(account.sums[0].result), names: new Names(() => account.sums[0].result), last: true});
    account.result = shift + Math.log(terms.reduce((sum, {number}) => sum + Math.exp(number - shift), 0));
  },
  backward: (account, call, step) => {
    const {row, place} = rowAlong(call), x = account.read(call.ids[0], account.cell, "x").number, behind = row(account.cell).slice(place(account.cell));
    account.terms = behind.map((cell) => multiplied(account, [account.read(step.g[0], cell, "g"), inner("e^(x - y)", Math.exp(x - account.read(call.step.outputs[0], cell, "y").number))], 1));
    account.how = "sum";
    account.result = total(account.terms);
  },
};
// The largest, the smallest and the count are lengths of their own.
SPECIALS.p_norm = {
  forward: (account, call, out) => {
    const p = call.setting("p", 2), cells = reduced(call, call.setting("dim")).row(account.cell);
    if (p !== 0 && Number.isFinite(p)) return fromRows(account, call, ROWS.p_norm(call), call.step, null, 0, out);
    account.among = cells.map((cell) => account.read(call.ids[0], cell, "x"));
    account.terms = [];
    account.how = p === 0 ? "how many are not zero" : `the ${p > 0 ? "largest" : "smallest"} size`;
    const sizes = account.among.map(({number}) => Math.abs(number));
    return account.result = p === 0 ? sizes.filter(Boolean).length : Math[p > 0 ? "max" : "min"](...sizes);
  },
  backward: (account, call, step, input) => {
    const p = call.setting("p", 2), {row, into} = reduced(call, call.setting("dim"));
    if (p !== 0 && Number.isFinite(p)) return fromRows(account, call, ROWS.p_norm(call), step, "x", input, 0);
    const own = into(account.cell), x = account.read(call.ids[0], account.cell, "x").number, y = account.read(call.step.outputs[0], own, "y").number;
    const ties = row(own).filter((cell) => Math.abs(numberAt(call.ids[0], cell)) === y).length, share = p === 0 || Math.abs(x) !== y ? 0 : Math.sign(x) / ties;
    account.terms = [multiplied(account, [account.read(step.g[0], own, "g"), inner(ties > 1 ? "sign, shared" : "sign", share)], 1)];
    account.how = "sum";
    return account.result = total(account.terms);
  },
};
// Distances between rows.
SPECIALS.row_distances = {
  forward: (account, call) => {
    const [x, y] = call.shapes, index = unravel(account.cell, call.outShapes[0]), j = index.pop(), i = index.pop(), width = x.at(-1);
    const base = (shape, place) => (narrowed(index, shape.slice(0, -2)) * shape.at(-2) + place) * width;
    const terms = all(width).map((c) => account.read(call.ids[0], base(x, i) + c, "x").number - account.read(call.ids[1], base(y, j) + c, "y").number)
      .map((d) => ({factors: [inner("x - y", d), inner("x - y", d)], scale: 1, number: d * d}));
    account.sums = [sumOf("s", terms)];
    followed(account, formulas.inner.row_distances, {s: account.sums[0].result}, "y");
    account.scale = Math.max(...terms.map(({number}) => Math.sqrt(number)), 0);
  },
  backward: (account, call, step, input) => {
    const shape = call.shapes[input], other = call.shapes[1 - input], y = call.outShapes[0], width = shape.at(-1), index = unravel(account.cell, shape), c = index.pop(), row = index.pop();
    const leads = indices(y.slice(0, -2)).filter((lead) => narrowed(lead, index.map((_, d) => shape[d])) === ravel(index, shape.slice(0, -2)));
    account.terms = leads.flatMap((lead) => all(other.at(-2)).map((j) => {
      const cell = ravel([...lead, ...(input ? [j, row] : [row, j])], y), distance = account.read(call.step.outputs[0], cell, "y").number;
      const beside = account.read(call.ids[1 - input], (narrowed(lead, other.slice(0, -2)) * other.at(-2) + j) * width + c, call.step.input_names[1 - input]).number;
      const d = account.read(call.ids[input], account.cell, call.step.input_names[input]).number - beside;
      return multiplied(account, [account.read(step.g[0], cell, "g"), inner("(difference / distance)", distance ? d / distance : 0)], 1);
    }));
    account.how = "sum";
    account.result = total(account.terms);
  },
};

// Where no sum or formula of single numbers gives a cell, the page says why.
const OF_A_FACTORISATION = "every number here depends on the whole matrix at once: it comes from a factorisation that is computed in rounds, and no formula gives one cell alone";
const WHOLE = {
  pseudo_inverse: OF_A_FACTORISATION, eigen_symmetric: OF_A_FACTORISATION, eigen_real: OF_A_FACTORISATION, svd_thin: OF_A_FACTORISATION, qr_tall: OF_A_FACTORISATION,
  matrix_exp: "every number here depends on the whole matrix at once: it is the limit of a series of matrix products",
  ctc: "this number adds up all the ways in which the letters can be spread over the moments, thousands of them; they are summed moment by moment and not kept",
  sparse_product: "the places of the sparse matrix are an object of the program, which the trace does not hold",
};
