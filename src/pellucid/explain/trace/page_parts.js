// Operations whose every result is a sum of products of inputs, or a copy. PARTS[op](call) says which: parts(cell, out) lists the
// products that one cell of a result adds up, each as [[input, cell], ...] and a scale; users(input, cell), where it is given, lists
// the cells of the results that may read a cell of an input (without it, all are asked). Derivatives follow from the same lists.
const PARTS = {};
const copyOf = (read) => (call) => ({parts: (cell, out) => [{at: [[0, read(call, cell, out)]], scale: 1}]});
const all = (count) => [...Array(count).keys()];

PARTS.linear = (call) => {
  const x = call.shapes[0], w = call.shapes[1], columns = x.at(-1), rows = w.length === 2 ? w[0] : 1, hasBias = call.has("bias");
  return {
    parts: (cell) => {
      const n = Math.floor(cell / rows), d = cell % rows;
      const products = all(columns).map((c) => ({at: [[0, n * columns + c], [1, d * columns + c]], scale: 1}));
      return hasBias ? [...products, {at: [[2, call.shape("bias").length ? d : 0]], scale: 1}] : products;
    },
    users: (input, cell) => input === 0 ? all(rows).map((d) => [0, Math.floor(cell / columns) * rows + d])
      : all(sizeOf(x) / columns).map((n) => [0, n * rows + (input === 1 ? Math.floor(cell / columns) : cell)]),
  };
};

PARTS.matmul = (call) => {
  const x = call.shapes[0], y = call.shapes[1], left = x.length === 1 ? [1, x[0]] : x, right = y.length === 1 ? [y[0], 1] : y;
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2)), [m, inner, p] = [left.at(-2), left.at(-1), right.at(-1)];
  return {parts: (cell) => {
    const k = cell % p, i = Math.floor(cell / p) % m, index = unravel(Math.floor(cell / p / m), batch);
    const a = narrowed(index, left.slice(0, -2)), b = narrowed(index, right.slice(0, -2));
    return all(inner).map((j) => ({at: [[0, (a * m + i) * inner + j], [1, (b * inner + j) * p + k]], scale: 1}));
  }};
};

PARTS.bilinear = (call) => {
  const [a, b, w] = call.shapes, [d, i, j] = w;
  return {parts: (cell) => {
    const n = Math.floor(cell / d), o = cell % d;
    const products = all(i * j).map((at) => ({at: [[0, n * i + Math.floor(at / j)], [2, o * i * j + at], [1, n * j + at % j]], scale: 1}));
    return call.has("bias") ? [...products, {at: [[3, o]], scale: 1}] : products;
  }};
};

// Places of a window: where kernel place k of window i lies, in each dimension, or null outside.
const windowed = (call, kernel, sizes) => {
  const of = (name, otherwise) => { const given = call.setting(name, otherwise); return kernel.map((_, d) => Array.isArray(given) ? given[d] : given); };
  const stride = of("stride", 1), padding = of("padding", 0), dilation = of("dilation", 1);
  return (i, k) => {
    const at = i.map((place, d) => place * stride[d] + k[d] * dilation[d] - (Array.isArray(padding[d]) ? padding[d][0] : padding[d]));
    return at.every((place, d) => place >= 0 && place < sizes[d]) ? at : null;
  };
};

PARTS.convolution = (call) => {
  const x = call.shapes[0], w = call.shapes[1], y = call.outShapes[0], kernel = w.slice(2), places = indices(kernel);
  const groups = call.setting("groups", 1), where = windowed(call, kernel, x.slice(2)), perGroup = w[0] / groups, hasBias = call.has("bias");
  const parts = (cell) => {
    const [n, o, ...i] = unravel(cell, y), found = [], first = Math.floor(o / perGroup) * w[1];
    for (let c = 0; c < w[1]; c++) for (const k of places) {
      const at = where(i, k);
      if (at) found.push({at: [[1, ravel([o, c, ...k], w)], [0, ravel([n, first + c, ...at], x)]], scale: 1});
    }
    return hasBias ? [...found, {at: [[2, o]], scale: 1}] : found;
  };
  const spots = sizeOf(y.slice(2));
  const users = (input, cell) => {
    const n = input === 0 ? [unravel(cell, x)[0]] : all(y[0]);
    const o = input === 0 ? all(y[1]) : [input === 1 ? unravel(cell, w)[0] : cell];
    return n.flatMap((one) => o.flatMap((other) => all(spots).map((spot) => [0, (one * y[1] + other) * spots + spot])));
  };
  return {parts, users};
};

