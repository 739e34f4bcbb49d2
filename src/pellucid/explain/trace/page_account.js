// How one number came about: which numbers it was made of, the formula with them put in, what comes out, what was recorded.
// account(step, target, cell) -> {left, lines, terms, result, recorded, reads, note}; lines are {tree, names} and terms are products.
class Account {
  constructor(id, cell) {
    this.id = id; this.cell = cell; this.lines = []; this.terms = null; this.reads = new Map(); this.note = "";
    this.result = undefined; this.recorded = undefined;
    try { this.recorded = numberAt(id, cell); } catch (error) { if (!(error instanceof Missing)) throw error; }
  }
  read(id, cell, name) {
    const number = numberAt(id, cell);
    if (!this.reads.has(id)) this.reads.set(id, new Set());
    this.reads.get(id).add(cell);
    return {id, cell, name, number};
  }
  // Equal to what was recorded, up to rounding in its dtype?
  agrees() {
    if (this.result === undefined || this.recorded === undefined) return null;
    if (Number.isNaN(this.recorded) || !Number.isFinite(this.recorded)) return Object.is(this.result, this.recorded) || this.result === this.recorded;
    const size = Math.max(Math.abs(this.recorded), this.scale || 0, 1e-30);
    return Math.abs(this.result - this.recorded) <= 2e-4 * size + 1e-7;
  }
}

const multiplied = (account, factors, scale) => {
  const number = factors.reduce((product, factor) => product * factor.number, scale);
  account.scale = Math.max(account.scale || 0, Math.abs(number));
  return {factors, scale, number};
};
const total = (terms) => terms.reduce((sum, term) => sum + term.number, 0);

// Forward, from a list of parts.
const fromParts = (account, call, rule, out) => {
  const names = call.step.input_names;
  account.terms = rule.parts(account.cell, out).map(({at, scale}) =>
    multiplied(account, at.map(([input, cell]) => account.read(call.ids[input], cell, names[input] || `x_${input + 1}`)), scale));
  if (rule.among) account.among = rule.among(account.cell, out).map((cell) => account.read(call.ids[0], cell, names[0]));
  for (const [input, cell] of rule.reads ? rule.reads(account.cell, out) : []) account.read(call.ids[input], cell, names[input]);
  const how = typeof rule.how === "function" ? rule.how(account.cell) : rule.how;
  account.how = how || (account.terms.length === 1 && account.terms[0].factors.length === 1 && account.terms[0].scale === 1 ? "copy" : "sum");
  account.result = total(account.terms);
  if (rule.place && out) { account.how = `the place of ${how}`; account.result = rule.place(account.cell); }
};

// Backward: every cell of a result that read this one passes on its own slope, times what stood beside it.
const MOST = 3e6;
const backFromParts = (account, call, rule, step, input) => {
  const names = call.step.input_names, terms = [];
  const users = rule.users ? rule.users(input, account.cell)
    : call.outShapes.flatMap((shape, out) => all(sizeOf(shape)).map((cell) => [out, cell]));
  if (users.length > 2e5) throw new Missing("too many cells read this one to list them here");
  if (rule.kept && !rule.kept(input, account.cell)) { account.terms = []; account.result = 0; return; }
  let asked = 0;
  for (const [out, cell] of users) {
    if (step.g[out] === null || step.g[out] === undefined) continue;
    const parts = rule.parts(cell, out);
    if ((asked += parts.length) > MOST) throw new Missing("too many products to list them here");
    for (const {at, scale} of parts) {
      const mine = at.findIndex(([other, place]) => other === input && place === account.cell);
      if (mine < 0) continue;
      const factors = at.filter((_, i) => i !== mine).map(([other, place]) => account.read(call.ids[other], place, names[other]));
      terms.push(multiplied(account, [account.read(step.g[out], cell, "g"), ...factors], rule.share ? scale * rule.share(cell) : scale));
    }
  }
  account.terms = terms;
  account.how = terms.length === 1 && terms[0].factors.length === 1 && terms[0].scale === 1 ? "copy" : "sum";
  account.result = total(terms);
};

