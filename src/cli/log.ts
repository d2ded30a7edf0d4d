import { pino } from 'pino';
import type { Logger } from 'pino';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * The log on stderr: JSON lines, or text on a terminal. Level from PACT_LOG, default `warn`.
 * @throws CliError for an unknown level
 */
export async function openLog(terminal: Terminal): Promise<Logger> {
  const level = terminal.env['PACT_LOG'] || 'warn';
  if (!LEVELS.includes(level)) {
    throw new CliError(EXIT.invalid, `PACT_LOG: expected one of ${LEVELS.join(', ')}; got "${level}".`);
  }
  if (terminal.stderr.isTTY !== true) return pino({ name: 'pact', level }, terminal.stderr);
  const { default: pretty } = await import('pino-pretty');
  return pino({ level }, pretty({ destination: terminal.stderr, ignore: 'pid,hostname,name', translateTime: 'HH:MM:ss' }));
}
