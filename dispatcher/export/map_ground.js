// What every map page of the project has in common: the ground, its scale, and moving over it.
// The page around it has the data in D (zone, box, roads, names, houses, incidents), a canvas #map,
// the buttons #in, #out and #fit, a #scale and a #tip, and draws itself in draw().
const byId = (id) => document.getElementById(id);
const make = (tag, text, cls) => {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = text;
  if (cls) e.className = cls;
  return e;
};

// Places become plane coordinates (web Mercator, in radians) once; the view maps them to pixels.
const project = ([lon, lat]) => [lon * Math.PI / 180,
  -Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360))];
function decode(text) {
  const points = [];
  let at = 0, lat = 0, lon = 0;
  const next = () => {
    let value = 0, shift = 0, chunk;
    do { chunk = text.charCodeAt(at++) - 63; value += (chunk & 31) * 2 ** shift; shift += 5; } while (chunk >= 32);
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  while (at < text.length) { lat += next(); lon += next(); points.push(project([lon / 1e6, lat / 1e6])); }
  return points;
}
const clockOf = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", timeZone: D.zone});
const dayOf = new Intl.DateTimeFormat("en-GB", {day: "numeric", month: "long", year: "numeric", timeZone: D.zone});
const clock = (ms) => ms === null ? "–" : clockOf.format(ms);
const PALETTE = ["#0b6fcf", "#d9480f", "#2b8a3e", "#9c36b5", "#c2255c", "#0c8599", "#e8a400", "#5f3dc4",
  "#66a80f", "#a8573a", "#1864ab", "#e64980"];
const colourOf = (i) => i < PALETTE.length ? PALETTE[i] : `hsl(${(i * 137.5) % 360} 65% 42%)`;

const roads = D.roads.map(([name, lines]) => [name, lines.map(decode)]);
const names = D.names.map(([name, line]) => [name, decode(line)]);
const houses = decode(D.houses);
const incidents = D.incidents.map((i) => ({...i, path: i.line.map(project)}));
let drawn = incidents.filter((one) => one.path.length);

const canvas = byId("map");
let ctx = canvas.getContext("2d");
const view = {x: 0, y: 0, k: 1, w: 0, h: 0};
const px = ([x, y]) => [(x - view.x) * view.k + view.w / 2, (y - view.y) * view.k + view.h / 2];
// In Mercator a metre is longer the farther from the equator.
const pxPerMetre = () => view.k / (6371008.8 * Math.cos((D.box[1] + D.box[3]) / 2 * Math.PI / 180));

function fit() {
  const [w, n] = project([D.box[0], D.box[3]]), [e, s] = project([D.box[2], D.box[1]]);
  view.x = (w + e) / 2; view.y = (n + s) / 2;
  view.k = 0.95 * Math.min(view.w / Math.max(e - w, 1e-9), view.h / Math.max(s - n, 1e-9));
}
function resize() {
  const ratio = window.devicePixelRatio || 1, first = view.w === 0;
  view.w = canvas.clientWidth; view.h = canvas.clientHeight;
  canvas.width = Math.round(view.w * ratio); canvas.height = Math.round(view.h * ratio);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (first) fit();
  draw();
}

const WIDTHS = {trunk: 11, trunk_link: 7, primary: 10, primary_link: 7, secondary: 9, secondary_link: 6,
  tertiary: 8, tertiary_link: 6, unclassified: 7, residential: 7, living_street: 5.5, service: 4,
  pedestrian: 4, driveway: 2.6, track: 2.6};
const FILLS = {trunk: "#f7c98a", trunk_link: "#f7c98a", primary: "#fbdc9c", primary_link: "#fbdc9c",
  secondary: "#fdeebd", secondary_link: "#fdeebd"};
function trace(points) {
  points.forEach((p, i) => { const [x, y] = px(p); if (i) ctx.lineTo(x, y); else ctx.moveTo(x, y); });
}
function polyline(at) { ctx.beginPath(); at.forEach(([x, y], i) => i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)); }

