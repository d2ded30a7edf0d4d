import type { Deliverable } from '../attempt.ts';
import { jsonBytes, takeLastWithin, takeWithin } from '../json-size.ts';
import type { DecisionView, TaskView } from '../views.ts';

type ContractField = 'id' | 'state' | 'agent_id' | 'attempts' | 'plannedMs' | 'actualMs';

/** A task in the report; of a plan too large to list in full, only the fields that other programs rely on. */
export type ReportTask = Pick<TaskView, ContractField> &
  Partial<Omit<TaskView, ContractField | 'deliverables'>> & {
    readonly deliverables: readonly (Omit<Deliverable, 'uri'> & { readonly uri?: string })[];
  };

interface Fitted<T> {
  readonly kept: readonly T[];
  /** What was left out, in sentences. */
  readonly omitted: readonly string[];
}

/** Ways to list tasks, from all there is to the least; each says what it leaves out. */
const FORMS: readonly { readonly toRow: (task: TaskView) => ReportTask; readonly omitted: readonly string[] }[] = [
  { toRow: (task) => task, omitted: [] },
  { toRow: toContract, omitted: ['titles, times and remarks of the tasks are not listed; the ledger has them'] },
  {
    toRow: (task) => ({ ...toContract(task), deliverables: [] }),
    omitted: ['titles, times, remarks and deliverables of the tasks are not listed; the ledger has them, with the hashes'],
  },
];

function toContract({ id, state, agent_id, attempts, plannedMs, actualMs, deliverables }: TaskView): ReportTask {
  return { id, state, agent_id, attempts, plannedMs, actualMs, deliverables: deliverables.map(({ uri: _uri, ...rest }) => rest) };
}

/** All tasks in the fullest form that fits into `maxBytes` of JSON; of too many even for the least form, the first ones. */
export function fitTasks(tasks: readonly TaskView[], maxBytes: number): Fitted<ReportTask> {
  const forms = FORMS.map(({ toRow, omitted }) => ({ rows: () => tasks.map(toRow), omitted }));
  let rows: readonly ReportTask[] = [];
  let omitted: readonly string[] = [];
  for (const form of forms) {
    rows = form.rows();
    omitted = form.omitted;
    if (maxBytes === Infinity || jsonBytes(rows) <= maxBytes) return { kept: rows, omitted };
  }
  const kept = takeWithin(rows, maxBytes);
  return {
    kept,
    omitted: [...omitted, `${tasks.length - kept.length} of ${tasks.length} tasks are not listed; the ledger has them`],
  };
}

/** The newest decisions that fit into `maxBytes` of JSON. */
export function fitDecisions(decisions: readonly DecisionView[], maxBytes: number): Fitted<DecisionView> {
  const kept = takeLastWithin(decisions, maxBytes);
  const left = decisions.length - kept.length;
  return { kept, omitted: left === 0 ? [] : [`${left} older decisions are not listed; the ledger has them`] };
}
