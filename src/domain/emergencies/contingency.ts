import { agentKey, dependencyKey, resourceKey, sprintKey } from './emergency-keys.ts';
import type { Priority } from '../plan/plan.ts';

/** What is done when something fails that the plan foresaw: in force while the cause lasts, and undone when it is over. */
export interface Contingency {
  readonly when: ContingencyCause;
  /** Ids of the tasks that it is about; absent: those that the cause concerns. */
  readonly tasks?: readonly string[];
  readonly do: readonly ContingencyAction[];
}

export type ContingencyCause =
  | { readonly resource: string; readonly state: 'failed' }
  | { readonly dependency: string; readonly state: 'down' }
  | { readonly agent: string; readonly state: 'unavailable' }
  | { readonly sprint: string; readonly state: 'late' };

export type ContingencyAction =
  /** Does the tasks instead, without what has failed; attempts at work are taken over. */
  | { readonly useAgent: string }
  /** Is leased in place of the resource that has failed. */
  | { readonly useResource: string }
  /** Those that have not begun, with what depends on them; stays so. */
  | { readonly skip: true }
  | { readonly priority: Priority }
  /** Channels that are told. */
  | { readonly notify: readonly string[] }
  /** Nothing new starts in the sprint. */
  | { readonly pause: true };

/** The cause as `<kind>/<id>`. */
export function causeKey(when: ContingencyCause): string {
  if ('resource' in when) return resourceKey(when.resource);
  if ('dependency' in when) return dependencyKey(when.dependency);
  return 'agent' in when ? agentKey(when.agent) : sprintKey(when.sprint);
}

export const describeCause = (when: ContingencyCause): string => `${causeKey(when).replace('/', ' ')} is ${when.state}`;

export function describeAction(action: ContingencyAction): string {
  if ('useAgent' in action) return `${action.useAgent} does the work`;
  if ('useResource' in action) return `${action.useResource} is used`;
  if ('skip' in action) return 'the work is skipped';
  if ('priority' in action) return `priority is ${action.priority}`;
  if ('notify' in action) return `${action.notify.join(', ')} is told`;
  return 'the sprint is paused';
}

export const describeContingency = ({ when, tasks, do: actions }: Contingency): string =>
  `when ${describeCause(when)}: ${actions.map(describeAction).join(', ')}${tasks ? ` (${tasks.join(', ')})` : ''}`;
