// Operations that take numbers from places, put them there, or choose among a row: more of PARTS, see page_parts.js.

// x[index] of NumPy: its shape, and for each of its cells the cell of x. Arrays of places that are not neighbours come in front.
const nestedShape = (list) => Array.isArray(list) ? [list.length, ...nestedShape(list[0])] : [];
const looked = (x, index) => {
  const given = Array.isArray(index) ? index : [index], named = given.filter((one) => one !== null && !one?.ellipsis).length, everything = {slice: [null, null, null]};
  const spread = given.flatMap((one) => one?.ellipsis ? Array(x.length - named).fill(everything) : [one]);
  const items = given.some((one) => one?.ellipsis) ? spread : [...spread, ...Array(x.length - named).fill(everything)];
  if (items.some((one) => one && typeof one === "object" && !Array.isArray(one) && !("slice" in one))) throw new Missing("an index that is too large to be kept in the trace");
  const arrays = items.filter(Array.isArray), front = broadcast(...arrays.map(nestedShape)), picks = items.map((one, i) => Array.isArray(one) ? i : -1).filter((i) => i >= 0);
  const together = picks.every((i, k) => !k || i === picks[k - 1] + 1), steps = [], shape = [];
  let dim = 0, places = together ? -1 : 0;
  if (places === 0) shape.push(...front);
  for (const one of items) {
    if (one === null) { shape.push(1); continue; }
    const size = x[dim], d = dim++;
    if (typeof one === "number") steps.push(() => axis(one, size));
    else if (Array.isArray(one)) {
      if (places < 0) { places = shape.length; shape.push(...front); }
      const flat = one.flat(Infinity), own = nestedShape(one);
      steps.push((at) => axis(flat[narrowed(at.slice(places, places + front.length), own)], size));
    } else {
      const [start, stop, step] = one.slice, hop = step ?? 1, end = (place, otherwise) => place === null ? otherwise : Math.min(Math.max(place < 0 ? place + size : place, 0), size);
      const first = end(start, 0), count = Math.max(0, Math.ceil((end(stop, size) - first) / hop)), own = shape.length;
      shape.push(count);
      steps.push((at) => first + hop * at[own]);
    }
    if (d >= x.length) throw new Missing("an index of a kind that this page does not follow");
  }
  return {shape, at: (cell) => { const at = unravel(cell, shape); return ravel(steps.map((step) => step(at)), x); }};
};
// For each cell of x, the cells of x[index] that look at it.
const lookers = ({shape, at}) => {
  const found = new Map();
  for (const cell of all(sizeOf(shape))) found.set(at(cell), [...found.get(at(cell)) ?? [], cell]);
  return (cell) => found.get(cell) ?? [];
};
const one = (input, cell, scale = 1) => ({at: [[input, cell]], scale});

PARTS.getitem = PARTS.pick = (call) => {
  const {at} = looked(call.shapes[0], call.setting("index"));
  return {parts: (cell) => [one(0, at(cell))]};
};
PARTS.put_into_zeros = PARTS.add_at = (call) => {
  const from = lookers(looked(call.setting("shape"), call.setting("index")));
  return {parts: (cell) => from(cell).map((source) => one(0, source))};
};
// A value that is written over a part, or added to it; where several meet, the last one stays.
const written = (call, part, adds) => {
  const from = lookers(part), value = call.shapes[1], read = (cell) => one(1, value ? narrowed(unravel(cell, part.shape), value) : 0);
  return {parts: (cell) => {
    const sources = from(cell);
    return adds ? [one(0, cell), ...sources.map(read)] : sources.length ? [read(sources.at(-1))] : [one(0, cell)];
  }};
};
PARTS.put = (call) => written(call, looked(call.shapes[0], call.setting("index")), call.setting("accumulate", false));
PARTS.overwrite = (call) => {
  let part = {shape: call.shapes[0], at: (cell) => cell};
  for (const [name, [index]] of call.setting("path")) {
    if (name !== "getitem") throw new Missing(`what was written into is seen through ${name}, which this page does not follow`);
    const outer = part, inside = looked(outer.shape, index);
    part = {shape: inside.shape, at: (cell) => outer.at(inside.at(cell))};
  }
  return written(call, part, false);
};