// The transposed convolution: the lists of a convolution, read from the other side.
PARTS.convolution_input = (call) => {
  const x = call.shapes[0], w = call.shapes[1], y = call.outShapes[0], kernel = w.slice(2), groups = call.setting("groups", 1);
  const where = windowed(call, kernel, y.slice(2)), perGroup = w[0] / groups, places = indices(kernel), inner = indices(x.slice(2));
  return {parts: (cell) => {
    const [n, c, ...at] = unravel(cell, y), group = Math.floor(c / w[1]), found = [];
    for (let o = group * perGroup; o < (group + 1) * perGroup; o++) for (const i of inner) for (const k of places) {
      const there = where(i, k);
      if (there && same(there, at)) found.push({at: [[1, ravel([o, c % w[1], ...k], w)], [0, ravel([n, o, ...i], x)]], scale: 1});
    }
    return call.has("bias") ? [...found, {at: [[2, c]], scale: 1}] : found;
  }};
};

PARTS.sum_windows_of = (call) => {
  const x = call.shapes[0], y = call.outShapes[0], kernel = call.setting("kernel"), where = windowed(call, kernel, x.slice(2));
  const places = indices(kernel), given = call.setting("scale", 1), scale = typeof given === "number" ? given : null;
  return {parts: (cell) => {
    if (scale === null) throw new Missing("each place has a scale of its own");
    const [n, c, ...i] = unravel(cell, y);
    return places.map((k) => where(i, k)).filter(Boolean).map((at) => ({at: [[0, ravel([n, c, ...at], x)]], scale}));
  }};
};

// A window's largest: `among` lists all that competed.
PARTS.largest_in_windows = (call) => {
  const x = call.shapes[0], y = call.outShapes[0], kernel = call.setting("kernel"), where = windowed(call, kernel, x.slice(2));
  const places = indices(kernel);
  const among = (cell) => {
    const [n, c, ...i] = unravel(cell, y);
    return places.map((k) => where(i, k)).filter(Boolean).map((at) => ravel([n, c, ...at], x));
  };
  return {among, how: "max", parts: (cell) => [{at: [[0, best(call.ids[0], among(cell), 1)]], scale: 1}]};
};
const best = (id, cells, sign) => cells.find((cell) => Number.isNaN(numberAt(id, cell))) ?? cells.reduce((a, b) => sign * numberAt(id, b) > sign * numberAt(id, a) ? b : a);

// Reductions: which cells of x go into a cell of y.
const reduced = (call, dims) => {
  const x = call.shapes[0], axes = axesOf(dims, x.length), kept = all(x.length).filter((d) => !axes.includes(d));
  const inside = indices(axes.map((d) => x[d])), keptShape = kept.map((d) => x[d]);
  const row = (cell) => {
    const outer = unravel(cell, keptShape), index = new Array(x.length);
    kept.forEach((d, i) => { index[d] = outer[i]; });
    return inside.map((inner) => { axes.forEach((d, i) => { index[d] = inner[i]; }); return ravel(index, x); });
  };
  return {row, length: inside.length, into: (flat) => { const index = unravel(flat, x); return ravel(kept.map((d) => index[d]), keptShape); }};
};
const summing = (scale) => (call) => {
  const {row, length, into} = reduced(call, call.setting("dim"));
  return {parts: (cell) => row(cell).map((flat) => ({at: [[0, flat]], scale: scale(length)})), users: (_, cell) => [[0, into(cell)]]};
};
PARTS.sum = summing(() => 1);
PARTS.mean = summing((length) => 1 / length);
// Those that are equally large share.
const sharing = (sign) => (call) => {
  const {row, into} = reduced(call, call.setting("dim"));
  return {among: (cell) => row(cell), how: sign > 0 ? "max" : "min", users: (_, cell) => [[0, into(cell)]], parts: (cell) => {
    const cells = row(cell), top = numberAt(call.ids[0], best(call.ids[0], cells, sign)), ties = cells.filter((one) => numberAt(call.ids[0], one) === top);
    return ties.map((one) => ({at: [[0, one]], scale: 1 / ties.length}));
  }};
};
PARTS.amax = sharing(1);
PARTS.amin = sharing(-1);