// The definitions of an operation's docstring by the name on their left.
const definitionsOf = (op, skip) => {
  const found = {};
  for (const part of [...formulas.ops[op].forward, ...formulas.ops[op].where, ...Object.values(formulas.ops[op].backward).flat()]) {
    if (part.head && part.head[0] === "name" && part.sign === "=" && part.left !== skip && !(part.left in found)) found[part.left] = part.trees[0];
  }
  return found;
};
const leftOf = (wanted) => wanted === null ? "y" : "d" + wanted;
// Of an input's slope, or, with null, of the result.
const formulaFor = (op, wanted) => {
  const lines = wanted === null ? formulas.ops[op].forward : formulas.ops[op].backward[wanted] || [];
  const left = leftOf(wanted);
  const at = lines.findIndex((part) => part.left === left);
  if (at < 0) throw new Missing("its formula is in words");
  const exceptions = [];
  for (let i = at + 1; i < lines.length && !lines[i].trees; i++) if (lines[i].except) exceptions.push(lines[i].except);
  return {left, tree: exceptions.length ? ["cases", exceptions, lines[at].trees[0]] : lines[at].trees[0]};
};
// Work out a formula and keep the helpers and sums that it needed, in the order in which they were needed.
const worked = (account, names, {left, tree}) => {
  const result = names.value(tree);
  for (const {tree: sum, terms, result: value} of names.sums.values()) account.lines.push({sum, terms, value, names});
  for (const [name, value] of names.used) account.lines.push({left: name, tree: names.definitions[name], value, names});
  account.lines.push({left, tree, value: result, names, last: true});
  account.scale = Math.max(account.scale || 0, ...[...names.sums.values()].flatMap(({terms}) => terms.map(Math.abs)).filter(Number.isFinite), 0);
  return result;
};

const LEFT_OUT = {weight: 1, bias: 0, positive: 1};                // what None stands for
// What a name of the docstring means for a call: an input, its result, the slope that arrived, a setting.
const lookup = (account, call, step, locate, labelled = {}) => {
  const names = call.step.input_names, taken = new Set(names);
  return (name, k) => {
    if (name in labelled) return labelled[name](k);
    const place = names.indexOf(name);
    if (place >= 0 && call.ids[place] !== null && call.ids[place] !== undefined) {
      const cell = locate(place, k);
      return cell === undefined ? undefined : account.read(call.ids[place], cell, name).number;
    }
    if (name === "g" && step.phase === "backward") return step.g[0] === null ? 0 : account.read(step.g[0], locate("g", k), "g").number;
    if ((name === "y" && !taken.has("y")) || name === "out") return step.phase === "backward" ? account.read(call.step.outputs[0], locate("y", k), "y").number : undefined;
    const given = call.setting(name, undefined);
    if (given === null || given === undefined) return LEFT_OUT[name];
    return typeof given === "number" || typeof given === "boolean" ? Number(given) : undefined;
  };
};

