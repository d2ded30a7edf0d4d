import { clip } from '../clip.ts';
import { leaseIdOf } from '../emergencies/emergency-keys.ts';
import type { CauseKind, EscalationCause, EscalationOutcome } from '../escalation/escalation.ts';
import type { JsonObject } from '../plan/plan.ts';
import { EMERGENCY_KINDS, type EmergencyKind, emergenciesOf, limitOf, noteMeasure, type Emergency } from './emergency-state.ts';
import { candidatesOf } from './allocation.ts';
import { declaredChain } from './chain.ts';
import { noteCause } from './emergency-notes.ts';
import { ALERT_OF, startEscalation, withdrawCause } from './escalations.ts';
import { needsOf } from './leases.ts';
import { heldFor } from './measures.ts';
import { wakeAt } from './parking.ts';
import { requeue } from './regrowth.ts';
import { giveUpTask, skipTask } from './task-ends.ts';
import { addTimer } from './timers.ts';
import { alert, decide, resolveAlert, resourceRun, taskRun, type Sprint, type Turn } from './turn.ts';

/**
 * Emergencies: what goes wrong around the work. Each is noticed with evidence, named in an alert and the ledger, limited by a measure of its
 * own and by the plan's contingencies, put before the plan's chain, and over when whoever has noticed it sees that it is gone.
 */

const MAX_TEXT = 1_000;
const MAX_OVER = 20;
/** People who decided to wait are asked again after this, if nothing gets on meanwhile. */
const ASK_AGAIN_MS = 86_400_000;

const OPTIONS: Readonly<Record<EmergencyKind, readonly string[]>> = {
  resourceFailure: ['wait', 'override', 'skip', 'rollback', 'stop'],
  dependencyDown: ['wait', 'override', 'skip', 'rollback', 'stop'],
  qualityCrisis: ['wait', 'override', 'rollback', 'stop'],
  agentFailure: ['wait', 'skip', 'rollback', 'stop'],
  communicationBreakdown: ['wait', 'rollback', 'stop'],
};

export interface NewEmergency extends Pick<Emergency, 'kind' | 'id' | 'title' | 'text' | 'foundBy' | 'circuit' | 'dueAt'> {
  readonly key: string;
  readonly measure: string;
  readonly evidence: JsonObject;
}

/** Of what fails; one that is open already stays as it is. @param isEscalated Whether it goes before the chain, if the plan has one. */
export function raiseEmergency(
  turn: Turn,
  { key, measure, evidence, text: said, ...what }: NewEmergency,
  isEscalated = true,
): void {
  const { open } = emergenciesOf(turn.state);
  if (open[key]) return;
  const text = clip(said, MAX_TEXT);
  open[key] = { ...what, text, since: turn.state.now, endedAt: null, measures: [measure] };
  if (what.dueAt !== undefined) addTimer(turn.state, { at: what.dueAt, kind: 'emergency', ref: key });
  alert(turn, ALERT_OF[what.kind], key, `${what.title}: ${text}`);
  decide(turn, 'emergencyStarted', `${what.title}: ${text}; ${measure}`, toFacts(key, what.kind), {
    ...toFacts(key, what.kind),
    evidence,
  });
  applyLimit(turn, key);
  noteCause(turn, key, true);
  if (isEscalated) escalateIfDeclared(turn, key, evidence);
}

export function escalateIfDeclared(turn: Turn, key: string, evidence: JsonObject = {}): void {
  if (declaredChain(turn, null)) escalate(turn, key, evidence);
}

/** Whoever has noticed it sees that it is gone. */
export function resolveEmergency(turn: Turn, key: string, why: string): void {
  const emergencies = turn.state.emergencies;
  const emergency = emergencies?.open[key];
  if (!emergencies || !emergency) return;
  delete emergencies.open[key];
  emergency.endedAt = turn.state.now;
  delete emergency.dueAt;
  emergencies.over = [...emergencies.over, emergency].slice(-MAX_OVER);
  resolveAlert(turn, key);
  decide(turn, 'emergencyEnded', `${emergency.title}: it is over: ${why}`, toFacts(key, emergency.kind));
  withdrawCause(turn, key, why);
  noteCause(turn, key, false);
  applyLimit(turn, key);
  turn.news = 'urgent';
}

const toFacts = (key: string, kind: CauseKind): JsonObject => ({ emergency: key, kind });

