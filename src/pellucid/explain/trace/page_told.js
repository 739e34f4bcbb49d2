// A step in words and formulas: what it computes, its numbers, how one cell came about, where its slope came from.
const SHOWN = 14;                                             // terms of a sum before the rest is folded
const opened = (...children) => element("div", {class: "formula"}, ...children);
const headMath = (part) => part.left === undefined ? null : row(mathOf(part.head), mo(part.sign === "=" ? "=" : part.sign));
const DEFINING = /^[^ ]+(?: [^ ]+)* [+*]?= .+$/;                // words in which something is defined all the same
// A line of a docstring: formulas where it could be read, its words where not.
const lineMath = (parts) => opened(...parts.map((part) => {
  if (part.trees) return whole(headMath(part), joined(part.trees.map((tree) => mathOf(tree)), () => mo("=")));
  if (part.equal) return element("span", {class: "words"}, whole(joined(part.equal.map((tree) => mathOf(tree)), () => mo("="))));
  if (part.except) return element("span", {class: "words"}, whole(mathOf(part.except[0]), math("mtext", " where "), mathOf(part.except[1])));
  return element("span", {class: DEFINING.test(part.text) ? "words main" : "words"}, part.text);
}));
const linesOf = (parts) => {
  const lines = [];
  for (const part of parts) if (part.trees || !lines.length || DEFINING.test(part.text)) lines.push([part]); else lines.at(-1).push(part);
  return lines.map(lineMath);
};
const helpersOf = (op) => formulas.ops[op].where.filter((part) => part.trees);
// A definition that reads g helps the derivatives only.
const reads = (tree, name) => Array.isArray(tree) && (tree[0] === "name" ? tree[1] === name : tree.some((part) => reads(part, name)));
const withoutSlopes = (op, parts) => {
  const given = trace.steps.find((step) => step.op === op && step.input_names)?.input_names ?? [];
  let dropped = false;
  return parts.filter((part) => { dropped = part.trees ? part.left !== "y" && !given.includes("g") && reads(part.trees, "g") : dropped; return !dropped; });
};
const formulaCard = (op, wanted, title) => {
  const {forward: all, backward} = formulas.ops[op], forward = wanted === null ? withoutSlopes(op, all) : all, parts = wanted === null ? forward : backward[wanted] || [];
  const isMain = (part) => part.left === "y" || part.left?.startsWith("y[") || part.left?.startsWith("[");
  const helpers = wanted === null ? helpersOf(op).filter((part) => !/^d[a-z]/.test(part.left)) : [...forward.filter((part) => part.trees && !isMain(part)), ...helpersOf(op)];
  if (!parts.length && !helpers.length) return null;
  drawnPart.slopes = new Set(Object.keys(backward));
  return element("div", {class: "formulas"}, title ? element("h3", {}, title) : null, ...linesOf(parts),
                 helpers.length ? element("div", {class: "helpers"}, ...linesOf(helpers)) : null,
                 wanted !== null ? element("p", {class: "quiet"}, whole(math("mi", "g"), mo("="), slopeMath("y")), " is the slope that arrived.") : null);
};

