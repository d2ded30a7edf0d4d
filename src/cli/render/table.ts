import { displayWidth, padEnd, padStart, truncate } from './display-width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Narrowed first when the table is too wide; others keep their width. */
  readonly flexible?: boolean;
  /** Colours the cell after it was cut and padded. */
  readonly paint?: (cell: string, row: Row) => string;
}

const GAP = '  ';
const NARROWEST = 8;

/** Lines of a table, its head first, none wider than `width` as long as the fixed columns fit. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const natural = columns.map((column, c) =>
    Math.max(displayWidth(column.title), ...cells.map((line) => displayWidth(line[c] ?? ''))),
  );
  const widths = fit(natural, columns, width - GAP.length * (columns.length - 1));
  const render = (line: readonly string[], row: Row | null): string =>
    columns
      .map((column, c) => {
        const cut = truncate(line[c] ?? '', widths[c] ?? 0);
        const cell = column.align === 'right' ? padStart(cut, widths[c] ?? 0) : padEnd(cut, widths[c] ?? 0);
        return row === null || column.paint === undefined ? cell : column.paint(cell, row);
      })
      .join(GAP)
      .trimEnd();
  const head = render(
    columns.map((column) => column.title),
    null,
  );
  return [head, ...rows.map((row, r) => render(cells[r] ?? [], row))];
}

/** Takes what is too much from the flexible columns, widest first. */
function fit<Row>(natural: readonly number[], columns: readonly Column<Row>[], available: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, each) => sum + each, 0) - available;
  while (excess > 0) {
    let widest = -1;
    for (const [c, column] of columns.entries()) {
      if (column.flexible !== true || (widths[c] ?? 0) <= NARROWEST) continue;
      if (widest === -1 || (widths[c] ?? 0) > (widths[widest] ?? 0)) widest = c;
    }
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
