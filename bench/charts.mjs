// Draws bench/results/scale.svg from the results of `--only large`: `node bench/charts.mjs RESULTS.json [OUT.svg]`. Cost per task over the number
// of tasks, on a logarithmic axis: what grows linearly is level.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './statistics.mjs';

const PANELS = [
  { title: 'time per task', unit: 'ms', valueOf: ({ rate }) => 1_000 / rate },
  { title: 'history events per task', unit: 'events', valueOf: ({ eventsPerTask }) => eventsPerTask },
  { title: 'bytes of history per task', unit: 'B', valueOf: ({ bytesPerTask }) => bytesPerTask },
  { title: 'live worker memory per task', unit: 'B', valueOf: ({ memoryPerTask }) => memoryPerTask },
];
/** Of one panel, in px: the plot and the room around it. */
const PLOT = { width: 240, height: 140, left: 60, top: 40, right: 20, bottom: 40 };
const OUTER = { width: PLOT.left + PLOT.width + PLOT.right, height: PLOT.top + PLOT.height + PLOT.bottom };
const FONT = 'font-family="sans-serif" font-size="11" fill="#333"';

/**
 * @param figures `details['large.large']` of a results file: samples by number of tasks.
 * @param caption Machine and versions.
 */
export function toScaleChart(figures, caption) {
  const sizes = Object.keys(figures)
    .map(Number)
    .toSorted((a, b) => a - b);
  if (sizes.length < 2) throw new Error(`expected figures of at least two numbers of tasks, got ${sizes.length}`);
  const panels = PANELS.map((panel, place) => drawPanel(panel, place, sizes, figures));
  const [width, height] = [2 * OUTER.width, 2 * OUTER.height + 20];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...panels,
    `<text x="${PLOT.left}" y="${height - 8}" ${FONT}>${escape(caption)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** A line through the medians, a bar from the least to the most. */
function drawPanel({ title, unit, valueOf }, place, sizes, figures) {
  const points = sizes.map((size) => ({ size, samples: figures[size].map(valueOf) }));
  const top = Math.max(...points.flatMap(({ samples }) => samples)) * 1.15 || 1;
  const decades = Math.log10(sizes.at(-1) / sizes[0]);
  const toX = (size) => PLOT.left + (PLOT.width * Math.log10(size / sizes[0])) / decades;
  const toY = (value) => PLOT.top + PLOT.height * (1 - value / top);
  const line = (x1, y1, x2, y2, colour) => `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}"/>`;
  const label = (x, y, anchor, words) => `<text x="${x}" y="${y}" text-anchor="${anchor}" ${FONT}>${words}</text>`;
  const grid = [0, 0.5, 1].flatMap((share) => {
    const y = toY(share * top);
    return [line(PLOT.left, y, PLOT.left + PLOT.width, y, '#ddd'), label(PLOT.left - 6, y + 4, 'end', toText(share * top))];
  });
  const marks = points.flatMap(({ size, samples }) => [
    line(toX(size), toY(Math.min(...samples)), toX(size), toY(Math.max(...samples)), '#1f6feb'),
    `<circle cx="${toX(size)}" cy="${toY(median(samples))}" r="3.5" fill="#1f6feb"/>`,
    label(toX(size), toY(median(samples)) - 9, 'middle', toText(median(samples))),
    label(toX(size), PLOT.top + PLOT.height + 16, 'middle', size.toLocaleString('en')),
  ]);
  const path = points.map(({ size, samples }) => `${toX(size)},${toY(median(samples))}`).join(' ');
  return [
    `<g transform="translate(${(place % 2) * OUTER.width} ${Math.floor(place / 2) * OUTER.height})">`,
    label(PLOT.left, PLOT.top - 18, 'start', `${title}, ${unit}`),
    ...grid,
    `<polyline points="${path}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>`,
    ...marks,
    label(PLOT.left + PLOT.width / 2, PLOT.top + PLOT.height + 32, 'middle', 'tasks'),
    '</g>',
  ].join('\n');
}

const toText = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3))));
const escape = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function main() {
  const [, , file, out = join(import.meta.dirname, 'results', 'scale.svg')] = process.argv;
  if (file === undefined)
    throw new Error('expected the results of "node bench/run.mjs --only large": node bench/charts.mjs RESULTS.json [OUT.svg]');
  const { startedAt, machine, versions, details } = JSON.parse(readFileSync(file, 'utf8'));
  const figures = details['large.large'];
  if (figures === undefined) throw new Error(`${file} has no figures of the section "large": make it with --only large`);
  const caption = `${startedAt.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, ${versions.server}`;
  writeFileSync(out, toScaleChart(figures, caption));
  process.stdout.write(`Wrote ${out}\n`);
}

if (process.argv[1] === import.meta.filename) main();
