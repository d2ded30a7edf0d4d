import { styleText } from 'node:util';

/** Colours of a terminal, or the text as it is. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const same = (text: string): string => text;

export const noPaint: Paint = { bold: same, dim: same, green: same, yellow: same, red: same, cyan: same };

const ansiPaint: Paint = {
  bold: (text) => styleText('bold', text),
  dim: (text) => styleText('dim', text),
  green: (text) => styleText('green', text),
  yellow: (text) => styleText('yellow', text),
  red: (text) => styleText('red', text),
  cyan: (text) => styleText('cyan', text),
};

/** `NO_COLOR` and `FORCE_COLOR` as is usual; else colours only on a terminal that is not dumb. */
export function choosePaint(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return noPaint;
  const isForced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== '';
  return isForced || (isTerminal && env['TERM'] !== 'dumb') ? ansiPaint : noPaint;
}