// Places along one dimension: for a cell of `index`, the cell of the whole that it names.
const along = (call, whole) => {
  const index = call.shape("index"), dim = axis(call.setting("dim"), whole.length);
  const target = (cell) => { const at = unravel(cell, index); if (at.length) at[dim] = axis(call.at("index", cell), whole[dim]); return ravel(at, whole); };
  const found = new Map();
  for (const cell of all(sizeOf(index))) found.set(target(cell), [...found.get(target(cell)) ?? [], cell]);
  return {index, from: (cell) => found.get(cell) ?? [], within: (cell, shape) => ravel(unravel(cell, index), shape)};
};
PARTS.gather = (call) => {
  const x = call.shapes[0], dim = axis(call.setting("dim"), x.length);
  return {reads: (cell) => call.has("index") ? [[call.place("index"), cell]] : [], parts: (cell) => {
    const at = unravel(cell, call.outShapes[0]);
    if (at.length) at[dim] = axis(call.at("index", cell), x[dim]);
    return [one(0, ravel(at, x))];
  }};
};
PARTS.sum_along = (call) => {
  const {from, within} = along(call, call.setting("shape")), x = call.shapes[0];
  return {parts: (cell) => from(cell).map((source) => one(0, within(source, x)))};
};
const source = (call, {within}) => { const place = call.place("src"), shape = call.shapes[place]; return (cell) => shape && shape.length ? [place, within(cell, shape)] : [place, 0]; };
PARTS.put_along = (call) => {
  const places = along(call, call.shapes[0]), read = source(call, places), number = call.has("src") ? null : call.setting("src");
  return {parts: (cell) => {
    const last = places.from(cell).at(-1);
    return last === undefined ? [one(0, cell)] : number === null ? [one(...read(last))] : [{at: [], scale: number}];
  }};
};
PARTS.multiply_along = (call) => {
  const places = along(call, call.shapes[0]), read = source(call, places);
  return {parts: (cell) => [{at: [[0, cell], ...places.from(cell).map(read)], scale: 1}]};
};
PARTS.extreme_along = (call) => {
  const places = along(call, call.shapes[0]), read = source(call, places), sign = call.setting("largest", true) ? 1 : -1;
  return {parts: (cell) => {
    const reads = [[0, cell], ...places.from(cell).map(read)], numbers = reads.map(([input, place]) => numberAt(call.ids[input], place));
    const top = numbers.reduce((a, b) => sign * b > sign * a ? b : a), ties = reads.filter((_, i) => numbers[i] === top);
    return ties.map(([input, place]) => one(input, place, 1 / ties.length));
  }};
};
PARTS.add_along = (call) => {
  const x = call.shapes[0], dim = axis(call.setting("dim"), x.length);
  return {parts: (cell) => {
    const at = unravel(cell, call.outShapes[0]), place = at[dim];
    return all(x[dim]).filter((k) => axis(call.at("index", k), call.setting("size")) === place).map((k) => { at[dim] = k; return one(0, ravel(at, x)); });
  }};
};
PARTS.index_select = (call) => {
  const x = call.shapes[0], dim = axis(call.setting("dim"), x.length);
  return {reads: (cell) => call.has("index") ? [[call.place("index"), unravel(cell, call.outShapes[0])[dim]]] : [], parts: (cell) => {
    const at = unravel(cell, call.outShapes[0]);
    at[dim] = axis(call.at("index", at[dim]), x[dim]);
    return [one(0, ravel(at, x))];
  }};
};
PARTS.add_in_rows = (call) => ({parts: (cell) => {
  const width = call.shapes[0][1], i = Math.floor(cell / width);
  return call.at("columns", i) === cell % width ? [one(0, cell), one(1, i)] : [one(0, cell)];
}});
PARTS.rows_of = (call) => {
  const width = call.shapes[1][1], skip = call.setting("skip"), place = (cell) => call.at("places", Math.floor(cell / width)), often = call.setting("by_frequency", false);
  const times = (row) => all(sizeOf(call.shape("places"))).filter((i) => call.at("places", i) === row).length;
  return {parts: (cell) => [one(1, place(cell) * width + cell % width)], kept: (_, cell) => Math.floor(cell / width) !== skip, reads: (cell) => [[0, Math.floor(cell / width)]],
          share: (cell) => often ? 1 / times(place(cell)) : 1};
};
PARTS.sum_rows = (call) => {
  const width = call.shapes[0].at(-1), skip = call.setting("skip"), count = sizeOf(call.shapes[0]) / width;
  return {parts: (cell) => Math.floor(cell / width) === skip ? []
    : all(count).filter((i) => call.at("places", i) === Math.floor(cell / width)).map((i) => one(0, i * width + cell % width))};
};
PARTS.roll = copyOf((call, cell) => {
  const x = call.shapes[0], dims = call.setting("dims"), shifts = [call.setting("shifts")].flat(), flat = dims === null || (Array.isArray(dims) && !dims.length);
  const back = (place, by, size) => ((place - by) % size + size) % size;
  if (flat) return back(cell, shifts.reduce((a, b) => a + b, 0), sizeOf(x));
  const at = unravel(cell, x);
  [dims].flat().forEach((dim, i) => { const d = axis(dim, x.length); at[d] = back(at[d], shifts[i], x[d]); });
  return ravel(at, x);
});
// The cell of a matrix that place i of its diagonal is, and the way back.
const onDiagonal = (whole, offset, dim1, dim2) => {
  const d1 = axis(dim1, whole.length), d2 = axis(dim2, whole.length), rest = all(whole.length).filter((d) => d !== d1 && d !== d2);
  return (at) => { const i = at.at(-1), full = []; rest.forEach((d, k) => { full[d] = at[k]; }); full[d1] = i + Math.max(0, -offset); full[d2] = i + Math.max(0, offset); return ravel(full, whole); };
};
PARTS.diagonal = copyOf((call, cell) => onDiagonal(call.shapes[0], call.setting("offset", 0), call.setting("dim1", 0), call.setting("dim2", 1))(unravel(cell, call.outShapes[0])));
PARTS.place_on_diagonal = (call) => {
  const x = call.shapes[0], place = onDiagonal(call.setting("shape"), call.setting("offset"), call.setting("dim1"), call.setting("dim2"));
  const from = new Map(all(sizeOf(x)).map((cell) => [place(unravel(cell, x)), cell]));
  return {parts: (cell) => from.has(cell) ? [one(0, from.get(cell))] : []};
};
PARTS.strided = copyOf((call, cell) => unravel(cell, call.setting("size")).reduce((at, i, d) => at + i * call.setting("stride")[d], call.setting("start")));
PARTS.sliding_windows = copyOf((call, cell) => {
  const at = unravel(cell, call.outShapes[0]), inside = at.pop(), dim = axis(call.setting("dim"), at.length);
  at[dim] = at[dim] * call.setting("step") + inside;
  return ravel(at, call.shapes[0]);
});
PARTS.sum_windows = (call) => {
  const x = call.shapes[0], shape = call.setting("shape"), dim = axis(call.setting("dim"), shape.length), step = call.setting("step"), size = call.setting("size");
  return {parts: (cell) => {
    const at = unravel(cell, shape), place = at[dim];
    return all(x[dim]).filter((w) => place >= w * step && place < w * step + size).map((w) => { at[dim] = w; return one(0, ravel([...at, place - w * step], x)); });
  }};
};
PARTS.backward_gate = (call) => ({parts: (cell, out) => [one(out, cell)]});