// Operations whose formula runs over rows of x. ROWS[op](call) -> {row(cell of x) -> cells, k(cell of x), smaller?, locate?}
const ROWS = {};
const alongDim = (call, dim) => {
  const x = call.shapes[0], d = axis(dim, x.length), step = stridesOf(x)[d] ?? 1, size = x[d] ?? 1;
  return {length: size, k: (cell) => Math.floor(cell / step) % size, at: (cell, k) => cell + (k - Math.floor(cell / step) % size) * step};
};
ROWS.softmax = ROWS.log_softmax = (call) => alongDim(call, call.setting("dim"));
ROWS.layer_norm = ROWS.rms_norm = (call) => {
  const given = call.setting("normalized_shape"), length = sizeOf(Array.isArray(given) ? given : [given]);
  return {length, k: (cell) => cell % length, at: (cell, k) => cell - cell % length + k, settings: {eps: call.setting("eps") ?? 2 ** -23},
          across: (cell) => all(sizeOf(call.shapes[0]) / length).map((i) => i * length + cell)};
};
ROWS.normalise_batch = (call) => {
  const x = call.shapes[0], channels = x[1], spots = sizeOf(x.slice(2)), length = x[0] * spots;
  const at = (cell, k) => (Math.floor(k / spots) * channels + Math.floor(cell / spots) % channels) * spots + k % spots;
  return {length, at, k: (cell) => Math.floor(cell / spots / channels) * spots + cell % spots, channel: (cell) => Math.floor(cell / spots) % channels,
          across: (channel) => all(length).map((k) => at(channel * spots, k)), summed: true};
};
ROWS.normalise_groups = (call) => {
  const x = call.shapes[0], channels = x[1], spots = sizeOf(x.slice(2)), length = channels / call.setting("groups") * spots;
  return {length, k: (cell) => cell % length, at: (cell, k) => cell - cell % length + k, channel: (cell) => Math.floor(cell / spots) % channels,
          across: (channel) => all(x[0] * spots).map((i) => (Math.floor(i / spots) * channels + channel) * spots + i % spots)};
};
const reducedRows = (call) => {
  const {row, length, into} = reduced(call, call.setting("dim"));
  return {length, smaller: true, into, k: (cell) => row(into(cell)).indexOf(cell), cells: row};
};
for (const name of ["variance", "deviation", "logsumexp", "p_norm", "sum", "mean"]) ROWS[name] = reducedRows;
ROWS.cross_entropy_of_labels = (call) => {
  const width = call.shapes[0][1], row = (cell) => all(width).map((k) => cell * width + k);
  return {length: width, smaller: true, into: (cell) => Math.floor(cell / width), k: (cell) => cell % width, cells: row, labelled: (cell, own) => ({
    q: (k = own % width) => { const s = call.setting("smoothing", 0); return (call.at("labels", cell) === k ? 1 - s : 0) + s / width; },
    s: () => call.setting("smoothing", 0),
  })};
};
ROWS.cross_entropy_of_probabilities = (call) => {
  const width = call.shapes[0][1];
  return {length: width, smaller: true, into: (cell) => Math.floor(cell / width), k: (cell) => cell % width, cells: (cell) => all(width).map((k) => cell * width + k)};
};

const fromRows = (account, call, rule, step, wanted, input, out) => {
  const forward = wanted === null, small = rule.smaller, parameter = !forward && input > 0 && !small;
  const own = account.cell, outer = small ? (forward ? own : rule.into(own)) : own;
  const shapeOf = (place) => call.shapes[place];
  const locate = (base) => (place, k) => {
    const inX = small ? (k === undefined ? own : rule.cells(outer)[k]) : (k === undefined ? base : rule.at(base, k));
    if (place === "g" || place === "y") return small ? outer : inX;
    if (same(shapeOf(place), call.shapes[0])) return small && forward && k === undefined ? undefined : inX;
    return rule.channel ? rule.channel(inX) : small ? outer : inX % rule.length;
  };
  const settings = rule.settings || {}, labelled = {...(rule.labelled ? rule.labelled(outer, own) : {}), dm: () => slopeOf(1), dv: () => slopeOf(2)};
  const slopeOf = (other) => step.g && step.g[other] !== null && step.g[other] !== undefined ? account.read(step.g[other], rule.channel(own), "g").number : 0;
  for (const [name, value] of Object.entries(settings)) labelled[name] = () => value;
  const at = (base) => {
    const names = new Names(lookup(account, call, step, locate(base), labelled), rule.length, definitionsOf(call.step.op, leftOf(wanted)));
    names.own = undefined;
    return names;
  };
  if (forward && out) return account.result = worked(account, at(rule.across(own)[0]), {left: ["m", "v"][out - 1], tree: definitionsOf(call.step.op)[["m", "v"][out - 1]] ?? fail()});
  const formula = formulaFor(call.step.op, wanted);
  if (parameter && !rule.summed && formula.tree[0] === "over") formula.tree = formula.tree[3];     // the sum is over more than a row
  if (!parameter || rule.summed) return account.result = worked(account, at(parameter ? rule.across(own)[0] : own), formula);
  return summedOver(account, rule.across(own), at, formula);
};
const fail = () => { throw new Missing("not worked out here"); };

