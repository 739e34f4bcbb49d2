// Operations that hold a small network in themselves: attention and the recurrent layers. Their inner numbers are worked out again.
const SPECIALS = {};
const inner = (name, number) => ({name, number});                     // a factor that the trace does not hold as a value
const sumOf = (left, terms, more = {}) => ({left, terms, result: total(terms), ...more});

// Scores, weights and their slopes of one query row.
const attending = (call) => {
  const [q, k, v] = call.shapes, y = call.outShapes[0], lead = y.slice(0, -2), [L, D, S, E] = [q.at(-2), q.at(-1), k.at(-2), v.at(-1)];
  const scale = call.setting("scale"), p = call.setting("p", 0), causal = call.setting("is_causal", false);
  const base = (place, index) => narrowed(index, call.shapes[place].slice(0, -2)) * call.shapes[place].at(-2) * call.shapes[place].at(-1);
  const beside = (name, index, i, j) => {
    if (!call.has(name)) return undefined;
    const shape = call.shape(name), full = [...index, i, j];
    return numberAt(call.ids[call.place(name)], narrowed(full.slice(Math.max(0, full.length - shape.length)), shape));
  };
  const score = (index, i, j) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += numberAt(call.ids[0], base(0, index) + i * D + d) * numberAt(call.ids[1], base(1, index) + j * D + d);
    if (causal) return j <= i ? sum * scale : -Infinity;
    const mask = beside("mask", index, i, j);
    if (mask === undefined) return sum * scale;
    return trace.values[call.ids[call.place("mask")]].dtype === "bool" ? (mask ? sum * scale : -Infinity) : sum * scale + mask;
  };
  const row = (index, i) => {
    const scores = all(S).map((j) => score(index, i, j)), top = Math.max(...scores.filter(Number.isFinite), -1e300);
    const e = scores.map((s) => Math.exp(s - top)), sum = e.reduce((a, b) => a + b, 0) || 1, a = e.map((one) => one / sum);
    const kept = all(S).map((j) => { const keep = beside("keep", index, i, j); return keep === undefined ? 1 : p === 1 ? 0 : keep / (1 - p); });
    return {scores, a, kept, b: a.map((one, j) => one * kept[j])};
  };
  const slopes = (index, i, g) => {
    const {a, kept} = row(index, i);
    const da = all(S).map((j) => kept[j] * all(E).reduce((sum, e) => sum + g(index, i, e) * numberAt(call.ids[2], base(2, index) + j * E + e), 0));
    const mean = a.reduce((sum, one, j) => sum + one * da[j], 0);
    return a.map((one, j) => one * (da[j] - mean));
  };
  return {lead, L, D, S, E, scale, base, row, slopes};
};
SPECIALS.attention = {
  forward: (account, call) => {
    const {E, D, row, base, S, scale} = attending(call), [i, e] = unravel(account.cell, call.outShapes[0]).slice(-2);
    const index = unravel(account.cell, call.outShapes[0]).slice(0, -2), {scores, a, b} = row(index, i);
    account.terms = all(S).filter((j) => b[j]).map((j) => multiplied(account, [inner(`a[${i}, ${j}]`, b[j]), account.read(call.ids[2], base(2, index) + j * E + e, "v")], 1));
    for (let d = 0; d < D; d++) account.read(call.ids[0], base(0, index) + i * D + d, "q");
    for (const j of all(S)) if (b[j]) for (let d = 0; d < D; d++) account.read(call.ids[1], base(1, index) + j * D + d, "k");
    account.how = "sum";
    account.bars = {title: `The weights of query ${i}: softmax of its ${plural(S, "score")} q·k·${short(scale)}`,
                    rows: all(S).map((j) => ({label: `key ${j}`, value: a[j], note: `score ${short(scores[j])}`}))};
    account.result = total(account.terms);
  },
  backward: (account, call, step, input) => {
    const {lead, L, D, S, E, scale, base, row, slopes} = attending(call), shape = call.shapes[input];
    const [r, c] = unravel(account.cell, shape).slice(-2), own = unravel(account.cell, shape).slice(0, -2);
    const place = (index, i, e) => (ravel(index, lead) * L + i) * E + e, g = (index, i, e) => numberAt(step.g[0], place(index, i, e));
    const heads = input > 2 ? [] : indices(lead).filter((index) => narrowed(index, own.map((_, d) => shape[d])) === ravel(own, shape.slice(0, -2)));
    if (input > 2) {                                                  // of a mask: the slopes of all scores that it was added to
      const shape = call.shapes[input], scores = [...lead, L, S];
      account.terms = all(sizeOf(scores)).filter((flat) => narrowed(unravel(flat, scores).slice(scores.length - shape.length), shape) === account.cell).map((flat) => {
        const at = unravel(flat, scores), j = at.pop(), i = at.pop();
        return multiplied(account, [inner(`ds[${i}, ${j}]`, slopes(at, i, g)[j])], 1);
      });
      account.how = "sum";
      return account.result = total(account.terms);
    }
    account.terms = heads.flatMap((index) => {
      if (input === 2) return all(L).map((i) => multiplied(account, [inner(`a[${i}, ${r}]`, row(index, i).b[r]), account.read(step.g[0], place(index, i, c), "g")], 1));
      if (input === 0) return slopes(index, r, g).map((ds, j) => multiplied(account, [inner(`ds[${r}, ${j}]`, ds), account.read(call.ids[1], base(1, index) + j * D + c, "k")], scale));
      return all(L).map((i) => multiplied(account, [inner(`ds[${i}, ${r}]`, slopes(index, i, g)[r]), account.read(call.ids[0], base(0, index) + i * D + c, "q")], scale));
    });
    account.how = "sum";
    account.result = total(account.terms);
  },
};

