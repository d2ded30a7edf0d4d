import type { AuthorizationView } from '../../domain/views.ts';
import { pactCommand } from './next-commands.ts';
import type { CommandTarget } from './next-commands.ts';
import type { View } from './view.ts';
import { relativeTime } from './time-text.ts';

/** What a person reads before authorizing: the review document, the readiness test, the decisions so far. */
export function authorizationLines(authorization: AuthorizationView, view: Pick<View, 'paint' | 'now'>): readonly string[] {
  return [
    ...(authorization.review?.trimEnd().split('\n') ?? ['(The plan is still being prepared.)']),
    '',
    ...decisionLines(authorization, view),
  ];
}

export function decisionLines(authorization: AuthorizationView, { paint, now }: Pick<View, 'paint' | 'now'>): readonly string[] {
  const who = typeof authorization.approvers === 'string' ? 'anyone' : authorization.approvers.join(', ');
  const notReady = authorization.readiness.filter((item) => !item.ok);
  const readiness =
    notReady.length === 0
      ? [paint.green(`Readiness: all ${authorization.readiness.length} checks passed.`)]
      : [paint.red('Not ready:'), ...notReady.map((item) => paint.red(`  ${item.name}: ${item.detail}`))];
  return [
    ...readiness,
    `Approvals: ${authorization.approvals.length} of ${authorization.required} needed, from ${who}.` +
      (authorization.expiresAt === null ? '' : ` Expires ${relativeTime(authorization.expiresAt, now)}.`),
    ...authorization.approvals.map(
      (each) => `  approved by ${each.by} ${relativeTime(each.at, now)}${each.note === null ? '' : `: ${each.note}`}`,
    ),
    ...authorization.refusals.map((each) => paint.yellow(`  refused ${each.by ?? 'unknown'}: ${each.message}`)),
    ...(authorization.rejection === null
      ? []
      : [
          paint.red(
            `Rejected${authorization.rejection.by === null ? '' : ` by ${authorization.rejection.by}`}: ${authorization.rejection.reason}`,
          ),
        ]),
    `Plan hash: ${paint.bold(authorization.planHash ?? 'not known yet')}`,
  ];
}

/** What is still missing after one more approval than the authorization knew of; empty when that was the last. */
export function missingApprovals(before: AuthorizationView, target: CommandTarget): readonly string[] {
  const missing = before.required - before.approvals.length - 1;
  if (missing <= 0) return [];
  return [
    `${missing} more approval${missing === 1 ? '' : 's'} needed, from other people:`,
    `  ${pactCommand(target, 'authorize', '--as', 'NAME', '--hash', before.planHash ?? 'HASH')}`,
  ];
}
