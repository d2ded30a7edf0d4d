import { MAX_DURATION_MS } from '../duration.ts';
import { slipAlertId } from './attempts.ts';
import { remainingOfAttempt } from './forecast.ts';
import { record } from './moves.ts';
import { onForecast } from './reallocation-triggers.ts';
import { lookForSlips, SLIP_FACTOR } from './slip-watch.ts';
import { estimateOf } from '../plan/plan.ts';
import { isAtWork } from './state.ts';
import { agentOfTask, alert, decide, taskRun, taskSpec, toIso, type Turn } from './turn.ts';

/** The attempt is expected to end then (Unix ms), by what its agent reports. */
export function expectEnd(turn: Turn, task: number, reportedAt: number): void {
  // A date at the end of what JavaScript knows would take every forecast that adds to it past that end.
  forecast(turn, task, Math.min(Math.max(reportedAt, turn.state.now), turn.state.now + MAX_DURATION_MS));
}

function forecast(turn: Turn, task: number, expectedAt: number): void {
  const run = taskRun(turn, task);
  run.expectedAt = expectedAt;
  const factor = (expectedAt - (run.startedAt as number)) / estimateOf(taskSpec(turn, task));
  if (factor <= SLIP_FACTOR) return;
  if (!run.slipped) noteSlip(turn, task, factor);
  onForecast(turn, task, factor);
}

function noteSlip(turn: Turn, task: number, factor: number): void {
  const run = taskRun(turn, task);
  const spec = taskSpec(turn, task);
  run.slipped = true;
  record(turn, run.agent as number, 'slipped');
  const text = `"${spec.title}" is expected at ${toIso(run.expectedAt as number)}, ${factor.toFixed(1)} times its estimate`;
  alert(turn, 'timeline', slipAlertId(spec.id), text, spec.id);
  decide(turn, 'forecastSlipped', text, { task: spec.id, attempt: run.attempt });
}

/** Attempts that have taken too long already, whatever their agents have said or not, are late. O(n) at most. */
export function slipsAreDue(turn: Turn): void {
  const { state } = turn;
  delete state.slipWatchAt;
  let next = Number.POSITIVE_INFINITY;
  let unseen = state.running;
  for (let task = 0; unseen > 0 && task < state.tasks.length; task += 1) {
    const run = taskRun(turn, task);
    if (!isAtWork(run.state)) continue;
    unseen -= 1;
    if (agentOfTask(turn, task).kind === 'human') continue;
    if (nextLookAt(turn, task) <= state.now) forecast(turn, task, state.now + remainingOfAttempt(run, state.now));
    next = Math.min(next, laterLookAt(turn, task));
  }
  if (Number.isFinite(next)) lookForSlips(state, next);
}

/** When the attempt is late, or so late that the plan wants it moved; Infinity: it is known to be. */
function nextLookAt(turn: Turn, task: number): number {
  const { startedAt, slipped } = taskRun(turn, task);
  const { reallocation } = turn.definition;
  const factor = slipped ? (reallocation?.factor ?? Number.POSITIVE_INFINITY) : SLIP_FACTOR;
  return (startedAt as number) + factor * estimateOf(taskSpec(turn, task));
}

function laterLookAt(turn: Turn, task: number): number {
  const at = nextLookAt(turn, task);
  return at > turn.state.now ? at : Number.POSITIVE_INFINITY;
}
