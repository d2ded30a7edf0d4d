/** Rows as text, numbers right-aligned. */
export function toTable(rows) {
  const heads = ['figure', 'measured', 'range', 'samples', 'required', 'measured/required', ''];
  const lines = rows.map(({ name, unit, measured, range, count, required, limit, ratio, ok }) => [
    name,
    measured === null ? '' : `${toText(measured)} ${unit}`,
    count < 2 ? '' : range.map(toText).join('–'),
    String(count),
    required === null ? '' : toText(required),
    ratio === null ? '' : ratio.toFixed(2),
    toVerdict({ measured, required, limit, ok }),
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map((line) => line[column].length)));
  const isLeft = (column) => column === 0 || column === heads.length - 1;
  const pad = (cells) =>
    cells.map((cell, column) => (isLeft(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ');
  return [pad(heads), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.map(pad)]
    .map((line) => line.trimEnd())
    .join('\n');
}

function toVerdict({ measured, required, limit, ok }) {
  if (measured === null) return ok ? 'skipped' : 'FAILED';
  if (limit === null) return '';
  if (!ok) return `MISSED (limit ${toText(limit)})`;
  return limit === required ? 'ok' : `ok (limit here ${toText(limit)})`;
}

const toText = (value) =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
