import type { Accepted } from '../domain/views.ts';
import { phaseText } from './render/phase-paint.ts';
import { toPlainText } from './render/plain-text.ts';
import type { Terminal } from './terminal.ts';

/** Prints what the engine answered to a message that it took. */
export function printAccepted(terminal: Terminal, accepted: Accepted, flags: { readonly json?: boolean }, what: string): void {
  if (flags.json === true) return terminal.printJson(accepted);
  const note = accepted.note === null ? '' : ` ${toPlainText(accepted.note)}`;
  terminal.print(`${what}${note}`, `Phase: ${phaseText(accepted.phase)}`);
}