let marks = [];
function drawGround(m) {
  if (m > 0.25) {
    ctx.fillStyle = "#d6d6ca";
    const r = Math.max(1.2, Math.min(7, 3.2 * m));
    for (const p of houses) {
      const [x, y] = px(p);
      if (x > -9 && y > -9 && x < view.w + 9 && y < view.h + 9) ctx.fillRect(x - r, y - r, 2 * r, 2 * r);
    }
  }
  for (const casing of [true, false]) {
    for (const [name, lines] of [...roads].reverse()) {
      const width = Math.max(0.7, (WIDTHS[name] || 5) * Math.max(m, 0.12));
      ctx.lineWidth = casing ? width + 1.6 : width;
      ctx.strokeStyle = casing ? "#bdbdb0" : FILLS[name] || "#ffffff";
      ctx.beginPath(); lines.forEach(trace); ctx.stroke();
    }
  }
  ctx.font = "11px system-ui, 'DejaVu Sans', sans-serif"; ctx.textAlign = "center"; ctx.textBaseline = "middle";
  for (const [name, line] of names) {
    const at = line.map(px);
    const [ax, ay] = at[0], [bx, by] = at[at.length - 1];
    const length = Math.hypot(bx - ax, by - ay), wide = ctx.measureText(name).width;
    if (length < wide + 18) continue;
    let turn = Math.atan2(by - ay, bx - ax);
    if (Math.abs(turn) > Math.PI / 2) turn += Math.PI;
    ctx.save(); ctx.translate((ax + bx) / 2, (ay + by) / 2); ctx.rotate(turn);
    ctx.lineWidth = 3; ctx.strokeStyle = "rgba(255,255,255,.9)"; ctx.strokeText(name, 0, 0);
    ctx.fillStyle = "#6d6d63"; ctx.fillText(name, 0, 0); ctx.restore();
  }
}
function drawIncidents(m) {
  for (const one of drawn) {
    ctx.lineWidth = Math.max(10, 2 * one.buffer_m * m);
    ctx.strokeStyle = one.speed_ratio === 0 ? "rgba(200,50,31,.34)" : "rgba(240,140,0,.34)";
    ctx.beginPath(); trace(one.path.length > 1 ? one.path : [one.path[0], one.path[0]]); ctx.stroke();
  }
}
function drawIncidentSigns() {
  for (const one of drawn) {
    const [x, y] = px(one.path[Math.floor(one.path.length / 2)]);
    sign(x, y, one.speed_ratio === 0 ? "#c8321f" : "#e8850c", "!");
    marks.push({x, y, r: 12, head: one.speed_ratio === 0 ? "Closed" : "Slow traffic", text: incidentText(one)});
  }
}
const incidentText = (one) => (one.speed_ratio === 0 ? "" : `${Math.round(100 * one.speed_ratio)} % of the usual speed\n`)
  + `${clock(one.from)} to ${clock(one.until)} · ${one.id}`;
function sign(x, y, colour, text) {
  ctx.save(); ctx.translate(x, y); ctx.rotate(Math.PI / 4);
  ctx.fillStyle = colour; ctx.strokeStyle = "#fff"; ctx.lineWidth = 2;
  ctx.beginPath(); ctx.rect(-8, -8, 16, 16); ctx.fill(); ctx.stroke(); ctx.restore();
  ctx.fillStyle = "#fff"; ctx.font = "bold 12px system-ui, sans-serif"; ctx.textAlign = "center"; ctx.textBaseline = "middle";
  ctx.fillText(text, x, y + 0.5);
}
function drawScale(m) {
  const most = 110 / m, power = 10 ** Math.floor(Math.log10(most));
  const nice = [5, 2, 1].map((f) => f * power).find((v) => v <= most) || power;
  byId("scale").style.width = `${nice * m}px`;
  byId("scale").textContent = nice >= 1000 ? `${nice / 1000} km` : `${nice} m`;
}

function zoom(factor, x = view.w / 2, y = view.h / 2) {
  const k = Math.min(4e8, Math.max(50, view.k * factor));
  view.x += (x - view.w / 2) * (1 / view.k - 1 / k);
  view.y += (y - view.h / 2) * (1 / view.k - 1 / k);
  view.k = k; draw();
}
const touches = new Map();
canvas.addEventListener("pointerdown", (e) => { canvas.setPointerCapture(e.pointerId); touches.set(e.pointerId, e); canvas.className = "drag"; hide(); });
canvas.addEventListener("pointermove", (e) => {
  if (!touches.has(e.pointerId)) return hover(e);
  const old = touches.get(e.pointerId), others = [...touches.values()].filter((t) => t.pointerId !== e.pointerId);
  touches.set(e.pointerId, e);
  if (others.length) {
    const o = others[0], far = (t) => Math.hypot(t.offsetX - o.offsetX, t.offsetY - o.offsetY);
    return zoom(far(e) / (far(old) || 1), (e.offsetX + o.offsetX) / 2, (e.offsetY + o.offsetY) / 2);
  }
  view.x -= (e.offsetX - old.offsetX) / view.k; view.y -= (e.offsetY - old.offsetY) / view.k; draw();
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (e) => { touches.delete(e.pointerId); canvas.className = ""; });
canvas.addEventListener("wheel", (e) => { e.preventDefault(); zoom(Math.exp(-e.deltaY * 0.0015), e.offsetX, e.offsetY); }, {passive: false});
canvas.addEventListener("dblclick", (e) => zoom(2, e.offsetX, e.offsetY));
canvas.addEventListener("pointerleave", hide);
byId("in").onclick = () => zoom(1.6); byId("out").onclick = () => zoom(1 / 1.6); byId("fit").onclick = () => { fit(); draw(); };
const tip = byId("tip");
function hide() { tip.style.display = "none"; }
function hover(e) {
  const near = marks.filter((m) => Math.hypot(m.x - e.offsetX, m.y - e.offsetY) <= m.r + 2);
  if (!near.length) return hide();
  tip.replaceChildren();
  near.reverse().slice(0, 3).forEach((m, i) => {
    if (i) tip.append(make("div", "———"));
    tip.append(make("b", m.head), document.createTextNode(m.text));
  });
  tip.style.display = "block";
  tip.style.left = `${Math.min(e.offsetX + 16, view.w - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.max(8, Math.min(e.offsetY + 16, view.h - tip.offsetHeight - 8))}px`;
}