// A slope that several cells add up, each by the same formula: broadcast inputs, gains and biases.
const summedOver = (account, cells, at, formula) => {
  account.each = cells.map((cell) => ({cell, number: at(cell).value(formula.tree)}));
  worked(account, at(cells[0]), formula);
  if (cells.length > 1) account.lines.at(-1).last = false;
  account.scale = Math.max(...account.each.map((one) => Math.abs(one.number)), 0);
  return account.result = account.each.reduce((sum, one) => sum + one.number, 0);
};

// Element by element, with broadcasting.
const fromElements = (account, call, step, wanted, input) => {
  const y = call.outShapes[0], tensors = call.shapes.filter(Boolean);
  if (WHOLE[call.step.op]) throw new Missing(WHOLE[call.step.op]);
  if (!same(broadcast(...tensors), y) || call.outShapes.length > 1) throw new Missing("this operation is not element by element");
  const locate = (cell) => (place) => place === "g" || place === "y" ? cell : narrowed(unravel(cell, y), call.shapes[place]);
  const at = (cell) => new Names(lookup(account, call, step, locate(cell)), 0, definitionsOf(call.step.op, leftOf(wanted)));
  if (wanted === null) return account.result = worked(account, at(account.cell), formulaFor(call.step.op, wanted));
  const readers = all(sizeOf(y)).filter((cell) => narrowed(unravel(cell, y), call.shapes[input]) === account.cell);
  if (readers.length > 4096) throw new Missing("too many cells read this one to list them here");
  if (SLOPES[call.step.op]?.[wanted]) return slopesInWords(account, call, step, wanted, readers);
  const formula = formulaFor(call.step.op, wanted);
  return summedOver(account, readers, at, formula);
};

// The account of a cell of a forward step's output number `out`.
const accountForward = (step, out, cell) => {
  const account = new Account(step.outputs[out], cell), call = new Call(step);
  tried(account, () => {
    if (SPECIALS[step.op]) SPECIALS[step.op].forward(account, call, out);
    else if (PARTS[step.op]) fromParts(account, call, PARTS[step.op](call), out);
    else if (ROWS[step.op]) fromRows(account, call, ROWS[step.op](call), step, null, 0, out);
    else if (ELEMENTS[step.op]) fromWords(account, call);
    else fromElements(account, call, step, null, 0);
    doubted(account, step.op);
  });
  return account;
};
// The account of a cell of the gradient that a backward step left for input number `input`.
const accountBackward = (step, input, cell) => {
  const account = new Account(step.gradients[input], cell), forward = trace.steps[step.of];
  if (!forward) { account.note = "The step that this one goes back through was made before the trace began."; return account; }
  const call = new Call(forward);
  tried(account, () => {
    if (SPECIALS[forward.op]) SPECIALS[forward.op].backward(account, call, step, input);
    else if (PARTS[forward.op]) backFromParts(account, call, PARTS[forward.op](call), step, input);
    else if (ROWS[forward.op]) fromRows(account, call, ROWS[forward.op](call), step, forward.input_names[input], input, 0);
    else fromElements(account, call, step, forward.input_names[input], input);
    doubted(account, forward.op);
  });
  return account;
};
// Where words stand beside a formula, they may decide; then its symbols alone are not what was computed.
const doubted = (account, op) => {
  const {forward, backward, where} = formulas.ops[op];
  if (account.agrees() === false && [...forward, ...where, ...Object.values(backward).flat()].some((part) => !part.trees && !part.except)) {
    throw new Missing("the words beside its formula decide here, and this page does not follow them");
  }
};
const tried = (account, work) => {
  try { work(); } catch (error) {
    if (!(error instanceof Missing)) throw error;
    account.note = error.message[0].toUpperCase() + error.message.slice(1) + ".";
    account.result = undefined; account.terms = null; account.lines = []; account.sums = account.among = account.told = undefined;
  }
};
