import { causeKey, describeContingency, describeMeanwhile, type Contingency } from '../emergencies/contingency.ts';
import type { JsonObject } from '../plan/plan.ts';
import { pause, resume } from './control.ts';
import { emergenciesOf, noteMeasure, type ContingencyRun } from './emergency-state.ts';
import { isEscalating, type OpenEscalation } from './escalations.ts';
import {
  actionsOf,
  contingencyAt,
  describeMeasure,
  escalationOf,
  measuresInForce,
  meantBy,
  ON_HOLD,
  toMeanwhileKey,
  type Measure,
} from './measures.ts';
import { setPriorities } from './measure-priorities.ts';
import { withdrawMoveOf } from './reallocations.ts';
import { requeue } from './regrowth.ts';
import { placeStandIns } from './stand-ins.ts';
import { skipTask } from './task-ends.ts';
import { alert, decide, resolveAlert, taskRun, touchAll, type Turn } from './turn.ts';

/** Puts temporary measures in force and undoes them: contingencies of the plan, and what chains have done while somebody is asked. */

/** What a contingency may wait for has come, or has gone. Costs nothing where the plan has none. */
export function onCause(turn: Turn, key: string, isThere: boolean): void {
  for (const [place, contingency] of (turn.definition.contingencies ?? []).entries()) {
    if (causeKey(contingency.when) !== key) continue;
    if (isThere) putInForce(turn, String(place), contingency);
    else undo(turn, String(place));
  }
}

/** What waits for escalations is in force exactly while they are open. Costs nothing while none is. Answers whether anything has changed. */
export function tendMeasures(turn: Turn): boolean {
  if (turn.state.emergencies === undefined && !isEscalating(turn)) return false;
  const known = listOfEscalations(turn);
  if (known.length === 0 && !isEscalating(turn)) return false;
  // First what begins: what one measure wants after another has wanted it is not given up in between. Each may withdraw other escalations.
  for (let due = nextDue(turn); due; due = nextDue(turn)) putInForce(turn, ...due);
  const wanted = wantedMeasures(turn);
  const over = listOfEscalations(turn).filter((key) => !wanted.has(key));
  for (const key of over) undo(turn, key);
  return over.length > 0 || listOfEscalations(turn).length !== known.length;
}

const nextDue = (turn: Turn): readonly [string, Measure] | undefined =>
  [...wantedMeasures(turn)].find(([key]) => !turn.state.emergencies?.contingencies[key]);

/** Keys of those in force that wait for escalations. */
const listOfEscalations = (turn: Turn): string[] =>
  measuresInForce(turn).flatMap(({ key, measure }) => (isOfEscalation(measure) ? [key] : []));

const isOfEscalation = (measure: Measure): boolean => !('when' in measure) || 'task' in measure.when;

/** By their keys. Who has decided to change a task is heard when the plan is changed. */
function wantedMeasures({ definition, state }: Turn): Map<string, Measure> {
  const wanted = new Map<string, Measure>();
  const open = Object.values(state.escalations);
  const proposals = Object.values(state.proposals ?? {});
  const escalated = new Set([...open, ...proposals].map(({ cause }) => cause.task));
  for (const [place, contingency] of (definition.contingencies ?? []).entries())
    if ('task' in contingency.when && escalated.has(contingency.when.task)) wanted.set(String(place), contingency);
  for (const { n, cause, meanwhile } of open) if (meanwhile) wanted.set(toMeanwhileKey(n), { task: cause.task, do: meanwhile });
  for (const { n } of proposals) {
    const meanwhile = state.emergencies?.contingencies[toMeanwhileKey(n)]?.meanwhile;
    if (meanwhile) wanted.set(toMeanwhileKey(n), meanwhile);
  }
  return wanted;
}