// The place of the largest or smallest number of a row.
const placing = (sign, word) => ({forward: (account, call) => {
  const cells = reduced(call, call.setting("dim")).row(account.cell), won = best(call.ids[0], cells, sign);
  account.among = cells.map((cell) => account.read(call.ids[0], cell, "x"));
  account.terms = [{factors: [account.read(call.ids[0], won, "x")], scale: 1, number: numberAt(call.ids[0], won)}];
  account.how = `the place of the ${word}`;
  account.result = cells.indexOf(won);
}});
SPECIALS.argmax = placing(1, "largest");
SPECIALS.argmin = placing(-1, "smallest");

// A recurrent layer run again, step by step; each kind says how gates follow from z = W_ih x + b_ih and s = W_hh h + b_hh.
const sigmoid = FUNCTIONS.sigmoid;
const KINDS_OF_CELLS = {
  rnn_layer: {gates: ["z"], forward: ([z], [s], h, c, relu) => { const y = relu ? Math.max(z + s, 0) : Math.tanh(z + s); return {y, kept: {y}}; },
    backward: (dh, dc, {y}, h, c, relu) => { const d = dh * (relu ? Number(y > 0) : 1 - y * y); return {dm: [d], ds: [d], dh: 0, dc: 0}; }},
  gru_layer: {gates: ["r", "z", "n"], forward: (m, s, h) => {
    const r = sigmoid(m[0] + s[0]), z = sigmoid(m[1] + s[1]), n = Math.tanh(m[2] + r * s[2]);
    return {y: (1 - z) * n + z * h, kept: {r, z, n, q: s[2]}};
  }, backward: (dh, dc, {r, z, n, q}, h) => {
    const dn = dh * (1 - z) * (1 - n * n), dr = dn * q * r * (1 - r), dz = dh * (h - n) * z * (1 - z);
    return {dm: [dr, dz, dn], ds: [dr, dz, dn * r], dh: dh * z, dc: 0};
  }},
  lstm_layer: {gates: ["i", "f", "u", "o"], forward: (m, s, h, c) => {
    const i = sigmoid(m[0] + s[0]), f = sigmoid(m[1] + s[1]), u = Math.tanh(m[2] + s[2]), o = sigmoid(m[3] + s[3]), cell = f * c + i * u;
    return {y: o * Math.tanh(cell), c: cell, kept: {i, f, u, o, c: cell}};
  }, backward: (dh, dcNext, {i, f, u, o, c: cell}, h, c) => {
    const t = Math.tanh(cell), dc = dcNext + dh * o * (1 - t * t), d = [dc * u * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - u * u), dh * t * o * (1 - o)];
    return {dm: d, ds: d, dh: 0, dc: dc * f};
  }},
};
class Recurrence {
  constructor(call) {
    const kind = KINDS_OF_CELLS[call.step.op], [N, C] = call.shapes[0], H = call.shape("w_hh")[1];
    if (call.has("w_hr")) throw new Missing("a projected state is not followed here");
    Object.assign(this, {call, kind, N, C, H, G: kind.gates.length, relu: call.setting("nonlinearity") === "relu", B: call.shape("h0")[0]});
    const sizes = call.setting("batch_sizes"), starts = [];
    sizes.reduce((start, size) => (starts.push(start), start + size), 0);
    this.times = sizes.map((size, t) => ({t, size, start: starts[t]}));
    if (call.setting("reverse", false)) this.times.reverse();
    this.run();
  }
  n(name, flat) { return numberAt(this.call.ids[this.call.place(name)], flat); }
  bias(name, k) { return this.call.has(name) ? this.n(name, k) : 0; }
  run() {
    const {N, C, H, G, kind} = this;
    this.before = new Array(N); this.cellBefore = new Array(N); this.kept = all(N).map(() => new Array(H)); this.y = all(N).map(() => new Float64Array(H));
    const h = all(this.B).map((b) => Float64Array.from(all(H), (j) => this.n("h0", b * H + j)));
    const c = all(this.B).map((b) => Float64Array.from(all(H), (j) => this.call.has("c0") ? this.n("c0", b * H + j) : 0));
    for (const {size, start} of this.times) for (let b = 0; b < size; b++) {
      const r = start + b, old = h[b], oldCell = c[b];
      this.before[r] = old; this.cellBefore[r] = oldCell; h[b] = new Float64Array(H); c[b] = new Float64Array(H);
      for (let j = 0; j < H; j++) {
        const m = all(G).map((g) => { let sum = this.bias("b_ih", g * H + j); for (let i = 0; i < C; i++) sum += this.n("x", r * C + i) * this.n("w_ih", (g * H + j) * C + i); return sum; });
        const s = all(G).map((g) => { let sum = this.bias("b_hh", g * H + j); for (let i = 0; i < H; i++) sum += old[i] * this.n("w_hh", (g * H + j) * H + i); return sum; });
        const made = kind.forward(m, s, old[j], oldCell[j], this.relu);
        this.kept[r][j] = made.kept; this.y[r][j] = h[b][j] = made.y; c[b][j] = made.c ?? 0;
      }
    }
  }
  // The slopes of all pre-activations, by running backward through time.
  slopes(step) {
    const {N, H, G, B} = this, slope = (out, flat) => step.g[out] === null || step.g[out] === undefined ? 0 : numberAt(step.g[out], flat);
    this.dm = all(N).map(() => new Float64Array(G * H)); this.ds = all(N).map(() => new Float64Array(G * H));
    const dh = all(B).map((b) => Float64Array.from(all(H), (j) => slope(1, b * H + j))), dc = all(B).map((b) => Float64Array.from(all(H), (j) => slope(2, b * H + j)));
    for (const {size, start} of [...this.times].reverse()) for (let b = 0; b < size; b++) {
      const r = start + b, next = new Float64Array(H);
      for (let j = 0; j < H; j++) {
        const back = this.kind.backward(dh[b][j] + slope(0, r * H + j), dc[b][j], this.kept[r][j], this.before[r][j], this.cellBefore[r][j], this.relu);
        back.dm.forEach((d, g) => { this.dm[r][g * H + j] = d; }); back.ds.forEach((d, g) => { this.ds[r][g * H + j] = d; });
        next[j] += back.dh; dc[b][j] = back.dc;
      }
      for (let k = 0; k < G * H; k++) for (let i = 0; i < H; i++) next[i] += this.ds[r][k] * this.n("w_hh", k * H + i);
      dh[b] = next;
    }
    this.dh0 = dh; this.dc0 = dc;
  }
}
const recurrent = {
  forward: (account, call, out) => {
    const run = new Recurrence(call), {C, H, G, kind} = run, j = account.cell % H, last = out > 0;
    const b = Math.floor(account.cell / H), ends = run.times.filter(({size}) => size > b);
    const r = last ? ends.at(-1).start + b : b, sums = [], known = {h: run.before[r][j], c_old: run.cellBefore[r][j]};
    kind.gates.forEach((gate, g) => {
      const k = g * H + j, x = all(C).map((i) => multiplied(account, [account.read(call.ids[0], r * C + i, "x"), account.read(call.ids[call.place("w_ih")], k * C + i, "w_ih")], 1));
      const h = all(H).map((i) => multiplied(account, [inner(`h[${i}]`, run.before[r][i]), account.read(call.ids[call.place("w_hh")], k * H + i, "w_hh")], 1));
      for (const [terms, name] of [[x, "b_ih"], [h, "b_hh"]]) if (call.has(name)) terms.push(multiplied(account, [account.read(call.ids[call.place(name)], k, name)], 1));
      sums.push(sumOf(G === 1 ? "z" : `m_${gate}`, x), sumOf(G === 1 ? "s" : `s_${gate}`, h));
    });
    for (const {left, result} of sums) known[left] = result;
    account.sums = sums;
    for (const {left, trees: [tree]} of formulas.inner[run.relu ? "rnn_layer of relu" : call.step.op]) {
      const names = new Names((name) => known[name]);
      known[left] = names.value(tree);
      account.lines.push({left, tree, value: known[left], names, last: left === "y" && out < 2});
    }
    account.result = out === 2 ? known.c : known.y;
    account.scale = 1;
  },
  backward: (account, call, step, input) => {
    const run = new Recurrence(call), {C, H, G, N} = run, name = call.step.input_names[input], cell = account.cell, sides = {ih: "dm", hh: "ds"};
    run.slopes(step);
    const side = /_(ih|hh)$/.exec(name)?.[1], slope = (which, r, k) => inner(`d${which === "dm" ? "m" : "s"}[${r}, ${k}]`, run[which][r][k]);
    const byUnit = (which, r, i, weight, width) => all(G * H).map((k) => multiplied(account, [slope(which, r, k), account.read(call.ids[call.place(weight)], k * width + i, weight)], 1));
    if (name === "x") account.terms = byUnit("dm", Math.floor(cell / C), cell % C, "w_ih", C);
    else if (name === "w_ih") account.terms = all(N).map((r) => multiplied(account, [slope("dm", r, Math.floor(cell / C)), account.read(call.ids[0], r * C + cell % C, "x")], 1));
    else if (name === "w_hh") account.terms = all(N).map((r) => multiplied(account, [slope("ds", r, Math.floor(cell / H)), inner(`h[${r}, ${cell % H}]`, run.before[r][cell % H])], 1));
    else if (side) account.terms = all(N).map((r) => multiplied(account, [slope(sides[side], r, cell)], 1));
    else { account.result = (name === "c0" ? run.dc0 : run.dh0)[Math.floor(cell / H)][cell % H]; account.note = "Carried back through every step of the sequence."; return; }
    account.how = "sum";
    account.result = total(account.terms);
  },
};
for (const name of Object.keys(KINDS_OF_CELLS)) SPECIALS[name] = recurrent;

