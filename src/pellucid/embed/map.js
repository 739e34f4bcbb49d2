"use strict";
(() => {
  const held = JSON.parse(document.querySelector("script[type='application/json']").textContent);
  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer;
  const {texts, groups, own, count, k} = held;
  const group = new Uint8Array(bytes(held.group));
  const plane = new Float32Array(bytes(held.points));
  const space = held.space ? new Float32Array(bytes(held.space)) : null;
  const near = new Int32Array(bytes(held.near)), cosines = new Int16Array(bytes(held.cosines));
  const find = selector => document.querySelector(selector);
  const canvas = find("canvas"), pen = canvas.getContext("2d", {alpha: false});
  const tip = find(".tip"), input = find("input"), chosen = find(".chosen"), counted = find(".count");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const DIM = 0, PLAIN = 1, BOLD = 2, LEVELS = 8, FAR = 3.2, LABELS = 55, SPLIT = 28;

  // Where each point is on the screen, how near it is (0 far, 1 near), how it is drawn.
  const sx = new Float32Array(count), sy = new Float32Array(count), depth = new Float32Array(count).fill(1);
  const order = new Int32Array(count), hidden = new Uint8Array(Math.max(groups.length, 1));
  let width = 1, height = 1, ratio = 1, home = 1, queued = false;
  let view = {x: 0, y: 0, zoom: 1}, turn = {yaw: 0.5, pitch: 0.35}, mix = 0, isSpace = false;
  let selected = -1, hovered = -1, matches = null, isMatch = null, motion = null, colours = {}, stamps = [];
  let image = null, pixels = null;
  const reach = [0, 1].map(side => Math.max(0.02, ...extremes(side)));
  const folded = texts.map(text => fold(text)), labelled = new Map();

  function extremes(side) {
    let least = 0, most = 0;
    for (let i = side; i < 2 * count; i += 2) { least = Math.min(least, plane[i]); most = Math.max(most, plane[i]); }
    return [-least, most];
  }
  function fold(text) { return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }
  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }
  const named = i => own.length ? own[i] : groups.length ? groups[group[i]] : "";
  const colour = g => groups.length ? colours.groups[g] : colours.groups[0];
  const shown = i => !hidden[group[i]];

  // Colours and discs

  function readColours() {
    const style = getComputedStyle(document.documentElement), read = name => style.getPropertyValue(name).trim();
    const rest = groups.length > 1 ? groups.findIndex(name => name === "other") : -1;
    let next = 0;
    colours = {paper: read("--halo"), ink: read("--ink"), soft: read("--soft"), line: read("--line"),
      groups: (groups.length ? groups : [""]).map((_, i) => i === rest ? read("--rest") : read(`--g${next++ % 11}`))};
    colours.words = colours.groups.map(word);
    labelled.clear();
  }
  function radius() {
    const base = count > 6000 ? 1.9 : count > 1500 ? 2.4 : count > 300 ? 3.2 : 4.4;
    return Math.min(6.5, base * Math.max(0.85, Math.pow(view.zoom, 0.38)));
  }
  // A disc as how much of each pixel it covers, 0 to 256, for four by four places within a pixel.
  function disc(r, most) {
    const half = Math.ceil(r * ratio + 1), size = 2 * half + 1, places = [];
    for (let n = 0; n < 16; n++) {
      const cover = new Uint16Array(size * size), x0 = half + (n & 3) / 4, y0 = half + (n >> 2) / 4;
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++)
          cover[y * size + x] = 256 * most * Math.max(0, Math.min(1, r * ratio + 0.5 - Math.hypot(x - x0, y - y0)));
      places.push(cover);
    }
    return {half, size, places};
  }
  function discs(kind, level) {
    const at = kind * LEVELS + level;
    if (stamps[at] && stamps.radius === radius()) return stamps[at];
    if (stamps.radius !== radius()) { stamps = []; stamps.radius = radius(); }
    const r = radius() * (kind === BOLD ? 1.5 : 1) * (0.55 + 0.45 * (level + 1) / LEVELS);
    const most = kind === DIM ? 0.17 : (r > 2.8 ? 0.45 : 0.32) + 0.5 * (level + 1) / LEVELS;
    return stamps[at] = {disc: disc(r, most), rim: kind !== DIM && r > 2.8 ? disc(r + 0.9, 1) : null};
  }
  // Lay a disc of one colour over the pixels. Drawing 10,000 small pictures takes ten times as long as this.
  function stamp({half, size, places}, x, y, ink) {
    const across = canvas.width, px = Math.floor(x), py = Math.floor(y);
    const cover = places[((y - py) * 4 | 0) * 4 + ((x - px) * 4 | 0)], left = px - half, top = py - half;
    const inkOuter = ink & 0xff00ff, inkInner = ink & 0xff00;
    const x0 = Math.max(0, -left), x1 = Math.min(size, across - left), y1 = Math.min(size, canvas.height - top);
    for (let j = Math.max(0, -top); j < y1; j++)
      for (let i = x0, to = (top + j) * across + left + x0, from = j * size + x0; i < x1; i++, to++, from++) {
        const a = cover[from];
        if (a === 0) continue;
        const under = pixels[to], b = 256 - a;
        pixels[to] = 0xff000000 | (Math.imul(inkOuter, a) + Math.imul(under & 0xff00ff, b) >>> 8 & 0xff00ff)
          | (Math.imul(inkInner, a) + Math.imul(under & 0xff00, b) >>> 8 & 0xff00);
      }
  }
  function word(css) {                                           // a colour as the four bytes of a pixel
    const [r, g, b] = css.slice(1).match(/../g).map(part => parseInt(part, 16));
    return (0xff000000 | b << 16 | g << 8 | r) >>> 0;
  }

  // Where the points are

  function place() {
    const scale = home * view.zoom, cx = width / 2, cy = height / 2, wide = 0.34 * Math.min(width, height) * view.zoom;
    const ca = Math.cos(turn.yaw), sa = Math.sin(turn.yaw), cb = Math.cos(turn.pitch), sb = Math.sin(turn.pitch);
    for (let i = 0; i < count; i++) {
      let x = (plane[2 * i] - view.x) * scale, y = (plane[2 * i + 1] - view.y) * scale, d = 1;
      if (mix > 0) {
        const a = space[3 * i], b = space[3 * i + 1], c = space[3 * i + 2];
        const across = a * ca + c * sa, along = c * ca - a * sa;
        const up = b * cb - along * sb, toward = along * cb + b * sb, close = FAR / (FAR - toward);
        x += mix * (across * close * wide - x);
        y += mix * (up * close * wide - y);
        d = 1 - mix * (0.5 - toward / 2.4);
      }
      sx[i] = cx + x;
      sy[i] = cy - y;
      depth[i] = d;
    }
  }
  function sorted() {
    if (mix === 0) { for (let i = 0; i < count; i++) order[i] = i; return; }
    const starts = new Int32Array(65);
    const bin = i => Math.max(0, Math.min(63, depth[i] * 64 | 0));
    for (let i = 0; i < count; i++) starts[bin(i) + 1]++;
    for (let b = 0; b < 64; b++) starts[b + 1] += starts[b];
    for (let i = 0; i < count; i++) order[starts[bin(i)]++] = i;
  }
  const onScreen = (i, m = 12) => sx[i] > -m && sx[i] < width + m && sy[i] > -m && sy[i] < height + m;

  // Drawing

  function draw(now) {
    queued = false;
    if (!pixels) return;
    if (motion) motion(now);
    place();
    sorted();
    const ground = word(colours.paper);
    pixels.fill(ground);
    const around = selected < 0 ? null : neighboursOf(selected), bold = new Set(around || []);
    if (selected >= 0) bold.add(selected);
    const dims = selected >= 0 || isMatch !== null;
    for (const loud of dims ? [false, true] : [true])
      for (let n = 0; n < count; n++) {
        const i = order[n], isLoud = !dims || (selected >= 0 ? bold.has(i) : isMatch[i] === 1);
        if (isLoud !== loud || !shown(i) || !onScreen(i)) continue;
        const level = mix === 0 ? LEVELS - 1 : Math.max(0, Math.min(LEVELS - 1, depth[i] * LEVELS | 0));
        const drawn = discs(!isLoud ? DIM : dims ? BOLD : PLAIN, level), x = sx[i] * ratio, y = sy[i] * ratio;
        if (drawn.rim) stamp(drawn.rim, x, y, ground);
        stamp(drawn.disc, x, y, colours.words[group[i]]);
      }
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.putImageData(image, 0, 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (around) threads(around);
    if (hovered >= 0) ring(hovered, 1.5);
    labels(around);
  }
  function threads(around) {
    pen.lineWidth = 1;
    pen.strokeStyle = colours.line;
    pen.beginPath();
    for (const j of around) if (shown(j)) { pen.moveTo(sx[selected], sy[selected]); pen.lineTo(sx[j], sy[j]); }
    pen.stroke();
    ring(selected, 2.2);
  }
  function ring(i, thick) {
    pen.lineWidth = thick;
    pen.strokeStyle = colours.ink;
    pen.beginPath();
    pen.arc(sx[i], sy[i], radius() * 1.5 + 3, 0, 7);
    pen.stroke();
  }
  // A text with a halo, drawn once and kept.
  function label(text, weight, ink) {
    const key = `${weight}${ink}${text}`, found = labelled.get(key);
    if (found) return found;
    const font = `${weight} ${weight > 500 ? 13 : 11.5}px ${fontFamily}`;
    pen.font = font;
    const wide = Math.ceil(pen.measureText(text).width) + 8;
    const made = element("canvas", {width: Math.ceil(wide * ratio), height: Math.ceil(20 * ratio)}), p = made.getContext("2d");
    p.scale(ratio, ratio);
    Object.assign(p, {font, textBaseline: "middle", lineJoin: "round", lineWidth: 3.5, strokeStyle: colours.paper, fillStyle: ink});
    p.strokeText(text, 4, 10);
    p.fillText(text, 4, 10);
    if (labelled.size > 4000) labelled.clear();
    labelled.set(key, {image: made, wide});
    return labelled.get(key);
  }
  const short = (text, most) => text.length > most ? text.slice(0, most - 1).trimEnd() + "…" : text;
  function labels(around) {
    const taken = [], strong = isMatch !== null;
    const write = (i, text, weight, ink, force) => {
      const made = label(text, weight, ink), apart = radius() + (force ? 5 : 1), y = sy[i];
      const x = sx[i] + apart + made.wide > width ? sx[i] - apart - made.wide : sx[i] + apart;
      const box = [x, y - 8, x + made.wide, y + 8];
      if (!force && taken.some(t => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) return false;
      taken.push(box);
      pen.drawImage(made.image, x, y - 10, made.wide, 20);
      return true;
    };
    if (selected >= 0) write(selected, short(texts[selected], 48), 600, colours.ink, true);
    for (const j of around || []) if (shown(j) && onScreen(j)) write(j, short(texts[j], 36), 400, colours.ink, false);
    let left = LABELS, tries = 900;
    const offer = i => {
      if (!shown(i) || !onScreen(i, 0)) return;
      tries--;
      if (write(i, short(texts[i], SPLIT), 400, strong ? colours.ink : colours.soft, false)) left--;
    };
    if (selected >= 0) return;
    if (isMatch !== null) for (const i of matches) { if (left <= 0 || tries <= 0) break; offer(i); }
    else for (let n = 0; n < count && left > 0 && tries > 0; n++) offer(mix > 0 ? order[count - 1 - n] : n);
  }
  const fontFamily = getComputedStyle(document.body).fontFamily;
  function redraw() {
    if (!queued) { queued = true; requestAnimationFrame(draw); }
  }
  function animate(milliseconds, step) {
    if (still || milliseconds === 0) { motion = null; step(1); redraw(); return; }
    const begun = performance.now();
    motion = now => {
      const t = Math.min(1, Math.max(0, (now - begun) / milliseconds));
      step(t < 0.5 ? 4 * t * t * t : 1 - Math.pow(2 - 2 * t, 3) / 2);
      if (t < 1) redraw(); else motion = null;
    };
    redraw();
  }
  function resize() {
    ratio = Math.min(devicePixelRatio || 1, 2);
    ({clientWidth: width, clientHeight: height} = canvas);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    home = Math.min((width - 70) / 2 / reach[0], (height - 70) / 2 / reach[1]);
    if (!canvas.width || !canvas.height) return;
    image = pen.createImageData(canvas.width, canvas.height);
    pixels = new Uint32Array(image.data.buffer);
    stamps = [];
    labelled.clear();
    redraw();
  }

  // Moving

  const bounded = zoom => Math.max(0.4, Math.min(isSpace ? 12 : 400, zoom));
  function zoomAt(factor, px = width / 2, py = height / 2) {
    const before = view.zoom;
    view.zoom = bounded(before * factor);
    if (!isSpace) {                                              // what is under the pointer stays there
      view.x += (px - width / 2) / home * (1 / before - 1 / view.zoom);
      view.y -= (py - height / 2) / home * (1 / before - 1 / view.zoom);
    }
    redraw();
  }
  function shift(dx, dy) {
    if (isSpace) {
      turn.yaw += dx * 0.007;
      turn.pitch = Math.max(-1.5, Math.min(1.5, turn.pitch + dy * 0.007));
    } else {
      view.x -= dx / (home * view.zoom);
      view.y += dy / (home * view.zoom);
    }
    redraw();
  }
  function goTo(goal) {
    const from = {...view};
    animate(450, t => {
      view.zoom = from.zoom * Math.pow(goal.zoom / from.zoom, t);
      view.x = from.x + t * (goal.x - from.x);
      view.y = from.y + t * (goal.y - from.y);
    });
  }
  function showAll() {
    goTo({x: 0, y: 0, zoom: 1});
  }
  function bring(i) {                                            // with most of its neighbours around it
    if (isSpace) return;
    const [x, y] = [plane[2 * i], plane[2 * i + 1]];
    const apart = Array.from(neighboursOf(i), j => Math.hypot(plane[2 * j] - x, plane[2 * j + 1] - y)).sort((a, b) => a - b);
    const far = Math.max(apart[Math.floor(apart.length * 0.7)] || 0, 1e-3);
    goTo({x, y, zoom: Math.max(1, Math.min(7, 0.32 * Math.min(width, height) / home / far))});
  }
  function setView(toSpace) {
    if (!space || toSpace === isSpace) return;
    isSpace = toSpace;
    for (const button of document.querySelectorAll("[data-view]"))
      button.ariaPressed = String((button.dataset.view === "3") === isSpace);
    const from = mix, begin = {...view}, yaw = turn.yaw;
    animate(800, t => {
      mix = from + t * ((isSpace ? 1 : 0) - from);
      view = {x: begin.x * (1 - t), y: begin.y * (1 - t), zoom: Math.pow(begin.zoom, 1 - t)};
      if (isSpace) turn.yaw = yaw + 0.6 * t;
    });
  }

  // Choosing and searching

  function neighboursOf(i) { return near.subarray(i * k, i * k + k); }
  function nearestTo(px, py, reach) {
    let best = -1, least = reach * reach;
    for (let n = 0; n < count; n++) {
      const i = order[n], d = (sx[i] - px) ** 2 + (sy[i] - py) ** 2;
      if (d <= least && shown(i)) { least = d; best = i; }
    }
    return best;
  }
  function item(i, told) {
    const dot = element("i", {className: "dot"});
    dot.style.color = dot.style.background = colour(group[i]);
    const button = element("button", {type: "button", onclick: () => choose(i, true)}, dot,
      element("span", {textContent: texts[i]}), element("small", {textContent: told}));
    return element("li", {}, button);
  }
  function choose(i, bringIt = false) {
    selected = i;
    tell();
    if (i >= 0 && bringIt) bring(i);
    redraw();
  }
  function tell() {
    chosen.replaceChildren();
    chosen.scrollTop = 0;
    const list = element("ul", {className: "list"});
    if (selected >= 0) {
      chosen.append(element("h2", {textContent: texts[selected]}));
      if (named(selected)) {
        const dot = element("i", {className: "dot"});
        dot.style.color = dot.style.background = colour(group[selected]);
        chosen.append(element("div", {className: "group"}, dot, named(selected)));
      }
      neighboursOf(selected).forEach((j, n) => list.append(item(j, (cosines[selected * k + n] / 1000).toFixed(2))));
      if (k) chosen.append(element("h3", {textContent: "Nearest, by the cosine of their vectors"}), list);
    } else if (matches !== null) {
      for (const i of matches.slice(0, 60)) list.append(item(i, ""));
      chosen.append(element("h3", {textContent: matches.length ? "Found" : "Nothing is found"}), list);
    } else {
      chosen.append(element("p", {className: "hint"}, "Click a point to see what is nearest to it. Drag to ",
        space ? "move or turn" : "move", ", scroll to zoom, ", element("kbd", {textContent: "/"}), " to search."));
    }
    const visible = hidden.includes(1) ? group.reduce((sum, g) => sum + 1 - hidden[g], 0) : count;
    counted.textContent = (matches === null ? visible < count ? `${visible.toLocaleString("en")} of ` : ""
      : `${matches.length.toLocaleString("en")} of `) + `${count.toLocaleString("en")} points`;
  }
  function search() {
    const asked = fold(input.value.trim());
    selected = -1;
    if (!asked) { matches = isMatch = null; } else {
      isMatch = new Uint8Array(count);
      matches = [];
      for (let i = 0; i < count; i++) if (folded[i].includes(asked)) { matches.push(i); isMatch[i] = 1; }
      const rank = i => folded[i] === asked ? 0 : folded[i].startsWith(asked) ? 1 : 2;
      matches.sort((a, b) => rank(a) - rank(b) || a - b);
    }
    tell();
    redraw();
  }
  function legend() {
    if (groups.length < 2) return;
    const sizes = new Int32Array(groups.length);
    group.forEach(g => sizes[g]++);
    groups.forEach((name, g) => {
      const dot = element("i", {className: "dot"});
      dot.style.color = dot.style.background = colour(g);
      const button = element("button", {type: "button", ariaPressed: "true", title: "Hide or show; alone: double click"},
        dot, name, element("small", {textContent: sizes[g].toLocaleString("en")}));
      const renew = () => {
        [...find(".groups").querySelectorAll("button")].forEach((b, n) => {
          b.ariaPressed = String(!hidden[n]);
          b.firstChild.style.background = hidden[n] ? "none" : colour(n);
        });
        tell();
        redraw();
      };
      button.onclick = () => { hidden[g] = 1 - hidden[g]; renew(); };
      button.ondblclick = () => {
        const isAlone = hidden.every((h, n) => n === g || h);
        hidden.fill(isAlone ? 0 : 1);
        hidden[g] = 0;
        renew();
      };
      find(".groups").append(element("li", {}, button));
    });
  }
  function point(i, px, py) {
    canvas.classList.toggle("on", i >= 0);
    if (i !== hovered) redraw();
    hovered = i;
    tip.hidden = i < 0;
    if (i < 0) return;
    tip.replaceChildren(short(texts[i], 220), element("small", {textContent: named(i)}));
    const w = tip.offsetWidth, h = tip.offsetHeight;
    const x = Math.max(6, Math.min(width - w - 6, px + 14)), y = py + h + 22 > height ? py - h - 10 : py + 16;
    tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  // Pointer, wheel, keys

  const down = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    if (!down.size) moved = 0;
    down.set(event.pointerId, [event.offsetX, event.offsetY]);
    motion = null;
  });
  canvas.addEventListener("pointermove", event => {
    const before = down.get(event.pointerId), [x, y] = [event.offsetX, event.offsetY];
    if (!before) { if (event.pointerType !== "touch") point(nearestTo(x, y, 12), x, y); return; }
    moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
    if (moved > 4) canvas.classList.add("moving");
    if (down.size === 1) shift(x - before[0], y - before[1]);
    else {
      const [other] = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const apart = at => Math.hypot(at[0] - other[0], at[1] - other[1]);
      zoomAt(apart([x, y]) / Math.max(1, apart(before)), (x + other[0]) / 2, (y + other[1]) / 2);
      shift((x - before[0]) / 2, (y - before[1]) / 2);
    }
    down.set(event.pointerId, [x, y]);
    point(-1);
  });
  const up = event => {
    if (!down.delete(event.pointerId)) return;
    canvas.classList.remove("moving");
    if (event.type === "pointerup" && moved <= 4 && !down.size)
      choose(nearestTo(event.offsetX, event.offsetY, event.pointerType === "touch" ? 24 : 14));
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => point(-1));
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 18 : 1;
    zoomAt(Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.0022)),
      event.offsetX, event.offsetY);
  }, {passive: false});
  canvas.addEventListener("dblclick", event => zoomAt(2, event.offsetX, event.offsetY));
  const keys = {ArrowLeft: () => shift(60, 0), ArrowRight: () => shift(-60, 0), ArrowUp: () => shift(0, 60),
    ArrowDown: () => shift(0, -60), "+": () => zoomAt(1.4), "=": () => zoomAt(1.4), "-": () => zoomAt(1 / 1.4), 0: showAll};
  canvas.addEventListener("keydown", event => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  addEventListener("keydown", event => {
    if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.select(); }
    if (event.key === "Escape") { if (selected >= 0) choose(-1); else { input.value = ""; search(); } }
  });
  input.addEventListener("input", search);
  input.addEventListener("keydown", event => {
    if (event.key !== "Enter" || !matches || !matches.length) return;
    choose(matches[(matches.indexOf(selected) + 1) % matches.length], true);
  });
  for (const button of document.querySelectorAll("[data-zoom]"))
    button.onclick = () => zoomAt(Number(button.dataset.zoom));
  find("[data-home]").onclick = showAll;
  for (const button of document.querySelectorAll("[data-view]"))
    button.onclick = () => setView(button.dataset.view === "3");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColours();
    [...document.querySelectorAll(".groups .dot")].forEach((dot, g) => { dot.style.color = colour(g); });
    tell();
    redraw();
  });
  new ResizeObserver(resize).observe(canvas);

  readColours();
  legend();
  tell();
  resize();
})();