// The numbers that stand for the names of a formula, at one place of its row.
const fillFor = (names, k) => (tree) => {
  try {
    if (tree[0] === "name") return tree[1] === "e" || tree[1] === "pi" || tree[1] === "inf" ? undefined : names.number(tree[1], k);
    if (tree[0] === "over") return names.over(tree);
    if (tree[0] === "function" && tree[1] === "softmax") return names.value(tree, k);
  } catch (error) { if (!(error instanceof Missing)) throw error; }
  return undefined;
};
const numberMath = (x) => { const text = math("mn", short(x, 5)); text.setAttribute("class", "result"); return text; };
const settled = (names, tree) => {
  if (tree[0] !== "cases") return [tree, null];
  for (const [value, when] of tree[1]) if (names.holds(when, names.own)) return [settled(names, value)[0], when];
  return tree[2] ? settled(names, tree[2]) : [tree, null];
};
const accountLine = (line) => {
  if (line.sum) {
    const count = Math.min(line.terms.length, line.terms.length > 6 ? 4 : 6), terms = [];
    for (let k = 0; k < count; k++) terms.push(mathOf(line.sum[3], fillFor(line.names, k), 1.5));
    if (count < line.terms.length) terms.push(mo("…"), mathOf(line.sum[3], fillFor(line.names, line.terms.length - 1), 1.5));
    const plus = line.sum[1] === "max" || line.sum[1] === "min" ? "," : "+", sum = joined(terms, () => mo(plus));
    const inside = line.sum[1] === "sum" ? sum : line.sum[1] === "mean" ? math("mfrac", sum, math("mn", String(line.terms.length)))
      : line.sum[1] === "var" ? null : row(math("mi", line.sum[1]), bracketed(sum));
    return opened(whole(mathOf(line.sum), mo("="), ...(inside ? [inside, mo("=")] : []), numberMath(line.value)));
  }
  const [tree, when] = settled(line.names, line.tree), left = line.left.startsWith("d") && drawnPart.slopes.has(line.left.slice(1)) ? slopeMath(line.left.slice(1)) : nameMath(line.left);
  const alone = tree[0] === "name" || tree[0] === "number";
  return opened(whole(left, mo("="), mathOf(tree), mo("="), ...(alone ? [] : [mathOf(tree, fillFor(line.names, line.names.own)), mo("=")]), numberMath(line.value)),
                when ? element("span", {class: "words"}, whole(math("mtext", "since "), mathOf(when, fillFor(line.names, line.names.own)))) : null);
};
const bracket = (text) => text.startsWith("−") ? `(${text})` : text;
const factorSpan = ({name, cell, id, number}) => element("span", {class: "factor", title: `${name}${id === undefined ? "" : placeText(cell, trace.values[id].shape)} = ${exact(number, "float64")}`}, bracket(short(number)));
const termSpan = ({factors, scale}) => {
  const parts = factors.map(factorSpan);
  if (scale !== 1 || !parts.length) parts.unshift(element("span", {class: "scale", title: `a constant, ${exact(scale, "float64")}`}, bracket(short(scale))));
  return element("span", {class: "term"}, ...parts.flatMap((part, i) => i ? [" · ", part] : [part]));
};
// A sum of products written out; what is beyond the first terms is folded away.
const sumLine = (terms, result, left, hover = () => {}) => {
  const wrap = element("div", {class: "sum"}), show = (count) => {
    wrap.replaceChildren(left ? element("span", {class: "left"}, left, " = ") : "");
    terms.slice(0, count).forEach((term, i) => {
      const span = termSpan(term);
      span.addEventListener("pointerenter", () => hover(term));
      span.addEventListener("pointerleave", () => hover(null));
      wrap.append(i ? " + " : "", span);
    });
    if (count < terms.length) {
      const rest = terms.slice(count).reduce((sum, term) => sum + term.number, 0);
      wrap.append(" + ", element("button", {type: "button", class: "more", onclick: () => show(terms.length)}, `${plural(terms.length - count, "more term")}, together ${short(rest)}`));
    }
    if (!terms.length) wrap.append("nothing: 0");
    wrap.append(" = ", element("b", {}, short(result, 6)));
  };
  show(terms.length > SHOWN + 2 ? SHOWN : terms.length);
  return wrap;
};
const namedIn = (terms) => {
  const first = terms.find((term) => term.factors.length > 1) || terms[0];
  return first ? first.factors.map(({name}) => name.replace(/\[.*/, "")).join(" · ") : "";
};

const verdict = (account) => {
  const agrees = account.agrees();
  if (account.recorded === undefined || agrees === null) return null;
  const dtype = trace.values[account.id].dtype, text = exact(account.recorded, dtype);
  return element("p", {class: agrees ? "verdict met" : "verdict missed"}, element("span", {class: "mark", "aria-hidden": "true"}, agrees ? "✓" : "✕"),
                 agrees ? ` The trace recorded ${text}: the same, up to rounding.` : ` The trace recorded ${text}, which this does not give.`);
};
const cellWords = (account) => {
  const value = trace.values[account.id];
  return `${value.name}${placeText(account.cell, value.shape)}`;
};
// Everything about one cell: sums, lines, what it was chosen among, and the check.
const accountCard = (account, hover) => {
  const parts = [element("h3", {}, "How ", element("code", {}, cellWords(account)), " came about")];
  const name = trace.values[account.id].shape.length ? placeText(account.cell, trace.values[account.id].shape) : "";
  for (const sum of account.sums || []) parts.push(sumLine(sum.terms, sum.result, whole(nameMath(sum.left)), hover));
  if (account.bars) parts.push(barsOf(account.bars));
  if (account.among) {
    const list = account.among.map((one) => element("span", {class: one.cell === account.terms[0]?.factors[0]?.cell ? "factor winner" : "factor", title: placeText(one.cell, trace.values[one.id].shape)}, short(one.number)));
    parts.push(element("div", {class: "sum"}, `${account.how} of `, ...list.flatMap((one, i) => i ? [", ", one] : [one]), " = ", element("b", {}, short(account.result, 6))));
  } else if (account.terms && account.how === "copy") {
    const one = account.terms[0].factors[0];
    parts.push(element("p", {}, "The same number as ", element("code", {}, `${trace.values[one.id]?.name ?? one.name}${one.id === undefined ? "" : placeText(one.cell, trace.values[one.id].shape)}`), ": ", element("b", {}, short(one.number, 6)), "."));
  } else if (account.terms) {
    parts.push(element("p", {class: "quiet"}, account.terms.length > 1 ? `${plural(account.terms.length, "term")}, each ${namedIn(account.terms)}:` : ""), sumLine(account.terms, account.result, name, hover));
  }
  if (account.told) parts.push(element("p", {}, `${account.told[0].toUpperCase()}${account.told.slice(1)}`, ...(account.lines.length ? [":"] : [account.sign ?? " = ", element("b", {}, short(account.result, 6)), "."])));
  parts.push(...account.lines.map(accountLine));
  if (account.each && account.each.length > 1) parts.push(element("p", {class: "quiet"}, `That was the first of ${plural(account.each.length, "cell")} that read this number; their slopes add up:`),
    sumLine(account.each.map(({number}) => ({factors: [{name: "slope", number}], scale: 1})), account.result, ""));
  if (account.note) parts.push(element("p", {class: "quiet"}, account.note, account.result === undefined && account.recorded !== undefined ? ` It is ${exact(account.recorded, trace.values[account.id].dtype)}.` : ""));
  parts.push(verdict(account));
  const said = `${cellWords(account)} is ${short(account.recorded ?? account.result, 5)}${account.terms && account.how === "sum" ? `, a sum of ${plural(account.terms.length, "term")}` : ""}`;
  return element("div", {class: "account", "data-said": said}, ...parts.filter(Boolean));
};
const barsOf = ({title, rows}) => element("div", {class: "bars"}, element("p", {class: "quiet"}, title), element("ul", {}, ...rows.slice(0, 64).map(({label, value, note}) => {
  const bar = element("i");
  bar.style.width = `${100 * value}%`;
  return element("li", {title: note}, element("span", {}, label), element("span", {class: "bar"}, bar), element("span", {class: "number"}, short(value, 3)));
})));

// Why a step comes when it does: forward after what makes its inputs, backward after all that used its result.
const stepLink = (id, text) => element("button", {type: "button", class: "link", onclick: () => app.go(id)}, text ?? `step ${id + 1}`);
const stepWords = (id) => { const step = trace.steps[id]; return `${opWords(step.op)}${step.phase === "backward" ? " backward" : ""}`; };
const commaed = (nodes) => nodes.flatMap((node, i) => !i ? [node] : i === nodes.length - 1 ? [" and ", node] : [", ", node]);
const whyNow = (step) => {
  if (step.phase === "backward") return whyBackward(step);
  if (step.phase === "update") return null;
  const before = [...new Set(step.inputs.map(({value}) => maker.get(value)).filter((id) => id !== undefined && trace.steps[id].phase === "forward"))];
  if (!before.length) return null;
  return element("p", {class: "why"}, "It reads what came from ", ...commaed(before.map((id) => stepLink(id, `${stepWords(id)} (step ${id + 1})`))), ".");
};
const whyBackward = (step) => {
  const forward = trace.steps[step.of], pass = passes[passOf.get(step.id)].steps;
  if (!forward) return null;
  if (step.g.some((id) => id !== null && !maker.has(id) && numbersOf(id)?.length === 1 && numbersOf(id)[0] === 1)) return element("p", {class: "why"}, "It comes first: backward began at its result, whose slope in itself is 1.");
  const users = pass.filter((id) => trace.steps[id].phase === "forward" && trace.steps[id].inputs.some(({value}) => forward.outputs.includes(value)));
  const came = users.map((id) => pass.find((other) => trace.steps[other].of === id && trace.steps[other].phase === "backward" && other < step.id)).filter((id) => id !== undefined);
  if (!came.length) return null;
  const links = commaed(came.map((id) => stepLink(id, `${stepWords(id)} (step ${id + 1})`)));
  return element("p", {class: "why"}, came.length === 1 ? "Its turn now: the one step that used its result has sent its slope, " : `Its turn now: all ${came.length} steps that used its result have sent their slopes, which add up: `, ...links, ".");
};
// Where the slope g of a backward step came from, at the cells that the account read.
const whereFrom = (step, account) => {
  const rows = step.g.filter((id) => id !== null).map((id) => {
    const value = trace.values[id], from = maker.get(id), parts = value.parts || [], of = value.of === null || value.of === undefined ? null : trace.values[value.of];
    const cells = [...account.reads.get(id) || []], number = cells.length === 1 ? `${placeText(cells[0], value.shape)} = ${short(numberAt(id, cells[0]), 5)}` : "";
    const line = [element("code", {}, `g${number}`), of ? ` is the slope of the loss in ${of.name}` : " is the slope that arrived"];
    if (parts.length) line.push(", the sum of ", ...commaed(parts.map((part) => element("span", {}, cells.length === 1 && numbersOf(part) ? `${short(numberAt(part, cells[0]), 5)} from ` : "", fromStep(part)))));
    else if (from !== undefined) line.push(", handed on by ", fromStep(id));
    else if (!value.shape.length && numbersOf(id)?.[0] === 1) line.push(": 1, because this is where backward begins");
    return element("li", {}, ...line, ".");
  });
  return rows.length ? element("div", {class: "came"}, element("h3", {}, "Where its slope came from"), element("ul", {}, ...rows)) : null;
};
const fromStep = (id) => { const from = maker.get(id); return from === undefined ? "an earlier backward" : stepLink(from, `${stepWords(from)} (step ${from + 1})`); };
const codeCard = (op) => {
  const code = trace.ops[op]?.code;
  if (!code) return null;
  return element("div", {class: "code"}, element("h3", {}, "Your own code"), ...["forward", "backward"].filter((name) => code[name]).map((name) => element("pre", {}, code[name])));
};