/** What it is about may be leased more or less than before. */
export function applyLimit(turn: Turn, key: string): void {
  const id = leaseIdOf(key);
  const number = turn.index.resourceIds.indexOf(id);
  if (number < 0) return;
  const limit = limitOf(turn.state, id);
  const run = resourceRun(turn, number);
  if (limit === null) delete run.limit;
  else run.limit = limit;
  if (limit !== 0) wakeAt(turn, number);
}

/** Of one that is under way. */
function escalate(turn: Turn, key: string, evidence: JsonObject): void {
  const { kind, title, text, measures } = emergenciesOf(turn.state).open[key] as Emergency;
  const cause: EscalationCause = { key, kind, severity: 'high', title, text, task: null, agent_id: null, evidence, measures };
  startEscalation(turn, cause, OPTIONS[kind]);
}

/** Nothing is at work, and what is left waits for an emergency to end: people are asked, also where the plan has no chain. */
export function escalateStandstill(turn: Turn): void {
  if (!turn.state.started) return;
  for (const [key, { isOverridden, dueAt }] of Object.entries(turn.state.emergencies?.open ?? {}))
    if (!isOverridden && dueAt === undefined && affectedBy(turn, key).length > 0) escalate(turn, key, {});
}

/** People decided to wait, a while ago. */
export function askAgain(turn: Turn, key: string): void {
  delete turn.state.emergencies?.open[key]?.dueAt;
  escalate(turn, key, {});
}

export const isEmergency = (kind: CauseKind): boolean => (EMERGENCY_KINDS as readonly CauseKind[]).includes(kind);

/** Whether all work may come to wait for it; otherwise nobody need be asked again. */
const standsStill = ({ definition: { quality } }: Sprint, { kind }: Emergency): boolean =>
  kind === 'resourceFailure' || kind === 'dependencyDown' || (kind === 'qualityCrisis' && quality?.measure === 'pause');

/** What was decided about it; a stop, a pause and a rollback concern the sprint as a whole. */
export function decideEmergency(turn: Turn, key: string, { decision, by }: EscalationOutcome): void {
  const emergency = turn.state.emergencies?.open[key];
  if (!emergency) return;
  const who = by ?? 'escalation';
  const isOfTasks = emergency.kind !== 'qualityCrisis' && emergency.kind !== 'communicationBreakdown';
  if (isOfTasks && (decision === 'skip' || decision === 'reject'))
    endAffected(turn, key, decision, `${emergency.title}: decided by ${who}`);
  else if (decision === 'override') {
    emergency.isOverridden = true;
    noteMeasure(turn.state, key, `${who} decided that work goes on nevertheless`);
    applyLimit(turn, key);
    // What the plan has held meanwhile may start, too.
    requeue(turn);
  } else if (emergency.dueAt === undefined && standsStill(turn, emergency)) {
    emergency.dueAt = turn.state.now + ASK_AGAIN_MS;
    addTimer(turn.state, { at: emergency.dueAt, kind: 'emergency', ref: key });
  }
}

/** What waits for it is not done. */
function endAffected(turn: Turn, key: string, how: 'skip' | 'reject', why: string): void {
  for (const task of affectedBy(turn, key)) {
    if (taskRun(turn, task).state !== 'waiting') continue;
    if (how === 'skip') skipTask(turn, task, why);
    else giveUpTask(turn, task, '', why);
  }
  requeue(turn);
}

/** Tasks that wait for it: those that need it, and those that the plan has held meanwhile. */
function affectedBy(sprint: Sprint, key: string): number[] {
  const waiting = [...sprint.state.tasks.keys()].filter((task) => taskRun(sprint, task).state === 'waiting');
  return [...new Set([...needing(sprint, key, waiting), ...heldFor(sprint, key)])];
}

function needing(sprint: Sprint, key: string, waiting: number[]): number[] {
  const [kind, name = ''] = key.split('/');
  if (kind === 'quality') return waiting;
  const agent = kind === 'agent' ? sprint.index.agentNumber.get(name) : undefined;
  if (agent !== undefined) return waiting.filter((task) => candidatesOf(sprint, task).every((other) => other === agent));
  const number = sprint.index.resourceIds.indexOf(leaseIdOf(key));
  return waiting.filter((task) => needsOf(sprint, task).some(({ resource }) => resource === number));
}
