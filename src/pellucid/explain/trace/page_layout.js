// Where the boxes of the graph go: modules as boxes in boxes, from left to right, each laid out in layers of its own.
const GAP = 44, ROOM = 14, HEAD = 22;                          // between layers, between boxes of a layer, a module's title

// The steps of one forward pass and what follows it: passes are parted where a forward step comes after an update.
const passes = [];
for (const step of trace.steps) {
  const own = step.phase === "forward" && step.inside == null, last = passes.at(-1);
  if (!last || (own && last.updated)) passes.push({steps: [], updated: false});
  passes.at(-1).steps.push(step.id);
  if (step.phase === "update") passes.at(-1).updated = true;
}
const passOf = new Map(passes.flatMap((pass, i) => pass.steps.map((id) => [id, i])));

const chainOf = (module) => module === null || module === undefined ? [] : [...chainOf(trace.modules[module].parent), module];
// The modules of a pass as a tree: a module is a box around the steps that it ran without a pause.
const treeOf = (pass) => {
  const root = {kind: "module", module: null, children: [], depth: 0, key: "root"};
  let open = [root], count = 0;
  for (const id of pass.steps) {
    const step = trace.steps[id];
    if (step.phase !== "forward" || step.inside != null) continue;
    const chain = chainOf(step.module);
    let depth = 0;
    while (depth < chain.length && open[depth + 1] && open[depth + 1].module === chain[depth]) depth++;
    open = open.slice(0, depth + 1);
    for (const module of chain.slice(depth)) {
      const box = {kind: "module", module, children: [], depth: open.length, key: `m${module}.${count++}`, folded: false};
      open.at(-1).children.push(box);
      open.push(box);
    }
    open.at(-1).children.push({kind: "step", step: id, key: `s${id}`});
  }
  root.children = root.children.map(alone);
  return root;
};
// A module around one step is drawn as that step.
const alone = (item) => {
  if (item.kind !== "module") return item;
  item.children = item.children.map(alone);
  const only = item.children.length === 1 ? item.children[0] : null;
  return only && only.kind === "step" ? {...only, label: only.label ?? trace.modules[item.module].path} : item;
};
const stepsIn = (item) => item.kind === "step" ? [item.step] : item.kind === "module" ? item.children.flatMap(stepsIn) : [];
const modulesIn = (item) => item.kind === "module" ? [item, ...item.children.flatMap(modulesIn)] : [];
const visible = (item) => item.kind !== "module" || item.folded ? 1 : item.children.reduce((sum, child) => sum + visible(child), 0);
const foldDeep = (root, most) => {
  for (let depth = Math.max(...modulesIn(root).map((box) => box.depth)); depth > 1 && visible(root) > most; depth--) {
    for (const box of modulesIn(root)) if (box.depth === depth) box.folded = true;
  }
};

// What a module holds is written on the step that reads it.
const isHeld = (id) => ["parameter", "buffer"].includes(trace.values[id].role);
const isLeaf = (id) => !isHeld(id) && (["input", "constant"].includes(trace.values[id].role) || !maker.has(id));
// Which values flow: what each step takes from other steps or from outside, and what it makes.
const flows = (root) => {
  const inside = new Set(stepsIn(root)), users = new Map(), takes = new Map(), leaves = new Set();
  for (const id of inside) {
    const taken = new Set();
    for (const {value} of trace.steps[id].inputs) {
      if (value === undefined || value === null || isHeld(value)) continue;
      const from = maker.get(value);
      if (from !== undefined && !inside.has(from)) { if (trace.steps[from].phase === "forward") leaves.add(value); else continue; }
      else if (from === undefined && isLeaf(value)) leaves.add(value);
      taken.add(value);
      if (!users.has(value)) users.set(value, new Set());
      users.get(value).add(id);
    }
    takes.set(id, taken);
  }
  return {users, takes, leaves};
};

const widthOf = (texts) => Math.max(72, ...texts.map(([text, size]) => text.length * size + 24));
const opWords = (op) => op.replace(/_/g, " ");
const boxOf = (item) => {
  if (item.kind === "leaf") { const value = trace.values[item.value]; return {w: widthOf([[value.name, 7], [shapeText(value.shape), 6]]), h: 40}; }
  if (item.kind === "module") {
    const module = trace.modules[item.module];
    return {w: widthOf([[module.kind, 7.6], [module.path, 6.2], [plural(stepsIn(item).length, "step"), 6.2]]), h: 58};
  }
  const step = trace.steps[item.step], parameters = parametersOf(step);
  return {w: Math.max(widthOf([[opWords(step.op), 7.6], [item.label || "", 6.2], [shapeText(trace.values[step.outputs[0]]?.shape ?? []), 6]]),
                      parameters.reduce((sum, id) => sum + pillWidth(id), 14)), h: 42 + (parameters.length ? 20 : 0)};
};
const parametersOf = (step) => [...new Set(step.inputs.map(({value}) => value).filter((id) => id !== undefined && id !== null && isHeld(id)))];
const lastName = (id) => trace.values[id].name.split(".").at(-1);
const pillWidth = (id) => lastName(id).length * 5.7 + 16;