// Numbers that only move.
for (const name of ["reshape", "squeeze", "unsqueeze", "clone", "row_major", "cast"]) PARTS[name] = copyOf((call, cell) => cell);
PARTS.permute = copyOf((call, cell) => {
  const x = call.shapes[0], dims = call.setting("dims").map((d) => axis(d, x.length)), index = unravel(cell, call.outShapes[0]), from = [];
  dims.forEach((d, i) => { from[d] = index[i]; });
  return ravel(from, x);
});
PARTS.transpose = copyOf((call, cell) => {
  const x = call.shapes[0], [a, b] = ["dim0", "dim1"].map((name) => axis(call.setting(name), x.length)), index = unravel(cell, call.outShapes[0]);
  if (x.length) [index[a], index[b]] = [index[b], index[a]];
  return ravel(index, x);
});
PARTS.expand = copyOf((call, cell) => narrowed(unravel(cell, call.outShapes[0]), call.shapes[0]));
PARTS.flip = copyOf((call, cell) => {
  const x = call.shapes[0], dims = axesOf(call.setting("dims"), x.length);
  return ravel(unravel(cell, x).map((at, d) => dims.includes(d) ? x[d] - 1 - at : at), x);
});
PARTS.tile = copyOf((call, cell) => {
  const x = call.shapes[0], index = unravel(cell, call.outShapes[0]);
  return ravel(x.map((size, d) => index[d + index.length - x.length] % size), x);
});
PARTS.split_with_sizes = copyOf((call, cell, out) => {
  const x = call.shapes[0], dim = axis(call.setting("dim", 0), x.length), index = unravel(cell, call.outShapes[out]);
  index[dim] += call.setting("split_sizes").slice(0, out).reduce((a, b) => a + b, 0);
  return ravel(index, x);
});
PARTS.unbind = copyOf((call, cell, out) => {
  const x = call.shapes[0], index = unravel(cell, call.outShapes[out]);
  index.splice(axis(call.setting("dim", 0), x.length), 0, out);
  return ravel(index, x);
});
PARTS.cat_along = (call) => ({parts: (cell) => {
  const index = unravel(cell, call.outShapes[0]), dim = axis(call.setting("dim"), index.length);
  let input = 0;
  while (call.shapes[input].length !== index.length || index[dim] >= call.shapes[input][dim]) { index[dim] -= call.shapes[input][dim] ?? 0; input++; }
  return [{at: [[input, ravel(index, call.shapes[input])]], scale: 1}];
}});
PARTS.stack_along = (call) => ({parts: (cell) => {
  const index = unravel(cell, call.outShapes[0]), [input] = index.splice(axis(call.setting("dim"), index.length), 1);
  return [{at: [[input, ravel(index, call.shapes[input])]], scale: 1}];
}});

PARTS.nll_of_labels = (call) => ({parts: (cell) => [{at: [[0, cell * call.shapes[0][1] + call.at("labels", cell)]], scale: -1}]});
PARTS.pad_widths = (call) => ({parts: (cell) => {
  const x = call.shapes[0], widths = call.setting("widths"), from = unravel(cell, call.outShapes[0]).map((at, d) => at - widths[d][0]);
  return from.every((at, d) => at >= 0 && at < x[d]) ? [{at: [[0, ravel(from, x)]], scale: 1}] : [{at: [], scale: call.setting("value", 0)}];
}});
PARTS.cumsum = (call) => {
  const x = call.shapes[0], dim = axis(call.setting("dim"), x.length), step = stridesOf(x)[dim] ?? 0;
  return {parts: (cell) => { const at = x.length ? unravel(cell, x)[dim] : 0; return all(at + 1).map((i) => ({at: [[0, cell - (at - i) * step]], scale: 1})); }};
};
const triangle = (keeps) => (call) => ({parts: (cell) => {
  const index = unravel(cell, call.shapes[0]);
  return keeps(index.at(-1) - index.at(-2), call.setting("diagonal", 0)) ? [{at: [[0, cell]], scale: 1}] : [];
}});
PARTS.tril = triangle((off, diagonal) => off <= diagonal);
PARTS.triu = triangle((off, diagonal) => off >= diagonal);
PARTS.windows_as_columns = (call) => {
  const x = call.shapes[0], kernel = call.setting("kernel"), sizes = call.setting("sizes"), where = windowed(call, kernel, x.slice(2));
  return {parts: (cell) => {
    const [n, c, ...rest] = unravel(cell, [x[0], x[1], ...kernel, ...sizes]), at = where(rest.slice(kernel.length), rest.slice(0, kernel.length));
    return at ? [{at: [[0, ravel([n, c, ...at], x)]], scale: 1}] : [];
  }};
};
