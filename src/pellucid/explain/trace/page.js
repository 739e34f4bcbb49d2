// The page: which step is looked at, which of its values, which cell; the list, the keys, the switch between light and dark.
const at = (id) => document.getElementById(id);
const say = (text) => { at("said").textContent = text; };
const outputsOf = (step) => step.phase === "forward" ? step.outputs.map((id, i) => ({id, index: i}))
  : step.phase === "backward" ? step.gradients.map((id, i) => ({id, index: i})).filter(({id}) => id !== null)
  : [{id: step.after, index: 0}];
const accountOf = (step, index, cell) => step.phase === "forward" ? accountForward(step, index, cell) : step.phase === "backward" ? accountBackward(step, index, cell) : accountUpdate(step, cell);

const app = {
  step: 0, target: 0, cell: 0, playing: null,
  go(id, cell = null, target = null) {
    const step = trace.steps[id];
    this.step = id;
    const targets = outputsOf(step);
    this.target = target ?? Math.max(0, targets.findIndex(({id: value}) => value !== null && sizeOf(trace.values[value].shape)));
    this.cell = cell ?? strongest(targets[this.target]?.id);
    this.show();
    graph.mark(id);
    markList(id);
    say(`Step ${id + 1} of ${trace.steps.length}: ${stepWords(id)}`);
  },
  pick(cell, target = this.target) {
    this.cell = cell;
    this.target = target;
    this.show(true);
    say(at("step").querySelector(".account")?.dataset.said ?? "");
  },
  show(keep = false) {
    const step = trace.steps[this.step], active = document.activeElement?.closest?.("figure.target, figure.value")?.dataset.value, top = keep ? window.scrollY : null;
    at("step").replaceChildren(...stepCards(step).filter(Boolean));
    widen();
    if (!keep) return;
    window.scrollTo({top, behavior: "instant"});
    at("step").querySelector(`figure[data-value="${active}"] .maps`)?.focus({preventScroll: true});
  },
  turn(by) { const next = this.step + by; if (next >= 0 && next < trace.steps.length) this.go(next); },
  play(phase) {
    if (this.playing) return this.stop();
    const steps = trace.steps.filter((step) => step.phase === phase && groupOf(step) === phase && passOf.get(step.id) === passOf.get(this.step)).map((step) => step.id);
    const rest = steps.filter((id) => id > this.step), queue = trace.steps[this.step].phase === phase && rest.length ? rest : steps;
    const next = () => { this.go(queue.shift()); if (!queue.length) this.stop(); };
    if (!queue.length) return;
    this.playing = setInterval(next, Math.max(160, Math.min(750, 12000 / steps.length)));
    this.phase = phase;
    if (phase === "backward") at("order").querySelector("details")?.setAttribute("open", "");
    tools();
    next();
  },
  stop() { clearInterval(this.playing); this.playing = null; tools(); },
};
// The cell to begin with: the largest number, whose making is worth a look.
const strongest = (id) => {
  const all = id === undefined || id === null ? null : numbersOf(id);
  if (!all) return 0;
  let best = 0;
  for (let i = 1; i < all.length; i++) if (Math.abs(all[i]) > Math.abs(all[best])) best = i;
  return best;
};

const whereWords = (step) => {
  const place = step.line === null || step.line === undefined ? null : trace.lines[step.line], module = step.module === null || step.module === undefined ? null : trace.modules[step.module];
  return element("p", {class: "where"}, module ? element("span", {class: "module"}, module.path || module.kind, " ", element("small", {}, module.path ? `${module.kind}${module.text ? `(${module.text})` : ""}` : "")) : null,
                 place ? element("code", {title: `${place.file}, line ${place.line}, in ${place.function}`}, element("small", {}, `${place.file}:${place.line} `), place.text) : null,
                 element("span", {class: "quiet"}, seconds(step.seconds)));
};
const seconds = (time) => time === null || time === undefined ? "" : time < 1e-3 ? `${short(time * 1e6, 3)} µs` : time < 1 ? `${short(time * 1e3, 3)} ms` : `${short(time, 3)} s`;
const PHASES = {forward: "Forward", backward: "Backward", update: "Update"};

