const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** East Asian wide and full-width ranges (Unicode TR 11, coarse), and emoji: two cells each. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6])/u;
const ANSI = /\u001b\[[0-9;]*m/g;

const cellsOf = (grapheme: string): number => (WIDE.test(grapheme) ? 2 : 1);

/** Cells that the text takes in a terminal; colour codes take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of segments.segment(text.replace(ANSI, ''))) width += cellsOf(segment);
  return width;
}

/** The text in at most `width` cells, with `…` where it was cut. For text without colour codes. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of segments.segment(text)) {
    const cells = cellsOf(segment);
    if (used + cells > width - 1) break;
    kept += segment;
    used += cells;
  }
  return `${kept}…`;
}

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));
export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