// Windows over pictures, from both sides. `where(i, k)` is the place that kernel place k of window i sees, null outside.
PARTS.convolution_weight = (call) => {
  const [x, u] = call.shapes, w = call.outShapes[0], where = windowed(call, w.slice(2), x.slice(2)), perGroup = w[0] / call.setting("groups", 1), spots = indices(u.slice(2));
  return {parts: (cell) => {
    const [o, c, ...k] = unravel(cell, w), channel = Math.floor(o / perGroup) * w[1] + c, found = [];
    for (let n = 0; n < x[0]; n++) for (const i of spots) {
      const at = where(i, k);
      if (at) found.push({at: [[1, ravel([n, o, ...i], u)], [0, ravel([n, channel, ...at], x)]], scale: 1});
    }
    return found;
  }};
};
const winner = (call, kernel, flat) => unravel(call.at("winner", flat), kernel);
PARTS.from_winners = (call) => {
  const x = call.shapes[0], y = call.outShapes[0], kernel = call.setting("kernel"), where = windowed(call, kernel, x.slice(2));
  return {reads: (cell) => [[1, cell]], parts: (cell) => {
    const [n, c, ...i] = unravel(cell, y), at = where(i, winner(call, kernel, cell));
    return at ? [one(0, ravel([n, c, ...at], x))] : [];
  }};
};
// What each window gives to the places that it sees; `sees(i, k)` says whether it gives to kernel place k, and how much.
const given = (call, size, kernel, gives) => {
  const x = call.shapes[0], y = call.outShapes[0], where = windowed(call, kernel, size), places = indices(kernel);
  const spots = indices(gives.spots ?? x.slice(2));
  return {parts: (cell) => {
    const [n, c, ...at] = unravel(cell, y);
    return spots.flatMap((i) => places.filter((k) => { const there = where(i, k); return there && same(there, at); }).flatMap((k) => gives.parts(n, c, i, k)));
  }};
};
PARTS.to_winners = (call) => {
  const x = call.shapes[0], kernel = call.setting("kernel");
  return given(call, call.setting("size"), kernel, {parts: (n, c, i, k) => { const flat = ravel([n, c, ...i], x); return same(winner(call, kernel, flat), k) ? [one(0, flat)] : []; }});
};
PARTS.spread_over_windows = (call) => {
  const scale = call.setting("scale", 1);
  if (typeof scale !== "number") throw new Missing("each place has a scale of its own");
  return given(call, call.setting("size"), call.setting("kernel"), {parts: (n, c, i) => [one(0, ravel([n, c, ...i], call.shapes[0]), scale)]});
};
PARTS.columns_added_up = (call) => {
  const kernel = call.setting("kernel"), sizes = call.setting("sizes"), [count, rows] = call.shapes[0], channels = rows / sizeOf(kernel);
  return given(call, call.setting("size"), kernel, {spots: sizes, parts: (n, c, i, k) => [one(0, ravel([n, c, ...k, ...i], [count, channels, ...kernel, ...sizes]))]});
};