const stepCards = (step) => {
  const targets = outputsOf(step), target = targets[app.target], op = step.op, entry = trace.ops[op] || {};
  const account = target && target.id !== null && sizeOf(trace.values[target.id].shape) ? accountOf(step, target.index, app.cell) : null;
  const head = element("div", {class: "head"}, element("p", {class: `phase ${step.phase}`}, `${groupOf(step) === step.phase ? PHASES[step.phase] : `Inside the rule of ${stepWords(step.inside)}`} · step ${step.id + 1} of ${trace.steps.length}`),
    element("h2", {tabindex: -1}, titleOf(step)), entry.sentence ? element("p", {class: "lead"}, ...coded(sentenceOf(step, entry))) : null, whereWords(step), whyNow(step));
  const wanted = step.phase === "backward" ? trace.steps[step.of]?.input_names[target?.index] ?? null : null;
  const formula = op in formulas.ops ? formulaCard(op, wanted, null) : null;
  const maps = mapsOf(step, targets, account), hover = (term) => emphasise(term);
  return [element("div", {class: "top"}, head, formula), codeCard(op), targets.length > 1 ? chooser(step, targets) : null, maps,
          account ? accountCard(account, hover) : null, step.phase === "backward" && account ? whereFrom(step, account) : null, sourceOf(entry)];
};
// A formula that is too long to stand beside the head stands below it.
const widen = () => {
  const top = at("step").querySelector(".top"), lines = [...top?.querySelectorAll(".formulas > .formula") ?? []];
  if (lines.some((line) => line.scrollWidth > line.clientWidth + 1)) top.classList.add("wide");
};
const titleOf = (step) => step.phase === "update" ? `${step.op} moves ${trace.values[step.parameter].name}` : step.phase === "backward" ? `${opWords(step.op)}, backward` : opWords(step.op);
const sentenceOf = (step, entry) => step.phase === "backward" ? `How the slope of the loss passes back through ${opWords(step.op)}.` : entry.sentence;
const coded = (text) => text.split("`").map((part, i) => i % 2 ? element("code", {}, part) : part);
const sourceOf = (entry) => entry.source ? element("p", {class: "source"}, entry.source) : null;

// Which of several results or gradients is explained.
const chooser = (step, targets) => element("div", {class: "chooser", role: "group", "aria-label": step.phase === "backward" ? "Gradient" : "Result"},
  ...targets.map(({id, index}, i) => element("button", {type: "button", "aria-pressed": String(i === app.target), onclick: () => app.pick(strongest(id), i)},
    step.phase === "backward" ? `slope in ${trace.steps[step.of]?.input_names[index] ?? `input ${index + 1}`}` : `result ${index + 1}`)));

const shownOnce = (list) => [...new Map(list.map((one) => [one.id, one])).values()];
const mapsOf = (step, targets, account) => {
  const reads = account?.reads ?? new Map(), target = targets[app.target];
  const inputsOf = (call) => call.inputs.map(({value}, i) => ({id: value, title: call.input_names[i] ?? `x_${i + 1}`})).filter(({id}) => id !== undefined && id !== null);
  const forward = trace.steps[step.of], list = step.phase === "forward" ? inputsOf(step)
    : step.phase === "backward" ? [...step.g.filter((id) => id !== null).map((id) => ({id, title: "g"})), ...(forward ? [...inputsOf(forward), ...forward.outputs.map((id) => ({id, title: "y"}))] : []).filter(({id}) => reads.has(id))]
    : [{id: step.parameter, title: "p, before"}, ...(step.gradient === null ? [] : [{id: step.gradient, title: "g"}]), ...stateValues(step)];
  const inputs = shownOnce(list).map(({id, title}) => {
    const map = new HeatMap(id, {title: titled(title, id), reads: reads.get(id) ?? new Set(), said: say});
    map.inquire = (cell) => inquire(id, cell);
    return map.element;
  });
  const shown = target && target.id !== null ? new HeatMap(target.id, {cell: app.cell, pick: (cell) => app.pick(cell), said: say, title: trace.values[target.id].name}).element : null;
  const made = element("div", {class: "made"}, element("div", {class: "arrow", "aria-hidden": "true"}, "→"), shown);
  return element("div", {class: "flow"}, element("div", {class: "inputs"}, ...inputs), made, element("p", {id: "asked", class: "quiet"}));
};
const titled = (title, id) => trace.values[id].name.split(" of ")[0] === title ? title : `${title} = ${trace.values[id].name}`;
const stateValues = (step) => Object.entries(step.state || {}).map(([title, kept]) => ({title, id: kept && typeof kept === "object" ? kept.value : kept}))
  .filter(({id}) => Number.isInteger(id) && trace.values[id]?.role === "state" && sizeOf(trace.values[id].shape) > 1);