// An optimiser's step for one cell, worked out from the state that the trace holds: the formulas, and the numbers of their names.
const RULES = {
  SGD: (at) => {
    const b = at.state("momentum_buffer"), known = {b, momentum: at.setting("momentum", 0), weight_decay: at.setting("weight_decay", 0)};
    return {lines: formulas.inner[b === undefined ? "SGD" : at.setting("nesterov") ? "SGD, Nesterov" : "SGD, momentum"], known};
  },
  Adam: (at) => ({lines: formulas.inner.Adam, known: moments(at)}),
  AdamW: (at) => ({lines: formulas.inner.AdamW, known: moments(at)}),
};
const moments = (at) => {
  const m = at.state("exp_avg"), v = at.state("max_exp_avg_sq") ?? at.state("exp_avg_sq"), t = at.state("step"), [b1, b2] = at.setting("betas");
  if (m === undefined || v === undefined || t === undefined) throw new Missing("the optimiser's state was not recorded");
  return {m, v, t, b1, b2, weight_decay: at.setting("weight_decay", 0)};
};
const accountUpdate = (step, cell) => {
  const account = new Account(step.after, cell);
  tried(account, () => {
    const at = (name) => account.read({p: step.parameter, g: step.gradient}[name], cell, name).number;
    at.setting = (name, otherwise) => unwrapped(step.settings[name] ?? null) ?? otherwise;
    at.state = (name) => { const kept = step.state[name]; return kept === undefined ? undefined : stateNumber(kept, cell, account, name); };
    if (!RULES[step.op] || step.gradient === null || at.setting("maximize")) {
      account.terms = [multiplied(account, [account.read(step.parameter, cell, "p")], 1), multiplied(account, [account.read(step.update, cell, "update")], 1)];
      account.how = "sum"; account.result = total(account.terms);
      return;
    }
    const {lines, known} = RULES[step.op](at);
    const get = (name) => known[name] ?? (name === "p" || name === "g" ? at(name) : typeof at.setting(name) === "number" ? at.setting(name) : undefined);
    for (const {left, trees: [tree]} of lines) {
      const names = new Names(get), value = names.value(tree);
      account.lines.push({left, tree, value, names, last: left === "p"});
      if (left === "p") account.result = value; else known[left] = value;
    }
  });
  return account;
};
// A state is a value of the trace, or a number.
const stateNumber = (kept, cell, account, name) => {
  if (kept && typeof kept === "object") return "value" in kept ? stateNumber(kept.value, cell, account, name) : plain(kept.number ?? kept.constant);
  const value = trace.values[kept];
  if (!Number.isInteger(kept) || !value || value.role !== "state") return plain(kept);
  return value.shape.length ? account.read(kept, cell, name).number : numberAt(kept, 0);
};
