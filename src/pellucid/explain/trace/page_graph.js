// The graph on the page: boxes to select, modules to fold, wires that show where numbers and slopes flow.
const SVG = "http://www.w3.org/2000/svg";
const svg = (name, attributes = {}, ...children) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== null) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

const MOST_BOXES = 400;
class Graph {
  constructor(holder, select) {
    Object.assign(this, {holder, select, trees: passes.map(() => null), pass: -1, zoom: 1});
  }
  tree(pass) {
    if (!this.trees[pass]) {
      const root = treeOf(passes[pass]), flow = flows(root);
      root.children = [...[...flow.leaves].map((value) => ({kind: "leaf", value, key: `v${value}`})), ...root.children];
      foldDeep(root, 26);
      this.trees[pass] = {root, flow};
    }
    return this.trees[pass];
  }
  draw(pass) {
    this.pass = pass;
    const {root, flow} = this.tree(pass);
    this.boxes = new Map(); this.wires = new Map(); this.moduleBoxes = new Map(); this.badges = new Map();
    const holdsSteps = stepsIn(root).length;
    const tooMany = visible(root) > MOST_BOXES;
    this.holder.hidden = !holdsSteps || tooMany;
    at("crowded").hidden = !tooMany;
    if (this.holder.hidden) return;
    const made = (value) => maker.get(value), laid = layOut(root, flow, made);
    const lines = svg("g", {class: "wires"}), boxes = svg("g"), grounds = svg("g");
    this.place(laid, 8, -HEAD, {lines, boxes, grounds});
    this.size = [laid.w + 16, laid.h - HEAD + 4];
    this.picture = svg("svg", {viewBox: `0 0 ${this.size.join(" ")}`, role: "group", "aria-label": `Graph of ${plural(holdsSteps, "step")}, from left to right`}, grounds, lines, boxes);
    this.holder.replaceChildren(this.picture);
    this.scale();
  }
  scale() {
    const room = this.holder.clientWidth - 4, fit = Math.min(1, room / this.size[0]);
    const base = Math.max(fit, .8);
    this.picture.setAttribute("width", this.size[0] * base * this.zoom);
    this.picture.setAttribute("height", this.size[1] * base * this.zoom);
  }
  place(laid, x, y, layers) {
    for (const one of laid.items) {
      const left = x + one.x, top = y + one.y;
      if (one.inner) { this.module(one, left, top, layers); this.place(one.inner, left, top, layers); }
      else this.box(one, left, top, layers.boxes);
    }
    for (const {value, lines} of laid.wires) for (const [start, y1, x1, x2, y2, end] of lines) {
      const middle = x + (x1 + x2) / 2;
      const path = svg("path", {class: "wire", d: `M${x + start} ${y + y1}H${x + x1}C${middle} ${y + y1} ${middle} ${y + y2} ${x + x2} ${y + y2}H${x + end}`});
      layers.lines.append(path);
      if (!this.wires.has(value)) this.wires.set(value, []);
      this.wires.get(value).push(path);
    }
  }
  module(one, x, y, {grounds, boxes}) {
    const {path, kind, text} = trace.modules[one.item.module], name = path || kind;
    grounds.append(svg("rect", {class: `module depth${one.item.depth % 2}`, x, y, width: one.w, height: one.h, rx: 12}));
    boxes.append(this.button(one.item, x + 6, y + 3, `− ${name}`, `Fold ${name} (${kind}${text ? ` ${text}` : ""})`, path ? kind : ""));
  }
  button(item, x, y, label, title, kind) {
    const text = svg("text", {x: x + 4, y: y + 13, class: "title"}, label, svg("tspan", {class: "kind", dx: 6}, kind));
    const group = svg("g", {class: "fold", tabindex: 0, role: "button", "aria-expanded": String(!item.folded), "aria-label": title, "data-fold": item.key},
                      svg("title", {}, title), svg("rect", {x, y, width: Math.max(50, (label.length + kind.length) * 6.4 + 16), height: 18, rx: 6}), text);
    group.addEventListener("click", () => this.fold(item));
    group.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.fold(item); } });
    return group;
  }
  fold(item, folded = !item.folded) {
    item.folded = folded;
    this.draw(this.pass);
    this.mark(this.current);
    this.holder.querySelector(`[data-fold="${item.key}"]`)?.focus({preventScroll: true});
    this.said?.(`${trace.modules[item.module].path || trace.modules[item.module].kind} ${item.folded ? "folded" : "unfolded"}`);
  }
  foldAll(folded) {
    for (const box of modulesIn(this.tree(this.pass).root)) if (box.depth > 0) box.folded = folded && (box.depth > 1 || box.children.length > 1);
    this.draw(this.pass);
    this.mark(this.current);
  }
  box(one, x, y, boxes) {
    const {item, w, h} = one, group = svg("g", {class: `node ${item.kind === "module" ? "folded" : item.kind}`, transform: `translate(${x} ${y})`, tabindex: -1, role: "button"});
    const texts = item.kind === "leaf" ? [trace.values[item.value].name, shapeText(trace.values[item.value].shape)]
      : item.kind === "module" ? [trace.modules[item.module].kind, trace.modules[item.module].path]
      : [opWords(trace.steps[item.step].op), item.label || shapeText(trace.values[trace.steps[item.step].outputs[0]]?.shape ?? [])];
    group.append(svg("rect", {class: "body", width: w, height: h, rx: item.kind === "leaf" ? 20 : 9}));
    group.append(svg("text", {x: w / 2, y: 18, class: "op"}, texts[0]), svg("text", {x: w / 2, y: 32.5, class: "sub"}, texts[1]));
    if (item.kind === "module") this.folded(item, group, w);
    else if (item.kind === "step") this.step(item, group, w);
    group.setAttribute("aria-label", `${texts[0]} ${texts[1]}`);
    if (item.kind === "leaf") group.addEventListener("click", () => this.select(Math.min(...this.tree(this.pass).flow.users.get(item.value))));
    boxes.append(group);
  }
  folded(item, group, w) {
    const steps = stepsIn(item);
    group.append(svg("text", {x: w / 2, y: 48, class: "sub more"}, `+ ${plural(steps.length, "step")}`));
    group.setAttribute("data-fold", item.key);
    group.setAttribute("tabindex", 0);
    group.setAttribute("aria-expanded", "false");
    group.append(svg("title", {}, "Unfold"));
    group.addEventListener("click", () => this.fold(item, false));
    group.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.fold(item, false); } });
    const badge = svg("g", {class: "badge", transform: `translate(${w - 12} 2)`, visibility: "hidden"}, svg("rect", {x: -20, y: -9, width: 40, height: 18, rx: 9}), svg("text", {y: 3.5}));
    group.append(badge);
    for (const id of steps) { this.boxes.set(id, group); this.badges.set(id, badge); }
  }
  step(item, group, w) {
    const step = trace.steps[item.step], parameters = parametersOf(step);
    let x = (w - parameters.reduce((sum, id) => sum + pillWidth(id), 0)) / 2 + 2;
    for (const id of parameters) {
      const width = pillWidth(id) - 4;
      group.append(svg("g", {class: "pill", "data-value": id}, svg("title", {}, `${trace.values[id].name}, ${shapeText(trace.values[id].shape)}`),
                       svg("rect", {x, y: 39, width, height: 16, rx: 8}), svg("text", {x: x + width / 2, y: 50.5}, lastName(id))));
      x += width + 4;
    }
    const badge = svg("g", {class: "badge", transform: `translate(${w - 4} 2)`, visibility: "hidden"}, svg("circle", {r: 9}), svg("text", {y: 3.5}));
    group.append(badge);
    this.badges.set(item.step, badge);
    group.setAttribute("data-step", item.step);
    group.addEventListener("click", () => this.select(this.counterpart(item.step)));
    this.boxes.set(item.step, group);
  }
  // While backward is looked at, a box stands for its backward step.
  counterpart(id) {
    const now = trace.steps[this.current];
    if (now && now.phase === "backward") return passes[this.pass].steps.find((other) => trace.steps[other].of === id && trace.steps[other].phase === "backward") ?? id;
    return id;
  }
  // Show where the step that is looked at stands, what has happened before it, and what flows into it.
  mark(id) {
    this.current = id;
    const pass = passOf.get(id);
    if (pass === undefined) return;
    if (pass !== this.pass) this.draw(pass);
    if (this.holder.hidden) return;
    const step = trace.steps[id], phase = step.phase, backward = passes[pass].steps.filter((one) => trace.steps[one].phase === "backward");
    this.picture.setAttribute("class", phase);
    for (const group of new Set(this.boxes.values())) group.classList.remove("now", "done", "waiting");
    for (const paths of this.wires.values()) for (const path of paths) path.classList.remove("in", "out");
    const own = phase === "backward" ? step.of : id;
    for (const [forward, group] of this.boxes) {
      const happened = phase === "forward" ? forward < id : phase === "backward" ? backward.some((one) => one < id && trace.steps[one].of === forward) : true;
      if (happened) group.classList.add("done");
    }
    this.number(backward.map((one, i) => ({forward: trace.steps[one].of, count: i + 1, done: one <= id})), phase === "backward");
    this.boxes.get(own)?.classList.add("now");
    if (phase === "update") this.ofParameter(step);
    const forward = trace.steps[own];
    if (forward && phase !== "update") {
      for (const {value} of forward.inputs) for (const path of this.wires.get(value) || []) path.classList.add(phase === "backward" ? "out" : "in");
      for (const value of forward.outputs) for (const path of this.wires.get(value) || []) path.classList.add(phase === "backward" ? "in" : "out");
    }
    this.reveal(this.boxes.get(own));
  }
  ofParameter(step) {
    for (const [id, group] of this.boxes) if (trace.steps[id].inputs.some(({value}) => value === step.parameter)) { group.classList.add("now"); this.reveal(group); return; }
  }
  // The place of each box in the order of backward; of a folded one the first and the last.
  number(turns, shown) {
    const found = new Map();
    for (const {forward, count, done} of turns) {
      const badge = this.badges.get(forward), before = found.get(badge);
      if (badge) found.set(badge, {first: Math.min(count, before?.first ?? count), last: Math.max(count, before?.last ?? count), done: done && (before?.done ?? true)});
    }
    for (const badge of this.badges.values()) badge.setAttribute("visibility", shown && found.has(badge) ? "visible" : "hidden");
    for (const [badge, {first, last, done}] of found) {
      badge.classList.toggle("passed", done);
      badge.querySelector("text").textContent = first === last ? first : `${first}–${last}`;
    }
  }
  reveal(group) {
    if (!group) return;
    const box = group.getBoundingClientRect(), room = this.holder.getBoundingClientRect();
    if (box.left < room.left + 20 || box.right > room.right - 20) this.holder.scrollLeft += box.left - room.left - room.width / 2 + box.width / 2;
    if (box.top < room.top + 6 || box.bottom > room.bottom - 6) this.holder.scrollTop += box.top - room.top - room.height / 2 + box.height / 2;
  }
}