function putInForce(turn: Turn, key: string, measure: Measure): void {
  const { contingencies } = emergenciesOf(turn.state);
  if (contingencies[key]) return;
  const text = describeMeasure(measure);
  const run: ContingencyRun = { since: turn.state.now, ...('when' in measure ? {} : { meanwhile: measure }), hasPaused: false };
  contingencies[key] = run;
  const via = actionsOf(measure, 'notify').flatMap(({ notify }) => notify);
  alert(turn, kindOf(measure), alertIdOf(key), text, null, via);
  decide(turn, 'contingencyActivated', text, toFacts(key, measure));
  noteMeasure(turn.state, causeOf(turn, key, measure), text);
  if ('when' in measure && actionsOf(measure, 'skip').length > 0) skipMeant(turn, measure);
  apply(turn, measure);
  if (actionsOf(measure, 'pause').length === 0 || turn.state.phase !== 'running') return;
  pause(turn, { by: 'a temporary measure', reason: text });
  run.hasPaused = true;
}

const alertIdOf = (key: string): string => (escalationOf(key) === null ? `contingency/${Number(key) + 1}` : `${key}/meanwhile`);

function kindOf(measure: Measure): 'timeline' | 'performance' | 'resource' {
  if (!('when' in measure) || 'agent' in measure.when || 'task' in measure.when) return 'performance';
  return 'sprint' in measure.when ? 'timeline' : 'resource';
}

/** What the ledger names. */
const toFacts = (key: string, measure: Measure): JsonObject =>
  'when' in measure ? { contingency: Number(key) + 1, cause: causeKey(measure.when) } : { escalation: escalationOf(key) };

/** Key of what it is a measure against. */
const causeOf = ({ state }: Turn, key: string, measure: Measure): string =>
  'when' in measure ? causeKey(measure.when) : (state.escalations[escalationOf(key) as number] as OpenEscalation).cause.key;

function skipMeant(turn: Turn, contingency: Contingency): void {
  for (const task of meantBy(turn, contingency))
    if (taskRun(turn, task).state === 'waiting') skipTask(turn, task, describeContingency(contingency));
  requeue(turn);
}

function undo(turn: Turn, key: string): void {
  const { state } = turn;
  const run = state.emergencies?.contingencies[key];
  if (!run) return;
  const measure = run.meanwhile ?? contingencyAt(turn.definition, key);
  delete state.emergencies?.contingencies[key];
  resolveAlert(turn, alertIdOf(key));
  const kept = actionsOf(measure, 'skip').length > 0 ? '; what was skipped stays so' : '';
  const words = 'when' in measure ? describeContingency(measure) : describeMeanwhile(measure);
  decide(turn, 'contingencyUndone', `undone: ${words}${kept}`, toFacts(key, measure));
  apply(turn, measure);
  if (run.hasPaused) endPause(turn);
}

/** The sprint goes on, unless another measure in force wants it paused. */
function endPause(turn: Turn): void {
  const { rollback, phase } = turn.state;
  const other = measuresInForce(turn).find(({ measure }) => actionsOf(measure, 'pause').length > 0);
  if (other) other.run.hasPaused = true;
  else if (phase === 'paused') resume(turn, { by: 'the end of a temporary measure', reason: null });
  else if (rollback?.next === 'paused') rollback.next = 'running';
}

/** A measure has come into force, or is over: what it is about is as those in force want it. */
function apply(turn: Turn, measure: Measure): void {
  applyMeasures(turn);
  if (actionsOf(measure, 'hold').length > 0) holdTasks(turn);
  if (actionsOf(measure, 'concurrency').length > 0) touchAll(turn);
}

/** What must not start is not moved either: nobody could take it over in time. */
function holdTasks(turn: Turn): void {
  requeue(turn);
  for (const [task, { isHeld }] of turn.state.tasks.entries()) if (isHeld) withdrawMoveOf(turn, task, ON_HOLD);
}

/** Tasks and their priorities are as the measures in force want them, and as they were where none does any more. */
export function applyMeasures(turn: Turn): void {
  if (!turn.state.emergencies) return;
  placeStandIns(turn);
  setPriorities(turn);
}
