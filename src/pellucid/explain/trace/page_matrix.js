// Square matrices: determinants, inverses, what they solve, triangles. More of SPECIALS, see page_special.js.
const MOST_ROWS = 32;
// The matrix that a cell belongs to, as rows of numbers, and how to read one of its cells.
const matrixOf = (id, shape, lead) => {
  const [n, m] = shape.slice(-2), base = narrowed(lead, shape.slice(0, -2)) * n * m;
  if (n > MOST_ROWS || m > MOST_ROWS) throw new Missing(`a matrix of ${n} rows is too large to be worked out here`);
  return {rows: all(n).map((i) => all(m).map((j) => numberAt(id, base + i * m + j))), cell: (i, j) => base + i * m + j};
};
// The determinant, by elimination with the largest pivot.
const determinant = (rows) => {
  const a = rows.map((row) => [...row]), n = a.length;
  let product = 1;
  for (let k = 0; k < n; k++) {
    const pivot = all(n).slice(k).reduce((best, i) => Math.abs(a[i][k]) > Math.abs(a[best][k]) ? i : best, k);
    if (!a[pivot][k]) return 0;
    if (pivot !== k) { [a[pivot], a[k]] = [a[k], a[pivot]]; product = -product; }
    product *= a[k][k];
    for (let i = k + 1; i < n; i++) { const share = a[i][k] / a[k][k]; for (let j = k; j < n; j++) a[i][j] -= share * a[k][j]; }
  }
  return product;
};
const cofactor = (rows, i, j) => (-1) ** (i + j) * determinant(rows.filter((_, r) => r !== i).map((row) => row.filter((_, c) => c !== j)));
const inverted = (rows) => { const d = determinant(rows); return all(rows.length).map((i) => all(rows.length).map((j) => cofactor(rows, j, i) / d)); };
const leadOf = (cell, shape, last = 2) => { const at = unravel(cell, shape); return [at.slice(0, shape.length - last), ...at.slice(shape.length - last)]; };
const summed = (account, terms) => { account.terms = terms; account.how = "sum"; return account.result = total(terms); };

