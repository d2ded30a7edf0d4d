import { clip } from '../clip.ts';
import type { EscalationCause, EscalationOutcome } from '../escalation/escalation.ts';
import type { Conflict, ConflictSubject, Verdict } from '../mediation/conflict.ts';
import { mediationChain } from './chain.ts';
import { carryOutVerdict, isMoot } from './conflict-actions.ts';
import { toDependencyConflict, type DependencyChange } from './conflict-dependencies.ts';
import { severityOf, startEscalation, withdrawEscalation } from './escalations.ts';
import { decide, taskRun, taskSpec, type Turn } from './turn.ts';

/** Conflicts of a sprint; absent where there were none. */
export interface ConflictsState {
  /** Keys of all that were found, at most `mediation.limit`: each is mediated once. */
  found: string[];
  /** What somebody is asked about, by key. */
  open: Record<string, Conflict>;
  /** When tasks that wait for leases are looked at next (Unix ms). */
  lookAt?: number;
  /** It was logged that no more are mediated. */
  isFull?: true;
}

const KEY = 'conflict/';

/** Whether the plan wants such a conflict mediated: it has mediation, and this one is new. */
export function isNewConflict({ definition, state }: Turn, key: string): boolean {
  return definition.mediation !== undefined && !state.isRehearsal && state.conflicts?.found.includes(key) !== true;
}

/**
 * Names the conflict and has it decided: by the verdict of a rule, else by whoever the plan names, then by the chain of escalation. The
 * decision is carried out and logged with the alternatives. Answers whether it was taken up: not one that is known, or one too many.
 */
export function raiseConflict(turn: Turn, conflict: Conflict, verdict: Verdict | null): boolean {
  const { mediation } = turn.definition;
  if (!mediation || !isNewConflict(turn, conflict.key)) return false;
  const conflicts = (turn.state.conflicts ??= { found: [], open: {} });
  if (conflicts.found.length >= mediation.limit) return refuse(turn, conflicts, conflict);
  conflicts.found.push(conflict.key);
  const { key, kind, title, cause, alternatives, evidence } = conflict;
  const facts = { conflict: key, kind };
  decide(turn, 'conflictFound', `${title}: ${cause}`, facts, {
    ...facts,
    evidence,
    alternatives: alternatives.map((one) => ({ ...one })),
  });
  if (verdict !== null) settle(turn, conflict, verdict);
  else ask(turn, conflicts, conflict);
  return true;
}

function refuse(turn: Turn, conflicts: ConflictsState, { title, key }: Conflict): false {
  if (conflicts.isFull) return false;
  conflicts.isFull = true;
  decide(
    turn,
    'conflictsTooMany',
    `"${title}" and what comes after it is left as it is: ${conflicts.found.length} were mediated`,
    {
      conflict: key,
    },
  );
  return false;
}

function ask(turn: Turn, conflicts: ConflictsState, conflict: Conflict): void {
  const { key, kind, title, cause, evidence, alternatives } = conflict;
  const task = mainTask(conflict.subject);
  const { id, priority } = { id: taskSpec(turn, task).id, priority: taskRun(turn, task).priority };
  const choice = alternatives.map((one) => `${one.id}: ${one.text}`).join('; ');
  const put: EscalationCause = {
    key: KEY + key,
    kind: 'conflict',
    severity: severityOf(priority),
    title,
    text: clip(`${cause} ${choice}.`, 2_000),
    task: id,
    agent_id: null,
    evidence: { conflict: kind, ...evidence },
    measures: [],
  };
  conflicts.open[key] = conflict;
  const options = [...alternatives.map((one) => one.id), 'hold', 'stop'];
  const isAsked = mediationChain(turn, id).levels.length > 0 && startEscalation(turn, put, options);
  if (!isAsked) settle(turn, conflict, toFallback(conflict, 'there is nobody to decide it'));
}

const toFallback = ({ fallback }: Conflict, why: string): Verdict => ({ decision: fallback, by: 'fallback', why });

const mainTask = (subject: ConflictSubject): number =>
  subject.type === 'lease' ? subject.waiting : subject.type === 'output' ? subject.rivals[1] : subject.task;

/** Whoever was asked has decided, or nobody did: then what loses least happens. */
export function endMediation(turn: Turn, { key }: EscalationCause, { decision, by, how, note }: EscalationOutcome): void {
  // As long as somebody is asked it is open.
  const conflict = (turn.state.conflicts as ConflictsState).open[key.slice(KEY.length)] as Conflict;
  const isAlternative = conflict.alternatives.some(({ id }) => id === decision);
  const said = note ?? (how === 'silence' ? 'nobody decided' : `${by ?? 'nobody'} said so`);
  const why = isAlternative ? said : `${said} ("${decision}")`;
  settle(turn, conflict, { decision: isAlternative ? decision : conflict.fallback, by: by ?? 'fallback', why });
}

function settle(turn: Turn, conflict: Conflict, verdict: Verdict): void {
  const { key, kind, title, alternatives, subject } = conflict;
  delete turn.state.conflicts?.open[key];
  const { decision, by, why } = verdict;
  const others = alternatives.filter(({ id }) => id !== decision);
  const lost = others.map(({ id, text }) => `${id} (${text})`).join(', ');
  const facts = { conflict: key, kind, decision, by };
  decide(turn, 'conflictResolved', `${title}: "${decision}" by ${by}: ${why}; not ${lost}`, facts, {
    ...facts,
    why,
    lost: others.map((one) => ({ ...one, because: why })),
  });
  carryOutVerdict(turn, subject, verdict, title);
  if (subject.type === 'output') tellSuccessors(turn, subject, decision);
}

/** Who builds on the output that does not count has the wrong one. */
function tellSuccessors(turn: Turn, { path, rivals }: Extract<ConflictSubject, { type: 'output' }>, winner: string): void {
  for (const loser of rivals.filter((task) => taskSpec(turn, task).id !== winner)) {
    const { id } = taskSpec(turn, loser);
    const cause = `"${id}" hands over another ${path} now, that of "${winner}"`;
    const change = { what: `${path}/${winner}`, cause, evidence: { path, of: id, now: winner } };
    for (const task of turn.index.successors[loser] as readonly number[]) onDependencyChanged(turn, task, change);
  }
}

/** What the task builds on is not any more what it was given: a conflict if it is at work. */
export function onDependencyChanged(turn: Turn, task: number, change: DependencyChange): void {
  const found = turn.definition.mediation ? toDependencyConflict(turn, task, change) : null;
  if (found) raiseConflict(turn, found.conflict, found.verdict);
}

/** Nobody need decide what has settled itself. Costs nothing where nothing is open. */
export function withdrawMootConflicts(turn: Turn): void {
  const { conflicts, escalations } = turn.state;
  for (const key in conflicts?.open) {
    const conflict = conflicts?.open[key] as Conflict;
    const open = Object.values(escalations).find(({ cause }) => cause.key === KEY + key);
    if (isMoot(turn, conflict.subject)) {
      delete conflicts?.open[key];
      decide(turn, 'conflictOver', `${conflict.title}: it has settled itself`, { conflict: key, kind: conflict.kind });
      if (open) withdrawEscalation(turn, open, 'the conflict has settled itself');
    } else if (!open) settle(turn, conflict, toFallback(conflict, 'nobody is asked about it any more'));
  }
}