// Pictures in another size: which old places a new one takes, with which shares (of places, as the operation's source has it).
const CURVE = -0.75;
const cubic = (t) => {
  const near = (d) => ((CURVE + 2) * d - (CURVE + 3)) * d * d + 1, far = (d) => ((CURVE * d - 5 * CURVE) * d + 8 * CURVE) * d - 4 * CURVE;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
};
const tapsOf = (call, given, size) => {
  const mode = call.setting("mode"), scale = call.setting("scale"), round = Math.fround;
  return all(size).map((i) => {
    if (mode.startsWith("nearest")) return [[Math.min(Math.floor(round(round(i + (mode === "nearest-exact" ? .5 : 0)) * round(scale))), given - 1), 1]];
    const at = round(call.setting("corners") ? i * round(size > 1 ? (given - 1) / (size - 1) : 0) : round(round(scale) * (i + .5)) - .5);
    if (mode === "cubic") return cubic(at - Math.floor(at)).map((share, j) => [Math.min(Math.max(Math.floor(at) + j - 1, 0), given - 1), share]);
    const first = Math.min(Math.floor(Math.max(at, 0)), given - 1), rest = Math.max(at, 0) - first;
    return [[first, 1 - rest], [Math.min(first + 1, given - 1), rest]];
  });
};
PARTS.resample_along = (call) => {
  const x = call.shapes[0], d = axis(call.setting("axis"), x.length), found = tapsOf(call, x[d], call.setting("size"));
  return {parts: (cell) => { const at = unravel(cell, call.outShapes[0]); return found[at[d]].map(([place, share]) => one(0, ravel(at.with(d, place), x), share)); }};
};
PARTS.resample_back = (call) => {
  const x = call.shapes[0], d = axis(call.setting("axis"), x.length), found = tapsOf(call, call.setting("given"), x[d]);
  return {parts: (cell) => {
    const at = unravel(cell, call.outShapes[0]);
    return found.flatMap((taps, i) => taps.filter(([place]) => place === at[d]).map(([, share]) => one(0, ravel(at.with(d, i), x), share)));
  }};
};