// By the first row: each of its numbers times its cofactor.
const byFirstRow = (account, call, lead) => {
  const {rows, cell} = matrixOf(call.ids[0], call.shapes[0], lead);
  return rows[0].map((_, j) => multiplied(account, [account.read(call.ids[0], cell(0, j), "x"), inner(`C[0, ${j}]`, cofactor(rows, 0, j))], 1));
};
SPECIALS.det = {
  forward: (account, call) => summed(account, byFirstRow(account, call, unravel(account.cell, call.outShapes[0]))),
  backward: (account, call, step) => {
    const [lead, i, j] = leadOf(account.cell, call.shapes[0]), {rows} = matrixOf(call.ids[0], call.shapes[0], lead);
    summed(account, [multiplied(account, [account.read(step.g[0], ravel(lead, call.outShapes[0]), "g"), inner(`C[${i}, ${j}]`, cofactor(rows, i, j))], 1)]);
  },
};
SPECIALS.sign_and_log_det = {
  forward: (account, call, out) => {
    const terms = byFirstRow(account, call, unravel(account.cell, call.outShapes[out]));
    account.sums = [sumOf("d", terms)];
    followed(account, formulas.inner[out ? "logarithm of a determinant" : "sign of a determinant"], {d: account.sums[0].result}, "y");
  },
  backward: (account, call, step) => {
    const [lead, i, j] = leadOf(account.cell, call.shapes[0]), {rows} = matrixOf(call.ids[0], call.shapes[0], lead);
    if (step.g[1] === null) return summed(account, []);
    return summed(account, [multiplied(account, [account.read(step.g[1], ravel(lead, call.outShapes[1]), "g"), inner(`x^-1[${j}, ${i}]`, cofactor(rows, i, j) / determinant(rows))], 1)]);
  },
};
SPECIALS.inverse = {
  forward: (account, call) => {
    const [lead, i, j] = leadOf(account.cell, call.outShapes[0]), {rows, cell} = matrixOf(call.ids[0], call.shapes[0], lead);
    rows.forEach((row, r) => row.forEach((_, c) => account.read(call.ids[0], cell(r, c), "x")));
    followed(account, formulas.inner.inverse, {C: cofactor(rows, j, i), d: determinant(rows)}, "y");
    account.told = `the cofactor of row ${j}, column ${i} over the determinant`;
  },
  backward: (account, call, step) => {
    const [lead, a, b] = leadOf(account.cell, call.shapes[0]), y = matrixOf(call.step.outputs[0], call.outShapes[0], lead), n = y.rows.length, id = call.step.outputs[0];
    summed(account, all(n).flatMap((i) => all(n).map((j) => multiplied(account, [account.read(id, y.cell(i, a), "y"), account.read(step.g[0], y.cell(i, j), "g"), account.read(id, y.cell(b, j), "y")], -1))));
  },
};
// y with a y = b: rows of the inverse times columns of b. Leading dimensions broadcast; the slopes of those that did are added up.
const solving = (call, lead) => {
  const square = call.step.op === "triangle_solve", a = matrixOf(call.ids[0], call.shapes[0], lead), upper = square && call.setting("upper"), ones = square && call.setting("unitriangular", false);
  const rows = square ? a.rows.map((row, i) => row.map((x, j) => i === j ? (ones ? 1 : x) : (j > i) === Boolean(upper) ? x : 0)) : a.rows;
  return {rows, inverse: inverted(rows), inside: (i, j) => !square || (i === j ? !ones : (j > i) === Boolean(upper))};
};
const leadsOf = (call, input, own) => indices(call.outShapes[0].slice(0, -2)).filter((lead) => narrowed(lead, call.shapes[input].slice(0, -2)) === narrowed(own, call.shapes[input].slice(0, -2)));
const solver = {
  forward: (account, call) => {
    const y = call.outShapes[0], [lead, i, k] = leadOf(account.cell, y), {inverse} = solving(call, lead), b = call.shapes[1], base = narrowed(lead, b.slice(0, -2)) * b.at(-2) * b.at(-1);
    summed(account, inverse[i].map((number, j) => [number, j]).filter(([number]) => number).map(([number, j]) => multiplied(account, [inner(`a^-1[${i}, ${j}]`, number), account.read(call.ids[1], base + j * b.at(-1) + k, "b")], 1)));
  },
  backward: (account, call, step, input) => {
    const y = call.outShapes[0], [own, r, c] = leadOf(account.cell, call.shapes[input]), [n, width] = y.slice(-2), terms = [];
    for (const lead of leadsOf(call, input, own)) {
      const {inverse, inside} = solving(call, lead), base = ravel(lead, y.slice(0, -2)) * n * width, g = (i, k) => account.read(step.g[0], base + i * width + k, "g");
      if (input === 1) terms.push(...all(n).filter((i) => inverse[i][r]).map((i) => multiplied(account, [inner(`a^-1[${i}, ${r}]`, inverse[i][r]), g(i, c)], 1)));
      else if (inside(r, c)) terms.push(...all(width).map((k) => multiplied(account, [inner(`db[${r}, ${k}]`, all(n).reduce((sum, i) => sum + inverse[i][r] * g(i, k).number, 0)), account.read(call.step.outputs[0], base + c * width + k, "y")], -1)));
    }
    summed(account, terms);
  },
};
SPECIALS.solve_matrix = solver;
SPECIALS.triangle_solve = solver;
// Row by row: what is left of x after the products of the numbers found before, over the diagonal.
SPECIALS.cholesky_factor = {
  forward: (account, call) => {
    const [lead, i, j] = leadOf(account.cell, call.outShapes[0]), {rows, cell} = matrixOf(call.ids[0], call.shapes[0], lead), id = call.step.outputs[0];
    if (j > i) return summed(account, []);
    account.sums = [sumOf("s", all(j).map((k) => multiplied(account, [account.read(id, cell(i, k), "y"), account.read(id, cell(j, k), "y")], 1)))];
    account.read(call.ids[0], cell(i, j), "x"); account.read(call.ids[0], cell(j, i), "x");
    const known = {a: (rows[i][j] + rows[j][i]) / 2, s: account.sums[0].result, d: numberAt(id, cell(j, j))};
    account.scale = Math.max(account.scale || 0, Math.abs(known.a));
    return followed(account, formulas.inner[i === j ? "cholesky, on the diagonal" : "cholesky"], known, "y");
  },
  backward: () => { throw new Missing("it takes two solutions with the whole triangle, and no formula gives one cell alone"); },
};