// Where a number of an input came from, with the way to it.
const inquire = (id, cell) => {
  const value = trace.values[id], from = maker.get(id), text = `${value.name}${placeText(cell, value.shape)} = ${exact(numberAt(id, cell), value.dtype)}`;
  const link = from === undefined ? element("span", {}, value.role === "parameter" ? ", a parameter." : value.role === "input" ? ", an input." : ".")
    : element("span", {}, ", made by ", element("button", {type: "button", class: "link", onclick: () => { const targets = outputsOf(trace.steps[from]); app.go(from, cell, Math.max(0, targets.findIndex((one) => one.id === id))); }}, `${stepWords(from)} (step ${from + 1})`), ".");
  at("asked").replaceChildren(element("code", {}, text), link);
};
const emphasise = (term) => {
  for (const figure of document.querySelectorAll("figure.value")) figure.classList.toggle("touched", Boolean(term) && term.factors.some(({id}) => String(id) === figure.dataset.value));
};

// The list of steps: one stop of the tab key; arrows, Home and End move in it.
const drawList = () => {
  const groups = [], several = passes.length > 1;
  passes.forEach((pass, i) => {
    for (const phase of Object.keys(PHASES)) {
      const steps = pass.steps.filter((id) => groupOf(trace.steps[id]) === phase);
      if (steps.length) groups.push(element("h3", {class: phase}, PHASES[phase], several ? element("small", {}, ` pass ${i + 1},`) : null, element("small", {}, ` ${plural(steps.length, "step")}`)), element("div", {role: "group", "aria-label": PHASES[phase]}, ...steps.map(listItem)));
    }
  });
  at("steps").replaceChildren(...groups);
  at("steps").setAttribute("role", "listbox");
  at("steps").setAttribute("aria-label", "Steps of the trace");
};
// Steps that ran inside a rule stand under its step of backward.
const groupOf = (step) => step.inside === null || step.inside === undefined ? step.phase : "backward";
const listItem = (id) => {
  const step = trace.steps[id], module = step.module === null || step.module === undefined ? "" : trace.modules[step.module].path || trace.modules[step.module].kind;
  const right = step.phase === "update" ? trace.values[step.parameter].name : step.phase === "backward" && step.of !== null && trace.steps[step.of].module !== null ? trace.modules[trace.steps[step.of].module].path : module;
  return element("div", {role: "option", id: `option${id}`, class: groupOf(step) === step.phase ? step.phase : "inside", tabindex: -1, "aria-selected": "false", onclick: () => app.go(id)},
                 element("span", {class: "count"}, String(id + 1)), element("span", {class: "op"}, opWords(step.op)), element("span", {class: "module"}, element("bdi", {}, right)));
};
const markList = (id) => {
  for (const old of document.querySelectorAll("[aria-selected=true]")) { old.setAttribute("aria-selected", "false"); old.tabIndex = -1; }
  const item = at(`option${id}`), list = at("steps"), hadFocus = list.contains(document.activeElement);
  item.setAttribute("aria-selected", "true");
  item.tabIndex = 0;
  list.setAttribute("aria-activedescendant", item.id);
  const top = item.offsetTop - list.offsetTop;
  if (top < list.scrollTop + 30 || top > list.scrollTop + list.clientHeight - 40) list.scrollTop = top - list.clientHeight / 3;
  if (hadFocus) item.focus({preventScroll: true});
};