// Lay out what is inside a module. Gives sizes, places relative to its corner, wires, and where values enter and leave.
const layOut = (item, flow, made) => {
  const items = item.children.map((child) => {
    const steps = new Set(stepsIn(child)), inner = child.kind === "module" && !child.folded ? layOut(child, flow, made) : null;
    const takes = new Set(child.kind === "leaf" ? [] : [...steps].flatMap((id) => [...flow.takes.get(id)]).filter((value) => !steps.has(made(value))));
    const makes = new Set(child.kind === "leaf" ? [child.value] : [...steps].flatMap((id) => trace.steps[id].outputs)
      .filter((value) => flow.users.has(value) && [...flow.users.get(value)].some((id) => !steps.has(id))));
    return {item: child, inner, takes, makes, ...(inner ? {w: inner.w, h: inner.h} : boxOf(child))};
  });
  const mine = new Set(stepsIn(item)), source = new Map(items.flatMap((one) => [...one.makes].map((value) => [value, one])));
  const entering = new Set(items.flatMap((one) => [...one.takes]).filter((value) => !source.has(value)));
  const leaving = new Set([...source.keys()].filter((value) => [...flow.users.get(value) || []].some((id) => !mine.has(id))));
  const ports = new Map([...entering].map((value) => [value, {port: value, makes: new Set([value]), takes: new Set(), w: 0, h: 6, rank: 0}]));
  for (const [value, port] of ports) source.set(value, port);
  for (const one of items) one.rank = 1;
  for (let moved = true; moved;) {
    moved = false;
    for (const one of items) for (const value of one.takes) {
      const least = source.get(value).rank + 1;
      if (one.rank < least) { one.rank = least; moved = true; }
    }
  }
  const last = Math.max(0, ...items.map((one) => one.rank)) + 1;
  const exits = new Map([...leaving].map((value) => [value, {exit: value, makes: new Set(), takes: new Set([value]), w: 0, h: 6, rank: last}]));
  const everything = [...ports.values(), ...items, ...exits.values()], nets = netsOf(everything, source, last);
  const layers = Array.from({length: last + 1}, (_, rank) => [...everything, ...nets.flatMap((net) => net.bends)].filter((one) => one.rank === rank));
  return placed(layers, nets, {entering: ports, leaving: exits, items});
};

// One net for each value: from where it is made, by a bend in every layer that it crosses, to all that take it.
const netsOf = (everything, source, last) => {
  const nets = [];
  for (const [value, from] of source) {
    const targets = everything.filter((one) => one.takes.has(value));
    if (!targets.length) continue;
    const far = Math.max(...targets.map((one) => one.rank)), bends = [];
    for (let rank = from.rank + 1; rank < far; rank++) bends.push({bend: value, rank, w: 0, h: 8});
    const before = (rank) => rank - 1 === from.rank ? from : bends[rank - 2 - from.rank];
    const links = [...bends.map((bend) => [before(bend.rank), bend]), ...targets.map((one) => [before(one.rank), one])];
    nets.push({value, bends, links});
  }
  return nets;
};

const entry = (one, value) => one.y + (one.inner ? one.inner.enters.get(value) ?? one.h / 2 : one.h / 2);
const exit = (one, value) => one.y + (one.inner ? one.inner.leaves.get(value) ?? one.h / 2 : one.h / 2);
const placed = (layers, nets, {entering, leaving, items}) => {
  const before = new Map(), after = new Map(), add = (map, key, link) => map.set(key, [...(map.get(key) || []), link]);
  for (const {value, links} of nets) for (const [a, b] of links) { add(before, b, [a, value]); add(after, a, [b, value]); }
  for (const layer of layers) stack(layer);
  const wish = (one, near, side) => {
    const own = side === "before" ? (value) => entry(one, value) - one.y : (value) => exit(one, value) - one.y;
    const there = side === "before" ? exit : entry, links = near.get(one) || [];
    return links.length ? links.reduce((sum, [other, value]) => sum + there(other, value) - own(value), 0) / links.length : one.y;
  };
  for (let turn = 0; turn < 6; turn++) {
    const forward = turn % 2 === 0, near = forward ? before : after;
    for (const layer of forward ? layers : [...layers].reverse()) {
      const wanted = new Map(layer.map((one) => [one, wish(one, near, forward ? "before" : "after")]));
      if (turn < 4) layer.sort((a, b) => wanted.get(a) + a.h / 2 - wanted.get(b) - b.h / 2);
      settle(layer, wanted);
    }
  }
  const everything = layers.flat(), top = Math.min(...everything.map((one) => one.y)) - HEAD - 8;
  for (const one of everything) one.y -= top;
  let x = 0;
  for (const [rank, layer] of layers.entries()) {
    const width = Math.max(0, ...layer.map((one) => one.w));
    for (const one of layer) { one.x = x + (width - one.w) / 2; one.left = x; one.right = x + width; }
    const ends = rank === 0 || rank === layers.length - 2;
    x += width + (rank < layers.length - 1 ? (ends ? GAP * .55 : GAP) : 0);
  }
  // A wire runs level inside of a layer, where its boxes are stacked, and bends between layers only.
  const wires = nets.map(({value, links}) => ({value, lines: links.map(([a, b]) => [
    "bend" in a ? a.right : a.x + a.w, "bend" in a ? a.y + a.h / 2 : exit(a, value), a.right, b.left, "bend" in b ? b.y + b.h / 2 : entry(b, value),
    "bend" in b ? b.right : b.x])}));
  return {w: x, h: Math.max(...everything.map((one) => one.y + one.h)) + 12, items, wires,
          enters: new Map([...entering].map(([value, port]) => [value, port.y + 3])), leaves: new Map([...leaving].map(([value, port]) => [value, port.y + 3]))};
};
const stack = (layer) => { let y = 0; for (const one of layer) { one.y = y; y += one.h + ROOM; } };
// As near to the wished places as the boxes' sizes allow, in this order.
const settle = (layer, wanted) => {
  let y = -Infinity;
  for (const one of layer) { one.y = Math.max(wanted.get(one), y); y = one.y + one.h + ROOM; }
  const off = layer.reduce((sum, one) => sum + one.y - wanted.get(one), 0) / (layer.length || 1);
  for (const one of layer) one.y -= off;
};