// A row of x along dim for a cell of a result of the same rank, and where in the row the cell stands.
const rowAlong = (call) => {
  const x = call.shapes[0], y = call.outShapes[0], d = axis(call.setting("dim"), x.length);
  return {row: (cell) => x.length ? all(x[d]).map((i) => ravel(unravel(cell, y).with(d, i), x)) : [0], place: (cell) => unravel(cell, y)[d] ?? 0};
};
const larger = (a, b) => a > b || (Number.isNaN(a) && !Number.isNaN(b));      // nan stands behind all numbers
const alike = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b));
const inOrder = (numbers, falls = false) => all(numbers.length).sort((a, b) => larger(numbers[a], numbers[b]) ? (falls ? -1 : 1) : larger(numbers[b], numbers[a]) ? (falls ? 1 : -1) : a - b);
// One of a row is chosen. choose(numbers, place) gives its place in the row; of equal ones it is that which the trace names.
const choosing = (rows, choose, how) => (call) => {
  const {row, place = () => 0} = rows(call), id = call.ids[0], told = call.step.outputs[1], known = new Map();
  const chosen = (cell) => {
    if (!known.has(cell)) {
      const cells = row(cell), numbers = cells.map((other) => numberAt(id, other)), won = choose(numbers, place(cell), call);
      const named = told === undefined || told === null ? won : numberAt(told, cell);
      known.set(cell, {cells, won: alike(numbers[named], numbers[won]) ? named : won});
    }
    return known.get(cell);
  };
  return {among: (cell) => chosen(cell).cells, how: (cell) => how(place(cell), call), place: (cell) => chosen(cell).won, parts: (cell) => { const {cells, won} = chosen(cell); return [one(0, cells[won])]; }};
};
const rowOfDim = (call) => reduced(call, call.setting("dim"));
const nth = (i) => `${i + 1}${["st", "nd", "rd"][i % 10] && Math.floor(i / 10) % 10 !== 1 ? ["st", "nd", "rd"][i % 10] : "th"}`;
PARTS.sort_along = choosing(rowAlong, (numbers, i, call) => inOrder(numbers, call.setting("descending", false))[i], (i, call) => `the ${nth(i)} ${call.setting("descending", false) ? "largest" : "smallest"}`);
PARTS.best_along = choosing(rowAlong, (numbers, i, call) => inOrder(numbers, call.setting("largest"))[i], (i, call) => `the ${nth(i)} ${call.setting("largest") ? "largest" : "smallest"}`);
const middle = (numbers, _, call) => {
  const order = inOrder(numbers), count = numbers.filter((x) => !Number.isNaN(x)).length;
  return order[count === numbers.length ? Math.floor((count - 1) / 2) : call.setting("skip_nan", false) ? Math.floor(Math.max(count - 1, 0) / 2) : numbers.length - 1];
};
PARTS.median_along = choosing(rowOfDim, middle, () => "the middle");
const middleOfAll = choosing((call) => ({row: () => all(sizeOf(call.shapes[0]))}), middle, () => "the middle");
PARTS.median_of_all = (call) => {                                    // equal ones share the slope
  const rule = middleOfAll(call), number = (cell) => numberAt(call.ids[0], cell);
  return {...rule, parts: () => { const [{at: [[, won]]}] = rule.parts(0), ties = rule.among(0).filter((cell) => number(cell) === number(won)); return (ties.length ? ties : [won]).map((cell) => one(0, cell, 1 / Math.max(ties.length, 1))); }};
};
PARTS.most_frequent = choosing(rowOfDim, (numbers) => {
  const count = (x) => numbers.filter((other) => other === x).length, most = Math.max(...numbers.map(count));
  return numbers.lastIndexOf(Math.min(...numbers.filter((x) => count(x) === most)));
}, () => "the most frequent");
const soFar = (sign) => choosing((call) => {
  const {row, place} = rowAlong(call);
  return {row: (cell) => row(cell).slice(0, place(cell) + 1), place};
}, (numbers) => { const lost = numbers.findIndex(Number.isNaN); return lost >= 0 ? lost : numbers.reduce((best, x, i) => sign * x >= sign * numbers[best] ? i : best, 0); },
() => `the ${sign > 0 ? "largest" : "smallest"} so far`);
PARTS.running_max = soFar(1);
PARTS.running_min = soFar(-1);
const extreme = (sign) => choosing(rowOfDim, (numbers) => { const lost = numbers.findIndex(Number.isNaN); return lost >= 0 ? lost : numbers.reduce((best, x, i) => sign * x > sign * numbers[best] ? i : best, 0); }, () => sign > 0 ? "max" : "min");
PARTS.max_along = extreme(1);
PARTS.min_along = extreme(-1);
// Products of a row, or of what was there up to here.
PARTS.prod = (call) => { const {row, into} = rowOfDim(call); return {users: (_, cell) => [[0, into(cell)]], parts: (cell) => [{at: row(cell).map((other) => [0, other]), scale: 1}]}; };
PARTS.cumprod = (call) => { const {row, place} = rowAlong(call); return {parts: (cell) => [{at: row(cell).slice(0, place(cell) + 1).map((other) => [0, other]), scale: 1}]}; };