const button = (text, title, action, pressed) => element("button", {type: "button", title, "aria-label": title, "aria-pressed": pressed, onclick: action}, text);
const tools = () => {
  const has = (phase) => trace.steps.some((step) => step.phase === phase);
  at("tools").replaceChildren(...[
    button("‹ Back", "The step before (left arrow)", () => app.turn(-1)), button("Next ›", "The next step (right arrow)", () => app.turn(1)),
    has("forward") ? button(app.playing && app.phase === "forward" ? "❚❚ Pause" : "▶ Forward", "Play the forward pass", () => app.play("forward")) : null,
    has("backward") ? button(app.playing && app.phase === "backward" ? "❚❚ Pause" : "◀ Backward", "Play the backward pass in its order", () => app.play("backward")) : null,
    trace.modules.length ? button("Fold", "Fold all modules", () => graph.foldAll(true)) : null, trace.modules.length ? button("Unfold", "Unfold all modules", () => graph.foldAll(false)) : null,
    button("−", "Smaller graph", () => { graph.zoom /= 1.25; graph.scale(); }), button("+", "Larger graph", () => { graph.zoom *= 1.25; graph.scale(); }),
    element("span", {class: "keys"}, element("kbd", {}, "←"), " ", element("kbd", {}, "→"), " step  ", element("kbd", {}, "space"), " play"),
  ].filter(Boolean));
};
const facts = () => {
  const count = (phase) => trace.steps.filter((step) => step.phase === phase && groupOf(step) === phase).length, loss = trace.loss === null || trace.loss === undefined ? null : numbersOf(trace.loss)?.[0];
  const parameters = new Map(trace.values.filter((value) => value.role === "parameter").map((value) => [value.name, sizeOf(value.shape)]));
  const words = [plural(count("forward"), "step forward", "steps forward"), count("backward") ? `${count("backward")} backward` : "", count("update") ? plural(count("update"), "update") : "",
                 parameters.size ? plural([...parameters.values()].reduce((a, b) => a + b, 0), "parameter") : "", loss === null || loss === undefined ? "" : `loss ${short(loss, 5)}`,
                 `Pellucid ${trace.pellucid}`];
  at("facts").textContent = words.filter(Boolean).join(" · ");
  if (trace.cut) at("notes").append(element("aside", {class: "notes"}, trace.cut));
  if (trace.order?.why && count("backward")) at("order").append(element("details", {}, element("summary", {}, "In which order backward goes, and why"), ...trace.order.why.split("\n").filter(Boolean).map((text) => element("p", {}, text))));
};

// Dark rules live in one media block; the switch turns that block on or off.
const darkBlocks = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.media && /prefers-color-scheme/.test(rule.media.mediaText));
const prefers = matchMedia("(prefers-color-scheme: dark)");
let dark = prefers.matches;
const setTheme = (now) => {
  dark = now;
  for (const rule of darkBlocks) rule.media.mediaText = dark ? "screen" : "not all";
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  at("theme").textContent = dark ? "Light" : "Dark";
  at("theme").setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
  palette = null;
  if (trace.steps.length) app.show(true);
};
at("theme").addEventListener("click", () => setTheme(!dark));
prefers.addEventListener("change", () => setTheme(prefers.matches));

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest?.("input, select, textarea, summary")) return;
  const inButton = event.target.closest?.("button, [role=button]"), move = {ArrowRight: 1, ArrowLeft: -1, j: 1, k: -1};
  if (event.target.closest?.("#steps")) Object.assign(move, {ArrowDown: 1, ArrowUp: -1});
  if (event.key in move) app.turn(move[event.key]);
  else if (event.key === "Home") app.go(0);
  else if (event.key === "End") app.go(trace.steps.length - 1);
  else if (event.key === " " && !inButton) app.play(trace.steps[app.step].phase === "backward" ? "backward" : "forward");
  else return;
  event.preventDefault();
});

const graph = new Graph(at("graph"), (id) => app.go(id));
graph.said = say;
facts();
drawList();
tools();
if (trace.steps.length) setTheme(dark), app.go(0);
else at("step").append(element("p", {}, "Nothing was recorded."));
addEventListener("resize", () => { if (!graph.holder.hidden && graph.picture) graph.scale(); });
// For those who want to check the numbers: what the page wrote for a cell.
window.pellucid = {
  account: (step, index, cell) => {
    const account = accountOf(trace.steps[step], index, cell);
    return {result: account.result ?? null, recorded: account.recorded ?? null, note: account.note, agrees: account.agrees(), terms: account.terms?.map((term) => ({number: term.number, scale: term.scale, factors: term.factors.map(({id, cell: from, name, number}) => ({value: id ?? null, cell: from ?? null, name, number}))})) ?? null,
            lines: account.lines.length};
  },
  formula: (op, wanted) => formulaCard(op, wanted)?.outerHTML ?? "",
  go: (step, cell, target) => app.go(step, cell, target),
  state: () => ({step: app.step, cell: app.cell, target: app.target}),
};
