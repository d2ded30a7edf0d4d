import type { InboxItem } from '../../domain/views.ts';
import { shellQuote } from '../../domain/shell-quote.ts';

/** Where the execution is, so that a printed command finds it from another terminal. */
export interface CommandTarget {
  readonly executionId: string;
  readonly address: string;
  readonly namespace: string;
  /** True when a client without options finds this server: the address need not be repeated. */
  readonly isDefault: boolean;
}

/** `pact VERB ID …` as a line for a shell. */
export function pactCommand(target: CommandTarget, verb: string, ...words: string[]): string {
  return [`pact ${verb}`, shellQuote(target.executionId), ...words.map(shellQuote), ...serverOptions(target)].join(' ');
}

/** The same message by the stock Temporal CLI: `update` answers, `signal` does not wait. */
export function temporalCommand(target: CommandTarget, kind: 'update' | 'signal', name: string, payload: object): string {
  const verb = kind === 'update' ? 'temporal workflow update execute' : 'temporal workflow signal';
  const input = shellQuote(JSON.stringify(payload));
  const words = [verb, '--workflow-id', shellQuote(target.executionId), '--name', name, '--input', input];
  return [...words, ...temporalOptions(target)].join(' ');
}

export function temporalQuery(target: CommandTarget, name: string): string {
  const words = ['temporal workflow query', '--workflow-id', shellQuote(target.executionId), '--type', name];
  return [...words, ...temporalOptions(target)].join(' ');
}

/** The four statements that an authorization makes, by both tools. */
export function authorizeCommands(target: CommandTarget, planHash: string): readonly string[] {
  const payload = { by: 'NAME', decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true };
  return [
    'Authorize (put your name for NAME):',
    `  ${pactCommand(target, 'authorize', '--as', 'NAME', '--hash', planHash)}`,
    'The same with the stock Temporal CLI, as an update or as a signal:',
    `  ${temporalCommand(target, 'update', 'authorize', payload)}`,
    `  ${temporalCommand(target, 'signal', 'authorize', payload)}`,
    'Reject:',
    `  ${pactCommand(target, 'reject', '--as', 'NAME', '--reason', 'WHY')}`,
  ];
}

export function respondCommands(target: CommandTarget, item: InboxItem): readonly string[] {
  const decision = item.options[0] ?? 'DECISION';
  const by = Array.isArray(item.people) ? (item.people[0] ?? 'NAME') : 'NAME';
  return [
    `  ${pactCommand(target, 'respond', item.itemId, decision, '--as', by)}`,
    `  ${temporalCommand(target, 'update', 'respond', { by, itemId: item.itemId, decision })}`,
  ];
}

/** How to come back to an execution that goes on without this terminal. */
export const comeBackCommands = (target: CommandTarget): readonly string[] => [
  `  ${pactCommand(target, 'watch')}`,
  `  ${pactCommand(target, 'status')}`,
  `  ${pactCommand(target, 'stop', '--as', 'NAME', '--reason', 'WHY')}`,
];

const serverOptions = (target: CommandTarget): readonly string[] => (target.isDefault ? [] : temporalOptions(target));

const temporalOptions = (target: CommandTarget): readonly string[] => [
  ...(target.address === 'localhost:7233' || target.address === '127.0.0.1:7233'
    ? []
    : ['--address', shellQuote(target.address)]),
  ...(target.namespace === 'default' ? [] : ['--namespace', shellQuote(target.namespace)]),
];
